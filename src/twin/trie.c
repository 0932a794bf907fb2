/* SPDX-License-Identifier: Apache-2.0 */
/* The path takes four bits of the hash a level, from the lowest; the tag is its top 16 bits. */
#include "twin/trie.h"

enum { WAYS = 16, BITS = 4, LEVELS_MAX = 12, LEAF_SPLIT = 48, LEAF_MAX = 32767 };

/* Common to both kinds: birth << 16 | count << 1 | leaf. */
typedef struct pxi_trie_node {
    uint64_t head;
} pxi_trie_node;

typedef struct pxi_trie_inner {
    uint64_t head;
    void *child[WAYS];
} pxi_trie_inner;

/* `count` numbers, then as many tags. */
typedef struct pxi_trie_leaf {
    uint64_t head;
    uint32_t no[];
} pxi_trie_leaf;

static bool is_leaf(const void *node)
{
    return ((const pxi_trie_node *)node)->head & 1;
}

static uint64_t birth_of(const void *node)
{
    return ((const pxi_trie_node *)node)->head >> 16;
}

static uint32_t count_of(const void *leaf)
{
    return (uint32_t)((const pxi_trie_node *)leaf)->head >> 1 & 0x7fff;
}

static uint16_t tag_of(uint64_t hash)
{
    return (uint16_t)(hash >> 48);
}

static const uint16_t *tags_of(const pxi_trie_leaf *leaf)
{
    return (const uint16_t *)(leaf->no + count_of(leaf));
}

static uint32_t index_of(uint64_t hash, uint32_t level)
{
    return (uint32_t)(hash >> (BITS * level)) & (WAYS - 1);
}

uint32_t pxi_trie_find(const void *root, uint64_t hash, pxi_trie_match *match, const void *data)
{
    const void *node = root;
    const pxi_trie_leaf *leaf;

    for (uint32_t level = 0; node && !is_leaf(node); level++)
        node = ((const pxi_trie_inner *)node)->child[index_of(hash, level)];
    if (!node)
        return 0;
    leaf = node;
    for (uint32_t i = 0, count = count_of(leaf); i < count; i++)
        if (tags_of(leaf)[i] == tag_of(hash) && match(data, leaf->no[i]))
            return leaf->no[i];
    return 0;
}

/* ---- changing ---- */

static pxi_trie_leaf *leaf_new(pxi_cow *cow, uint32_t count)
{
    pxi_trie_leaf *leaf = pxi_slab_alloc(cow->slab, sizeof(*leaf) + (size_t)count * 6);

    if (leaf)
        leaf->head = cow->gen << 16 | (uint64_t)count << 1 | 1;
    return leaf;
}

static pxi_trie_inner *inner_new(pxi_cow *cow)
{
    pxi_trie_inner *inner = pxi_slab_alloc(cow->slab, sizeof(*inner));

    if (!inner)
        return NULL;
    memset(inner, 0, sizeof(*inner));
    inner->head = cow->gen << 16;
    return inner;
}

/* Lets go of a replaced node: a private one is freed, a published one retired. */
static bool let_go(pxi_cow *cow, void *node)
{
    if (birth_of(node) != cow->gen)
        return pxi_cow_retire(cow, node, birth_of(node));
    pxi_slab_free(cow->slab, node);
    return true;
}

/* Puts `fresh` where `*place` was; when that fails `fresh` is freed. */
static bool replace(pxi_cow *cow, void **place, void *fresh)
{
    if (!let_go(cow, *place)) {
        pxi_slab_free(cow->slab, fresh);
        return false;
    }
    *place = fresh;
    return true;
}

static bool own_inner(pxi_cow *cow, void **place)
{
    pxi_trie_inner *copy;

    if (birth_of(*place) == cow->gen)
        return true;
    copy = pxi_slab_alloc(cow->slab, sizeof(*copy));
    if (!copy)
        return false;
    memcpy(copy, *place, sizeof(*copy));
    copy->head = cow->gen << 16;
    return replace(cow, place, copy);
}

static void leaf_set(pxi_trie_leaf *leaf, uint32_t i, uint32_t no, uint16_t tag)
{
    leaf->no[i] = no;
    ((uint16_t *)(leaf->no + count_of(leaf)))[i] = tag;
}

/* A leaf with one more entry in place of `*place`, which may be NULL. */
static bool leaf_add(pxi_cow *cow, void **place, uint64_t hash, uint32_t no)
{
    const pxi_trie_leaf *old = *place;
    uint32_t count = old ? count_of(old) : 0;
    pxi_trie_leaf *leaf = leaf_new(cow, count + 1);

    if (!leaf)
        return false;
    for (uint32_t i = 0; i < count; i++)
        leaf_set(leaf, i, old->no[i], tags_of(old)[i]);
    leaf_set(leaf, count, no, tag_of(hash));
    if (old)
        return replace(cow, place, leaf);
    *place = leaf;
    return true;
}

/* An inner node with the leaf's entries spread over its leaves takes the leaf's place. */
static bool leaf_split(pxi_cow *cow, void **place, uint32_t level, pxi_trie_hash *rehash,
                       const void *data)
{
    const pxi_trie_leaf *old = *place;
    pxi_trie_inner *inner = inner_new(cow);

    if (!inner)
        return false;
    for (uint32_t i = 0, count = count_of(old); i < count; i++) {
        uint64_t hash = rehash(data, old->no[i]);

        if (!leaf_add(cow, &inner->child[index_of(hash, level)], hash, old->no[i])) {
            pxi_trie_undo(cow, inner);
            return false;
        }
    }
    if (!let_go(cow, *place)) {
        pxi_trie_undo(cow, inner);
        return false;
    }
    *place = inner;
    return true;
}

px_status pxi_trie_add(pxi_cow *cow, void **root, uint64_t hash, uint32_t no, pxi_trie_hash *rehash,
                       const void *data)
{
    void **place = root;

    for (uint32_t level = 0; *place; level++) {
        if (is_leaf(*place)) {
            uint32_t count = count_of(*place);

            if (count < LEAF_SPLIT || (level == LEVELS_MAX && count < LEAF_MAX))
                break;
            if (level == LEVELS_MAX)
                return PX_LIMIT;
            if (!leaf_split(cow, place, level, rehash, data))
                return PX_NO_MEMORY;
        }
        if (!own_inner(cow, place))
            return PX_NO_MEMORY;
        place = &((pxi_trie_inner *)*place)->child[index_of(hash, level)];
    }
    return leaf_add(cow, place, hash, no) ? PX_OK : PX_NO_MEMORY;
}

static bool leaf_remove(pxi_cow *cow, void **place, uint32_t no)
{
    const pxi_trie_leaf *old = *place;
    uint32_t count = count_of(old);
    pxi_trie_leaf *leaf;

    if (count == 1) {
        if (!let_go(cow, *place))
            return false;
        *place = NULL;
        return true;
    }
    leaf = leaf_new(cow, count - 1);
    if (!leaf)
        return false;
    for (uint32_t i = 0, to = 0; i < count && to < count - 1; i++)
        if (old->no[i] != no)
            leaf_set(leaf, to++, old->no[i], tags_of(old)[i]);
    return replace(cow, place, leaf);
}

static bool is_empty(const pxi_trie_inner *inner)
{
    for (uint32_t i = 0; i < WAYS; i++)
        if (inner->child[i])
            return false;
    return true;
}

bool pxi_trie_remove(pxi_cow *cow, void **root, uint64_t hash, uint32_t no)
{
    void **path[LEVELS_MAX + 1];
    uint32_t level = 0;

    path[0] = root;
    while (!is_leaf(*path[level])) {
        if (!own_inner(cow, path[level]))
            return false;
        path[level + 1] = &((pxi_trie_inner *)*path[level])->child[index_of(hash, level)];
        level++;
    }
    if (!leaf_remove(cow, path[level], no))
        return false;
    while (level > 0 && !*path[level] && is_empty(*path[level - 1])) {
        pxi_slab_free(cow->slab, *path[--level]);
        *path[level] = NULL;
    }
    return true;
}

static bool is_number(const void *wanted, uint32_t no)
{
    return *(const uint32_t *)wanted == no;
}

bool pxi_trie_forget(pxi_cow *cow, void **root, uint64_t hash, uint32_t no)
{
    return pxi_trie_find(*root, hash, is_number, &no) == 0 || pxi_trie_remove(cow, root, hash, no);
}

void pxi_trie_undo(pxi_cow *cow, void *root)
{
    if (!root || birth_of(root) != cow->gen)
        return;
    if (!is_leaf(root))
        for (uint32_t i = 0; i < WAYS; i++)
            pxi_trie_undo(cow, ((pxi_trie_inner *)root)->child[i]);
    pxi_slab_free(cow->slab, root);
}
