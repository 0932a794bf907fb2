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
    bound->bindings = bindings;
    bound->tests = tests;
    if (model_no == PX_EXPR_EDGE_MODEL) {
        for (uint32_t i = 0; i < expr->path_count; i++)
            bindings[i] = px_expr_bind_edge(&expr->paths[i]);
        return bound;
    }
    bound->model = machine->rows.model(machine->rows.data, model_no);
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
    memset(machine->bound, 0, sizeof(machine->bound));
    machine->epoch++;
    machine->all.len = 0;
    px_map_clear(&machine->by_model);
    px_arena_reset(&machine->cache);
}

static px_status bind_model(px_expr_machine *machine, uint32_t source, uint32_t model_no,
                            px_err *ret_err)
{
    const px_expr_bound *found = find_bound(machine, model_no);
    px_expr_bound *bound;

    if (found) {
        machine->bound[source] = found;
        return PX_OK;
    }
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
    machine->bound[source] = bound;
    return PX_OK;
}

static inline px_status bind_source(px_expr_machine *machine, const void *row, uint32_t source,
                                    px_err *ret_err)
{
    uint32_t model_no = machine->rows.edges >> source & 1
                            ? PX_EXPR_EDGE_MODEL
                            : machine->rows.model_no(pxi_source(machine, row, source));

    if (machine->bound[source] && machine->bound[source]->model_no == model_no)
        return PX_OK;
    return bind_model(machine, source, model_no, ret_err);
}

/* Of every source that is read. One that made all be forgotten took the bindings of those before
 * it along: what all sources of a row need together always fits. */
static px_status bind_tuple(px_expr_machine *machine, const void *row, px_err *ret_err)
{
    uint64_t sources = machine->expr->sources;
    uint64_t epoch;

    do {
        epoch = machine->epoch;
        for (uint64_t left = sources; left; left &= left - 1)
            PX_TRY(bind_source(machine, row, (uint32_t)__builtin_ctzll(left), ret_err));
    } while (epoch != machine->epoch);
    return PX_OK;
}

static inline px_status begin_row(px_expr_machine *machine, const void *row, px_err *ret_err)
{
    if (machine->rows.attribute)
        return PX_OK; /* nothing depends on a model */
    if (machine->rows.are_tuples)
        return bind_tuple(machine, row, ret_err);
    return bind_source(machine, row, 0, ret_err);
}

/* ---- operands ---- */

static px_value calculate(px_expr_machine *machine, const void *row, const pxi_calc *calc,
                          int side);

static inline const px_value *read_operand(px_expr_machine *machine, const void *row,
                                           uint32_t operand, int side, px_value *space)
{
    if (!(operand & (PXI_PATH | PXI_DISTANCE | PXI_CALC)))
        return &machine->expr->literals[operand];
    if (operand & PXI_PATH)
        pxi_read_path(machine, row, operand & ~PXI_PATH, &machine->sides[side], space);
    else if (operand & PXI_CALC)
        *space = calculate(machine, row, &machine->expr->calcs[operand & ~PXI_CALC], side);
    else
        *space = pxi_measure(machine, row, &machine->expr->distances[operand & ~PXI_DISTANCE]);
    return space;
}

const px_value *pxi_operand(px_expr_machine *machine, const void *row, uint32_t operand, int side,
                            px_value *space)
{
    return read_operand(machine, row, operand, side, space);
}

/* Numbers are taken out of the side before it is used again. */
static px_value calculate(px_expr_machine *machine, const void *row, const pxi_calc *calc, int side)
{
    px_value a_space, b_space;
    const px_value *a = read_operand(machine, row, calc->a, side, &a_space), *b;
    px_num result;

    if (a->kind != PX_VALUE_NUM)
        return (px_value){ 0 };
    b = read_operand(machine, row, calc->b, side, &b_space);
    if (b->kind != PX_VALUE_NUM || !px_num_calc(calc->op, a->num, b->num, &result))
        return (px_value){ 0 };
    return px_value_num(result);
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

static bool run(px_expr_machine *machine, const void *row)
{
    const px_expr *expr = machine->expr;
    bool flag = true;

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
            flag = machine->bound[expr->tests[step->a].source]->tests[step->a];
            break;
        default:
            flag = term(machine, row, step);
        }
    }
    return flag;
}

px_status px_expr_test(px_expr_machine *machine, const void *row, bool *ret_holds, px_err *ret_err)
{
    PX_TRY(begin_row(machine, row, ret_err));
    *ret_holds = run(machine, row);
    return check_sides(machine, ret_err);
}

px_status px_expr_test_model(px_expr_machine *machine, uint32_t model_no, bool *ret_holds,
                             px_err *ret_err)
{
    PX_TRY(bind_model(machine, 0, model_no, ret_err));
    *ret_holds = run(machine, NULL);
    return PX_OK;
}

px_status px_expr_column(px_expr_machine *machine, const void *row, uint32_t column,
                         px_value *ret_value, const px_expr_binding **ret_binding, px_err *ret_err)
{
    uint32_t operand = machine->expr->columns[column];
    bool is_path = operand & PXI_PATH;
    px_value space;

    PX_TRY(begin_row(machine, row, ret_err));
    *ret_value = *read_operand(machine, row, operand, 0, &space);
    if (ret_binding)
        *ret_binding = is_path ? pxi_binding(machine, operand & ~PXI_PATH) : NULL;
    return check_sides(machine, ret_err);
}
