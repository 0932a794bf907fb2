/* SPDX-License-Identifier: Apache-2.0 */
/* From a twin over a single relationship to others. */
#include "query/fan.h"

typedef struct join {
    pxi_op op;
    const px_plan_step *step;
    uint32_t near, far; /* sources */
    pxi_ways ways;
    pxi_fan fan;
    bool has_pushed; /* its relationship stands at the end of the path */
} join;

/* The relationship leads to what is known already, or to something that is there. */
static bool take_end(pxi_run *run, const px_plan_step *step, uint32_t far, uint32_t other_no)
{
    return step->is_closed ? run->no[far] == other_no : pxi_take_twin(run, far, other_no);
}

static px_status take_edge(join *j, uint32_t rel_no, uint32_t other_no, bool *ret_row,
                           px_err *ret_err)
{
    pxi_run *run = j->op.run;
    uint32_t edge = j->step->hop->edge;

    *ret_row = !(run->query.is_match && pxi_is_walked(run, rel_no)) &&
               take_end(run, j->step, j->far, other_no);
    if (*ret_row && edge != PX_QUERY_NO_SOURCE && run->read >> edge & 1) {
        run->row[edge] = px_view_rel(run->view, run->tenant, rel_no);
        *ret_row = run->row[edge] != NULL;
    }
    if (!*ret_row || !run->query.is_match)
        return PX_OK;
    j->has_pushed = true;
    return PX_VEC_PUSH(&run->path, rel_no) ? PX_OK : px_no_memory(ret_err);
}

static px_status join_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    join *j = (join *)op;
    pxi_run *run = op->run;
    uint32_t rel_no, other_no;

    if (j->has_pushed)
        run->path.len--;
    j->has_pushed = false;
    for (;;) {
        while (pxi_fan_next(&j->fan, &j->ways, &rel_no, &other_no)) {
            PX_TRY(pxi_touch(&run->budget, ret_err));
            PX_TRY(take_edge(j, rel_no, other_no, ret_row, ret_err));
            if (*ret_row)
                return PX_OK;
        }
        PX_TRY(pxi_pull(op->input, ret_row, ret_err));
        if (!*ret_row)
            return PX_OK;
        pxi_fan_open(&j->fan, &j->ways, run->no[j->near], NULL);
    }
}

px_status pxi_join_new(pxi_run *run, const px_plan_step *step, pxi_op *input, pxi_op **ret_op,
                       px_err *ret_err)
{
    join *j = pxi_op_new(run, sizeof(*j), input, join_next);

    if (!j)
        return px_arena_fail(run->arena, ret_err);
    j->step = step;
    j->near = step->is_back ? step->hop->to : step->hop->from;
    j->far = step->is_back ? step->hop->from : step->hop->to;
    PX_TRY(pxi_ways_init(&j->ways, run, step, ret_err));
    *ret_op = &j->op;
    return PX_OK;
}
