/* SPDX-License-Identifier: Apache-2.0 */
/**
 * MQTT 3.1.1 and 5.0 control packets: bytes to plain structs and back.
 *
 * A frame is cut from the bytes that came (px_mqtt_frame_cut), then decoded by its type. Everything
 * decoded borrows from those bytes; nothing here allocates but the px_buf that is written to. A
 * decoder gives PX_MQTT_SUCCESS or the reason that the protocol names for what is wrong; its
 * results are only good on success. Threads: any.
 *
 * Source: OASIS MQTT 3.1.1 and 5.0; section numbers below are those of 5.0.
 */
#ifndef PX_MQTT_PACKET_H
#define PX_MQTT_PACKET_H

#include "mqtt/props.h"
#include "mqtt/reason.h"

typedef enum px_mqtt_type {
    PX_MQTT_CONNECT = 1,
    PX_MQTT_CONNACK = 2,
    PX_MQTT_PUBLISH = 3,
    PX_MQTT_PUBACK = 4,
    PX_MQTT_PUBREC = 5,
    PX_MQTT_PUBREL = 6,
    PX_MQTT_PUBCOMP = 7,
    PX_MQTT_SUBSCRIBE = 8,
    PX_MQTT_SUBACK = 9,
    PX_MQTT_UNSUBSCRIBE = 10,
    PX_MQTT_UNSUBACK = 11,
    PX_MQTT_PINGREQ = 12,
    PX_MQTT_PINGRESP = 13,
    PX_MQTT_DISCONNECT = 14,
    PX_MQTT_AUTH = 15,
    PX_MQTT_TYPE_COUNT = 16
} px_mqtt_type;

const char *px_mqtt_type_name(px_mqtt_type type); /* "publish"; "unknown" */

/* The protocol level byte of CONNECT. */
typedef enum px_mqtt_version { PX_MQTT_V311 = 4, PX_MQTT_V5 = 5 } px_mqtt_version;

typedef struct px_mqtt_frame {
    px_mqtt_type type;
    uint8_t flags; /* low four bits of the first byte */
    px_str body;   /* variable header and payload */
    size_t size;   /* of the whole packet, fixed header included */
} px_mqtt_frame;

/**
 * Cuts the first packet off `bytes`.
 *
 * Gives PX_MQTT_SUCCESS; PX_MQTT_MORE when bytes are missing (`ret_frame->size` is then the size of
 * the whole packet, or 0 while even that is not known); else PX_MQTT_MALFORMED (type, flags or
 * length) or PX_MQTT_PACKET_TOO_LARGE, as soon as the fixed header shows it. Cost: O(1).
 */
px_mqtt_reason px_mqtt_frame_cut(px_str bytes, size_t packet_bytes_max, px_mqtt_frame *ret_frame);

/* A message on its way in (from PUBLISH or a will) or out. */
typedef struct px_mqtt_publish {
    px_str topic; /* in: may be empty when a topic alias stands for it */
    px_str payload;
    /* Out only: encoded properties that ride along, from px_mqtt_put_* of props.h; 3.1.1 clients
     * do not get them. */
    px_str encoded_props;
    const px_mqtt_props *props; /* in only: NULL in 3.1.1 and when the packet has none */
    int64_t expires_at_ns;      /* out only, of sessions: monotonic; 0: never */
    uint32_t tag;               /* out only, without a packet id: px_mqtt_app.arrived; 0: none */
    uint16_t packet_id;         /* 0 for QoS 0 */
    uint8_t qos;
    bool retain, dup;
} px_mqtt_publish;

typedef struct px_mqtt_connect {
    uint8_t version; /* the level byte as it came: a px_mqtt_version on success */
    bool clean_start, has_user, has_password, has_will;
    uint16_t keep_alive_s; /* 0: none asked for */
    px_str client_id, user, password;
    px_mqtt_publish will;
    px_mqtt_props props, will_props;
} px_mqtt_connect;

/* PX_MQTT_UNSUPPORTED_VERSION leaves the level in `ret_connect->version`. Lengths over the limits
 * of limits.h: PX_MQTT_CLIENT_ID_INVALID, PX_MQTT_BAD_USER_OR_PASSWORD, PX_MQTT_TOPIC_NAME_INVALID.
 */
px_mqtt_reason px_mqtt_decode_connect(px_str body, px_mqtt_connect *ret_connect);

/* `props` is the caller's room for properties; `ret_publish->props` points to it or is NULL. The
 * topic is checked for UTF-8 and wildcards. */
px_mqtt_reason px_mqtt_decode_publish(const px_mqtt_frame *frame, px_mqtt_version version,
                                      px_mqtt_props *props, px_mqtt_publish *ret_publish);

/* PUBACK, PUBREC, PUBREL, PUBCOMP; a reason that the packet may not have is a protocol error. */
typedef struct px_mqtt_ack {
    uint16_t packet_id;
    uint8_t reason;
} px_mqtt_ack;
px_mqtt_reason px_mqtt_decode_ack(px_str body, px_mqtt_version version, px_mqtt_type type,
                                  px_mqtt_ack *ret_ack);

/* SUBSCRIBE and UNSUBSCRIBE: the whole list is checked before the first entry is given out. */
typedef struct px_mqtt_filters {
    uint16_t packet_id;
    uint32_t subscription_id; /* 0 when there is none */
    px_str rest;              /* entries not yet given */
    bool with_options;        /* SUBSCRIBE */
    uint32_t count;
} px_mqtt_filters;

typedef struct px_mqtt_filter {
    px_str text;
    px_str share; /* GROUP of `$share/GROUP/…` once px_mqtt_filter_settle took it off; else empty */
    uint8_t qos; /* the highest wanted: 0, 1 or 2 */
    bool no_local, retain_as_published;
    uint8_t retain_handling; /* 0 send retained, 1 only when new, 2 never */
} px_mqtt_filter;

px_mqtt_reason px_mqtt_decode_subscribe(px_str body, px_mqtt_version version,
                                        px_mqtt_filters *ret_filters);
px_mqtt_reason px_mqtt_decode_unsubscribe(px_str body, px_mqtt_version version,
                                          px_mqtt_filters *ret_filters);
/* False after the last entry. `text` is as it came, `share` is empty. */
bool px_mqtt_filters_next(px_mqtt_filters *filters, px_mqtt_filter *ret_filter);

typedef struct px_mqtt_disconnect {
    uint8_t reason;
    px_mqtt_props props;
} px_mqtt_disconnect;
px_mqtt_reason px_mqtt_decode_disconnect(px_str body, px_mqtt_version version,
                                         px_mqtt_disconnect *ret_disconnect);

/* What a client reads; used by tests and by clients of our own. SUBACK and UNSUBACK give their
 * reasons as raw bytes; UNSUBACK has none in 3.1.1. */
typedef struct px_mqtt_connack {
    bool session_present;
    uint8_t reason; /* 3.1.1: the return code 0 to 5 */
    px_mqtt_props props;
} px_mqtt_connack;
px_mqtt_reason px_mqtt_decode_connack(px_str body, px_mqtt_version version,
                                      px_mqtt_connack *ret_connack);
px_mqtt_reason px_mqtt_decode_reasons(px_str body, px_mqtt_version version, px_mqtt_type type,
                                      uint16_t *ret_packet_id, px_str *ret_reasons);

/* Writers. `encoded_props` are bytes from props.h and ignored in 3.1.1; failures stick in the
 * buffer. A v5 acknowledgement without reason and properties is four bytes, like a 3.1.1 one. */
void px_mqtt_put_connect(px_buf *buf, const px_mqtt_connect *connect, px_str encoded_props,
                         px_str encoded_will_props);
void px_mqtt_put_connack(px_buf *buf, px_mqtt_version version, bool session_present, uint8_t reason,
                         px_str encoded_props);
void px_mqtt_put_publish(px_buf *buf, px_mqtt_version version, const px_mqtt_publish *publish);
void px_mqtt_put_ack(px_buf *buf, px_mqtt_version version, px_mqtt_type type, uint16_t packet_id,
                     uint8_t reason);
/* Of v5 only: with a reason string. PUBREL, which has none of ours, is not written by it. */
void px_mqtt_put_ack_text(px_buf *buf, px_mqtt_type type, uint16_t packet_id, uint8_t reason,
                          px_str text);
void px_mqtt_put_subscribe(px_buf *buf, px_mqtt_version version, uint16_t packet_id,
                           const px_mqtt_filter *filters, size_t count, px_str encoded_props);
void px_mqtt_put_unsubscribe(px_buf *buf, px_mqtt_version version, uint16_t packet_id,
                             const px_mqtt_filter *filters, size_t count);
/* SUBACK and UNSUBACK: one reason per entry; UNSUBACK writes none in 3.1.1. */
void px_mqtt_put_reasons(px_buf *buf, px_mqtt_version version, px_mqtt_type type,
                         uint16_t packet_id, const uint8_t *reasons, size_t count);
void px_mqtt_put_ping(px_buf *buf, px_mqtt_type type); /* PINGREQ, PINGRESP */
void px_mqtt_put_disconnect(px_buf *buf, px_mqtt_version version, uint8_t reason,
                            px_str encoded_props);

/* The size that px_mqtt_put_publish would write. */
size_t px_mqtt_publish_bytes(px_mqtt_version version, const px_mqtt_publish *publish);

#endif
