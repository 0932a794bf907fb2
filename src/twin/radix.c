/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/radix.h"

static pxi_radix *node_new(pxi_cow *cow, uint32_t level)
{
    pxi_radix *node = pxi_slab_alloc(cow->slab, sizeof(*node));

    if (!node)
        return NULL;
    memset(node, 0, sizeof(*node));
    node->head = cow->gen << 16 | level;
    return node;
}

static void put(pxi_radix *node, uint32_t index, void *child)
{
    atomic_store_explicit(&node->child[index], child, memory_order_relaxed);
}

/* The node itself when it was born in this transaction, else its copy, with the old one retired. */
static pxi_radix *own(pxi_cow *cow, pxi_radix *node)
{
    pxi_radix *copy;

    if (pxi_radix_birth(node) == cow->gen)
        return node;
    copy = pxi_slab_alloc(cow->slab, sizeof(*copy));
    if (!copy)
        return NULL;
    if (!pxi_cow_retire(cow, node, pxi_radix_birth(node))) {
        pxi_slab_free(cow->slab, copy);
        return NULL;
    }
    memcpy(copy->child, node->child, sizeof(copy->child));
    copy->head = cow->gen << 16 | pxi_radix_level(node);
    /* A branch has no checkpoint, and the mark of a base's leaf is the live writer's. */
    copy->dirty = pxi_radix_birth(node) > cow->base ? node->dirty : 0;
    return copy;
}

/* More levels at the top until the key fits. */
static bool grow(pxi_cow *cow, pxi_radix **root, uint32_t key)
{
    if (!*root && !(*root = node_new(cow, 0)))
        return false;
    while ((uint64_t)key >> (6 * (pxi_radix_level(*root) + 1))) {
        pxi_radix *top = node_new(cow, pxi_radix_level(*root) + 1);

        if (!top)
            return false;
        put(top, 0, *root);
        *root = top;
    }
    return true;
}

static pxi_radix *own_path(pxi_cow *cow, pxi_radix **root, uint32_t key)
{
    pxi_radix *node = own(cow, *root);

    if (!node)
        return NULL;
    *root = node;
    for (uint32_t level = pxi_radix_level(node); level > 0; level--) {
        uint32_t index = (key >> (6 * level)) & 63;
        pxi_radix *child = pxi_radix_child(node, index);

        child = child ? own(cow, child) : node_new(cow, level - 1);
        if (!child)
            return NULL;
        put(node, index, child);
        node = child;
    }
    return node;
}

pxi_radix *pxi_radix_prepare(pxi_cow *cow, pxi_radix **root, uint32_t key)
{
    pxi_radix *leaf = pxi_radix_leaf(*root, key);

    if (leaf && pxi_radix_birth(leaf) > cow->shared)
        return leaf;
    if (!grow(cow, root, key))
        return NULL;
    return own_path(cow, root, key);
}

static bool is_empty(const pxi_radix *node)
{
    for (uint32_t i = 0; i < PXI_RADIX_WAYS; i++)
        if (pxi_radix_child(node, i))
            return false;
    return true;
}

bool pxi_radix_prune(pxi_cow *cow, pxi_radix **root, uint32_t key)
{
    pxi_radix *path[8];
    uint32_t levels;
    pxi_radix *leaf = pxi_radix_leaf(*root, key);

    if (!leaf || !is_empty(leaf))
        return true;
    if (!own_path(cow, root, key))
        return false;
    levels = pxi_radix_level(*root);
    path[levels] = *root;
    for (uint32_t level = levels; level > 0; level--)
        path[level - 1] = pxi_radix_child(path[level], (key >> (6 * level)) & 63);
    for (uint32_t level = 0; level < levels && is_empty(path[level]); level++) {
        put(path[level + 1], (key >> (6 * (level + 1))) & 63, NULL);
        pxi_slab_free(cow->slab, path[level]);
    }
    if (is_empty(*root)) {
        pxi_slab_free(cow->slab, *root);
        *root = NULL;
    }
    return true;
}

void pxi_radix_undo(pxi_cow *cow, pxi_radix *root)
{
    if (!root || pxi_radix_birth(root) != cow->gen)
        return;
    if (pxi_radix_level(root) > 0)
        for (uint32_t i = 0; i < PXI_RADIX_WAYS; i++)
            pxi_radix_undo(cow, pxi_radix_child(root, i));
    pxi_slab_free(cow->slab, root);
}

static uint64_t span(uint32_t level)
{
    return UINT64_C(1) << (6 * (level + 1));
}

pxi_radix *pxi_radix_leaf_from(pxi_radix *root, uint64_t key, uint32_t *ret_first)
{
    while (root && key < span(pxi_radix_level(root))) {
        pxi_radix *node = root;
        uint32_t level = pxi_radix_level(root);

        while (node && level > 0) {
            node = pxi_radix_child(node, (uint32_t)(key >> (6 * level)) & 63);
            level--;
        }
        if (node) {
            *ret_first = (uint32_t)(key & ~UINT64_C(63));
            return node;
        }
        key = (key / span(level) + 1) * span(level); /* behind the gap */
    }
    return NULL;
}
