/* SPDX-License-Identifier: Apache-2.0 */
/* Runs programs. Everything that the model settles is bound once per model and then looked up. */
#include "expr/program.h"

#include "base/json.h"
#include "base/limits.h"

void px_expr_machine_init(px_expr_machine *machine, const px_expr *expr, const px_expr_rows *rows)
{
    *machine = (px_expr_machine){ .expr = expr, .rows = *rows };
    px_arena_init(&machine->cache, PX_EXPR_CACHE_BYTES_MAX);
    for (int side = 0; side < 2; side++)
        px_arena_init(&machine->sides[side].scratch, PX_EXPR_SCRATCH_BYTES_MAX);
}

void px_expr_machine_release(px_expr_machine *machine)
{
    px_arena_release(&machine->cache);
    for (int side = 0; side < 2; side++)
        px_arena_release(&machine->sides[side].scratch);
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
    uint32_t model_no;

    if (machine->rows.attribute)
        return PX_OK; /* nothing depends on a model */
    model_no = machine->rows.model_no(row);
    if (machine->bound && machine->bound->model_no == model_no)
        return PX_OK;
    return bind_model(machine, model_no, ret_err);
}

/* ---- operands ---- */

/* Literals stay where they are; what a path has is put into `space`. */
static inline const px_value *read_operand(px_expr_machine *machine, const void *row,
                                           uint32_t operand, int side, px_value *space)
{
    if (!(operand & PXI_PATH))
        return &machine->expr->literals[operand];
    pxi_read_path(machine, row, operand & ~PXI_PATH, &machine->sides[side], space);
    return space;
}

/* ---- terms ---- */

static bool is_in(px_expr_machine *machine, const void *row, const pxi_step *step,
                  const px_value *wanted)
{
    const uint32_t *members = machine->expr->args + step->b;
    px_value space;

    for (uint32_t i = 0; i < step->count; i++)
        if (pxi_compare(PX_EXPR_EQ, wanted, read_operand(machine, row, members[i], 1, &space)))
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
        return pxi_is_null(a);
    case PX_EXPR_FN_IS_BOOL:
        return a->kind == PX_VALUE_BOOL;
    case PX_EXPR_FN_IS_NUMBER:
        return a->kind == PX_VALUE_NUM;
    case PX_EXPR_FN_IS_STRING:
        return a->kind == PX_VALUE_TEXT;
    case PX_EXPR_FN_IS_OBJECT:
        return a->kind == PX_VALUE_JSON && a->text.ptr[0] == '{';
    case PX_EXPR_FN_IS_PRIMITIVE:
        return a->kind != PX_VALUE_NONE && !pxi_is_compound(a);
    case PX_EXPR_FN_STARTSWITH:
        return texts && px_str_starts(a->text, b->text);
    case PX_EXPR_FN_ENDSWITH:
        return texts && px_str_ends(a->text, b->text);
    case PX_EXPR_FN_CONTAINS:
        return texts && text_contains(a->text, b->text);
    default:
        return pxi_array_contains(&machine->sides[0], a, b);
    }
}

static bool term(px_expr_machine *machine, const void *row, const pxi_step *step)
{
    px_value a_space, b_space;
    const px_value *a = read_operand(machine, row, step->a, 0, &a_space), *b;

    if (step->op == PXI_OP_IN)
        return is_in(machine, row, step, a);
    if (step->op == PXI_OP_NOT_IN)
        return a->kind != PX_VALUE_NONE && !is_in(machine, row, step, a);
    b = step->b == step->a ? a : read_operand(machine, row, step->b, 1, &b_space);
    if (step->op == PXI_OP_COMPARE)
        return pxi_compare((px_expr_compare)step->what, a, b);
    return call(machine, (px_expr_function)step->what, a, b);
}

/* No answer is better than one from half of a value. */
static px_status check_sides(px_expr_machine *machine, px_err *ret_err)
{
    for (int side = 0; side < 2; side++) {
        px_expr_side *s = &machine->sides[side];

        if (!s->is_full)
            continue;
        s->is_full = false;
        return px_fail_id(ret_err, PX_LIMIT, "expr.scratch",
                          "a value cannot be looked into: its texts take more than the %d bytes "
                          "there are, or memory is short",
                          PX_EXPR_SCRATCH_BYTES_MAX);
    }
    return PX_OK;
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
    return check_sides(machine, ret_err);
}

px_status px_expr_column(px_expr_machine *machine, const void *row, uint32_t column,
                         px_value *ret_value, const px_expr_binding **ret_binding, px_err *ret_err)
{
    uint32_t number = machine->expr->columns[column];

    PX_TRY(begin_row(machine, row, ret_err));
    pxi_read_path(machine, row, number, &machine->sides[0], ret_value);
    if (ret_binding)
        *ret_binding = &machine->bound->bindings[number];
    return check_sides(machine, ret_err);
}
