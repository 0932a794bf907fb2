/* SPDX-License-Identifier: Apache-2.0 */
/* What a property index is asked for: the numbers of twins that may be meant, which are then sought
 * like any, or how many are. */
#include "query/op.h"

px_status pxi_property_numbers(pxi_run *run, uint32_t **ret_numbers, uint32_t *ret_count,
                               px_err *ret_err)
{
    const px_plan *plan = &run->plan;
    uint32_t *numbers = PX_ARENA_ARRAY(run->arena, uint32_t, plan->most + 1), count = 0;

    if (!numbers)
        return px_arena_fail(run->arena, ret_err);
    for (uint32_t i = 0; i < plan->range_count; i++) {
        px_property_walk at = px_property_walk_of(run->view, plan->index, &plan->ranges[i]);

        for (px_property_hit hit; count < plan->most && px_property_next(&at, &hit);)
            if (hit.no >= run->begin_no)
                numbers[count++] = hit.no;
    }
    *ret_numbers = numbers;
    *ret_count = count;
    return PX_OK;
}

/* A leaf whose twins are all meant costs as much as one twin that is looked at. */
static px_status count_hit(pxi_run *run, px_expr_machine *machine, const px_property_hit *hit,
                           uint64_t *count, px_err *ret_err)
{
    const px_twin *twin;
    bool holds = false;

    PX_TRY(pxi_touch(&run->budget, ret_err));
    if (hit->sure) {
        *count += hit->sure;
        return PX_OK;
    }
    twin = px_view_twin(run->view, run->tenant, hit->no);
    if (twin)
        PX_TRY(px_expr_test(machine, twin, &holds, ret_err));
    *count += holds;
    return PX_OK;
}

px_status pxi_property_count(pxi_run *run, uint64_t *count, px_err *ret_err)
{
    px_expr_source source = { .condition = run->query.where };
    px_expr_rows rows = pxi_rows(run);
    px_property_walk at = px_property_walk_of(run->view, run->plan.index, run->plan.ranges);
    px_expr_machine machine;
    px_status status = PX_OK;
    px_expr *expr;

    PX_TRY(px_expr_compile(&source, run->arena, &expr, ret_err));
    px_expr_machine_init(&machine, expr, &rows);
    at.counts_sure = true;
    for (px_property_hit hit; status == PX_OK && px_property_next(&at, &hit);)
        status = count_hit(run, &machine, &hit, count, ret_err);
    px_expr_machine_release(&machine);
    return status;
}
