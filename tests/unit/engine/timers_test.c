/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

static const char valve_model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Valve;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"flow\",\"schema\":\"double\"},"
    "{\"@type\":\"Command\",\"name\":\"stop\"}]}";

static void begin(px_world *world)
{
    px_world_init(world, 1);
    CHECK_EQ(px_world_model(world, valve_model).status, PX_OK);
    CHECK_EQ(px_world_put(world, "v", "{\"$metadata\":{\"$model\":\"dtmi:test:Valve;1\"}}").status,
             PX_OK);
}

static px_result stop(px_world *world, const char *id, int64_t wait_s)
{
    px_request command = { .kind = PX_REQUEST_COMMAND,
                           .id = PX_STR("v"),
                           .name = PX_STR("stop"),
                           .command_id = px_str_c(id),
                           .deadline = px_engine_now(world->engine) + wait_s * PX_SECOND };

    return px_world_do(world, &command);
}

static px_result write_document(px_world *world, const char *kind, const char *id, px_str body)
{
    px_document_write write = { .kind = px_str_c(kind), .id = px_str_c(id), .body = body };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };

    return px_world_do(world, &request);
}

static size_t count(px_world *world, const char *kind)
{
    return px_documents_count(px_engine_documents(world->engine), 1, px_str_c(kind));
}

static void rest(px_world *world, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        px_fakedisk_advance(world->disk, PX_SECOND);
        px_engine_step(world->engine);
    }
}

static void fill_disk(px_world *world)
{
    px_fakedisk_capacity(world->disk, px_fakedisk_used(world->disk));
    for (int i = 0; i < 1000; i++)
        if (px_world_report(world, "v", "flow", i, 0, i * PX_SECOND).status == PX_FULL)
            return;
    CHECK(false);
}

PX_TEST(a_command_that_was_never_taken_takes_no_later_document_with_it)
{
    px_world world;

    begin(&world);
    fill_disk(&world);
    CHECK_EQ(stop(&world, "c1", 3).status, PX_FULL);
    px_fakedisk_capacity(world.disk, INT64_MAX);
    CHECK_EQ(write_document(&world, "device", "d1", PX_STR("{\"twins\":[]}")).status, PX_OK);
    CHECK_EQ(world.engine->state.timers.len, 0);
    rest(&world, 6);
    CHECK_EQ(count(&world, "device"), 1);
    px_world_release(&world);
}

PX_TEST(a_command_tried_again_after_a_full_disk_ends_once)
{
    px_world world;

    begin(&world);
    fill_disk(&world);
    CHECK_EQ(stop(&world, "c1", 3).status, PX_FULL);
    px_fakedisk_capacity(world.disk, INT64_MAX);
    CHECK_EQ(stop(&world, "c1", 3).status, PX_OK);
    rest(&world, 6);
    CHECK_EQ(count(&world, "command"), 0);
    CHECK_EQ(px_world_report(&world, "v", "flow", 1, 0, 5000 * PX_SECOND).status, PX_OK);
    px_world_release(&world);
}

/* Two timers of one document: the later deadline is the one that holds. */
PX_TEST(a_command_written_again_waits_for_its_new_deadline)
{
    px_world world;
    px_env *env;
    px_buf body = { 0 };

    begin(&world);
    env = px_fakedisk_env(world.disk);
    CHECK_EQ(stop(&world, "c1", 3).status, PX_OK);
    px_putf(&body,
            "{\"twin\":\"v\",\"twinNumber\":1,\"id\":\"c1\",\"name\":\"stop\",\"deadline\":\"");
    px_put_time(&body, env->now(env) + 8 * PX_SECOND);
    px_putf(&body, "\"}");
    CHECK_EQ(write_document(&world, "command", "v/c1", px_buf_str(&body)).status, PX_OK);
    rest(&world, 6);
    CHECK_EQ(count(&world, "command"), 1);
    rest(&world, 6);
    CHECK_EQ(count(&world, "command"), 0);
    px_buf_release(&body);
    px_world_release(&world);
}

PX_TEST(all_commands_that_are_due_end_though_one_batch_has_no_place_for_them)
{
    enum { COMMANDS = 3000 };
    px_world world;
    char id[16];

    begin(&world);
    for (int i = 0; i < COMMANDS; i++) {
        snprintf(id, sizeof(id), "c%d", i);
        CHECK_EQ(stop(&world, id, 2).status, PX_OK);
    }
    CHECK_EQ(count(&world, "command"), COMMANDS);
    rest(&world, 12);
    CHECK_EQ(count(&world, "command"), 0);
    CHECK_EQ(world.engine->state.timers.len, 0);
    px_world_release(&world);
}

PX_TEST(where_the_clock_is_set_back_time_goes_on)
{
    px_world world;
    px_time before;

    begin(&world);
    CHECK_EQ(stop(&world, "early", 5).status, PX_OK);
    before = px_engine_now(world.engine);
    px_fakedisk_jump(world.disk, -365 * INT64_C(86400) * PX_SECOND);
    CHECK_EQ(px_engine_now(world.engine), before);
    CHECK_EQ(stop(&world, "late", 10).status, PX_OK);
    rest(&world, 4);
    CHECK_EQ(count(&world, "command"), 2);
    rest(&world, 3);
    CHECK_EQ(count(&world, "command"), 1);
    CHECK_EQ(px_engine_now(world.engine), before + 7 * PX_SECOND);
    px_world_kill(&world,
                  false); /* the new run has the newest commit to begin from, and goes on as well */
    rest(&world, 12);
    CHECK_EQ(count(&world, "command"), 0);
    px_world_release(&world);
}

PX_TEST_MAIN()
