/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the engine asks of a disk: px_journal reads the ordered log, px_store holds the folds over
 * it and commits both. Two vtables, and no statement joins them: every fold row carries the
 * position at which it is true, so the journal can move to a file of its own, or both to another
 * engine, without a rewrite. src/store fills them with SQLite (store/store.h opens one).
 *
 * The happy path: px_store_reader and px_journal rebuild the state at start; then one thread calls
 * px_store_commit over and over, one call per batch, and acknowledges after PX_OK.
 *
 * Threads: a px_store belongs to the writer's thread (px_store_reader_open, px_journal_open and
 * px_store_stats may be called from any); a px_store_reader or px_journal is used by one thread at
 * a time and closed before the store.
 */
#ifndef PX_JOURNAL_JOURNAL_H
#define PX_JOURNAL_JOURNAL_H

#include "journal/row.h"

typedef struct px_store px_store;
typedef struct px_store_reader px_store_reader;
typedef struct px_journal px_journal;

/* One bounded statement. */
typedef enum px_op_kind {
    PX_OP_PUT,          /* table, key, seq, body: makes or replaces one row */
    PX_OP_DELETE,       /* table, key: no complaint when there is none */
    PX_OP_DELETE_RANGE, /* table, key <= rows < key_to, in key order, at most `limit` */
    PX_OP_TRIM_JOURNAL, /* rows of spine key.a whose seq_last < key.b, oldest first, at most
                           `limit`, while they are older than key_to.b or the journal has more
                           bytes than key_to.a; the newest row always stays */
} px_op_kind;

typedef struct px_op {
    px_op_kind kind;
    px_table table;
    px_key key, key_to;
    uint64_t seq;
    uint32_t limit; /* rows; 0 = no limit, for ranges that are small by nature */
    px_str body;    /* borrowed; at most PX_FOLD_BYTES_MAX */
} px_op;

/* What one consumer hands the writer: all of it in this commit, whatever it costs. */
typedef struct px_effect {
    const char *name; /* of the consumer, for messages */
    const px_op *ops;
    size_t count;
} px_effect;

/**
 * Work that may be late: pulled one op at a time until a budget is used up.
 *
 * `next` fills `ret_op` (its body is borrowed until the following call) or gives false when there
 * is nothing more to do now. `rows_before` is the number of rows that the op before it touched (0
 * on the first call of a commit). A range may stop early, at `limit` or at the end of a budget: it
 * is empty when the same op gave 0 rows. All slices of
 * a commit together get at most PX_SLICES_US_MAX; at least one op of the first slice always runs,
 * and the slices start in turn, so that none starves.
 *
 * When the commit does not give PX_OK, nothing that was pulled is written: the owner pulls it
 * again.
 */
typedef struct px_slice {
    const char *name;
    bool (*next)(void *data, uint32_t rows_before, px_op *ret_op);
    void *data;
    uint32_t rows_max; /* budget: ops, or rows where an op touches more */
    uint32_t us_max;   /* budget: microseconds of the env's monotonic clock */
    /* out */
    uint32_t rows_done, us_done;
    bool late; /* a budget ended it, not `next`: there may be more to do */
} px_slice;

typedef struct px_commit {
    const px_row *row; /* or NULL */
    const px_effect *effects;
    size_t effect_count;
    px_slice *slices;
    size_t slice_count;
    uint32_t *effects_us; /* out: what the effects took; NULL: nobody asks */
} px_commit;

typedef struct px_journal_bounds {
    bool empty;                   /* no row at all: then the rest is 0 */
    uint64_t seq_first, seq_last; /* of the oldest row kept, of the newest */
    px_time time_first, time_last;
    int64_t bytes; /* stored bodies, about; what `journal_keep` counts */
} px_journal_bounds;

/* Bounds that the times of syncs are counted by: 1, 5, 20, 100 ms, 1 s. */
enum { PX_SYNC_BOUNDS = 5 };

static inline int64_t px_sync_bound_ns(int bound)
{
    static const int16_t ms[PX_SYNC_BOUNDS] = { 1, 5, 20, 100, 1000 };

    return ms[bound] * PX_MILLISECOND;
}

typedef struct px_store_stats {
    uint64_t commits, commits_full; /* done; refused for want of space */
    uint64_t syncs;
    int64_t log_sync_ns;                     /* spent in syncs of the log: what commits wait for */
    uint64_t log_syncs_over[PX_SYNC_BOUNDS]; /* that took longer than px_sync_bound_ns */
    uint64_t checkpoints, checkpoint_waits;  /* WAL restarts; commits that had to wait for one */
    int64_t wal_bytes, wal_file_bytes;       /* in use since the last restart; size of the file */
    int64_t file_bytes;
    int64_t journal_bytes;
    uint32_t backup_pages, backup_pages_left; /* of the backup that is under way, or the last one */
    bool full;                                /* the last commit found no space */
    bool dead;                                /* a commit or a sync failed: only closing is left */
} px_store_stats;

typedef struct px_store_ops {
    px_status (*commit)(px_store *store, const px_commit *commit, px_err *ret_err);
    px_status (*checkpoint_step)(px_store *store, px_err *ret_err);
    px_status (*reader_open)(px_store *store, px_store_reader **ret_reader, px_err *ret_err);
    px_status (*journal_open)(px_store *store, px_journal **ret_journal, px_err *ret_err);
    px_status (*backup_begin)(px_store *store, const char *path, px_err *ret_err);
    px_status (*backup_step)(px_store *store, uint32_t pages, bool *ret_done, px_err *ret_err);
    void (*backup_end)(px_store *store);
    px_status (*backup_sync)(px_store *store);
    px_status (*backup_keep)(px_store *store, px_err *ret_err);
    void (*backup_drop)(px_store *store);
    void (*release_reserve)(px_store *store);
    void (*stats)(px_store *store, px_store_stats *ret_stats);
    void (*close)(px_store *store);
} px_store_ops;

struct px_store {
    const px_store_ops *ops;
};

/**
 * One transaction: the row, then the effects, then the slices. Durable when PX_OK. Nothing is
 * written, and the disk not touched, when row, effects and slices give nothing to write.
 *
 * Errors:
 * - PX_FULL: no space; rolled back, the store is as before, reads go on, the next call tries again.
 * - PX_INVALID, PX_TOO_LARGE: the row or an op breaks a rule of this header (positions that leave a
 *   hole, a time before the last row's, a body over its limit); rolled back, the store is as
 *   before. A bug of the caller.
 * - anything else is final (PX_IO, PX_CORRUPT, PX_NO_MEMORY): every later call gives the same
 *   sentence; the process ends with it and a restart replays. Whether this commit is on the disk is
 *   then unknown; it is there whole or not at all.
 * Cost: one sync of the disk.
 */
PX_NODISCARD static inline px_status px_store_commit(px_store *store, const px_commit *commit,
                                                     px_err *ret_err)
{
    return store->ops->commit(store, commit, ret_err);
}

/* One round of what the checkpoint thread does, for a store opened without it (the simulation):
 * does nothing until the WAL has reached its limit. Errors: those of px_store_commit that are
 * final. */
PX_NODISCARD static inline px_status px_store_checkpoint_step(px_store *store, px_err *ret_err)
{
    return store->ops->checkpoint_step(store, ret_err);
}

/**
 * An online copy with the writer's connection as its source: begin, a step of about
 * PX_BACKUP_PAGES_PER_COMMIT between two commits until `ret_done`, end; then keep it, or drop it.
 * The copy is the state at the step that gave `ret_done`. Until it is kept it is called PATH.part,
 * so a crash leaves nothing that looks finished. One at a time (PX_BUSY). A failing destination
 * never harms the store.
 *
 * Begin, step and end belong to the writer's thread; sync, keep and drop may be another's, one call
 * at a time, keep and drop after the end.
 *
 * Errors: PX_BUSY, PX_CONFLICT (`path` is there), PX_FULL (the copy would not fit, or would leave
 * the disk less than PX_BACKUP_FREE_BYTES_MIN), PX_IO.
 */
PX_NODISCARD static inline px_status px_store_backup_begin(px_store *store, const char *path,
                                                           px_err *ret_err)
{
    return store->ops->backup_begin(store, path, ret_err);
}

PX_NODISCARD static inline px_status px_store_backup_step(px_store *store, uint32_t pages,
                                                          bool *ret_done, px_err *ret_err)
{
    return store->ops->backup_step(store, pages, ret_done, ret_err);
}

/* Lets go of the source: the store has no more work with it. */
static inline void px_store_backup_end(px_store *store)
{
    store->ops->backup_end(store);
}

/* What is written so far becomes durable, so that the last sync is short. Best effort. */
static inline px_status px_store_backup_sync(px_store *store)
{
    return store->ops->backup_sync(store);
}

/* Makes the copy durable and gives it its name. On failure it is dropped. */
PX_NODISCARD static inline px_status px_store_backup_keep(px_store *store, px_err *ret_err)
{
    return store->ops->backup_keep(store, ret_err);
}

/* Removes what was written. */
static inline void px_store_backup_drop(px_store *store)
{
    store->ops->backup_drop(store);
}

/* A clean stop on a full disk: gives the reserve's room back, so that the last commits fit. */
static inline void px_store_release_reserve(px_store *store)
{
    store->ops->release_reserve(store);
}

static inline void px_store_stats_get(px_store *store, px_store_stats *ret_stats)
{
    store->ops->stats(store, ret_stats);
}

/* Moves the WAL into the file (unless the store is dead) and lets everything go. */
static inline void px_store_close(px_store *store)
{
    store->ops->close(store);
}

/* --- folds ------------------------------------------------------------------------------------ */

/* A status other than PX_OK ends the scan, which gives it back. The row's body is borrowed for the
 * call. Must not wait for anything: it runs inside a read transaction. */
typedef px_status (*px_fold_each)(void *data, const px_fold *fold, px_err *ret_err);

typedef struct px_store_reader_ops {
    px_status (*get)(px_store_reader *reader, px_table table, px_key key, px_buf *ret_body,
                     uint64_t *ret_seq, px_err *ret_err);
    px_status (*scan)(px_store_reader *reader, px_table table, px_key from, px_key to,
                      px_fold_each each, void *data, px_err *ret_err);
    void (*close)(px_store_reader *reader);
} px_store_reader_ops;

struct px_store_reader {
    const px_store_reader_ops *ops;
};

PX_NODISCARD static inline px_status
px_store_reader_open(px_store *store, px_store_reader **ret_reader, px_err *ret_err)
{
    return store->ops->reader_open(store, ret_reader, ret_err);
}

/**
 * One row. `ret_body` is cleared and filled; `ret_seq` may be NULL.
 * Errors: PX_NOT_FOUND, PX_CORRUPT (names table, key and page), PX_IO, PX_NO_MEMORY.
 */
PX_NODISCARD static inline px_status px_store_get(px_store_reader *reader, px_table table,
                                                  px_key key, px_buf *ret_body, uint64_t *ret_seq,
                                                  px_err *ret_err)
{
    return reader->ops->get(reader, table, key, ret_body, ret_seq, ret_err);
}

/**
 * The rows with from <= key < to, in key order (to = PX_KEY_MAX: to the end). The read transaction
 * ends and begins anew every few thousand rows, so two rows may come from two moments: each is true
 * at its own seq. Errors: as px_store_get, or what `each` gave.
 */
PX_NODISCARD static inline px_status px_store_scan(px_store_reader *reader, px_table table,
                                                   px_key from, px_key to, px_fold_each each,
                                                   void *data, px_err *ret_err)
{
    return reader->ops->scan(reader, table, from, to, each, data, ret_err);
}

static inline void px_store_reader_close(px_store_reader *reader)
{
    if (reader)
        reader->ops->close(reader);
}

/* --- the journal ------------------------------------------------------------------------------ */

/* As px_fold_each. */
typedef px_status (*px_row_each)(void *data, const px_row *row, px_err *ret_err);

typedef struct px_journal_ops {
    px_status (*bounds)(px_journal *journal, uint32_t spine, px_journal_bounds *ret_bounds,
                        px_err *ret_err);
    px_status (*read)(px_journal *journal, uint32_t spine, uint64_t seq_from, px_row_each each,
                      void *data, px_err *ret_err);
    void (*close)(px_journal *journal);
} px_journal_ops;

struct px_journal {
    const px_journal_ops *ops;
};

PX_NODISCARD static inline px_status px_journal_open(px_store *store, px_journal **ret_journal,
                                                     px_err *ret_err)
{
    return store->ops->journal_open(store, ret_journal, ret_err);
}

PX_NODISCARD static inline px_status px_journal_bounds_get(px_journal *journal, uint32_t spine,
                                                           px_journal_bounds *ret_bounds,
                                                           px_err *ret_err)
{
    return journal->ops->bounds(journal, spine, ret_bounds, ret_err);
}

/**
 * The rows that hold `seq_from` and everything after it, in order, to the newest committed one. The
 * first row may begin before `seq_from`: the caller skips. 0 means from the oldest row kept.
 * Nothing at or after `seq_from`: no call.
 *
 * Errors: PX_NOT_FOUND (`seq_from` is trimmed away; the sentence says where the journal begins),
 * PX_CORRUPT (a damaged row, a hole, a time that goes back; names the row), PX_IO, PX_NO_MEMORY.
 */
PX_NODISCARD static inline px_status px_journal_read(px_journal *journal, uint32_t spine,
                                                     uint64_t seq_from, px_row_each each,
                                                     void *data, px_err *ret_err)
{
    return journal->ops->read(journal, spine, seq_from, each, data, ret_err);
}

static inline void px_journal_close(px_journal *journal)
{
    if (journal)
        journal->ops->close(journal);
}

#endif
