/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a link between its socket and its session: as they are, through TLS, or through the
 * frames of WebSocket.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "server/mqtt_inner.h"

/* ---- reading ---- */

/* Gives the bytes read; 0 with `is_broken` set when there is nothing more to come. */
static size_t read_some(px_mqtt_link *link)
{
    px_mqtt_worker *w = link->worker;
    ssize_t got;
    size_t size;

    if (link->tls) {
        px_tls_result result = px_tls_read(link->tls, w->read_buffer, PX_MQTT_READ_BYTES, &size);

        link->is_broken = link->is_broken || result == PX_TLS_END || result == PX_TLS_FAILED;
        return size;
    }
    got = recv(link->fd, w->read_buffer, PX_MQTT_READ_BYTES, 0);
    if (got > 0)
        return (size_t)got;
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        link->is_broken = true;
    return 0;
}

/* What the frames say beside their bytes. A session that has ended takes no notice. */
static void heed_frames(px_mqtt_link *link)
{
    px_ws_state state = px_ws_link_state(link->ws);

    if (state == PX_WS_CLOSED)
        px_mqtt_session_lost(link->session);
    if (state != PX_WS_BROKEN || px_mqtt_session_is_ended(link->session))
        return;
    atomic_fetch_add(&link->worker->door->websockets_broken, 1);
    px_log_debug(link->worker->door->log, "mqtt.frames_broken", "address=%s", link->peer.address);
    px_mqtt_session_end(link->session, PX_MQTT_PROTOCOL_ERROR);
}

/* The first `size` bytes of the worker's buffer; an ended session ignores them. */
static void feed(px_mqtt_link *link, size_t size)
{
    px_mqtt_worker *w = link->worker;

    if (link->ws)
        size = px_ws_link_take(link->ws, w->read_buffer, size);
    if (size > 0)
        px_mqtt_session_feed(link->session, px_str_of(w->read_buffer, size), w->now_ns);
    if (link->ws)
        heed_frames(link);
}

/* One read for each event: epoll tells again if there is more, and nobody starves. */
void px_mqtt_link_read(px_mqtt_link *link)
{
    size_t size = read_some(link);

    if (size > 0)
        feed(link, size);
}

void px_mqtt_link_read_early(px_mqtt_link *link, px_str early)
{
    px_mqtt_link_mark(link);
    while (early.len > 0) {
        size_t size = early.len < PX_MQTT_READ_BYTES ? early.len : PX_MQTT_READ_BYTES;

        memcpy(link->worker->read_buffer, early.ptr, size);
        feed(link, size);
        early = px_str_skip(early, size);
    }
}

/* ---- writing ---- */

/* Of the socket; 0 when it takes nothing now, or no more. */
static size_t put_to_socket(px_mqtt_link *link, px_str head, px_str body)
{
    struct iovec parts[2] = { { .iov_base = (void *)(uintptr_t)head.ptr, .iov_len = head.len },
                              { .iov_base = (void *)(uintptr_t)body.ptr, .iov_len = body.len } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t put = sendmsg(link->fd, &message, MSG_NOSIGNAL);

    if (put > 0)
        return (size_t)put;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        link->is_broken = true;
    return 0;
}

static bool write_frame(px_mqtt_link *link, px_str output)
{
    px_ws_offer offer = px_ws_link_offer(link->ws, output);
    size_t put = 0;

    if (offer.head.len + offer.body.len > 0)
        put = put_to_socket(link, offer.head, offer.body);
    if (put > 0)
        px_mqtt_session_sent(link->session, px_ws_link_sent(link->ws, put));
    return put > 0;
}

static bool write_some(px_mqtt_link *link, px_str output)
{
    ssize_t put;
    size_t size;

    if (link->ws)
        return write_frame(link, output);
    if (link->tls) {
        px_tls_result result = px_tls_write(link->tls, output, &size);

        link->is_broken = link->is_broken || result == PX_TLS_FAILED;
        px_mqtt_session_sent(link->session, size);
        return size > 0;
    }
    put = send(link->fd, output.ptr, output.len, MSG_NOSIGNAL);
    if (put > 0)
        px_mqtt_session_sent(link->session, (size_t)put);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        link->is_broken = true;
    return put > 0;
}

bool px_mqtt_link_write(px_mqtt_link *link)
{
    for (;;) {
        px_str output = px_mqtt_session_output(link->session);

        if (output.len == 0 && !(link->ws && px_ws_link_has_own(link->ws)))
            return true;
        if (!write_some(link, output) || link->is_broken)
            return false;
    }
}
