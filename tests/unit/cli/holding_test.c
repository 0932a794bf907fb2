/* SPDX-License-Identifier: Apache-2.0 */
/* The patch that leads from what a twin holds to what it is to hold, and back. */
#include "cli/holding.h"

#include "model/model.h"

#include "px_test.h"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:ex:Motor;1\"},"
    "{\"@type\":\"Component\",\"name\":\"valve\",\"schema\":\"dtmi:ex:Motor;1\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:Motor;1\",\"@type\":\"Interface\"}]";

typedef struct pair {
    px_model_set set;
    px_arena arena;
    px_holding from, to;
} pair;

static void read(pair *p, px_holding *holding, const char *json)
{
    px_json *root;
    px_err err;

    CHECK_OK(px_json_parse(px_str_c(json), NULL, &p->arena, &root, &err), &err);
    CHECK_OK(px_holding_read(holding, px_model_layout(p->set.models[0]), root, &err), &err);
}

static pair pair_of(const char *from, const char *to)
{
    pair p = { 0 };
    px_err err;

    px_arena_init(&p.arena, 1 << 20);
    CHECK_OK(px_models_parse(px_str_c(models), NULL, &p.set, &err), &err);
    read(&p, &p.from, from);
    read(&p, &p.to, to);
    return p;
}

static void end(pair *p)
{
    px_model_set_release(&p->set);
    px_holding_release(&p->from);
    px_holding_release(&p->to);
    px_arena_release(&p->arena);
}

static void check(const char *from, const char *to, const char *wanted)
{
    pair p = pair_of(from, to);
    px_buf text = { 0 };

    px_put_transition(&text, &p.from, &p.to, PX_STR("m"));
    CHECK_STR(text.ptr, wanted);
    px_buf_release(&text);
    end(&p);
}

#define MODEL "{\"op\":\"replace\",\"path\":\"/$metadata/$model\",\"value\":\"m\"}]"

PX_TEST(what_stays_as_it_is_needs_no_operation)
{
    check("{\"speed\":1,\"motor\":{\"$metadata\":{}}}",
          "{\"motor\":{\"$metadata\":{}},\"speed\":1}", "\"op\":\"patch\",\"value\":[" MODEL);
}

PX_TEST(what_goes_is_removed_and_what_comes_is_added_with_its_time)
{
    check("{\"$metadata\":{\"speed\":{\"sourceTime\":\"T\"}},\"speed\":21.40}",
          "{\"$metadata\":{\"a/b\":{\"sourceTime\":\"T\"}},\"a/b\":21.40}",
          "\"op\":\"patch\",\"value\":[{\"op\":\"remove\",\"path\":\"/speed\"},"
          "{\"op\":\"add\",\"path\":\"/a~1b\",\"value\":21.40},"
          "{\"op\":\"add\",\"path\":\"/$metadata/a~1b/sourceTime\",\"value\":\"T\"}," MODEL);
}

PX_TEST(a_value_without_a_time_ends_the_time_of_the_one_before)
{
    check("{\"$metadata\":{\"speed\":{\"sourceTime\":\"T\"}},\"speed\":1}", "{\"speed\":2}",
          "\"op\":\"patch\",\"value\":[{\"op\":\"add\",\"path\":\"/speed\",\"value\":2},"
          "{\"op\":\"remove\",\"path\":\"/$metadata/speed/sourceTime\"}," MODEL);
}

PX_TEST(components_come_and_go_as_a_whole)
{
    check("{\"motor\":{\"$metadata\":{\"hours\":{\"sourceTime\":\"T\"}},\"hours\":7}}",
          "{\"valve\":{\"$metadata\":{\"hours\":{\"sourceTime\":\"T\"}},\"hours\":7}}",
          "\"op\":\"patch\",\"value\":[{\"op\":\"remove\",\"path\":\"/motor\"},"
          "{\"op\":\"add\",\"path\":\"/valve\",\"value\":"
          "{\"$metadata\":{\"hours\":{\"sourceTime\":\"T\"}},\"hours\":7}}," MODEL);
}

PX_TEST(more_operations_than_a_patch_may_have_become_a_whole_document)
{
    px_buf many = { 0 }, text = { 0 };
    pair p;

    px_put_c(&many, "{\"speed\":1");
    for (int i = 0; i < 100; i++)
        px_putf(&many, ",\"p%d\":%d", i, i);
    px_put_char(&many, '}');
    p = pair_of("{\"speed\":1}", many.ptr);
    px_put_transition(&text, &p.from, &p.to, PX_STR("m"));
    CHECK(px_str_starts(px_buf_str(&text),
                        PX_STR("\"op\":\"put\",\"value\":{\"$metadata\":{\"$model\":\"m\"},"
                               "\"speed\":1,\"p0\":0,")));
    px_buf_release(&text);
    px_buf_release(&many);
    end(&p);
}

PX_TEST_MAIN()
