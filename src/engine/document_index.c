/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/document_index.h"

static void release_list(px_document_list *list)
{
    PX_VEC_RELEASE(&list->places);
    px_free(list->kind);
}

void px_document_index_release(px_document_index *index)
{
    PX_VEC_EACH (&index->slots, entry)
        px_free(*entry);
    PX_VEC_EACH (&index->lists, list)
        release_list(list);
    PX_VEC_RELEASE(&index->slots);
    PX_VEC_RELEASE(&index->free);
    PX_VEC_RELEASE(&index->lists);
    px_map_release(&index->keys);
    px_map_release(&index->numbers);
    px_map_release(&index->beginnings);
    px_map_release(&index->list_of);
}

/* ---- hashes ---- */

uint64_t px_document_hash(uint32_t tenant, px_str kind, px_str id)
{
    return px_str_hash(id) * 31 + px_str_hash(kind) * 7 + tenant;
}

static uint64_t beginning_hash(uint32_t tenant, px_str kind, px_str id)
{
    return px_document_hash(tenant, kind, px_str_cut(&id, '/'));
}

static uint64_t list_hash(uint32_t tenant, px_str kind)
{
    return px_str_hash(kind) * 7 + tenant;
}

static uint64_t number_hash(uint32_t no)
{
    return (no + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);
}

bool px_document_is(const px_document_entry *e, uint32_t tenant, px_str kind, px_str id)
{
    return e->doc.tenant == tenant && px_str_eq(e->doc.id, id) && px_str_eq(e->doc.kind, kind);
}

/* ---- finding ---- */

px_document_entry *px_document_index_find(const px_document_index *index, uint64_t hash,
                                          uint32_t tenant, px_str kind, px_str id)
{
    const px_map *keys = &index->keys;

    for (size_t at = px_map_first(keys, hash); at != PX_MAP_END; at = px_map_next(keys, hash, at)) {
        px_document_entry *e = index->slots.ptr[keys->values[at]];

        if (px_document_is(e, tenant, kind, id))
            return e;
    }
    return NULL;
}

px_document_entry *px_document_index_number(const px_document_index *index, uint32_t no)
{
    size_t at = px_map_first(&index->numbers, number_hash(no)); /* the hash is a bijection */

    return at == PX_MAP_END ? NULL : index->slots.ptr[index->numbers.values[at]];
}

static px_document_entry *find_chain(const px_document_index *index, uint64_t hash)
{
    size_t at = px_map_first(&index->beginnings, hash);

    return at == PX_MAP_END ? NULL : index->slots.ptr[index->beginnings.values[at]];
}

px_document_entry *px_document_index_beginning(const px_document_index *index, uint32_t tenant,
                                               px_str kind, px_str id)
{
    return find_chain(index, beginning_hash(tenant, kind, id));
}

static bool find_list(const px_document_index *index, uint32_t tenant, px_str kind,
                      uint32_t *ret_list)
{
    uint64_t hash = list_hash(tenant, kind);
    const px_map *lists = &index->list_of;

    for (size_t at = px_map_first(lists, hash); at != PX_MAP_END;
         at = px_map_next(lists, hash, at)) {
        const px_document_list *list = &index->lists.ptr[lists->values[at]];

        if (list->tenant != tenant || !px_str_eq(px_str_c(list->kind), kind))
            continue;
        *ret_list = lists->values[at];
        return true;
    }
    return false;
}

const px_document_list *px_document_index_list(const px_document_index *index, uint32_t tenant,
                                               px_str kind)
{
    uint32_t which;

    return find_list(index, tenant, kind, &which) ? &index->lists.ptr[which] : NULL;
}

size_t px_document_list_after(const px_document_list *list, uint32_t no)
{
    size_t low = 0, high = list->places.len;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (list->places.ptr[middle].no <= no)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- reserving ---- */

static bool reserve_list(px_document_index *index, uint32_t tenant, px_str kind, uint32_t *ret_list)
{
    px_document_list list = { .tenant = tenant };

    if (find_list(index, tenant, kind, ret_list))
        return true;
    list.kind = px_zalloc(kind.len + 1, 1);
    if (!list.kind)
        return false;
    memcpy(list.kind, kind.ptr, kind.len);
    *ret_list = (uint32_t)index->lists.len;
    if (px_map_reserve(&index->list_of, 1) && PX_VEC_PUSH(&index->lists, list))
        return px_map_add(&index->list_of, list_hash(tenant, kind), *ret_list);
    px_free(list.kind);
    return false;
}

bool px_document_index_reserve(px_document_index *index, px_document_entry *entry, size_t waiting)
{
    px_document_list *list;

    if (!reserve_list(index, entry->doc.tenant, entry->doc.kind, &entry->list))
        return false;
    list = &index->lists.ptr[entry->list];
    waiting++;
    return PX_VEC_RESERVE(&list->places, list->places.len + waiting) &&
           PX_VEC_RESERVE(&index->slots, index->slots.len + waiting) &&
           PX_VEC_RESERVE(&index->free, index->free.len + waiting) &&
           px_map_reserve(&index->keys, waiting) && px_map_reserve(&index->numbers, waiting) &&
           px_map_reserve(&index->beginnings, waiting);
}

/* ---- storing ---- */

static void sweep(px_document_list *list)
{
    size_t kept = 0;

    if (list->places.len < 64 || list->live > list->places.len / 2)
        return;
    for (size_t i = 0; i < list->places.len; i++)
        if (list->places.ptr[i].entry)
            list->places.ptr[kept++] = list->places.ptr[i];
    list->places.len = kept;
}

/* The place of the number: the one it has, or a new one. */
static px_document_place *place_of(px_document_list *list, uint32_t no)
{
    size_t at = px_document_list_after(list, no);
    px_document_place *places = list->places.ptr;

    if (at > 0 && places[at - 1].no == no)
        return &places[at - 1];
    memmove(places + at + 1, places + at, (list->places.len - at) * sizeof(*places));
    list->places.len++;
    places[at] = (px_document_place){ .no = no };
    return &places[at];
}

static uint64_t chain_hash(const px_document_entry *e)
{
    return beginning_hash(e->doc.tenant, e->doc.kind, e->doc.id);
}

/* Behind the first, so that the map stays as it is. */
static void chain(px_document_index *index, px_document_entry *e)
{
    px_document_entry *first = find_chain(index, chain_hash(e));

    e->previous = first;
    e->next = first ? first->next : NULL;
    if (!first)
        px_map_add(&index->beginnings, chain_hash(e), e->slot);
    else
        first->next = e;
    if (e->next)
        e->next->previous = e;
}

static void unchain(px_document_index *index, px_document_entry *e)
{
    if (e->next)
        e->next->previous = e->previous;
    if (e->previous) {
        e->previous->next = e->next;
        return;
    }
    px_map_remove(&index->beginnings, chain_hash(e), e->slot);
    if (e->next)
        px_map_add(&index->beginnings, chain_hash(e), e->next->slot);
}

static void remove_entry(px_document_index *index, px_document_entry *e)
{
    px_document_list *list = &index->lists.ptr[e->list];

    px_map_remove(&index->keys, e->hash, e->slot);
    px_map_remove(&index->numbers, number_hash(e->doc.no), e->slot);
    unchain(index, e);
    index->slots.ptr[e->slot] = NULL;
    index->free.ptr[index->free.len++] = e->slot;
    place_of(list, e->doc.no)->entry = NULL;
    list->live--;
    px_free(e);
}

static void add_entry(px_document_index *index, px_document_entry *e)
{
    px_document_list *list = &index->lists.ptr[e->list];

    e->slot = index->free.len ? index->free.ptr[--index->free.len] : (uint32_t)index->slots.len++;
    index->slots.ptr[e->slot] = e;
    px_map_add(&index->keys, e->hash, e->slot);
    px_map_add(&index->numbers, number_hash(e->doc.no), e->slot);
    chain(index, e);
    place_of(list, e->doc.no)->entry = e;
    list->live++;
}

void px_document_index_store(px_document_index *index, px_document_entry *entry)
{
    px_document_entry *old = px_document_index_number(index, entry->doc.no);

    if (old)
        remove_entry(index, old);
    if (!entry->deleted) {
        add_entry(index, entry);
        return;
    }
    sweep(&index->lists.ptr[entry->list]);
    px_free(entry);
}
