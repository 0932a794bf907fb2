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

enum { ARENA_BYTES_MAX = 16 * 1024 * 1024, TRIES_MAX = 3 };
static const int64_t busy_ns = 5 * PX_MILLISECOND;

/* What one binding makes of it. */
typedef struct part {
    px_bound bound;
    px_bind_miss refusal; /* why it takes nothing of it; without an id it does */
} part;

struct pxi_take {
    pxi_take *next;
    pxi_link *link;
    px_arena arena;
    px_request request;
    const px_binding **bindings; /* held until it is freed */
    part *parts;                 /* by binding; NULL: there was no memory for them */
    size_t binding_count, item_count, missed, values;
    bool is_due;  /* the engine has not judged it yet */
    px_err heavy; /* why all of its bindings together want too much; PX_OK: they do not */
    px_str topic, payload;
    px_time time;    /* of its arrival */
    px_time read_at; /* of its values, where it says none itself; PX_TIME_NONE: their arrival */
};

/* ---- rejects ---- */

static void keep_reject(const pxi_take *t, const px_binding *binding, const px_bind_miss *miss)
{
    px_bind_desk desk = { t->link->owner->opts.engine, binding, &t->link->principal };
    px_bind_input input = { .topic = t->topic, .payload = t->payload };

    px_bind_desk_reject(&desk, t->link->owner->opts.rejects, t->time, &input, miss);
    t->link->has_kept = true;
}

/* What became of it by this binding. `why`: the engine took nothing of it, or NULL. */
static void tell_part(const pxi_take *t, size_t index, const px_bind_miss *why)
{
    const px_binding *binding = t->bindings[index];
    const part *p = &t->parts[index];
    px_binding_stats stats = { .messages = 1,
                               .values = p->bound.values,
                               .missed = p->bound.missed,
                               .refused = p->refusal.id || why };

    if (p->refusal.id)
        keep_reject(t, binding, &p->refusal);
    for (size_t i = 0; i < p->bound.miss_count; i++)
        keep_reject(t, binding, &p->bound.misses[i]);
    if (why)
        keep_reject(t, binding, why);
    px_bindings_count(binding, &stats);
}

/* All of its bindings together want more memory than a message may have. */
static void tell_heavy(const pxi_take *t)
{
    px_bind_miss miss = px_bind_miss_of(&t->heavy);
    px_binding_stats stats = { .messages = 1, .refused = 1 };

    for (size_t i = 0; i < t->binding_count; i++) {
        keep_reject(t, t->bindings[i], &miss);
        px_bindings_count(t->bindings[i], &stats);
    }
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
    l->has_kept = true;
    PXI_COUNT(l, rejected, 1);
}

/* ---- mapping ---- */

static void put_time(const px_bound *bound, px_time time)
{
    for (size_t i = 0; i < bound->twin_count; i++)
        for (size_t j = 0; j < bound->twins[i]->sample_count; j++)
            if (bound->twins[i]->samples[j].source_time == PX_TIME_NONE)
                bound->twins[i]->samples[j].source_time = time;
}

static px_status map_by(pxi_take *t, size_t index, px_err *ret_err)
{
    px_bind_desk desk = { t->link->owner->opts.engine, t->bindings[index], &t->link->principal };
    px_bind_input input = { .topic = t->topic, .payload = t->payload };
    part *p = &t->parts[index];
    px_err err = { 0 };
    px_status status = px_bind_desk_map(&desk, &input, &t->arena, &p->bound, &err);

    if (status == PX_NO_MEMORY)
        return px_fail(ret_err, status, "%s", err.text);
    if (status != PX_OK)
        *p = (part){ .bound = { .missed = 1 }, .refusal = px_bind_miss_of(&err) };
    put_time(&p->bound, t->read_at);
    t->values += p->bound.values;
    t->item_count += px_bind_desk_count(&p->bound);
    return PX_OK;
}

/* That a binding found nothing is told where none of them understood the message: several of one
 * connection may be for different ones. */
static void sum_misses(pxi_take *t)
{
    bool is_understood = false;

    for (size_t i = 0; i < t->binding_count; i++)
        is_understood = is_understood || px_bound_is_understood(&t->parts[i].bound);
    for (size_t i = 0; i < t->binding_count; i++) {
        if (!is_understood || t->binding_count == 1)
            px_bound_tell_nothing(&t->parts[i].bound, t->bindings[i], t->time);
        t->missed += t->parts[i].bound.missed;
    }
}

static px_status fill_items(pxi_take *t, px_err *ret_err)
{
    size_t at = 0;

    t->request.items = PX_ARENA_ARRAY(&t->arena, px_request, t->item_count);
    if (!t->request.items)
        return px_arena_fail(&t->arena, ret_err);
    for (size_t i = 0; i < t->binding_count; i++) {
        px_bind_desk desk = { t->link->owner->opts.engine, t->bindings[i], &t->link->principal };
        const px_bound *bound = &t->parts[i].bound;

        PX_TRY(px_bind_desk_items(&desk, bound, &t->arena, t->request.items + at, ret_err));
        at += px_bind_desk_count(bound);
    }
    t->request.item_count = t->item_count;
    return PX_OK;
}

/* By the models that there are now. */
static px_status map(pxi_take *t, px_err *ret_err)
{
    t->item_count = t->missed = t->values = 0;
    t->parts = PX_ARENA_ARRAY(&t->arena, part, t->binding_count + 1);
    if (!t->parts)
        return px_arena_fail(&t->arena, ret_err);
    for (size_t i = 0; i < t->binding_count; i++)
        PX_TRY(map_by(t, i, ret_err));
    sum_misses(t);
    t->is_due = t->item_count > 0;
    return t->is_due ? fill_items(t, ret_err) : PX_OK;
}

static px_status begin(pxi_take *t, px_str topic, px_str payload, px_err *ret_err)
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
    return map(t, ret_err);
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

px_status pxi_take_message(pxi_link *l, px_str topic, px_str payload, px_time read_at,
                           px_err *ret_err)
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
    t->read_at = read_at;
    px_arena_init(&t->arena, ARENA_BYTES_MAX);
    status = begin(t, topic, payload, &err);
    if (status == PX_LIMIT) {
        t->heavy = err;
        t->item_count = 0;
        t->is_due = false;
        status = PX_OK;
    }
    if (status != PX_OK) {
        take_free(t);
        return px_fail(ret_err, status, "%s", err.text);
    }
    PXI_COUNT(l, messages, 1);
    if (t->binding_count == 0) {
        pxi_link_unbound(l, t->topic);
        take_free(t);
        return PX_OK;
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
    l->taken_bytes += t->arena.used;
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

/* Those that are due, in order. */
static px_status submit_all(pxi_link *l, px_err *ret_err)
{
    px_request *first = NULL, **next = &first, *last = NULL;
    size_t count = 0;

    for (pxi_take *t = l->first; t; t = t->next) {
        if (!t->is_due)
            continue;
        *next = last = &t->request;
        next = &t->request.next;
        count++;
    }
    *next = NULL;
    if (count)
        PX_TRY(submit(l, first, last, count, ret_err));
    for (pxi_take *t = l->first; t; t = t->next)
        t->is_due = false;
    return PX_OK;
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

/* It was mapped by a model that its twin has no more. */
static bool is_stale(const pxi_take *t)
{
    const px_result *result = &t->request.result;

    return result->status == PX_STALE && result->err.id &&
           strcmp(result->err.id, "sync.model_changed") == 0;
}

/* One that came later on the same topic counts already: only the other side can put them in order
 * again. */
static bool is_overtaken(const pxi_take *t)
{
    for (const pxi_take *later = t->next; later; later = later->next)
        if (later->item_count > 0 && later->request.result.status == PX_OK &&
            px_str_eq(later->topic, t->topic))
            return true;
    return false;
}

/* The first that is not done and would be if it came again; PX_OK: there is none. */
static px_status find_undone(const pxi_link *l, px_err *ret_err)
{
    for (const pxi_take *t = l->first; t; t = t->next) {
        const px_result *result = &t->request.result;

        if (t->is_due)
            return px_fail_id(ret_err, PX_BUSY, "connection.busy", "the server takes no more");
        if (!will_pass(result->status) && !is_stale(t))
            continue;
        if (ret_err)
            *ret_err = result->err;
        return result->status;
    }
    return PX_OK;
}

/* Maps what is stale by the models of now, and hands it over again. False: there is none, or this
 * does not help. */
static bool take_again(pxi_link *l)
{
    bool found = false;

    for (pxi_take *t = l->first; t; t = t->next) {
        if (!is_stale(t))
            continue;
        if (is_overtaken(t) || map(t, NULL) != PX_OK)
            return false;
        memset(&t->request.result, 0, sizeof(t->request.result));
        found = true;
    }
    return found && submit_all(l, NULL) == PX_OK;
}

/* What became of it, once that is sure. */
static void tell(const pxi_take *t)
{
    const px_result *result = &t->request.result;
    bool is_refused = result->status != PX_OK;
    px_bind_miss why = { 0 };

    if (t->heavy.status != PX_OK) {
        tell_heavy(t);
        return;
    }
    if (is_refused)
        why = px_bind_miss_of(&result->err);
    for (size_t i = 0; i < t->binding_count; i++)
        tell_part(t, i, is_refused && px_bind_desk_count(&t->parts[i].bound) ? &why : NULL);
    if (is_refused || (t->item_count == 0 && t->missed))
        PXI_COUNT(t->link, rejected, 1);
}

px_status pxi_take_settle(pxi_link *l, px_err *ret_err)
{
    px_status status = submit_all(l, ret_err);
    bool was_submitted = status == PX_OK;

    for (int i = 1; was_submitted && i < TRIES_MAX && take_again(l); i++)
        ;
    if (was_submitted)
        status = find_undone(l, ret_err);
    while (l->first) {
        pxi_take *t = l->first;

        if (was_submitted && !t->is_due && t->request.result.status == PX_OK)
            PXI_COUNT(l, values, t->values);
        if (status == PX_OK)
            tell(t);
        l->first = t->next;
        take_free(t);
    }
    l->last = &l->first;
    l->taken = l->taken_bytes = 0;
    return status;
}

px_status pxi_take_saved(pxi_link *l, px_err *ret_err)
{
    if (!l->has_kept)
        return PX_OK;
    l->has_kept = false;
    return px_rejects_settled(l->owner->opts.rejects, ret_err);
}
