/* SPDX-License-Identifier: Apache-2.0 */
#include "model/compare_inner.h"

#include <stdarg.h>
#include <stdio.h>

enum { GUARD_SHOWN_MAX = 80 };

const char *px_change_kind_name(px_change_kind kind)
{
    static const char *const names[] = { "added", "removed", "changed" };

    return names[kind];
}

const char *px_breaks_name(px_breaks breaks)
{
    static const char *const names[] = { "nothing", "clients", "twins" };

    return names[breaks];
}

void px_compare_add(px_comparison *c, px_change_kind kind, px_breaks breaks, px_str path,
                    const char *format, ...)
{
    px_model_change change = { .kind = kind, .breaks = breaks, .path = path };
    char text[512];
    va_list args;

    if (c->status != PX_OK)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    change.sentence = px_arena_str(c->arena, px_str_c(text));
    if (!change.sentence.ptr)
        c->status = px_arena_fail(c->arena, &c->err);
    else if (!PX_VEC_PUSH(&c->changes, change))
        c->status = px_no_memory(&c->err);
    if (breaks > c->worst)
        c->worst = breaks;
}

px_str px_compare_join(px_comparison *c, px_str path, const char *between, px_str name)
{
    size_t gap = path.len > 0 ? strlen(between) : 0, len = path.len + gap + name.len;
    char *text = px_arena_alloc(c->arena, len + 1);

    if (!text) {
        c->status = px_arena_fail(c->arena, &c->err);
        return name;
    }
    if (path.len > 0)
        memcpy(text, path.ptr, path.len);
    memcpy(text + path.len, between, gap);
    memcpy(text + path.len + gap, name.ptr, name.len);
    return px_str_of(text, len);
}

static const char *kind_name(const px_field *field)
{
    return field->kind == PX_FIELD_PROPERTY ? "Property" : "Telemetry";
}

/* ---- fields ---- */

static px_str or_none(px_str text)
{
    return text.len > 0 ? text : PX_STR("none");
}

/* Another pace breaks nothing, and twins may be late by it that were not before. */
static void compare_pace(px_comparison *c, px_str path, const px_freshness_rule *from,
                         const px_freshness_rule *to)
{
    if (from->period == to->period && from->tolerance == to->tolerance && from->stale == to->stale)
        return;
    if (to->period == 0)
        px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_NOTHING, path,
                       "'%.*s' is no longer expected at any pace", PX_FMT(path));
    else
        px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_NOTHING, path,
                       "'%.*s' is expected every %g s now, is late %g s after that, and stale when "
                       "it is older than %g s",
                       PX_FMT(path), (double)to->period / 1e9, (double)to->tolerance / 1e9,
                       (double)to->stale / 1e9);
}

static void compare_field(px_comparison *c, px_str path, const px_field *from, const px_field *to)
{
    if (from->kind != to->kind)
        px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_TWINS, path, "'%.*s' was a %s and is a %s",
                       PX_FMT(path), kind_name(from), kind_name(to));
    px_compare_schemas(c, path, from->schema, to->schema);
    if (!px_str_eq(from->semantic_type, to->semantic_type) || !px_str_eq(from->unit, to->unit))
        px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_CLIENTS, path,
                       "the unit of '%.*s' was %.*s (%.*s) and is %.*s (%.*s): its numbers mean "
                       "something else",
                       PX_FMT(path), PX_FMT(or_none(from->unit)),
                       PX_FMT(or_none(from->semantic_type)), PX_FMT(or_none(to->unit)),
                       PX_FMT(or_none(to->semantic_type)));
    if (from->writable != to->writable)
        px_compare_add(c, PX_CHANGE_CHANGED, from->writable ? PX_BREAKS_CLIENTS : PX_BREAKS_NOTHING,
                       path, "'%.*s' %s writable", PX_FMT(path),
                       to->writable ? "has become" : "is no longer");
    compare_pace(c, path, &from->freshness, &to->freshness);
    if (to->required && !from->required)
        px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_TWINS, path,
                       "'%.*s' has become required: twins without it are wrong", PX_FMT(path));
}

static void removed_field(px_comparison *c, px_str path, const px_field *field)
{
    px_compare_add(c, PX_CHANGE_REMOVED, PX_BREAKS_TWINS, path,
                   "%s '%.*s' is gone: twins that hold it keep a value without a place",
                   kind_name(field), PX_FMT(path));
}

static void added_field(px_comparison *c, px_str path, const px_field *field)
{
    px_compare_add(c, PX_CHANGE_ADDED, field->required ? PX_BREAKS_TWINS : PX_BREAKS_NOTHING, path,
                   "%s '%.*s' is new%s", kind_name(field), PX_FMT(path),
                   field->required ? " and required: twins without it are wrong" : "");
}

/* The fields of two Interfaces themselves, without those of Components. */
static void compare_fields(px_comparison *c, px_str path, const px_layout *from,
                           const px_layout *to)
{
    for (uint32_t i = 0; i < px_layout_field_count(from); i++) {
        const px_field *field = px_layout_field(from, i), *other;
        px_str at;

        if (field->component != PX_NO_COMPONENT)
            continue;
        at = px_compare_join(c, path, ".", field->name);
        other = px_layout_find(to, PX_NO_COMPONENT, field->name);
        if (other)
            compare_field(c, at, field, other);
        else
            removed_field(c, at, field);
    }
    for (uint32_t i = 0; i < px_layout_field_count(to); i++) {
        const px_field *field = px_layout_field(to, i);

        if (field->component == PX_NO_COMPONENT &&
            !px_layout_find(from, PX_NO_COMPONENT, field->name))
            added_field(c, px_compare_join(c, path, ".", field->name), field);
    }
}

/* ---- relationships ---- */

static bool is_lower(uint32_t from, uint32_t to)
{
    return to != 0 && (from == 0 || to < from);
}

static void compare_multiplicity(px_comparison *c, px_str path, const px_relationship *from,
                                 const px_relationship *to)
{
    if (from->max_multiplicity == to->max_multiplicity)
        return;
    if (is_lower(from->max_multiplicity, to->max_multiplicity))
        px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_TWINS, path,
                       "a twin may have %u of Relationship '%.*s', fewer than before",
                       to->max_multiplicity, PX_FMT(path));
    else
        px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_NOTHING, path,
                       "a twin may have more of Relationship '%.*s' than before", PX_FMT(path));
}

static const px_field *find_property(const px_relationship *relationship, px_str name)
{
    return px_relationship_property_find(relationship, name);
}

static void compare_relationship(px_comparison *c, const px_relationship *from,
                                 const px_relationship *to)
{
    px_str path = from->name;

    if (!px_str_eq(from->target, to->target))
        px_compare_add(c, PX_CHANGE_CHANGED,
                       to->target.len == 0 ? PX_BREAKS_NOTHING : PX_BREAKS_TWINS, path,
                       "the target of Relationship '%.*s' was %.*s and is %.*s", PX_FMT(path),
                       PX_FMT(from->target.len ? from->target : PX_STR("any twin")),
                       PX_FMT(to->target.len ? to->target : PX_STR("any twin")));
    compare_multiplicity(c, path, from, to);
    for (uint32_t i = 0; i < from->property_count; i++) {
        const px_field *other = find_property(to, from->properties[i].name);
        px_str at = px_compare_join(c, path, ".", from->properties[i].name);

        if (other)
            compare_field(c, at, &from->properties[i], other);
        else
            removed_field(c, at, &from->properties[i]);
    }
    for (uint32_t i = 0; i < to->property_count; i++)
        if (!find_property(from, to->properties[i].name))
            added_field(c, px_compare_join(c, path, ".", to->properties[i].name),
                        &to->properties[i]);
}

static void compare_relationships(px_comparison *c, const px_layout *from, const px_layout *to)
{
    uint32_t count;
    const px_relationship *list = px_layout_relationships(from, &count);

    for (uint32_t i = 0; i < count; i++) {
        const px_relationship *other = px_layout_relationship_find(to, list[i].name);

        if (other)
            compare_relationship(c, &list[i], other);
        else
            px_compare_add(c, PX_CHANGE_REMOVED, PX_BREAKS_TWINS, list[i].name,
                           "Relationship '%.*s' is gone: those that twins have lose their meaning",
                           PX_FMT(list[i].name));
    }
    list = px_layout_relationships(to, &count);
    for (uint32_t i = 0; i < count; i++)
        if (!px_layout_relationship_find(from, list[i].name))
            px_compare_add(c, PX_CHANGE_ADDED, PX_BREAKS_NOTHING, list[i].name,
                           "Relationship '%.*s' is new", PX_FMT(list[i].name));
}

/* ---- commands ---- */

/* Whether a payload is the same; its schema's differences are told by themselves. */
static void compare_payload(px_comparison *c, px_str command, const char *what,
                            const px_payload *from, const px_payload *to)
{
    px_str path = px_compare_join(c, command, "/", px_str_c(what));

    if (!from->schema != !to->schema || (from->schema && !px_str_eq(from->name, to->name)))
        px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_CLIENTS, path,
                       "the %s of Command '%.*s' is another", what, PX_FMT(command));
    else if (from->schema) {
        px_breaks worst = c->worst;
        size_t first = c->changes.len;

        px_compare_schemas(c, path, from->schema, to->schema);
        c->worst = worst;
        for (size_t i = first; i < c->changes.len; i++) { /* no twin holds a payload */
            px_model_change *change = &c->changes.ptr[i];

            change->breaks = change->breaks == PX_BREAKS_TWINS ? PX_BREAKS_CLIENTS : change->breaks;
            c->worst = change->breaks > c->worst ? change->breaks : c->worst;
        }
    }
}

static bool has_guard(const px_command *command, const px_guard *guard)
{
    for (uint32_t i = 0; i < command->guard_count; i++)
        if (command->guards[i].of == guard->of &&
            px_str_eq(command->guards[i].expression, guard->expression) &&
            px_str_eq(command->guards[i].relationship, guard->relationship))
            return true;
    return false;
}

/* A call that went through may be refused by a new one. */
static void compare_guards(px_comparison *c, const px_command *from, const px_command *to)
{
    px_str path = px_compare_join(c, from->name, "/", PX_STR("guards"));

    for (uint32_t i = 0; i < from->guard_count; i++)
        if (!has_guard(to, &from->guards[i]))
            px_compare_add(c, PX_CHANGE_REMOVED, PX_BREAKS_NOTHING, path,
                           "Command '%.*s' is not guarded by '%.*s' any more", PX_FMT(from->name),
                           PX_FMT(px_str_head(from->guards[i].expression, GUARD_SHOWN_MAX)));
    for (uint32_t i = 0; i < to->guard_count; i++)
        if (!has_guard(from, &to->guards[i]))
            px_compare_add(c, PX_CHANGE_ADDED, PX_BREAKS_CLIENTS, path,
                           "Command '%.*s' is guarded by '%.*s': calls of it may be refused",
                           PX_FMT(from->name),
                           PX_FMT(px_str_head(to->guards[i].expression, GUARD_SHOWN_MAX)));
}

static void compare_commands(px_comparison *c, const px_layout *from, const px_layout *to)
{
    uint32_t count;
    const px_command *list = px_layout_commands(from, &count);

    for (uint32_t i = 0; i < count; i++) {
        const px_command *other = px_layout_command_find(to, list[i].name);

        if (!other) {
            px_compare_add(c, PX_CHANGE_REMOVED, PX_BREAKS_CLIENTS, list[i].name,
                           "Command '%.*s' is gone: calls of it are refused", PX_FMT(list[i].name));
            continue;
        }
        compare_payload(c, list[i].name, "request", &list[i].request, &other->request);
        compare_payload(c, list[i].name, "response", &list[i].response, &other->response);
        compare_guards(c, &list[i], other);
    }
    list = px_layout_commands(to, &count);
    for (uint32_t i = 0; i < count; i++)
        if (!px_layout_command_find(from, list[i].name))
            px_compare_add(c, PX_CHANGE_ADDED, PX_BREAKS_NOTHING, list[i].name,
                           "Command '%.*s' is new", PX_FMT(list[i].name));
}

/* ---- components and bases ---- */

static void compare_components(px_comparison *c, const px_layout *from, const px_layout *to)
{
    uint32_t count, others;
    const px_component *list = px_layout_components(from, &count), *other_list;

    other_list = px_layout_components(to, &others);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = px_layout_component_find(to, list[i].name);

        if (other == PX_NO_COMPONENT)
            px_compare_add(c, PX_CHANGE_REMOVED, PX_BREAKS_TWINS, list[i].name,
                           "Component '%.*s' is gone: twins that hold it keep values without a "
                           "place",
                           PX_FMT(list[i].name));
        else
            compare_fields(c, list[i].name, px_model_layout(list[i].model),
                           px_model_layout(other_list[other].model));
    }
    for (uint32_t i = 0; i < others; i++)
        if (px_layout_component_find(from, other_list[i].name) == PX_NO_COMPONENT)
            px_compare_add(c, PX_CHANGE_ADDED, PX_BREAKS_TWINS, other_list[i].name,
                           "Component '%.*s' is new: twins without it are wrong",
                           PX_FMT(other_list[i].name));
}

static void compare_bases(px_comparison *c, const px_model *from, const px_model *to)
{
    uint32_t count;
    const px_model *const *lineage = px_model_lineage(from, &count);

    for (uint32_t i = 0; i + 1 < count; i++)
        if (!px_model_is_a(to, px_model_id(lineage[i])))
            px_compare_add(c, PX_CHANGE_REMOVED, PX_BREAKS_TWINS, PX_STR(""),
                           "it is no longer a %.*s: relationships to that and queries by it lose "
                           "its twins",
                           PX_FMT(px_model_id(lineage[i])));
    lineage = px_model_lineage(to, &count);
    for (uint32_t i = 0; i + 1 < count; i++)
        if (!px_model_is_a(from, px_model_id(lineage[i])))
            px_compare_add(c, PX_CHANGE_ADDED, PX_BREAKS_NOTHING, PX_STR(""),
                           "it has become a %.*s", PX_FMT(px_model_id(lineage[i])));
}

px_status px_model_compare(const px_model *from, const px_model *to, px_arena *arena,
                           px_model_changes *ret_changes, px_err *ret_err)
{
    const px_layout *before = px_model_layout(from), *after = px_model_layout(to);
    px_comparison c = { .arena = arena };
    px_model_change *items;

    compare_bases(&c, from, to);
    compare_fields(&c, PX_STR(""), before, after);
    compare_components(&c, before, after);
    compare_relationships(&c, before, after);
    compare_commands(&c, before, after);
    items = PX_ARENA_ARRAY(arena, px_model_change, c.changes.len + 1);
    if (c.status == PX_OK && !items)
        c.status = px_arena_fail(arena, &c.err);
    if (c.status == PX_OK) {
        if (c.changes.len > 0)
            memcpy(items, c.changes.ptr, c.changes.len * sizeof(*items));
        *ret_changes = (px_model_changes){ items, c.changes.len, c.worst };
    } else if (ret_err) {
        *ret_err = c.err;
    }
    PX_VEC_RELEASE(&c.changes);
    PX_VEC_RELEASE(&c.pairs);
    px_map_release(&c.by_pair);
    return c.status;
}
