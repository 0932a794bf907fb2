/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that wait for a device that is away, and are sent again: by the time of the journal. */
#include "engine/waiting.h"

#include <stdio.h>

#include "base/limits.h"
#include "engine/execution.h"
#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

static const char valve_model[] =
    "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:commands;1\"],"
    "\"@id\":\"dtmi:test:Valve;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Command\",\"name\":\"stop\"},"
    "{\"@type\":[\"Command\",\"Timed\"],\"name\":\"turn\",\"timeout\":2,\"retry\":1,"
    "\"interval\":4,\"expiry\":30}]}";

static const char a_valve[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Valve;1\"}}";

static void begin(px_world *world)
{
    px_world_init(world, 1);
    CHECK_EQ(px_world_model(world, valve_model).status, PX_OK);
    CHECK_EQ(px_world_put(world, "v", a_valve).status, PX_OK);
}

static px_result call(px_world *world, const char *name, px_command_terms terms)
{
    px_request request = { .kind = PX_REQUEST_COMMAND,
                           .id = PX_STR("v"),
                           .name = px_str_c(name),
                           .command_id = PX_STR("c"),
                           .terms = terms };

    return px_world_do(world, &request);
}

static px_result tell(px_world *world, px_request_kind kind, const char *id)
{
    px_request request = {
        .kind = kind, .id = PX_STR("v"), .command_id = px_str_c(id), .code = PX_COMMAND_APPLIED
    };

    return px_world_do(world, &request);
}

static void pass(px_world *world, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        px_fakedisk_advance(world->disk, PX_SECOND);
        while (px_engine_step(world->engine))
            continue;
    }
}

/* `STATUS ATTEMPTS`, of one that waits or has ended; in static memory. */
static const char *stands(px_world *world)
{
    static char text[80];
    px_documents *documents = px_engine_documents(world->engine);
    bool waits = px_documents_count(documents, 1, PX_STR("command")) > 0;
    PX_AUTO_ARENA arena = { 0 };
    px_document document;
    px_execution ended;
    px_waiting waiting;

    px_arena_init(&arena, 1 << 20);
    CHECK_EQ(px_documents_get(documents, 1, waits ? PX_STR("command") : PX_STR("execution"),
                              PX_STR("v/c"), &arena, &document, NULL),
             PX_OK);
    CHECK_EQ(px_waiting_read(document.body, &arena, &waiting, NULL), PX_OK);
    CHECK_EQ(px_execution_read(document.body, &arena, &ended, NULL), PX_OK);
    snprintf(text, sizeof(text), "%s %u",
             px_command_status_name(waits ? waiting.status : ended.status), waiting.attempt);
    return text;
}

PX_TEST(it_waits_for_its_device_and_only_then_its_time_runs)
{
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "stop", (px_command_terms){ .timeout_s = 3, .expiry_s = 60 }).status,
             PX_OK);
    pass(&world, 50);
    CHECK_STR(stands(&world), "pending 1");
    px_world_kill(&world, true);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    CHECK_STR(stands(&world), "delivered 1");
    px_world_kill(&world, false);
    pass(&world, 2);
    CHECK_STR(stands(&world), "delivered 1");
    pass(&world, 2);
    CHECK_STR(stands(&world), "timed out 1");
    px_world_release(&world);
}

PX_TEST(one_that_no_device_had_while_it_was_good_is_expired)
{
    px_world world;

    begin(&world);
    CHECK_EQ(
        call(&world, "stop", (px_command_terms){ .timeout_s = 30, .expiry_s = 5, .attempts = 3 })
            .status,
        PX_OK);
    pass(&world, 4);
    CHECK_STR(stands(&world), "pending 1");
    px_world_kill(&world, true);
    pass(&world, 2);
    CHECK_STR(stands(&world), "expired 1");
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_RESPONSE, "c").status, PX_NOT_FOUND);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    CHECK_STR(stands(&world), "expired 1");
    px_world_release(&world);
}

PX_TEST(what_is_not_answered_is_sent_again_so_often_and_in_these_intervals)
{
    px_world world;

    begin(&world);
    CHECK_EQ(
        call(&world, "stop", (px_command_terms){ .timeout_s = 3, .attempts = 3, .interval_s = 4 })
            .status,
        PX_OK);
    pass(&world, 6);
    CHECK_STR(stands(&world), "pending 1");
    pass(&world, 1);
    CHECK_STR(stands(&world), "pending 2");
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    CHECK_STR(stands(&world), "delivered 2");
    px_world_kill(&world, true);
    pass(&world, 7);
    CHECK_STR(stands(&world), "pending 3");
    pass(&world, 2); /* behind the last there is no interval */
    CHECK_STR(stands(&world), "pending 3");
    pass(&world, 1);
    CHECK_STR(stands(&world), "timed out 3");
    px_world_release(&world);
}

PX_TEST(an_answer_to_any_attempt_ends_it)
{
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "stop", (px_command_terms){ .timeout_s = 1, .attempts = 10 }).status,
             PX_OK);
    pass(&world, 3);
    CHECK_STR(stands(&world), "pending 4");
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_RESPONSE, "c").status, PX_OK);
    CHECK_STR(stands(&world), "applied 4");
    pass(&world, 5);
    CHECK_STR(stands(&world), "applied 4");
    px_world_release(&world);
}

PX_TEST(that_it_was_delivered_is_told_once_and_only_where_something_hangs_on_it)
{
    px_command_terms waits = { .timeout_s = 9, .expiry_s = 9 };
    uint64_t position;
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "stop", (px_command_terms){ .timeout_s = 1 }).status, PX_OK);
    position = px_engine_position(world.engine);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    CHECK_EQ(px_engine_position(world.engine), position);
    pass(&world, 2);
    px_world_release(&world);

    begin(&world);
    CHECK_EQ(call(&world, "stop", waits).status, PX_OK);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "other").status, PX_OK);
    position = px_engine_position(world.engine);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    CHECK_EQ(px_engine_position(world.engine), position + 2);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    CHECK_EQ(px_engine_position(world.engine), position + 2);
    px_world_release(&world);
}

PX_TEST(what_a_call_does_not_say_its_model_may)
{
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "turn", (px_command_terms){ 0 }).status, PX_OK);
    pass(&world, 20);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    pass(&world, 5);
    CHECK_STR(stands(&world), "delivered 1");
    pass(&world, 1);
    CHECK_STR(stands(&world), "pending 2");
    pass(&world, 2);
    CHECK_STR(stands(&world), "timed out 2");
    px_world_release(&world);

    begin(&world);
    CHECK_EQ(
        call(&world, "turn", (px_command_terms){ .timeout_s = 3, .expiry_s = 4, .attempts = 1 })
            .status,
        PX_OK);
    pass(&world, 3);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    pass(&world, 3);
    CHECK_STR(stands(&world), "timed out 1");
    px_world_release(&world);
}

PX_TEST(a_command_that_was_answered_leaves_no_tick_behind)
{
    uint64_t position;
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "stop", (px_command_terms){ .timeout_s = 3 }).status, PX_OK);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_RESPONSE, "c").status, PX_OK);
    position = px_engine_position(world.engine);
    pass(&world, 20);
    CHECK_EQ(px_engine_position(world.engine), position);
    px_world_release(&world);
}

/* In one moment, while others wait for long: each once, and in the order of its deadline. */
PX_TEST(of_many_that_wait_each_ends_by_its_own_time)
{
    enum { COMMANDS = 60 };
    uint64_t ended;
    px_world world;

    begin(&world);
    for (uint32_t i = 0; i < COMMANDS; i++) {
        char id[16];
        px_request request = { .kind = PX_REQUEST_COMMAND,
                               .id = PX_STR("v"),
                               .name = PX_STR("stop"),
                               .terms = { .timeout_s = 1 + i * 7 % COMMANDS } };

        snprintf(id, sizeof(id), "c%u", i);
        request.command_id = px_str_c(id);
        CHECK_EQ(px_world_do(&world, &request).status, PX_OK);
    }
    for (uint64_t second = 1; second <= COMMANDS; second++) {
        if (second == 20)
            px_world_kill(&world, true); /* what was counted begins anew */
        pass(&world, 1);
        ended = px_engine_stat(world.engine).commands_ended[PX_COMMAND_TIMED_OUT];
        CHECK_EQ(ended, second < 20 ? second : second - 19);
    }
    CHECK_EQ(px_documents_count(px_engine_documents(world.engine), 1, PX_STR("command")), 0);
    px_world_release(&world);
}

PX_TEST(what_waits_of_a_twin_that_had_the_id_before_is_no_command_of_this_one)
{
    px_command_terms terms = { .timeout_s = 9, .expiry_s = 60 };
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "stop", terms).status, PX_OK);
    CHECK_EQ(px_world_delete(&world, "v").status, PX_OK);
    CHECK_EQ(px_world_put(&world, "v", a_valve).status, PX_OK);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_RESPONSE, "c").status, PX_NOT_FOUND);
    CHECK_STR(stands(&world), "pending 1"); /* the former one's, still */
    CHECK_EQ(call(&world, "stop", terms).status, PX_OK);
    CHECK_EQ(px_engine_stat(world.engine).commands_ended[PX_COMMAND_EXPIRED], 1);
    px_world_kill(&world, true);
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_DELIVERED, "c").status, PX_OK);
    CHECK_STR(stands(&world), "delivered 1");
    CHECK_EQ(tell(&world, PX_REQUEST_COMMAND_RESPONSE, "c").status, PX_OK);
    CHECK_STR(stands(&world), "applied 1");
    px_world_release(&world);
}

PX_TEST(a_command_that_waits_long_writes_nothing_meanwhile)
{
    uint64_t position;
    px_world world;

    begin(&world);
    CHECK_EQ(call(&world, "stop", (px_command_terms){ .expiry_s = PX_COMMAND_EXPIRY_S_MAX }).status,
             PX_OK);
    position = px_engine_position(world.engine);
    pass(&world, 100);
    CHECK_EQ(px_engine_position(world.engine), position);
    px_fakedisk_advance(world.disk, PX_COMMAND_EXPIRY_S_MAX * PX_SECOND);
    pass(&world, 1);
    CHECK_STR(stands(&world), "expired 1");
    px_world_release(&world);
}

PX_TEST_MAIN()
