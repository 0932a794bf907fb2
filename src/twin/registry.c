/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries stand in pages that never move, so that a number is looked up without a lock: page and
 * entry are published by a store, an entry's model never changes, its state is one atomic. What the
 * transaction did is a list of changes, each with the state to go to and the one to go back to.
 */
#include "twin/registry.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "base/vec.h"

enum { PAGE_BITS = 10, PAGE = 1 << PAGE_BITS, PAGES_MAX = 4096 };

typedef enum entry_state { ABSENT, OPEN, CLOSED, DELETED } entry_state;

typedef struct entry {
    _Atomic uint32_t state; /* published: entry_state */
    uint32_t own;           /* the writer's, ahead of the commit */
    bool listed;            /* in by_id; locked, or the writer */
    bool kept;              /* where it is deleted: its row is not; the writer's */
    uint32_t tenant;
    px_model *model; /* one reference, until the registry ends */
    _Atomic px_time upload_time;
    px_time own_upload_time;
} entry;

typedef struct change {
    uint32_t model_no;
    bool added;
} change;

struct px_registry {
    _Atomic(entry *) page[PAGES_MAX];
    _Atomic uint32_t highest;

    /* Guards the map and the order of commits against px_registry_find and the lists. */
    pthread_mutex_t lock;
    px_map by_id;           /* hash of (tenant, dtmi) to number; deleted ones stay out */
    uint32_t deleted;       /* how many were, committed or not; never too few */
    PX_VEC(change) changes; /* of the transaction */
};

px_status px_registry_new(px_registry **ret_registry, px_err *ret_err)
{
    px_registry *registry = px_zalloc(1, sizeof(*registry));

    if (!registry)
        return px_no_memory(ret_err);
    pthread_mutex_init(&registry->lock, NULL);
    *ret_registry = registry;
    return PX_OK;
}

void px_registry_free(px_registry *registry)
{
    if (!registry)
        return;
    for (uint32_t page = 0; page < PAGES_MAX; page++) {
        entry *entries = atomic_load(&registry->page[page]);

        for (uint32_t i = 0; entries && i < PAGE; i++)
            px_model_unref(entries[i].model);
        px_free(entries);
    }
    px_map_release(&registry->by_id);
    PX_VEC_RELEASE(&registry->changes);
    pthread_mutex_destroy(&registry->lock);
    px_free(registry);
}

/* ---- finding ---- */

static entry *entry_of(const px_registry *registry, uint32_t model_no)
{
    entry *page;

    if (model_no == 0 || model_no >> PAGE_BITS >= PAGES_MAX)
        return NULL;
    page = atomic_load_explicit(&registry->page[model_no >> PAGE_BITS], memory_order_acquire);
    return page ? &page[model_no & (PAGE - 1)] : NULL;
}

static uint32_t state_of(const entry *at)
{
    return atomic_load_explicit(&at->state, memory_order_acquire);
}

static uint64_t hash_of(uint32_t tenant, px_str dtmi)
{
    return px_str_hash(dtmi) ^ (uint64_t)tenant * UINT64_C(0x9e3779b97f4a7c15);
}

static px_model_info info_of(const entry *at, uint32_t model_no, uint32_t state,
                             px_time upload_time)
{
    return (px_model_info){ .model_no = model_no,
                            .tenant = at->tenant,
                            .model = at->model,
                            .upload_time = upload_time,
                            .decommissioned = state == CLOSED };
}

const px_model *px_registry_model(const px_registry *registry, uint32_t model_no)
{
    const entry *at = entry_of(registry, model_no);

    return at && state_of(at) != ABSENT ? at->model : NULL;
}

static bool fill_info(const entry *at, uint32_t model_no, bool own, px_model_info *ret_info)
{
    uint32_t state = own ? at->own : state_of(at);

    if (state != OPEN && state != CLOSED)
        return false;
    *ret_info = info_of(at, model_no, state,
                        own ? at->own_upload_time
                            : atomic_load_explicit(&at->upload_time, memory_order_relaxed));
    return true;
}

bool px_registry_info(const px_registry *registry, uint32_t model_no, px_model_info *ret_info)
{
    const entry *at = entry_of(registry, model_no);

    return at && fill_info(at, model_no, false, ret_info);
}

const px_model *px_registry_model_own(const px_registry *registry, uint32_t model_no)
{
    const entry *at = entry_of(registry, model_no);

    return at && at->own != ABSENT ? at->model : NULL;
}

bool px_registry_info_own(const px_registry *registry, uint32_t model_no, px_model_info *ret_info)
{
    const entry *at = entry_of(registry, model_no);

    return at && fill_info(at, model_no, true, ret_info);
}

/* Locked, or the writer. */
static bool find(const px_registry *registry, uint32_t tenant, px_str dtmi, bool own,
                 px_model_info *ret_info)
{
    uint64_t hash = hash_of(tenant, dtmi);

    for (size_t i = px_map_first(&registry->by_id, hash); i != PX_MAP_END;
         i = px_map_next(&registry->by_id, hash, i)) {
        uint32_t no = registry->by_id.values[i];
        const entry *at = entry_of(registry, no);
        px_model_info info;

        if (!fill_info(at, no, own, &info) || info.tenant != tenant ||
            !px_str_eq(px_model_id(info.model), dtmi))
            continue;
        *ret_info = info;
        return true;
    }
    return false;
}

bool px_registry_find(px_registry *registry, uint32_t tenant, px_str dtmi, px_model_info *ret_info)
{
    bool found;

    pthread_mutex_lock(&registry->lock);
    found = find(registry, tenant, dtmi, false, ret_info);
    pthread_mutex_unlock(&registry->lock);
    return found;
}

bool px_registry_find_own(px_registry *registry, uint32_t tenant, px_str dtmi,
                          px_model_info *ret_info)
{
    return find(registry, tenant, dtmi, true, ret_info);
}

const px_model *px_registry_source_find(void *scope, px_str dtmi)
{
    const px_registry_scope *where = scope;
    px_model_info info;

    return px_registry_find_own(where->registry, where->tenant, dtmi, &info) ? info.model : NULL;
}

/* The newest of the tenant with this identifier that a restart would find, deleted or not: what is
 * not kept counts as little now as it will then. NULL: none. */
static const entry *newest(const px_registry *registry, uint32_t tenant, px_str dtmi,
                           uint32_t *ret_no)
{
    for (uint32_t no = px_registry_number(registry); no > 0; no--) {
        const entry *at = entry_of(registry, no);

        if (!at || at->own == ABSENT || (at->own == DELETED && !at->kept) || at->tenant != tenant ||
            !px_str_eq(px_model_id(at->model), dtmi))
            continue;
        *ret_no = no;
        return at;
    }
    return NULL;
}

const px_model *px_registry_source_find_any(void *scope, px_str dtmi)
{
    const px_registry_scope *where = scope;
    const px_model *open = px_registry_source_find(scope, dtmi);
    const entry *at;
    uint32_t no;

    if (open)
        return open;
    at = newest(where->registry, where->tenant, dtmi, &no);
    return at ? at->model : NULL;
}

bool px_registry_is_deleted(const px_registry *registry, uint32_t model_no)
{
    const entry *at = entry_of(registry, model_no);

    return at && at->own == DELETED;
}

static bool is_listed(const px_registry *registry, uint32_t model_no, uint32_t tenant, px_str base,
                      px_model_info *ret_info)
{
    return px_registry_info(registry, model_no, ret_info) && ret_info->tenant == tenant &&
           (!base.ptr || px_model_is_a(ret_info->model, base));
}

px_status px_registry_list(px_registry *registry, uint32_t tenant, px_str base, px_arena *arena,
                           px_model_info **ret_infos, size_t *ret_count, px_err *ret_err)
{
    uint32_t highest = px_registry_number(registry);
    px_model_info info, *infos;
    size_t count = 0, to = 0;

    /* Uploads meanwhile have higher numbers; what is deleted meanwhile only makes the list shorter.
     */
    for (uint32_t no = 1; no <= highest; no++)
        count += is_listed(registry, no, tenant, base, &info);
    infos = PX_ARENA_ARRAY(arena, px_model_info, count ? count : 1);
    if (!infos)
        return px_arena_fail(arena, ret_err);
    for (uint32_t no = 1; no <= highest && to < count; no++)
        if (is_listed(registry, no, tenant, base, &info))
            infos[to++] = info;
    *ret_infos = infos;
    *ret_count = to;
    return PX_OK;
}

/* ---- changing ---- */

static px_status page_for(px_registry *registry, uint32_t model_no, px_err *ret_err)
{
    uint32_t page = model_no >> PAGE_BITS;
    entry *entries;

    if (page >= PAGES_MAX)
        return px_fail(ret_err, PX_LIMIT, "all %d model numbers are used up",
                       (PAGES_MAX << PAGE_BITS) - 1);
    if (atomic_load(&registry->page[page]))
        return PX_OK;
    entries = px_zalloc(PAGE, sizeof(*entries));
    if (!entries)
        return px_no_memory(ret_err);
    atomic_store_explicit(&registry->page[page], entries, memory_order_release);
    return PX_OK;
}

/* Notes a change, so that commit and rollback need no memory. */
static px_status note(px_registry *registry, uint32_t model_no, bool added, px_err *ret_err)
{
    change what = { model_no, added };

    return PX_VEC_PUSH(&registry->changes, what) ? PX_OK : px_no_memory(ret_err);
}

static px_status check_put(px_registry *registry, uint32_t tenant, const px_model *model,
                           uint32_t model_no, px_err *ret_err)
{
    px_model_info present;

    if (px_registry_find_own(registry, tenant, px_model_id(model), &present))
        return px_fail(ret_err, PX_CONFLICT, "model %.*s is there already",
                       PX_FMT(px_model_id(model)));
    if (entry_of(registry, model_no) && entry_of(registry, model_no)->model)
        return px_fail(ret_err, PX_CONFLICT, "model number %u is taken", model_no);
    return PX_OK;
}

static bool map_add(px_registry *registry, entry *at, uint32_t model_no)
{
    pthread_mutex_lock(&registry->lock);
    if (!at->listed)
        at->listed =
            px_map_add(&registry->by_id, hash_of(at->tenant, px_model_id(at->model)), model_no);
    pthread_mutex_unlock(&registry->lock);
    return at->listed;
}

px_status px_registry_put(px_registry *registry, uint32_t tenant, px_model *model,
                          uint32_t model_no, px_time upload_time, uint32_t *ret_no, px_err *ret_err)
{
    entry *at;

    if (model_no == 0)
        model_no = px_registry_number(registry) + 1;
    PX_TRY(check_put(registry, tenant, model, model_no, ret_err));
    PX_TRY(page_for(registry, model_no, ret_err));
    PX_TRY(note(registry, model_no, true, ret_err));
    at = entry_of(registry, model_no);
    at->tenant = tenant;
    at->own_upload_time = upload_time;
    at->model = px_model_ref(model);
    at->own = OPEN;
    if (!map_add(registry, at, model_no)) {
        px_model_unref(model);
        *at = (entry){ 0 };
        registry->changes.len--;
        return px_no_memory(ret_err);
    }
    px_registry_number_set(registry, model_no);
    if (ret_no)
        *ret_no = model_no;
    return PX_OK;
}

static px_status find_open(const px_registry *registry, uint32_t model_no, entry **ret_entry,
                           px_err *ret_err)
{
    entry *at = entry_of(registry, model_no);

    if (!at || (at->own != OPEN && at->own != CLOSED))
        return px_fail(ret_err, PX_NOT_FOUND, "there is no model with number %u", model_no);
    *ret_entry = at;
    return PX_OK;
}

px_status px_registry_decommission(px_registry *registry, uint32_t model_no, bool decommissioned,
                                   px_err *ret_err)
{
    entry *at;

    PX_TRY(find_open(registry, model_no, &at, ret_err));
    PX_TRY(note(registry, model_no, false, ret_err));
    at->own = decommissioned ? CLOSED : OPEN;
    return PX_OK;
}

static bool depends_on(const px_model *model, const px_model *on)
{
    uint32_t count;
    const px_model *const *needs = px_model_dependencies(model, &count);

    for (uint32_t i = 0; i < count; i++)
        if (px_str_eq(px_model_id(needs[i]), px_model_id(on)))
            return true;
    return false;
}

/* A model of the tenant that extends it or has it as Component; with `open_only` one that is not
 * decommissioned. NULL: none. */
static const entry *find_user(const px_registry *registry, const entry *at, bool open_only)
{
    for (uint32_t no = 1; no <= px_registry_number(registry); no++) {
        const entry *other = entry_of(registry, no);
        bool counts = other && other != at && other->tenant == at->tenant &&
                      (other->own == OPEN || (other->own == CLOSED && !open_only));

        if (counts && depends_on(other->model, at->model))
            return other;
    }
    return NULL;
}

px_status px_registry_deletable(const px_registry *registry, uint32_t model_no, px_err *ret_err)
{
    const entry *user;
    entry *at;

    PX_TRY(find_open(registry, model_no, &at, ret_err));
    user = find_user(registry, at, false);
    if (!user)
        return PX_OK;
    return px_fail_id(ret_err, PX_CONFLICT, "model.referenced",
                      "This model is currently being referenced by %.*s; delete that first",
                      PX_FMT(px_model_id(user->model)));
}

px_status px_registry_closable(const px_registry *registry, uint32_t model_no, px_err *ret_err)
{
    const entry *user;
    entry *at;

    PX_TRY(find_open(registry, model_no, &at, ret_err));
    user = find_user(registry, at, true);
    if (!user)
        return PX_OK;
    return px_fail_id(ret_err, PX_CONFLICT, "model.used",
                      "This model is currently being referenced by %.*s; decommission that first",
                      PX_FMT(px_model_id(user->model)));
}

px_status px_registry_delete(px_registry *registry, uint32_t model_no, bool kept, px_err *ret_err)
{
    entry *at;

    PX_TRY(px_registry_deletable(registry, model_no, ret_err));
    PX_TRY(find_open(registry, model_no, &at, ret_err));
    PX_TRY(note(registry, model_no, false, ret_err));
    at->own = DELETED;
    at->kept = kept;
    registry->deleted++;
    return PX_OK;
}

bool px_registry_kept_needs(const px_registry *registry, uint32_t model_no)
{
    const entry *at = entry_of(registry, model_no);

    for (uint32_t no = model_no + 1; registry->deleted && no <= px_registry_number(registry);
         no++) {
        const entry *other = entry_of(registry, no);

        if (other && other->own == DELETED && other->kept && other->tenant == at->tenant &&
            depends_on(other->model, at->model))
            return true;
    }
    return false;
}

/* ---- coming back ---- */

/* The same text, and the same texts of all that it needs. */
static bool is_same(const px_model *a, const px_model *b)
{
    uint32_t a_count, b_count;
    const px_model *const *a_needs = px_model_dependencies(a, &a_count);
    const px_model *const *b_needs = px_model_dependencies(b, &b_count);
    bool same = px_str_eq(px_model_text(a), px_model_text(b)) && a_count == b_count;

    for (uint32_t i = 0; same && i < a_count; i++) {
        bool found = false;

        for (uint32_t j = 0; j < b_count && !found; j++)
            found = px_str_eq(px_model_text(a_needs[i]), px_model_text(b_needs[j]));
        same = found;
    }
    return same;
}

bool px_registry_is_revival(const px_registry *registry, uint32_t tenant, const px_model *model,
                            uint32_t *ret_no)
{
    const entry *at =
        registry->deleted ? newest(registry, tenant, px_model_id(model), ret_no) : NULL;

    return at && at->own == DELETED && is_same(at->model, model);
}

px_status px_registry_revive(px_registry *registry, uint32_t model_no, px_time upload_time,
                             px_err *ret_err)
{
    entry *at = entry_of(registry, model_no);

    if (!at || at->own != DELETED)
        return px_fail(ret_err, PX_NOT_FOUND, "no model with number %u was deleted", model_no);
    PX_TRY(note(registry, model_no, false, ret_err));
    if (!map_add(registry, at, model_no)) {
        registry->changes.len--;
        return px_no_memory(ret_err);
    }
    at->own = OPEN;
    at->own_upload_time = upload_time;
    return PX_OK;
}

/* ---- the end of the transaction ---- */

/* Locked. A number that is out of use leaves the map. */
static void forget(px_registry *registry, uint32_t model_no, entry *at)
{
    if (at->listed)
        px_map_remove(&registry->by_id, hash_of(at->tenant, px_model_id(at->model)), model_no);
    at->listed = false;
}

void px_registry_commit(px_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    PX_VEC_EACH (&registry->changes, what) {
        entry *at = entry_of(registry, what->model_no);

        if (at->own == DELETED)
            forget(registry, what->model_no, at);
        atomic_store_explicit(&at->upload_time, at->own_upload_time, memory_order_relaxed);
        atomic_store_explicit(&at->state, at->own, memory_order_release);
    }
    pthread_mutex_unlock(&registry->lock);
    registry->changes.len = 0;
}

void px_registry_rollback(px_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    PX_VEC_EACH (&registry->changes, what) {
        entry *at = entry_of(registry, what->model_no);

        if (!what->added) {
            if (state_of(at) == DELETED)
                forget(registry, what->model_no, at);
            at->own = state_of(at);
            at->own_upload_time = atomic_load_explicit(&at->upload_time, memory_order_relaxed);
            continue;
        }
        forget(registry, what->model_no, at);
        px_model_unref(at->model);
        at->model = NULL;
        at->tenant = 0;
        at->own = ABSENT;
    }
    pthread_mutex_unlock(&registry->lock);
    registry->changes.len = 0;
}

bool px_registry_has_numbers(const px_registry *registry, size_t count)
{
    return count < ((size_t)PAGES_MAX << PAGE_BITS) - px_registry_number(registry);
}

uint32_t px_registry_number(const px_registry *registry)
{
    return atomic_load_explicit(&registry->highest, memory_order_acquire);
}

void px_registry_number_set(px_registry *registry, uint32_t highest)
{
    if (px_registry_number(registry) < highest)
        atomic_store_explicit(&registry->highest, highest, memory_order_release);
}
