/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A session with an application that writes down what it was asked, for tests and fuzz targets.
 *
 * The story's `log` gets one line per callback; what the application answers is set in the story.
 */
#ifndef PX_MQTT_STORY_H
#define PX_MQTT_STORY_H

#include "base/vec.h"
#include "mqtt/session.h"

/* A request that was answered PX_MQTT_LATER. */
typedef struct px_mqtt_story_asked {
    px_mqtt_type answer; /* PX_MQTT_SUBACK, PX_MQTT_UNSUBACK */
    uint16_t packet_id;
    size_t count;
} px_mqtt_story_asked;

typedef struct px_mqtt_story {
    px_mqtt_session *session;
    px_mqtt_counters counters;
    px_buf log;
    px_buf sent; /* packets to feed, built by the test */
    int64_t now_ns;
    px_mqtt_reason on_connect, on_publish, on_release, on_acked;
    px_mqtt_reason on_subscribe; /* SUCCESS: granted as asked; LATER; or the refusal of each */
    const char *explains;        /* NULL: on_publish is all that is told */
    uint32_t busy_every;         /* n: each n-th offer is answered BUSY once; 0: never */
    uint32_t offers;
    uint32_t tokens[256]; /* of messages that wait for an answer, in order of arrival */
    size_t token_count;
    PX_VEC(px_mqtt_story_asked) subscribes; /* those that wait for an answer */
} px_mqtt_story;

void px_mqtt_story_begin(px_mqtt_story *story, const px_mqtt_session_opts *opts);
void px_mqtt_story_end(px_mqtt_story *story);

/* Feeds what `sent` holds and clears it. */
void px_mqtt_story_feed(px_mqtt_story *story);
/* Takes all output as sent, and gives it; borrowed until the next call. */
px_str px_mqtt_story_output(px_mqtt_story *story);

#endif
