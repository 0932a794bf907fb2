/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/twin_rows.h"

#include "engine/engine.h"

static uint32_t model_no_of(const void *row)
{
    return px_twin_model(row);
}

static const px_model *model_of(void *data, uint32_t model_no)
{
    return px_registry_model(((const px_twin_rows *)data)->registry, model_no);
}

static px_str id_of(const void *row)
{
    return px_twin_id(row);
}

static void field_of(const void *row, uint32_t field, px_value *ret_value)
{
    px_slot slot;

    *ret_value = px_twin_slot(row, field, &slot) ? slot.value : (px_value){ 0 };
}

px_time px_component_time(const px_layout *layout, const px_twin *twin, uint32_t component)
{
    const px_component *c = &px_layout_components(layout, NULL)[component];
    uint32_t at = px_twin_slot_from(twin, c->field_first);
    px_time newest = PX_TIME_NONE;

    for (; at < px_twin_slot_count(twin); at++) {
        px_slot slot = px_twin_slot_at(twin, at);

        if (slot.key >= c->field_first + c->field_count)
            break;
        if (px_layout_field(layout, slot.key)->kind == PX_FIELD_PROPERTY)
            newest = slot.arrival_time > newest ? slot.arrival_time : newest;
    }
    return newest == PX_TIME_NONE ? px_twin_revised(twin) : newest;
}

static px_time time_of(const px_twin *twin, const px_model *model, const px_expr_binding *binding)
{
    px_slot slot;

    if (binding->what == PX_EXPR_TIME)
        return binding->component == PX_NO_COMPONENT
                   ? px_twin_revised(twin)
                   : px_component_time(px_model_layout(model), twin, binding->component);
    if (!px_twin_slot(twin, binding->field, &slot))
        return PX_TIME_NONE;
    return binding->what == PX_EXPR_FIELD_TIME ? slot.arrival_time : slot.source_time;
}

static size_t text_of(void *data, const void *row, const px_model *model,
                      const px_expr_binding *binding, char ret_bytes[PX_EXPR_TEXT_BYTES])
{
    px_buf *made = &((px_twin_rows *)data)->made;
    px_time time;
    uint8_t freshness;

    px_buf_clear(made);
    if (binding->what == PX_EXPR_ETAG) {
        px_put_etag(made, model ? px_twin_revision(row) : px_rel_seq(row));
    } else if (binding->what == PX_EXPR_FRESHNESS) {
        if (!px_twin_freshness(row, &freshness, NULL))
            return 0;
        px_put_c(made, px_freshness_name((px_freshness)freshness));
    } else {
        time = time_of(row, model, binding);
        if (time == PX_TIME_NONE)
            return 0;
        px_put_time7(made, time);
    }
    px_assert(made->len <= PX_EXPR_TEXT_BYTES);
    memcpy(ret_bytes, made->ptr, made->len);
    return made->len;
}

px_str px_twin_rows_id(const px_twin_rows *rows, uint32_t twin_no)
{
    const px_twin *twin = px_view_twin(rows->view, rows->tenant, twin_no);

    return twin ? px_twin_id(twin) : PX_STR("");
}

static px_str edge_of(void *data, const void *row, px_expr_what what)
{
    const px_twin_rows *rows = data;
    const px_rel *rel = row;

    switch (what) {
    case PX_EXPR_EDGE_ID:
        return px_rel_id(rel);
    case PX_EXPR_EDGE_NAME:
        return px_rel_name(rel);
    case PX_EXPR_EDGE_SOURCE:
        return px_twin_rows_id(rows, px_rel_source(rel));
    case PX_EXPR_EDGE_TARGET:
        return px_twin_rows_id(rows, px_rel_target(rel));
    default:
        return px_rel_properties(rel);
    }
}

px_expr_rows px_twin_rows_of(px_twin_rows *rows)
{
    return (px_expr_rows){ .model_no = model_no_of,
                           .model = model_of,
                           .id = id_of,
                           .field = field_of,
                           .text = text_of,
                           .edge = edge_of,
                           .data = rows };
}
