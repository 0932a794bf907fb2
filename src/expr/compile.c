/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree is walked twice: once to count, so that every list is made at its size, and once to
 * write the steps.
 */
#include "expr/program.h"

#include "base/limits.h"

typedef struct counts {
    uint32_t steps, literals, args, tests, distances, calcs, paths;
} counts;

typedef struct compiler {
    pxi_step *steps;
    px_value *literals;
    uint32_t *args, *columns;
    pxi_model_test *tests;
    pxi_distance *distances;
    pxi_calc *calcs;
    px_expr_path *paths;
    counts used;
    uint64_t sources;
    bool too_many_paths;
} compiler;

static void count_operand(counts *n, const px_expr_node *operand)
{
    if (operand->kind == PX_EXPR_PATH)
        n->paths++;
    else if (operand->kind == PX_EXPR_LITERAL)
        n->literals++;
    else if (operand->kind == PX_EXPR_CALC)
        n->calcs++;
    else
        n->distances++;
    for (const px_expr_node *child = operand->first; child; child = child->next)
        count_operand(n, child);
}

static void count_node(counts *n, const px_expr_node *node)
{
    n->steps++;
    switch (node->kind) {
    case PX_EXPR_AND:
    case PX_EXPR_OR:
        n->steps += node->count;
        /* fallthrough */
    case PX_EXPR_NOT:
        for (const px_expr_node *child = node->first; child; child = child->next)
            count_node(n, child);
        break;
    case PX_EXPR_OF_MODEL:
        n->tests++;
        break;
    default:
        for (const px_expr_node *operand = node->first; operand; operand = operand->next)
            count_operand(n, operand);
        n->args += node->count;
    }
}

static bool make_lists(compiler *c, const counts *n, uint32_t columns, px_arena *arena)
{
    c->steps = PX_ARENA_ARRAY(arena, pxi_step, n->steps + 1);
    c->literals = PX_ARENA_ARRAY(arena, px_value, n->literals + 1);
    c->args = PX_ARENA_ARRAY(arena, uint32_t, n->args + 1);
    c->tests = PX_ARENA_ARRAY(arena, pxi_model_test, n->tests + 1);
    c->distances = PX_ARENA_ARRAY(arena, pxi_distance, n->distances + 1);
    c->calcs = PX_ARENA_ARRAY(arena, pxi_calc, n->calcs + 1);
    c->columns = PX_ARENA_ARRAY(arena, uint32_t, columns + 1);
    /* paths are few, but may be written often */
    c->paths = PX_ARENA_ARRAY(arena, px_expr_path,
                              (n->paths < PX_EXPR_PATHS_MAX ? n->paths : PX_EXPR_PATHS_MAX) + 1);
    return c->steps && c->literals && c->args && c->tests && c->distances && c->calcs &&
           c->columns && c->paths;
}

static uint32_t path_number(compiler *c, const px_expr_path *path)
{
    for (uint32_t i = 0; i < c->used.paths; i++)
        if (px_expr_path_eq(&c->paths[i], path))
            return i;
    if (c->used.paths == PX_EXPR_PATHS_MAX) {
        c->too_many_paths = true;
        return 0;
    }
    c->paths[c->used.paths] = *path;
    c->sources |= UINT64_C(1) << path->source;
    return c->used.paths++;
}

static uint32_t operand_of(compiler *c, const px_expr_node *node)
{
    if (node->kind == PX_EXPR_PATH)
        return path_number(c, &node->path) | PXI_PATH;
    if (node->kind == PX_EXPR_DISTANCE) {
        pxi_distance *distance = &c->distances[c->used.distances++];

        for (const px_expr_node *child = node->first; child; child = child->next)
            distance->operands[distance->count++] = operand_of(c, child);
        return (uint32_t)(distance - c->distances) | PXI_DISTANCE;
    }
    if (node->kind == PX_EXPR_CALC) {
        uint32_t number = c->used.calcs++;
        pxi_calc calc = { .op = node->calc };

        calc.a = operand_of(c, node->first);
        calc.b = operand_of(c, node->last);
        c->calcs[number] = calc;
        return number | PXI_CALC;
    }
    c->literals[c->used.literals] = node->value;
    return c->used.literals++;
}

static void put_list(compiler *c, pxi_step *step, const px_expr_node *node)
{
    step->a = operand_of(c, node->first);
    step->b = c->used.args;
    step->count = node->count - 1;
    for (const px_expr_node *member = node->first->next; member; member = member->next)
        c->args[c->used.args++] = operand_of(c, member);
}

static void put_term(compiler *c, const px_expr_node *node)
{
    pxi_step *step = &c->steps[c->used.steps++];

    switch (node->kind) {
    case PX_EXPR_OF_MODEL:
        step->op = PXI_OP_OF_MODEL;
        step->a = c->used.tests;
        c->tests[c->used.tests++] =
            (pxi_model_test){ node->value.text, node->path.source, node->exact };
        c->sources |= UINT64_C(1) << node->path.source;
        break;
    case PX_EXPR_IN:
    case PX_EXPR_NOT_IN:
        step->op = node->kind == PX_EXPR_IN ? PXI_OP_IN : PXI_OP_NOT_IN;
        put_list(c, step, node);
        break;
    default:
        step->op = node->kind == PX_EXPR_COMPARE ? PXI_OP_COMPARE : PXI_OP_CALL;
        step->what =
            node->kind == PX_EXPR_COMPARE ? (uint8_t)node->compare : (uint8_t)node->function;
        step->a = step->b = operand_of(c, node->first);
        if (node->count > 1)
            step->b = operand_of(c, node->last);
    }
}

static void put_node(compiler *c, const px_expr_node *node);

/* child, jump, child, jump, … child: every jump leads behind the last. */
static void put_chain(compiler *c, const px_expr_node *node)
{
    pxi_op op = node->kind == PX_EXPR_AND ? PXI_OP_UNLESS : PXI_OP_IF;
    uint32_t open = 0; /* steps wait for the end in a list through their own `a` */

    for (const px_expr_node *child = node->first; child; child = child->next) {
        put_node(c, child);
        if (!child->next)
            break;
        c->steps[c->used.steps] = (pxi_step){ .op = (uint8_t)op, .a = open };
        open = ++c->used.steps;
    }
    while (open) {
        pxi_step *jump = &c->steps[open - 1];

        open = jump->a;
        jump->a = c->used.steps;
    }
}

static void put_node(compiler *c, const px_expr_node *node)
{
    switch (node->kind) {
    case PX_EXPR_AND:
    case PX_EXPR_OR:
        put_chain(c, node);
        break;
    case PX_EXPR_NOT:
        put_node(c, node->first);
        c->steps[c->used.steps++] = (pxi_step){ .op = PXI_OP_NOT };
        break;
    default:
        put_term(c, node);
    }
}

px_status px_expr_compile(const px_expr_source *source, px_arena *arena, px_expr **ret_expr,
                          px_err *ret_err)
{
    px_expr *expr = PX_ARENA_NEW(arena, px_expr);
    counts n = { 0 };
    compiler c = { 0 };

    if (source->condition)
        count_node(&n, source->condition);
    for (uint32_t i = 0; i < source->column_count; i++)
        count_operand(&n, source->columns[i]);
    if (!expr || !make_lists(&c, &n, source->column_count, arena))
        return px_arena_fail(arena, ret_err);
    if (source->condition)
        put_node(&c, source->condition);
    for (uint32_t i = 0; i < source->column_count; i++)
        c.columns[i] = operand_of(&c, source->columns[i]);
    if (c.too_many_paths)
        return px_fail_id(ret_err, PX_LIMIT, "expr.paths",
                          "an expression reads at most %d different properties", PX_EXPR_PATHS_MAX);
    *expr = (px_expr){ .steps = c.steps,
                       .step_count = c.used.steps,
                       .arg_count = c.used.args,
                       .literals = c.literals,
                       .args = c.args,
                       .tests = c.tests,
                       .test_count = c.used.tests,
                       .distances = c.distances,
                       .calcs = c.calcs,
                       .sources = c.sources,
                       .paths = c.paths,
                       .path_count = c.used.paths,
                       .columns = c.columns,
                       .with_telemetry = source->with_telemetry };
    *ret_expr = expr;
    return PX_OK;
}

const px_expr_path *px_expr_paths(const px_expr *expr, uint32_t *ret_count)
{
    *ret_count = expr->path_count;
    return expr->paths;
}

uint32_t px_expr_work(const px_expr *expr)
{
    return expr->step_count + expr->arg_count;
}

bool px_expr_is_of_models(const px_expr *expr)
{
    return expr->test_count > 0 && expr->path_count == 0 && expr->arg_count == 0;
}
