/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Operators: small iterators that are pulled, each from the one before it. Room-internal.
 *
 * A row is not handed over but stands in the run (`row`, `no`): an operator that is pulled moves it
 * on and says whether there is one. A seed is the twin that a row began at: pages end between
 * seeds where they can, and inside one where they must.
 */
#ifndef PX_QUERY_OP_H
#define PX_QUERY_OP_H

#include "engine/twin_rows.h"
#include "query/parse.h"
#include "query/plan.h"
#include "query/query.h"

/* What one run may use, checked while it runs (budget.c). */
typedef struct pxi_budget {
    const px_query_opts *opts;
    const _Atomic bool *cancel;
    uint64_t cost, cost_max;
    int64_t deadline;
    uint32_t look_every, until_look;
} pxi_budget;

void pxi_budget_init(pxi_budget *budget, const px_query_opts *opts, const _Atomic bool *cancel);
/* How often it looks at the clock, by how much work a row is. */
void pxi_budget_work(pxi_budget *budget, uint64_t work);
PX_NODISCARD px_status pxi_budget_refuse(const pxi_budget *budget, px_err *ret_err);
PX_NODISCARD px_status pxi_budget_look(pxi_budget *budget, px_err *ret_err);

/* One twin or relationship is looked at. */
static inline px_status pxi_touch(pxi_budget *budget, px_err *ret_err)
{
    if (budget->cost >= budget->cost_max)
        return pxi_budget_refuse(budget, ret_err);
    budget->cost++;
    if (budget->until_look-- > 0)
        return PX_OK;
    return pxi_budget_look(budget, ret_err);
}

typedef struct pxi_op pxi_op;

typedef struct pxi_run {
    const px_query_opts *opts;
    uint32_t tenant;
    px_arena *arena;
    pxi_budget budget;

    px_query query;
    px_plan plan;
    const px_view *view; /* NULL: one twin is read as a point */
    px_twin_rows twin_rows;

    const void *row[PX_EXPR_SOURCES_MAX]; /* px_twin, px_rel; NULL where nobody asks for it */
    uint32_t no[PX_EXPR_SOURCES_MAX];     /* numbers of twins */
    PX_VEC(uint32_t) path;                /* MATCH: the relationships that were walked */
    uint32_t seed_no;
    uint64_t work; /* of all conditions */
    uint64_t read; /* the sources that anything is read of, one bit each */

    uint32_t begin_no; /* seeds before this one are done */
    bool is_page_full; /* the next seed is not begun */
    bool has_more;     /* for there was one */
} pxi_run;

struct pxi_op {
    /* Moves to the next row; false at the end. */
    px_status (*next)(pxi_op *op, bool *ret_row, px_err *ret_err);
    void (*release)(pxi_op *op); /* NULL: everything is in the arena */
    pxi_run *run;
    pxi_op *input;
};

static inline px_status pxi_pull(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    return op->next(op, ret_row, ret_err);
}

/* Releases an operator and those it pulls from; NULL is fine. */
void pxi_op_release(pxi_op *op);
/* `size` bytes for an operator that begins with a pxi_op. NULL: the arena has no more. */
void *pxi_op_new(pxi_run *run, size_t size, pxi_op *input,
                 px_status (*next)(pxi_op *op, bool *ret_row, px_err *ret_err));

/* A seed is about to be begun: false when the page ends before it. */
bool pxi_seed(pxi_run *run, uint32_t no);

/* The row as expressions read it: the one twin itself, or all of it. */
static inline const void *pxi_row(const pxi_run *run)
{
    return run->query.source_count == 1 ? run->row[0] : (const void *)run->row;
}
px_expr_rows pxi_rows(pxi_run *run);

/* ---- the operators; errors: PX_LIMIT, PX_NO_MEMORY ---- */

PX_NODISCARD px_status pxi_scan_new(pxi_run *run, pxi_op **ret_op, px_err *ret_err);
PX_NODISCARD px_status pxi_seek_new(pxi_run *run, pxi_op **ret_op, px_err *ret_err);
PX_NODISCARD px_status pxi_point_new(pxi_run *run, pxi_op **ret_op, px_err *ret_err);
/* Relationships of the twins that the input gives. */
PX_NODISCARD px_status pxi_edges_new(pxi_run *run, pxi_op *input, pxi_op **ret_op, px_err *ret_err);
PX_NODISCARD px_status pxi_join_new(pxi_run *run, const px_plan_step *step, pxi_op *input,
                                    pxi_op **ret_op, px_err *ret_err);
PX_NODISCARD px_status pxi_match_new(pxi_run *run, const px_plan_step *step, pxi_op *input,
                                     pxi_op **ret_op, px_err *ret_err);
PX_NODISCARD px_status pxi_filter_new(pxi_run *run, const px_expr_node *condition, pxi_op *input,
                                      pxi_op **ret_op, px_err *ret_err);

/* The twins that a plan by a property index is about, from run->begin_no on, and their COUNT()
 * where `plan.counts` (op_property.c). */
PX_NODISCARD px_status pxi_property_numbers(pxi_run *run, uint32_t **ret_numbers,
                                            uint32_t *ret_count, px_err *ret_err);
PX_NODISCARD px_status pxi_property_count(pxi_run *run, uint64_t *count, px_err *ret_err);

/* All of them, as the plan says (build.c). `ret_op` is written also on failure. */
PX_NODISCARD px_status pxi_build(pxi_run *run, pxi_op **ret_op, px_err *ret_err);
/* The plan as rows of JSON, commas between: for EXPLAIN. Gives their number. */
uint64_t pxi_explain(const pxi_run *run, px_buf *rows);

/* The twin that a number leads to; loaded only where somebody asks for it. False: it is gone,
 * which a snapshot that ended may say. */
bool pxi_take_twin(pxi_run *run, uint32_t source, uint32_t no);

/* MATCH walks no relationship twice. */
bool pxi_is_walked(const pxi_run *run, uint32_t rel_no);

#endif
