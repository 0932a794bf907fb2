/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page: parse, plan, walk, test, write. Every some hundred twins the walk looks at the clock
 * and at whether anybody still waits. A snapshot that had to end under the walk makes the page
 * begin anew, once.
 */
#include "query/query.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "query/cursor.h"
#include "query/parse.h"
#include "query/plan.h"
#include "query/twin_json.h"
#include "query/twin_rows.h"

/* Twins between two looks at the clock, of a query without a condition, and never more; the work of
 * a condition that halves it. */
enum { LOOK_EVERY = 256, LOOK_WORK = 16 };

typedef struct run {
    const px_query_opts *opts;
    const _Atomic bool *cancel;
    uint32_t tenant;
    uint64_t cost_max, page_rows_max;
    size_t page_bytes_max;
    int64_t deadline;
    uint32_t look_every, until_look;
    px_arena arena;

    px_query query;
    px_plan plan;
    px_cursor cursor; /* where the page begins, then where it ended */
    px_twin_rows twin_rows;
    px_expr_machine machine;

    px_buf *rows;
    size_t rows_begin;
    uint64_t row_count, cost;
    uint64_t matched; /* COUNT() */
    bool is_full;     /* the page ended before the twins did */
} run;

/* ---- limits ---- */

static px_status look_up(const run *r, px_err *ret_err)
{
    if (r->cancel && atomic_load_explicit(r->cancel, memory_order_relaxed))
        return px_fail_id(ret_err, PX_INTERRUPTED, "query.cancelled", "the query was cancelled");
    if (r->opts->env->monotonic_ns(r->opts->env) > r->deadline)
        return px_fail_id(ret_err, PX_TIMEOUT, "query.time",
                          "the query did not end in %lld ms; ask for less, or fix $dtId or a model",
                          (long long)((r->opts->run_ns_max ? r->opts->run_ns_max
                                                           : PX_QUERY_SECONDS_MAX * PX_SECOND) /
                                      PX_MILLISECOND));
    return PX_OK;
}

static inline px_status touch(run *r, px_err *ret_err)
{
    if (r->cost == r->cost_max)
        return px_fail_id(
            ret_err, PX_LIMIT, "query.cost",
            "the query looked at %llu twins, which is the limit; ask for less, or fix "
            "$dtId or a model",
            (unsigned long long)r->cost);
    r->cost++;
    if (r->until_look-- > 0)
        return PX_OK;
    r->until_look = r->look_every - 1;
    return look_up(r, ret_err);
}

/* ---- rows ---- */

static void put_value(px_buf *buf, const px_model *model, const px_twin *twin,
                      const px_expr_binding *binding, px_value value)
{
    px_slot slot;

    switch (binding->what) {
    case PX_EXPR_ROW:
        px_put_twin_json(buf, model, twin);
        break;
    case PX_EXPR_COMPONENT:
        px_put_component_json(buf, model, twin, binding->component);
        break;
    case PX_EXPR_METADATA:
        px_put_metadata_json(buf, model, twin, binding->component);
        break;
    case PX_EXPR_FIELD_METADATA:
        if (px_twin_slot(twin, binding->field, &slot))
            px_put_property_metadata_json(buf, &slot);
        break;
    default:
        px_put_json_value(buf, value);
    }
}

/* { "column": value, … }: what is missing leaves its key out. */
static px_status put_columns(run *r, const px_model *model, const px_twin *twin, px_err *ret_err)
{
    char separator = '{';

    for (uint32_t i = 0; i < r->query.column_count; i++) {
        const px_expr_binding *binding;
        px_value value;

        PX_TRY(px_expr_column(&r->machine, twin, i, &value, &binding, ret_err));
        if (value.kind == PX_VALUE_NONE)
            continue;
        px_put_char(r->rows, separator);
        separator = ',';
        px_put_json_string(r->rows, r->query.column_names[i]);
        px_put_char(r->rows, ':');
        put_value(r->rows, model, twin, binding, value);
    }
    px_put_c(r->rows, separator == '{' ? "{}" : "}");
    return PX_OK;
}

static void put_comma(run *r)
{
    if (r->row_count++)
        px_put_char(r->rows, ',');
}

static px_status put_row(run *r, const px_twin *twin, px_err *ret_err)
{
    const px_model *model = px_registry_model(r->opts->registry, px_twin_model(twin));

    if (!model)
        return px_fail_id(ret_err, PX_CORRUPT, "query.model", "twin '%.*s' has no model",
                          PX_FMT(px_twin_id(twin)));
    put_comma(r);
    if (r->query.is_all)
        px_put_twin_json(r->rows, model, twin);
    else
        PX_TRY(put_columns(r, model, twin, ret_err));
    return px_buf_status(r->rows, ret_err);
}

/* ---- the walk ---- */

static bool page_is_full(const run *r)
{
    return r->row_count >= r->page_rows_max || r->rows->len - r->rows_begin >= r->page_bytes_max;
}

static px_status visit(run *r, const px_twin *twin, px_err *ret_err)
{
    bool holds;

    PX_TRY(touch(r, ret_err));
    PX_TRY(px_expr_test(&r->machine, twin, &holds, ret_err));
    if (!holds)
        return PX_OK;
    r->matched++;
    return r->query.is_count ? PX_OK : put_row(r, twin, ret_err);
}

static bool has_top_left(const run *r)
{
    return r->query.is_count || r->cursor.given + r->row_count < r->query.top;
}

static px_status walk_set(run *r, const px_view *view, px_err *ret_err)
{
    const uint32_t *model_nos = NULL;
    uint32_t model_count = 0;
    const px_twin *twin;
    px_twins at;

    if (r->plan.kind == PX_PLAN_MODELS)
        PX_TRY(px_plan_models(&r->plan, r->opts->registry, &r->arena, &model_nos, &model_count,
                              ret_err));
    at = px_twins_of(view, r->tenant, model_nos, model_count);
    if (r->cursor.after_no)
        px_twins_seek(&at, r->cursor.after_no);
    while (has_top_left(r) && (twin = px_twins_next(&at))) {
        if (page_is_full(r)) {
            r->is_full = true;
            break;
        }
        PX_TRY(visit(r, twin, ret_err));
        r->cursor.after_no = px_twin_number(twin);
    }
    return PX_OK;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The ids' twins in the order of all walks, so that pages go on in the same way. */
static px_status walk_ids(run *r, const px_view *view, px_err *ret_err)
{
    uint32_t *numbers = PX_ARENA_ARRAY(&r->arena, uint32_t, r->plan.id_count), count = 0;

    if (!numbers)
        return px_arena_fail(&r->arena, ret_err);
    for (uint32_t i = 0; i < r->plan.id_count; i++) {
        const px_twin *twin = px_view_find(view, r->tenant, r->plan.ids[i]);

        if (twin)
            numbers[count++] = px_twin_number(twin);
    }
    qsort(numbers, count, sizeof(*numbers), by_number);
    for (uint32_t i = 0; i < count && has_top_left(r); i++) {
        if (numbers[i] <= r->cursor.after_no)
            continue; /* given already, or the same id twice */
        if (page_is_full(r)) {
            r->is_full = true;
            break;
        }
        PX_TRY(visit(r, px_view_twin(view, r->tenant, numbers[i]), ret_err));
        r->cursor.after_no = numbers[i];
    }
    return PX_OK;
}

/* One id needs no snapshot: a point read waits for nobody. */
static px_status read_point(run *r, px_err *ret_err)
{
    const px_twin *twin;
    px_buf record = { 0 };
    px_status status;

    status = px_graph_read(r->opts->graph, r->tenant, r->plan.ids[0], &record, &twin, ret_err);
    if (status == PX_OK && px_twin_number(twin) > r->cursor.after_no && has_top_left(r))
        status = visit(r, twin, ret_err);
    px_buf_release(&record);
    return status == PX_NOT_FOUND ? PX_OK : status;
}

static px_status walk_snapshot(run *r, px_err *ret_err)
{
    px_snapshot *snapshot;
    px_status status;

    PX_TRY(px_graph_snapshot(r->opts->graph, &snapshot, ret_err));
    r->cursor.seq = px_snapshot_seq(snapshot);
    if (r->plan.kind == PX_PLAN_IDS)
        status = walk_ids(r, px_snapshot_view(snapshot), ret_err);
    else
        status = walk_set(r, px_snapshot_view(snapshot), ret_err);
    if (status == PX_OK)
        status = px_snapshot_status(snapshot, ret_err);
    px_snapshot_release(snapshot);
    return status;
}

static void forget_rows(run *r)
{
    if (r->rows->ptr) {
        r->rows->len = r->rows_begin;
        r->rows->ptr[r->rows_begin] = '\0';
    }
    r->rows->status = PX_OK;
    r->row_count = r->matched = 0;
    r->is_full = false;
}

/* ---- the page ---- */

static px_status walk(run *r, px_err *ret_err)
{
    px_cursor begin = r->cursor;
    px_status status;

    PX_TRY(px_plan_make(r->query.where, &r->arena, &r->plan, ret_err));
    if (r->plan.kind == PX_PLAN_IDS && r->plan.id_count == 1)
        return read_point(r, ret_err);
    status = walk_snapshot(r, ret_err);
    if (status == PX_STALE) {
        px_log_info(r->opts->log, "query.restart", "cost=%llu", (unsigned long long)r->cost);
        forget_rows(r);
        r->cursor = begin;
        status = walk_snapshot(r, ret_err);
    }
    if (status == PX_STALE)
        return px_fail_id(ret_err, PX_BUSY, "query.stale",
                          "twins changed faster than the query could read them; ask for less, or "
                          "try again");
    return status;
}

static px_status prepare(run *r, px_str text, px_str continuation, px_err *ret_err)
{
    px_expr_source source = { .with_telemetry = r->opts->with_telemetry };
    px_expr_rows rows;
    px_expr *expr;

    r->cursor.text = text;
    if (continuation.len) {
        PX_TRY(px_cursor_read(continuation, r->tenant, r->opts->server, &r->arena, &r->cursor,
                              ret_err));
        if (r->cursor.seq > px_graph_stat(r->opts->graph).seq)
            return px_cursor_refuse(ret_err); /* of a state that this graph never had */
    }
    PX_TRY(px_query_parse(r->cursor.text, &r->arena, &r->query, ret_err));
    source.condition = r->query.where;
    source.columns = r->query.columns;
    source.column_count = r->query.column_count;
    PX_TRY(px_expr_compile(&source, &r->arena, &expr, ret_err));
    r->look_every = LOOK_EVERY * LOOK_WORK / (LOOK_WORK + px_expr_work(expr));
    r->look_every = r->look_every ? r->look_every : 1;
    r->twin_rows.registry = r->opts->registry;
    rows = px_twin_rows_of(&r->twin_rows);
    px_expr_machine_init(&r->machine, expr, &rows);
    return PX_OK;
}

static px_status answer(run *r, px_query_result *ret_result, px_err *ret_err)
{
    px_query_result result = { .cost = r->cost };

    if (r->query.is_count) {
        put_comma(r);
        px_putf(r->rows, "{\"COUNT\":%llu}", (unsigned long long)r->matched);
        PX_TRY(px_buf_status(r->rows, ret_err));
    }
    result.row_count = r->row_count;
    result.charge = 1.0 + (double)r->cost / 1000.0;
    if (r->is_full) {
        r->cursor.given += r->row_count;
        px_put_cursor(&result.continuation, &r->cursor, r->tenant, r->opts->server);
        if (result.continuation.status != PX_OK) {
            px_buf_release(&result.continuation);
            return px_no_memory(ret_err);
        }
    }
    *ret_result = result;
    return PX_OK;
}

static px_status run_page(run *r, px_str text, px_str continuation, px_query_result *ret_result,
                          px_err *ret_err)
{
    PX_TRY(prepare(r, text, continuation, ret_err));
    PX_TRY(walk(r, ret_err));
    return answer(r, ret_result, ret_err);
}

px_status px_query_run(const px_query_opts *opts, const px_principal *principal, px_str text,
                       px_str continuation, uint32_t max_items, const _Atomic bool *cancel,
                       px_buf *rows, px_query_result *ret_result, px_err *ret_err)
{
    run r = { .opts = opts, .cancel = cancel, .rows = rows, .rows_begin = rows->len };
    px_status status;

    PX_TRY(px_buf_status(rows, ret_err));
    PX_TRY(px_authorize(principal, PX_ACTION_QUERY, PX_STR(""), ret_err));
    r.tenant = principal->tenant;
    r.cost_max = opts->cost_max ? opts->cost_max : PX_QUERY_COST_MAX;
    r.page_bytes_max = opts->page_bytes_max ? opts->page_bytes_max : PX_QUERY_PAGE_BYTES_MAX;
    r.page_rows_max = max_items && max_items < PX_QUERY_ROWS_PER_PAGE_MAX
                          ? max_items
                          : PX_QUERY_ROWS_PER_PAGE_MAX;
    r.deadline = opts->env->monotonic_ns(opts->env) +
                 (opts->run_ns_max ? opts->run_ns_max : PX_QUERY_SECONDS_MAX * PX_SECOND);
    px_arena_init(&r.arena, PX_QUERY_MEMORY_BYTES_MAX);
    status = run_page(&r, text, continuation, ret_result, ret_err);
    if (status != PX_OK)
        forget_rows(&r);
    if (status == PX_LIMIT && ret_err && !ret_err->id[0])
        ret_err->id = "query.memory";
    px_expr_machine_release(&r.machine);
    px_buf_release(&r.twin_rows.made);
    px_arena_release(&r.arena);
    return status;
}
