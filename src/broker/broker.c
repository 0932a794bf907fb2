/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/broker.h"

#include "base/thread.h"
#include "broker/internal.h"

#define FLUSH_NS INT64_C(2000000000) /* at the end, for what is dirty */

enum {
    FOLD_ARENA_BYTES_MAX = 64 * 1024 * 1024,
    SWEEP_NS = 100 * 1000 * 1000,
    PAUSE_NS = 1000 * 1000,
    CATCH_UP_WAIT_NS = 100 * 1000 * 1000,
};

/* ---- life ---- */

static px_status begin(px_broker *b, px_err *ret_err)
{
    px_arena_init(&b->arena, FOLD_ARENA_BYTES_MAX);
    PX_TRY(px_feed_open(b->opts.engine, PX_CONSUMER_BROKER, true, &b->feed, ret_err));
    atomic_store(&b->position, px_feed_position(b->feed));
    b->saved_position = px_feed_position(b->feed);
    return pxi_rows_load(b, ret_err);
}

/* The engine may have gone when the broker goes; who hurries the fold finds it under the lock. */
static void close_feed(px_broker *b)
{
    px_feed *feed;

    pthread_mutex_lock(&b->jobs_lock);
    feed = b->feed;
    b->feed = NULL;
    pthread_mutex_unlock(&b->jobs_lock);
    px_feed_close(feed);
}

static px_status reopen_feed(px_broker *b, px_err *ret_err)
{
    if (b->feed)
        return PX_OK;
    PX_TRY(px_feed_open(b->opts.engine, PX_CONSUMER_BROKER, true, &b->feed, ret_err));
    px_feed_begin_at(b->feed, atomic_load(&b->position));
    return PX_OK;
}

void pxi_hurry(px_broker *b)
{
    pthread_mutex_lock(&b->jobs_lock);
    if (b->feed)
        px_feed_hurry(b->feed);
    pthread_mutex_unlock(&b->jobs_lock);
}

px_status px_broker_open(const px_broker_opts *opts, px_broker **ret_broker, px_err *ret_err)
{
    px_broker *b = px_zalloc(1, sizeof(*b));
    px_status status;

    if (!b)
        return px_no_memory(ret_err);
    b->opts = *opts;
    b->env = px_engine_env(opts->engine);
    b->log = opts->log;
    if (b->opts.session_expiry_s_max == 0)
        b->opts.session_expiry_s_max = PX_MQTT_SESSION_EXPIRY_S_MAX;
    if (b->opts.kept_bytes_max == 0)
        b->opts.kept_bytes_max = PX_MQTT_KEPT_BYTES_MAX;
    if (b->opts.save_ns == 0)
        b->opts.save_ns = PX_BROKER_SAVE_NS;
    if (b->opts.save_rows_max == 0 || b->opts.save_rows_max > PX_WRITEBACK_OPS_MAX)
        b->opts.save_rows_max = PX_WRITEBACK_OPS_MAX;
    b->env->random(b->env, &b->boot, sizeof(b->boot));
    b->boot |= 1; /* 0 is no run at all */
    b->owed_tail = &b->owed;
    b->pending_tail = &b->pending;
    b->save.broker = b;
    pthread_rwlock_init(&b->lock, NULL);
    pthread_mutex_init(&b->jobs_lock, NULL);
    pthread_mutex_init(&b->pending_lock, NULL);
    pthread_mutex_init(&b->newest.lock, NULL);
    status = begin(b, ret_err);
    if (status != PX_OK) {
        px_broker_close(b);
        return status;
    }
    *ret_broker = b;
    return PX_OK;
}

void px_broker_close(px_broker *b)
{
    if (!b)
        return;
    close_feed(b);
    pxi_jobs_release(b);
    pxi_pending_release(b);
    pxi_sessions_release(b);
    pxi_groups_release(b);
    pxi_letters_release(b);
    pxi_tenants_release(b);
    PX_VEC_RELEASE(&b->graves);
    PX_VEC_RELEASE(&b->due_wills);
    PX_VEC_RELEASE(&b->save.ops);
    px_buf_release(&b->save.bodies);
    px_mqtt_hits_release(&b->hits);
    px_arena_release(&b->arena);
    pthread_rwlock_destroy(&b->lock);
    pthread_mutex_destroy(&b->jobs_lock);
    pthread_mutex_destroy(&b->pending_lock);
    pxi_newest_release(&b->newest);
    px_free(b);
}

/* ---- folding ---- */

static bool is_ours(px_event_type type)
{
    return type >= PX_EVENT_SESSION_OPEN && type <= PX_EVENT_SESSION_MESSAGE;
}

static px_status fold_one(px_broker *b, const px_event_head *head, uint64_t seq, px_time time,
                          px_err *ret_err)
{
    px_event event;
    px_status status;

    px_arena_reset(&b->arena);
    PX_TRY(px_get_event_body(head, &b->arena, &event, ret_err));
    event.seq = seq;
    event.time = time;
    pthread_rwlock_wrlock(&b->lock);
    b->now = time;
    status = pxi_fold_event(b, &event, ret_err);
    pthread_rwlock_unlock(&b->lock);
    return status;
}

static px_status fold_batch(px_broker *b, const px_batch *batch, px_err *ret_err)
{
    px_cut cut = px_cut_of(batch->body);
    uint64_t done = atomic_load_explicit(&b->position, memory_order_relaxed);
    px_event_head head;

    for (uint64_t seq = batch->seq_first; px_cut_left(&cut) > 0; seq++) {
        PX_TRY(px_get_event_head(&cut, &head, ret_err));
        if (seq <= done || !is_ours(head.type))
            continue;
        PX_TRY(fold_one(b, &head, seq, batch->time, ret_err));
        atomic_store_explicit(&b->position, seq, memory_order_release);
    }
    b->now = batch->time;
    atomic_store_explicit(&b->position, batch->seq_last, memory_order_release);
    pxi_pending_run(b);
    return PX_OK;
}

/* ---- the start ---- */

/* The connections of the run before are gone, and nobody said so. */
static px_status close_old(px_broker *b, px_err *ret_err)
{
    PX_VEC_EACH (&b->sessions, at) {
        px_principal own;
        px_close_record r = { .with_will = true };
        px_buf body = { 0 };
        px_job *job;

        if (!*at || !(*at)->is_online || (*at)->peer.boot == b->boot)
            continue;
        pxi_queue_was_sent(*at);
        own = pxi_own_principal((*at)->tenant);
        job = pxi_job_new(b, PX_JOB_OWED, &own);
        if (!job)
            return px_no_memory(ret_err);
        r.peer = (*at)->peer;
        px_put_close(&body, &r);
        job->write = (px_session_write){ .type = PX_EVENT_SESSION_CLOSE, .session = (*at)->no };
        job->write.body = px_arena_str(&job->arena, px_buf_str(&body));
        px_buf_release(&body);
        if (!job->write.body.ptr) {
            pxi_job_free(job);
            return px_no_memory(ret_err);
        }
        PX_TRY(pxi_job_send(job, ret_err));
    }
    return PX_OK;
}

px_status px_broker_catch_up(px_broker *b, px_err *ret_err)
{
    uint64_t goal = px_engine_position(b->opts.engine);
    px_batch *batch;

    while (px_feed_position(b->feed) < goal) {
        px_status status = px_feed_next(b->feed, CATCH_UP_WAIT_NS, &batch, ret_err);

        if (status == PX_TIMEOUT)
            continue;
        PX_TRY(status);
        status = fold_batch(b, batch, ret_err);
        px_batch_unref(batch);
        PX_TRY(status);
    }
    return close_old(b, ret_err);
}

static void save(px_broker *b)
{
    px_err err;
    px_status status;

    pthread_rwlock_wrlock(&b->lock);
    status = pxi_rows_save(b, &err);
    pthread_rwlock_unlock(&b->lock);
    if (status != PX_OK)
        px_log_warn(b->log, "mqtt.sessions", "%s", err.text);
}

static void tick(px_broker *b)
{
    int64_t now_ns = b->env->monotonic_ns(b->env);

    if (now_ns >= b->sweep_at_ns) {
        b->sweep_at_ns = now_ns + SWEEP_NS;
        pxi_sweep(b);
    }
    if (now_ns >= b->save_at_ns || b->is_saving_all) {
        b->save_at_ns = now_ns + b->opts.save_ns;
        save(b);
    }
}

static bool is_saved(px_broker *b)
{
    return !atomic_load_explicit(&b->save.is_flying, memory_order_acquire) &&
           b->dirty_letters + b->dirty_sessions + b->graves.len == 0 &&
           b->saved_position == atomic_load(&b->position);
}

static void tell_all_acks(px_broker *b)
{
    pthread_rwlock_wrlock(&b->lock);
    PX_VEC_EACH (&b->sessions, s)
        while (*s && (*s)->acks.len > 0) {
            size_t before = (*s)->acks.len;

            pxi_acks_tell(b, *s);
            if ((*s)->acks.len == before)
                break; /* no memory: they are sent once more */
        }
    pthread_rwlock_unlock(&b->lock);
}

static void flush(px_broker *b, int64_t wait_ns)
{
    int64_t deadline = b->env->monotonic_ns(b->env) + wait_ns;
    px_batch *batch;
    px_err err;

    tell_all_acks(b);
    atomic_store(&b->is_ending, true);
    do {
        if (px_feed_next(b->feed, PAUSE_NS, &batch, NULL) == PX_OK) {
            px_status status = fold_batch(b, batch, &err);

            px_batch_unref(batch);
            if (status != PX_OK) {
                px_log_warn(b->log, "mqtt.sessions", "%s", err.text);
                return; /* the next start folds it */
            }
        }
        save(b);
    } while ((!is_saved(b) || atomic_load(&b->jobs_out) > 0) && !atomic_load(&b->save.has_failed) &&
             b->env->monotonic_ns(b->env) < deadline);
}

/* ---- the thread ---- */

static void fail(px_broker *b, const px_err *err)
{
    b->err = *err;
    atomic_store(&b->failed, true);
    px_log_error(b->log, "mqtt.broker", "sessions stand still until a restart: %s", err->text);
}

px_status px_broker_status(px_broker *b, px_err *ret_err)
{
    if (!atomic_load(&b->failed))
        return PX_OK;
    if (ret_err)
        *ret_err = b->err;
    return b->err.status;
}

/* What lacks memory is folded when there is some; what cannot be read ends it. */
static bool fold_whole(px_broker *b, const px_batch *batch, px_err *ret_err)
{
    for (;;) {
        px_status status = fold_batch(b, batch, ret_err);

        if (status == PX_OK)
            return true;
        if ((status != PX_NO_MEMORY && status != PX_LIMIT) || atomic_load(&b->stopping)) {
            ret_err->status = status;
            return false;
        }
        px_log_warn(b->log, "mqtt.broker", "%s", ret_err->text);
        px_pause_ns(CATCH_UP_WAIT_NS);
    }
}

static void *run(void *data)
{
    px_broker *b = data;
    px_batch *batch;
    px_err err;

    while (!atomic_load(&b->stopping)) {
        px_status status = px_feed_next(b->feed, SWEEP_NS, &batch, &err);

        if (status == PX_OK) {
            bool is_folded = fold_whole(b, batch, &err);

            px_batch_unref(batch);
            if (!is_folded)
                break;
        } else if (status != PX_TIMEOUT && status != PX_INTERRUPTED && status != PX_NO_MEMORY) {
            break;
        }
        tick(b);
        if (status == PX_INTERRUPTED || status == PX_NO_MEMORY)
            px_pause_ns(PAUSE_NS);
    }
    if (!atomic_load(&b->stopping))
        fail(b, &err);
    return NULL;
}

px_status px_broker_start(px_broker *b, px_err *ret_err)
{
    if (b->runs)
        return PX_OK;
    atomic_store(&b->stopping, false);
    atomic_store(&b->is_ending, false);
    PX_TRY(reopen_feed(b, ret_err));
    PX_TRY(px_broker_catch_up(b, ret_err));
    px_feed_rest(b->feed, PX_FEED_REST_NS);
    b->runs = px_thread_start(&b->thread, "broker", run, b);
    return b->runs ? PX_OK : px_fail(ret_err, PX_BUSY, "the broker's thread cannot be started");
}

void px_broker_stop(px_broker *b)
{
    if (!b)
        return;
    atomic_store(&b->stopping, true);
    pxi_hurry(b);
    if (b->runs)
        pthread_join(b->thread, NULL);
    if (b->runs && !atomic_load(&b->failed))
        flush(b, FLUSH_NS);
    b->runs = false;
    close_feed(b);
}

bool px_broker_step(px_broker *b)
{
    px_batch *batch;
    px_err err;
    bool did = px_feed_next(b->feed, 0, &batch, &err) == PX_OK;

    if (did) {
        if (!fold_whole(b, batch, &err))
            fail(b, &err);
        px_batch_unref(batch);
    }
    tick(b);
    return did;
}

void px_broker_awaits_fold(px_broker *b)
{
    atomic_store_explicit(&b->wants_fold, true, memory_order_relaxed);
}

void px_broker_answered(px_broker *b)
{
    if (b && atomic_exchange_explicit(&b->wants_fold, false, memory_order_relaxed))
        pxi_hurry(b);
}

/* ---- figures ---- */

static void count_sessions(const px_broker *b, px_broker_stats *stats)
{
    PX_VEC_EACH (&b->sessions, s) {
        if (!*s || (*s)->is_ghost)
            continue;
        stats->sessions++;
        stats->sessions_online += (*s)->is_online;
        stats->queued += (*s)->queue.len;
    }
}

px_broker_stats px_broker_stat(px_broker *b)
{
    px_broker_stats stats = { .message_bytes = atomic_load(&b->message_bytes),
                              .deliveries = atomic_load(&b->deliveries),
                              .queue_dropped = atomic_load(&b->queue_dropped),
                              .expired = atomic_load(&b->expired),
                              .wills = atomic_load(&b->wills),
                              .resumed = atomic_load(&b->resumed),
                              .sessions_expired = atomic_load(&b->sessions_expired),
                              .saved_rows = atomic_load(&b->saved_rows) };

    pthread_rwlock_rdlock(&b->lock);
    count_sessions(b, &stats);
    stats.messages = b->letters.len - b->free_letters.len;
    PX_VEC_EACH (&b->tenants, t) {
        stats.retained += px_retained_count(t->retained);
        stats.subscriptions += px_mqtt_subs_count(t->subs);
    }
    pthread_rwlock_unlock(&b->lock);
    return stats;
}
