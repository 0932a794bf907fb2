/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reason codes (section 2.4), and five answers that never go on the wire.
 *
 * Threads: any.
 */
#ifndef PX_MQTT_REASON_H
#define PX_MQTT_REASON_H

#include "base/err.h"

/* name, code, words for logs and metrics */
#define PX_MQTT_REASON_MAP(X)                                                                      \
    X(SUCCESS, 0x00, "success")                                                                    \
    X(GRANTED_QOS_1, 0x01, "granted_qos_1")                                                        \
    X(GRANTED_QOS_2, 0x02, "granted_qos_2")                                                        \
    X(DISCONNECT_WITH_WILL, 0x04, "disconnect_with_will")                                          \
    X(NO_MATCHING_SUBSCRIBERS, 0x10, "no_matching_subscribers")                                    \
    X(NO_SUBSCRIPTION_EXISTED, 0x11, "no_subscription_existed")                                    \
    X(CONTINUE_AUTHENTICATION, 0x18, "continue_authentication")                                    \
    X(REAUTHENTICATE, 0x19, "reauthenticate")                                                      \
    X(UNSPECIFIED, 0x80, "unspecified_error")                                                      \
    X(MALFORMED, 0x81, "malformed_packet")                                                         \
    X(PROTOCOL_ERROR, 0x82, "protocol_error")                                                      \
    X(IMPLEMENTATION_SPECIFIC, 0x83, "implementation_specific_error")                              \
    X(UNSUPPORTED_VERSION, 0x84, "unsupported_protocol_version")                                   \
    X(CLIENT_ID_INVALID, 0x85, "client_identifier_not_valid")                                      \
    X(BAD_USER_OR_PASSWORD, 0x86, "bad_user_name_or_password")                                     \
    X(NOT_AUTHORIZED, 0x87, "not_authorized")                                                      \
    X(SERVER_UNAVAILABLE, 0x88, "server_unavailable")                                              \
    X(SERVER_BUSY, 0x89, "server_busy")                                                            \
    X(BANNED, 0x8A, "banned")                                                                      \
    X(SERVER_SHUTTING_DOWN, 0x8B, "server_shutting_down")                                          \
    X(BAD_AUTH_METHOD, 0x8C, "bad_authentication_method")                                          \
    X(KEEP_ALIVE_TIMEOUT, 0x8D, "keep_alive_timeout")                                              \
    X(SESSION_TAKEN_OVER, 0x8E, "session_taken_over")                                              \
    X(TOPIC_FILTER_INVALID, 0x8F, "topic_filter_invalid")                                          \
    X(TOPIC_NAME_INVALID, 0x90, "topic_name_invalid")                                              \
    X(PACKET_ID_IN_USE, 0x91, "packet_identifier_in_use")                                          \
    X(PACKET_ID_NOT_FOUND, 0x92, "packet_identifier_not_found")                                    \
    X(RECEIVE_MAX_EXCEEDED, 0x93, "receive_maximum_exceeded")                                      \
    X(TOPIC_ALIAS_INVALID, 0x94, "topic_alias_invalid")                                            \
    X(PACKET_TOO_LARGE, 0x95, "packet_too_large")                                                  \
    X(MESSAGE_RATE_TOO_HIGH, 0x96, "message_rate_too_high")                                        \
    X(QUOTA_EXCEEDED, 0x97, "quota_exceeded")                                                      \
    X(ADMINISTRATIVE, 0x98, "administrative_action")                                               \
    X(PAYLOAD_FORMAT_INVALID, 0x99, "payload_format_invalid")                                      \
    X(RETAIN_NOT_SUPPORTED, 0x9A, "retain_not_supported")                                          \
    X(QOS_NOT_SUPPORTED, 0x9B, "qos_not_supported")                                                \
    X(USE_ANOTHER_SERVER, 0x9C, "use_another_server")                                              \
    X(SERVER_MOVED, 0x9D, "server_moved")                                                          \
    X(SHARED_NOT_SUPPORTED, 0x9E, "shared_subscriptions_not_supported")                            \
    X(CONNECTION_RATE, 0x9F, "connection_rate_exceeded")                                           \
    X(MAX_CONNECT_TIME, 0xA0, "maximum_connect_time")                                              \
    X(SUBSCRIPTION_ID_NOT_SUPPORTED, 0xA1, "subscription_identifiers_not_supported")               \
    X(WILDCARD_NOT_SUPPORTED, 0xA2, "wildcard_subscriptions_not_supported")

typedef enum px_mqtt_reason {
#define X(name, code, words) PX_MQTT_##name = code,
    PX_MQTT_REASON_MAP(X)
#undef X
    /* Never on the wire: */
    PX_MQTT_MORE = 0x100,  /* of the frame cutter: bytes are missing */
    PX_MQTT_LATER = 0x101, /* of an application: the answer comes by px_mqtt_session_ack */
    PX_MQTT_BUSY = 0x102,  /* of an application: nothing was taken, ask again after a resume */
    /* Of an application: taken, but not every field of it. A success, with a reason string in v5.
     */
    PX_MQTT_PARTLY = 0x103,
    /* Of an application: 0x97 because its disk is full, which the reason string says in v5. */
    PX_MQTT_DISK_FULL = 0x104,
    /* Of an application: taken, but the time that its source told is not believed. As PARTLY. */
    PX_MQTT_AHEAD = 0x105,
    /* Of an application: what it took of the message stands, but what it has to keep of the rest it
     * cannot now. 0x97; of QoS 2 there is no answer, for one that refuses would free a packet id
     * which is taken: the connection ends, and the client says it again under the same id. */
    PX_MQTT_UNSAVED = 0x106,
} px_mqtt_reason;

/* "packet_too_large"; "unknown" for a code that the protocol does not have. */
const char *px_mqtt_reason_name(unsigned reason);

/* The CONNACK return code of 3.1.1 (0 to 5) for a v5 reason. */
uint8_t px_mqtt_reason_v311(px_mqtt_reason reason);

#endif
