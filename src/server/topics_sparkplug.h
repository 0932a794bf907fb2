/* SPDX-License-Identifier: Apache-2.0 */
/** What clients publish below `spBv1.0`. Room-internal. */
#ifndef PX_SERVER_TOPICS_SPARKPLUG_H
#define PX_SERVER_TOPICS_SPARKPLUG_H

#include "server/twin_topics.h"

struct px_topics_client;
struct px_topics_message;

/* One message; all borrowed for the call. */
typedef struct px_topics_spark {
    px_twin_topics *topics;
    unsigned thread;
    px_mqtt_conn conn;
    struct px_topics_client *client;
    const px_mqtt_publish *publish;
    uint32_t token;
    bool is_will;
    /* Sends it on as a plain message. `values`, unless NULL, is a request that goes to the engine
     * in any case, with what is journalled of the message; taken. Never PX_MQTT_BUSY then: the
     * place of the message in its sequence is taken. */
    px_mqtt_reason (*plain)(void *ctx, struct px_topics_message *values);
    void *ctx;
} px_topics_spark;

px_mqtt_reason px_topics_sparkplug(const px_topics_spark *in);

/* ---- topics_ended.c ---- */
/* Makes the message one that writes this death. False: no memory; it is owed. */
bool px_topics_spark_end(const px_spark_ending *ending, struct px_topics_message *m);
/* The message goes back to its pool: its death is written, or owed. */
void px_topics_spark_settle(struct px_topics_message *m);
/* The engine's answer to one with a death. */
void px_topics_spark_answered(struct px_topics_message *m);
/* Makes some of the deaths again that could not be written. On the thread of deliveries. */
void px_topics_spark_pay(px_twin_topics *topics);

/* Whether a device may subscribe to `spBv1.0/REST`: to every STATE, and to the commands of its own
 * edge node. */
bool px_topics_spark_may_hear(const px_principal *principal, px_str rest);

#endif
