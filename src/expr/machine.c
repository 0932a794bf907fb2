/* SPDX-License-Identifier: Apache-2.0 */
/* Runs programs. Everything that the model settles is bound once per model and then looked up. */
#include "expr/program.h"

#include "base/json.h"
#include "base/limits.h"

void px_expr_machine_init(px_expr_machine *machine, const px_expr *expr, const px_expr_rows *rows)
{
    *machine = (px_expr_machine){ .expr = expr, .rows = *rows };
    px_arena_init(&machine->cache, PX_EXPR_CACHE_BYTES_MAX);
    px_arena_init(&machine->scratch, PX_TWIN_BYTES_MAX * 4);
}

void px_expr_machine_release(px_expr_machine *machine)
{
    px_arena_release(&machine->cache);
    px_arena_release(&machine->scratch);
    px_map_release(&machine->by_model);
    PX_VEC_RELEASE(&machine->all);
}

/* ---- binding ---- */

static bool is_of_model(const px_model *model, const pxi_model_test *test)
{
    if (!model)
        return false;
    return test->exact ? px_str_eq(px_model_id(model), test->dtmi)
                       : px_model_is_a(model, test->dtmi);
}

static px_expr_bound *bind(px_expr_machine *machine, uint32_t model_no)
{
    const px_expr *expr = machine->expr;
    px_arena *arena = &machine->cache;
    px_expr_bound *bound = PX_ARENA_NEW(arena, px_expr_bound);
    px_expr_binding *bindings = PX_ARENA_ARRAY(arena, px_expr_binding, expr->path_count + 1);
    bool *tests = PX_ARENA_ARRAY(arena, bool, expr->test_count + 1);

    if (!bound || !bindings || !tests)
        return NULL;
    bound->model_no = model_no;
    bound->model = machine->rows.model(machine->rows.data, model_no);
    bound->bindings = bindings;
    bound->tests = tests;
    for (uint32_t i = 0; bound->model && i < expr->path_count; i++)
        bindings[i] =
            px_expr_bind(px_model_layout(bound->model), &expr->paths[i], expr->with_telemetry);
    for (uint32_t i = 0; i < expr->test_count; i++)
        tests[i] = is_of_model(bound->model, &expr->tests[i]);
    return bound;
}

static uint64_t hash_of(uint32_t model_no)
{
    return (model_no + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);
}

static const px_expr_bound *find_bound(const px_expr_machine *machine, uint32_t model_no)
{
    const px_map *map = &machine->by_model;
    uint64_t hash = hash_of(model_no);

    for (size_t at = px_map_first(map, hash); at != PX_MAP_END; at = px_map_next(map, hash, at))
        if (machine->all.ptr[map->values[at]]->model_no == model_no)
            return machine->all.ptr[map->values[at]];
    return NULL;
}

static void forget_all(px_expr_machine *machine)
{
    machine->bound = NULL;
    machine->all.len = 0;
    px_map_clear(&machine->by_model);
    px_arena_reset(&machine->cache);
}

static px_status bind_model(px_expr_machine *machine, uint32_t model_no, px_err *ret_err)
{
    px_expr_bound *bound;

    machine->bound = find_bound(machine, model_no);
    if (machine->bound)
        return PX_OK;
    bound = bind(machine, model_no);
    if (!bound) {
        forget_all(machine);
        bound = bind(machine, model_no);
    }
    if (!bound)
        return px_arena_fail(&machine->cache, ret_err);
    if (!PX_VEC_PUSH(&machine->all, bound) ||
        !px_map_add(&machine->by_model, hash_of(model_no), (uint32_t)machine->all.len - 1)) {
        forget_all(machine);
        return px_no_memory(ret_err);
    }
    machine->bound = bound;
    return PX_OK;
}

static inline px_status begin_row(px_expr_machine *machine, const void *row, px_err *ret_err)
{
    uint32_t model_no = machine->rows.model_no(row);

    if (machine->scratch.used)
        px_arena_reset(&machine->scratch);
    if (machine->bound && machine->bound->model_no == model_no)
        return PX_OK;
    return bind_model(machine, model_no, ret_err);
}

/* ---- reading ---- */

/* The value of the token that was just read; compounds as their text. */
static bool value_of_token(px_json_reader *reader, px_json_type type, px_value *ret_value)
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

/* The member of an object, given as text; false when there is none. */
static bool find_member(px_arena *scratch, px_str object, px_str name, px_value *ret_value)
{
    px_json_reader reader;
    px_value other;

    px_json_reader_init(&reader, object, NULL, scratch);
    if (px_json_next(&reader) != PX_JSON_OBJECT)
        return false;
    while (px_json_next(&reader) == PX_JSON_KEY) {
        bool found = px_str_eq(reader.text, name);

        if (!value_of_token(&reader, px_json_next(&reader), found ? ret_value : &other))
            return false;
        if (found)
            return true;
    }
    return false;
}

/* The steps of a path that go into a compound value. */
static void descend(px_expr_machine *machine, const px_expr_path *path, uint32_t at,
                    px_value *value)
{
    for (; at < path->count && value->kind != PX_VALUE_NONE; at++)
        if (value->kind != PX_VALUE_JSON ||
            !find_member(&machine->scratch, value->text, path->steps[at], value))
            *value = (px_value){ 0 };
}

static void read_made(px_expr_machine *machine, const void *row, const px_expr_binding *binding,
                      char bytes[PX_EXPR_TEXT_BYTES], px_value *ret_value)
{
    size_t len = machine->rows.text(machine->rows.data, row, machine->bound->model, binding, bytes);

    *ret_value = len ? px_value_text(px_str_of(bytes, len)) : (px_value){ 0 };
}

static void read_path(px_expr_machine *machine, const void *row, uint32_t number,
                      char bytes[PX_EXPR_TEXT_BYTES], px_value *ret_value)
{
    const px_expr_binding *binding = &machine->bound->bindings[number];

    switch (binding->what) {
    case PX_EXPR_MISSING:
        *ret_value = (px_value){ 0 };
        break;
    case PX_EXPR_FIELD:
        machine->rows.field(row, binding->field, ret_value);
        if (binding->rest < machine->expr->paths[number].count)
            descend(machine, &machine->expr->paths[number], binding->rest, ret_value);
        break;
    case PX_EXPR_ID:
        *ret_value = px_value_text(machine->rows.id(row));
        break;
    case PX_EXPR_MODEL_ID:
        *ret_value = px_value_text(px_model_id(machine->bound->model));
        break;
    case PX_EXPR_FIELD_METADATA:
        machine->rows.field(row, binding->field, ret_value);
        if (ret_value->kind != PX_VALUE_NONE)
            *ret_value = px_value_json(PX_STR("{}"));
        break;
    case PX_EXPR_ETAG:
    case PX_EXPR_TIME:
    case PX_EXPR_FIELD_TIME:
    case PX_EXPR_FIELD_SOURCE_TIME:
        read_made(machine, row, binding, bytes, ret_value);
        break;
    default: /* the whole twin, a component, metadata: there as soon as the twin is */
        *ret_value = px_value_json(PX_STR("{}"));
    }
}

/* Literals stay where they are; what a path has is put into `value`. */
static inline const px_value *read_operand(px_expr_machine *machine, const void *row,
                                           uint32_t operand, char bytes[PX_EXPR_TEXT_BYTES],
                                           px_value *value)
{
    if (!(operand & PXI_PATH))
        return &machine->expr->literals[operand];
    read_path(machine, row, operand & ~PXI_PATH, bytes, value);
    return value;
}

/* ---- terms ---- */

static bool is_null(const px_value *v)
{
    return v->kind == PX_VALUE_JSON && v->text.ptr[0] == 'n';
}

static bool is_compound(const px_value *v)
{
    return v->kind == PX_VALUE_JSON && v->text.ptr[0] != 'n';
}

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

static bool compare_values(px_expr_compare compare, const px_value *a, const px_value *b)
{
    if (a->kind == PX_VALUE_NONE || b->kind == PX_VALUE_NONE)
        return false;
    if (a->kind == PX_VALUE_NUM && b->kind == PX_VALUE_NUM)
        return order_is(compare, px_num_cmp(a->num, b->num));
    if (a->kind == PX_VALUE_TEXT && b->kind == PX_VALUE_TEXT)
        return order_is(compare, px_str_cmp(a->text, b->text));
    if (a->kind == PX_VALUE_BOOL && b->kind == PX_VALUE_BOOL)
        return equality_is(compare, a->boolean == b->boolean);
    if (is_compound(a) && is_compound(b))
        return false;
    return equality_is(compare, is_null(a) && is_null(b));
}

static bool is_in(px_expr_machine *machine, const void *row, const pxi_step *step,
                  const px_value *wanted)
{
    char bytes[PX_EXPR_TEXT_BYTES];
    px_value space;

    for (uint32_t i = 0; i < step->count; i++)
        if (compare_values(
                PX_EXPR_EQ, wanted,
                read_operand(machine, row, machine->expr->args[step->b + i], bytes, &space)))
            return true;
    return false;
}

static bool array_contains(px_arena *scratch, const px_value *array, const px_value *wanted)
{
    px_json_reader reader;
    px_value item;

    if (array->kind != PX_VALUE_JSON)
        return false;
    px_json_reader_init(&reader, array->text, NULL, scratch);
    if (px_json_next(&reader) != PX_JSON_ARRAY)
        return false;
    while (value_of_token(&reader, px_json_next(&reader), &item))
        if (compare_values(PX_EXPR_EQ, &item, wanted))
            return true;
    return false;
}

static bool text_contains(px_str text, px_str part)
{
    return part.len == 0 ||
           (text.len >= part.len && memmem(text.ptr, text.len, part.ptr, part.len) != NULL);
}

static bool call(px_expr_machine *machine, px_expr_function function, const px_value *a,
                 const px_value *b)
{
    bool texts = a->kind == PX_VALUE_TEXT && b->kind == PX_VALUE_TEXT;

    switch (function) {
    case PX_EXPR_FN_IS_DEFINED:
        return a->kind != PX_VALUE_NONE;
    case PX_EXPR_FN_IS_NULL:
        return is_null(a);
    case PX_EXPR_FN_IS_BOOL:
        return a->kind == PX_VALUE_BOOL;
    case PX_EXPR_FN_IS_NUMBER:
        return a->kind == PX_VALUE_NUM;
    case PX_EXPR_FN_IS_STRING:
        return a->kind == PX_VALUE_TEXT;
    case PX_EXPR_FN_IS_OBJECT:
        return a->kind == PX_VALUE_JSON && a->text.ptr[0] == '{';
    case PX_EXPR_FN_IS_PRIMITIVE:
        return a->kind != PX_VALUE_NONE && !is_compound(a);
    case PX_EXPR_FN_STARTSWITH:
        return texts && px_str_starts(a->text, b->text);
    case PX_EXPR_FN_ENDSWITH:
        return texts && px_str_ends(a->text, b->text);
    case PX_EXPR_FN_CONTAINS:
        return texts && text_contains(a->text, b->text);
    default:
        return array_contains(&machine->scratch, a, b);
    }
}

static bool term(px_expr_machine *machine, const void *row, const pxi_step *step)
{
    char a_bytes[PX_EXPR_TEXT_BYTES], b_bytes[PX_EXPR_TEXT_BYTES];
    px_value a_space, b_space;
    const px_value *a = read_operand(machine, row, step->a, a_bytes, &a_space), *b;

    if (step->op == PXI_OP_IN)
        return is_in(machine, row, step, a);
    if (step->op == PXI_OP_NOT_IN)
        return a->kind != PX_VALUE_NONE && !is_in(machine, row, step, a);
    b = step->b == step->a ? a : read_operand(machine, row, step->b, b_bytes, &b_space);
    if (step->op == PXI_OP_COMPARE)
        return compare_values((px_expr_compare)step->what, a, b);
    return call(machine, (px_expr_function)step->what, a, b);
}

px_status px_expr_test(px_expr_machine *machine, const void *row, bool *ret_holds, px_err *ret_err)
{
    const px_expr *expr = machine->expr;
    bool flag = true;

    PX_TRY(begin_row(machine, row, ret_err));
    for (uint32_t at = 0; at < expr->step_count;) {
        const pxi_step *step = &expr->steps[at++];

        switch (step->op) {
        case PXI_OP_NOT:
            flag = !flag;
            break;
        case PXI_OP_UNLESS:
            at = flag ? at : step->a;
            break;
        case PXI_OP_IF:
            at = flag ? step->a : at;
            break;
        case PXI_OP_OF_MODEL:
            flag = machine->bound->tests[step->a];
            break;
        default:
            flag = term(machine, row, step);
        }
    }
    *ret_holds = flag;
    return PX_OK;
}

px_status px_expr_column(px_expr_machine *machine, const void *row, uint32_t column,
                         char bytes[PX_EXPR_TEXT_BYTES], px_value *ret_value,
                         const px_expr_binding **ret_binding, px_err *ret_err)
{
    uint32_t number = machine->expr->columns[column];

    PX_TRY(begin_row(machine, row, ret_err));
    read_path(machine, row, number, bytes, ret_value);
    if (ret_binding)
        *ret_binding = &machine->bound->bindings[number];
    return PX_OK;
}
