/* SPDX-License-Identifier: Apache-2.0 */
/* On the way down every node is owned, and split when full, so that the parent always has room and
 * every step leaves a whole tree behind. A key in an inner node is a lower bound of its child's. */
#include "twin/index_node.h"

enum { DEPTH_MAX = 16 };

static size_t size_of(const void *node)
{
    return is_leaf(node) ? sizeof(pxi_index_leaf) : sizeof(pxi_index_inner);
}

static void *node_new(pxi_cow *cow, bool leaf)
{
    size_t size = leaf ? sizeof(pxi_index_leaf) : sizeof(pxi_index_inner);
    uint64_t *head = pxi_slab_alloc(cow->slab, size);

    if (head) {
        *head = cow->gen << 16 | leaf;
        cow->node_bytes += (int64_t)size;
    }
    return head;
}

/* Of a node that only the transaction knows. */
static void node_free(pxi_cow *cow, void *node)
{
    cow->node_bytes -= (int64_t)size_of(node);
    pxi_slab_free(cow->slab, node);
}

static bool own(pxi_cow *cow, void **place)
{
    void *old = *place, *copy;

    if (birth_of(old) == cow->gen)
        return true;
    copy = pxi_slab_alloc(cow->slab, size_of(old));
    if (!copy)
        return false;
    if (!pxi_cow_retire(cow, old, birth_of(old))) {
        pxi_slab_free(cow->slab, copy);
        return false;
    }
    memcpy(copy, old, size_of(old));
    *(uint64_t *)copy = cow->gen << 16 | (head_of(old) & 0xffff);
    *place = copy;
    return true;
}

static bool is_full(const void *node)
{
    return count_of(node) == (is_leaf(node) ? LEAF_MAX : INNER_MAX);
}

/* How many entries stay left: about half, or all but one when the new key comes behind them. */
static uint32_t split_at(const void *node, pxi_key key)
{
    uint32_t count = count_of(node);
    pxi_key last = is_leaf(node) ? key_of(((const pxi_index_leaf *)node)->entry[count - 1])
                                 : ((const pxi_index_inner *)node)->key[count - 1];

    return compare(key, last) > 0 ? count - 1 : count / 2;
}

/* Moves the end of the owned `left` to a new node; gives it and the bound between the two. */
static void *split(pxi_cow *cow, void *left, pxi_key key, pxi_key *ret_bound)
{
    uint32_t keep = split_at(left, key), move = count_of(left) - keep;
    void *right = node_new(cow, is_leaf(left));

    if (!right)
        return NULL;
    if (is_leaf(left)) {
        pxi_index_leaf *from = left, *to = right;

        memcpy(to->entry, from->entry + keep, move * sizeof(*to->entry));
        *ret_bound = key_of(to->entry[0]);
    } else {
        pxi_index_inner *from = left, *to = right;

        memcpy(to->key, from->key + keep, move * sizeof(*to->key));
        memcpy(to->child, from->child + keep, move * sizeof(*to->child));
        *ret_bound = to->key[0];
    }
    set_count(right, move);
    set_count(left, keep);
    return right;
}

static void inner_insert(pxi_index_inner *inner, uint32_t at, pxi_key key, void *child)
{
    uint32_t count = count_of(inner);

    memmove(inner->key + at + 1, inner->key + at, (count - at) * sizeof(*inner->key));
    memmove(inner->child + at + 1, inner->child + at, (count - at) * sizeof(*inner->child));
    inner->key[at] = key;
    inner->child[at] = child;
    set_count(inner, count + 1);
}

/* A new root above a full one, so that it can be split like any other. */
static bool grow(pxi_cow *cow, void **root)
{
    pxi_index_inner *top = node_new(cow, false);

    if (!top)
        return false;
    inner_insert(top, 0, (pxi_key){ 0, 0, 0 }, *root);
    *root = top;
    return true;
}

/* The leaf where the key belongs, owned and with room. */
static pxi_index_leaf *leaf_for(pxi_cow *cow, void **root, pxi_key key)
{
    void **place = root;

    if (!*root && !(*root = node_new(cow, true)))
        return NULL;
    if (!own(cow, root) || (is_full(*root) && !grow(cow, root)))
        return NULL;
    while (!is_leaf(*place)) {
        pxi_index_inner *inner = *place;
        uint32_t at = inner_at(inner, key);

        if (!own(cow, &inner->child[at]))
            return NULL;
        if (is_full(inner->child[at])) {
            pxi_key bound;
            void *right = split(cow, inner->child[at], key, &bound);

            if (!right)
                return NULL;
            inner_insert(inner, at + 1, bound, right);
            at += compare(bound, key) <= 0;
        }
        place = &inner->child[at];
    }
    return *place;
}

bool pxi_index_put(pxi_cow *cow, void **root, pxi_entry entry)
{
    pxi_index_leaf *leaf = leaf_for(cow, root, key_of(entry));
    uint32_t at, count;

    if (!leaf)
        return false;
    at = leaf_at(leaf, key_of(entry));
    count = count_of(leaf);
    if (at == count || compare(key_of(leaf->entry[at]), key_of(entry)) != 0) {
        memmove(leaf->entry + at + 1, leaf->entry + at, (count - at) * sizeof(entry));
        set_count(leaf, count + 1);
    }
    leaf->entry[at] = entry;
    return true;
}

static void inner_remove(pxi_index_inner *inner, uint32_t at)
{
    uint32_t count = count_of(inner) - 1;

    memmove(inner->key + at, inner->key + at + 1, (count - at) * sizeof(*inner->key));
    memmove(inner->child + at, inner->child + at + 1, (count - at) * sizeof(*inner->child));
    set_count(inner, count);
}

/* ---- nodes that became empty, or nearly ---- */

/* Moves what the right one of two neighbours has behind what the left one has, which is owned. */
static void join(pxi_index_inner *parent, uint32_t at_right)
{
    void *left = parent->child[at_right - 1], *right = parent->child[at_right];
    uint32_t count = count_of(left), more = count_of(right);

    if (is_leaf(left)) {
        memcpy(((pxi_index_leaf *)left)->entry + count, ((pxi_index_leaf *)right)->entry,
               more * sizeof(pxi_entry));
    } else {
        pxi_index_inner *to = left, *from = right;

        memcpy(to->child + count, from->child, more * sizeof(*to->child));
        memcpy(to->key + count, from->key, more * sizeof(*to->key));
        to->key[count] = parent->key[at_right]; /* its own first one may say too much */
    }
    set_count(left, count + more);
    inner_remove(parent, at_right);
}

/* Joins two neighbours where one has little left and both have room in one node with some to
 * spare. */
static bool join_neighbours(pxi_cow *cow, pxi_index_inner *parent, uint32_t at)
{
    uint32_t right = at ? at : 1, max = is_leaf(parent->child[at]) ? LEAF_MAX : INNER_MAX;
    void *gone;

    if (count_of(parent) < 2 || count_of(parent->child[at]) > max / 4 ||
        count_of(parent->child[right - 1]) + count_of(parent->child[right]) > max * 3 / 4)
        return true;
    gone = parent->child[right];
    if (!own(cow, &parent->child[right - 1]) ||
        (birth_of(gone) != cow->gen && !pxi_cow_retire(cow, gone, birth_of(gone))))
        return false;
    join(parent, right);
    if (birth_of(gone) == cow->gen)
        node_free(cow, gone);
    else
        cow->node_bytes -= (int64_t)size_of(gone);
    return true;
}

/* Takes out owned nodes that became empty, joins those that nearly did, and takes out roots with
 * one child. */
static bool tidy(pxi_cow *cow, void **root, void **path[], uint32_t at[], uint32_t depth)
{
    while (depth > 0 && count_of(*path[depth]) == 0) {
        node_free(cow, *path[depth]);
        depth--;
        inner_remove(*path[depth], at[depth]);
    }
    if (count_of(*root) == 0) {
        node_free(cow, *root);
        *root = NULL;
        return true;
    }
    for (; depth > 0; depth--)
        if (!join_neighbours(cow, *path[depth - 1], at[depth - 1]))
            return false;
    while (!is_leaf(*root) && birth_of(*root) == cow->gen && count_of(*root) == 1) {
        void *top = *root;

        *root = ((pxi_index_inner *)top)->child[0];
        node_free(cow, top);
    }
    return true;
}

bool pxi_index_remove(pxi_cow *cow, void **root, pxi_entry entry)
{
    void **path[DEPTH_MAX];
    uint32_t at[DEPTH_MAX], depth = 0, index, value;
    pxi_index_leaf *leaf;

    if (!pxi_index_get(*root, entry, &value))
        return true;
    path[0] = root;
    while (own(cow, path[depth]) && !is_leaf(*path[depth])) {
        pxi_index_inner *inner = *path[depth];

        at[depth] = inner_at(inner, key_of(entry));
        path[depth + 1] = &inner->child[at[depth]];
        depth++;
    }
    if (birth_of(*path[depth]) != cow->gen)
        return false;
    leaf = *path[depth];
    index = leaf_at(leaf, key_of(entry));
    set_count(leaf, count_of(leaf) - 1);
    memmove(leaf->entry + index, leaf->entry + index + 1, (count_of(leaf) - index) * sizeof(entry));
    return tidy(cow, root, path, at, depth);
}

bool pxi_index_drop(pxi_cow *cow, void *root)
{
    if (!root)
        return true;
    if (!is_leaf(root))
        for (uint32_t i = 0, count = count_of(root); i < count; i++)
            if (!pxi_index_drop(cow, ((pxi_index_inner *)root)->child[i]))
                return false;
    px_assert(birth_of(root) != cow->gen);
    return pxi_cow_retire(cow, root, birth_of(root));
}

void pxi_index_undo(pxi_cow *cow, void *root)
{
    if (!root || birth_of(root) != cow->gen)
        return;
    if (!is_leaf(root))
        for (uint32_t i = 0, count = count_of(root); i < count; i++)
            pxi_index_undo(cow, ((pxi_index_inner *)root)->child[i]);
    pxi_slab_free(cow->slab, root);
}
