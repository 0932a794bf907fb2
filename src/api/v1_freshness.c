/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/freshness and /api/v1/twins/ID/freshness: how fresh what is declared is, and what was
 * measured. A read waits for the fold (freshness/freshness.h), so it runs on the API's workers. */
#include "api/inner.h"
#include "api/workers.h"
#include "freshness/roll_up.h"

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 1000, ANY_STATE = (1 << PX_FRESHNESS_COUNT) - 1 };

px_handler px_v1_get_twin_freshness, px_v1_list_freshness;

bool px_api_wait_for_freshness(px_api_call *call)
{
    px_fresh *fresh = call->api->opts.freshness;
    px_status status = PX_OK;
    px_err err;

    if (fresh)
        status = px_fresh_wait(fresh, px_engine_position(call->api->opts.engine),
                               PX_FRESHNESS_WAIT_NS, &err);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    return status == PX_OK;
}

/* False: it was answered. */
static bool begin(px_api_call *call)
{
    px_err err;

    if (call->api->opts.freshness)
        return px_api_wait_for_freshness(call);
    px_api_fail(call, PX_BUSY, (px_fail(&err, PX_BUSY, "freshness is not there"), &err));
    return false;
}

/* ---- parts ---- */

static void put_state(px_json_writer *w, px_freshness state)
{
    px_json_member_text(w, "state", px_str_c(px_freshness_name(state)));
}

/* Seconds to the microsecond; null where it is not known. */
static void put_seconds(px_json_writer *w, const char *key, bool known, int64_t ns)
{
    px_json_key(w, px_str_c(key));
    if (known)
        px_json_number(w, px_num_double((double)(ns / 1000) / 1e6));
    else
        px_json_null(w);
}

static void put_figures(px_json_writer *w, const px_measure *m, const px_freshness_rule *rule,
                        px_time now)
{
    uint32_t thousandths;
    int64_t ahead = 0;
    bool has_clock = px_measure_clock(m, &ahead);

    put_seconds(w, "period", m->has_period, m->period);
    put_seconds(w, "jitter", m->has_period, m->jitter);
    px_json_key(w, PX_STR("completeness"));
    if (px_measure_completeness(m, rule, now, &thousandths))
        px_json_number(w, px_num_double(thousandths / 1e3));
    else
        px_json_null(w);
    px_json_member_uint(w, "late", m->late);
    px_json_member_uint(w, "duplicates", m->duplicates);
    put_seconds(w, "clockOffset", has_clock, ahead);
    px_json_member_uint(w, "samples", m->samples);
}

static void put_expected(px_json_writer *w, const px_fresh_rule *rule)
{
    px_json_key(w, PX_STR("expected"));
    px_json_begin_object(w);
    put_seconds(w, "period", true, rule->rule.period);
    put_seconds(w, "tolerance", true, rule->rule.tolerance);
    put_seconds(w, "stale", true, rule->rule.stale);
    px_json_member_text(w, "from", rule->from_twin ? PX_STR("twin") : PX_STR("model"));
    px_json_end_object(w);
}

static void put_item(px_json_writer *w, const px_layout *layout, const px_fresh_tracked *tracked,
                     px_time now)
{
    const px_fresh_item *item = &tracked->item;
    int64_t age = item->has_live && now > item->good_at ? now - item->good_at : 0;

    if (tracked->rule.field >= px_layout_field_count(layout))
        return; /* of another model: the twin moved just now */
    px_json_begin_object(w);
    px_json_member_text(w, "path", px_layout_field(layout, tracked->rule.field)->path);
    put_state(w, item->state);
    px_json_member_time(w, "since", item->since);
    px_json_member_time(w, "sourceTime", item->has_live ? item->live.source_time : PX_TIME_NONE);
    px_json_member_time(w, "arrival", item->has_live ? item->live.arrival : PX_TIME_NONE);
    put_seconds(w, "ageSeconds", item->has_live, age);
    put_expected(w, &tracked->rule);
    px_json_key(w, PX_STR("measured"));
    px_json_begin_object(w);
    put_figures(w, &item->measure, &tracked->rule.rule, now);
    px_json_end_object(w);
    px_json_end_object(w);
}

/* A device learns of no other one. */
static bool may_name(const px_api_call *call, uint32_t document_no)
{
    return call->principal.document_no == document_no ||
           px_authorize(&call->principal, PX_ACTION_READ_DOCUMENT, PX_STR(""), NULL) == PX_OK;
}

/* One that was deleted since has no id any more. */
static void put_device(px_api_call *call, px_json_writer *w, uint32_t document_no)
{
    uint32_t cursor = document_no - 1;
    px_document device;
    size_t count = 0;

    px_json_key(w, PX_STR("device"));
    if (may_name(call, document_no) &&
        px_documents_list(px_engine_documents(call->api->opts.engine), call->principal.tenant,
                          PX_STR("device"), &cursor, 1, &call->arena, &device, &count,
                          NULL) == PX_OK &&
        count == 1 && device.no == document_no)
        px_json_string(w, device.id);
    else
        px_json_null(w);
}

static void put_sources(px_api_call *call, px_json_writer *w, const px_fresh_report *report,
                        px_time now)
{
    px_json_key(w, PX_STR("sources"));
    px_json_begin_array(w);
    for (size_t i = 0; i < report->source_count; i++) {
        px_json_begin_object(w);
        put_device(call, w, report->sources[i].document_no);
        put_figures(w, &report->sources[i].measure, &report->pace, now);
        px_json_end_object(w);
    }
    px_json_end_array(w);
}

/* ---- one twin ---- */

static void put_roll_up(px_json_writer *w, const px_view *view, uint32_t tenant,
                        const px_roll_up *up)
{
    const px_twin *worst = up->worst ? px_view_twin(view, tenant, up->worst) : NULL;

    px_json_key(w, PX_STR("rollup"));
    if (!up->is_declared) {
        px_json_null(w);
        return;
    }
    px_json_begin_object(w);
    put_state(w, up->state);
    px_json_key(w, PX_STR("worst"));
    if (worst)
        px_json_string(w, px_twin_id(worst));
    else
        px_json_null(w);
    px_json_member_uint(w, "twins", up->twins);
    px_json_key(w, PX_STR("truncated"));
    px_json_bool(w, up->is_cut);
    px_json_end_object(w);
}

static px_status read_roll_up(px_api_call *call, px_json_writer *w, px_err *ret_err)
{
    px_engine *engine = call->api->opts.engine;
    px_roll_up up = { 0 };
    px_snapshot *snapshot;
    const px_twin *twin;
    px_status status = PX_OK;

    PX_TRY(px_graph_snapshot(px_engine_graph(engine), &snapshot, ret_err));
    twin = px_view_find(px_snapshot_view(snapshot), call->principal.tenant, call->args[0]);
    if (twin)
        status = px_roll_up_read(engine, px_snapshot_view(snapshot), &call->principal, twin, &up,
                                 ret_err);
    if (status == PX_OK)
        put_roll_up(w, px_snapshot_view(snapshot), call->principal.tenant, &up);
    px_snapshot_release(snapshot);
    return status;
}

static px_status put_twin(px_api_call *call, const px_twin *twin, const px_layout *layout,
                          px_err *ret_err)
{
    px_time now = px_engine_now(call->api->opts.engine);
    px_json_writer w = px_json_writer_of(&call->out);
    px_fresh_report report = { .since = PX_TIME_NONE };
    px_status status = px_fresh_read(call->api->opts.freshness, call->principal.tenant,
                                     px_twin_number(twin), &call->arena, &report, ret_err);

    if (status != PX_OK && status != PX_NOT_FOUND)
        return status;
    px_json_begin_object(&w);
    px_json_member_text(&w, "twin", call->args[0]);
    put_state(&w, report.state);
    px_json_member_time(&w, "since", report.since);
    PX_TRY(read_roll_up(call, &w, ret_err));
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < report.item_count; i++)
        put_item(&w, layout, &report.items[i], now);
    px_json_end_array(&w);
    put_sources(call, &w, &report, now);
    px_json_end_object(&w);
    return PX_OK;
}

static void run_twin(px_api_call *call)
{
    const px_twin *twin;
    const px_model *model;
    px_status status;
    px_err err;

    if (!begin(call) || !px_api_read_twin(call, call->args[0], PX_ACTION_READ_TWIN, &twin, &model))
        return;
    status = put_twin(call, twin, px_model_layout(model), &err);
    if (status == PX_OK)
        px_api_json(call, 200);
    else
        px_api_fail(call, status, &err);
}

void px_v1_get_twin_freshness(px_api_call *call)
{
    px_workers_run(call, run_twin);
}

/* ---- all twins ---- */

typedef struct ask {
    uint32_t states, cursor;
    size_t limit;
} ask;

static void put_entry(px_json_writer *w, const px_fresh_entry *entry, px_str id)
{
    px_json_begin_object(w);
    px_json_member_text(w, "twin", id);
    put_state(w, entry->state);
    px_json_member_time(w, "since", entry->since);
    px_json_end_object(w);
}

/* A twin that is gone by now is left out. */
static void put_entries(px_api_call *call, px_json_writer *w, const px_fresh_entry *entries,
                        size_t count)
{
    px_buf record = { 0 };

    for (size_t i = 0; i < count; i++) {
        const px_twin *twin;

        if (px_graph_read_no(px_engine_graph(call->api->opts.engine), call->principal.tenant,
                             entries[i].twin_no, &record, &twin, NULL) == PX_OK)
            put_entry(w, &entries[i], px_twin_id(twin));
    }
    px_buf_release(&record);
}

static void run_list(px_api_call *call)
{
    const ask *a = call->own;
    px_fresh *fresh = call->api->opts.freshness;
    px_fresh_entry *entries = PX_ARENA_ARRAY(&call->arena, px_fresh_entry, a->limit);
    px_json_writer w = px_json_writer_of(&call->out);
    uint64_t counts[PX_FRESHNESS_COUNT];
    uint32_t cursor = a->cursor;
    size_t count;
    px_err err;

    if (!entries) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    if (!begin(call))
        return;
    count = px_fresh_list(fresh, call->principal.tenant, a->states, &cursor, a->limit, entries);
    px_fresh_count(fresh, call->principal.tenant, counts);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    put_entries(call, &w, entries, count);
    px_json_end_array(&w);
    px_api_put_cursor_number(call, &w, cursor);
    px_json_key(&w, PX_STR("counts"));
    px_json_begin_object(&w);
    for (int i = 0; i < PX_FRESHNESS_COUNT; i++)
        px_json_member_uint(&w, px_freshness_name((px_freshness)i), counts[i]);
    px_json_end_object(&w);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

/* False: it was answered. */
static bool read_state(px_api_call *call, uint32_t *ret_states)
{
    px_str text = px_api_param(call, "state");
    px_freshness state;
    px_err err;

    *ret_states = ANY_STATE;
    if (!text.ptr)
        return true;
    if (px_freshness_of_name(text, &state)) {
        *ret_states = UINT32_C(1) << state;
        return true;
    }
    px_fail_id(&err, PX_INVALID, "http.parameter",
               "state is 'fresh', 'late', 'stale' or 'unknown'");
    px_api_fail(call, PX_INVALID, &err);
    return false;
}

void px_v1_list_freshness(px_api_call *call)
{
    ask *a = PX_ARENA_NEW(&call->arena, ask);
    uint64_t limit, after;
    px_err err;

    if (!a) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    if (!px_api_may(call, PX_ACTION_QUERY) || !read_state(call, &a->states) ||
        !px_api_param_number(call, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX, &limit) ||
        !px_api_cursor_number(call, &after))
        return;
    a->limit = (size_t)limit;
    a->cursor = (uint32_t)after;
    call->own = a;
    px_workers_run(call, run_list);
}
