/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One round: take what is queued, handle it into a batch until the batch is old or large enough,
 * commit row, effects and slices in one transaction, publish, acknowledge. Everything that may fail
 * comes before the commit.
 */
#include "engine/engine.h"

#include <stdatomic.h>

#include "engine/internal.h"

enum { EFFECTS_PER_COMMIT_MAX = 32, IDLE_WAIT_NS = 20 * 1000 * 1000 };

px_status px_engine_open(const px_engine_opts *opts, px_engine **ret_engine, px_err *ret_err)
{
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
    engine->writebacks_tail = &engine->writebacks;
    pthread_mutex_init(&engine->side_lock, NULL);
    px_queue_init(&engine->queue, engine->opts.queue_bytes_max);
    px_ring_init(&engine->ring, PX_RING_BYTES_MAX);
    status = px_state_init(&engine->state, opts->env, opts->log, ret_err);
    if (status == PX_OK) {
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

/* ---- one batch ---- */

typedef struct round {
    px_buf body;
    px_request *handled, **handled_tail;
    uint64_t seq_before;
    px_writeback *writebacks; /* taken for this commit */
    px_effect effects[EFFECTS_PER_COMMIT_MAX + 1];
    px_op cursor_ops[EFFECTS_PER_COMMIT_MAX];
    size_t effect_count, writeback_count;
    px_slice slices[3];
    size_t slice_count;
    bool has_checkpoint, has_graves;
    int64_t began_ns;
} round_;

/* Whole milliseconds, as records keep them, and never smaller than before. */
static px_time commit_time(px_engine *engine)
{
    px_time now = engine->opts.env->now(engine->opts.env);

    now -= now % PX_MILLISECOND;
    return now > engine->time_last ? now : engine->time_last;
}

static void finish(px_request *request)
{
    if (request->done)
        request->done(request);
}

static void refuse_all(px_request *first, px_status status, const px_err *err)
{
    while (first) {
        px_request *next = first->next;

        first->result = (px_result){ .status = status, .err = *err };
        finish(first);
        first = next;
    }
}

static void handle(px_engine *engine, round_ *r, px_request *request)
{
    px_state_handle(&engine->state, request);
    request->next = NULL;
    *r->handled_tail = request;
    r->handled_tail = &request->next;
}

static bool is_full(const px_engine *engine, const round_ *r)
{
    return r->body.len >= engine->opts.batch_bytes_max || engine->state.broken;
}

/* Fills the batch from what is at hand and what still comes while it is young. A CALL ends it: it
 * runs between batches. */
static void collect(px_engine *engine, round_ *r)
{
    px_env *env = engine->opts.env;
    int64_t deadline = r->began_ns + engine->opts.batch_age_ns;

    for (;;) {
        int64_t left_ns;

        while (engine->left && !is_full(engine, r) && engine->left->kind != PX_REQUEST_CALL) {
            px_request *request = engine->left;

            engine->left = request->next;
            handle(engine, r, request);
        }
        if (engine->left || is_full(engine, r) || !engine->running)
            return;
        left_ns = deadline - env->monotonic_ns(env);
        if (left_ns <= 0 || atomic_load(&engine->stopping))
            return;
        engine->left = px_queue_take(&engine->queue, left_ns);
    }
}

/* ---- effects and slices of the commit ---- */

static void take_writebacks(px_engine *engine, round_ *r)
{
    px_writeback **tail = &r->writebacks;

    pthread_mutex_lock(&engine->side_lock);
    while (engine->writebacks && r->writeback_count < EFFECTS_PER_COMMIT_MAX / 2) {
        px_writeback *w = engine->writebacks;

        engine->writebacks = w->next;
        if (!engine->writebacks)
            engine->writebacks_tail = &engine->writebacks;
        w->next = NULL;
        *tail = w;
        tail = &w->next;
        r->effects[r->effect_count++] = w->effect;
        if (w->cursor) {
            px_op *op = &r->cursor_ops[r->writeback_count];

            *op = (px_op){ .kind = PX_OP_PUT,
                           .table = PX_TABLE_CURSOR,
                           .key = { w->consumer, 0, 0 },
                           .seq = w->cursor,
                           .body = PX_STR("") };
            r->effects[r->effect_count++] = (px_effect){ "cursor", op, 1 };
        }
        r->writeback_count++;
    }
    pthread_mutex_unlock(&engine->side_lock);
}

static void end_writebacks(px_engine *engine, round_ *r, px_status status)
{
    px_writeback *next;

    for (px_writeback *w = r->writebacks; w; w = next) {
        next = w->next;
        if (status == PX_OK && w->cursor) {
            pthread_mutex_lock(&engine->side_lock);
            engine->cursors[w->consumer] = w->cursor;
            pthread_mutex_unlock(&engine->side_lock);
        }
        w->done(w, status);
    }
}

/* Gives them back to the head of the list: a full disk only delays them. */
static void return_writebacks(px_engine *engine, round_ *r)
{
    px_writeback *last = r->writebacks;

    if (!last)
        return;
    while (last->next)
        last = last->next;
    pthread_mutex_lock(&engine->side_lock);
    last->next = engine->writebacks;
    if (!engine->writebacks)
        engine->writebacks_tail = &last->next;
    engine->writebacks = r->writebacks;
    pthread_mutex_unlock(&engine->side_lock);
}

static bool next_trim(void *data, uint32_t rows_before, px_op *ret_op)
{
    enum { ROWS_AT_ONCE = 32, ROWS_PER_COMMIT = 256 };
    px_trim *trim = data;

    if (trim->done > 0 && rows_before < ROWS_AT_ONCE)
        trim->wanted = false;
    if (!trim->wanted || trim->done >= ROWS_PER_COMMIT)
        return false;
    trim->done += ROWS_AT_ONCE;
    *ret_op = (px_op){ .kind = PX_OP_TRIM_JOURNAL,
                       .key = { PX_SPINE, (int64_t)trim->below, 0 },
                       .limit = ROWS_AT_ONCE };
    return true;
}

/* The smallest position that somebody still needs. */
static uint64_t trim_below(px_engine *engine)
{
    uint64_t below = engine->checkpoint.done_seq;

    pthread_mutex_lock(&engine->side_lock);
    for (int id = 1; id < PX_CONSUMERS_MAX; id++)
        if (engine->holds[id] && engine->cursors[id] < below)
            below = engine->cursors[id];
    pthread_mutex_unlock(&engine->side_lock);
    return below + 1;
}

/* Looks once a second whether the journal is longer than it must be. */
static void plan_trim(px_engine *engine, int64_t now_ns)
{
    px_journal_bounds bounds;
    px_time oldest_kept;

    if (now_ns - engine->bounds_ns < PX_SECOND)
        return;
    engine->bounds_ns = now_ns;
    if (px_journal_bounds_get(engine->journal, PX_SPINE, &bounds, NULL) != PX_OK || bounds.empty)
        return;
    oldest_kept = engine->time_last - engine->opts.journal_keep_ns;
    engine->trim.below = trim_below(engine);
    engine->trim.wanted =
        engine->trim.below > bounds.seq_first &&
        (bounds.bytes > engine->opts.journal_keep_bytes || bounds.time_first < oldest_kept);
}

static void add_slices(px_engine *engine, round_ *r, bool all)
{
    int64_t now_ns = engine->opts.env->monotonic_ns(engine->opts.env);

    r->has_checkpoint =
        px_checkpoint_prepare(&engine->checkpoint, now_ns, all, &r->slices[r->slice_count]);
    r->slice_count += r->has_checkpoint;
    r->has_graves = px_graves_prepare(&engine->graves, &r->slices[r->slice_count]);
    r->slice_count += r->has_graves;
    plan_trim(engine, now_ns);
    if (engine->trim.wanted) {
        engine->trim.done = 0;
        r->slices[r->slice_count++] = (px_slice){
            .name = "trim", .next = next_trim, .data = &engine->trim, .rows_max = 256, .us_max = 400
        };
    }
}

/* ---- commit ---- */

static px_status journal(px_engine *engine, round_ *r, px_batch *batch, px_err *ret_err)
{
    px_row row = { .spine = PX_SPINE, .epoch = PX_EPOCH, .format = PX_ROW_FORMAT_MAX };
    px_commit commit = { .effects = r->effects,
                         .effect_count = r->effect_count,
                         .slices = r->slices,
                         .slice_count = r->slice_count };

    if (batch) {
        row.seq_first = batch->seq_first;
        row.seq_last = batch->seq_last;
        row.time = batch->time;
        row.body = batch->body;
        commit.row = &row;
    }
    return px_store_commit(engine->opts.store, &commit, ret_err);
}

static void publish(px_engine *engine, px_batch *batch)
{
    px_state_commit(&engine->state);
    if (!batch)
        return;
    engine->time_last = batch->time;
    atomic_store(&engine->position, batch->seq_last);
    px_ring_push(&engine->ring, batch);
}

static void acknowledge(px_engine *engine, round_ *r)
{
    uint64_t count = 0, refused = 0;
    px_request *next;

    for (px_request *request = r->handled; request; request = next) {
        next = request->next;
        count++;
        refused += request->result.status != PX_OK;
        finish(request);
    }
    pthread_mutex_lock(&engine->side_lock);
    engine->stats.requests += count;
    engine->stats.refused += refused;
    pthread_mutex_unlock(&engine->side_lock);
}

static void answered(px_engine *engine, const round_ *r)
{
    if (r->handled && engine->opts.answered)
        engine->opts.answered(engine->opts.data);
}

static void die(px_engine *engine, const px_err *err)
{
    engine->death = *err;
    atomic_store(&engine->dead, true);
    px_log_error(engine->opts.log, "engine.dead", "status=%s %s", px_status_code(err->status),
                 err->text);
    if (engine->opts.fatal)
        engine->opts.fatal(engine->opts.data, err);
}

/* The batch is dropped: nothing of it has happened. */
static void drop(px_engine *engine, round_ *r, px_batch *batch, px_status status, const px_err *err)
{
    px_state_rollback(&engine->state, r->seq_before);
    px_batch_unref(batch);
    if (r->has_checkpoint)
        px_checkpoint_settle(&engine->checkpoint, false);
    px_graves_settle(&engine->graves, false);
    if (status == PX_FULL || status == PX_NO_MEMORY)
        return_writebacks(engine, r);
    else
        end_writebacks(engine, r, status);
    refuse_all(r->handled, status, err);
    pthread_mutex_lock(&engine->side_lock);
    engine->stats.full += status == PX_FULL;
    pthread_mutex_unlock(&engine->side_lock);
}

/* Everything that publishing needs is made here: the shared batch and its place in the ring. */
static px_status make_batch(px_engine *engine, round_ *r, px_batch **ret_batch, px_err *ret_err)
{
    px_batch *batch;

    *ret_batch = NULL;
    if (engine->state.broken) {
        if (ret_err)
            *ret_err = engine->state.broken_err;
        return engine->state.broken_err.status;
    }
    if (engine->state.seq == r->seq_before)
        return PX_OK;
    batch = px_ring_reserve(&engine->ring) ? px_batch_new(&r->body) : NULL;
    if (!batch)
        return px_no_memory(ret_err);
    batch->seq_first = r->seq_before + 1;
    batch->seq_last = engine->state.seq;
    batch->time = engine->state.now;
    *ret_batch = batch;
    return PX_OK;
}

static void count_commit(px_engine *engine, const round_ *r, const px_batch *batch, int64_t took_ns)
{
    px_engine_stats *stats = &engine->stats;

    pthread_mutex_lock(&engine->side_lock);
    stats->batches += batch != NULL;
    stats->events += batch ? batch->seq_last - batch->seq_first + 1 : 0;
    stats->commit_ns_sum += took_ns;
    if (took_ns > stats->commit_ns_max)
        stats->commit_ns_max = took_ns;
    for (size_t i = 0; i < r->slice_count; i++)
        stats->slices_late += r->slices[i].late;
    pthread_mutex_unlock(&engine->side_lock);
}

static void close_batch(px_engine *engine, round_ *r, bool all_slices)
{
    px_env *env = engine->opts.env;
    px_batch *batch;
    px_err err = { 0 };
    px_status status;
    int64_t before_ns;
    bool journalling;

    if (engine->state.ops.len > 0)
        r->effects[r->effect_count++] =
            (px_effect){ "state", engine->state.ops.ptr, engine->state.ops.len };
    status = make_batch(engine, r, &batch, &err);
    journalling = status == PX_OK;
    if (journalling) {
        take_writebacks(engine, r);
        add_slices(engine, r, all_slices);
        before_ns = env->monotonic_ns(env);
        status = journal(engine, r, batch, &err);
        if (status == PX_OK)
            count_commit(engine, r, batch, env->monotonic_ns(env) - before_ns);
    }
    if (status != PX_OK) {
        drop(engine, r, batch, status, &err);
        answered(engine, r);
        if (journalling && status != PX_FULL)
            die(engine, &err);
        return;
    }
    publish(engine, batch);
    if (r->has_checkpoint)
        px_checkpoint_settle(&engine->checkpoint, true);
    px_graves_settle(&engine->graves, r->has_graves);
    acknowledge(engine, r);
    answered(engine, r);
    end_writebacks(engine, r, PX_OK);
}

static bool has_writebacks(px_engine *engine)
{
    bool any;

    pthread_mutex_lock(&engine->side_lock);
    any = engine->writebacks != NULL;
    pthread_mutex_unlock(&engine->side_lock);
    return any;
}

static void run_batch(px_engine *engine, bool all_slices, bool tick)
{
    px_env *env = engine->opts.env;
    round_ r = { .seq_before = engine->state.seq, .began_ns = env->monotonic_ns(env) };
    px_err err;

    r.handled_tail = &r.handled;
    px_buf_init(&r.body, PX_BATCH_BODY_BYTES_MAX);
    if (px_state_begin(&engine->state, commit_time(engine), &r.body, &err) != PX_OK) {
        px_request *all = engine->left;

        engine->left = NULL;
        refuse_all(all, err.status, &err);
        return;
    }
    if ((!tick || px_timers_tick(&engine->state, &err) == PX_OK) &&
        px_timers_fire(&engine->state, &err) == PX_OK)
        collect(engine, &r);
    close_batch(engine, &r, all_slices);
    px_buf_release(&r.body);
}

static void run_calls(px_engine *engine)
{
    while (engine->left && engine->left->kind == PX_REQUEST_CALL) {
        px_request *request = engine->left;

        engine->left = request->next;
        request->result = (px_result){ 0 };
        request->result.status =
            px_authorize(&request->principal, PX_ACTION_BRANCH, request->id, &request->result.err);
        if (request->result.status == PX_OK)
            request->call(request, &engine->state);
        finish(request);
    }
}

static void refuse_when_dead(px_engine *engine)
{
    px_request *all = engine->left;

    engine->left = NULL;
    refuse_all(all, PX_IO, &engine->death);
    pthread_mutex_lock(&engine->side_lock);
    px_writeback *writebacks = engine->writebacks;
    engine->writebacks = NULL;
    engine->writebacks_tail = &engine->writebacks;
    pthread_mutex_unlock(&engine->side_lock);
    while (writebacks) {
        px_writeback *next = writebacks->next;

        writebacks->done(writebacks, PX_IO);
        writebacks = next;
    }
}

/* True when it did something. */
static bool run_round(px_engine *engine, int64_t wait_ns)
{
    uint64_t rows_before = engine->checkpoint.rows;

    if (!engine->left)
        engine->left = px_queue_take(&engine->queue, wait_ns);
    if (atomic_load(&engine->dead)) {
        refuse_when_dead(engine);
        return false;
    }
    run_calls(engine);
    if (!engine->left &&
        px_timers_want_tick(&engine->state, commit_time(engine), engine->time_last)) {
        run_batch(engine, false, true);
        return true;
    }
    if (engine->left || has_writebacks(engine)) {
        run_batch(engine, false, false);
        return true;
    }
    px_graph_sweep(engine->state.graph);
    run_batch(engine, false, false); /* slices only, if there is anything in them */
    return engine->checkpoint.rows > rows_before;
}

bool px_engine_step(px_engine *engine)
{
    return run_round(engine, 0);
}

/* ---- thread ---- */

static void *run(void *data)
{
    px_engine *engine = data;

    while (!atomic_load(&engine->stopping))
        run_round(engine, IDLE_WAIT_NS);
    while (run_round(engine, 0) && !atomic_load(&engine->dead))
        continue;
    return NULL;
}

px_status px_engine_start(px_engine *engine, px_err *ret_err)
{
    engine->running = true;
    if (pthread_create(&engine->thread, NULL, run, engine) == 0)
        return PX_OK;
    engine->running = false;
    return px_fail(ret_err, PX_BUSY, "the engine's thread cannot be started");
}

/* A clean stop leaves nothing to replay: one last round of the checkpoint. */
static void write_all(px_engine *engine)
{
    for (int tries = 0; tries < 1 << 16 && !atomic_load(&engine->dead); tries++) {
        uint64_t published = px_graph_stat(engine->state.graph).seq;

        if (engine->checkpoint.done_seq >= published && !has_writebacks(engine))
            return;
        uint64_t full_before = engine->stats.full;
        run_batch(engine, true, false);
        if (engine->stats.full > full_before)
            return; /* no space: the journal has it all */
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
    while (run_round(engine, 0) && !atomic_load(&engine->dead))
        continue;
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

static bool is_consumer_too_far_behind(px_engine *engine)
{
    int64_t total = atomic_load_explicit(&engine->ring.bytes_total, memory_order_relaxed);

    for (int id = 1; id < PX_CONSUMERS_MAX; id++)
        if (engine->holds[id] &&
            total - atomic_load_explicit(&engine->feed_bytes[id], memory_order_relaxed) >
                PX_CONSUMER_LAG_BYTES_MAX)
            return true;
    return false;
}

px_status px_engine_submit(px_engine *engine, px_request *first, px_request *last)
{
    size_t bytes = 0;

    if (atomic_load_explicit(&engine->dead, memory_order_relaxed))
        return PX_IO;
    if (is_consumer_too_far_behind(engine))
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

void px_engine_hold_journal(px_engine *engine, px_consumer_id id, bool hold)
{
    pthread_mutex_lock(&engine->side_lock);
    engine->holds[id] = hold;
    pthread_mutex_unlock(&engine->side_lock);
}

void px_engine_feed_moved(px_engine *engine, px_consumer_id id, int64_t bytes)
{
    atomic_fetch_add_explicit(&engine->feed_bytes[id], bytes, memory_order_relaxed);
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
