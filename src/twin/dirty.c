/* SPDX-License-Identifier: Apache-2.0 */
/* A leaf marks its changed records with a bit each; deletions stand in a list of their own. */
#include "twin/dirty.h"

#include "twin/inner.h"

enum { STAGE_TOMBS, STAGE_TWINS, STAGE_RELS, LEAVES_PER_STEP = 512, TOMBS_GONE_KEEP = 256 };

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
    if (cursor->next < graph->tombs_gone)
        cursor->next = graph->tombs_gone;
    while (cursor->next - graph->tombs_gone < graph->tombs.len) {
        pxi_tomb *tomb = &graph->tombs.ptr[cursor->next++ - graph->tombs_gone];
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
    next_stage(cursor);
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

/* The next marked record; PX_DIRTY_END: the stage is over. */
static px_dirty_step next_record(px_graph *graph, px_dirty_cursor *cursor, px_dirty *ret_dirty)
{
    bool is_rel = cursor->stage == STAGE_RELS;
    pxi_radix *root = is_rel ? graph->roots.rels : graph->roots.twins;

    for (uint32_t step = 0; step < LEAVES_PER_STEP; step++) {
        uint32_t first, index;
        pxi_radix *leaf = pxi_radix_leaf_from(root, cursor->next, &first);
        uint64_t marks;
        void *record;

        if (!leaf)
            return PX_DIRTY_END;
        if (cursor->next < first)
            cursor->next = first;
        marks = leaf->dirty & UINT64_MAX << (cursor->next - first);
        if (!marks) {
            cursor->next = (uint64_t)first + PXI_RADIX_WAYS;
            continue;
        }
        index = (uint32_t)__builtin_ctzll(marks);
        record = pxi_radix_child(leaf, index);
        cursor->next = (uint64_t)first + index + 1;
        *ret_dirty = is_rel ? rel_row(record) : twin_row(record);
        return PX_DIRTY_ROW;
    }
    return PX_DIRTY_PAUSE;
}

px_dirty_step px_graph_dirty_next(px_graph *graph, px_dirty_cursor *cursor, px_dirty *ret_dirty)
{
    if (cursor->stage == STAGE_TOMBS && next_tomb(graph, cursor, ret_dirty))
        return PX_DIRTY_ROW;
    while (cursor->stage <= STAGE_RELS) {
        px_dirty_step step = next_record(graph, cursor, ret_dirty);

        if (step != PX_DIRTY_END)
            return step;
        next_stage(cursor);
    }
    *cursor = (px_dirty_cursor){ 0 };
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
