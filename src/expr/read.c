/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of paths and the comparing of values.
 *
 * What lies inside a compound is read from its compact text each time. Only texts with escapes need
 * memory, the scratch of the side that is read; stored texts are valid, so that a reader that stops
 * has run out of it, and the whole answer is refused.
 */
#include "expr/parse_inner.h"
#include "expr/program.h"

/* The value of the token that was just read; compounds as their text. */
bool pxi_value_of_token(px_json_reader *reader, px_json_type type, px_value *ret_value)
{
    px_str raw;

    switch (type) {
    case PX_JSON_STRING:
        *ret_value = px_value_text(reader->text);
        return true;
    case PX_JSON_NUMBER:
        *ret_value = px_value_num(reader->num);
        return true;
    case PX_JSON_TRUE:
    case PX_JSON_FALSE:
        *ret_value = px_value_bool(type == PX_JSON_TRUE);
        return true;
    case PX_JSON_NULL:
        *ret_value = px_value_json(PX_STR("null"));
        return true;
    case PX_JSON_OBJECT:
    case PX_JSON_ARRAY:
        if (!px_json_skip(reader, &raw))
            return false;
        *ret_value = px_value_json(raw);
        return true;
    default:
        return false;
    }
}

/* The stored text is valid: only a full scratch ends a reader before its end. */
static void note_end(px_expr_side *side, px_json_type type)
{
    if (type == PX_JSON_BAD)
        side->is_full = true;
}

/* The member of an object, given as text; false when there is none. */
static bool find_member(px_expr_side *side, px_str object, px_str name, px_value *ret_value)
{
    px_json_reader reader;
    px_json_type type;
    px_value other;

    px_json_reader_init(&reader, object, NULL, &side->scratch);
    if (px_json_next(&reader) != PX_JSON_OBJECT)
        return false;
    while ((type = px_json_next(&reader)) == PX_JSON_KEY) {
        bool found = px_str_eq(reader.text, name);

        type = px_json_next(&reader);
        if (!pxi_value_of_token(&reader, type, found ? ret_value : &other))
            type = PX_JSON_BAD;
        if (found || type == PX_JSON_BAD)
            break;
    }
    note_end(side, type);
    return type != PX_JSON_BAD && type != PX_JSON_OBJECT_END;
}

/* The steps of a path that go into a compound value. */
static void descend(px_expr_side *side, const px_expr_path *path, uint32_t at, px_value *value)
{
    for (; at < path->count && value->kind != PX_VALUE_NONE; at++)
        if (value->kind != PX_VALUE_JSON || !find_member(side, value->text, path->steps[at], value))
            *value = (px_value){ 0 };
}

static void read_made(px_expr_machine *machine, const void *row, uint32_t source,
                      const px_expr_binding *binding, px_expr_side *side, px_value *ret_value)
{
    size_t len = machine->rows.text(machine->rows.data, row, machine->bound[source]->model, binding,
                                    side->bytes);

    *ret_value = len ? px_value_text(px_str_of(side->bytes, len)) : (px_value){ 0 };
}

static void read_attribute(px_expr_machine *machine, const void *row, const px_expr_path *path,
                           px_expr_side *side, px_value *ret_value)
{
    *ret_value = (px_value){ 0 };
    machine->rows.attribute(machine->rows.data, row, path->steps[0], ret_value);
    descend(side, path, 1, ret_value);
}

void pxi_read_path(px_expr_machine *machine, const void *row, uint32_t number, px_expr_side *side,
                   px_value *ret_value)
{
    const px_expr_path *path = &machine->expr->paths[number];
    const px_expr_binding *binding;

    row = pxi_source(machine, row, path->source);
    if (side->scratch.used)
        px_arena_reset(&side->scratch);
    if (machine->rows.attribute) {
        read_attribute(machine, row, path, side, ret_value);
        return;
    }
    binding = pxi_binding(machine, number);
    switch (binding->what) {
    case PX_EXPR_MISSING:
        *ret_value = (px_value){ 0 };
        break;
    case PX_EXPR_FIELD:
        machine->rows.field(row, binding->field, ret_value);
        if (binding->rest < path->count)
            descend(side, path, binding->rest, ret_value);
        break;
    case PX_EXPR_ID:
        *ret_value = px_value_text(machine->rows.id(row));
        break;
    case PX_EXPR_MODEL_ID:
        *ret_value = px_value_text(px_model_id(machine->bound[path->source]->model));
        break;
    case PX_EXPR_FIELD_METADATA:
        machine->rows.field(row, binding->field, ret_value);
        if (ret_value->kind != PX_VALUE_NONE)
            *ret_value = px_value_json(PX_STR("{}"));
        break;
    case PX_EXPR_ETAG:
    case PX_EXPR_FRESHNESS:
    case PX_EXPR_TIME:
    case PX_EXPR_FIELD_TIME:
    case PX_EXPR_FIELD_SOURCE_TIME:
        read_made(machine, row, path->source, binding, side, ret_value);
        break;
    case PX_EXPR_EDGE_ID:
    case PX_EXPR_EDGE_NAME:
    case PX_EXPR_EDGE_SOURCE:
    case PX_EXPR_EDGE_TARGET:
        *ret_value = px_value_text(machine->rows.edge(machine->rows.data, row, binding->what));
        break;
    case PX_EXPR_EDGE_PROPERTY:
        *ret_value =
            px_value_json(machine->rows.edge(machine->rows.data, row, PX_EXPR_EDGE_PROPERTY));
        if (ret_value->text.len)
            descend(side, path, 0, ret_value);
        else
            *ret_value = (px_value){ 0 };
        break;
    default: /* the whole twin, a component, metadata: there as soon as the twin is */
        *ret_value = px_value_json(PX_STR("{}"));
    }
}

bool pxi_array_contains(px_expr_side *side, const px_value *array, const px_value *wanted)
{
    px_json_reader reader;
    px_json_type type;
    px_value item;

    if (array->kind != PX_VALUE_JSON)
        return false;
    px_json_reader_init(&reader, array->text, NULL, &side->scratch);
    if (px_json_next(&reader) != PX_JSON_ARRAY)
        return false;
    while ((type = px_json_next(&reader)) != PX_JSON_ARRAY_END) {
        if (!pxi_value_of_token(&reader, type, &item)) {
            note_end(side, PX_JSON_BAD);
            return false;
        }
        if (pxi_compare(PX_EXPR_EQ, &item, wanted))
            return true;
    }
    return false;
}

/* ---- comparing ---- */

static bool order_is(px_expr_compare compare, int order)
{
    switch (compare) {
    case PX_EXPR_EQ:
        return order == 0;
    case PX_EXPR_NE:
        return order != 0;
    case PX_EXPR_LT:
        return order < 0;
    case PX_EXPR_GT:
        return order > 0;
    case PX_EXPR_LE:
        return order <= 0;
    default:
        return order >= 0;
    }
}

static bool equality_is(px_expr_compare compare, bool equal)
{
    return compare == PX_EXPR_EQ ? equal : compare == PX_EXPR_NE && !equal;
}

bool pxi_compare(px_expr_compare compare, const px_value *a, const px_value *b)
{
    if (a->kind == PX_VALUE_NONE || b->kind == PX_VALUE_NONE)
        return false;
    if (a->kind == PX_VALUE_NUM && b->kind == PX_VALUE_NUM)
        return order_is(compare, px_num_cmp(a->num, b->num));
    if (a->kind == PX_VALUE_TEXT && b->kind == PX_VALUE_TEXT)
        return order_is(compare, px_str_cmp(a->text, b->text));
    if (a->kind == PX_VALUE_BOOL && b->kind == PX_VALUE_BOOL)
        return equality_is(compare, a->boolean == b->boolean);
    if (pxi_is_compound(a) && pxi_is_compound(b))
        return false;
    return equality_is(compare, pxi_is_null(a) && pxi_is_null(b));
}
