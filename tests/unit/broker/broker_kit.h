/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A broker over a whole server without threads and sockets, on the fake disk and the fake clock.
 * What it says to connections is kept until it is looked at; what a door does around it is done
 * here.
 */
#ifndef PX_BROKER_KIT_H
#define PX_BROKER_KIT_H

#include "base/vec.h"
#include "broker/internal.h"
#include "px_test.h"
#include "px_world.h"

typedef enum kit_word { KIT_ADMIT, KIT_ANSWER, KIT_DELIVER, KIT_RELEASE, KIT_RELEASED } kit_word;

enum { KIT_TEXT_MAX = 96, KIT_REASONS_MAX = 8, KIT_IDS_MAX = 8 };

/* One thing that was said to one connection. */
typedef struct kit_said {
    kit_word word;
    uint64_t conn;
    px_mqtt_type type;
    uint16_t packet_id;
    uint8_t reason, qos, reasons[KIT_REASONS_MAX];
    bool present, retain, dup;
    uint32_t expiry_s;
    int64_t expires_at_ns;
    uint16_t received[KIT_IDS_MAX];
    size_t received_count, count;
    char topic[KIT_TEXT_MAX], payload[KIT_TEXT_MAX];
    uint32_t ids[KIT_IDS_MAX];
    size_t id_count;
} kit_said;

typedef struct broker_kit {
    px_world world;
    px_broker *broker;
    px_broker_opts opts;
    PX_VEC(kit_said) said;
    uint64_t last_conn;
    uint64_t greetings; /* subscriptions that the present answer was asked for */
    bool wills_are_busy, wills_are_denied;
    size_t wills_asked;
} broker_kit;

/* One connection, as its door knows it. */
typedef struct kit_client {
    px_broker_client session;
    bool is_there;
} kit_client;

typedef struct kit_connect_opts {
    bool is_v311, clean;
    uint32_t expiry_s;
    const char *will_topic, *will_payload; /* NULL: no will */
    uint8_t will_qos;
    bool will_retain;
    uint32_t will_delay_s, will_expiry_s;
    uint32_t tenant; /* 0: the kit's */
    uint32_t scope;
    bool (*may)(const px_principal *who, px_str filter); /* NULL: it may have all */
} kit_connect_opts;

void kit_begin(broker_kit *kit, uint64_t seed);
/* With rows written every `save_ns`, at most `save_rows_max` at once; 0: as the server does. */
void kit_begin_with(broker_kit *kit, uint64_t seed, int64_t save_ns, size_t save_rows_max);
void kit_end(broker_kit *kit);
/* As kill -9, or a power cut; opened again, with what the journal says folded. */
void kit_kill(broker_kit *kit, bool power);
/* The same in two steps; between them there is no broker. */
void kit_down(broker_kit *kit, bool power);
void kit_up(broker_kit *kit);

/* Steps until nothing is left to do but wait; then what was said may be looked at. */
void kit_settle(broker_kit *kit);
void kit_wait_s(broker_kit *kit, int64_t seconds);
void kit_forget_said(broker_kit *kit);

/* Gives the reason, of CONNACK where there is one. */
px_mqtt_reason kit_connect(broker_kit *kit, kit_client *client, const char *id,
                           const kit_connect_opts *opts);
/* The same, not settled: what follows is in `said`. */
px_mqtt_reason kit_connect_later(broker_kit *kit, kit_client *client, const char *id,
                                 const kit_connect_opts *opts);
void kit_close(broker_kit *kit, kit_client *client, bool with_will);
/* Its server is gone: nobody says anything of it. */
void kit_lose(kit_client *client);

/* `$share/GROUP/FILTER` is taken apart. Give the one reason. */
uint8_t kit_subscribe(broker_kit *kit, kit_client *client, const char *filter, uint8_t qos);
uint8_t kit_subscribe_as(broker_kit *kit, kit_client *client, px_mqtt_filter filter, uint32_t id);
uint8_t kit_unsubscribe(broker_kit *kit, kit_client *client, const char *filter);

/* As the client gets it: SUCCESS when it was acknowledged. */
px_mqtt_reason kit_publish(broker_kit *kit, kit_client *client, const char *topic,
                           const char *payload, uint8_t qos, bool retain);
px_mqtt_reason kit_publish_as(broker_kit *kit, kit_client *client, const px_mqtt_publish *message);
void kit_acked(broker_kit *kit, kit_client *client, uint16_t packet_id, px_mqtt_type type);

/* What was delivered to a connection, in order; NULL: no more. */
const kit_said *kit_delivered(const broker_kit *kit, const kit_client *client, size_t index);
size_t kit_delivered_count(const broker_kit *kit, const kit_client *client);
/* The last thing of this kind said to it; NULL: none. */
const kit_said *kit_last(const broker_kit *kit, const kit_client *client, kit_word word);

/* All that the journal decides, as text; nothing that belongs to one run of the server, and nothing
 * whose time has run out. */
void kit_dump(px_broker *broker, px_buf *buf);
/* A broker that has the whole journal folded and no rows; px_broker_close. */
px_broker *kit_fold_alone(broker_kit *kit);
/* The broker's state is what the journal gives; else says how not. */
void kit_check_state(broker_kit *kit, const char *when);

#endif
