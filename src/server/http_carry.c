/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WebSocket over TLS: the door's thread carries bytes between the client and one end of a pair of
 * sockets, whose other end somebody else has.
 *
 *   client ─ TLS ─► libmicrohttpd's GnuTLS session ─► pair ─► taker
 *          ◄──────────────────────────────────────── ◄───── ◄──
 *
 * libmicrohttpd would carry them itself, but 0.9.75 has given its whole memory pool to the head of
 * the answer by then, and goes on with its emergency buffer: four bytes a turn and a TLS record for
 * each four bytes. So its own carrying is left idle. It reads only what the session's pull function
 * gives, and that gives nothing but in our turn; it writes only what comes on its own pair of
 * sockets, and there nothing comes. All of this happens on one thread, so that the session is never
 * in two hands. Before libmicrohttpd has its turn the session must hold no decrypted bytes: a read
 * here takes a whole record.
 *
 * When the taker has closed its end and all is sent, TLS is ended in order and libmicrohttpd may
 * close. When the client has ended, the taker hears it and closes.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http_inner.h"

enum { RECORD_BYTES = 16 * 1024, RECORDS_PER_TURN = 4, EVENTS_PER_TURN = 128 };

/* One of the two sockets of a carry. */
typedef struct end {
    px_http_carry *carry;
    int fd; /* -1: closed */
    uint32_t armed;
    bool is_gone; /* no more to be waited for: it hung up */
} end;

struct px_http_carry {
    px_http_link *link;
    struct MHD_UpgradeResponseHandle *handle;
    px_tls_link *tls;
    end client, pair;
    px_buf in, out;           /* what the pair, and what TLS, did not take yet: a record at most */
    bool is_turn;             /* the session may read */
    bool in_ended, out_ended; /* the client, the taker says nothing more */
    bool in_is_shut, out_is_shut; /* and the other side was told */
    bool is_over;
};

static ssize_t pull(gnutls_transport_ptr_t ctx, void *bytes, size_t size)
{
    px_http_carry *c = ctx;

    if (c->is_turn)
        return recv(c->client.fd, bytes, size, 0);
    errno = EAGAIN;
    return -1;
}

/* ---- from the client to the taker ---- */

static bool flush_in(px_http_carry *c)
{
    ssize_t put;

    if (c->in.len == 0)
        return true;
    put = send(c->pair.fd, c->in.ptr, c->in.len, MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
        px_buf_clear(&c->in); /* nobody reads it any more */
        c->in_ended = true;
        return false;
    }
    if (put <= 0)
        return false;
    c->in.len -= (size_t)put;
    memmove(c->in.ptr, c->in.ptr + put, c->in.len);
    return c->in.len == 0;
}

static void carry_in(px_http_carry *c)
{
    for (int i = 0; i < RECORDS_PER_TURN && flush_in(c) && !c->in_ended; i++) {
        px_tls_result result;
        size_t size = 0;

        if (!px_buf_reserve(&c->in, RECORD_BYTES)) {
            c->is_over = true;
            return;
        }
        result = px_tls_read(c->tls, c->in.ptr, RECORD_BYTES, &size);
        c->in.len = size;
        if (result == PX_TLS_AGAIN)
            break;
        c->in_ended = result == PX_TLS_END || result == PX_TLS_FAILED;
        c->is_over = c->is_over || result == PX_TLS_FAILED;
    }
    if (c->in.len == 0)
        px_buf_release(&c->in);
    if (c->in_ended && c->in.len == 0 && !c->in_is_shut) {
        (void)shutdown(c->pair.fd, SHUT_WR);
        c->in_is_shut = true;
    }
}

/* ---- from the taker to the client ---- */

static bool flush_out(px_http_carry *c)
{
    size_t size = 0;

    if (c->out.len == 0)
        return true;
    if (px_tls_write(c->tls, px_buf_str(&c->out), &size) == PX_TLS_FAILED)
        c->is_over = true;
    c->out.len -= size;
    memmove(c->out.ptr, c->out.ptr + size, c->out.len);
    return c->out.len == 0;
}

static void carry_out(px_http_carry *c)
{
    for (int i = 0; i < RECORDS_PER_TURN && flush_out(c) && !c->out_ended && !c->is_over; i++) {
        ssize_t got;

        if (!px_buf_reserve(&c->out, RECORD_BYTES)) {
            c->is_over = true;
            return;
        }
        got = recv(c->pair.fd, c->out.ptr, RECORD_BYTES, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        c->out_ended = got <= 0;
        c->out.len = got > 0 ? (size_t)got : 0;
    }
    if (c->out.len == 0)
        px_buf_release(&c->out);
    if (c->out_ended && c->out.len == 0 && !c->out_is_shut) {
        px_tls_bye(c->tls);
        (void)shutdown(c->client.fd, SHUT_WR);
        c->out_is_shut = true;
    }
}

/* ---- what comes next ---- */

static void arm(px_http_loop *loop, end *e, uint32_t wanted)
{
    struct epoll_event event = { .events = wanted, .data.ptr = e };

    if (e->is_gone || e->armed == wanted)
        return;
    e->armed = wanted;
    if (epoll_ctl(loop->carry_epoll, EPOLL_CTL_MOD, e->fd, &event) != 0)
        e->carry->is_over = true;
}

/* A socket that hung up says so again and again. What it still holds is read all the same. */
static void note_gone(px_http_loop *loop, end *e)
{
    e->is_gone = true;
    (void)epoll_ctl(loop->carry_epoll, EPOLL_CTL_DEL, e->fd, NULL);
}

/* The memory stays until the connection is closed: the session's pull function looks into it. */
static void finish(px_http_loop *loop, px_http_carry *c)
{
    if (!c->client.is_gone)
        note_gone(loop, &c->client);
    close(c->pair.fd);
    c->pair.fd = -1;
    px_buf_release(&c->in);
    px_buf_release(&c->out);
    px_http_upgrade_end(c->link, c->handle);
}

static void turn(px_http_loop *loop, px_http_carry *c)
{
    c->is_turn = true;
    carry_in(c);
    carry_out(c);
    c->is_turn = false;
    if (c->out_is_shut && (c->in_is_shut || c->pair.is_gone))
        c->is_over = true;
    if (!c->is_over) {
        arm(loop, &c->client,
            (c->in.len == 0 && !c->in_ended ? (uint32_t)EPOLLIN : 0) |
                (c->out.len > 0 ? (uint32_t)EPOLLOUT : 0));
        arm(loop, &c->pair,
            (c->out.len == 0 && !c->out_ended ? (uint32_t)EPOLLIN : 0) |
                (c->in.len > 0 ? (uint32_t)EPOLLOUT : 0));
    }
    if (c->is_over)
        finish(loop, c);
}

void px_http_carry_turn(px_http_loop *loop)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int count;

    if (loop->carry_epoll < 0)
        return;
    count = epoll_wait(loop->carry_epoll, events, EVENTS_PER_TURN, 0);
    for (int i = 0; i < count; i++) {
        end *e = events[i].data.ptr;

        if (e->carry->pair.fd < 0)
            continue; /* both its sockets were ready, and it ended with the first */
        if (events[i].events & (EPOLLHUP | EPOLLERR))
            note_gone(loop, e);
        turn(loop, e->carry);
    }
}

/* ---- beginning and end ---- */

static bool watch(px_http_loop *loop, end *e, px_http_carry *c, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = e };

    *e = (end){ .carry = c, .fd = fd, .armed = EPOLLIN };
    return epoll_ctl(loop->carry_epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static px_http_carry *carry_new(px_http_link *link, struct MHD_UpgradeResponseHandle *handle)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(link->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    px_http_carry *c = px_zalloc(1, sizeof(*c));

    if (!c)
        return NULL;
    *c = (px_http_carry){ .link = link, .handle = handle };
    px_buf_init(&c->in, RECORD_BYTES);
    px_buf_init(&c->out, RECORD_BYTES);
    c->tls = px_tls_link_borrow(info->tls_session);
    if (!c->tls) {
        px_free(c);
        return NULL;
    }
    return c;
}

static void take_session(px_http_carry *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->link->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_transport_ptr_t from, to;

    gnutls_transport_get_ptr2(info->tls_session, &from, &to);
    gnutls_transport_set_ptr2(info->tls_session, c, to);
    gnutls_transport_set_pull_function(info->tls_session, pull);
}

int px_http_carry_begin(px_http_link *link, struct MHD_UpgradeResponseHandle *handle)
{
    px_http_loop *loop = link->exchange->loop;
    px_http_carry *c = carry_new(link, handle);
    int ends[2] = { -1, -1 };

    if (!c || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        goto fail;
    if (!watch(loop, &c->client, c, link->fd) || !watch(loop, &c->pair, c, ends[0]))
        goto fail;
    take_session(c);
    link->carry = c;
    atomic_fetch_add(&link->door->carried, 1);
    px_http_link_enter(link, PX_HTTP_CARRIED);
    turn(loop, c); /* what the session holds already */
    return ends[1];
fail:
    (void)epoll_ctl(loop->carry_epoll, EPOLL_CTL_DEL, link->fd, NULL);
    if (ends[0] >= 0) {
        close(ends[0]);
        close(ends[1]);
    }
    if (c)
        px_tls_link_free(c->tls);
    px_free(c);
    px_http_upgrade_end(link, handle);
    return -1;
}

void px_http_carry_end(px_http_link *link)
{
    px_http_carry *c = link->carry;

    if (!c)
        return;
    link->carry = NULL;
    if (c->pair.fd >= 0) /* the door ends without waiting for it */
        close(c->pair.fd);
    px_buf_release(&c->in);
    px_buf_release(&c->out);
    px_tls_link_free(c->tls);
    px_free(c);
    atomic_fetch_sub(&link->door->carried, 1);
}
