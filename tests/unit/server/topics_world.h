/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Topics over a whole server: store, engine, API without sockets, the MQTT door on a free port, and
 * clients that write down what they hear.
 *
 *     mqtt_client c;
 *     CHECK_EQ(mqtt_join(&c, &world, PX_MQTT_V5, "id", "press-1", key), 0);
 *     CHECK_EQ(mqtt_subscribe(&c, "twins/press-1/desired", 1), 1);
 *     mqtt_hear(&c, "twins/press-1/desired {\"speed\":30");
 */
#ifndef PX_TOPICS_WORLD_H
#define PX_TOPICS_WORLD_H

#include "api_world.h"
#include "mqtt/packet.h"
#include "server/twin_topics.h"

typedef struct topics_world {
    api_world api;
    px_backoff *backoff;
    px_twin_topics *topics;
    px_mqtt_door *door;
} topics_world;

void topics_world_init(topics_world *world);
void topics_world_release(topics_world *world);

/* Makes a device bound to the twins of this JSON array, as the first admin when no other token is
 * given; gives its key, in static memory, four at a
 * time. */
const char *topics_device(topics_world *world, const char *token, const char *device,
                          const char *twins);

/* Hands a request to the engine as the first tenant's admin and waits for its result. */
px_result topics_do(topics_world *world, px_request *request);
/* Gives the press a command `stop` with this id, and a minute for its response. */
void topics_command(topics_world *world, const char *twin, const char *command_id);

typedef struct mqtt_client {
    int fd;
    px_mqtt_version version;
    px_buf in;
    px_buf heard;  /* a line for each message: `TOPIC PAYLOAD q1 name=value …` */
    uint16_t acks; /* packet ids used */
    int ack;       /* the newest code of SUBACK, PUBACK, PUBREC, PUBCOMP; -1: none yet */
    int end;       /* of DISCONNECT; -1: none yet */
    bool closed;
} mqtt_client;

/* The code of CONNACK. */
int mqtt_join(mqtt_client *client, topics_world *world, px_mqtt_version version, const char *id,
              const char *user, const char *password);
/* The same of version 5, with a session that lasts an hour. */
int mqtt_join_kept(mqtt_client *client, topics_world *world, const char *id, const char *user,
                   const char *password);
void mqtt_leave(mqtt_client *client);
int mqtt_subscribe(mqtt_client *client, const char *filter, uint8_t qos); /* the code of SUBACK */
int mqtt_subscribe_with(mqtt_client *client, const px_mqtt_filter *filter);
int mqtt_publish(mqtt_client *client, const char *topic, const char *payload); /* QoS 1 */
int mqtt_publish_with(mqtt_client *client, const px_mqtt_publish *publish);
/* The same, and waits for no answer; and the code of the next answer, -1 when the connection ends.
 */
void mqtt_send(mqtt_client *client, const char *topic, const char *payload);
int mqtt_ack(mqtt_client *client);
/* The same of QoS 2; mqtt_ack gives the code of PUBREC, and mqtt_release that of PUBCOMP. */
void mqtt_say_exactly(mqtt_client *client, uint16_t packet_id, const char *topic,
                      const char *payload);
int mqtt_release(mqtt_client *client, uint16_t packet_id);
/* Reads until a line holds this text, at most 10 s. */
void mqtt_hear(mqtt_client *client, const char *text);
/* True when something heard so far holds this text. */
bool mqtt_has_heard(const mqtt_client *client, const char *text);
/* Reads until the server ends the connection, at most 10 s; the reason, or 0 when none was told. */
int mqtt_end(mqtt_client *client);

#endif
