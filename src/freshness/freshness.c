/* SPDX-License-Identifier: Apache-2.0 */
#include "freshness/freshness.h"

#include <errno.h>

#include "base/mem.h"
#include "base/thread.h"
#include "freshness/internal.h"

enum {
    EVENT_ARENA_BYTES = 64 * 1024 * 1024,
    DOCUMENT_ARENA_BYTES = 16 * 1024 * 1024,
    WAIT_NS = 20 * 1000 * 1000,
    PAUSE_NS = 1000 * 1000,
};

/* What is decided by all events up to a position stands in the graph; the first change that waits
 * says which. */
static void settle(px_fresh *f)
{
    const px_fresh_change *first = pxi_fresh_first(f);
    uint64_t settled = first ? first->seq - 1 : atomic_load(&f->position);

    if (settled <= atomic_load(&f->settled))
        return;
    atomic_store(&f->settled, settled);
    if (atomic_load(&f->waiters) == 0)
        return;
    pthread_mutex_lock(&f->wait_lock);
    pthread_cond_broadcast(&f->moved);
    pthread_mutex_unlock(&f->wait_lock);
}

static px_status sentence_of_death(px_fresh *f, px_err *ret_err)
{
    px_status status;

    pthread_mutex_lock(&f->wait_lock);
    status = f->err.status;
    if (ret_err)
        *ret_err = f->err;
    pthread_mutex_unlock(&f->wait_lock);
    return status;
}

px_status px_fresh_status(px_fresh *f, px_err *ret_err)
{
    return atomic_load(&f->dead) ? sentence_of_death(f, ret_err) : PX_OK;
}

static void die(px_fresh *f, px_status status, const px_err *err)
{
    pthread_mutex_lock(&f->wait_lock);
    f->err = *err;
    f->err.status = status;
    atomic_store(&f->dead, true);
    pthread_cond_broadcast(&f->moved);
    pthread_mutex_unlock(&f->wait_lock);
    px_log_error(f->log, "freshness.dead", "%s: %s", px_status_code(status), err->text);
}

/* ---- life ---- */

/* Rows first, then what is declared, which finds them; then the journal behind the cursor. */
static px_status open_all(px_fresh *f, px_err *ret_err)
{
    PX_TRY(px_feed_open(f->engine, PX_CONSUMER_FRESHNESS, true, &f->feed, ret_err));
    f->is_taking_up = true;
    PX_TRY(pxi_fresh_load(f, ret_err));
    f->is_first = px_feed_position(f->feed) == 0;
    if (f->is_first)
        px_feed_begin_at(f->feed, f->rows_from ? f->rows_from : f->refold_until);
    f->refolds = px_feed_position(f->feed) < f->refold_until;
    f->has_all_rows = f->refolds && !f->is_first;
    PX_TRY(pxi_fresh_take_up(f, ret_err));
    f->is_taking_up = false;
    pxi_fresh_drop_undeclared(f);
    f->seq = px_feed_position(f->feed);
    if (f->seq < f->refold_until)
        f->now = 0; /* that of the rows that are folded again */
    /* the first cursor goes out at once: what comes behind it is found again after a kill */
    f->flush.cursor_sent = f->is_first ? 0 : f->seq;
    f->flush.due_ns = f->is_first ? 0 : f->env->monotonic_ns(f->env) + PX_FRESHNESS_FLUSH_NS;
    px_feed_rest(f->feed, PX_FEED_REST_NS);
    px_engine_wake_at(f->engine, pxi_fresh_next(f));
    atomic_store(&f->position, f->seq);
    atomic_store(&f->cursor, f->seq);
    settle(f);
    return PX_OK;
}

px_status px_fresh_open(px_engine *engine, px_log *log, px_fresh **ret_fresh, px_err *ret_err)
{
    px_fresh *f = px_zalloc(1, sizeof(*f));
    px_status status;

    if (!f)
        return px_no_memory(ret_err);
    f->engine = engine;
    f->env = px_engine_env(engine);
    f->log = log;
    px_arena_init(&f->arena, EVENT_ARENA_BYTES);
    px_arena_init(&f->scratch, DOCUMENT_ARENA_BYTES);
    pthread_mutex_init(&f->lock, NULL);
    pthread_mutex_init(&f->wait_lock, NULL);
    px_cond_init(&f->moved);
    f->changes_max = PX_FRESHNESS_CHANGES_MAX;
    f->now = px_engine_now(engine) / PX_MILLISECOND * PX_MILLISECOND;
    f->seq = f->refold_until = px_engine_position(engine);
    status = open_all(f, ret_err);
    if (status != PX_OK) {
        px_fresh_close(f);
        return status;
    }
    *ret_fresh = f;
    return PX_OK;
}

void px_fresh_close(px_fresh *f)
{
    if (!f)
        return;
    px_assert(!atomic_load(&f->running) &&
              (!f->flight.is_flying || atomic_load(&f->flight.has_landed)) &&
              (!f->flush.is_flying || atomic_load(&f->flush.has_landed)));
    px_feed_close(f->feed);
    pxi_fresh_free_twins(f);
    PX_VEC_RELEASE(&f->changes);
    pxi_fresh_flush_release(f);
    PX_VEC_RELEASE(&f->rules);
    PX_VEC_RELEASE(&f->models);
    px_buf_release(&f->record);
    px_arena_release(&f->arena);
    px_arena_release(&f->scratch);
    pthread_cond_destroy(&f->moved);
    pthread_mutex_destroy(&f->lock);
    pthread_mutex_destroy(&f->wait_lock);
    px_free(f);
}

/* ---- steps ---- */

static px_status fold(px_fresh *f, const px_batch *batch, px_err *ret_err)
{
    px_time next;

    PX_TRY(pxi_fresh_fold(f, batch, ret_err));
    pthread_mutex_lock(&f->lock);
    next = pxi_fresh_next(f);
    pthread_mutex_unlock(&f->lock);
    px_engine_wake_at(f->engine, next);
    return PX_OK;
}

/* PX_TIMEOUT: there was no row. */
static px_status fold_next(px_fresh *f, int64_t wait_ns, px_err *ret_err)
{
    px_batch *batch;
    px_status status;

    px_feed_rest(f->feed, atomic_load(&f->waiters) ? 0 : PX_FEED_REST_NS);
    status = px_feed_next(f->feed, wait_ns, &batch, ret_err);
    if (status == PX_NO_MEMORY) { /* it gives the same row again */
        px_pause_ns(PAUSE_NS);
        return PX_TIMEOUT;
    }
    if (status != PX_OK)
        return status;
    while ((status = fold(f, batch, ret_err)) == PX_NO_MEMORY && !atomic_load(&f->stop))
        px_pause_ns(PAUSE_NS);
    if (status == PX_OK)
        atomic_store(&f->position, batch->seq_last);
    px_batch_unref(batch);
    return status;
}

/* What waits holds the journal, but in a time that is folded again: then the journal takes it. */
static bool may_fold(const px_fresh *f, bool is_again)
{
    return is_again || (pxi_fresh_waiting(f) < f->changes_max && !pxi_fresh_flush_waits(f));
}

static px_status step(px_fresh *f, int64_t wait_ns, bool *ret_did, px_err *ret_err)
{
    bool is_again = f->seq < f->refold_until; /* the journal may have said it already */
    px_status status = PX_TIMEOUT;

    *ret_did = !is_again && pxi_fresh_tell(f);
    *ret_did |= pxi_fresh_flush(f, false);
    if (may_fold(f, is_again))
        status = fold_next(f, *ret_did || pxi_fresh_waiting(f) || f->flush.is_flying ? 0 : wait_ns,
                           ret_err);
    settle(f);
    *ret_did |= status == PX_OK;
    return status == PX_TIMEOUT ? PX_OK : status;
}

/* What neither time nor memory can mend ends it. */
static px_status guarded_step(px_fresh *f, int64_t wait_ns, bool *ret_did)
{
    px_err err = { 0 };
    px_status status;

    *ret_did = false;
    if (atomic_load(&f->dead))
        return sentence_of_death(f, NULL);
    status = step(f, wait_ns, ret_did, &err);
    if (status != PX_OK && status != PX_INTERRUPTED && status != PX_NO_MEMORY)
        die(f, status, &err);
    return status;
}

bool px_fresh_step(px_fresh *f)
{
    bool did;

    return guarded_step(f, 0, &did) == PX_OK && did;
}

/* ---- the thread ---- */

/* For the engine's answer, or to try again; rows that come meanwhile are not urgent. */
static void wait_for_landing(px_fresh *f)
{
    struct timespec until = px_deadline_in(PAUSE_NS);

    pthread_mutex_lock(&f->wait_lock);
    if (!atomic_load(&f->flight.has_landed) && !atomic_load(&f->flush.has_landed))
        pthread_cond_timedwait(&f->moved, &f->wait_lock, &until);
    pthread_mutex_unlock(&f->wait_lock);
}

static void *run(void *data)
{
    px_fresh *f = data;
    px_status status = PX_OK;
    bool did;

    px_thread_stand_back();
    while (!atomic_load(&f->stop) && status == PX_OK) {
        status = guarded_step(f, WAIT_NS, &did);
        if (status == PX_OK && !did && (pxi_fresh_waiting(f) || f->flush.is_flying))
            wait_for_landing(f);
    }
    return NULL;
}

px_status px_fresh_start(px_fresh *f, px_err *ret_err)
{
    atomic_store(&f->running, true);
    if (px_thread_start(&f->thread, "freshness", run, f))
        return PX_OK;
    atomic_store(&f->running, false);
    return px_no_memory(ret_err);
}

/* First to the journal's end, then out with it; what is late stays in the journal. */
static void flush_all(px_fresh *f, int64_t until_ns)
{
    px_status status = PX_OK;
    bool did;

    while (status == PX_OK && !f->flush.has_failed && f->env->monotonic_ns(f->env) < until_ns) {
        status = guarded_step(f, 0, &did);
        did |= status == PX_OK && pxi_fresh_flush(f, true);
        if (!did && f->flush.cursor_sent == f->seq && f->seq == px_engine_position(f->engine) &&
            !pxi_fresh_waiting(f) && !f->flush.is_flying)
            return;
        if (!did)
            px_pause_ns(PAUSE_NS / 10);
    }
}

static bool is_under_way(const px_fresh *f)
{
    return (f->flight.is_flying && !atomic_load(&f->flight.has_landed)) ||
           (f->flush.is_flying && !atomic_load(&f->flush.has_landed));
}

void px_fresh_stop(px_fresh *f)
{
    if (!f || !atomic_load(&f->running))
        return;
    atomic_store(&f->stop, true);
    px_feed_hurry(f->feed);
    pthread_join(f->thread, NULL);
    atomic_store(&f->running, false);
    px_engine_writebacks_end(f->engine);
    if (!atomic_load(&f->dead))
        flush_all(f, f->env->monotonic_ns(f->env) + PX_FRESHNESS_STOP_NS);
    while (is_under_way(f))
        px_pause_ns(PAUSE_NS); /* the engine ends what it has taken */
}

/* ---- waiting ---- */

static px_status lags(px_fresh *f, uint64_t seq, px_err *ret_err)
{
    uint64_t position = atomic_load(&f->settled);

    return px_fail_id(ret_err, PX_BUSY, "freshness.lag",
                      "freshness is %llu events behind; try again",
                      (unsigned long long)(seq > position ? seq - position : 0));
}

px_status px_fresh_wait(px_fresh *f, uint64_t seq, int64_t wait_ns, px_err *ret_err)
{
    struct timespec until = px_deadline_in(wait_ns);
    int late = 0;

    PX_TRY(px_fresh_status(f, ret_err));
    if (atomic_load(&f->settled) >= seq)
        return PX_OK;
    if (!atomic_load(&f->running))
        return lags(f, seq, ret_err);
    atomic_fetch_add(&f->waiters, 1);
    px_feed_hurry(f->feed);
    pthread_mutex_lock(&f->wait_lock);
    while (atomic_load(&f->settled) < seq && !atomic_load(&f->dead) && late != ETIMEDOUT)
        late = pthread_cond_timedwait(&f->moved, &f->wait_lock, &until);
    pthread_mutex_unlock(&f->wait_lock);
    atomic_fetch_sub(&f->waiters, 1);
    PX_TRY(px_fresh_status(f, ret_err));
    return atomic_load(&f->settled) >= seq ? PX_OK : lags(f, seq, ret_err);
}

/* ---- reading ---- */

static px_status copy(const px_fresh_twin *twin, px_arena *arena, px_fresh_report *report,
                      px_err *ret_err)
{
    px_fresh_tracked *items = PX_ARENA_ARRAY(arena, px_fresh_tracked, twin->items.len + 1);
    px_fresh_source *sources = PX_ARENA_ARRAY(arena, px_fresh_source, twin->sources.len + 1);

    if (!items || !sources)
        return px_arena_fail(arena, ret_err);
    if (twin->items.len)
        memcpy(items, twin->items.ptr, twin->items.len * sizeof(*items));
    if (twin->sources.len)
        memcpy(sources, twin->sources.ptr, twin->sources.len * sizeof(*sources));
    *report = (px_fresh_report){ .state = twin->state,
                                 .since = twin->since,
                                 .items = items,
                                 .item_count = twin->items.len,
                                 .sources = sources,
                                 .source_count = twin->sources.len,
                                 .pace = pxi_fresh_pace(twin) };
    return PX_OK;
}

px_status px_fresh_read(px_fresh *f, uint32_t tenant, uint32_t twin_no, px_arena *arena,
                        px_fresh_report *ret_report, px_err *ret_err)
{
    const px_fresh_twin *twin;
    px_status status;

    pthread_mutex_lock(&f->lock);
    twin = pxi_fresh_find(f, twin_no);
    if (twin && twin->tenant == tenant)
        status = copy(twin, arena, ret_report, ret_err);
    else
        status = px_fail_id(ret_err, PX_NOT_FOUND, "freshness.undeclared",
                            "nothing is declared of this twin's freshness");
    pthread_mutex_unlock(&f->lock);
    return status;
}

size_t px_fresh_list(px_fresh *f, uint32_t tenant, uint32_t states, uint32_t *cursor, size_t max,
                     px_fresh_entry *ret_entries)
{
    size_t count = 0, at;

    pthread_mutex_lock(&f->lock);
    for (at = *cursor; at < f->twins.len && count < max; at++) {
        const px_fresh_twin *twin = &f->twins.ptr[at];

        if (twin->no && twin->tenant == tenant && (states >> twin->state & 1))
            ret_entries[count++] = (px_fresh_entry){ twin->no, twin->state, twin->since };
    }
    *cursor = at < f->twins.len ? (uint32_t)at : 0;
    pthread_mutex_unlock(&f->lock);
    return count;
}

void px_fresh_count(px_fresh *f, uint32_t tenant, uint64_t ret_counts[PX_FRESHNESS_COUNT])
{
    memset(ret_counts, 0, PX_FRESHNESS_COUNT * sizeof(*ret_counts));
    pthread_mutex_lock(&f->lock);
    PX_VEC_EACH (&f->tallies, tally)
        if (tally->tenant == tenant)
            memcpy(ret_counts, tally->counts, sizeof(tally->counts));
    pthread_mutex_unlock(&f->lock);
}

px_fresh_stats px_fresh_stat(px_fresh *f)
{
    px_fresh_stats stats;

    pthread_mutex_lock(&f->lock);
    stats = f->stats;
    stats.waiting = pxi_fresh_waiting(f);
    pthread_mutex_unlock(&f->lock);
    stats.position = atomic_load(&f->position);
    stats.cursor = atomic_load(&f->cursor);
    return stats;
}
