/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/deadletters: what could not be delivered, to look at, to send again, to throw away. A
 * move takes a bounded number at once, durable when it answers, and says whether there are more. */
#include <stdio.h>

#include "api/inner.h"
#include "outbound/outbound.h"

enum { PAGE_MAX = 100, ENDPOINTS_MAX = 500 };

px_handler px_v1_list_deadletters, px_v1_replay_deadletters, px_v1_purge_deadletters;

/* Endpoints by number, for their names. */
typedef struct desk {
    px_api_call *call;
    px_outbound *outbound;
    px_document *endpoints;
    size_t endpoint_count;
    uint32_t only; /* 0: all */
    px_json_writer w;
    px_dead_move move;
} desk;

static px_status read_endpoints(desk *d, px_err *ret_err)
{
    px_api_call *call = d->call;
    uint32_t cursor = 0;

    d->endpoints = PX_ARENA_ARRAY(&call->arena, px_document, ENDPOINTS_MAX);
    if (!d->endpoints)
        return px_arena_fail(&call->arena, ret_err);
    return px_documents_list(px_engine_documents(call->api->opts.engine), call->principal.tenant,
                             PX_STR("endpoint"), &cursor, ENDPOINTS_MAX, &call->arena, d->endpoints,
                             &d->endpoint_count, ret_err);
}

/* The endpoint of the parameter, when there is one. */
static px_status find_only(desk *d, px_err *ret_err)
{
    px_str name = px_api_param(d->call, "endpoint");

    if (!name.ptr)
        return PX_OK;
    for (size_t i = 0; i < d->endpoint_count; i++)
        if (px_str_eq(d->endpoints[i].id, name))
            d->only = d->endpoints[i].no;
    if (d->only)
        return PX_OK;
    return px_fail_id(ret_err, PX_NOT_FOUND, "endpoint.not_found", "there is no endpoint '%.*s'",
                      PX_FMT(name));
}

/* NULL: answered. */
static desk *begin(px_api_call *call, px_action action)
{
    desk *d = PX_ARENA_NEW(&call->arena, desk);
    px_err err;
    px_status status = px_authorize(&call->principal, action, (px_str){ 0 }, &err);

    if (status == PX_OK && !d)
        status = px_arena_fail(&call->arena, &err);
    if (status == PX_OK && !call->api->opts.outbound)
        status = px_fail_id(&err, PX_UNSUPPORTED, "deadletters.none", "this server sends nothing");
    if (status == PX_OK) {
        d->call = call;
        d->outbound = call->api->opts.outbound;
        status = read_endpoints(d, &err);
    }
    if (status == PX_OK)
        status = find_only(d, &err);
    if (status == PX_OK)
        return d;
    px_api_fail(call, status, &err);
    return NULL;
}

/* ---- list ---- */

static void put_endpoint_name(desk *d, uint32_t no)
{
    px_json_key(&d->w, PX_STR("endpoint"));
    for (size_t i = 0; i < d->endpoint_count; i++) {
        if (d->endpoints[i].no == no) {
            px_json_string(&d->w, d->endpoints[i].id);
            return;
        }
    }
    px_json_null(&d->w); /* deleted */
}

static px_status put_letter(void *data, const px_letter *letter, px_err *ret_err)
{
    desk *d = data;
    char id[48];

    (void)ret_err;
    snprintf(id, sizeof(id), "%u.%llu", letter->endpoint_no, (unsigned long long)letter->place);
    px_json_begin_object(&d->w);
    px_json_key(&d->w, PX_STR("id"));
    px_json_string(&d->w, px_str_c(id));
    put_endpoint_name(d, letter->endpoint_no);
    px_json_key(&d->w, PX_STR("time"));
    px_json_time(&d->w, letter->time);
    px_json_key(&d->w, PX_STR("died"));
    px_json_time(&d->w, letter->died);
    px_json_key(&d->w, PX_STR("tries"));
    px_json_uint(&d->w, letter->tries);
    px_json_key(&d->w, PX_STR("reason"));
    px_json_string(&d->w, letter->reason);
    px_json_key(&d->w, PX_STR("event"));
    px_json_put_raw(&d->w, letter->event);
    px_json_end_object(&d->w);
    return PX_OK;
}

/* `ENDPOINT.PLACE`, the last one given. */
static bool read_cursor(px_api_call *call, px_dead_cursor *ret_cursor)
{
    px_str at;

    *ret_cursor = (px_dead_cursor){ 0 };
    if (!px_api_cursor(call, &at))
        return false;
    ret_cursor->endpoint_no = (uint32_t)px_api_cut_digits(&at);
    at = px_str_skip(at, at.len > 0);
    ret_cursor->place = px_api_cut_digits(&at);
    return true;
}

static void put_cursor(px_api_call *call, px_json_writer *w, const px_dead_cursor *cursor)
{
    px_buf at = { 0 };

    px_putf(&at, "%u.%llu", cursor->endpoint_no, (unsigned long long)cursor->place);
    px_api_put_cursor(call, w, px_buf_str(&at));
    px_buf_release(&at);
}

void px_v1_list_deadletters(px_api_call *call)
{
    desk *d = begin(call, PX_ACTION_READ_DOCUMENT);
    px_dead_cursor cursor;
    bool more = false;
    uint64_t limit;
    px_status status;
    px_err err;

    if (!d || !px_api_param_number(call, "limit", PAGE_MAX, 1, PAGE_MAX, &limit) ||
        !read_cursor(call, &cursor))
        return;
    d->w = px_json_writer_of(&call->out);
    px_json_begin_object(&d->w);
    px_json_key(&d->w, PX_STR("items"));
    px_json_begin_array(&d->w);
    status = px_dead_letters_list(d->outbound, call->principal.tenant, d->only, (uint32_t)limit,
                                  &cursor, &more, put_letter, d, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    px_json_end_array(&d->w);
    if (more)
        put_cursor(call, &d->w, &cursor);
    else
        px_api_put_cursor(call, &d->w, (px_str){ 0 });
    px_json_end_object(&d->w);
    px_api_json(call, 200);
}

/* ---- moves ---- */

static void moved(px_dead_move *move, px_status status)
{
    px_api_call *call = move->data;
    px_json_writer w = px_json_writer_of(&call->out);
    px_err err;

    if (status != PX_OK) {
        px_fail_id(&err, PX_BUSY, "deadletters.ending",
                   "the server is ending; nothing was moved, try again");
        px_api_fail(call, PX_BUSY, &err);
        return;
    }
    px_json_begin_object(&w);
    px_json_key(&w, move->is_replay ? PX_STR("replayed") : PX_STR("purged"));
    px_json_uint(&w, move->moved);
    px_json_key(&w, PX_STR("more"));
    px_json_bool(&w, move->more);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

static void move_letters(px_api_call *call, bool is_replay)
{
    desk *d = begin(call, PX_ACTION_WRITE_DOCUMENT);
    px_status status;
    px_err err;

    if (!d)
        return;
    d->move = (px_dead_move){ .tenant = call->principal.tenant,
                              .endpoint_no = d->only,
                              .is_replay = is_replay,
                              .done = moved,
                              .data = call };
    status = px_dead_letters_move(d->outbound, &d->move, &err);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
}

void px_v1_replay_deadletters(px_api_call *call)
{
    move_letters(call, true);
}

void px_v1_purge_deadletters(px_api_call *call)
{
    move_letters(call, false);
}
