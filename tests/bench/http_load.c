/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks one HTTP server from many keep-alive connections, one request in flight on each, and divides
 * what was answered by the CPU seconds that the server's process used meanwhile (/proc/PID/stat).
 *
 *   px_http_load --port 7780 --pid 1234 --path '/digitaltwins/twin-%06u?api-version=2023-10-31'
 *                [--ids 1000] [--method PATCH --body '[{"op":"replace","path":"/a","value":%u}]']
 *                [--header 'Authorization: Bearer …'] [--connections 64] [--seconds 5]
 *
 * `%u` (also %06u) in path and body is a number below --ids. Prints one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

enum { CONNECTIONS_MAX = 4096, REPLY_BYTES = 256 * 1024, BUCKETS = 4096, HEADERS_MAX = 8 };

typedef struct options {
    const char *path, *method, *body, *headers[HEADERS_MAX];
    size_t header_count;
    unsigned port, connections, seconds, ids;
    long pid;
} options;

typedef struct connection {
    int fd;
    int64_t asked_ns;
    char *reply;
    size_t len;
} connection;

typedef struct load {
    options opts;
    connection connections[CONNECTIONS_MAX];
    uint64_t answers, refusals, bytes;
    uint64_t times[BUCKETS]; /* of answers, by 16th parts of powers of two of ns */
    uint64_t random;
    px_buf request;
} load;

static int64_t now_ns(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* User and system time of a process, in clock ticks. */
static long cpu_ticks(long pid)
{
    char path[64], line[1024];
    unsigned long user = 0, kernel = 0;
    FILE *file;
    char *at;

    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    file = fopen(path, "re");
    if (!file || !fgets(line, sizeof(line), file))
        die(path);
    fclose(file);
    at = strrchr(line, ')');
    if (!at ||
        sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
        die("no times in /proc/PID/stat");
    return (long)(user + kernel);
}

static unsigned next_id(load *l)
{
    l->random ^= l->random << 13;
    l->random ^= l->random >> 7;
    l->random ^= l->random << 17;
    return (unsigned)(l->random % l->opts.ids);
}

/* `%u` and `%06u` are the number; everything else is text. */
static void put_pattern(px_buf *buf, const char *pattern, unsigned number)
{
    for (const char *at = pattern; *at; at++) {
        if (strncmp(at, "%u", 2) == 0) {
            px_putf(buf, "%u", number);
            at += 1;
        } else if (strncmp(at, "%06u", 4) == 0) {
            px_putf(buf, "%06u", number);
            at += 3;
        } else {
            px_put_char(buf, *at);
        }
    }
}

static void ask(load *l, connection *c)
{
    const options *o = &l->opts;
    px_buf body = { 0 };
    unsigned id = next_id(l);
    ssize_t sent;

    px_buf_clear(&l->request);
    px_putf(&l->request, "%s ", o->method);
    put_pattern(&l->request, o->path, id);
    px_put_c(&l->request, " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (size_t i = 0; i < o->header_count; i++)
        px_putf(&l->request, "%s\r\n", o->headers[i]);
    if (o->body) {
        put_pattern(&body, o->body, next_id(l));
        px_putf(&l->request, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.len);
    }
    px_put_c(&l->request, "\r\n");
    px_put(&l->request, px_buf_str(&body));
    px_buf_release(&body);
    c->asked_ns = now_ns();
    c->len = 0;
    sent = send(c->fd, l->request.ptr, l->request.len, MSG_NOSIGNAL);
    if (sent != (ssize_t)l->request.len)
        die("send");
}

static void count_time(load *l, int64_t elapsed_ns)
{
    unsigned power = 63 - (unsigned)__builtin_clzll((uint64_t)elapsed_ns | 16);
    unsigned part = (unsigned)((uint64_t)elapsed_ns >> (power - 4)) & 15;

    l->times[power * 16 + part]++;
}

/* The middle of the bucket in which this share of the answers ends, in ms. */
static double time_at(const load *l, double share)
{
    uint64_t wanted = (uint64_t)((double)l->answers * share), seen = 0;

    for (unsigned i = 0; i < 64 * 16; i++) {
        seen += l->times[i];
        if (seen > wanted)
            return (double)((16 + i % 16) * (UINT64_C(1) << (i / 16))) / 16e6;
    }
    return 0;
}

/* Bytes of the whole answer once its head is there, else 0. */
static size_t answer_bytes(const connection *c, int *ret_status)
{
    const char *end = memmem(c->reply, c->len, "\r\n\r\n", 4), *length;
    size_t head;

    if (!end)
        return 0;
    head = (size_t)(end - c->reply) + 4;
    *ret_status = atoi(c->reply + 9);
    if (*ret_status == 204 || *ret_status == 304)
        return head;
    length = memmem(c->reply, head, "Content-Length: ", 16);
    if (!length)
        die("an answer without Content-Length");
    return head + strtoul(length + 16, NULL, 10);
}

static void hear(load *l, connection *c)
{
    ssize_t got = recv(c->fd, c->reply + c->len, REPLY_BYTES - c->len, 0);
    size_t whole;
    int status = 0;

    if (got <= 0)
        die("the server closed a connection");
    c->len += (size_t)got;
    whole = answer_bytes(c, &status);
    if (whole == 0 || c->len < whole)
        return;
    l->answers++;
    l->bytes += whole;
    if (status < 200 || status > 299) {
        if (l->refusals++ == 0)
            fprintf(stderr, "http_load: the first refusal:\n%.*s\n", (int)c->len, c->reply);
    }
    count_time(l, now_ns() - c->asked_ns);
    ask(l, c);
}

static void connect_one(const load *l, connection *c)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)l->opts.port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->reply = malloc(REPLY_BYTES);
    if (c->fd < 0 || !c->reply || connect(c->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void run(load *l)
{
    struct epoll_event events[256];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int64_t until_ns;

    for (unsigned i = 0; i < l->opts.connections; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &l->connections[i] };

        connect_one(l, &l->connections[i]);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, l->connections[i].fd, &event) != 0)
            die("epoll");
        ask(l, &l->connections[i]);
    }
    until_ns = now_ns() + (int64_t)l->opts.seconds * 1000000000;
    while (now_ns() < until_ns) {
        int count = epoll_wait(epoll, events, 256, 1000);

        for (int i = 0; i < count; i++)
            hear(l, events[i].data.ptr);
    }
    close(epoll);
}

static bool take_option(options *o, const char *name, const char *value)
{
    if (strcmp(name, "--port") == 0)
        o->port = (unsigned)atoi(value);
    else if (strcmp(name, "--pid") == 0)
        o->pid = atol(value);
    else if (strcmp(name, "--path") == 0)
        o->path = value;
    else if (strcmp(name, "--method") == 0)
        o->method = value;
    else if (strcmp(name, "--body") == 0)
        o->body = value;
    else if (strcmp(name, "--ids") == 0)
        o->ids = (unsigned)atoi(value);
    else if (strcmp(name, "--connections") == 0)
        o->connections = (unsigned)atoi(value);
    else if (strcmp(name, "--seconds") == 0)
        o->seconds = (unsigned)atoi(value);
    else if (strcmp(name, "--header") == 0 && o->header_count < HEADERS_MAX)
        o->headers[o->header_count++] = value;
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    static load l = {
        .opts = { .path = "/", .method = "GET", .connections = 64, .seconds = 5, .ids = 1000 },
        .random = UINT64_C(0x9E3779B97F4A7C15)
    };
    double seconds, cpu;
    int64_t began_ns;
    long ticks;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!take_option(&l.opts, argv[i], argv[i + 1])) {
            fprintf(stderr, "http_load: what is %s?\n", argv[i]);
            return 2;
        }
    }
    if (!l.opts.port || !l.opts.pid || !l.opts.ids || !l.opts.connections ||
        l.opts.connections > CONNECTIONS_MAX) {
        fprintf(stderr, "http_load: --port and --pid are needed\n");
        return 2;
    }
    ticks = cpu_ticks(l.opts.pid);
    began_ns = now_ns();
    run(&l);
    seconds = (double)(now_ns() - began_ns) / 1e9;
    cpu = (double)(cpu_ticks(l.opts.pid) - ticks) / (double)sysconf(_SC_CLK_TCK);
    printf("{\"answers\":%llu,\"refusals\":%llu,\"seconds\":%.2f,\"cpu_seconds\":%.2f,"
           "\"per_second\":%.0f,\"per_cpu_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n",
           (unsigned long long)l.answers, (unsigned long long)l.refusals, seconds, cpu,
           (double)l.answers / seconds, cpu > 0 ? (double)l.answers / cpu : 0, time_at(&l, 0.5),
           time_at(&l, 0.99));
    return l.refusals ? 1 : 0;
}
