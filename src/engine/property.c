/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/property.h"

#include "engine/kinds.h"
#include "twin/property.h"

static bool is_index(px_str kind)
{
    return px_str_eq(kind, px_str_c(px_kinds[PX_KIND_PROPERTY_INDEX].name));
}

typedef struct wanted_index {
    px_str path, model;
} wanted_index;

static px_status read(px_str body, px_arena *arena, wanted_index *ret_wanted, px_err *ret_err)
{
    px_json *json;

    PX_TRY(px_json_parse(body, NULL, arena, &json, ret_err));
    ret_wanted->path = px_json_get_text(json, PX_STR("property"));
    ret_wanted->model = px_json_get_text(json, PX_STR("model"));
    return PX_OK;
}

/* ---- checking ---- */

static bool is_step(px_str step)
{
    return step.len > 0 && step.ptr[0] != '$';
}

/* `speed`, or `motor.speed` in a component. */
static bool is_path(px_str path)
{
    px_str rest = path, first = px_str_cut(&rest, '.'), second = px_str_cut(&rest, '.');

    if (first.len == path.len)
        return is_step(first);
    return is_step(first) && is_step(second) && first.len + 1 + second.len == path.len;
}

static bool has_values(const px_schema *schema)
{
    px_value_kind kind = px_schema_value_kind(schema);

    return kind == PX_VALUE_BOOL || kind == PX_VALUE_NUM || kind == PX_VALUE_TEXT;
}

static px_status check_model(px_engine_state *state, uint32_t tenant, const wanted_index *wanted,
                             px_err *ret_err)
{
    px_model_info info;
    const px_field *field;

    if (!px_state_find_model(state, tenant, wanted->model, &info))
        return px_fail_id(ret_err, PX_INVALID, "property.model", "there is no model '%.*s'",
                          PX_FMT(wanted->model));
    field = px_layout_find_path(px_model_layout(info.model), wanted->path);
    if (!field || field->kind != PX_FIELD_PROPERTY)
        return px_fail_id(ret_err, PX_INVALID, "property.path",
                          "model '%.*s' has no property '%.*s'", PX_FMT(wanted->model),
                          PX_FMT(wanted->path));
    if (!has_values(field->schema))
        return px_fail_id(ret_err, PX_INVALID, "property.schema",
                          "'%.*s' has values that no comparison finds; an index is of numbers, "
                          "booleans or strings",
                          PX_FMT(wanted->path));
    return PX_OK;
}

static px_status check_room(const px_view *view, uint32_t tenant, px_err *ret_err)
{
    if (px_view_property_count(view, tenant) >= PX_PROPERTY_INDEXES_MAX)
        return px_fail_id(ret_err, PX_LIMIT, "property.limit",
                          "a tenant has at most %d property indexes", PX_PROPERTY_INDEXES_MAX);
    if (px_view_property_count_all(view) >= PX_PROPERTY_INDEXES_ALL_MAX)
        return px_fail_id(ret_err, PX_LIMIT, "property.limit",
                          "this server has %d property indexes and keeps no more",
                          PX_PROPERTY_INDEXES_ALL_MAX);
    return PX_OK;
}

px_status px_property_check(px_engine_state *state, uint32_t tenant, px_str body, bool is_new,
                            px_err *ret_err)
{
    wanted_index wanted;

    PX_TRY(read(body, &state->arena, &wanted, ret_err));
    if (!is_path(wanted.path))
        return px_fail_id(ret_err, PX_INVALID, "property.path",
                          "'%.*s' is no path such as speed, or motor.speed in a component",
                          PX_FMT(wanted.path));
    if (wanted.model.len)
        PX_TRY(check_model(state, tenant, &wanted, ret_err));
    return is_new ? check_room(px_txn_view(state->txn), tenant, ret_err) : PX_OK;
}

/* ---- folding ---- */

px_status px_property_put(px_engine_state *state, const px_document *document, px_err *ret_err)
{
    wanted_index wanted;

    if (!is_index(document->kind))
        return PX_OK;
    PX_TRY(read(document->body, &state->arena, &wanted, ret_err));
    return px_graph_property_put(state->txn, document->tenant, document->no, wanted.path,
                                 wanted.model, ret_err);
}

px_status px_property_drop(px_engine_state *state, const px_document *document, px_err *ret_err)
{
    if (!is_index(document->kind))
        return PX_OK;
    return px_graph_property_drop(state->txn, document->tenant, document->no, ret_err);
}
