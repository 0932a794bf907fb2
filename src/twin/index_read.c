/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/index_node.h"

/* All of a node at once: a search in one that is far away then waits once and not at each step. */
static void fetch(const void *node)
{
    const char *at = node;

    for (size_t offset = 0; offset < sizeof(pxi_index_leaf); offset += 64)
        __builtin_prefetch(at + offset);
}

/* One step down: the child that would hold the key, and what lies right of the path. */
static const void *child_of(const pxi_index_inner *inner, pxi_key key, const void **right)
{
    uint32_t at = inner_at(inner, key);

    if (at + 1 < count_of(inner))
        *right = inner->child[at + 1];
    return inner->child[at];
}

static const pxi_entry *run_of(const pxi_index_leaf *leaf, pxi_key key, const void *right,
                               uint32_t *ret_count)
{
    uint32_t at = leaf_at(leaf, key);

    if (at == count_of(leaf)) {
        if (!right)
            return NULL;
        while (!is_leaf(right))
            right = ((const pxi_index_inner *)right)->child[0];
        leaf = right;
        at = 0;
    }
    *ret_count = count_of(leaf) - at;
    return &leaf->entry[at];
}

const pxi_entry *pxi_index_run(const void *root, pxi_entry from, uint32_t *ret_count)
{
    const void *node = root, *right = NULL; /* the subtree behind the path */
    pxi_key key = key_of(from);

    if (!node)
        return NULL;
    while (!is_leaf(node)) {
        node = child_of(node, key, &right);
        fetch(node);
    }
    return run_of(node, key, right, ret_count);
}

/* One step down of each whose node is not a leaf. False: there was none. */
static bool step_down(const pxi_index_seek *seeks, uint32_t count, const void **node,
                      const void **right)
{
    bool any = false;

    for (uint32_t i = 0; i < count; i++) {
        if (!node[i] || is_leaf(node[i]))
            continue;
        node[i] = child_of(node[i], key_of(seeks[i].from), &right[i]);
        fetch(node[i]);
        any = true;
    }
    return any;
}

void pxi_index_runs(pxi_index_seek *seeks, uint32_t count)
{
    const void *node[PXI_INDEX_SEEKS_MAX], *right[PXI_INDEX_SEEKS_MAX];

    px_assert(count <= PXI_INDEX_SEEKS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        node[i] = seeks[i].root;
        right[i] = NULL;
    }
    while (step_down(seeks, count, node, right))
        ;
    for (uint32_t i = 0; i < count; i++) {
        seeks[i].count = 0;
        seeks[i].run =
            node[i] ? run_of(node[i], key_of(seeks[i].from), right[i], &seeks[i].count) : NULL;
    }
}

bool pxi_index_from(const void *root, pxi_entry from, pxi_entry *ret_entry)
{
    uint32_t count;
    const pxi_entry *run = pxi_index_run(root, from, &count);

    if (run)
        *ret_entry = *run;
    return run != NULL;
}

bool pxi_index_get(const void *root, pxi_entry key, uint32_t *ret_value)
{
    pxi_entry entry;

    if (!pxi_index_from(root, key, &entry) || compare(key_of(entry), key_of(key)) != 0)
        return false;
    *ret_value = entry.value;
    return true;
}
