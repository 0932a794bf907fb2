/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes in one array. A child is found from its parent by the hash of (parent, level), in one map
 * for the whole tree, and hangs in its parent's list for those who want all. A node without a
 * number and children is given back, up to the root.
 */
#include "broker/retained.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"

#define ROOT UINT32_C(0)
#define NIL UINT32_MAX

typedef struct node {
    uint32_t parent, number;
    uint32_t child, next, prev; /* the first child; siblings */
    uint64_t key;
    px_str level; /* owned; of a free node NULL, and `next` is the next free one */
} node;

struct px_retained {
    PX_VEC(node) nodes;
    uint32_t free_node;
    px_map by_level;
    size_t count;
};

px_retained *px_retained_new(void)
{
    px_retained *r = px_zalloc(1, sizeof(*r));
    node root = { .parent = NIL, .number = NIL, .child = NIL, .next = NIL, .prev = NIL };

    if (!r)
        return NULL;
    r->free_node = NIL;
    if (PX_VEC_PUSH(&r->nodes, root))
        return r;
    px_free(r);
    return NULL;
}

void px_retained_free(px_retained *r)
{
    if (!r)
        return;
    PX_VEC_EACH (&r->nodes, n)
        px_free((void *)(uintptr_t)n->level.ptr);
    PX_VEC_RELEASE(&r->nodes);
    px_map_release(&r->by_level);
    px_free(r);
}

static uint64_t level_key(uint32_t parent, px_str level)
{
    return px_str_hash(level) ^ (parent + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);
}

static uint32_t find_child(const px_retained *r, uint32_t parent, px_str level)
{
    uint64_t key = level_key(parent, level);

    for (size_t at = px_map_first(&r->by_level, key); at != PX_MAP_END;
         at = px_map_next(&r->by_level, key, at)) {
        const node *n = &r->nodes.ptr[r->by_level.values[at]];

        if (n->parent == parent && px_str_eq(n->level, level))
            return r->by_level.values[at];
    }
    return NIL;
}

static uint32_t take_node(px_retained *r)
{
    uint32_t at = r->free_node;

    if (at != NIL) {
        r->free_node = r->nodes.ptr[at].next;
        return at;
    }
    return PX_VEC_PUSH(&r->nodes, (node){ 0 }) ? (uint32_t)(r->nodes.len - 1) : NIL;
}

static void give_node(px_retained *r, uint32_t at)
{
    r->nodes.ptr[at] = (node){ .next = r->free_node };
    r->free_node = at;
}

static uint32_t add_child(px_retained *r, uint32_t parent, px_str level)
{
    uint64_t key = level_key(parent, level);
    char *copy = px_alloc(level.len + 1);
    uint32_t at = copy ? take_node(r) : NIL;
    node *n;

    if (at != NIL && !px_map_add(&r->by_level, key, at)) {
        give_node(r, at);
        at = NIL;
    }
    if (at == NIL) {
        px_free(copy);
        return NIL;
    }
    if (level.len)
        memcpy(copy, level.ptr, level.len);
    n = &r->nodes.ptr[at];
    *n = (node){ .parent = parent,
                 .number = NIL,
                 .child = NIL,
                 .next = r->nodes.ptr[parent].child,
                 .prev = NIL,
                 .key = key,
                 .level = px_str_of(copy, level.len) };
    if (n->next != NIL)
        r->nodes.ptr[n->next].prev = at;
    r->nodes.ptr[parent].child = at;
    return at;
}

static void prune(px_retained *r, uint32_t at)
{
    while (at != ROOT) {
        node *n = &r->nodes.ptr[at];
        uint32_t parent = n->parent;

        if (n->number != NIL || n->child != NIL)
            return;
        *(n->prev != NIL ? &r->nodes.ptr[n->prev].next : &r->nodes.ptr[parent].child) = n->next;
        if (n->next != NIL)
            r->nodes.ptr[n->next].prev = n->prev;
        px_map_remove(&r->by_level, n->key, at);
        px_free((void *)(uintptr_t)n->level.ptr);
        give_node(r, at);
        at = parent;
    }
}

/* Cuts the first level off; false after the last one. */
static bool next_level(px_str *rest, px_str *ret_level, bool *more)
{
    const char *slash;

    if (!*more)
        return false;
    slash = rest->len ? memchr(rest->ptr, '/', rest->len) : NULL;
    *ret_level = px_str_of(rest->ptr, slash ? (size_t)(slash - rest->ptr) : rest->len);
    *more = slash != NULL;
    *rest = *more ? px_str_skip(*rest, ret_level->len + 1) : (px_str){ NULL, 0 };
    return true;
}

static uint32_t find(const px_retained *r, px_str topic)
{
    uint32_t at = ROOT;
    bool more = true;
    px_str level;

    while (at != NIL && next_level(&topic, &level, &more))
        at = find_child(r, at, level);
    return at;
}

px_status px_retained_put(px_retained *r, px_str topic, uint32_t number, uint32_t *ret_was,
                          px_err *ret_err)
{
    uint32_t at = ROOT;
    bool more = true;
    px_str level;

    while (next_level(&topic, &level, &more)) {
        uint32_t child = find_child(r, at, level);

        if (child == NIL)
            child = add_child(r, at, level);
        if (child == NIL) {
            prune(r, at);
            return px_no_memory(ret_err);
        }
        at = child;
    }
    *ret_was = r->nodes.ptr[at].number;
    r->count += *ret_was == NIL;
    r->nodes.ptr[at].number = number;
    return PX_OK;
}

uint32_t px_retained_get(const px_retained *r, px_str topic)
{
    uint32_t at = find(r, topic);

    return at == NIL ? NIL : r->nodes.ptr[at].number;
}

uint32_t px_retained_remove(px_retained *r, px_str topic)
{
    uint32_t at = find(r, topic), was;

    if (at == NIL || r->nodes.ptr[at].number == NIL)
        return NIL;
    was = r->nodes.ptr[at].number;
    r->nodes.ptr[at].number = NIL;
    r->count--;
    prune(r, at);
    return was;
}

size_t px_retained_count(const px_retained *r)
{
    return r->count;
}

/* ---- walking ---- */

typedef struct walk {
    const px_retained *r;
    px_retained_each each;
    void *data;
} walk;

static px_status give(const walk *w, uint32_t at, px_err *ret_err)
{
    uint32_t number = w->r->nodes.ptr[at].number;

    return number == NIL ? PX_OK : w->each(w->data, number, ret_err);
}

static bool is_hidden(const walk *w, uint32_t at)
{
    const node *n = &w->r->nodes.ptr[at];

    return n->parent == ROOT && n->level.len > 0 && n->level.ptr[0] == '$';
}

/* The node and all below it. Depth is that of topics, PX_TOPIC_LEVELS_MAX. */
static px_status give_all(const walk *w, uint32_t at, px_err *ret_err)
{
    PX_TRY(give(w, at, ret_err));
    for (uint32_t c = w->r->nodes.ptr[at].child; c != NIL; c = w->r->nodes.ptr[c].next)
        if (!is_hidden(w, c))
            PX_TRY(give_all(w, c, ret_err));
    return PX_OK;
}

static px_status follow(const walk *w, uint32_t at, px_str filter, bool more, px_err *ret_err)
{
    px_str level;
    uint32_t child;

    if (!next_level(&filter, &level, &more))
        return give(w, at, ret_err);
    if (px_str_eq(level, PX_STR("#"))) /* "a/#" selects "a" as well */
        return give_all(w, at, ret_err);
    if (!px_str_eq(level, PX_STR("+"))) {
        child = find_child(w->r, at, level);
        return child == NIL ? PX_OK : follow(w, child, filter, more, ret_err);
    }
    for (child = w->r->nodes.ptr[at].child; child != NIL; child = w->r->nodes.ptr[child].next)
        if (!is_hidden(w, child))
            PX_TRY(follow(w, child, filter, more, ret_err));
    return PX_OK;
}

px_status px_retained_walk(const px_retained *r, px_str filter, px_retained_each each, void *data,
                           px_err *ret_err)
{
    walk w = { r, each, data };

    return follow(&w, ROOT, filter, true, ret_err);
}
