/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's life and its faces; batch.c is what it does. */
#include "engine/engine.h"

#include <stdatomic.h>

#include "base/thread.h"
#include "engine/internal.h"

enum { IDLE_WAIT_NS = 20 * 1000 * 1000 };

px_status px_engine_open(const px_engine_opts *opts, px_engine **ret_engine, px_err *ret_err)
{
    px_graph_opts graph_opts = { .snapshot_bytes_max = opts->snapshot_bytes_max };
    px_engine *engine = px_zalloc(1, sizeof(*engine));
    px_status status;

    if (!engine)
        return px_no_memory(ret_err);
    engine->opts = *opts;
    if (opts->batch_age_ns == 0)
        engine->opts.batch_age_ns = PX_BATCH_AGE_NS_DEFAULT;
    if (opts->batch_bytes_max == 0)
        engine->opts.batch_bytes_max = PX_BATCH_BYTES_MAX;
    if (opts->queue_bytes_max == 0)
        engine->opts.queue_bytes_max = PX_QUEUE_BYTES_MAX;
    if (opts->checkpoint_ns == 0)
        engine->opts.checkpoint_ns = 30 * PX_SECOND;
    if (opts->journal_keep_ns == 0)
        engine->opts.journal_keep_ns = 24 * 3600 * PX_SECOND;
    if (opts->journal_keep_bytes == 0)
        engine->opts.journal_keep_bytes = INT64_C(4) << 30;
    atomic_store(&engine->wake_at, PX_TIME_NONE);
    engine->woken = PX_TIME_NONE;
    engine->effect_rows_max = PX_EFFECTS_ROWS_MAX;
    engine->consumer_lag_bytes_max = PX_CONSUMER_LAG_BYTES_MAX;
    engine->writebacks_tail = &engine->writebacks;
    pthread_mutex_init(&engine->side_lock, NULL);
    px_queue_init(&engine->queue, opts->env, engine->opts.queue_bytes_max);
    px_ring_init(&engine->ring, PX_RING_BYTES_MAX);
    px_backup_init(&engine->backup);
    status = px_state_init(&engine->state, opts->env, opts->log, &graph_opts, ret_err);
    if (status == PX_OK) {
        if (opts->source_ahead_ns)
            engine->state.source_ahead_ns = opts->source_ahead_ns;
        px_quotas_limit(&engine->state.quotas, opts->counts_max.twins,
                        opts->counts_max.relationships, opts->counts_max.models);
        engine->state.edges_max = opts->counts_max.edges;
        px_checkpoint_init(&engine->checkpoint, &engine->state, engine->opts.checkpoint_ns);
        status = px_engine_recover(engine, ret_err);
    }
    if (status != PX_OK) {
        px_engine_close(engine);
        return status;
    }
    atomic_store(&engine->position, engine->state.seq);
    *ret_engine = engine;
    return PX_OK;
}

bool px_engine_step(px_engine *engine)
{
    return px_engine_round(engine, 0);
}

/* ---- thread ---- */

/* What is queued is answered; what finds no room, once: a tick or a consumer would try for ever. A
 * disk too slow for all of it leaves the rest refused. */
static void drain(px_engine *engine)
{
    px_env *env = engine->opts.env;
    int64_t until_ns = env->monotonic_ns(env) + PX_DRAIN_NS;
    uint64_t full_before = engine->stats.full;

    while (px_engine_round(engine, 0) && !atomic_load(&engine->dead))
        if ((engine->stats.full > full_before && !engine->left) ||
            env->monotonic_ns(env) >= until_ns)
            break;
    px_engine_refuse_rest(engine);
}

static void *run(void *data)
{
    px_engine *engine = data;

    while (!atomic_load(&engine->stopping))
        px_engine_round(engine, IDLE_WAIT_NS);
    drain(engine);
    return NULL;
}

px_status px_engine_start(px_engine *engine, px_err *ret_err)
{
    engine->running = true;
    if (px_thread_start(&engine->thread, "engine", run, engine))
        return PX_OK;
    engine->running = false;
    return px_fail(ret_err, PX_BUSY, "the engine's thread cannot be started");
}

/* A clean stop leaves nothing to replay: one last round of the checkpoint. */
static void write_all(px_engine *engine)
{
    unsigned fulls = 0;

    for (int tries = 0; tries < 1 << 16 && !atomic_load(&engine->dead); tries++) {
        uint64_t published = px_graph_stat(engine->state.graph).seq;

        if (engine->checkpoint.done_seq >= published && !px_engine_has_writebacks(engine))
            return;
        uint64_t full_before = engine->stats.full;
        px_engine_batch(engine, true, false);
        if (engine->stats.full > full_before && fulls++ > 0)
            return; /* no space, not even the reserve's: the journal has it all */
    }
}

void px_engine_stop(px_engine *engine)
{
    if (atomic_exchange(&engine->stopping, true))
        return;
    px_queue_close(&engine->queue);
    if (engine->running)
        pthread_join(engine->thread, NULL);
    engine->running = false;
    px_engine_backup_cancel(engine);
    drain(engine);
    write_all(engine);
    px_ring_close(&engine->ring);
}

void px_engine_close(px_engine *engine)
{
    if (!engine)
        return;
    if (engine->running)
        px_engine_stop(engine);
    px_queue_close(&engine->queue);
    px_engine_backup_cancel(engine);
    px_backup_release(&engine->backup);
    px_journal_close(engine->journal);
    px_ring_release(&engine->ring);
    px_queue_release(&engine->queue);
    px_checkpoint_release(&engine->checkpoint);
    px_graves_release(&engine->graves);
    px_state_release(&engine->state);
    pthread_mutex_destroy(&engine->side_lock);
    px_free(engine);
}

/* ---- faces ---- */

/* The first that is; 0: none. */
static int consumer_too_far_behind(px_engine *engine)
{
    int64_t total = atomic_load_explicit(&engine->ring.bytes_total, memory_order_relaxed);

    for (int id = 1; id < PX_CONSUMERS_MAX; id++)
        if (atomic_load_explicit(&engine->follows[id], memory_order_relaxed) &&
            total - atomic_load_explicit(&engine->feed_bytes[id], memory_order_relaxed) >
                engine->consumer_lag_bytes_max)
            return id;
    return 0;
}

void px_engine_tell_lag(px_engine *engine)
{
    int id = consumer_too_far_behind(engine);

    if ((id != 0) == engine->lagging)
        return;
    engine->lagging = id != 0;
    if (engine->lagging)
        px_log_warn(engine->opts.log, "engine.slowed",
                    "consumer=%d is more than %lld bytes behind; the doors wait for it", id,
                    (long long)engine->consumer_lag_bytes_max);
    else
        px_log_info(engine->opts.log, "engine.unslowed", "all consumers are near again");
}

px_status px_engine_status(px_engine *engine, px_err *ret_err)
{
    if (!atomic_load(&engine->dead))
        return PX_OK;
    if (ret_err)
        *ret_err = engine->death;
    return engine->death.status;
}

bool px_engine_has_room(px_engine *engine)
{
    return px_queue_bytes(&engine->queue) <= engine->opts.queue_bytes_max / PX_QUEUE_ROOM_PARTS &&
           !consumer_too_far_behind(engine);
}

px_status px_engine_submit(px_engine *engine, px_request *first, px_request *last)
{
    size_t bytes = 0;

    if (atomic_load_explicit(&engine->dead, memory_order_relaxed))
        return PX_IO;
    if (consumer_too_far_behind(engine))
        return PX_BUSY;
    last->next = NULL;
    for (const px_request *r = first; r; r = r->next)
        bytes += r->bytes;
    return px_queue_put(&engine->queue, first, last, bytes);
}

void px_engine_writeback(px_engine *engine, px_writeback *writeback)
{
    px_assert(writeback->effect.count <= PX_WRITEBACK_OPS_MAX);
    writeback->next = NULL;
    pthread_mutex_lock(&engine->side_lock);
    *engine->writebacks_tail = writeback;
    engine->writebacks_tail = &writeback->next;
    pthread_mutex_unlock(&engine->side_lock);
    px_queue_nudge(&engine->queue);
}

void px_engine_prepare_stop(px_engine *engine)
{
    atomic_store(&engine->ending, true);
}

void px_engine_writebacks_end(px_engine *engine)
{
    atomic_store(&engine->writebacks_end, true);
    px_queue_nudge(&engine->queue);
}

uint64_t px_engine_position(px_engine *engine)
{
    return atomic_load(&engine->position);
}

px_graph *px_engine_graph(px_engine *engine)
{
    return engine->state.graph;
}

px_registry *px_engine_registry(px_engine *engine)
{
    return engine->state.registry;
}

px_documents *px_engine_documents(px_engine *engine)
{
    return engine->state.documents;
}

px_env *px_engine_env(px_engine *engine)
{
    return engine->opts.env;
}

px_store *px_engine_store(px_engine *engine)
{
    return engine->opts.store;
}

px_ring *px_engine_ring(px_engine *engine)
{
    return &engine->ring;
}

uint64_t px_engine_cursor(px_engine *engine, px_consumer_id id)
{
    uint64_t cursor;

    pthread_mutex_lock(&engine->side_lock);
    cursor = engine->cursors[id];
    pthread_mutex_unlock(&engine->side_lock);
    return cursor;
}

void px_engine_follow(px_engine *engine, px_consumer_id id, bool follows)
{
    pthread_mutex_lock(&engine->side_lock);
    engine->holds[id] = true;
    atomic_store(&engine->follows[id], follows);
    pthread_mutex_unlock(&engine->side_lock);
}

void px_engine_feed_moved(px_engine *engine, px_consumer_id id, int64_t bytes)
{
    atomic_fetch_add_explicit(&engine->feed_bytes[id], bytes, memory_order_relaxed);
}

/* The two are not read at one instant: what is told may be off by the time between two commits. */
px_time px_engine_now(px_engine *engine)
{
    px_env *env = engine->opts.env;
    px_time wall = env->now(env), newest = atomic_load(&engine->clock_time);

    if (wall >= newest)
        return wall;
    return newest + (env->monotonic_ns(env) - atomic_load(&engine->clock_at_ns));
}

void px_engine_wake_at(px_engine *engine, px_time time)
{
    atomic_store_explicit(&engine->wake_at, time, memory_order_relaxed);
}

void px_engine_set_time(px_engine *engine, px_time time)
{
    engine->time_last = time;
    atomic_store(&engine->clock_at_ns, engine->time_taken_ns);
    atomic_store(&engine->clock_time, time);
}

px_engine_stats px_engine_stat(px_engine *engine)
{
    px_engine_stats stats;

    pthread_mutex_lock(&engine->side_lock);
    stats = engine->stats;
    engine->stats.commit_ns_max = 0;
    for (int id = 1; id < PX_CONSUMERS_MAX; id++)
        stats.consumer_seq[id] = engine->cursors[id];
    pthread_mutex_unlock(&engine->side_lock);
    stats.seq = px_engine_position(engine);
    pthread_mutex_lock(&engine->queue.lock);
    stats.queue_refused = engine->queue.refused;
    pthread_mutex_unlock(&engine->queue.lock);
    return stats;
}
