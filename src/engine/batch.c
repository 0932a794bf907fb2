/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One round: take what is queued, handle it into a batch until the batch is old or large enough,
 * commit row, effects and slices in one transaction, publish, acknowledge. Everything that may fail
 * comes before the commit.
 */
#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/mem.h"
#include "engine/internal.h"
#include "twin/property.h"

static_assert(PX_BATCH_BYTES_MAX * PX_BATCH_GROWS_MAX + PX_BATCH_BYTES_MAX +
                      PX_REQUEST_EVENTS_BYTES_MAX <=
                  PX_BATCH_BODY_BYTES_MAX,
              "a batch that is not full yet has room for the timers and for its last request");
static_assert(PX_BATCH_BODY_BYTES_MAX <= PX_ROW_BYTES_MAX, "a batch is one row of the journal");

enum { EFFECTS_PER_COMMIT_MAX = 32, BITE_BYTES = 32 * 1024 };

typedef struct round {
    px_buf body;
    px_request *handled, **handled_tail;
    size_t count, most; /* of requests handled; so many at most, 0: as many as fit */
    uint64_t seq_before;
    px_writeback *writebacks; /* taken for this commit */
    px_effect effects[EFFECTS_PER_COMMIT_MAX + 1];
    px_op cursor_ops[EFFECTS_PER_COMMIT_MAX];
    size_t effect_count, writeback_count;
    uint32_t consumer_rows, effects_us;
    size_t consumer_bytes;
    bool consumers_late; /* more waits than this commit takes */
    px_slice slices[3];
    size_t slice_count;
    bool has_checkpoint, has_graves;
} round_;

/* Whole milliseconds, as records keep them, and never smaller than before. */
static px_time commit_time(px_engine *engine)
{
    px_time now = px_engine_now(engine), part = now % PX_MILLISECOND;

    engine->time_taken_ns = engine->opts.env->monotonic_ns(engine->opts.env) - part;
    now -= part;
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
    r->count++;
    request->next = NULL;
    *r->handled_tail = request;
    r->handled_tail = &request->next;
}

/* A disk that takes long is asked less often for more: else a full queue would take its bytes
 * divided by a batch's, times the sync. */
static size_t batch_bytes(const px_engine *engine)
{
    enum { BATCH_BYTES_MAX = PX_BATCH_BYTES_MAX * PX_BATCH_GROWS_MAX };
    int64_t factor = engine->commit_ns_last / PX_BATCH_GROWS_NS;
    size_t bytes;

    factor = factor < 1 ? 1 : factor > PX_BATCH_GROWS_MAX ? PX_BATCH_GROWS_MAX : factor;
    bytes = engine->opts.batch_bytes_max * (size_t)factor;
    return bytes < BATCH_BYTES_MAX ? bytes : BATCH_BYTES_MAX;
}

static bool is_full(const px_engine *engine, const round_ *r)
{
    return r->body.len >= batch_bytes(engine) || engine->state.broken ||
           (r->most && r->count >= r->most) ||
           engine->state.arena.used >= engine->state.arena.limit / 2;
}

/* Of changes that stand or fall together some may be folded when one is refused, and then the batch
 * is dropped: they stand first in theirs, so that nobody beside them has to be handled again. */
static bool wants_own(const px_engine *engine, const round_ *r)
{
    return engine->left->kind == PX_REQUEST_CHANGES && r->handled;
}

/* Another processor wrote what is handled next: what is asked for early is here when its turn
 * comes. Three steps ahead the request itself, then its samples, then their fields, each of which
 * is found in what the step before brought. */
static void fetch(const px_request *request)
{
    const px_request *first = request->next, *second = first ? first->next : NULL;

    if (second && second->next)
        px_prefetch(second->next, offsetof(px_request, result));
    if (second && second->kind == PX_REQUEST_DEVICE_MESSAGE)
        px_prefetch(second->samples, sizeof(*second->samples));
    if (first && first->kind == PX_REQUEST_DEVICE_MESSAGE)
        px_prefetch(first->samples->fields,
                    first->samples->field_count * sizeof(*first->samples->fields));
}

static void handle_left(px_engine *engine, round_ *r)
{
    px_request *request;

    while ((request = engine->left) && !is_full(engine, r) && request->kind != PX_REQUEST_CALL &&
           !wants_own(engine, r)) {
        engine->left = request->next;
        fetch(request);
        handle(engine, r, request);
    }
}

/* Fills the batch from what is at hand and what still comes while it is young. A CALL ends it: it
 * runs between batches. Much that comes is taken in bites, so that most is handled while the rest
 * is awaited; for a little nobody is woken before its time. */
static void collect(px_engine *engine, round_ *r)
{
    px_env *env = engine->opts.env;
    int64_t deadline = engine->left_ns + engine->opts.batch_age_ns;

    for (;;) {
        int64_t left_ns;

        handle_left(engine, r);
        if (engine->left || is_full(engine, r) || !engine->running)
            return;
        left_ns = deadline - env->monotonic_ns(env);
        if (left_ns <= 0 || atomic_load(&engine->stopping))
            return;
        engine->left = px_queue_gather(&engine->queue, left_ns, BITE_BYTES);
    }
}

/* ---- effects and slices of the commit ---- */

/* Whether this one still has a place. An effect goes whole or waits whole, and one always goes. */
static bool has_place(const px_engine *engine, round_ *r, const px_writeback *w)
{
    size_t bytes = 0;

    for (size_t i = 0; i < w->effect.count; i++)
        bytes += w->effect.ops[i].body.len;
    r->consumers_late =
        r->writeback_count > 0 && (r->writeback_count == EFFECTS_PER_COMMIT_MAX / 2 ||
                                   r->consumer_rows + w->effect.count > engine->effect_rows_max ||
                                   r->consumer_bytes + bytes > PX_EFFECTS_BYTES_MAX);
    if (r->consumers_late)
        return false;
    r->consumer_rows += (uint32_t)w->effect.count;
    r->consumer_bytes += bytes;
    return true;
}

/* The next commit takes as many rows as would have gone in the time that there is. */
static void learn_pace(px_engine *engine, const round_ *r)
{
    uint64_t rows;

    if (r->consumer_rows < PX_EFFECTS_ROWS_MIN)
        return;
    rows = (uint64_t)r->consumer_rows * PX_EFFECTS_US_MAX / (r->effects_us + 1);
    rows = rows > PX_EFFECTS_ROWS_MAX ? PX_EFFECTS_ROWS_MAX : rows;
    engine->effect_rows_max = rows < PX_EFFECTS_ROWS_MIN ? PX_EFFECTS_ROWS_MIN : (uint32_t)rows;
}

static void take_writebacks(px_engine *engine, round_ *r)
{
    px_writeback **tail = &r->writebacks;

    pthread_mutex_lock(&engine->side_lock);
    while (engine->writebacks && has_place(engine, r, engine->writebacks)) {
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

/* Gives them back to the head of the list. */
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

static const char *const slice_names[PX_ENGINE_SLICES] = {
    [PX_ENGINE_SLICE_TWINS] = "twins",         [PX_ENGINE_SLICE_GRAVES] = "graves",
    [PX_ENGINE_SLICE_TRIM] = "trim",           [PX_ENGINE_SLICE_BACKUP] = "backup",
    [PX_ENGINE_SLICE_CONSUMERS] = "consumers",
};

const char *px_engine_slice_name(px_engine_slice slice)
{
    return slice_names[slice];
}

static void add_slices(px_engine *engine, round_ *r, bool all)
{
    int64_t now_ns = engine->opts.env->monotonic_ns(engine->opts.env);

    r->has_checkpoint =
        px_checkpoint_prepare(&engine->checkpoint, now_ns, all, &r->slices[r->slice_count]);
    r->slice_count += r->has_checkpoint;
    r->has_graves = px_graves_prepare(&engine->graves, &r->slices[r->slice_count]);
    r->slice_count += r->has_graves;
    r->slice_count += px_trim_prepare(engine, now_ns, &r->slices[r->slice_count]);
}

/* ---- commit ---- */

static px_status journal(px_engine *engine, round_ *r, px_batch *batch, px_err *ret_err)
{
    px_row row = { .spine = PX_SPINE, .epoch = PX_EPOCH, .format = PX_ROW_FORMAT_MAX };
    px_commit commit = { .effects = r->effects,
                         .effect_count = r->effect_count,
                         .slices = r->slices,
                         .slice_count = r->slice_count,
                         .effects_us = &r->effects_us };

    if (batch) {
        row.seq_first = batch->seq_first;
        row.seq_last = batch->seq_last;
        row.time = batch->time;
        row.body = batch->body;
        commit.row = &row;
    }
    return px_store_commit(engine->opts.store, &commit, ret_err);
}

/* Empty rows that this commit wrote: of documents and models, of twins and relationships. */
static void note_graves(px_engine *engine)
{
    const px_checkpoint *c = &engine->checkpoint;

    PX_VEC_EACH (&engine->state.ops, op)
        if (op->body.len == 0)
            px_graves_note(&engine->graves, op->key, op->seq);
    for (uint32_t i = 0; i < c->pulled_count; i++) {
        const px_dirty *d = &c->pulled[i];

        if (d->deleted)
            px_graves_note(&engine->graves,
                           px_state_key(d->tenant, d->slot,
                                        d->is_rel ? PX_STATE_RELATIONSHIP : PX_STATE_TWIN, d->no),
                           d->seq);
    }
}

static void publish(px_engine *engine, px_batch *batch)
{
    if (px_txn_fills_property(engine->state.txn))
        px_log_warn(engine->opts.log, "property.full",
                    "a tenant's property indexes passed their bytes; the one that grew is emptied, "
                    "and queries scan until it is put again");
    px_state_commit(&engine->state);
    engine->dropped = false;
    if (!batch)
        return;
    px_engine_set_time(engine, batch->time);
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

/* At the end there may be room once more. */
static bool use_reserve(px_engine *engine)
{
    if (!atomic_load(&engine->ending) || engine->reserve_used)
        return false;
    px_store_release_reserve(engine->opts.store);
    engine->reserve_used = true;
    return true;
}

/* A full disk only delays what consumers write, until they end. */
static bool comes_again(px_engine *engine, px_status status)
{
    if (status == PX_FULL && use_reserve(engine))
        return true;
    return (status == PX_FULL || status == PX_NO_MEMORY) && !atomic_load(&engine->writebacks_end);
}

/* What one request could not be given must not be refused to those beside it. */
static bool is_tried_again(const px_engine *engine, const round_ *r, px_status status)
{
    return engine->state.broken && status != PX_NO_MEMORY && r->handled && r->handled->next;
}

/* It is the last that broke the batch, for nothing is handled after that: those before it make a
 * batch of their own, and it is the first of the next, which it can break for nobody else. */
static void try_again_apart(px_engine *engine, round_ *r)
{
    engine->before_broken = r->count - 1;
    *r->handled_tail = engine->left;
    engine->left = r->handled;
    r->handled = NULL;
}

/* One that broke its own batch says itself why, with all that was found. */
static void refuse_handled(px_engine *engine, round_ *r, px_status status, const px_err *err)
{
    if (engine->state.broken && r->handled && !r->handled->next &&
        r->handled->result.status == status)
        finish(r->handled);
    else
        refuse_all(r->handled, status, err);
}

/* The batch is dropped: nothing of it has happened. */
static void drop(px_engine *engine, round_ *r, px_batch *batch, px_status status, const px_err *err)
{
    engine->dropped = true;
    px_state_rollback(&engine->state, r->seq_before);
    px_batch_unref(batch);
    if (r->has_checkpoint)
        px_checkpoint_settle(&engine->checkpoint, false);
    px_graves_settle(&engine->graves, false);
    if (comes_again(engine, status))
        return_writebacks(engine, r);
    else
        end_writebacks(engine, r, status);
    if (is_tried_again(engine, r, status))
        try_again_apart(engine, r);
    else
        refuse_handled(engine, r, status, err);
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
        px_assert(engine->state.broken_err.status != PX_OK);
        if (ret_err)
            *ret_err = engine->state.broken_err;
        return engine->state.broken_err.status;
    }
    PX_TRY(px_txn_settle(engine->state.txn, engine->state.registry, ret_err));
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

static void count_slice(px_engine_stats *stats, const px_slice *slice)
{
    stats->slices_late += slice->late;
    for (int kind = 0; kind < PX_ENGINE_SLICES; kind++) {
        px_slice_stats *s = &stats->slices[kind];

        if (strcmp(slice_names[kind], slice->name) != 0)
            continue;
        s->rows += slice->rows_done;
        s->us += slice->us_done;
        s->late += slice->late;
    }
}

void px_engine_count_slice(px_engine *engine, const px_slice *slice)
{
    pthread_mutex_lock(&engine->side_lock);
    count_slice(&engine->stats, slice);
    pthread_mutex_unlock(&engine->side_lock);
}

static void count_commit(px_engine *engine, const round_ *r, const px_batch *batch, int64_t took_ns)
{
    px_engine_stats *stats = &engine->stats;

    engine->commit_ns_last = took_ns;
    pthread_mutex_lock(&engine->side_lock);
    stats->batches += batch != NULL;
    stats->samples_late += engine->state.samples_late;
    stats->samples_duplicate += engine->state.samples_duplicate;
    stats->messages_repeated += engine->state.messages_repeated;
    for (size_t i = 0; i < PX_COMMAND_STATUS_COUNT; i++)
        stats->commands_ended[i] += engine->state.commands_ended[i];
    stats->events += batch ? batch->seq_last - batch->seq_first + 1 : 0;
    stats->commit_ns_sum += took_ns;
    if (took_ns > stats->commit_ns_max)
        stats->commit_ns_max = took_ns;
    for (size_t i = 0; i < r->slice_count; i++)
        count_slice(stats, &r->slices[i]);
    if (r->writeback_count > 0)
        count_slice(stats, &(px_slice){ .name = slice_names[PX_ENGINE_SLICE_CONSUMERS],
                                        .rows_done = r->consumer_rows,
                                        .us_done = r->effects_us,
                                        .late = r->consumers_late });
    learn_pace(engine, r);
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
        /* what requests can be blamed for was found before; the store says else that the engine, a
         * slice or a consumer breaks a rule, and would say it again */
        bool final = journalling && status != PX_FULL;

        drop(engine, r, batch, status, &err);
        answered(engine, r);
        if (final)
            die(engine, &err);
        return;
    }
    px_graves_settle(&engine->graves, r->has_graves);
    note_graves(engine);
    publish(engine, batch);
    if (r->has_checkpoint)
        px_checkpoint_settle(&engine->checkpoint, true);
    acknowledge(engine, r);
    answered(engine, r);
    end_writebacks(engine, r, PX_OK);
}

bool px_engine_has_writebacks(px_engine *engine)
{
    bool any;

    pthread_mutex_lock(&engine->side_lock);
    any = engine->writebacks != NULL;
    pthread_mutex_unlock(&engine->side_lock);
    return any;
}

/* No batch could be begun for them. */
static void refuse_left(px_engine *engine, const px_err *err)
{
    px_request *all = engine->left;

    engine->left = NULL;
    refuse_all(all, err->status, err);
}

void px_engine_batch(px_engine *engine, bool all_slices, bool tick)
{
    round_ r = { .seq_before = engine->state.seq, .most = engine->before_broken };
    px_err err = { 0 };
    bool begun;

    engine->before_broken = 0; /* whatever becomes of this batch */
    r.handled_tail = &r.handled;
    px_buf_init(&r.body, PX_BATCH_BODY_BYTES_MAX);
    if (px_state_begin(&engine->state, commit_time(engine), &r.body, &err) != PX_OK) {
        refuse_left(engine, &err);
        return;
    }
    begun = (!tick || px_timers_tick(&engine->state, &err) == PX_OK) &&
            px_answers_expire(&engine->state, &err) == PX_OK &&
            px_timers_fire(&engine->state, &err) == PX_OK;
    if (begun)
        collect(engine, &r);
    else
        px_state_break(&engine->state, err.status, &err); /* of a timer that fired half */
    close_batch(engine, &r, all_slices);
    if (!begun)
        refuse_left(engine, &err);
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

void px_engine_refuse_rest(px_engine *engine)
{
    px_err err;

    px_fail_id(&err, PX_BUSY, "server.ending", "the server is ending");
    refuse_all(engine->left, PX_BUSY, &err);
    engine->left = NULL;
    refuse_all(px_queue_take(&engine->queue, 0), PX_BUSY, &err);
}

/* Property indexes are built by the batches that come, and while none does by empty ones, one
 * behind the other as long as they are not refused; who ends does not wait for them. */
static bool is_building(px_engine *engine)
{
    return px_graph_is_building(engine->state.graph) && !engine->dropped &&
           !atomic_load(&engine->stopping);
}

/* What a consumer waits for has come, and no row has told it. */
static bool wants_wake(px_engine *engine, px_time now)
{
    px_time wake_at = atomic_load_explicit(&engine->wake_at, memory_order_relaxed);

    if (wake_at == PX_TIME_NONE || now < wake_at || engine->time_last >= wake_at ||
        (engine->woken != PX_TIME_NONE && now - engine->woken < PX_SECOND))
        return false;
    engine->woken = now;
    return true;
}

static bool wants_tick(px_engine *engine)
{
    px_time now = commit_time(engine);

    return px_timers_want_tick(&engine->state, now, engine->time_last) || wants_wake(engine, now);
}

/* True when it did something. */
static bool play_round(px_engine *engine, int64_t wait_ns)
{
    uint64_t rows_before = engine->checkpoint.rows;
    bool building = is_building(engine);

    if (!engine->left) {
        engine->left = px_queue_take(&engine->queue, building ? 0 : wait_ns);
        engine->left_ns = px_queue_taken_ns(&engine->queue);
    }
    if (atomic_load(&engine->dead)) {
        refuse_when_dead(engine);
        return false;
    }
    run_calls(engine);
    px_engine_tell_lag(engine);
    if (!engine->left && wants_tick(engine)) {
        px_engine_batch(engine, false, true);
        return true;
    }
    if (engine->left || px_engine_has_writebacks(engine)) {
        px_engine_batch(engine, false, false);
        return true;
    }
    px_graph_sweep(engine->state.graph);
    px_engine_batch(engine, false, false); /* slices only, if there is anything in them */
    return engine->checkpoint.rows > rows_before || (building && !engine->dropped);
}

bool px_engine_round(px_engine *engine, int64_t wait_ns)
{
    bool did = play_round(engine, px_backup_rest_ns(engine, wait_ns));

    px_backup_step(engine, !did && !engine->left);
    return did;
}
