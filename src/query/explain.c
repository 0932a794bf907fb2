/* SPDX-License-Identifier: Apache-2.0 */
/* EXPLAIN: the plan as rows, an operator each, in the order in which they are pulled. */
#include "base/json.h"
#include "query/op.h"

typedef struct explain {
    const pxi_run *run;
    px_buf *rows;
    uint64_t count;
} explain;

static void begin_row(explain *e, const char *operator)
{
    px_putf(e->rows, "%s{\"step\":%llu,\"operator\":\"%s\",\"detail\":", e->count ? "," : "",
            (unsigned long long)e->count + 1, operator);
    e->count++;
}

static void end_row(explain *e, px_buf *detail)
{
    px_put_json_string(e->rows, px_buf_str(detail));
    px_put_char(e->rows, '}');
    if (detail->status != PX_OK)
        e->rows->status = detail->status;
    px_buf_release(detail);
}

static void put_name(const explain *e, px_buf *text, uint32_t source)
{
    px_str name = e->run->query.names[source];

    if (name.len)
        px_put(text, name);
    else
        px_put_c(text, e->run->query.sources[source].is_edge ? "relationships" : "twins");
}

static void put_property(const px_plan *plan, px_buf *detail)
{
    px_put(detail, px_property_tell(plan->index).path);
    if (plan->counts)
        px_put_c(detail, ", counted");
    else
        px_putf(detail, ", twins: %llu", (unsigned long long)plan->most);
}

static void put_start(explain *e)
{
    static const struct {
        const char *operator, * how;
    } starts[] = { [PX_PLAN_IDS] = { "seek", "by $dtId, ids: " },
                   [PX_PLAN_PROPERTY] = { "index", "by " },
                   [PX_PLAN_MODELS] = { "models", "by the index of " },
                   [PX_PLAN_SCAN] = { "scan", "all" },
                   [PX_PLAN_EDGES] = { "edges", "all" },
                   [PX_PLAN_EDGES_FROM] = { "edges", "by $sourceId, ids: " },
                   [PX_PLAN_EDGES_TO] = { "edges", "by $targetId, ids: " } };
    const px_plan *plan = &e->run->plan;
    px_buf detail = { 0 };

    begin_row(e, starts[plan->kind].operator);
    put_name(e, &detail, plan->start);
    px_putf(&detail, " %s", starts[plan->kind].how);
    if (plan->kind == PX_PLAN_PROPERTY)
        put_property(plan, &detail);
    else if (plan->kind == PX_PLAN_MODELS)
        px_put(&detail, plan->model->value.text);
    else if (plan->kind != PX_PLAN_SCAN && plan->kind != PX_PLAN_EDGES)
        px_putf(&detail, "%u", plan->id_count);
    end_row(e, &detail);
}

static void put_condition(explain *e, const px_expr_node *condition)
{
    uint64_t sources;
    const char *separator = "";
    px_buf detail = { 0 };

    if (!condition)
        return;
    sources = px_expr_sources(condition);
    begin_row(e, "filter");
    px_putf(&detail, "conditions: %u, of ", condition->kind == PX_EXPR_AND ? condition->count : 1u);
    for (uint32_t s = 0; s < e->run->query.source_count; s++)
        if (sources >> s & 1) {
            px_put_c(&detail, separator);
            separator = ", ";
            put_name(e, &detail, s);
        }
    if (!sources)
        px_put_c(&detail, "nothing");
    end_row(e, &detail);
}

static void put_hops(px_buf *text, const px_query_hop *hop)
{
    if (hop->most == 1)
        return;
    px_put_char(text, '*');
    if (hop->least > 1)
        px_putf(text, "%u", hop->least - 1);
    if (hop->least > 1 || hop->most != PX_QUERY_HOPS_OPEN)
        px_put_c(text, "..");
    if (hop->most != PX_QUERY_HOPS_OPEN)
        px_putf(text, "%u", hop->most);
}

static void put_step(explain *e, const px_plan_step *step)
{
    const px_query_hop *hop = step->hop;
    uint32_t near = step->is_back ? hop->to : hop->from, far = step->is_back ? hop->from : hop->to;
    bool leftward = hop->way != PX_QUERY_EITHER && (hop->way == PX_QUERY_IN) != step->is_back;
    bool rightward = hop->way != PX_QUERY_EITHER && !leftward;
    px_buf detail = { 0 };

    begin_row(e, hop->most == 1 ? "join" : "match");
    put_name(e, &detail, near);
    px_put_c(&detail, leftward ? " <-[" : " -[");
    if (hop->edge != PX_QUERY_NO_SOURCE)
        put_name(e, &detail, hop->edge);
    for (uint32_t i = 0; i < hop->name_count; i++)
        px_putf(&detail, "%s%.*s", i ? "|" : ":", PX_FMT(hop->names[i]));
    put_hops(&detail, hop);
    px_put_c(&detail, rightward ? "]-> " : "]- ");
    put_name(e, &detail, far);
    if (step->is_closed)
        px_put_c(&detail, ", both known");
    end_row(e, &detail);
    put_condition(e, step->condition);
}

static void put_end(explain *e, const char *operator, const char * what, uint64_t count)
{
    px_buf detail = { 0 };

    begin_row(e, operator);
    px_putf(&detail, "%s: %llu", what, (unsigned long long)count);
    end_row(e, &detail);
}

uint64_t pxi_explain(const pxi_run *run, px_buf *rows)
{
    const px_query *query = &run->query;
    explain e = { .run = run, .rows = rows };

    put_start(&e);
    if (!run->plan.counts)
        put_condition(&e, run->plan.condition);
    for (uint32_t i = 0; i < run->plan.step_count; i++)
        put_step(&e, &run->plan.steps[i]);
    if (query->is_grouped && !query->is_count)
        put_end(&e, "group", "keys", query->group_count);
    if (query->order_count)
        put_end(&e, "sort", "keys", query->order_count);
    if (query->offset)
        put_end(&e, "offset", "rows", query->offset);
    if (query->top != PX_QUERY_NO_TOP)
        put_end(&e, "limit", "rows", query->top);
    if (query->is_count)
        put_end(&e, "count", "rows", 1);
    else if (!query->is_grouped)
        put_end(&e, "project", query->is_all ? "documents" : "columns",
                query->is_all ? query->source_count : query->column_count);
    return e.count;
}
