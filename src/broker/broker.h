/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The broker: who subscribed to what, sessions that outlive their connection, what is kept for
 * them, retained messages and wills. The second fold over the journal (design: one spine).
 *
 *   door thread      connect, publish, subscribe, … ─► a decision, as an event of the family
 *                    `session`, or at once where nothing has to be kept
 *   engine           the event is committed
 *   broker's thread  px_broker_fold: the event becomes state; whoever waits is told (admit,
 * answer), subscribers get the message
 *
 * What is kept is journalled once and queues refer to it. A session that begins clean and ends with
 * its connection, and has no will, keeps nothing: its subscriptions live here, and no event speaks
 * of it. A receiver's PUBACK frees its place at once and is journalled with others later: a crash
 * between repeats the message with DUP. Of QoS 2 each step is journalled before the next is taken.
 *
 * Rows of sessions and messages are written every PX_BROKER_SAVE_NS, with the cursor; the journal
 * waits for it.
 *
 * Threads: the functions say; what says nothing is for any.
 */
#ifndef PX_BROKER_BROKER_H
#define PX_BROKER_BROKER_H

#include <stdatomic.h>

#include "base/log.h"
#include "engine/engine.h"
#include "mqtt/session.h"
#include "mqtt/subs.h"

typedef struct px_broker px_broker;

/* A will whose time has come and that is no plain message: published by the application with the
 * rights that its credential still has. `write` rides in the batch of what it makes, or alone where
 * nothing comes of it. All borrowed for the call. */
typedef struct px_broker_will {
    uint32_t tenant;
    px_str credential;
    const px_mqtt_publish *message;
    const px_session_write *write;
} px_broker_will;

/* Upwards: the door, as numbers of its connections. Called from any thread, must not wait, may post
 * only. Slices are copied. */
typedef struct px_broker_app {
    void *ctx;
    void (*admit)(void *ctx, uint64_t conn, const px_mqtt_admission *admission);
    void (*answer)(void *ctx, uint64_t conn, px_mqtt_type type, uint16_t packet_id,
                   const uint8_t *reasons, size_t count);
    void (*deliver)(void *ctx, const uint64_t *conns, size_t count, const px_mqtt_publish *message);
    void (*release)(void *ctx, uint64_t conn, uint16_t packet_id);  /* PUBREL may go out */
    void (*released)(void *ctx, uint64_t conn, uint16_t packet_id); /* PUBCOMP may go out */
    void (*wake)(void *ctx);
    /* A subscription that came back with its session, or that is fresh: the present answer to it.
     */
    void (*subscribed)(void *ctx, uint32_t tenant, uint64_t conn, px_str filter, uint8_t qos);
    /* False: not now, it is asked again. Else px_broker_will_ended follows. */
    bool (*will)(void *ctx, const px_broker_will *will);
} px_broker_app;

typedef struct px_broker_opts {
    px_engine *engine;
    px_store *store;
    px_log *log; /* may be NULL */
    px_broker_app app;
    uint32_t session_expiry_s_max; /* [PX_MQTT_SESSION_EXPIRY_S_MAX] */
    size_t kept_bytes_max;         /* [PX_MQTT_KEPT_BYTES_MAX] of one tenant */
    int64_t save_ns;               /* [PX_BROKER_SAVE_NS] */
    size_t save_rows_max;          /* of one effect [PX_WRITEBACK_OPS_MAX, which is the most] */
} px_broker_opts;

/* Reads the rows; the feed stands behind the cursor. Errors: PX_CORRUPT, PX_IO, PX_NO_MEMORY. */
PX_NODISCARD px_status px_broker_open(const px_broker_opts *opts, px_broker **ret_broker,
                                      px_err *ret_err);
/* No other call may be under way. */
void px_broker_close(px_broker *broker);

/* ---- its thread ---- */

/* Folds what the journal holds and says that the connections of the run before are gone. Errors:
 * PX_CORRUPT, PX_IO, PX_NO_MEMORY. */
PX_NODISCARD px_status px_broker_catch_up(px_broker *broker, px_err *ret_err);
/* Catches up and goes on with a thread of its own; before the first connection. Nothing to do when
 * it runs. Errors: as above. */
PX_NODISCARD px_status px_broker_start(px_broker *broker, px_err *ret_err);
/* Behind the last connection, while the engine runs: writes what is dirty, ends the thread. */
void px_broker_stop(px_broker *broker);
/* Without a thread (the simulation), behind px_broker_catch_up: folds what there is and does what
 * is due. True when there was something to fold. */
bool px_broker_step(px_broker *broker);
/* On the engine's thread when a batch was answered: wakes the fold if something of it is for the
 * broker. Cheap. */
void px_broker_answered(px_broker *broker);
/* On the engine's thread: an event of this family was committed. */
void px_broker_awaits_fold(px_broker *broker);
/* PX_OK, or what the fold died of: sessions stand still until a restart. */
px_status px_broker_status(px_broker *broker, px_err *ret_err);

/* ---- connections: their own thread ---- */

/* Messages of one connection that are on their way through the journal; outlives it. */
typedef struct px_broker_gate {
    _Atomic uint32_t refs, waiting;
    _Atomic uint64_t passed;    /* position of the newest that came through */
    _Atomic bool is_superseded; /* another connection takes its session over */
} px_broker_gate;

/* What the broker knows of one connection; the application's memory, zeroed. */
typedef struct px_broker_client {
    px_principal who; /* borrowed as long as the connection lives */
    px_str credential;
    uint64_t conn;
    bool is_kept;         /* it has a session of the journal */
    uint64_t name;        /* what its client id is known by, when it has */
    px_broker_gate *gate; /* else NULL until its first message through the journal */
} px_broker_client;

/**
 * CONNECT of a client that may come in.
 *
 * @param may  whether its principal may have this filter, for what an older session of it has
 * Gives PX_MQTT_SUCCESS (nothing is kept), PX_MQTT_LATER (app.admit follows), or a refusal.
 */
px_mqtt_reason px_broker_connect(px_broker *broker, px_broker_client *client,
                                 const px_mqtt_connect *connect, px_str client_id,
                                 bool (*may)(const px_principal *who, px_str filter));
/* The last call about a client. */
void px_broker_closed(px_broker *broker, px_broker_client *client, const px_mqtt_end *end);

/* As px_mqtt_app; filters that may not be are refused in `reasons` already. */
px_mqtt_reason px_broker_subscribe(px_broker *broker, px_broker_client *client,
                                   px_mqtt_sub_request *request);
px_mqtt_reason px_broker_unsubscribe(px_broker *broker, px_broker_client *client,
                                     px_mqtt_sub_request *request);
px_mqtt_reason px_broker_release(px_broker *broker, px_broker_client *client, uint16_t packet_id);
px_mqtt_reason px_broker_acked(px_broker *broker, px_broker_client *client, uint16_t packet_id,
                               px_mqtt_type type, uint8_t reason);

/* ---- messages ---- */

/**
 * A plain message. PX_MQTT_SUCCESS or PX_MQTT_NO_MATCHING_SUBSCRIBERS: it is on its way, and the
 * caller wakes the door when it has no more of them.
 * PX_MQTT_LATER: it has to be journalled, `ret_write` (in `arena`) says as what; when that is
 * committed subscribers get it from the fold. The caller enters the gate, and leaves it when the
 * engine has answered. Else a refusal.
 */
px_mqtt_reason px_broker_publish(px_broker *broker, px_broker_client *from,
                                 const px_mqtt_publish *message, px_arena *arena,
                                 px_session_write *ret_write);

/* NULL: no memory, the message cannot go. */
px_broker_gate *px_broker_gate_enter(px_broker_client *from);
/* For a client without a connection, at its end. */
void px_broker_gate_drop(px_broker_client *from);
/* On the engine's thread; position 0: it was refused. */
void px_broker_gate_leave(px_broker *broker, px_broker_gate *gate, uint64_t position);

/* On the engine's thread: what became of a will's message, or of its `write` alone. */
void px_broker_will_ended(px_broker *broker, uint64_t session, px_status status);

/* What rides along with a message of QoS 2 that is not plain: the session has its packet id. False:
 * nothing has to; true without memory, too (`ret_write->body.ptr` is NULL then). The caller enters
 * the gate until the engine has answered. */
bool px_broker_receipt(px_broker *broker, const px_broker_client *from,
                       const px_mqtt_publish *message, px_arena *arena,
                       px_session_write *ret_write);

/* What the server itself says, of a twin for one: to whoever is connected now; nothing is kept.
 * `scratch` keeps its memory from one call to the next. */
void px_broker_tell(px_broker *broker, uint32_t tenant, const px_mqtt_publish *message,
                    px_mqtt_hits *scratch);

bool px_broker_has_subscribers(px_broker *broker, uint32_t tenant);
bool px_broker_has_any_subscriber(px_broker *broker);
/* All of a connection's that keeps nothing; of one that keeps, they stay. */
void px_broker_forget(px_broker *broker, const px_broker_client *client);

/* ---- figures: name, meaning ---- */

#define PX_BROKER_STATS_MAP(X)                                                                     \
    X(sessions, "sessions that are kept")                                                          \
    X(sessions_online, "of these, connected")                                                      \
    X(messages, "messages kept: retained, or in queues")                                           \
    X(message_bytes, "their bytes")                                                                \
    X(retained, "retained messages")                                                               \
    X(queued, "places in the queues of kept sessions")                                             \
    X(subscriptions, "subscriptions, of kept sessions and others")                                 \
    X(deliveries, "messages handed to connections")                                                \
    X(queue_dropped, "messages that a full queue did not take")                                    \
    X(expired, "kept messages whose time ran out")                                                 \
    X(wills, "wills that were sent or given up")                                                   \
    X(resumed, "sessions that were taken up again")                                                \
    X(sessions_expired, "sessions whose time ran out")                                             \
    X(saved_rows, "rows written")

typedef struct px_broker_stats {
#define X(name, meaning) uint64_t name;
    PX_BROKER_STATS_MAP(X)
#undef X
} px_broker_stats;

px_broker_stats px_broker_stat(px_broker *broker);

#endif
