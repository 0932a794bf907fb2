/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Properties of MQTT 5 (section 2.2.2): read whole and checked, or written one by one.
 *
 * Which property may stand in which packet, with which type, is one table in props.c. Strings
 * borrow from the packet. Threads: any.
 */
#ifndef PX_MQTT_PROPS_H
#define PX_MQTT_PROPS_H

#include "base/buf.h"
#include "mqtt/reason.h"

typedef enum px_mqtt_prop {
    PX_MQTT_PROP_PAYLOAD_FORMAT = 1,
    PX_MQTT_PROP_MESSAGE_EXPIRY = 2,
    PX_MQTT_PROP_CONTENT_TYPE = 3,
    PX_MQTT_PROP_RESPONSE_TOPIC = 8,
    PX_MQTT_PROP_CORRELATION = 9,
    PX_MQTT_PROP_SUBSCRIPTION_ID = 11,
    PX_MQTT_PROP_SESSION_EXPIRY = 17,
    PX_MQTT_PROP_ASSIGNED_CLIENT_ID = 18,
    PX_MQTT_PROP_SERVER_KEEP_ALIVE = 19,
    PX_MQTT_PROP_AUTH_METHOD = 21,
    PX_MQTT_PROP_AUTH_DATA = 22,
    PX_MQTT_PROP_REQUEST_PROBLEM_INFO = 23,
    PX_MQTT_PROP_WILL_DELAY = 24,
    PX_MQTT_PROP_REQUEST_RESPONSE_INFO = 25,
    PX_MQTT_PROP_RESPONSE_INFO = 26,
    PX_MQTT_PROP_SERVER_REFERENCE = 28,
    PX_MQTT_PROP_REASON_TEXT = 31,
    PX_MQTT_PROP_RECEIVE_MAX = 33,
    PX_MQTT_PROP_TOPIC_ALIAS_MAX = 34,
    PX_MQTT_PROP_TOPIC_ALIAS = 35,
    PX_MQTT_PROP_QOS_MAX = 36,
    PX_MQTT_PROP_RETAIN_AVAILABLE = 37,
    PX_MQTT_PROP_USER = 38,
    PX_MQTT_PROP_PACKET_BYTES_MAX = 39,
    PX_MQTT_PROP_WILDCARD_AVAILABLE = 40,
    PX_MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE = 41,
    PX_MQTT_PROP_SHARED_AVAILABLE = 42,
    PX_MQTT_PROP_COUNT = 43
} px_mqtt_prop;

/* Only fields whose bit is set in `present` mean anything. */
typedef struct px_mqtt_props {
    uint64_t present; /* bit n: the property with identifier n came */
    px_str raw;       /* the property bytes, without their length */
    px_str content_type, response_topic, correlation, assigned_client_id, auth_method, auth_data;
    px_str response_info, server_reference, reason_text;
    uint32_t message_expiry_s, session_expiry_s, will_delay_s, packet_bytes_max, subscription_id;
    uint32_t user_count;
    uint16_t receive_max, topic_alias_max, topic_alias, server_keep_alive_s;
    uint8_t payload_is_text, request_problem_info, request_response_info, qos_max;
    uint8_t retain_available, wildcard_available, subscription_id_available, shared_available;
} px_mqtt_props;

static inline bool px_mqtt_has(const px_mqtt_props *props, px_mqtt_prop prop)
{
    return props && (props->present >> prop & 1) != 0;
}

/* Where properties may stand: the packet types of packet.h, and the will inside CONNECT. */
#define PX_MQTT_PROPS_OF_WILL 16

/**
 * Reads length and properties from `cut` and moves it behind them.
 *
 * @param place  a px_mqtt_type, or PX_MQTT_PROPS_OF_WILL
 *
 * Errors: PX_MQTT_MALFORMED (length, type, a property that has no place here),
 * PX_MQTT_PROTOCOL_ERROR (twice, or a forbidden value), PX_MQTT_TOPIC_ALIAS_INVALID (alias 0),
 * PX_MQTT_PACKET_TOO_LARGE (more than PX_MQTT_USER_PROPERTIES_MAX user properties).
 */
px_mqtt_reason px_mqtt_props_read(px_cut *cut, unsigned place, px_mqtt_props *ret_props);

/* The same of bytes without the length before them, such as a kept copy of `raw`. */
px_mqtt_reason px_mqtt_props_parse(px_str raw, unsigned place, px_mqtt_props *ret_props);

/* Walks the user properties; `*at` starts as props->raw. False after the last. */
bool px_mqtt_user_next(px_str *at, px_str *ret_name, px_str *ret_value);

/* Writers: identifier and value, without the length that stands before them all. */
void px_mqtt_put_prop_u8(px_buf *buf, px_mqtt_prop prop, uint8_t value);
void px_mqtt_put_prop_u16(px_buf *buf, px_mqtt_prop prop, uint16_t value);
void px_mqtt_put_prop_u32(px_buf *buf, px_mqtt_prop prop, uint32_t value);
void px_mqtt_put_prop_str(px_buf *buf, px_mqtt_prop prop, px_str value);
void px_mqtt_put_prop_user(px_buf *buf, px_str name, px_str value);
/* Those properties of a PUBLISH that a server hands on to subscribers as they are (section
 * 3.3.2.3). Message Expiry is not among them: time is taken off it, see px_mqtt_session_deliver. */
void px_mqtt_put_props_forward(px_buf *buf, const px_mqtt_props *props);

#endif
