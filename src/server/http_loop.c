/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door's threads. Each turns a libmicrohttpd of its own; all accept from one socket:
 *
 *   sleep until a socket or a wake ──► MHD_run: resume, read, ask, answer ──► again
 *
 * libmicrohttpd 0.9.75 has threads for this, but they lose time: a turn that finds as many ready
 * connections as it fetches at once, 128, asks for more before it serves these, and with the
 * patience of a turn that found nothing. When the 128 are all who want something, everything
 * stands still until the idle timer ends them without an answer. MHD_run never waits, so the
 * waiting is done here.
 *
 * A resumed connection wakes its thread, which libmicrohttpd does not do for threads that are not
 * its own.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/thread.h"
#include "server/http_inner.h"

void px_http_loop_wake(px_http_loop *loop)
{
    uint64_t one = 1;

    if (atomic_exchange(&loop->is_woken, true))
        return;
    while (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

void px_http_resume(px_http_exchange *exchange)
{
    px_http_loop *loop = exchange->loop; /* once resumed it may be gone */
    px_http_door *door = loop->door;

    atomic_fetch_add(&door->resuming, 1);
    MHD_resume_connection(exchange->mhd);
    px_http_loop_wake(loop);
    atomic_fetch_sub(&door->resuming, 1); /* last: px_http_loops_end waits for it */
}

enum { ENDING_MS = 1 };

static int patience_ms(px_http_loop *loop)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    if (MHD_get_timeout(loop->mhd, &wait_ms) != MHD_YES)
        return -1;
    return wait_ms < INT_MAX ? (int)wait_ms : INT_MAX;
}

static void sleep_until_ready(px_http_loop *loop)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd ready[3] = { { .fd = info->epoll_fd, .events = POLLIN },
                               { .fd = loop->wake_fd, .events = POLLIN },
                               { .fd = loop->carry_epoll, .events = POLLIN } };
    int wait_ms = loop->ending > 0 ? ENDING_MS : patience_ms(loop);
    uint64_t count;

    if (wait_ms != 0)
        poll(ready, 3, wait_ms);
    if (!atomic_load(&loop->is_woken))
        return;
    if (read(loop->wake_fd, &count, sizeof(count)) > 0)
        atomic_store(&loop->is_woken, false); /* whoever comes now finds MHD_run before him */
}

/* Writes to closed sockets are errors, not signals; libmicrohttpd was told so. */
static void block_sigpipe(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *turn(void *ctx)
{
    px_http_loop *loop = ctx;
    bool accepts = true;

    block_sigpipe();
    while (!atomic_load(&loop->door->loops_ending)) {
        if (accepts && atomic_load(&loop->door->stopping)) {
            MHD_quiesce_daemon(loop->mhd);
            accepts = false;
        }
        sleep_until_ready(loop);
        px_http_carry_turn(loop);
        MHD_run(loop->mhd);
    }
    return NULL;
}

px_status px_http_loop_start(px_http_loop *loop, px_err *ret_err)
{
    if (!px_thread_start(&loop->thread, "http", turn, loop))
        return px_fail(ret_err, PX_BUSY, "a thread of the HTTP door cannot be started");
    loop->has_thread = true;
    return PX_OK;
}

px_status px_http_loop_init(px_http_loop *loop, px_http_door *door, px_err *ret_err)
{
    loop->door = door;
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->carry_epoll = door->cert.len > 0 ? epoll_create1(EPOLL_CLOEXEC) : -1;
    if (loop->wake_fd < 0 || (door->cert.len > 0 && loop->carry_epoll < 0))
        return px_fail_id(ret_err, PX_IO, "http.start", "the HTTP door does not start: %s",
                          strerror(errno));
    return PX_OK;
}

void px_http_loops_wake(px_http_door *door)
{
    for (unsigned i = 0; i < door->loop_count; i++)
        px_http_loop_wake(&door->loops[i]);
}

static void loop_release(px_http_loop *loop)
{
    if (loop->has_thread)
        pthread_join(loop->thread, NULL);
    if (loop->mhd) {
        MHD_quiesce_daemon(loop->mhd); /* the socket is the door's: others may still use it */
        MHD_stop_daemon(loop->mhd);
    }
    close(loop->wake_fd);
    if (loop->carry_epoll >= 0)
        close(loop->carry_epoll);
}

void px_http_loops_end(px_http_door *door)
{
    while (atomic_load(&door->resuming) > 0)
        sched_yield();
    atomic_store(&door->loops_ending, true);
    px_http_loops_wake(door);
    for (unsigned i = 0; i < door->loop_count; i++)
        loop_release(&door->loops[i]);
    door->loop_count = 0;
}
