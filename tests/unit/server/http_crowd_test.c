/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many connections that want something at the same time. libmicrohttpd fetches 128 ready ones at
 * once; a turn that found exactly so many must not wait for more.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "px_test.h"
#include "server/http_door.h"

enum { CROWD_MAX = 259, LATER_MAX = 512, ROUNDS = 40 };

typedef struct crowd {
    px_http_door *door;
    atomic_bool stands;         /* a call of /stand keeps the door's thread until this is false */
    _Atomic int standing, stop; /* calls of /stand so far; 1: the finisher ends */
    pthread_mutex_t lock;
    px_api_call *later[LATER_MAX]; /* calls of /later, completed together by the finisher */
    size_t later_count;
    int fds[CROWD_MAX];
} crowd;

static void pause_ms(long duration_ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = duration_ms * 1000000 }, NULL);
}

static void finish(px_api_call *call)
{
    call->status = 204;
    call->complete(call);
}

static void handle(void *ctx, px_api_call *call)
{
    crowd *c = ctx;

    if (px_str_eq(call->path, PX_STR("/later"))) {
        pthread_mutex_lock(&c->lock);
        c->later[c->later_count++] = call;
        pthread_mutex_unlock(&c->lock);
        return;
    }
    if (px_str_eq(call->path, PX_STR("/stand"))) {
        atomic_fetch_add(&c->standing, 1);
        while (atomic_load(&c->stands))
            pause_ms(1);
    }
    finish(call);
}

static void *finish_later(void *ctx)
{
    crowd *c = ctx;
    px_api_call *calls[LATER_MAX];
    size_t count;

    while (!atomic_load(&c->stop)) {
        pthread_mutex_lock(&c->lock);
        count = c->later_count;
        memcpy(calls, c->later, count * sizeof(calls[0]));
        c->later_count = 0;
        pthread_mutex_unlock(&c->lock);
        for (size_t i = 0; i < count; i++)
            finish(calls[i]);
        pause_ms(1);
    }
    return NULL;
}

static void say(int fd, const char *path)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);

    CHECK_EQ(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
}

static void hear_204(int fd)
{
    char text[512];
    ssize_t len = recv(fd, text, sizeof(text), 0);

    CHECK(len > 12);
    CHECK_SLICE(px_str_of(text, 12), "HTTP/1.1 204");
}

/* Each has had an answer, so that the door knows and watches it. */
static void open_crowd(crowd *c, unsigned threads, int count)
{
    px_http_door_opts opts = { .host = "127.0.0.1", .threads = threads, .handle = handle };
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 8 }; /* less than any timer of the door */
    px_err err;

    memset(c, 0, sizeof(*c));
    pthread_mutex_init(&c->lock, NULL);
    opts.ctx = c;
    CHECK_OK(px_http_door_open(&opts, &c->door, &err), &err);
    at.sin_port = htons(px_http_door_port(c->door));
    for (int i = 0; i < count; i++) {
        c->fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        CHECK_EQ(connect(c->fds[i], (struct sockaddr *)&at, sizeof(at)), 0);
        setsockopt(c->fds[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        say(c->fds[i], "/");
        hear_204(c->fds[i]);
    }
}

static void close_crowd(crowd *c, int count)
{
    for (int i = 0; i < count; i++)
        close(c->fds[i]);
    px_http_door_close(c->door);
    pthread_mutex_destroy(&c->lock);
}

/* While the door's thread stands in a call of the first, all others send. */
static void ask_together(crowd *c, int count, int round)
{
    atomic_store(&c->stands, true);
    say(c->fds[0], "/stand");
    while (atomic_load(&c->standing) <= round)
        pause_ms(1);
    for (int i = 1; i < count; i++)
        say(c->fds[i], "/");
    atomic_store(&c->stands, false);
    for (int i = 0; i < count; i++)
        hear_204(c->fds[i]);
}

PX_TEST(as_many_ready_connections_as_are_fetched_at_once_are_served_at_once)
{
    static const int counts[] = { 127, 128, 129, 130, 256, 257, 258 };
    static crowd c;

    open_crowd(&c, 1, CROWD_MAX);
    for (int i = 0; i < 7; i++)
        ask_together(&c, counts[i], i);
    close_crowd(&c, CROWD_MAX);
}

/* The same by chance: a crowd whose calls another thread completes in batches. */
static void ask_in_rounds(unsigned threads)
{
    static crowd c;
    pthread_t finisher;

    open_crowd(&c, threads, CROWD_MAX);
    CHECK_EQ(pthread_create(&finisher, NULL, finish_later, &c), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CROWD_MAX; i++)
            say(c.fds[i], "/later");
        for (int i = 0; i < CROWD_MAX; i++)
            hear_204(c.fds[i]);
    }
    atomic_store(&c.stop, 1);
    pthread_join(finisher, NULL);
    close_crowd(&c, CROWD_MAX);
}

PX_TEST(a_crowd_whose_calls_are_completed_in_batches_is_answered_whole)
{
    ask_in_rounds(1);
    ask_in_rounds(3);
}

PX_TEST_MAIN()
