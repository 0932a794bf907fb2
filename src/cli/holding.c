/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A patch that changes the model begins with what goes and ends with the model. Operations only add
 * and remove: what is there already is replaced by an add.
 */
#include "cli/holding.h"

#include "base/limits.h"

void px_holding_clear(px_holding *holding)
{
    holding->values.len = holding->components.len = 0;
}

void px_holding_release(px_holding *holding)
{
    PX_VEC_RELEASE(&holding->values);
    PX_VEC_RELEASE(&holding->components);
}

px_status px_holding_add(px_holding *holding, px_held held, px_err *ret_err)
{
    return PX_VEC_PUSH(&holding->values, held) ? PX_OK : px_no_memory(ret_err);
}

px_status px_holding_add_component(px_holding *holding, px_str name, px_err *ret_err)
{
    return PX_VEC_PUSH(&holding->components, name) ? PX_OK : px_no_memory(ret_err);
}

px_str px_held_path(px_arena *arena, px_str component, px_str name)
{
    px_buf path = { 0 };
    px_str copy;

    px_putf(&path, "%.*s%s%.*s", PX_FMT(component), component.len ? "." : "", PX_FMT(name));
    copy = px_arena_str(arena, px_buf_str(&path));
    px_buf_release(&path);
    return copy;
}

const px_held *px_holding_find(const px_holding *holding, px_str component, px_str name)
{
    for (size_t i = 0; i < holding->values.len; i++) {
        const px_held *held = &holding->values.ptr[i];

        if (px_str_eq(held->name, name) && px_str_eq(held->component, component))
            return held;
    }
    return NULL;
}

static bool has_component(const px_holding *holding, px_str name)
{
    for (size_t i = 0; i < holding->components.len; i++)
        if (px_str_eq(holding->components.ptr[i], name))
            return true;
    return false;
}

/* ---- reading ---- */

static px_status read_members(px_holding *holding, const px_layout *layout, px_str component,
                              const px_json *object, px_err *ret_err)
{
    const px_json *metadata = px_json_get(object, PX_STR("$metadata"));

    for (const px_json *m = object->first; m; m = m->next) {
        px_held held = { component, m->key, m->raw, { 0 } };

        if (m->key.len && m->key.ptr[0] == '$')
            continue;
        if (!component.len && px_json_is(m, PX_JSON_OBJECT) &&
            px_layout_component_find(layout, m->key) != PX_NO_COMPONENT) {
            PX_TRY(px_holding_add_component(holding, m->key, ret_err));
            PX_TRY(read_members(holding, layout, m->key, m, ret_err));
            continue;
        }
        held.source_time = px_json_get_text(px_json_get(metadata, m->key), PX_STR("sourceTime"));
        PX_TRY(px_holding_add(holding, held, ret_err));
    }
    return PX_OK;
}

px_status px_holding_read(px_holding *holding, const px_layout *layout, const px_json *twin,
                          px_err *ret_err)
{
    px_holding_clear(holding);
    return read_members(holding, layout, PX_STR(""), twin, ret_err);
}

/* ---- documents ---- */

/* Values and `$metadata` of one component, or of the twin itself with its model; no braces. */
static void put_members(px_json_writer *w, const px_holding *holding, px_str component,
                        px_str model)
{
    px_json_key(w, PX_STR("$metadata"));
    px_json_begin_object(w);
    if (model.len) {
        px_json_key(w, PX_STR("$model"));
        px_json_string(w, model);
    }
    for (size_t i = 0; i < holding->values.len; i++) {
        const px_held *held = &holding->values.ptr[i];

        if (!held->source_time.len || !px_str_eq(held->component, component))
            continue;
        px_json_key(w, held->name);
        px_json_begin_object(w);
        px_json_key(w, PX_STR("sourceTime"));
        px_json_string(w, held->source_time);
        px_json_end_object(w);
    }
    px_json_end_object(w);
    for (size_t i = 0; i < holding->values.len; i++) {
        const px_held *held = &holding->values.ptr[i];

        if (!px_str_eq(held->component, component))
            continue;
        px_json_key(w, held->name);
        px_json_put_raw(w, held->value);
    }
}

static void put_component(px_json_writer *w, const px_holding *holding, px_str component)
{
    px_json_begin_object(w);
    put_members(w, holding, component, (px_str){ 0 });
    px_json_end_object(w);
}

static void put_document(px_json_writer *w, const px_holding *holding, px_str model)
{
    px_json_begin_object(w);
    put_members(w, holding, PX_STR(""), model);
    for (size_t i = 0; i < holding->components.len; i++) {
        px_json_key(w, holding->components.ptr[i]);
        put_component(w, holding, holding->components.ptr[i]);
    }
    px_json_end_object(w);
}

/* ---- patches ---- */

typedef struct patch {
    px_json_writer json;
    size_t count;
} patch;

/* An operation up to its value; `steps` end with an empty one. */
static void begin_op(patch *p, const char *op, const px_str *steps)
{
    px_buf path = { 0 };

    for (; steps->len; steps++)
        px_put_json_pointer_step(&path, *steps);
    px_json_begin_object(&p->json);
    px_json_key(&p->json, PX_STR("op"));
    px_json_string(&p->json, px_str_c(op));
    px_json_key(&p->json, PX_STR("path"));
    px_json_string(&p->json, px_buf_str(&path));
    px_buf_release(&path);
    p->count++;
}

static void put_op(patch *p, const char *op, const px_str *steps, px_str value)
{
    begin_op(p, op, steps);
    if (value.len) {
        px_json_key(&p->json, PX_STR("value"));
        px_json_put_raw(&p->json, value);
    }
    px_json_end_object(&p->json);
}

/* The path of a value; of the twin itself it has a step less. */
static const px_str *steps_of(const px_held *held, px_str steps[3])
{
    steps[0] = held->component;
    steps[1] = held->name;
    steps[2] = (px_str){ 0 };
    return held->component.len ? steps : steps + 1;
}

static void put_source_time(patch *p, const px_held *held, const char *op)
{
    px_str steps[] = {
        held->component, PX_STR("$metadata"), held->name, PX_STR("sourceTime"), { 0 }
    };
    px_buf text = { 0 };

    if (strcmp(op, "remove") != 0)
        px_put_json_string(&text, held->source_time);
    put_op(p, op, held->component.len ? steps : steps + 1, px_buf_str(&text));
    px_buf_release(&text);
}

static void put_removals(patch *p, const px_holding *from, const px_holding *to)
{
    px_str steps[3] = { { 0 } };

    for (size_t i = 0; i < from->components.len; i++) {
        steps[0] = from->components.ptr[i];
        if (!has_component(to, steps[0]))
            put_op(p, "remove", steps, (px_str){ 0 });
    }
    for (size_t i = 0; i < from->values.len; i++) {
        const px_held *held = &from->values.ptr[i];

        if (held->component.len && !has_component(to, held->component))
            continue; /* goes with it */
        if (!px_holding_find(to, held->component, held->name))
            put_op(p, "remove", steps_of(held, steps), (px_str){ 0 });
    }
}

static void put_value(patch *p, const px_held *old, const px_held *held)
{
    px_str steps[3];

    if (old && px_str_eq(old->value, held->value) && px_str_eq(old->source_time, held->source_time))
        return;
    put_op(p, "add", steps_of(held, steps), held->value);
    if (held->source_time.len)
        put_source_time(p, held, "add");
    else if (old && old->source_time.len)
        put_source_time(p, held, "remove");
}

static void put_additions(patch *p, const px_holding *from, const px_holding *to)
{
    px_str steps[2] = { { 0 } };

    for (size_t i = 0; i < to->components.len; i++) {
        steps[0] = to->components.ptr[i];
        if (has_component(from, steps[0]))
            continue;
        begin_op(p, "add", steps);
        px_json_key(&p->json, PX_STR("value"));
        put_component(&p->json, to, steps[0]);
        px_json_end_object(&p->json);
    }
    for (size_t i = 0; i < to->values.len; i++) {
        const px_held *held = &to->values.ptr[i];

        if (!held->component.len || has_component(from, held->component))
            put_value(p, px_holding_find(from, held->component, held->name), held);
    }
}

static size_t put_patch(px_buf *buf, const px_holding *from, const px_holding *to, px_str model)
{
    static const px_str steps[] = { { "$metadata", 9 }, { "$model", 6 }, { 0 } };
    patch p = { .json = px_json_writer_of(buf) };
    px_buf id = { 0 };

    px_json_begin_array(&p.json);
    put_removals(&p, from, to);
    put_additions(&p, from, to);
    px_put_json_string(&id, model);
    put_op(&p, "replace", steps, px_buf_str(&id));
    px_buf_release(&id);
    px_json_end_array(&p.json);
    return p.count;
}

void px_put_transition(px_buf *buf, const px_holding *from, const px_holding *to, px_str model)
{
    px_json_writer w;
    px_buf text = { 0 };

    if (put_patch(&text, from, to, model) <= PX_PATCH_OPS_MAX) {
        px_put_c(buf, "\"op\":\"patch\",\"value\":");
        px_put(buf, px_buf_str(&text));
    } else {
        px_put_c(buf, "\"op\":\"put\",\"value\":");
        w = px_json_writer_of(buf);
        put_document(&w, to, model);
    }
    if (text.status != PX_OK)
        buf->status = text.status;
    px_buf_release(&text);
}
