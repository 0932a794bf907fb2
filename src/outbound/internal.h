/* SPDX-License-Identifier: Apache-2.0 */
/** What router.c, sender.c, desk.c and outbound.c share. Room-internal. */
#ifndef PX_OUTBOUND_INTERNAL_H
#define PX_OUTBOUND_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/vec.h"
#include "outbound/outbound.h"

enum {
    PX_WINDOW_LETTERS = 64,        /* of one endpoint, read at once */
    PX_WINDOW_BYTES = 1024 * 1024, /* about */
    PX_FLIGHT_LETTERS = 256,       /* of the router, about */
    PX_FLIGHT_BYTES = 1024 * 1024, /* about */
    PX_PART_LETTERS = 1024,        /* in one commit */
    PX_PART_BYTES = 4 * 1024 * 1024,
};

/* A letter in the sender's hands; it owns its row's body. */
typedef struct px_held {
    px_letter letter;
    px_buf row;
    bool is_dead; /* else, before `at`, delivered */
    char reason[PX_LETTER_REASON_BYTES_MAX];
} px_held;

typedef struct px_counts {
    uint64_t waiting, waiting_bytes, dead, dead_bytes;
} px_counts;

/* All that is known of one endpoint's letters. */
typedef struct px_box {
    uint32_t tenant, endpoint_no;
    /* under the outbound's lock */
    px_counts count;
    bool is_fresh; /* the table has letters that the sender did not read yet */

    /* the sender's own */
    PX_VEC(px_held) window;
    size_t at; /* letters before it are done with */
    bool is_sending;
    px_sending sending;
    px_transport *transport;
    px_arena arena; /* what `sending` borrows */
    px_buf signature;
    uint32_t tries;     /* of the letter at `at` */
    int64_t not_before; /* monotonic */
    uint64_t revision;  /* of the endpoint that the last try went to */

    /* the removal under way */
    bool is_flying;
    _Atomic bool has_landed;
    px_status landed;
    px_writeback writeback;
    PX_VEC(px_op) ops;
    px_buf bodies;
    struct px_outbound *outbound;
    uint64_t flown_dead, flown_dead_bytes, flown_bytes;
} px_box;

/* A letter that the router made; its body is a part of `bodies`. */
typedef struct px_made {
    px_box *box;
    px_letter_kind kind;
    uint64_t place, seq;
    size_t offset, len;
} px_made;

typedef struct px_router {
    px_feed *feed;
    px_directory directory;
    px_gone gone;
    px_cloud_maker maker;
    px_arena arena;
    px_buf event; /* one CloudEvent */

    px_batch *batch; /* the row under way */
    px_cut cut;
    uint64_t seq;   /* of its next event */
    uint64_t first; /* events up to here were routed before a restart */

    PX_VEC(px_made) made;
    px_buf bodies;
    size_t sent; /* of `made`, in parts that flew already */
    size_t flown;
    uint64_t cursor, cursor_sent;
    int64_t cursor_at_ns;
    bool is_flying;
    _Atomic bool has_landed;
    px_status landed;
    px_writeback writeback;
    PX_VEC(px_op) ops;
} px_router;

/* Moves of dead letters, one at a time. */
typedef struct px_desk {
    _Atomic bool is_busy;
    px_writeback writeback;
    PX_VEC(px_op) ops;
    PX_VEC(px_held) letters;
    px_dead_move *move;
} px_desk;

struct px_outbound {
    px_outbound_opts opts;
    px_env *env;
    px_store_reader *reader; /* the sender's */
    px_router router;
    px_directory directory; /* the sender's */
    px_desk desk;

    pthread_mutex_t lock; /* guards `boxes`, and of each what its comment says */
    PX_VEC(px_box *) boxes;

    pthread_mutex_t land_lock; /* with `landed`: the router waits for its flight */
    pthread_cond_t landed;

    _Atomic bool router_stale, sender_stale; /* documents changed */
    _Atomic bool stopping;
    bool router_runs, sender_runs;
    pthread_t router_thread, sender_thread;
    _Atomic uint64_t position, routed, delivered, failed, died, dropped, untold;
};

/* ---- outbound.c ---- */

/* The box of an endpoint, made when there is none; NULL: no memory. */
px_box *pxi_box(px_outbound *o, uint32_t tenant, uint32_t endpoint_no);
/* What a tenant has in all; the caller holds the lock. */
px_counts pxi_tenant_total(px_outbound *o, uint32_t tenant);
void pxi_wake_sender(px_outbound *o);
/* A copy of a row, its letter's slices borrowing from it. */
PX_NODISCARD px_status pxi_hold(const px_fold *row, px_held *ret_held, px_err *ret_err);

/* ---- router.c ---- */

PX_NODISCARD px_status pxi_router_open(px_outbound *o, px_err *ret_err);
void pxi_router_close(px_outbound *o);
/* Routes at most one row, sends what is due. `ret_did`: something was done. PX_INTERRUPTED: the
 * engine is closing; PX_NO_MEMORY: again later; all else is final. */
PX_NODISCARD px_status pxi_router_step(px_outbound *o, int64_t wait_ns, bool *ret_did,
                                       px_err *ret_err);

/* ---- sender.c ---- */

/* Looks at every box once. Gives when it wants to look again (monotonic; INT64_MAX: when woken). */
bool pxi_sender_step(px_outbound *o, int64_t *ret_look_at_ns);
/* Gives up what is being sent, and waits for nothing. */
void pxi_sender_end(px_outbound *o);
void pxi_box_free(px_box *box);
/* Still with the engine. */
bool pxi_sender_flies(px_outbound *o);

#endif
