/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two schemas of one thing: does every value of the first fit the second?
 *
 * A schema may contain itself (DTDL v4), or stand in many places; a pair is compared once.
 */
#include "model/compare_inner.h"

/* Which kinds take every value of which others: bit 1 << kind. */
#define B(name) (UINT64_C(1) << PX_SCHEMA_##name)
static const uint64_t takes[PX_SCHEMA_KIND_COUNT] = {
    [PX_SCHEMA_DOUBLE] = B(FLOAT) | B(INTEGER) | B(LONG) | B(BYTE) | B(SHORT) | B(UNSIGNED_BYTE) |
                         B(UNSIGNED_SHORT) | B(UNSIGNED_INTEGER) | B(UNSIGNED_LONG),
    [PX_SCHEMA_FLOAT] = B(INTEGER) | B(LONG) | B(BYTE) | B(SHORT) | B(UNSIGNED_BYTE) |
                        B(UNSIGNED_SHORT) | B(UNSIGNED_INTEGER) | B(UNSIGNED_LONG),
    [PX_SCHEMA_LONG] = B(INTEGER) | B(BYTE) | B(SHORT) | B(UNSIGNED_BYTE) | B(UNSIGNED_SHORT) |
                       B(UNSIGNED_INTEGER),
    [PX_SCHEMA_INTEGER] = B(BYTE) | B(SHORT) | B(UNSIGNED_BYTE) | B(UNSIGNED_SHORT),
    [PX_SCHEMA_SHORT] = B(BYTE) | B(UNSIGNED_BYTE),
    [PX_SCHEMA_UNSIGNED_LONG] = B(UNSIGNED_BYTE) | B(UNSIGNED_SHORT) | B(UNSIGNED_INTEGER),
    [PX_SCHEMA_UNSIGNED_INTEGER] = B(UNSIGNED_BYTE) | B(UNSIGNED_SHORT),
    [PX_SCHEMA_UNSIGNED_SHORT] = B(UNSIGNED_BYTE),
    [PX_SCHEMA_STRING] =
        B(DATE) | B(DATETIME) | B(DURATION) | B(TIME) | B(BYTES) | B(DECIMAL) | B(UUID),
};

static void compare(px_comparison *c, px_str path, const px_schema *from, const px_schema *to);

/* True the first time. */
static bool is_new_pair(px_comparison *c, const px_schema *from, const px_schema *to)
{
    px_schema_pair pair = { from, to };
    uint64_t hash = px_str_hash(px_str_of((const char *)&pair, sizeof(pair)));

    for (size_t at = px_map_first(&c->by_pair, hash); at != PX_MAP_END;
         at = px_map_next(&c->by_pair, hash, at)) {
        const px_schema_pair *other = &c->pairs.ptr[c->by_pair.values[at]];

        if (other->from == from && other->to == to)
            return false;
    }
    if (!PX_VEC_PUSH(&c->pairs, pair) || !px_map_add(&c->by_pair, hash, (uint32_t)c->pairs.len - 1))
        c->status = px_no_memory(&c->err);
    return c->status == PX_OK;
}

static void compare_enums(px_comparison *c, px_str path, const px_schema *from, const px_schema *to)
{
    if (from->enum_of != to->enum_of) {
        px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_TWINS, path,
                       "the values of the Enum of '%.*s' were of %s and are of %s", PX_FMT(path),
                       px_schema_term(from->enum_of), px_schema_term(to->enum_of));
        return;
    }
    for (uint32_t i = 0; i < from->enum_value_count; i++)
        if (!px_schema_enum_find(to, &from->enum_values[i].value))
            px_compare_add(c, PX_CHANGE_REMOVED, PX_BREAKS_TWINS, path,
                           "the Enum of '%.*s' no longer has '%.*s'", PX_FMT(path),
                           PX_FMT(from->enum_values[i].name));
    for (uint32_t i = 0; i < to->enum_value_count; i++)
        if (!px_schema_enum_find(from, &to->enum_values[i].value))
            px_compare_add(c, PX_CHANGE_ADDED, PX_BREAKS_NOTHING, path,
                           "the Enum of '%.*s' has '%.*s', too", PX_FMT(path),
                           PX_FMT(to->enum_values[i].name));
}

static void compare_objects(px_comparison *c, px_str path, const px_schema *from,
                            const px_schema *to)
{
    for (uint32_t i = 0; i < from->field_count; i++) {
        const px_schema_field *field = &from->fields[i];
        const px_schema_field *other = px_schema_field_find(to, field->name);
        px_str at = px_compare_join(c, path, "/", field->name);

        if (!other)
            px_compare_add(c, PX_CHANGE_REMOVED, PX_BREAKS_TWINS, at,
                           "the field '%.*s' is gone: values that hold it do not fit", PX_FMT(at));
        else
            compare(c, at, field->schema, other->schema);
        if (other && other->required && !field->required)
            px_compare_add(c, PX_CHANGE_CHANGED, PX_BREAKS_TWINS, at,
                           "the field '%.*s' has become required: values without it do not fit",
                           PX_FMT(at));
    }
    for (uint32_t i = 0; i < to->field_count; i++) {
        const px_schema_field *field = &to->fields[i];
        px_str at;

        if (px_schema_field_find(from, field->name))
            continue;
        at = px_compare_join(c, path, "/", field->name);
        px_compare_add(c, PX_CHANGE_ADDED, field->required ? PX_BREAKS_TWINS : PX_BREAKS_NOTHING,
                       at, "the field '%.*s' is new%s", PX_FMT(at),
                       field->required ? " and required: values without it do not fit" : "");
    }
}

static void compare(px_comparison *c, px_str path, const px_schema *from, const px_schema *to)
{
    if (!from || !to || from == to || c->status != PX_OK || !is_new_pair(c, from, to))
        return;
    if (from->kind != to->kind) {
        bool fits = (takes[to->kind] >> from->kind & 1) != 0;

        px_compare_add(c, PX_CHANGE_CHANGED, fits ? PX_BREAKS_CLIENTS : PX_BREAKS_TWINS, path,
                       "'%.*s' was %s and is %s: %s", PX_FMT(path), px_schema_term(from->kind),
                       px_schema_term(to->kind),
                       fits ? "values of before still fit" : "values of before may not fit");
        return;
    }
    switch (from->kind) {
    case PX_SCHEMA_ENUM:
        compare_enums(c, path, from, to);
        break;
    case PX_SCHEMA_OBJECT:
        compare_objects(c, path, from, to);
        break;
    case PX_SCHEMA_ARRAY:
    case PX_SCHEMA_MAP:
        compare(c, px_compare_join(c, path, "/", PX_STR("*")), from->element, to->element);
        break;
    default:
        break;
    }
}

void px_compare_schemas(px_comparison *c, px_str path, const px_schema *from, const px_schema *to)
{
    compare(c, path, from, to);
}
