/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The letter box of one door thread: what other threads have for its connections.
 *
 * Anybody puts, the thread takes everything at once by swapping two sets of buffers; so a lock is
 * held for some ns, and nobody allocates once the buffers have grown. Room for answers is made
 * ahead (px_mqtt_post_reserve), so that an answer cannot fail. Putting does not wake:
 * px_mqtt_post_wake.
 */
#ifndef PX_SERVER_MQTT_POST_H
#define PX_SERVER_MQTT_POST_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/vec.h"
#include "server/listen.h"
#include "server/mqtt_door.h"

typedef struct px_mqtt_post_answer {
    px_mqtt_conn conn;
    uint32_t token;
    px_mqtt_reason reason;
} px_mqtt_post_answer;

typedef enum px_mqtt_order {
    PX_MQTT_ORDER_END,
    PX_MQTT_ORDER_PAUSE,
    PX_MQTT_ORDER_UNPAUSE
} px_mqtt_order;

typedef struct px_mqtt_post_order {
    px_mqtt_conn conn;
    px_mqtt_order order;
    px_mqtt_reason reason;
} px_mqtt_post_order;

/* What an application answers later, but to `publish`. */
typedef enum px_mqtt_reply_kind {
    PX_MQTT_REPLY_ADMIT,
    PX_MQTT_REPLY_ANSWER,
    PX_MQTT_REPLY_RELEASED,
    PX_MQTT_REPLY_RELEASE,
    PX_MQTT_REPLY_EXPLAIN /* of `publish` after all: why it is refused; read before its answer */
} px_mqtt_reply_kind;

typedef struct px_mqtt_reply {
    px_mqtt_conn conn;
    px_mqtt_reply_kind kind;
    px_mqtt_admission admission; /* of ADMIT */
    px_mqtt_type type;           /* of ANSWER */
    const uint8_t *reasons;      /* of ANSWER, or the text of EXPLAIN; borrowed */
    size_t count;                /* of reasons */
    uint32_t token;              /* of EXPLAIN */
    uint16_t packet_id;
} px_mqtt_reply;

/* An accepted socket for another thread than the one that accepted it. */
typedef struct px_mqtt_arrival {
    int fd;
    bool is_tls;
    bool is_ws; /* frames of WebSocket; TLS, where there is any, is the HTTP door's */
    px_listen_address address;
    char *early; /* of WebSocket: owned bytes that came already; NULL: none */
    size_t early_size;
} px_mqtt_arrival;

void px_mqtt_arrival_drop(const px_mqtt_arrival *arrival); /* closes it */

typedef struct px_mqtt_post_bag {
    PX_VEC(px_mqtt_post_answer) answers;
    PX_VEC(px_mqtt_post_order) orders;
    PX_VEC(px_mqtt_arrival) arrivals;
    px_buf replies; /* records of mqtt_post.c, read by px_mqtt_reply_next */
    px_buf whys;    /* likewise, of EXPLAIN: read before the answers */
    px_buf letters; /* deliveries: the same, read by px_mqtt_letter_next */
} px_mqtt_post_bag;

typedef struct px_mqtt_post {
    pthread_mutex_t lock;  /* guards `in` */
    px_mqtt_post_bag in;   /* being filled */
    px_mqtt_post_bag out;  /* of the thread */
    atomic_bool is_wanted; /* something was put since the last wake */
    atomic_bool is_short;  /* there was no memory for a reply */
    int wake_fd;           /* an eventfd in the thread's epoll set */
    size_t answers_reserved;
    bool is_closed; /* under `lock`: the thread has ended, arrivals are not taken */
} px_mqtt_post;

PX_NODISCARD px_status px_mqtt_post_init(px_mqtt_post *post, px_err *ret_err);
void px_mqtt_post_release(px_mqtt_post *post);
/* The thread has ended: closes sockets that nobody took, and takes no more. */
void px_mqtt_post_close(px_mqtt_post *post);

/* ---- any thread ---- */
void px_mqtt_post_answer_put(px_mqtt_post *post, px_mqtt_post_answer answer);
/* False when there is no memory; `is_short` says so to the thread. EXPLAIN may be lost, also beyond
 * PX_MQTT_DOOR_MAIL_BYTES_MAX: the reason says what it usually means. */
PX_NODISCARD bool px_mqtt_post_reply_put(px_mqtt_post *post, const px_mqtt_reply *reply);
PX_NODISCARD bool px_mqtt_post_order_put(px_mqtt_post *post, px_mqtt_post_order order);
/* False: no memory, or closed. */
PX_NODISCARD bool px_mqtt_post_arrival_put(px_mqtt_post *post, px_mqtt_arrival arrival);
/* For those of `conns` that belong to thread `thread`. Errors: PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_mqtt_post_letter_put(px_mqtt_post *post, unsigned thread,
                                               const px_mqtt_conn *conns, size_t count,
                                               const px_mqtt_publish *message);
/* True when it had to write to the eventfd. */
bool px_mqtt_post_wake(px_mqtt_post *post);

/* ---- the thread ---- */
/* Room for `count` answers in all that have not been taken yet; false: no memory. */
bool px_mqtt_post_reserve(px_mqtt_post *post, size_t count);
/* Everything put so far is in `post->out`, until the next call. */
void px_mqtt_post_take(px_mqtt_post *post);

/* Walks the replies in `post->out`; `*at` starts as their bytes. */
bool px_mqtt_reply_next(px_str *at, px_mqtt_reply *ret_reply);

/* Walks the deliveries in `post->out`; `*at` starts as the letters' bytes. The connections are
 * unaligned: px_mqtt_letter_conn reads one. */
typedef struct px_mqtt_letter {
    px_mqtt_publish message;
    const char *conns;
    size_t count;
} px_mqtt_letter;
bool px_mqtt_letter_next(px_str *at, px_mqtt_letter *ret_letter);
px_mqtt_conn px_mqtt_letter_conn(const px_mqtt_letter *letter, size_t index);

/* The place of a connection within its reference. */
static inline unsigned px_mqtt_conn_thread(px_mqtt_conn conn)
{
    return (unsigned)(conn.v >> 56);
}

static inline uint32_t px_mqtt_conn_slot(px_mqtt_conn conn)
{
    return (uint32_t)(conn.v >> 32) & 0xFFFFFF;
}

static inline uint32_t px_mqtt_conn_generation(px_mqtt_conn conn)
{
    return (uint32_t)conn.v;
}

static inline px_mqtt_conn px_mqtt_conn_of(unsigned thread, uint32_t slot, uint32_t generation)
{
    return (px_mqtt_conn){ (uint64_t)thread << 56 | (uint64_t)(slot & 0xFFFFFF) << 32 |
                           generation };
}

#endif
