/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How a query is walked: where it begins, and in which order its hops are taken.
 *
 *     $dtId = 'a', $dtId IN ['a', 'b']    those twins
 *     speed > 20, site IN ['a', 'b']      a property index, where few twins are in the range
 *     IS_OF_MODEL('dtmi:…')               the model index
 *     all else                            every twin of the tenant
 *
 *     $sourceId, $targetId                of relationships: those that begin or end there
 *
 * Such a term counts where the condition cannot hold without it: alone, or in an AND at the top.
 * Of several twins the one that is narrowed most is where the walk begins, wherever it stands in
 * the pattern; hops lead from there in both directions. Parts of the condition that an AND joins
 * are asked as soon as all that they read is there. Together they are the whole condition, but for
 * ids that the walk began at, so that a plan can be slow but not wrong.
 */
#ifndef PX_QUERY_PLAN_H
#define PX_QUERY_PLAN_H

#include "query/parse.h"
#include "twin/property.h"
#include "twin/registry.h"

typedef enum px_plan_kind {
    PX_PLAN_IDS,
    PX_PLAN_PROPERTY,
    PX_PLAN_MODELS,
    PX_PLAN_SCAN,
    PX_PLAN_EDGES,      /* all relationships */
    PX_PLAN_EDGES_FROM, /* of these sources */
    PX_PLAN_EDGES_TO,   /* of these targets */
} px_plan_kind;

typedef struct px_plan_step {
    const px_query_hop *hop;
    bool is_back;            /* from `to` to `from` */
    bool is_closed;          /* both ends are there already */
    px_expr_node *condition; /* what can be asked behind it, or NULL */
} px_plan_step;

typedef struct px_plan {
    px_plan_kind kind;
    uint32_t start;    /* the source it begins at */
    const px_str *ids; /* IDS, EDGES_FROM, EDGES_TO */
    uint32_t id_count;
    const px_expr_node *answered;   /* IDS: the term, which need not be asked again, or NULL */
    const px_expr_node *model;      /* MODELS: the term */
    const px_property_index *index; /* PROPERTY: which, and what of it; of the ground's view */
    const px_property_range *ranges;
    uint32_t range_count;
    uint64_t most;           /* twins in them, those twice that are in two */
    bool counts;             /* COUNT() of the one range and nothing else */
    px_expr_node *condition; /* what can be asked at once, or NULL */
    px_plan_step *steps;
    uint32_t step_count;
} px_plan;

/* The state that is asked, for what stands in it. */
typedef struct px_plan_ground {
    const px_view *view;
    const px_registry *registry;
    uint32_t tenant;
    bool with_telemetry;
} px_plan_ground;

/* `ground` NULL: without a look at the state, and so without property indexes. With one the plan is
 * of this state only. Errors: PX_LIMIT (arena), PX_NO_MEMORY. */
PX_NODISCARD px_status px_plan_make(const px_query *query, const px_plan_ground *ground,
                                    px_arena *arena, px_plan *ret_plan, px_err *ret_err);

/* The numbers of a plan's models, ascending. Ask after the snapshot is taken: a model that came
 * later has no twin in it. Errors as above. */
PX_NODISCARD px_status px_plan_models(const px_plan *plan, const px_registry *registry,
                                      px_arena *arena, const uint32_t **ret_numbers,
                                      uint32_t *ret_count, px_err *ret_err);

#endif
