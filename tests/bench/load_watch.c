/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One watcher on loopback: how old a change is when it arrives. The device writes the wall clock
 * into `$ts` when it sends; the change carries it as `sourceTime`; both run on one machine.
 *
 *   px_load_watch --port P --token T [--by sse|mqtt] [--filter twins/+/state] [--seconds 3]
 *
 * With --filter a watcher by MQTT takes other topics, where the device's own message may come as it
 * was sent. Prints one JSON object: changes, and their ages. Both watchers read blocks and look for
 * the first `sourceTime` of each change, or `$ts` of a message.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "load.h"

enum { IN_BYTES = 1 << 20 };

typedef struct watcher {
    int fd;
    bool is_mqtt;
    char *in;
    size_t len;
    load_histogram ages;
    bool measuring;
    uint64_t changes;
} watcher;

static void take_change(watcher *w, const char *change, size_t size, int64_t now_us)
{
    static const char mark[] = "\"sourceTime\":\"", sent[] = "\"$ts\":\"";
    const char *at = memmem(change, size, mark, sizeof(mark) - 1);
    int64_t sent_us;

    if (at)
        at += sizeof(mark) - 1;
    else if ((at = memmem(change, size, sent, sizeof(sent) - 1)) != NULL)
        at += sizeof(sent) - 1;
    else
        return;
    sent_us = load_read_time(at, size - (size_t)(at - change));
    w->changes++;
    if (w->measuring && sent_us > 0)
        load_record(&w->ages, now_us > sent_us ? (uint64_t)(now_us - sent_us) : 0);
}

/* Frames end with an empty line. Gives the bytes used up. */
static size_t take_frames(watcher *w, int64_t now_us)
{
    size_t used = 0;
    const char *end;

    while ((end = memmem(w->in + used, w->len - used, "\n\n", 2)) != NULL) {
        take_change(w, w->in + used, (size_t)(end - w->in) - used, now_us);
        used = (size_t)(end - w->in) + 2;
    }
    return used;
}

static size_t take_packets(watcher *w, int64_t now_us)
{
    size_t used = 0;

    for (;;) {
        size_t size = 0, at = used + 1;
        unsigned shift = 0;

        while (at < w->len && w->in[at] & 0x80 && shift < 21) {
            size |= (size_t)(w->in[at++] & 0x7F) << shift;
            shift += 7;
        }
        if (at >= w->len)
            return used;
        size |= (size_t)w->in[at++] << shift;
        if (at + size > w->len)
            return used;
        if ((w->in[used] & 0xF0) == 0x30)
            take_change(w, w->in + at, size, now_us);
        used = at + size;
    }
}

static void read_some(watcher *w)
{
    ssize_t got = recv(w->fd, w->in + w->len, IN_BYTES - w->len, 0);
    int64_t now_us = load_wall_us();
    size_t used;

    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (got <= 0)
        load_die("the watcher lost its connection");
    w->len += (size_t)got;
    used = w->is_mqtt ? take_packets(w, now_us) : take_frames(w, now_us);
    w->len -= used;
    memmove(w->in, w->in + used, w->len);
    if (w->len == IN_BYTES)
        load_die("a change that is too long");
}

static void begin_sse(watcher *w, const char *token)
{
    char out[1024];
    int len = snprintf(out, sizeof(out),
                       "GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                       "%s\r\n\r\n",
                       token);

    load_send_all(w->fd, out, (size_t)len);
}

static void begin_mqtt(watcher *w, const char *token, const char *filter)
{
    char out[1024];
    size_t token_len = strlen(token), filter_len = strlen(filter), len = 0;

    if (token_len > 80 || filter_len > 80)
        load_die("a token and a filter of at most 80 bytes");
    len += (size_t)snprintf(out, sizeof(out), "%c%c", 0x10, (int)(10 + 7 + 7 + 2 + token_len));
    memcpy(out + len, "\0\4MQTT\4\xC2\0\0\0\5watch\0\5watch", 24);
    len += 24;
    out[len++] = 0;
    out[len++] = (char)token_len;
    memcpy(out + len, token, token_len);
    len += token_len;
    out[len++] = (char)0x82;
    out[len++] = (char)(2 + 2 + filter_len + 1);
    memcpy(out + len, "\0\1\0", 3);
    len += 3;
    out[len++] = (char)filter_len;
    memcpy(out + len, filter, filter_len);
    len += filter_len;
    out[len++] = 0;
    load_send_all(w->fd, out, len);
}

int main(int argc, char **argv)
{
    static watcher w;
    const char *token = load_text(argc, argv, "--token", "");
    long seconds = load_number(argc, argv, "--seconds", 3);
    struct timeval wait = { 0, 100000 };
    double began = load_seconds();

    w.is_mqtt = strcmp(load_text(argc, argv, "--by", "sse"), "mqtt") == 0;
    w.in = malloc(IN_BYTES);
    if (!w.in)
        load_die("memory");
    w.fd = load_connect((int)load_number(argc, argv, "--port", 7780));
    setsockopt(w.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    if (w.is_mqtt)
        begin_mqtt(&w, token, load_text(argc, argv, "--filter", "twins/+/state"));
    else
        begin_sse(&w, token);
    while (load_seconds() - began < 1.0 + (double)seconds) {
        w.measuring = load_seconds() - began > 1.0;
        read_some(&w);
    }
    printf("{\"messages\":%llu,", (unsigned long long)w.ages.count);
    load_print_latencies(&w.ages);
    printf("}\n");
    return 0;
}
