/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The inside of a graph, shared by the files of this room and by nobody else.
 */
#ifndef PX_TWIN_INNER_H
#define PX_TWIN_INNER_H

#include <pthread.h>

#include "base/map.h"
#include "twin/edge_names.h"
#include "twin/graph.h"
#include "twin/index.h"
#include "twin/order.h"
#include "twin/radix.h"
#include "twin/readers.h"
#include "twin/touch.h"
#include "twin/trie.h"

/* The property indexes, property_inner.h. */
typedef struct pxi_property_list pxi_property_list;

/* One state of everything. */
typedef struct pxi_roots {
    pxi_radix *twins, *rels;       /* by number */
    void *ids, *rel_ids;           /* tries: by hash of (tenant, id), of (source, id) */
    void *sets, *out, *in;         /* indexes, index.h */
    pxi_property_list *properties; /* NULL: none */
    uint64_t twin_count, rel_count, seq;
    px_numbers numbers;
} pxi_roots;

struct px_view {
    const pxi_roots *roots;
    px_txn *txn;                 /* NULL: a snapshot's */
    const px_snapshot *snapshot; /* NULL: a transaction's */
};

struct px_txn {
    px_graph *graph;
    pxi_cow cow;
    pxi_roots roots;
    px_view view;
    pxi_touches twins, rels;
    px_snapshot *holder; /* the newest live snapshot: gets what it still sees */
    uint64_t seq;
    px_time time;
    bool clean;   /* mutations come from stored rows */
    bool broken;  /* memory ended in the middle of a mutation: only a rollback is left */
    bool settled; /* the property indexes know of all that it changed */
    uint32_t tomb_count, prune_count; /* noted behind the graph's lists */
    uint32_t pruned;                  /* of the graph's list, done by this transaction */
};

struct px_snapshot {
    px_graph *graph;
    px_view view;
    pxi_roots roots;
    uint64_t gen;   /* sees what was born in it or before */
    uint64_t epoch; /* when its end was noticed by the writer; 0: not yet */
    uint32_t refs;
    bool granted;
    bool early;         /* given while a transaction was open that has changed leaves in place */
    _Atomic bool ended; /* by the limit of bytes */
    /* Early ones: the records that this transaction replaced in leaves the snapshot sees. */
    _Atomic bool overlaid;
    pxi_touches over_twins, over_rels;
    px_snapshot *older, *newer;
    pxi_dead_list dead; /* what died since the next older one and is seen by this one */
    uint64_t dead_bytes;
};

/* A deletion that the checkpoint has not stored. */
typedef struct pxi_tomb {
    bool is_rel, stored;
    uint32_t tenant, no, slot;
    uint64_t seq;
} pxi_tomb;

/* A field of a model that a property index is of. */
typedef struct pxi_property_field {
    uint32_t at; /* of the list of indexes */
    uint32_t field;
    bool is_open; /* the path leads into the field, where nothing can be told */
} pxi_property_field;

/* What is known of one model: its part of the list of fields. */
typedef struct pxi_property_model {
    uint32_t model_no, first, count;
} pxi_property_model;

/* A number whose leaf may have become empty. */
typedef struct pxi_prune {
    bool is_rel;
    uint32_t no;
} pxi_prune;

struct px_graph {
    pxi_slab slab;
    uint64_t gen, base;
    bool is_branch;
    bool loading;          /* rows are put in, and no twin is in its sets yet */
    pxi_edge_names *names; /* shared with branches */
    px_txn txn;

    /* Guards gen, roots (the writer reads both without), busy, and the list of snapshots. */
    pthread_mutex_t lock;
    pthread_cond_t granted;
    pxi_roots roots;
    bool busy;            /* a transaction is open */
    bool closing;         /* its commit is storing */
    px_snapshot *early;   /* given while it was open */
    px_snapshot *pending; /* asked while neither could be given */
    px_snapshot *current; /* of exactly the published state, and held by someone */
    px_snapshot *oldest, *newest;
    uint64_t snapshot_bytes, snapshot_bytes_max, snapshots_ended;

    /* For point readers. */
    pxi_readers readers;
    _Atomic uint64_t version; /* odd while a commit stores */
    _Atomic(pxi_radix *) twins;
    _Atomic(void *) ids;

    /* The writer's. */
    pxi_dead_list grace; /* waits for point readers */
    PX_VEC(pxi_tomb) tombs;
    uint64_t tombs_gone; /* taken off the front so far */
    PX_VEC(pxi_prune) prunes;
    uint64_t property_bytes_max; /* of one tenant's property indexes */
    px_map property_by_model;    /* tenant and model to place in the next */
    PX_VEC(pxi_property_model) property_models;
    PX_VEC(pxi_property_field) property_fields;
};

/* Memory ended in the middle: the transaction can only be rolled back. */
px_status pxi_txn_broken(px_txn *txn, px_err *ret_err);

/* Puts a private record (NULL: none) in the place of the number's present one, in one of
 * (txn->twins, roots.twins) and (txn->rels, roots.rels). On failure `fresh` is freed and nothing
 * changed. */
bool pxi_txn_swap(px_txn *txn, bool is_rel, uint32_t no, void *fresh);
/* What the transaction sees under the number. */
void *pxi_txn_record(px_txn *txn, bool is_rel, uint32_t no);
bool pxi_txn_tomb(px_txn *txn, pxi_tomb tomb);

/* snapshot.c */
void pxi_snapshots_begin(px_txn *txn);
/* Before the commit stores: no more early ones; the one there is takes over the touched records. */
px_snapshot *pxi_snapshots_close(px_txn *txn);
void pxi_snapshots_end(px_txn *txn, bool commit);
bool pxi_snapshots_drain(px_graph *graph, uint32_t blocks_max);
void pxi_snapshot_free(px_snapshot *snapshot);
/* One that is not early: a base for a branch, which knows no overlay. May wait for the commit. */
px_status pxi_snapshot_settled(px_graph *graph, px_snapshot **ret_snapshot, px_err *ret_err);

/* graph.c: a graph that begins where `base` is (NULL: empty). */
px_status pxi_graph_new(const px_graph_opts *opts, const px_snapshot *base, px_graph **ret_graph,
                        px_err *ret_err);

/* mutate.c: what recovery shares with the mutations. */
px_status pxi_twin_place(px_txn *txn, px_twin *fresh, px_err *ret_err);
px_status pxi_rel_place(px_txn *txn, px_rel *fresh, px_err *ret_err);

/* view.c */
const px_twin *pxi_view_twin(const px_view *view, uint32_t twin_no);
const px_rel *pxi_view_rel(const px_view *view, uint32_t rel_no);

/* Finding by id: what the trie verifies with. */
typedef struct pxi_wanted {
    const px_view *view; /* NULL: point read in `twins` */
    pxi_radix *twins;
    uint32_t owner; /* tenant of a twin, source of a relationship */
    px_str id;
} pxi_wanted;
bool pxi_twin_matches(const void *wanted, uint32_t no);
bool pxi_rel_matches(const void *wanted, uint32_t no);

#endif
