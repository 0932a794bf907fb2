/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One MQTT 3.1.1 subscriber on loopback that takes all it gets, as fast as it comes.
 *
 *   px_load_sub --port P --token T [--filter plain/#] [--qos 0] [--seconds 3]
 *
 * QoS 1 is acknowledged with one write for each read. Prints one JSON object: messages and bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "load.h"

enum { IN_BYTES = 1 << 20, ACK_BYTES = 4 };

typedef struct subscriber {
    int fd;
    char *in, *acks;
    size_t len, acks_len;
    uint64_t messages, bytes;
} subscriber;

static void take_publish(subscriber *s, const unsigned char *head, const unsigned char *body)
{
    const unsigned char *id = body + 2 + ((size_t)body[0] << 8 | body[1]);

    s->messages++;
    if ((*head & 0x06) != 0x02)
        return;
    memcpy(s->acks + s->acks_len, "\x40\x02", 2);
    memcpy(s->acks + s->acks_len + 2, id, 2);
    s->acks_len += ACK_BYTES;
}

/* Gives the bytes used up. */
static size_t take_packets(subscriber *s)
{
    const unsigned char *in = (const unsigned char *)s->in;
    size_t used = 0;

    for (;;) {
        size_t size = 0, at = used + 1;
        unsigned shift = 0;

        while (at < s->len && in[at] & 0x80 && shift < 21) {
            size |= (size_t)(in[at++] & 0x7F) << shift;
            shift += 7;
        }
        if (at >= s->len)
            return used;
        size |= (size_t)in[at++] << shift;
        if (at + size > s->len)
            return used;
        if ((in[used] & 0xF0) == 0x30)
            take_publish(s, in + used, in + at);
        used = at + size;
    }
}

static void read_some(subscriber *s)
{
    ssize_t got = recv(s->fd, s->in + s->len, IN_BYTES - s->len, 0);
    size_t used;

    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (got <= 0)
        load_die("the subscriber lost its connection");
    s->len += (size_t)got;
    s->bytes += (uint64_t)got;
    used = take_packets(s);
    s->len -= used;
    memmove(s->in, s->in + used, s->len);
    if (s->acks_len)
        load_send_all(s->fd, s->acks, s->acks_len);
    s->acks_len = 0;
}

static size_t put_text(char *out, const char *text)
{
    size_t len = strlen(text);

    out[0] = (char)(len >> 8);
    out[1] = (char)len;
    memcpy(out + 2, text, len);
    return len + 2;
}

static void begin(const subscriber *s, const char *token, const char *filter, int qos)
{
    char out[1024];
    size_t len = 2;

    len += put_text(out + len, "MQTT");
    memcpy(out + len, "\4\xC2\0\0", 4); /* user, password, clean session; no keep-alive */
    len += 4;
    len += put_text(out + len, "subscriber");
    len += put_text(out + len, "me");
    len += put_text(out + len, token);
    out[0] = 0x10;
    out[1] = (char)(len - 2); /* below 128: ids and tokens are short */
    load_send_all(s->fd, out, len);
    len = 2;
    memcpy(out + len, "\0\1", 2);
    len += 2;
    len += put_text(out + len, filter);
    out[len++] = (char)qos;
    out[0] = (char)0x82;
    out[1] = (char)(len - 2);
    load_send_all(s->fd, out, len);
}

int main(int argc, char **argv)
{
    static subscriber s;
    long seconds = load_number(argc, argv, "--seconds", 3);
    struct timeval wait = { 0, 100000 };
    double began = load_seconds();

    s.in = malloc(IN_BYTES);
    s.acks = malloc(IN_BYTES); /* a message has more bytes than its PUBACK */
    if (!s.in || !s.acks)
        load_die("memory");
    s.fd = load_connect((int)load_number(argc, argv, "--port", 1883));
    setsockopt(s.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    begin(&s, load_text(argc, argv, "--token", ""), load_text(argc, argv, "--filter", "plain/#"),
          (int)load_number(argc, argv, "--qos", 0));
    while (load_seconds() - began < (double)seconds)
        read_some(&s);
    printf("{\"messages\":%llu,\"bytes\":%llu}\n", (unsigned long long)s.messages,
           (unsigned long long)s.bytes);
    return 0;
}
