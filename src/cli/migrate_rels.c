/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relationships of twins that go: they stay where the new model has them, too, with the properties
 * that it knows, up to its maxMultiplicity, and where they lead to is still allowed. The rest is
 * deleted, or stays as it is when that was asked for. What others have is never touched.
 *
 * With a limit the twin at the end may go with a later batch: it is judged as if it had gone. The
 * server would not take a change of such a relationship yet, so that stays as it is.
 */
#include "cli/ask.h"
#include "cli/migrate.h"

#define ARENA_BYTES ((size_t)16 << 20)

typedef struct pass {
    px_migration *migration;
    px_map by_name; /* hash of source and name, to the index of its count */
    PX_VEC(uint32_t) counts;
    px_arena arena;
    px_status status;
    px_err *err;
    px_action action;
} pass;

static bool is_moved(const px_migration *m, px_str twin)
{
    for (size_t at = px_map_first(&m->moved, px_str_hash(twin)); at != PX_MAP_END;
         at = px_map_next(&m->moved, px_str_hash(twin), at))
        if (px_str_eq(m->moves.ptr[m->moved.values[at]].twin, twin))
            return true;
    return false;
}

/* Whether it goes with a later batch. */
static bool is_pending(const px_migration *m, px_str twin, px_str model)
{
    return m->limit && !is_moved(m, twin) && px_str_eq(model, px_model_id(m->from));
}

/* Of the twin as the batch, or the one that it goes with, leaves it; NULL: its model is gone. */
static const px_model *model_of(const px_migration *m, px_str twin, px_str id)
{
    if (is_moved(m, twin) || is_pending(m, twin, id))
        return m->to;
    for (size_t i = 0; i < m->known->count; i++)
        if (px_str_eq(px_model_id(m->known->models[i]), id))
            return m->known->models[i];
    return NULL;
}

/* How many of that name the source has, this one included. */
static px_status count_one(pass *p, px_str source, px_str name, uint32_t *ret_count,
                           px_err *ret_err)
{
    uint64_t hash = px_str_hash(source) * 31 + px_str_hash(name);
    size_t at = px_map_first(&p->by_name, hash);

    if (at == PX_MAP_END) {
        if (!PX_VEC_PUSH(&p->counts, 0) ||
            !px_map_add(&p->by_name, hash, (uint32_t)p->counts.len - 1))
            return px_no_memory(ret_err);
        at = px_map_first(&p->by_name, hash);
    }
    *ret_count = ++p->counts.ptr[p->by_name.values[at]];
    return PX_OK;
}

/* Why it cannot stay; PX_OK: it can. */
static px_status judge(pass *p, px_str name, const px_json *relationship, px_str target_model,
                       px_err *ret_err)
{
    const px_migration *m = p->migration;
    const px_relationship *declared = px_layout_relationship_find(px_model_layout(m->to), name);
    px_str target = px_json_get_text(relationship, PX_STR("$targetId"));
    const px_model *model = model_of(m, target, target_model);
    uint32_t count;

    if (!name.len)
        return px_fail_id(ret_err, PX_INVALID, "migrate.drop", "it is left out, as was asked for");
    if (!declared)
        return px_fail_id(ret_err, PX_INVALID, "relationship.invalid",
                          "the model declares no Relationship '%.*s'", PX_FMT(name));
    if (declared->target.len && (!model || !px_model_is_a(model, declared->target)))
        return px_fail_id(ret_err, PX_INVALID, "relationship.target",
                          "it leads to twins of %.*s, and '%.*s' is a %.*s",
                          PX_FMT(declared->target), PX_FMT(target),
                          PX_FMT(model ? px_model_id(model) : target_model));
    PX_TRY(count_one(p, p->action.twin, name, &count, ret_err));
    if (declared->max_multiplicity && count > declared->max_multiplicity)
        return px_fail_id(ret_err, PX_INVALID, "relationship.multiplicity",
                          "a twin has at most %u of Relationship '%.*s'",
                          declared->max_multiplicity, PX_FMT(name));
    return PX_OK;
}

/* ---- changes ---- */

/* The body of a put: name, target, and the properties that the caller adds. */
static void begin_value(px_buf *buf, px_json_writer *w, px_str name, px_str target)
{
    px_put_c(buf, "\"op\":\"put\",\"value\":");
    *w = px_json_writer_of(buf);
    px_json_begin_object(w);
    px_json_key(w, PX_STR("$relationshipName"));
    px_json_string(w, name);
    px_json_key(w, PX_STR("$targetId"));
    px_json_string(w, target);
}

static void put_as_it_is(px_buf *buf, const px_json *relationship)
{
    px_json_writer w;

    begin_value(buf, &w, px_json_get_text(relationship, PX_STR("$relationshipName")),
                px_json_get_text(relationship, PX_STR("$targetId")));
    for (const px_json *m = relationship->first; m; m = m->next) {
        if (m->key.len && m->key.ptr[0] == '$')
            continue;
        px_json_key(&w, m->key);
        px_json_put_raw(&w, m->raw);
    }
    px_json_end_object(&w);
}

static px_status move_of(pass *p, const px_json *relationship, px_buf *forward, px_buf *back,
                         px_err *ret_err)
{
    px_str id = p->action.relationship;
    px_status status;

    px_put_condition(forward, px_json_get_text(relationship, PX_STR("$etag")));
    status = px_migration_move(p->migration, p->action.twin, id, forward, back, ret_err);
    px_buf_release(forward);
    px_buf_release(back);
    return status;
}

static px_status remove_one(pass *p, const px_json *relationship, const px_err *why,
                            px_err *ret_err)
{
    px_buf forward = { 0 }, back = { 0 };

    p->action.rule = why->id;
    p->action.message = why->text;
    p->action.act = p->migration->keep_relationships ? PX_ACT_KEEP : PX_ACT_REMOVE;
    PX_TRY(px_migration_act(p->migration, &p->action, ret_err));
    if (p->migration->keep_relationships)
        return PX_OK;
    px_put_move_head(&forward, p->action.twin, p->action.relationship);
    px_put_c(&forward, "\"op\":\"delete\"");
    px_put_move_head(&back, p->action.twin, p->action.relationship);
    put_as_it_is(&back, relationship);
    px_put_c(&back, ",\"ifNoneMatch\":\"*\"");
    return move_of(p, relationship, &forward, &back, ret_err);
}

/* One property: kept, renamed or left out. */
static px_status carry_property(pass *p, px_json_writer *w, px_str old_name, px_str name,
                                const px_json *member, px_err *ret_err)
{
    const px_relationship *declared =
        px_layout_relationship_find(px_model_layout(p->migration->to), name);
    px_action action = p->action;
    const px_field *field;
    px_str owner, to;
    px_buf path = { 0 };
    px_err err = { 0 };
    px_status status = PX_OK;

    px_carry_map(&p->migration->carry, old_name, member->key, &owner, &to);
    field = px_relationship_property_find(declared, to);
    px_putf(&path, "%.*s.%.*s", PX_FMT(old_name), PX_FMT(member->key));
    action.path = px_buf_str(&path);
    action.value = member->raw;
    if (!field)
        px_fail_id(&err, PX_INVALID, "relationship.unknown", "the model has no '%.*s' of '%.*s'",
                   PX_FMT(member->key), PX_FMT(name));
    if (!field || px_field_fit(field, member, &p->arena, &err) != PX_OK) {
        action.act = PX_ACT_DROP;
        action.rule = err.id;
        action.message = err.text;
        status = px_migration_act(p->migration, &action, ret_err);
    } else {
        px_json_key(w, to);
        px_json_put_raw(w, member->raw);
        action.act = PX_ACT_RENAME;
        action.to = to;
        if (!px_str_eq(to, member->key))
            status = px_migration_act(p->migration, &action, ret_err);
    }
    px_buf_release(&path);
    return status;
}

/* Its change has to wait for its end, and nobody will make it then. */
static px_status keep_pending(pass *p, px_err *ret_err)
{
    p->action.act = PX_ACT_KEEP;
    p->action.to = (px_str){ 0 };
    p->action.rule = "migrate.pending";
    p->action.message = "the twin at its end goes later, so that it cannot be changed now";
    return px_migration_act(p->migration, &p->action, ret_err);
}

/* Whether the relationship as it is would be none of the new model. */
static bool needs_change(pass *p, const px_json *relationship, px_str old_name, px_str name)
{
    const px_relationship *declared =
        px_layout_relationship_find(px_model_layout(p->migration->to), name);
    bool same = px_str_eq(name, old_name);
    px_str owner, to;

    for (const px_json *m = relationship->first; m && same; m = m->next) {
        const px_field *field;

        if (!m->key.len || m->key.ptr[0] == '$')
            continue;
        px_carry_map(&p->migration->carry, old_name, m->key, &owner, &to);
        field = px_relationship_property_find(declared, to);
        same = px_str_eq(to, m->key) && field && px_field_fit(field, m, &p->arena, NULL) == PX_OK;
    }
    return !same;
}

static px_status change_one(pass *p, const px_json *relationship, px_str name, px_err *ret_err)
{
    px_str old_name = p->action.path;
    px_buf forward = { 0 }, back = { 0 };
    px_status status = PX_OK;
    px_json_writer w;

    p->action.act = PX_ACT_RENAME;
    p->action.to = name;
    if (!px_str_eq(name, old_name))
        status = px_migration_act(p->migration, &p->action, ret_err);
    px_put_move_head(&forward, p->action.twin, p->action.relationship);
    begin_value(&forward, &w, name, px_json_get_text(relationship, PX_STR("$targetId")));
    for (const px_json *m = relationship->first; m && status == PX_OK; m = m->next)
        if (m->key.len && m->key.ptr[0] != '$')
            status = carry_property(p, &w, old_name, name, m, ret_err);
    px_json_end_object(&w);
    px_put_move_head(&back, p->action.twin, p->action.relationship);
    put_as_it_is(&back, relationship);
    if (status == PX_OK) {
        p->migration->changed++;
        return move_of(p, relationship, &forward, &back, ret_err);
    }
    px_buf_release(&forward);
    px_buf_release(&back);
    return status;
}

static px_status carry_one(pass *p, const px_json *relationship, px_str name, px_str target_model,
                           px_err *ret_err)
{
    if (needs_change(p, relationship, p->action.path, name)) {
        if (is_pending(p->migration, px_json_get_text(relationship, PX_STR("$targetId")),
                       target_model))
            return keep_pending(p, ret_err);
        return change_one(p, relationship, name, ret_err);
    }
    p->migration->kept++;
    return PX_OK;
}

/* ---- rows ---- */

static void begin_row(pass *p, const px_json *relationship, px_err *ret_err)
{
    px_arena_reset(&p->arena);
    p->err = ret_err;
    p->action =
        (px_action){ .twin = px_json_get_text(relationship, PX_STR("$sourceId")),
                     .relationship = px_json_get_text(relationship, PX_STR("$relationshipId")),
                     .path = px_json_get_text(relationship, PX_STR("$relationshipName")) };
}

static px_status pass_outgoing(px_cli *cli, const px_json *row, void *data, px_err *ret_err)
{
    pass *p = data;
    const px_json *relationship = px_json_get(row, PX_STR("r"));
    px_str owner, name;
    px_status status;
    px_err err = { 0 };

    (void)cli;
    begin_row(p, relationship, ret_err);
    if (!p->action.relationship.len || !is_moved(p->migration, p->action.twin))
        return PX_OK;
    px_carry_map(&p->migration->carry, PX_STR(""), p->action.path, &owner, &name);
    status = judge(p, name, relationship, px_json_get_text(row, PX_STR("model")), &err);
    if (status == PX_OK)
        return carry_one(p, relationship, name, px_json_get_text(row, PX_STR("model")), ret_err);
    if (status == PX_INVALID)
        return remove_one(p, relationship, &err, ret_err);
    *ret_err = err;
    return status;
}

static bool tell_loose(void *data, const px_misfit *misfit)
{
    pass *p = data;

    if (strcmp(misfit->rule, "relationship.target") != 0)
        return true;
    p->action.act = PX_ACT_KEEP;
    p->action.rule = misfit->rule;
    p->action.message = misfit->sentence;
    p->status = px_migration_act(p->migration, &p->action, p->err);
    return p->status == PX_OK;
}

/* Of a twin that does not go: its model may want the old one at the end. */
static px_status pass_incoming(px_cli *cli, const px_json *row, void *data, px_err *ret_err)
{
    pass *p = data;
    const px_migration *m = p->migration;
    const px_json *relationship = px_json_get(row, PX_STR("r"));
    const px_model *model;

    (void)cli;
    begin_row(p, relationship, ret_err);
    if (!is_moved(m, px_json_get_text(relationship, PX_STR("$targetId"))) ||
        is_moved(m, p->action.twin))
        return PX_OK;
    model = model_of(m, p->action.twin, px_json_get_text(row, PX_STR("model")));
    if (model)
        px_relationship_fit(model, relationship, m->to, &p->arena, tell_loose, p);
    return p->status;
}

px_status px_migration_relationships(px_migration *migration, px_err *ret_err)
{
    pass p = { .migration = migration };
    px_str id = px_model_id(migration->from);
    px_status status;

    px_arena_init(&p.arena, ARENA_BYTES);
    status = px_ask(migration->cli, pass_outgoing, &p, ret_err,
                    "SELECT r, b.$metadata.$model AS model FROM DIGITALTWINS MATCH (a)-[r]->(b) "
                    "WHERE IS_OF_MODEL(a, '%.*s', exact)",
                    PX_FMT(id));
    if (status == PX_OK)
        status = px_ask(migration->cli, pass_incoming, &p, ret_err,
                        "SELECT r, a.$metadata.$model AS model FROM DIGITALTWINS MATCH "
                        "(a)-[r]->(b) WHERE IS_OF_MODEL(b, '%.*s', exact)",
                        PX_FMT(id));
    px_map_release(&p.by_name);
    PX_VEC_RELEASE(&p.counts);
    px_arena_release(&p.arena);
    return status;
}
