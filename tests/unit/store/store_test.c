/* SPDX-License-Identifier: Apache-2.0 */
/* What a store promises on a good day. */
#include <stdio.h>

#include "kit.h"
#include "store/sql.h"

static px_str get(px_store *store, px_table table, px_key key, px_buf *body, uint64_t *seq)
{
    px_store_reader *reader = NULL;
    px_err err = { 0 };

    CHECK_OK(px_store_reader_open(store, &reader, &err), &err);
    px_status status = px_store_get(reader, table, key, body, seq, &err);
    px_store_reader_close(reader);
    if (status == PX_NOT_FOUND)
        return px_str_of(NULL, 0);
    CHECK_OK(status, &err);
    return px_buf_str(body);
}

PX_TEST(a_row_and_its_effects_come_back_after_a_restart)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_buf body = { 0 };
    px_err err = { 0 };
    uint64_t seq = 0, rows = 0;
    px_op op = kit_put(PX_TABLE_STATE, (px_key){ 1, -2, 3 }, 7, PX_STR("pump"));
    px_effect effect = { "twins", &op, 1 };
    char text[64];
    px_row row = kit_row(1, 7, text);
    px_commit commit = { .row = &row, .effects = &effect, .effect_count = 1 };

    CHECK_OK(px_store_commit(store, &commit, &err), &err);
    CHECK_SLICE(get(store, PX_TABLE_STATE, (px_key){ 1, -2, 3 }, &body, &seq), "pump");
    px_store_close(store);

    store = kit_must_open(disk);
    CHECK_SLICE(get(store, PX_TABLE_STATE, (px_key){ 1, -2, 3 }, &body, &seq), "pump");
    CHECK_EQ(seq, 7);
    CHECK_OK(kit_read_all(store, &rows, &err), &err);
    CHECK_EQ(rows, 3); /* one row, one state row, the schema's number */
    CHECK_OK(kit_commit_row(store, 8, &err), &err);
    px_store_close(store);
    px_buf_release(&body);
    px_fakedisk_free(disk);
}

PX_TEST(a_commit_is_one_sync_and_a_commit_of_nothing_none)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_store_stats before, after;
    px_commit nothing = { 0 };
    px_err err = { 0 };

    CHECK_OK(kit_commit_row(store, 1, &err), &err); /* starts the log: one sync more */
    px_store_stats_get(store, &before);
    for (uint64_t seq = 2; seq <= 6; seq++)
        CHECK_OK(kit_commit_row(store, seq, &err), &err);
    px_store_stats_get(store, &after);
    CHECK_EQ(after.syncs - before.syncs, 5);
    CHECK_OK(px_store_commit(store, &nothing, &err), &err);
    px_store_stats_get(store, &before);
    CHECK_EQ(before.syncs, after.syncs);
    CHECK_EQ(before.commits, 6);
    px_store_close(store);
    px_fakedisk_free(disk);
}

PX_TEST(what_commits_waited_for_is_counted_by_how_long_it_was)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_store_stats before, after;
    px_err err = { 0 };

    CHECK_OK(kit_commit_row(store, 1, &err), &err);
    px_store_stats_get(store, &before);
    px_fakedisk_sync_ns(disk, px_sync_bound_ns(1)); /* not longer than it */
    CHECK_OK(kit_commit_row(store, 2, &err), &err);
    px_fakedisk_sync_ns(disk, px_sync_bound_ns(1) + 1);
    CHECK_OK(kit_commit_row(store, 3, &err), &err);
    px_fakedisk_sync_ns(disk, px_sync_bound_ns(PX_SYNC_BOUNDS - 1) + 1);
    CHECK_OK(kit_commit_row(store, 4, &err), &err);
    px_store_stats_get(store, &after);
    for (int i = 0; i < PX_SYNC_BOUNDS; i++)
        CHECK_EQ(after.log_syncs_over[i] - before.log_syncs_over[i], i == 0 ? 3 : i == 1 ? 2 : 1);
    CHECK_EQ(after.log_sync_ns - before.log_sync_ns,
             2 * px_sync_bound_ns(1) + 2 + px_sync_bound_ns(PX_SYNC_BOUNDS - 1));
    px_store_close(store);
    px_fakedisk_free(disk);
}

PX_TEST(a_row_that_would_leave_a_hole_or_turn_time_back_is_refused_and_harms_nothing)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_err err = { 0 };
    char text[64];
    px_row early = kit_row(2, 2, text);
    px_commit commit = { .row = &early };

    CHECK_OK(kit_commit_row(store, 1, &err), &err);
    CHECK_EQ(kit_commit_row(store, 3, &err), PX_INVALID);
    CHECK_STR(err.text, "a row at position 3 would leave a hole after 1");
    CHECK_EQ(kit_commit_row(store, 1, &err), PX_INVALID);
    early.time = 0;
    CHECK_EQ(px_store_commit(store, &commit, &err), PX_INVALID);
    CHECK_OK(kit_commit_row(store, 2, &err), &err);
    px_store_close(store);
    px_fakedisk_free(disk);
}

PX_TEST(a_bad_op_takes_the_whole_commit_back)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_buf body = { 0 };
    px_err err = { 0 };
    px_op ops[2] = { kit_put(PX_TABLE_STATE, (px_key){ 1, 1, 1 }, 1, PX_STR("x")),
                     kit_put(PX_TABLE_META, (px_key){ 1, 0, 0 }, 1, PX_STR("mine")) };

    CHECK_EQ(kit_commit_ops(store, ops, 2, &err), PX_INVALID);
    CHECK(get(store, PX_TABLE_STATE, (px_key){ 1, 1, 1 }, &body, NULL).ptr == NULL);
    CHECK_OK(kit_commit_ops(store, ops, 1, &err), &err);
    CHECK_SLICE(get(store, PX_TABLE_STATE, (px_key){ 1, 1, 1 }, &body, NULL), "x");
    px_store_close(store);
    px_buf_release(&body);
    px_fakedisk_free(disk);
}

typedef struct keys {
    px_key keys[64];
    size_t count;
} keys;

static px_status note_key(void *data, const px_fold *fold, px_err *ret_err)
{
    keys *k = data;

    (void)ret_err;
    k->keys[k->count++] = fold->key;
    return PX_OK;
}

static keys scan(px_store *store, px_table table, px_key from, px_key to)
{
    px_store_reader *reader = NULL;
    px_err err = { 0 };
    keys k = { .count = 0 };

    CHECK_OK(px_store_reader_open(store, &reader, &err), &err);
    CHECK_OK(px_store_scan(reader, table, from, to, note_key, &k, &err), &err);
    px_store_reader_close(reader);
    return k;
}

PX_TEST(a_scan_gives_the_keys_in_signed_order_and_ranges_are_half_open)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    const px_key sorted[] = { { INT64_MIN, 0, 0 }, { -1, INT64_MAX, 9 },
                              { 0, -5, 0 },        { 0, 0, -1 },
                              { 0, 0, 0 },         { 7, 7, INT64_MAX },
                              { 7, 8, INT64_MIN }, { INT64_MAX, 0, INT64_MAX } };
    px_op ops[8];
    px_err err = { 0 };

    for (size_t i = 0; i < 8; i++)
        ops[i] = kit_put(PX_TABLE_BLOCK, sorted[(i * 5) % 8], 1, PX_STR(""));
    CHECK_OK(kit_commit_ops(store, ops, 8, &err), &err);
    keys all = scan(store, PX_TABLE_BLOCK, PX_KEY_MIN, PX_KEY_MAX);
    CHECK_EQ(all.count, 8);
    for (size_t i = 0; i < 8; i++)
        CHECK_EQ(px_key_cmp(all.keys[i], sorted[i]), 0);
    CHECK_EQ(scan(store, PX_TABLE_BLOCK, sorted[2], sorted[5]).count, 3);
    CHECK_EQ(scan(store, PX_TABLE_STATE, PX_KEY_MIN, PX_KEY_MAX).count, 0);

    px_op range = {
        .kind = PX_OP_DELETE_RANGE, .table = PX_TABLE_BLOCK, .key = sorted[1], .key_to = sorted[4]
    };
    CHECK_OK(kit_commit_ops(store, &range, 1, &err), &err);
    CHECK_EQ(scan(store, PX_TABLE_BLOCK, PX_KEY_MIN, PX_KEY_MAX).count, 5);
    px_store_close(store);
    px_fakedisk_free(disk);
}

/* --- slices ----------------------------------------------------------------------------------- */

typedef struct feed {
    px_fakedisk *disk;
    int64_t ns_each, next, end;
} feed;

static bool next_put(void *data, uint32_t rows_before, px_op *ret_op)
{
    feed *f = data;

    (void)rows_before;
    if (f->next == f->end)
        return false;
    px_fakedisk_advance(f->disk, f->ns_each);
    *ret_op = kit_put(PX_TABLE_STATE, (px_key){ 1, 1, f->next++ }, 1, PX_STR("v"));
    return true;
}

PX_TEST(slices_stop_at_their_rows_at_their_time_and_together_at_two_milliseconds)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_err err = { 0 };
    feed rows = { disk, 0, 0, 1000 }, slow = { disk, 100000, 1000, 2000 };
    feed hog = { disk, 700000, 3000, 4000 }, last = { disk, 700000, 5000, 6000 };
    px_slice slices[4] = {
        { .name = "rows", .next = next_put, .data = &rows, .rows_max = 10, .us_max = 2000 },
        { .name = "slow", .next = next_put, .data = &slow, .rows_max = 1000, .us_max = 500 },
        { .name = "hog", .next = next_put, .data = &hog, .rows_max = 1000, .us_max = 5000 },
        { .name = "last", .next = next_put, .data = &last, .rows_max = 1000, .us_max = 5000 },
    };
    px_commit commit = { .slices = slices, .slice_count = 4 };

    CHECK_OK(px_store_commit(store, &commit, &err), &err);
    CHECK_EQ(slices[0].rows_done, 10);
    CHECK(slices[0].late);
    CHECK_EQ(slices[1].rows_done, 5);
    CHECK_EQ(slices[1].us_done, 500);
    CHECK_EQ(slices[2].rows_done, 3); /* 0.5 + 3 x 0.7 ms: past 2 ms */
    CHECK_EQ(slices[3].rows_done, 0);
    CHECK(slices[3].late);
    CHECK_EQ(scan(store, PX_TABLE_STATE, PX_KEY_MIN, PX_KEY_MAX).count, 18);

    rows.end = rows.next + 3;
    commit.slice_count = 1;
    CHECK_OK(px_store_commit(store, &commit, &err), &err);
    CHECK_EQ(slices[0].rows_done, 3);
    CHECK(!slices[0].late);
    px_store_close(store);
    px_fakedisk_free(disk);
}

PX_TEST(no_slice_starves_behind_a_greedy_one)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_err err = { 0 };
    feed a = { disk, 3000000, 0, 10 }, b = { disk, 3000000, 100, 110 };
    px_slice slices[2] = {
        { .name = "a", .next = next_put, .data = &a, .rows_max = 9, .us_max = 2000 },
        { .name = "b", .next = next_put, .data = &b, .rows_max = 9, .us_max = 2000 },
    };
    px_commit commit = { .slices = slices, .slice_count = 2 };

    for (int i = 0; i < 6; i++)
        CHECK_OK(px_store_commit(store, &commit, &err), &err);
    CHECK_EQ(a.next, 3);
    CHECK_EQ(b.next, 103);
    px_store_close(store);
    px_fakedisk_free(disk);
}

typedef struct trimmer {
    int64_t keep;
    uint32_t limit;
    int asked;
} trimmer;

static bool next_trim(void *data, uint32_t rows_before, px_op *ret_op)
{
    trimmer *t = data;

    if (t->asked++ > 0 && rows_before == 0)
        return false;
    *ret_op = (px_op){ .kind = PX_OP_TRIM_JOURNAL, .key = { 0, t->keep, 0 }, .limit = t->limit };
    return true;
}

PX_TEST(trimming_takes_the_oldest_rows_and_leaves_the_newest)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_err err = { 0 };
    px_journal *journal = NULL;
    px_journal_bounds bounds;
    trimmer t = { 60, 7, 0 };
    px_slice slice = {
        .name = "trim", .next = next_trim, .data = &t, .rows_max = 20, .us_max = 2000
    };
    px_commit commit = { .slices = &slice, .slice_count = 1 };
    uint64_t rows = 0;

    for (uint64_t seq = 1; seq <= 100; seq++)
        CHECK_OK(kit_commit_row(store, seq, &err), &err);
    CHECK_OK(px_store_commit(store, &commit, &err), &err);
    CHECK_EQ(slice.rows_done, 20); /* 7, 7 and what was left of the budget */
    CHECK_OK(px_journal_open(store, &journal, &err), &err);
    CHECK_OK(px_journal_bounds_get(journal, 0, &bounds, &err), &err);
    CHECK_EQ(bounds.seq_first, 21);
    CHECK_EQ(bounds.seq_last, 100);
    int64_t bytes = bounds.bytes;

    t = (trimmer){ 1000, 0, 0 };
    for (int i = 0; i < 6; i++, t.asked = 0)
        CHECK_OK(px_store_commit(store, &commit, &err), &err);
    CHECK_OK(px_journal_bounds_get(journal, 0, &bounds, &err), &err);
    CHECK_EQ(bounds.seq_first, 100);
    CHECK(bounds.bytes < bytes);
    CHECK_EQ(px_journal_read(journal, 0, 99, NULL, NULL, &err), PX_NOT_FOUND);
    CHECK_STR(err.text, "the journal begins at position 100; 99 is trimmed away");
    px_journal_close(journal);
    px_store_close(store);

    store = kit_must_open(disk);
    CHECK_OK(kit_commit_row(store, 101, &err), &err);
    CHECK_OK(kit_read_all(store, &rows, &err), &err);
    CHECK_EQ(rows, 2 + 1);
    px_store_close(store);
    px_fakedisk_free(disk);
}

/* --- the journal ------------------------------------------------------------------------------ */

typedef struct positions {
    uint64_t first[16], count;
} positions;

static px_status note_row(void *data, const px_row *row, px_err *ret_err)
{
    positions *p = data;
    char text[64];
    px_row wanted = kit_row(row->seq_first, row->seq_last, text);

    (void)ret_err;
    CHECK(px_str_eq(row->body, wanted.body));
    CHECK_EQ(row->time, wanted.time);
    CHECK_EQ(row->epoch, 1);
    p->first[p->count++] = row->seq_first;
    return PX_OK;
}

PX_TEST(reading_begins_with_the_row_that_holds_the_position)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_journal *journal = NULL;
    px_err err = { 0 };
    const uint64_t ends[] = { 4, 5, 9, 20 };
    const struct {
        uint64_t from, count, first;
    } cases[] = { { 0, 4, 1 },   { 1, 4, 1 },   { 4, 4, 1 },  { 5, 3, 5 },  { 7, 2, 6 },
                  { 10, 1, 10 }, { 20, 1, 10 }, { 21, 0, 0 }, { 99, 0, 0 }, { UINT64_MAX, 0, 0 } };

    for (size_t i = 0; i < 4; i++) {
        char text[64];
        px_row row = kit_row(i ? ends[i - 1] + 1 : 1, ends[i], text);
        px_commit commit = { .row = &row };

        CHECK_OK(px_store_commit(store, &commit, &err), &err);
    }
    CHECK_OK(px_journal_open(store, &journal, &err), &err);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        positions p = { .count = 0 };

        CHECK_OK(px_journal_read(journal, 0, cases[i].from, note_row, &p, &err), &err);
        CHECK_EQ(p.count, cases[i].count);
        CHECK_EQ(p.first[0], cases[i].first);
    }
    px_journal_close(journal);
    px_store_close(store);
    px_fakedisk_free(disk);
}

PX_TEST(a_second_store_on_the_same_directory_is_refused_with_a_sentence)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk), *second = NULL;
    px_err err = { 0 };

    CHECK_EQ(kit_open(disk, &second, &err), PX_BUSY);
    CHECK(strstr(err.text, "another process has the data directory") != NULL);
    px_store_close(store);
    store = kit_must_open(disk);
    px_store_close(store);
    px_fakedisk_free(disk);
}

/* Writes the schema's row as a release to come would, with a check that holds. */
static void forge_schema(px_fakedisk *disk, const char *body)
{
    px_fold fold = { .table = PX_TABLE_META, .key = { 1, 0, 0 }, .body = px_str_of(body, 4) };
    pxi_vfs *vfs = NULL;
    sqlite3 *db = NULL;
    px_err err = { 0 };
    char sql[128];

    CHECK_OK(pxi_vfs_new(px_fakedisk_env(disk), "d/pollux.db", &vfs, &err), &err);
    CHECK_OK(pxi_sql_open(vfs, "d/pollux.db", PXI_SQL_WRITER, &db, &err), &err);
    snprintf(sql, sizeof(sql), "UPDATE meta SET body = x'%02x000000', crc32c = %lld WHERE a = 1",
             (unsigned)body[0], (long long)px_fold_crc32c(&fold));
    CHECK_OK(pxi_sql_exec(vfs, db, sql, &err), &err);
    sqlite3_close(db);
    pxi_vfs_free(vfs);
}

/* Takes away what came with later releases. */
static void age(px_fakedisk *disk, int schema)
{
    /* tables that came with schema N stand at N - 2 */
    static const char *const came[] = { "DROP TABLE outbox",
                                        "DROP TABLE session; DROP TABLE message",
                                        "DROP TABLE freshness", "DROP TABLE device",
                                        "DROP TABLE reject" };
    pxi_vfs *vfs = NULL;
    sqlite3 *db = NULL;
    px_err err = { 0 };

    CHECK_EQ(sizeof(came) / sizeof(came[0]), PX_STORE_SCHEMA - 1);
    CHECK_OK(pxi_vfs_new(px_fakedisk_env(disk), "d/pollux.db", &vfs, &err), &err);
    CHECK_OK(pxi_sql_open(vfs, "d/pollux.db", PXI_SQL_WRITER, &db, &err), &err);
    for (int i = schema; i < PX_STORE_SCHEMA; i++)
        CHECK_OK(pxi_sql_exec(vfs, db, came[i - 1], &err), &err);
    sqlite3_close(db);
    pxi_vfs_free(vfs);
}

PX_TEST(a_file_of_each_earlier_schema_opens_keeps_its_rows_and_has_the_tables_that_came_since)
{
    for (int schema = 1; schema < PX_STORE_SCHEMA; schema++) {
        px_fakedisk *disk = px_fakedisk_new(1);
        px_store *store = kit_must_open(disk);
        px_op op = kit_put(PX_TABLE_STATE, (px_key){ 1, 2, 3 }, 1, PX_STR("kept"));
        px_store_reader *reader;
        px_buf body = { 0 };
        px_err err = { 0 };
        char number[4] = { (char)schema };

        CHECK_OK(kit_commit_ops(store, &op, 1, &err), &err);
        px_store_close(store);
        age(disk, schema);
        forge_schema(disk, number);
        for (int opened = 0; opened < 2; opened++) { /* the second finds nothing to do */
            store = kit_must_open(disk);
            for (int table = PX_TABLE_STATE; table < PX_TABLE_END; table++) {
                op = kit_put((px_table)table, (px_key){ 2000, 0, opened }, 1, PX_STR("new"));
                CHECK_OK(kit_commit_ops(store, &op, 1, &err), &err);
            }
            CHECK_OK(px_store_reader_open(store, &reader, &err), &err);
            CHECK_OK(px_store_get(reader, PX_TABLE_STATE, (px_key){ 1, 2, 3 }, &body, NULL, &err),
                     &err);
            CHECK_SLICE(px_buf_str(&body), "kept");
            px_store_reader_close(reader);
            px_store_close(store);
        }
        px_buf_release(&body);
        px_fakedisk_free(disk);
    }
}

PX_TEST(a_newer_schema_is_refused_with_a_sentence)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_store *store = kit_must_open(disk);
    px_err err = { 0 };

    px_store_close(store);
    forge_schema(disk, "\x63\0\0");
    CHECK_EQ(kit_open(disk, &store, &err), PX_UNSUPPORTED);
    CHECK_STR(err.text, "the data directory was written by a newer release: its schema is 99, "
                        "this release knows up to 6");
    px_fakedisk_free(disk);
}

PX_TEST_MAIN()
