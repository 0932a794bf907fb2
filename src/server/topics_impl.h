/* SPDX-License-Identifier: Apache-2.0 */
/** What twin_topics.c and deliveries.c share. Room-internal. */
#ifndef PX_SERVER_TOPICS_IMPL_H
#define PX_SERVER_TOPICS_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "mqtt/subs.h"
#include "mqtt/topic.h"
#include "server/twin_topics.h"

/* Who is connected: the principal lives in the arena. */
typedef struct px_topics_client {
    px_principal principal;
    px_arena arena;
} px_topics_client;

/* The subscriptions of one tenant. */
typedef struct px_topics_tenant {
    uint32_t tenant;
    px_mqtt_subs *subs;
} px_topics_tenant;

/* A message on its way through the engine; kept for reuse. */
typedef struct px_topics_message {
    px_request request;
    px_arena arena;
    px_twin_topics *topics;
    struct px_topics_message *next_free;
    px_mqtt_conn conn;
    uint32_t token;
    unsigned thread;
} px_topics_message;

typedef struct px_topics_thread {
    px_request *first, *last;              /* collected in this round */
    px_topics_message *pool;               /* the thread's own */
    _Atomic(px_topics_message *) returned; /* by the engine's thread; taken all at once */
    char pad[64];
} px_topics_thread;

enum { PX_TOPICS_THREADS_MAX = 64 };

struct px_twin_topics {
    px_twin_topics_opts opts;
    px_mqtt_door *door;
    pthread_rwlock_t subs_lock; /* guards tenants and what they hold */
    PX_VEC(px_topics_tenant) tenants;
    px_topics_thread threads[PX_TOPICS_THREADS_MAX];

    pthread_t delivery_thread;
    bool delivering;
    _Atomic bool stopping;
    px_feed *feed;

    _Atomic uint64_t messages, fields, fields_rejected, messages_refused, plain, deliveries;
};

/* Sends a message to whoever of the tenant subscribed to its topic. */
void px_topics_deliver(px_twin_topics *topics, uint32_t tenant, px_str topic, px_str payload,
                       uint8_t qos, px_mqtt_sub_vec *hits);
/* The present answer to a fresh subscription: desired values, pending commands. */
void px_topics_greet(px_twin_topics *topics, const px_topics_client *client, px_mqtt_conn conn,
                     px_str filter);
/* The desired properties that differ from reported ones, as a JSON object; false when there are
 * none. */
bool px_topics_put_desired(px_twin_topics *topics, px_buf *buf, const px_twin *twin);

void *px_topics_delivery_run(void *topics);

#endif
