/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dead letters: looked at, and moved by an effect of their own. One move at a time, so that no
 * letter is counted twice.
 */
#include "base/limits.h"
#include "outbound/internal.h"

/* ---- list ---- */

typedef struct listing {
    px_dead_letter_each each;
    void *data;
    uint32_t left;
    bool more;
    px_dead_cursor *after;
} listing;

static px_status give(void *data, const px_fold *row, px_err *ret_err)
{
    listing *l = data;
    px_letter letter;

    PX_TRY(px_get_letter(row, &letter, ret_err));
    l->more = l->left == 0;
    if (l->more)
        return PX_INTERRUPTED;
    l->left--;
    *l->after = (px_dead_cursor){ letter.endpoint_no, letter.place };
    return l->each(l->data, &letter, ret_err);
}

/* The endpoint with dead letters that comes next, from `from` on; 0: there is none. */
static uint32_t next_endpoint(px_outbound *o, uint32_t tenant, uint32_t only, uint32_t from)
{
    uint32_t found = 0;

    pthread_mutex_lock(&o->lock);
    PX_VEC_EACH (&o->boxes, at) {
        const px_box *box = *at;

        if (box->tenant == tenant && box->count.dead > 0 && box->endpoint_no >= from &&
            (only == 0 || box->endpoint_no == only) && (found == 0 || box->endpoint_no < found))
            found = box->endpoint_no;
    }
    pthread_mutex_unlock(&o->lock);
    return found;
}

static px_status scan(px_outbound *o, px_store_reader *reader, uint32_t tenant, uint32_t only,
                      listing *l, px_err *ret_err)
{
    px_dead_cursor from = *l->after;
    uint32_t endpoint = next_endpoint(o, tenant, only, from.endpoint_no);

    for (; endpoint; endpoint = next_endpoint(o, tenant, only, endpoint + 1)) {
        uint64_t place = endpoint == from.endpoint_no ? from.place + 1 : 0;

        PX_TRY(px_store_scan(
            reader, PX_TABLE_OUTBOX, px_letter_from(tenant, endpoint, PX_LETTER_DEAD, place),
            px_letter_from(tenant, endpoint, PX_LETTER_DEAD + 1, 0), give, l, ret_err));
    }
    return PX_OK;
}

px_status px_dead_letters_list(px_outbound *o, uint32_t tenant, uint32_t endpoint_no, uint32_t max,
                               px_dead_cursor *after, bool *ret_more, px_dead_letter_each each,
                               void *data, px_err *ret_err)
{
    listing l = { .each = each, .data = data, .left = max, .after = after };
    px_store_reader *reader;
    px_status status;

    PX_TRY(px_store_reader_open(o->opts.store, &reader, ret_err));
    status = scan(o, reader, tenant, endpoint_no, &l, ret_err);
    px_store_reader_close(reader);
    *ret_more = l.more;
    return status == PX_INTERRUPTED && l.more ? PX_OK : status;
}

/* ---- moves ---- */

static void forget_letters(px_desk *desk)
{
    PX_VEC_EACH (&desk->letters, held)
        px_buf_release(&held->row);
    desk->letters.len = 0;
}

static px_status keep(void *data, const px_letter *letter, px_err *ret_err)
{
    px_desk *desk = data;
    px_held held = { .letter = *letter };

    held.letter.died = 0;
    held.letter.tries = 0;
    held.letter.reason = (px_str){ 0 };
    px_put_letter(&held.row, &held.letter);
    held.letter.event.ptr = NULL; /* the list's: only its length is asked again */
    if (held.row.status == PX_OK && PX_VEC_PUSH(&desk->letters, held))
        return PX_OK;
    px_buf_release(&held.row);
    return px_no_memory(ret_err);
}

static void count_moved(px_outbound *o, px_desk *desk)
{
    pthread_mutex_lock(&o->lock);
    PX_VEC_EACH (&desk->letters, held) {
        size_t bytes = held->letter.event.len;

        PX_VEC_EACH (&o->boxes, at) {
            px_box *box = *at;

            if (box->tenant != held->letter.tenant || box->endpoint_no != held->letter.endpoint_no)
                continue;
            box->count.dead -= box->count.dead > 0;
            box->count.dead_bytes -= bytes < box->count.dead_bytes ? bytes : box->count.dead_bytes;
            if (!desk->move->is_replay)
                continue;
            box->count.waiting++;
            box->count.waiting_bytes += bytes;
            box->is_fresh = true;
        }
    }
    pthread_mutex_unlock(&o->lock);
}

static void landed(px_writeback *writeback, px_status status)
{
    px_outbound *o = writeback->data;
    px_desk *desk = &o->desk;
    px_dead_move *move = desk->move;

    if (status == PX_OK)
        count_moved(o, desk);
    else
        move->moved = 0;
    forget_letters(desk);
    atomic_store(&desk->is_busy, false);
    pxi_wake_sender(o);
    move->done(move, status);
}

static px_status add_ops(px_desk *desk, px_err *ret_err)
{
    desk->ops.len = 0;
    if (!PX_VEC_RESERVE(&desk->ops, 2 * desk->letters.len))
        return px_no_memory(ret_err);
    PX_VEC_EACH (&desk->letters, held) {
        const px_letter *letter = &held->letter;

        desk->ops.ptr[desk->ops.len++] = (px_op){ .kind = PX_OP_DELETE,
                                                  .table = PX_TABLE_OUTBOX,
                                                  .key = px_letter_key(letter, PX_LETTER_DEAD) };
        if (desk->move->is_replay)
            desk->ops.ptr[desk->ops.len++] = (px_op){ .kind = PX_OP_PUT,
                                                      .table = PX_TABLE_OUTBOX,
                                                      .key = px_letter_key(letter, PX_LETTER_WAITS),
                                                      .seq = px_letter_seq(letter->place),
                                                      .body = px_buf_str(&held->row) };
    }
    return PX_OK;
}

/* As many as fit into one commit. */
static px_status keep_bounded(void *data, const px_letter *letter, px_err *ret_err)
{
    px_desk *desk = data;
    size_t bytes = 0;

    PX_VEC_EACH (&desk->letters, held)
        bytes += held->row.len;
    if (bytes >= PX_PART_BYTES / 4) {
        desk->move->more = true;
        return PX_INTERRUPTED;
    }
    return keep(data, letter, ret_err);
}

static px_status collect(px_outbound *o, px_dead_move *move, px_err *ret_err)
{
    px_desk *desk = &o->desk;
    px_dead_cursor from = { 0 };
    bool more = false;
    px_status status;

    desk->move = move;
    move->moved = 0;
    move->more = false;
    status = px_dead_letters_list(o, move->tenant, move->endpoint_no, PX_DEAD_LETTERS_AT_ONCE,
                                  &from, &more, keep_bounded, desk, ret_err);
    if (status == PX_INTERRUPTED && move->more)
        status = PX_OK;
    move->more |= more;
    return status == PX_OK ? add_ops(desk, ret_err) : status;
}

px_status px_dead_letters_move(px_outbound *o, px_dead_move *move, px_err *ret_err)
{
    px_desk *desk = &o->desk;
    px_status status;

    if (atomic_exchange(&desk->is_busy, true))
        return px_fail_id(ret_err, PX_BUSY, "deadletters.busy",
                          "dead letters are being moved already; try again");
    status = collect(o, move, ret_err);
    if (status != PX_OK || desk->letters.len == 0) {
        forget_letters(desk);
        atomic_store(&desk->is_busy, false);
        if (status == PX_OK)
            move->done(move, PX_OK);
        return status;
    }
    move->moved = (uint32_t)desk->letters.len;
    desk->writeback = (px_writeback){ .consumer = PX_CONSUMER_OUTBOUND,
                                      .effect = { "dead letters", desk->ops.ptr, desk->ops.len },
                                      .done = landed,
                                      .data = o };
    px_engine_writeback(o->opts.engine, &desk->writeback);
    return PX_OK;
}
