/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tracked twins as rows. A round writes all that is dirty when it begins, in parts of one effect
 * each, and the last part moves the cursor. A row is true at the position that is folded when it is
 * written, and only written while no change waits to be told: what a machine decided up to there is
 * in the journal, so that who reads the row never has to tell it. A crash between two parts folds
 * some events a second time, and each row says which it has.
 */
#include "freshness/internal.h"

enum { PART_ROWS = 1024, PART_BYTES = 1024 * 1024 };

/* ---- reading ---- */

static px_status load(void *data, const px_fold *fold, px_err *ret_err)
{
    px_fresh *f = data;
    px_fresh_row row;
    px_status status;

    PX_TRY(px_fresh_row_read(fold->body, &row, ret_err));
    status = pxi_fresh_restore(f, fold, &row, ret_err);
    px_fresh_row_release(&row);
    return status;
}

px_status pxi_fresh_load(px_fresh *f, px_err *ret_err)
{
    px_store_reader *reader;
    px_status status;

    PX_TRY(px_store_reader_open(px_engine_store(f->engine), &reader, ret_err));
    status = px_store_scan(reader, PX_TABLE_FRESHNESS, PX_KEY_MIN, PX_KEY_MAX, load, f, ret_err);
    px_store_reader_close(reader);
    return status;
}

/* ---- writing ---- */

/* On the engine's thread. */
static void landed(px_writeback *writeback, px_status status)
{
    px_fresh *f = writeback->data;

    f->flush.landed = status;
    pthread_mutex_lock(&f->wait_lock);
    atomic_store(&f->flush.has_landed, true);
    pthread_cond_broadcast(&f->moved);
    pthread_mutex_unlock(&f->wait_lock);
}

bool pxi_fresh_flush_waits(const px_fresh *f)
{
    return f->flush.is_active && pxi_fresh_waiting(f) > 0;
}

void pxi_fresh_flush_release(px_fresh *f)
{
    PX_VEC_RELEASE(&f->flush.places);
    PX_VEC_RELEASE(&f->flush.gone);
    PX_VEC_RELEASE(&f->flush.ops);
    px_buf_release(&f->flush.bodies);
}

/* False: there is no memory, later. */
static bool begin(px_fresh *f)
{
    px_fresh_flush *flush = &f->flush;

    flush->places.len = flush->at = 0;
    for (size_t i = 0; i < f->twins.len; i++)
        if (f->twins.ptr[i].no && f->twins.ptr[i].is_dirty &&
            !PX_VEC_PUSH(&flush->places, (uint32_t)i))
            return false;
    flush->cursor = f->seq;
    flush->is_active =
        flush->places.len > 0 || flush->gone.len > 0 || flush->cursor > flush->cursor_sent;
    return true;
}

static bool add_gone(px_fresh *f)
{
    px_fresh_flush *flush = &f->flush;

    while (flush->gone.len > 0 && flush->ops.len < PART_ROWS) {
        px_key key = flush->gone.ptr[flush->gone.len - 1];
        px_op op = { .kind = PX_OP_DELETE, .table = PX_TABLE_FRESHNESS, .key = key };

        if (!pxi_fresh_find(f, (uint32_t)key.b) && !PX_VEC_PUSH(&flush->ops, op))
            return false;
        flush->gone.len--;
    }
    return true;
}

/* Lends the lists of the twin for as long as it is written. */
static bool add_row(px_fresh *f, px_fresh_twin *twin)
{
    px_fresh_flush *flush = &f->flush;
    px_fresh_row row = { .model_no = twin->model_no, .state = twin->state, .since = twin->since };
    size_t before = flush->bodies.len;
    px_op op = { .kind = PX_OP_PUT,
                 .table = PX_TABLE_FRESHNESS,
                 .key = { (int64_t)twin->tenant, (int64_t)twin->no, 0 },
                 .seq = f->seq };

    row.items.ptr = twin->items.ptr;
    row.items.len = twin->items.len;
    row.sources.ptr = twin->sources.ptr;
    row.sources.len = twin->sources.len;
    px_put_fresh_row(&flush->bodies, &row);
    op.body.len = flush->bodies.len - before; /* it lies there when all are written */
    if (flush->bodies.status != PX_OK || !PX_VEC_PUSH(&flush->ops, op))
        return false;
    twin->is_dirty = false;
    return true;
}

static bool fill(px_fresh *f)
{
    px_fresh_flush *flush = &f->flush;

    flush->ops.len = 0;
    px_buf_clear(&flush->bodies);
    if (!add_gone(f))
        return false;
    for (; flush->at < flush->places.len && flush->ops.len < PART_ROWS &&
           flush->bodies.len < PART_BYTES;
         flush->at++) {
        px_fresh_twin *twin = &f->twins.ptr[flush->places.ptr[flush->at]];

        if (twin->no && twin->is_dirty && !add_row(f, twin))
            return false;
    }
    return true;
}

static void place_bodies(px_fresh_flush *flush)
{
    const char *at = flush->bodies.ptr;

    PX_VEC_EACH (&flush->ops, op) {
        if (op->kind != PX_OP_PUT)
            continue;
        op->body.ptr = at;
        at += op->body.len;
    }
}

static void send(px_fresh *f)
{
    px_fresh_flush *flush = &f->flush;
    bool is_last = flush->at == flush->places.len && flush->gone.len == 0;

    place_bodies(flush);
    flush->writeback = (px_writeback){ .consumer = PX_CONSUMER_FRESHNESS,
                                       .cursor = is_last ? flush->cursor : 0,
                                       .effect = { "freshness", flush->ops.ptr, flush->ops.len },
                                       .done = landed,
                                       .data = f };
    flush->is_active = !is_last;
    flush->is_flying = true;
    px_engine_writeback(f->engine, &flush->writeback);
}

/* What was not written is folded again by the next start. */
static void land(px_fresh *f)
{
    px_fresh_flush *flush = &f->flush;

    flush->is_flying = false;
    atomic_store(&flush->has_landed, false);
    flush->has_failed = flush->landed != PX_OK;
    if (!flush->has_failed && flush->writeback.cursor) {
        flush->cursor_sent = flush->writeback.cursor;
        atomic_store(&f->cursor, flush->cursor_sent);
    }
}

static bool is_due(px_fresh *f, bool all)
{
    px_fresh_flush *flush = &f->flush;
    int64_t now = f->env->monotonic_ns(f->env);

    if (flush->has_failed || f->seq < f->refold_until || f->seq == 0)
        return false; /* 0: there is no position yet to write */
    if (flush->is_active)
        return true;
    if (!all && now < flush->due_ns)
        return false;
    flush->due_ns = now + PX_FRESHNESS_FLUSH_NS;
    return begin(f) && flush->is_active;
}

bool pxi_fresh_flush(px_fresh *f, bool all)
{
    px_fresh_flush *flush = &f->flush;
    bool is_filled;

    if (flush->is_flying && !atomic_load(&flush->has_landed))
        return false;
    if (flush->is_flying) {
        land(f);
        return true;
    }
    if (!is_due(f, all) || pxi_fresh_waiting(f) > 0 || f->flight.is_flying)
        return false;
    pthread_mutex_lock(&f->lock);
    is_filled = fill(f);
    pthread_mutex_unlock(&f->lock);
    if (!is_filled) { /* no memory: what is filled already is dirty again with the next round */
        PX_VEC_EACH (&flush->places, place)
            f->twins.ptr[*place].is_dirty = true;
        flush->is_active = false;
        return false;
    }
    send(f);
    return true;
}
