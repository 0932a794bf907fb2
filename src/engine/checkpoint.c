/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cursor goes round all keys and writes the dirty ones, a few rows with each commit, paced so
 * that a round takes round_ns. A round that began at position P and ended has stored every change
 * up to P; its last row says so (with the highest numbers given out, which no row may show any
 * more). Only then may the journal be trimmed there. A commit that failed voids the round: what it
 * carried is dirty still.
 */
#include "engine/internal.h"

enum { ROWS_DUE_LEAST = 16, STEPS_PER_ROW_MAX = 8, SLICE_US = 1500 };

void px_checkpoint_init(px_checkpoint *checkpoint, px_engine_state *state, int64_t round_ns)
{
    memset(checkpoint, 0, sizeof(*checkpoint));
    checkpoint->state = state;
    checkpoint->round_ns = round_ns;
}

void px_checkpoint_release(px_checkpoint *checkpoint)
{
    px_dirty_release(&checkpoint->cursor);
    px_buf_release(&checkpoint->body);
}

static bool put_row(px_checkpoint *c, const px_dirty *dirty, px_op *ret_op)
{
    px_buf_clear(&c->body);
    if (!dirty->deleted && dirty->is_rel)
        px_put_rel(&c->body, dirty->rel);
    if (!dirty->deleted && !dirty->is_rel)
        px_put_twin(&c->body, dirty->twin);
    if (c->body.status != PX_OK)
        return false; /* no memory: it stays dirty, and the cursor has passed it */
    *ret_op = (px_op){
        .kind = PX_OP_PUT,
        .table = PX_TABLE_STATE,
        .key = px_state_key(dirty->tenant, dirty->slot,
                            dirty->is_rel ? PX_STATE_RELATIONSHIP : PX_STATE_TWIN, dirty->no),
        .seq = dirty->seq,
        .body = px_buf_str(&c->body),
    };
    c->pulled[c->pulled_count++] = *dirty;
    return true;
}

/* The row that ends a round: its position and the highest numbers given out. */
static bool put_meta(px_checkpoint *c, px_op *ret_op)
{
    px_numbers numbers = px_graph_numbers(c->state->graph);

    px_buf_clear(&c->body);
    px_put_u64(&c->body, c->round_seq);
    px_put_u32(&c->body, numbers.twin_no);
    px_put_u32(&c->body, numbers.rel_no);
    px_put_u32(&c->body, px_registry_number(c->state->registry));
    px_put_u32(&c->body, px_documents_number(c->state->documents));
    if (c->body.status != PX_OK)
        return false;
    *ret_op = (px_op){ .kind = PX_OP_PUT,
                       .table = PX_TABLE_META,
                       .key = { PX_META_CHECKPOINT, 0, 0 },
                       .seq = c->round_seq,
                       .body = px_buf_str(&c->body) };
    c->meta_pulled = true;
    return true;
}

px_status px_checkpoint_load(px_checkpoint *checkpoint, px_str body, px_err *ret_err)
{
    px_cut cut = px_cut_of(body);
    px_numbers numbers;
    uint32_t model_no, document_no;

    checkpoint->done_seq = px_get_u64(&cut);
    numbers.twin_no = px_get_u32(&cut);
    numbers.rel_no = px_get_u32(&cut);
    model_no = px_get_u32(&cut);
    document_no = px_get_u32(&cut);
    if (cut.bad)
        return px_fail(ret_err, PX_CORRUPT, "the checkpoint row of table meta is cut short");
    px_graph_numbers_set(checkpoint->state->graph, numbers);
    px_registry_number_set(checkpoint->state->registry, model_no);
    px_documents_number_set(checkpoint->state->documents, document_no);
    return PX_OK;
}

static bool next(void *data, uint32_t rows_before, px_op *ret_op)
{
    px_checkpoint *c = data;
    px_dirty dirty;

    (void)rows_before;
    if (c->meta_pulled || c->lost || c->pulled_count == PX_CHECKPOINT_ROWS_MAX)
        return false;
    for (int steps = 0; !c->ended && steps < STEPS_PER_ROW_MAX; steps++) {
        switch (px_graph_dirty_next(c->state->graph, &c->cursor, &dirty)) {
        case PX_DIRTY_ROW:
            c->lost = !put_row(c, &dirty, ret_op);
            return !c->lost;
        case PX_DIRTY_PAUSE:
            break;
        case PX_DIRTY_END:
            c->ended = true;
        }
    }
    return c->ended && put_meta(c, ret_op);
}

static uint32_t rows_due(const px_checkpoint *c, int64_t now_ns)
{
    px_graph_stats stats = px_graph_stat(c->state->graph);
    double share = (double)(now_ns - c->last_ns) / (double)c->round_ns;
    double due = (double)(stats.twins + stats.relationships) * share;

    if (due < ROWS_DUE_LEAST)
        return ROWS_DUE_LEAST;
    return due > PX_CHECKPOINT_ROWS_MAX ? PX_CHECKPOINT_ROWS_MAX : (uint32_t)due;
}

bool px_checkpoint_prepare(px_checkpoint *c, int64_t now_ns, bool all, px_slice *ret_slice)
{
    uint64_t published = px_graph_stat(c->state->graph).seq;

    if (!c->active) {
        if (published <= c->done_seq || (!all && now_ns - c->last_ns < c->round_ns / 8))
            return false;
        c->active = true;
        c->round_seq = published;
        px_dirty_restart(&c->cursor);
        c->last_ns = now_ns - c->round_ns / 64;
    }
    c->rows_due = all ? PX_CHECKPOINT_ROWS_MAX : rows_due(c, now_ns);
    c->last_ns = now_ns;
    c->pulled_count = 0;
    c->ended = c->meta_pulled = c->lost = false;
    *ret_slice = (px_slice){ .name = "twins",
                             .next = next,
                             .data = c,
                             .rows_max = c->rows_due,
                             .us_max = all ? 1000000 : SLICE_US };
    return true;
}

void px_checkpoint_settle(px_checkpoint *c, bool committed)
{
    if (!committed) {
        c->active = false;
        px_dirty_restart(&c->cursor);
        c->pulled_count = 0;
        return;
    }
    for (uint32_t i = 0; i < c->pulled_count; i++)
        px_graph_dirty_stored(c->state->graph, &c->pulled[i]);
    c->rows += c->pulled_count;
    c->pulled_count = 0;
    if (c->lost) {
        c->active = false;
        px_dirty_restart(&c->cursor);
    } else if (c->meta_pulled) {
        c->done_seq = c->round_seq;
        c->active = false;
    } else if (c->ended) {
        c->active = false; /* the meta row found no place: the next round says it */
    }
}
