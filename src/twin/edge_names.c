/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/edge_names.h"

#include "base/limits.h"

pxi_edge_names *pxi_edge_names_new(void)
{
    pxi_edge_names *names = px_zalloc(1, sizeof(*names));

    if (!names)
        return NULL;
    pthread_mutex_init(&names->lock, NULL);
    names->refs = 1;
    return names;
}

pxi_edge_names *pxi_edge_names_hold(pxi_edge_names *names)
{
    pthread_mutex_lock(&names->lock);
    names->refs++;
    pthread_mutex_unlock(&names->lock);
    return names;
}

void pxi_edge_names_release(pxi_edge_names *names)
{
    uint32_t left;

    if (!names)
        return;
    pthread_mutex_lock(&names->lock);
    left = --names->refs;
    pthread_mutex_unlock(&names->lock);
    if (left)
        return;
    PX_VEC_EACH (&names->all, name)
        px_free(name->bytes);
    PX_VEC_RELEASE(&names->all);
    px_map_release(&names->by_hash);
    pthread_mutex_destroy(&names->lock);
    px_free(names);
}

/* Locked. The first name with this hash, or NULL. */
static pxi_edge_name *find(pxi_edge_names *names, uint32_t hash)
{
    size_t at = px_map_first(&names->by_hash, hash);

    return at == PX_MAP_END ? NULL : &names->all.ptr[names->by_hash.values[at]];
}

static bool is_name(const pxi_edge_name *known, px_str name)
{
    return known->len == name.len && memcmp(known->bytes, name.ptr, name.len) == 0;
}

/* Locked. */
static bool add(pxi_edge_names *names, uint32_t hash, px_str name)
{
    pxi_edge_name fresh = { .len = (uint32_t)name.len };

    if (names->all.len >= PX_RELATIONSHIP_NAMES_MAX)
        return true;
    fresh.bytes = px_alloc(name.len);
    if (!fresh.bytes)
        return false;
    memcpy(fresh.bytes, name.ptr, name.len);
    if (!px_map_reserve(&names->by_hash, 1) || !PX_VEC_PUSH(&names->all, fresh)) {
        px_free(fresh.bytes);
        return false;
    }
    return px_map_add(&names->by_hash, hash, (uint32_t)names->all.len - 1);
}

bool pxi_edge_names_note(pxi_edge_names *names, uint32_t hash, px_str name)
{
    pxi_edge_name *known;
    bool done = true;

    pthread_mutex_lock(&names->lock);
    known = find(names, hash);
    if (!known)
        done = add(names, hash, name);
    else if (!is_name(known, name))
        known->is_shared = true;
    pthread_mutex_unlock(&names->lock);
    return done;
}

bool pxi_edge_names_is_sure(pxi_edge_names *names, uint32_t hash, px_str name)
{
    const pxi_edge_name *known;
    bool sure;

    pthread_mutex_lock(&names->lock);
    known = find(names, hash);
    sure = known && !known->is_shared && is_name(known, name);
    pthread_mutex_unlock(&names->lock);
    return sure;
}
