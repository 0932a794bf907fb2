/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads and documents in, what becomes of them out, as text: `twin path=value@time …`. */
#include "sync/binding.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "model/model.h"
#include "px_test.h"

static const char models_text[] =
    "[{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:dtdl:extension:quantitativeTypes;1\"],"
    "\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\",\"contents\":["
    "{\"@type\":[\"Property\",\"Temperature\"],\"name\":\"temperature\",\"schema\":\"double\","
    "\"unit\":\"degreeCelsius\"},"
    "{\"@type\":\"Property\",\"name\":\"count\",\"schema\":\"integer\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"power\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"on\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Property\",\"name\":\"state\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"box\",\"schema\":{\"@type\":\"Object\",\"fields\":["
    "{\"name\":\"a\",\"schema\":\"long\"}]}},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:test:Motor;1\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"rpm\",\"schema\":\"double\"}]}]";

static px_model_set set;
static px_err err;
static px_arena arena;
static px_bound bound;
static uint32_t only_row, only_slot;
static const char *only_name;
static bool asks_for_nothing; /* as a door does */

static px_status model_of(void *data, px_str dtmi, px_bind_model *ret, px_err *ret_err)
{
    (void)data;
    for (size_t i = 0; i < set.count; i++)
        if (px_str_eq(px_model_id(set.models[i]), dtmi)) {
            *ret = (px_bind_model){ (uint32_t)i + 1, px_model_layout(set.models[i]), dtmi };
            return PX_OK;
        }
    return px_fail_id(ret_err, PX_INVALID, "twin.model", "there is no model");
}

/* Twins p1 to p9 are there; `mine` belongs to somebody else. */
static px_status twin_of(void *data, px_str id, px_bind_model *ret, px_err *ret_err)
{
    if (px_str_eq(id, PX_STR("theirs")))
        return px_fail_id(ret_err, PX_DENIED, "access.twin", "not bound to it");
    if (id.len != 2 || id.ptr[0] != 'p')
        return px_fail_id(ret_err, PX_NOT_FOUND, "twin.not_found", "there is no twin '%.*s'",
                          PX_FMT(id));
    return model_of(data, PX_STR("dtmi:test:Press;1"), ret, ret_err);
}

static void put_twin(px_buf *out, const px_bound_twin *twin)
{
    px_putf(out, "%s%.*s%s", out->len ? "; " : "", PX_FMT(twin->id), twin->is_new ? " new" : "");
    if (twin->is_new) {
        px_put_char(out, ' ');
        px_put_json_node(out, twin->document);
    }
    if (twin->parent.len)
        px_putf(out, " <%.*s %.*s", PX_FMT(twin->parent), PX_FMT(twin->relationship_id));
    for (size_t s = 0; s < twin->sample_count; s++) {
        const px_sample *sample = &twin->samples[s];

        for (size_t i = 0; i < sample->field_count; i++) {
            px_putf(out, " %.*s=",
                    PX_FMT(px_layout_field(twin->model.layout, sample->fields[i].field)->path));
            px_put_json_value(out, sample->fields[i].value);
        }
        if (sample->source_time != PX_TIME_NONE) {
            px_put_char(out, '@');
            px_put_time(out, sample->source_time);
        }
    }
}

/* What was mapped, then `!row/twin/name code` of each miss; or the error. */
static const char *map_bytes(const char *document, const char *topic, px_str payload)
{
    static char told[8192];
    px_bind_world world = { twin_of, model_of, NULL };
    px_bind_input input = { .topic = px_str_c(topic),
                            .payload = payload,
                            .only_row = only_row,
                            .only_slot = only_slot,
                            .only_name = px_str_c(only_name) };
    px_binding *binding;
    px_buf out = { 0 };

    if (!set.models)
        CHECK_OK(px_models_parse(px_str_c(models_text), NULL, &set, &err), &err);
    px_arena_release(&arena);
    px_arena_init(&arena, PX_MAPPING_BYTES_MAX);
    bound = (px_bound){ 0 };
    if (px_binding_new(PX_STR("test"), px_str_c(document), &binding, &err) != PX_OK)
        return err.text;
    if (px_binding_map(binding, &input, &world, &arena, &bound, &err) != PX_OK) {
        px_binding_free(binding);
        return err.text;
    }
    if (asks_for_nothing)
        px_bound_tell_nothing(&bound, NULL, PX_TIME_NONE);
    for (size_t i = 0; i < bound.twin_count; i++)
        if (bound.twins[i]->sample_count || bound.twins[i]->is_new)
            put_twin(&out, bound.twins[i]);
    for (size_t i = 0; i < bound.miss_count; i++)
        px_putf(&out, "%s!%u/%.*s/%.*s %s", out.len ? " " : "", bound.misses[i].row,
                PX_FMT(bound.misses[i].twin), PX_FMT(bound.misses[i].name), bound.misses[i].id);
    px_binding_free(binding);
    snprintf(told, sizeof(told), "%s", out.ptr ? out.ptr : "");
    px_buf_release(&out);
    return told;
}

static const char *map(const char *document, const char *topic, const char *payload)
{
    return map_bytes(document, topic, px_str_c(payload));
}

#define SOURCE "\"source\":{\"mqtt\":\"factory/{line}/{machine}/data\"}"

PX_TEST(a_message_becomes_values_of_the_twin_that_its_topic_names)
{
    CHECK_STR(
        map("{" SOURCE ",\"twin\":\"{machine}\",\"time\":{\"from\":\"/ts\"},\"fields\":["
            "{\"from\":\"/temp\",\"to\":\"temperature\"},{\"from\":\"n\",\"to\":\"count\"},"
            "{\"from\":\"/motor/rpm\",\"to\":\"motor.rpm\"},{\"from\":\"/box\",\"to\":\"box\"}]}",
            "factory/1/p7/data",
            "{\"ts\":\"2026-11-01T12:00:00.5Z\",\"temp\":21.40,\"n\":3,\"motor\":{\"rpm\":9},"
            "\"box\":{\"a\":1},\"more\":null}"),
        "p7 temperature=21.40 count=3 motor.rpm=9 box={\"a\":1}@2026-11-01T12:00:00.5Z");
}

PX_TEST(units_scales_and_types_are_exact)
{
    CHECK_STR(
        map("{" SOURCE ",\"twin\":\"{machine}\",\"fields\":["
            "{\"from\":\"f\",\"to\":\"temperature\",\"unit\":\"degreeFahrenheit\"},"
            "{\"from\":\"n\",\"to\":\"count\",\"scale\":0.1,\"offset\":5,\"type\":\"integer\"},"
            "{\"from\":\"o\",\"to\":\"on\",\"type\":\"boolean\"},"
            "{\"from\":\"s\",\"to\":\"state\",\"values\":{\"0\":\"idle\",\"1\":\"busy\"}},"
            "{\"from\":\"p\",\"to\":\"power\",\"scale\":0.001}]}",
            "factory/1/p7/data", "{\"f\":\"212\",\"n\":74,\"o\":\"on\",\"s\":1,\"p\":12345}"),
        "p7 temperature=100 count=12 on=true state=\"busy\" power=12.345");
}

PX_TEST(formulas_see_fields_and_levels_and_each_other)
{
    CHECK_STR(
        map("{" SOURCE ",\"twin\":\"{machine}\",\"fields\":["
            "{\"name\":\"power\",\"formula\":\"u * i\",\"to\":\"power\"},"
            "{\"name\":\"high\",\"formula\":\"power > 400 AND line = 'a'\",\"to\":\"on\"},"
            "{\"name\":\"u\",\"from\":\"/u\"},{\"name\":\"i\",\"from\":\"/i\",\"scale\":0.5}]}",
            "factory/a/p7/data", "{\"u\":230,\"i\":4}"),
        "p7 power=460.0 on=true");
    CHECK(strstr(map("{" SOURCE ",\"twin\":\"p1\",\"fields\":["
                     "{\"name\":\"a\",\"formula\":\"b\"},{\"name\":\"b\",\"formula\":\"a\"}]}",
                     "x", "{}"),
                 "'b' is itself a formula") != NULL);
    CHECK(strstr(map("{" SOURCE
                     ",\"twin\":\"p1\",\"fields\":[{\"to\":\"on\",\"formula\":\"x + 1\"}]}",
                     "x", "{}"),
                 "'x' is neither a field") != NULL);
}

PX_TEST(rows_of_an_array_become_samples_with_what_stands_around_them)
{
    const char *document = "{" SOURCE ",\"rows\":\"/values\",\"twin\":\"{/id}\",\"time\":{\"from\":"
                           "\"t\",\"form\":\"s\"},\"fields\":[{\"from\":\"v\",\"to\":\"power\"}]}";

    CHECK_STR(map(document, "factory/1/x/data",
                  "{\"id\":\"p2\",\"values\":[{\"t\":1,\"v\":1.5},{\"t\":2.25,\"v\":2},"
                  "{\"t\":3,\"v\":3,\"id\":\"p3\"}]}"),
              "p2 power=1.5@1970-01-01T00:00:01Z power=2@1970-01-01T00:00:02.25Z; "
              "p3 power=3@1970-01-01T00:00:03Z");
    CHECK_EQ(bound.rows, 3);
    CHECK_STR(map("{" SOURCE ",\"rows\":\"/s\",\"twin\":\"{$key}\",\"fields\":[{\"from\":\"/v\","
                  "\"to\":\"power\"}]}",
                  "factory/1/x/data", "{\"s\":{\"p1\":{\"v\":1},\"p2\":{\"v\":2}}}"),
              "p1 power=1; p2 power=2");
}

PX_TEST(one_field_may_go_to_several_twins_and_several_fields_to_different_ones)
{
    CHECK_STR(map("{" SOURCE ",\"twin\":[\"{machine}\",\"p9\"],\"fields\":["
                  "{\"from\":\"a\",\"to\":\"power\"},"
                  "{\"from\":\"b\",\"to\":\"power\",\"twin\":\"p{line}\"}]}",
                  "factory/3/p1/data", "{\"a\":1,\"b\":2}"),
              "p1 power=1; p9 power=1; p3 power=2");
}

PX_TEST(what_cannot_be_mapped_is_told_and_the_rest_counts)
{
    CHECK_STR(map("{" SOURCE ",\"twin\":\"{machine}\",\"fields\":["
                  "{\"from\":\"a\",\"to\":\"powr\"},{\"from\":\"b\",\"to\":\"count\"},"
                  "{\"from\":\"c\",\"to\":\"power\",\"unit\":\"kilowatt\"},"
                  "{\"from\":\"d\",\"to\":\"temperature\",\"unit\":\"metre\"},"
                  "{\"from\":\"e\",\"to\":\"on\",\"required\":true},"
                  "{\"name\":\"z\",\"from\":\"f\",\"to\":\"state\",\"values\":{\"1\":\"x\"}},"
                  "{\"name\":\"y\",\"from\":\"f\",\"to\":\"state\",\"type\":\"string\"}]}",
                  "factory/1/p1/data", "{\"a\":1,\"b\":1.5,\"c\":1,\"d\":1,\"f\":7}"),
              "p1 state=\"7\" !1//e binding.missing !1//z binding.values !1/p1/a sync.unknown "
              "!1/p1/b value.whole !1/p1/c binding.unit !1/p1/d binding.unit");
    CHECK_EQ(bound.missed, 6);
    CHECK_STR(map("{" SOURCE ",\"twin\":[\"gone\",\"theirs\",\"{/x}\"],\"fields\":["
                  "{\"from\":\"a\",\"to\":\"power\"}]}",
                  "factory/1/p1/data", "{\"a\":1}"),
              "!1/gone/ twin.not_found !1/theirs/ access.twin !1// binding.template");
}

PX_TEST(the_same_property_gets_one_value_of_a_row)
{
    CHECK_STR(map("{" SOURCE ",\"twin\":\"p1\",\"fields\":[{\"from\":\"a\",\"to\":\"power\"},"
                  "{\"from\":\"b\",\"to\":\"power\"}]}",
                  "factory/1/p1/data", "[{\"a\":1,\"b\":2},{\"b\":3}]"),
              "p1 power=1 power=3 !1/p1/b binding.twice");
}

PX_TEST(the_rest_goes_by_its_own_names)
{
    CHECK_STR(map("{" SOURCE ",\"twin\":\"{/id}\",\"rest\":\"\",\"time\":{\"from\":\"ts\"},"
                  "\"fields\":[{\"from\":\"P\",\"to\":\"power\"}]}",
                  "factory/1/p1/data",
                  "{\"id\":\"p4\",\"ts\":1793534400000,\"P\":4,\"count\":2,\"odd\":1,\"on\":null,"
                  "\"motor\":{\"rpm\":9,\"x\":1}}"),
              "p4 power=4 count=2 motor.rpm=9@2026-11-01T12:00:00Z !1/p4/odd sync.unknown "
              "!1/p4/motor.x sync.unknown");
}

PX_TEST(a_condition_passes_rows_over)
{
    CHECK_STR(map("{" SOURCE ",\"twin\":\"p1\",\"when\":\"kind = 'data'\",\"fields\":["
                  "{\"from\":\"kind\"},{\"from\":\"a\",\"to\":\"power\"}]}",
                  "factory/1/p1/data",
                  "[{\"kind\":\"data\",\"a\":1},{\"kind\":\"alive\",\"a\":2},{\"a\":3}]"),
              "p1 power=1");
    CHECK_EQ(bound.passed, 2);
}

PX_TEST(times_come_in_every_form)
{
    static const char *const cases[][3] = {
        { "any", "\"1970-01-01T00:00:01Z\"", "1970-01-01T00:00:01Z" },
        { "any", "1793534400", "2026-11-01T12:00:00Z" },
        { "any", "1793534400500", "2026-11-01T12:00:00.5Z" },
        { "any", "1793534400500000", "2026-11-01T12:00:00.5Z" },
        { "any", "1793534400500000000", "2026-11-01T12:00:00.5Z" },
        { "s", "1.000000001", "1970-01-01T00:00:01.000000001Z" },
        { "s", "\"2\"", "1970-01-01T00:00:02Z" },
        { "ms", "2", "1970-01-01T00:00:00.002Z" },
        { "us", "2", "1970-01-01T00:00:00.000002Z" },
        { "ns", "2", "1970-01-01T00:00:00.000000002Z" },
        { "utc", "\"2026-11-01 12:00:00.25\"", "2026-11-01T12:00:00.25Z" },
        { "utc", "\"2026-11-01\"", "2026-11-01T00:00:00Z" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char document[256], payload[96], wanted[64];

        snprintf(document, sizeof(document),
                 "{" SOURCE
                 ",\"twin\":\"p1\",\"time\":{\"from\":\"t\",\"form\":\"%s\"},\"fields\":["
                 "{\"from\":\"a\",\"to\":\"power\"}]}",
                 cases[i][0]);
        snprintf(payload, sizeof(payload), "{\"t\":%s,\"a\":1}", cases[i][1]);
        snprintf(wanted, sizeof(wanted), "p1 power=1@%s", cases[i][2]);
        CHECK_STR(map(document, "factory/1/p1/data", payload), wanted);
    }
    CHECK_STR(map("{" SOURCE ",\"twin\":\"p1\",\"time\":{\"from\":\"t\"},\"fields\":["
                  "{\"from\":\"a\",\"to\":\"power\"}]}",
                  "factory/1/p1/data", "[{\"t\":\"noon\",\"a\":1},{\"t\":-1,\"a\":2},{\"a\":3}]"),
              "p1 power=3 !1// binding.time !2// binding.time");
}

PX_TEST(what_is_not_of_good_quality_is_kept_back)
{
    CHECK_STR(map("{" SOURCE
                  ",\"twin\":\"p1\",\"quality\":{\"from\":\"q\",\"good\":[\"GOOD\",192]},"
                  "\"fields\":[{\"from\":\"a\",\"to\":\"power\"}]}",
                  "factory/1/p1/data",
                  "[{\"q\":\"GOOD\",\"a\":1},{\"q\":192.0,\"a\":2},{\"q\":0,\"a\":3},{\"a\":4}]"),
              "p1 power=1 power=2 power=4 !3// binding.quality");
}

PX_TEST(csv_cbor_text_and_lines_are_payloads_as_well)
{
    CHECK_STR(map("{" SOURCE ",\"format\":\"csv\",\"twin\":\"p1\",\"fields\":[{\"from\":\"Power "
                  "kW\",\"to\":\"power\"},{\"from\":\"s/t\",\"to\":\"state\"}]}",
                  "factory/1/p1/data", "Power kW,s/t\n1.50,up\n,\"a,b\"\n"),
              "p1 power=1.50 state=\"up\" state=\"a,b\"");
    CHECK_STR(
        map("{" SOURCE
            ",\"format\":\"csv\",\"twin\":\"p1\",\"fields\":[{\"from\":\"s\",\"to\":\"state\"}]}",
            "factory/1/p1/data", "s\n1e999\n"),
        "p1 state=\"1e999\"");
    CHECK_STR(map("{" SOURCE ",\"format\":\"csv\",\"separator\":\";\",\"columns\":[\"a\",\"b\"],"
                  "\"twin\":\"p1\",\"fields\":[{\"from\":\"b\",\"to\":\"power\"}]}",
                  "factory/1/p1/data", "x;2"),
              "p1 power=2");
    CHECK_STR(map("{" SOURCE ",\"format\":\"csv\",\"columns\":[\"a\"],\"twin\":\"p1\"}",
                  "factory/1/p1/data", "1,2"),
              "!1// csv.width");
    CHECK_STR(map_bytes("{" SOURCE
                        ",\"format\":\"cbor\",\"twin\":\"p1\",\"fields\":[{\"from\":\"a\","
                        "\"to\":\"power\"}]}",
                        "factory/1/p1/data", PX_STR("\xA1\x61\x61\xF9\x3E\x00")),
              "p1 power=1.5");
    CHECK_STR(map("{" SOURCE
                  ",\"format\":\"text\",\"twin\":\"{machine}\",\"fields\":[{\"from\":\"\","
                  "\"to\":\"temperature\"}]}",
                  "factory/1/p1/data", " 21.40\n"),
              "p1 temperature=21.40");
    CHECK_STR(map("{" SOURCE ",\"format\":\"line\",\"twin\":\"{/tags/m}\",\"rest\":\"/fields\","
                  "\"time\":{\"from\":\"time\"}}",
                  "factory/1/p1/data", "# x\npress,m=p1 power=1.5,count=2i 1000000000\n"),
              "p1 power=1.5 count=2@1970-01-01T00:00:01Z");
}

#define TABLE                                                                                      \
    "{" SOURCE                                                                                     \
    ",\"format\":\"csv\",\"twin\":\"p1\",\"fields\":[{\"from\":\"a\",\"to\":\"power\"},"           \
    "{\"from\":\"b\",\"to\":\"count\"}]}"

/* Rows of another width, with a quote that is not closed in its line, of bytes that are no text. */
PX_TEST(a_row_that_cannot_be_read_is_a_miss_of_it_and_the_others_count)
{
    CHECK_STR(map(TABLE, "x", "a,b\n1,2\n3\n4,5\n6,7,8\n9,10\n"),
              "p1 power=1 count=2 power=4 count=5 power=9 count=10 !2// csv.width !4// csv.width");
    CHECK_STR(bound.misses[0].text, "line 3 has 1 cells, and there are 2 columns");
    CHECK_STR(bound.misses[1].text, "line 5 has 3 cells, and there are 2 columns");
    CHECK_EQ(bound.rows, 5);
    CHECK_EQ(bound.missed, 2);
    CHECK_STR(map(TABLE, "x", "a,b\n\"1\"x,2\n3,4\n"), "p1 power=3 count=4 !1// csv.after_quote");
    CHECK(strstr(bound.misses[0].text, "line 2, column ") == bound.misses[0].text);
    CHECK_STR(map(TABLE, "x", "a,b\n1,\xff\n3,4\n"), "p1 power=3 count=4 !1// csv.utf8");
    CHECK_STR(bound.misses[0].text, "line 2: the cell is not UTF-8");
    CHECK_STR(map(TABLE, "x", "a,b\n1\n"), "!1// csv.width");
    only_row = 2;
    CHECK_STR(map(TABLE, "x", "a,b\n1\n3,4\n5\n"), "p1 power=3 count=4");
    only_row = 3;
    CHECK_STR(map(TABLE, "x", "a,b\n1\n3,4\n5\n"), "!3// csv.width");
    only_row = 0;
    CHECK_STR(map("{" SOURCE ",\"format\":\"line\",\"twin\":\"p1\",\"rest\":\"/fields\"}", "x",
                  "m power=1\n# x\nm x\nm power=2\n"),
              "p1 power=1 power=2 !2// line.form");
    CHECK(strstr(bound.misses[0].text, "line 3, column ") == bound.misses[0].text);
    CHECK(strstr(map("{" SOURCE ",\"format\":\"line\",\"twin\":\"p1\",\"rest\":\"/fields\"}", "x",
                     "m x\n"),
                 "column ") == err.text);
    CHECK_STR(map("{" SOURCE ",\"format\":\"csv\",\"rows\":\"/0\",\"twin\":\"p1\",\"fields\":["
                  "{\"from\":\"\",\"to\":\"power\"}]}",
                  "x", "a,b\n1,2\n3\n"),
              "p1 power=1 power=2 !2// csv.width");
}

PX_TEST(a_message_has_as_many_rows_that_cannot_be_read_as_the_limit)
{
    px_buf text = { 0 };

    px_put_c(&text, "a,b\n");
    for (int i = 0; i < PX_MESSAGE_SAMPLES_MAX; i++)
        px_put_c(&text, "1\n");
    map_bytes(TABLE, "x", px_buf_str(&text));
    CHECK_EQ(bound.missed, PX_MESSAGE_SAMPLES_MAX);
    CHECK_EQ(bound.miss_count, PX_BIND_MISSES_MAX);
    px_put_c(&text, "1\n");
    CHECK_STR(map_bytes(TABLE, "x", px_buf_str(&text)), "one message holds at most 10000 rows");
    px_buf_release(&text);
}

PX_TEST(a_twin_that_is_not_there_is_made_from_the_template)
{
    CHECK_STR(
        map("{" SOURCE ",\"twin\":\"new-{machine}\",\"as\":\"binding\",\"create\":{\"model\":"
            "\"dtmi:test:Press;1\",\"properties\":{\"state\":\"of line {line}\"},\"parent\":"
            "{\"twin\":\"line-{line}\",\"relationship\":\"has\"}},\"fields\":[{\"from\":\"a\","
            "\"to\":\"power\"}]}",
            "factory/1/m7/data", "{\"a\":1}"),
        "new-m7 new {\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},\"motor\":{\"$metadata\":"
        "{}},\"state\":\"of line 1\"} <line-1 has-new-m7 power=1");
    CHECK(strstr(map("{" SOURCE ",\"twin\":\"x\",\"create\":{\"model\":\"dtmi:test:Press;1\"}}",
                     "x", "{}"),
                 "say \"as\":\"binding\"") != NULL);
}

/* Of a level of the topic, of the message, of the name of a row; a text that is no name may be. */
PX_TEST(a_part_of_a_name_that_is_empty_is_a_miss)
{
    static const char *const twins[] = { "mk-{machine}", "mk-{/id}", "mk-{f}" };
    char document[512];

    for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
        snprintf(document, sizeof(document),
                 "{" SOURCE ",\"twin\":\"%s\",\"as\":\"binding\",\"create\":{\"model\":"
                 "\"dtmi:test:Motor;1\"},\"fields\":[{\"name\":\"f\",\"from\":\"id\"},"
                 "{\"from\":\"v\",\"to\":\"rpm\"}]}",
                 twins[i]);
        CHECK_STR(map(document, "factory/1//data", "{\"id\":\"\",\"v\":1}"),
                  "!1// binding.template");
        CHECK(strstr(map(document, "factory/1/a/data", "{\"id\":\"a\",\"v\":1}"), "mk-a new") !=
              NULL);
    }
    CHECK_STR(map("{" SOURCE ",\"rows\":\"\",\"twin\":\"p{$key}\",\"fields\":["
                  "{\"from\":\"\",\"to\":\"power\"}]}",
                  "factory/1/a/data", "{\"\":1,\"7\":2}"),
              "p7 power=2 !1// binding.template");
    CHECK(strstr(map("{" SOURCE ",\"twin\":\"new\",\"as\":\"binding\",\"create\":{\"model\":"
                     "\"dtmi:test:Press;1\",\"properties\":{\"state\":\"{/note}\"}},\"fields\":["
                     "{\"from\":\"a\",\"to\":\"power\"}]}",
                     "x", "{\"a\":1,\"note\":\"\"}"),
                 "\"state\":\"\"") != NULL);
}

PX_TEST(only_what_was_refused_before_is_mapped_again)
{
    const char *document =
        "{" SOURCE ",\"twin\":\"p1\",\"fields\":[{\"from\":\"a\",\"to\":\"power\"},"
        "{\"from\":\"b\",\"to\":\"count\"},{\"name\":\"c\",\"formula\":\"b > 1\",\"to\":\"on\"}]}";

    only_row = 2;
    only_name = "b";
    CHECK_STR(map(document, "factory/1/p1/data", "[{\"a\":1,\"b\":1},{\"a\":2,\"b\":2}]"),
              "p1 count=2 on=true");
    only_row = 0;
    only_name = "";
    only_slot = 2;
    CHECK_STR(map("{" SOURCE
                  ",\"twin\":[\"p1\",\"p2\"],\"fields\":[{\"from\":\"a\",\"to\":\"power\"},"
                  "{\"from\":\"b\",\"to\":\"power\",\"twin\":\"p3\"}]}",
                  "factory/1/p1/data", "{\"a\":1,\"b\":2}"),
              "p2 power=1");
    only_slot = 0;
    only_row = 0;
    only_name = NULL;
}

PX_TEST(documents_are_refused_with_the_place_and_the_cure)
{
    static const char *const cases[][3] = {
        { "[]", "", "a binding is an object" },
        { "{}", "", "a binding needs 'source', where its messages come from" },
        { "{\"source\":{\"http\":true},\"twins\":\"a\"}", "/twins",
          "a binding has no 'twins'; did you mean 'twin'?" },
        { "{\"source\":{\"mqtt\":\"a/{b}c\"}}", "/source/mqtt",
          "'{b}c' is no level: a name in braces is a whole one, as a/{line}/data" },
        { "{\"source\":{\"mqtt\":\"a/#/b\"}}", "/source/mqtt",
          "'a/#/b' is no topic; + and {name} are whole levels, # is the last" },
        { "{\"source\":{\"mqtt\":\"{a}/{a}\"}}", "/source/mqtt", "the level '{a}' is named twice" },
        { "{\"source\":{\"mqtt\":\"a\",\"connection\":\"c\"}}", "/source",
          "a source is clients of this server, 'mqtt', or a 'connection'; make a binding for "
          "each" },
        { "{\"source\":{\"http\":true,\"topic\":\"a\"}}", "/source/topic",
          "'topic' is of a 'connection'; that of clients of this server stands in 'mqtt'" },
        { "{\"source\":{\"connection\":\"c\",\"topic\":\"a/#/b\"}}", "/source/topic",
          "'a/#/b' is no topic; + and {name} are whole levels, # is the last" },
        { "{\"source\":{\"sparkplug\":\"plant\"}}", "/source/sparkplug",
          "'plant' is neither GROUP/NODE, an edge node, nor GROUP/NODE/DEVICE; + and {name} are "
          "whole levels" },
        { "{\"source\":{\"sparkplug\":\"a/b\",\"http\":true}}", "/source",
          "a source with 'sparkplug' has nothing beside it; make a binding for each" },
        { "{\"source\":{\"sparkplug\":\"a/b\"},\"rows\":\"/x\"}", "/rows",
          "'rows' is not of a source of Sparkplug: its rows are objects of metric names to "
          "values" },
        { "{\"source\":{\"http\":true},\"format\":\"xml\"}", "/format",
          "'format' is json, csv, cbor, text or line" },
        { "{\"source\":{\"http\":true},\"fields\":[{\"to\":\"x\"}]}", "/fields/0",
          "a field has 'from', where its value stands, or 'formula'" },
        { "{\"source\":{\"http\":true},\"fields\":[{\"from\":\"x\",\"to\":\"x\"}]}", "",
          "the binding says for no 'twin' where 'x' goes" },
        { "{\"source\":{\"http\":true},\"twin\":\"{x}\"}", "/twin",
          "'{x}' is neither a level of the topic, nor a field, nor a pointer such as {/id}" },
        { "{\"source\":{\"http\":true},\"twin\":\"{x\"}", "/twin",
          "'{' begins a name that has to end with '}'" },
        { "{\"source\":{\"http\":true},\"fields\":[{\"from\":\"x\",\"unit\":\"celsius\"}]}",
          "/fields/0/unit",
          "'celsius' is no unit; units are called as in DTDL, such as degreeFahrenheit" },
        { "{\"source\":{\"http\":true},\"fields\":[{\"from\":\"x\"},{\"from\":\"x\"}]}",
          "/fields/1", "there is a field or a level 'x' already; give this one another 'name'" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_STR(map(cases[i][0], "x", "{}"), cases[i][2]);
        CHECK_STR(err.path, cases[i][1]);
    }
}

PX_TEST(topics_are_taken_by_their_pattern)
{
    px_binding *b;

    CHECK_OK(
        px_binding_new(PX_STR("b"), PX_STR("{\"source\":{\"mqtt\":\"a/{x}/+/c/#\"}}"), &b, &err),
        &err);
    CHECK(px_binding_takes_topic(b, PX_STR("a/1/2/c/d/e")));
    CHECK(!px_binding_takes_topic(b, PX_STR("a/1/2/d")));
    CHECK(!px_binding_takes_http(b));
    CHECK(px_binding_is_enabled(b));
    px_binding_free(b);
}

PX_TEST(members_that_something_reads_are_known_by_name)
{
    static const char *const reads[] = { "a", "b/c", "ts", "q", "id", "own", NULL };
    px_binding *b;

    CHECK_OK(
        px_binding_new(
            PX_STR("b"),
            PX_STR("{\"source\":{\"http\":true},\"twin\":\"t-{/id}\",\"time\":{\"from\":\"ts\"},"
                   "\"quality\":{\"from\":\"q\",\"good\":[1]},\"fields\":[{\"from\":\"a\",\"to\":"
                   "\"x\"},{\"from\":\"/b~1c/d\",\"to\":\"y\",\"twin\":\"{/own}\"},{\"name\":\"f\","
                   "\"formula\":\"a + 1\",\"to\":\"z\"}]}"),
            &b, &err),
        &err);
    for (size_t i = 0; reads[i]; i++)
        CHECK(px_binding_reads(b, px_str_c(reads[i])));
    CHECK(!px_binding_reads(b, PX_STR("b")) && !px_binding_reads(b, PX_STR("f")));
    px_binding_free(b);
    CHECK_OK(px_binding_new(PX_STR("b"),
                            PX_STR("{\"source\":{\"http\":true},\"twin\":\"t\",\"rest\":\"\"}"), &b,
                            &err),
             &err);
    CHECK(px_binding_reads(b, PX_STR("whatever")));
    px_binding_free(b);
}

static const char *many(const char *head, const char *each, const char *tail, int count)
{
    static px_buf text;

    px_buf_clear(&text);
    px_put_c(&text, head);
    for (int i = 0; i < count; i++) {
        px_putf(&text, i ? "," : "");
        px_putf(&text, "%s", "");
        for (const char *c = each; *c; c++)
            if (*c == '#')
                px_putf(&text, "%d", i);
            else
                px_put_char(&text, *c);
    }
    px_put_c(&text, tail);
    return text.ptr;
}

PX_TEST(a_binding_has_as_many_fields_as_the_limit)
{
    const char *head = "{\"source\":{\"http\":true},\"fields\":[";

    CHECK_STR(map(many(head, "{\"from\":\"f#\"}", "]}", PX_BINDING_FIELDS_MAX), "", "{}"), "");
    CHECK_STR(map(many(head, "{\"from\":\"f#\"}", "]}", PX_BINDING_FIELDS_MAX + 1), "", "{}"),
              "'fields' is an array of at most 1000 fields");
}

PX_TEST(a_field_goes_to_as_many_twins_as_the_limit)
{
    const char *head = "{\"source\":{\"http\":true},\"twin\":[";

    CHECK_STR(map(many(head, "\"t#\"", "]}", PX_BINDING_TWINS_MAX), "", "{}"), "");
    CHECK_STR(map(many(head, "\"t#\"", "]}", PX_BINDING_TWINS_MAX + 1), "", "{}"),
              "'twin' names 1 to 16 twins");
}

static const char *with_twin(int bytes)
{
    static char text[2 * PX_BINDING_FORMULA_BYTES_MAX];

    snprintf(text, sizeof(text), "{\"source\":{\"http\":true},\"twin\":\"%0*d\"}", bytes, 1);
    return map(text, "", "{}");
}

static const char *with_formula(int bytes)
{
    static char text[2 * PX_BINDING_FORMULA_BYTES_MAX];

    snprintf(
        text, sizeof(text),
        "{\"source\":{\"http\":true},\"twin\":\"p1\",\"fields\":[{\"to\":\"power\",\"formula\":"
        "\"%*d\"}]}",
        bytes, 1);
    return map(text, "", "{}");
}

PX_TEST(a_template_and_a_formula_are_as_long_as_the_limit)
{
    CHECK_STR(with_twin(PX_BINDING_TEXT_BYTES_MAX), "");
    CHECK_STR(with_twin(PX_BINDING_TEXT_BYTES_MAX + 1), "'twin' is a text of 1 to 512 bytes");
    CHECK_STR(with_formula(PX_BINDING_FORMULA_BYTES_MAX), "p1 power=1");
    CHECK_STR(with_formula(PX_BINDING_FORMULA_BYTES_MAX + 1),
              "a formula is a text of 1 to 4096 bytes");
}

#define POWER                                                                                      \
    "{" SOURCE ",\"twin\":\"{/t}\",\"as\":\"binding\",\"create\":{\"model\":"                      \
    "\"dtmi:test:Motor;1\"},\"fields\":[{\"from\":\"v\",\"to\":\"rpm\"}]}"

PX_TEST(a_message_has_as_many_rows_as_the_limit)
{
    map(POWER, "x", many("[", "{\"t\":\"m\",\"v\":#}", "]", PX_MESSAGE_SAMPLES_MAX));
    CHECK_EQ(bound.values, PX_MESSAGE_SAMPLES_MAX);
    CHECK_STR(map(POWER, "x", many("[", "{\"t\":\"m\",\"v\":#}", "]", PX_MESSAGE_SAMPLES_MAX + 1)),
              "one message holds at most 10000 rows");
}

PX_TEST(a_message_goes_to_as_many_twins_as_the_limit)
{
    map(POWER, "x", many("[", "{\"t\":\"m#\",\"v\":#}", "]", PX_BINDING_ITEMS_MAX));
    CHECK_EQ(bound.twin_count, PX_BINDING_ITEMS_MAX);
    CHECK_STR(map(POWER, "x", many("[", "{\"t\":\"m#\",\"v\":#}", "]", PX_BINDING_ITEMS_MAX + 1)),
              "one message goes to at most 1000 twins");
}

/* Ten twins get each of the values. */
PX_TEST(a_message_becomes_as_many_values_as_the_limit)
{
    const char *document = "{" SOURCE ",\"twin\":[\"p0\",\"p1\",\"p2\",\"p3\",\"p4\",\"p5\",\"p6\","
                           "\"p7\",\"p8\",\"p9\"],\"fields\":[{\"from\":\"v\",\"to\":\"power\"},"
                           "{\"from\":\"w\",\"to\":\"count\"}]}";

    CHECK(map(document, "x", many("[", "{\"v\":#}", "]", PX_BINDING_VALUES_MAX / 10)) != err.text);
    CHECK_EQ(bound.values, PX_BINDING_VALUES_MAX);
    CHECK_STR(map(document, "x",
                  many("[", "{\"v\":#}", ",{\"v\":1,\"w\":1}]", PX_BINDING_VALUES_MAX / 10 - 1)),
              "one message becomes at most 50000 values");
}

#define LOOKS                                                                                      \
    "{" SOURCE ",\"twin\":\"p1\",\"fields\":[{\"from\":\"/temp\",\"to\":\"temperature\"},"         \
    "{\"from\":\"n\",\"to\":\"count\"},{\"name\":\"u\",\"from\":\"u\"},{\"name\":\"w\","           \
    "\"formula\":\"u * 2\","                                                                       \
    "\"to\":\"power\"}]}"

/* A row of which nothing was taken and nothing missed: what is looked for, and what there is. */
PX_TEST(a_row_that_becomes_nothing_is_a_miss)
{
    asks_for_nothing = true;
    CHECK_STR(map(LOOKS, "x", "{\"tmep\":21,\"a\":1,\"b\":2,\"c\":3}"), "!1// binding.nothing");
    CHECK_STR(bound.misses[0].text, "there is no value for '/temp', 'n', 'u'; the row has 'tmep', "
                                    "'a', 'b', …");
    CHECK_EQ(bound.missed, 1);
    CHECK_STR(map(LOOKS, "x", "[{\"n\":1},{},5,{\"n\":2}]"),
              "p1 count=1 count=2 !2// binding.nothing !3// binding.nothing");
    CHECK_STR(bound.misses[0].text, "there is no value for '/temp', 'n', 'u'; the row is empty");
    CHECK_STR(bound.misses[1].text, "there is no value for '/temp', 'n', 'u'; it is a number");
    CHECK_STR(map("{" SOURCE
                  ",\"twin\":\"p1\",\"fields\":[{\"name\":\"u\",\"from\":\"u\"},{\"name\":\"i\","
                  "\"from\":\"i\"},{\"name\":\"w\",\"formula\":\"u * i\",\"to\":\"power\"}]}",
                  "x", "{\"u\":1}"),
              "!1// binding.nothing");
    CHECK_STR(bound.misses[0].text, "there is no value for 'i'; the row has 'u'");
    CHECK_STR(map("{" SOURCE ",\"twin\":\"p1\",\"rest\":\"/v\"}", "x", "{\"w\":{}}"),
              "!1// binding.nothing");
    CHECK_STR(bound.misses[0].text, "there is no value for '/v'; the row has 'w'");
    /* beside misses they come behind them, and are wanted of their row alone */
    CHECK_STR(map(LOOKS, "x", "[{},{\"n\":\"x\"},{\"n\":3}]"),
              "p1 count=3 !2/p1/n value.type !1// binding.nothing");
    only_row = 3;
    CHECK_STR(map(LOOKS, "x", "[{},{\"n\":\"x\"},{\"n\":3}]"), "p1 count=3");
    only_row = 1;
    CHECK_STR(map(LOOKS, "x", "[{},{\"n\":\"x\"},{\"n\":3}]"), "!1// binding.nothing");
    only_name = "n";
    CHECK_STR(map(LOOKS, "x", "[{},{\"n\":\"x\"},{\"n\":3}]"), "");
    only_row = 0;
    only_name = NULL;
    asks_for_nothing = false;
    map(LOOKS, "x", "{}");
    CHECK_EQ(bound.missed, 0);
    CHECK_EQ(bound.nothing, 1);
    CHECK(!px_bound_is_understood(&bound));
}

/* What a condition passes over, what says itself that it has no value, metrics of Sparkplug. */
PX_TEST(a_row_that_is_empty_on_purpose_is_silent)
{
    asks_for_nothing = true;
    CHECK_STR(map("{" SOURCE
                  ",\"twin\":\"p1\",\"when\":\"n > 1\",\"fields\":[{\"from\":\"n\",\"to\":"
                  "\"count\"}]}",
                  "x", "[{\"m\":1},{\"n\":1},{\"n\":2}]"),
              "p1 count=2");
    CHECK_STR(map("{" SOURCE
                  ",\"twin\":\"p1\",\"when\":\"IS_DEFINED(n)\",\"fields\":[{\"from\":\"n\","
                  "\"to\":\"count\"}]}",
                  "x", "[{\"m\":1},{\"n\":2}]"),
              "p1 count=2");
    CHECK_STR(map(LOOKS, "x", "[{\"temp\":null},{\"u\":null,\"a\":1}]"), "");
    CHECK_STR(map(TABLE, "x", "t,a,b\n1,,\n2,3,\n"), "p1 power=3");
    CHECK_STR(map(TABLE, "x", "t,c\n1,2\n"), "!1// binding.nothing");
    CHECK_STR(map("{" SOURCE
                  ",\"format\":\"text\",\"twin\":\"p1\",\"fields\":[{\"from\":\"\",\"to\":"
                  "\"count\"}]}",
                  "x", " "),
              "");
    CHECK_STR(map(LOOKS, "x", "[]"), "");
    CHECK_STR(map("{\"source\":{\"sparkplug\":\"g/n\"},\"twin\":\"p1\",\"fields\":[{\"from\":\"n\","
                  "\"to\":\"count\"}]}",
                  "g/n", "{\"$ts\":\"2026-01-01T00:00:01Z\",\"m\":1}"),
              "");
    asks_for_nothing = false;
}

/* Names are cut between letters, and as many rows are kept as misses are. */
PX_TEST(rows_that_become_nothing_are_told_as_far_as_there_is_room)
{
    asks_for_nothing = true;
    map(LOOKS, "x", many("[", "{\"ééééééééééééééé\":#}", "]", PX_BIND_MISSES_MAX + 1));
    CHECK_EQ(bound.missed, PX_BIND_MISSES_MAX + 1);
    CHECK_EQ(bound.miss_count, PX_BIND_MISSES_MAX);
    CHECK_EQ(bound.misses[PX_BIND_MISSES_MAX - 1].row, PX_BIND_MISSES_MAX);
    CHECK_STR(bound.misses[0].text,
              "there is no value for '/temp', 'n', 'u'; the row has 'éééééééééé…'");
    map(LOOKS, "x", many("[{\"n\":\"x\"},", "{\"m\":#}", "]", PX_BIND_MISSES_MAX));
    CHECK_EQ(bound.missed, PX_BIND_MISSES_MAX + 1);
    CHECK_EQ(bound.miss_count, PX_BIND_MISSES_MAX);
    CHECK_STR(bound.misses[0].id, "value.type");
    CHECK_STR(bound.misses[1].id, "binding.nothing");
    asks_for_nothing = false;
}

PX_TEST(of_what_becomes_nothing_one_in_a_minute_is_kept_and_all_is_counted)
{
    static const struct {
        px_time now;
        size_t kept;
    } cases[] = { { 1000 * PX_SECOND, 1 },
                  { 1000 * PX_SECOND + PX_BINDING_NOTHING_NS - 1, 0 },
                  { 1000 * PX_SECOND + PX_BINDING_NOTHING_NS, 1 },
                  { 900 * PX_SECOND, 1 }, /* the clock was put back */
                  { 901 * PX_SECOND, 0 } };
    px_binding *binding;

    CHECK_OK(px_binding_new(PX_STR("test"), PX_STR(LOOKS), &binding, &err), &err);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        map(LOOKS, "x", "[{\"tmep\":1},{\"tmep\":2}]"); /* told nothing of */
        CHECK_EQ(bound.missed, 0);
        px_bound_tell_nothing(&bound, binding, cases[i].now);
        CHECK_EQ(bound.missed, 2);
        CHECK_EQ(bound.miss_count, cases[i].kept);
    }
    px_binding_free(binding);
}

PX_TEST(what_no_field_takes_is_found)
{
    px_bind_input input = { .payload = PX_STR("{\"a\":1,\"b\":{\"c\":2,\"d\":[3,4]},\"e\":{}}") };
    px_str found[8];
    size_t count;
    px_binding *b;

    CHECK_OK(
        px_binding_new(PX_STR("b"),
                       PX_STR("{\"source\":{\"http\":true},\"twin\":\"p1\",\"fields\":["
                              "{\"from\":\"a\",\"to\":\"x\"},{\"from\":\"/b/c\",\"to\":\"y\"}]}"),
                       &b, &err),
        &err);
    px_arena_release(&arena);
    px_arena_init(&arena, PX_MAPPING_BYTES_MAX);
    CHECK_OK(px_binding_leftovers(b, &input, &arena, found, 8, &count, &err), &err);
    CHECK_EQ(count, 3);
    CHECK_SLICE(found[0], "/b/d/0");
    CHECK_SLICE(found[2], "/e");
    px_binding_free(b);
    input.payload = PX_STR("a,c\n1\n2,3\n");
    CHECK_OK(px_binding_new(PX_STR("b"), PX_STR(TABLE), &b, &err), &err);
    CHECK_OK(px_binding_leftovers(b, &input, &arena, found, 8, &count, &err), &err);
    CHECK_EQ(count, 1);
    CHECK_SLICE(found[0], "/1/c");
    px_binding_free(b);
}

PX_TEST_MAIN()
