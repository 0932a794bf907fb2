/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

const char *load_text(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return otherwise;
}

long load_number(int argc, char **argv, const char *name, long otherwise)
{
    const char *text = load_text(argc, argv, name, NULL);

    return text ? strtol(text, NULL, 10) : otherwise;
}

_Noreturn void load_die(const char *what)
{
    fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

/* ---- clocks ---- */

double load_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int64_t load_wall_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

double load_cpu_seconds(long pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    const char *rest;
    FILE *file;
    size_t got;

    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    got = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[got] = '\0';
    rest = strrchr(text, ')'); /* the name may hold anything */
    if (!rest || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                        &system) != 2)
        return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- sockets ---- */

int load_connect(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        load_die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

void load_unblock(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void load_send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = send(fd, bytes, size, MSG_NOSIGNAL);

        if (put <= 0)
            load_die("send");
        bytes += put;
        size -= (size_t)put;
    }
}

/* ---- times ---- */

static void put_digits(char *out, int64_t number, int digits)
{
    for (int i = digits; i-- > 0; number /= 10)
        out[i] = (char)('0' + number % 10);
}

void load_put_time(char *out, int64_t wall_us)
{
    static _Thread_local int64_t second = -1;
    static _Thread_local char head[20];
    int64_t now = wall_us / 1000000;

    if (now != second) { /* the calendar is asked once a second */
        time_t t = (time_t)now;
        struct tm tm;

        gmtime_r(&t, &tm);
        memcpy(head, "0000-00-00T00:00:00.", sizeof(head));
        put_digits(head, tm.tm_year + 1900, 4);
        put_digits(head + 5, tm.tm_mon + 1, 2);
        put_digits(head + 8, tm.tm_mday, 2);
        put_digits(head + 11, tm.tm_hour, 2);
        put_digits(head + 14, tm.tm_min, 2);
        put_digits(head + 17, tm.tm_sec, 2);
        second = now;
    }
    memcpy(out, head, sizeof(head));
    put_digits(out + sizeof(head), wall_us % 1000000, 6);
    out[LOAD_TIME_BYTES - 1] = 'Z';
}

static int number_at(const char *text, int digits)
{
    int n = 0;

    for (int i = 0; i < digits; i++)
        n = n * 10 + (text[i] - '0');
    return n;
}

int64_t load_read_time(const char *text, size_t size)
{
    int64_t us, scale = 100000;
    struct tm tm = { 0 };

    if (size < 20)
        return -1;
    tm.tm_year = number_at(text, 4) - 1900;
    tm.tm_mon = number_at(text + 5, 2) - 1;
    tm.tm_mday = number_at(text + 8, 2);
    tm.tm_hour = number_at(text + 11, 2);
    tm.tm_min = number_at(text + 14, 2);
    tm.tm_sec = number_at(text + 17, 2);
    us = (int64_t)timegm(&tm) * 1000000;
    for (size_t i = 20; text[19] == '.' && i < size && text[i] >= '0' && text[i] <= '9'; i++) {
        us += (text[i] - '0') * scale;
        scale /= 10;
    }
    return us;
}

/* ---- latencies ---- */

static size_t bucket_of(uint64_t us)
{
    unsigned exponent;
    size_t bucket;

    if (us < LOAD_STEPS)
        return (size_t)us;
    exponent = 63 - (unsigned)__builtin_clzll(us) - 6; /* us >> exponent lies in 64..127 */
    bucket = ((size_t)exponent + 1) * LOAD_STEPS + (size_t)(us >> exponent) - LOAD_STEPS;
    return bucket < LOAD_BUCKETS ? bucket : LOAD_BUCKETS - 1;
}

static uint64_t upper_end(size_t bucket)
{
    size_t exponent = bucket / LOAD_STEPS;

    if (exponent == 0)
        return bucket;
    return ((uint64_t)(bucket % LOAD_STEPS + LOAD_STEPS + 1) << (exponent - 1)) - 1;
}

void load_record(load_histogram *h, uint64_t us)
{
    h->counts[bucket_of(us)]++;
    h->count++;
    if (us > h->worst)
        h->worst = us;
}

uint64_t load_percentile(const load_histogram *h, double part)
{
    uint64_t wanted = (uint64_t)((double)h->count * part), seen = 0;

    for (size_t i = 0; i < LOAD_BUCKETS; i++) {
        seen += h->counts[i];
        if (seen > wanted)
            return upper_end(i) < h->worst ? upper_end(i) : h->worst;
    }
    return h->worst;
}

void load_print_latencies(const load_histogram *h)
{
    printf("\"p50_us\":%llu,\"p99_us\":%llu,\"p999_us\":%llu,\"worst_us\":%llu",
           (unsigned long long)load_percentile(h, 0.5),
           (unsigned long long)load_percentile(h, 0.99),
           (unsigned long long)load_percentile(h, 0.999), (unsigned long long)h->worst);
}
