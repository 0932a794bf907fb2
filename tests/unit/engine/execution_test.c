/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that have ended: what is kept of them, and that an id is executed once. */
#include "engine/execution.h"

#include <stdio.h>

#include "base/limits.h"
#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

static const char valve_model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Valve;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Command\",\"name\":\"stop\"},"
    "{\"@type\":\"Command\",\"name\":\"turn\","
    "\"request\":{\"name\":\"to\",\"schema\":\"integer\"},"
    "\"response\":{\"name\":\"at\",\"schema\":\"integer\"}}]}";

static void begin(px_world *world)
{
    px_world_init(world, 1);
    CHECK_EQ(px_world_model(world, valve_model).status, PX_OK);
    CHECK_EQ(px_world_put(world, "v", "{\"$metadata\":{\"$model\":\"dtmi:test:Valve;1\"}}").status,
             PX_OK);
}

static px_result send(px_world *world, px_request *request, const char *payload)
{
    PX_AUTO_ARENA arena = { 0 };
    px_json *json;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    request->id = PX_STR("v");
    if (payload) {
        CHECK_OK(px_json_parse(px_str_c(payload), NULL, &arena, &json, &err), &err);
        request->json = json;
    }
    return px_world_do(world, request);
}

static px_result call(px_world *world, const char *name, const char *id, const char *payload)
{
    px_env *env = px_fakedisk_env(world->disk);
    px_request request = { .kind = PX_REQUEST_COMMAND,
                           .name = px_str_c(name),
                           .command_id = px_str_c(id),
                           .deadline = env->now(env) + 3 * PX_SECOND };

    return send(world, &request, payload);
}

static px_result answer(px_world *world, const char *id, px_command_status code,
                        const char *payload)
{
    px_request request = { .kind = PX_REQUEST_COMMAND_RESPONSE,
                           .command_id = px_str_c(id),
                           .code = (uint8_t)code };

    return send(world, &request, payload);
}

/* `STATUS RESPONSE`, in static memory; "none" when no such command has ended. */
static const char *ended(px_world *world, const char *document_id)
{
    static char text[400];
    PX_AUTO_ARENA arena = { 0 };
    px_document document;
    px_execution e;

    px_arena_init(&arena, 1 << 20);
    if (px_documents_get(px_engine_documents(world->engine), 1, PX_STR("execution"),
                         px_str_c(document_id), &arena, &document, NULL) != PX_OK)
        return "none";
    CHECK_EQ(px_execution_read(document.body, &arena, &e, NULL), PX_OK);
    snprintf(text, sizeof(text), "%s %.*s", px_command_status_name(e.status),
             (int)(e.response.len < 300 ? e.response.len : 300), e.response.ptr);
    return text;
}

PX_TEST(what_came_of_a_command_is_kept_through_a_power_cut)
{
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "turn", "c1", "4").status, PX_OK);
    CHECK_STR(ended(&world, "v/c1"), "none");
    CHECK_EQ(answer(&world, "c1", PX_COMMAND_APPLIED, "5").status, PX_OK);
    CHECK_EQ(call(&world, "stop", "c2", NULL).status, PX_OK);
    CHECK_EQ(answer(&world, "c2", PX_COMMAND_REJECTED, "\"stuck\"").status, PX_OK);
    px_world_kill(&world, true);
    CHECK_STR(ended(&world, "v/c1"), "applied 5");
    CHECK_STR(ended(&world, "v/c2"), "rejected \"stuck\"");
    px_world_release(&world);
}

PX_TEST(one_that_nobody_answers_is_kept_as_timed_out)
{
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "stop", "c1", NULL).status, PX_OK);
    for (int i = 0; i < 6; i++) {
        px_fakedisk_advance(world.disk, PX_SECOND);
        px_engine_step(world.engine);
    }
    CHECK_STR(ended(&world, "v/c1"), "timed out ");
    px_world_release(&world);
}

PX_TEST(an_id_is_executed_once_before_and_after_its_end_and_a_kill)
{
    px_world world;
    uint64_t position;

    begin(&world);
    CHECK_EQ(call(&world, "turn", "c1", "4").status, PX_OK);
    position = px_engine_position(world.engine);
    CHECK_EQ(call(&world, "turn", "c1", "4").status, PX_OK);
    CHECK_EQ(call(&world, "turn", "c1", "5").status, PX_CONFLICT);
    CHECK_EQ(px_engine_position(world.engine), position);
    CHECK_EQ(answer(&world, "c1", PX_COMMAND_APPLIED, "4").status, PX_OK);
    px_world_kill(&world, false);
    position = px_engine_position(world.engine);
    CHECK_EQ(call(&world, "turn", "c1", "4").status, PX_OK);
    CHECK_EQ(call(&world, "stop", "c1", NULL).status, PX_CONFLICT);
    CHECK_EQ(px_engine_position(world.engine), position);
    CHECK_STR(ended(&world, "v/c1"), "applied 4");
    px_world_release(&world);
}

PX_TEST(a_twin_made_again_has_commands_of_its_own)
{
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "turn", "c1", "4").status, PX_OK);
    CHECK_EQ(answer(&world, "c1", PX_COMMAND_APPLIED, "4").status, PX_OK);
    CHECK_EQ(px_world_delete(&world, "v").status, PX_OK);
    CHECK_EQ(px_world_put(&world, "v", "{\"$metadata\":{\"$model\":\"dtmi:test:Valve;1\"}}").status,
             PX_OK);
    CHECK_EQ(call(&world, "turn", "c1", "7").status, PX_OK);
    CHECK_EQ(answer(&world, "c1", PX_COMMAND_APPLIED, "7").status, PX_OK);
    CHECK_STR(ended(&world, "v/c1"), "applied 7");
    px_world_release(&world);
}

PX_TEST(a_response_is_of_the_type_that_the_model_declares)
{
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "turn", "c1", "\"far\"").status, PX_INVALID);
    CHECK_EQ(call(&world, "turn", "c1", "4").status, PX_OK);
    CHECK_EQ(answer(&world, "c1", PX_COMMAND_APPLIED, "\"there\"").status, PX_INVALID);
    CHECK_EQ(answer(&world, "c1", PX_COMMAND_APPLIED, NULL).status, PX_INVALID);
    CHECK_EQ(answer(&world, "c1", PX_COMMAND_REJECTED, "\"stuck\"").status, PX_OK);
    CHECK_STR(ended(&world, "v/c1"), "rejected \"stuck\"");
    px_world_release(&world);
}

PX_TEST(a_response_is_kept_up_to_16_kib)
{
    for (int over = 0; over < 2; over++) {
        px_buf text = { 0 };
        px_world world;

        begin(&world);
        CHECK_EQ(call(&world, "stop", "c1", NULL).status, PX_OK);
        px_put_char(&text, '"');
        for (int i = 0; i < PX_COMMAND_KEPT_BYTES_MAX - 2 + over; i++)
            px_put_char(&text, 'x');
        px_put(&text, PX_STR("\"\0"));
        CHECK_EQ(answer(&world, "c1", PX_COMMAND_APPLIED, text.ptr).status, PX_OK);
        CHECK_EQ(
            strncmp(ended(&world, "v/c1"), over ? "applied {\"notKept\"" : "applied \"xxx", 12), 0);
        px_buf_release(&text);
        px_world_release(&world);
    }
}

PX_TEST(the_newest_that_have_ended_are_kept)
{
    px_world world;
    char id[16];

    begin(&world);
    for (int i = 0; i <= PX_COMMANDS_KEPT_MAX; i++) {
        snprintf(id, sizeof(id), "c%d", i);
        CHECK_EQ(call(&world, "stop", id, NULL).status, PX_OK);
        CHECK_EQ(answer(&world, id, PX_COMMAND_REJECTED, NULL).status, PX_OK);
        if (i == PX_COMMANDS_KEPT_MAX - 1)
            CHECK_STR(ended(&world, "v/c0"), "rejected ");
    }
    CHECK_STR(ended(&world, "v/c0"), "none");
    CHECK_STR(ended(&world, "v/c1"), "rejected ");
    CHECK_EQ(px_documents_count(px_engine_documents(world.engine), 1, PX_STR("execution")),
             PX_COMMANDS_KEPT_MAX);
    px_world_release(&world);
}

PX_TEST_MAIN()
