/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree of levels in one array of nodes. A node is found from its parent by the hash of (parent,
 * level text), in one map for the whole tree; its entries (subscriptions) hang in a list, and the
 * one of an owner is found by the hash of (node, owner), however many want the same. A node without
 * entries and children is given back, up to the root.
 *
 * Matching keeps the set of nodes that select the topic so far: for each level, each of them is
 * followed by the level's text and by "+", and gives the entries of its "#". The set never holds
 * more nodes than there are filters that select what was read so far.
 */
#include "mqtt/subs.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"

#define ROOT UINT32_C(0)
#define NIL UINT32_MAX

typedef struct node {
    uint32_t parent;
    uint32_t children;
    uint32_t entries;    /* head of the list, NIL when empty */
    uint32_t plus, hash; /* children of these names, NIL when there are none */
    uint64_t key;        /* under which the map knows it */
    px_str level;        /* owned; NULL in a free node, whose `parent` is the next free one */
} node;

typedef struct entry {
    px_mqtt_sub sub;
    uint32_t node;
    uint32_t next_of_node, prev_of_node;   /* NIL at the ends; of a free entry: the next free one */
    uint32_t next_of_owner, prev_of_owner; /* likewise */
} entry;

typedef struct owner {
    uint64_t id;
    uint32_t entries, count; /* of a free owner `entries` is the next free one */
} owner;

struct px_mqtt_subs {
    PX_VEC(node) nodes;
    PX_VEC(entry) entries;
    PX_VEC(owner) owners;
    uint32_t free_node, free_entry, free_owner;
    px_map by_level, by_owner, by_entry;
    uint32_t per_owner_max, in_all_max, count;
};

px_mqtt_subs *px_mqtt_subs_new(px_mqtt_subs_opts opts)
{
    px_mqtt_subs *subs = px_zalloc(1, sizeof(*subs));
    node root = { .parent = NIL, .entries = NIL, .plus = NIL, .hash = NIL };

    if (!subs)
        return NULL;
    if (!PX_VEC_PUSH(&subs->nodes, root)) {
        px_free(subs);
        return NULL;
    }
    subs->free_node = subs->free_entry = subs->free_owner = NIL;
    subs->per_owner_max = opts.per_owner_max ? opts.per_owner_max : PX_MQTT_SUBSCRIPTIONS_MAX;
    subs->in_all_max = opts.in_all_max ? opts.in_all_max : PX_MQTT_TENANT_SUBSCRIPTIONS_MAX;
    return subs;
}

void px_mqtt_subs_free(px_mqtt_subs *subs)
{
    if (!subs)
        return;
    PX_VEC_EACH (&subs->nodes, each) {
        px_free((void *)(uintptr_t)each->level.ptr);
    }
    PX_VEC_RELEASE(&subs->nodes);
    PX_VEC_RELEASE(&subs->entries);
    PX_VEC_RELEASE(&subs->owners);
    px_map_release(&subs->by_level);
    px_map_release(&subs->by_owner);
    px_map_release(&subs->by_entry);
    px_free(subs);
}

/* ---- levels ---- */

static uint64_t level_key(uint32_t parent, px_str level)
{
    return px_str_hash(level) ^ (parent + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);
}

static uint32_t find_child(const px_mqtt_subs *subs, uint32_t parent, px_str level)
{
    uint64_t key;

    if (subs->nodes.ptr[parent].children == 0)
        return NIL;
    key = level_key(parent, level);
    for (size_t at = px_map_first(&subs->by_level, key); at != PX_MAP_END;
         at = px_map_next(&subs->by_level, key, at)) {
        const node *n = &subs->nodes.ptr[subs->by_level.values[at]];

        if (n->parent == parent && px_str_eq(n->level, level))
            return subs->by_level.values[at];
    }
    return NIL;
}

static uint32_t take_node(px_mqtt_subs *subs)
{
    uint32_t at = subs->free_node;

    if (at != NIL) {
        subs->free_node = subs->nodes.ptr[at].parent;
        return at;
    }
    if (!PX_VEC_PUSH(&subs->nodes, (node){ 0 }))
        return NIL;
    return (uint32_t)(subs->nodes.len - 1);
}

static void give_node(px_mqtt_subs *subs, uint32_t at)
{
    subs->nodes.ptr[at] = (node){ .parent = subs->free_node };
    subs->free_node = at;
}

static void link_wildcard(px_mqtt_subs *subs, uint32_t parent, px_str level, uint32_t child)
{
    if (px_str_eq(level, PX_STR("+")))
        subs->nodes.ptr[parent].plus = child;
    if (px_str_eq(level, PX_STR("#")))
        subs->nodes.ptr[parent].hash = child;
}

static uint32_t add_child(px_mqtt_subs *subs, uint32_t parent, px_str level)
{
    uint64_t key = level_key(parent, level);
    char *copy = px_alloc(level.len);
    uint32_t at = copy ? take_node(subs) : NIL;

    if (at == NIL) {
        px_free(copy);
        return NIL;
    }
    if (!px_map_add(&subs->by_level, key, at)) {
        px_free(copy);
        give_node(subs, at);
        return NIL;
    }
    if (level.len)
        memcpy(copy, level.ptr, level.len);
    subs->nodes.ptr[at] = (node){ .parent = parent,
                                  .entries = NIL,
                                  .plus = NIL,
                                  .hash = NIL,
                                  .key = key,
                                  .level = px_str_of(copy, level.len) };
    subs->nodes.ptr[parent].children++;
    link_wildcard(subs, parent, level, at);
    return at;
}

/* Gives back this node and its parents, as far up as they hold nothing. */
static void prune(px_mqtt_subs *subs, uint32_t at)
{
    while (at != ROOT) {
        node *n = &subs->nodes.ptr[at];
        uint32_t parent = n->parent;

        if (n->children > 0 || n->entries != NIL)
            return;
        link_wildcard(subs, parent, n->level, NIL);
        px_map_remove(&subs->by_level, n->key, at);
        px_free((void *)(uintptr_t)n->level.ptr);
        give_node(subs, at);
        subs->nodes.ptr[parent].children--;
        at = parent;
    }
}

/* The node of a whole filter; with `create`, made if it is missing. NIL: not there, or no memory.
 */
static uint32_t walk(px_mqtt_subs *subs, px_str filter, bool create)
{
    uint32_t at = ROOT;

    for (bool more = true; more;) {
        const char *slash = filter.len ? memchr(filter.ptr, '/', filter.len) : NULL;
        px_str level = px_str_of(filter.ptr, slash ? (size_t)(slash - filter.ptr) : filter.len);
        uint32_t child = find_child(subs, at, level);

        if (child == NIL && create) {
            child = add_child(subs, at, level);
            if (child == NIL)
                prune(subs, at);
        }
        if (child == NIL)
            return NIL;
        at = child;
        more = slash != NULL;
        filter = more ? px_str_skip(filter, level.len + 1) : filter;
    }
    return at;
}

/* ---- owners ---- */

static uint64_t owner_key(uint64_t id)
{
    return px_str_hash(px_str_of((const char *)&id, sizeof(id)));
}

static uint32_t find_owner(const px_mqtt_subs *subs, uint64_t id)
{
    uint64_t key = owner_key(id);

    for (size_t at = px_map_first(&subs->by_owner, key); at != PX_MAP_END;
         at = px_map_next(&subs->by_owner, key, at))
        if (subs->owners.ptr[subs->by_owner.values[at]].id == id)
            return subs->by_owner.values[at];
    return NIL;
}

static uint32_t add_owner(px_mqtt_subs *subs, uint64_t id)
{
    uint32_t at = subs->free_owner;

    if (at != NIL)
        subs->free_owner = subs->owners.ptr[at].entries;
    else if (PX_VEC_PUSH(&subs->owners, (owner){ 0 }))
        at = (uint32_t)(subs->owners.len - 1);
    else
        return NIL;
    subs->owners.ptr[at] = (owner){ .id = id, .entries = NIL };
    if (px_map_add(&subs->by_owner, owner_key(id), at))
        return at;
    subs->owners.ptr[at].entries = subs->free_owner;
    subs->free_owner = at;
    return NIL;
}

static void drop_idle_owner(px_mqtt_subs *subs, uint32_t at)
{
    owner *o = &subs->owners.ptr[at];

    if (o->count > 0)
        return;
    px_map_remove(&subs->by_owner, owner_key(o->id), at);
    o->entries = subs->free_owner;
    subs->free_owner = at;
}

/* ---- entries ---- */

static uint64_t entry_key(uint32_t node_at, uint64_t owner_id)
{
    return owner_key(owner_id) ^ (node_at + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);
}

static uint32_t find_entry(const px_mqtt_subs *subs, uint32_t node_at, uint64_t owner_id)
{
    uint64_t key = entry_key(node_at, owner_id);

    for (size_t at = px_map_first(&subs->by_entry, key); at != PX_MAP_END;
         at = px_map_next(&subs->by_entry, key, at)) {
        const entry *e = &subs->entries.ptr[subs->by_entry.values[at]];

        if (e->node == node_at && e->sub.owner == owner_id)
            return subs->by_entry.values[at];
    }
    return NIL;
}

static uint32_t take_entry(px_mqtt_subs *subs)
{
    uint32_t at = subs->free_entry;

    if (at != NIL) {
        subs->free_entry = subs->entries.ptr[at].next_of_node;
        return at;
    }
    if (!PX_VEC_PUSH(&subs->entries, (entry){ 0 }))
        return NIL;
    return (uint32_t)(subs->entries.len - 1);
}

static void unlink_from_node(px_mqtt_subs *subs, uint32_t at)
{
    entry *e = &subs->entries.ptr[at];

    if (e->prev_of_node != NIL)
        subs->entries.ptr[e->prev_of_node].next_of_node = e->next_of_node;
    else
        subs->nodes.ptr[e->node].entries = e->next_of_node;
    if (e->next_of_node != NIL)
        subs->entries.ptr[e->next_of_node].prev_of_node = e->prev_of_node;
}

static void unlink_from_owner(px_mqtt_subs *subs, uint32_t at, uint32_t owner_at)
{
    entry *e = &subs->entries.ptr[at];

    if (e->prev_of_owner != NIL)
        subs->entries.ptr[e->prev_of_owner].next_of_owner = e->next_of_owner;
    else
        subs->owners.ptr[owner_at].entries = e->next_of_owner;
    if (e->next_of_owner != NIL)
        subs->entries.ptr[e->next_of_owner].prev_of_owner = e->prev_of_owner;
    subs->owners.ptr[owner_at].count--;
}

static void remove_entry(px_mqtt_subs *subs, uint32_t at, uint32_t owner_at)
{
    uint32_t node_at = subs->entries.ptr[at].node;

    unlink_from_node(subs, at);
    unlink_from_owner(subs, at, owner_at);
    px_map_remove(&subs->by_entry, entry_key(node_at, subs->entries.ptr[at].sub.owner), at);
    subs->entries.ptr[at].next_of_node = subs->free_entry;
    subs->free_entry = at;
    subs->count--;
    prune(subs, node_at);
}

/* Room in the map was made before. */
static void link_entry(px_mqtt_subs *subs, uint32_t at, uint32_t node_at, uint32_t owner_at,
                       px_mqtt_sub sub)
{
    node *n = &subs->nodes.ptr[node_at];
    owner *o = &subs->owners.ptr[owner_at];

    subs->entries.ptr[at] = (entry){ .sub = sub,
                                     .node = node_at,
                                     .next_of_node = n->entries,
                                     .prev_of_node = NIL,
                                     .next_of_owner = o->entries,
                                     .prev_of_owner = NIL };
    px_map_add(&subs->by_entry, entry_key(node_at, sub.owner), at);
    if (n->entries != NIL)
        subs->entries.ptr[n->entries].prev_of_node = at;
    if (o->entries != NIL)
        subs->entries.ptr[o->entries].prev_of_owner = at;
    n->entries = at;
    o->entries = at;
    o->count++;
    subs->count++;
}

static px_status check_room(const px_mqtt_subs *subs, uint64_t owner_id, px_err *ret_err)
{
    if (px_mqtt_subs_count_of(subs, owner_id) >= subs->per_owner_max)
        return px_fail_id(
            ret_err, PX_LIMIT, "mqtt.subscriptions",
            "this connection has %u subscriptions already, the most that one may have",
            (unsigned)subs->per_owner_max);
    if (subs->count >= subs->in_all_max)
        return px_fail_id(ret_err, PX_LIMIT, "mqtt.tenant_subscriptions",
                          "the tenant has %u subscriptions already, the most that it may have",
                          (unsigned)subs->in_all_max);
    return PX_OK;
}

px_status px_mqtt_subs_add(px_mqtt_subs *subs, px_str filter, px_mqtt_sub sub, bool *ret_is_new,
                           px_err *ret_err)
{
    uint32_t node_at = walk(subs, filter, false), owner_at, at;

    if (node_at != NIL && (at = find_entry(subs, node_at, sub.owner)) != NIL) {
        subs->entries.ptr[at].sub = sub;
        *ret_is_new = false;
        return PX_OK;
    }
    PX_TRY(check_room(subs, sub.owner, ret_err));
    if (!px_map_reserve(&subs->by_entry, 1))
        return px_no_memory(ret_err);
    owner_at = find_owner(subs, sub.owner);
    if (owner_at == NIL)
        owner_at = add_owner(subs, sub.owner);
    if (owner_at == NIL)
        return px_no_memory(ret_err);
    at = take_entry(subs);
    node_at = at == NIL ? NIL : walk(subs, filter, true);
    if (node_at == NIL) {
        if (at != NIL) {
            subs->entries.ptr[at].next_of_node = subs->free_entry;
            subs->free_entry = at;
        }
        drop_idle_owner(subs, owner_at);
        return px_no_memory(ret_err);
    }
    link_entry(subs, at, node_at, owner_at, sub);
    *ret_is_new = true;
    return PX_OK;
}

bool px_mqtt_subs_remove(px_mqtt_subs *subs, px_str filter, uint64_t owner_id)
{
    uint32_t node_at = walk(subs, filter, false);
    uint32_t at = node_at == NIL ? NIL : find_entry(subs, node_at, owner_id);
    uint32_t owner_at;

    if (at == NIL)
        return false;
    owner_at = find_owner(subs, owner_id);
    remove_entry(subs, at, owner_at);
    drop_idle_owner(subs, owner_at);
    return true;
}

size_t px_mqtt_subs_drop(px_mqtt_subs *subs, uint64_t owner_id)
{
    uint32_t owner_at = find_owner(subs, owner_id);
    size_t count = 0;

    if (owner_at == NIL)
        return 0;
    while (subs->owners.ptr[owner_at].entries != NIL) {
        remove_entry(subs, subs->owners.ptr[owner_at].entries, owner_at);
        count++;
    }
    drop_idle_owner(subs, owner_at);
    return count;
}

/* ---- matching ---- */

typedef PX_VEC(uint32_t) node_set;

/* A match under way. */
typedef struct matching {
    const px_mqtt_subs *subs;
    uint64_t sender;
    px_mqtt_hits *hits;
    node_set sets[2];
} matching;

static bool collect(const matching *m, uint32_t node_at)
{
    if (node_at == NIL)
        return true;
    for (uint32_t at = m->subs->nodes.ptr[node_at].entries; at != NIL;
         at = m->subs->entries.ptr[at].next_of_node) {
        const px_mqtt_sub *sub = &m->subs->entries.ptr[at].sub;

        if (sub->no_local && sub->owner == m->sender)
            continue;
        if (!PX_VEC_PUSH(&m->hits->found, *sub))
            return false;
    }
    return true;
}

/* Follows one level: `from` to `to`. A topic that begins with `$` is hidden from wildcards there.
 */
static bool step(const matching *m, px_str level, bool hidden, const node_set *from, node_set *to)
{
    to->len = 0;
    PX_VEC_EACH (from, at) {
        const node *n = &m->subs->nodes.ptr[*at];
        uint32_t exact = find_child(m->subs, *at, level);

        if (!hidden && !collect(m, n->hash))
            return false;
        if (exact != NIL && !PX_VEC_PUSH(to, exact))
            return false;
        if (!hidden && n->plus != NIL && !PX_VEC_PUSH(to, n->plus))
            return false;
    }
    return true;
}

static bool match(matching *m, px_str topic)
{
    unsigned now = 0;
    bool hidden = topic.len > 0 && topic.ptr[0] == '$';

    if (!PX_VEC_PUSH(&m->sets[0], ROOT))
        return false;
    for (bool more = true; more && m->sets[now].len > 0; now ^= 1) {
        const char *slash = topic.len ? memchr(topic.ptr, '/', topic.len) : NULL;
        px_str level = px_str_of(topic.ptr, slash ? (size_t)(slash - topic.ptr) : topic.len);

        if (!step(m, level, hidden, &m->sets[now], &m->sets[now ^ 1]))
            return false;
        hidden = false;
        more = slash != NULL;
        topic = more ? px_str_skip(topic, level.len + 1) : topic;
    }
    PX_VEC_EACH (&m->sets[now], at) {
        /* "a/#" selects "a" as well */
        if (!collect(m, *at) || !collect(m, m->subs->nodes.ptr[*at].hash))
            return false;
    }
    return true;
}

static int by_owner_id(const void *a, const void *b)
{
    const px_mqtt_sub *x = a, *y = b;

    return x->owner != y->owner ? (x->owner > y->owner) - (x->owner < y->owner)
                                : (x->id > y->id) - (x->id < y->id);
}

static bool add_hit(px_mqtt_hits *hits, const px_mqtt_sub *sub)
{
    px_mqtt_hit *last = hits->list.len ? &hits->list.ptr[hits->list.len - 1] : NULL;

    if (!last || last->owner != sub->owner) {
        px_mqtt_hit fresh = { .owner = sub->owner, .id_at = (uint32_t)hits->ids.len };

        if (!PX_VEC_PUSH(&hits->list, fresh))
            return false;
        last = &hits->list.ptr[hits->list.len - 1];
    }
    last->qos = last->qos > sub->qos ? last->qos : sub->qos;
    last->retain_as_published = last->retain_as_published || sub->retain_as_published;
    if (sub->id == 0)
        return true;
    last->id_count++;
    return PX_VEC_PUSH(&hits->ids, sub->id);
}

/* One entry per owner. */
static bool merge(px_mqtt_hits *hits)
{
    if (hits->found.len > 1)
        qsort(hits->found.ptr, hits->found.len, sizeof(*hits->found.ptr), by_owner_id);
    PX_VEC_EACH (&hits->found, sub)
        if (!add_hit(hits, sub))
            return false;
    return true;
}

px_status px_mqtt_subs_match(const px_mqtt_subs *subs, px_str topic, uint64_t sender,
                             px_mqtt_hits *hits, px_err *ret_err)
{
    matching m = { .subs = subs, .sender = sender, .hits = hits };
    bool ok;

    hits->list.len = hits->ids.len = hits->found.len = 0;
    if (subs->count == 0)
        return PX_OK;
    ok = match(&m, topic) && merge(hits);
    PX_VEC_RELEASE(&m.sets[0]);
    PX_VEC_RELEASE(&m.sets[1]);
    return ok ? PX_OK : px_no_memory(ret_err);
}

void px_mqtt_hits_release(px_mqtt_hits *hits)
{
    PX_VEC_RELEASE(&hits->list);
    PX_VEC_RELEASE(&hits->ids);
    PX_VEC_RELEASE(&hits->found);
}

size_t px_mqtt_subs_count(const px_mqtt_subs *subs)
{
    return subs->count;
}

size_t px_mqtt_subs_count_of(const px_mqtt_subs *subs, uint64_t owner_id)
{
    uint32_t at = find_owner(subs, owner_id);

    return at == NIL ? 0 : subs->owners.ptr[at].count;
}
