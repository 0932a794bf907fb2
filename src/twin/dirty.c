/* SPDX-License-Identifier: Apache-2.0 */
/* A leaf marks its changed records with a bit each; deletions stand in a list of their own. */
#include "twin/dirty.h"

#include "base/mem.h"
#include "twin/inner.h"

enum {
    STAGE_TOMBS,
    STAGE_TWINS,
    STAGE_RELS,
    STAGE_LATE_TOMBS,
    BATCH_MAX = 65535, /* its places fit 16 bits, with 0 for none */
    RECORDS_PER_STEP = 512,
    LEAVES_PER_STEP = 512,
    TOMBS_GONE_KEEP = 256,
};

/* Numbers in the order of their slots: a list of places for each slot, ascending. */
typedef struct pxi_dirty_batch {
    uint32_t count;
    uint32_t slot;  /* that is being given */
    uint16_t place; /* of the number to give next, from 1; 0: the slot is over */
    bool is_giving; /* else collecting */
    uint16_t first[PX_ID_SLOTS], last[PX_ID_SLOTS];
    uint32_t no[BATCH_MAX + 1];
    uint16_t next[BATCH_MAX + 1];
} pxi_dirty_batch;

static void batch_clear(pxi_dirty_batch *batch)
{
    batch->count = batch->slot = batch->place = 0;
    batch->is_giving = false;
    memset(batch->first, 0, sizeof(batch->first));
}

static void batch_add(pxi_dirty_batch *batch, uint32_t slot, uint32_t no)
{
    uint16_t place = (uint16_t)++batch->count;

    batch->no[place] = no;
    batch->next[place] = 0;
    if (batch->first[slot])
        batch->next[batch->last[slot]] = place;
    else
        batch->first[slot] = place;
    batch->last[slot] = place;
}

static void batch_give(pxi_dirty_batch *batch)
{
    batch->is_giving = true;
    batch->slot = 0;
    batch->place = batch->first[0];
}

/* The next number in the order of slots; 0: there is none. */
static uint32_t batch_next(pxi_dirty_batch *batch)
{
    uint32_t no;

    while (!batch->place && batch->slot + 1 < PX_ID_SLOTS)
        batch->place = batch->first[++batch->slot];
    if (!batch->place)
        return 0;
    no = batch->no[batch->place];
    batch->place = batch->next[batch->place];
    return no;
}

void px_dirty_restart(px_dirty_cursor *cursor)
{
    cursor->stage = STAGE_TOMBS;
    cursor->next = cursor->tombs = 0;
    if (cursor->batch)
        batch_clear(cursor->batch);
}

void px_dirty_release(px_dirty_cursor *cursor)
{
    px_free(cursor->batch);
    *cursor = (px_dirty_cursor){ 0 };
}

void px_txn_clean(px_txn *txn, bool clean)
{
    txn->clean = clean;
}

static void next_stage(px_dirty_cursor *cursor)
{
    cursor->stage++;
    cursor->next = 0;
}

/* Deletions are named by their place in the whole list since the start. */
static bool next_tomb(px_graph *graph, px_dirty_cursor *cursor, px_dirty *ret_dirty)
{
    if (cursor->tombs < graph->tombs_gone)
        cursor->tombs = graph->tombs_gone;
    while (cursor->tombs - graph->tombs_gone < graph->tombs.len) {
        pxi_tomb *tomb = &graph->tombs.ptr[cursor->tombs++ - graph->tombs_gone];
        pxi_radix *root = tomb->is_rel ? graph->roots.rels : graph->roots.twins;

        if (!tomb->stored && pxi_radix_get(root, tomb->no))
            tomb->stored = true; /* replay made it again: its own row tells */
        if (tomb->stored)
            continue;
        *ret_dirty = (px_dirty){ .is_rel = tomb->is_rel,
                                 .deleted = true,
                                 .tenant = tomb->tenant,
                                 .no = tomb->no,
                                 .slot = tomb->slot,
                                 .seq = tomb->seq };
        return true;
    }
    return false;
}

static px_dirty twin_row(const px_twin *twin)
{
    return (px_dirty){ .tenant = twin->tenant,
                       .no = twin->no,
                       .slot = px_graph_id_slot(twin->tenant, px_twin_id(twin)),
                       .seq = twin->seq,
                       .twin = twin };
}

static px_dirty rel_row(const px_rel *rel)
{
    return (px_dirty){ .is_rel = true,
                       .tenant = rel->tenant,
                       .no = rel->no,
                       .slot = rel->slot,
                       .seq = rel->seq,
                       .rel = rel };
}

static px_dirty row_of(bool is_rel, const void *record)
{
    return is_rel ? rel_row(record) : twin_row(record);
}

/* What is marked in the leaf from the cursor on, as far as there is room. */
static void collect_leaf(px_dirty_cursor *cursor, const pxi_radix *leaf, uint32_t first)
{
    uint64_t marks = leaf->dirty & UINT64_MAX << (cursor->next - first);

    for (; marks && cursor->batch->count < BATCH_MAX; marks &= marks - 1) {
        uint32_t index = (uint32_t)__builtin_ctzll(marks);
        px_dirty row = row_of(cursor->stage == STAGE_RELS, pxi_radix_child(leaf, index));

        batch_add(cursor->batch, row.slot, row.no);
        cursor->next = (uint64_t)first + index + 1;
    }
    if (!marks)
        cursor->next = (uint64_t)first + PXI_RADIX_WAYS;
}

/* A step of collecting: true when the batch is ready to be given. */
static bool collect(px_dirty_cursor *cursor, pxi_radix *root)
{
    uint32_t most = cursor->batch->count + RECORDS_PER_STEP;

    for (uint32_t step = 0; step < LEAVES_PER_STEP && cursor->batch->count < most; step++) {
        uint32_t first;
        const pxi_radix *leaf = pxi_radix_leaf_from(root, cursor->next, &first);

        if (!leaf || cursor->batch->count == BATCH_MAX)
            return true;
        if (cursor->next < first)
            cursor->next = first;
        collect_leaf(cursor, leaf, first);
    }
    return false;
}

/* Those collected that are marked still: one may be gone, or made again and stored. */
static bool give(px_dirty_cursor *cursor, pxi_radix *root, px_dirty *ret_dirty)
{
    uint32_t no;

    while ((no = batch_next(cursor->batch)) != 0) {
        const pxi_radix *leaf = pxi_radix_leaf(root, no);

        if (!leaf || !(leaf->dirty >> (no & 63) & 1))
            continue;
        *ret_dirty = row_of(cursor->stage == STAGE_RELS, pxi_radix_child(leaf, no & 63));
        return true;
    }
    return false;
}

/* The next marked record; PX_DIRTY_END: the stage is over. */
static px_dirty_step next_record(px_graph *graph, px_dirty_cursor *cursor, px_dirty *ret_dirty)
{
    pxi_radix *root = cursor->stage == STAGE_RELS ? graph->roots.rels : graph->roots.twins;

    if (!cursor->batch && !(cursor->batch = px_zalloc(1, sizeof(*cursor->batch))))
        return PX_DIRTY_PAUSE;
    for (;;) {
        if (!cursor->batch->is_giving) {
            if (!collect(cursor, root))
                return PX_DIRTY_PAUSE;
            if (cursor->batch->count == 0)
                return PX_DIRTY_END;
            batch_give(cursor->batch);
        }
        if (give(cursor, root, ret_dirty))
            return PX_DIRTY_ROW;
        batch_clear(cursor->batch);
    }
}

px_dirty_step px_graph_dirty_next(px_graph *graph, px_dirty_cursor *cursor, px_dirty *ret_dirty)
{
    for (; cursor->stage <= STAGE_LATE_TOMBS; next_stage(cursor)) {
        bool of_tombs = cursor->stage == STAGE_TOMBS || cursor->stage == STAGE_LATE_TOMBS;
        px_dirty_step step = PX_DIRTY_END;

        if (!of_tombs)
            step = next_record(graph, cursor, ret_dirty);
        else if (next_tomb(graph, cursor, ret_dirty))
            step = PX_DIRTY_ROW;
        if (step != PX_DIRTY_END)
            return step;
    }
    px_dirty_restart(cursor);
    return PX_DIRTY_END;
}

/* Stored ones are dropped from the front; deletions are stored in about the order they came. */
static void tomb_stored(px_graph *graph, const px_dirty *dirty)
{
    size_t done = 0;

    for (size_t i = 0; i < graph->tombs.len; i++) {
        pxi_tomb *tomb = &graph->tombs.ptr[i];

        if (tomb->stored || tomb->no != dirty->no || tomb->is_rel != dirty->is_rel)
            continue;
        tomb->stored = true;
        break;
    }
    while (done < graph->tombs.len && graph->tombs.ptr[done].stored)
        done++;
    if (done < TOMBS_GONE_KEEP && done < graph->tombs.len)
        return;
    /* Behind the list may stand what an open transaction has noted. */
    memmove(graph->tombs.ptr, graph->tombs.ptr + done,
            (graph->tombs.len - done + (graph->busy ? graph->txn.tomb_count : 0)) *
                sizeof(*graph->tombs.ptr));
    graph->tombs.len -= done;
    graph->tombs_gone += done;
}

void px_graph_dirty_stored(px_graph *graph, const px_dirty *dirty)
{
    pxi_radix *leaf, *root = dirty->is_rel ? graph->roots.rels : graph->roots.twins;
    const void *record;
    uint64_t seq;

    if (dirty->deleted) {
        tomb_stored(graph, dirty);
        return;
    }
    leaf = pxi_radix_leaf(root, dirty->no);
    record = leaf ? pxi_radix_child(leaf, dirty->no & 63) : NULL;
    if (!record)
        return;
    seq = dirty->is_rel ? ((const px_rel *)record)->seq : ((const px_twin *)record)->seq;
    if (seq == dirty->seq)
        leaf->dirty &= ~(UINT64_C(1) << (dirty->no & 63));
}
