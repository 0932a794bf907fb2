/* SPDX-License-Identifier: Apache-2.0 */
/** What connections.c, link.c, link_take.c and the kinds of links share. Room-internal. */
#ifndef PX_OUTBOUND_LINK_INNER_H
#define PX_OUTBOUND_LINK_INNER_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/vec.h"
#include "outbound/connections.h"

enum {
    PXI_ADDRESSES_MAX = 16,
    PXI_SETTLED_S = 10, /* a connection that held so long ends the growth of pauses */
};

typedef struct pxi_link pxi_link;

/* One connection from its beginning to its end: gives why it ended, PX_INTERRUPTED when it was told
 * to. `ret_err->text` is what people read. */
typedef px_status pxi_link_run(pxi_link *link, px_err *ret_err);

typedef struct pxi_counters {
#define X(name, meaning) _Atomic uint64_t name;
    PX_CONNECTION_STATS_MAP(X)
#undef X
} pxi_counters;

/* A message on its way through the engine (link_take.c). */
typedef struct pxi_take pxi_take;

struct pxi_link {
    px_connections *owner;
    px_arena arena; /* of the document */
    px_connection config;
    px_principal principal; /* the connection itself: whoever may write it gave it its right */
    bool seen, has_place;   /* the supervisor's own: its document is there, a thread is its */
    uint32_t rank;          /* likewise: how many of its tenant's come before it */
    bool is_replaced;       /* set before it is told to stop: the document is another or gone, */
    px_connection next;     /* and this is what it says now; without a name it is gone */

    pthread_t thread;
    bool runs, was_connected;
    int wake_fd; /* an eventfd: readable once the link is to stop */
    _Atomic bool stopping;
    unsigned address_at;  /* which of the host's addresses comes next */
    bool has_subscribed;  /* to all its topics: the broker's session knows them */
    int64_t connected_ns; /* monotonic */

    pthread_mutex_t lock; /* guards `status`, `was_up` and `pending` */
    pthread_cond_t settled;
    px_connection_status status;
    bool was_up;    /* since the last error: the next one is worth a line of the log */
    size_t pending; /* takes that the engine has */
    pxi_counters counters;

    pxi_take *first, **last; /* the link's thread: taken, and not settled yet */
    size_t taken, taken_bytes;
    bool has_kept; /* a reject, that may not be on the disk yet */
};

struct px_connections {
    px_connections_opts opts;
    px_env *env;
    pthread_mutex_t lock; /* guards `links` and all below */
    pthread_cond_t changed;
    PX_VEC(pxi_link *) links;
    bool is_stale, stopping, runs;
    uint64_t generation; /* of the documents, when they were read */
    pthread_t thread;
    pxi_counters totals;
};

/* ---- connections_look.c ---- */

/* Lets links follow the documents. What fails of one document holds up no other; the first error is
 * given, and all is to be looked at again. Errors: PX_NO_MEMORY. */
PX_NODISCARD px_status pxi_connections_look(px_connections *connections, px_err *ret_err);
void pxi_connections_end_all(px_connections *connections);

/* ---- link.c ---- */

/* Copies the document, of one that is disabled or cannot be read its name alone: then
 * `config.enabled` is false. Without memory NULL. */
pxi_link *pxi_link_new(px_connections *owner, const px_document *document);
/* Begins its thread; false: the machine has none. */
PX_NODISCARD bool pxi_link_start(pxi_link *link);
void pxi_link_tell_stop(pxi_link *link); /* of one that runs */
void pxi_link_halt(pxi_link *link);      /* waits for its thread; it may start again */
void pxi_link_deny(pxi_link *link);      /* says that there is no thread for it */
/* The same, because its document is another now; NULL: gone. What it will not want any more it
 * takes leave of. */
void pxi_link_replace(pxi_link *link, const px_document *document);
void pxi_link_free(pxi_link *link); /* waits for its thread; NULL is fine */
/* An error that changes no state; logged where it is news. */
void pxi_link_note(pxi_link *link, const px_err *err, bool is_news);
void pxi_link_all_good(pxi_link *link); /* what was noted is over */
/* `error` is an errno: nobody listens there, or nothing answers. Gives PX_UNREACHABLE. */
px_status pxi_link_unreachable(const pxi_link *link, int error, px_err *ret_err);
/* Counts a message that no binding took; `topic` may be empty. */
void pxi_link_unbound(pxi_link *link, px_str topic);
/* The link is up: the other side has said yes. */
void pxi_link_up(pxi_link *link);
bool pxi_link_pause(pxi_link *link, int64_t duration_ns); /* false: it is to stop */
/* What is counted of a link counts for all of them, too. */
#define PXI_COUNT(link, name, more)                                                                \
    (atomic_fetch_add(&(link)->counters.name, (more)),                                             \
     atomic_fetch_add(&(link)->owner->totals.name, (more)))

/* ---- resolve.c ---- */

typedef struct pxi_address {
    struct sockaddr_storage bytes;
    socklen_t len;
    char text[64]; /* numeric */
} pxi_address;

/**
 * The addresses of the link's host that may be connected to.
 *
 * Waits for the machine's resolver, but not when it is to stop, and not for more than
 * PX_CONNECTION_CONNECT_NS_MAX. Errors: PX_UNREACHABLE (connection.name: no such name, or no
 * answer), PX_DENIED (endpoint.address, endpoint.host: all of them are refused), PX_INTERRUPTED.
 */
PX_NODISCARD px_status pxi_resolve(pxi_link *link, pxi_address ret_list[PXI_ADDRESSES_MAX],
                                   size_t *ret_count, px_err *ret_err);

/* ---- link_take.c ---- */

/**
 * Takes one message: maps it by the connection's bindings, and keeps it for pxi_take_settle, which
 * tells what became of it.
 *
 * @param topic    empty: it has none
 * @param read_at  the time of values for which neither message nor binding has one; PX_TIME_NONE:
 *                 that of their arrival
 * Errors: PX_NO_MEMORY, PX_INTERRUPTED: it is to come again.
 */
PX_NODISCARD px_status pxi_take_message(pxi_link *link, px_str topic, px_str payload,
                                        px_time read_at, px_err *ret_err);
/**
 * Hands all that was taken to the engine and waits until it has committed it.
 *
 * PX_OK: what can be kept of them is on the disk, the rest is among the rejects. Errors: the first
 * of those that pass (PX_FULL, PX_BUSY, PX_NO_MEMORY, PX_IO, PX_INTERRUPTED; PX_STALE: the twin's
 * model changed, and mapping it again did not help): they are to come again, and none of them is
 * among the rejects.
 */
PX_NODISCARD px_status pxi_take_settle(pxi_link *link, px_err *ret_err);
/* Waits until rejects of what was taken are on the disk: for who is to acknowledge it. Errors:
 * PX_FULL, PX_INTERRUPTED: it is not to be acknowledged. */
PX_NODISCARD px_status pxi_take_saved(pxi_link *link, px_err *ret_err);

/* Hands one request to the engine, whose `done` and `data` are set here, and waits for its answer.
 * Errors: PX_BUSY, PX_INTERRUPTED, PX_IO: it was not taken. */
PX_NODISCARD px_status pxi_link_ask(pxi_link *link, px_request *request, px_err *ret_err);

/* ---- the kinds ---- */

pxi_link_run pxi_link_mqtt;
pxi_link_run pxi_link_modbus;

#endif
