/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include <stdio.h>

#include "journal/row.h"
#include "store/store.h"

/* Rows in key order and nothing but them: no rowid, no second index. */
#define FOLD_SQL(name)                                                                             \
    "CREATE TABLE " name "(a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL, "           \
    "seq INTEGER NOT NULL, crc32c INTEGER NOT NULL, body BLOB NOT NULL, "                          \
    "PRIMARY KEY(a, b, c)) WITHOUT ROWID"

#define JOURNAL_SQL                                                                                \
    "CREATE TABLE journal(spine INTEGER NOT NULL, seq_first INTEGER NOT NULL, "                    \
    "seq_last INTEGER NOT NULL, epoch INTEGER NOT NULL, time INTEGER NOT NULL, "                   \
    "format INTEGER NOT NULL, crc32c INTEGER NOT NULL, body BLOB NOT NULL, "                       \
    "PRIMARY KEY(spine, seq_first)) WITHOUT ROWID"

static const char *const tables[] = { JOURNAL_SQL,
#define X(name, number, sql) FOLD_SQL(sql),
                                      PX_TABLE_MAP(X)
#undef X
};

enum { TABLE_COUNT = sizeof(tables) / sizeof(tables[0]) };

/* From schema N (index N - 1) to N + 1; runs inside the one transaction of the start. */
static const char *const migrations[PX_STORE_SCHEMA] = {
    FOLD_SQL("outbox"),    FOLD_SQL("session") ";" FOLD_SQL("message"),
    FOLD_SQL("freshness"), FOLD_SQL("device"),
    FOLD_SQL("reject"),
};

static px_status cannot(pxi_vfs *vfs, sqlite3 *db, int code, px_err *ret_err)
{
    return pxi_sql_fail(vfs, db, code, "cannot read the schema", ret_err);
}

/* One whole number; `otherwise` when the query gives no row. */
static px_status ask(pxi_vfs *vfs, sqlite3 *db, const char *sql, int64_t otherwise,
                     int64_t *ret_number, px_err *ret_err)
{
    sqlite3_stmt *stmt = NULL;
    int code;

    PX_TRY(pxi_sql_prepare(vfs, db, sql, &stmt, ret_err));
    code = sqlite3_step(stmt);
    *ret_number = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : otherwise;
    sqlite3_finalize(stmt);
    return code == SQLITE_ROW || code == SQLITE_DONE ? PX_OK : cannot(vfs, db, code, ret_err);
}

static px_status put_version(pxi_vfs *vfs, sqlite3 *db, uint32_t version, px_err *ret_err)
{
    const uint8_t body[4] = { (uint8_t)version, (uint8_t)(version >> 8), (uint8_t)(version >> 16),
                              (uint8_t)(version >> 24) };
    px_fold fold = { .table = PX_TABLE_META, .key = { PXI_META_SCHEMA, 0, 0 } };
    sqlite3_stmt *stmt = NULL;
    int code;

    fold.body = px_str_of((const char *)body, sizeof(body));
    PX_TRY(
        pxi_sql_prepare(vfs, db, "REPLACE INTO meta VALUES(?1, 0, 0, 0, ?2, ?3)", &stmt, ret_err));
    sqlite3_bind_int64(stmt, 1, fold.key.a);
    sqlite3_bind_int64(stmt, 2, px_fold_crc32c(&fold));
    sqlite3_bind_blob(stmt, 3, body, sizeof(body), SQLITE_STATIC);
    code = pxi_sql_run(stmt);
    sqlite3_finalize(stmt);
    return code == SQLITE_OK ? PX_OK
                             : pxi_sql_fail(vfs, db, code, "cannot make the schema", ret_err);
}

static px_status read_version_row(pxi_vfs *vfs, sqlite3 *db, sqlite3_stmt *stmt,
                                  uint32_t *ret_version, px_err *ret_err)
{
    px_fold fold = { .table = PX_TABLE_META, .key = { PXI_META_SCHEMA, 0, 0 } };
    int code = sqlite3_step(stmt);
    px_cut cut;

    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return cannot(vfs, db, code, ret_err);
    if (code == SQLITE_ROW) {
        fold.seq = (uint64_t)sqlite3_column_int64(stmt, 0);
        if (!pxi_sql_blob(stmt, 2, &fold.body))
            return cannot(vfs, db, SQLITE_NOMEM, ret_err);
    }
    cut = px_cut_of(fold.body);
    *ret_version = px_get_u32(&cut);
    if (cut.bad || sqlite3_column_int64(stmt, 1) != (int64_t)px_fold_crc32c(&fold))
        return px_fail_id(ret_err, PX_CORRUPT, "store.schema",
                          "row (1, 0, 0) of table meta, the schema's number, is damaged");
    return PX_OK;
}

static px_status read_version(pxi_vfs *vfs, sqlite3 *db, uint32_t *ret_version, px_err *ret_err)
{
    sqlite3_stmt *stmt = NULL;
    px_status status;

    PX_TRY(pxi_sql_prepare(vfs, db,
                           "SELECT seq, crc32c, body FROM meta WHERE a = 1 AND b = 0 AND c = 0",
                           &stmt, ret_err));
    status = read_version_row(vfs, db, stmt, ret_version, ret_err);
    sqlite3_finalize(stmt);
    return status;
}

static px_status make(pxi_vfs *vfs, sqlite3 *db, px_err *ret_err)
{
    char sql[64];

    for (int i = 0; i < TABLE_COUNT; i++)
        PX_TRY(pxi_sql_exec(vfs, db, tables[i], ret_err));
    snprintf(sql, sizeof(sql), "PRAGMA application_id=%d", PXI_APPLICATION_ID);
    PX_TRY(pxi_sql_exec(vfs, db, sql, ret_err));
    return put_version(vfs, db, PX_STORE_SCHEMA, ret_err);
}

static px_status migrate(pxi_vfs *vfs, sqlite3 *db, px_err *ret_err)
{
    uint32_t version = 0;

    PX_TRY(read_version(vfs, db, &version, ret_err));
    if (version > PX_STORE_SCHEMA)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "store.newer",
                          "the data directory was written by a newer release: its schema is %u, "
                          "this release knows up to %d",
                          version, PX_STORE_SCHEMA);
    if (version == 0)
        return px_fail_id(ret_err, PX_CORRUPT, "store.schema", "there never was a schema 0");
    for (; version < PX_STORE_SCHEMA; version++) {
        /* cppcheck-suppress negativeIndex; version is 1 at least, as said above */
        PX_TRY(pxi_sql_exec(vfs, db, migrations[version - 1], ret_err));
        PX_TRY(put_version(vfs, db, version + 1, ret_err));
    }
    return PX_OK;
}

static px_status compare(pxi_vfs *vfs, sqlite3 *db, sqlite3_stmt *stmt, px_err *ret_err)
{
    int found = 0, code;

    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *sql = (const char *)sqlite3_column_text(stmt, 1);
        bool known = false;

        for (int i = 0; sql && i < TABLE_COUNT; i++)
            known = known || strcmp(sql, tables[i]) == 0;
        if (!known)
            return px_fail_id(ret_err, PX_CORRUPT, "store.schema",
                              "table %s of pollux.db is not as this release makes it",
                              (const char *)sqlite3_column_text(stmt, 0));
        found++;
    }
    if (code != SQLITE_DONE)
        return cannot(vfs, db, code, ret_err);
    if (found != TABLE_COUNT)
        return px_fail_id(ret_err, PX_CORRUPT, "store.schema", "pollux.db has %d of its %d tables",
                          found, TABLE_COUNT);
    return PX_OK;
}

static px_status check_tables(pxi_vfs *vfs, sqlite3 *db, px_err *ret_err)
{
    sqlite3_stmt *stmt = NULL;
    px_status status;

    PX_TRY(pxi_sql_prepare(vfs, db, "SELECT name, sql FROM sqlite_schema", &stmt, ret_err));
    status = compare(vfs, db, stmt, ret_err);
    sqlite3_finalize(stmt);
    return status;
}

static px_status open_in_transaction(pxi_vfs *vfs, sqlite3 *db, px_err *ret_err)
{
    int64_t tables_there = 0;

    PX_TRY(ask(vfs, db, "SELECT count(*) FROM sqlite_schema", 0, &tables_there, ret_err));
    if (tables_there == 0)
        PX_TRY(make(vfs, db, ret_err));
    else
        PX_TRY(migrate(vfs, db, ret_err));
    return check_tables(vfs, db, ret_err);
}

px_status pxi_schema_open(pxi_vfs *vfs, sqlite3 *db, px_err *ret_err)
{
    px_status status;

    PX_TRY(pxi_sql_exec(vfs, db, "BEGIN IMMEDIATE", ret_err));
    status = open_in_transaction(vfs, db, ret_err);
    if (status == PX_OK)
        status = pxi_sql_exec(vfs, db, "COMMIT", ret_err);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* --- the first 100 bytes ---------------------------------------------------------------------- */

static bool is_ours(const uint8_t *head)
{
    return memcmp(head, "SQLite format 3", 16) == 0 && head[16] == PXI_PAGE_BYTES >> 8 &&
           head[17] == 0 && head[18] >= 1 && head[18] <= 2 && head[19] >= 1 && head[19] <= 2 &&
           head[20] == PXI_PAGE_RESERVED && head[21] == 64 && head[22] == 32 && head[23] == 32;
}

px_status pxi_schema_check_head(px_env *env, const char *path, px_err *ret_err)
{
    uint8_t head[100] = { 0 };
    static const uint8_t zeros[100];
    px_file *file = NULL;
    size_t got = 0;
    px_status status = env->open(env, path, PX_OPEN_READ, &file, NULL);

    if (status == PX_NOT_FOUND)
        return PX_OK;
    if (status != PX_OK)
        return px_fail(ret_err, status, "cannot open %s: %s", path, px_status_meaning(status));
    status = env->read(env, file, head, sizeof(head), 0, &got);
    env->close(env, file);
    if (status != PX_OK)
        return px_fail(ret_err, status, "cannot read %s", path);
    if (memcmp(head, zeros, sizeof(head)) == 0 || is_ours(head))
        return PX_OK;
    return px_fail_id(ret_err, PX_CORRUPT, "store.head",
                      "%s is damaged in its header (bytes 0 to 23), or is no file of Pollux", path);
}
