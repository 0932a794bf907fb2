/* SPDX-License-Identifier: Apache-2.0 */
/* A start reads the newest rows whole, as far as PX_STORE_CHECK_BYTES: those that replay needs most
 * and a crash could have hurt. The rest is checked when it is read. */
#include "base/limits.h"
#include "base/mem.h"
#include "store/impl.h"
#include "store/schema.h"

static px_status fail(pxi_store *s, int code, px_err *ret_err)
{
    return pxi_sql_fail(s->vfs, s->db, code, "cannot read the newest rows of the journal", ret_err);
}

static px_status check_row(pxi_store *s, sqlite3_stmt *stmt, px_row *ret_row, px_err *ret_err)
{
    px_row_stored stored = { .head.spine = s->spine };

    stored.head.seq_first = (uint64_t)sqlite3_column_int64(stmt, 0);
    stored.head.seq_last = (uint64_t)sqlite3_column_int64(stmt, 1);
    stored.head.epoch = (uint64_t)sqlite3_column_int64(stmt, 2);
    stored.head.time = sqlite3_column_int64(stmt, 3);
    stored.head.format = (uint8_t)sqlite3_column_int64(stmt, 4);
    stored.crc32c = (uint32_t)sqlite3_column_int64(stmt, 5);
    if (!pxi_sql_blob(stmt, 6, &stored.head.body))
        return px_no_memory(ret_err);
    return px_row_unpack(s->packer, &stored, ret_row, ret_err);
}

static px_status check_tail(pxi_store *s, sqlite3_stmt *stmt, px_err *ret_err)
{
    uint64_t next = 0;
    size_t bytes = 0;
    px_row row;
    int code;

    sqlite3_bind_int64(stmt, 1, s->spine);
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW && bytes < PX_STORE_CHECK_BYTES) {
        PX_TRY(check_row(s, stmt, &row, ret_err));
        if (!s->has_row) {
            s->has_row = true;
            s->seq_last = row.seq_last;
            s->time_last = row.time;
        } else if (row.seq_last + 1 != next) {
            return px_fail_id(ret_err, PX_CORRUPT, "store.journal_hole",
                              "the journal has a hole: positions %llu to %llu are missing",
                              (unsigned long long)row.seq_last + 1, (unsigned long long)next - 1);
        }
        next = row.seq_first;
        bytes += row.body.len;
    }
    return code == SQLITE_ROW || code == SQLITE_DONE ? PX_OK : fail(s, code, ret_err);
}

/* What meta says, and the rows since. */
static px_status sum_bytes(pxi_store *s, sqlite3_stmt *noted, sqlite3_stmt *since, px_err *ret_err)
{
    px_fold fold = { .table = PX_TABLE_META, .key = { PXI_META_JOURNAL_BYTES, s->spine, 0 } };
    int code;
    px_cut cut;

    sqlite3_bind_int64(noted, 1, fold.key.a);
    sqlite3_bind_int64(noted, 2, fold.key.b);
    code = sqlite3_step(noted);
    if (code == SQLITE_ROW) {
        fold.seq = (uint64_t)sqlite3_column_int64(noted, 0);
        if (!pxi_sql_blob(noted, 2, &fold.body))
            return px_no_memory(ret_err);
        if (sqlite3_column_int64(noted, 1) != (int64_t)px_fold_crc32c(&fold))
            return px_fail_id(ret_err, PX_CORRUPT, "store.row",
                              "row (2, %u, 0) of table meta is damaged: its CRC-32C does not match",
                              s->spine);
        cut = px_cut_of(fold.body);
        s->bytes_noted = (int64_t)px_get_u64(&cut);
    } else if (code != SQLITE_DONE) {
        return fail(s, code, ret_err);
    }
    sqlite3_bind_int64(since, 1, s->spine);
    sqlite3_bind_int64(since, 2, (int64_t)fold.seq);
    code = sqlite3_step(since);
    if (code != SQLITE_ROW)
        return fail(s, code, ret_err);
    s->journal_bytes = s->bytes_noted + sqlite3_column_int64(since, 0);
    return PX_OK;
}

static px_status prepare_and_sum(pxi_store *s, sqlite3_stmt **noted, sqlite3_stmt **since,
                                 px_err *ret_err)
{
    PX_TRY(pxi_sql_prepare(s->vfs, s->db,
                           "SELECT seq, crc32c, body FROM meta WHERE a = ?1 AND b = ?2 AND c = 0",
                           noted, ret_err));
    PX_TRY(pxi_sql_prepare(
        s->vfs, s->db,
        "SELECT ifnull(sum(length(body)), 0) FROM journal WHERE spine = ?1 AND seq_first > ?2",
        since, ret_err));
    return sum_bytes(s, *noted, *since, ret_err);
}

px_status pxi_start_journal(pxi_store *s, px_err *ret_err)
{
    sqlite3_stmt *tail = NULL, *noted = NULL, *since = NULL;
    px_status status;

    PX_TRY(pxi_sql_prepare(s->vfs, s->db,
                           "SELECT seq_first, seq_last, epoch, time, format, crc32c, body "
                           "FROM journal WHERE spine = ?1 ORDER BY seq_first DESC",
                           &tail, ret_err));
    status = check_tail(s, tail, ret_err);
    sqlite3_finalize(tail);
    if (status == PX_OK)
        status = prepare_and_sum(s, &noted, &since, ret_err);
    sqlite3_finalize(noted);
    sqlite3_finalize(since);
    return status;
}
