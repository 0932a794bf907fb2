/* SPDX-License-Identifier: Apache-2.0 */
/* Which indexes there are. The list and each record are copied when a transaction changes them
 * first; the list is short, and copied once for each. */
#include "twin/property_inner.h"

uint32_t pxi_property_lower(const pxi_property_list *list, uint32_t tenant, uint32_t no)
{
    uint32_t low = 0, high = list ? list->count : 0;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const pxi_property_place *place = &list->of[middle];

        if (place->tenant < tenant || (place->tenant == tenant && place->no < no))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const pxi_property_list *list, uint32_t at, uint32_t tenant, uint32_t no)
{
    return list && at < list->count && list->of[at].tenant == tenant && list->of[at].no == no;
}

/* ---- lists ---- */

/* A list of the transaction's own with room for `count`, in the place of the present one; what it
 * had is in it as far as it goes. */
static pxi_property_list *list_make(px_txn *txn, uint32_t count)
{
    pxi_property_list *old = txn->roots.properties, *list;

    list = pxi_slab_alloc(&txn->graph->slab, sizeof(*list) + count * sizeof(list->of[0]));
    if (!list)
        return NULL;
    if (old && pxi_record_birth(old) != txn->cow.gen &&
        !pxi_cow_retire(&txn->cow, old, pxi_record_birth(old))) {
        pxi_slab_free(&txn->graph->slab, list);
        return NULL;
    }
    *list = (pxi_property_list){ .head = txn->cow.gen << 16,
                                 .count = count,
                                 .building = old ? old->building : 0,
                                 .emptying = old ? old->emptying : 0 };
    if (old)
        memcpy(list->of, old->of, (count < old->count ? count : old->count) * sizeof(list->of[0]));
    txn->roots.properties = list;
    return list;
}

/* Behind list_make: the one before, when nobody else knows it. */
static void list_forget(px_txn *txn, pxi_property_list *old)
{
    if (old && pxi_record_birth(old) == txn->cow.gen)
        pxi_slab_free(&txn->graph->slab, old);
}

pxi_property_list *pxi_property_own_list(px_txn *txn)
{
    pxi_property_list *list = txn->roots.properties;

    return pxi_record_birth(list) == txn->cow.gen ? list : list_make(txn, list->count);
}

static bool list_insert(px_txn *txn, uint32_t at, pxi_property_place place)
{
    pxi_property_list *old = txn->roots.properties;
    uint32_t count = old ? old->count : 0;
    pxi_property_list *list = list_make(txn, count + 1);

    if (!list)
        return false;
    memmove(&list->of[at + 1], &list->of[at], (count - at) * sizeof(place));
    list->of[at] = place;
    list_forget(txn, old);
    return true;
}

static bool list_remove(px_txn *txn, uint32_t at)
{
    pxi_property_list *old = txn->roots.properties;
    pxi_property_list *list = list_make(txn, old->count - 1);

    if (!list)
        return false;
    memcpy(&list->of[at], &old->of[at + 1], (list->count - at) * sizeof(list->of[0]));
    list_forget(txn, old);
    return true;
}

/* ---- records ---- */

static size_t bytes_of(const px_property_index *index)
{
    return sizeof(*index) + index->path_len + index->model_len;
}

static bool record_retire(px_txn *txn, px_property_index *index)
{
    if (pxi_record_birth(index) != txn->cow.gen)
        return pxi_cow_retire(&txn->cow, index, pxi_record_birth(index));
    pxi_slab_free(&txn->graph->slab, index);
    return true;
}

static px_property_index *record_new(px_txn *txn, uint32_t tenant, uint32_t no, px_str path,
                                     px_str model)
{
    px_property_index *index =
        pxi_slab_alloc(&txn->graph->slab, sizeof(*index) + path.len + model.len);

    if (!index)
        return NULL;
    *index = (px_property_index){ .head = txn->cow.gen << 16,
                                  .tenant = tenant,
                                  .no = no,
                                  .path_len = (uint32_t)path.len,
                                  .model_len = (uint32_t)model.len };
    memcpy(index->text, path.ptr, path.len);
    if (model.len)
        memcpy(index->text + path.len, model.ptr, model.len);
    return index;
}

px_property_index *pxi_property_own(px_txn *txn, uint32_t at)
{
    pxi_property_list *list = pxi_property_own_list(txn);
    px_property_index *old = list ? list->of[at].index : NULL, *copy;

    if (!old || pxi_record_birth(old) == txn->cow.gen)
        return old;
    copy = pxi_slab_alloc(&txn->graph->slab, bytes_of(old));
    if (!copy)
        return NULL;
    if (!pxi_cow_retire(&txn->cow, old, pxi_record_birth(old))) {
        pxi_slab_free(&txn->graph->slab, copy);
        return NULL;
    }
    memcpy(copy, old, bytes_of(old));
    copy->head = txn->cow.gen << 16;
    list->of[at].index = copy;
    return copy;
}

bool pxi_property_empty(px_txn *txn, px_property_index *own)
{
    if (!pxi_index_drop(&txn->cow, own->root))
        return false;
    own->root = NULL;
    own->entries = own->bytes = 0;
    return true;
}

/* ---- the public face ---- */

static bool is_of(const px_property_index *index, px_str path, px_str model)
{
    return px_str_eq(pxi_property_path(index), path) && px_str_eq(pxi_property_base(index), model);
}

/* Takes the index at a place out of the list. */
static bool take_out(px_txn *txn, uint32_t at)
{
    px_property_index *index = txn->roots.properties->of[at].index;
    bool building = index->state == PX_PROPERTY_BUILDING;
    bool emptying = index->state == PX_PROPERTY_FULL && index->root;

    if (!pxi_index_drop(&txn->cow, index->root) || !list_remove(txn, at))
        return false;
    txn->roots.properties->building -= building;
    txn->roots.properties->emptying -= emptying;
    return record_retire(txn, index);
}

px_status px_graph_property_put(px_txn *txn, uint32_t tenant, uint32_t no, px_str path,
                                px_str model, px_err *ret_err)
{
    uint32_t at = pxi_property_lower(txn->roots.properties, tenant, no);
    pxi_property_place place = { tenant, no, NULL };

    if (txn->broken)
        return px_no_memory(ret_err);
    if (is_at(txn->roots.properties, at, tenant, no)) {
        const px_property_index *old = txn->roots.properties->of[at].index;

        if (old->state != PX_PROPERTY_FULL && is_of(old, path, model))
            return PX_OK;
        if (!take_out(txn, at))
            return pxi_txn_broken(txn, ret_err);
    }
    pxi_property_forget(txn->graph);
    place.index = record_new(txn, tenant, no, path, model);
    if (!place.index || !list_insert(txn, at, place)) {
        if (place.index)
            pxi_slab_free(&txn->graph->slab, place.index);
        return pxi_txn_broken(txn, ret_err);
    }
    txn->roots.properties->building++;
    return PX_OK;
}

px_status px_graph_property_drop(px_txn *txn, uint32_t tenant, uint32_t no, px_err *ret_err)
{
    uint32_t at = pxi_property_lower(txn->roots.properties, tenant, no);

    if (txn->broken)
        return px_no_memory(ret_err);
    if (!is_at(txn->roots.properties, at, tenant, no))
        return PX_OK;
    pxi_property_forget(txn->graph);
    return take_out(txn, at) ? PX_OK : pxi_txn_broken(txn, ret_err);
}

void pxi_property_undo(px_txn *txn)
{
    pxi_property_list *list = txn->roots.properties;

    pxi_property_forget(txn->graph); /* what was learned of models that never came */
    if (!list || pxi_record_birth(list) != txn->cow.gen)
        return;
    for (uint32_t i = 0; i < list->count; i++) {
        px_property_index *index = list->of[i].index;

        if (pxi_record_birth(index) != txn->cow.gen)
            continue;
        pxi_index_undo(&txn->cow, index->root);
        pxi_slab_free(&txn->graph->slab, index);
    }
    pxi_slab_free(&txn->graph->slab, list);
}

bool pxi_property_is_live(const px_txn *txn)
{
    const pxi_property_list *list = txn->roots.properties;

    for (uint32_t i = 0; list && i < list->count; i++)
        if (list->of[i].index->built)
            return true;
    return false;
}

void pxi_property_stat(const pxi_property_list *list, px_graph_stats *stats)
{
    for (uint32_t i = 0; list && i < list->count; i++) {
        stats->property_indexes++;
        stats->property_indexes_full += list->of[i].index->state == PX_PROPERTY_FULL;
        stats->property_bytes += list->of[i].index->bytes;
    }
}

bool px_txn_fills_property(const px_txn *txn)
{
    return txn->settled && txn->roots.properties && txn->roots.properties->emptying;
}

bool px_graph_is_building(const px_graph *graph)
{
    return !graph->is_branch && graph->roots.properties && graph->roots.properties->building;
}
