/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper ends what libmicrohttpd's own idle timer cannot see: heads and bodies that trickle, a
 * byte now and then. It shuts the socket down; the connection's own thread then finds it closed.
 *
 * While a connection waits for its next request nothing tells us that a part of one has come, since
 * libmicrohttpd keeps it. The kernel does: the number of bytes received.
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/thread.h"
#include "base/time.h"
#include "server/http_inner.h"

int64_t px_http_now_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static uint64_t bytes_received(int fd)
{
    struct tcp_info info = { 0 };
    socklen_t size = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    return info.tcpi_bytes_received;
}

static void end_slow(px_http_link *link)
{
    if (link->seen.ended)
        return;
    link->seen.ended = true;
    PX_HTTP_COUNT(link->door->slow);
    px_log_debug(link->door->opts.log, "http.slow", "peer=%s", link->peer.text);
    shutdown(link->fd, SHUT_RDWR);
}

static void look_at_idle(px_http_link *link, int64_t now_ms)
{
    uint32_t request_no = atomic_load_explicit(&link->request_no, memory_order_relaxed);

    if (link->seen.request_no != request_no || link->seen.bytes == 0) {
        link->seen.request_no = request_no;
        link->seen.bytes = bytes_received(link->fd);
        link->seen.trickle_ms = 0;
    } else if (link->seen.trickle_ms == 0) {
        if (bytes_received(link->fd) != link->seen.bytes)
            link->seen.trickle_ms = now_ms;
    } else if (now_ms - link->seen.trickle_ms > (int64_t)link->door->opts.header_ms) {
        end_slow(link);
    }
}

static void look_at_body(px_http_link *link, int64_t elapsed_ms)
{
    uint64_t seen = atomic_load_explicit(&link->body_seen, memory_order_relaxed);
    int64_t grace_ms = link->door->opts.header_ms;

    if (elapsed_ms > grace_ms &&
        seen * 1000 < (uint64_t)elapsed_ms * PX_HTTP_BODY_BYTES_PER_SECOND_MIN)
        end_slow(link);
}

/* A sleeping connection is watched by nobody else. */
static void look_at_stream(px_http_link *link)
{
    struct pollfd client = { .fd = link->fd, .events = POLLRDHUP };

    if (poll(&client, 1, 0) != 1 || !(client.revents & (POLLRDHUP | POLLHUP | POLLERR)))
        return;
    if (!atomic_exchange(&link->exchange->gone, true))
        px_http_wake(link->exchange);
}

/* Nor one whose request is at work for long: who works may ask whether anybody waits. */
static void look_at_work(px_http_link *link, int64_t elapsed_ms)
{
    struct pollfd client = { .fd = link->fd, .events = POLLRDHUP };

    if (elapsed_ms < PX_HTTP_LONG_WORK_MS || !link->exchange ||
        atomic_load(&link->exchange->turn) != PX_HTTP_TURN_ASLEEP)
        return;
    if (poll(&client, 1, 0) == 1 && client.revents & (POLLRDHUP | POLLHUP | POLLERR))
        atomic_store(&link->exchange->gone, true);
}

static void look_at(px_http_link *link, int64_t now_ms)
{
    int phase = atomic_load_explicit(&link->phase, memory_order_acquire);
    int64_t elapsed_ms = now_ms - atomic_load_explicit(&link->since_ms, memory_order_relaxed);

    switch (phase) {
    case PX_HTTP_FRESH:
    case PX_HTTP_HEADERS:
        if (elapsed_ms > (int64_t)link->door->opts.header_ms)
            end_slow(link);
        break;
    case PX_HTTP_IDLE:
        look_at_idle(link, now_ms);
        break;
    case PX_HTTP_BODY:
        look_at_body(link, elapsed_ms);
        break;
    case PX_HTTP_WORK:
        look_at_work(link, elapsed_ms);
        break;
    case PX_HTTP_STREAM:
        look_at_stream(link);
        break;
    default:
        break;
    }
}

/* With the lock; gives it away now and then, so that connections come and go meanwhile. */
static void sweep(px_http_door *door, int64_t now_ms)
{
    unsigned looked = 0;

    door->next_seen = door->links;
    while (door->next_seen && !door->ending) {
        px_http_link *link = door->next_seen;

        door->next_seen = link->next;
        look_at(link, now_ms);
        if (++looked % PX_HTTP_SWEEP_LINKS == 0) {
            pthread_mutex_unlock(&door->lock);
            pthread_mutex_lock(&door->lock);
        }
    }
}

static void wait_tick(px_http_door *door)
{
    struct timespec until = px_deadline_in(PX_HTTP_TICK_MS * PX_MILLISECOND);

    pthread_cond_timedwait(&door->tick, &door->lock, &until);
}

void *px_http_keeper_run(void *ctx)
{
    px_http_door *door = ctx;

    pthread_mutex_lock(&door->lock);
    while (!door->ending) {
        int64_t now_ms = px_http_now_ms();

        atomic_store_explicit(&door->now_ms, now_ms, memory_order_relaxed);
        sweep(door, now_ms);
        if (!door->ending)
            wait_tick(door);
    }
    pthread_mutex_unlock(&door->lock);
    return NULL;
}
