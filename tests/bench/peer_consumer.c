/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind a broker where there is no Pollux: a client of libmosquitto that takes every
 * message of QoS 1. It only counts them; a real one would decode and store.
 *
 *   px_peer_consumer --port P          ends when its standard input does; prints {"messages":N}
 */
#include <mosquitto.h>
#include <stdint.h>
#include <stdio.h>

#include "load.h"

typedef struct consumer {
    uint64_t messages, bytes;
} consumer;

static void take(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
    consumer *c = ctx;

    (void)m;
    c->messages++;
    c->bytes += (uint64_t)message->payloadlen;
}

static void subscribed(struct mosquitto *m, void *ctx, int id, int count, const int *granted)
{
    (void)m, (void)ctx, (void)id, (void)count, (void)granted;
    printf("ready\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int port = (int)load_number(argc, argv, "--port", 1883);
    consumer c = { 0 };
    struct mosquitto *m;

    mosquitto_lib_init();
    m = mosquitto_new("consumer", true, &c);
    if (!m)
        load_die("memory");
    mosquitto_message_callback_set(m, take);
    mosquitto_subscribe_callback_set(m, subscribed);
    if (mosquitto_connect(m, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS ||
        mosquitto_subscribe(m, NULL, "#", 1) != MOSQ_ERR_SUCCESS ||
        mosquitto_loop_start(m) != MOSQ_ERR_SUCCESS)
        load_die("the consumer does not reach its broker");
    while (getchar() != EOF)
        continue;
    mosquitto_disconnect(m);
    mosquitto_loop_stop(m, false);
    printf("{\"messages\":%llu,\"bytes\":%llu}\n", (unsigned long long)c.messages,
           (unsigned long long)c.bytes);
    mosquitto_destroy(m);
    mosquitto_lib_cleanup();
    return 0;
}
