/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An ordered set of 96-bit keys, each with 32 bits beside it: a copy-on-write B+ tree.
 *
 * Three things live in it: the twins of a tenant and of a model (tenant, model, block) with one bit
 * for each of 32 twins; outgoing and incoming relationships (twin, hash of the name, relationship)
 * with the twin at the other end. Nodes of 512 bytes, 31 entries to a leaf; a leaf that is filled
 * at its end splits so that the left half stays full. Empty nodes go; one that has a quarter left
 * joins a neighbour that has room. Threads:
 * reading a tree that does not change from any, the rest the writer.
 */
#ifndef PX_TWIN_INDEX_H
#define PX_TWIN_INDEX_H

#include "twin/cow.h"

typedef struct pxi_entry {
    uint32_t a, b, c; /* the key, in this order */
    uint32_t value;
} pxi_entry;

/* The first entry whose key is not below that of `key`; false at the end. */
bool pxi_index_from(const void *root, pxi_entry key, pxi_entry *ret_entry);
/* The same, and all that follow it in its leaf: walking a run asks the tree once for up to 31
 * entries. NULL at the end. Borrowed while the tree does not change. */
const pxi_entry *pxi_index_run(const void *root, pxi_entry key, uint32_t *ret_count);

/* Many such runs, perhaps of several trees, a level of all of them at a time, so that the waits for
 * memory of all are one. */
enum { PXI_INDEX_SEEKS_MAX = 32 };
typedef struct pxi_index_seek {
    const void *root;
    pxi_entry from;
    const pxi_entry *run; /* set: as above */
    uint32_t count;
} pxi_index_seek;
void pxi_index_runs(pxi_index_seek *seeks, uint32_t count);

/* The entry with exactly this key. */
bool pxi_index_get(const void *root, pxi_entry key, uint32_t *ret_value);

/* Adds the entry or changes its value. False when there is no memory; the tree is whole then. */
bool pxi_index_put(pxi_cow *cow, void **root, pxi_entry entry);
/* Removes the key. False when there is no memory. */
bool pxi_index_remove(pxi_cow *cow, void **root, pxi_entry key);

/* Lets a whole tree go, which the transaction has not changed. False when there is no memory; then
 * only a rollback is left. */
bool pxi_index_drop(pxi_cow *cow, void *root);

void pxi_index_undo(pxi_cow *cow, void *root);

#endif
