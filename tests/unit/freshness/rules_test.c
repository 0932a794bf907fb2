/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/limits.h"
#include "base/time.h"
#include "freshness/rules.h"
#include "model/model.h"
#include "px_test.h"

enum { ARENA_BYTES = 4 << 20 };

static const char press[] =
    "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:freshness;1\"],"
    "\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\",\"contents\":["
    "{\"@type\":[\"Telemetry\",\"Freshness\"],\"name\":\"rate\",\"schema\":\"double\","
    "\"expectedPeriod\":\"PT1S\",\"tolerance\":\"PT0.25S\",\"allowedStaleness\":\"PT1M\"},"
    "{\"@type\":[\"Property\",\"Freshness\"],\"name\":\"heat\",\"schema\":\"double\","
    "\"expectedPeriod\":\"PT10S\"},"
    "{\"@type\":\"Property\",\"name\":\"label\",\"schema\":\"string\"},"
    "{\"@type\":[\"Relationship\",\"FreshnessRollUp\"],\"name\":\"contains\"}]}";

static px_status read(const char *text, px_arena *arena, px_fresh_document *document, px_err *err)
{
    px_arena_init(arena, ARENA_BYTES);
    return px_fresh_document_read(px_str_c(text), arena, document, err);
}

static void refuses(const char *text, const char *id, const char *place)
{
    px_fresh_document document;
    px_arena arena;
    px_err err;

    CHECK_EQ(read(text, &arena, &document, &err), PX_INVALID);
    CHECK_STR(err.id, id);
    CHECK_STR(err.path, place);
    px_arena_release(&arena);
}

static px_model_set parse(const char *text)
{
    px_model_set set;
    px_err err;

    CHECK_OK(px_models_parse(px_str_c(text), NULL, &set, &err), &err);
    return set;
}

static void refuses_model(const char *members)
{
    char text[1024];
    px_model_set set;
    px_err err;

    snprintf(
        text, sizeof(text),
        "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:freshness;1\"],"
        "\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\",\"contents\":["
        "{\"@type\":[\"Telemetry\",\"Freshness\"],\"name\":\"rate\",\"schema\":\"double\"%s}]}",
        members);
    CHECK_EQ(px_models_parse(px_str_c(text), NULL, &set, &err), PX_INVALID);
}

PX_TEST(reads_durations_as_texts_and_as_seconds)
{
    px_fresh_document d;
    px_arena arena;
    px_err err;

    CHECK_OK(read("{\"properties\":{\"a\":{\"period\":\"PT1.5S\",\"tolerance\":\"PT0S\","
                  "\"stale\":\"P1W\"},\"b\":{\"period\":0.25},\"c\":null},\"rollUp\":[\"x\"]}",
                  &arena, &d, &err),
             &err);
    CHECK_EQ(d.line_count, 3);
    CHECK_EQ(d.lines[0].rule.period, 3 * PX_SECOND / 2);
    CHECK_EQ(d.lines[0].rule.tolerance, 0);
    CHECK_EQ(d.lines[0].rule.stale, 7 * 86400 * PX_SECOND);
    CHECK_EQ(d.lines[1].rule.period, PX_SECOND / 4);
    CHECK_EQ(d.lines[1].rule.tolerance, PX_SECOND / 8); /* half a period */
    CHECK_EQ(d.lines[1].rule.stale, 3 * PX_SECOND / 4); /* three */
    CHECK_EQ(d.lines[2].rule.period, 0);
    CHECK_EQ(d.roll_up_count, 1);
    px_arena_release(&arena);
}

PX_TEST(says_what_is_wrong_and_where)
{
    refuses("[]", "freshness.form", "");
    refuses("{\"x\":1}", "freshness.form", "/x");
    refuses("{\"properties\":{\"a\":1}}", "freshness.form", "/properties/a");
    refuses("{\"properties\":{\"a\":{}}}", "freshness.form", "/properties/a");
    refuses("{\"properties\":{\"a\":{\"period\":1,\"late\":2}}}", "freshness.form",
            "/properties/a/late");
    refuses("{\"properties\":{\"a\":{\"period\":\"P1M\"}}}", "freshness.duration",
            "/properties/a/period");
    refuses("{\"properties\":{\"a\":{\"period\":-1}}}", "freshness.duration",
            "/properties/a/period");
    refuses("{\"properties\":{\"a\":{\"period\":0}}}", "freshness.duration", "/properties/a");
    refuses("{\"properties\":{\"a\":{\"period\":2,\"tolerance\":1,\"stale\":2.9}}}",
            "freshness.duration", "/properties/a");
    refuses("{\"properties\":{\"a\":{\"period\":2,\"stale\":0}}}", "freshness.duration",
            "/properties/a"); /* and not three periods */
    refuses("{\"rollUp\":\"contains\"}", "freshness.limit", "/rollUp");
    refuses("{\"rollUp\":[1]}", "freshness.form", "/rollUp/0");
}

PX_TEST(what_is_stale_is_as_old_as_period_and_tolerance_and_not_younger)
{
    px_freshness_rule rule = { .period = PX_SECOND, .tolerance = 500, .stale = PX_SECOND + 500 };

    CHECK(!px_freshness_rule_settle(&rule));
    rule.stale--;
    CHECK(px_freshness_rule_settle(&rule) != NULL);
}

PX_TEST(a_period_is_from_the_least_to_the_most_and_neither_past)
{
    static const struct {
        int64_t period;
        bool fits;
    } cases[] = { { PX_FRESHNESS_NS_MIN, true },
                  { PX_FRESHNESS_NS_MIN - 1, false },
                  { PX_FRESHNESS_NS_MAX, true },
                  { PX_FRESHNESS_NS_MAX + 1, false } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        px_freshness_rule rule = { .period = cases[i].period, .tolerance = -1, .stale = -1 };

        CHECK_EQ(px_freshness_rule_settle(&rule) == NULL, cases[i].fits);
    }
}

static void many(size_t properties, size_t roll_ups, px_status wanted)
{
    px_buf text = { 0 };
    px_fresh_document d;
    px_arena arena;
    px_err err;

    px_put_c(&text, "{\"properties\":{");
    for (size_t i = 0; i < properties; i++)
        px_putf(&text, "%s\"p%zu\":{\"period\":1}", i ? "," : "", i);
    px_put_c(&text, "},\"rollUp\":[");
    for (size_t i = 0; i < roll_ups; i++)
        px_putf(&text, "%s\"r%zu\"", i ? "," : "", i);
    px_put_c(&text, "]}");
    px_put_char(&text, '\0');
    CHECK_EQ(read(text.ptr, &arena, &d, &err), wanted);
    px_arena_release(&arena);
    px_buf_release(&text);
}

PX_TEST(a_document_has_as_many_properties_and_roll_ups_as_the_limits_and_no_more)
{
    many(PX_FRESHNESS_PROPERTIES_MAX, PX_FRESHNESS_ROLL_UPS_MAX, PX_OK);
    many(PX_FRESHNESS_PROPERTIES_MAX + 1, 0, PX_INVALID);
    many(0, PX_FRESHNESS_ROLL_UPS_MAX + 1, PX_INVALID);
}

PX_TEST(the_model_declares_by_its_annotation)
{
    px_model_set set = parse(press);
    const px_layout *layout = px_model_layout(set.models[0]);
    px_fresh_rules rules = { 0 };
    px_err err;

    CHECK(px_fresh_is_declared(layout));
    CHECK(px_layout_relationships(layout, NULL)[0].rolls_up);
    CHECK_OK(px_fresh_rules_make(layout, NULL, &rules, NULL, &err), &err);
    CHECK_EQ(rules.len, 2);
    CHECK_EQ(rules.ptr[0].field, 0);
    CHECK_EQ(rules.ptr[0].rule.period, PX_SECOND);
    CHECK_EQ(rules.ptr[0].rule.tolerance, PX_SECOND / 4);
    CHECK_EQ(rules.ptr[0].rule.stale, 60 * PX_SECOND);
    CHECK(!rules.ptr[0].from_twin);
    CHECK_EQ(rules.ptr[1].rule.tolerance, 5 * PX_SECOND);
    CHECK_EQ(rules.ptr[1].rule.stale, 30 * PX_SECOND);
    PX_VEC_RELEASE(&rules);
    px_model_set_release(&set);
}

PX_TEST(the_twins_word_wins_and_null_takes_the_models_back)
{
    px_model_set set = parse(press);
    const px_layout *layout = px_model_layout(set.models[0]);
    px_fresh_rules rules = { 0 };
    px_fresh_document d;
    px_arena arena;
    px_err err;

    CHECK_OK(read("{\"properties\":{\"rate\":{\"period\":7},\"heat\":null,"
                  "\"label\":{\"period\":9},\"gone\":{\"period\":1}}}",
                  &arena, &d, &err),
             &err);
    CHECK_OK(px_fresh_rules_make(layout, &d, &rules, NULL, &err), &err);
    CHECK_EQ(rules.len, 2);
    CHECK_EQ(rules.ptr[0].rule.period, 7 * PX_SECOND);
    CHECK(rules.ptr[0].from_twin);
    CHECK_EQ(rules.ptr[1].field, 2);
    CHECK_EQ(px_fresh_document_fits(&d, layout, &err), PX_INVALID);
    CHECK_STR(err.id, "freshness.path");
    PX_VEC_RELEASE(&rules);
    px_arena_release(&arena);
    px_model_set_release(&set);
}

static void fits_not(const px_layout *layout, const char *text, const char *place,
                     const char *sentence)
{
    px_fresh_document d;
    px_arena arena;
    px_err err;

    CHECK_OK(read(text, &arena, &d, &err), &err);
    CHECK_EQ(px_fresh_document_fits(&d, layout, &err), PX_INVALID);
    CHECK_STR(err.id, "freshness.relationship");
    CHECK_STR(err.path, place);
    CHECK_STR(err.text, sentence);
    px_arena_release(&arena);
}

/* One that the model does not have would roll nothing up, and take away what the model marks. */
PX_TEST(relationships_that_roll_up_are_the_models)
{
    px_model_set set = parse(press);
    const px_layout *layout = px_model_layout(set.models[0]);
    px_fresh_document d;
    px_arena arena;
    px_err err;

    CHECK_OK(read("{\"rollUp\":[\"contains\"]}", &arena, &d, &err), &err);
    CHECK_OK(px_fresh_document_fits(&d, layout, &err), &err);
    px_arena_release(&arena);
    fits_not(layout, "{\"rollUp\":[\"contains\",\"contans\"]}", "/rollUp/1",
             "the twin's model has no relationship 'contans'; did you mean 'contains'?");
    fits_not(layout, "{\"rollUp\":[\"feeds\"]}", "/rollUp/0",
             "the twin's model has no relationship 'feeds'");
    px_model_set_release(&set);
}

PX_TEST(a_model_is_refused_for_durations_that_are_none)
{
    refuses_model("");
    refuses_model(",\"expectedPeriod\":\"P1Y\"");
    refuses_model(",\"expectedPeriod\":\"PT0S\"");
    refuses_model(",\"expectedPeriod\":\"second\"");
    refuses_model(",\"expectedPeriod\":5");
    refuses_model(",\"expectedPeriod\":\"PT10S\",\"allowedStaleness\":\"PT10S\"");
    refuses_model(",\"expectedPeriod\":\"P367D\"");
}

PX_TEST(spans_have_one_length)
{
    static const struct {
        const char *text;
        int64_t ns; /* below 0: it is none */
    } cases[] = { { "PT1S", PX_SECOND },
                  { "PT0.001S", PX_MILLISECOND },
                  { "PT1H30M", 5400 * PX_SECOND },
                  { "P1DT1S", 86401 * PX_SECOND },
                  { "P2W", 14 * 86400 * PX_SECOND },
                  { "P1Y", -1 },
                  { "P1M", -1 },
                  { "PT", -1 },
                  { "1S", -1 },
                  { "", -1 },
                  { "P99999999999999999999D", -1 } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ns = -1;

        CHECK_EQ(px_span_parse(px_str_c(cases[i].text), &ns), cases[i].ns >= 0);
        if (cases[i].ns >= 0)
            CHECK_EQ(ns, cases[i].ns);
    }
}

PX_TEST_MAIN()
