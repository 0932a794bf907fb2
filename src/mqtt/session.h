/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One MQTT connection as a state machine: bytes in, bytes out, no socket and no clock inside.
 *
 *   waiting for CONNECT ──► judged ──admitted──► open ──DISCONNECT, refusal, timeout──► ended
 *
 * The owner feeds what came from the network, writes what px_mqtt_session_output shows, ticks, and
 * frees. The application is a table of callbacks; what it cannot answer at once it answers later:
 *
 *   callback      at once          later
 *   connect       SUCCESS          px_mqtt_session_admit
 *   publish       a reason         px_mqtt_session_ack
 *   release       SUCCESS          px_mqtt_session_released
 *   subscribe     SUCCESS          px_mqtt_session_answer
 *   unsubscribe   SUCCESS          px_mqtt_session_answer
 *   acked         SUCCESS          px_mqtt_session_release
 *
 * PUBACKs and PUBRECs leave in the order in which the messages came, however they are answered.
 * What lasts longer than the connection (subscriptions, queues, wills, retained messages) is the
 * application's; the session knows packet ids, windows and aliases.
 *
 * From the client, QoS 2: PUBREC is sent where QoS 1 gets PUBACK, and the id is remembered until
 * PUBREL; a PUBLISH that comes again meanwhile is answered again and not offered again. A PUBREC
 * that refuses forgets the id.
 *
 * To the client: a message with a packet id (1 to 0x7FFF) is the application's, which hears by
 * `acked` what the client answers; to one without, the session gives an id above and keeps it in
 * memory until it is answered. Both share the client's window and one bounded queue; where that is
 * full the session ends (0x97). QoS 0 is dropped and counted.
 *
 * Flow: a message that the application answers with PX_MQTT_BUSY was not taken; the session keeps
 * it with what follows and wants no input until px_mqtt_session_resume. A v5 client with more than
 * `receive_max` messages that are not done is disconnected (0x93), a 3.1.1 client is not read
 * while so many wait for an answer. While CONNECT or PX_MQTT_REQUESTS_MAX requests are judged, the
 * client is not read either.
 *
 * What a 3.1.1 client cannot be told: a message judged and refused (0x10, 0x87, 0x90, 0x99) is
 * acknowledged and counted; one that could not be kept (any other reason) ends the connection
 * unacknowledged, so that the client sends it again. PX_MQTT_SESSION_TAKEN_OVER does so in both,
 * and PX_MQTT_UNSAVED with QoS 2.
 *
 * Time is monotonic nanoseconds of the caller. Threads: one at a time.
 */
#ifndef PX_MQTT_SESSION_H
#define PX_MQTT_SESSION_H

#include "mqtt/counters.h"
#include "mqtt/packet.h"

typedef struct px_mqtt_session px_mqtt_session;

#define PX_MQTT_TOKEN_NONE UINT32_MAX /* of a message that wants no answer: QoS 0 */

/* Packet ids of messages to the client: below, the application's; from here on, the session's. */
#define PX_MQTT_SESSION_IDS_FROM 0x8000

/* A whole SUBSCRIBE or UNSUBSCRIBE; all borrowed for the call. */
typedef struct px_mqtt_sub_request {
    uint16_t packet_id;
    uint32_t subscription_id;      /* 0: none; of SUBSCRIBE */
    const px_mqtt_filter *filters; /* checked; text without `$share/GROUP/` */
    size_t count;
    /* One per filter: comes in as 0, or as the reason >= 0x80 for which the session refuses that
     * filter already; goes out as what is granted (0, 1, 2), as 0 or 0x11 of UNSUBSCRIBE, or as a
     * reason >= 0x80. */
    uint8_t *reasons;
} px_mqtt_sub_request;

/* What px_mqtt_session_admit says to a CONNECT. */
typedef struct px_mqtt_admission {
    px_mqtt_reason reason; /* PX_MQTT_SUCCESS, or why not */
    bool session_present;
    uint32_t session_expiry_s; /* granted; a v5 client is told when it asked for another */
    /* QoS 2 packet ids of the client that were published and not released in an earlier
     * connection; at most PX_MQTT_INFLIGHT_MAX. */
    const uint16_t *received;
    size_t received_count;
} px_mqtt_admission;

/* How a connection ended. */
typedef struct px_mqtt_end {
    px_mqtt_reason reason;
    bool with_will;  /* in a way that lets the will out: anything but DISCONNECT 0x00 */
    bool has_expiry; /* DISCONNECT changed the session's expiry */
    uint32_t session_expiry_s;
} px_mqtt_end;

/* Called from inside the functions below. All slices are borrowed for the call. No callback may
 * call a function of its session, but px_mqtt_session_explain. */
typedef struct px_mqtt_app {
    /* PX_MQTT_SUCCESS lets the client in to a new session that ends with the connection;
     * PX_MQTT_LATER; or a reason. `client_id` is never empty: one is assigned if needed. The will
     * and its properties are the application's to copy. Session Expiry is capped already. */
    px_mqtt_reason (*connect)(void *ctx, const px_mqtt_connect *connect, px_str client_id);
    /* A reason, PX_MQTT_PARTLY, PX_MQTT_AHEAD, PX_MQTT_DISK_FULL, PX_MQTT_UNSAVED, PX_MQTT_LATER,
     * or PX_MQTT_BUSY. With PX_MQTT_TOKEN_NONE only BUSY has an effect. `publish->topic` is whole
     * and checked, aliases are resolved. */
    px_mqtt_reason (*publish)(void *ctx, const px_mqtt_publish *publish, uint32_t token);
    /* The client released a QoS 2 message that it had published: PX_MQTT_SUCCESS, PX_MQTT_LATER. */
    px_mqtt_reason (*release)(void *ctx, uint16_t packet_id);
    /* PX_MQTT_SUCCESS: `reasons` is filled in; or PX_MQTT_LATER. */
    px_mqtt_reason (*subscribe)(void *ctx, px_mqtt_sub_request *request);
    px_mqtt_reason (*unsubscribe)(void *ctx, px_mqtt_sub_request *request);
    /* The client answered a message of the application's: `type` is PX_MQTT_PUBACK, PX_MQTT_PUBREC
     * or PX_MQTT_PUBCOMP. A PUBREC below 0x80 is followed by PUBREL, at once on PX_MQTT_SUCCESS, by
     * px_mqtt_session_release on PX_MQTT_LATER; everything else ends the message. One that the
     * session drops ends likewise: larger than the client takes, as PUBACK or PUBREC with 0x95;
     * expired before it was sent, with 0x83. */
    px_mqtt_reason (*acked)(void *ctx, uint16_t packet_id, px_mqtt_type type, uint8_t reason);
    /* The client has a message of this tag: it acknowledged it, or of QoS 0 it was sent. What the
     * client refuses, or the session drops, does not arrive. May be NULL. */
    void (*arrived)(void *ctx, uint32_t tag);
    /* Once, after the last other callback, if `connect` had given SUCCESS or LATER. */
    void (*closed)(void *ctx, const px_mqtt_end *end);
} px_mqtt_app;

/* Zero means the default in brackets. */
typedef struct px_mqtt_session_opts {
    const px_mqtt_app *app;
    void *ctx;
    px_mqtt_counters *counters; /* borrowed; needed */
    const char *response_info;  /* of CONNACK, for who asks; borrowed; NULL: none */
    uint64_t assigned_id;      /* becomes the client id of who brings none; unique, hard to guess */
    uint32_t packet_bytes_max; /* [PX_MQTT_PACKET_BYTES_MAX] */
    uint32_t out_bytes_max;    /* [PX_MQTT_OUT_BYTES_MAX] */
    uint32_t session_expiry_s_max; /* [PX_MQTT_SESSION_EXPIRY_S_MAX] */
    uint16_t receive_max;          /* [PX_MQTT_INFLIGHT_MAX], which is the most */
    /* [PX_MQTT_KEEPALIVE_S_DEFAULT], at most PX_MQTT_KEEPALIVE_S_MAX: a v5 client that wants more,
     * or none, is told this one. */
    uint16_t keep_alive_s_max;
    bool retain_available; /* false: told to v5 clients, who are refused (0x9A) */
} px_mqtt_session_opts;

px_mqtt_session *px_mqtt_session_new(const px_mqtt_session_opts *opts, int64_t now_ns);
/* Calls `closed` if that is still due. */
void px_mqtt_session_free(px_mqtt_session *session);

/* Everything that came, in any pieces. After the end of the session bytes are ignored. */
void px_mqtt_session_feed(px_mqtt_session *session, px_str bytes, int64_t now_ns);
/* False while stalled, judged or ended, while too many requests wait, or while the client does not
 * take its output: stop reading. */
bool px_mqtt_session_wants_input(const px_mqtt_session *session);
/* True when the application said BUSY, or a 3.1.1 client has too many unanswered messages. */
bool px_mqtt_session_stalled(const px_mqtt_session *session);
/* Offers the kept message again, then what follows. Nothing happens when not stalled. */
void px_mqtt_session_resume(px_mqtt_session *session, int64_t now_ns);

/* The owner reads nothing for reasons of its own: keep-alive does not run meanwhile. */
void px_mqtt_session_pause(px_mqtt_session *session, bool paused);

/* Bytes to send; borrowed until the next call. `sent` drops the first `size` of them. */
px_str px_mqtt_session_output(const px_mqtt_session *session);
void px_mqtt_session_sent(px_mqtt_session *session, size_t size);

/* ---- what the application answers later ---- */

/* To `connect`; ignored when nobody waits for it. What the client sent meanwhile is handled now. */
void px_mqtt_session_admit(px_mqtt_session *session, const px_mqtt_admission *admission);
/* To `publish`. Unknown and answered tokens are ignored. Never allocates beyond the output buffer;
 * cost: some ns. */
void px_mqtt_session_ack(px_mqtt_session *session, uint32_t token, px_mqtt_reason reason);
/* To `release`: PUBCOMP. Ids that were not released by the client are ignored. */
void px_mqtt_session_released(px_mqtt_session *session, uint16_t packet_id);
/* To `subscribe` and `unsubscribe`: SUBACK or UNSUBACK with one reason per filter. Answers to
 * nothing are ignored. What the client sent meanwhile is handled now. */
void px_mqtt_session_answer(px_mqtt_session *session, px_mqtt_type type, uint16_t packet_id,
                            const uint8_t *reasons, size_t count);
/* To `acked` with PUBREC: PUBREL. For an id that is not on its way it takes a place in the window:
 * a session that goes on repeats its PUBRELs so. */
void px_mqtt_session_release(px_mqtt_session *session, uint16_t packet_id);
/* How many answers are still due. */
size_t px_mqtt_session_unanswered(const px_mqtt_session *session);

/* From inside `publish`, or before px_mqtt_session_ack, when the message of this token is refused:
 * why, one sentence, copied, for the reason string of its PUBACK or PUBREC (v5). Without it the
 * reason says what it usually means. */
void px_mqtt_session_explain(px_mqtt_session *session, uint32_t token, px_str text);

/**
 * Sends or queues a message, as it stands: QoS, retain, dup, packet id (0: the session gives one).
 *
 * With `expires_at_ns` the client is told the seconds that are left when the message leaves the
 * queue, and it is dropped and counted once there are none; `encoded_props` must not hold Message
 * Expiry then. PX_OK also when the message was dropped and counted. PX_LIMIT: the client is too
 * slow, the session has ended. PX_NOT_FOUND: not open.
 */
px_status px_mqtt_session_deliver(px_mqtt_session *session, const px_mqtt_publish *message);

/* What time it is, for what follows; feed, resume and tick say so as well. */
void px_mqtt_session_clock(px_mqtt_session *session, int64_t now_ns);
/* Keep-alive (1.5 x) and the deadline for CONNECT; call it at least once a second. */
void px_mqtt_session_tick(px_mqtt_session *session, int64_t now_ns);

/* Ends it from our side: a v5 client is told why. Output is still to be sent. */
void px_mqtt_session_end(px_mqtt_session *session, px_mqtt_reason reason);
/* The network is gone. */
void px_mqtt_session_lost(px_mqtt_session *session);

bool px_mqtt_session_is_open(const px_mqtt_session *session);  /* CONNECT accepted, not ended */
bool px_mqtt_session_is_ended(const px_mqtt_session *session); /* send the output, then close */
px_str px_mqtt_session_client_id(const px_mqtt_session *session);

#endif
