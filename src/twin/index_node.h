/* SPDX-License-Identifier: Apache-2.0 */
/** The nodes of an index (index.h), for those who read it and those who change it. */
#ifndef PX_TWIN_INDEX_NODE_H
#define PX_TWIN_INDEX_NODE_H

#include "twin/index.h"

enum { LEAF_MAX = 31, INNER_MAX = 20 };

typedef struct pxi_key {
    uint32_t a, b, c;
} pxi_key;

/* Common to both kinds: birth << 16 | count << 1 | leaf. */
typedef struct pxi_index_leaf {
    uint64_t head;
    pxi_entry entry[LEAF_MAX];
} pxi_index_leaf;

typedef struct pxi_index_inner {
    uint64_t head;
    void *child[INNER_MAX];
    pxi_key key[INNER_MAX];
} pxi_index_inner;

static inline uint64_t head_of(const void *node)
{
    return *(const uint64_t *)node;
}

static inline bool is_leaf(const void *node)
{
    return head_of(node) & 1;
}

static inline uint32_t count_of(const void *node)
{
    return (uint32_t)head_of(node) >> 1 & 0x7fff;
}

static inline uint64_t birth_of(const void *node)
{
    return head_of(node) >> 16;
}

static inline void set_count(void *node, uint32_t count)
{
    uint64_t *head = node;

    *head = (*head & ~UINT64_C(0xfffe)) | (uint64_t)count << 1;
}

static inline int compare(pxi_key x, pxi_key y)
{
    if (x.a != y.a)
        return x.a < y.a ? -1 : 1;
    if (x.b != y.b)
        return x.b < y.b ? -1 : 1;
    return x.c < y.c ? -1 : x.c > y.c;
}

static inline pxi_key key_of(pxi_entry entry)
{
    return (pxi_key){ entry.a, entry.b, entry.c };
}

static inline uint64_t high_of(pxi_key key)
{
    return (uint64_t)key.a << 32 | key.b;
}

/* Without a branch, for whether a key in a node is below another is anybody's guess: 1 or 0. */
static inline uint32_t is_below(pxi_key x, pxi_key y)
{
    return (uint32_t)(high_of(x) < high_of(y)) | ((high_of(x) == high_of(y)) & (x.c < y.c));
}

/* Index of the first entry that is not below the key. */
static inline uint32_t leaf_at(const pxi_index_leaf *leaf, pxi_key key)
{
    uint32_t low = 0, left = count_of(leaf);

    while (left > 1) {
        uint32_t half = left / 2;

        low += half & -is_below(key_of(leaf->entry[low + half - 1]), key);
        left -= half;
    }
    return low + (left && is_below(key_of(leaf->entry[low]), key));
}

/* Index of the child that would hold the key: the last one whose bound is not above it. */
static inline uint32_t inner_at(const pxi_index_inner *inner, pxi_key key)
{
    uint32_t low = 0, left = count_of(inner);

    while (left > 1) {
        uint32_t half = left / 2;

        low += half & -(is_below(key, inner->key[low + half]) ^ 1u);
        left -= half;
    }
    return low;
}

#endif
