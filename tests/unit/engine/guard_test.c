/* SPDX-License-Identifier: Apache-2.0 */
/* Guards: what a model is refused for, and what a command is. */
#include "engine/guard.h"

#include <stdio.h>

#include "base/limits.h"
#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

#define CONTEXT "\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:commands;1\"]"

static px_result upload(px_world *world, const char *guards)
{
    char text[4096];

    snprintf(text, sizeof(text),
             "{" CONTEXT ",\"@id\":\"dtmi:test:Gate;1\",\"@type\":\"Interface\",\"contents\":["
             "{\"@type\":\"Property\",\"name\":\"state\",\"schema\":\"string\"},"
             "{\"@type\":\"Telemetry\",\"name\":\"temperature\",\"schema\":\"double\"},"
             "{\"@type\":\"Relationship\",\"name\":\"feeds\"},"
             "{\"@type\":[\"Command\",\"Guarded\"],\"name\":\"open\",\"guards\":%s}]}",
             guards);
    return px_world_model(world, text);
}

static void begin(px_world *world, const char *guards)
{
    px_result result;

    px_world_init(world, 1);
    result = upload(world, guards);
    CHECK_STR(result.status == PX_OK ? "" : result.err.text, "");
    CHECK_EQ(px_world_put(world, "g", "{\"$metadata\":{\"$model\":\"dtmi:test:Gate;1\"}}").status,
             PX_OK);
}

static px_request command(const char *id)
{
    return (px_request){ .kind = PX_REQUEST_COMMAND,
                         .id = PX_STR("g"),
                         .name = PX_STR("open"),
                         .command_id = px_str_c(id) };
}

/* What it is refused for; "" when it is not. Static memory. */
static const char *refusal(px_world *world, const char *id)
{
    static px_err err;
    px_request request = command(id);
    px_result result = px_world_do(world, &request);

    err = result.err;
    CHECK_EQ(result.status == PX_OK || result.status == PX_CONFLICT, true);
    return result.status == PX_OK ? "" : err.text;
}

static void neighbour(px_world *world, const char *id, const char *state)
{
    char text[200];

    snprintf(text, sizeof(text),
             "{\"$metadata\":{\"$model\":\"dtmi:test:Gate;1\"},\"state\":\"%s\"}", state);
    CHECK_EQ(px_world_put(world, id, text).status, PX_OK);
    snprintf(text, sizeof(text), "{\"$relationshipName\":\"feeds\",\"$targetId\":\"%s\"}", id);
    CHECK_EQ(px_world_relate(world, "g", id, text).status, PX_OK);
}

PX_TEST(a_command_is_given_when_its_guards_hold_and_says_what_they_saw)
{
    px_world world;

    begin(&world, "[{\"expression\":\"$self.state = 'idle' AND temperature < 80\"}]");
    CHECK_STR(refusal(&world, "c1"),
              "'$self.state = 'idle' AND temperature < 80' has to hold before 'open', and does "
              "not: $self.state is not set, temperature is not set");
    CHECK_EQ(
        px_world_patch(&world, "g", "[{\"op\":\"add\",\"path\":\"/state\",\"value\":\"idle\"}]")
            .status,
        PX_OK);
    CHECK_EQ(px_world_report(&world, "g", "temperature", 910, -1, PX_TIME_NONE).status, PX_OK);
    CHECK_STR(refusal(&world, "c1"),
              "'$self.state = 'idle' AND temperature < 80' has to hold before 'open', and does "
              "not: $self.state is \"idle\", temperature is 91.0");
    CHECK_EQ(px_world_report(&world, "g", "temperature", 799, -1, PX_TIME_NONE).status, PX_OK);
    CHECK_STR(refusal(&world, "c1"), "");
    px_world_release(&world);
}

PX_TEST(one_that_is_called_again_is_known_whatever_its_guards_say_by_now)
{
    px_world world;

    begin(&world, "[{\"expression\":\"NOT state = 'busy'\"}]");
    CHECK_STR(refusal(&world, "c1"), "");
    CHECK_EQ(
        px_world_patch(&world, "g", "[{\"op\":\"add\",\"path\":\"/state\",\"value\":\"busy\"}]")
            .status,
        PX_OK);
    CHECK_STR(refusal(&world, "c1"), "");
    CHECK_STR(refusal(&world, "c2"),
              "'NOT state = 'busy'' has to hold before 'open', and does not: state is \"busy\"");
    px_world_release(&world);
}

PX_TEST(every_and_any_neighbour_of_a_relationship)
{
    px_world world;

    begin(&world, "[{\"expression\":\"state = 'shut'\",\"every\":\"feeds\","
                  "\"message\":{\"de\":\"Erst schliessen\",\"en\":\"Shut them first\"}}]");
    CHECK_STR(refusal(&world, "c1"), "");
    neighbour(&world, "v1", "shut");
    CHECK_STR(refusal(&world, "c2"), "");
    neighbour(&world, "v2", "ajar");
    CHECK_STR(refusal(&world, "c3"),
              "Shut them first: 'state = 'shut'' has to hold before 'open', and does not: of 'v2': "
              "state is \"ajar\"");
    px_world_release(&world);

    begin(&world, "{\"expression\":\"state = $self.state\",\"any\":\"feeds\"}");
    CHECK_STR(refusal(&world, "c1"), "'state = $self.state' has to hold before 'open', and does "
                                     "not: of none of 0 'feeds'");
    neighbour(&world, "v1", "shut");
    neighbour(&world, "v2", "ajar");
    CHECK_STR(refusal(&world, "c1"), "'state = $self.state' has to hold before 'open', and does "
                                     "not: of none of 2 'feeds'");
    CHECK_EQ(
        px_world_patch(&world, "g", "[{\"op\":\"add\",\"path\":\"/state\",\"value\":\"ajar\"}]")
            .status,
        PX_OK);
    CHECK_STR(refusal(&world, "c1"), "");
    px_world_release(&world);
}

PX_TEST(a_command_sees_what_stands_before_it_in_its_batch)
{
    static const char patch[] = "[{\"op\":\"add\",\"path\":\"/state\",\"value\":\"busy\"}]";
    PX_AUTO_ARENA arena = { 0 };
    px_request items[2] = { { .kind = PX_REQUEST_TWIN_PATCH, .id = PX_STR("g") }, command("c1") };
    px_request batch = { .kind = PX_REQUEST_CHANGES, .items = items, .item_count = 2 };
    px_world world;
    px_json *json;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    begin(&world, "[{\"expression\":\"NOT state = 'busy'\"}]");
    CHECK_OK(px_json_parse(px_str_c(patch), NULL, &arena, &json, &err), &err);
    items[0].json = json;
    items[0].source_time = items[1].source_time = PX_TIME_NONE;
    items[0].place = PX_STR("/changes/0");
    items[1].place = PX_STR("/changes/1");
    CHECK_EQ(px_world_do(&world, &batch).status, PX_CONFLICT);
    CHECK_STR(px_world_value(&world, "g", "state"), "");

    batch.items = items + 1; /* alone it could be given */
    batch.item_count = 1;
    CHECK_EQ(px_world_do(&world, &batch).status, PX_OK);
    px_world_release(&world);
}

PX_TEST(a_dry_run_says_which_would_not_hold_and_gives_nothing)
{
    px_request request = command("c1");
    px_result result;
    uint64_t position;
    px_world world;

    begin(&world, "[{\"expression\":\"NOT state = 'busy'\"},{\"expression\":\"IS_DEFINED(state)\"},"
                  "{\"expression\":\"temperature > 3\"}]");
    position = px_engine_position(world.engine);
    request.flag = true;
    result = px_world_do(&world, &request);
    CHECK_EQ(result.status, PX_CONFLICT);
    CHECK_EQ(result.refusal_count, 2);
    CHECK_EQ(px_world_patch(&world, "g", "[{\"op\":\"add\",\"path\":\"/state\",\"value\":\"x\"}]")
                 .status,
             PX_OK);
    CHECK_EQ(px_world_report(&world, "g", "temperature", 4, 0, PX_TIME_NONE).status, PX_OK);
    result = px_world_do(&world, &request);
    CHECK_STR(result.err.id, PX_COMMAND_JUDGED);
    CHECK_EQ(result.refusal_count, 0);
    CHECK_EQ(px_engine_position(world.engine), position + 2);
    px_world_release(&world);
}

PX_TEST(a_model_with_a_guard_that_is_none_is_refused_with_its_place)
{
    static const struct {
        const char *guards, *text;
    } cases[] = {
        { "[]", "1 to 16 guards" },
        { "[4]", "a guard is an object" },
        { "[{\"message\":\"x\"}]", "has an 'expression'" },
        { "[{\"expression\":\"\"}]", "1 to 1024 bytes" },
        { "[{\"expression\":\"state = 1\",\"when\":2}]", "a guard has 'expression'" },
        { "[{\"expression\":\"state = 1\",\"any\":\"feeds\",\"every\":\"feeds\"}]", "once" },
        { "[{\"expression\":\"state = 1\",\"any\":\"feed\"}]", "did you mean 'feeds'" },
        { "[{\"expression\":\"state =\"}]", "expected" },
        { "[{\"expression\":\"state = 1 state\"}]", "expected" },
        { "[{\"expression\":\"stat = 1\"}]", "did you mean 'state'" },
        { "[{\"expression\":\"state = $self.stat\",\"any\":\"feeds\"}]", "did you mean 'state'" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        px_result result;
        px_world world;

        px_world_init(&world, 1);
        result = upload(&world, cases[i].guards);
        CHECK_EQ(result.status, PX_INVALID);
        if (!strstr(result.err.text, cases[i].text))
            CHECK_STR(result.err.text, cases[i].text);
        CHECK_STR(result.err.id, "dtdl.guardInvalid");
        CHECK_EQ(px_str_starts(px_str_c(result.err.path), PX_STR("/contents/3/guards")), true);
        px_world_release(&world);
    }
}

PX_TEST(a_path_into_neighbours_is_not_judged_when_the_model_is_uploaded)
{
    px_world world;

    begin(&world, "[{\"expression\":\"pressure < 3\",\"every\":\"feeds\"}]");
    CHECK_STR(refusal(&world, "c1"), "");
    px_world_release(&world);
}

PX_TEST(limits_of_a_guard)
{
    char expression[PX_GUARD_BYTES_MAX + 64];
    px_world world;

    for (int over = 0; over < 2; over++) {
        int blanks = PX_GUARD_BYTES_MAX + over - 11;
        char guards[sizeof(expression) + 64];

        snprintf(expression, sizeof(expression), "state = 'x'%*s", blanks, "");
        snprintf(guards, sizeof(guards), "[{\"expression\":\"%s\"}]", expression);
        px_world_init(&world, 1);
        CHECK_EQ(upload(&world, guards).status, over ? PX_INVALID : PX_OK);
        px_world_release(&world);
    }
    for (int over = 0; over < 2; over++) {
        char guards[1024] = "[{\"expression\":\"state = 1\"}";

        for (int i = 1; i < PX_GUARDS_MAX + over; i++)
            snprintf(guards + strlen(guards), sizeof(guards) - strlen(guards),
                     ",{\"expression\":\"state = 1\"}");
        snprintf(guards + strlen(guards), sizeof(guards) - strlen(guards), "]");
        px_world_init(&world, 1);
        CHECK_EQ(upload(&world, guards).status, over ? PX_INVALID : PX_OK);
        px_world_release(&world);
    }
}

PX_TEST(a_message_has_a_limit_too)
{
    char guards[PX_GUARD_MESSAGE_CHARS_MAX + 100], message[PX_GUARD_MESSAGE_CHARS_MAX + 2];
    px_world world;

    for (int over = 0; over < 2; over++) {
        memset(message, 'm', sizeof(message));
        message[PX_GUARD_MESSAGE_CHARS_MAX + over] = '\0';
        snprintf(guards, sizeof(guards), "{\"expression\":\"state = 1\",\"message\":\"%s\"}",
                 message);
        px_world_init(&world, 1);
        CHECK_EQ(upload(&world, guards).status, over ? PX_INVALID : PX_OK);
        px_world_release(&world);
    }
}

PX_TEST(limit_of_neighbours_that_a_guard_looks_at)
{
    px_request request = command("c");
    px_world world;
    char id[16];

    begin(&world, "[{\"expression\":\"state = 'shut'\",\"every\":\"feeds\"}]");
    for (int i = 0; i < PX_GUARD_NEIGHBOURS_MAX; i++) {
        snprintf(id, sizeof(id), "v%d", i);
        neighbour(&world, id, "shut");
    }
    CHECK_STR(refusal(&world, "c1"), "");
    neighbour(&world, "more", "shut");
    CHECK_EQ(px_world_do(&world, &request).status, PX_LIMIT);
    px_world_release(&world);
}

PX_TEST_MAIN()
