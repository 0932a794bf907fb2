/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Which twins a query has to look at. The condition is tested on each of them all the same, so a
 * plan may only be too wide, never too narrow.
 *
 *     $dtId = 'a', $dtId IN ['a', 'b']    those twins
 *     IS_OF_MODEL('dtmi:…')               the model index
 *     all else                            every twin of the tenant
 *
 * Such a term counts where the condition cannot hold without it: alone, or in an AND at the top.
 */
#ifndef PX_QUERY_PLAN_H
#define PX_QUERY_PLAN_H

#include "expr/tree.h"
#include "twin/registry.h"

typedef enum px_plan_kind { PX_PLAN_SCAN, PX_PLAN_MODELS, PX_PLAN_IDS } px_plan_kind;

typedef struct px_plan {
    px_plan_kind kind;
    const px_str *ids; /* IDS */
    uint32_t id_count;
    const px_expr_node *model; /* MODELS: the term */
} px_plan;

/* Errors: PX_LIMIT (arena), PX_NO_MEMORY. */
PX_NODISCARD px_status px_plan_make(const px_expr_node *where, px_arena *arena, px_plan *ret_plan,
                                    px_err *ret_err);

/* The numbers of a plan's models, ascending. Ask after the snapshot is taken: a model that came
 * later has no twin in it. Errors as above. */
PX_NODISCARD px_status px_plan_models(const px_plan *plan, const px_registry *registry,
                                      px_arena *arena, const uint32_t **ret_numbers,
                                      uint32_t *ret_count, px_err *ret_err);

#endif
