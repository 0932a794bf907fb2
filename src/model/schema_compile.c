/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Complex schemas to px_schema, each once, in the memory of the Interface that defines it.
 *
 * Recursion goes as deep as the language allows schemas to nest and one further, whatever the
 * document does with references.
 */
#include "model/parse.h"

#include <stdlib.h>

static px_status compile_el(px_parse *parse, px_el *el, uint32_t level, px_err *ret_err);

static int compare_field(const void *a, const void *b, void *fields)
{
    const px_schema_field *list = fields;

    return px_str_cmp(list[*(const uint32_t *)a].name, list[*(const uint32_t *)b].name);
}

static int compare_values(const px_value *a, const px_value *b)
{
    return a->kind == PX_VALUE_TEXT ? px_str_cmp(a->text, b->text) : px_num_cmp(a->num, b->num);
}

static int compare_enum_value(const void *a, const void *b, void *values)
{
    const px_enum_value *list = values;

    return compare_values(&list[*(const uint32_t *)a].value, &list[*(const uint32_t *)b].value);
}

static int compare_enum_name(const void *a, const void *b, void *values)
{
    const px_enum_value *list = values;

    return px_str_cmp(list[*(const uint32_t *)a].name, list[*(const uint32_t *)b].name);
}

/* The units of a quantity as an Enum of their terms, which stand in static memory, sorted. */
static px_status compile_units(const px_el *user, px_str unit_type, const px_schema **ret_schema,
                               px_err *ret_err)
{
    enum { UNITS_MAX = 64 };
    px_arena *arena = PX_MODEL_ARENA(user);
    px_str words[UNITS_MAX];
    uint32_t count = (uint32_t)px_unit_list(user->context.units, unit_type, words, UNITS_MAX);
    px_enum_value *values = PX_ARENA_ARRAY(arena, px_enum_value, count + 1);
    uint32_t *sorted = PX_ARENA_ARRAY(arena, uint32_t, count + 1);
    px_schema *schema = PX_ARENA_NEW(arena, px_schema);

    if (!values || !sorted || !schema)
        return px_arena_fail(arena, ret_err);
    for (uint32_t i = 0; i < count; i++) {
        values[i] = (px_enum_value){ .name = words[i], .value = px_value_text(words[i]) };
        sorted[i] = i;
    }
    qsort_r(sorted, count, sizeof(*sorted), compare_enum_value, values);
    PX_TRY(px_keep(user, unit_type, &schema->unit_type, ret_err));
    schema->kind = PX_SCHEMA_ENUM;
    schema->enum_of = PX_SCHEMA_STRING;
    schema->enum_values = values;
    schema->enum_value_count = count;
    schema->sorted = sorted;
    *ret_schema = schema;
    return PX_OK;
}

/* The schema behind a reference; NULL when it was refused. */
static px_status compile_ref(px_parse *parse, const px_el *user, const px_ref *ref, uint32_t level,
                             const px_schema **ret_schema, px_err *ret_err)
{
    *ret_schema = NULL;
    if (ref->plain) {
        *ret_schema = ref->plain;
        return PX_OK;
    }
    if (ref->unit_type.len > 0)
        return compile_units(user, ref->unit_type, ret_schema, ret_err);
    if (ref->el->state == PX_VISITING && ref->el->context.version >= PX_DTDL_RECURSIVE) {
        *ret_schema = ref->el->schema;
        return PX_OK;
    }
    if (ref->el->state == PX_VISITING) {
        px_parse_report(parse, PX_RULE_RECURSIVE_STRUCTURE_WIDE, user, ref->node, PX_STR(""),
                        "the schema leads back to itself");
        return PX_OK;
    }
    if (level >= user->context.limits->schema_depth) {
        px_parse_report(parse, PX_RULE_EXCESSIVE_DEPTH_WIDE, user, ref->node, PX_STR(""),
                        "this schema stands %u deep", level + 1);
        return PX_OK;
    }
    PX_TRY(compile_el(parse, ref->el, level + 1, ret_err));
    *ret_schema = ref->el->state == PX_DONE ? ref->el->schema : NULL;
    return PX_OK;
}

bool px_compiled_has_array(const px_ref *ref)
{
    if (ref->plain)
        return px_schema_family_of(ref->plain->kind) == PX_SCHEMA_FAMILY_GEOMETRY;
    return ref->el && ref->el->has_array;
}

/* Takes over what a part of a complex schema brings: its depth, whether it has an Array. */
static px_status add_part(px_parse *parse, px_el *el, const px_el *user, const px_ref *ref,
                          uint32_t level, const px_schema **ret_schema, px_err *ret_err)
{
    PX_TRY(compile_ref(parse, user, ref, level, ret_schema, ret_err));
    if (!*ret_schema) {
        el->state = PX_FAILED;
        return PX_OK;
    }
    el->has_array |= px_compiled_has_array(ref);
    if (ref->el && ref->el->state == PX_VISITING)
        return PX_OK; /* around it, not inside it */
    if (ref->el && ref->el->schema_depth + 1 > el->schema_depth)
        el->schema_depth = ref->el->schema_depth + 1;
    return PX_OK;
}

typedef int (*comparison)(const void *a, const void *b, void *list);

/* Indexes of a list, sorted; reports neighbours that are equal. */
static px_status sort(px_parse *parse, px_el *el, void *list, uint32_t count, comparison compare,
                      const char *what, uint32_t **ret_sorted, px_err *ret_err)
{
    const px_set *set = &el->sets[0];
    uint32_t *sorted = PX_ARENA_ARRAY(PX_MODEL_ARENA(el), uint32_t, count + 1);

    if (!sorted)
        return px_arena_fail(PX_MODEL_ARENA(el), ret_err);
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = i;
    qsort_r(sorted, count, sizeof(*sorted), compare, list);
    for (uint32_t i = 1; i < count; i++) {
        if (compare(&sorted[i - 1], &sorted[i], list) != 0)
            continue;
        px_parse_report(parse, PX_RULE_NON_UNIQUE_PROPERTY_VALUE, el, set->items[sorted[i]].node,
                        PX_STR(""), "two entries have the same '%s'", what);
        el->state = PX_FAILED;
    }
    *ret_sorted = sorted;
    return PX_OK;
}

static px_status compile_object(px_parse *parse, px_el *el, uint32_t level, px_err *ret_err)
{
    const px_set *set = &el->sets[0];
    px_schema *schema = el->schema;
    px_schema_field *fields = PX_ARENA_ARRAY(PX_MODEL_ARENA(el), px_schema_field, set->count + 1);
    uint32_t *sorted;

    if (!fields)
        return px_arena_fail(PX_MODEL_ARENA(el), ret_err);
    for (uint32_t i = 0; i < set->count && !px_parse_is_full(parse); i++) {
        const px_el *field = set->items[i].el;

        fields[i] =
            (px_schema_field){ .name = field->name,
                               .semantic_type = field->semantic_type,
                               .unit = field->unit,
                               .display_names = field->display_names,
                               .required = (field->cotypes & PX_COTYPE_BIT(REQUIRED)) != 0 };
        PX_TRY(add_part(parse, el, field, &field->sets[0].items[0], level, &fields[i].schema,
                        ret_err));
        px_check_value(parse, field, &field->sets[0].items[0], fields[i].schema);
    }
    PX_TRY(sort(parse, el, fields, set->count, compare_field, "name", &sorted, ret_err));
    schema->fields = fields;
    schema->field_count = set->count;
    schema->sorted = sorted;
    return PX_OK;
}

static px_status compile_enum(px_parse *parse, px_el *el, px_err *ret_err)
{
    const px_set *set = &el->sets[0];
    px_value_kind kind = el->value_schema == PX_SCHEMA_STRING ? PX_VALUE_TEXT : PX_VALUE_NUM;
    px_schema *schema = el->schema;
    px_enum_value *values = PX_ARENA_ARRAY(PX_MODEL_ARENA(el), px_enum_value, set->count + 1);
    uint32_t *sorted;

    if (!values)
        return px_arena_fail(PX_MODEL_ARENA(el), ret_err);
    for (uint32_t i = 0; i < set->count && !px_parse_is_full(parse); i++) {
        const px_el *value = set->items[i].el;

        values[i] = (px_enum_value){ value->name, value->enum_value, value->display_names };
        if (value->enum_value.kind == kind)
            continue;
        px_parse_report(parse, PX_RULE_NON_CONFORMANT_DATATYPE, value, value->node, PX_STR(""),
                        "'enumValue' is no %s", px_schema_term(el->value_schema));
        el->state = PX_FAILED;
    }
    if (el->state == PX_FAILED)
        return PX_OK;
    PX_TRY(sort(parse, el, values, set->count, compare_enum_name, "name", &sorted, ret_err));
    PX_TRY(sort(parse, el, values, set->count, compare_enum_value, "enumValue", &sorted, ret_err));
    schema->enum_of = el->value_schema;
    schema->enum_values = values;
    schema->enum_value_count = set->count;
    schema->sorted = sorted;
    return PX_OK;
}

static px_status compile_map(px_parse *parse, px_el *el, uint32_t level, px_err *ret_err)
{
    const px_el *key = el->sets[0].items[0].el, *value = el->sets[1].items[0].el;
    px_schema *schema = el->schema;

    schema->key_name = key->name;
    schema->value_name = value->name;
    PX_TRY(add_part(parse, el, value, &value->sets[0].items[0], level, &schema->element, ret_err));
    px_check_value(parse, value, &value->sets[0].items[0], schema->element);
    return PX_OK;
}

static px_status compile_el(px_parse *parse, px_el *el, uint32_t level, px_err *ret_err)
{
    uint32_t deepest = el->context.limits->schema_depth;
    px_schema *schema;

    if (el->state != PX_NEW)
        return PX_OK;
    schema = PX_ARENA_NEW(PX_MODEL_ARENA(el), px_schema);
    if (!schema)
        return px_arena_fail(PX_MODEL_ARENA(el), ret_err);
    schema->id = el->id;
    schema->display_names = el->display_names;
    el->schema = schema;
    el->schema_depth = 1;
    el->state = PX_VISITING;
    switch (el->class) {
    case PX_CLASS_ARRAY:
        schema->kind = PX_SCHEMA_ARRAY;
        el->has_array = true;
        PX_TRY(add_part(parse, el, el, &el->sets[0].items[0], level, &schema->element, ret_err));
        break;
    case PX_CLASS_ENUM:
        schema->kind = PX_SCHEMA_ENUM;
        PX_TRY(compile_enum(parse, el, ret_err));
        break;
    case PX_CLASS_MAP:
        schema->kind = PX_SCHEMA_MAP;
        PX_TRY(compile_map(parse, el, level, ret_err));
        break;
    default:
        schema->kind = PX_SCHEMA_OBJECT;
        PX_TRY(compile_object(parse, el, level, ret_err));
        break;
    }
    if (el->state == PX_VISITING && el->schema_depth > deepest) {
        px_parse_report(parse, PX_RULE_EXCESSIVE_DEPTH_WIDE, el, el->node, PX_STR(""),
                        "the schema is %u deep", el->schema_depth);
        el->state = PX_FAILED;
    }
    if (el->state == PX_VISITING)
        el->state = PX_DONE;
    return PX_OK;
}

px_status px_compile_schema(px_parse *parse, const px_el *user, const px_ref *ref,
                            const px_schema **ret_schema, px_err *ret_err)
{
    return compile_ref(parse, user, ref, 0, ret_schema, ret_err);
}
