/* SPDX-License-Identifier: Apache-2.0 */
/* Bad days: the n-th write, sync, read or allocation fails; the disk is full. */
#include <stdio.h>

#include "base/mem.h"
#include "player.h"

enum {
    COMMITS = 8,
    NTH_MAX = 20000,
    LOOSE_SEED = 9, /* of content whose next commit has several frames */
    ROOM = 512 * 1024,
};

/* A store with some content, closed cleanly. */
static player *filled(uint64_t seed)
{
    player *p = player_new(seed);

    CHECK(player_open(p));
    for (int i = 0; i < COMMITS; i++)
        CHECK_OK(player_commit(p), &p->err);
    return p;
}

static void reopen(player *p)
{
    player_close(p);
    px_fakedisk_restart(p->disk);
    CHECK(player_open(p));
    for (int i = 0; i < 2; i++)
        CHECK_OK(player_commit(p), &p->err);
}

/* Fails one call, commits until it is met, and looks: the failed commit says so, none after it is
 * taken, and a restart finds what was acknowledged. False when the calls ended before the n-th. */
static bool fail_once(px_fake_call call, uint64_t nth, bool power_cut)
{
    player *p = filled(nth);
    px_status status = PX_OK;
    bool met;

    px_fakedisk_fail(p->disk, call, nth, PX_IO, false);
    for (int i = 0; i < COMMITS && status == PX_OK; i++)
        status = player_commit(p);
    met = px_fakedisk_failed(p->disk);
    if (met) {
        px_err err = { 0 };

        CHECK_EQ(status, PX_IO);
        CHECK(err.status == PX_OK && strlen(p->err.text) > 10);
        CHECK_EQ(kit_commit_row(p->store, 1, &err), PX_IO); /* final, whatever is asked */
        CHECK_STR(err.text, p->err.text);
        if (power_cut)
            px_fakedisk_crash(p->disk);
    }
    reopen(p);
    player_free(p);
    return met;
}

PX_TEST(a_failed_write_is_final_and_a_restart_replays)
{
    uint64_t nth;

    nth = 1;
    while (nth < NTH_MAX && fail_once(PX_FAKE_WRITE, nth, false))
        nth++;
    CHECK(nth > 3);
}

PX_TEST(a_failed_sync_is_final_and_nothing_is_acknowledged_after_it)
{
    uint64_t nth;

    nth = 1;
    while (nth < NTH_MAX && fail_once(PX_FAKE_SYNC, nth, false))
        nth++;
    CHECK(nth > 3);
    nth = 1;
    while (nth < NTH_MAX && fail_once(PX_FAKE_SYNC, nth, true))
        nth++;
    CHECK(nth > 3);
}

PX_TEST(a_failed_sync_says_what_happened)
{
    player *p = filled(1);

    px_fakedisk_fail(p->disk, PX_FAKE_SYNC, 1, PX_IO, true);
    CHECK_EQ(player_commit(p), PX_IO);
    CHECK(strstr(p->err.text, "a sync failed, so nothing after it can be trusted") != NULL);
    reopen(p);
    player_free(p);
}

/* --- opening and reading ---------------------------------------------------------------------- */

/* Killed when half a commit was in the log: a start cuts it off. */
static void kill_loose(player *p)
{
    px_fakedisk_fail(p->disk, PX_FAKE_WRITE, 1, PX_FULL, false);
    CHECK_EQ(player_commit(p), PX_FULL);
    px_fakedisk_crash_is_kill(p->disk, true);
    px_fakedisk_crash(p->disk);
}

static bool fail_open(px_fake_call call, uint64_t nth)
{
    player *p = filled(LOOSE_SEED);
    px_err err = { 0 };
    px_status status;
    bool met;

    kill_loose(p);
    player_close(p);
    px_fakedisk_restart(p->disk);
    px_fakedisk_fail(p->disk, call, nth, PX_IO, false);
    status = kit_open_with_room(p->disk, ROOM, &p->store, &err);
    met = px_fakedisk_failed(p->disk);
    if (met && status != PX_OK) {
        CHECK_EQ(status, PX_IO);
        CHECK(strlen(err.text) > 10);
        p->store = NULL;
    }
    reopen(p);
    player_free(p);
    return met;
}

PX_TEST(an_opening_that_fails_anywhere_harms_nothing)
{
    uint64_t nth;

    nth = 1;
    while (nth < NTH_MAX && fail_open(PX_FAKE_READ, nth))
        nth++;
    CHECK(nth > 3);
    nth = 1;
    while (nth < NTH_MAX && fail_open(PX_FAKE_WRITE, nth))
        nth++;
    CHECK(nth > 3);
    nth = 1;
    while (nth < NTH_MAX && fail_open(PX_FAKE_SYNC, nth))
        nth++;
    CHECK(nth > 2);
}

/* --- memory ----------------------------------------------------------------------------------- */

static bool starve_open(uint64_t nth)
{
    player *p = filled(1);
    px_err err = { 0 };
    px_status status;

    player_close(p);
    px_mem_fail_nth(nth);
    status = kit_open(p->disk, &p->store, &err);
    bool met = px_mem_requests() >= nth;
    px_mem_fail_nth(0);
    if (status != PX_OK) {
        CHECK_EQ(status, PX_NO_MEMORY);
        p->store = NULL;
    }
    reopen(p);
    player_free(p);
    return met;
}

PX_TEST(an_opening_survives_any_failed_allocation)
{
    uint64_t nth;

    nth = 1;
    while (nth < NTH_MAX && starve_open(nth))
        nth += 1 + nth / 50;
    CHECK(nth > 100);
}

static bool starve_commit(uint64_t nth)
{
    player *p = filled(3);
    px_status status = PX_OK;

    px_mem_fail_nth(nth);
    for (int i = 0; i < 4 && status == PX_OK; i++)
        status = player_commit(p);
    bool met = px_mem_requests() >= nth;
    px_mem_fail_nth(0);
    CHECK(status == PX_OK || status == PX_NO_MEMORY);
    reopen(p);
    player_free(p);
    return met;
}

PX_TEST(a_commit_survives_any_failed_allocation)
{
    uint64_t nth;

    nth = 1;
    while (nth < NTH_MAX && starve_commit(nth))
        nth++;
    CHECK(nth > 3);
}

static bool starve_read(player *p, uint64_t nth)
{
    uint64_t rows = 0;
    px_err err = { 0 };

    px_mem_fail_nth(nth);
    px_status status = kit_read_all(p->store, &rows, &err);
    bool met = px_mem_requests() >= nth;
    px_mem_fail_nth(0);
    CHECK(status == PX_OK || status == PX_NO_MEMORY);
    return met;
}

PX_TEST(reading_survives_any_failed_allocation_and_the_store_goes_on)
{
    player *p = filled(5);
    uint64_t nth;

    nth = 1;
    while (nth < NTH_MAX && starve_read(p, nth))
        nth++;
    CHECK(nth > 3);
    CHECK_OK(player_commit(p), &p->err);
    reopen(p);
    player_free(p);
}

/* --- a full disk ------------------------------------------------------------------------------ */

/* Commits until the disk is full; then reads go on, and with space again writes do, by themselves.
 */
static int fill_up(uint64_t seed)
{
    player *p = filled(seed);
    px_status status = PX_OK;
    px_store_stats stats;
    int refused = 0;

    px_fakedisk_capacity(p->disk,
                         px_fakedisk_used(p->disk) + (int64_t)px_gen_below(&p->gen, 100000));
    for (int i = 0; i < 60 && refused < 3; i++) {
        status = player_commit(p);
        CHECK(status == PX_OK || status == PX_FULL);
        refused += status == PX_FULL;
        CHECK_EQ(model_match(p->store, &p->acked, NULL), 0);
    }
    px_store_stats_get(p->store, &stats);
    CHECK(!stats.dead);
    CHECK_EQ(stats.commits_full, refused);

    px_fakedisk_capacity(p->disk, INT64_MAX);
    for (int i = 0; i < 3; i++)
        CHECK_OK(player_commit(p), &p->err);
    px_store_stats_get(p->store, &stats);
    CHECK(!stats.full);
    px_fakedisk_crash(p->disk);
    reopen(p);
    player_free(p);
    return refused;
}

PX_TEST(a_full_disk_refuses_writes_and_with_space_they_come_back_by_themselves)
{
    int refused = 0;

    for (uint64_t seed = 1; seed <= 40; seed++)
        refused += fill_up(seed);
    CHECK(refused > 40);
}

static bool full_once(uint64_t nth)
{
    player *p = filled(nth);
    px_status status = PX_OK;
    bool met;

    px_fakedisk_fail(p->disk, PX_FAKE_WRITE, nth, PX_FULL, false);
    for (int i = 0; i < COMMITS; i++) {
        status = player_commit(p);
        CHECK(status == PX_OK || status == PX_FULL);
    }
    met = px_fakedisk_failed(p->disk);
    CHECK_EQ(model_match(p->store, &p->acked, NULL), 0);
    px_fakedisk_crash(p->disk);
    reopen(p);
    player_free(p);
    return met;
}

PX_TEST(no_space_at_any_single_write_loses_nothing_and_leaves_the_store_usable)
{
    uint64_t nth;

    nth = 1;
    while (nth < NTH_MAX && full_once(nth))
        nth++;
    CHECK(nth > 3);
}

/* Where the log ended with a whole commit, what is left of its file may still take some. */
static void start_on_a_full_disk(player *p, int commits_most)
{
    px_status status = PX_OK;

    player_close(p);
    px_fakedisk_restart(p->disk);
    px_fakedisk_capacity(p->disk, 0);
    CHECK(player_open(p));
    for (int i = 0; i <= commits_most && status == PX_OK; i++)
        status = player_commit(p);
    CHECK_EQ(status, PX_FULL);
    px_fakedisk_capacity(p->disk, INT64_MAX);
    CHECK_OK(player_commit(p), &p->err);
    reopen(p);
    player_free(p);
}

PX_TEST(a_start_on_a_full_disk_serves_reads)
{
    player *p = filled(9);

    px_fakedisk_crash(p->disk);
    start_on_a_full_disk(p, COMMITS);
}

PX_TEST(a_start_on_a_full_disk_with_half_a_commit_in_the_log_serves_reads)
{
    player *p = filled(LOOSE_SEED);

    kill_loose(p);
    start_on_a_full_disk(p, 0);
}

PX_TEST_MAIN()
