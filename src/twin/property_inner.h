/* SPDX-License-Identifier: Apache-2.0 */
/** What the files about property indexes share. Room-internal. */
#ifndef PX_TWIN_PROPERTY_INNER_H
#define PX_TWIN_PROPERTY_INNER_H

#include "twin/inner.h"
#include "twin/property.h"

/* Copied when a transaction changes it first, as all that hangs on the roots. */
struct px_property_index {
    uint64_t head; /* birth << 16 */
    void *root;    /* index.h: the key's high part and the twin; the value is its low part */
    uint64_t entries, bytes;
    uint32_t tenant, no;
    uint32_t built; /* twins up to this number are in it; UINT32_MAX: all */
    px_property_state state;
    uint32_t path_len, model_len;
    char text[]; /* path, model */
};

typedef struct pxi_property_place {
    uint32_t tenant, no;
    px_property_index *index;
} pxi_property_place;

/* All indexes of a state, by tenant and number. */
struct pxi_property_list {
    uint64_t head; /* birth << 16 */
    uint32_t count;
    uint32_t building;
    uint32_t emptying; /* full ones that have their tree still */
    pxi_property_place of[];
};

static inline px_str pxi_property_path(const px_property_index *index)
{
    return px_str_of(index->text, index->path_len);
}

static inline px_str pxi_property_base(const px_property_index *index)
{
    return px_str_of(index->text + index->path_len, index->model_len);
}

/* The place of an index or where it would be. */
uint32_t pxi_property_lower(const pxi_property_list *list, uint32_t tenant, uint32_t no);

/* The transaction's own list, and its own record at a place of it; NULL without memory. */
pxi_property_list *pxi_property_own_list(px_txn *txn);
px_property_index *pxi_property_own(px_txn *txn, uint32_t at);
/* Lets the tree of its own record go, which it has not changed; false without memory. */
bool pxi_property_empty(px_txn *txn, px_property_index *own);

/* For a rollback: what was born in the transaction. */
void pxi_property_undo(px_txn *txn);
/* What there is of them; locked. */
void pxi_property_stat(const pxi_property_list *list, px_graph_stats *stats);
/* True where a commit must not come before px_txn_settle. */
bool pxi_property_is_live(const px_txn *txn);

/* Which fields of a model which indexes are of; what is known of models is forgotten. */
void pxi_property_forget(px_graph *graph);
void pxi_property_release(px_graph *graph);

#endif
