/* SPDX-License-Identifier: Apache-2.0 */
#include "query/plan.h"

static bool is_id(const px_expr_node *node)
{
    return node->kind == PX_EXPR_PATH && node->path.count == 1 &&
           px_str_eq(node->path.steps[0], PX_STR("$dtId"));
}

static bool is_text(const px_expr_node *node)
{
    return node->kind == PX_EXPR_LITERAL && node->value.kind == PX_VALUE_TEXT;
}

/* The term names the twins by their ids. */
static bool names_ids(const px_expr_node *term)
{
    if (term->kind == PX_EXPR_COMPARE && term->compare == PX_EXPR_EQ)
        return (is_id(term->first) && is_text(term->last)) ||
               (is_text(term->first) && is_id(term->last));
    if (term->kind != PX_EXPR_IN || !is_id(term->first))
        return false;
    for (const px_expr_node *member = term->first->next; member; member = member->next)
        if (!is_text(member))
            return false;
    return true;
}

static bool names_model(const px_expr_node *term)
{
    return term->kind == PX_EXPR_OF_MODEL;
}

/* The first term of that sort that the condition cannot hold without. */
static const px_expr_node *find_term(const px_expr_node *node,
                                     bool (*is_wanted)(const px_expr_node *term))
{
    const px_expr_node *found = NULL;

    if (!node || is_wanted(node))
        return node;
    if (node->kind != PX_EXPR_AND)
        return NULL;
    for (const px_expr_node *child = node->first; child && !found; child = child->next)
        found = find_term(child, is_wanted);
    return found;
}

static px_status list_ids(const px_expr_node *term, px_arena *arena, px_plan *plan, px_err *ret_err)
{
    px_str *ids = PX_ARENA_ARRAY(arena, px_str, term->count);

    if (!ids)
        return px_arena_fail(arena, ret_err);
    for (const px_expr_node *operand = term->first; operand; operand = operand->next)
        if (is_text(operand))
            ids[plan->id_count++] = operand->value.text;
    plan->ids = ids;
    plan->kind = PX_PLAN_IDS;
    return PX_OK;
}

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

px_status px_plan_make(const px_expr_node *where, px_arena *arena, px_plan *ret_plan,
                       px_err *ret_err)
{
    const px_expr_node *ids = find_term(where, names_ids);
    px_plan plan = { .kind = PX_PLAN_SCAN, .model = find_term(where, names_model) };

    if (ids)
        PX_TRY(list_ids(ids, arena, &plan, ret_err));
    else if (plan.model)
        plan.kind = PX_PLAN_MODELS;
    *ret_plan = plan;
    return PX_OK;
}
