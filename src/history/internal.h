/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the files of this room share.
 *
 * The fold's thread is the only one that changes a px_series or a list; where a reader may look
 * (the map of a shard, `raw`, `image`, `sealed` of its series) it does so under the shard's lock,
 * and reads without it. Readers take the lock to copy, nothing more.
 */
#ifndef PX_HISTORY_INTERNAL_H
#define PX_HISTORY_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "base/vec.h"
#include "history/build.h"
#include "history/history.h"
#include "history/open_row.h"
#include "history/raw.h"

enum {
    PX_HISTORY_SHARDS = 16,
    PX_HISTORY_EPOCHS = 64,
    PX_FLIGHTS_MAX = 2,               /* writebacks under way */
    PX_FLIGHT_OPS = 256,              /* about: small, so that no commit waits for history */
    PX_FLIGHT_BYTES = 1024 * 1024,    /* about */
    PX_FLUSH_RAW_BYTES = 1024 * 1024, /* of one series at a time */
};

/* A sealed block on its way to the store. */
typedef struct px_sealed {
    struct px_sealed *next;
    px_key key;
    px_str block; /* behind this struct */
} px_sealed;

typedef struct px_series px_series;

typedef struct px_series_list {
    px_series *head, *tail;
    size_t count, bytes;
} px_series_list;

/* What every event touches stands first, together. */
struct px_series {
    uint32_t tenant, twin_no;
    uint64_t stored_seq; /* the image is true at this position */
    uint8_t *raw;        /* rows of the events behind it; under the lock */
    uint32_t raw_len, raw_cap, raw_rows;
    uint32_t events;      /* since it was clean */
    px_raw_base raw_last; /* of the last raw row */
    px_time raw_time_min; /* of the raw rows, or earlier; under the lock */
    px_time time_max;     /* of all rows seen since it came to memory */
    px_series_list *list; /* cold, warm, full or clean; NULL while it flies with nothing new */
    uint32_t image_rows, image_bytes;
    uint8_t epoch;
    bool dirty, loaded, in_flight;
    uint32_t image_len;
    char *image;          /* open row, written or on its way; valid when `loaded`; under the lock */
    px_raw_base raw_base; /* before the first raw row; under the lock */
    px_sealed *sealed;    /* on their way; under the lock */
    px_time dirty_since;  /* commit time of the first event in `raw` */
    px_series *prev, *next;
};

typedef struct px_shard {
    pthread_mutex_t lock; /* guards all below, and of its series raw, image and sealed */
    px_map map;           /* hash of (tenant, twin) to place in `series` */
    PX_VEC(px_series *) series;
    PX_VEC(uint32_t) unused; /* places */
} px_shard;

/* Dirty series by when they became so: what the cursor may not pass. */
typedef struct px_epoch {
    uint64_t seq_first;
    px_time began;
    size_t dirty;
} px_epoch;

typedef struct px_flight {
    px_writeback writeback;
    px_history *history;
    struct px_flight *next; /* among the landed */
    px_status status;
    PX_VEC(px_op) ops;
    PX_VEC(px_series *) series;
    size_t bytes;
    uint64_t position; /* the cursor it carries */
} px_flight;

struct px_history {
    px_history_opts opts;
    px_env *env;
    px_feed *feed;
    px_store_reader *reader; /* the fold's own */

    /* the batch under way */
    px_batch *batch;
    px_cut cut;
    uint64_t seq;          /* of the next event in it */
    px_arena arena;        /* of one event */
    uint64_t refold_until; /* what was in the journal when we opened */

    px_shard shards[PX_HISTORY_SHARDS];
    px_series_list cold, warm, full, clean;
    px_epoch epochs[PX_HISTORY_EPOCHS];
    unsigned epoch_first, epoch_last; /* the ring; equal: one */
    px_time now;                      /* commit time of the newest row seen */
    px_time cursor_since;             /* when the cursor last moved */
    uint64_t cursor_sent;

    px_build build;
    px_arena in, out; /* decoding and encoding of one series */
    px_buf scratch;
    px_flight *flight; /* being filled */
    unsigned flying;

    _Atomic uint64_t flush_wanted; /* position up to which all must be written; 0: none */
    _Atomic uint64_t position;
    _Atomic uint64_t cursor; /* committed */
    _Atomic size_t memory;
    _Atomic uint64_t counters[16];

    pthread_mutex_t landed_lock; /* guards `landed` */
    px_flight *landed;

    pthread_mutex_t wait_lock; /* guards waits for the position, `failed` and `err` */
    pthread_cond_t moved;
    _Atomic unsigned waiters;
    _Atomic bool failed;
    px_err err;

    pthread_mutex_t readers_lock; /* guards `readers` */
    PX_VEC(px_store_reader *) readers;

    pthread_t thread;
    _Atomic bool running, stop;
};

/* Which of `counters` counts what; the rest of px_history_stats is computed. */
typedef enum px_history_counter {
    PX_COUNT_ROWS,
    PX_COUNT_CELLS,
    PX_COUNT_LATE,
    PX_COUNT_AHEAD,
    PX_COUNT_SEALED,
    PX_COUNT_SEALED_BYTES,
    PX_COUNT_SEALED_ROWS,
    PX_COUNT_OPEN,
    PX_COUNT_OPEN_BYTES,
    PX_COUNT_EVICTED,
    PX_COUNT_READS,
    PX_COUNT_SERIES,
} px_history_counter;

static inline void pxi_history_add(px_history *h, px_history_counter counter, uint64_t n)
{
    atomic_fetch_add_explicit(&h->counters[counter], n, memory_order_relaxed);
}

/* ---- series.c ---- */

px_shard *pxi_shard_of(px_history *h, uint32_t tenant, uint32_t twin_no, uint64_t *ret_hash);
/* NULL when it is not in memory. Readers hold the shard's lock. */
px_series *pxi_series_find(px_shard *shard, uint64_t hash, uint32_t tenant, uint32_t twin_no);
/* Finds it, or takes it into memory; NULL without memory. */
px_series *pxi_series_get(px_history *h, uint32_t tenant, uint32_t twin_no);
void pxi_series_evict(px_history *h, px_series *s);
/* Room for `extra` more raw bytes. */
bool pxi_series_reserve(px_history *h, px_series *s, size_t extra);
void pxi_series_move(px_series *s, px_series_list *to); /* NULL: to none */
px_shard *pxi_shard_of_series(px_history *h, const px_series *s);

/* ---- epochs, in series.c ---- */

void pxi_epoch_enter(px_history *h, px_series *s, uint64_t seq);
void pxi_epoch_leave(px_history *h, px_series *s);
/* The position up to which nothing dirty is left. */
uint64_t pxi_epoch_cursor(px_history *h);

/* ---- fold.c ---- */

/* Folds the batch under way to its end. PX_NO_MEMORY: call again. */
PX_NODISCARD px_status pxi_fold_batch(px_history *h, px_err *ret_err);

/* ---- flush.c ---- */

/* Writes out what is due, as far as flights are free. `ret_more`: some of it had to wait. */
PX_NODISCARD px_status pxi_flush_due(px_history *h, bool *ret_more, px_err *ret_err);
/* Takes in what the engine is done with. */
PX_NODISCARD px_status pxi_flush_land(px_history *h, px_err *ret_err);

/* The same when nothing more can be done about what it gave. */
void pxi_flush_abandon(px_history *h);

/* ---- seal.c ---- */

/* The series' raw rows into its open row or sealed blocks, as ops of the flight. */
PX_NODISCARD px_status pxi_seal_series(px_history *h, px_series *s, px_flight *flight,
                                       px_err *ret_err);

/* ---- gather.c: what there is of one series, for one read ---- */

/* A block to read; in the order of `start`, which is not behind its first row. */
typedef struct px_source {
    px_time start;
    px_str block; /* good until its level is read on; ptr NULL: the raw rows */
} px_source;

enum { PX_READY_MAX = 4 };

typedef struct px_level_scan {
    unsigned level;
    px_key next; /* where to go on */
    bool done;
    px_source ready[PX_READY_MAX]; /* their bytes lie in `bytes` */
    unsigned ready_at, ready_count;
    px_buf bytes;
} px_level_scan;

typedef struct px_gather {
    px_history *h;
    px_store_reader *reader;
    px_arena *arena;
    uint32_t tenant, twin_no;
    px_time from, to;
    bool latest_only; /* open blocks and newest sealed cells, no sealed blocks */
    px_open_row row;
    px_str raw;
    px_raw_base raw_base;
    px_time raw_time_min;
    PX_VEC(px_source) memory; /* open blocks, blocks on their way, raw rows: by start */
    size_t memory_at;
    px_level_scan levels[PX_LEVELS];
} px_gather;

/* Copies what memory holds, then the open row, if only the store has it. */
PX_NODISCARD px_status pxi_gather_begin(px_gather *g, px_err *ret_err);
/* The source that comes next, or NULL; it stays the next one until pxi_gather_take. */
PX_NODISCARD px_status pxi_gather_peek(px_gather *g, const px_source **ret_source, px_err *ret_err);
void pxi_gather_take(px_gather *g);
void pxi_gather_end(px_gather *g);

/* ---- names.c: columns to paths ---- */

typedef struct px_name {
    uint32_t model_no, field, path; /* `path` is an index, or PX_NAME_UNWANTED */
} px_name;

enum { PX_NAME_UNWANTED = UINT32_MAX };

typedef struct px_names {
    const px_registry *registry;
    const px_str *wanted;
    size_t wanted_count; /* 0: all */
    px_arena *arena;
    PX_VEC(px_name) names;
    PX_VEC(px_str) paths; /* each once */
    size_t guess;
} px_names;

/* The index of the column's path, or PX_NAME_UNWANTED. */
PX_NODISCARD px_status pxi_names_of(px_names *names, uint32_t model_no, uint32_t field,
                                    uint32_t *ret_path, px_err *ret_err);
void pxi_names_release(px_names *names);

/* ---- walk.c: sources merged into what holds ---- */

typedef struct px_walk px_walk;

struct px_walk {
    px_gather gather;
    px_names names;
    px_arena keep;                 /* what lives as long as the walk */
    px_arena decoded;              /* what the build's rows borrow from */
    px_build build;                /* rows that wait for what overlaps them */
    uint64_t moment;               /* px_row_moment of what is given out */
    PX_VEC(px_history_cell) cells; /* of one moment */
    PX_VEC(uint32_t) cell_paths;
    PX_VEC(uint32_t) cell_of_path; /* index + 1 into `cells`; 0: none */
    /* All that holds at one moment; several may stand at one time. PX_INTERRUPTED ends the walk
     * without an error. */
    px_status (*row)(void *data, px_walk *walk, px_time time, px_err *ret_err);
    /* May be NULL. A whole block whose times no other source shares: `ret_done` when its head was
     * enough. */
    px_status (*block)(void *data, px_walk *walk, const px_block *block, bool *ret_done,
                       px_err *ret_err);
    void *data;
};

/* Zeroed, with `gather.h`, reader, tenant, twin_no, from, to, `names` and the sinks filled. */
PX_NODISCARD px_status pxi_walk(px_walk *walk, px_err *ret_err);
/* Only what is needed for the newest cells: the sealed blocks' newest, and what is open. */
PX_NODISCARD px_status pxi_walk_latest(px_walk *walk, px_err *ret_err);
void pxi_walk_release(px_walk *walk);

/* ---- read.c: around every read ---- */

/* Asks who may, finds the twin, waits for the fold; fills the walk but for its sinks. On PX_OK
 * pxi_read_end must follow. */
PX_NODISCARD px_status pxi_read_begin(px_history *h, const px_principal *who,
                                      const px_history_query *q, px_walk *walk, px_err *ret_err);
px_status pxi_read_end(px_walk *walk, px_status status); /* gives `status` back */

#endif
