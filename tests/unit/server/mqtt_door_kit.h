/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The MQTT door around an application that notes what it is asked and answers as it is told to, and
 * clients that are bare sockets.
 */
#ifndef PX_MQTT_DOOR_KIT_H
#define PX_MQTT_DOOR_KIT_H

#include <pthread.h>

#include "mqtt/packet.h"
#include "px_test.h"
#include "server/mqtt_door.h"

#define NO_PROPS ((px_str){ NULL, 0 })

enum { CLIENTS_MAX = 8 };

/* What the application of these tests saw; `lock` guards all. */
typedef struct seen {
    px_mqtt_door *door;
    pthread_mutex_t lock;
    px_mqtt_conn conns[CLIENTS_MAX]; /* by the digit that ends the client id */
    uint32_t tokens[CLIENTS_MAX];
    int connects, publishes, releases, subscribes, ackeds, closes;
    uint16_t packet_id; /* of the newest release, subscribe or acked */
    px_mqtt_type acked_type;
    px_mqtt_end end; /* the newest */
    /* set before what shall be answered so */
    _Atomic(px_mqtt_reason) on_connect, on_publish, on_release, on_subscribe, on_acked;
} seen;

/* On loopback, any port. `on_publish` is LATER, the others are SUCCESS. */
void open_door_with(seen *s, px_mqtt_door_opts opts);
void open_door(seen *s, unsigned threads);
void close_door(seen *s); /* each principal must have come back */

int count_of(seen *s, const int *field);
void wait_for(seen *s, const int *field, int wanted);

int knock(seen *s); /* a client that says nothing yet */
/* CONNECT of 3.1.1, called `c` and this digit. */
void say_connect(int fd, int digit);
int join(seen *s, int digit); /* the same, let in */
void publish(int fd, uint16_t packet_id);
void send_bytes(int fd, px_str bytes);
void send_all(int fd, const px_buf *bytes);
void expect(int fd, px_str wanted);
void expect_end(int fd);

#endif
