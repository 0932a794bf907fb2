/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One epoll thread. Each round: events, letters from other threads, what waits for room, the sweep
 * of time-outs; then the application gets its batch, then every connection that was touched is
 * written to once.
 */
#include <sys/epoll.h>

#include "base/time.h"
#include "server/mqtt_inner.h"

enum { EVENTS_PER_ROUND = 256 };

static void on_event(px_mqtt_worker *w, const struct epoll_event *event)
{
    px_mqtt_conn conn = { event->data.u64 };
    px_mqtt_link *link;

    if (conn.v == PX_MQTT_EVENT_WAKE)
        return; /* edge-triggered, so it need not be read: letters are taken in every round */
    if (conn.v == PX_MQTT_EVENT_LISTEN)
        px_mqtt_accept(w, &w->door->plain, false);
    else if (conn.v == PX_MQTT_EVENT_LISTEN_TLS)
        px_mqtt_accept(w, &w->door->secure, true);
    else if ((link = px_mqtt_link_find(w, conn)) != NULL)
        px_mqtt_link_on_event(link, event->events);
}

/* ---- letters ---- */

static void take_answer(px_mqtt_worker *w, const px_mqtt_post_answer *answer)
{
    px_mqtt_link *link = px_mqtt_link_find(w, answer->conn);

    w->unanswered -= w->unanswered > 0;
    if (!link)
        return;
    px_mqtt_session_ack(link->session, answer->token, answer->reason);
    px_mqtt_link_mark(link);
    w->retry = w->retry || link->is_waiting; /* a 3.1.1 client has room in its window again */
}

static void take_why(px_mqtt_worker *w, const px_mqtt_reply *r)
{
    px_mqtt_link *link = px_mqtt_link_find(w, r->conn);

    if (link)
        px_mqtt_session_explain(link->session, r->token,
                                px_str_of((const char *)r->reasons, r->count));
}

static void take_reply(px_mqtt_worker *w, const px_mqtt_reply *r)
{
    px_mqtt_link *link = px_mqtt_link_find(w, r->conn);

    if (!link)
        return;
    px_mqtt_session_clock(link->session, w->now_ns);
    if (r->kind == PX_MQTT_REPLY_ADMIT)
        px_mqtt_session_admit(link->session, &r->admission);
    else if (r->kind == PX_MQTT_REPLY_ANSWER)
        px_mqtt_session_answer(link->session, r->type, r->packet_id, r->reasons, r->count);
    else if (r->kind == PX_MQTT_REPLY_RELEASED)
        px_mqtt_session_released(link->session, r->packet_id);
    else
        px_mqtt_session_release(link->session, r->packet_id);
    px_mqtt_link_mark(link);
}

/* An answer could not be put: better no connection than one that waits for ever. */
static void end_who_waits(px_mqtt_worker *w)
{
    for (size_t i = 0; i < w->slots.len; i++) {
        px_mqtt_link *link = w->slots.ptr[i].link;

        if (!link || px_mqtt_session_unanswered(link->session) == 0)
            continue;
        px_mqtt_session_end(link->session, PX_MQTT_QUOTA_EXCEEDED);
        px_mqtt_link_mark(link);
    }
}

static void take_order(px_mqtt_worker *w, const px_mqtt_post_order *order)
{
    px_mqtt_link *link = px_mqtt_link_find(w, order->conn);

    if (!link)
        return;
    if (order->order == PX_MQTT_ORDER_END)
        px_mqtt_session_end(link->session, order->reason);
    else
        px_mqtt_session_pause(link->session, order->order == PX_MQTT_ORDER_PAUSE);
    px_mqtt_link_mark(link);
}

static void take_letter(px_mqtt_worker *w, const px_mqtt_letter *letter)
{
    for (size_t i = 0; i < letter->count; i++) {
        px_mqtt_link *link = px_mqtt_link_find(w, px_mqtt_letter_conn(letter, i));

        if (!link)
            continue;
        if (letter->message.expires_at_ns != 0)
            px_mqtt_session_clock(link->session, w->now_ns);
        (void)px_mqtt_session_deliver(link->session, &letter->message); /* it counts by itself */
        px_mqtt_link_mark(link);
    }
}

void px_mqtt_worker_take_post(px_mqtt_worker *w)
{
    px_mqtt_post_bag *bag = &w->post.out;
    px_mqtt_letter letter;
    px_mqtt_reply reply;

    px_mqtt_post_take(&w->post);
    PX_VEC_EACH (&bag->arrivals, arrival) {
        px_mqtt_link_open(w, arrival);
    }
    for (px_str at = px_buf_str(&bag->whys); px_mqtt_reply_next(&at, &reply);)
        take_why(w, &reply);
    PX_VEC_EACH (&bag->answers, answer) {
        take_answer(w, answer);
    }
    for (px_str at = px_buf_str(&bag->replies); px_mqtt_reply_next(&at, &reply);)
        take_reply(w, &reply);
    if (atomic_load_explicit(&w->post.is_short, memory_order_relaxed) &&
        atomic_exchange(&w->post.is_short, false))
        end_who_waits(w);
    for (px_str at = px_buf_str(&bag->letters); px_mqtt_letter_next(&at, &letter);)
        take_letter(w, &letter);
    PX_VEC_EACH (&bag->orders, order) {
        take_order(w, order);
    }
}

/* ---- waiting for room ---- */

static void retry_waiting(px_mqtt_worker *w)
{
    size_t count = w->waiting.len;

    w->retry = false;
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        px_mqtt_link *link = px_mqtt_link_find(w, w->waiting.ptr[i]);

        if (!link)
            continue;
        link->is_waiting = false; /* settling puts it back if need be */
        px_mqtt_link_retry(link);
    }
    w->waiting.len -= count;
    memmove(w->waiting.ptr, w->waiting.ptr + count, w->waiting.len * sizeof(*w->waiting.ptr));
}

/* Bytes that TLS holds decrypted make no event: those links are read again at once. */
static bool must_not_sleep(px_mqtt_worker *w)
{
    PX_VEC_EACH (&w->waiting, conn) {
        px_mqtt_link *link = px_mqtt_link_find(w, *conn);

        if (link && link->tls && !px_mqtt_session_stalled(link->session))
            return true;
    }
    return false;
}

/* ---- time ---- */

static void sweep_one(px_mqtt_worker *w, px_mqtt_link *link)
{
    if (link->is_broken || (link->close_at_ns != 0 && w->now_ns >= link->close_at_ns)) {
        px_mqtt_link_close(link);
        return;
    }
    px_mqtt_session_tick(link->session, w->now_ns);
    if (px_mqtt_session_is_ended(link->session) && link->close_at_ns == 0)
        px_mqtt_link_mark(link);
}

/* A fifth of the slots each tick. */
static void sweep(px_mqtt_worker *w)
{
    size_t count = w->slots.len / PX_MQTT_SWEEP_PARTS + 1;

    for (size_t i = 0; i < count && w->slots.len > 0; i++) {
        w->sweep_at = (w->sweep_at + 1) % (uint32_t)w->slots.len;
        if (w->slots.ptr[w->sweep_at].link)
            sweep_one(w, w->slots.ptr[w->sweep_at].link);
    }
}

static void tick(px_mqtt_worker *w)
{
    if (w->now_ns < w->next_tick_ns)
        return;
    w->next_tick_ns = w->now_ns + PX_MQTT_TICK_MS * PX_MILLISECOND;
    w->retry = true;
    sweep(w);
    if (w->accept_paused && !w->is_draining && !px_mqtt_accept_watch(w))
        w->accept_paused = true;
}

static int timeout_ms(px_mqtt_worker *w)
{
    if (w->retry || must_not_sleep(w))
        return 0;
    if (w->is_draining)
        return 5;
    return w->open_count > 0 || w->accept_paused ? PX_MQTT_TICK_MS : -1;
}

/* ---- the end ---- */

static void begin_drain(px_mqtt_worker *w)
{
    w->is_draining = true;
    if (w->index == 0)
        px_mqtt_accept_unwatch(w);
    for (size_t i = 0; i < w->slots.len; i++)
        if (w->slots.ptr[i].link) {
            px_mqtt_session_pause(w->slots.ptr[i].link->session, true);
            px_mqtt_link_mark(w->slots.ptr[i].link);
        }
}

/* Ends each session that has all its answers; past the deadline every one. True: nothing is left.
 */
static bool drain(px_mqtt_worker *w)
{
    bool is_late = w->now_ns >= atomic_load(&w->door->drain_until_ns);

    for (size_t i = 0; i < w->slots.len; i++) {
        px_mqtt_link *link = w->slots.ptr[i].link;

        if (!link || (px_mqtt_session_unanswered(link->session) > 0 && !is_late))
            continue;
        px_mqtt_session_end(link->session, PX_MQTT_SERVER_SHUTTING_DOWN);
        px_mqtt_link_settle(link);
        link = w->slots.ptr[i].link;
        if (link && (is_late || w->now_ns >= link->close_at_ns))
            px_mqtt_link_close(link);
    }
    return w->open_count == 0;
}

/* ---- the round ---- */

static void settle_dirty(px_mqtt_worker *w)
{
    for (size_t i = 0; i < w->dirty.len; i++) {
        px_mqtt_link *link = px_mqtt_link_find(w, w->dirty.ptr[i]);

        if (!link)
            continue;
        link->is_dirty = false;
        px_mqtt_link_settle(link);
    }
    w->dirty.len = 0;
}

/* True while there is another round to come. */
static bool round_once(px_mqtt_worker *w)
{
    struct epoll_event events[EVENTS_PER_ROUND];
    int count = epoll_wait(w->epoll, events, EVENTS_PER_ROUND, timeout_ms(w));
    uint64_t room = atomic_load_explicit(&w->door->room, memory_order_acquire);

    w->now_ns = w->door->env->monotonic_ns(w->door->env);
    w->retry = w->retry || room != w->room_seen;
    w->room_seen = room;
    for (int i = 0; i < count; i++)
        on_event(w, &events[i]);
    px_mqtt_worker_take_post(w);
    tick(w);
    if (w->retry || must_not_sleep(w))
        retry_waiting(w);
    if (w->door->app.flush)
        w->door->app.flush(w->door->app.ctx, w->index);
    settle_dirty(w);
    atomic_store_explicit(&w->waiting_count, (uint32_t)w->waiting.len, memory_order_release);
    /* room was made while a connection was told that there is none: ask again at once */
    w->retry = w->waiting.len > 0 && atomic_load(&w->door->room) != w->room_seen;
    if (!atomic_load(&w->door->is_stopping))
        return true;
    if (!w->is_draining)
        begin_drain(w);
    return !drain(w);
}

void *px_mqtt_worker_main(void *worker)
{
    px_mqtt_worker *w = worker;

    while (round_once(w))
        continue;
    return NULL;
}
