/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the engine tell each other. Room-internal. */
#ifndef PX_ENGINE_INTERNAL_H
#define PX_ENGINE_INTERNAL_H

#include "engine/backup.h"
#include "engine/engine.h"
#include "engine/feed.h"
#include "engine/graves.h"
#include "engine/queue.h"
#include "engine/state.h"

#define PX_SPINE 0u
#define PX_EPOCH 1u

/* Rows of PX_TABLE_META that are the engine's: key.a. */
enum { PX_META_CHECKPOINT = 1000 };

enum { PX_CONSUMERS_MAX = 5, PX_CHECKPOINT_ROWS_MAX = 2048 };

/* The slice that carries twins and relationships into their state rows: checkpoint.c. */
typedef struct px_checkpoint {
    px_engine_state *state;
    int64_t round_ns;
    px_dirty_cursor cursor;
    bool active;        /* a round is under way */
    uint64_t round_seq; /* published position when it began */
    uint64_t done_seq;  /* everything up to here is in state rows */
    int64_t last_ns;    /* monotonic, of the last commit that carried rows */
    uint32_t rows_due;  /* of this commit */
    px_buf body;
    px_dirty pulled[PX_CHECKPOINT_ROWS_MAX]; /* in the commit under way */
    uint32_t pulled_count;
    bool ended; /* the round ended in the commit under way */
    bool lost;  /* a row of it found no memory: the round begins anew */
    bool meta_pulled;
    uint64_t rows; /* so far */
} px_checkpoint;

void px_checkpoint_init(px_checkpoint *checkpoint, px_engine_state *state, int64_t round_ns);
void px_checkpoint_release(px_checkpoint *checkpoint);
/* Fills the slice for the coming commit; false when there is nothing to do. `idle`: nothing else is
 * in the commit.*/
bool px_checkpoint_prepare(px_checkpoint *checkpoint, int64_t now_ns, bool all,
                           px_slice *ret_slice);
/* The commit carried it, or did not. */
void px_checkpoint_settle(px_checkpoint *checkpoint, bool committed);
/* What PX_META_CHECKPOINT holds, read at start. */
PX_NODISCARD px_status px_checkpoint_load(px_checkpoint *checkpoint, px_str body, px_err *ret_err);

typedef struct px_trim {
    uint64_t below;      /* rows that end before this position may go, */
    int64_t keep_bytes;  /* while the journal has more than these, */
    px_time oldest_kept; /* or they are older than this */
    bool wanted;
    uint32_t done;
} px_trim;

/* The backup that is under way, or was: backup.c. */
typedef struct px_backup {
    bool copying, has_thread; /* the engine's thread's */
    pthread_t thread;
    pthread_mutex_t lock; /* guards the next three */
    pthread_cond_t changed;
    px_backup_phase verdict; /* how it ends; NONE: it is copying */
    px_err err;              /* why it fails */
    px_backup_stat stat;
} px_backup;

void px_backup_init(px_backup *backup);
void px_backup_release(px_backup *backup); /* waits for its thread */
/* What one commit, or an idle moment, may copy. */
void px_backup_step(px_engine *engine, bool idle);
/* How long an idle engine may wait, who would wait `wait_ns`. */
int64_t px_backup_rest_ns(const px_engine *engine, int64_t wait_ns);

struct px_engine {
    px_engine_opts opts;
    px_engine_state state;
    px_queue queue;
    px_ring ring;
    px_checkpoint checkpoint;
    px_graves graves;
    px_trim trim;
    px_backup backup;
    int64_t consumer_lag_bytes_max;
    px_journal *journal; /* for bounds */
    int64_t bounds_ns;   /* monotonic, of the last look */

    pthread_t thread;
    bool running;
    _Atomic bool stopping, dead;
    px_err death;

    _Atomic uint64_t position;
    px_time time_last;           /* commit time of the newest row */
    _Atomic px_time wake_at;     /* a consumer waits for it; PX_TIME_NONE: none does */
    px_time woken;               /* commit time of the last tick for one */
    int64_t time_taken_ns;       /* when the newest time was taken, by the monotonic clock */
    _Atomic px_time clock_time;  /* the same, for every thread, */
    _Atomic int64_t clock_at_ns; /* and when that was, by the monotonic clock */
    px_request *left;            /* taken from the queue, not yet handled */
    int64_t left_ns;             /* when the first of it came */
    /* so many of `left` come before the one that broke their batch: the next takes no more; 0: as
     * many as fit */
    size_t before_broken;
    bool dropped; /* the last batch was */

    pthread_mutex_t side_lock; /* guards the next three */
    px_writeback *writebacks, **writebacks_tail;
    _Atomic bool writebacks_end; /* those without room are not tried again */
    _Atomic bool ending;         /* the reserve may be used */
    bool reserve_used;           /* by the engine's thread */
    int64_t commit_ns_last;      /* what the last commit took */
    uint32_t effect_rows_max;    /* of consumers in one commit, by what the last ones took */
    uint64_t cursors[PX_CONSUMERS_MAX];
    bool holds[PX_CONSUMERS_MAX];                 /* the journal waits for its cursor, */
    _Atomic bool follows[PX_CONSUMERS_MAX];       /* and, while it reads, the doors for its lag */
    bool lagging;                                 /* the engine's thread has said so */
    _Atomic int64_t feed_bytes[PX_CONSUMERS_MAX]; /* read by the consumer, in bytes of bodies */

    px_engine_stats stats; /* guarded by side_lock */
};

/* One round: what is queued, or with nothing queued what is due. True when it did something. */
bool px_engine_round(px_engine *engine, int64_t wait_ns);
/* One batch of what was taken from the queue; `all_slices`: the checkpoint without its pace;
 * `tick`: time goes on. */
void px_engine_batch(px_engine *engine, bool all_slices, bool tick);
bool px_engine_has_writebacks(px_engine *engine);
/* What is queued still; the queue is closed. */
void px_engine_refuse_rest(px_engine *engine);
/* One line in the log when a consumer's lag begins to slow the doors, and one when that ends. */
void px_engine_tell_lag(px_engine *engine);
/* Into the figures. */
void px_engine_count_slice(px_engine *engine, const px_slice *slice);
/* Fills the slice that trims the journal; false when there is nothing to trim. */
bool px_trim_prepare(px_engine *engine, int64_t now_ns, px_slice *ret_slice);

PX_NODISCARD px_status px_engine_recover(px_engine *engine, px_err *ret_err);
/* The newest row is of this time. */
void px_engine_set_time(px_engine *engine, px_time time);

px_ring *px_engine_ring(px_engine *engine);
uint64_t px_engine_cursor(px_engine *engine, px_consumer_id id);
/* A consumer that holds the journal begins or ends to read. Its hold stays until the engine ends:
 * the last commits come after the consumers' end, and must not trim what their next start folds. */
void px_engine_follow(px_engine *engine, px_consumer_id id, bool follows);
void px_engine_feed_moved(px_engine *engine, px_consumer_id id, int64_t bytes);

#endif
