/* SPDX-License-Identifier: Apache-2.0 */
/* Message-Ids that count once. */
#include <stdio.h>

#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

static const char pump_model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"flow\",\"schema\":\"double\"}]}";

/* A round of the checkpoint that a crash ends has written some rows: the twin's is newer than where
 * the replay begins. */
PX_TEST(a_message_id_is_known_after_a_restart_though_the_twins_row_is_newer)
{
    px_event event = { .type = PX_EVENT_TELEMETRY, .tenant = 1, .id = PX_STR("m") };
    px_engine_state *s;
    const px_twin *twin;
    px_world world;
    px_buf body = { 0 };
    px_err err;

    px_world_init(&world, 1);
    CHECK_EQ(px_world_model(&world, pump_model).status, PX_OK);
    CHECK_EQ(px_world_put(&world, "p", "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"}}").status,
             PX_OK);
    s = &world.engine->state;
    CHECK_OK(px_state_begin(s, s->now, &body, &err), &err);
    twin = px_view_find(px_txn_view(s->txn), 1, PX_STR("p"));
    event.twin_no = px_twin_number(twin);
    event.seq = px_twin_seq(twin) - 1;
    s->replaying = true;
    CHECK_OK(px_state_fold(s, &event, NULL, &err), &err);
    s->replaying = false;
    CHECK(px_seen_has(&s->seen, event.twin_no, event.id));
    px_state_rollback(s, s->seq);
    px_buf_release(&body);
    px_world_release(&world);
}

PX_TEST(an_id_for_which_there_is_no_memory_changes_nothing)
{
    px_seen seen = { 0 };
    bool added = false;
    uint64_t failed = 0;

    for (uint64_t nth = 1; !added; nth++) {
        px_mem_fail_nth(nth);
        added = px_seen_add(&seen, 1, PX_STR("m"));
        px_mem_fail_nth(0);
        failed += !added;
        CHECK_EQ(seen.count, added);
        CHECK_EQ(px_seen_has(&seen, 1, PX_STR("m")), added);
    }
    CHECK(failed > 0);
    px_seen_rollback(&seen);
    CHECK_EQ(seen.count, 0);
    CHECK(!px_seen_has(&seen, 1, PX_STR("m")));
    px_seen_release(&seen);
}

static void give_7(px_env *env, void *ret_bytes, size_t size)
{
    (void)env;
    memset(ret_bytes, 7, size);
}

PX_TEST(an_id_counts_once_within_its_twin_and_its_hash_is_of_this_start)
{
    px_env env = { .random = give_7 };
    px_seen seen, other = { 0 };
    px_str id = PX_STR("m");

    px_seen_init(&seen, &env);
    CHECK(px_seen_add(&seen, 1, id));
    CHECK(px_seen_has(&seen, 1, id));
    CHECK(!px_seen_has(&seen, 2, id));
    CHECK(px_seen_add(&other, 1, id));
    CHECK(seen.ids[0].hash != other.ids[0].hash);
    /* the same hash of another twin is another id */
    seen.ids[0].twin_no = 2;
    CHECK(!px_seen_has(&seen, 1, id));
    px_seen_release(&seen);
    px_seen_release(&other);
}

PX_TEST(as_many_ids_are_known_as_the_limit_and_the_oldest_makes_room)
{
    px_env env = { .random = give_7 };
    px_seen seen;
    char id[24];

    px_seen_init(&seen, &env);
    for (int i = 0; i <= PX_MESSAGE_IDS_MAX; i++) {
        px_str text = px_str_of(id, (size_t)snprintf(id, sizeof(id), "m%d", i));

        if (i == PX_MESSAGE_IDS_MAX)
            CHECK(px_seen_has(&seen, 1, PX_STR("m0")));
        CHECK(px_seen_add(&seen, 1, text));
        px_seen_commit(&seen);
    }
    CHECK(!px_seen_has(&seen, 1, PX_STR("m0")));
    CHECK(px_seen_has(&seen, 1, PX_STR("m1")));
    px_seen_release(&seen);
}

PX_TEST_MAIN()
