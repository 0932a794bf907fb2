/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/mem.h"
#include "store/reader.h"

typedef struct journal {
    px_journal base; /* first */
    pxi_connection c;
    px_row_packer *packer;
    sqlite3_stmt *oldest, *newest, *holder, *from;
} journal;

static journal *journal_of(px_journal *base)
{
    return (journal *)base;
}

static px_status fail_at(journal *j, int code, uint64_t seq, px_err *ret_err)
{
    char what[64];

    snprintf(what, sizeof(what), "journal from position %llu", (unsigned long long)seq);
    return pxi_sql_fail(j->c.s->vfs, j->c.db, code, what, ret_err);
}

/* --- bounds ----------------------------------------------------------------------------------- */

/* Columns: seq_first, seq_last, time. */
static px_status read_end(journal *j, sqlite3_stmt *stmt, uint32_t spine, bool *ret_there,
                          int64_t ret_columns[3], px_err *ret_err)
{
    int code;

    sqlite3_bind_int64(stmt, 1, spine);
    code = sqlite3_step(stmt);
    *ret_there = code == SQLITE_ROW;
    for (int i = 0; i < 3; i++)
        ret_columns[i] = *ret_there ? sqlite3_column_int64(stmt, i) : 0;
    return code == SQLITE_ROW || code == SQLITE_DONE ? PX_OK : fail_at(j, code, 0, ret_err);
}

static px_status read_bounds(journal *j, uint32_t spine, px_journal_bounds *ret_bounds,
                             px_err *ret_err)
{
    int64_t oldest[3], newest[3];
    bool there = false;

    PX_TRY(read_end(j, j->oldest, spine, &there, oldest, ret_err));
    PX_TRY(read_end(j, j->newest, spine, &there, newest, ret_err));
    *ret_bounds = (px_journal_bounds){
        .empty = !there,
        .seq_first = (uint64_t)oldest[0],
        .seq_last = (uint64_t)newest[1],
        .time_first = oldest[2],
        .time_last = newest[2],
        .bytes = j->c.s->journal_bytes,
    };
    return PX_OK;
}

static px_status journal_bounds(px_journal *base, uint32_t spine, px_journal_bounds *ret_bounds,
                                px_err *ret_err)
{
    journal *j = journal_of(base);
    px_status status;

    pxi_step_begin(&j->c);
    status = read_bounds(j, spine, ret_bounds, ret_err);
    sqlite3_reset(j->oldest);
    sqlite3_reset(j->newest);
    pxi_step_end(&j->c);
    return status;
}

/* --- rows ------------------------------------------------------------------------------------- */

typedef struct reading {
    journal *j;
    uint32_t spine;
    uint64_t seq;      /* wanted next */
    px_time time_last; /* of the row before */
    bool first, done;
    px_row_each each;
    void *data;
} reading;

/* Where the row that holds `seq` begins; the oldest row's beginning when it is trimmed away. */
static px_status find_start(reading *x, uint64_t *ret_first, px_err *ret_err)
{
    sqlite3_stmt *stmt = x->j->holder;
    int code;

    sqlite3_bind_int64(stmt, 1, x->spine);
    sqlite3_bind_int64(stmt, 2, (int64_t)x->seq);
    code = sqlite3_step(stmt);
    *ret_first = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(stmt, 0) : 0;
    return code == SQLITE_ROW || code == SQLITE_DONE ? PX_OK : fail_at(x->j, code, x->seq, ret_err);
}

/* A row that begins later than wanted: trimmed before it, or a hole. */
static px_status is_missing(reading *x, uint64_t found, px_err *ret_err)
{
    px_journal_bounds bounds;

    PX_TRY(read_bounds(x->j, x->spine, &bounds, ret_err));
    if (bounds.seq_first == found)
        return px_fail_id(ret_err, PX_NOT_FOUND, "store.trimmed",
                          "the journal begins at position %llu; %llu is trimmed away",
                          (unsigned long long)found, (unsigned long long)x->seq);
    return px_fail_id(ret_err, PX_CORRUPT, "store.journal_hole",
                      "the journal has a hole: positions %llu to %llu are missing",
                      (unsigned long long)x->seq, (unsigned long long)found - 1);
}

/* Columns: seq_first, seq_last, epoch, time, format, crc32c, body. */
static px_status read_row(reading *x, px_row *ret_row, px_err *ret_err)
{
    sqlite3_stmt *stmt = x->j->from;
    px_row_stored stored = { .head.spine = x->spine };

    stored.head.seq_first = (uint64_t)sqlite3_column_int64(stmt, 0);
    stored.head.seq_last = (uint64_t)sqlite3_column_int64(stmt, 1);
    stored.head.epoch = (uint64_t)sqlite3_column_int64(stmt, 2);
    stored.head.time = sqlite3_column_int64(stmt, 3);
    stored.head.format = (uint8_t)sqlite3_column_int64(stmt, 4);
    stored.crc32c = (uint32_t)sqlite3_column_int64(stmt, 5);
    if (!pxi_sql_blob(stmt, 6, &stored.head.body))
        return fail_at(x->j, SQLITE_NOMEM, stored.head.seq_first, ret_err);
    return px_row_unpack(x->j->packer, &stored, ret_row, ret_err);
}

static px_status take_row(reading *x, px_err *ret_err)
{
    px_row row;

    PX_TRY(read_row(x, &row, ret_err));
    if (x->seq == 0)
        x->seq = row.seq_first;
    if (row.seq_first > x->seq || (!x->first && row.seq_first != x->seq))
        return is_missing(x, row.seq_first, ret_err);
    if (row.time < x->time_last)
        return px_fail_id(ret_err, PX_CORRUPT, "store.journal_time",
                          "journal row at position %llu is older than the row before it",
                          (unsigned long long)row.seq_first);
    x->time_last = row.time;
    if (row.seq_last >= x->seq)
        PX_TRY(x->each(x->data, &row, ret_err));
    x->first = false;
    x->seq = row.seq_last + 1;
    return PX_OK;
}

static px_status read_step(reading *x, px_err *ret_err)
{
    sqlite3_stmt *stmt = x->j->from;
    uint64_t from = x->seq;
    int code;

    if (x->first)
        PX_TRY(find_start(x, &from, ret_err));
    sqlite3_bind_int64(stmt, 1, x->spine);
    sqlite3_bind_int64(stmt, 2, (int64_t)from);
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        PX_TRY(take_row(x, ret_err));
        if (pxi_step_is_over(&x->j->c, true))
            return PX_OK;
    }
    x->done = true;
    return code == SQLITE_DONE ? PX_OK : fail_at(x->j, code, x->seq, ret_err);
}

static px_status journal_read(px_journal *base, uint32_t spine, uint64_t seq_from, px_row_each each,
                              void *data, px_err *ret_err)
{
    reading x = { .j = journal_of(base),
                  .spine = spine,
                  .seq = seq_from,
                  .time_last = INT64_MIN,
                  .first = true,
                  .each = each,
                  .data = data };
    px_status status = PX_OK;

    if (seq_from > INT64_MAX)
        return PX_OK;
    while (status == PX_OK && !x.done) {
        pxi_step_begin(&x.j->c);
        status = read_step(&x, ret_err);
        sqlite3_reset(x.j->from);
        sqlite3_reset(x.j->holder);
        sqlite3_reset(x.j->oldest);
        sqlite3_reset(x.j->newest);
        pxi_step_end(&x.j->c);
    }
    return status;
}

static void journal_close(px_journal *base)
{
    journal *j = journal_of(base);

    pxi_connection_close(&j->c);
    px_row_packer_free(j->packer);
    px_free(j);
}

static px_status prepare(journal *j, px_err *ret_err)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } statements[] = {
        { &j->oldest, "SELECT seq_first, seq_last, time FROM journal WHERE spine = ?1 "
                      "ORDER BY seq_first LIMIT 1" },
        { &j->newest, "SELECT seq_first, seq_last, time FROM journal WHERE spine = ?1 "
                      "ORDER BY seq_first DESC LIMIT 1" },
        { &j->holder, "SELECT seq_first FROM journal WHERE spine = ?1 AND seq_first <= ?2 "
                      "ORDER BY seq_first DESC LIMIT 1" },
        { &j->from, "SELECT seq_first, seq_last, epoch, time, format, crc32c, body FROM journal "
                    "WHERE spine = ?1 AND seq_first >= ?2 ORDER BY seq_first" },
    };

    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
        PX_TRY(
            pxi_sql_prepare(j->c.s->vfs, j->c.db, statements[i].sql, statements[i].stmt, ret_err));
    return px_row_packer_new(&j->packer, ret_err);
}

px_status pxi_journal_open(px_store *store, px_journal **ret_journal, px_err *ret_err)
{
    static const px_journal_ops ops = { journal_bounds, journal_read, journal_close };
    journal *j = px_zalloc(1, sizeof(*j));
    px_status status;

    if (!j)
        return px_no_memory(ret_err);
    j->base.ops = &ops;
    status = pxi_connection_open(&j->c, pxi_store_of(store), ret_err);
    if (status == PX_OK)
        status = prepare(j, ret_err);
    if (status != PX_OK) {
        journal_close(&j->base);
        return status;
    }
    *ret_journal = &j->base;
    return PX_OK;
}
