/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "px_test.h"
#include "px_world.h"

#define MINUTE (60 * PX_SECOND)

static const char model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Box;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"x\",\"schema\":\"double\"}]}";

static void begin(px_world *world, int64_t keep_bytes)
{
    px_world_init(world, 1);
    world->checkpoint_ns = 1;
    world->journal_keep_bytes = keep_bytes;
    px_world_kill(world, false);
    CHECK_EQ(px_world_model(world, model).status, PX_OK);
    CHECK_EQ(px_world_put(world, "b", "{\"$metadata\":{\"$model\":\"dtmi:test:Box;1\"}}").status,
             PX_OK);
}

static px_journal_bounds bounds_of(px_world *world)
{
    px_journal_bounds bounds;
    px_journal *journal;
    px_err err;

    CHECK_OK(px_journal_open(world->store, &journal, &err), &err);
    CHECK_OK(px_journal_bounds_get(journal, 0, &bounds, &err), &err);
    px_journal_close(journal);
    return bounds;
}

static void report(px_world *world, int count, int64_t apart_ns)
{
    px_env *env = px_fakedisk_env(world->disk);

    for (int i = 0; i < count; i++) {
        px_fakedisk_advance(world->disk, apart_ns);
        CHECK_EQ(px_world_report(world, "b", "x", i, 0, env->now(env)).status, PX_OK);
    }
}

PX_TEST(a_slow_journal_keeps_its_day)
{
    enum { DAY_MINUTES = 24 * 60 };
    px_journal_bounds bounds;
    px_world world;

    begin(&world, 0);
    report(&world, DAY_MINUTES + 10, MINUTE);
    for (int i = 0; i < 4; i++) {
        report(&world, 40, MINUTE);
        bounds = bounds_of(&world);
        CHECK(bounds.time_last - bounds.time_first >= (DAY_MINUTES - 2) * MINUTE);
        CHECK(bounds.time_last - bounds.time_first <= (DAY_MINUTES + 5) * MINUTE);
    }
    px_world_release(&world);
}

PX_TEST(a_large_journal_keeps_the_bytes_it_may_have)
{
    enum { KEEP = 16 * 1024 };
    px_world world;

    begin(&world, KEEP);
    report(&world, 3000, PX_SECOND / 2);
    CHECK(bounds_of(&world).bytes <= KEEP + 1024);
    CHECK(bounds_of(&world).bytes >= KEEP - 1024);
    px_world_release(&world);
}

/* The last commits of a clean stop come after it. */
PX_TEST(the_journal_waits_for_a_consumer_that_has_ended)
{
    px_feed *feed;
    px_world world;
    px_err err;

    begin(&world, 1);
    CHECK_OK(px_feed_open(world.engine, PX_CONSUMER_HISTORY, true, &feed, &err), &err);
    px_feed_close(feed);
    report(&world, 100, PX_SECOND);
    CHECK_EQ(bounds_of(&world).seq_first, 1);
    px_world_release(&world);
}

/* Made, and gone before the round came by: the journal behind the round begins with the deletion.
 */
PX_TEST(a_twin_that_goes_while_a_round_is_under_way_keeps_no_start_from_working)
{
    px_world world;
    char id[16];

    px_world_init(&world, 1);
    world.checkpoint_ns = 3600 * PX_SECOND;
    world.journal_keep_bytes = 1;
    px_world_kill(&world, false);
    CHECK_EQ(px_world_model(&world, model).status, PX_OK);
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof(id), "b%d", i);
        CHECK_EQ(
            px_world_put(&world, id, "{\"$metadata\":{\"$model\":\"dtmi:test:Box;1\"}}").status,
            PX_OK);
    }
    px_fakedisk_advance(world.disk, 500 * PX_SECOND);
    for (int i = 190; i < 200; i++) {
        snprintf(id, sizeof(id), "b%d", i);
        CHECK_EQ(px_world_delete(&world, id).status, PX_OK);
    }
    for (int i = 0; i < 60; i++)
        CHECK_EQ(px_world_report(&world, "b1", "x", i, 0, i).status, PX_OK);
    px_world_kill(&world, false);
    px_world_release(&world);
}

PX_TEST_MAIN()
