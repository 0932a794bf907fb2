/* SPDX-License-Identifier: Apache-2.0 */
/* What people are told while a consumer is behind, and of the work that rides with the commits. */
#include <stdio.h>

#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

static const char model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Box;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"x\",\"schema\":\"double\"}]}";

static int slowed, unslowed;

static void count_events(px_log *log, px_log_level level, const char *event, const char *text)
{
    (void)log;
    (void)level;
    (void)text;
    slowed += strcmp(event, "engine.slowed") == 0;
    unslowed += strcmp(event, "engine.unslowed") == 0;
}

static void begin(px_world *world)
{
    px_world_init(world, 1);
    CHECK_EQ(px_world_model(world, model).status, PX_OK);
    CHECK_EQ(px_world_put(world, "b", "{\"$metadata\":{\"$model\":\"dtmi:test:Box;1\"}}").status,
             PX_OK);
}

PX_TEST(a_consumer_that_slows_the_doors_is_told_of_once_and_so_is_its_end)
{
    px_log log = { .sink = count_events, .level_min = PX_LOG_DEBUG };
    px_batch *batch;
    px_feed *feed;
    px_world world;
    px_err err;

    begin(&world);
    world.engine->opts.log = &log;
    world.engine->consumer_lag_bytes_max = 2000;
    CHECK_OK(px_feed_open(world.engine, PX_CONSUMER_HISTORY, true, &feed, &err), &err);
    slowed = unslowed = 0;
    while (px_world_report(&world, "b", "x", 1, 0, PX_TIME_NONE).status == PX_OK)
        CHECK_EQ(slowed, 0);
    for (int i = 0; i < 3; i++)
        px_engine_step(world.engine);
    CHECK_EQ(slowed, 1);
    CHECK_EQ(unslowed, 0);
    while (px_feed_next(feed, 0, &batch, &err) == PX_OK)
        px_batch_unref(batch);
    for (int i = 0; i < 3; i++)
        px_engine_step(world.engine);
    CHECK_EQ(slowed, 1);
    CHECK_EQ(unslowed, 1);
    CHECK_EQ(px_world_report(&world, "b", "x", 1, 0, PX_TIME_NONE).status, PX_OK);
    px_feed_close(feed);
    px_world_release(&world);
}

PX_TEST(each_kind_of_slice_has_figures_of_its_own)
{
    px_engine_stats stats;
    px_world world;

    begin(&world);
    for (int i = 0; i < 40; i++) {
        px_fakedisk_advance(world.disk, PX_SECOND);
        px_engine_step(world.engine);
    }
    stats = px_engine_stat(world.engine);
    CHECK(stats.slices[PX_ENGINE_SLICE_TWINS].rows > 0);
    CHECK_EQ(stats.slices[PX_ENGINE_SLICE_GRAVES].rows, 0);
    CHECK_STR(px_engine_slice_name(PX_ENGINE_SLICE_TWINS), "twins");
    px_world_release(&world);
}

PX_TEST(a_dead_engine_says_what_it_died_of)
{
    px_world world;
    px_err err;

    begin(&world);
    CHECK_EQ(px_engine_status(world.engine, &err), PX_OK);
    px_fakedisk_fail(world.disk, PX_FAKE_SYNC, 1, PX_IO, false);
    CHECK(px_world_report(&world, "b", "x", 1, 0, PX_SECOND).status != PX_OK);
    CHECK_EQ(px_engine_status(world.engine, &err), PX_IO);
    CHECK(err.text[0] != '\0');
    px_world_release(&world);
}

enum { WRITES = 5, ROWS = 1500 };

static int done;

static void count_done(px_writeback *writeback, px_status status)
{
    (void)writeback;
    CHECK_EQ(status, PX_OK);
    done++;
}

PX_TEST(what_consumers_write_is_spread_over_commits)
{
    static px_op ops[WRITES][ROWS];
    px_writeback writes[WRITES];
    px_engine_stats stats;
    px_world world;

    begin(&world);
    done = 0;
    for (int w = 0; w < WRITES; w++) {
        for (int i = 0; i < ROWS; i++)
            ops[w][i] = (px_op){ .kind = PX_OP_PUT,
                                 .table = PX_TABLE_BLOCK,
                                 .key = { 1, w, i },
                                 .seq = 1,
                                 .body = PX_STR("x") };
        writes[w] = (px_writeback){ .consumer = PX_CONSUMER_HISTORY,
                                    .effect = { "test", ops[w], ROWS },
                                    .done = count_done };
        px_engine_writeback(world.engine, &writes[w]);
    }
    px_engine_step(world.engine);
    CHECK(done >= 1 && done <= PX_EFFECTS_ROWS_MAX / ROWS);
    for (int i = 0; i < WRITES; i++)
        px_engine_step(world.engine);
    CHECK_EQ(done, WRITES);
    stats = px_engine_stat(world.engine);
    CHECK_EQ(stats.slices[PX_ENGINE_SLICE_CONSUMERS].rows, WRITES * ROWS);
    CHECK(stats.slices[PX_ENGINE_SLICE_CONSUMERS].late >= 1);
    CHECK(stats.slices_late >= 1);
    px_world_release(&world);
}

PX_TEST_MAIN()
