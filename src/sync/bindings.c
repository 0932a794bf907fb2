/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set for each tenant that was asked about, made anew when the generation of the documents is
 * another: what has its revision still is kept, the rest is compiled.
 */
#include "sync/bindings.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "sync/binding_inner.h"

enum { QUIET = 64, PAGE = 64, PAGE_BYTES_MAX = PAGE * (PX_DOC_BYTES_MAX + 4096) };

typedef struct entry {
    uint32_t no;
    uint64_t revision;
    px_binding *binding; /* NULL: it does not compile */
} entry;

typedef PX_VEC(entry) entry_vec;

typedef struct tenant_set {
    uint32_t tenant;
    _Atomic uint64_t generation; /* of the documents, when this was made */
    _Atomic uint32_t for_mqtt;   /* enabled ones with a topic */
    uint32_t for_sparkplug;      /* and with a source of Sparkplug */
    entry_vec entries;
} tenant_set;

struct px_bindings {
    px_documents *documents;
    px_log *log;
    pthread_rwlock_t lock; /* guards sets and what they hold */
    px_map by_tenant;
    PX_VEC(tenant_set *) sets;
    pxi_binding_figures all;
    _Atomic uint64_t broken;
    /* By tenant: the mark of the generation at which it was found to have none for MQTT. Most plain
     * messages are of such tenants, and one load tells. */
    _Atomic uint64_t quiet[QUIET];
};

px_status px_bindings_new(px_documents *documents, px_log *log, px_bindings **ret_bindings,
                          px_err *ret_err)
{
    px_bindings *bindings = px_zalloc(1, sizeof(*bindings));

    if (!bindings)
        return px_no_memory(ret_err);
    bindings->documents = documents;
    bindings->log = log;
    pthread_rwlock_init(&bindings->lock, NULL);
    *ret_bindings = bindings;
    return PX_OK;
}

static void let_go(px_binding *binding)
{
    if (binding && atomic_fetch_sub(&binding->refs, 1) == 1)
        px_binding_free(binding);
}

void px_bindings_let_go(const px_binding *binding)
{
    let_go((px_binding *)(uintptr_t)binding);
}

static void release_entries(entry_vec *entries)
{
    PX_VEC_EACH (entries, e)
        let_go(e->binding);
    PX_VEC_RELEASE(entries);
}

void px_bindings_free(px_bindings *bindings)
{
    if (!bindings)
        return;
    PX_VEC_EACH (&bindings->sets, set) {
        release_entries(&(*set)->entries);
        px_free(*set);
    }
    PX_VEC_RELEASE(&bindings->sets);
    px_map_release(&bindings->by_tenant);
    pthread_rwlock_destroy(&bindings->lock);
    px_free(bindings);
}

/* ---- making a set ---- */

static uint64_t hash_of(uint32_t tenant)
{
    return (uint64_t)tenant + 2;
}

static tenant_set *find_set(px_bindings *bindings, uint32_t tenant)
{
    const px_map *map = &bindings->by_tenant;
    uint64_t hash = hash_of(tenant);

    for (size_t at = px_map_first(map, hash); at != PX_MAP_END; at = px_map_next(map, hash, at))
        if (bindings->sets.ptr[map->values[at]]->tenant == tenant)
            return bindings->sets.ptr[map->values[at]];
    return NULL;
}

/* The one with this revision, taken out of the old list. */
static px_binding *take_old(entry_vec *old, const px_document *document)
{
    PX_VEC_EACH (old, e) {
        px_binding *binding = e->binding;

        if (e->no != document->no || e->revision != document->revision || !binding)
            continue;
        e->binding = NULL;
        return binding;
    }
    return NULL;
}

static px_status compile(px_bindings *bindings, const px_document *document,
                         px_binding **ret_binding, px_err *ret_err)
{
    px_err err;
    px_status status = px_binding_new(document->id, document->body, ret_binding, &err);

    if (status == PX_OK) {
        (*ret_binding)->refs = 1;
        (*ret_binding)->all = &bindings->all;
        return PX_OK;
    }
    if (status == PX_NO_MEMORY) {
        if (ret_err)
            *ret_err = err;
        return status;
    }
    *ret_binding = NULL;
    atomic_fetch_add(&bindings->broken, 1);
    px_log_warn(bindings->log, "binding.broken",
                "binding='%.*s' does not compile and is passed over: %s", PX_FMT(document->id),
                err.text);
    return PX_OK;
}

static px_status read_page(px_bindings *bindings, tenant_set *set, uint32_t *cursor,
                           entry_vec *fresh, px_err *ret_err)
{
    px_document items[PAGE];
    size_t count = 0;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, PAGE_BYTES_MAX);
    PX_TRY(px_documents_list(bindings->documents, set->tenant, PX_STR("binding"), cursor, PAGE,
                             &arena, items, &count, ret_err));
    for (size_t i = 0; i < count; i++) {
        entry e = { .no = items[i].no, .revision = items[i].revision };

        e.binding = take_old(&set->entries, &items[i]);
        if (!e.binding)
            PX_TRY(compile(bindings, &items[i], &e.binding, ret_err));
        if (!PX_VEC_PUSH(fresh, e)) {
            let_go(e.binding);
            return px_no_memory(ret_err);
        }
    }
    return PX_OK;
}

/* On a failure the set is left without what was moved: it is made whole by the next call, which
 * begins anew because the generation is still the old one. */
static px_status fill_set(px_bindings *bindings, tenant_set *set, px_err *ret_err)
{
    uint64_t generation = px_documents_generation(bindings->documents);
    entry_vec fresh = { 0 };
    uint32_t cursor = 0, for_mqtt = 0, for_sparkplug = 0;
    px_status status = PX_OK;

    if (generation == set->generation)
        return PX_OK;
    if (set->entries.len || px_documents_count(bindings->documents, set->tenant, PX_STR("binding")))
        do
            status = read_page(bindings, set, &cursor, &fresh, ret_err);
        while (status == PX_OK && cursor);
    release_entries(&set->entries);
    set->entries = fresh;
    if (status != PX_OK)
        return status;
    PX_VEC_EACH (&fresh, e) {
        for_mqtt += e->binding && e->binding->enabled && e->binding->has_mqtt;
        for_sparkplug += e->binding && e->binding->enabled && e->binding->is_sparkplug;
    }
    set->for_mqtt = for_mqtt;
    set->for_sparkplug = for_sparkplug;
    set->generation = generation;
    return PX_OK;
}

static tenant_set *add_set(px_bindings *bindings, uint32_t tenant)
{
    tenant_set *set = px_zalloc(1, sizeof(*set));

    if (!set)
        return NULL;
    set->tenant = tenant;
    if (!px_map_reserve(&bindings->by_tenant, 1) || !PX_VEC_PUSH(&bindings->sets, set)) {
        px_free(set);
        return NULL;
    }
    px_map_add(&bindings->by_tenant, hash_of(tenant), (uint32_t)bindings->sets.len - 1);
    return set;
}

static bool is_fresh(const px_bindings *bindings, const tenant_set *set)
{
    return set && set->generation == px_documents_generation(bindings->documents);
}

/* The tenant's set as it is now, under the lock for reading. */
static px_status enter(px_bindings *bindings, uint32_t tenant, tenant_set **ret_set,
                       px_err *ret_err)
{
    px_status status = PX_OK;

    pthread_rwlock_rdlock(&bindings->lock);
    *ret_set = find_set(bindings, tenant);
    if (is_fresh(bindings, *ret_set))
        return PX_OK;
    pthread_rwlock_unlock(&bindings->lock);
    pthread_rwlock_wrlock(&bindings->lock);
    *ret_set = find_set(bindings, tenant);
    if (!*ret_set)
        *ret_set = add_set(bindings, tenant);
    status = *ret_set ? fill_set(bindings, *ret_set, ret_err) : px_no_memory(ret_err);
    pthread_rwlock_unlock(&bindings->lock);
    PX_TRY(status);
    pthread_rwlock_rdlock(&bindings->lock); /* sets are never taken away */
    return PX_OK;
}

/* ---- asking ---- */

/* Of two tenants that share a place each has its own; never 0. */
static uint64_t quiet_mark(uint32_t tenant, uint64_t generation)
{
    return (generation * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)tenant << 32) | 1;
}

bool px_bindings_may_take(px_bindings *bindings, uint32_t tenant)
{
    _Atomic uint64_t *quiet = &bindings->quiet[tenant % QUIET];
    uint64_t generation = px_documents_generation(bindings->documents);
    tenant_set *set;
    bool may;

    if (atomic_load_explicit(quiet, memory_order_relaxed) == quiet_mark(tenant, generation))
        return false;
    if (enter(bindings, tenant, &set, NULL) != PX_OK)
        return true;
    may = set->for_mqtt > 0;
    if (!may)
        atomic_store_explicit(quiet, quiet_mark(tenant, set->generation), memory_order_relaxed);
    pthread_rwlock_unlock(&bindings->lock);
    return may;
}

/* Where a message came from. */
typedef struct origin {
    px_str connection, sparkplug, topic; /* of the first two one at most */
} origin;

static bool takes(const px_binding *b, const origin *from)
{
    if (from->connection.len)
        return px_binding_takes_connection(b, from->connection, from->topic);
    if (from->sparkplug.len)
        return px_binding_takes_sparkplug(b, from->sparkplug);
    return px_binding_takes_topic(b, from->topic);
}

/* Those that say yes. */
static px_status list(tenant_set *set, const origin *from, px_arena *arena,
                      const px_binding ***ret_list, size_t *ret_count, px_err *ret_err)
{
    size_t most = from->connection.len  ? set->entries.len
                  : from->sparkplug.len ? set->for_sparkplug
                                        : set->for_mqtt;
    const px_binding **found = PX_ARENA_ARRAY(arena, const px_binding *, most + 1);

    *ret_list = found;
    if (!found)
        return px_arena_fail(arena, ret_err);
    if (most == 0)
        return PX_OK;
    PX_VEC_EACH (&set->entries, e) {
        if (!e->binding || !e->binding->enabled || *ret_count == most || !takes(e->binding, from))
            continue;
        atomic_fetch_add(&e->binding->refs, 1);
        found[(*ret_count)++] = e->binding;
    }
    return PX_OK;
}

static px_status find_all(px_bindings *bindings, uint32_t tenant, const origin *from,
                          px_arena *arena, const px_binding ***ret_list, size_t *ret_count,
                          px_err *ret_err)
{
    tenant_set *set;
    px_status status;

    *ret_count = 0;
    PX_TRY(enter(bindings, tenant, &set, ret_err));
    status = list(set, from, arena, ret_list, ret_count, ret_err);
    pthread_rwlock_unlock(&bindings->lock);
    return status;
}

px_status px_bindings_of_topic(px_bindings *bindings, uint32_t tenant, px_str topic,
                               px_arena *arena, const px_binding ***ret_list, size_t *ret_count,
                               px_err *ret_err)
{
    return find_all(bindings, tenant, &(origin){ .topic = topic }, arena, ret_list, ret_count,
                    ret_err);
}

px_status px_bindings_of_connection(px_bindings *bindings, uint32_t tenant, px_str connection,
                                    px_str topic, px_arena *arena, const px_binding ***ret_list,
                                    size_t *ret_count, px_err *ret_err)
{
    return find_all(bindings, tenant, &(origin){ .connection = connection, .topic = topic }, arena,
                    ret_list, ret_count, ret_err);
}

px_status px_bindings_of_sparkplug(px_bindings *bindings, uint32_t tenant, px_str source,
                                   px_arena *arena, const px_binding ***ret_list, size_t *ret_count,
                                   px_err *ret_err)
{
    return find_all(bindings, tenant, &(origin){ .sparkplug = source }, arena, ret_list, ret_count,
                    ret_err);
}

px_status px_bindings_find(px_bindings *bindings, uint32_t tenant, px_str name,
                           const px_binding **ret_binding, px_err *ret_err)
{
    px_binding *found = NULL;
    tenant_set *set;

    PX_TRY(enter(bindings, tenant, &set, ret_err));
    PX_VEC_EACH (&set->entries, e)
        if (e->binding && px_str_eq(e->binding->name, name))
            found = e->binding;
    if (found)
        atomic_fetch_add(&found->refs, 1);
    pthread_rwlock_unlock(&bindings->lock);
    *ret_binding = found;
    return found ? PX_OK
                 : px_fail_id(ret_err, PX_NOT_FOUND, "binding.not_found",
                              "there is no binding '%.*s'", PX_FMT(name));
}

px_status px_bindings_name_by_connection(px_bindings *bindings, uint32_t tenant, px_str connection,
                                         px_arena *arena, px_str *ret_names, size_t most,
                                         size_t *ret_count, px_err *ret_err)
{
    px_status status = PX_OK;
    tenant_set *set;
    size_t count = 0;

    PX_TRY(enter(bindings, tenant, &set, ret_err));
    PX_VEC_EACH (&set->entries, e) {
        if (!e->binding || !px_str_eq(px_binding_connection(e->binding), connection))
            continue;
        if (count < most && status == PX_OK) {
            ret_names[count] = px_arena_str(arena, e->binding->name);
            if (!ret_names[count].ptr)
                status = px_arena_fail(arena, ret_err);
        }
        count++;
    }
    pthread_rwlock_unlock(&bindings->lock);
    *ret_count = count;
    return status;
}

/* ---- figures ---- */

static px_binding_stats read_figures(const pxi_binding_figures *f)
{
    return (px_binding_stats){
        .messages = f->messages, .values = f->values, .missed = f->missed, .refused = f->refused
    };
}

static void add_figures(pxi_binding_figures *f, const px_binding_stats *more)
{
    atomic_fetch_add_explicit(&f->messages, more->messages, memory_order_relaxed);
    atomic_fetch_add_explicit(&f->values, more->values, memory_order_relaxed);
    atomic_fetch_add_explicit(&f->missed, more->missed, memory_order_relaxed);
    atomic_fetch_add_explicit(&f->refused, more->refused, memory_order_relaxed);
}

px_binding_stats px_bindings_stat(const px_binding *binding)
{
    return read_figures(&binding->own);
}

void px_bindings_count(const px_binding *binding, const px_binding_stats *more)
{
    px_binding *b = (px_binding *)(uintptr_t)binding; /* figures are no part of what it says */

    add_figures(&b->own, more);
    if (b->all)
        add_figures(b->all, more);
}

px_binding_stats px_bindings_stat_all(px_bindings *bindings)
{
    return read_figures(&bindings->all);
}

uint64_t px_bindings_broken(px_bindings *bindings)
{
    return bindings->broken;
}
