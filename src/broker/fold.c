/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events into state, live and at start by the same steps. Who waits for one is told where it
 * belongs to this run of the server; an event of an earlier run has nobody to tell.
 *
 * A row may be newer than the event that comes (rows are written in portions): `pxi_is_in` passes
 * it over.
 */
#include "broker/internal.h"

/* ---- the end of a session, and its will ---- */

static px_time after(px_time time, uint32_t seconds)
{
    return time + (px_time)seconds * PX_SECOND;
}

/* At its end or at its delay, whichever comes first. */
static px_time will_time(const px_session *s)
{
    uint32_t delay_s = s->will.delay_s < s->expiry_s ? s->will.delay_s : s->expiry_s;

    return after(s->closed_at, delay_s);
}

/* Gone with all that was kept; a will that is due stays until it is sent. */
static void end_session(px_broker *b, px_session *s, px_time now, uint64_t seq)
{
    if (s->will_at == PX_TIME_NONE) {
        pxi_session_drop(b, s);
        return;
    }
    pxi_session_hide(b, s);
    pxi_session_empty(b, s);
    s->will_at = s->will_at < now ? s->will_at : now;
    pxi_session_touch(b, s, seq);
}

static void close_session(px_session *s, px_time now, bool with_will)
{
    s->is_online = false;
    s->closed_at = now;
    pxi_queue_rewind(s);
    if (!with_will)
        pxi_session_set_will(s, NULL);
    else if (s->has_will)
        s->will_at = will_time(s);
}

/* ---- OPEN ---- */

static bool is_over(const px_session *s, px_time now)
{
    return !s->is_online && after(s->closed_at, s->expiry_s) <= now;
}

/* The will of a connection that the new one ends, where it may not wait for a delay: moved to a
 * ghost with the number of this event, for the session itself gets a new one. */
static px_status let_will_out(px_broker *b, px_session *s, const px_event *event, px_err *ret_err)
{
    px_session *ghost;

    if (!s->has_will || s->will.delay_s > 0 || pxi_session_by_no(b, event->seq))
        return PX_OK;
    ghost = pxi_session_make(b, s->tenant, event->seq, s->scope, (px_str){ NULL, 0 });
    if (!ghost || !pxi_text_copy(&ghost->credential, s->credential) ||
        !pxi_session_set_will(ghost, &s->will)) {
        if (ghost)
            pxi_session_drop(b, ghost);
        return px_no_memory(ret_err);
    }
    ghost->closed_at = ghost->will_at = event->time;
    pxi_session_touch(b, ghost, event->seq);
    return PX_OK;
}

static void end_at(px_broker *b, px_session *s, const px_event *event)
{
    if (s->is_online)
        close_session(s, event->time, true);
    end_session(b, s, event->time, event->seq);
}

/* One without expiry is as old as its connection, which a new one of its client id ends
 * ([MQTT-3.1.2-6], 5.0 3.1.2.11.2): nobody goes on with it, however soon. */
static bool ends_with_connection(const px_session *s)
{
    return s->is_online && s->expiry_s == 0;
}

/* The session that this client id has and goes on with, or NULL. */
static px_status take_up(px_broker *b, const px_event *event, const px_open_record *r,
                         px_session **ret_s, px_err *ret_err)
{
    px_session *s = pxi_session_by_id(b, event->tenant, r->scope, event->id);

    *ret_s = NULL;
    if (!s)
        return PX_OK;
    if (r->clean || is_over(s, event->time) || ends_with_connection(s)) {
        end_at(b, s, event);
        return PX_OK;
    }
    if (s->is_online)
        PX_TRY(let_will_out(b, s, event, ret_err));
    *ret_s = s;
    return PX_OK;
}

/* Its own ones, and its part in shared ones: the right is to the filter. */
static void lose_filter(px_broker *b, px_session *s, px_str text)
{
    for (size_t i = s->filters.len; i-- > 0;) {
        px_filter_record f = s->filters.ptr[i];

        if (!px_str_eq(f.text, text))
            continue;
        (void)pxi_filter_remove(b, s->tenant, pxi_session_owner(s), f.text, f.share);
        (void)pxi_session_lose_filter(s, f.text, f.share);
    }
}

static void lose_filters(px_broker *b, px_session *s, const px_open_record *r)
{
    for (size_t i = 0; i < r->dropped_count; i++)
        lose_filter(b, s, r->dropped[i]);
}

static px_status fill(px_broker *b, px_session *s, const px_open_record *r, px_err *ret_err)
{
    px_str credential;

    if (!pxi_text_copy(&credential, r->credential))
        return px_no_memory(ret_err);
    pxi_text_free(s->credential);
    s->credential = credential;
    if (!pxi_session_set_peer(b, s, r->peer) ||
        !pxi_session_set_will(s, r->has_will ? &r->will : NULL))
        return px_no_memory(ret_err);
    s->expiry_s = r->expiry_s;
    s->is_online = true;
    s->closed_at = PX_TIME_NONE;
    s->end_is_asked = false;
    return PX_OK;
}

/* What a client that waits for CONNACK gets, and then what its session has for it. */
static void admit(px_broker *b, px_session *s, bool is_resumed)
{
    const px_broker_app *app = &b->opts.app;
    px_mqtt_admission admission = { .reason = PX_MQTT_SUCCESS,
                                    .session_present = is_resumed,
                                    .session_expiry_s = s->expiry_s,
                                    .received = s->received.ptr,
                                    .received_count = s->received.len };

    app->admit(app->ctx, s->peer.conn, &admission);
    pxi_queue_resume(b, s);
    PX_VEC_EACH (&s->filters, f)
        if (f->share.len == 0)
            app->subscribed(app->ctx, s->tenant, s->peer.conn, f->text, f->qos);
    app->wake(app->ctx);
}

static px_status fold_open(px_broker *b, const px_event *event, px_err *ret_err)
{
    px_open_record r;
    px_session *s;
    bool is_resumed;

    PX_TRY(px_get_open(event->body, &b->arena, &r, ret_err));
    s = pxi_session_by_id(b, event->tenant, r.scope, event->id);
    if (s && pxi_is_in(s, event)) {
        s = pxi_session_before(b, event->tenant, r.scope, event->id, event->seq);
        if (s &&
            !pxi_is_in(s, event)) /* its row was not written yet when that of the new one was */
            end_at(b, s, event);
        return PX_OK;
    }
    PX_TRY(take_up(b, event, &r, &s, ret_err));
    is_resumed = s != NULL;
    if (!s)
        s = pxi_session_make(b, event->tenant, event->seq, r.scope, event->id);
    if (!s)
        return px_no_memory(ret_err);
    pxi_queue_rewind(s);
    lose_filters(b, s, &r);
    PX_TRY(fill(b, s, &r, ret_err));
    pxi_session_touch(b, s, event->seq);
    if (!pxi_is_live(b, r.peer))
        return PX_OK;
    atomic_fetch_add_explicit(&b->resumed, is_resumed, memory_order_relaxed);
    admit(b, s, is_resumed);
    return PX_OK;
}

/* ---- CLOSE and END ---- */

static px_status fold_close(px_broker *b, const px_event *event, px_err *ret_err)
{
    px_close_record r;
    px_session *s;

    PX_TRY(px_get_close(event->body, &r, ret_err));
    s = pxi_session_by_peer(b, r.peer);
    if (!s || !s->is_online || pxi_is_in(s, event))
        return PX_OK; /* another connection has taken it over */
    if (r.has_expiry)
        s->expiry_s = r.expiry_s;
    close_session(s, event->time, r.with_will);
    pxi_session_touch(b, s, event->seq);
    if (s->expiry_s == 0)
        end_session(b, s, event->time, event->seq);
    return PX_OK;
}

static px_status fold_end(px_broker *b, const px_event *event, px_err *ret_err)
{
    px_session *s = pxi_session_by_no(b, event->revision);

    (void)ret_err;
    if (!s || s->is_ghost || pxi_is_in(s, event))
        return PX_OK;
    if (!is_over(s, event->time)) { /* its client came back before, or the clock went back */
        s->end_is_asked = false;
        return PX_OK;
    }
    atomic_fetch_add_explicit(&b->sessions_expired, 1, memory_order_relaxed);
    end_session(b, s, event->time, event->seq);
    return PX_OK;
}

/* ---- SUBSCRIBE and UNSUBSCRIBE ---- */

static bool wants_retained(const px_filter_record *f, bool is_new)
{
    return f->retain_handling == 0 || (f->retain_handling == 1 && is_new);
}

/* Gives what SUBACK says of it. */
static px_status subscribe_one(px_broker *b, px_session *s, const px_filter_record *f,
                               uint8_t *ret_reason, bool *ret_is_new, px_err *ret_err)
{
    px_status status;

    *ret_reason = f->reason;
    if (f->reason >= 0x80)
        return PX_OK;
    if (!pxi_session_has_place(s, f)) {
        *ret_reason = PX_MQTT_QUOTA_EXCEEDED;
        return PX_OK;
    }
    status = pxi_filter_add(b, s->tenant, pxi_session_owner(s), f, ret_is_new, ret_err);
    if (status == PX_LIMIT) {
        *ret_reason = PX_MQTT_QUOTA_EXCEEDED;
        return PX_OK;
    }
    PX_TRY(status);
    if (!pxi_session_keep_filter(s, f))
        return px_no_memory(ret_err);
    *ret_reason = f->qos;
    return PX_OK;
}

static px_status subscribe_all(px_broker *b, px_session *s, const px_filters_record *r,
                               uint8_t *reasons, bool *is_new, px_err *ret_err)
{
    for (size_t i = 0; i < r->count; i++)
        PX_TRY(subscribe_one(b, s, &r->filters[i], &reasons[i], &is_new[i], ret_err));
    return PX_OK;
}

static px_status greet_all(px_broker *b, px_session *s, const px_filters_record *r,
                           const uint8_t *reasons, const bool *is_new, px_err *ret_err)
{
    const px_broker_app *app = &b->opts.app;
    uint64_t conn = s->is_online && pxi_is_live(b, s->peer) ? s->peer.conn : 0;

    for (size_t i = 0; i < r->count; i++) {
        const px_filter_record *f = &r->filters[i];

        if (reasons[i] >= 0x80)
            continue;
        if (wants_retained(f, is_new[i]))
            PX_TRY(pxi_send_retained(b, s->tenant, conn, s, f, ret_err));
        if (conn && f->share.len == 0)
            app->subscribed(app->ctx, s->tenant, conn, f->text, f->qos);
    }
    return PX_OK;
}

static void answer(px_broker *b, const px_filters_record *r, px_mqtt_type type,
                   const uint8_t *reasons)
{
    const px_broker_app *app = &b->opts.app;

    if (pxi_is_live(b, r->peer))
        app->answer(app->ctx, r->peer.conn, type, r->packet_id, reasons, r->count);
}

static px_status fold_subscribe(px_broker *b, const px_event *event, px_err *ret_err)
{
    px_filters_record r;
    px_session *s;
    uint8_t *reasons;
    bool *is_new;

    PX_TRY(px_get_filters(event->body, &b->arena, &r, ret_err));
    s = pxi_session_by_peer(b, r.peer);
    if (!s || pxi_is_in(s, event))
        return PX_OK;
    reasons = PX_ARENA_ARRAY(&b->arena, uint8_t, r.count + 1);
    is_new = PX_ARENA_ARRAY(&b->arena, bool, r.count + 1);
    if (!reasons || !is_new)
        return px_arena_fail(&b->arena, ret_err);
    PX_TRY(subscribe_all(b, s, &r, reasons, is_new, ret_err));
    answer(b, &r, PX_MQTT_SUBACK, reasons);
    PX_TRY(greet_all(b, s, &r, reasons, is_new, ret_err));
    pxi_session_touch(b, s, event->seq);
    pxi_pump(b, s);
    b->opts.app.wake(b->opts.app.ctx);
    return PX_OK;
}

static px_status fold_unsubscribe(px_broker *b, const px_event *event, px_err *ret_err)
{
    px_filters_record r;
    px_session *s;
    uint8_t *reasons;

    PX_TRY(px_get_filters(event->body, &b->arena, &r, ret_err));
    s = pxi_session_by_peer(b, r.peer);
    if (!s || pxi_is_in(s, event))
        return PX_OK;
    reasons = PX_ARENA_ARRAY(&b->arena, uint8_t, r.count + 1);
    if (!reasons)
        return px_arena_fail(&b->arena, ret_err);
    for (size_t i = 0; i < r.count; i++) {
        const px_filter_record *f = &r.filters[i];

        reasons[i] = f->reason;
        if (f->reason >= 0x80)
            continue;
        reasons[i] = pxi_session_lose_filter(s, f->text, f->share)
                         ? PX_MQTT_SUCCESS
                         : PX_MQTT_NO_SUBSCRIPTION_EXISTED;
        (void)pxi_filter_remove(b, s->tenant, pxi_session_owner(s), f->text, f->share);
    }
    pxi_session_touch(b, s, event->seq);
    answer(b, &r, PX_MQTT_UNSUBACK, reasons);
    b->opts.app.wake(b->opts.app.ctx);
    return PX_OK;
}

/* ---- receipts of QoS 2 ---- */

static void release(px_session *s, uint16_t packet_id)
{
    PX_VEC_EACH (&s->received, id)
        if (*id == packet_id) {
            *id = s->received.ptr[--s->received.len];
            return;
        }
}

static px_status fold_will_sent(px_broker *b, const px_event *event)
{
    px_session *s = pxi_session_by_no(b, event->revision);

    if (!s || pxi_is_in(s, event))
        return PX_OK;
    atomic_fetch_add_explicit(&b->wills, 1, memory_order_relaxed);
    if (s->is_online)
        return PX_OK; /* its client came back meanwhile: what it has now is another will */
    pxi_session_set_will(s, NULL);
    if (s->is_ghost)
        pxi_session_drop(b, s);
    else
        pxi_session_touch(b, s, event->seq);
    return PX_OK;
}

static px_status fold_receipt(px_broker *b, const px_event *event, px_err *ret_err)
{
    px_receipt_record r;
    px_session *s;

    PX_TRY(px_get_receipt(event->body, &r, ret_err));
    if (r.kind == PX_RECEIPT_WILL_SENT)
        return fold_will_sent(b, event);
    s = pxi_session_by_peer(b, r.peer);
    if (!s || pxi_is_in(s, event))
        return PX_OK;
    if (r.kind == PX_RECEIPT_CAME)
        PX_TRY(pxi_session_receive(s, r.packet_id, ret_err));
    else
        release(s, r.packet_id);
    pxi_session_touch(b, s, event->seq);
    if (r.kind == PX_RECEIPT_RELEASED && pxi_is_live(b, r.peer)) {
        b->opts.app.released(b->opts.app.ctx, r.peer.conn, r.packet_id);
        b->opts.app.wake(b->opts.app.ctx);
    }
    return PX_OK;
}

/* ---- ACK ---- */

static void fold_one_ack(px_broker *b, const px_ack_record *ack, const px_event *event)
{
    px_session *s = pxi_session_by_no(b, ack->session);
    px_entry *entry = s && !pxi_is_in(s, event) ? pxi_entry_find(s, ack->packet_id) : NULL;

    if (!entry)
        return;
    if (!ack->is_received) {
        pxi_entry_remove(b, s, entry);
        return;
    }
    entry->state = PX_ENTRY_RECEIVED;
    if (s->is_online && pxi_is_live(b, s->peer)) {
        b->opts.app.release(b->opts.app.ctx, s->peer.conn, ack->packet_id);
        b->opts.app.wake(b->opts.app.ctx);
    }
}

static px_status fold_ack(px_broker *b, const px_event *event, px_err *ret_err)
{
    px_ack_record *acks;
    size_t count;

    PX_TRY(px_get_acks(event->body, &b->arena, &acks, &count, ret_err));
    for (size_t i = 0; i < count; i++)
        fold_one_ack(b, &acks[i], event);
    for (size_t i = 0; i < count; i++) { /* behind all of them: one session may have several */
        px_session *s = pxi_session_by_no(b, acks[i].session);

        if (s && !pxi_is_in(s, event))
            pxi_session_touch(b, s, event->seq);
    }
    return PX_OK;
}

px_status pxi_fold_event(px_broker *b, const px_event *event, px_err *ret_err)
{
    switch (event->type) {
    case PX_EVENT_SESSION_OPEN:
        return fold_open(b, event, ret_err);
    case PX_EVENT_SESSION_CLOSE:
        return fold_close(b, event, ret_err);
    case PX_EVENT_SESSION_END:
        return fold_end(b, event, ret_err);
    case PX_EVENT_SESSION_SUBSCRIBE:
        return fold_subscribe(b, event, ret_err);
    case PX_EVENT_SESSION_UNSUBSCRIBE:
        return fold_unsubscribe(b, event, ret_err);
    case PX_EVENT_SESSION_RECEIPT:
        return fold_receipt(b, event, ret_err);
    case PX_EVENT_SESSION_ACK:
        return fold_ack(b, event, ret_err);
    case PX_EVENT_SESSION_MESSAGE:
        return pxi_fold_message(b, event, ret_err);
    default:
        return PX_OK;
    }
}
