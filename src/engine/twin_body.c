/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/twin_body.h"

px_status px_fields_add(px_fields *fields, px_arena *arena, px_field_value value, px_err *ret_err)
{
    if (fields->count == fields->cap) {
        size_t cap = fields->cap ? fields->cap * 2 : 8;
        px_field_value *ptr = px_arena_alloc(arena, cap * sizeof(*ptr));

        if (!ptr)
            return px_arena_fail(arena, ret_err);
        if (fields->count)
            memcpy(ptr, fields->ptr, fields->count * sizeof(*ptr));
        fields->ptr = ptr;
        fields->cap = cap;
    }
    fields->ptr[fields->count++] = value;
    return PX_OK;
}

static px_status read_source_time(const px_json *metadata, px_str name, px_time *ret_time,
                                  px_err *ret_err)
{
    const px_json *time = px_json_get(px_json_get(metadata, name), PX_STR("sourceTime"));

    *ret_time = PX_TIME_NONE;
    if (!time || time->type == PX_JSON_NULL)
        return PX_OK;
    if (time->type != PX_JSON_STRING || px_time_parse(time->text, ret_time, NULL) != PX_OK)
        return px_json_fail(time, ret_err, PX_INVALID, "twin.source_time",
                            "sourceTime of '%.*s' must be a time such as 2026-11-01T12:00:00Z",
                            PX_FMT(name));
    return PX_OK;
}

px_status px_twin_body_field(const px_field *field, const px_json *value, const px_json *metadata,
                             px_arena *arena, px_field_value *ret_value, px_err *ret_err)
{
    px_field_value out = { .field = field->index };

    if (field->kind != PX_FIELD_PROPERTY)
        return px_json_fail(value, ret_err, PX_INVALID, "twin.telemetry",
                            "'%.*s' is telemetry; a twin document holds properties only",
                            PX_FMT(field->path));
    PX_TRY(px_schema_check(field->schema, value, arena, &out.value, ret_err));
    PX_TRY(read_source_time(metadata, field->name, &out.source_time, ret_err));
    *ret_value = out;
    return PX_OK;
}

static px_status unknown(const px_layout *layout, uint32_t component, const px_json *member,
                         px_err *ret_err)
{
    px_str near = px_layout_nearest(layout, component, member->key);

    if (near.len)
        return px_json_fail(member, ret_err, PX_INVALID, "twin.unknown",
                            "The model has no property '%.*s'; did you mean '%.*s'?",
                            PX_FMT(member->key), PX_FMT(near));
    return px_json_fail(member, ret_err, PX_INVALID, "twin.unknown",
                        "The model has no property '%.*s'", PX_FMT(member->key));
}

static bool is_component(const px_layout *layout, uint32_t component, px_str name,
                         uint32_t *ret_index)
{
    if (component != PX_NO_COMPONENT)
        return false; /* one level only */
    *ret_index = px_layout_component_find(layout, name);
    return *ret_index != PX_NO_COMPONENT;
}

/* The members of a twin or of one of its components. */
static px_status read_members(const px_layout *layout, uint32_t component, const px_json *body,
                              px_arena *arena, px_fields *fields, px_err *ret_err)
{
    const px_json *metadata = px_json_get(body, PX_STR("$metadata"));

    for (const px_json *m = body->first; m; m = m->next) {
        const px_field *field = px_layout_find(layout, component, m->key);
        px_field_value value;
        uint32_t index;

        if (m->key.len && m->key.ptr[0] == '$')
            continue; /* $dtId, $etag, $metadata */
        if (field) {
            PX_TRY(px_twin_body_field(field, m, metadata, arena, &value, ret_err));
            PX_TRY(px_fields_add(fields, arena, value, ret_err));
        } else if (is_component(layout, component, m->key, &index)) {
            if (m->type != PX_JSON_OBJECT)
                return px_json_fail(m, ret_err, PX_INVALID, "twin.component",
                                    "component '%.*s' must be an object", PX_FMT(m->key));
            PX_TRY(read_members(layout, index, m, arena, fields, ret_err));
        } else {
            return unknown(layout, component, m, ret_err);
        }
    }
    return PX_OK;
}

px_status px_twin_body_read(const px_layout *layout, const px_json *body, px_arena *arena,
                            px_fields *ret_fields, px_err *ret_err)
{
    uint32_t count;
    const px_component *components = px_layout_components(layout, &count);

    for (uint32_t i = 0; i < count; i++)
        if (!px_json_get(body, components[i].name))
            return px_json_fail(body, ret_err, PX_INVALID, "twin.component",
                                "Invalid twin specified: component '%.*s' is missing; give {} when "
                                "it has no values yet",
                                PX_FMT(components[i].name));
    return read_members(layout, PX_NO_COMPONENT, body, arena, ret_fields, ret_err);
}

static bool is_reported_property(const px_layout *layout, const px_slot *slot)
{
    return !(slot->key & PX_DESIRED) && slot->key < px_layout_field_count(layout) &&
           px_layout_field(layout, slot->key)->kind == PX_FIELD_PROPERTY;
}

/* ---- what a replacement takes away ---- */

px_status px_twin_body_dropped(const px_layout *old_layout, const px_twin *old,
                               const px_layout *layout, const px_fields *fields, px_time now,
                               px_arena *arena, px_fields *ret_dropped, px_err *ret_err)
{
    bool *given = PX_ARENA_ARRAY(arena, bool, px_layout_field_count(layout) + 1);

    if (!given)
        return px_arena_fail(arena, ret_err);
    for (size_t i = 0; i < fields->count; i++)
        given[fields->ptr[i].field] = true;
    for (uint32_t i = 0; i < px_twin_slot_count(old); i++) {
        px_slot slot = px_twin_slot_at(old, i);
        px_field_value gone = { .field = slot.key, .source_time = PX_TIME_NONE };
        const px_field *field;

        if (!is_reported_property(old_layout, &slot))
            continue;
        field = px_layout_find_path(layout, px_layout_field(old_layout, slot.key)->path);
        if (field && given[field->index])
            continue;
        if (!slot.by_arrival && slot.source_time != PX_TIME_NONE && slot.source_time > now)
            gone.source_time = slot.source_time;
        PX_TRY(px_fields_add(ret_dropped, arena, gone, ret_err));
    }
    return PX_OK;
}

/* ---- writing ---- */

/* Values, then their metadata, of the fields of one component (or of the twin itself). */
static void write_members(px_json_writer *w, const px_layout *layout, const px_twin *twin,
                          uint32_t component, px_str model_id)
{
    uint32_t slots = px_twin_slot_count(twin);

    for (uint32_t i = 0; i < slots; i++) {
        px_slot slot = px_twin_slot_at(twin, i);

        if (!is_reported_property(layout, &slot) ||
            px_layout_field(layout, slot.key)->component != component)
            continue;
        px_json_key(w, px_layout_field(layout, slot.key)->name);
        px_json_value(w, slot.value);
    }
    px_json_key(w, PX_STR("$metadata"));
    px_json_begin_object(w);
    if (model_id.len) {
        px_json_key(w, PX_STR("$model"));
        px_json_string(w, model_id);
    }
    for (uint32_t i = 0; i < slots; i++) {
        px_slot slot = px_twin_slot_at(twin, i);

        if (!is_reported_property(layout, &slot) ||
            px_layout_field(layout, slot.key)->component != component)
            continue;
        px_json_key(w, px_layout_field(layout, slot.key)->name);
        px_json_begin_object(w);
        if (slot.source_time != PX_TIME_NONE) {
            px_json_key(w, PX_STR("sourceTime"));
            px_json_time(w, slot.source_time);
        }
        px_json_end_object(w);
    }
    px_json_end_object(w);
}

void px_twin_body_write(px_buf *buf, const px_model *model, const px_twin *twin)
{
    px_json_writer w = px_json_writer_of(buf);
    const px_layout *layout = px_model_layout(model);
    uint32_t count;
    const px_component *components = px_layout_components(layout, &count);

    px_json_begin_object(&w);
    write_members(&w, layout, twin, PX_NO_COMPONENT, px_model_id(model));
    for (uint32_t i = 0; i < count; i++) {
        px_json_key(&w, components[i].name);
        px_json_begin_object(&w);
        write_members(&w, layout, twin, i, (px_str){ 0 });
        px_json_end_object(&w);
    }
    px_json_end_object(&w);
}
