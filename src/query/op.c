/* SPDX-License-Identifier: Apache-2.0 */
/* What all operators share, and the pipeline that a plan becomes. */
#include "query/op.h"

void pxi_op_release(pxi_op *op)
{
    for (; op; op = op->input)
        if (op->release)
            op->release(op);
}

void *pxi_op_new(pxi_run *run, size_t size, pxi_op *input,
                 px_status (*next)(pxi_op *op, bool *ret_row, px_err *ret_err))
{
    pxi_op *op = px_arena_zero(run->arena, 1, size);

    if (op)
        *op = (pxi_op){ .next = next, .run = run, .input = input };
    return op;
}

bool pxi_seed(pxi_run *run, uint32_t no)
{
    if (run->is_page_full) {
        run->has_more = true;
        return false;
    }
    run->seed_no = no;
    return true;
}

px_expr_rows pxi_rows(pxi_run *run)
{
    px_expr_rows rows = px_twin_rows_of(&run->twin_rows);

    rows.are_tuples = run->query.source_count > 1;
    rows.edges = run->query.edges;
    return rows;
}

bool pxi_take_twin(pxi_run *run, uint32_t source, uint32_t no)
{
    run->no[source] = no;
    if (!(run->read >> source & 1))
        return true;
    run->row[source] = px_view_twin(run->view, run->tenant, no);
    return run->row[source] != NULL;
}

bool pxi_is_walked(const pxi_run *run, uint32_t rel_no)
{
    for (size_t i = 0; i < run->path.len; i++)
        if (run->path.ptr[i] == rel_no)
            return true;
    return false;
}

/* ---- filter: the rows for which a condition holds ---- */

typedef struct filter {
    pxi_op op;
    px_expr_machine machine;
} filter;

static px_status filter_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    filter *f = (filter *)op;
    bool holds = false;

    *ret_row = true;
    while (*ret_row && !holds) {
        PX_TRY(pxi_pull(op->input, ret_row, ret_err));
        if (*ret_row)
            PX_TRY(px_expr_test(&f->machine, pxi_row(op->run), &holds, ret_err));
    }
    return PX_OK;
}

static void filter_release(pxi_op *op)
{
    px_expr_machine_release(&((filter *)op)->machine);
}

px_status pxi_filter_new(pxi_run *run, const px_expr_node *condition, pxi_op *input,
                         pxi_op **ret_op, px_err *ret_err)
{
    px_expr_source source = { .condition = condition, .with_telemetry = run->opts->with_telemetry };
    filter *f = pxi_op_new(run, sizeof(*f), input, filter_next);
    px_expr_rows rows = pxi_rows(run);
    px_expr *expr;

    if (!f)
        return px_arena_fail(run->arena, ret_err);
    PX_TRY(px_expr_compile(&source, run->arena, &expr, ret_err));
    px_expr_machine_init(&f->machine, expr, &rows);
    run->work += px_expr_work(expr);
    f->op.release = filter_release;
    *ret_op = &f->op;
    return PX_OK;
}

/* ---- the pipeline ---- */

static px_status build_start(pxi_run *run, pxi_op **op, px_err *ret_err)
{
    px_plan_kind kind = run->plan.kind;

    if (!run->view)
        return pxi_point_new(run, op, ret_err);
    if (run->plan.id_count || kind == PX_PLAN_IDS || kind == PX_PLAN_PROPERTY)
        PX_TRY(pxi_seek_new(run, op, ret_err));
    else
        PX_TRY(pxi_scan_new(run, op, ret_err));
    if (kind == PX_PLAN_EDGES || kind == PX_PLAN_EDGES_FROM || kind == PX_PLAN_EDGES_TO)
        return pxi_edges_new(run, *op, op, ret_err);
    return PX_OK;
}

px_status pxi_build(pxi_run *run, pxi_op **ret_op, px_err *ret_err)
{
    const px_plan *plan = &run->plan;

    *ret_op = NULL;
    PX_TRY(build_start(run, ret_op, ret_err));
    if (plan->condition)
        PX_TRY(pxi_filter_new(run, plan->condition, *ret_op, ret_op, ret_err));
    for (uint32_t i = 0; i < plan->step_count; i++) {
        const px_plan_step *step = &plan->steps[i];

        if (step->hop->most == 1)
            PX_TRY(pxi_join_new(run, step, *ret_op, ret_op, ret_err));
        else
            PX_TRY(pxi_match_new(run, step, *ret_op, ret_op, ret_err));
        if (step->condition)
            PX_TRY(pxi_filter_new(run, step->condition, *ret_op, ret_op, ret_err));
    }
    return PX_OK;
}
