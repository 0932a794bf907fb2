/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A branch: what if. It keeps its base snapshot alive and owns exactly what it copied.
 *
 * px_branch_graph gives a px_graph that takes the same transactions, reads and snapshots as the
 * live one and never touches it. Numbers given out in a branch mean nothing outside it. Threads:
 * one writer of its own, on any thread; readers as for any graph.
 */
#ifndef PX_TWIN_BRANCH_H
#define PX_TWIN_BRANCH_H

#include "twin/graph.h"

typedef struct px_branch px_branch;

/* Takes a snapshot of `graph` as base. While a transaction is open it waits for its end, so the
 * writer must not ask then. */
PX_NODISCARD px_status px_graph_branch(px_graph *graph, px_branch **ret_branch, px_err *ret_err);
/* Gives all memory back and lets the base go. NULL is fine. */
void px_branch_free(px_branch *branch);

px_graph *px_branch_graph(px_branch *branch);
const px_snapshot *px_branch_base(const px_branch *branch);
/* PX_STALE when the live graph had to end the base: the branch can only be dropped. */
PX_NODISCARD px_status px_branch_status(const px_branch *branch, px_err *ret_err);

/* PX_LIMIT (branch.size) when it holds all the memory that it may: nothing more is changed in it.
 */
PX_NODISCARD px_status px_branch_room(px_branch *branch, px_err *ret_err);
/* Another limit than PX_BRANCH_BYTES_MAX. */
void px_branch_bytes_max_set(px_branch *branch, uint64_t bytes);

/* What differs from the base. One side is NULL: created or deleted in the branch. */
typedef struct px_difference {
    const px_twin *twin_before, *twin_after;
    const px_rel *rel_before, *rel_after;
} px_difference;

/**
 * Calls `visit` for each twin, then each relationship that differs, by number; cost goes with the
 * nodes that the branch copied, not with the graph. Stops at the first status that is not PX_OK and
 * gives it back. No transaction may be open in the branch.
 */
px_status px_branch_diff(px_branch *branch,
                         px_status (*visit)(void *data, const px_difference *difference),
                         void *data);

#endif
