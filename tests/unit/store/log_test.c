/* SPDX-License-Identifier: Apache-2.0 */
/* The write-ahead log stays bounded: with a thread and without, with readers in the way. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "kit.h"

enum { LIMIT = 64 * 1024, HARD = PX_WAL_BYTES_HARD_FACTOR * LIMIT, COMMIT_MAX = 32 * 4120 };

static int64_t wal_file_bytes(px_store *store)
{
    px_store_stats stats;

    px_store_stats_get(store, &stats);
    return stats.wal_file_bytes;
}

PX_TEST(with_a_checkpoint_step_after_each_commit_the_log_begins_again_at_its_limit)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_store_stats stats;
    px_err err = { 0 };

    for (uint64_t seq = 1; seq <= 500; seq++) {
        CHECK_OK(kit_commit_row(store, seq, &err), &err);
        CHECK_OK(px_store_checkpoint_step(store, &err), &err);
    }
    CHECK(wal_file_bytes(store) <= LIMIT + COMMIT_MAX);
    px_store_stats_get(store, &stats);
    CHECK(stats.checkpoints > 5);
    CHECK_EQ(stats.checkpoint_waits, 0);
    px_store_close(store);
    px_fakedisk_free(disk);
}

PX_TEST(without_any_step_commits_do_it_themselves_at_the_hard_limit)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_store_stats stats;
    px_err err = { 0 };

    for (uint64_t seq = 1; seq <= 500; seq++)
        CHECK_OK(kit_commit_row(store, seq, &err), &err);
    CHECK(wal_file_bytes(store) <= HARD + COMMIT_MAX);
    px_store_stats_get(store, &stats);
    CHECK(stats.checkpoint_waits > 0);
    px_store_close(store);
    px_fakedisk_free(disk);
}

typedef struct nested {
    px_store *store;
    uint64_t seq;
} nested;

static px_status commit_inside(void *data, const px_row *row, px_err *ret_err)
{
    nested *n = data;

    (void)row;
    CHECK_OK(kit_commit_row(n->store, n->seq++, ret_err), ret_err);
    return n->seq > 300 ? PX_INTERRUPTED : PX_OK;
}

PX_TEST(after_a_long_reader_the_log_begins_again)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_journal *journal = NULL;
    px_store_stats stats;
    px_err err = { 0 };
    nested n = { store, 101 };

    for (uint64_t seq = 1; seq <= 100; seq++)
        CHECK_OK(kit_commit_row(store, seq, &err), &err);
    CHECK_OK(px_journal_open(store, &journal, &err), &err);
    (void)!px_journal_read(journal, 0, 1, commit_inside, &n, &err);
    for (uint64_t seq = n.seq; seq < n.seq + 200; seq++) {
        CHECK_OK(kit_commit_row(store, seq, &err), &err);
        CHECK_OK(px_store_checkpoint_step(store, &err), &err);
        px_fakedisk_advance(disk, 10 * PX_MILLISECOND);
    }
    px_store_stats_get(store, &stats);
    CHECK(stats.wal_bytes <= LIMIT + 2 * COMMIT_MAX);
    px_journal_close(journal);
    px_store_close(store);
    px_fakedisk_free(disk);
}

/* --- the real thing: a thread that moves, threads that read ------------------------------------
 */

typedef struct crowd {
    px_store *store;
    _Atomic bool stop;
    _Atomic uint64_t rows;
    _Atomic int failed;
} crowd;

static px_status count_fold(void *data, const px_fold *fold, px_err *ret_err)
{
    (void)fold, (void)ret_err;
    ((crowd *)data)->rows++;
    return PX_OK;
}

static px_status count_row(void *data, const px_row *row, px_err *ret_err)
{
    (void)row, (void)ret_err;
    ((crowd *)data)->rows++;
    return PX_OK;
}

static void *scan_on(void *data)
{
    crowd *c = data;
    px_store_reader *reader = NULL;
    px_err err = { 0 };

    if (px_store_reader_open(c->store, &reader, &err) != PX_OK)
        c->failed++;
    while (!c->stop && !c->failed)
        if (px_store_scan(reader, PX_TABLE_STATE, PX_KEY_MIN, PX_KEY_MAX, count_fold, c, &err) !=
            PX_OK)
            c->failed++;
    if (c->failed)
        fprintf(stderr, "%s\n", err.text);
    px_store_reader_close(reader);
    return NULL;
}

static void *read_on(void *data)
{
    crowd *c = data;
    px_journal *journal = NULL;
    px_err err = { 0 };

    if (px_journal_open(c->store, &journal, &err) != PX_OK)
        c->failed++;
    while (!c->stop && !c->failed)
        if (px_journal_read(journal, 0, 0, count_row, c, &err) != PX_OK)
            c->failed++;
    if (c->failed)
        fprintf(stderr, "%s\n", err.text);
    px_journal_close(journal);
    return NULL;
}

static void commit_many(px_store *store, uint64_t count, char *body)
{
    px_err err = { 0 };

    for (uint64_t seq = 1; seq <= count; seq++) {
        px_op ops[20];
        px_effect effect = { "twins", ops, 20 };
        px_row row = { .seq_first = seq,
                       .seq_last = seq,
                       .epoch = 1,
                       .time = (px_time)seq,
                       .format = 1,
                       .body = px_str_of(body, 8000) };
        px_commit commit = { .row = &row, .effects = &effect, .effect_count = 1 };

        for (int64_t i = 0; i < 20; i++)
            ops[i] = kit_put(PX_TABLE_STATE, (px_key){ 1, 1, (int64_t)(seq * 37) % 5000 + i }, seq,
                             px_str_of(body, 100));
        CHECK_OK(px_store_commit(store, &commit, &err), &err);
    }
}

PX_TEST(under_load_with_readers_the_log_stays_bounded_and_all_is_there)
{
    const int64_t limit = 1024 * 1024;
    char dir[64], body[8000];
    px_store *store = NULL;
    px_store_stats stats;
    crowd c = { .stop = false };
    pthread_t threads[3];
    px_gen gen = { 1 };
    px_err err = { 0 };

    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (char)px_gen_u64(&gen);
    kit_make_dir(dir);
    const px_store_opts opts = { .dir = dir, .wal_bytes_max = limit, .reserve_bytes = -1 };
    CHECK_OK(px_store_open(&opts, &store, &err), &err);
    c.store = store;
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, i == 0 ? read_on : scan_on, &c), 0);
    commit_many(store, 1500, body);
    c.stop = true;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(c.failed, 0);
    CHECK(c.rows > 0);
    px_store_stats_get(store, &stats);
    fprintf(stderr, "%llu rows read, log %lld KiB, %llu restarts, %llu waits\n",
            (unsigned long long)c.rows, (long long)stats.wal_file_bytes / 1024,
            (unsigned long long)stats.checkpoints, (unsigned long long)stats.checkpoint_waits);
    CHECK(stats.checkpoints >= 3);
    CHECK(stats.wal_file_bytes <= (PX_WAL_BYTES_HARD_FACTOR + 2) * limit);
    px_store_close(store);

    CHECK_OK(px_store_open(&opts, &store, &err), &err);
    uint64_t rows = 0;
    CHECK_OK(kit_read_all(store, &rows, &err), &err);
    CHECK(rows > 1500);
    px_store_close(store);
    kit_remove_dir(dir);
}

PX_TEST(a_second_process_is_refused_on_the_machines_own_disk)
{
    char dir[64];
    px_store *store = NULL, *second = NULL;
    px_err err = { 0 };

    kit_make_dir(dir);
    const px_store_opts opts = { .dir = dir };
    CHECK_OK(px_store_open(&opts, &store, &err), &err);
    CHECK_EQ(px_store_open(&opts, &second, &err), PX_BUSY);
    px_store_close(store);
    kit_remove_dir(dir);
}

/* --- the log's room --------------------------------------------------------------------------- */

enum { ROOM = 80 * 1024 };

static px_store *open_with_room(px_fakedisk *disk)
{
    px_store *store = NULL;
    px_err err = { 0 };

    CHECK_OK(kit_open_with_room(disk, ROOM, &store, &err), &err);
    return store;
}

static size_t log_length(px_fakedisk *disk)
{
    return px_fakedisk_bytes(disk, "d/pollux.db-wal").len;
}

PX_TEST(the_log_has_its_room_before_the_first_commit_and_after_a_kill)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = open_with_room(disk);
    px_store_stats stats;
    px_err err = { 0 };
    uint64_t rows = 0;

    for (int round = 0; round < 3; round++) {
        CHECK_EQ(log_length(disk), ROOM);
        CHECK_EQ(wal_file_bytes(store), ROOM);
        px_store_stats_get(store, &stats);
        CHECK(stats.wal_bytes < ROOM); /* what is in use, not the room */
        CHECK_OK(kit_commit_row(store, (uint64_t)round + 1, &err), &err);
        CHECK_EQ(log_length(disk), ROOM);
        px_fakedisk_crash_is_kill(disk, true);
        px_fakedisk_crash(disk);
        px_store_close(store);
        px_fakedisk_restart(disk);
        store = open_with_room(disk);
    }
    CHECK_OK(kit_read_all(store, &rows, &err), &err);
    CHECK_EQ(rows, 3 + 1); /* and the one of the schema */
    px_store_close(store);
    px_fakedisk_free(disk);
}

PX_TEST(a_disk_with_little_room_keeps_it)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store;
    px_err err = { 0 };

    px_fakedisk_capacity(disk, PX_WAL_ROOM_SHARE * ROOM);
    store = open_with_room(disk);
    CHECK(log_length(disk) < ROOM);
    CHECK_OK(kit_commit_row(store, 1, &err), &err);
    px_store_close(store);

    px_fakedisk_capacity(disk, (PX_WAL_ROOM_SHARE + 1) * ROOM + px_fakedisk_used(disk));
    store = open_with_room(disk);
    CHECK_EQ(log_length(disk), ROOM);
    px_store_close(store);
    px_fakedisk_free(disk);
}

PX_TEST_MAIN()
