/* SPDX-License-Identifier: Apache-2.0 */
/** What twin_topics.c, topics_*.c and deliveries.c share. Room-internal. */
#ifndef PX_SERVER_TOPICS_IMPL_H
#define PX_SERVER_TOPICS_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "broker/broker.h"
#include "mqtt/topic.h"
#include "server/twin_topics.h"
#include "sync/credential.h"

/* Who is connected: the principal lives in the arena. */
typedef struct px_topics_client {
    px_principal principal;
    px_broker_client session; /* what the broker knows of it */
    px_arena arena;
    px_mqtt_conn conn;
    px_credential_proof proof;      /* looked at by the connection's thread, */
    px_credential_proof seen_proof; /* and by the thread of deliveries */
    px_presence_row *presence;      /* of a device; NULL: none is kept */
    char address[48];               /* that it came from, and the version it speaks, for its log */
    uint8_t version;
    bool has_kept; /* something of the message at hand, as a reject; the connection's thread */
    atomic_bool is_revoked;
    struct px_topics_client *next, *prev;
    struct px_topics_client *next_alike; /* in its bucket of `by_conn` */
} px_topics_client;

/* A fresh subscription that is owed its twin's pending commands, or was told its desired values. */
typedef struct px_topics_greeting {
    px_mqtt_conn conn;
    uint64_t desired_version; /* what it was told and the engine has not heard of yet; 0: nothing */
    uint32_t tenant, cursor;  /* of px_documents_list_under */
    px_str filter;            /* owned once it stands in the list */
    uint8_t qos;
} px_topics_greeting;

enum { PX_TOPICS_ARENA_BYTES_MAX = 16 * 1024 * 1024 }; /* what one message may take */

/* A message on its way through the engine; kept for reuse. */
typedef struct px_topics_message {
    px_request request;
    px_arena arena;
    px_twin_topics *topics;
    struct px_topics_message *next_free, *next_chain;
    px_mqtt_conn conn;
    uint32_t token;
    unsigned thread;
    bool is_partial;               /* some of its fields were rejected */
    px_session_write write;        /* what rides along, or is all there is */
    px_broker_gate *gate;          /* of a plain message; else NULL */
    uint64_t will_of;              /* it is the will of this session; 0: of none */
    struct px_topics_bound *bound; /* what bindings made of a plain message; NULL: nothing */
    struct px_topics_death *death; /* of Sparkplug: it is written with this, or owed; else NULL */
    bool has_kept;         /* something of it is a reject: its answer waits until that is saved */
    px_rejects_wait wait;  /* for that, */
    px_mqtt_reason reason; /* and the answer */
} px_topics_message;

typedef struct px_topics_thread {
    px_request *first, *last; /* collected in this round */
    /* Those at rest: what came back last is taken first, for it is warm in the caches, and so few
     * are in use, though a burst may have left thousands. */
    px_topics_message *warm;               /* by next_free */
    px_topics_message *cold;               /* chains like it, by next_chain of their first */
    _Atomic(px_topics_message *) returned; /* by the engine's thread; taken all at once */
    bool has_sent;                         /* plain messages in this round: the door is woken */
    char pad[64];
} px_topics_thread;

/* Those of the door, the broker's, which sends wills, and that of deliveries. */
enum { PX_TOPICS_BROKER_THREAD = 64, PX_TOPICS_DELIVERY_THREAD, PX_TOPICS_THREADS_MAX };

enum { PX_TOPICS_BUCKETS = 1024 };

struct px_twin_topics {
    px_twin_topics_opts opts;
    px_mqtt_door *door;
    atomic_bool is_open;          /* `door` is known */
    pthread_mutex_t clients_lock; /* guards the list, and the buckets by connection */
    px_topics_client *clients;
    px_topics_client *by_conn[PX_TOPICS_BUCKETS];
    pthread_mutex_t greetings_lock; /* guards the list, in order of arrival */
    PX_VEC(px_topics_greeting) greetings;
    px_broker *broker;
    px_sparkplug *sparkplug;
    px_topics_thread threads[PX_TOPICS_THREADS_MAX];

    /* the thread of deliveries: who is handed the message whose topic lies there */
    _Atomic(const char *) handed_topic;
    PX_VEC(px_mqtt_conn) handed;

    pthread_t delivery_thread;
    bool delivering;
    _Atomic bool stopping;
    px_feed *feed;
    /* px_feed_next and px_documents_list_under; a test puts others here that fail */
    px_status (*next)(px_feed *feed, int64_t wait_ns, px_batch **ret_batch, px_err *ret_err);
    px_status (*list_under)(px_documents *documents, uint32_t tenant, px_str kind, px_str prefix,
                            uint32_t *cursor, size_t max, px_arena *arena, px_document *ret_items,
                            size_t *ret_count, px_err *ret_err);

    _Atomic uint64_t messages, fields, fields_rejected, messages_refused, plain, revoked,
        delivery_gaps, logins_failed;
    _Atomic int64_t login_log_at_ns; /* the next line about a failed login, one a second */
    _Atomic uint64_t login_log_left_out;
};

/* ---- topics_clients.c ---- */
px_mqtt_reason px_topics_connect(void *ctx, unsigned thread, px_mqtt_conn conn,
                                 const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                                 px_str client_id, px_mqtt_grant *ret_grant);
void px_topics_closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                      const px_mqtt_end *end);

/* px_topics_publish, counted for the device that it comes from. */
px_mqtt_reason px_topics_take_publish(void *ctx, unsigned thread, px_mqtt_conn conn,
                                      void *principal, const px_mqtt_publish *publish,
                                      uint32_t token);

/* False when the client's credential no longer holds: its connection is being ended. */
bool px_topics_still_may(px_twin_topics *topics, px_topics_client *client);
/* The same for all, on the thread of deliveries. */
void px_topics_recheck(px_twin_topics *topics);
/* The open connection, or NULL. The caller holds the lock. */
px_topics_client *px_topics_client_of(px_twin_topics *topics, px_mqtt_conn conn);

/* ---- topics_publish.c ---- */
/* The will of a session, with the rights that its credential still has; on the broker's thread. */
bool px_topics_will(void *ctx, const px_broker_will *will);
px_mqtt_reason px_topics_publish(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 const px_mqtt_publish *publish, uint32_t token);

/* ---- topics_message.c: door threads, but the end of a message is on the engine's ---- */
px_topics_message *px_topics_take(px_twin_topics *topics, unsigned thread); /* NULL: no memory */
void px_topics_begin(px_topics_message *m, px_request_kind kind, px_mqtt_conn conn, uint32_t token);
/* The principal's slices must outlive the connection: copied into the message. */
bool px_topics_copy_principal(px_topics_message *m, const px_principal *from);
/* Collected until px_topics_flush; the answer is PX_MQTT_LATER. */
px_mqtt_reason px_topics_send(px_twin_topics *topics, unsigned thread, px_topics_message *m);
void px_topics_give_back(px_topics_message *m);
/* On the engine's thread: lets its session know, answers it, gives it back. */
void px_topics_end(px_topics_message *m, px_mqtt_reason reason);
void px_topics_flush(void *ctx, unsigned thread);
/* Nobody is answered: the session is another connection's now, and its client says it again. */
bool px_topics_is_superseded(const px_result *result);
/* Counts and keeps a refusal; gives the reason for it. */
px_mqtt_reason px_topics_refuse(px_twin_topics *topics, px_topics_client *client, px_str twin,
                                px_status status, const px_err *err, px_str payload);
void px_topics_keep_reject(px_twin_topics *topics, px_topics_client *client, px_str twin,
                           px_str name, const char *reason_id, const char *reason, px_str payload);
/* Of the message that px_topics_publish just answered so something was kept: the answer is given
 * once that is on the disk. Gives what the door is told now. */
px_mqtt_reason px_topics_when_kept(px_twin_topics *topics, unsigned thread, px_mqtt_conn conn,
                                   uint32_t token, px_mqtt_reason reason);

/* ---- topics_subs.c ---- */
px_mqtt_reason px_topics_subscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                   px_mqtt_sub_request *request);
px_mqtt_reason px_topics_unsubscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                     px_mqtt_sub_request *request);
px_mqtt_reason px_topics_release(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 uint16_t packet_id);
px_mqtt_reason px_topics_acked(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                               uint16_t packet_id, px_mqtt_type type, uint8_t reason);
/* Whether somebody may have what this filter selects. */
bool px_topics_may_subscribe(const px_principal *principal, px_str filter);
/* Upwards from the broker. */
px_broker_app px_topics_broker_app(px_twin_topics *topics);

/* ---- topics_greet.c ---- */
/* The present answer to a subscription that is fresh, or came back with its session. What has no
 * place any more is counted as a gap. */
void px_topics_greet(px_twin_topics *topics, uint32_t tenant, px_mqtt_conn conn, px_str filter,
                     uint8_t qos);
/* A slice of what greetings still have to look through; true when there is more at once. What lacks
 * memory stays for the next call, what cannot be given is counted as a gap. On the thread of
 * deliveries. */
bool px_topics_greet_more(px_twin_topics *topics);
void px_topics_forget_greetings(px_twin_topics *topics);

/* ---- topics_host.c ---- */
/* The STATE of this server, where the filter selects it. */
void px_topics_host_greet(px_twin_topics *topics, px_mqtt_conn conn, px_str filter, uint8_t qos);
bool px_topics_is_own_host(px_twin_topics *topics, px_str host);

/* ---- topics_desired.c: the thread of deliveries, but for put ---- */
/* The desired properties that differ from reported ones and wait for the device still, as a JSON
 * object; false when there are none. */
bool px_topics_put_desired(px_twin_topics *topics, px_buf *buf, const px_twin *twin);
/* What was handed to these connections counts as delivered if one of them is of a device that
 * speaks for the twin. */
void px_topics_desired_handed(px_twin_topics *topics, px_str twin_id, uint64_t version,
                              const px_mqtt_conn *conns, size_t count);

/* ---- topics_commands.c ---- */
/* A document of kind `command` as a message to its twin. The tag is 0 where nobody asks whether it
 * arrives. Errors: PX_NOT_FOUND (it is another twin's, or of one that had this id before),
 * PX_CORRUPT, PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_topics_read_command(const px_document *document, uint32_t twin_no,
                                              px_arena *arena, px_buf *topic, px_buf *payload,
                                              uint32_t *ret_tag, px_err *ret_err);
void px_topics_arrived(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                       uint32_t tag);

/* ---- deliveries.c ---- */
/* Appends the user property `seq`: the position of an event, as text that is only compared. */
void px_topics_put_seq(px_buf *props, uint64_t seq);
void *px_topics_delivery_run(void *topics);

#endif
