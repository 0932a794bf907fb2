/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two versions of an Interface, and what that breaks. */
#include <stdio.h>

#include "model/compare.h"
#include "model_support.h"

/* Two Interfaces and their differences; released by `end`. */
typedef struct comparison {
    px_model_set from, to;
    px_arena arena;
    px_model_changes changes;
} comparison;

static comparison compare_sets(const char *from, const char *to)
{
    comparison c = { .from = parse_models(from), .to = parse_models(to) };
    px_err err;

    px_arena_init(&c.arena, 16 << 20);
    CHECK_OK(px_model_compare(c.from.models[0], c.to.models[0], &c.arena, &c.changes, &err), &err);
    return c;
}

static void end(comparison *c)
{
    px_model_set_release(&c->from);
    px_model_set_release(&c->to);
    px_arena_release(&c->arena);
}

static const px_model_change *find(const comparison *c, const char *path)
{
    for (size_t i = 0; i < c->changes.count; i++)
        if (px_str_eq(c->changes.items[i].path, px_str_c(path)))
            return &c->changes.items[i];
    return NULL;
}

/* One change, at that path, of that kind, breaking that. */
static void check_one(const char *from, const char *to, const char *path, px_change_kind kind,
                      px_breaks breaks)
{
    comparison c = compare_sets(from, to);

    CHECK_EQ(c.changes.count, 1);
    CHECK_SLICE(c.changes.items[0].path, path);
    CHECK_EQ(c.changes.items[0].kind, kind);
    CHECK_EQ(c.changes.items[0].breaks, breaks);
    CHECK_EQ(c.changes.worst, breaks);
    CHECK(c.changes.items[0].sentence.len > 10);
    end(&c);
}

#define ONE(contents) INTERFACE_V4("dtmi:ex:A;1") ",\"contents\":[" contents "]}"
#define PROPERTY(name, schema)                                                                     \
    "{\"@type\":\"Property\",\"name\":\"" name "\",\"schema\":" schema "}"
#define SPEED(schema) PROPERTY("speed", schema)

PX_TEST(a_model_differs_from_itself_in_nothing)
{
    comparison c = compare_sets(ONE(SPEED("\"double\"")), ONE(SPEED("\"double\"")));

    CHECK_EQ(c.changes.count, 0);
    CHECK_EQ(c.changes.worst, PX_BREAKS_NOTHING);
    end(&c);
}

PX_TEST(a_property_that_is_new_breaks_nothing_and_one_that_is_gone_breaks_twins)
{
    check_one(ONE(""), ONE(SPEED("\"double\"")), "speed", PX_CHANGE_ADDED, PX_BREAKS_NOTHING);
    check_one(ONE(SPEED("\"double\"")), ONE(""), "speed", PX_CHANGE_REMOVED, PX_BREAKS_TWINS);
}

PX_TEST(a_wider_schema_takes_the_values_of_before_and_a_narrower_does_not)
{
    check_one(ONE(SPEED("\"integer\"")), ONE(SPEED("\"long\"")), "speed", PX_CHANGE_CHANGED,
              PX_BREAKS_CLIENTS);
    check_one(ONE(SPEED("\"unsignedByte\"")), ONE(SPEED("\"short\"")), "speed", PX_CHANGE_CHANGED,
              PX_BREAKS_CLIENTS);
    check_one(ONE(SPEED("\"long\"")), ONE(SPEED("\"integer\"")), "speed", PX_CHANGE_CHANGED,
              PX_BREAKS_TWINS);
    check_one(ONE(SPEED("\"byte\"")), ONE(SPEED("\"unsignedLong\"")), "speed", PX_CHANGE_CHANGED,
              PX_BREAKS_TWINS);
    check_one(ONE(SPEED("\"double\"")), ONE(SPEED("\"string\"")), "speed", PX_CHANGE_CHANGED,
              PX_BREAKS_TWINS);
}

#define ENUM(values) "{\"@type\":\"Enum\",\"valueSchema\":\"string\",\"enumValues\":[" values "]}"
#define VALUE(name) "{\"name\":\"" name "\",\"enumValue\":\"" name "\"}"

PX_TEST(an_enum_may_gain_values_and_not_lose_them)
{
    check_one(ONE(SPEED(ENUM(VALUE("slow")))), ONE(SPEED(ENUM(VALUE("slow") "," VALUE("fast")))),
              "speed", PX_CHANGE_ADDED, PX_BREAKS_NOTHING);
    check_one(ONE(SPEED(ENUM(VALUE("slow") "," VALUE("fast")))), ONE(SPEED(ENUM(VALUE("slow")))),
              "speed", PX_CHANGE_REMOVED, PX_BREAKS_TWINS);
}

#define OBJECT(fields) "{\"@type\":\"Object\",\"fields\":[" fields "]}"
#define FIELD(name, schema) "{\"name\":\"" name "\",\"schema\":" schema "}"

PX_TEST(objects_are_compared_to_their_depth)
{
    check_one(ONE(SPEED(OBJECT(FIELD("in", OBJECT(FIELD("x", "\"double\"")))))),
              ONE(SPEED(OBJECT(FIELD("in", OBJECT(FIELD("x", "\"string\"")))))), "speed/in/x",
              PX_CHANGE_CHANGED, PX_BREAKS_TWINS);
    check_one(ONE(SPEED(OBJECT(FIELD("x", "\"double\"")))),
              ONE(SPEED(OBJECT(FIELD("x", "\"double\"") "," FIELD("y", "\"double\"")))), "speed/y",
              PX_CHANGE_ADDED, PX_BREAKS_NOTHING);
    check_one(ONE(SPEED("{\"@type\":\"Array\",\"elementSchema\":\"double\"}")),
              ONE(SPEED("{\"@type\":\"Array\",\"elementSchema\":\"integer\"}")), "speed/*",
              PX_CHANGE_CHANGED, PX_BREAKS_TWINS);
}

#define RELATION(more) "{\"@type\":\"Relationship\",\"name\":\"feeds\"" more "}"

PX_TEST(relationships_may_become_wider_and_not_narrower)
{
    check_one(ONE(RELATION("")), ONE(RELATION(",\"target\":\"dtmi:ex:B;1\"")), "feeds",
              PX_CHANGE_CHANGED, PX_BREAKS_TWINS);
    check_one(ONE(RELATION(",\"target\":\"dtmi:ex:B;1\"")), ONE(RELATION("")), "feeds",
              PX_CHANGE_CHANGED, PX_BREAKS_NOTHING);
    check_one(ONE(RELATION("")), ONE(RELATION(",\"maxMultiplicity\":2")), "feeds",
              PX_CHANGE_CHANGED, PX_BREAKS_TWINS);
    check_one(ONE(RELATION(",\"maxMultiplicity\":2")), ONE(RELATION(",\"maxMultiplicity\":3")),
              "feeds", PX_CHANGE_CHANGED, PX_BREAKS_NOTHING);
    check_one(ONE(RELATION(",\"properties\":" PROPERTY("length", "\"double\""))), ONE(RELATION("")),
              "feeds.length", PX_CHANGE_REMOVED, PX_BREAKS_TWINS);
}

PX_TEST(commands_break_clients_and_never_twins)
{
    check_one(ONE("{\"@type\":\"Command\",\"name\":\"stop\"}"), ONE(""), "stop", PX_CHANGE_REMOVED,
              PX_BREAKS_CLIENTS);
    check_one(
        ONE("{\"@type\":\"Command\",\"name\":\"stop\",\"request\":" FIELD("when", "\"time\"") "}"),
        ONE("{\"@type\":\"Command\",\"name\":\"stop\",\"request\":" FIELD("when",
                                                                          "\"double\"") "}"),
        "stop/request", PX_CHANGE_CHANGED, PX_BREAKS_CLIENTS);
}

PX_TEST(a_component_that_is_new_makes_twins_wrong)
{
    const char *motor = INTERFACE_V4("dtmi:ex:M;1") "}]";
    char with[512], without[512];

    snprintf(without, sizeof(without), "[%s,%s", ONE(""), motor);
    snprintf(with, sizeof(with), "[%s,%s",
             ONE("{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:ex:M;1\"}"), motor);
    check_one(without, with, "motor", PX_CHANGE_ADDED, PX_BREAKS_TWINS);
    check_one(with, without, "motor", PX_CHANGE_REMOVED, PX_BREAKS_TWINS);
}

PX_TEST(a_base_that_is_gone_takes_its_contents_and_its_name)
{
    comparison c =
        compare_sets("[" INTERFACE_V4("dtmi:ex:A;1") ",\"extends\":\"dtmi:ex:B;1\"}," INTERFACE_V4(
                         "dtmi:ex:B;1") ",\"contents\":" SPEED("\"double\"") "}]",
                     ONE(""));

    CHECK_EQ(c.changes.count, 2);
    CHECK(find(&c, "")->breaks == PX_BREAKS_TWINS);
    CHECK(find(&c, "speed")->kind == PX_CHANGE_REMOVED);
    end(&c);
}

PX_TEST(a_schema_that_contains_itself_in_many_places_is_compared_in_no_time)
{
    px_buf texts[2] = { 0 };
    comparison c;

    for (int i = 0; i < 2; i++) {
        px_put_c(&texts[i], INTERFACE_V4("dtmi:ex:A;1") ",\"contents\":" SPEED(
                                "\"dtmi:ex:n;1\"") ",\"schemas\":{\"@id\":\"dtmi:ex:n;1\","
                                                   "\"@type\":\"Object\",\"fields\":[");
        for (int f = 0; f < 100; f++)
            px_putf(&texts[i], "{\"name\":\"f%d\",\"schema\":\"dtmi:ex:n;1\"},", f);
        px_putf(&texts[i], "{\"name\":\"x\",\"schema\":\"%s\"}]}}", i ? "string" : "double");
    }
    c = compare_sets(texts[0].ptr, texts[1].ptr);
    CHECK_EQ(c.changes.count, 1);
    CHECK(find(&c, "speed/x"));
    end(&c);
    px_buf_release(&texts[0]);
    px_buf_release(&texts[1]);
}

#define GUARDED(guards)                                                                            \
    "{\"@context\":[\"dtmi:dtdl:context;4\",\"dtmi:pollux:extension:commands;1\"],\"@id\":"        \
    "\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"contents\":[{\"@type\":\"Relationship\",\"name\":"  \
    "\"feeds\"},{\"@type\":[\"Command\",\"Guarded\"],\"name\":\"stop\",\"guards\":[" guards "]}]}"
#define A_GUARD "{\"expression\":\"speed < 3\"}"

PX_TEST(a_guard_that_is_new_breaks_clients_and_one_that_is_gone_breaks_nothing)
{
    comparison c;

    check_one(GUARDED(A_GUARD), GUARDED(A_GUARD ",{\"expression\":\"heat > 1\"}"), "stop/guards",
              PX_CHANGE_ADDED, PX_BREAKS_CLIENTS);
    check_one(GUARDED(A_GUARD ",{\"expression\":\"heat > 1\"}"), GUARDED(A_GUARD), "stop/guards",
              PX_CHANGE_REMOVED, PX_BREAKS_NOTHING);
    c = compare_sets(GUARDED("{\"expression\":\"heat > 1\"}"),
                     GUARDED("{\"expression\":\"heat > 1\",\"every\":\"feeds\"}"));
    CHECK_EQ(c.changes.count, 2); /* one gone, another new */
    CHECK_EQ(c.changes.worst, PX_BREAKS_CLIENTS);
    end(&c);
}

#define PACED(type, members)                                                                       \
    "{\"@context\":[\"dtmi:dtdl:context;4\",\"dtmi:pollux:extension:freshness;1\"],\"@id\":"       \
    "\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"contents\":[{\"@type\":" type ",\"name\":\"rate\"," \
    "\"schema\":\"double\"" members "}]}"
#define EVERY(period) PACED("[\"Telemetry\",\"Freshness\"]", ",\"expectedPeriod\":\"" period "\"")

PX_TEST(another_pace_of_values_is_told_and_breaks_nothing)
{
    check_one(EVERY("PT1S"), EVERY("PT2S"), "rate", PX_CHANGE_CHANGED, PX_BREAKS_NOTHING);
    check_one(EVERY("PT1S"), PACED("\"Telemetry\"", ""), "rate", PX_CHANGE_CHANGED,
              PX_BREAKS_NOTHING);
    check_one(PACED("\"Telemetry\"", ""), EVERY("PT1S"), "rate", PX_CHANGE_CHANGED,
              PX_BREAKS_NOTHING);
}

PX_TEST_MAIN()
