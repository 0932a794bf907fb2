/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/event_data.h"

#include "base/json.h"
#include "engine/engine.h"

enum { ARENA_BYTES_MAX = 16 * 1024 * 1024 };

static const px_field *field_of(const px_layout *layout, const px_field_value *f)
{
    return f->field < px_layout_field_count(layout) ? px_layout_field(layout, f->field) : NULL;
}

static px_time source_time_of(const px_event *event, const px_field_value *f)
{
    return f->source_time != PX_TIME_NONE ? f->source_time : event->source_time;
}

/* ---- twins ---- */

/* The next property of a component that has a value, from `*at` on; NULL: there is none. */
static const px_field_value *next_value(const px_layout *layout, const px_event *event,
                                        uint32_t component, size_t *at, const px_field **ret_field)
{
    while (*at < event->field_count) {
        const px_field_value *f = &event->fields[(*at)++];

        *ret_field = field_of(layout, f);
        if (*ret_field && (*ret_field)->kind == PX_FIELD_PROPERTY &&
            (*ret_field)->component == component && f->value.kind != PX_VALUE_NONE)
            return f;
    }
    return NULL;
}

static void put_time7(px_json_writer *w, px_time time)
{
    px_buf text = { 0 };

    px_put_time7(&text, time);
    px_json_string(w, px_buf_str(&text));
    px_buf_release(&text);
}

static void put_etag(px_json_writer *w, uint64_t seq)
{
    px_buf text = { 0 };

    px_put_etag(&text, seq);
    px_json_key(w, PX_STR("$etag"));
    px_json_string(w, px_buf_str(&text));
    px_buf_release(&text);
}

/* Arrival is kept in whole milliseconds. */
static px_time arrival_of(const px_event *event)
{
    return event->time - event->time % PX_MILLISECOND;
}

static void put_values(px_json_writer *w, const px_layout *layout, const px_event *event,
                       uint32_t component)
{
    const px_field_value *f;
    const px_field *field;

    for (size_t at = 0; (f = next_value(layout, event, component, &at, &field)) != NULL;) {
        px_json_key(w, field->name);
        px_json_value(w, f->value);
    }
}

static void put_metadata(px_json_writer *w, const px_model *model, const px_event *event,
                         uint32_t component)
{
    const px_layout *layout = px_model_layout(model);
    const px_field_value *f;
    const px_field *field;

    px_json_key(w, PX_STR("$metadata"));
    px_json_begin_object(w);
    if (component == PX_NO_COMPONENT) {
        px_json_key(w, PX_STR("$model"));
        px_json_string(w, px_model_id(model));
    }
    px_json_key(w, PX_STR("$lastUpdateTime"));
    put_time7(w, component == PX_NO_COMPONENT ? event->time : arrival_of(event));
    for (size_t at = 0; (f = next_value(layout, event, component, &at, &field)) != NULL;) {
        px_json_key(w, field->name);
        px_json_begin_object(w);
        px_json_key(w, PX_STR("lastUpdateTime"));
        put_time7(w, arrival_of(event));
        if (source_time_of(event, f) != PX_TIME_NONE) {
            px_json_key(w, PX_STR("sourceTime"));
            put_time7(w, source_time_of(event, f));
        }
        px_json_end_object(w);
    }
    px_json_end_object(w);
}

void px_put_event_twin(px_buf *buf, const px_model *model, const px_event *event, px_str twin_id)
{
    const px_layout *layout = px_model_layout(model);
    px_json_writer w = px_json_writer_of(buf);
    uint32_t count;
    const px_component *components = px_layout_components(layout, &count);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("$dtId"));
    px_json_string(&w, twin_id);
    put_etag(&w, event->seq);
    put_values(&w, layout, event, PX_NO_COMPONENT);
    for (uint32_t i = 0; i < count; i++) {
        px_json_key(&w, components[i].name);
        px_json_begin_object(&w);
        put_values(&w, layout, event, i);
        put_metadata(&w, model, event, i);
        px_json_end_object(&w);
    }
    put_metadata(&w, model, event, PX_NO_COMPONENT);
    px_json_end_object(&w);
}

/* ---- patches ---- */

static void begin_patch(px_json_writer *w, px_str model_id)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("modelId"));
    px_json_string(w, model_id);
    px_json_key(w, PX_STR("patch"));
    px_json_begin_array(w);
}

static void end_patch(px_json_writer *w)
{
    px_json_end_array(w);
    px_json_end_object(w);
}

/* Begins one operation; a value follows unless it removes. */
static void begin_op(px_json_writer *w, px_str path, bool removes)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("op"));
    px_json_string(w, removes ? PX_STR("remove") : PX_STR("replace"));
    px_json_key(w, PX_STR("path"));
    px_json_string(w, path);
    if (!removes)
        px_json_key(w, PX_STR("value"));
}

static void put_text_op(px_json_writer *w, px_str path, px_str text)
{
    begin_op(w, path, false);
    px_json_string(w, text);
    px_json_end_object(w);
}

static void put_field_path(px_buf *path, const px_layout *layout, const px_field *field)
{
    px_buf_clear(path);
    if (field->component != PX_NO_COMPONENT)
        px_put_json_pointer_step(path, px_layout_components(layout, NULL)[field->component].name);
    px_put_json_pointer_step(path, field->name);
}

bool px_put_event_patch(px_buf *buf, const px_model *model, const px_event *event)
{
    const px_layout *layout = px_model_layout(model);
    px_json_writer w = px_json_writer_of(buf);
    px_buf path = { 0 };
    bool any = false;

    begin_patch(&w, px_model_id(model));
    if (event->was_model_no) {
        put_text_op(&w, PX_STR("/$metadata/$model"), px_model_id(model));
        any = true;
    }
    for (size_t i = 0; i < event->field_count; i++) {
        const px_field_value *f = &event->fields[i];
        const px_field *field = field_of(layout, f);

        if (!field || field->kind != PX_FIELD_PROPERTY)
            continue;
        put_field_path(&path, layout, field);
        begin_op(&w, px_buf_str(&path), f->value.kind == PX_VALUE_NONE);
        if (f->value.kind != PX_VALUE_NONE)
            px_json_value(&w, f->value);
        px_json_end_object(&w);
        any = true;
    }
    end_patch(&w);
    if (path.status != PX_OK)
        buf->status = path.status;
    px_buf_release(&path);
    return any;
}

/* ---- telemetry ---- */

bool px_put_event_telemetry(px_buf *buf, const px_layout *layout, const px_event *event,
                            uint32_t component)
{
    px_json_writer w = px_json_writer_of(buf);
    bool any = false;

    px_json_begin_object(&w);
    for (size_t i = 0; i < event->field_count; i++) {
        const px_field_value *f = &event->fields[i];
        const px_field *field = field_of(layout, f);

        if (!field || field->kind != PX_FIELD_TELEMETRY || field->component != component)
            continue;
        px_json_key(&w, field->name);
        px_json_value(&w, f->value);
        any = true;
    }
    px_json_end_object(&w);
    return any;
}

/* ---- relationships ---- */

static void put_member(px_json_writer *w, const char *key, px_str text)
{
    px_json_key(w, px_str_c(key));
    px_json_string(w, text);
}

void px_put_event_relationship(px_buf *buf, const px_event *event, px_str source_id,
                               px_str target_id)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    put_member(&w, "$relationshipId", event->id);
    put_member(&w, "$sourceId", source_id);
    put_member(&w, "$targetId", target_id);
    put_member(&w, "$relationshipName", event->name);
    put_etag(&w, event->seq);
    if (event->body.len > 2) { /* compact and not `{}`: its members follow ours */
        px_put_char(buf, ',');
        px_put(buf, px_str_of(event->body.ptr + 1, event->body.len - 2));
    }
    px_json_end_object(&w);
}

static void put_step_op(px_json_writer *w, px_buf *path, const px_json *member, bool removes)
{
    px_buf_clear(path);
    px_put_json_pointer_step(path, member->key);
    begin_op(w, px_buf_str(path), removes);
    if (!removes)
        px_json_node(w, member);
    px_json_end_object(w);
}

static void put_differences(px_json_writer *w, px_buf *path, const px_json *before,
                            const px_json *after)
{
    for (const px_json *m = after->first; m; m = m->next) {
        const px_json *old = px_json_get(before, m->key);

        if (!old || !px_str_eq(old->raw, m->raw)) /* both are compact */
            put_step_op(w, path, m, false);
    }
    for (const px_json *m = before->first; m; m = m->next)
        if (!px_json_get(after, m->key))
            put_step_op(w, path, m, true);
}

bool px_put_event_relationship_patch(px_buf *buf, const px_event *event, px_str model_id,
                                     px_str target_id)
{
    px_json_writer w = px_json_writer_of(buf);
    px_json *before, *after;
    px_buf path = { 0 };
    bool good;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    good = px_json_parse(event->before.len ? event->before : PX_STR("{}"), NULL, &arena, &before,
                         NULL) == PX_OK &&
           px_json_parse(event->body.len ? event->body : PX_STR("{}"), NULL, &arena, &after,
                         NULL) == PX_OK;
    if (!good)
        return false;
    begin_patch(&w, model_id);
    if (event->was_target_no)
        put_text_op(&w, PX_STR("/$targetId"), target_id);
    if (event->was_name.len)
        put_text_op(&w, PX_STR("/$relationshipName"), event->name);
    put_differences(&w, &path, before, after);
    end_patch(&w);
    px_buf_release(&path);
    return true;
}
