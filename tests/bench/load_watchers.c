/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many watchers of the change stream on loopback, one epoll thread that counts frames.
 *
 *   px_load_watchers --port P --token T [--pid SERVER] [--connections 200] [--seconds 3]
 *                    [--stalled 1]
 *
 * Stalled ones ask for the stream and never read, with a receive buffer as small as it gets.
 * Prints one JSON object: frames, in what time, at what CPU time of the server; it begins to count
 * a second after the last of them has asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

enum { IN_BYTES = 1 << 18, EVENTS = 256 };

typedef struct watchers {
    int epoll;
    bool *ends_line; /* by socket: the last byte was a line's end */
    uint64_t frames;
} watchers;

static int ask(int port, const char *token, bool is_stalled)
{
    int fd = load_connect(port), small = 1;
    char out[1024];
    int len = snprintf(out, sizeof(out),
                       "GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                       "%s\r\n\r\n",
                       token);

    if (is_stalled)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    load_send_all(fd, out, (size_t)len);
    return fd;
}

/* A frame ends with an empty line. */
static void count_frames(watchers *w, int fd, const char *in, size_t size)
{
    bool ends_line = w->ends_line[fd];

    for (const char *p = in, *end = in + size; p < end;) {
        const char *line = memchr(p, '\n', (size_t)(end - p));

        if (!line) {
            ends_line = false;
            break;
        }
        w->frames += line == p && ends_line;
        ends_line = true;
        p = line + 1;
    }
    w->ends_line[fd] = ends_line;
}

static void read_some(watchers *w)
{
    static char in[IN_BYTES];
    struct epoll_event events[EVENTS];
    int count = epoll_wait(w->epoll, events, EVENTS, 100);

    for (int i = 0; i < count; i++) {
        ssize_t got = recv(events[i].data.fd, in, IN_BYTES, MSG_DONTWAIT);

        if (got == 0)
            load_die("a watcher lost its connection");
        if (got > 0)
            count_frames(w, events[i].data.fd, in, (size_t)got);
    }
}

int main(int argc, char **argv)
{
    const char *token = load_text(argc, argv, "--token", "");
    int port = (int)load_number(argc, argv, "--port", 7780);
    long count = load_number(argc, argv, "--connections", 200);
    long seconds = load_number(argc, argv, "--seconds", 3);
    long pid = load_number(argc, argv, "--pid", 0);
    bool is_stalled = load_number(argc, argv, "--stalled", 0) != 0;
    watchers w = { .epoll = epoll_create1(EPOLL_CLOEXEC) };
    double began, cpu;
    uint64_t frames;

    w.ends_line = calloc(1 << 20, sizeof(*w.ends_line));
    if (!w.ends_line)
        load_die("memory");
    for (long i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN };

        event.data.fd = ask(port, token, is_stalled);
        if (!is_stalled)
            epoll_ctl(w.epoll, EPOLL_CTL_ADD, event.data.fd, &event);
    }
    for (began = load_seconds(); load_seconds() - began < 1.0;)
        read_some(&w);
    began = load_seconds();
    cpu = load_cpu_seconds(pid);
    frames = w.frames;
    while (load_seconds() - began < (double)seconds)
        read_some(&w);
    printf("{\"messages\":%llu,\"seconds\":%.3f,\"cpu\":%.2f}\n",
           (unsigned long long)(w.frames - frames), load_seconds() - began,
           load_cpu_seconds(pid) - cpu);
    return 0;
}
