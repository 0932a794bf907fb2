/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges go in portions: keys are read first, then removed one by one, so that no statement reads
 * the table that it changes and each portion's cost is known. */
#include "store/impl.h"

#include "base/limits.h"
#include "store/schema.h"

enum { PORTION_ROWS = 64 };

static bool is_table(px_table table)
{
    return table >= PX_TABLE_STATE && table < PX_TABLE_END;
}

static void bind_key(sqlite3_stmt *stmt, int from, px_key key)
{
    sqlite3_bind_int64(stmt, from, key.a);
    sqlite3_bind_int64(stmt, from + 1, key.b);
    sqlite3_bind_int64(stmt, from + 2, key.c);
}

static int refuse(px_err *ret_err, px_status status, const char *what, size_t number)
{
    px_fail(ret_err, status, "an op of a commit breaks a rule: %s (%zu)", what, number);
    return SQLITE_MISUSE;
}

static int put(pxi_store *s, const px_op *op, px_err *ret_err)
{
    const px_fold fold = { op->table, op->key, op->seq, op->body };
    sqlite3_stmt *stmt = s->w.put[op->table];

    if (op->body.len > PX_FOLD_BYTES_MAX)
        return refuse(ret_err, PX_TOO_LARGE, "its body has more bytes than a row may have",
                      op->body.len);
    if (op->seq > INT64_MAX)
        return refuse(ret_err, PX_INVALID, "its position is out of range", 0);
    bind_key(stmt, 1, op->key);
    sqlite3_bind_int64(stmt, 4, (int64_t)op->seq);
    sqlite3_bind_int64(stmt, 5, px_fold_crc32c(&fold));
    sqlite3_bind_blob(stmt, 6, op->body.ptr ? op->body.ptr : "", (int)op->body.len, SQLITE_STATIC);
    return pxi_sql_run(stmt);
}

static int remove_key(pxi_store *s, px_table table, px_key key)
{
    sqlite3_stmt *stmt = s->w.remove[table];

    bind_key(stmt, 1, key);
    return pxi_sql_run(stmt);
}

/* Reads the next keys of a range; SQLite's code. */
static int pick_keys(sqlite3_stmt *stmt, px_key to, uint32_t max, px_key *ret_keys,
                     uint32_t *ret_count)
{
    uint32_t n = 0;
    int code = SQLITE_OK;

    while (n < max && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        px_key key = { sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                       sqlite3_column_int64(stmt, 2) };

        if (px_key_cmp(key, to) >= 0)
            break;
        ret_keys[n++] = key;
    }
    *ret_count = n;
    sqlite3_reset(stmt);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static uint32_t portion(uint32_t limit, uint32_t done)
{
    uint32_t left = limit == 0 ? PORTION_ROWS : limit - done;

    return left < PORTION_ROWS ? left : PORTION_ROWS;
}

static bool time_is_up(const pxi_store *s, int64_t deadline_ns)
{
    return deadline_ns != 0 && s->env->monotonic_ns(s->env) >= deadline_ns;
}

static int remove_range(pxi_store *s, const px_op *op, int64_t deadline_ns, uint32_t *ret_rows)
{
    px_key keys[PORTION_ROWS];
    uint32_t count = 0, wanted;

    while ((wanted = portion(op->limit, *ret_rows)) > 0) {
        bind_key(s->w.range[op->table], 1, op->key);
        int code = pick_keys(s->w.range[op->table], op->key_to, wanted, keys, &count);

        for (uint32_t i = 0; i < count && code == SQLITE_OK; i++)
            code = remove_key(s, op->table, keys[i]);
        if (code != SQLITE_OK)
            return code;
        *ret_rows += count;
        if (count < wanted || time_is_up(s, deadline_ns))
            break;
    }
    return SQLITE_OK;
}

/* --- trimming --------------------------------------------------------------------------------- */

/* Rows from the oldest on whose last position is below `keep`, and which age or size let go. */
static int pick_rows(pxi_store *s, const px_op *op, uint64_t keep, uint32_t max,
                     int64_t *ret_firsts, uint32_t *ret_count, int64_t *ret_bytes)
{
    sqlite3_stmt *stmt = s->w.trim_pick;
    uint32_t n = 0;
    int code = SQLITE_OK;

    while (n < max && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        if ((uint64_t)sqlite3_column_int64(stmt, 1) >= keep)
            break;
        if (sqlite3_column_int64(stmt, 3) >= op->key_to.b &&
            s->journal_bytes - *ret_bytes <= op->key_to.a)
            break;
        ret_firsts[n++] = sqlite3_column_int64(stmt, 0);
        *ret_bytes += sqlite3_column_int64(stmt, 2);
    }
    *ret_count = n;
    sqlite3_reset(stmt);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int remove_rows(pxi_store *s, const int64_t *firsts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        sqlite3_bind_int64(s->w.trim_one, 1, s->spine);
        sqlite3_bind_int64(s->w.trim_one, 2, firsts[i]);
        int code = pxi_sql_run(s->w.trim_one);

        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

static int trim(pxi_store *s, const px_op *op, int64_t deadline_ns, uint32_t *ret_rows)
{
    uint64_t keep = (uint64_t)op->key.b;
    int64_t firsts[PORTION_ROWS];
    uint32_t count = 0, wanted;

    if (!s->has_row)
        return SQLITE_OK;
    if (keep > s->seq_last)
        keep = s->seq_last; /* the newest row stays: it says where the next one begins */
    while ((wanted = portion(op->limit, *ret_rows)) > 0) {
        int64_t bytes = 0;

        sqlite3_bind_int64(s->w.trim_pick, 1, s->spine);
        int code = pick_rows(s, op, keep, wanted, firsts, &count, &bytes);

        if (code == SQLITE_OK)
            code = remove_rows(s, firsts, count);
        if (code != SQLITE_OK)
            return code;
        s->journal_bytes -= bytes;
        s->bytes_trimmed += bytes;
        *ret_rows += count;
        if (count < wanted || time_is_up(s, deadline_ns))
            break;
    }
    return SQLITE_OK;
}

int pxi_op_apply(pxi_store *s, const px_op *op, int64_t deadline_ns, uint32_t *ret_rows,
                 px_err *ret_err)
{
    *ret_rows = 0;
    if (op->kind == PX_OP_TRIM_JOURNAL) {
        if (op->key.a != s->spine || op->key.b < 0)
            return refuse(ret_err, PX_INVALID, "there is no such spine or position here",
                          (size_t)op->key.a);
        return trim(s, op, deadline_ns, ret_rows);
    }
    if (!is_table(op->table))
        return refuse(ret_err, PX_INVALID, "there is no such table", (size_t)op->table);
    if (op->table == PX_TABLE_META && op->key.a < 1000)
        return refuse(ret_err, PX_INVALID, "meta rows below 1000 are the store's own", 0);
    switch (op->kind) {
    case PX_OP_PUT:
        *ret_rows = 1;
        return put(s, op, ret_err);
    case PX_OP_DELETE:
        *ret_rows = 1;
        return remove_key(s, op->table, op->key);
    case PX_OP_DELETE_RANGE:
        return remove_range(s, op, deadline_ns, ret_rows);
    case PX_OP_TRIM_JOURNAL:
        break;
    }
    return refuse(ret_err, PX_INVALID, "there is no such kind", (size_t)op->kind);
}
