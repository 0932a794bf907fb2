/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the HTTP door share; nobody else includes this.
 *
 * door ──► links (one connection each, in a list) ──► exchange (the call and its buffers)
 *
 * A link is made and freed by the loop that owns the connection. The keeper, one more thread, looks
 * at all links under the door's lock: it ends slow ones, and
 * notices that the client of a stream or of long work is gone. An exchange outlives its link only
 * when the application still holds its call while the door stops.
 */
#ifndef PX_SERVER_HTTP_INNER_H
#define PX_SERVER_HTTP_INNER_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "base/mem.h"
#include "server/http_door.h"
#include "server/listen.h"
#include "server/tls.h"

enum {
    /* of libmicrohttpd, a connection: line, headers, answer head. It clears all of it after each
     * request, so it is as small as the limits allow. */
    PX_HTTP_POOL_BYTES = PX_HTTP_LINE_BYTES_MAX + PX_HTTP_HEADER_BYTES_MAX + 8 * 1024,
    PX_HTTP_THREADS_MAX = 64,
    PX_HTTP_TICK_MS = 200,
    PX_HTTP_LONG_WORK_MS = 200, /* from then on it is noticed when the client goes */
    PX_HTTP_ADDRESS_BUCKETS = 4096,
    PX_HTTP_SWEEP_LINKS = 1024, /* looked at before the lock is given away for a moment */
};

/* Where a connection is, for the keeper. */
typedef enum px_http_phase {
    PX_HTTP_FRESH,   /* connected: TLS, then the first request line */
    PX_HTTP_IDLE,    /* between two requests */
    PX_HTTP_HEADERS, /* the request line is there */
    PX_HTTP_BODY,
    PX_HTTP_WORK, /* with the application, or its answer on the way */
    PX_HTTP_STREAM,
    PX_HTTP_CARRIED, /* a WebSocket over TLS: who took it looks after it */
} px_http_phase;

/* Where a request is, for its own thread. */
typedef enum px_http_step {
    PX_HTTP_STEP_NONE,
    PX_HTTP_STEP_LINE,  /* the request line came; headers follow */
    PX_HTTP_STEP_BODY,  /* the head is good; body bytes or the end follow */
    PX_HTTP_STEP_ASKED, /* the application has it */
    PX_HTTP_STEP_ANSWERED,
} px_http_step;

/* Who has the call: complete() and the door's thread meet here. */
typedef enum px_http_turn {
    PX_HTTP_TURN_HANDLING, /* handle() has not returned, or not been noticed */
    PX_HTTP_TURN_ASLEEP,   /* the connection is suspended; complete() resumes it */
    PX_HTTP_TURN_DONE,
    PX_HTTP_TURN_ABANDONED, /* the door stops and has resumed the connection */
    PX_HTTP_TURN_ORPHANED,  /* the connection was answered without it; complete() frees it */
} px_http_turn;

/* The same for a stream: wake() and the reader meet here. */
typedef enum px_http_pulse {
    PX_HTTP_PULSE_RUN,
    PX_HTTP_PULSE_ASLEEP,
    PX_HTTP_PULSE_WOKEN
} px_http_pulse;

typedef enum px_http_refusal {
    PX_HTTP_FINE,
    PX_HTTP_BAD_REQUEST,
    PX_HTTP_BAD_TARGET,
    PX_HTTP_BAD_LENGTH,
    PX_HTTP_BAD_CODING,
    PX_HTTP_BAD_HOST,
    PX_HTTP_LINE_TOO_LONG,
    PX_HTTP_HEAD_TOO_LARGE,
    PX_HTTP_BODY_TOO_LARGE,
    PX_HTTP_NO_ROOM,
    PX_HTTP_NO_ANSWER,
    PX_HTTP_STOPPING,
    PX_HTTP_NO_SOCKET,
    PX_HTTP_BAD_SOCKET,
    PX_HTTP_NO_MQTT,
    PX_HTTP_OTHER_ORIGIN,
    PX_HTTP_SOCKETS_FULL,
    PX_HTTP_REFUSALS,
} px_http_refusal;

typedef struct px_http_link px_http_link;

typedef struct px_http_exchange px_http_exchange;

typedef struct px_http_carry px_http_carry;

/* A thread of the door and the libmicrohttpd it turns. */
typedef struct px_http_loop {
    px_http_door *door;
    struct MHD_Daemon *mhd;
    int wake_fd;
    atomic_bool is_woken; /* wake_fd is written, or about to be */
    int carry_epoll;      /* what px_http_carry_turn waits for; -1 without TLS */
    unsigned ending;      /* upgraded connections that were closed and are not put away yet */
    pthread_t thread;
    bool has_thread;
} px_http_loop;

struct px_http_exchange {
    px_api_call call; /* first: the application gives back its address */
    px_http_exchange *next_ready;
    bool is_carrier; /* it was resumed for all that are ready */
    struct MHD_Connection *mhd;
    px_buf body;
    _Atomic int turn, pulse;
    atomic_bool gone;   /* the client went away: from the keeper to who works for it */
    px_http_link *link; /* until it is orphaned */
    px_http_door *door;
    px_http_loop *loop;
};

struct px_http_link {
    px_http_door *door;
    struct MHD_Connection *mhd;
    int fd;
    px_http_link *next, *prev;  /* under the door's lock */
    px_http_exchange *exchange; /* changed under the door's lock; NULL: orphaned */
    px_listen_address peer;

    px_http_step step;
    px_http_refusal refusal; /* found before the head was whole */
    size_t line_bytes;       /* of the target, as it came */
    size_t body_bytes;       /* that came */
    bool is_1_1;             /* HTTP/1.1 */
    bool counted;            /* in door->active */
    bool streaming;          /* in door->streams */
    px_http_carry *carry;    /* NULL unless a WebSocket over TLS */
    bool is_ending;          /* in loop->ending */

    _Atomic int phase;        /* px_http_phase */
    _Atomic int64_t since_ms; /* of the phase */
    _Atomic uint32_t request_no;
    _Atomic size_t body_seen; /* body_bytes, for the keeper */

    struct { /* the keeper's own */
        uint32_t request_no;
        uint64_t bytes; /* received by the socket when this request_no was first seen */
        int64_t trickle_ms;
        bool ended;
    } seen;
};

struct px_http_door {
    px_http_door_opts opts; /* strings are not kept */
    px_http_loop loops[PX_HTTP_THREADS_MAX];
    unsigned loop_count;
    int listen_fd;
    uint16_t port;
    px_buf cert, key;

    pthread_mutex_t lock; /* guards links, next_seen, addresses, ending */
    pthread_cond_t tick;
    px_http_link *links, *next_seen;
    uint32_t addresses[PX_HTTP_ADDRESS_BUCKETS];
    bool ending, has_keeper, stopped;
    pthread_t keeper;

    px_http_exchange *_Atomic ready; /* completed, to be resumed by the carrier among them */
    atomic_bool stopping, loops_ending;
    _Atomic int resuming;    /* calls of px_http_resume under way */
    _Atomic int64_t now_ms;  /* the keeper's clock: good to PX_HTTP_TICK_MS */
    _Atomic uint64_t asked;  /* calls handed over and not answered */
    _Atomic uint64_t active; /* requests begun and not sent, streams too */
    _Atomic uint64_t connections, accepted, refused_full, requests, answers[6], refused, broken,
        slow, abandoned, held, streams, streams_gone, bytes_in, bytes_out, upgraded, carried;
};

#define PX_HTTP_COUNT(counter) atomic_fetch_add_explicit(&(counter), 1, memory_order_relaxed)

/* ---- http_loop.c: threads ---- */
PX_NODISCARD px_status px_http_loop_init(px_http_loop *loop, px_http_door *door, px_err *ret_err);
PX_NODISCARD px_status px_http_loop_start(px_http_loop *loop, px_err *ret_err);
void px_http_loop_wake(px_http_loop *loop);
void px_http_loops_wake(px_http_door *door);
/* Ends the threads, then their connections. */
void px_http_loops_end(px_http_door *door);
/* Of a suspended connection, or one that is just being suspended; from any thread. */
void px_http_resume(px_http_exchange *exchange);

/* ---- http_link.c: connections; the context of px_http_link_notify is the loop ---- */
px_http_exchange *px_http_exchange_new(px_http_link *link, px_http_loop *loop);
void px_http_exchange_free(px_http_exchange *exchange);
enum MHD_Result px_http_link_admit(void *ctx, const struct sockaddr *address, socklen_t size);
void px_http_link_notify(void *ctx, struct MHD_Connection *mhd, void **socket_context,
                         enum MHD_ConnectionNotificationCode code);
void px_http_link_enter(px_http_link *link, px_http_phase phase);

/* ---- http_request.c: from the request line to the application ---- */
void *px_http_request_line(void *ctx, const char *target, struct MHD_Connection *mhd);
enum MHD_Result px_http_request_step(void *ctx, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *bytes,
                                     size_t *size, void **request);
void px_http_request_ended(void *ctx, struct MHD_Connection *mhd, void **request,
                           enum MHD_RequestTerminationCode why);

/* ---- http_head.c: what may not come ---- */
typedef struct px_http_head {
    struct MHD_Connection *mhd;
    const char *method, *url, *version; /* as libmicrohttpd gives them: in its read buffer */
    size_t target_bytes;
    uint64_t length; /* announced body; written by the check */
    bool chunked;    /* written by the check */
} px_http_head;

px_http_refusal px_http_head_check(px_http_head *head);
/* Slices of `target`. */
px_http_refusal px_http_head_target(px_str target, px_str *ret_path, px_str *ret_query);

/* ---- http_answer.c ---- */
enum MHD_Result px_http_answer(px_http_link *link);
enum MHD_Result px_http_refuse(px_http_link *link, px_http_refusal refusal, bool close);
void px_http_wake(void *exchange);

/* The answer of a request is on its way out, or made somewhere else: see `step`. */
enum MHD_Result px_http_queue(px_http_link *link, unsigned status, struct MHD_Response *response);

/* ---- http_upgrade.c: a connection becomes a WebSocket ---- */
bool px_http_upgrade_is_asked(const px_http_link *link); /* of a whole request */
enum MHD_Result px_http_upgrade(px_http_link *link);
/* libmicrohttpd may close what is its own of an upgraded connection; on the loop's thread. */
void px_http_upgrade_end(px_http_link *link, struct MHD_UpgradeResponseHandle *handle);
void px_http_upgrade_forget(px_http_link *link); /* the connection is closed */

/* ---- http_carry.c: WebSockets over TLS, on the loop's thread ---- */
/* Gives the end of a pair of sockets on which the client's bytes come and go; -1: impossible. */
int px_http_carry_begin(px_http_link *link, struct MHD_UpgradeResponseHandle *handle);
void px_http_carry_turn(px_http_loop *loop);
void px_http_carry_end(px_http_link *link); /* the connection is closed */

/* ---- http_keeper.c ---- */
void *px_http_keeper_run(void *door);
int64_t px_http_now_ms(void);

#endif
