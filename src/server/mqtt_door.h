/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The MQTT door: listening sockets, epoll threads and TLS around the sessions of src/mqtt.
 *
 * Each connection belongs to one of the door's threads for its life; the application is called on
 * that thread. Answers and deliveries come from any thread, by a reference that goes stale
 * harmlessly when the connection ends. They are collected and go out at the next px_mqtt_door_wake
 * (at the latest 100 ms later), so that a batch of the engine costs one wake and one write per
 * connection.
 *
 *   door thread:  read → session → app.publish (LATER) … → app.flush(thread)
 *   engine:       commit → px_mqtt_door_ack … → px_mqtt_door_wake
 *   door thread:  PUBACKs, one send per connection
 *
 * Back-pressure: app.publish gives PX_MQTT_BUSY, the connection is not read and the message is
 * kept; px_mqtt_door_resume offers it again.
 */
#ifndef PX_SERVER_MQTT_DOOR_H
#define PX_SERVER_MQTT_DOOR_H

#include "base/env.h"
#include "base/log.h"
#include "mqtt/counters.h"
#include "mqtt/session.h"

typedef struct px_mqtt_door px_mqtt_door;
typedef struct px_listen_address px_listen_address; /* server/listen.h */
typedef struct px_ws_socket px_ws_socket;           /* server/ws_socket.h */

/* Thread, place and generation; 0 is no connection. */
typedef struct px_mqtt_conn {
    uint64_t v;
} px_mqtt_conn;

/* What the application says about a client that it lets in, at once or later. */
typedef struct px_mqtt_grant {
    void *principal; /* the application's own; given back with every callback until `closed` */
    uint64_t
        scope; /* client ids are unique within it (the tenant): the newer ends the older, 0x8E */
} px_mqtt_grant;

typedef struct px_mqtt_peer {
    char address[64]; /* "127.0.0.1:51234", "[::1]:51234" */
    uint64_t network; /* as px_listen_address tells it: whose address it is, without the port */
    bool is_loopback, is_tls;
    /* What a TLS client showed, borrowed for the call of `connect`; NULL: nothing. */
    const struct px_certificate *certificate;
} px_mqtt_peer;

/* On door threads, several at once; `thread` counts from 0. Callbacks mean what px_mqtt_app says. A
 * callback may call every px_mqtt_door_* function below but stop and free. */
typedef struct px_mqtt_door_app {
    void *ctx;
    px_mqtt_reason (*connect)(void *ctx, unsigned thread, px_mqtt_conn conn,
                              const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                              px_str client_id, px_mqtt_grant *ret_grant);
    px_mqtt_reason (*publish)(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                              const px_mqtt_publish *publish, uint32_t token);
    /* May be NULL: SUCCESS. */
    px_mqtt_reason (*release)(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                              uint16_t packet_id);
    px_mqtt_reason (*subscribe)(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                px_mqtt_sub_request *request);
    px_mqtt_reason (*unsubscribe)(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                  px_mqtt_sub_request *request);
    /* Of messages that were delivered with a packet id. May be NULL: SUCCESS. */
    px_mqtt_reason (*acked)(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                            uint16_t packet_id, px_mqtt_type type, uint8_t reason);
    /* Of messages that were delivered with a tag. May be NULL. */
    void (*arrived)(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal, uint32_t tag);
    /* The principal is the application's again; due once `connect` gave SUCCESS or LATER. */
    void (*closed)(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                   const px_mqtt_end *end);
    /* Before the first connection is accepted: this is the door. On the caller's thread; may be
     * NULL.
     */
    void (*opened)(void *ctx, px_mqtt_door *door);
    /* After each round of events: hand the collected commands to the engine. May be NULL. */
    void (*flush)(void *ctx, unsigned thread);
} px_mqtt_door_app;

/* Zero means the default in brackets. */
typedef struct px_mqtt_door_opts {
    const char *host;     /* numeric or a name; NULL: no plain listener */
    uint16_t port;        /* 0: any free one, see px_mqtt_door_port */
    const char *tls_host; /* NULL: no TLS listener */
    uint16_t tls_port;
    const char *tls_cert, *tls_key; /* PEM files */
    const char *tls_ca;             /* of clients' certificates; NULL: they are asked for none */
    unsigned threads;               /* [1 below four processors, else 2]; at most 64 */
    uint32_t connections_max;       /* [PX_MQTT_CONNECTIONS_MAX] */
    uint32_t
        connections_per_address_max; /* [PX_MQTT_CONNECTIONS_PER_ADDRESS_MAX]; not of loopback */
    uint32_t unauthenticated_max;    /* [PX_MQTT_UNAUTHENTICATED_MAX] */
    px_mqtt_session_opts session;    /* limits only; app, ctx, counters and id are the door's */
    px_env *env;                     /* clock and random numbers; borrowed */
    px_log *log;                     /* borrowed; may be NULL */
} px_mqtt_door_opts;

/* Listens and starts the threads. Errors: PX_INVALID (an address, a certificate), PX_BUSY (the port
 * is taken), PX_IO, PX_NO_MEMORY. `app` is copied. */
PX_NODISCARD px_status px_mqtt_door_open(const px_mqtt_door_opts *opts, const px_mqtt_door_app *app,
                                         px_mqtt_door **ret_door, px_err *ret_err);

uint16_t px_mqtt_door_port(const px_mqtt_door *door); /* 0 when there is no such listener */
uint16_t px_mqtt_door_tls_port(const px_mqtt_door *door);
unsigned px_mqtt_door_threads(const px_mqtt_door *door);

/**
 * Stops: accepts and reads no more, waits until every message taken is answered and every byte is
 * sent, but at most `drain_ms`, tells v5 clients 0x8B, closes, ends the threads.
 *
 * `closed` has been called for every connection when this returns; acks and deliveries that come
 * later are ignored. The engine must go on answering meanwhile. Call it once, not from a callback.
 */
void px_mqtt_door_stop(px_mqtt_door *door, int64_t drain_ms);
/* Stops at once if that was not done. No other call may be under way. NULL is allowed. */
void px_mqtt_door_free(px_mqtt_door *door);

/* ---- any thread; each copies what it is given ---- */

/* Whether one more connection from there would be let in now. */
bool px_mqtt_door_has_room(px_mqtt_door *door, const px_listen_address *address);
/* Takes a connection whose HTTP has ended; its limits and its 5 s to CONNECT are those of every
 * other. Closes it when there is no room after all. */
void px_mqtt_door_adopt(px_mqtt_door *door, const px_ws_socket *socket);

/* Inside `publish`, on its thread, before it refuses the message: why, for the reason string. */
void px_mqtt_door_explain(px_mqtt_door *door, unsigned thread, px_mqtt_conn conn, uint32_t token,
                          px_str text);

/* Answers a message that `publish` answered PX_MQTT_LATER; exactly once each. Cannot fail: its room
 * was made when the message came. Goes out at the next wake. */
void px_mqtt_door_ack(px_mqtt_door *door, px_mqtt_conn conn, uint32_t token, px_mqtt_reason reason);

/* The same, and why, for the reason string. */
void px_mqtt_door_refuse(px_mqtt_door *door, px_mqtt_conn conn, uint32_t token,
                         px_mqtt_reason reason, px_str text);

/* The other answers given later, as the px_mqtt_session_* of the same name. They go out at the next
 * wake, before the deliveries that were put with them. Should there be no memory for one, those
 * connections of its thread end that wait for answers, so that none waits for ever (0x97). */
void px_mqtt_door_admit(px_mqtt_door *door, px_mqtt_conn conn, const px_mqtt_admission *admission);
void px_mqtt_door_answer(px_mqtt_door *door, px_mqtt_conn conn, px_mqtt_type type,
                         uint16_t packet_id, const uint8_t *reasons, size_t count);
void px_mqtt_door_released(px_mqtt_door *door, px_mqtt_conn conn, uint16_t packet_id);
void px_mqtt_door_release(px_mqtt_door *door, px_mqtt_conn conn, uint16_t packet_id);

/* The clock of `px_mqtt_publish.expires_at_ns`. */
int64_t px_mqtt_door_now_ns(const px_mqtt_door *door);

/* The message for some connections, copied once per thread. Goes out at the next wake. PX_LIMIT:
 * too much is waiting already (PX_MQTT_DOOR_MAIL_BYTES_MAX); none got it on that thread, and it is
 * counted. PX_NO_MEMORY likewise. */
PX_NODISCARD px_status px_mqtt_door_deliver(px_mqtt_door *door, const px_mqtt_conn *conns,
                                            size_t count, const px_mqtt_publish *message);

/* Sends what the calls above collected, on all threads. Cheap when there is nothing. */
void px_mqtt_door_wake(px_mqtt_door *door);

/* Ends one connection, at once: PX_MQTT_ADMINISTRATIVE when a credential was withdrawn, for one. */
void px_mqtt_door_end(px_mqtt_door *door, px_mqtt_conn conn, px_mqtt_reason reason);

/* Reads no more from a connection until px_mqtt_door_unpause. A client that pings meanwhile is
 * kept. */
void px_mqtt_door_pause(px_mqtt_door *door, px_mqtt_conn conn);
void px_mqtt_door_unpause(px_mqtt_door *door, px_mqtt_conn conn);

/* There is room again: every connection that was answered BUSY is offered its message again. The
 * door also tries by itself every 100 ms. */
void px_mqtt_door_resume(px_mqtt_door *door);

typedef struct px_mqtt_door_stats {
    uint64_t connections;         /* now */
    uint64_t unauthenticated;     /* of these, still without an accepted CONNECT */
    uint64_t accepted;            /* since the start */
    uint64_t refused_full;        /* closed at once: limits on connections */
    uint64_t accept_pauses;       /* times that there were no file descriptors left */
    uint64_t tls_failed;          /* handshakes that did not come to an end */
    uint64_t websockets;          /* of the connections */
    uint64_t websockets_accepted; /* since the start */
    uint64_t websockets_broken;   /* ended because their frames made no sense */
    uint64_t taken_over;          /* ended because their client id came again */
    uint64_t deliveries_refused;  /* PX_LIMIT and PX_NO_MEMORY of px_mqtt_door_deliver */
    uint64_t wakes;
    uint64_t packets_in[PX_MQTT_TYPE_COUNT], packets_out[PX_MQTT_TYPE_COUNT];
    uint64_t bytes_in, bytes_out;      /* of MQTT, before TLS */
    uint64_t refused[256], ended[256]; /* by reason */
    uint64_t lost, qos0_dropped, oversized_dropped, expired_dropped, repeats, stalls, acks_unasked;
} px_mqtt_door_stats;

/* A sum over the threads; each number is exact, the whole is not one instant. */
void px_mqtt_door_read_stats(const px_mqtt_door *door, px_mqtt_door_stats *ret_stats);

#endif
