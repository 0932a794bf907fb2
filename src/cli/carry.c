/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/carry.h"

#include "cli/assign.h"
#include "cli/file.h"

enum { MAP_BYTES_MAX = 1 << 20, PATHS_MAX = 1000 };

void px_carry_release(px_carry *carry)
{
    PX_VEC_RELEASE(&carry->renamings);
    PX_VEC_RELEASE(&carry->fillings);
}

/* ---- paths of a model ---- */

/* "feeds.since": a property of a relationship. */
static bool is_of_relationship(const px_layout *layout, px_str path)
{
    px_str rest = path, head = px_str_cut(&rest, '.');
    const px_relationship *relationship = px_layout_relationship_find(layout, head);

    if (!relationship)
        return false;
    return head.len == path.len || px_relationship_property_find(relationship, rest) != NULL;
}

static bool is_path(const px_model *model, px_str path)
{
    const px_layout *layout = px_model_layout(model);
    const px_field *field = px_layout_find_path(layout, path);

    return (field && field->kind == PX_FIELD_PROPERTY) ||
           px_layout_component_find(layout, path) != PX_NO_COMPONENT ||
           is_of_relationship(layout, path);
}

static px_str nearest_path(const px_model *model, px_str path)
{
    const px_layout *layout = px_model_layout(model);
    px_str paths[PATHS_MAX];
    uint32_t count, listed = 0;
    const px_component *components = px_layout_components(layout, &count);
    const px_relationship *relationships;

    for (uint32_t i = 0; i < count && listed < PATHS_MAX; i++)
        paths[listed++] = components[i].name;
    relationships = px_layout_relationships(layout, &count);
    for (uint32_t i = 0; i < count && listed < PATHS_MAX; i++)
        paths[listed++] = relationships[i].name;
    for (uint32_t i = 0; i < px_layout_field_count(layout) && listed < PATHS_MAX; i++)
        paths[listed++] = px_layout_field(layout, i)->path;
    return px_str_nearest(path, paths, listed);
}

static px_status check_path(const px_model *model, px_str path, px_err *ret_err)
{
    px_str nearest;

    if (is_path(model, path))
        return PX_OK;
    nearest = nearest_path(model, path);
    return px_fail_id(ret_err, PX_INVALID, "migrate.path", "%.*s has no '%.*s'%s%.*s%s",
                      PX_FMT(px_model_id(model)), PX_FMT(path),
                      nearest.len ? "; did you mean '" : "", PX_FMT(nearest),
                      nearest.len ? "'?" : "");
}

/* ---- rules ---- */

static px_status add_renaming(px_carry *carry, px_str from, px_str to, px_err *ret_err)
{
    px_renaming renaming = { px_arena_str(carry->arena, from), px_arena_str(carry->arena, to) };

    if (!renaming.from.ptr || !renaming.to.ptr)
        return px_arena_fail(carry->arena, ret_err);
    PX_TRY(check_path(carry->from, renaming.from, ret_err));
    if (to.len)
        PX_TRY(check_path(carry->to, renaming.to, ret_err));
    for (size_t i = 0; i < carry->renamings.len; i++)
        if (px_str_eq(carry->renamings.ptr[i].from, from))
            return px_fail_id(ret_err, PX_INVALID, "migrate.twice", "'%.*s' goes to two places",
                              PX_FMT(from));
    return PX_VEC_PUSH(&carry->renamings, renaming) ? PX_OK : px_no_memory(ret_err);
}

static px_status add_filling(px_carry *carry, px_str path, px_str json, px_err *ret_err)
{
    px_filling filling = { .field = px_layout_find_path(px_model_layout(carry->to), path) };
    px_json *value;
    px_err err;

    if (!filling.field)
        PX_TRY(check_path(carry->to, path, ret_err));
    if (!filling.field)
        return px_fail_id(ret_err, PX_INVALID, "migrate.set", "'%.*s' is no property",
                          PX_FMT(path));
    filling.value = px_arena_str(carry->arena, json);
    if (!filling.value.ptr)
        return px_arena_fail(carry->arena, ret_err);
    PX_TRY(px_json_parse(filling.value, NULL, carry->arena, &value, ret_err));
    if (px_field_fit(filling.field, value, carry->arena, &err) != PX_OK)
        return px_fail_id(ret_err, PX_INVALID, "migrate.set", "'%.*s' cannot be set so: %s",
                          PX_FMT(path), err.text);
    return PX_VEC_PUSH(&carry->fillings, filling) ? PX_OK : px_no_memory(ret_err);
}

/* What stays where it was would meet what is renamed to there. */
static px_status check_meetings(const px_carry *carry, px_err *ret_err)
{
    for (size_t i = 0; i < carry->renamings.len; i++) {
        const px_renaming *a = &carry->renamings.ptr[i];
        bool moves = false;

        for (size_t j = 0; j < carry->renamings.len; j++) {
            const px_renaming *b = &carry->renamings.ptr[j];

            if (i < j && a->to.len && px_str_eq(a->to, b->to))
                return px_fail_id(ret_err, PX_INVALID, "migrate.meet",
                                  "'%.*s' and '%.*s' would both become '%.*s'", PX_FMT(a->from),
                                  PX_FMT(b->from), PX_FMT(a->to));
            moves |= px_str_eq(b->from, a->to);
        }
        if (a->to.len && !moves && is_path(carry->from, a->to))
            return px_fail_id(ret_err, PX_INVALID, "migrate.meet",
                              "'%.*s' would become '%.*s', which the twins have already; rename "
                              "that, or leave it out: --drop %.*s",
                              PX_FMT(a->from), PX_FMT(a->to), PX_FMT(a->to));
    }
    return PX_OK;
}

/* ---- where they come from ---- */

static px_status read_words(px_carry *carry, const px_args *args, px_err *ret_err)
{
    const char *word;
    px_assign assign;

    for (size_t at = 0; (word = px_args_next(args, "rename", &at)) != NULL;) {
        px_str to = px_str_c(word), from = px_str_cut(&to, '=');

        if (!from.len || !to.len)
            return px_fail_id(ret_err, PX_INVALID, "cli.assign", "'%s' is not OLD=NEW", word);
        PX_TRY(add_renaming(carry, from, to, ret_err));
    }
    for (size_t at = 0; (word = px_args_next(args, "drop", &at)) != NULL;)
        PX_TRY(add_renaming(carry, px_str_c(word), PX_STR(""), ret_err));
    for (size_t at = 0; (word = px_args_next(args, "set", &at)) != NULL;) {
        PX_TRY(px_assign_parse(word, carry->arena, &assign, ret_err));
        PX_TRY(add_filling(carry, assign.name, assign.value, ret_err));
    }
    return PX_OK;
}

static px_status bad_map(const char *path, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "migrate.map",
                      "'%s' is no map: {\"rename\": {\"old\": \"new\"}, \"drop\": [\"old\"], "
                      "\"set\": {\"new\": 1}}",
                      path);
}

static px_status read_map_member(px_carry *carry, const px_json *member, const char *path,
                                 px_err *ret_err)
{
    bool renames = px_str_eq(member->key, PX_STR("rename")),
         drops = px_str_eq(member->key, PX_STR("drop")),
         sets = px_str_eq(member->key, PX_STR("set"));

    if (!(renames || drops || sets) || member->type != (drops ? PX_JSON_ARRAY : PX_JSON_OBJECT))
        return bad_map(path, ret_err);
    for (const px_json *m = member->first; m; m = m->next) {
        if (!sets && m->type != PX_JSON_STRING)
            return bad_map(path, ret_err);
        PX_TRY(sets    ? add_filling(carry, m->key, m->raw, ret_err)
               : drops ? add_renaming(carry, m->text, PX_STR(""), ret_err)
                       : add_renaming(carry, m->key, m->text, ret_err));
    }
    return PX_OK;
}

static px_status read_map(px_carry *carry, const char *path, px_err *ret_err)
{
    px_json *root;
    px_str text;

    PX_TRY(px_file_read(px_str_c(path), MAP_BYTES_MAX, carry->arena, &text, ret_err));
    PX_TRY(px_json_parse(text, NULL, carry->arena, &root, ret_err));
    if (!px_json_is(root, PX_JSON_OBJECT))
        return bad_map(path, ret_err);
    for (const px_json *m = root->first; m; m = m->next)
        PX_TRY(read_map_member(carry, m, path, ret_err));
    return PX_OK;
}

px_status px_carry_read(px_carry *carry, const px_args *args, px_err *ret_err)
{
    const char *map = px_args_get(args, "map");

    PX_TRY(read_words(carry, args, ret_err));
    if (map)
        PX_TRY(read_map(carry, map, ret_err));
    return check_meetings(carry, ret_err);
}

/* ---- mapping ---- */

static bool is_joined(px_str path, px_str owner, px_str name)
{
    if (!owner.len)
        return px_str_eq(path, name);
    return path.len == owner.len + 1 + name.len && px_str_starts(path, owner) &&
           path.ptr[owner.len] == '.' && px_str_ends(path, name);
}

/* A rule about the thing itself goes before one about what it is in. */
void px_carry_map(const px_carry *carry, px_str owner, px_str name, px_str *ret_owner,
                  px_str *ret_name)
{
    *ret_owner = owner;
    *ret_name = name;
    for (size_t i = 0; i < carry->renamings.len; i++) {
        const px_renaming *r = &carry->renamings.ptr[i];
        px_str rest = r->to, head;

        if (!is_joined(r->from, owner, name))
            continue;
        head = px_str_cut(&rest, '.');
        *ret_owner = head.len < r->to.len ? head : PX_STR("");
        *ret_name = head.len < r->to.len ? rest : r->to;
        return;
    }
    for (size_t i = 0; i < carry->renamings.len && owner.len; i++) {
        const px_renaming *r = &carry->renamings.ptr[i];

        if (!px_str_eq(r->from, owner))
            continue;
        *ret_owner = r->to;
        if (!r->to.len)
            *ret_name = PX_STR("");
        return;
    }
}
