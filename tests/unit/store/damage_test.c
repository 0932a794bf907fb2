/* SPDX-License-Identifier: Apache-2.0 */
/* A flipped bit, wherever it is: found, named, never served. */
#include <stdio.h>
#include <stdlib.h>

#include "player.h"
#include "store/sql.h"

static player *filled(uint64_t seed, int commits)
{
    player *p = player_new(seed);

    CHECK(player_open(p));
    for (int i = 0; i < commits; i++)
        CHECK_OK(player_commit(p), &p->err);
    return p;
}

/* Opens and reads all; true when damage was named, false when all was right all the same. What is
 * neither fails the test. */
static bool is_named(player *p, px_err *ret_err)
{
    px_store *store = NULL;
    int match = -1;
    px_status status = kit_open(p->disk, &store, ret_err);

    if (status == PX_OK) {
        status = model_try_match(store, &p->acked, NULL, &match, ret_err);
        px_store_close(store);
    }
    if (status == PX_OK)
        CHECK_EQ(match, 0);
    else
        CHECK(status == PX_CORRUPT || status == PX_UNSUPPORTED);
    return status != PX_OK;
}

static void flip_and_look(player *p, const char *path, size_t byte, unsigned bit, bool *ret_named)
{
    px_err err = { 0 };

    px_fakedisk_flip(p->disk, path, byte, bit);
    *ret_named = is_named(p, &err);
    if (*ret_named && !strstr(err.text, "page") && !strstr(err.text, "header") &&
        !strstr(err.text, "frame")) {
        fprintf(stderr, "byte %zu bit %u: '%s' names no place\n", byte, bit, err.text);
        fail();
    }
    px_fakedisk_flip(p->disk, path, byte, bit);
}

PX_TEST(a_flipped_bit_in_the_header_is_named)
{
    player *p = filled(1, 20);
    bool named;

    player_close(p);
    for (size_t byte = 0; byte < 100; byte++) {
        flip_and_look(p, "d/pollux.db", byte, (unsigned)(byte * 3 % 8), &named);
        CHECK(named);
    }
    CHECK(player_open(p));
    player_free(p);
}

PX_TEST(a_flipped_bit_in_any_page_is_named_or_touches_nothing_that_is_stored)
{
    player *p = filled(2, 60);
    int found = 0, rounds = 500;
    size_t size;

    player_close(p);
    size = px_fakedisk_bytes(p->disk, "d/pollux.db").len;
    CHECK(size > 40 * 4096);
    for (int i = 0; i < rounds; i++) {
        bool named;

        flip_and_look(p, "d/pollux.db", px_gen_below(&p->gen, size),
                      (unsigned)px_gen_below(&p->gen, 8), &named);
        found += named;
    }
    /* the rest are pages that nothing uses now */
    CHECK(found > rounds / 3);
    CHECK(player_open(p));
    player_free(p);
}

/* --- the log ---------------------------------------------------------------------------------- */

/* Where the log ends; the file may be longer, with frames of an earlier round. */
static size_t log_end(px_store *store)
{
    px_store_stats stats;

    px_store_stats_get(store, &stats);
    return (size_t)stats.wal_bytes;
}

/* A store killed while its log holds many commits; `ret_last`: where the last commit begins. */
static player *killed(uint64_t seed, size_t *ret_last)
{
    player *p = player_new(seed);

    CHECK(player_open(p));
    for (int i = 0; i < 6; i++) {
        *ret_last = log_end(p->store);
        CHECK_OK(kit_commit_row(p->store, (uint64_t)i + 1, &p->err), &p->err);
    }
    px_fakedisk_crash_is_kill(p->disk, true);
    px_fakedisk_crash(p->disk);
    player_close(p);
    px_fakedisk_restart(p->disk);
    return p;
}

PX_TEST(a_flipped_bit_in_the_log_is_named_where_a_cut_could_not_have_done_it)
{
    size_t last = 0;
    player *p = killed(3, &last);

    CHECK(last > 32 + 2 * 4120);
    for (int i = 0; i < 300; i++) {
        /* a frame's page, in a commit that others follow */
        size_t frame = px_gen_below(&p->gen, (last - 32) / 4120 - 1);
        size_t byte = 32 + frame * 4120 + 24 + px_gen_below(&p->gen, 4096);
        px_store *store = NULL;

        px_fakedisk_flip(p->disk, "d/pollux.db-wal", byte, (unsigned)i % 8);
        CHECK_EQ(kit_open(p->disk, &store, &p->err), PX_CORRUPT);
        CHECK(strstr(p->err.text, "pollux.db-wal is damaged at frame") != NULL);
        px_fakedisk_flip(p->disk, "d/pollux.db-wal", byte, (unsigned)i % 8);
    }
    for (size_t byte = 0; byte < 32; byte++) {
        px_store *store = NULL;

        px_fakedisk_flip(p->disk, "d/pollux.db-wal", byte, 5);
        CHECK_EQ(kit_open(p->disk, &store, &p->err), PX_CORRUPT);
        px_fakedisk_flip(p->disk, "d/pollux.db-wal", byte, 5);
    }
    p->store = kit_must_open(p->disk);
    uint64_t rows = 0;
    CHECK_OK(kit_read_all(p->store, &rows, &p->err), &p->err);
    CHECK_EQ(rows, 6 + 1);
    player_free(p);
}

PX_TEST(a_bit_that_flips_in_the_log_of_a_running_store_is_neither_served_nor_moved)
{
    player *p = filled(4, 1);
    px_err err = { 0 };
    uint64_t rows = 0;

    for (uint64_t seq = p->acked.rows[0].seq_last + 1, i = 0; i < 3; i++)
        CHECK_OK(kit_commit_row(p->store, seq + i, &err), &err);
    px_fakedisk_flip(p->disk, "d/pollux.db-wal", log_end(p->store) - 100, 1);
    CHECK_EQ(kit_read_all(p->store, &rows, &err), PX_CORRUPT);
    CHECK(strstr(err.text, "of pollux.db-wal") != NULL);
    px_fakedisk_crash(p->disk);
    player_close(p);
    px_fakedisk_restart(p->disk);
    player_free(p);
}

/* --- rows whose pages are whole --------------------------------------------------------------- */

/* Changes the file by SQL, as no release of ours would. */
static void forge(player *p, const char *sql)
{
    pxi_vfs *vfs = NULL;
    sqlite3 *db = NULL;
    px_err err = { 0 };

    player_close(p);
    CHECK_OK(pxi_vfs_new(px_fakedisk_env(p->disk), "d/pollux.db", &vfs, &err), &err);
    CHECK_OK(pxi_sql_open(vfs, "d/pollux.db", PXI_SQL_WRITER, &db, &err), &err);
    CHECK_OK(pxi_sql_exec(vfs, db, sql, &err), &err);
    sqlite3_close(db);
    pxi_vfs_free(vfs);
}

static void check_sentence(const char *sql, const char *sentence)
{
    player *p = player_new(1);
    px_op op = kit_put(PX_TABLE_BLOCK, (px_key){ 4, 5, 6 }, 2, PX_STR("some samples"));

    CHECK(player_open(p));
    for (uint64_t seq = 1; seq <= 5; seq++)
        CHECK_OK(kit_commit_row(p->store, seq, &p->err), &p->err);
    CHECK_OK(kit_commit_ops(p->store, &op, 1, &p->err), &p->err);
    forge(p, sql);
    CHECK(is_named(p, &p->err));
    CHECK_STR(p->err.text, sentence);
    player_free(p);
}

PX_TEST(a_damaged_row_is_named_by_table_and_key)
{
    check_sentence("UPDATE block SET body = 'some sample!'",
                   "row (4, 5, 6) of table block is damaged: its CRC-32C does not match");
    check_sentence("UPDATE block SET seq = 3",
                   "row (4, 5, 6) of table block is damaged: its CRC-32C does not match");
    check_sentence("UPDATE block SET b = 6",
                   "row (4, 6, 6) of table block is damaged: its CRC-32C does not match");
    check_sentence("UPDATE journal SET body = 'row 3 to 4' WHERE seq_first = 3",
                   "journal row (spine 0, positions 3 to 3) is damaged: its CRC-32C does not "
                   "match");
    check_sentence("UPDATE journal SET time = time + 1 WHERE seq_first = 5",
                   "journal row (spine 0, positions 5 to 5) is damaged: its CRC-32C does not "
                   "match");
    check_sentence("DELETE FROM journal WHERE seq_first = 3",
                   "the journal has a hole: positions 3 to 3 are missing");
    check_sentence("DROP TABLE cursor", "pollux.db has 11 of its 12 tables");
    check_sentence("CREATE TABLE more(x)", "table more of pollux.db is not as this release makes "
                                           "it");
}

static px_status count_row(void *data, const px_fold *fold, px_err *ret_err)
{
    (void)fold;
    (void)ret_err;
    ++*(int *)data;
    return PX_OK;
}

PX_TEST(a_damaged_row_spoils_no_scan_that_ends_before_it)
{
    player *p = player_new(1);
    px_store_reader *reader = NULL;
    int count = 0;

    CHECK(player_open(p));
    CHECK_OK(kit_commit_row(p->store, 1, &p->err), &p->err);
    for (int64_t b = 5; b <= 6; b++) {
        px_op op = kit_put(PX_TABLE_BLOCK, (px_key){ 4, b, 0 }, 1, PX_STR("some samples"));

        CHECK_OK(kit_commit_ops(p->store, &op, 1, &p->err), &p->err);
    }
    forge(p, "UPDATE block SET body = 'some sample!' WHERE b = 6");
    p->store = kit_must_open(p->disk);
    CHECK_OK(px_store_reader_open(p->store, &reader, &p->err), &p->err);
    CHECK_OK(px_store_scan(reader, PX_TABLE_BLOCK, (px_key){ 4, 5, 0 }, (px_key){ 4, 6, 0 },
                           count_row, &count, &p->err),
             &p->err);
    CHECK_EQ(count, 1);
    CHECK_EQ(px_store_scan(reader, PX_TABLE_BLOCK, (px_key){ 4, 5, 0 }, (px_key){ 4, 7, 0 },
                           count_row, &count, &p->err),
             PX_CORRUPT);
    px_store_reader_close(reader);
    player_free(p);
}

PX_TEST(a_file_that_is_not_ours_is_refused)
{
    px_fakedisk *disk = px_fakedisk_new(1);
    px_env *env = px_fakedisk_env(disk);
    px_store *store = NULL;
    px_file *file = NULL;
    px_err err = { 0 };

    CHECK_OK(env->open(env, "d/pollux.db", PX_OPEN_WRITE | PX_OPEN_CREATE, &file, &err), &err);
    CHECK_EQ(env->write(env, file, "a letter to the editor", 22, 0), PX_OK);
    env->close(env, file);
    CHECK_EQ(kit_open(disk, &store, &err), PX_CORRUPT);
    CHECK_STR(err.text, "d/pollux.db is damaged in its header (bytes 0 to 23), or is no file of "
                        "Pollux");
    px_fakedisk_free(disk);
}

PX_TEST_MAIN()
