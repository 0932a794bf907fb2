/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property indexes for a plan. Of the terms that an AND at the top joins, those that compare the
 * path of an index with a literal make a range of its keys. How many twins lie in it is counted in
 * the index itself, and of all indexes the narrowest is taken, if it is narrow enough: its twins
 * are read one by one in the order of their numbers, which for a large part of all takes longer
 * than to read all in a row. A COUNT() of the range alone is counted there, however wide.
 */
#include "query/plan_inner.h"

/* Of the twins of an index so many parts must not be meant: where all rows are wanted, and where a
 * page of them is, for which a scan may end early. */
enum { ROWS_PART = 8, PAGE_PART = 32, FEW = 64, TWINS_MAX = 1000000 };

typedef struct found {
    const px_property_index *index;
    px_property_info info;
    uint32_t source;
    px_property_range *ranges;
    uint32_t range_count, terms; /* terms: that the ranges say whole */
    uint64_t most;
} found;

/* ---- terms ---- */

static bool is_path(const px_expr_node *node, const found *f)
{
    px_str rest = f->info.path;

    if (node->kind != PX_EXPR_PATH || node->path.source != f->source || !node->path.count)
        return false;
    for (uint32_t i = 0; i < node->path.count; i++)
        if (!rest.len || !px_str_eq(px_str_cut(&rest, '.'), node->path.steps[i]))
            return false;
    return rest.len == 0;
}

static bool range_of_compare(const px_expr_node *term, const found *f, px_property_range *ret_range)
{
    static const struct {
        bool narrows;
        px_property_way way, turned; /* with the literal on the left */
    } ways[] = { [PX_EXPR_EQ] = { true, PX_PROPERTY_EQUAL, PX_PROPERTY_EQUAL },
                 [PX_EXPR_LT] = { true, PX_PROPERTY_LESS, PX_PROPERTY_GREATER },
                 [PX_EXPR_LE] = { true, PX_PROPERTY_LESS, PX_PROPERTY_GREATER },
                 [PX_EXPR_GT] = { true, PX_PROPERTY_GREATER, PX_PROPERTY_LESS },
                 [PX_EXPR_GE] = { true, PX_PROPERTY_GREATER, PX_PROPERTY_LESS },
                 [PX_EXPR_NE] = { false, PX_PROPERTY_EQUAL, PX_PROPERTY_EQUAL } };
    bool turned = is_path(term->last, f);
    const px_expr_node *literal = turned ? term->first : term->last;

    if (!ways[term->compare].narrows || literal->kind != PX_EXPR_LITERAL ||
        !(turned || is_path(term->first, f)))
        return false;
    return px_property_range_of(turned ? ways[term->compare].turned : ways[term->compare].way,
                                literal->value, ret_range);
}

static bool range_of(const px_expr_node *term, const found *f, px_property_range *ret_range)
{
    if (term->kind == PX_EXPR_COMPARE)
        return range_of_compare(term, f, ret_range);
    return term->kind == PX_EXPR_CALL && term->function == PX_EXPR_FN_STARTSWITH &&
           is_path(term->first, f) && term->last->kind == PX_EXPR_LITERAL &&
           px_property_range_of(PX_PROPERTY_PREFIX, term->last->value, ret_range);
}

static px_status make_ranges(found *f, uint32_t count, px_arena *arena, px_err *ret_err)
{
    f->ranges = PX_ARENA_ARRAY(arena, px_property_range, count + 1);
    return f->ranges ? PX_OK : px_arena_fail(arena, ret_err);
}

/* A list of values is as many ranges; where there are any already the filter asks for it. */
static px_status add_list(found *f, const px_expr_node *term, px_arena *arena, px_err *ret_err)
{
    PX_TRY(make_ranges(f, term->count, arena, ret_err));
    for (const px_expr_node *member = term->first->next; member; member = member->next) {
        bool good =
            member->kind == PX_EXPR_LITERAL &&
            px_property_range_of(PX_PROPERTY_EQUAL, member->value, &f->ranges[f->range_count]);

        if (!good) {
            f->range_count = 0;
            return PX_OK;
        }
        f->range_count++;
    }
    f->terms++;
    return PX_OK;
}

static px_status add_term(found *f, const px_expr_node *term, px_arena *arena, px_err *ret_err)
{
    px_property_range range;

    if (term->kind == PX_EXPR_IN && is_path(term->first, f) && !f->range_count)
        return add_list(f, term, arena, ret_err);
    if (!range_of(term, f, &range))
        return PX_OK;
    f->terms++;
    if (!f->range_count) {
        PX_TRY(make_ranges(f, 1, arena, ret_err));
        f->ranges[f->range_count++] = range;
        return PX_OK;
    }
    for (uint32_t i = 0; i < f->range_count; i++)
        px_property_range_meet(&f->ranges[i], &range);
    return PX_OK;
}

static px_status add_terms(found *f, const px_expr_node *node, px_arena *arena, px_err *ret_err)
{
    if (node->kind != PX_EXPR_AND)
        return add_term(f, node, arena, ret_err);
    for (const px_expr_node *child = node->first; child; child = child->next)
        PX_TRY(add_terms(f, child, arena, ret_err));
    return PX_OK;
}

static uint32_t count_terms(const px_expr_node *node)
{
    uint32_t count = 0;

    if (node->kind != PX_EXPR_AND)
        return 1;
    for (const px_expr_node *child = node->first; child; child = child->next)
        count += count_terms(child);
    return count;
}

/* ---- which index ---- */

/* Numbers are of all tenants, and of deleted models. */
static bool has_twins(const px_plan_ground *ground, uint32_t model_no)
{
    px_twins at = px_twins_of(ground->view, ground->tenant, &model_no, 1);

    return px_twins_next(&at) != NULL;
}

/* An index of a model has all twins that are asked for when each model that the condition names,
 * and that has any, is that one or extends it. */
static px_status covers(const found *f, const px_plan_ground *ground, const px_expr_node *model,
                        px_arena *arena, bool *ret_covers, px_err *ret_err)
{
    px_plan named = { .model = model };
    const uint32_t *numbers;
    uint32_t count;

    *ret_covers = f->info.model.len == 0;
    if (*ret_covers || !model)
        return PX_OK;
    PX_TRY(px_plan_models(&named, ground->registry, arena, &numbers, &count, ret_err));
    *ret_covers = true;
    for (uint32_t i = 0; i < count; i++)
        *ret_covers &=
            px_model_is_a(px_registry_model(ground->registry, numbers[i]), f->info.model) ||
            !has_twins(ground, numbers[i]);
    return PX_OK;
}

/* COUNT() of what one range says, and of the model that the index is of. */
static bool is_count_of(const px_query *query, const found *f, const px_expr_node *model)
{
    bool says_model =
        model && f->info.model.len && !model->exact && px_str_eq(model->value.text, f->info.model);

    return query->is_count && query->source_count == 1 && f->range_count == 1 &&
           f->terms + says_model == count_terms(query->where);
}

static uint64_t limit_of(const px_query *query, const found *f)
{
    bool all_rows = query->is_count || query->is_grouped || query->order_count || query->hop_count;
    uint64_t limit = f->info.entries / (all_rows ? ROWS_PART : PAGE_PART) + FEW;

    return limit < TWINS_MAX ? limit : TWINS_MAX;
}

static void count_twins(const px_plan_ground *ground, found *f, uint64_t limit)
{
    f->most = 0;
    for (uint32_t i = 0; i < f->range_count && f->most <= limit; i++)
        f->most += px_property_count(ground->view, f->index, &f->ranges[i], limit);
}

/* Whether the index of the models that are named has fewer. */
static px_status are_models_fewer(const found *f, const px_plan_ground *ground,
                                  const px_expr_node *model, px_arena *arena, bool *ret_fewer,
                                  px_err *ret_err)
{
    px_plan named = { .model = model };
    const uint32_t *numbers;
    uint32_t count;
    uint64_t twins = 0;

    *ret_fewer = false;
    if (!model || f->most <= FEW)
        return PX_OK;
    PX_TRY(px_plan_models(&named, ground->registry, arena, &numbers, &count, ret_err));
    for (uint32_t i = 0; i < count && twins <= f->most; i++)
        twins += px_view_model_count(ground->view, ground->tenant, numbers[i]);
    *ret_fewer = twins <= f->most;
    return PX_OK;
}

static void take(const found *f, bool counts, px_plan *plan)
{
    plan->kind = PX_PLAN_PROPERTY;
    plan->start = f->source;
    plan->index = f->index;
    plan->ranges = f->ranges;
    plan->range_count = f->range_count;
    plan->most = f->most;
    plan->counts = counts;
}

static px_status try_index(const px_query *query, const px_plan_ground *ground, found *f,
                           px_arena *arena, px_plan *plan, px_err *ret_err)
{
    const px_expr_node *model = pxi_plan_model(query, f->source);
    uint64_t limit = limit_of(query, f);
    bool good, fewer;

    PX_TRY(covers(f, ground, model, arena, &good, ret_err));
    if (!good)
        return PX_OK;
    PX_TRY(add_terms(f, query->where, arena, ret_err));
    if (!f->range_count)
        return PX_OK;
    if (is_count_of(query, f, model)) {
        take(f, true, plan);
        return PX_OK;
    }
    count_twins(ground, f, limit);
    if (f->most > limit || (plan->kind == PX_PLAN_PROPERTY && plan->most <= f->most))
        return PX_OK;
    PX_TRY(are_models_fewer(f, ground, model, arena, &fewer, ret_err));
    if (!fewer)
        take(f, false, plan);
    return PX_OK;
}

px_status pxi_plan_property(const px_query *query, const px_plan_ground *ground, px_arena *arena,
                            px_plan *plan, px_err *ret_err)
{
    const px_property_index *index;

    if (!query->where || ground->with_telemetry)
        return PX_OK;
    for (uint32_t at = 0; (index = px_view_property(ground->view, ground->tenant, at)); at++)
        for (uint32_t s = 0; s < query->source_count && !plan->counts; s++) {
            found f = { .index = index, .info = px_property_tell(index), .source = s };

            if (f.info.state == PX_PROPERTY_READY && !query->sources[s].is_edge)
                PX_TRY(try_index(query, ground, &f, arena, plan, ret_err));
        }
    return PX_OK;
}
