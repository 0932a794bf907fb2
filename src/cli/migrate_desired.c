/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Desired values of a twin that goes. By itself the server keeps those that have a writable
 * property of the same path in the new model; what the rules want beyond that, there and back, is a
 * change of its own behind that of the twin.
 */
#include "cli/migrate.h"

#include "cli/api.h"
#include "cli/twin_call.h"

#define ARENA_BYTES ((size_t)64 << 20)

typedef struct wishes {
    px_migration *migration;
    px_str twin;
    px_holding before, after;
    px_arena arena;
} wishes;

static bool has_writable(const px_layout *layout)
{
    for (uint32_t i = 0; i < px_layout_field_count(layout); i++)
        if (px_layout_field(layout, i)->writable)
            return true;
    return false;
}

/* Whether a model takes the wish at that path; `ret_err` says why not. */
static px_status fits(px_arena *arena, const px_model *model, px_str path, px_str value,
                      px_err *ret_err)
{
    const px_field *field = px_layout_find_path(px_model_layout(model), path);
    px_json *json;

    if (!field || !field->writable)
        return px_fail_id(ret_err, PX_INVALID, "desired.writable",
                          "the model has no writable '%.*s'", PX_FMT(path));
    PX_TRY(px_json_parse(value, NULL, arena, &json, ret_err));
    return px_field_fit(field, json, arena, ret_err);
}

/* ---- reading ---- */

/* {"speed": {"value": 20, "version": 7}, "motor.hours": …} */
static px_status read_before(wishes *w, px_err *ret_err)
{
    px_http_call call = { .method = "GET" };
    px_str id = px_arena_str(&w->arena, w->twin);
    px_json *root = NULL;

    if (!id.ptr)
        return px_arena_fail(&w->arena, ret_err);
    PX_TRY(px_twin_call(w->migration->cli, call, "/api/v1/twins/", id.ptr, "/desired", &w->arena,
                        &root, ret_err));
    for (const px_json *m = root ? root->first : NULL; m; m = m->next) {
        const px_json *value = px_json_get(m, PX_STR("value"));
        px_str name = m->key, component = px_str_cut(&name, '.');
        px_held held = { component, name, value ? value->raw : PX_STR("null"), { 0 } };

        if (component.len == m->key.len) {
            held.component = PX_STR("");
            held.name = m->key;
        }
        PX_TRY(px_holding_add(&w->before, held, ret_err));
    }
    return PX_OK;
}

static px_status carry(wishes *w, px_held held, px_err *ret_err)
{
    px_action action = { .act = PX_ACT_RENAME,
                         .twin = w->twin,
                         .desired = true,
                         .path = px_held_path(&w->arena, held.component, held.name),
                         .value = held.value };
    px_err err = { 0 };

    px_carry_map(&w->migration->carry, held.component, held.name, &held.component, &held.name);
    action.to = px_held_path(&w->arena, held.component, held.name);
    if (!action.path.ptr || !action.to.ptr)
        return px_arena_fail(&w->arena, ret_err);
    if (fits(&w->arena, w->migration->to, action.to, held.value, &err) != PX_OK) {
        action.act = PX_ACT_DROP;
        action.rule = err.id;
        action.message = err.text;
        return px_migration_act(w->migration, &action, ret_err);
    }
    PX_TRY(px_holding_add(&w->after, held, ret_err));
    if (px_str_eq(action.path, action.to))
        return PX_OK;
    return px_migration_act(w->migration, &action, ret_err);
}

/* ---- changes ---- */

/* What the server makes of `from` by itself, with what is wanted: members of an object, those of
 * one component together. True when there is a difference. */
static bool put_members(wishes *w, px_json_writer *json, const px_model *model,
                        const px_holding *from, const px_holding *to, px_str component)
{
    bool any = false;

    for (size_t i = 0; i < from->values.len; i++) { /* kept, and not wanted */
        const px_held *held = &from->values.ptr[i];
        px_str path = px_held_path(&w->arena, held->component, held->name);

        if (!px_str_eq(held->component, component) ||
            px_holding_find(to, held->component, held->name) ||
            fits(&w->arena, model, path, held->value, NULL) != PX_OK)
            continue;
        px_json_key(json, held->name);
        px_json_null(json);
        any = true;
    }
    for (size_t i = 0; i < to->values.len; i++) {
        const px_held *held = &to->values.ptr[i];
        const px_held *kept = px_holding_find(from, held->component, held->name);

        if (!px_str_eq(held->component, component) || (kept && px_str_eq(kept->value, held->value)))
            continue;
        px_json_key(json, held->name);
        px_json_put_raw(json, held->value);
        any = true;
    }
    return any;
}

/* `{"twin":…,"op":"desired","value":{…}` to what is wished at `model`. */
static bool put_change(wishes *w, px_buf *buf, const px_model *model, const px_holding *from,
                       const px_holding *to)
{
    px_json_writer json;
    uint32_t count;
    const px_component *components = px_layout_components(px_model_layout(model), &count);
    bool any;

    px_put_move_head(buf, w->twin, (px_str){ 0 });
    px_put_c(buf, "\"op\":\"desired\",\"value\":");
    json = px_json_writer_of(buf);
    px_json_begin_object(&json);
    any = put_members(w, &json, model, from, to, PX_STR(""));
    for (uint32_t i = 0; i < count; i++) {
        px_buf part = { 0 };
        px_json_writer inner = px_json_writer_of(&part);

        px_json_begin_object(&inner);
        if (put_members(w, &inner, model, from, to, components[i].name)) {
            px_json_end_object(&inner);
            px_json_key(&json, components[i].name);
            px_json_put_raw(&json, px_buf_str(&part));
            any = true;
        }
        px_buf_release(&part);
    }
    px_json_end_object(&json);
    return any;
}

/* A way on which the server does all by itself has no change. */
static px_status put_moves(wishes *w, px_err *ret_err)
{
    const px_migration *m = w->migration;
    px_buf forward = { 0 }, back = { 0 };
    bool there = put_change(w, &forward, m->to, &w->before, &w->after);
    bool again = put_change(w, &back, m->from, &w->after, &w->before);
    px_status status = PX_OK;

    if (!there)
        px_buf_clear(&forward);
    if (!again)
        px_buf_clear(&back);
    if (there || again) {
        status = px_migration_move(w->migration, w->twin, (px_str){ 0 }, &forward, &back, ret_err);
        if (status == PX_OK)
            w->migration->moves.ptr[w->migration->moves.len - 1].desired = true;
    }
    px_buf_release(&forward);
    px_buf_release(&back);
    return status;
}

px_status px_migration_desired(px_migration *migration, px_str twin, px_err *ret_err)
{
    wishes w = { .migration = migration, .twin = twin };
    px_status status;

    if (!has_writable(px_model_layout(migration->from)))
        return PX_OK;
    px_arena_init(&w.arena, ARENA_BYTES);
    status = read_before(&w, ret_err);
    for (size_t i = 0; i < w.before.values.len && status == PX_OK; i++)
        status = carry(&w, w.before.values.ptr[i], ret_err);
    if (status == PX_OK && w.before.values.len)
        status = put_moves(&w, ret_err);
    px_holding_release(&w.before);
    px_holding_release(&w.after);
    px_arena_release(&w.arena);
    return status;
}
