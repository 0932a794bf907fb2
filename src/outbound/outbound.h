/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What goes out: events of the journal, by routes, to webhooks and topics, at least once, in order.
 *
 *     journal ─ router ─► outbox (a table) ─ sender ─► transport ─► the other side
 *                                               └────► dead letters (the same table)
 *
 * The router is a consumer of the journal (PX_CONSUMER_OUTBOUND): it makes CloudEvents of events,
 * asks the filters, and hands the writer an effect that puts letters into the outbox together with
 * its cursor, so that each event is put there exactly once. The sender takes letters out in their
 * order, one at a time for each endpoint, and removes them in a commit after the delivery: a crash
 * repeats, and never loses or reorders. What was not delivered is tried again with growing pauses;
 * what cannot be, or not within PX_RETRY_FOR_NS, becomes a dead letter, kept until it is replayed
 * or purged. A full outbox (a quota of each tenant) makes new letters dead at once, so that what
 * waits keeps its order; full dead letters drop, counted and logged.
 *
 * docs/internals/outbound.md tells how. Threads: open, start, stop, step and close from the owner;
 * the rest from any.
 */
#ifndef PX_OUTBOUND_OUTBOUND_H
#define PX_OUTBOUND_OUTBOUND_H

#include "base/env.h"
#include "base/log.h"
#include "engine/engine.h"
#include "outbound/directory.h"
#include "outbound/letter.h"
#include "outbound/transport.h"

typedef struct px_outbound px_outbound;

typedef struct px_outbound_opts {
    px_env *env; /* NULL: px_env_posix() */
    px_log *log; /* may be NULL */
    px_engine *engine;
    px_store *store; /* for readers only; written through effects of the engine */
    px_str host;     /* `source` of what is told; borrowed */
    px_reach reach;  /* what the operator allows */
    px_transport *transports[PX_ENDPOINT_KIND_COUNT]; /* borrowed; the first one is waited on */

    uint32_t letters_max;      /* of one tenant, waiting; 0: PX_OUTBOX_LETTERS_MAX */
    uint32_t dead_letters_max; /* of one tenant, kept; 0: PX_DEAD_LETTERS_MAX */
    int64_t retry_for_ns;      /* 0: PX_RETRY_FOR_NS */
} px_outbound_opts;

/* Opens the feed behind the stored cursor and counts what the outbox holds. Errors: those of
 * px_feed_open and of reading the store. */
PX_NODISCARD px_status px_outbound_open(const px_outbound_opts *opts, px_outbound **ret_outbound,
                                        px_err *ret_err);
/* No thread of it may run. The transports are the caller's to free, afterwards. */
void px_outbound_close(px_outbound *outbound);
/* Two threads: the router's and the sender's. */
PX_NODISCARD px_status px_outbound_start(px_outbound *outbound, px_err *ret_err);
/* Gives up what is being sent; the engine must still run, or have ended what it was given. */
void px_outbound_stop(px_outbound *outbound);

/* One step without threads: routes up to one journal row, and lets the sender look at every
 * endpoint. Never waits. False when there was nothing to do but wait. */
bool px_outbound_step(px_outbound *outbound);

/* Routes or endpoints were written: before the writer's answer goes out. */
void px_outbound_changed(px_outbound *outbound);

const px_reach *px_outbound_reach(const px_outbound *outbound);

/* name, meaning: one table feeds px_outbound_stats and the metrics page */
#define PX_OUTBOUND_STATS_MAP(X)                                                                   \
    X(position, "position of the journal up to which events are routed")                           \
    X(routed, "letters put into the outbox")                                                       \
    X(delivered, "letters delivered")                                                              \
    X(failed, "tries that failed and are made again")                                              \
    X(died, "letters that became dead letters")                                                    \
    X(dropped, "letters dropped because the dead letters were full")                               \
    X(untold, "events that could not be told any more")                                            \
    X(waiting, "letters waiting in the outbox")                                                    \
    X(waiting_bytes, "bytes of letters waiting in the outbox")                                     \
    X(dead, "dead letters kept")                                                                   \
    X(dead_bytes, "bytes of dead letters kept")

typedef struct px_outbound_stats {
#define X(name, meaning) uint64_t name;
    PX_OUTBOUND_STATS_MAP(X)
#undef X
} px_outbound_stats;
px_outbound_stats px_outbound_stat(px_outbound *outbound);

/* Letters of one endpoint: waiting and dead. */
void px_outbound_count(px_outbound *outbound, uint32_t tenant, uint32_t endpoint_no,
                       uint64_t *ret_waiting, uint64_t *ret_dead);

/* ---- dead letters ---- */

/* Slices are borrowed for the call. A status other than PX_OK ends the list, which gives it back.
 */
typedef px_status (*px_dead_letter_each)(void *data, const px_letter *letter, px_err *ret_err);

/**
 * Dead letters of a tenant by endpoint and place, at most `max`.
 *
 * @param endpoint_no  0: of all
 * @param after        in: the last one seen, zeroed at the beginning; out: the last one given
 * Errors: those of reading the store.
 */
typedef struct px_dead_cursor {
    uint32_t endpoint_no;
    uint64_t place;
} px_dead_cursor;
PX_NODISCARD px_status px_dead_letters_list(px_outbound *outbound, uint32_t tenant,
                                            uint32_t endpoint_no, uint32_t max,
                                            px_dead_cursor *after, bool *ret_more,
                                            px_dead_letter_each each, void *data, px_err *ret_err);

enum { PX_DEAD_LETTERS_AT_ONCE = 256 };

typedef struct px_dead_move px_dead_move;
struct px_dead_move {
    uint32_t tenant, endpoint_no; /* 0: of all */
    bool is_replay;               /* back into the outbox, at their places; else gone for good */
    /* On the engine's thread, after the commit. Must be short. */
    void (*done)(px_dead_move *move, px_status status);
    void *data;
    uint32_t moved; /* out: so many, the oldest first, at most PX_DEAD_LETTERS_AT_ONCE */
    bool more;      /* out: there are more */
};

/* Hands the move to the engine; with nothing to move `done` is called at once. Errors: PX_BUSY
 * (another one is under way), and those of reading the store; `done` is not called then. */
PX_NODISCARD px_status px_dead_letters_move(px_outbound *outbound, px_dead_move *move,
                                            px_err *ret_err);

#endif
