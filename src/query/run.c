/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page: parse, plan, build the operators, pull, write. A snapshot that had to end under the
 * walk makes the page begin anew, once.
 */
#include "query/query.h"

#include "base/json.h"
#include "base/limits.h"
#include "query/cursor.h"
#include "query/output.h"
#include "query/params.h"

typedef struct page {
    pxi_run run;
    px_arena arena;
    px_cursor cursor; /* where it begins, then where it ended */
    uint64_t page_rows_max;
    size_t page_bytes_max;

    px_buf *rows;
    size_t rows_begin;
    uint64_t row_count;
    uint64_t matched; /* COUNT() */
    uint64_t in_seed; /* rows that the present seed has given, those left out included */
    bool is_full;     /* the page ended before the rows did */
} page;

static bool is_kept_back(const page *p)
{
    return p->run.query.order_count || p->run.query.is_grouped;
}

/* ---- rows ---- */

static void put_comma(page *p)
{
    if (p->row_count++)
        px_put_char(p->rows, ',');
}

static bool has_top_left(const page *p)
{
    return p->cursor.given + p->row_count < p->run.query.top;
}

static bool page_is_full(const page *p)
{
    return p->row_count >= p->page_rows_max || p->rows->len - p->rows_begin >= p->page_bytes_max;
}

/* Rows that are left out: OFFSET, and what pages before gave where only that says where to go on.
 */
static uint64_t rows_to_skip(const page *p)
{
    const px_query *query = &p->run.query;

    if (is_kept_back(p))
        return query->offset > UINT64_MAX - p->cursor.given ? UINT64_MAX
                                                            : query->offset + p->cursor.given;
    return p->cursor.given ? 0 : query->offset;
}

static void note_seed(page *p)
{
    if (p->cursor.at_no != p->run.seed_no) {
        p->cursor.at_no = p->run.seed_no;
        p->in_seed = 0;
    }
    p->in_seed++;
}

/* ---- pulling ---- */

static px_status count_rows(page *p, pxi_op *op, px_err *ret_err)
{
    bool has_row = true;

    while (has_row) {
        PX_TRY(pxi_pull(op, &has_row, ret_err));
        p->matched += has_row;
    }
    return PX_OK;
}

static px_status put_row(page *p, pxi_output *output, const pxi_op *op, px_err *ret_err)
{
    put_comma(p);
    if (!p->run.query.is_grouped)
        return pxi_put_row(output, p->rows, ret_err);
    pxi_put_group(op, p->rows);
    return px_buf_status(p->rows, ret_err);
}

/* In a seed that the page before began, as many rows as it gave are passed over. */
static px_status put_rows(page *p, pxi_output *output, pxi_op *op, uint64_t skip, px_err *ret_err)
{
    uint64_t again = p->cursor.skip;
    uint32_t again_no = p->cursor.at_no;
    bool has_row;

    while (has_top_left(p)) {
        PX_TRY(pxi_pull(op, &has_row, ret_err));
        if (!has_row)
            break;
        if (p->run.is_page_full) { /* in the middle of a seed, or of what was kept back */
            p->cursor.skip = is_kept_back(p) ? 0 : p->in_seed;
            p->is_full = true;
            return PX_OK;
        }
        note_seed(p);
        if (again && p->run.seed_no == again_no && p->in_seed <= again)
            continue;
        if (skip) {
            skip--;
            continue;
        }
        PX_TRY(put_row(p, output, op, ret_err));
        p->run.is_page_full = page_is_full(p);
    }
    p->cursor.skip = 0;
    p->is_full = p->run.has_more;
    return PX_OK;
}

/* What a page needs of an order: all before it, its own, and one to see whether more follow. */
static px_status order_rows(page *p, pxi_output *output, pxi_op **op, uint64_t *skip,
                            px_err *ret_err)
{
    const px_query *query = &p->run.query;
    uint64_t left = query->top - p->cursor.given;
    uint64_t count = p->page_rows_max + 1 < left ? p->page_rows_max + 1 : left;

    if (query->top <= p->cursor.given)
        count = 0;
    if (query->is_grouped)
        return pxi_group_new(output, *op, op, ret_err);
    PX_TRY(pxi_sort_new(output, *skip, count, *op, op, ret_err));
    *skip = 0;
    return PX_OK;
}

static px_status pull_page(page *p, pxi_op **op, px_err *ret_err)
{
    uint64_t skip = rows_to_skip(p);
    pxi_output output = { 0 };
    px_status status;

    PX_TRY(pxi_build(&p->run, op, ret_err));
    pxi_budget_work(&p->run.budget, p->run.work);
    if (p->run.query.is_count)
        return count_rows(p, *op, ret_err);
    status = pxi_output_init(&output, &p->run, ret_err);
    if (status == PX_OK && is_kept_back(p))
        status = order_rows(p, &output, op, &skip, ret_err);
    if (status == PX_OK)
        status = put_rows(p, &output, *op, skip, ret_err);
    pxi_output_release(&output);
    return status;
}

static void begin_page(page *p)
{
    pxi_run *run = &p->run;

    if (p->rows->ptr) {
        p->rows->len = p->rows_begin;
        p->rows->ptr[p->rows_begin] = '\0';
    }
    p->rows->status = PX_OK;
    p->row_count = p->matched = p->in_seed = 0;
    p->is_full = run->is_page_full = run->has_more = false;
    run->path.len = 0;
    run->work = 0;
    run->begin_no = is_kept_back(p) ? 0 : p->cursor.at_no + !p->cursor.skip;
    if (!p->cursor.at_no)
        run->begin_no = 0;
}

static px_status walk(page *p, px_err *ret_err)
{
    pxi_op *op = NULL;
    px_status status;

    begin_page(p);
    status = pull_page(p, &op, ret_err);
    pxi_op_release(op);
    return status;
}

/* ---- COUNT() of models: their sets are counted and no twin is looked at ---- */

static bool is_of_models(const page *p)
{
    const px_query *query = &p->run.query;

    return query->is_count && query->source_count == 1 && !query->edges && query->where;
}

static px_status count_models(page *p, px_expr *expr, px_err *ret_err)
{
    pxi_run *run = &p->run;
    uint32_t highest = px_registry_number(run->opts->registry);
    px_expr_rows rows = pxi_rows(run);
    px_expr_machine machine;
    px_status status = PX_OK;

    px_expr_machine_init(&machine, expr, &rows);
    for (uint32_t no = 1; no <= highest && status == PX_OK; no++) {
        bool holds = false;

        status = px_expr_test_model(&machine, no, &holds, ret_err);
        if (status == PX_OK && holds)
            p->matched += px_view_model_count(run->view, run->tenant, no);
        if (status == PX_OK)
            status = pxi_touch(&run->budget, ret_err);
    }
    px_expr_machine_release(&machine);
    return status;
}

static px_status walk_or_count(page *p, px_err *ret_err)
{
    px_expr_source source = { .condition = p->run.query.where };
    px_expr *expr;

    if (p->run.plan.counts) {
        begin_page(p);
        return pxi_property_count(&p->run, &p->matched, ret_err);
    }
    if (!is_of_models(p))
        return walk(p, ret_err);
    PX_TRY(px_expr_compile(&source, &p->arena, &expr, ret_err));
    if (!px_expr_is_of_models(expr))
        return walk(p, ret_err);
    begin_page(p);
    return count_models(p, expr, ret_err);
}

/* ---- the page ---- */

/* Once more, and with what stands in the state: its property indexes. */
static px_status plan_again(page *p, px_err *ret_err)
{
    const px_plan_ground ground = { .view = p->run.view,
                                    .registry = p->run.opts->registry,
                                    .tenant = p->run.tenant,
                                    .with_telemetry = p->run.opts->with_telemetry };

    if (!px_view_property(p->run.view, p->run.tenant, 0) && p->run.plan.kind != PX_PLAN_PROPERTY)
        return PX_OK;
    return px_plan_make(&p->run.query, &ground, &p->arena, &p->run.plan, ret_err);
}

static px_status explain(page *p, px_err *ret_err)
{
    p->row_count = pxi_explain(&p->run, p->rows);
    return px_buf_status(p->rows, ret_err);
}

/* The state is looked at through a snapshot, and what was read of one that ended does not count. */
static px_status walk_snapshot(page *p, px_err *ret_err)
{
    px_snapshot *snapshot;
    px_status status;

    PX_TRY(px_graph_snapshot(p->run.opts->graph, &snapshot, ret_err));
    p->cursor.seq = px_snapshot_seq(snapshot);
    p->run.view = p->run.twin_rows.view = px_snapshot_view(snapshot);
    status = plan_again(p, ret_err);
    if (status == PX_OK)
        status = p->run.query.is_explain ? explain(p, ret_err) : walk_or_count(p, ret_err);
    if (status == PX_OK)
        status = px_snapshot_status(snapshot, ret_err);
    px_snapshot_release(snapshot);
    return status;
}

static bool is_point(const page *p)
{
    const px_query *query = &p->run.query;

    return p->run.plan.kind == PX_PLAN_IDS && p->run.plan.id_count == 1 &&
           query->source_count == 1 && !query->hop_count;
}

static px_status run_plan(page *p, px_err *ret_err)
{
    px_cursor begin = p->cursor;
    px_status status;

    if (is_point(p))
        return p->run.query.is_explain ? explain(p, ret_err) : walk(p, ret_err);
    status = walk_snapshot(p, ret_err);
    if (status == PX_STALE) {
        px_log_info(p->run.opts->log, "query.restart", "cost=%llu",
                    (unsigned long long)p->run.budget.cost);
        p->cursor = begin;
        status = walk_snapshot(p, ret_err);
    }
    if (status == PX_STALE)
        return px_fail_id(ret_err, PX_BUSY, "query.stale",
                          "twins changed faster than the query could read them; ask for less, or "
                          "try again");
    return status;
}

/* Of all others a number is enough, and their records stay unread. */
static uint64_t sources_read(const px_query *query)
{
    uint64_t read = query->where ? px_expr_sources(query->where) : 0;

    for (uint32_t i = 0; i < query->column_count; i++)
        read |= query->columns[i].operand ? px_expr_sources(query->columns[i].operand) : 0;
    for (uint32_t i = 0; i < query->group_count; i++)
        read |= px_expr_sources(query->groups[i]);
    for (uint32_t i = 0; i < query->order_count; i++)
        read |= query->orders[i].operand ? px_expr_sources(query->orders[i].operand) : 0;
    return query->is_all ? UINT64_MAX : read;
}

static px_status prepare(page *p, px_str text, px_str continuation, px_err *ret_err)
{
    pxi_run *run = &p->run;
    px_query_params params;

    p->cursor.text = text;
    p->cursor.parameters = run->opts->parameters;
    if (continuation.len) {
        PX_TRY(px_cursor_read(continuation, run->tenant, run->opts->server, &p->arena, &p->cursor,
                              ret_err));
        if (p->cursor.seq > px_graph_stat(run->opts->graph).seq)
            return px_cursor_refuse(ret_err); /* of a state that this graph never had */
    }
    PX_TRY(px_query_params_read(p->cursor.parameters, &p->arena, &params, ret_err));
    PX_TRY(px_query_parse(p->cursor.text, &params, &p->arena, &run->query, ret_err));
    PX_TRY(px_plan_make(&run->query, NULL, &p->arena, &run->plan, ret_err));
    run->read = sources_read(&run->query);
    run->twin_rows.registry = run->opts->registry;
    run->twin_rows.tenant = run->tenant;
    return PX_OK;
}

static px_status put_token(page *p, px_buf *token, px_err *ret_err)
{
    p->cursor.given += p->row_count;
    px_put_cursor(token, &p->cursor, p->run.tenant, p->run.opts->server);
    if (token->status == PX_OK)
        return PX_OK;
    px_buf_release(token);
    return px_no_memory(ret_err);
}

static px_status answer(page *p, px_query_result *ret_result, px_err *ret_err)
{
    px_query_result result = { .cost = p->run.budget.cost };

    if (p->run.query.is_count && !p->run.query.is_explain) {
        put_comma(p);
        px_put_char(p->rows, '{');
        px_put_json_string(p->rows, p->run.query.columns[0].name);
        px_putf(p->rows, ":%llu}", (unsigned long long)p->matched);
        PX_TRY(px_buf_status(p->rows, ret_err));
    }
    result.row_count = p->row_count;
    result.charge = 1.0 + (double)result.cost / 1000.0;
    if (p->is_full)
        PX_TRY(put_token(p, &result.continuation, ret_err));
    *ret_result = result;
    return PX_OK;
}

static px_status run_page(page *p, px_str text, px_str continuation, px_query_result *ret_result,
                          px_err *ret_err)
{
    PX_TRY(prepare(p, text, continuation, ret_err));
    PX_TRY(run_plan(p, ret_err));
    return answer(p, ret_result, ret_err);
}

px_status px_query_run(const px_query_opts *opts, const px_principal *principal, px_str text,
                       px_str continuation, uint32_t max_items, const _Atomic bool *cancel,
                       px_buf *rows, px_query_result *ret_result, px_err *ret_err)
{
    page p = { .run = { .opts = opts }, .rows = rows, .rows_begin = rows->len };
    px_status status;

    PX_TRY(px_buf_status(rows, ret_err));
    PX_TRY(px_authorize(principal, PX_ACTION_QUERY, PX_STR(""), ret_err));
    p.run.tenant = principal->tenant;
    p.run.arena = &p.arena;
    p.page_bytes_max = opts->page_bytes_max ? opts->page_bytes_max : PX_QUERY_PAGE_BYTES_MAX;
    p.page_rows_max = max_items && max_items < PX_QUERY_ROWS_PER_PAGE_MAX
                          ? max_items
                          : PX_QUERY_ROWS_PER_PAGE_MAX;
    pxi_budget_init(&p.run.budget, opts, cancel);
    px_arena_init(&p.arena, PX_QUERY_MEMORY_BYTES_MAX);
    status = run_page(&p, text, continuation, ret_result, ret_err);
    if (status != PX_OK)
        begin_page(&p);
    if (status == PX_LIMIT && ret_err && !ret_err->id[0])
        ret_err->id = "query.memory";
    PX_VEC_RELEASE(&p.run.path);
    px_buf_release(&p.run.twin_rows.made);
    px_arena_release(&p.arena);
    return status;
}
