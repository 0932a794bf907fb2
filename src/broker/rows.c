/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions and messages as rows (docs/formats/session.md). What changed since the last time goes
 * into one effect with the cursor; where that is too much for one, in several, and only the last of
 * them moves the cursor: a crash between folds some events a second time, and each row says which
 * it has.
 *
 * The order holds for every crash between two of them:
 *
 *   messages             first, for sessions refer to them
 *   ghosts               before the session that goes on without that will
 *   sessions
 *   what is gone         last: messages that are not retained any more, rows to delete. Until all
 *                        sessions are written an older one may have to see the message again that
 *                        was retained when it subscribed
 *
 * A message behind the cursor counts as retained when its event is folded, not before.
 *
 * Messages of a queue that nobody waits for any more when rows are written were never written.
 */
#include "broker/internal.h"

px_status pxi_rows_load(px_broker *b, px_err *ret_err)
{
    px_store_reader *reader;
    px_status status;

    PX_TRY(px_store_reader_open(b->opts.store, &reader, ret_err));
    status = px_store_scan(reader, PX_TABLE_MESSAGE, PX_KEY_MIN, PX_KEY_MAX, pxi_letter_load, b,
                           ret_err);
    if (status == PX_OK)
        status = px_store_scan(reader, PX_TABLE_SESSION, PX_KEY_MIN, PX_KEY_MAX, pxi_session_load,
                               b, ret_err);
    px_store_reader_close(reader);
    if (status == PX_OK)
        pxi_letters_drop_unused(b);
    return status;
}

/* ---- writing ---- */

bool pxi_grave_add(px_broker *b, px_table table, uint32_t tenant, uint64_t no)
{
    px_grave grave = { table, { (int64_t)tenant, (int64_t)no, 0 } };

    return PX_VEC_PUSH(&b->graves, grave);
}

/* On the engine's thread. */
static void saved(px_writeback *writeback, px_status status)
{
    px_save *save = writeback->data;

    if (status != PX_OK)
        atomic_store(&save->has_failed, true);
    else
        atomic_fetch_add_explicit(&save->broker->saved_rows, save->ops.len, memory_order_relaxed);
    atomic_store_explicit(&save->is_flying, false, memory_order_release);
}

static bool has_place(const px_save *save)
{
    return save->ops.len < save->broker->opts.save_rows_max &&
           save->bodies.len < PX_WRITEBACK_BYTES_MAX - PX_FOLD_BYTES_MAX;
}

/* Bodies stand behind each other in one buffer, which may move: `body.len` is told now, the place
 * when all are there. */
static bool add_op(px_save *save, px_op op, size_t body_from)
{
    op.body.len = save->bodies.len - body_from;
    return save->bodies.status == PX_OK && PX_VEC_PUSH(&save->ops, op);
}

/* A message that was retained and is not any more; its row still says so. */
static bool is_let_go(const px_letter *letter)
{
    return letter->is_stored && !letter->is_retained;
}

static bool add_letters(px_broker *b, px_save *save, bool let_go)
{
    if (let_go && b->dirty_sessions > 0)
        return true;

    for (size_t i = 0; i < b->letters.len && b->dirty_letters > 0; i++) {
        px_letter *letter = b->letters.ptr[i];
        size_t from = save->bodies.len;
        px_op op = { .kind = PX_OP_PUT, .table = PX_TABLE_MESSAGE };

        if (!letter || !letter->is_dirty || is_let_go(letter) != let_go)
            continue;
        if (!has_place(save))
            return true;
        op.key = (px_key){ letter->tenant, (int64_t)letter->seq, 0 };
        op.seq = letter->seq;
        px_put_letter_row(&save->bodies, &letter->record, letter->time, letter->is_retained);
        if (!add_op(save, op, from))
            return false;
        letter->is_dirty = false;
        letter->is_stored = true;
        b->dirty_letters--;
    }
    return true;
}

static bool add_sessions(px_broker *b, px_save *save, bool ghosts)
{
    for (size_t i = 0; i < b->sessions.len && b->dirty_sessions > 0; i++) {
        px_session *s = b->sessions.ptr[i];
        size_t from = save->bodies.len;
        px_op op = { .kind = PX_OP_PUT, .table = PX_TABLE_SESSION };

        if (!s || !s->is_dirty || s->is_ghost != ghosts)
            continue;
        if (!has_place(save))
            return true;
        op.key = (px_key){ s->tenant, (int64_t)s->no, 0 };
        op.seq = s->seq;
        pxi_session_put_row(&save->bodies, s);
        if (!add_op(save, op, from))
            return false;
        s->is_dirty = false;
        s->is_stored = true;
        b->dirty_sessions--;
    }
    return true;
}

/* Events that were folded a second time, behind a crash, made it again. */
static bool lives_again(px_broker *b, const px_grave *grave)
{
    uint64_t no = (uint64_t)grave->key.b;

    return grave->table == PX_TABLE_SESSION ? pxi_session_by_no(b, no) != NULL
                                            : pxi_letter_find(b, no) != NULL;
}

static bool add_graves(px_broker *b, px_save *save)
{
    if (b->dirty_sessions + b->dirty_letters > 0)
        return true;
    while (b->graves.len > 0 && has_place(save)) {
        const px_grave *grave = &b->graves.ptr[b->graves.len - 1];
        px_op op = { .kind = PX_OP_DELETE, .table = grave->table, .key = grave->key };

        if (!lives_again(b, grave) && !add_op(save, op, save->bodies.len))
            return false;
        b->graves.len--;
    }
    return true;
}

static void place_bodies(px_save *save)
{
    const char *at = save->bodies.ptr;

    PX_VEC_EACH (&save->ops, op) {
        op->body.ptr = at;
        at += op->body.len;
    }
}

px_status pxi_rows_save(px_broker *b, px_err *ret_err)
{
    px_save *save = &b->save;
    uint64_t position = atomic_load(&b->position);
    bool is_clean;

    if (atomic_load_explicit(&save->is_flying, memory_order_acquire))
        return PX_OK;
    if (atomic_load(&save->has_failed))
        return px_fail(ret_err, PX_IO, "the rows of sessions could not be written");
    if (b->dirty_letters + b->dirty_sessions + b->graves.len == 0 && position == b->saved_position)
        return PX_OK;
    save->ops.len = 0;
    px_buf_clear(&save->bodies);
    if (!add_letters(b, save, false) || !add_sessions(b, save, true) ||
        !add_sessions(b, save, false) || !add_letters(b, save, true) || !add_graves(b, save))
        return px_no_memory(ret_err);
    is_clean = b->dirty_letters + b->dirty_sessions + b->graves.len == 0;
    place_bodies(save);
    save->writeback = (px_writeback){ .consumer = PX_CONSUMER_BROKER,
                                      .cursor = is_clean ? position : 0,
                                      .effect = { "broker", save->ops.ptr, save->ops.len },
                                      .done = saved,
                                      .data = save };
    b->is_saving_all = !is_clean;
    if (is_clean)
        b->saved_position = position;
    atomic_store(&save->is_flying, true);
    px_engine_writeback(b->opts.engine, &save->writeback);
    return PX_OK;
}
