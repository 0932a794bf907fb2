/* SPDX-License-Identifier: Apache-2.0 */
/* The twins of a migration: what each of them holds, by the rules and the new model. */
#include "base/limits.h"
#include "cli/ask.h"
#include "cli/migrate.h"

#define ARENA_BYTES ((size_t)256 << 20)

typedef struct passage {
    px_migration *migration;
    px_holding before, after;
    px_arena arena; /* of one twin */
    px_str twin;
    px_status status; /* of the walk over what is missing */
    px_err *err;
} passage;

/* The property of the new model that takes the value, or why there is none. */
static px_status find_place(passage *p, px_held *held, const px_field **ret_field, px_err *ret_err)
{
    const px_layout *layout = px_model_layout(p->migration->to);
    px_str path;
    px_json *value;

    px_carry_map(&p->migration->carry, held->component, held->name, &held->component, &held->name);
    if (!held->name.len)
        return px_fail_id(ret_err, PX_INVALID, "migrate.drop", "it is left out, as was asked for");
    path = px_held_path(&p->arena, held->component, held->name);
    if (!path.ptr)
        return px_arena_fail(&p->arena, ret_err);
    *ret_field = px_layout_find_path(layout, path);
    if (!*ret_field)
        return px_fail_id(ret_err, PX_INVALID, "twin.unknown", "the model has no '%.*s'",
                          PX_FMT(path));
    if (px_holding_find(&p->after, held->component, held->name))
        return px_fail_id(ret_err, PX_INVALID, "migrate.meet", "'%.*s' has another value already",
                          PX_FMT(path));
    PX_TRY(px_json_parse(held->value, NULL, &p->arena, &value, ret_err));
    return px_field_fit(*ret_field, value, &p->arena, ret_err);
}

static px_status carry_value(passage *p, const px_held *old, px_err *ret_err)
{
    px_action action = { .act = PX_ACT_RENAME,
                         .twin = p->twin,
                         .path = px_held_path(&p->arena, old->component, old->name),
                         .value = old->value };
    const px_field *field = NULL;
    px_held held = *old;
    px_err err = { 0 };

    if (find_place(p, &held, &field, &err) != PX_OK) {
        if (err.status != PX_INVALID && err.status != PX_TOO_LARGE) {
            *ret_err = err;
            return err.status;
        }
        action.act = PX_ACT_DROP;
        action.rule = err.id;
        action.message = err.text;
        return px_migration_act(p->migration, &action, ret_err);
    }
    p->migration->carried++;
    PX_TRY(px_holding_add(&p->after, held, ret_err));
    if (px_str_eq(field->path, action.path))
        return PX_OK;
    action.to = field->path;
    return px_migration_act(p->migration, &action, ret_err);
}

/* A component is there even when it has no value. */
static px_status add_components(passage *p, px_err *ret_err)
{
    uint32_t count;
    const px_component *components =
        px_layout_components(px_model_layout(p->migration->to), &count);

    for (uint32_t i = 0; i < count; i++)
        PX_TRY(px_holding_add_component(&p->after, components[i].name, ret_err));
    return PX_OK;
}

static px_status fill(passage *p, px_err *ret_err)
{
    const px_carry *carry = &p->migration->carry;
    const px_component *components = px_layout_components(px_model_layout(p->migration->to), NULL);

    for (size_t i = 0; i < carry->fillings.len; i++) {
        const px_filling *filling = &carry->fillings.ptr[i];
        const px_field *field = filling->field;
        px_held held = { { 0 }, field->name, filling->value, { 0 } };
        px_action action = {
            .act = PX_ACT_SET, .twin = p->twin, .path = field->path, .value = filling->value
        };

        if (field->component != PX_NO_COMPONENT)
            held.component = components[field->component].name;
        if (px_holding_find(&p->after, held.component, held.name))
            continue;
        PX_TRY(px_holding_add(&p->after, held, ret_err));
        PX_TRY(px_migration_act(p->migration, &action, ret_err));
    }
    return PX_OK;
}

static px_status find_missing(passage *p, px_err *ret_err)
{
    const px_layout *layout = px_model_layout(p->migration->to);
    const px_component *components = px_layout_components(layout, NULL);

    for (uint32_t i = 0; i < px_layout_field_count(layout); i++) {
        const px_field *field = px_layout_field(layout, i);
        px_str component =
            field->component == PX_NO_COMPONENT ? PX_STR("") : components[field->component].name;
        px_action action = { .act = PX_ACT_MISSING,
                             .twin = p->twin,
                             .path = field->path,
                             .rule = "twin.required",
                             .message = "the model requires it" };

        if (field->required && field->kind == PX_FIELD_PROPERTY &&
            !px_holding_find(&p->after, component, field->name))
            PX_TRY(px_migration_act(p->migration, &action, ret_err));
    }
    return PX_OK;
}

static px_status put_moves(passage *p, px_str etag, px_err *ret_err)
{
    const px_migration *m = p->migration;
    px_buf forward = { 0 }, back = { 0 };
    px_status status;

    px_put_move_head(&forward, p->twin, (px_str){ 0 });
    px_put_transition(&forward, &p->before, &p->after, px_model_id(m->to));
    px_put_condition(&forward, etag);
    px_put_move_head(&back, p->twin, (px_str){ 0 });
    px_put_transition(&back, &p->after, &p->before, px_model_id(m->from));
    status = px_migration_move(p->migration, p->twin, (px_str){ 0 }, &forward, &back, ret_err);
    px_buf_release(&forward);
    px_buf_release(&back);
    return status;
}

static px_status pass_twin(px_cli *cli, const px_json *row, void *data, px_err *ret_err)
{
    passage *p = data;
    px_migration *m = p->migration;
    px_str etag = px_json_get_text(row, PX_STR("$etag"));

    (void)cli;
    p->twin = px_json_get_text(row, PX_STR("$dtId"));
    if (!p->twin.len || !etag.len)
        return px_fail(ret_err, PX_CORRUPT, "the server gave a twin without its id or ETag");
    px_arena_reset(&p->arena);
    px_holding_clear(&p->after);
    PX_TRY(px_holding_read(&p->before, px_model_layout(m->from), row, ret_err));
    for (size_t i = 0; i < p->before.values.len; i++)
        PX_TRY(carry_value(p, &p->before.values.ptr[i], ret_err));
    PX_TRY(add_components(p, ret_err));
    PX_TRY(fill(p, ret_err));
    PX_TRY(find_missing(p, ret_err));
    if (!px_map_add(&m->moved, px_str_hash(p->twin), (uint32_t)m->moves.len))
        return px_no_memory(ret_err);
    m->twins++;
    PX_TRY(put_moves(p, etag, ret_err));
    return px_migration_desired(m, p->twin, ret_err);
}

/* ---- all of them ---- */

static px_status too_many(const px_migration *m, uint64_t twins, px_err *ret_err)
{
    px_cli_cure(m->cli, "--limit N moves N of them, and the same command the next");
    return px_fail_id(ret_err, PX_TOO_LARGE, "migrate.twins",
                      "there are %llu twins of %.*s; a migration is one batch, which has at most "
                      "%d changes",
                      (unsigned long long)twins, PX_FMT(px_model_id(m->from)), PX_CHANGES_MAX);
}

px_status px_migration_twins(px_migration *m, px_err *ret_err)
{
    passage p = { .migration = m };
    px_str id = px_model_id(m->from);
    uint64_t count;
    char top[32] = "";
    px_status status;

    PX_TRY(px_ask_count(m->cli, &count, ret_err,
                        "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '%.*s', exact)",
                        PX_FMT(id)));
    if (count > PX_CHANGES_MAX && (!m->limit || m->limit > PX_CHANGES_MAX))
        return too_many(m, count, ret_err);
    if (m->limit)
        snprintf(top, sizeof(top), "TOP(%llu) ", (unsigned long long)m->limit);
    px_arena_init(&p.arena, ARENA_BYTES);
    status = px_ask(m->cli, pass_twin, &p, ret_err,
                    "SELECT %s* FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '%.*s', exact)", top,
                    PX_FMT(id));
    px_holding_release(&p.before);
    px_holding_release(&p.after);
    px_arena_release(&p.arena);
    return status;
}
