/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One commit: the row, the effects, the slices, one sync. The transaction begins with the first
 * thing to write, so a commit of nothing costs nothing. Whatever fails rolls back; only a full disk
 * and a broken rule of the caller leave the store alive.
 */
#include "store/impl.h"

#include "base/limits.h"
#include "store/schema.h"

/* How much of the journal's size may be unknown to a start after a crash, and is summed up then. */
enum { NOTE_BYTES = 64 << 20, NOTE_TRIMMED_BYTES = 1 << 20 };

#define FOLD_STATEMENTS(name)                                                                      \
    {                                                                                              \
        "REPLACE INTO " name " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",                                    \
            "DELETE FROM " name " WHERE a = ?1 AND b = ?2 AND c = ?3",                             \
            "SELECT a, b, c FROM " name " WHERE (a, b, c) >= (?1, ?2, ?3) ORDER BY a, b, c"        \
    }

typedef struct work {
    pxi_store *s;
    bool begun;
    px_err err; /* of a broken rule */
} work;

px_status pxi_store_die(pxi_store *s, px_status status, const px_err *err, px_err *ret_err)
{
    s->fatal = *err;
    s->fatal.status = status;
    s->vfs->dead = true;
    if (ret_err)
        *ret_err = s->fatal;
    px_log_error(s->log, "store.dead", "%s", s->fatal.text);
    return status;
}

static px_status still_dead(const pxi_store *s, px_err *ret_err)
{
    if (ret_err)
        *ret_err = s->fatal;
    return s->fatal.status;
}

/* --- inside the transaction: SQLite's codes --------------------------------------------------- */

static int begin(work *w)
{
    if (w->begun)
        return SQLITE_OK;
    int code = pxi_sql_run(w->s->w.begin);

    w->begun = code == SQLITE_OK;
    return code;
}

static int insert_row(work *w, const px_row_stored *stored)
{
    sqlite3_stmt *stmt = w->s->w.insert_row;
    const px_row *row = &stored->head;
    int code = begin(w);

    if (code != SQLITE_OK)
        return code;
    sqlite3_bind_int64(stmt, 1, row->spine);
    sqlite3_bind_int64(stmt, 2, (int64_t)row->seq_first);
    sqlite3_bind_int64(stmt, 3, (int64_t)row->seq_last);
    sqlite3_bind_int64(stmt, 4, (int64_t)row->epoch);
    sqlite3_bind_int64(stmt, 5, row->time);
    sqlite3_bind_int64(stmt, 6, row->format);
    sqlite3_bind_int64(stmt, 7, stored->crc32c);
    sqlite3_bind_blob(stmt, 8, row->body.ptr ? row->body.ptr : "", (int)row->body.len,
                      SQLITE_STATIC);
    code = pxi_sql_run(stmt);
    if (code == SQLITE_OK)
        w->s->journal_bytes += (int64_t)row->body.len;
    return code;
}

static int64_t now_ns(const work *w)
{
    return w->s->env->monotonic_ns(w->s->env);
}

static int apply_effects(work *w, const px_commit *commit)
{
    int64_t start = now_ns(w);

    for (size_t i = 0; i < commit->effect_count; i++)
        for (size_t j = 0; j < commit->effects[i].count; j++) {
            uint32_t rows;
            int code = begin(w);

            if (code == SQLITE_OK)
                code = pxi_op_apply(w->s, &commit->effects[i].ops[j], 0, &rows, &w->err);
            if (code != SQLITE_OK)
                return code;
        }
    if (commit->effects_us)
        *commit->effects_us = (uint32_t)((now_ns(w) - start) / 1000);
    return SQLITE_OK;
}

/* A range must not outgrow what is left of the slice's rows. */
static void cut_limit(px_op *op, uint32_t left)
{
    if (op->limit == 0 || op->limit > left)
        op->limit = left;
}

static int run_slice(work *w, px_slice *slice, int64_t deadline_ns)
{
    uint32_t rows = 0;
    px_op op;

    for (;;) {
        memset(&op, 0, sizeof(op));
        if (!slice->next(slice->data, rows, &op))
            return SQLITE_OK;
        cut_limit(&op, slice->rows_max - slice->rows_done);
        int code = begin(w);

        if (code == SQLITE_OK)
            code = pxi_op_apply(w->s, &op, deadline_ns, &rows, &w->err);
        if (code != SQLITE_OK)
            return code;
        slice->rows_done += rows > 0 ? rows : 1;
        if (slice->rows_done >= slice->rows_max || now_ns(w) >= deadline_ns)
            break;
    }
    slice->late = true;
    return SQLITE_OK;
}

static int timed_slice(work *w, px_slice *slice, int64_t end_ns, bool first)
{
    int64_t start = now_ns(w), deadline = start + (int64_t)slice->us_max * 1000;
    int code;

    if (slice->rows_max == 0)
        return SQLITE_OK;
    if (start >= end_ns && !first) {
        slice->late = true;
        return SQLITE_OK;
    }
    code = run_slice(w, slice, deadline < end_ns ? deadline : end_ns);
    slice->us_done = (uint32_t)((now_ns(w) - start) / 1000);
    return code;
}

static int run_slices(work *w, const px_commit *commit)
{
    int64_t end_ns = now_ns(w) + INT64_C(1000) * PX_SLICES_US_MAX;
    size_t n = commit->slice_count, turn = n ? w->s->slice_turn++ % n : 0;

    for (size_t i = 0; i < n; i++) {
        px_slice *slice = &commit->slices[(turn + i) % n];

        slice->rows_done = slice->us_done = 0;
        slice->late = false;
    }
    for (size_t i = 0; i < n; i++) {
        int code = timed_slice(w, &commit->slices[(turn + i) % n], end_ns, i == 0);

        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

/* Keeps the sum of the journal's bodies near the truth, at the price of one row now and then. */
static int note_bytes(work *w)
{
    pxi_store *s = w->s;
    int64_t bytes = s->journal_bytes;
    uint8_t body[8];
    px_fold fold = { .table = PX_TABLE_META, .key = { PXI_META_JOURNAL_BYTES, s->spine, 0 } };

    if (!w->begun || (bytes - s->bytes_noted < NOTE_BYTES && s->bytes_trimmed < NOTE_TRIMMED_BYTES))
        return SQLITE_OK;
    s->bytes_noted = bytes;
    s->bytes_trimmed = 0;
    for (int i = 0; i < 8; i++)
        body[i] = (uint8_t)((uint64_t)bytes >> (8 * i));
    fold.seq = s->seq_last;
    fold.body = px_str_of((const char *)body, sizeof(body));
    sqlite3_stmt *stmt = s->w.put[PX_TABLE_META];

    sqlite3_bind_int64(stmt, 1, fold.key.a);
    sqlite3_bind_int64(stmt, 2, fold.key.b);
    sqlite3_bind_int64(stmt, 3, 0);
    sqlite3_bind_int64(stmt, 4, (int64_t)fold.seq);
    sqlite3_bind_int64(stmt, 5, px_fold_crc32c(&fold));
    sqlite3_bind_blob(stmt, 6, body, sizeof(body), SQLITE_TRANSIENT);
    return pxi_sql_run(stmt);
}

/* --- around it -------------------------------------------------------------------------------- */

typedef struct position {
    bool has_row;
    uint64_t seq_last;
    px_time time_last;
    int64_t journal_bytes, bytes_noted, bytes_trimmed;
} position;

static position position_of(const pxi_store *s)
{
    return (position){ s->has_row,       s->seq_last,    s->time_last,
                       s->journal_bytes, s->bytes_noted, s->bytes_trimmed };
}

static void go_back(pxi_store *s, position p)
{
    s->has_row = p.has_row;
    s->seq_last = p.seq_last;
    s->time_last = p.time_last;
    s->journal_bytes = p.journal_bytes;
    s->bytes_noted = p.bytes_noted;
    s->bytes_trimmed = p.bytes_trimmed;
}

static px_status check_row(const pxi_store *s, const px_row *row, px_err *ret_err)
{
    if (row->spine != s->spine)
        return px_fail(ret_err, PX_INVALID, "spine %u is not kept here", row->spine);
    if (row->seq_first == 0 || (s->has_row && row->seq_first != s->seq_last + 1))
        return px_fail(ret_err, PX_INVALID, "a row at position %llu would leave a hole after %llu",
                       (unsigned long long)row->seq_first, (unsigned long long)s->seq_last);
    if (s->has_row && row->time < s->time_last)
        return px_fail(ret_err, PX_INVALID, "a row's time may not be before the last one's");
    return PX_OK;
}

static int write_all(work *w, const px_commit *commit, const px_row_stored *stored)
{
    int code = SQLITE_OK;

    if (commit->row) {
        code = insert_row(w, stored);
        w->s->has_row = true;
        w->s->seq_last = commit->row->seq_last;
        w->s->time_last = commit->row->time;
    }
    if (code == SQLITE_OK)
        code = apply_effects(w, commit);
    if (code == SQLITE_OK)
        code = run_slices(w, commit);
    if (code == SQLITE_OK)
        code = note_bytes(w);
    if (code == SQLITE_OK && w->begun)
        code = pxi_sql_run(w->s->w.commit);
    return code;
}

/* Once while it lasts, and at most once in ten seconds. */
static void tell_full(pxi_store *s)
{
    int64_t now_ns = s->env->monotonic_ns(s->env);

    if (s->full_told || (s->full_told_ns && now_ns - s->full_told_ns < 10 * PX_SECOND))
        return;
    px_log_warn(s->log, "store.full", "the disk is full: reads go on, writes are refused");
    s->full_told = true;
    s->full_told_ns = now_ns;
}

/* The transaction's own failure: SQLite's sentence, or the broken rule's. */
static px_status refuse(work *w, int code, px_err *ret_err)
{
    pxi_store *s = w->s;
    px_err err;
    px_status status = w->err.status;

    if (status != PX_OK)
        err = w->err;
    else
        status = pxi_sql_fail(s->vfs, s->db, code, "the commit failed", &err);
    if (!sqlite3_get_autocommit(s->db) && pxi_sql_run(s->w.rollback) != SQLITE_OK &&
        (status == PX_FULL || w->err.status != PX_OK))
        status = px_fail(&err, PX_IO, "the commit failed, and so did taking it back");
    if (status == PX_FULL && !s->vfs->dead) {
        tell_full(s);
        s->commits_full++;
        s->full = true;
        return px_fail_id(ret_err, PX_FULL, "store.full",
                          "the disk is full: nothing can be written until space is made");
    }
    if (w->err.status != PX_OK && status == w->err.status) {
        if (ret_err)
            *ret_err = err;
        return status;
    }
    return pxi_store_die(s, status == PX_BUSY || status == PX_FULL ? PX_IO : status, &err, ret_err);
}

static px_status finish(work *w, px_err *ret_err)
{
    pxi_store *s = w->s;
    px_err err;

    if (w->begun) {
        if (s->full_told)
            px_log_info(s->log, "store.room", "there is room on the disk again: writes go on");
        s->full_told = false;
        s->commits++;
        s->full = false;
    }
    if (s->vfs->sync_failed) {
        px_fail_id(&err, PX_IO, "store.sync",
                   "a sync of the disk failed, so nothing after it can be trusted");
        return pxi_store_die(s, PX_IO, &err, ret_err);
    }
    px_status status = pxi_checkpoint_after_commit(&s->checkpoint, &err);

    return status == PX_OK ? PX_OK : pxi_store_die(s, status, &err, ret_err);
}

static px_status transact(pxi_store *s, const px_commit *commit, const px_row_stored *stored,
                          px_err *ret_err)
{
    position before = position_of(s);
    work w = { .s = s };
    int code = write_all(&w, commit, stored);

    if (code != SQLITE_OK) {
        go_back(s, before);
        return refuse(&w, code, ret_err);
    }
    return finish(&w, ret_err);
}

px_status pxi_commit(px_store *store, const px_commit *commit, px_err *ret_err)
{
    pxi_store *s = pxi_store_of(store);
    px_row_stored stored;
    px_status status;
    px_err err;

    if (s->fatal.status != PX_OK)
        return still_dead(s, ret_err);
    if (commit->row) {
        PX_TRY(check_row(s, commit->row, ret_err));
        status = px_row_pack(s->packer, commit->row, &stored, &err);
        if (status == PX_NO_MEMORY)
            return pxi_store_die(s, status, &err, ret_err);
        if (status != PX_OK) {
            if (ret_err)
                *ret_err = err;
            return status;
        }
    }
    status = pxi_checkpoint_before_commit(&s->checkpoint, &err);
    if (status != PX_OK)
        return pxi_store_die(s, status, &err, ret_err);
    return transact(s, commit, &stored, ret_err);
}

/* --- statements ------------------------------------------------------------------------------- */

static px_status prepare_folds(pxi_store *s, px_err *ret_err)
{
    static const char *const sql[PX_TABLE_END][3] = {
#define X(name, number, text) [PX_TABLE_##name] = FOLD_STATEMENTS(text),
        PX_TABLE_MAP(X)
#undef X
    };

    for (int t = PX_TABLE_STATE; t < PX_TABLE_END; t++) {
        PX_TRY(pxi_sql_prepare(s->vfs, s->db, sql[t][0], &s->w.put[t], ret_err));
        PX_TRY(pxi_sql_prepare(s->vfs, s->db, sql[t][1], &s->w.remove[t], ret_err));
        PX_TRY(pxi_sql_prepare(s->vfs, s->db, sql[t][2], &s->w.range[t], ret_err));
    }
    return PX_OK;
}

px_status pxi_writer_open(pxi_store *s, px_err *ret_err)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } statements[] = {
        { &s->w.begin, "BEGIN IMMEDIATE" },
        { &s->w.commit, "COMMIT" },
        { &s->w.rollback, "ROLLBACK" },
        { &s->w.insert_row, "INSERT INTO journal VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)" },
        { &s->w.trim_pick, "SELECT seq_first, seq_last, length(body), time FROM journal "
                           "WHERE spine = ?1 ORDER BY seq_first" },
        { &s->w.trim_one, "DELETE FROM journal WHERE spine = ?1 AND seq_first = ?2" },
    };

    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
        PX_TRY(pxi_sql_prepare(s->vfs, s->db, statements[i].sql, statements[i].stmt, ret_err));
    return prepare_folds(s, ret_err);
}

void pxi_writer_close(pxi_store *s)
{
    sqlite3_stmt *stmt;

    while ((stmt = sqlite3_next_stmt(s->db, NULL)) != NULL)
        sqlite3_finalize(stmt);
}
