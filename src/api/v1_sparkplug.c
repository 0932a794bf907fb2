/* SPDX-License-Identifier: Apache-2.0 */
/* Which edge nodes of Sparkplug B there are, and whether they are online. */
#include "sync/sparkplug.h"

#include "api/inner.h"

px_handler px_v1_list_sparkplug;

enum { PAGE_MAX = 1000, PAGE_DEFAULT = 100 };

typedef struct page {
    px_json_writer w;
    bool in_node; /* its devices follow */
} page;

static void put_status(px_json_writer *w, const px_spark_status *status)
{
    px_json_key(w, PX_STR("online"));
    px_json_bool(w, status->is_online);
    px_json_key(w, PX_STR("since"));
    px_json_time(w, status->since);
}

static void end_node(page *p)
{
    if (!p->in_node)
        return;
    px_json_end_array(&p->w);
    px_json_end_object(&p->w);
    p->in_node = false;
}

static void begin_node(page *p, const px_spark_status *status)
{
    end_node(p);
    p->in_node = true;
    px_json_begin_object(&p->w);
    px_json_key(&p->w, PX_STR("group"));
    px_json_string(&p->w, status->group);
    px_json_key(&p->w, PX_STR("node"));
    px_json_string(&p->w, status->node);
    put_status(&p->w, status);
    px_json_key(&p->w, PX_STR("bdSeq"));
    px_json_uint(&p->w, status->bd_seq);
    px_json_key(&p->w, PX_STR("metrics"));
    px_json_uint(&p->w, status->metrics);
    px_json_key(&p->w, PX_STR("devices"));
    px_json_begin_array(&p->w);
}

static void see_node_or_device(void *ctx, const px_spark_status *status)
{
    page *p = ctx;

    if (status->device.len == 0) {
        begin_node(p, status);
        return;
    }
    px_json_begin_object(&p->w);
    px_json_key(&p->w, PX_STR("device"));
    px_json_string(&p->w, status->device);
    put_status(&p->w, status);
    px_json_key(&p->w, PX_STR("metrics"));
    px_json_uint(&p->w, status->metrics);
    px_json_end_object(&p->w);
}

static void see_host(void *ctx, const px_spark_status *status)
{
    px_json_writer *w = &((page *)ctx)->w;

    px_json_begin_object(w);
    px_json_key(w, PX_STR("host"));
    px_json_string(w, status->node);
    put_status(w, status);
    px_json_end_object(w);
}

void px_v1_list_sparkplug(px_api_call *call)
{
    px_sparkplug *sparkplug = call->api->opts.sparkplug;
    page p = { .w = px_json_writer_of(&call->out) };
    uint64_t limit, cursor;
    bool has_more = false;
    size_t at;
    px_err err;
    px_status status = px_authorize(&call->principal, PX_ACTION_READ_SERVER, (px_str){ 0 }, &err);

    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    if (!px_api_param_number(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &limit) ||
        !px_api_cursor_number(call, &cursor))
        return;
    at = (size_t)cursor;
    px_json_begin_object(&p.w);
    px_json_key(&p.w, PX_STR("items"));
    px_json_begin_array(&p.w);
    if (sparkplug)
        has_more = px_sparkplug_each(sparkplug, call->principal.tenant, &at, (size_t)limit,
                                     see_node_or_device, &p);
    end_node(&p);
    px_json_end_array(&p.w);
    px_json_key(&p.w, PX_STR("hosts"));
    px_json_begin_array(&p.w);
    if (sparkplug)
        px_sparkplug_each_host(sparkplug, call->principal.tenant, see_host, &p);
    px_json_end_array(&p.w);
    px_api_put_cursor_number(call, &p.w, has_more ? at : 0);
    px_json_end_object(&p.w);
    px_api_json(call, 200);
}
