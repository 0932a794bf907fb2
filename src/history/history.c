/* SPDX-License-Identifier: Apache-2.0 */
#include "history/history.h"

#include <errno.h>

#include "base/mem.h"
#include "base/thread.h"
#include "history/internal.h"

enum {
    ARENA_BYTES = 64 * 1024 * 1024,
    STEP_NS = 5 * 1000 * 1000,
    WAIT_IDLE_NS = 50 * 1000 * 1000,
    WAIT_BUSY_NS = 1000 * 1000,
};

#define RETURN_NS (60 * PX_SECOND) /* between two times that the heap is given back */

/* ---- life ---- */

static void init_locks(px_history *h)
{
    for (size_t i = 0; i < PX_HISTORY_SHARDS; i++)
        pthread_mutex_init(&h->shards[i].lock, NULL);
    pthread_mutex_init(&h->landed_lock, NULL);
    pthread_mutex_init(&h->wait_lock, NULL);
    pthread_mutex_init(&h->readers_lock, NULL);
    px_cond_init(&h->moved);
}

static void set_defaults(px_history *h)
{
    h->env = h->opts.env ? h->opts.env : px_env_posix();
    if (h->opts.flush_ns <= 0)
        h->opts.flush_ns = PX_HISTORY_FLUSH_NS;
    if (h->opts.memory_bytes_max == 0)
        h->opts.memory_bytes_max = PX_HISTORY_MEMORY_BYTES_MAX;
}

px_status px_history_open(const px_history_opts *opts, px_history **ret_history, px_err *ret_err)
{
    px_history *h = px_zalloc(1, sizeof(*h));
    px_status status;

    if (!h)
        return px_no_memory(ret_err);
    h->opts = *opts;
    set_defaults(h);
    init_locks(h);
    px_arena_init(&h->arena, ARENA_BYTES);
    px_arena_init(&h->in, 4 * (size_t)ARENA_BYTES);
    px_arena_init(&h->out, 4 * (size_t)ARENA_BYTES);
    h->refold_until = px_engine_position(opts->engine);
    status = px_feed_open(opts->engine, PX_CONSUMER_HISTORY, true, &h->feed, ret_err);
    if (status == PX_OK)
        status = px_store_reader_open(opts->store, &h->reader, ret_err);
    if (status != PX_OK) {
        px_history_close(h);
        return status;
    }
    atomic_store(&h->position, px_feed_position(h->feed));
    atomic_store(&h->cursor, px_feed_position(h->feed));
    h->cursor_sent = px_feed_position(h->feed);
    *ret_history = h;
    return PX_OK;
}

static void free_series(px_series *s)
{
    while (s->sealed) {
        px_sealed *next = s->sealed->next;

        px_free(s->sealed);
        s->sealed = next;
    }
    px_free(s->raw);
    px_free(s->image);
    px_free(s);
}

static void free_shard(px_shard *shard)
{
    for (size_t at = 0; at < shard->map.cap; at++)
        if (shard->map.hashes[at] > 1) /* neither empty nor deleted */
            free_series(shard->series.ptr[shard->map.values[at]]);
    px_map_release(&shard->map);
    PX_VEC_RELEASE(&shard->series);
    PX_VEC_RELEASE(&shard->unused);
    pthread_mutex_destroy(&shard->lock);
}

void px_history_close(px_history *h)
{
    if (!h)
        return;
    px_assert(!atomic_load(&h->running));
    pxi_flush_abandon(h);
    px_assert(h->flying == 0);
    px_batch_unref(h->batch);
    px_feed_close(h->feed);
    px_store_reader_close(h->reader);
    PX_VEC_EACH (&h->readers, reader)
        px_store_reader_close(*reader);
    PX_VEC_RELEASE(&h->readers);
    for (size_t i = 0; i < PX_HISTORY_SHARDS; i++)
        free_shard(&h->shards[i]);
    if (h->flight) {
        PX_VEC_RELEASE(&h->flight->ops);
        PX_VEC_RELEASE(&h->flight->series);
        px_free(h->flight);
    }
    px_build_release(&h->build);
    px_arena_release(&h->arena);
    px_arena_release(&h->in);
    px_arena_release(&h->out);
    px_buf_release(&h->scratch);
    pthread_cond_destroy(&h->moved);
    pthread_mutex_destroy(&h->landed_lock);
    pthread_mutex_destroy(&h->wait_lock);
    pthread_mutex_destroy(&h->readers_lock);
    px_free(h);
}

/* ---- steps ---- */

static px_status sentence_of_death(px_history *h, px_err *ret_err)
{
    px_status status;

    pthread_mutex_lock(&h->wait_lock);
    status = h->err.status;
    if (ret_err)
        *ret_err = h->err;
    pthread_mutex_unlock(&h->wait_lock);
    return status;
}

px_status px_history_status(px_history *h, px_err *ret_err)
{
    return atomic_load(&h->failed) ? sentence_of_death(h, ret_err) : PX_OK;
}

/* What only time or memory can mend is tried again; all else ends the history. */
static px_status judge(px_history *h, px_status status, px_err *err, px_err *ret_err)
{
    if (ret_err)
        *ret_err = *err;
    if (status == PX_NO_MEMORY || status == PX_INTERRUPTED)
        return status;
    pthread_mutex_lock(&h->wait_lock);
    h->err = *err;
    h->err.status = status;
    atomic_store(&h->failed, true);
    pthread_cond_broadcast(&h->moved);
    pthread_mutex_unlock(&h->wait_lock);
    px_log_error(h->opts.log, "history.dead", "%s: %s", px_status_code(status), err->text);
    return status;
}

static void publish(px_history *h, uint64_t position)
{
    atomic_store(&h->position, position);
    if (atomic_load(&h->waiters) == 0)
        return;
    pthread_mutex_lock(&h->wait_lock);
    pthread_cond_broadcast(&h->moved);
    pthread_mutex_unlock(&h->wait_lock);
}

/* Folds one row; PX_TIMEOUT when there was none. */
static px_status fold_next(px_history *h, int64_t wait_ns, px_err *ret_err)
{
    if (!h->batch) {
        px_feed_rest(h->feed, atomic_load(&h->waiters) ? 0 : PX_FEED_REST_NS);
        PX_TRY(px_feed_next(h->feed, wait_ns, &h->batch, ret_err));
        h->cut = px_cut_of(h->batch->body);
        h->seq = h->batch->seq_first;
        h->now = h->batch->time > h->now ? h->batch->time : h->now;
        if (h->cursor_since == 0)
            h->cursor_since = h->now;
    }
    PX_TRY(pxi_fold_batch(h, ret_err));
    publish(h, h->batch->seq_last);
    px_batch_unref(h->batch);
    h->batch = NULL;
    return PX_OK;
}

static bool has_room(px_history *h)
{
    /* what is written and waits to land is no reason to stop; twice the limit is */
    return atomic_load_explicit(&h->memory, memory_order_relaxed) <= 2 * h->opts.memory_bytes_max;
}

static px_status step(px_history *h, int64_t budget_ns, int64_t wait_ns, bool *ret_idle,
                      px_err *ret_err)
{
    int64_t end = h->env->monotonic_ns(h->env) + budget_ns;
    px_status status = PX_OK;
    bool more;

    do {
        PX_TRY(pxi_flush_land(h, ret_err));
        PX_TRY(pxi_flush_due(h, &more, ret_err));
        if (!has_room(h))
            break;
        status = fold_next(h, more || h->flying > 0 ? 0 : wait_ns, ret_err);
        wait_ns = 0;
        if (status != PX_OK)
            break;
    } while (h->env->monotonic_ns(h->env) < end);
    *ret_idle = (status != PX_OK || !has_room(h)) && !more && h->flying == 0;
    return status == PX_TIMEOUT ? PX_OK : status;
}

static px_status guarded_step(px_history *h, int64_t budget_ns, int64_t wait_ns, bool *ret_idle,
                              px_err *ret_err)
{
    px_err err = { 0 };
    px_status status;

    *ret_idle = false;
    if (atomic_load(&h->failed))
        return sentence_of_death(h, ret_err);
    status = step(h, budget_ns, wait_ns, ret_idle, &err);
    return status == PX_OK ? PX_OK : judge(h, status, &err, ret_err);
}

px_status px_history_step(px_history *h, int64_t budget_ns, bool *ret_idle, px_err *ret_err)
{
    bool idle;
    px_status status = guarded_step(h, budget_ns, 0, &idle, ret_err);

    if (ret_idle)
        *ret_idle = idle;
    return status;
}

void px_history_flush(px_history *h)
{
    atomic_store_explicit(&h->flush_wanted, atomic_load(&h->position), memory_order_release);
}

bool px_history_flushed(const px_history *h)
{
    return atomic_load(&h->cursor) >= atomic_load(&h->flush_wanted);
}

/* ---- the thread ---- */

/* Times in which nothing came. */
typedef struct quiet {
    int64_t since;    /* the last thing that was done because of this one; 0: it is none */
    uint32_t flushes; /* in it so far */
    int64_t returned; /* when memory was given back the last time */
} quiet;

/* Journal time stands still while nothing is written: what waits in memory then goes by the clock.
 * When it went, most of what the series took is free, in pieces that the heap keeps: once a quiet
 * time, and not too often, they go back to the system. */
static void use_quiet(px_history *h, quiet *q)
{
    int64_t now = h->env->monotonic_ns(h->env);

    if (q->since == 0)
        q->since = now;
    if (now - q->since < h->opts.flush_ns)
        return;
    if (++q->flushes == 2 && (q->returned == 0 || now - q->returned >= RETURN_NS)) {
        px_mem_return();
        q->returned = now;
    }
    px_history_flush(h);
    q->since = now;
}

static void *run(void *data)
{
    px_history *h = data;
    quiet q = { 0 };
    uint64_t position = 0;

    px_thread_stand_back();
    while (!atomic_load(&h->stop)) {
        bool idle;
        px_status status = guarded_step(h, STEP_NS, WAIT_IDLE_NS, &idle, NULL);

        if (atomic_load(&h->failed))
            break;
        if (status != PX_OK || (!idle && atomic_load(&h->position) == position))
            px_pause_ns(WAIT_BUSY_NS); /* for a flight, for memory, for the engine's end */
        if (atomic_load(&h->position) != position)
            q = (quiet){ .returned = q.returned };
        position = atomic_load(&h->position);
        use_quiet(h, &q);
    }
    return NULL;
}

px_status px_history_start(px_history *h, px_err *ret_err)
{
    if (atomic_exchange(&h->running, true))
        return px_fail(ret_err, PX_CONFLICT, "the history runs already");
    atomic_store(&h->stop, false);
    if (!px_thread_start(&h->thread, "history", run, h)) {
        atomic_store(&h->running, false);
        return px_no_memory(ret_err);
    }
    return PX_OK;
}

/* First to the journal's end, then out with it; what is late stays in the journal. */
static void flush_all(px_history *h, int64_t until_ns)
{
    uint64_t end = px_engine_position(h->opts.engine);
    px_status status = PX_OK;
    bool idle;

    while (status == PX_OK && atomic_load(&h->position) < end &&
           h->env->monotonic_ns(h->env) < until_ns)
        status = guarded_step(h, STEP_NS, 0, &idle, NULL);
    px_history_flush(h);
    while ((status == PX_OK || status == PX_INTERRUPTED) && !px_history_flushed(h) &&
           h->env->monotonic_ns(h->env) < until_ns) {
        status = guarded_step(h, 0, 0, &idle, NULL);
        px_pause_ns(WAIT_BUSY_NS / 10);
    }
}

void px_history_stop(px_history *h, bool flush)
{
    if (atomic_load(&h->running)) {
        atomic_store(&h->stop, true);
        pthread_join(h->thread, NULL);
        atomic_store(&h->running, false);
    }
    px_engine_writebacks_end(h->opts.engine);
    if (flush)
        flush_all(h, h->env->monotonic_ns(h->env) + PX_HISTORY_STOP_NS);
    while (h->flying > 0) { /* the engine ends what it has taken */
        pxi_flush_abandon(h);
        if (h->flying > 0)
            px_pause_ns(WAIT_BUSY_NS / 10);
    }
}

/* ---- positions ---- */

uint64_t px_history_position(const px_history *h)
{
    return atomic_load(&h->position);
}

static px_status lags(const px_history *h, uint64_t seq, px_err *ret_err)
{
    uint64_t position = atomic_load(&h->position);

    return px_fail_id(ret_err, PX_BUSY, "history.lag", "history is %llu events behind; try again",
                      (unsigned long long)(seq > position ? seq - position : 0));
}

px_status px_history_wait(px_history *h, uint64_t seq, int64_t wait_ns, px_err *ret_err)
{
    struct timespec until;
    int late = 0;

    if (atomic_load(&h->position) >= seq && !atomic_load(&h->failed))
        return PX_OK;
    if (atomic_load(&h->failed))
        return sentence_of_death(h, ret_err);
    if (!atomic_load(&h->running))
        return lags(h, seq, ret_err);
    until = px_deadline_in(wait_ns);
    atomic_fetch_add(&h->waiters, 1);
    px_feed_hurry(h->feed);
    pthread_mutex_lock(&h->wait_lock);
    while (atomic_load(&h->position) < seq && !atomic_load(&h->failed) && late != ETIMEDOUT)
        late = pthread_cond_timedwait(&h->moved, &h->wait_lock, &until);
    pthread_mutex_unlock(&h->wait_lock);
    atomic_fetch_sub(&h->waiters, 1);
    if (atomic_load(&h->failed))
        return sentence_of_death(h, ret_err);
    return atomic_load(&h->position) >= seq ? PX_OK : lags(h, seq, ret_err);
}

px_history_stats px_history_stat(px_history *h)
{
    static const struct {
        px_history_counter counter;
        size_t offset;
    } counted[] = {
        { PX_COUNT_ROWS, offsetof(px_history_stats, rows) },
        { PX_COUNT_CELLS, offsetof(px_history_stats, cells) },
        { PX_COUNT_LATE, offsetof(px_history_stats, late_rows) },
        { PX_COUNT_AHEAD, offsetof(px_history_stats, ahead_cells) },
        { PX_COUNT_SEALED, offsetof(px_history_stats, blocks_sealed) },
        { PX_COUNT_SEALED_BYTES, offsetof(px_history_stats, block_bytes) },
        { PX_COUNT_SEALED_ROWS, offsetof(px_history_stats, block_rows) },
        { PX_COUNT_OPEN, offsetof(px_history_stats, open_written) },
        { PX_COUNT_OPEN_BYTES, offsetof(px_history_stats, open_bytes) },
        { PX_COUNT_EVICTED, offsetof(px_history_stats, evicted) },
        { PX_COUNT_READS, offsetof(px_history_stats, reads) },
        { PX_COUNT_SERIES, offsetof(px_history_stats, series_in_memory) },
    };
    px_history_stats stats = { .position = atomic_load(&h->position),
                               .cursor = atomic_load(&h->cursor),
                               .memory_bytes = atomic_load(&h->memory) };

    for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
        uint64_t n = atomic_load_explicit(&h->counters[counted[i].counter], memory_order_relaxed);

        memcpy((char *)&stats + counted[i].offset, &n, sizeof(n));
    }
    return stats;
}
