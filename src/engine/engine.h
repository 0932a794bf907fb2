/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The engine: the only writer. It takes requests in batches, checks, journals, publishes,
 * acknowledges.
 *
 *     check        against model, rights and the state that earlier requests of the batch leave
 *     journal      the batch is one row, one transaction, one sync of the disk
 *     publish      the private state becomes the readable one; nothing may fail any more
 *     acknowledge  `done` of every request
 *
 * If the commit finds no space every request of the batch is refused with PX_FULL and nothing has
 * changed. Any other failure is final: all get PX_IO, `fatal` is called with a sentence, and only
 * closing is left.
 *
 * Threads: submit, position, graph, registry, documents and the consumer functions from any; open,
 * start, stop, step and close from the owner. With px_engine_start the engine runs on a thread of
 * its own; without it px_engine_step runs one round on the caller's (the simulation does).
 */
#ifndef PX_ENGINE_ENGINE_H
#define PX_ENGINE_ENGINE_H

#include "base/env.h"
#include "base/log.h"
#include "engine/consumer.h"
#include "engine/documents.h"
#include "engine/request.h"
#include "twin/graph.h"
#include "twin/registry.h"

/* How much a tenant may have. */
typedef struct px_counts_max {
    uint32_t twins, relationships, models;
    uint32_t edges; /* of one twin, in and out each; 0: no limit */
} px_counts_max;

typedef struct px_engine_opts {
    px_env *env;     /* required */
    px_log *log;     /* may be NULL */
    px_store *store; /* required; borrowed until close */

    bool threadless; /* a start reads on the caller's thread alone */

    int64_t batch_age_ns;       /* a batch closes when its oldest request is this old; 0:
                                   PX_BATCH_AGE_NS_DEFAULT;       negative: at once */
    size_t batch_bytes_max;     /* or at this size; 0: PX_BATCH_BYTES_MAX */
    size_t queue_bytes_max;     /* 0: PX_QUEUE_BYTES_MAX */
    int64_t checkpoint_ns;      /* time for one round over all keys; 0: 30 s */
    int64_t journal_keep_ns;    /* rows younger than this stay, */
    int64_t journal_keep_bytes; /* unless they are more than this; 0: 24 h and 4 GiB */

    uint64_t snapshot_bytes_max; /* what snapshots may hold back; 0: PX_SNAPSHOT_BYTES_MAX */
    int64_t source_ahead_ns;     /* a source clock further ahead is not believed; 0:
                                    PX_SOURCE_AHEAD_NS_MAX */

    px_counts_max counts_max; /* 0 each: those of limits.h */

    /* On the engine's thread, after the requests of a batch were answered: wake what collected the
     * answers. NULL: no */
    void (*answered)(void *data);
    /* Once, on the engine's thread, when a commit failed for good. */
    void (*fatal)(void *data, const px_err *err);
    void *data;
} px_engine_opts;

/* Work that rides with the commits and may be late: what each kind of it took. */
typedef enum px_engine_slice {
    PX_ENGINE_SLICE_TWINS,  /* the checkpoint */
    PX_ENGINE_SLICE_GRAVES, /* traces of what was deleted */
    PX_ENGINE_SLICE_TRIM,
    PX_ENGINE_SLICE_BACKUP,    /* rows are pages */
    PX_ENGINE_SLICE_CONSUMERS, /* what consumers write: late when some had to wait */
    PX_ENGINE_SLICES
} px_engine_slice;

const char *px_engine_slice_name(px_engine_slice slice);

typedef struct px_slice_stats {
    uint64_t rows, us;
    uint64_t late; /* commits in which its budget ended it */
} px_slice_stats;

typedef struct px_engine_stats {
    uint64_t seq; /* newest published position */
    uint64_t requests, refused, batches, events, full;
    uint64_t queue_refused;
    uint64_t checkpoint_seq; /* everything up to here is in state rows */
    uint64_t checkpoint_rows, slices_late;
    px_slice_stats slices[PX_ENGINE_SLICES];
    int64_t commit_ns_max, commit_ns_sum;     /* of the commits so far; max is reset when read */
    uint64_t consumer_seq[5];                 /* by px_consumer_id: committed cursor */
    uint64_t samples_late, samples_duplicate; /* values that did not move the live one */
    uint64_t commands_ended[PX_COMMAND_STATUS_COUNT]; /* by how */
    uint64_t messages_repeated; /* telemetry by HTTP whose Message-Id was known */
    uint64_t replayed_rows, replayed_events, loaded_rows; /* at start */
} px_engine_stats;

/* Recovers the state: state rows, then the journal's tail. Errors: PX_CORRUPT and PX_UNSUPPORTED
 * name row and cure. */
PX_NODISCARD px_status px_engine_open(const px_engine_opts *opts, px_engine **ret_engine,
                                      px_err *ret_err);
/* Stops first when it runs. Feeds must be closed. */
void px_engine_close(px_engine *engine);

PX_NODISCARD px_status px_engine_start(px_engine *engine, px_err *ret_err);
/* The end is near: from now on a full disk may take the room that the store reserved for it. */
void px_engine_prepare_stop(px_engine *engine);
/* No more submits; drains what is queued, writes what is dirty, and ends the thread. */
void px_engine_stop(px_engine *engine);
/* One round without a thread: takes what is queued, commits, acknowledges; with nothing queued
 * moves the checkpoint. True when there was something to do. */
bool px_engine_step(px_engine *engine);

/* False while the queue is filled in part already, or a consumer is far behind: a door that can let
 * its senders wait does so, and asks again when answers come. Cheap. */
bool px_engine_has_room(px_engine *engine);

/**
 * Hands over one request, or a chain linked by `next`, whole or not at all; taken until each one's
 * `done`.
 *
 * Errors: PX_BUSY (queue full, or a consumer too far behind: slow the sender), PX_INTERRUPTED
 * (stopping), PX_IO (dead). On an error nothing is taken and `done` is not called.
 */
PX_NODISCARD px_status px_engine_submit(px_engine *engine, px_request *first, px_request *last);

/* What readers read. Borrowed until close. */
px_graph *px_engine_graph(px_engine *engine);
px_registry *px_engine_registry(px_engine *engine);
px_documents *px_engine_documents(px_engine *engine);
px_env *px_engine_env(px_engine *engine);
px_store *px_engine_store(px_engine *engine);

/* The time of the next commit, but for its rounding: the wall's, and never before the newest
 * commit. Where people set the clock back it goes on from there by the monotonic one, so that what
 * waits for a time does not wait until the wall has caught up. Any thread. */
px_time px_engine_now(px_engine *engine);

/* A consumer waits for this time: if nothing else is committed when it has come, the engine writes
 * a tick, one a second at most. Another call replaces it; PX_TIME_NONE: it waits for nothing. One
 * consumer only, for now: freshness. Any thread. */
void px_engine_wake_at(px_engine *engine, px_time time);

px_engine_stats px_engine_stat(px_engine *engine);
/* PX_OK, or what the engine died of: nothing can be written until a restart. Any thread. */
px_status px_engine_status(px_engine *engine, px_err *ret_err);

/* The ETag of a revision, `W/"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"`, and the way back; false when
 * it is not one of this server's making (then it matches nothing). */
void px_put_etag(px_buf *buf, uint64_t revision);
bool px_etag_parse(px_str text, uint64_t *ret_revision);

#endif
