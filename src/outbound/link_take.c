/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a message to a commit. A link takes some messages, hands them over as one chain, and waits:
 * only then does it acknowledge them to whoever sent them. What the engine refuses for good is kept
 * among the rejects and counts as done; what it refuses for now (no space, no memory, too much to
 * write) is not done, and the link lets the other side send it again.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "base/thread.h"
#include "outbound/link_inner.h"
#include "sync/binding_desk.h"

enum { ARENA_BYTES_MAX = 16 * 1024 * 1024 };
static const int64_t busy_ns = 5 * PX_MILLISECOND;

struct pxi_take {
    pxi_take *next;
    pxi_link *link;
    px_arena arena;
    px_request request;
    const px_binding **bindings; /* held until it is freed */
    px_bound *bounds;            /* by binding */
    size_t binding_count, item_count, missed, values;
    px_str topic, payload;
    px_time time; /* of its arrival */
};

/* ---- rejects ---- */

static void keep_reject(const pxi_take *t, const px_binding *binding, const px_bind_miss *miss)
{
    px_bind_desk desk = { t->link->owner->opts.engine, binding, &t->link->principal };
    px_bind_input input = { .topic = t->topic, .payload = t->payload };

    px_bind_desk_reject(&desk, t->link->owner->opts.rejects, t->time, &input, miss);
}

/* The whole message, for this binding. */
static void keep_refusal(const pxi_take *t, const px_binding *binding, const px_err *err)
{
    px_bind_miss miss = px_bind_miss_of(err);
    px_binding_stats stats = { .refused = 1 };

    keep_reject(t, binding, &miss);
    px_bindings_count(binding, &stats);
}

/* All of its bindings together want more memory than a message may have. */
static void keep_too_heavy(const pxi_take *t, const px_err *err)
{
    for (size_t i = 0; i < t->binding_count; i++)
        keep_refusal(t, t->bindings[i], err);
    PXI_COUNT(t->link, messages, 1);
    PXI_COUNT(t->link, rejected, 1);
}

static void keep_too_large(pxi_link *l, px_str topic, px_str payload)
{
    px_rejected rejected = { .tenant = l->config.tenant,
                             .time = px_engine_now(l->owner->opts.engine),
                             .sender = l->config.name,
                             .source = topic,
                             .reason_id = PX_STR("connection.large"),
                             .reason = PX_STR("the message is larger than 1 MiB"),
                             .payload = payload };

    px_rejects_add(l->owner->opts.rejects, &rejected);
    PXI_COUNT(l, rejected, 1);
}

/* ---- mapping ---- */

static px_status map_by(pxi_take *t, size_t index, px_err *ret_err)
{
    const px_binding *binding = t->bindings[index];
    px_bind_desk desk = { t->link->owner->opts.engine, binding, &t->link->principal };
    px_bind_input input = { .topic = t->topic, .payload = t->payload };
    px_bound *bound = &t->bounds[index];
    px_binding_stats stats = { .messages = 1 };
    px_err err = { 0 };
    px_status status = px_bind_desk_map(&desk, &input, &t->arena, bound, &err);

    if (status == PX_NO_MEMORY)
        return px_fail(ret_err, status, "%s", err.text);
    if (status != PX_OK) {
        *bound = (px_bound){ .missed = 1 };
        keep_refusal(t, binding, &err);
    }
    for (size_t i = 0; i < bound->miss_count; i++)
        keep_reject(t, binding, &bound->misses[i]);
    stats.values = bound->values;
    stats.missed = bound->missed;
    px_bindings_count(binding, &stats);
    t->missed += bound->missed;
    t->values += bound->values;
    t->item_count += px_bind_desk_count(bound);
    return PX_OK;
}

static px_status fill_items(pxi_take *t, px_err *ret_err)
{
    size_t at = 0;

    t->request.items = PX_ARENA_ARRAY(&t->arena, px_request, t->item_count);
    if (!t->request.items)
        return px_arena_fail(&t->arena, ret_err);
    for (size_t i = 0; i < t->binding_count; i++) {
        px_bind_desk desk = { t->link->owner->opts.engine, t->bindings[i], &t->link->principal };

        PX_TRY(px_bind_desk_items(&desk, &t->bounds[i], &t->arena, t->request.items + at, ret_err));
        at += px_bind_desk_count(&t->bounds[i]);
    }
    t->request.item_count = t->item_count;
    return PX_OK;
}

static px_status map(pxi_take *t, px_str topic, px_str payload, px_err *ret_err)
{
    pxi_link *l = t->link;

    t->topic = px_arena_str(&t->arena, topic);
    t->payload = px_arena_str(&t->arena, payload);
    t->time = px_engine_now(l->owner->opts.engine);
    if ((topic.len && !t->topic.ptr) || (payload.len && !t->payload.ptr))
        return px_arena_fail(&t->arena, ret_err);
    PX_TRY(px_bindings_of_connection(l->owner->opts.bindings, l->config.tenant, l->config.name,
                                     t->topic, &t->arena, &t->bindings, &t->binding_count,
                                     ret_err));
    t->bounds = PX_ARENA_ARRAY(&t->arena, px_bound, t->binding_count + 1);
    if (!t->bounds)
        return px_arena_fail(&t->arena, ret_err);
    for (size_t i = 0; i < t->binding_count; i++)
        PX_TRY(map_by(t, i, ret_err));
    return t->item_count ? fill_items(t, ret_err) : PX_OK;
}

/* ---- one message ---- */

static void take_free(pxi_take *t)
{
    for (size_t i = 0; i < t->binding_count; i++)
        px_bindings_let_go(t->bindings[i]);
    px_arena_release(&t->arena);
    px_free(t);
}

/* On the engine's thread. */
static void done(px_request *request)
{
    pxi_link *l = request->data;

    pthread_mutex_lock(&l->lock);
    if (--l->pending == 0)
        pthread_cond_signal(&l->settled);
    pthread_mutex_unlock(&l->lock);
}

/* The engine lets its doors wait while it has much to write. */
static bool wait_for_room(pxi_link *l)
{
    while (!px_engine_has_room(l->owner->opts.engine))
        if (!pxi_link_pause(l, busy_ns))
            return false;
    return !atomic_load(&l->stopping);
}

static void count_message(const pxi_take *t)
{
    PXI_COUNT(t->link, messages, 1);
    if (t->binding_count == 0)
        PXI_COUNT(t->link, unbound, 1);
    else if (t->item_count == 0 && t->missed)
        PXI_COUNT(t->link, rejected, 1);
}

px_status pxi_take_message(pxi_link *l, px_str topic, px_str payload, px_err *ret_err)
{
    pxi_take *t;
    px_err err = { 0 };
    px_status status;

    if (payload.len > PX_CONNECTION_PAYLOAD_BYTES_MAX) {
        PXI_COUNT(l, messages, 1);
        keep_too_large(l, topic, payload);
        return PX_OK;
    }
    if (!wait_for_room(l))
        return px_fail(ret_err, PX_INTERRUPTED, "the server ends");
    t = px_zalloc(1, sizeof(*t));
    if (!t)
        return px_no_memory(ret_err);
    t->link = l;
    px_arena_init(&t->arena, ARENA_BYTES_MAX);
    status = map(t, topic, payload, &err);
    if (status == PX_OK)
        count_message(t);
    if (status == PX_LIMIT) {
        keep_too_heavy(t, &err);
        status = PX_OK;
        t->item_count = 0;
    }
    if (status != PX_OK || t->item_count == 0) {
        take_free(t);
        return status == PX_OK ? PX_OK : px_fail(ret_err, status, "%s", err.text);
    }
    t->request.kind = PX_REQUEST_MESSAGES;
    t->request.principal = l->principal;
    t->request.source_time = PX_TIME_NONE;
    t->request.bytes = sizeof(*t) + t->arena.used;
    t->request.done = done;
    t->request.data = l;
    *l->last = t;
    l->last = &t->next;
    l->taken++;
    return PX_OK;
}

/* ---- all of them ---- */

/* A chain of so many. */
static px_status submit(pxi_link *l, px_request *first, px_request *last, size_t count,
                        px_err *ret_err)
{
    px_status status;

    l->pending = count;
    while ((status = px_engine_submit(l->owner->opts.engine, first, last)) == PX_BUSY)
        if (!pxi_link_pause(l, busy_ns))
            break;
    if (status != PX_OK)
        return px_fail_id(ret_err, status, "connection.busy", "the server takes no more: %s",
                          px_status_meaning(status));
    pthread_mutex_lock(&l->lock);
    while (l->pending > 0)
        pthread_cond_wait(&l->settled, &l->lock);
    pthread_mutex_unlock(&l->lock);
    return PX_OK;
}

static px_status submit_all(pxi_link *l, px_err *ret_err)
{
    px_request *last = NULL;

    if (!l->first)
        return PX_OK;
    for (pxi_take *t = l->first; t; t = t->next) {
        t->request.next = t->next ? &t->next->request : NULL;
        last = &t->request;
    }
    return submit(l, &l->first->request, last, l->taken, ret_err);
}

px_status pxi_link_ask(pxi_link *l, px_request *request, px_err *ret_err)
{
    request->done = done;
    request->data = l;
    return submit(l, request, request, 1, ret_err);
}

/* Whether the same message may be taken another time. */
static bool will_pass(px_status status)
{
    return status == PX_FULL || status == PX_BUSY || status == PX_NO_MEMORY || status == PX_IO ||
           status == PX_INTERRUPTED || status == PX_TIMEOUT;
}

static px_status judge(const pxi_take *t, px_err *ret_err)
{
    const px_result *result = &t->request.result;

    if (result->status == PX_OK) {
        PXI_COUNT(t->link, values, t->values);
        return PX_OK;
    }
    if (will_pass(result->status)) {
        if (ret_err)
            *ret_err = result->err;
        return result->status;
    }
    PXI_COUNT(t->link, rejected, 1);
    for (size_t i = 0; i < t->binding_count; i++)
        if (px_bind_desk_count(&t->bounds[i]))
            keep_refusal(t, t->bindings[i], &result->err);
    return PX_OK;
}

px_status pxi_take_settle(pxi_link *l, px_err *ret_err)
{
    px_status status = submit_all(l, ret_err);
    bool was_submitted = status == PX_OK;

    while (l->first) {
        pxi_take *t = l->first;
        px_status own = was_submitted ? judge(t, status == PX_OK ? ret_err : NULL) : PX_OK;

        if (status == PX_OK)
            status = own;
        l->first = t->next;
        take_free(t);
    }
    l->last = &l->first;
    l->taken = 0;
    return status;
}
