/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the checkpoint still has to write: twins and relationships changed since they were stored.
 *
 * The writer's cursor goes round: deletions first, then twins, then relationships, then deletions
 * that came meanwhile, because what they took away was not given any more. It collects what
 * is dirty by number, and gives what it collected by slot, as the rows stand on disk: neighbours
 * share their pages. It takes published state only, between two transactions or inside one. When
 * the row is durable, px_graph_dirty_stored says so with the seq that the row holds; what changed
 * meanwhile stays dirty. After a round that began at position P has ended, every change up to P is
 * stored: the journal's trim may go there. Threads: the writer only.
 */
#ifndef PX_TWIN_DIRTY_H
#define PX_TWIN_DIRTY_H

#include "twin/graph.h"

typedef struct px_dirty_cursor {
    uint32_t stage; /* zeroed: the beginning of a round */
    uint64_t next;
    uint64_t tombs;                /* deletions are given up to here */
    struct pxi_dirty_batch *batch; /* what it collected; NULL: it has not begun to */
} px_dirty_cursor;

/* A row to write, or with `deleted` to remove. */
typedef struct px_dirty {
    bool is_rel, deleted;
    uint32_t tenant, no;
    uint32_t slot; /* px_graph_id_slot of the twin, of the source for a relationship */
    uint64_t seq;
    const px_twin *twin; /* when it stands */
    const px_rel *rel;
} px_dirty;

typedef enum px_dirty_step {
    PX_DIRTY_ROW,   /* `ret_dirty` is filled */
    PX_DIRTY_PAUSE, /* a step of work without a row, or no memory: go on when there is time */
    PX_DIRTY_END,   /* the round is over; the cursor stands at the beginning again */
} px_dirty_step;

/* Back to the beginning of a round, its memory kept; or given back. */
void px_dirty_restart(px_dirty_cursor *cursor);
void px_dirty_release(px_dirty_cursor *cursor);

px_dirty_step px_graph_dirty_next(px_graph *graph, px_dirty_cursor *cursor, px_dirty *ret_dirty);
/* The row of this seq is durable. `dirty` needs is_rel, deleted, no and seq only. */
void px_graph_dirty_stored(px_graph *graph, const px_dirty *dirty);

/* Mutations of this transaction come from stored rows: they are not dirty. For the start. */
void px_txn_clean(px_txn *txn, bool clean);

#endif
