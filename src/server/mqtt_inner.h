/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the MQTT door share; nobody else includes this.
 *
 * door ──► workers (one epoll thread each) ──► links (one connection each, in slots by number)
 *
 * A worker and its links are touched by its own thread only; what crosses threads is its letter
 * box, the door's atomics and the names.
 */
#ifndef PX_SERVER_MQTT_INNER_H
#define PX_SERVER_MQTT_INNER_H

#include "base/limits.h"
#include "base/mem.h"
#include "server/mqtt_door.h"
#include "server/mqtt_names.h"
#include "server/mqtt_post.h"
#include "server/tls.h"
#include "server/ws_link.h"
#include "server/ws_socket.h"

enum {
    PX_MQTT_READ_BYTES = 64 * 1024,
    PX_MQTT_THREADS_MAX = 64,
    PX_MQTT_SLOTS_MAX = 1 << 24,
    PX_MQTT_TICK_MS = 100,
    PX_MQTT_SWEEP_PARTS = 5, /* each link is looked at every 500 ms */
    PX_MQTT_ADDRESS_BUCKETS = 4096,
    PX_MQTT_LINGER_MS = 2000,      /* for a client to take its last bytes and close */
    PX_MQTT_DRAIN_LINGER_MS = 300, /* the same when the server stops */
};

/* Marks in epoll's data that are no connection: their thread number is 255. */
#define PX_MQTT_EVENT_WAKE (UINT64_MAX)
#define PX_MQTT_EVENT_LISTEN (UINT64_MAX - 1)     /* plain */
#define PX_MQTT_EVENT_LISTEN_TLS (UINT64_MAX - 2) /* TLS */

typedef struct px_mqtt_worker px_mqtt_worker;

typedef struct px_mqtt_link {
    px_mqtt_worker *worker;
    px_mqtt_conn ref;
    int fd;
    px_tls_link *tls; /* NULL: plain, or TLS is the HTTP door's */
    px_ws_link *ws;   /* NULL: no WebSocket */
    px_mqtt_session *session;
    px_mqtt_grant grant;
    px_mqtt_peer peer;
    uint64_t network;
    uint32_t armed;            /* events asked of epoll */
    int64_t close_at_ns;       /* once the session has ended; 0 before */
    bool is_dirty, is_waiting; /* in the worker's lists */
    bool is_named, is_authenticated;
    bool is_shut; /* our side is closed; we wait for theirs */
    bool is_broken;
} px_mqtt_link;

typedef struct px_mqtt_slot {
    px_mqtt_link *link;  /* NULL: free */
    uint32_t generation; /* of the link here, or of the last one */
    uint32_t next_free;
} px_mqtt_slot;

struct px_mqtt_worker {
    px_mqtt_door *door;
    unsigned index;
    pthread_t thread;
    bool has_thread, is_draining;
    int epoll;
    px_mqtt_post post;
    PX_VEC(px_mqtt_slot) slots;
    uint32_t free_slot, open_count;
    PX_VEC(px_mqtt_conn) dirty;   /* to write and settle at the end of the round */
    PX_VEC(px_mqtt_conn) waiting; /* stalled sessions, and TLS links with bytes read ahead */
    size_t unanswered;            /* answers still to come */
    bool retry;                   /* offer to `waiting` again in this round */
    uint64_t room_seen;
    _Atomic uint32_t waiting_count; /* of `waiting`, for px_mqtt_door_resume */
    int64_t now_ns, next_tick_ns;
    uint32_t sweep_at;
    bool accept_paused;
    px_mqtt_counters counters;
    char *read_buffer; /* PX_MQTT_READ_BYTES */
};

typedef struct px_mqtt_listener {
    int fd; /* -1: none */
    uint16_t port;
} px_mqtt_listener;

struct px_mqtt_door {
    px_mqtt_door_opts opts;
    px_mqtt_door_app app;
    px_env *env;
    px_log *log;
    px_mqtt_listener plain, secure;
    px_tls *tls;
    px_mqtt_names *names;
    px_mqtt_worker *workers;
    unsigned worker_count;
    _Atomic unsigned next_worker;
    uint64_t address_seed;
    atomic_bool is_stopping;
    bool is_stopped;
    _Atomic int64_t drain_until_ns;
    _Atomic uint64_t room; /* counts px_mqtt_door_resume */
    _Atomic uint32_t addresses[PX_MQTT_ADDRESS_BUCKETS];
    _Atomic uint64_t connections, unauthenticated, accepted, refused_full, accept_pauses;
    _Atomic uint64_t tls_failed, taken_over, deliveries_refused, wakes;
    _Atomic uint64_t websockets, websockets_accepted, websockets_broken;
};

/* ---- mqtt_accept.c: the first worker ---- */
void px_mqtt_accept(px_mqtt_worker *w, px_mqtt_listener *listener, bool is_tls);
/* Of a connection counted at its accept. */
void px_mqtt_accept_forget(px_mqtt_door *door, uint64_t network, bool is_loopback,
                           bool is_authenticated);
bool px_mqtt_accept_watch(px_mqtt_worker *w); /* adds the listeners to epoll */
void px_mqtt_accept_unwatch(px_mqtt_worker *w);

/* ---- mqtt_link.c ---- */
/* Takes the arrival; on failure drops it. */
void px_mqtt_link_open(px_mqtt_worker *w, const px_mqtt_arrival *arrival);
void px_mqtt_link_close(px_mqtt_link *link);
px_mqtt_link *px_mqtt_link_find(px_mqtt_worker *w, px_mqtt_conn conn); /* NULL: gone */
void px_mqtt_link_on_event(px_mqtt_link *link, uint32_t events);
/* Offers again what waits: a message answered BUSY, or bytes that TLS holds. */
void px_mqtt_link_retry(px_mqtt_link *link);
void px_mqtt_link_mark(px_mqtt_link *link); /* to be settled at the end of the round */
/* Writes, closes or asks epoll for what is needed next. */
void px_mqtt_link_settle(px_mqtt_link *link);

/* ---- mqtt_wire.c: bytes between socket and session ---- */
/* One read; `is_broken` is set when there is nothing more to come. */
void px_mqtt_link_read(px_mqtt_link *link);
void px_mqtt_link_read_early(px_mqtt_link *link, px_str early); /* frames that are here already */
bool px_mqtt_link_write(px_mqtt_link *link);                    /* true when everything is out */

/* ---- mqtt_worker.c ---- */
void *px_mqtt_worker_main(void *worker);
void px_mqtt_worker_take_post(px_mqtt_worker *w);

#endif
