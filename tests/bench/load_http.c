/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 keep-alive load on loopback: one request under way on each connection, one epoll thread.
 *
 *   px_load_http --port P --path '/digitaltwins/m%011ld?api-version=2023-10-31' [--method GET]
 *                [--body TEXT] [--token T] [--pid SERVER] [--connections 64] [--seconds 3]
 *                [--first 0] [--modulo N] [--count N]
 *
 * A %ld (with width) in path or body becomes a number: from --first on, one more for each request,
 * round --modulo. --count ends after so many requests, else --seconds does.
 * Prints one JSON object; answers other than 2xx are counted as failed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

enum { OUT_BYTES = 16 * 1024, IN_BYTES = 64 * 1024, EVENTS = 128 };

typedef struct client {
    int fd;
    int64_t sent_us;
    bool busy;
    size_t in_len;
    char in[IN_BYTES];
} client;

typedef struct load {
    int port, epoll;
    long pid, connections, seconds, first, modulo, count;
    const char *path, *method, *body, *token;
    client *clients;
    uint64_t sent, answered, failed, bytes;
    bool measuring;
    load_histogram latencies;
} load;

/* The text with its one %ld replaced; the width and leading zeros of printf. */
static size_t expand(char *out, size_t size, const char *text, long number)
{
    const char *at = strchr(text, '%');
    size_t head = at ? (size_t)(at - text) : strlen(text), len = head;
    char *after;
    long width;
    int zeros;

    if (head >= size)
        load_die("a request that is too long");
    memcpy(out, text, head);
    if (!at)
        return len;
    zeros = at[1] == '0';
    width = strtol(at + 1, &after, 10);
    if (strncmp(after, "ld", 2) != 0)
        load_die("only %ld is known in path and body");
    len += (size_t)(zeros ? snprintf(out + len, size - len, "%0*ld", (int)width, number)
                          : snprintf(out + len, size - len, "%*ld", (int)width, number));
    return len + expand(out + len, size - len, after + 2, number);
}

static void request(load *l, client *c)
{
    char out[OUT_BYTES], path[1024], body[OUT_BYTES / 2];
    long number = l->first + (long)l->sent;
    size_t body_len = l->body ? 0 : SIZE_MAX, path_len, len;

    if (l->count && (long)l->sent >= l->count)
        return;
    if (l->modulo)
        number = l->first + (long)l->sent % l->modulo;
    path_len = expand(path, sizeof(path), l->path, number);
    if (l->body)
        body_len = expand(body, sizeof(body), l->body, number);
    len = (size_t)snprintf(out, sizeof(out), "%s %.*s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n",
                           l->method, (int)path_len, path, l->port);
    if (l->token)
        len += (size_t)snprintf(out + len, sizeof(out) - len, "Authorization: Bearer %s\r\n",
                                l->token);
    if (l->body)
        len += (size_t)snprintf(out + len, sizeof(out) - len,
                                "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s",
                                body_len, (int)body_len, body);
    else
        len += (size_t)snprintf(out + len, sizeof(out) - len, "\r\n");
    if (len >= sizeof(out))
        load_die("a request that is too long");
    c->busy = true;
    c->sent_us = load_wall_us();
    l->sent++;
    if (send(c->fd, out, len, MSG_NOSIGNAL) != (ssize_t)len)
        load_die("send");
}

/* Bytes of the whole answer; 0 while some are missing. */
static size_t answer_size(const client *c)
{
    const char *end = memmem(c->in, c->in_len, "\r\n\r\n", 4), *at = c->in;
    size_t head, body = 0;

    if (!end)
        return 0;
    head = (size_t)(end - c->in) + 4;
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at++;
        if (strncasecmp(at, "content-length:", 15) == 0)
            body = (size_t)strtoul(at + 15, NULL, 10);
    }
    if (head + body > sizeof(c->in))
        load_die("an answer that is too long");
    return c->in_len >= head + body ? head + body : 0;
}

static void take_answer(load *l, client *c, size_t size)
{
    if (c->in[9] != '2') {
        if (l->failed++ == 0)
            fprintf(stderr, "load: first failure: %.*s\n", (int)size, c->in);
    }
    if (l->measuring)
        load_record(&l->latencies, (uint64_t)(load_wall_us() - c->sent_us));
    l->answered++;
    l->bytes += size;
    c->in_len -= size;
    memmove(c->in, c->in + size, c->in_len);
    c->busy = false;
    request(l, c);
}

static void read_answers(load *l, client *c)
{
    ssize_t got = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);
    size_t size;

    if (got == 0 || (got < 0 && errno != EAGAIN))
        load_die("the server closed a connection");
    if (got < 0)
        return;
    c->in_len += (size_t)got;
    while ((size = answer_size(c)) > 0)
        take_answer(l, c, size);
}

static void connect_all(load *l)
{
    l->clients = calloc((size_t)l->connections, sizeof(*l->clients));
    if (!l->clients)
        load_die("memory");
    for (long i = 0; i < l->connections; i++) {
        client *c = &l->clients[i];
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

        c->fd = load_connect(l->port);
        load_unblock(c->fd);
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event);
    }
}

static void turn_once(load *l)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(l->epoll, events, EVENTS, 100);

    for (int i = 0; i < count; i++)
        read_answers(l, events[i].data.ptr);
}

static void run(load *l)
{
    double began = load_seconds(), from, cpu;
    uint64_t before;

    for (long i = 0; i < l->connections; i++)
        request(l, &l->clients[i]);
    while (!l->count && load_seconds() - began < 0.5)
        turn_once(l);
    l->measuring = true;
    from = load_seconds();
    cpu = load_cpu_seconds(l->pid);
    before = l->answered;
    while (l->count ? (long)l->answered < l->count : load_seconds() - from < (double)l->seconds)
        turn_once(l);
    cpu = load_cpu_seconds(l->pid) - cpu;
    printf(
        "{\"messages\":%llu,\"failed\":%llu,\"answer_bytes\":%llu,\"seconds\":%.3f,\"cpu\":%.2f,",
        (unsigned long long)(l->answered - before), (unsigned long long)l->failed,
        (unsigned long long)(l->answered ? l->bytes / l->answered : 0), load_seconds() - from, cpu);
    load_print_latencies(&l->latencies);
    printf("}\n");
}

int main(int argc, char **argv)
{
    static load l;

    l.port = (int)load_number(argc, argv, "--port", 7780);
    l.pid = load_number(argc, argv, "--pid", 0);
    l.connections = load_number(argc, argv, "--connections", 64);
    l.seconds = load_number(argc, argv, "--seconds", 3);
    l.first = load_number(argc, argv, "--first", 0);
    l.modulo = load_number(argc, argv, "--modulo", 0);
    l.count = load_number(argc, argv, "--count", 0);
    l.path = load_text(argc, argv, "--path", "/healthz");
    l.method = load_text(argc, argv, "--method", "GET");
    l.body = load_text(argc, argv, "--body", NULL);
    l.token = load_text(argc, argv, "--token", NULL);
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    connect_all(&l);
    run(&l);
    return 0;
}
