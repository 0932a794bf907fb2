/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping property indexes in step: at the end of a transaction each twin that it changed is looked
 * at once, as it was before and as it is now. What a twin's values were on the way does not matter,
 * and mutations cost the same with indexes as without.
 *
 * An index that is built has the twins up to a number. Those that a transaction changes are settled
 * when their number is not above it; the rest are met by a later step as they are then. Twins that
 * are made have higher numbers than all before, so the last step leaves none out.
 */
#include "twin/property_inner.h"

enum { STEP_TWINS = 512 };

typedef struct settler {
    px_txn *txn;
    px_graph *graph;
    const px_registry *registry;
} settler;

/* ---- what of a model is indexed ---- */

void pxi_property_forget(px_graph *graph)
{
    px_map_clear(&graph->property_by_model);
    graph->property_models.len = graph->property_fields.len = 0;
}

void pxi_property_release(px_graph *graph)
{
    px_map_release(&graph->property_by_model);
    PX_VEC_RELEASE(&graph->property_models);
    PX_VEC_RELEASE(&graph->property_fields);
}

/* The property at the path, or the one that it leads into: `air.celsius` is a property of the
 * component air, or else a member of the values of a property air. */
static const px_field *find_field(const px_layout *layout, px_str path, bool *ret_is_open)
{
    const px_field *field = px_layout_find_path(layout, path);
    px_str first = px_str_cut(&path, '.');

    *ret_is_open = false;
    if (field)
        return field->kind == PX_FIELD_PROPERTY ? field : NULL;
    if (path.len == 0 || px_layout_component_find(layout, first) != PX_NO_COMPONENT)
        return NULL;
    field = px_layout_find(layout, PX_NO_COMPONENT, first);
    *ret_is_open = true;
    return field && field->kind == PX_FIELD_PROPERTY ? field : NULL;
}

static bool add_field(settler *s, const px_model *model, uint32_t at)
{
    const px_property_index *index = s->txn->roots.properties->of[at].index;
    px_str base = pxi_property_base(index);
    pxi_property_field found = { .at = at };
    const px_field *field;

    if (base.len && !px_model_is_a(model, base))
        return true;
    field = find_field(px_model_layout(model), pxi_property_path(index), &found.is_open);
    if (!field)
        return true;
    found.field = field->index;
    return PX_VEC_PUSH(&s->graph->property_fields, found);
}

static const px_model *model_of(const settler *s, uint32_t model_no)
{
    return s->graph->is_branch ? px_registry_model(s->registry, model_no)
                               : px_registry_model_own(s->registry, model_no);
}

/* Indexes are a tenant's. */
static uint64_t model_hash(uint32_t tenant, uint32_t model_no)
{
    return (uint64_t)tenant << 32 | model_no;
}

static const pxi_property_model *learn(settler *s, uint32_t tenant, uint32_t model_no)
{
    const pxi_property_list *list = s->txn->roots.properties;
    const px_model *model = model_of(s, model_no);
    pxi_property_model known = { model_no, (uint32_t)s->graph->property_fields.len, 0 };
    uint32_t index = (uint32_t)s->graph->property_models.len;

    for (uint32_t at = pxi_property_lower(list, tenant, 0);
         model && at < list->count && list->of[at].tenant == tenant; at++)
        if (!add_field(s, model, at))
            return NULL;
    known.count = (uint32_t)s->graph->property_fields.len - known.first;
    if (!px_map_reserve(&s->graph->property_by_model, 1) ||
        !PX_VEC_PUSH(&s->graph->property_models, known))
        return NULL;
    px_map_add(&s->graph->property_by_model, model_hash(tenant, model_no), index);
    return &s->graph->property_models.ptr[index];
}

/* NULL without memory. */
static const pxi_property_model *fields_of(settler *s, const px_twin *twin)
{
    size_t at = px_map_first(&s->graph->property_by_model, model_hash(twin->tenant, twin->model));

    if (at == PX_MAP_END)
        return learn(s, twin->tenant, twin->model);
    return &s->graph->property_models.ptr[s->graph->property_by_model.values[at]];
}

/* ---- one twin in one index ---- */

static bool key_of(const px_twin *twin, const pxi_property_field *field, px_property_key *ret_key)
{
    pxi_slot slot;
    px_value value;

    if (!twin || !field || !pxi_twin_get(twin, field->field, &slot))
        return false;
    value = pxi_slot_show(&slot).value;
    if (!field->is_open)
        return px_property_key_of(value, ret_key);
    *ret_key = px_property_key_open();
    return value.kind == PX_VALUE_JSON;
}

static pxi_entry entry_of(px_property_key key, uint32_t no)
{
    return (pxi_entry){ (uint32_t)(key.high >> 32), (uint32_t)key.high, no, key.low };
}

static bool take(settler *s, px_property_index *own, px_property_key key, uint32_t no)
{
    int64_t bytes_before = s->txn->cow.node_bytes;

    if (!pxi_index_remove(&s->txn->cow, &own->root, entry_of(key, no)))
        return false;
    own->bytes += (uint64_t)(s->txn->cow.node_bytes - bytes_before);
    own->entries--;
    return true;
}

static uint64_t bytes_of_tenant(const settler *s, uint32_t tenant)
{
    const pxi_property_list *list = s->txn->roots.properties;
    uint64_t bytes = 0;

    for (uint32_t at = pxi_property_lower(list, tenant, 0);
         at < list->count && list->of[at].tenant == tenant; at++)
        bytes += list->of[at].index->bytes;
    return bytes;
}

/* Nobody reads it from now on; the next transaction lets its tree go, which this one has changed.
 */
static void become_full(settler *s, px_property_index *own)
{
    s->txn->roots.properties->building -= own->state == PX_PROPERTY_BUILDING;
    s->txn->roots.properties->emptying++;
    own->state = PX_PROPERTY_FULL;
    own->built = 0;
}

static bool give(settler *s, px_property_index *own, px_property_key key, uint32_t no)
{
    int64_t bytes_before = s->txn->cow.node_bytes, grown;

    if (!pxi_index_put(&s->txn->cow, &own->root, entry_of(key, no)))
        return false;
    grown = s->txn->cow.node_bytes - bytes_before;
    own->bytes += (uint64_t)grown;
    own->entries++;
    if (grown > 0 && bytes_of_tenant(s, own->tenant) > s->graph->property_bytes_max)
        become_full(s, own);
    return true;
}

/* `before` and `after` are of the same twin; a field is NULL where the index is not of its model.
 */
static bool settle_field(settler *s, uint32_t at, uint32_t no, const px_twin *before,
                         const pxi_property_field *from, const px_twin *after,
                         const pxi_property_field *to)
{
    px_property_key old, fresh;
    bool was, is;
    px_property_index *own;

    if (no > s->txn->roots.properties->of[at].index->built)
        return true;
    was = key_of(before, from, &old);
    is = key_of(after, to, &fresh);
    if (was == is && (!was || px_property_key_cmp(old, fresh) == 0))
        return true;
    own = pxi_property_own(s->txn, at);
    return own && (!was || take(s, own, old, no)) && (!is || give(s, own, fresh, no));
}

static bool settle_model(settler *s, uint32_t no, const px_twin *before, const px_twin *after)
{
    const pxi_property_model *known = fields_of(s, before ? before : after);

    for (uint32_t i = 0; known && i < known->count; i++) {
        const pxi_property_field *field = &s->graph->property_fields.ptr[known->first + i];

        if (!settle_field(s, field->at, no, before, field, after, field))
            return false;
    }
    return known != NULL;
}

static bool settle_twin(settler *s, uint32_t no, const px_twin *before, const px_twin *after)
{
    if (before && after && before->model != after->model)
        return settle_model(s, no, before, NULL) && settle_model(s, no, NULL, after);
    return (!before && !after) || settle_model(s, no, before, after);
}

/* ---- building ---- */

static bool add_twin(settler *s, uint32_t at, const px_twin *twin)
{
    const pxi_property_model *known = fields_of(s, twin);

    for (uint32_t i = 0; known && i < known->count; i++) {
        const pxi_property_field *field = &s->graph->property_fields.ptr[known->first + i];

        if (field->at == at && !settle_field(s, at, twin->no, NULL, NULL, twin, field))
            return false;
    }
    return known != NULL;
}

/* A step of one index. The number up to which it is built goes first, so that the twins of the step
 * are not above it. */
static bool build_step(settler *s, uint32_t at)
{
    px_property_index *own = pxi_property_own(s->txn, at);
    uint32_t from = own ? own->built : 0;
    px_twins twins;
    const px_twin *twin = NULL;

    if (!own)
        return false;
    twins = px_twins_of(&s->txn->view, own->tenant, NULL, 0);
    if (from)
        px_twins_seek(&twins, from);
    own->built = UINT32_MAX;
    for (uint32_t i = 0; i < STEP_TWINS && own->state == PX_PROPERTY_BUILDING; i++) {
        twin = px_twins_next(&twins);
        if (!twin)
            break;
        if (!add_twin(s, at, twin))
            return false;
    }
    if (own->state != PX_PROPERTY_BUILDING)
        return true;
    if (twin) {
        own->built = twin->no;
        return true;
    }
    own->state = PX_PROPERTY_READY;
    s->txn->roots.properties->building--;
    return true;
}

static bool build(settler *s)
{
    const pxi_property_list *list = s->txn->roots.properties;

    for (uint32_t at = 0; at < list->count; at++)
        if (list->of[at].index->state == PX_PROPERTY_BUILDING)
            return build_step(s, at);
    return true;
}

/* Of those that became full, what is left of their trees. */
static bool empty_full(settler *s)
{
    for (uint32_t at = 0; s->txn->roots.properties->emptying; at++) {
        const px_property_index *index = s->txn->roots.properties->of[at].index;
        px_property_index *own;

        if (index->state != PX_PROPERTY_FULL || !index->root)
            continue;
        own = pxi_property_own(s->txn, at);
        if (!own || !pxi_property_empty(s->txn, own))
            return false;
        s->txn->roots.properties->emptying--;
    }
    return true;
}

static bool settle(settler *s)
{
    if (!empty_full(s))
        return false;
    PX_VEC_EACH (&s->txn->twins.list, touch)
        if (!settle_twin(s, touch->no, touch->old, touch->fresh))
            return false;
    return !s->txn->roots.properties->building || s->graph->is_branch || build(s);
}

px_status px_txn_settle(px_txn *txn, const px_registry *registry, px_err *ret_err)
{
    settler s = { txn, txn->graph, registry };

    if (txn->broken)
        return px_no_memory(ret_err);
    px_assert(!txn->settled);
    txn->settled = true;
    if (!txn->roots.properties || !txn->roots.properties->count || settle(&s))
        return PX_OK;
    return pxi_txn_broken(txn, ret_err);
}
