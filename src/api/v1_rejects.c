/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was refused, and what a binding could not map offered again to the binding as it is now. Of
 * a message only that part is offered which was missed then: nothing is written twice. What is
 * taken leaves the log; what is missed again stays, as it was. A value without a time of its own
 * gets that of the message's arrival. Who asks for it lends the sender no right: where the binding
 * counts the sender's, they are counted again, as they are now.
 */
#include "api/inner.h"
#include "api/workers.h"
#include "sync/binding_desk.h"
#include "sync/bindings.h"
#include "sync/credential.h"

px_handler px_v1_list_rejects, px_v1_replay_rejects;

/* ---- the list ---- */

static void put_reject(px_json_writer *w, const px_rejected *item)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("number"));
    px_json_uint(w, item->number);
    px_json_key(w, PX_STR("time"));
    px_json_time(w, item->time);
    px_json_key(w, PX_STR("sender"));
    px_json_string(w, item->sender);
    px_json_key(w, PX_STR("twin"));
    px_json_string(w, item->twin);
    px_json_key(w, PX_STR("name"));
    px_json_string(w, item->name);
    px_json_key(w, PX_STR("code"));
    px_json_string(w, item->reason_id);
    px_json_key(w, PX_STR("reason"));
    px_json_string(w, item->reason);
    if (item->binding.len) {
        px_json_key(w, PX_STR("binding"));
        px_json_string(w, item->binding);
        px_json_key(w, PX_STR("source"));
        px_json_string(w, item->source);
        px_json_key(w, PX_STR("row"));
        px_json_uint(w, item->row);
        px_json_key(w, PX_STR("replayable"));
        px_json_bool(w, item->is_whole);
    }
    px_json_key(w, PX_STR("payload"));
    px_json_string(w, item->payload);
    px_json_end_object(w);
}

static bool read_filter(px_api_call *call, px_rejects_filter *filter)
{
    px_time since;

    if (!px_api_param_time(call, "since", &since))
        return false;
    filter->since = since == PX_TIME_NONE ? 0 : since;
    filter->sender = px_api_param(call, "sender");
    filter->reason_id = px_api_param(call, "reason");
    filter->binding = px_api_param(call, "binding");
    if (!px_api_param_number(call, "number", 0, 1, UINT64_MAX, &filter->number))
        return false;
    filter->want_payload = px_str_eq(px_api_param(call, "payload"), PX_STR("whole"));
    return true;
}

/* The newest first; one more than the page is read, to know whether there is another. */
void px_v1_list_rejects(px_api_call *call)
{
    enum { PAGE_MAX = 1000, PAGE_DEFAULT = 200 };
    px_json_writer w = px_json_writer_of(&call->out);
    px_rejects_filter filter = { .tenant = call->principal.tenant };
    px_rejected *items;
    uint64_t limit, before;
    size_t count = 0;
    px_err err;
    px_status status = px_authorize(&call->principal, PX_ACTION_READ_SERVER, (px_str){ 0 }, &err);

    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    if (!px_api_param_number(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &limit) ||
        !px_api_cursor_number(call, &before) || !read_filter(call, &filter))
        return;
    items = PX_ARENA_ARRAY(&call->arena, px_rejected, limit + 1);
    filter.before = before;
    status = items ? px_rejects_list(call->api->opts.rejects, &filter, (size_t)limit + 1,
                                     &call->arena, items, &count, &err)
                   : px_arena_fail(&call->arena, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < count && i < limit; i++)
        put_reject(&w, &items[i]);
    px_json_end_array(&w);
    px_api_put_cursor_number(call, &w, count > limit ? items[limit - 1].number : 0);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

/* ---- offering again ---- */

enum { OFFERED_MAX = PX_REJECTS_MAX };

typedef struct replay replay;

typedef struct offer {
    px_request request;
    replay *in;
    const px_rejected *rejected;
    const px_binding *binding; /* held */
    px_principal sender;       /* who sent it, with the rights it has now */
    px_bind_input input;
    px_bound bound;
} offer;

struct replay {
    px_api_call *call;
    px_rejects_filter filter;
    px_arena arena; /* of all offers, until the answer */
    px_rejected *items;
    offer *offers;
    size_t item_count, offer_count;
    size_t unbound;                       /* that no binding made, so that none can map them now */
    _Atomic uint64_t taken, values, left; /* left: requests that are not back yet */
    px_rejects_wait wait;
};

static void release(replay *in)
{
    for (size_t i = 0; i < in->offer_count; i++)
        px_bindings_let_go(in->offers[i].binding);
    px_arena_release(&in->arena);
}

static void answer_now(replay *in)
{
    px_api_call *call = in->call;
    px_json_writer w = px_json_writer_of(&call->out);

    px_json_begin_object(&w);
    px_json_member_uint(&w, "offered", in->item_count - in->unbound);
    px_json_member_uint(&w, "taken", in->taken);
    px_json_member_uint(&w, "left", in->item_count - in->unbound - in->taken);
    px_json_member_uint(&w, "values", in->values);
    px_json_member_uint(&w, "unbound", in->unbound);
    px_json_end_object(&w);
    release(in);
    px_api_json(call, 200);
}

/* On the keeper's thread. A reject that is taken comes back with a kill where this failed; offered
 * again, its values count once. */
static void saved(px_rejects_wait *wait, px_status status)
{
    (void)status;
    answer_now(wait->data);
}

/* What left the list does not come back after this. */
static void answer(replay *in)
{
    in->wait = (px_rejects_wait){ .done = saved, .data = in };
    if (in->taken)
        px_rejects_await(in->call->api->opts.rejects, &in->wait);
    else
        answer_now(in);
}

/* The reject leaves; what of it was missed again is kept anew. */
static void take(const offer *o)
{
    px_api_call *call = o->in->call;
    px_bind_desk desk = { call->api->opts.engine, o->binding, &o->sender };

    if (!px_rejects_remove(call->api->opts.rejects, call->principal.tenant, o->rejected->number))
        return;
    o->in->taken++;
    o->in->values += o->bound.values;
    for (size_t i = 0; i < o->bound.miss_count; i++)
        px_bind_desk_reject(&desk, call->api->opts.rejects, o->rejected->time, &o->input,
                            &o->bound.misses[i]);
}

static void offer_done(px_request *request)
{
    offer *o = request->data;

    if (request->result.status == PX_OK)
        take(o);
    if (--o->in->left == 0)
        answer(o->in);
}

/* Without a time of its own it is that of then, and comes before what came since. */
static void date(const offer *o)
{
    for (size_t t = 0; t < o->bound.twin_count; t++)
        for (size_t s = 0; s < o->bound.twins[t]->sample_count; s++)
            if (o->bound.twins[t]->samples[s].source_time == PX_TIME_NONE)
                o->bound.twins[t]->samples[s].source_time = o->rejected->time;
}

/* A device has the twins that its document names now, if it is the one that sent it still. */
static bool read_device(replay *in, offer *o)
{
    uint32_t document_no = o->sender.document_no;

    for (const offer *before = in->offers; before < o; before++)
        if (before->sender.role == PX_ROLE_DEVICE && before->sender.document_no == document_no &&
            before->sender.twins) {
            o->sender = before->sender;
            return true;
        }
    return px_credential_device(px_engine_documents(in->call->api->opts.engine), &o->sender,
                                &in->arena, NULL) == PX_OK &&
           o->sender.document_no == document_no;
}

/* False when it may not say anything any more. */
static bool read_sender(replay *in, offer *o)
{
    o->sender = (px_principal){ .tenant = in->call->principal.tenant,
                                .role = o->rejected->role,
                                .id = o->rejected->sender,
                                .document_no = o->rejected->document_no };
    return px_binding_writes_itself(o->binding) || o->sender.role != PX_ROLE_DEVICE ||
           read_device(in, o);
}

/* Maps what is wanted of it; false when there is nothing to offer. */
static bool map_offer(replay *in, offer *o)
{
    px_api_call *call = in->call;
    px_bind_desk desk = { call->api->opts.engine, o->binding, &o->sender };

    if (px_bind_desk_map(&desk, &o->input, &in->arena, &o->bound, NULL) != PX_OK ||
        o->bound.values == 0)
        return false;
    date(o);
    o->request.item_count = px_bind_desk_count(&o->bound);
    o->request.items = PX_ARENA_ARRAY(&in->arena, px_request, o->request.item_count);
    return o->request.items &&
           px_bind_desk_items(&desk, &o->bound, &in->arena, o->request.items, NULL) == PX_OK;
}

static bool make_offer(replay *in, const px_rejected *rejected)
{
    px_api_call *call = in->call;
    offer *o = &in->offers[in->offer_count];

    *o = (offer){ .in = in,
                  .rejected = rejected,
                  .input = { .topic = rejected->source,
                             .payload = rejected->payload,
                             .only_row = rejected->row,
                             .only_slot = rejected->slot,
                             .only_name = rejected->name } };
    if (!rejected->is_whole || !call->api->opts.bindings ||
        px_bindings_find(call->api->opts.bindings, call->principal.tenant, rejected->binding,
                         &o->binding, NULL) != PX_OK)
        return false;
    in->offer_count++; /* from now on the binding is let go with the rest */
    if (!read_sender(in, o) || !map_offer(in, o))
        return false;
    o->request.kind = PX_REQUEST_MESSAGES;
    o->request.principal = call->principal;
    o->request.source_time = PX_TIME_NONE;
    o->request.bytes = sizeof(*o) + rejected->payload.len;
    o->request.done = offer_done;
    o->request.data = o;
    return true;
}

static px_status read_rejects(replay *in, px_err *ret_err)
{
    px_api_call *call = in->call;

    in->filter.want_payload = true;
    in->items = PX_ARENA_ARRAY(&in->arena, px_rejected, OFFERED_MAX);
    in->offers = PX_ARENA_ARRAY(&in->arena, offer, OFFERED_MAX);
    if (!in->items || !in->offers)
        return px_arena_fail(&in->arena, ret_err);
    return px_rejects_list(call->api->opts.rejects, &in->filter, OFFERED_MAX, &in->arena, in->items,
                           &in->item_count, ret_err);
}

/* The oldest first, as they came. */
static px_status submit(replay *in, px_err *ret_err)
{
    px_request *first = NULL, *last = NULL;

    for (size_t i = in->item_count; i-- > 0;) {
        px_request *request = &in->offers[in->offer_count].request;

        in->unbound += in->items[i].binding.len == 0;
        if (!make_offer(in, &in->items[i]))
            continue;
        in->left++;
        if (last)
            last->next = request;
        else
            first = request;
        last = request;
    }
    if (first)
        return px_engine_submit(in->call->api->opts.engine, first, last) == PX_OK
                   ? PX_OK
                   : px_fail_id(ret_err, PX_BUSY, "engine.busy",
                                "the server has too much to write already; try again later");
    answer(in);
    return PX_OK;
}

static void work(px_api_call *call)
{
    replay *in = call->own;
    px_err err = { 0 };
    px_status status = read_rejects(in, &err);

    if (status == PX_OK)
        status = submit(in, &err);
    if (status == PX_OK)
        return; /* answered by then, perhaps */
    release(in);
    px_api_fail(call, status, &err);
}

void px_v1_replay_rejects(px_api_call *call)
{
    replay *in = PX_ARENA_NEW(&call->arena, replay);
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT))
        return;
    if (!in) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    in->call = call;
    in->filter.tenant = call->principal.tenant;
    if (!read_filter(call, &in->filter))
        return;
    px_arena_init(&in->arena, PX_INGEST_MEMORY_BYTES_MAX);
    call->own = in;
    px_workers_run_on(call->api->bulk_workers, call, work);
}
