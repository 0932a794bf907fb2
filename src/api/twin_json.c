/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of the data plane, in its order: $dtId, $etag, properties, components, $metadata last.
 */
#include "api/inner.h"

static void put_time7(px_json_writer *w, px_time time)
{
    px_buf text = { 0 };

    px_put_time7(&text, time);
    px_json_string(w, px_buf_str(&text));
    px_buf_release(&text);
}

static bool slot_of(const px_layout *layout, const px_twin *twin, uint32_t index,
                    uint32_t component, px_slot *ret_slot, const px_field **ret_field)
{
    *ret_slot = px_twin_slot_at(twin, index);
    if (ret_slot->key & PX_DESIRED || ret_slot->key >= px_layout_field_count(layout))
        return false;
    *ret_field = px_layout_field(layout, ret_slot->key);
    return (*ret_field)->component == component && (*ret_field)->kind == PX_FIELD_PROPERTY;
}

static void put_values(px_json_writer *w, const px_layout *layout, const px_twin *twin,
                       uint32_t component)
{
    const px_field *field;
    px_slot slot;

    for (uint32_t i = 0; i < px_twin_slot_count(twin); i++) {
        if (!slot_of(layout, twin, i, component, &slot, &field))
            continue;
        px_json_key(w, field->name);
        px_json_value(w, slot.value);
    }
}

static void put_metadata(px_json_writer *w, const px_layout *layout, const px_twin *twin,
                         uint32_t component, px_str model_id)
{
    px_time last = px_twin_time(twin);
    const px_field *field;
    px_slot slot;

    px_json_key(w, PX_STR("$metadata"));
    px_json_begin_object(w);
    if (model_id.len) {
        px_json_key(w, PX_STR("$model"));
        px_json_string(w, model_id);
    }
    px_json_key(w, PX_STR("$lastUpdateTime"));
    put_time7(w, last);
    for (uint32_t i = 0; i < px_twin_slot_count(twin); i++) {
        if (!slot_of(layout, twin, i, component, &slot, &field))
            continue;
        px_json_key(w, field->name);
        px_json_begin_object(w);
        px_json_key(w, PX_STR("lastUpdateTime"));
        put_time7(w, slot.arrival_time);
        if (slot.source_time != PX_TIME_NONE) {
            px_json_key(w, PX_STR("sourceTime"));
            put_time7(w, slot.source_time);
        }
        px_json_end_object(w);
    }
    px_json_end_object(w);
}

static void put_component(px_json_writer *w, const px_layout *layout, const px_twin *twin,
                          uint32_t component)
{
    px_json_begin_object(w);
    put_values(w, layout, twin, component);
    put_metadata(w, layout, twin, component, (px_str){ 0 });
    px_json_end_object(w);
}

void px_put_component_json(px_buf *buf, const px_model *model, const px_twin *twin,
                           uint32_t component)
{
    px_json_writer w = px_json_writer_of(buf);

    put_component(&w, px_model_layout(model), twin, component);
}

void px_put_twin_json(px_buf *buf, const px_model *model, const px_twin *twin)
{
    const px_layout *layout = px_model_layout(model);
    px_json_writer w = px_json_writer_of(buf);
    uint32_t count;
    const px_component *components = px_layout_components(layout, &count);
    px_buf etag = { 0 };

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("$dtId"));
    px_json_string(&w, px_twin_id(twin));
    px_json_key(&w, PX_STR("$etag"));
    px_put_etag(&etag, px_twin_seq(twin));
    px_json_string(&w, px_buf_str(&etag));
    px_buf_release(&etag);
    put_values(&w, layout, twin, PX_NO_COMPONENT);
    for (uint32_t i = 0; i < count; i++) {
        px_json_key(&w, components[i].name);
        put_component(&w, layout, twin, i);
    }
    put_metadata(&w, layout, twin, PX_NO_COMPONENT, px_model_id(model));
    px_json_end_object(&w);
}

void px_put_relationship_json(px_buf *buf, const px_rel *rel, px_str source_id, px_str target_id)
{
    px_json_writer w = px_json_writer_of(buf);
    px_str properties = px_rel_properties(rel);
    px_buf etag = { 0 };

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("$relationshipId"));
    px_json_string(&w, px_rel_id(rel));
    px_json_key(&w, PX_STR("$sourceId"));
    px_json_string(&w, source_id);
    px_json_key(&w, PX_STR("$targetId"));
    px_json_string(&w, target_id);
    px_json_key(&w, PX_STR("$relationshipName"));
    px_json_string(&w, px_rel_name(rel));
    px_json_key(&w, PX_STR("$etag"));
    px_put_etag(&etag, px_rel_seq(rel));
    px_json_string(&w, px_buf_str(&etag));
    px_buf_release(&etag);
    if (properties.len > 2) { /* compact and not `{}`: its members follow ours */
        px_put_char(buf, ',');
        px_put(buf, px_str_of(properties.ptr + 1, properties.len - 2));
    }
    px_json_end_object(&w);
}
