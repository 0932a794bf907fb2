/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"

enum { CLOCK_EVERY_ROWS = 16, WHAT_BYTES = 120 };

typedef struct reader {
    px_store_reader base; /* first */
    pxi_connection c;
    sqlite3_stmt *get[PX_TABLE_END], *scan[PX_TABLE_END];
} reader;

static reader *reader_of(px_store_reader *base)
{
    return (reader *)base;
}

/* --- connections and steps -------------------------------------------------------------------- */

px_status pxi_connection_open(pxi_connection *c, pxi_store *s, px_err *ret_err)
{
    c->s = s;
    return pxi_sql_open(s->vfs, s->db_path, PXI_SQL_READER, &c->db, ret_err);
}

void pxi_connection_close(pxi_connection *c)
{
    sqlite3_stmt *stmt;

    if (!c->db)
        return;
    while ((stmt = sqlite3_next_stmt(c->db, NULL)) != NULL)
        sqlite3_finalize(stmt);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(c->db);
}

void pxi_step_begin(pxi_connection *c)
{
    px_env *env = c->s->env;

    pxi_checkpoint_enter(&c->s->checkpoint);
    c->step_ends_ns = env->monotonic_ns(env) + PX_READ_STEP_NS_MAX;
    c->rows = 0;
}

void pxi_step_end(pxi_connection *c)
{
    pxi_checkpoint_leave(&c->s->checkpoint);
}

bool pxi_step_is_over(pxi_connection *c, bool many)
{
    px_env *env = c->s->env;

    return (many || ++c->rows % CLOCK_EVERY_ROWS == 0) && env->monotonic_ns(env) >= c->step_ends_ns;
}

/* --- fold rows -------------------------------------------------------------------------------- */

static void name_key(char what[WHAT_BYTES], const char *before, px_table table, px_key key)
{
    snprintf(what, WHAT_BYTES, "%s (%" PRId64 ", %" PRId64 ", %" PRId64 ") of table %s", before,
             key.a, key.b, key.c, px_table_name(table));
}

static px_status fail_at(reader *r, int code, const char *before, px_table table, px_key key,
                         px_err *ret_err)
{
    char what[WHAT_BYTES];

    name_key(what, before, table, key);
    return pxi_sql_fail(r->c.s->vfs, r->c.db, code, what, ret_err);
}

/* Columns: a, b, c, seq, crc32c, body. */
static px_status read_fold(reader *r, sqlite3_stmt *stmt, px_table table, px_fold *ret_fold,
                           px_err *ret_err)
{
    char what[WHAT_BYTES];

    ret_fold->table = table;
    ret_fold->key = (px_key){ sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                              sqlite3_column_int64(stmt, 2) };
    ret_fold->seq = (uint64_t)sqlite3_column_int64(stmt, 3);
    if (!pxi_sql_blob(stmt, 5, &ret_fold->body))
        return fail_at(r, SQLITE_NOMEM, "row", table, ret_fold->key, ret_err);
    if (sqlite3_column_int64(stmt, 4) == (int64_t)px_fold_crc32c(ret_fold))
        return PX_OK;
    name_key(what, "row", table, ret_fold->key);
    return px_fail_id(ret_err, PX_CORRUPT, "store.row", "%s is damaged: its CRC-32C does not match",
                      what);
}

/* As parameters `first` to `first` + 2. */
static void bind_key(sqlite3_stmt *stmt, int first, px_key key)
{
    sqlite3_bind_int64(stmt, first, key.a);
    sqlite3_bind_int64(stmt, first + 1, key.b);
    sqlite3_bind_int64(stmt, first + 2, key.c);
}

static bool is_table(px_table table)
{
    return table >= PX_TABLE_STATE && table < PX_TABLE_END;
}

static px_status get_row(reader *r, px_table table, px_key key, px_buf *ret_body, uint64_t *ret_seq,
                         px_err *ret_err)
{
    sqlite3_stmt *stmt = r->get[table];
    px_fold fold;
    int code;

    bind_key(stmt, 1, key);
    code = sqlite3_step(stmt);
    if (code == SQLITE_DONE)
        return px_fail(ret_err, PX_NOT_FOUND, "there is no such row");
    if (code != SQLITE_ROW)
        return fail_at(r, code, "row", table, key, ret_err);
    PX_TRY(read_fold(r, stmt, table, &fold, ret_err));
    px_buf_clear(ret_body);
    px_put(ret_body, fold.body);
    if (ret_seq)
        *ret_seq = fold.seq;
    return px_buf_status(ret_body, ret_err);
}

static px_status reader_get(px_store_reader *base, px_table table, px_key key, px_buf *ret_body,
                            uint64_t *ret_seq, px_err *ret_err)
{
    reader *r = reader_of(base);
    px_status status;

    if (!is_table(table))
        return px_fail(ret_err, PX_INVALID, "there is no table %d", (int)table);
    pxi_step_begin(&r->c);
    status = get_row(r, table, key, ret_body, ret_seq, ret_err);
    sqlite3_reset(r->get[table]);
    pxi_step_end(&r->c);
    return status;
}

/* --- scans ------------------------------------------------------------------------------------ */

typedef struct scan {
    reader *r;
    px_table table;
    px_key from, to;
    px_fold_each each;
    void *data;
    bool done;
} scan;

/* The next key there can be; false after the last of all. */
static bool next_key(px_key *key)
{
    if (key->c < INT64_MAX) {
        key->c++;
        return true;
    }
    key->c = INT64_MIN;
    if (key->b < INT64_MAX) {
        key->b++;
        return true;
    }
    key->b = INT64_MIN;
    if (key->a < INT64_MAX) {
        key->a++;
        return true;
    }
    return false;
}

/* The row behind the range is not looked at: damage there is no business of this read. */
static px_status scan_step(scan *x, px_err *ret_err)
{
    sqlite3_stmt *stmt = x->r->scan[x->table];
    px_fold fold;
    int code;

    bind_key(stmt, 1, x->from);
    bind_key(stmt, 4, x->to);
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        PX_TRY(read_fold(x->r, stmt, x->table, &fold, ret_err));
        if (px_key_cmp(fold.key, x->from) < 0)
            return fail_at(x->r, SQLITE_CORRUPT, "order after", x->table, x->from, ret_err);
        PX_TRY(x->each(x->data, &fold, ret_err));
        x->from = fold.key;
        x->done = !next_key(&x->from);
        if (x->done || pxi_step_is_over(&x->r->c, false))
            return PX_OK;
    }
    x->done = true;
    return code == SQLITE_DONE ? PX_OK
                               : fail_at(x->r, code, "rows from", x->table, x->from, ret_err);
}

static px_status reader_scan(px_store_reader *base, px_table table, px_key from, px_key to,
                             px_fold_each each, void *data, px_err *ret_err)
{
    scan x = { reader_of(base), table, from, to, each, data, false };
    px_status status = PX_OK;

    if (!is_table(table))
        return px_fail(ret_err, PX_INVALID, "there is no table %d", (int)table);
    while (status == PX_OK && !x.done) {
        pxi_step_begin(&x.r->c);
        status = scan_step(&x, ret_err);
        sqlite3_reset(x.r->scan[table]);
        pxi_step_end(&x.r->c);
    }
    return status;
}

static void reader_close(px_store_reader *base)
{
    reader *r = reader_of(base);

    pxi_connection_close(&r->c);
    px_free(r);
}

static px_status prepare(reader *r, px_err *ret_err)
{
    char sql[160];

    for (px_table t = PX_TABLE_STATE; t < PX_TABLE_END; t++) {
        snprintf(sql, sizeof(sql),
                 "SELECT a, b, c, seq, crc32c, body FROM %s WHERE a = ?1 AND b = ?2 AND c = ?3",
                 px_table_name(t));
        PX_TRY(pxi_sql_prepare(r->c.s->vfs, r->c.db, sql, &r->get[t], ret_err));
        snprintf(sql, sizeof(sql),
                 "SELECT a, b, c, seq, crc32c, body FROM %s WHERE (a, b, c) >= (?1, ?2, ?3) "
                 "AND (a, b, c) < (?4, ?5, ?6) ORDER BY a, b, c",
                 px_table_name(t));
        PX_TRY(pxi_sql_prepare(r->c.s->vfs, r->c.db, sql, &r->scan[t], ret_err));
    }
    return PX_OK;
}

px_status pxi_reader_open(px_store *store, px_store_reader **ret_reader, px_err *ret_err)
{
    static const px_store_reader_ops ops = { reader_get, reader_scan, reader_close };
    reader *r = px_zalloc(1, sizeof(*r));
    px_status status;

    if (!r)
        return px_no_memory(ret_err);
    r->base.ops = &ops;
    status = pxi_connection_open(&r->c, pxi_store_of(store), ret_err);
    if (status == PX_OK)
        status = prepare(r, ret_err);
    if (status != PX_OK) {
        reader_close(&r->base);
        return status;
    }
    *ret_reader = &r->base;
    return PX_OK;
}
