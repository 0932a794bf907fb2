/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps a twin from being a twin of some model. */
#include <stdio.h>

#include "model/fit.h"
#include "model_support.h"

static const char pump[] =
    "[{\"@context\":[\"dtmi:dtdl:context;4\",\"dtmi:dtdl:extension:requirement;2\"],"
    "\"@id\":\"dtmi:ex:Pump;1\",\"@type\":\"Interface\",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"integer\"},"
    "{\"@type\":[\"Property\",\"Required\"],\"name\":\"mode\",\"schema\":\"string\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"flow\",\"schema\":\"double\"},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:ex:Motor;1\"},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\",\"target\":\"dtmi:ex:Pump;1\",\"properties\":["
    "{\"@type\":\"Property\",\"name\":\"since\",\"schema\":\"integer\"}]}]},"
    "{\"@context\":\"dtmi:dtdl:context;4\",\"@id\":\"dtmi:ex:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"hours\",\"schema\":\"integer\"}]}]";

typedef struct told {
    char text[512]; /* "path=value rule; " of each */
    size_t stop_after, count;
} told;

static bool note(void *data, const px_misfit *misfit)
{
    told *t = data;
    size_t len = strlen(t->text);

    snprintf(t->text + len, sizeof(t->text) - len, "%.*s=%.*s %s; ", PX_FMT(misfit->path),
             PX_FMT(misfit->value ? misfit->value->raw : PX_STR("")), misfit->rule);
    CHECK(strlen(misfit->sentence) > 5);
    return ++t->count != t->stop_after;
}

static px_json *parse(px_arena *arena, const char *json)
{
    px_json *root;
    px_err err;

    CHECK_OK(px_json_parse(px_str_c(json), NULL, arena, &root, &err), &err);
    return root;
}

static told judge_twin(const char *json, size_t stop_after)
{
    px_model_set set = parse_models(pump);
    told t = { .stop_after = stop_after };
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    px_twin_fit(set.models[0], parse(&arena, json), &arena, note, &t);
    px_model_set_release(&set);
    return t;
}

static told judge_relationship(const char *json, size_t target)
{
    px_model_set set = parse_models(pump);
    told t = { 0 };
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    px_relationship_fit(set.models[0], parse(&arena, json),
                        target < set.count ? set.models[target] : NULL, &arena, note, &t);
    px_model_set_release(&set);
    return t;
}

PX_TEST(a_twin_that_has_all_that_it_must_and_nothing_else_fits)
{
    CHECK_STR(judge_twin("{\"$dtId\":\"p\",\"$metadata\":{},\"speed\":1,\"mode\":\"slow\","
                         "\"motor\":{\"$metadata\":{},\"hours\":2}}",
                         0)
                  .text,
              "");
}

PX_TEST(everything_that_does_not_fit_is_told_with_path_value_and_rule)
{
    CHECK_STR(judge_twin("{\"speed\":\"fast\",\"label\":\"x\",\"flow\":1.5,\"motor\":"
                         "{\"hours\":1.5,\"age\":3}}",
                         0)
                  .text,
              "speed=\"fast\" value.type; label=\"x\" twin.unknown; flow=1.5 twin.telemetry; "
              "motor.hours=1.5 value.whole; motor.age=3 twin.unknown; mode= twin.required; ");
}

PX_TEST(a_component_that_is_missing_is_told_once)
{
    CHECK_STR(judge_twin("{\"mode\":\"slow\"}", 0).text, "motor= twin.component; ");
    CHECK_STR(judge_twin("{\"mode\":\"slow\",\"motor\":7}", 0).text, "motor=7 twin.component; ");
}

PX_TEST(who_is_told_may_end_it)
{
    CHECK_EQ(judge_twin("{\"a\":1,\"b\":2,\"c\":3}", 2).count, 2);
}

#define FEEDS "{\"$relationshipId\":\"r\",\"$targetId\":\"t\",\"$relationshipName\":\"feeds\""

PX_TEST(a_relationship_is_judged_by_its_name_its_end_and_its_properties)
{
    CHECK_STR(judge_relationship(FEEDS ",\"since\":3}", 0).text, "");
    CHECK_STR(judge_relationship(FEEDS ",\"since\":3}", 1).text,
              "feeds=\"t\" relationship.target; ");
    CHECK_STR(judge_relationship(FEEDS ",\"since\":\"May\",\"till\":3}", 9).text,
              "feeds.since=\"May\" value.type; feeds.till=3 relationship.unknown; ");
    CHECK_STR(judge_relationship("{\"$relationshipName\":\"fills\"}", 0).text,
              "fills=\"fills\" relationship.invalid; ");
}

PX_TEST_MAIN()
