/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection: socket, perhaps TLS or WebSocket, and a session between them and the application.
 *
 *   event ─► read into the worker's buffer ─► session ─► application
 *   end of the round ─► settle: write what the session has to say, close it if it has ended, else
 * ask epoll for reading (unless the session wants none) and for writing (only when the socket is
 * full)
 *
 * Of WebSocket, our Close goes behind the session's last byte, and when the client's has come as
 * well the socket is closed. Where that does not come, and without WebSocket:
 *
 * After our last byte our side is shut and theirs is read to its end: closing at once with unread
 * bytes would send a reset, and the reset would destroy the DISCONNECT that says why.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "server/mqtt_inner.h"

/* ---- the session's questions, handed on to the application ---- */

/* One of our own thread ends here and now: what it still had to say may not come behind the CONNECT
 * of its session's new connection, whose client will say it again. */
static void end_older(px_mqtt_worker *w, px_mqtt_conn older)
{
    px_mqtt_link *link =
        px_mqtt_conn_thread(older) == w->index ? px_mqtt_link_find(w, older) : NULL;

    atomic_fetch_add(&w->door->taken_over, 1);
    if (!link) {
        px_mqtt_door_end(w->door, older, PX_MQTT_SESSION_TAKEN_OVER);
        return;
    }
    px_mqtt_session_end(link->session, PX_MQTT_SESSION_TAKEN_OVER);
    px_mqtt_link_mark(link);
}

static px_status take_name(px_mqtt_link *link, px_str client_id)
{
    px_mqtt_door *door = link->worker->door;
    px_mqtt_conn older;

    PX_TRY(px_mqtt_names_claim(door->names, link->grant.scope, client_id, link->ref, &older));
    link->is_named = true;
    if (older.v != 0)
        end_older(link->worker, older);
    return PX_OK;
}

static px_mqtt_reason on_connect(void *ctx, const px_mqtt_connect *connect, px_str client_id)
{
    px_mqtt_link *link = ctx;
    px_mqtt_worker *w = link->worker;
    const px_mqtt_door_app *app = &w->door->app;
    px_mqtt_peer peer = link->peer;
    px_certificate certificate;
    px_mqtt_reason reason;

    if (w->is_draining)
        return PX_MQTT_SERVER_SHUTTING_DOWN;
    if (link->tls && px_tls_link_certificate(link->tls, &certificate))
        peer.certificate = &certificate;
    reason = app->connect(app->ctx, w->index, link->ref, &peer, connect, client_id, &link->grant);
    if (reason != PX_MQTT_SUCCESS && reason != PX_MQTT_LATER)
        return reason;
    if (take_name(link, client_id) != PX_OK) {
        app->closed(app->ctx, w->index, link->ref, link->grant.principal,
                    &(px_mqtt_end){ .reason = PX_MQTT_SERVER_UNAVAILABLE });
        return PX_MQTT_SERVER_UNAVAILABLE;
    }
    link->is_authenticated = true;
    atomic_fetch_sub(&w->door->unauthenticated, 1);
    return reason;
}

static px_mqtt_reason on_publish(void *ctx, const px_mqtt_publish *publish, uint32_t token)
{
    px_mqtt_link *link = ctx;
    px_mqtt_worker *w = link->worker;
    const px_mqtt_door_app *app = &w->door->app;
    px_mqtt_reason reason;

    if (token != PX_MQTT_TOKEN_NONE && !px_mqtt_post_reserve(&w->post, w->unanswered + 1))
        return PX_MQTT_BUSY;
    reason = app->publish(app->ctx, w->index, link->ref, link->grant.principal, publish, token);
    if (reason == PX_MQTT_LATER && token != PX_MQTT_TOKEN_NONE)
        w->unanswered++;
    return reason;
}

static px_mqtt_reason on_release(void *ctx, uint16_t packet_id)
{
    px_mqtt_link *link = ctx;
    const px_mqtt_door_app *app = &link->worker->door->app;

    if (!app->release)
        return PX_MQTT_SUCCESS;
    return app->release(app->ctx, link->worker->index, link->ref, link->grant.principal, packet_id);
}

static px_mqtt_reason on_subscribe(void *ctx, px_mqtt_sub_request *request)
{
    px_mqtt_link *link = ctx;
    const px_mqtt_door_app *app = &link->worker->door->app;

    return app->subscribe(app->ctx, link->worker->index, link->ref, link->grant.principal, request);
}

static px_mqtt_reason on_unsubscribe(void *ctx, px_mqtt_sub_request *request)
{
    px_mqtt_link *link = ctx;
    const px_mqtt_door_app *app = &link->worker->door->app;

    return app->unsubscribe(app->ctx, link->worker->index, link->ref, link->grant.principal,
                            request);
}

static px_mqtt_reason on_acked(void *ctx, uint16_t packet_id, px_mqtt_type type, uint8_t reason)
{
    px_mqtt_link *link = ctx;
    const px_mqtt_door_app *app = &link->worker->door->app;

    if (!app->acked)
        return PX_MQTT_SUCCESS;
    return app->acked(app->ctx, link->worker->index, link->ref, link->grant.principal, packet_id,
                      type, reason);
}

static void on_arrived(void *ctx, uint32_t tag)
{
    px_mqtt_link *link = ctx;
    const px_mqtt_door_app *app = &link->worker->door->app;

    if (app->arrived)
        app->arrived(app->ctx, link->worker->index, link->ref, link->grant.principal, tag);
}

static void on_closed(void *ctx, const px_mqtt_end *end)
{
    px_mqtt_link *link = ctx;
    px_mqtt_door *door = link->worker->door;

    if (link->is_named)
        px_mqtt_names_release(door->names, link->grant.scope,
                              px_mqtt_session_client_id(link->session), link->ref);
    link->is_named = false;
    px_log_debug(door->log, "mqtt.closed", "address=%s client=%.*s reason=%s", link->peer.address,
                 PX_FMT(px_mqtt_session_client_id(link->session)),
                 px_mqtt_reason_name(end->reason));
    door->app.closed(door->app.ctx, link->worker->index, link->ref, link->grant.principal, end);
}

static const px_mqtt_app session_app = { .connect = on_connect,
                                         .publish = on_publish,
                                         .release = on_release,
                                         .subscribe = on_subscribe,
                                         .unsubscribe = on_unsubscribe,
                                         .acked = on_acked,
                                         .arrived = on_arrived,
                                         .closed = on_closed };

/* ---- slots ---- */

px_mqtt_link *px_mqtt_link_find(px_mqtt_worker *w, px_mqtt_conn conn)
{
    uint32_t at = px_mqtt_conn_slot(conn);

    if (at >= w->slots.len || w->slots.ptr[at].generation != px_mqtt_conn_generation(conn))
        return NULL;
    return w->slots.ptr[at].link;
}

static bool take_slot(px_mqtt_worker *w, px_mqtt_link *link)
{
    uint32_t at = w->free_slot;
    px_mqtt_slot *slot;

    if (at != UINT32_MAX)
        w->free_slot = w->slots.ptr[at].next_free;
    else if (w->slots.len < PX_MQTT_SLOTS_MAX && PX_VEC_PUSH(&w->slots, (px_mqtt_slot){ 0 }))
        at = (uint32_t)(w->slots.len - 1);
    else
        return false;
    slot = &w->slots.ptr[at];
    slot->generation = slot->generation == UINT32_MAX ? 1 : slot->generation + 1;
    slot->link = link;
    link->ref = px_mqtt_conn_of(w->index, at, slot->generation);
    w->open_count++;
    return true;
}

static void give_slot(px_mqtt_worker *w, px_mqtt_conn ref)
{
    uint32_t at = px_mqtt_conn_slot(ref);

    w->slots.ptr[at].link = NULL;
    w->slots.ptr[at].next_free = w->free_slot;
    w->free_slot = at;
    w->open_count--;
}

/* ---- beginning and end ---- */

static bool begin_session(px_mqtt_link *link)
{
    px_mqtt_worker *w = link->worker;
    px_mqtt_session_opts opts = w->door->opts.session;

    opts.app = &session_app;
    opts.ctx = link;
    opts.counters = &w->counters;
    w->door->env->random(w->door->env, &opts.assigned_id, sizeof(opts.assigned_id));
    link->session = px_mqtt_session_new(&opts, w->now_ns);
    return link->session != NULL;
}

static bool begin_ws(px_mqtt_link *link)
{
    px_mqtt_door *door = link->worker->door;

    link->ws = px_ws_link_new();
    if (!link->ws)
        return false;
    atomic_fetch_add(&door->websockets, 1);
    atomic_fetch_add(&door->websockets_accepted, 1);
    return true;
}

static bool begin_link(px_mqtt_link *link, const px_mqtt_arrival *arrival)
{
    px_mqtt_worker *w = link->worker;
    struct epoll_event event = { .events = EPOLLIN };

    link->fd = arrival->fd;
    link->network = link->peer.network = arrival->address.network;
    link->peer.is_loopback = arrival->address.is_loopback;
    link->peer.is_tls = arrival->is_tls;
    memcpy(link->peer.address, arrival->address.text, sizeof(link->peer.address));
    if (arrival->is_ws ? !begin_ws(link)
                       : arrival->is_tls && !(link->tls = px_tls_link_new(w->door->tls, link->fd)))
        return false;
    if (!take_slot(w, link))
        return false;
    event.data.u64 = link->ref.v;
    link->armed = EPOLLIN;
    return begin_session(link) && epoll_ctl(w->epoll, EPOLL_CTL_ADD, link->fd, &event) == 0;
}

void px_mqtt_link_open(px_mqtt_worker *w, const px_mqtt_arrival *arrival)
{
    px_mqtt_link *link = px_zalloc(1, sizeof(*link));

    if (!link) {
        px_mqtt_arrival_drop(arrival);
        px_mqtt_accept_forget(w->door, arrival->address.network, arrival->address.is_loopback,
                              false);
        return;
    }
    link->worker = w;
    if (!begin_link(link, arrival))
        px_mqtt_link_close(link);
    else if (arrival->early_size > 0)
        px_mqtt_link_read_early(link, px_str_of(arrival->early, arrival->early_size));
    px_free(arrival->early);
}

void px_mqtt_link_close(px_mqtt_link *link)
{
    px_mqtt_worker *w = link->worker;

    if (link->session)
        px_mqtt_session_lost(link->session);
    px_mqtt_session_free(link->session);
    if (link->tls && !px_tls_link_is_up(link->tls))
        atomic_fetch_add(&w->door->tls_failed, 1);
    px_tls_link_free(link->tls);
    if (link->ws)
        atomic_fetch_sub(&w->door->websockets, 1);
    px_ws_link_free(link->ws);
    close(link->fd);
    if (link->ref.v != 0)
        give_slot(w, link->ref);
    px_mqtt_accept_forget(w->door, link->network, link->peer.is_loopback, link->is_authenticated);
    px_free(link);
}

/* ---- lists of the worker ---- */

void px_mqtt_link_mark(px_mqtt_link *link)
{
    if (link->is_dirty)
        return;
    link->is_dirty = PX_VEC_PUSH(&link->worker->dirty, link->ref);
    if (!link->is_dirty)
        link->is_broken = true; /* no memory to keep it going: the sweep closes it */
}

static void wait_for_retry(px_mqtt_link *link)
{
    if (link->is_waiting)
        return;
    link->is_waiting = PX_VEC_PUSH(&link->worker->waiting, link->ref);
    if (!link->is_waiting)
        link->is_broken = true;
}

/* ---- events ---- */

/* Bytes are read on when nobody wants them: to hear the end of the other side. */
static bool wants_input(const px_mqtt_link *link)
{
    return link->is_shut || px_mqtt_session_wants_input(link->session) ||
           (link->ws && px_mqtt_session_is_ended(link->session));
}

static bool shake_hands(px_mqtt_link *link)
{
    px_tls_result result;

    if (!link->tls || px_tls_link_is_up(link->tls))
        return true;
    result = px_tls_handshake(link->tls);
    link->is_broken = result == PX_TLS_FAILED;
    return result == PX_TLS_DONE;
}

void px_mqtt_link_on_event(px_mqtt_link *link, uint32_t events)
{
    px_mqtt_link_mark(link);
    if (!shake_hands(link))
        return;
    if ((events & EPOLLIN) && wants_input(link))
        px_mqtt_link_read(link);
    else if (events & (EPOLLERR | EPOLLHUP))
        link->is_broken = true;
}

void px_mqtt_link_retry(px_mqtt_link *link)
{
    px_mqtt_link_mark(link);
    if (px_mqtt_session_stalled(link->session))
        px_mqtt_session_resume(link->session, link->worker->now_ns);
    else if (link->tls && px_mqtt_session_wants_input(link->session))
        px_mqtt_link_read(link);
}

/* ---- what comes next ---- */

/* The session has ended: our side is shut once its last bytes are out, then we wait for theirs. */
static void wind_up(px_mqtt_link *link, bool is_written)
{
    if (link->close_at_ns == 0)
        link->close_at_ns =
            link->worker->now_ns +
            (link->worker->is_draining ? PX_MQTT_DRAIN_LINGER_MS : PX_MQTT_LINGER_MS) *
                PX_MILLISECOND;
    if (!is_written || link->is_shut)
        return;
    if (link->ws && px_ws_link_state(link->ws) == PX_WS_OPEN)
        return; /* their Close is still to come, until the time above */
    if (link->tls)
        px_tls_bye(link->tls);
    (void)shutdown(link->fd, SHUT_WR);
    link->is_shut = true;
}

static void arm(px_mqtt_link *link, uint32_t wanted)
{
    struct epoll_event event = { .events = wanted, .data.u64 = link->ref.v };

    if (wanted == link->armed)
        return;
    link->armed = wanted;
    if (epoll_ctl(link->worker->epoll, EPOLL_CTL_MOD, link->fd, &event) != 0)
        link->is_broken = true;
}

static void settle_handshake(px_mqtt_link *link)
{
    if (link->is_broken || px_mqtt_session_is_ended(link->session))
        px_mqtt_link_close(link);
    else
        arm(link, px_tls_link_wants_write(link->tls) ? EPOLLOUT : EPOLLIN);
}

void px_mqtt_link_settle(px_mqtt_link *link)
{
    bool is_written, reads;

    if (link->tls && !px_tls_link_is_up(link->tls)) {
        settle_handshake(link);
        return;
    }
    if (link->ws && px_mqtt_session_is_ended(link->session))
        px_ws_link_close(link->ws, link->worker->is_draining ? PX_WS_GOING_AWAY : PX_WS_NORMAL);
    px_mqtt_session_clock(link->session, link->worker->now_ns);
    is_written = !link->is_broken && px_mqtt_link_write(link);
    if (link->is_broken || (link->ws && px_ws_link_is_over(link->ws))) {
        px_mqtt_link_close(link);
        return;
    }
    if (px_mqtt_session_is_ended(link->session))
        wind_up(link, is_written);
    reads = wants_input(link);
    if (px_mqtt_session_stalled(link->session) ||
        (reads && link->tls && px_tls_link_has_more(link->tls)))
        wait_for_retry(link);
    arm(link, (reads ? (uint32_t)EPOLLIN : 0) | (is_written ? 0 : (uint32_t)EPOLLOUT));
    if (link->is_broken)
        px_mqtt_link_close(link);
}
