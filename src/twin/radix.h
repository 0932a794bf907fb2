/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Number to record: a copy-on-write tree, 64 ways, 64 records to a leaf.
 *
 * A leaf that no snapshot sees is changed in place, at the commit, by storing a pointer; point
 * readers follow the pointers without a lock. A leaf that a snapshot sees is copied with its path
 * first. `dirty` marks records that the checkpoint has not stored; only the writer touches it.
 * Threads: reading from any, the rest the writer.
 */
#ifndef PX_TWIN_RADIX_H
#define PX_TWIN_RADIX_H

#include "twin/cow.h"

enum { PXI_RADIX_WAYS = 64 };

typedef struct pxi_radix {
    uint64_t head; /* birth << 16 | level; a leaf is of level 0 */
    uint64_t dirty;
    _Atomic(void *) child[PXI_RADIX_WAYS];
} pxi_radix;

static inline uint32_t pxi_radix_level(const pxi_radix *node)
{
    return (uint32_t)(node->head & 0xff);
}

static inline uint64_t pxi_radix_birth(const pxi_radix *node)
{
    return node->head >> 16;
}

static inline void *pxi_radix_child(const pxi_radix *node, uint32_t index)
{
    return atomic_load_explicit(&node->child[index], memory_order_acquire);
}

/* The leaf that would hold the key, or NULL. */
static inline pxi_radix *pxi_radix_leaf(pxi_radix *root, uint32_t key)
{
    pxi_radix *node = root;

    if (!node || (uint64_t)key >> (6 * (pxi_radix_level(node) + 1)))
        return NULL;
    for (uint32_t level = pxi_radix_level(node); node && level > 0; level--)
        node = pxi_radix_child(node, (key >> (6 * level)) & 63);
    return node;
}

static inline void *pxi_radix_get(pxi_radix *root, uint32_t key)
{
    pxi_radix *leaf = pxi_radix_leaf(root, key);

    return leaf ? pxi_radix_child(leaf, key & 63) : NULL;
}

/* The first leaf that holds keys from `key` on, and the first key of that leaf; NULL at the end. */
pxi_radix *pxi_radix_leaf_from(pxi_radix *root, uint64_t key, uint32_t *ret_first);

/* The leaf whose place for `key` may be stored to at the commit: made, or copied with its path
 * where a snapshot sees it. NULL when there is no memory; the tree is whole then, too. */
pxi_radix *pxi_radix_prepare(pxi_cow *cow, pxi_radix **root, uint32_t key);

/* Takes the leaf of `key` out when it is empty, and what becomes empty above it. False when there
 * is no memory. */
bool pxi_radix_prune(pxi_cow *cow, pxi_radix **root, uint32_t key);

/* Frees the nodes born in cow->gen, for a rollback. Records are not touched. */
void pxi_radix_undo(pxi_cow *cow, pxi_radix *root);

#endif
