/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the tests of the session share: a story that is open already, packets to feed, and checks of
 * what the application was asked and of what the client got.
 */
#ifndef PX_MQTT_SESSION_KIT_H
#define PX_MQTT_SESSION_KIT_H

#include "base/limits.h"
#include "px_mqtt_story.h"
#include "px_test.h"

#define NO_PROPS ((px_str){ NULL, 0 })

/* A story whose client `c1` is let in already, without a keep-alive. */
void story_open(px_mqtt_story *st, px_mqtt_version version);
/* The same with these properties in its CONNECT of v5. */
void story_open_with(px_mqtt_story *st, px_str props);

void put_connect(px_mqtt_story *st, px_mqtt_version version, uint16_t keep_alive_s, px_str props);
/* Packet id 0: QoS 0, else QoS 1. */
void put_publish(px_mqtt_story *st, px_mqtt_version version, const char *topic, const char *payload,
                 uint16_t packet_id);
void put_qos_2(px_mqtt_story *st, px_mqtt_version version, uint16_t packet_id, bool dup);
void feed(px_mqtt_story *st, px_str bytes);
px_status deliver(px_mqtt_story *st, uint8_t qos, px_str payload); /* to the topic `t` */

/* The first packet of these bytes. */
px_mqtt_frame first_frame(px_str bytes);
/* The CONNACK that is the output; its slices borrow from the story. */
px_mqtt_connack read_connack(px_mqtt_story *st);

/* All that was asked since the last time, and all that was sent. */
#define CHECK_LOG(st, wanted) check_log((st), (wanted), __FILE__, __LINE__)
#define CHECK_OUT(st, wanted) check_out((st), PX_STR(wanted), __FILE__, __LINE__)
void check_log(px_mqtt_story *st, const char *wanted, const char *file, int line);
void check_out(px_mqtt_story *st, px_str wanted, const char *file, int line);

#endif
