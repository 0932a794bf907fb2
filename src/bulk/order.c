/* SPDX-License-Identifier: Apache-2.0 */
/* A walk down the references that gives a model once all that it needs was given. It keeps its path
 * in a list of its own, so no chain of models is too long for the stack. */
#include "bulk/order.h"

enum { FRESH, OPEN, GIVEN };

/* Texts, and for each model an id, a list and a node of the map. */
enum { ARENA_BYTES_MAX = 4 * PX_MODELS_BYTES_MAX };

void px_bulk_order_init(px_bulk_order *order)
{
    *order = (px_bulk_order){ 0 };
    px_arena_init(&order->arena, ARENA_BYTES_MAX);
}

void px_bulk_order_release(px_bulk_order *order)
{
    PX_VEC_RELEASE(&order->models);
    PX_VEC_RELEASE(&order->order);
    px_map_release(&order->by_id);
    px_arena_release(&order->arena);
}

/* ---- references ---- */

/* The members that a model cannot do without; a relationship's target may be missing. */
static bool is_reference(px_str key)
{
    return px_str_eq(key, PX_STR("extends")) || px_str_eq(key, PX_STR("schema"));
}

/* The next node of a walk over all of `root`, itself first. */
static const px_json *after(const px_json *node, const px_json *root)
{
    if (node->first)
        return node->first;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

static bool names_model(const px_json *node)
{
    bool in_list = node->parent && node->parent->type == PX_JSON_ARRAY;
    px_str key = in_list ? node->parent->key : node->key;

    return node->type == PX_JSON_STRING && is_reference(key) &&
           px_str_starts(node->text, PX_STR("dtmi:"));
}

static bool add_needs(px_bulk_order *order, px_bulk_model *model, const px_json *json)
{
    size_t count = 0;

    for (const px_json *n = json; n; n = after(n, json))
        count += names_model(n);
    model->needs = PX_ARENA_ARRAY(&order->arena, px_str, count + 1);
    if (!model->needs)
        return false;
    for (const px_json *n = json; n; n = after(n, json)) {
        px_str copy;

        if (!names_model(n))
            continue;
        copy = px_arena_str(&order->arena, n->text);
        if (!copy.ptr)
            return false;
        model->needs[model->need_count++] = copy;
    }
    return true;
}

px_status px_bulk_order_add(px_bulk_order *order, uint64_t number, px_str text, const px_json *json,
                            px_err *ret_err)
{
    px_bulk_model model = { .number = number };

    if (order->models.len >= PX_MODELS_MAX)
        return px_fail_id(ret_err, PX_LIMIT, "bulk.models", "a file has at most %d models",
                          PX_MODELS_MAX);
    model.text = px_arena_str(&order->arena, text);
    model.id = px_arena_str(&order->arena, px_json_get_text(json, PX_STR("@id")));
    if (!model.text.ptr || !model.id.ptr || !add_needs(order, &model, json))
        return px_arena_fail(&order->arena, ret_err);
    if (!PX_VEC_PUSH(&order->models, model) ||
        !px_map_add(&order->by_id, px_str_hash(model.id), (uint32_t)order->models.len - 1))
        return px_no_memory(ret_err);
    return PX_OK;
}

/* ---- the walk ---- */

static px_bulk_model *find(px_bulk_order *order, px_str id)
{
    uint64_t hash = px_str_hash(id);

    for (size_t at = px_map_first(&order->by_id, hash); at != PX_MAP_END;
         at = px_map_next(&order->by_id, hash, at)) {
        px_bulk_model *model = &order->models.ptr[order->by_id.values[at]];

        if (px_str_eq(model->id, id))
            return model;
    }
    return NULL;
}

typedef struct step {
    uint32_t index, next; /* the model, and which of its needs comes next */
} step;

/* One that it needs and that was not met yet, or NULL. */
static px_bulk_model *next_need(px_bulk_order *order, step *at)
{
    const px_bulk_model *model = &order->models.ptr[at->index];

    while (at->next < model->need_count) {
        px_bulk_model *need = find(order, model->needs[at->next++]);

        if (need && need->state == FRESH)
            return need;
    }
    return NULL;
}

px_status px_bulk_order_sort(px_bulk_order *order, px_err *ret_err)
{
    PX_VEC(step) path = { 0 };
    bool fits = PX_VEC_RESERVE(&order->order, order->models.len) &&
                PX_VEC_RESERVE(&path, order->models.len);

    for (uint32_t i = 0; fits && i < order->models.len; i++) {
        if (order->models.ptr[i].state != FRESH)
            continue;
        order->models.ptr[i].state = OPEN;
        path.ptr[path.len++] = (step){ i, 0 };
        while (path.len) {
            step *top = &path.ptr[path.len - 1];
            px_bulk_model *need = next_need(order, top);

            if (need) {
                need->state = OPEN;
                path.ptr[path.len++] = (step){ (uint32_t)(need - order->models.ptr), 0 };
                continue;
            }
            order->models.ptr[top->index].state = GIVEN;
            order->order.ptr[order->order.len++] = top->index;
            path.len--;
        }
    }
    PX_VEC_RELEASE(&path);
    return fits ? PX_OK : px_no_memory(ret_err);
}
