/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One MQTT connection as a state machine: bytes in, bytes out, no socket and no clock inside.
 *
 *   waiting for CONNECT ──accepted──► open ──DISCONNECT, refusal, timeout──► ended
 *
 * The owner feeds what came from the network, writes what px_mqtt_session_output shows, ticks, and
 * frees. The application is a table of callbacks: it judges the CONNECT, takes messages and either
 * answers at once or later by px_mqtt_session_ack, and judges subscriptions. PUBACKs leave in the
 * order in which the messages came, however they are answered.
 *
 * Flow: a message that the application answers with PX_MQTT_BUSY was not taken; the session keeps
 * it with what follows and wants no input until px_mqtt_session_resume. A v5 client with more than
 * `receive_max` unanswered messages is disconnected (0x93), a 3.1.1 client is not read meanwhile.
 * Towards the client, QoS 1 obeys its window and waits in a bounded queue; where that is full the
 * session ends (0x97). QoS 0 is dropped and counted.
 *
 * What a 3.1.1 client cannot be told: a message judged and refused (0x10, 0x87, 0x90, 0x99) is
 * acknowledged and counted; one that could not be kept (any other reason) ends the connection
 * unacknowledged, so that the client sends it again.
 *
 * Time is monotonic nanoseconds of the caller. Threads: one at a time.
 */
#ifndef PX_MQTT_SESSION_H
#define PX_MQTT_SESSION_H

#include "mqtt/counters.h"
#include "mqtt/packet.h"

typedef struct px_mqtt_session px_mqtt_session;

#define PX_MQTT_TOKEN_NONE UINT32_MAX /* of a message that wants no answer: QoS 0, a will */

/* Called from inside feed, resume, tick, end and lost. All slices are borrowed for the call. No
 * callback may free the session or feed it. */
typedef struct px_mqtt_app {
    /* PX_MQTT_SUCCESS lets the client in. `client_id` is never empty: one is assigned if needed. */
    px_mqtt_reason (*connect)(void *ctx, const px_mqtt_connect *connect, px_str client_id);
    /* A reason, PX_MQTT_PARTLY, PX_MQTT_DISK_FULL, PX_MQTT_LATER, or PX_MQTT_BUSY. With
     * PX_MQTT_TOKEN_NONE only BUSY has an effect; a will answered BUSY is lost, and counted as
     * 0x89. `publish->topic` is whole and checked, aliases are resolved. */
    px_mqtt_reason (*publish)(void *ctx, const px_mqtt_publish *publish, uint32_t token);
    /* PX_MQTT_SUCCESS grants filter->qos but at most 1; or a reason >= 0x80. The filter is checked.
     */
    px_mqtt_reason (*subscribe)(void *ctx, const px_mqtt_filter *filter);
    /* PX_MQTT_SUCCESS, PX_MQTT_NO_SUBSCRIPTION_EXISTED, or a reason >= 0x80. */
    px_mqtt_reason (*unsubscribe)(void *ctx, px_str filter);
    /* Once, after the last other callback, if `connect` had given SUCCESS. */
    void (*closed)(void *ctx, px_mqtt_reason reason);
} px_mqtt_app;

/* Zero means the default in brackets. */
typedef struct px_mqtt_session_opts {
    const px_mqtt_app *app;
    void *ctx;
    px_mqtt_counters *counters; /* borrowed; needed */
    uint64_t assigned_id;      /* becomes the client id of who brings none; unique, hard to guess */
    uint32_t packet_bytes_max; /* [PX_MQTT_PACKET_BYTES_MAX] */
    uint32_t out_bytes_max;    /* [PX_MQTT_OUT_BYTES_MAX] */
    uint16_t receive_max;      /* [PX_MQTT_INFLIGHT_MAX], which is the most */
    uint16_t keep_alive_s_max; /* [PX_MQTT_KEEPALIVE_S_MAX] */
    uint32_t session_expiry_s_max; /* [0: a session ends with its connection] */
    bool retain_available;         /* false: told to v5 clients, who are refused (0x9A) */
} px_mqtt_session_opts;

px_mqtt_session *px_mqtt_session_new(const px_mqtt_session_opts *opts, int64_t now_ns);
/* Calls `closed` if that is still due. */
void px_mqtt_session_free(px_mqtt_session *session);

/* Everything that came, in any pieces. After the end of the session bytes are ignored. */
void px_mqtt_session_feed(px_mqtt_session *session, px_str bytes, int64_t now_ns);
/* False while stalled or ended, or while the client does not take its output: stop reading. */
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

/* The answer to a message that was answered PX_MQTT_LATER. Unknown and answered tokens are ignored.
 * Never allocates beyond the output buffer; cost: some ns. */
void px_mqtt_session_ack(px_mqtt_session *session, uint32_t token, px_mqtt_reason reason);
size_t px_mqtt_session_unanswered(const px_mqtt_session *session);

/* From inside `publish`, before it refuses the message of this token: why, one sentence, copied,
 * for the reason string of its PUBACK (v5). Without it the reason says what it usually means. */
void px_mqtt_session_explain(px_mqtt_session *session, uint32_t token, px_str text);

/* Sends or queues a message. PX_OK also when QoS 0 was dropped (and counted). PX_LIMIT: the client
 * is too slow for QoS 1, the session has ended. PX_NOT_FOUND: not open. */
px_status px_mqtt_session_deliver(px_mqtt_session *session, const px_mqtt_publish *message);

/* Keep-alive (1.5 x) and the deadline for CONNECT; call it at least once a second. */
void px_mqtt_session_tick(px_mqtt_session *session, int64_t now_ns);

/* Ends it from our side: the will is sent on, a v5 client is told why. Output is still to be sent.
 */
void px_mqtt_session_end(px_mqtt_session *session, px_mqtt_reason reason);
/* The network is gone: the will is sent on. */
void px_mqtt_session_lost(px_mqtt_session *session);

bool px_mqtt_session_is_open(const px_mqtt_session *session);  /* CONNECT accepted, not ended */
bool px_mqtt_session_is_ended(const px_mqtt_session *session); /* send the output, then close */
px_str px_mqtt_session_client_id(const px_mqtt_session *session);

#endif
