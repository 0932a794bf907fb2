/* SPDX-License-Identifier: Apache-2.0 */
#include "query/plan_inner.h"

/* ---- terms that narrow ---- */

/* What a term is looked for: `name` of the source is a text, or one of a list of texts. */
typedef struct wanted {
    uint32_t source;
    px_str name;
} wanted;

static bool is_id(const px_expr_node *node, const wanted *w)
{
    return node->kind == PX_EXPR_PATH && node->path.source == w->source && node->path.count == 1 &&
           px_str_eq(node->path.steps[0], w->name);
}

static bool is_text(const px_expr_node *node)
{
    return node->kind == PX_EXPR_LITERAL && node->value.kind == PX_VALUE_TEXT;
}

/* The term names the things by their ids. */
static bool names_ids(const px_expr_node *term, const wanted *w)
{
    if (term->kind == PX_EXPR_COMPARE && term->compare == PX_EXPR_EQ)
        return (is_id(term->first, w) && is_text(term->last)) ||
               (is_text(term->first) && is_id(term->last, w));
    if (term->kind != PX_EXPR_IN || !is_id(term->first, w))
        return false;
    for (const px_expr_node *member = term->first->next; member; member = member->next)
        if (!is_text(member))
            return false;
    return true;
}

static bool names_model(const px_expr_node *term, const wanted *w)
{
    return term->kind == PX_EXPR_OF_MODEL && term->path.source == w->source;
}

/* The first term of that sort that the condition cannot hold without. */
static const px_expr_node *find_term(const px_expr_node *node, const wanted *w,
                                     bool (*is_wanted)(const px_expr_node *term, const wanted *w))
{
    const px_expr_node *found = NULL;

    if (!node || is_wanted(node, w))
        return node;
    if (node->kind != PX_EXPR_AND)
        return NULL;
    for (const px_expr_node *child = node->first; child && !found; child = child->next)
        found = find_term(child, w, is_wanted);
    return found;
}

const px_expr_node *pxi_plan_model(const px_query *query, uint32_t source)
{
    wanted w = { source, PX_STR("") };

    return find_term(query->where, &w, names_model);
}

static px_status list_ids(const px_expr_node *term, px_arena *arena, px_plan *plan, px_err *ret_err)
{
    px_str *ids = PX_ARENA_ARRAY(arena, px_str, term->count + 1);

    if (!ids)
        return px_arena_fail(arena, ret_err);
    for (const px_expr_node *operand = term->first; operand; operand = operand->next)
        if (is_text(operand))
            ids[plan->id_count++] = operand->value.text;
    plan->ids = ids;
    return PX_OK;
}

/* ---- models ---- */

static bool is_model(const px_expr_node *term, const px_model *model)
{
    if (!model)
        return false;
    return term->exact ? px_str_eq(px_model_id(model), term->value.text)
                       : px_model_is_a(model, term->value.text);
}

/* All numbers are tried, for twins of deleted models are there still; those of other tenants find
 * nothing in the index. */
px_status px_plan_models(const px_plan *plan, const px_registry *registry, px_arena *arena,
                         const uint32_t **ret_numbers, uint32_t *ret_count, px_err *ret_err)
{
    uint32_t highest = px_registry_number(registry), count = 0, *numbers;

    for (uint32_t no = 1; no <= highest; no++)
        count += is_model(plan->model, px_registry_model(registry, no));
    numbers = PX_ARENA_ARRAY(arena, uint32_t, (size_t)count + 1);
    if (!numbers)
        return px_arena_fail(arena, ret_err);
    *ret_count = 0;
    for (uint32_t no = 1; no <= highest && *ret_count < count; no++)
        if (is_model(plan->model, px_registry_model(registry, no)))
            numbers[(*ret_count)++] = no;
    *ret_numbers = numbers;
    return PX_OK;
}

/* ---- where it begins ---- */

/* Ids before properties before models before all; of two alike the one with fewer twins, then the
 * first. */
static px_status choose_start(const px_query *query, const px_plan_ground *ground, px_arena *arena,
                              px_plan *plan, px_err *ret_err)
{
    const px_expr_node *best = NULL;

    plan->kind = PX_PLAN_SCAN;
    while (query->sources[plan->start].is_edge)
        plan->start++;
    for (uint32_t s = 0; s < query->source_count; s++) {
        wanted w = { s, PX_STR("$dtId") };
        const px_expr_node *ids = find_term(query->where, &w, names_ids);

        if (query->sources[s].is_edge || !ids || (best && best->count <= ids->count))
            continue;
        best = ids;
        plan->start = s;
        plan->kind = PX_PLAN_IDS;
    }
    plan->answered = best; /* who was found by an id has it */
    if (best)
        return list_ids(best, arena, plan, ret_err);
    if (ground)
        PX_TRY(pxi_plan_property(query, ground, arena, plan, ret_err));
    if (plan->kind == PX_PLAN_PROPERTY)
        return PX_OK;
    for (uint32_t s = 0; s < query->source_count && !plan->model; s++) {
        plan->model = pxi_plan_model(query, s);
        if (!plan->model)
            continue;
        plan->start = s;
        plan->kind = PX_PLAN_MODELS;
    }
    return PX_OK;
}

static px_status choose_edges(const px_query *query, px_arena *arena, px_plan *plan,
                              px_err *ret_err)
{
    wanted from = { 0, PX_STR("$sourceId") }, to = { 0, PX_STR("$targetId") };
    const px_expr_node *ids = find_term(query->where, &from, names_ids);

    plan->kind = ids ? PX_PLAN_EDGES_FROM : PX_PLAN_EDGES;
    if (!ids) {
        ids = find_term(query->where, &to, names_ids);
        plan->kind = ids ? PX_PLAN_EDGES_TO : PX_PLAN_EDGES;
    }
    return ids ? list_ids(ids, arena, plan, ret_err) : PX_OK;
}

/* ---- the order of hops ---- */

static uint64_t bit(uint32_t source)
{
    return source == PX_QUERY_NO_SOURCE ? 0 : UINT64_C(1) << source;
}

/* The next hop that begins at something known: one between two known things first. */
static const px_query_hop *next_hop(const px_query *query, uint64_t known, const bool *taken)
{
    const px_query_hop *next = NULL;

    for (uint32_t i = 0; i < query->hop_count; i++) {
        const px_query_hop *hop = &query->hops[i];
        bool begins = known & bit(hop->from), ends = known & bit(hop->to);

        if (taken[i])
            continue;
        if (begins && ends)
            return hop;
        if ((begins || ends) && !next)
            next = hop;
    }
    return next;
}

static void order_hops(const px_query *query, px_plan *plan)
{
    bool taken[PX_EXPR_SOURCES_MAX] = { false };
    uint64_t known = bit(plan->start);
    const px_query_hop *hop;

    while ((hop = next_hop(query, known, taken))) {
        plan->steps[plan->step_count++] =
            (px_plan_step){ .hop = hop,
                            .is_back = !(known & bit(hop->from)),
                            .is_closed = (known & bit(hop->from)) && (known & bit(hop->to)) };
        taken[hop - query->hops] = true;
        known |= bit(hop->from) | bit(hop->to) | bit(hop->edge);
    }
}

/* ---- the parts of the condition ---- */

/* Joins one more part to a condition. The part is copied, for its place in a list is its own. */
static px_status join_part(px_expr_node **condition, const px_expr_node *part, px_arena *arena,
                           px_err *ret_err)
{
    px_expr_node *copy = PX_ARENA_NEW(arena, px_expr_node), *both;

    if (!copy)
        return px_arena_fail(arena, ret_err);
    *copy = *part;
    copy->next = NULL;
    if (!*condition) {
        *condition = copy;
        return PX_OK;
    }
    both = *condition;
    if (both->kind != PX_EXPR_AND) {
        both = PX_ARENA_NEW(arena, px_expr_node);
        if (!both)
            return px_arena_fail(arena, ret_err);
        *both = (px_expr_node){
            .kind = PX_EXPR_AND, .count = 1, .first = *condition, .last = *condition
        };
        *condition = both;
    }
    both->last->next = copy;
    both->last = copy;
    both->count++;
    return PX_OK;
}

/* Where all that a part reads is known. */
static px_expr_node **home_of(const px_query *query, px_plan *plan, uint64_t sources)
{
    uint64_t known = query->edges & 1 ? 1 : bit(plan->start);
    px_expr_node **home = &plan->condition;

    for (uint32_t i = 0; i < plan->step_count && (sources & ~known); i++) {
        const px_query_hop *hop = plan->steps[i].hop;

        known |= bit(hop->from) | bit(hop->to) | bit(hop->edge);
        home = &plan->steps[i].condition;
    }
    return home;
}

static px_status place_parts(const px_query *query, const px_expr_node *node, px_plan *plan,
                             px_arena *arena, px_err *ret_err)
{
    if (!node || node == plan->answered)
        return PX_OK;
    if (node->kind != PX_EXPR_AND)
        return join_part(home_of(query, plan, px_expr_sources(node)), node, arena, ret_err);
    for (const px_expr_node *child = node->first; child; child = child->next)
        PX_TRY(place_parts(query, child, plan, arena, ret_err));
    return PX_OK;
}

px_status px_plan_make(const px_query *query, const px_plan_ground *ground, px_arena *arena,
                       px_plan *ret_plan, px_err *ret_err)
{
    px_plan plan = { .steps = PX_ARENA_ARRAY(arena, px_plan_step, query->hop_count + 1) };

    if (!plan.steps)
        return px_arena_fail(arena, ret_err);
    if (query->edges & 1 && query->source_count == 1)
        PX_TRY(choose_edges(query, arena, &plan, ret_err));
    else
        PX_TRY(choose_start(query, ground, arena, &plan, ret_err));
    order_hops(query, &plan);
    PX_TRY(place_parts(query, query->where, &plan, arena, ret_err));
    *ret_plan = plan;
    return PX_OK;
}
