/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/kpi: figures computed from history, with what they are computed from. */
#include "api/inner.h"
#include "api/workers.h"
#include "insight/unit_oee.h"

px_handler px_v1_get_oee;

typedef struct ask {
    px_str twin;
    px_time from, to;
} ask;

static void put_ratio(px_json_writer *w, const char *name, px_ratio ratio)
{
    px_json_key(w, px_str_c(name));
    if (ratio.known)
        px_json_number(w, px_num_double(ratio.value));
    else
        px_json_null(w);
}

static void put_seconds(px_json_writer *w, const char *name, int64_t ns)
{
    px_json_key(w, px_str_c(name));
    px_json_number(w, px_num_double((double)ns / 1e9));
}

/* Every ratio with the figures under it, named as ISO 22400-2 names them. */
static void put_oee(px_buf *out, const ask *a, const px_unit_oee *o)
{
    px_json_writer w = px_json_writer_of(out);
    const px_oee_figures *f = &o->figures;

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("twin"));
    px_json_string(&w, a->twin);
    px_json_key(&w, PX_STR("unit"));
    px_json_string(&w, o->unit);
    px_json_key(&w, PX_STR("from"));
    px_json_time(&w, a->from);
    px_json_key(&w, PX_STR("to"));
    px_json_time(&w, a->to);
    put_ratio(&w, "availability", o->oee.availability);
    put_ratio(&w, "effectiveness", o->oee.effectiveness);
    put_ratio(&w, "quality", o->oee.quality);
    put_ratio(&w, "oee", o->oee.oee);
    put_seconds(&w, "plannedBusySeconds", f->planned_busy_ns);
    put_seconds(&w, "productionSeconds", f->actual_production_ns);
    px_json_member_uint(&w, "good", f->good);
    px_json_member_uint(&w, "total", f->produced);
    px_json_key(&w, PX_STR("idealCycleSeconds"));
    px_json_number(&w, px_num_double(f->produced ? f->planned_run_s / (double)f->produced : 0));
    px_json_key(&w, PX_STR("standard"));
    px_json_string(&w, PX_STR("ISO 22400-2"));
    px_json_end_object(&w);
}

static void run_oee(px_api_call *call)
{
    const ask *a = call->own;
    px_engine *engine = call->api->opts.engine;
    px_unit_oee oee;
    px_status status;
    px_err err;

    status = px_unit_oee_read(call->api->opts.history, px_engine_graph(engine),
                              px_engine_registry(engine), &call->principal, a->twin, a->from, a->to,
                              &call->arena, &oee, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    put_oee(&call->out, a, &oee);
    px_api_json(call, 200);
}

void px_v1_get_oee(px_api_call *call)
{
    ask *a = PX_ARENA_NEW(&call->arena, ask);
    px_time now = call->api->env->now(call->api->env);
    px_err err;

    if (!a || !call->api->opts.history) {
        px_api_fail(call, PX_BUSY, (px_fail(&err, PX_BUSY, "history is not there"), &err));
        return;
    }
    a->twin = px_api_param(call, "twin");
    if (!px_api_param_time(call, "from", &a->from) || !px_api_param_time(call, "to", &a->to))
        return;
    if (!a->twin.len || a->from == PX_TIME_NONE) {
        px_fail_id(&err, PX_INVALID, "http.parameter",
                   "twin and from are missing: ?twin=T&from=TIME&to=TIME");
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    if (a->to == PX_TIME_NONE || a->to > now)
        a->to = now; /* nobody knows what will be */
    call->own = a;
    px_workers_run(call, run_oee);
}
