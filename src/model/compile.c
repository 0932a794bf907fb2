/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces to models, dependencies first.
 *
 * An Interface waits for those bases and Components' Interfaces that are in the same request; one
 * that waits for none is compiled and released from those that wait for it (Kahn's algorithm, no
 * recursion). What is left over stands on a cycle, or behind one.
 */
#include "model/parse.h"

#include "base/limits.h"

typedef struct edge {
    uint32_t needed, user; /* numbers of Interfaces */
} edge;

typedef struct dependency_graph {
    PX_VEC(edge) edges; /* sorted by `needed` once all are there */
    uint32_t *first;    /* of each Interface, its first edge; one more at the end */
    uint32_t *queue;
} dependency_graph;

/* Calls for each Interface that `el` depends on directly. */
#define EACH_DEPENDENCY(el, ref)                                                                   \
    for (uint32_t each = 0; each < (el)->sets[0].count + (el)->sets[1].count; each++)              \
        if (((ref) = dependency_at((el), each)))

/* Contents first: the schema of a Component; then extends. NULL for other contents. */
static const px_ref *dependency_at(const px_el *el, uint32_t index)
{
    const px_el *content;

    if (index >= el->sets[0].count)
        return &el->sets[1].items[index - el->sets[0].count];
    content = el->sets[0].items[index].el;
    return content->class == PX_CLASS_COMPONENT ? &content->sets[0].items[0] : NULL;
}

static px_status find_edges(px_parse *parse, dependency_graph *graph, px_err *ret_err)
{
    PX_VEC_EACH (&parse->interfaces, el) {
        const px_ref *ref;

        EACH_DEPENDENCY(*el, ref)
        {
            if (!ref->el)
                continue;
            if (!PX_VEC_PUSH(&graph->edges, ((edge){ ref->el->number, (*el)->number })))
                return px_no_memory(ret_err);
            (*el)->waits_for++;
        }
    }
    return PX_OK;
}

/* Sorts the edges by what they need, by counting. */
static px_status sort_edges(px_parse *parse, dependency_graph *graph, px_err *ret_err)
{
    uint32_t count = (uint32_t)parse->interfaces.len;
    edge *sorted = PX_ARENA_ARRAY(parse->arena, edge, graph->edges.len + 1);
    uint32_t *next = PX_ARENA_ARRAY(parse->arena, uint32_t, count + 1);

    graph->first = PX_ARENA_ARRAY(parse->arena, uint32_t, count + 2);
    graph->queue = PX_ARENA_ARRAY(parse->arena, uint32_t, count + 1);
    if (!sorted || !next || !graph->first || !graph->queue)
        return px_arena_fail(parse->arena, ret_err);
    PX_VEC_EACH (&graph->edges, e) {
        graph->first[e->needed + 1]++;
    }
    for (uint32_t i = 0; i < count; i++) {
        graph->first[i + 1] += graph->first[i];
        next[i] = graph->first[i];
    }
    PX_VEC_EACH (&graph->edges, e) {
        sorted[next[e->needed]++] = *e;
    }
    if (graph->edges.len > 0)
        memcpy(graph->edges.ptr, sorted, graph->edges.len * sizeof(edge));
    return PX_OK;
}

/* Adds a model and what it brings to a list without doubles. */
typedef struct model_list {
    const px_model **items;
    uint32_t count, cap;
    px_map seen;
} model_list;

static px_status collect(model_list *list, const px_model *model, px_err *ret_err)
{
    uint64_t hash = (uint64_t)(uintptr_t)model * UINT64_C(0x9E3779B97F4A7C15);

    for (size_t at = px_map_first(&list->seen, hash); at != PX_MAP_END;
         at = px_map_next(&list->seen, hash, at))
        if (list->items[list->seen.values[at]] == model)
            return PX_OK;
    if (list->count == list->cap) {
        size_t cap = list->cap;

        if (!px_vec_grow((void **)&list->items, &cap, cap + 1, sizeof(px_model *)))
            return px_no_memory(ret_err);
        list->cap = (uint32_t)cap;
    }
    if (!px_map_add(&list->seen, hash, list->count))
        return px_no_memory(ret_err);
    list->items[list->count++] = model;
    return PX_OK;
}

static px_status collect_all(model_list *list, const px_model *const *models, uint32_t count,
                             uint32_t most, px_err *ret_err)
{
    for (uint32_t i = 0; i < count && list->count <= most; i++)
        PX_TRY(collect(list, models[i], ret_err));
    return PX_OK;
}

static void model_list_release(model_list *list)
{
    px_free(list->items);
    px_map_release(&list->seen);
}

/* The list in the model's memory. */
static px_status settle(const model_list *list, px_model *model, const px_model ***ret_items,
                        uint32_t *ret_count, px_err *ret_err)
{
    const px_model **items = PX_ARENA_ARRAY(&model->arena, const px_model *, list->count + 1);

    if (!items)
        return px_arena_fail(&model->arena, ret_err);
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof(*items));
    *ret_items = items;
    *ret_count = list->count;
    return PX_OK;
}

static px_status find_bases(const px_el *el, model_list *bases, model_list *lineage,
                            model_list *needed, px_err *ret_err)
{
    px_model *model = el->model;

    for (uint32_t i = 0; i < el->sets[1].count; i++) {
        const px_model *base = px_ref_model(&el->sets[1].items[i]);

        PX_TRY(collect(bases, base, ret_err));
        PX_TRY(
            collect_all(lineage, base->lineage, base->lineage_count, PX_MODEL_BASES_MAX, ret_err));
        PX_TRY(collect_all(needed, base->dependencies, base->dependency_count,
                           PX_MODEL_DEPENDENCIES_MAX, ret_err));
        PX_TRY(collect(needed, base, ret_err));
        if (base->extends_depth + 1 > model->extends_depth)
            model->extends_depth = base->extends_depth + 1;
    }
    PX_TRY(settle(bases, model, &model->extends, &model->extends_count, ret_err));
    PX_TRY(collect(lineage, model, ret_err));
    return settle(lineage, model, &model->lineage, &model->lineage_count, ret_err);
}

static px_status find_components(const px_el *el, model_list *held, model_list *needed,
                                 px_err *ret_err)
{
    const px_ref *ref;

    EACH_DEPENDENCY(el, ref)
    {
        const px_model *model = px_ref_model(ref);

        PX_TRY(collect(held, model, ret_err));
        PX_TRY(collect_all(needed, model->dependencies, model->dependency_count,
                           PX_MODEL_DEPENDENCIES_MAX, ret_err));
        PX_TRY(collect(needed, model, ret_err));
    }
    return PX_OK;
}

static px_status find_dependencies(const px_el *el, px_err *ret_err)
{
    model_list bases = { 0 }, lineage = { 0 }, needed = { 0 }, held = { 0 };
    px_model *model = el->model;
    px_status status = find_bases(el, &bases, &lineage, &needed, ret_err);

    if (status == PX_OK)
        status = find_components(el, &held, &needed, ret_err);
    if (status == PX_OK)
        status = settle(&needed, model, &model->dependencies, &model->dependency_count, ret_err);
    if (status == PX_OK)
        status = settle(&held, model, &model->held, &model->held_count, ret_err);
    for (uint32_t i = 0; i < model->held_count; i++)
        px_model_ref((px_model *)(uintptr_t)model->held[i]);
    model_list_release(&bases);
    model_list_release(&lineage);
    model_list_release(&needed);
    model_list_release(&held);
    return status;
}

static void describe(const px_el *el)
{
    px_model *model = el->model;
    px_dtmi id;

    model->id = el->id;
    model->dtdl_version = el->context.version;
    if (px_dtmi_parse(el->id, &id, NULL) == PX_OK) {
        model->version_major = id.major;
        model->version_minor = id.minor;
    }
    model->display_names = el->display_names;
    model->descriptions = el->descriptions;
}

static bool check_hierarchy(px_parse *parse, const px_el *el)
{
    const px_model *model = el->model;
    uint32_t deepest = el->context.limits->extends_depth;

    if (model->extends_depth > deepest)
        px_parse_report(parse, PX_RULE_EXCESSIVE_DEPTH_NARROW, el, el->node, PX_STR(""),
                        "its longest chain of extends has %u steps", model->extends_depth);
    else if (model->lineage_count > PX_MODEL_BASES_MAX + 1)
        px_parse_report(parse, PX_RULE_EXCESSIVE_COUNT, el, el->node, PX_STR(""),
                        "more than %d Interfaces stand above it", PX_MODEL_BASES_MAX);
    else if (model->dependency_count > PX_MODEL_DEPENDENCIES_MAX)
        px_parse_report(parse, PX_RULE_EXCESSIVE_COUNT, el, el->node, PX_STR(""),
                        "it depends on more than %d Interfaces", PX_MODEL_DEPENDENCIES_MAX);
    else
        return true;
    return false;
}

static bool a_dependency_failed(const px_el *el)
{
    const px_ref *ref;

    EACH_DEPENDENCY(el, ref)
    {
        if (ref->el && ref->el->state == PX_FAILED)
            return true;
    }
    return false;
}

static px_status compile_interface(px_parse *parse, px_el *el, px_err *ret_err)
{
    size_t before = parse->report.count;

    el->state = PX_FAILED; /* until it is done; its heirs are passed over in silence */
    if (a_dependency_failed(el))
        return PX_OK;
    describe(el);
    PX_TRY(find_dependencies(el, ret_err));
    if (!check_hierarchy(parse, el))
        return PX_OK;
    PX_TRY(px_compile_contents(parse, el, ret_err));
    if (parse->report.count == before && !px_parse_is_full(parse))
        el->state = PX_DONE;
    return PX_OK;
}

/* Follows what the left-over Interfaces wait for until one comes back, and tells the way. */
static void report_cycle(px_parse *parse)
{
    const px_el *el = NULL;
    const px_ref *ref = NULL;

    for (size_t i = 0; i < parse->interfaces.len && !el; i++)
        if (parse->interfaces.ptr[i]->waits_for > 0)
            el = parse->interfaces.ptr[i];
    if (!el)
        return;
    for (size_t step = 0; step <= parse->interfaces.len; step++) {
        const px_ref *next;

        EACH_DEPENDENCY(el, next)
        {
            if (next->el && next->el->waits_for > 0) {
                ref = next;
                break;
            }
        }
        px_assert(ref);
        if (step < parse->interfaces.len)
            el = ref->el;
    }
    px_parse_report(parse, PX_RULE_RECURSIVE_STRUCTURE_NARROW, el, ref->node, PX_STR(""),
                    "by way of '%.*s' it leads back to itself", PX_FMT(ref->el->id));
}

static px_status compile_in_order(px_parse *parse, const dependency_graph *graph, px_err *ret_err)
{
    uint32_t head = 0, tail = 0;

    PX_VEC_EACH (&parse->interfaces, el) {
        if ((*el)->waits_for == 0)
            graph->queue[tail++] = (*el)->number;
    }
    while (head < tail && !px_parse_is_full(parse)) {
        uint32_t number = graph->queue[head++];

        PX_TRY(compile_interface(parse, parse->interfaces.ptr[number], ret_err));
        for (uint32_t e = graph->first[number]; e < graph->first[number + 1]; e++) {
            px_el *user = parse->interfaces.ptr[graph->edges.ptr[e].user];

            if (--user->waits_for == 0)
                graph->queue[tail++] = user->number;
        }
    }
    if (tail < parse->interfaces.len && !px_parse_is_full(parse))
        report_cycle(parse); /* a loop that ended early leaves others than those over */
    return PX_OK;
}

px_status px_compile(px_parse *parse, px_err *ret_err)
{
    dependency_graph graph = { 0 };
    px_status status = find_edges(parse, &graph, ret_err);

    if (status == PX_OK)
        status = sort_edges(parse, &graph, ret_err);
    if (status == PX_OK)
        status = compile_in_order(parse, &graph, ret_err);
    PX_VEC_RELEASE(&graph.edges);
    return status;
}
