/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Consumers: folds over the journal that run at their own pace.
 *
 * A consumer reads committed rows in order from its feed (the newest from memory, older ones from
 * the table) and never writes to the file: it hands the writer an effect, and all of an effect
 * rides in one coming commit, so a crash repeats work and never doubles a result. After a restart a
 * consumer goes on behind the cursor that its last committed effect carried.
 */
#ifndef PX_ENGINE_CONSUMER_H
#define PX_ENGINE_CONSUMER_H

#include "journal/event.h"
#include "journal/journal.h"

typedef struct px_engine px_engine;
typedef struct px_feed px_feed;

/* One committed journal row, shared and read-only. */
typedef struct px_batch {
    _Atomic uint32_t refs;
    uint64_t seq_first, seq_last; /* its events are numbered without a hole */
    px_time time;                 /* commit time of all its events */
    px_str body;                  /* events for px_get_event; owned by the batch */
} px_batch;

void px_batch_ref(px_batch *batch);
void px_batch_unref(px_batch *batch);

/* Numbers stand in the cursor table on disk and are never reused. */
typedef enum px_consumer_id {
    PX_CONSUMER_NONE = 0, /* who reads no feed and has no cursor, but writes */
    PX_CONSUMER_HISTORY = 1,
    PX_CONSUMER_OUTBOUND = 2,
    PX_CONSUMER_BROKER = 3,
    PX_CONSUMER_FRESHNESS = 4,
} px_consumer_id;

/**
 * Opens the feed of consumer `id`, behind the cursor stored for it (0 when it never ran).
 *
 * An internal consumer (`holds_journal`) keeps the journal from being trimmed past its cursor; a
 * watcher does not, begins at the present position, and reads PX_STALE from px_feed_next once what
 * it needs is gone. Threads: the feed belongs to one thread; open and close from any.
 */
PX_NODISCARD px_status px_feed_open(px_engine *engine, px_consumer_id id, bool holds_journal,
                                    px_feed **ret_feed, px_err *ret_err);
PX_NODISCARD px_status px_feed_open_at(px_engine *engine, uint64_t after_seq, px_feed **ret_feed,
                                       px_err *ret_err);
void px_feed_close(px_feed *feed);
/* A consumer that never ran, and to whom the past means nothing, begins here; before its first row.
 */
void px_feed_begin_at(px_feed *feed, uint64_t after_seq);

/**
 * Nobody waits for what this reader makes of a row: it looks for more only so often, where else
 * every commit wakes it. A wake costs the writer and a processor more than a row does.
 *
 * `rest_ns`: between two looks that found nothing new; 0: woken by every commit, as at the
 * beginning. Hurry ends a rest at once (px_feed_next gives PX_TIMEOUT if there is nothing), for
 * somebody waits after all. Threads: rest is set by the feed's own, hurry comes from any.
 */
void px_feed_rest(px_feed *feed, int64_t rest_ns);
void px_feed_hurry(px_feed *feed);

/* The position behind which the feed goes on. */
uint64_t px_feed_position(const px_feed *feed);

/**
 * Gives the next row, waiting at most `wait_ns` (0: not at all) for one to be committed.
 *
 * Errors: PX_TIMEOUT (nothing new), PX_STALE (a watcher fell behind the journal's beginning),
 * PX_INTERRUPTED (the engine is closing), PX_CORRUPT, PX_IO.
 */
PX_NODISCARD px_status px_feed_next(px_feed *feed, int64_t wait_ns, px_batch **ret_batch,
                                    px_err *ret_err);

/**
 * What a consumer wants written: an effect (journal.h), and the cursor that it brings the consumer
 * to.
 *
 * Bounded: at most PX_WRITEBACK_OPS_MAX operations and PX_WRITEBACK_BYTES_MAX bytes of bodies.
 */
typedef struct px_writeback {
    struct px_writeback *next; /* the engine's */
    px_consumer_id consumer;
    uint64_t cursor;  /* everything up to here is in this effect or in earlier ones; 0: leaves it as
                         it is */
    px_effect effect; /* ops and bodies stay the consumer's, and untouched until `done` */
    /* On the engine's thread, after the commit that carried it, or with the status that ended the
     * engine. Must be short: hand it on. */
    void (*done)(struct px_writeback *writeback, px_status status);
    void *data;
} px_writeback;

enum { PX_WRITEBACK_OPS_MAX = 4096, PX_WRITEBACK_BYTES_MAX = 8 * 1024 * 1024 };

/* Hands it over (taken until its `done`). Those of one consumer are committed in the order given.
 */
void px_engine_writeback(px_engine *engine, px_writeback *writeback);

/* Consumers end: from now on a writeback that finds no room is told so (PX_FULL), and not tried
 * again and again. */
void px_engine_writebacks_end(px_engine *engine);

/* The newest position that readers may see: every acknowledged write is at or below it. */
uint64_t px_engine_position(px_engine *engine);

#endif
