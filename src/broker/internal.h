/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the broker share; nobody else includes this.
 *
 *   letters   kept messages, by position; freed when nothing refers to them
 *   sessions  by number, by client id, by connection; each with filters, queue, receipts, will
 *   groups    shared subscriptions: one owner in the tree, several members
 *   tenants   the tree of filters and the tree of retained topics
 *
 * All of it is under `lock`: read to match and to look, written to change. No call upwards takes a
 * lock of ours, so they are made while it is held.
 */
#ifndef PX_BROKER_INTERNAL_H
#define PX_BROKER_INTERNAL_H

#include <pthread.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/vec.h"
#include "broker/broker.h"
#include "broker/record.h"
#include "broker/retained.h"
#include "mqtt/subs.h"

/* Owners in the tree of filters: a connection as the door numbers it (below 2^62), or */
#define PXI_OWNER_SESSION (UINT64_C(1) << 63) /* and the session's slot */
#define PXI_OWNER_GROUP (UINT64_C(1) << 62)   /* and the group's slot */

/* Numbers of what passes: connections' below it. */
#define PXI_PASSING_NO (UINT64_C(1) << 63)

/* Packet ids that the broker gives; the session itself takes those above. */
#define PXI_PACKET_ID_MAX 0x7FFF

/* ---- letters ---- */

typedef struct px_letter {
    uint64_t seq; /* of its event */
    uint32_t tenant;
    uint32_t refs; /* places in queues, and one while it is retained */
    uint32_t slot;
    bool is_retained, is_dirty, is_stored;
    px_time time;
    px_letter_record record; /* into `bytes` */
    char bytes[];
} px_letter;

/* ---- sessions ---- */

typedef enum px_entry_state {
    PX_ENTRY_WAITING = 0, /* not given to this connection */
    PX_ENTRY_SENT = 1,
    PX_ENTRY_RECEIVED = 2, /* PUBREC is journalled: what is left to say is PUBREL */
} px_entry_state;

/* One message in a queue. */
typedef struct px_entry {
    px_letter *letter;
    uint32_t *ids; /* subscription identifiers; owned */
    uint32_t id_count;
    uint16_t packet_id;
    uint8_t qos, state;
    bool retain;
    bool was_sent; /* to this connection or an earlier one: DUP when it goes again */
    bool is_acked; /* and the event is on its way */
} px_entry;

typedef struct px_session {
    uint64_t no;
    uint32_t tenant, scope, slot, expiry_s;
    px_str client_id, credential; /* owned */
    bool is_online;               /* by the journal: opened and not closed */
    bool is_ghost;                /* ended; only its will is left */
    bool is_passing; /* no session at all: retained messages on their way to a connection that keeps
                        nothing, and that takes them by and by */
    bool is_dirty, is_stored;
    px_peer peer;      /* of its connection, or of the last one */
    px_time closed_at; /* while not online */
    px_time will_at;   /* PX_TIME_NONE: not due */
    bool has_will;
    px_will_record will; /* owned, in `will_bytes` */
    char *will_bytes;
    PX_VEC(px_filter_record) filters; /* owned texts */
    PX_VEC(uint16_t) received;        /* QoS 2 ids of the client, not released */
    PX_VEC(px_entry) queue;           /* in order; at most PX_MQTT_QUEUE_MESSAGES_MAX */
    size_t queue_bytes;
    uint16_t last_packet_id;
    uint64_t seq; /* everything up to here is in it */

    /* of this run only */
    uint32_t outstanding; /* given to the connection and not answered */
    size_t outstanding_bytes;
    bool end_is_asked, will_is_asked;
    bool will_is_refused;  /* nothing comes of it: only that is left to be said */
    PX_VEC(uint16_t) acks; /* answered for good, to be journalled */
} px_session;

/* ---- shared subscriptions ---- */

typedef struct px_member {
    uint64_t owner; /* a connection, or a session */
    uint32_t id;
    uint8_t qos;
    bool retain_as_published;
} px_member;

typedef struct px_group {
    px_str share, filter; /* owned; share.ptr NULL: a free slot */
    uint32_t tenant;
    PX_VEC(px_member) members;
    _Atomic uint32_t turn;
} px_group;

/* ---- tenants ---- */

typedef struct px_broker_tenant {
    uint32_t tenant;
    uint32_t session_count;
    uint32_t filter_count[2]; /* of connections, of sessions: what one has does not limit the other,
                                 or a session's end would hang on who was connected */
    px_mqtt_subs *subs;
    px_retained *retained;             /* topic → slot of its letter */
    size_t retained_bytes, kept_bytes; /* of retained messages; of all that are kept */
} px_broker_tenant;

/* ---- requests ---- */

typedef enum px_job_kind {
    PX_JOB_OPEN,        /* refused: the client is */
    PX_JOB_SUBSCRIBE,   /* refused: every filter is */
    PX_JOB_UNSUBSCRIBE, /* the same */
    PX_JOB_OWED,        /* has to be done, so it is tried again */
} px_job_kind;

/* An event on its way. */
typedef struct px_job {
    px_request request;
    px_session_write write;
    px_arena arena;
    px_broker *broker;
    px_job_kind kind;
    uint64_t conn;
    uint16_t packet_id;
    uint32_t filter_count;
    struct px_job *next;
} px_job;

/* What a connection that keeps nothing asked, until the fold has reached `position`. */
typedef struct px_pending {
    px_mqtt_type answer; /* SUBACK or UNSUBACK */
    uint64_t position, conn;
    uint32_t tenant;
    px_filters_record record; /* in the arena */
    px_arena arena;
    struct px_pending *next;
} px_pending;

/* ---- rows on their way ---- */

typedef struct px_grave {
    px_table table;
    px_key key;
} px_grave;

typedef struct px_save {
    px_writeback writeback;
    px_broker *broker;
    PX_VEC(px_op) ops;
    px_buf bodies;
    _Atomic bool is_flying;
    _Atomic bool has_failed;
} px_save;

/* ---- the newest connection of each client id: newest.c ---- */

typedef struct px_newest {
    pthread_mutex_t lock; /* guards the rest; none of the others is taken before it */
    px_map by_name;
    PX_VEC(px_broker_gate *) gates; /* their connections' */
    PX_VEC(uint32_t) free;
} px_newest;

struct px_broker {
    px_broker_opts opts;
    px_env *env;
    px_log *log;
    px_feed *feed;
    uint64_t boot;

    pthread_rwlock_t lock;       /* guards all below, up to `save`, but for the two lists */
    PX_VEC(px_letter *) letters; /* by slot; NULL: free */
    PX_VEC(uint32_t) free_letters;
    px_map letters_by_seq;
    PX_VEC(px_session *) sessions;
    PX_VEC(uint32_t) free_sessions;
    px_map sessions_by_no, sessions_by_id, sessions_by_peer;
    PX_VEC(px_group *) groups;
    PX_VEC(uint32_t) free_groups;
    px_map groups_by_name, groups_by_member;
    PX_VEC(px_broker_tenant) tenants;
    PX_VEC(px_grave) graves;
    PX_VEC(uint64_t) due_wills; /* of one sweep, on the thread */
    px_time now;                /* commit time of the newest row folded */
    px_arena arena;
    px_mqtt_hits hits;         /* of the fold */
    _Atomic uint64_t position; /* folded */
    size_t dirty_letters, dirty_sessions;

    pthread_mutex_t jobs_lock; /* guards what is owed; the last lock that is taken */
    px_job *owed, **owed_tail;
    pthread_mutex_t pending_lock; /* guards what waits, and is taken before `lock` */
    px_pending *pending, **pending_tail;
    _Atomic uint32_t jobs_out; /* with the engine */

    px_newest newest;
    px_save save;
    size_t sweep_session, sweep_letter; /* places where the sweep goes on */
    int64_t save_at_ns, sweep_at_ns;
    uint64_t saved_position;
    bool is_saving_all; /* what is dirty does not fit one effect: the cursor waits for the last */
    _Atomic bool is_ending, wants_fold;

    pthread_t thread;
    bool runs;
    _Atomic bool stopping, failed;
    px_err err; /* before `failed` is set */

    _Atomic uint64_t deliveries, queue_dropped, expired, wills, resumed, sessions_expired,
        saved_rows, message_bytes;
};

/* ---- broker.c ---- */
void pxi_hurry(px_broker *b); /* somebody waits for the fold */

/* ---- tenants.c ---- */
px_broker_tenant *pxi_tenant(px_broker *b, uint32_t tenant, bool make); /* NULL: none, no memory */
void pxi_tenants_release(px_broker *b);

/* ---- letters.c ---- */
px_letter *pxi_letter_find(px_broker *b, uint64_t seq);
/* A copy, without references; NULL: no memory. The one that is there already, when it is. */
px_letter *pxi_letter_keep(px_broker *b, uint32_t tenant, uint64_t seq, px_time time,
                           const px_letter_record *record);
void pxi_letter_ref(px_letter *letter);
void pxi_letter_unref(px_broker *b, px_letter *letter); /* the last one frees it */
size_t pxi_letter_bytes(const px_letter *letter);       /* in memory */
bool pxi_letter_is_over(const px_letter *letter, px_time now);
void pxi_letter_touch(px_broker *b, px_letter *letter); /* its row has to be written */
void pxi_letters_release(px_broker *b);
/* A retained message takes the place of the one before; NULL: none is there from now on. */
px_status pxi_retain(px_broker *b, uint32_t tenant, px_str topic, px_letter *letter,
                     px_err *ret_err);
/* The message as it goes to a client. */
px_mqtt_publish pxi_letter_publish(const px_broker *b, const px_letter_record *record);

/* ---- sessions.c ---- */
bool pxi_text_copy(px_str *ret_copy, px_str text); /* false: no memory */
void pxi_text_free(px_str text);
px_session *pxi_session_by_no(px_broker *b, uint64_t no);
/* The newest of this client id. There is an older one only while a start reads what a crash left
 * between two effects of a save. */
px_session *pxi_session_by_id(px_broker *b, uint32_t tenant, uint32_t scope, px_str client_id);
px_session *pxi_session_before(px_broker *b, uint32_t tenant, uint32_t scope, px_str client_id,
                               uint64_t no);
px_session *pxi_session_by_peer(px_broker *b, px_peer peer);
px_session *pxi_session_by_conn(px_broker *b, uint64_t conn); /* of this run, online */
px_session *pxi_session_make(px_broker *b, uint32_t tenant, uint64_t no, uint32_t scope,
                             px_str client_id);
bool pxi_session_set_peer(px_broker *b, px_session *s, px_peer peer);
bool pxi_session_set_will(px_session *s, const px_will_record *will); /* NULL: none */
/* A QoS 2 message of its client has this packet id. */
px_status pxi_session_receive(px_session *s, uint16_t packet_id, px_err *ret_err);
void pxi_session_hide(px_broker *b, px_session *s);  /* no longer found by its client id */
void pxi_session_drop(px_broker *b, px_session *s);  /* for good, with all that it keeps */
void pxi_session_empty(px_broker *b, px_session *s); /* filters, queue, receipts */
void pxi_session_touch(px_broker *b, px_session *s, uint64_t seq);
/* The one of this connection that passes, made if need be; NULL: no memory. */
px_session *pxi_session_passing(px_broker *b, uint32_t tenant, uint64_t conn);
void pxi_sessions_release(px_broker *b);
static inline uint64_t pxi_session_owner(const px_session *s)
{
    return PXI_OWNER_SESSION | s->slot;
}

/* ---- filters.c: subscriptions of any owner ---- */
/* Replaces the one of the same filter. PX_LIMIT, PX_NO_MEMORY. */
px_status pxi_filter_add(px_broker *b, uint32_t tenant, uint64_t owner, const px_filter_record *f,
                         bool *ret_is_new, px_err *ret_err);
bool pxi_filter_remove(px_broker *b, uint32_t tenant, uint64_t owner, px_str text, px_str share);
void pxi_filters_drop(px_broker *b, uint32_t tenant, uint64_t owner); /* all of one owner */
/* Whether it is a change of one that the session has, or one more is allowed. */
bool pxi_session_has_place(px_session *s, const px_filter_record *f);
/* What the session itself remembers of it. */
bool pxi_session_keep_filter(px_session *s, const px_filter_record *f);
bool pxi_session_lose_filter(px_session *s, px_str text, px_str share);
void pxi_groups_release(px_broker *b);
/* Whose turn it is; a member that is connected if there is one. False: the group is empty. */
bool pxi_group_pick(px_broker *b, uint64_t owner, px_member *ret_member);

/* ---- queue.c ---- */
/* Takes the letter into the queue; a full one does not, which is counted. */
px_status pxi_enqueue(px_broker *b, px_session *s, px_letter *letter, const px_copy_record *copy,
                      px_err *ret_err);
/* The same without looking whether there is room. */
px_status pxi_queue_push(px_session *s, px_letter *letter, const px_copy_record *copy,
                         uint16_t packet_id, px_err *ret_err);
px_entry *pxi_entry_find(px_session *s, uint16_t packet_id);
void pxi_entry_remove(px_broker *b, px_session *s, px_entry *entry);
void pxi_entry_free(px_broker *b, px_entry *entry);
/* The receiver has it for good: its place in the window is free, that in the queue when the event
 * is folded. */
void pxi_entry_ack(px_session *s, px_entry *entry);
/* Gives the connection what its window takes. */
void pxi_pump(px_broker *b, px_session *s);
/* The same for a connection that begins: first the PUBRELs that it may have missed. */
void pxi_queue_resume(px_broker *b, px_session *s);
/* A connection has gone, or comes back: nothing is outstanding. */
void pxi_queue_rewind(px_session *s);
void pxi_queue_expire(px_broker *b, px_session *s);
/* The run before this one may have sent what its window took, and nobody knows. */
void pxi_queue_was_sent(px_session *s);

/* ---- send.c: to whoever is connected ---- */
/* For whom of the hits a message is sent at once. */
typedef enum px_send_to {
    PX_SEND_TO_ALL,  /* of the server itself: kept for nobody, the groups' choice is made here */
    PX_SEND_TO_LIVE, /* sessions of the journal get what asks for an answer by their queues, and
                        the groups' choice stands in the event */
} px_send_to;
/* Gives the number of connections. */
size_t pxi_send(px_broker *b, const px_mqtt_hits *hits, const px_mqtt_publish *message,
                px_send_to to);
void pxi_send_one(px_broker *b, uint64_t conn, const px_mqtt_publish *message, uint8_t qos,
                  bool retain, const uint32_t *ids, size_t id_count, uint16_t packet_id, bool dup);
/* What is retained and the filter selects, to a fresh subscription. */
px_status pxi_send_retained(px_broker *b, uint32_t tenant, uint64_t conn, px_session *s,
                            const px_filter_record *f, px_err *ret_err);

/* ---- fold.c, fold_message.c ---- */
px_status pxi_fold_event(px_broker *b, const px_event *event, px_err *ret_err);
px_status pxi_fold_message(px_broker *b, const px_event *event, px_err *ret_err);
/* Somebody of this run may wait for it. */
static inline bool pxi_is_live(const px_broker *b, px_peer peer)
{
    return peer.boot == b->boot;
}
/* The row that was loaded was newer. */
static inline bool pxi_is_in(const px_session *s, const px_event *event)
{
    return s->seq >= event->seq;
}

/* ---- jobs.c ---- */
/* NULL: no memory. The principal is copied as far as an event needs it. */
px_job *pxi_job_new(px_broker *b, px_job_kind kind, const px_principal *who);
void pxi_job_free(px_job *job);
/* Hands it to the engine; PX_JOB_OWED is taken in any case. */
px_status pxi_job_send(px_job *job, px_err *ret_err);
void pxi_jobs_retry(px_broker *b);
void pxi_jobs_release(px_broker *b);
px_principal pxi_own_principal(uint32_t tenant);

/* ---- newest.c ---- */
uint64_t pxi_newest_name(const px_broker *b, uint32_t tenant, uint32_t scope, px_str client_id);
/* Sends its OPEN, and says to the connection that it comes after that it does. Errors: as
 * pxi_job_send, PX_NO_MEMORY. */
px_status pxi_newest_open(px_broker *b, px_broker_client *client, px_job *job, px_err *ret_err);
void pxi_newest_close(px_broker *b, const px_broker_client *client);
void pxi_newest_release(px_newest *newest);

/* ---- live.c ---- */
px_peer pxi_peer_of(const px_broker *b, const px_broker_client *client);
/* The body of an event, from a buffer into the arena; false without memory. */
bool pxi_settle(px_arena *arena, px_buf *buf, px_session_write *write);

/* ---- requests.c ---- */
void pxi_pending_release(px_broker *b);
void pxi_pending_forget(px_broker *b, uint64_t conn);
void pxi_pending_run(px_broker *b); /* those whose position is reached */

/* ---- acks.c ---- */
/* What receivers have for good, of one session. */
void pxi_acks_tell(px_broker *b, px_session *s);

/* ---- route.c ---- */
bool pxi_gate_make(px_broker_client *from); /* false: no memory */
void pxi_gate_unref(px_broker_gate *gate);  /* NULL is allowed */

/* ---- sweep.c ---- */
void pxi_sweep(px_broker *b); /* ten times a second */

/* ---- wills.c ---- */
/* Without the lock. */
void pxi_will_ask(px_broker *b, uint64_t no);
/* Under the lock. */
void pxi_will_drop(px_broker *b, px_session *s);

/* ---- session_row.c ---- */
void pxi_session_put_row(px_buf *buf, const px_session *s);
/* For px_store_scan; `data` is the broker. Messages come before sessions. Errors: PX_CORRUPT,
 * PX_UNSUPPORTED, PX_NO_MEMORY. */
px_status pxi_letter_load(void *data, const px_fold *row, px_err *ret_err);
px_status pxi_session_load(void *data, const px_fold *row, px_err *ret_err);
/* Messages that no session refers to, and that are not retained: a crash left them between two
 * effects. */
void pxi_letters_drop_unused(px_broker *b);

/* ---- rows.c ---- */
px_status pxi_rows_load(px_broker *b, px_err *ret_err);
px_status pxi_rows_save(px_broker *b, px_err *ret_err);
bool pxi_grave_add(px_broker *b, px_table table, uint32_t tenant, uint64_t no);

#endif
