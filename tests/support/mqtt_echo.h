/* SPDX-License-Identifier: Apache-2.0 */
/** What the halves of mqtt_echo share: its questions on door threads, and its engine. */
#ifndef PX_MQTT_ECHO_H
#define PX_MQTT_ECHO_H

#include <pthread.h>

#include "base/vec.h"
#include "mqtt/subs.h"
#include "server/mqtt_door.h"

enum { THREADS_MAX = 8, REASONS_MAX = 8 };

typedef enum command_kind { PUBLISH, ADMIT, ANSWER, RELEASED, RELEASE } command_kind;

/* Something for the engine: a message, or with --late an answer that it gives. */
typedef struct command {
    command_kind kind;
    px_mqtt_conn conn;
    uint32_t token;
    uint16_t packet_id;
    uint8_t qos;
    px_mqtt_type type; /* of ANSWER */
    uint8_t reasons[REASONS_MAX];
    size_t count;
    int64_t expires_at_ns;
    px_str topic, payload, props; /* owned, one piece of memory at topic.ptr */
} command;

typedef PX_VEC(command) command_vec;

typedef struct echo {
    px_mqtt_door *door;
    bool is_late;
    command_vec collected[THREADS_MAX]; /* each of one door thread */
    pthread_mutex_t lock;               /* guards what follows */
    pthread_cond_t changed;
    command_vec queue;
    px_mqtt_subs *subs;
    bool is_held, is_over;
    unsigned batches, batch_max, answers; /* answers: given to messages of our own */
    int principals;                       /* given out and not yet back */
    _Atomic bool is_busy, is_full;
    uint16_t last_packet_id; /* of the engine */
} echo;

/* The table for px_mqtt_door_open (mqtt_echo_app.c). */
px_mqtt_door_app echo_app(echo *e);

#endif
