/* SPDX-License-Identifier: Apache-2.0 */
/* The online copy: taken between commits, whole, and never a burden to the store. */
#include "base/limits.h"
#include "base/mem.h"
#include "player.h"

static player *filled(uint64_t seed, int commits)
{
    player *p = player_new(seed);

    CHECK(player_open(p));
    for (int i = 0; i < commits; i++)
        CHECK_OK(player_commit(p), &p->err);
    return p;
}

/* Opens the copy as a data directory of its own. */
static int match_copy(player *p, const char *dir)
{
    const px_store_opts opts = {
        .env = px_fakedisk_env(p->disk), .dir = dir, .threadless = true, .reserve_bytes = -1
    };
    px_store *store = NULL;
    px_err err = { 0 };
    int match;

    CHECK_OK(px_store_open(&opts, &store, &err), &err);
    match = model_match(store, &p->acked, NULL);
    px_store_close(store);
    return match;
}

PX_TEST(a_backup_taken_between_commits_is_the_state_at_its_last_step)
{
    player *p = filled(1, 60);
    px_err err = { 0 };
    bool done = false;
    int steps = 0;

    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    CHECK_EQ(px_store_backup_begin(p->store, "other/pollux.db", &err), PX_BUSY);
    while (!done) {
        CHECK_OK(player_commit(p), &p->err);
        CHECK_OK(px_store_backup_step(p->store, 10, &done, &err), &err);
        steps++;
    }
    CHECK(steps > 3); /* so commits happened in the middle of it */
    CHECK(px_fakedisk_bytes(p->disk, "copy/pollux.db").ptr == NULL); /* nothing looks finished */
    px_store_backup_end(p->store);
    CHECK_OK(px_store_backup_sync(p->store), &err);
    CHECK_EQ(px_store_backup_begin(p->store, "other/pollux.db", &err), PX_BUSY);
    CHECK_OK(px_store_backup_keep(p->store, &err), &err);
    CHECK(px_fakedisk_bytes(p->disk, "copy/pollux.db.part").ptr == NULL);

    CHECK_EQ(match_copy(p, "copy"), 0);
    px_fakedisk_crash(p->disk); /* the copy is durable */
    player_close(p);
    px_fakedisk_restart(p->disk);
    CHECK_EQ(match_copy(p, "copy"), 0);
    CHECK(player_open(p));
    CHECK_EQ(px_store_backup_begin(p->store, "copy/pollux.db", &err), PX_CONFLICT);
    player_free(p);
}

PX_TEST(a_backup_that_is_given_up_leaves_nothing)
{
    player *p = filled(2, 30);
    px_err err = { 0 };
    bool done = false;

    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    CHECK_OK(px_store_backup_step(p->store, 2, &done, &err), &err);
    CHECK(!done);
    px_store_backup_end(p->store);
    CHECK_OK(player_commit(p), &p->err); /* between its end and its drop */
    px_store_backup_drop(p->store);
    CHECK(px_fakedisk_bytes(p->disk, "copy/pollux.db").ptr == NULL);
    CHECK(px_fakedisk_bytes(p->disk, "copy/pollux.db.part").ptr == NULL);
    CHECK_OK(player_commit(p), &p->err);
    player_free(p);
}

/* `bytes` beside those that a backup must leave. */
static void leave_room(player *p, int64_t bytes)
{
    px_fakedisk_capacity(p->disk, px_fakedisk_used(p->disk) + PX_BACKUP_FREE_BYTES_MIN + bytes);
}

PX_TEST(a_backup_without_space_fails_alone)
{
    player *p = filled(3, 40);
    px_status status = PX_OK;
    px_err err = { 0 };
    bool done = false;

    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    CHECK_OK(px_store_backup_step(p->store, 5, &done, &err), &err);
    leave_room(p, -1);
    while (!done && status == PX_OK)
        status = px_store_backup_step(p->store, 5, &done, &err);
    CHECK_EQ(status, PX_FULL);
    CHECK_STR(err.id, "backup.full");
    px_store_backup_drop(p->store);
    CHECK(px_fakedisk_bytes(p->disk, "copy/pollux.db.part").ptr == NULL);
    px_fakedisk_capacity(p->disk, INT64_MAX);
    CHECK_OK(player_commit(p), &p->err);
    CHECK_EQ(model_match(p->store, &p->acked, NULL), 0);
    player_free(p);
}

PX_TEST(a_write_of_the_copy_that_finds_no_space_fails_it_alone)
{
    player *p = filled(4, 40);
    px_status status = PX_OK;
    px_err err = { 0 };
    bool done = false;

    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    px_fakedisk_fail(p->disk, PX_FAKE_WRITE, 3, PX_FULL, false);
    while (!done && status == PX_OK)
        status = px_store_backup_step(p->store, 5, &done, &err);
    CHECK_EQ(status, PX_FULL);
    CHECK(px_fakedisk_failed(p->disk));
    px_store_backup_drop(p->store);
    CHECK_OK(player_commit(p), &p->err);
    CHECK_EQ(model_match(p->store, &p->acked, NULL), 0);
    player_free(p);
}

PX_TEST(a_backup_that_cannot_fit_does_not_begin)
{
    player *p = filled(5, 40);
    px_store_stats stats;
    px_err err = { 0 };

    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    px_store_backup_drop(p->store);
    px_store_stats_get(p->store, &stats);
    leave_room(p, (int64_t)stats.backup_pages * 4096 - 1);
    CHECK_EQ(px_store_backup_begin(p->store, "copy/pollux.db", &err), PX_FULL);
    leave_room(p, (int64_t)stats.backup_pages * 4096);
    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    px_store_backup_drop(p->store);
    player_free(p);
}

static px_status back_up(player *p, const char *path, px_err *err)
{
    bool done = false;
    px_status status = px_store_backup_begin(p->store, path, err);

    while (status == PX_OK && !done)
        status = px_store_backup_step(p->store, 10, &done, err);
    px_store_backup_end(p->store);
    if (status == PX_OK)
        return px_store_backup_keep(p->store, err);
    px_store_backup_drop(p->store);
    return status;
}

PX_TEST(any_request_for_memory_of_a_backup_may_fail_and_the_store_goes_on)
{
    player *p = filled(8, 30);
    px_status status = PX_NO_MEMORY;
    px_err err = { 0 };

    for (uint64_t n = 1; status != PX_OK; n++) {
        CHECK(n < 2000);
        px_mem_fail_nth(n);
        status = back_up(p, "copy/pollux.db", &err);
        px_mem_fail_nth(0);
        CHECK(status == PX_OK || px_fakedisk_bytes(p->disk, "copy/pollux.db").ptr == NULL);
        if (status != PX_OK && n % 10 == 0)
            CHECK_OK(player_commit(p), &p->err);
    }
    CHECK_EQ(match_copy(p, "copy"), 0);
    CHECK_OK(player_commit(p), &p->err);
    player_free(p);
}

/* The power goes at each operation of the backup's end in turn. */
PX_TEST(whatever_bears_the_name_after_a_power_cut_is_whole)
{
    bool kept = false;

    for (uint64_t at = 0; !kept; at++) {
        player *p = filled(6, 30);
        px_err err = { 0 };
        bool done = false;

        CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
        while (!done)
            CHECK_OK(px_store_backup_step(p->store, 10, &done, &err), &err);
        px_store_backup_end(p->store);
        px_fakedisk_crash_at(p->disk, px_fakedisk_ops(p->disk) + at);
        kept = px_store_backup_keep(p->store, &err) == PX_OK;
        px_fakedisk_crash(p->disk);
        player_close(p);
        px_fakedisk_restart(p->disk);
        if (kept || px_fakedisk_bytes(p->disk, "copy/pollux.db").ptr)
            CHECK_EQ(match_copy(p, "copy"), 0);
        player_free(p);
        CHECK(at < 100);
    }
}

PX_TEST(a_part_that_a_crash_left_is_no_hindrance)
{
    player *p = filled(7, 30);
    px_err err = { 0 };
    bool done = false;

    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    CHECK_OK(px_store_backup_step(p->store, 2, &done, &err), &err);
    px_fakedisk_crash_is_kill(p->disk, true);
    px_fakedisk_crash(p->disk);
    player_close(p);
    px_fakedisk_restart(p->disk);
    CHECK(px_fakedisk_bytes(p->disk, "copy/pollux.db").ptr == NULL);
    CHECK(player_open(p));
    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    for (done = false; !done;)
        CHECK_OK(px_store_backup_step(p->store, 10, &done, &err), &err);
    px_store_backup_end(p->store);
    CHECK_OK(px_store_backup_keep(p->store, &err), &err);
    CHECK_EQ(match_copy(p, "copy"), 0);
    player_free(p);
}

PX_TEST_MAIN()
