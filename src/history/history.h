/* SPDX-License-Identifier: Apache-2.0 */
/**
 * History: every property change and telemetry sample, kept in compressed blocks and read back
 * digit for digit.
 *
 * A consumer of the journal (PX_CONSUMER_HISTORY). It folds TWIN_PUT, TWIN_PATCH, DEVICE_MESSAGE,
 * TELEMETRY and FRESHNESS into rows of series, a series being one device's message group: a row has
 * one time, and a cell for each property that has a value at that time. Rows wait in memory, go
 * into the series' open block every `flush_ns`, and into sealed blocks once there are enough of
 * them (history/block.h, docs/formats/block.md).
 *
 * What a reader sees, whatever the order in which samples came:
 *   - a sample stands at its source time; without one, or with one that is not believed
 *     (PX_FIELD_AHEAD), at the commit time of its event;
 *   - the same property at the same time with the same value counts once;
 *   - the same property at the same time with another value is a correction: the later position in
 *     the journal wins, in ranges, last values and counts;
 *   - what stands at its arrival is a value of its own: many arrive in one millisecond;
 *   - a removed value is a cell of kind PX_VALUE_NONE: ranges and last values show it, counts do
 *     not count it.
 *
 * Threads: one thread folds and flushes (px_history_start makes it; a simulation calls
 * px_history_step instead). Reads from any thread: they copy what memory holds of one series under
 * a short lock, and then read the store. Counters from any thread.
 */
#ifndef PX_HISTORY_HISTORY_H
#define PX_HISTORY_HISTORY_H

#include "access/access.h"
#include "base/env.h"
#include "base/limits.h"
#include "base/log.h"
#include "engine/consumer.h"
#include "twin/graph.h"
#include "twin/registry.h"

typedef struct px_history px_history;

typedef struct px_history_opts {
    px_env *env; /* NULL: px_env_posix() */
    px_log *log; /* may be NULL */
    px_engine *engine;
    px_store *store;       /* for readers only; written through effects of the engine */
    px_graph *graph;       /* twin ids to numbers */
    px_registry *registry; /* property numbers to names; may be NULL: columns are named "#field" */
    int64_t flush_ns;      /* of journal time between two flushes; 0: PX_HISTORY_FLUSH_NS */
    size_t memory_bytes_max; /* 0: PX_HISTORY_MEMORY_BYTES_MAX */
} px_history_opts;

/**
 * Opens the feed behind the stored cursor. Everything in `opts` is borrowed until px_history_close.
 * Errors: those of px_feed_open and px_store_reader_open, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_history_open(const px_history_opts *opts, px_history **ret_history,
                                       px_err *ret_err);
/* No thread of it may run and no read be under way. What was not flushed stays in the journal and
 * is folded again by the next open. Waits for nothing: effects still with the engine must be done.
 */
void px_history_close(px_history *history);

/* The thread: steps until px_history_stop. Errors: PX_NO_MEMORY, PX_CONFLICT (it runs already). */
PX_NODISCARD px_status px_history_start(px_history *history, px_err *ret_err);
/* Ends the thread. With `flush` it first writes out all it holds, so that the next start has
 * nothing to fold again; the engine must still run for that, and after PX_HISTORY_STOP_NS the rest
 * is left to the journal. Waits until the engine is done with what it was given. */
void px_history_stop(px_history *history, bool flush);

/**
 * One step without a thread: takes rows from the feed, seals and flushes what is due, for about
 * `budget_ns` of the env's monotonic clock (0: at most one journal row). Never waits.
 *
 * @param ret_idle  true when nothing was left to do; may be NULL
 * Errors: PX_NO_MEMORY (nothing is lost: call again), PX_INTERRUPTED (the engine is closing), and
 * what the feed or the store gives; after PX_CORRUPT or PX_IO the history is dead and every later
 * call and read gives the same sentence.
 */
PX_NODISCARD px_status px_history_step(px_history *history, int64_t budget_ns, bool *ret_idle,
                                       px_err *ret_err);

/* Asks for a flush of everything folded so far, whatever the time. The steps that follow do it;
 * px_history_flushed tells when it is committed. Threads: any. */
void px_history_flush(px_history *history);
bool px_history_flushed(const px_history *history);

/* PX_OK, or what the history died of (history.dead in the log): it folds nothing more, its reads
 * give that sentence, and the journal is kept for it until a restart. Threads: any. */
px_status px_history_status(px_history *history, px_err *ret_err);

/* Everything up to this position of the journal is in what reads give. Threads: any. */
uint64_t px_history_position(const px_history *history);
/* Waits until the fold has reached `seq`. Errors: PX_BUSY with the lag, when it took longer. */
PX_NODISCARD px_status px_history_wait(px_history *history, uint64_t seq, int64_t wait_ns,
                                       px_err *ret_err);

/* How fresh the twin was, as texts ("stale"), each at the beginning of the state: a series beside
 * those of properties, with a property number that none of them has. It is read where it is asked
 * for by name, and never among all. */
#define PX_HISTORY_FRESHNESS PX_FIELDS_MAX
#define PX_HISTORY_FRESHNESS_PATH PX_STR("$freshness")

/* name, meaning: one table feeds px_history_stats and the metrics page */
#define PX_HISTORY_STATS_MAP(X)                                                                    \
    X(position, "position of the journal up to which history is folded")                           \
    X(cursor, "position up to which it is written to the store")                                   \
    X(rows, "rows folded since start")                                                             \
    X(cells, "values folded since start")                                                          \
    X(late_rows, "rows that came behind a later row of their series")                              \
    X(ahead_cells, "values whose source clock was not believed")                                   \
    X(blocks_sealed, "blocks sealed")                                                              \
    X(block_bytes, "bytes of sealed blocks")                                                       \
    X(block_rows, "rows in sealed blocks")                                                         \
    X(open_written, "open blocks written")                                                         \
    X(open_bytes, "bytes of open blocks written")                                                  \
    X(series_in_memory, "series held in memory")                                                   \
    X(memory_bytes, "bytes of rows and blocks held in memory")                                     \
    X(evicted, "series let go from memory")                                                        \
    X(reads, "range, last, count and bucket reads")

typedef struct px_history_stats {
#define X(name, meaning) uint64_t name;
    PX_HISTORY_STATS_MAP(X)
#undef X
} px_history_stats;
px_history_stats px_history_stat(px_history *history);

/* ---- reads ----
 *
 * Each authorises the principal for PX_ACTION_READ_HISTORY on the twin, waits until the fold has
 * reached px_engine_position as it was at the call (at most PX_HISTORY_WAIT_NS), and then reads.
 *
 * Errors of all: PX_UNAUTHORIZED, PX_DENIED, PX_NOT_FOUND (twin; id history.twin), PX_INVALID
 * (history.property with a "did you mean", history.range, history.limit, history.cursor), PX_BUSY
 * (the lag), PX_LIMIT (more than PX_HISTORY_READ_BYTES_MAX of overlapping blocks), PX_CORRUPT (a
 * damaged block, named), PX_IO, PX_NO_MEMORY.
 */

typedef struct px_history_query {
    px_str twin_id;           /* the present incarnation */
    uint32_t twin_no;         /* with an empty twin_id: any incarnation, deleted ones too */
    const px_str *properties; /* paths: "temperature", "motor.temperature" */
    size_t property_count;    /* 0: all */
    px_time from, to;         /* from <= time < to; PX_TIME_NONE: no bound on that side */
    uint32_t limit;           /* rows; 0: as many as PX_HISTORY_POINTS_MAX values allow */
    px_str cursor;            /* `next` of the page before; empty: from the beginning */
} px_history_query;

/* One value. Slices are borrowed for the call. */
typedef struct px_history_cell {
    px_str path; /* of the property in the model that the twin had; "#7" when that is gone */
    uint32_t model_no, field;
    px_value value;       /* NONE: removed */
    px_time time;         /* where it stands */
    px_time source_time;  /* differs from `time` only where the source clock was not believed */
    px_time arrival_time; /* commit time of its event */
    uint64_t seq;         /* its position in the journal */
    uint8_t flags;        /* PX_FIELD_* */
} px_history_cell;

/* All properties that have a value at one moment. Values without a source time stand at their
 * arrival, in whole milliseconds: rows of the same time follow each other in the journal's order.
 */
typedef struct px_history_row {
    px_time time;
    const px_history_cell *cells;
    size_t cell_count;
} px_history_row;

/* A status other than PX_OK ends the read, which gives it back. Must not wait for a socket. */
typedef px_status (*px_history_row_each)(void *data, const px_history_row *row, px_err *ret_err);
typedef px_status (*px_history_cell_each)(void *data, const px_history_cell *cell, px_err *ret_err);

#define PX_HISTORY_CURSOR_BYTES 48

typedef struct px_history_page {
    uint64_t rows, points;
    uint64_t position;                  /* of the journal, at or behind what was read */
    char next[PX_HISTORY_CURSOR_BYTES]; /* "" when the page is the last */
} px_history_page;

/* Rows in ascending time, at most `limit` and PX_HISTORY_POINTS_MAX values, whole rows only. */
PX_NODISCARD px_status px_history_range(px_history *history, const px_principal *principal,
                                        const px_history_query *query, px_history_row_each each,
                                        void *data, px_history_page *ret_page, px_err *ret_err);

/* The newest value of each property (from, to, limit and cursor are not looked at), in the order
 * of their paths. */
PX_NODISCARD px_status px_history_last(px_history *history, const px_principal *principal,
                                       const px_history_query *query, px_history_cell_each each,
                                       void *data, px_err *ret_err);

/* What is known of one property over a range, or over one bucket of it. */
typedef struct px_history_summary {
    px_str path;
    px_time bucket;   /* its beginning; `from` of the query for a count */
    uint64_t count;   /* values, removals not counted */
    uint64_t numbers; /* of them numbers: the rest of this struct speaks of these */
    px_num min, max, first, last;
    double sum, mean;
} px_history_summary;

typedef px_status (*px_history_summary_each)(void *data, const px_history_summary *summary,
                                             px_err *ret_err);

/* Counts of each property over the range (limit and cursor are not looked at). Opens only the
 * blocks that overlap others or the ends of the range; the numbers of a summary (min …) are not
 * filled. */
PX_NODISCARD px_status px_history_count(px_history *history, const px_principal *principal,
                                        const px_history_query *query, px_history_summary_each each,
                                        void *data, px_err *ret_err);

/**
 * What a chart draws: for each property and each bucket of `bucket_ns` (aligned to 1970) that has a
 * value. Buckets ascending, properties by path within one.
 *
 * Errors, besides: PX_INVALID (history.bucket: not above 0, or more than PX_HISTORY_BUCKETS_MAX
 * buckets between the ends; both ends must be given).
 */
PX_NODISCARD px_status px_history_buckets(px_history *history, const px_principal *principal,
                                          const px_history_query *query, int64_t bucket_ns,
                                          px_history_summary_each each, void *data,
                                          px_err *ret_err);

#endif
