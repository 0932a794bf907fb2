/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Property indexes: which twins of a tenant have which value at a path, sorted.
 *
 * An index is of one path, `speed` or `motor.speed`, and of all twins of the tenant whose model has
 * a property there, or of those of one model and all that extend it. Its tree hangs on the graph's
 * roots like all others: a snapshot and a branch see the entries of their own state and no other,
 * and what the writer changes is published with the twins, in the same commit. So it never lags.
 *
 *     px_graph_property_put(txn, tenant, no, path, model, err)     begins empty
 *     … mutations …
 *     px_txn_settle(txn, registry, err)     last: changed twins, and a step of those that are built
 *     px_graph_commit(txn)
 *
 * While it is built it has the twins up to a number, and nobody reads it. When its tenant's indexes
 * would pass their bytes it becomes full: it is emptied, and not used until it is put again.
 *
 * The numbers are the caller's, of their documents. Threads: what takes a transaction, the writer;
 * the rest as view.h.
 */
#ifndef PX_TWIN_PROPERTY_H
#define PX_TWIN_PROPERTY_H

#include "twin/graph.h"
#include "twin/property_key.h"
#include "twin/registry.h"

typedef enum px_property_state {
    PX_PROPERTY_BUILDING,
    PX_PROPERTY_READY,
    PX_PROPERTY_FULL,
} px_property_state;

/* One index, borrowed from a view. */
typedef struct px_property_index px_property_index;

typedef struct px_property_info {
    uint32_t no;
    px_property_state state;
    px_str path, model; /* model empty: all that have the path */
    uint64_t entries, bytes;
} px_property_info;

/* ---- the writer ---- */

/**
 * Adds an index, or begins it anew when it is of something else now, or full.
 *
 * @param path, model  copied; model empty: of all models that have the path
 *
 * How many a tenant has is the caller's to judge: px_view_property_count.
 * Errors: PX_NO_MEMORY; then only a rollback is left.
 */
PX_NODISCARD px_status px_graph_property_put(px_txn *txn, uint32_t tenant, uint32_t no, px_str path,
                                             px_str model, px_err *ret_err);
/* PX_OK also when there is none. Errors: PX_NO_MEMORY, as above. */
PX_NODISCARD px_status px_graph_property_drop(px_txn *txn, uint32_t tenant, uint32_t no,
                                              px_err *ret_err);

/**
 * Brings the indexes in step with all that the transaction changed, and builds a step of those that
 * are not ready. The last thing before the commit, which asserts it where there are any indexes; no
 * mutation may follow. Recovery, which leaves them all unbuilt, need not.
 *
 * Cost:    nothing without indexes; else a look at each changed twin, and two ways down the tree
 * for each value that changed.
 * Errors:  PX_NO_MEMORY; then only a rollback is left.
 */
PX_NODISCARD px_status px_txn_settle(px_txn *txn, const px_registry *registry, px_err *ret_err);

/* True when an index became full in this transaction, which is settled. */
bool px_txn_fills_property(const px_txn *txn);
/* True while an index waits for transactions to build it. The writer. */
bool px_graph_is_building(const px_graph *graph);

/* ---- reading: a snapshot's view; a transaction's, before anything changed or for counts ---- */

uint32_t px_view_property_count(const px_view *view, uint32_t tenant);
/* Indexes of the server, all tenants together. */
uint32_t px_view_property_count_all(const px_view *view);
/* The tenant's indexes by their number, `at` from 0; NULL at the end. */
const px_property_index *px_view_property(const px_view *view, uint32_t tenant, uint32_t at);
px_property_info px_property_tell(const px_property_index *index);

/**
 * The twins whose values may lie in a range, in the order of keys, then those that cannot be told.
 *
 *     px_property_walk at = px_property_walk_of(view, index, &range);
 *     for (px_property_hit hit; px_property_next(&at, &hit);)
 *         hit.is_sure || … look at the twin hit.no …
 *
 * With `counts_sure` twins that are sure are not given one by one: hit.sure says how many came in a
 * row, a leaf at a time.
 */
typedef struct px_property_hit {
    uint32_t no;   /* 0: `sure` of them */
    uint32_t sure; /* 1 for a single one that need not be looked at */
} px_property_hit;

typedef struct px_property_walk {
    const px_view *view;
    const void *root, *run;
    px_property_range range;
    uint32_t run_left;
    uint32_t high, middle, no; /* where it goes on */
    bool counts_sure, is_open, done;
} px_property_walk;

px_property_walk px_property_walk_of(const px_view *view, const px_property_index *index,
                                     const px_property_range *range);
bool px_property_next(px_property_walk *at, px_property_hit *ret_hit);

/* How many twins may be meant, counted until there are more than `most`. */
uint64_t px_property_count(const px_view *view, const px_property_index *index,
                           const px_property_range *range, uint64_t most);

#endif
