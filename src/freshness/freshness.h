/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Freshness as a contract: what is declared of how often values come is measured, and a twin whose
 * values do not come becomes late and stale by rule.
 *
 *     journal ─ feed ─► machines (machine.h), by samples and by the journal's time
 *                          └─ a change of state ─► PX_REQUEST_FRESHNESS ─► an event ─► the graph
 *
 * A consumer of the journal (PX_CONSUMER_FRESHNESS): what it decides becomes an event, and the
 * state of a twin stands in its record. Machines and figures are rows (record.h), written every
 * PX_FRESHNESS_FLUSH_NS; a start reads them, folds what the journal has behind them, and says only
 * what nobody said yet. Twins of which nothing is declared cost nothing: their events are passed
 * over by their heads.
 *
 * One request at a time is under way; changes queue behind it and are told in their order, each
 * with the moment at which its limit was passed. Time goes on in the journal only: the room tells
 * the engine when its next limit is (px_engine_wake_at), and if nothing else is committed by then a
 * tick is.
 *
 * docs/internals/freshness.md tells how. Threads: open, start, stop, step and close from the owner;
 * the rest from any.
 */
#ifndef PX_FRESHNESS_FRESHNESS_H
#define PX_FRESHNESS_FRESHNESS_H

#include "base/log.h"
#include "engine/engine.h"
#include "freshness/machine.h"
#include "freshness/rules.h"

typedef struct px_fresh px_fresh;

/* The engine must not run yet, so that nothing is written between what is taken up and the feed.
 * Errors: those of px_feed_open and of reading the store, PX_NO_MEMORY. */
PX_NODISCARD px_status px_fresh_open(px_engine *engine, px_log *log, px_fresh **ret_fresh,
                                     px_err *ret_err);
/* No thread of it may run, and nothing of it be under way. NULL is fine. */
void px_fresh_close(px_fresh *fresh);
PX_NODISCARD px_status px_fresh_start(px_fresh *fresh, px_err *ret_err);
/* Ends the thread, writes what is not written yet, for at most PX_FRESHNESS_STOP_NS, and waits for
 * what is under way; the engine must still run, or have ended. */
void px_fresh_stop(px_fresh *fresh);
/* One step without a thread: at most one row, one request. False when there was nothing to do. */
bool px_fresh_step(px_fresh *fresh);

/* PX_OK, or what it died of (freshness.dead in the log): it folds nothing more, waits for it give
 * that sentence, and the journal is kept for it until a restart. Threads: any. */
px_status px_fresh_status(px_fresh *fresh, px_err *ret_err);
/* Waits until all up to the position is folded, and what that decided is committed; at most
 * `wait_ns`. Errors: PX_BUSY with the lag, id freshness.lag; what it died of. */
PX_NODISCARD px_status px_fresh_wait(px_fresh *fresh, uint64_t seq, int64_t wait_ns,
                                     px_err *ret_err);

/* ---- reading ---- */

typedef struct px_fresh_tracked {
    px_fresh_rule rule;
    px_fresh_item item; /* `measure.seen` is not the reader's to look at */
    uint64_t seq;       /* samples up to here are in it, where it was found in the graph */
} px_fresh_tracked;

typedef struct px_fresh_source {
    uint32_t document_no; /* of the device */
    px_measure measure;   /* the same */
} px_fresh_source;

/* One twin, copied into the arena. */
typedef struct px_fresh_report {
    px_freshness state;
    px_time since;
    const px_fresh_tracked *items;
    size_t item_count;
    const px_fresh_source *sources;
    size_t source_count;
    px_freshness_rule pace; /* by which sources are measured: the shortest period declared */
} px_fresh_report;

/* Errors: PX_NOT_FOUND (nothing is declared of it), PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_fresh_read(px_fresh *fresh, uint32_t tenant, uint32_t twin_no,
                                     px_arena *arena, px_fresh_report *ret_report, px_err *ret_err);

typedef struct px_fresh_entry {
    uint32_t twin_no;
    px_freshness state;
    px_time since;
} px_fresh_entry;

/* Twins of a tenant of which anything is declared, at most `max`, in an order that stays while they
 * are. `states`: bits 1 << px_freshness; `*cursor` 0 begins, and is 0 when there are no more.
 * Cost: a look at each twin of all tenants that is passed. */
size_t px_fresh_list(px_fresh *fresh, uint32_t tenant, uint32_t states, uint32_t *cursor,
                     size_t max, px_fresh_entry *ret_entries);
void px_fresh_count(px_fresh *fresh, uint32_t tenant, uint64_t ret_counts[PX_FRESHNESS_COUNT]);

/* name, meaning: one table feeds px_fresh_stats and the metrics page */
#define PX_FRESH_STATS_MAP(X)                                                                      \
    X(position, "position of the journal up to which freshness is folded")                         \
    X(cursor, "position up to which it is written to the store")                                   \
    X(changes, "changes of freshness written to the journal")                                      \
    X(waiting, "changes of freshness that wait to be written")                                     \
    X(refused, "requests with changes of freshness that were refused and made again")              \
    X(late, "late samples of declared properties")                                                 \
    X(duplicates, "samples of declared properties that were told before")                          \
    X(sources_dropped, "messages of devices beyond those that are measured of one twin")           \
    X(cut, "twins found to have more declared properties than are measured")

typedef struct px_fresh_stats {
#define X(name, meaning) uint64_t name;
    PX_FRESH_STATS_MAP(X)
#undef X
    uint64_t twins[PX_FRESHNESS_COUNT]; /* by state */
} px_fresh_stats;
px_fresh_stats px_fresh_stat(px_fresh *fresh);

#endif
