/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the planner share. Room-internal. */
#ifndef PX_QUERY_PLAN_INNER_H
#define PX_QUERY_PLAN_INNER_H

#include "query/plan.h"

/* The IS_OF_MODEL that the condition cannot hold without, of that source; NULL when there is none.
 */
const px_expr_node *pxi_plan_model(const px_query *query, uint32_t source);

/* Begins the plan at a property index, if one is narrow enough; else the plan stays as it is. */
PX_NODISCARD px_status pxi_plan_property(const px_query *query, const px_plan_ground *ground,
                                         px_arena *arena, px_plan *plan, px_err *ret_err);

#endif
