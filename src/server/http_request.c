/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request on the door's side. libmicrohttpd calls, for each:
 *
 *   px_http_request_line          the target as it came, before anything is decoded
 *   px_http_request_step          the head is whole            LINE → BODY
 *   px_http_request_step, bytes   some of the body, repeated   BODY
 *   px_http_request_step          all is there                 BODY → ASKED (→ ANSWERED)
 *   px_http_request_step          resumed by complete()        ASKED → ANSWERED
 *   px_http_request_ended         sent, or given up            → NONE
 *
 * An answer queued in the first step ends the connection, so all but refusals wait for the third.
 */
#include "server/http_inner.h"

/* ---- what the application calls ---- */

static px_str find_header(const px_api_call *call, const char *name)
{
    const px_http_exchange *exchange = (const px_http_exchange *)call;
    const char *value = NULL;
    size_t len = 0;

    if (MHD_lookup_connection_value_n(exchange->mhd, MHD_HEADER_KIND, name, strlen(name), &value,
                                      &len) != MHD_YES ||
        !value)
        return (px_str){ 0 };
    return px_str_of(value, len);
}

/* Resuming costs a lock and a system call, which the engine's thread should not pay for each
 * request of a batch: only the first of those that are ready, the carrier, is resumed by it; the
 * carrier's own thread resumes the others. */
static void push_ready(px_http_exchange *exchange)
{
    px_http_door *door = exchange->door;
    px_http_exchange *first = atomic_load(&door->ready);

    exchange->is_carrier = false;
    do
        exchange->next_ready = first;
    while (!atomic_compare_exchange_weak(&door->ready, &first, exchange));
    if (first)
        return;
    exchange->is_carrier = true;
    px_http_resume(exchange);
}

static void resume_ready(px_http_exchange *carrier)
{
    px_http_exchange *exchange, *next;

    if (!carrier->is_carrier)
        return;
    carrier->is_carrier = false;
    exchange = atomic_exchange(&carrier->door->ready, NULL);
    for (; exchange; exchange = next) {
        next = exchange->next_ready; /* once resumed it may be gone */
        if (exchange != carrier)
            px_http_resume(exchange);
    }
}

static void complete(px_api_call *call)
{
    px_http_exchange *exchange = (px_http_exchange *)call;
    int turn = atomic_exchange(&exchange->turn, PX_HTTP_TURN_DONE);
    _Atomic uint64_t *held;

    if (turn == PX_HTTP_TURN_ASLEEP)
        push_ready(exchange);
    if (turn != PX_HTTP_TURN_ORPHANED)
        return;
    if (call->stream)
        call->stream->close(call->stream);
    held = &exchange->door->held;
    px_http_exchange_free(exchange);
    atomic_fetch_sub(held, 1); /* last: px_http_door_close waits for it */
}

/* ---- the steps ---- */

static void trim(px_buf *buf)
{
    if (buf->cap > PX_HTTP_KEEP_BYTES_MAX)
        px_buf_release(buf); /* keeps the limit */
    else
        px_buf_clear(buf);
}

static void begin(px_http_link *link)
{
    px_http_exchange *exchange = link->exchange;
    px_api_call *call = &exchange->call;

    px_arena_reset(&call->arena);
    px_buf_clear(&call->out);
    px_buf_clear(&exchange->body);
    call->method = call->path = call->query = call->body = call->static_body = (px_str){ 0 };
    call->content_type = NULL;
    call->peer = px_str_c(link->peer.text);
    call->peer_network = link->peer.network;
    call->header = find_header;
    call->complete = complete;
    call->gone = &exchange->gone;
    atomic_store(&exchange->gone, false);
    call->status = 0;
    call->header_count = 0;
    call->stream = NULL;
    link->refusal = PX_HTTP_FINE;
    link->body_bytes = 0;
    atomic_store_explicit(&link->body_seen, 0, memory_order_relaxed);
    link->step = PX_HTTP_STEP_LINE;
}

void *px_http_request_line(void *ctx, const char *target, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    px_http_link *link = info->socket_context;
    px_str copy = px_str_c(target);
    px_api_call *call;

    (void)ctx;
    if (!link)
        return NULL;
    begin(link);
    px_http_link_enter(link, PX_HTTP_HEADERS);
    call = &link->exchange->call;
    link->line_bytes = copy.len;
    if (copy.len > PX_HTTP_LINE_BYTES_MAX) {
        link->refusal = PX_HTTP_LINE_TOO_LONG;
        return link;
    }
    copy = px_arena_str(&call->arena, copy);
    link->refusal =
        copy.ptr ? px_http_head_target(copy, &call->path, &call->query) : PX_HTTP_NO_ROOM;
    return link;
}

static bool expects_continue(px_http_link *link)
{
    return find_header(&link->exchange->call, "Expect").len > 0;
}

static enum MHD_Result take_head(px_http_link *link, const char *url, const char *method,
                                 const char *version)
{
    px_http_head head = { .mhd = link->mhd,
                          .method = method,
                          .url = url,
                          .version = version,
                          .target_bytes = link->line_bytes };
    px_api_call *call = &link->exchange->call;
    px_http_refusal refusal = px_http_head_check(&head);

    PX_HTTP_COUNT(link->door->requests);
    PX_HTTP_COUNT(link->door->active);
    link->counted = true;
    link->is_1_1 = strcmp(version, "HTTP/1.1") == 0;
    link->step = PX_HTTP_STEP_BODY;
    if (refusal == PX_HTTP_FINE)
        refusal = link->refusal;
    if (refusal != PX_HTTP_FINE)
        return px_http_refuse(link, refusal, true);
    call->method = px_arena_str(&call->arena, px_str_c(method));
    if (!call->method.ptr)
        return px_http_refuse(link, PX_HTTP_NO_ROOM, true);
    if (head.length > PX_HTTP_BODY_BYTES_MAX) {
        link->refusal = PX_HTTP_BODY_TOO_LARGE;
        if (head.length > PX_HTTP_SWALLOW_BYTES_MAX || expects_continue(link))
            return px_http_refuse(link, PX_HTTP_BODY_TOO_LARGE, true);
    }
    if (head.length || head.chunked)
        px_http_link_enter(link, PX_HTTP_BODY);
    return MHD_YES;
}

/* A body that is too large is read to its end, up to a limit, without keeping it: a client that is
 * cut off while it sends never reads why. */
static enum MHD_Result take_body(px_http_link *link, const char *bytes, size_t size)
{
    px_buf *body = &link->exchange->body;

    link->body_bytes += size;
    atomic_store_explicit(&link->body_seen, link->body_bytes, memory_order_relaxed);
    if (link->body_bytes > PX_HTTP_SWALLOW_BYTES_MAX)
        return MHD_NO;
    if (link->refusal != PX_HTTP_FINE)
        return MHD_YES;
    px_put(body, px_str_of(bytes, size));
    if (body->status != PX_OK) {
        link->refusal = body->status == PX_LIMIT ? PX_HTTP_BODY_TOO_LARGE : PX_HTTP_NO_ROOM;
        px_buf_release(body);
    }
    return MHD_YES;
}

/* The connection sleeps until complete(), unless that was faster. */
static enum MHD_Result sleep_or_answer(px_http_link *link)
{
    px_http_exchange *exchange = link->exchange;
    int turn = PX_HTTP_TURN_HANDLING;

    if (atomic_load(&exchange->turn) == PX_HTTP_TURN_DONE)
        return px_http_answer(link);
    MHD_suspend_connection(link->mhd);
    if (!atomic_compare_exchange_strong(&exchange->turn, &turn, PX_HTTP_TURN_ASLEEP))
        px_http_resume(exchange);
    return MHD_YES;
}

static enum MHD_Result ask(px_http_link *link)
{
    px_http_door *door = link->door;
    px_http_exchange *exchange = link->exchange;

    px_http_link_enter(link, PX_HTTP_WORK);
    atomic_fetch_add_explicit(&door->bytes_in, link->body_bytes, memory_order_relaxed);
    if (link->refusal != PX_HTTP_FINE)
        return px_http_refuse(link, link->refusal, false);
    atomic_fetch_add(&door->asked, 1); /* before `stopping` is read: px_http_door_stop waits */
    if (atomic_load(&door->stopping)) {
        atomic_fetch_sub(&door->asked, 1);
        return px_http_refuse(link, PX_HTTP_STOPPING, true);
    }
    if (px_http_upgrade_is_asked(link)) {
        atomic_fetch_sub(&door->asked, 1);
        return px_http_upgrade(link);
    }
    link->step = PX_HTTP_STEP_ASKED;
    exchange->call.body = px_buf_str(&exchange->body);
    atomic_store(&exchange->turn, PX_HTTP_TURN_HANDLING);
    door->opts.handle(door->opts.ctx, &exchange->call);
    return sleep_or_answer(link);
}

static void set_exchange(px_http_link *link, px_http_exchange *exchange)
{
    pthread_mutex_lock(&link->door->lock);
    link->exchange = exchange;
    pthread_mutex_unlock(&link->door->lock);
}

/* Leaves the call to the application, if it has not completed it by now. */
static bool orphan(px_http_link *link)
{
    px_http_exchange *exchange = link->exchange;
    int turn = PX_HTTP_TURN_ABANDONED;

    atomic_fetch_add(&link->door->held, 1);
    set_exchange(link, NULL);
    if (atomic_compare_exchange_strong(&exchange->turn, &turn, PX_HTTP_TURN_ORPHANED)) {
        PX_HTTP_COUNT(link->door->abandoned);
        return true;
    }
    set_exchange(link, exchange);
    atomic_fetch_sub(&link->door->held, 1);
    return false;
}

/* The client hears that nothing is known. */
static enum MHD_Result give_up(px_http_link *link)
{
    if (!orphan(link))
        return px_http_answer(link);
    atomic_fetch_sub(&link->door->asked, 1);
    return px_http_refuse(link, PX_HTTP_STOPPING, true);
}

enum MHD_Result px_http_request_step(void *ctx, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *bytes,
                                     size_t *size, void **request)
{
    px_http_link *link = *request;
    enum MHD_Result result;

    (void)ctx, (void)mhd;
    if (!link || !link->exchange)
        return MHD_NO;
    switch (link->step) {
    case PX_HTTP_STEP_LINE:
        return take_head(link, url, method, version);
    case PX_HTTP_STEP_BODY:
        if (*size == 0)
            return ask(link);
        result = take_body(link, bytes, *size);
        *size = 0;
        return result;
    case PX_HTTP_STEP_ASKED:
        if (atomic_load(&link->exchange->turn) == PX_HTTP_TURN_ABANDONED)
            return give_up(link);
        resume_ready(link->exchange);
        return sleep_or_answer(link);
    case PX_HTTP_STEP_NONE:
    case PX_HTTP_STEP_ANSWERED:
        break;
    }
    return MHD_NO;
}

static void end_stream(px_http_link *link, enum MHD_RequestTerminationCode why)
{
    px_api_stream *stream = link->exchange->call.stream;

    if (link->streaming) {
        if (why != MHD_REQUEST_TERMINATED_COMPLETED_OK)
            PX_HTTP_COUNT(link->door->streams_gone);
        atomic_fetch_sub(&link->door->streams, 1);
        link->streaming = false;
    }
    if (stream)
        stream->close(stream);
    link->exchange->call.stream = NULL;
}

void px_http_request_ended(void *ctx, struct MHD_Connection *mhd, void **request,
                           enum MHD_RequestTerminationCode why)
{
    px_http_door *door = ctx;
    px_http_link *link = *request;

    (void)mhd;
    if (!link)
        return;
    if (link->step != PX_HTTP_STEP_ANSWERED)
        PX_HTTP_COUNT(door->broken);
    if (link->step == PX_HTTP_STEP_ASKED) { /* resumed, but the client did not wait for it */
        orphan(link);
        atomic_fetch_sub(&door->asked, 1);
    }
    if (link->exchange) {
        resume_ready(link->exchange); /* its client went away between its resume and its step */
        end_stream(link, why);
        trim(&link->exchange->body);
        trim(&link->exchange->call.out);
        if (link->exchange->call.arena.used > PX_HTTP_KEEP_BYTES_MAX)
            px_arena_release(&link->exchange->call.arena);
    }
    if (link->counted)
        atomic_fetch_sub(&door->active, 1);
    link->counted = false;
    link->step = PX_HTTP_STEP_NONE;
    atomic_fetch_add_explicit(&link->request_no, 1, memory_order_relaxed);
    px_http_link_enter(link, PX_HTTP_IDLE);
    *request = NULL;
}
