/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT 3.1.1 publishers on loopback, one epoll thread.
 *
 *   px_load_mqtt --port P --clients FILE [--pid SERVER] [--connections 200] [--inflight 1]
 *                [--seconds 3] [--rate N] [--qos 1] [--samples 1] [--twins COUNT --twin-first N]
 *                [--spark 1] [--beside PID]
 *
 * FILE has a line `USER PASSWORD TOPIC` for each connection. Every connection keeps `inflight`
 * messages under way; with --rate, N messages a second are spread over all of them. With --qos 0,
 * which needs a rate, what was sent counts as acknowledged. With --samples
 * a message is a backlog of that many samples. With --twins each message goes to the next of COUNT
 * twins m00000000000, m00000000001 …, once: eight numbers, each with a time of its own.
 * With --spark each connection is an edge node of Sparkplug B, and its topic that of its NDATA: a
 * birth, then messages of a hundred metrics by alias. With --beside the CPU time of another process
 * counts as well. Prints one JSON object: what was acknowledged, in what time, at what CPU time of
 * the server, and how long the PUBACKs took.
 *
 * The payload is what a pump might send: 148 bytes, seven fields that change, the time first:
 * {"$ts":"2026-11-01T12:00:00.123456Z","temperature":71.4,"pressure":104.213,"vibration":0.0311,…}
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "load.h"
#include "load_spark.h"

enum {
    BODIES = 509,
    BODY_BYTES = 148,
    TIME_AT = 8, /* behind `{"$ts":"` */
    READ_BYTES = 64 * 1024,
    INFLIGHT_MAX = 1024,
    TOPIC_BYTES_MAX = 200,
    EVENTS = 256,
    TICK_NS = 200 * 1000,
    EIGHT = 8,
};

typedef struct client {
    int fd;
    char topic[TOPIC_BYTES_MAX];
    size_t topic_len;
    uint16_t next_id; /* 1 … INFLIGHT_MAX, round and round */
    unsigned inflight;
    int64_t last_us; /* source time of its newest sample */
    uint32_t body;   /* which of the bodies comes next */
    uint32_t turn;   /* messages of Sparkplug; the birth is the first */
    int64_t sent_us[INFLIGHT_MAX + 1];
    unsigned char partial[4]; /* of a PUBACK */
    unsigned partial_len;
    char *out; /* what the socket did not take yet */
    size_t out_len, out_cap;
    bool writing;
} client;

typedef struct load {
    int port, epoll, timer;
    long pid, beside, spark, connections, inflight, seconds, rate, qos, samples, twins, twin_first;
    client *clients;
    long turn; /* of the connections, when paced */
    uint64_t sent, acked, refused;
    bool measuring;
    load_histogram latencies;
} load;

static char bodies[BODIES][BODY_BYTES + 1];

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void make_bodies(void)
{
    static const char *const busy[] = { "drilling", "spinning", "spooling", "drawing!" };
    static const char *const idle[] = { "starved", "blocked", "waiting", "stopped" };
    uint64_t seed = 1;

    for (int i = 0; i < BODIES; i++) {
        uint32_t a = next_random(&seed), b = next_random(&seed), c = next_random(&seed);
        int running = a & 1, len;

        len =
            snprintf(bodies[i], sizeof(bodies[i]),
                     "{\"$ts\":\"2026-11-01T12:00:00.123456Z\",\"temperature\":%u.%u,\"pressure\":"
                     "%u.%03u,\"vibration\":0.%03u,\"rpm\":%u,\"amps\":%u.%u,\"running\":%s,"
                     "\"state\":\"%s\"}",
                     60 + a % 40, a / 64 % 10, 1 + b % 9, b / 16 % 1000, c % 1000,
                     1000 + c / 1024 % 2000, 10 + b / 16384 % 90, a / 1024 % 10,
                     running ? "true" : "false", running ? busy[b & 3] : idle[b & 3]);
        if (len != BODY_BYTES)
            load_die("the payload does not have its 148 bytes");
    }
}

/* ---- packets ---- */

static void reserve(client *c, size_t extra)
{
    if (c->out_len + extra <= c->out_cap)
        return;
    c->out_cap = (c->out_len + extra) * 2;
    c->out = realloc(c->out, c->out_cap);
    if (!c->out)
        load_die("memory");
}

static void put(client *c, const void *bytes, size_t size)
{
    memcpy(c->out + c->out_len, bytes, size);
    c->out_len += size;
}

static void put_byte(client *c, unsigned byte)
{
    c->out[c->out_len++] = (char)byte;
}

static void put_length(client *c, size_t n)
{
    do {
        put_byte(c, (unsigned)(n & 127) | (n > 127 ? 128u : 0));
        n >>= 7;
    } while (n > 0);
}

/* Always later than the client's last one. */
static int64_t next_time(client *c, int64_t now_us)
{
    c->last_us = now_us > c->last_us ? now_us : c->last_us + 1;
    return c->last_us;
}

static void put_sample(client *c, int64_t now_us)
{
    char *at = c->out + c->out_len;

    put(c, bodies[c->body], BODY_BYTES);
    load_put_time(at + TIME_AT, next_time(c, now_us));
    c->body = (c->body + 1) % BODIES;
}

static size_t eight_numbers(char *out, size_t size, long twin, int64_t now_us)
{
    size_t len = 0;

    for (int i = 0; i < EIGHT; i++) {
        char time[LOAD_TIME_BYTES];

        load_put_time(time, now_us - 1000000 * (i + 1) - twin);
        len += (size_t)snprintf(out + len, size - len, "%s{\"$ts\":\"%.*s\",\"p%d\":%ld.%02ld}",
                                i ? "," : "[", LOAD_TIME_BYTES, time, i + 1, (twin * 7 + i) % 1000,
                                (twin * 31 + i) % 100);
    }
    out[len++] = ']';
    return len;
}

static size_t spark_payload(client *c, char *out, int64_t now_us)
{
    bool is_birth = c->turn == 0;
    int64_t ms = next_time(c, now_us / 1000); /* its clock counts milliseconds */
    size_t size = load_spark_payload(out, is_birth, c->turn, ms, c->turn);

    c->turn++;
    return size;
}

static void put_publish(load *l, client *c, int64_t now_us)
{
    char eight[LOAD_SPARK_BYTES_MAX];
    size_t body = BODY_BYTES;
    uint16_t id = c->next_id;

    c->next_id = (uint16_t)(id % INFLIGHT_MAX + 1);
    if (l->twins) {
        long twin = l->twin_first + (long)l->sent;

        c->topic_len =
            (size_t)snprintf(c->topic, sizeof(c->topic), "twins/m%011ld/telemetry", twin);
        body = eight_numbers(eight, sizeof(eight), twin, now_us);
    } else if (l->spark) {
        body = spark_payload(c, eight, now_us);
    } else if (l->samples > 1) {
        body = (size_t)l->samples * (BODY_BYTES + 1) + 1;
    }
    reserve(c, body + c->topic_len + 16);
    put_byte(c, l->qos ? 0x32 : 0x30);
    put_length(c, 2 + c->topic_len + (l->qos ? 2 : 0) + body);
    put_byte(c, (unsigned)(c->topic_len >> 8));
    put_byte(c, (unsigned)(c->topic_len & 255));
    put(c, c->topic, c->topic_len);
    if (l->qos) {
        put_byte(c, id >> 8);
        put_byte(c, id & 255);
    }
    if (l->twins || l->spark) {
        put(c, eight, body);
    } else if (l->samples > 1) {
        for (long i = 0; i < l->samples; i++) {
            put_byte(c, i ? ',' : '[');
            put_sample(c, now_us);
        }
        put_byte(c, ']');
    } else {
        put_sample(c, now_us);
    }
    l->sent++;
    if (!l->qos) {
        l->acked++;
        return;
    }
    c->sent_us[id] = now_us;
    c->inflight++;
}

static void watch(load *l, client *c, bool writing)
{
    struct epoll_event event = { .events = EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0),
                                 .data.ptr = c };

    if (writing == c->writing)
        return;
    c->writing = writing;
    epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &event);
}

static void flush(load *l, client *c)
{
    ssize_t put_now;

    if (c->out_len == 0)
        return;
    put_now = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
    if (put_now < 0 && errno != EAGAIN)
        load_die("send");
    if (put_now > 0) {
        c->out_len -= (size_t)put_now;
        memmove(c->out, c->out + put_now, c->out_len);
    }
    watch(l, c, c->out_len > 0);
}

static bool is_over(const load *l)
{
    return l->twins && (long)l->sent >= l->twins;
}

static void fill(load *l, client *c)
{
    int64_t now_us = load_wall_us();

    while (c->inflight < l->inflight && !is_over(l))
        put_publish(l, c, now_us);
    flush(l, c);
}

/* ---- answers ---- */

static void take_puback(load *l, client *c, const unsigned char *p, int64_t now_us)
{
    unsigned id = (unsigned)p[2] << 8 | p[3];

    if (p[0] != 0x40 || p[1] != 2 || id == 0 || id > INFLIGHT_MAX)
        load_die("an answer that is no PUBACK");
    c->inflight--;
    l->acked++;
    if (l->measuring)
        load_record(&l->latencies, (uint64_t)(now_us - c->sent_us[id]));
}

static void read_answers(load *l, client *c)
{
    static unsigned char bytes[READ_BYTES + 4];
    unsigned held = c->partial_len;
    ssize_t got;
    size_t at = 0, size;
    int64_t now_us;

    memcpy(bytes, c->partial, held);
    got = recv(c->fd, bytes + held, READ_BYTES, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        load_die("the server closed a connection");
    if (got < 0)
        return;
    now_us = load_wall_us();
    size = held + (size_t)got;
    for (; size - at >= 4; at += 4)
        take_puback(l, c, bytes + at, now_us);
    c->partial_len = (unsigned)(size - at);
    memcpy(c->partial, bytes + at, c->partial_len);
}

/* ---- connecting ---- */

static void put_text(client *c, const char *text)
{
    size_t len = strlen(text);

    put_byte(c, (unsigned)(len >> 8));
    put_byte(c, (unsigned)(len & 255));
    put(c, text, len);
}

/* `GROUP/NDATA/NODE` is born as `GROUP/NBIRTH/NODE`. Every node, and with an answer, so that what
 * is counted are data. */
static void give_birth(load *l, client *c)
{
    char data[TOPIC_BYTES_MAX], *type = strstr(c->topic, "/NDATA/");
    unsigned char answer[4];
    size_t got = 0;

    if (!type)
        load_die("the topic of an edge node is spBv1.0/GROUP/NDATA/NODE");
    memcpy(data, c->topic, sizeof(data));
    c->topic_len = (size_t)snprintf(c->topic, sizeof(c->topic), "%.*s/NBIRTH/%s",
                                    (int)(type - c->topic), data, data + (type - c->topic) + 7);
    put_publish(l, c, load_wall_us());
    load_send_all(c->fd, c->out, c->out_len);
    c->out_len = 0;
    while (got < sizeof(answer)) {
        ssize_t n = recv(c->fd, answer + got, sizeof(answer) - got, 0);

        if (n <= 0)
            load_die("no PUBACK of a birth");
        got += (size_t)n;
    }
    take_puback(l, c, answer, load_wall_us());
    memcpy(c->topic, data, sizeof(data));
    c->topic_len = strlen(c->topic);
}

static void connect_client(load *l, client *c, long number, const char *user, const char *password)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
    unsigned char answer[4];
    char id[32];
    size_t got = 0;

    snprintf(id, sizeof(id), "load-%d-%ld", (int)getpid(), number);
    c->fd = load_connect(l->port);
    c->next_id = 1;
    c->body = (uint32_t)(number * 37 % BODIES);
    reserve(c, 1024);
    put_byte(c, 0x10);
    put_length(c, 10 + 6 + strlen(id) + strlen(user) + strlen(password));
    put_text(c, "MQTT");
    put(c, "\x04\xC2\x00\x00", 4); /* 3.1.1; user, password, clean session; no keep-alive */
    put_text(c, id);
    put_text(c, user);
    put_text(c, password);
    load_send_all(c->fd, c->out, c->out_len);
    c->out_len = 0;
    while (got < sizeof(answer)) {
        ssize_t n = recv(c->fd, answer + got, sizeof(answer) - got, 0);

        if (n <= 0)
            load_die("no CONNACK");
        got += (size_t)n;
    }
    if (answer[0] != 0x20 || answer[3] != 0)
        load_die("the server refuses the login");
    if (l->spark)
        give_birth(l, c);
    load_unblock(c->fd);
    epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event);
}

static void connect_all(load *l, const char *path)
{
    FILE *file = fopen(path, "re");
    char line[1024], user[128], password[256];

    if (!file)
        load_die(path);
    l->clients = calloc((size_t)l->connections, sizeof(*l->clients));
    if (!l->clients)
        load_die("memory");
    for (long i = 0; i < l->connections; i++) {
        client *c = &l->clients[i];

        if (!fgets(line, sizeof(line), file) ||
            sscanf(line, "%127s %255s %199s", user, password, c->topic) != 3)
            load_die("the file of clients is too short");
        c->topic_len = strlen(c->topic);
        connect_client(l, c, i, user, password);
    }
    fclose(file);
}

/* ---- running ---- */

static void start_timer(load *l)
{
    struct itimerspec every = { { 0, TICK_NS }, { 0, TICK_NS } };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

    l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (l->timer < 0 || timerfd_settime(l->timer, 0, &every, NULL) != 0 ||
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->timer, &event) != 0)
        load_die("timer");
}

/* Sends what is due by now; a connection with a full window passes its turn. */
static void pace(load *l, double since)
{
    uint64_t due = (uint64_t)((double)l->rate * since), ticks;
    ssize_t got = read(l->timer, &ticks, sizeof(ticks));
    long passed = 0;

    (void)got;
    while (l->sent < due && passed < l->connections) {
        client *c = &l->clients[l->turn];

        l->turn = (l->turn + 1) % l->connections;
        if (c->inflight >= l->inflight) {
            passed++;
            continue;
        }
        passed = 0;
        put_publish(l, c, load_wall_us());
        flush(l, c);
    }
}

static void turn_once(load *l, double began)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(l->epoll, events, EVENTS, 100);

    for (int i = 0; i < count; i++) {
        client *c = events[i].data.ptr;

        if (!c) {
            pace(l, load_seconds() - began);
            continue;
        }
        if (events[i].events & EPOLLIN)
            read_answers(l, c);
        if (l->rate)
            flush(l, c);
        else
            fill(l, c);
    }
}

static double cpu_seconds(const load *l)
{
    return load_cpu_seconds(l->pid) + (l->beside ? load_cpu_seconds(l->beside) : 0);
}

static void run(load *l)
{
    double began = load_seconds(), warm = l->twins ? 0 : 0.5, cpu, from;
    uint64_t acked;

    if (l->rate)
        start_timer(l);
    for (long i = 0; !l->rate && i < l->connections; i++)
        fill(l, &l->clients[i]);
    while (load_seconds() - began < warm)
        turn_once(l, began);
    l->measuring = true;
    from = load_seconds();
    cpu = cpu_seconds(l);
    acked = l->acked;
    while (l->twins ? l->acked < (uint64_t)l->twins : load_seconds() - from < (double)l->seconds)
        turn_once(l, began);
    cpu = cpu_seconds(l) - cpu;
    printf("{\"messages\":%llu,\"seconds\":%.3f,\"cpu\":%.2f,",
           (unsigned long long)(l->acked - acked), load_seconds() - from, cpu);
    load_print_latencies(&l->latencies);
    printf("}\n");
}

int main(int argc, char **argv)
{
    static load l;

    l.port = (int)load_number(argc, argv, "--port", 1883);
    l.pid = load_number(argc, argv, "--pid", 0);
    l.beside = load_number(argc, argv, "--beside", 0);
    l.spark = load_number(argc, argv, "--spark", 0);
    l.connections = load_number(argc, argv, "--connections", 200);
    l.inflight = load_number(argc, argv, "--inflight", 1);
    l.seconds = load_number(argc, argv, "--seconds", 3);
    l.rate = load_number(argc, argv, "--rate", 0);
    l.samples = load_number(argc, argv, "--samples", 1);
    l.qos = load_number(argc, argv, "--qos", 1);
    l.twins = load_number(argc, argv, "--twins", 0);
    l.twin_first = load_number(argc, argv, "--twin-first", 0);
    if (l.inflight < 1 || l.inflight > INFLIGHT_MAX || l.connections < 1)
        load_die("--inflight is 1 to 1024, --connections at least 1");
    make_bodies();
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    connect_all(&l, load_text(argc, argv, "--clients", "clients"));
    run(&l);
    return 0;
}
