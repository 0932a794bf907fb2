/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_engine.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/vec.h"
#include "px_test.h"

struct px_engine {
    pthread_mutex_t lock; /* guards all below */
    px_store *store;
    PX_VEC(px_batch *) batches;
    px_writeback *first, **last;
    uint64_t position, cursor;
};

struct px_feed {
    px_engine *engine;
    uint64_t position;
};

px_engine *fake_engine_new(px_store *store, uint64_t cursor)
{
    px_engine *engine = px_zalloc(1, sizeof(*engine));

    px_assert(engine);
    pthread_mutex_init(&engine->lock, NULL);
    engine->store = store;
    engine->last = &engine->first;
    engine->cursor = cursor;
    return engine;
}

void fake_engine_free(px_engine *engine)
{
    PX_VEC_EACH (&engine->batches, batch)
        px_batch_unref(*batch);
    PX_VEC_RELEASE(&engine->batches);
    pthread_mutex_destroy(&engine->lock);
    px_free(engine);
}

void fake_engine_restart(px_engine *engine, px_store *store, uint64_t cursor)
{
    engine->store = store;
    engine->cursor = cursor;
}

void fake_engine_append(px_engine *engine, px_time time, px_event *events, size_t count)
{
    px_batch *batch = px_zalloc(1, sizeof(*batch));
    px_buf body = { 0 };

    px_assert(batch);
    pthread_mutex_lock(&engine->lock);
    batch->seq_first = engine->position + 1;
    for (size_t i = 0; i < count; i++) {
        events[i].seq = batch->seq_first + i;
        events[i].time = time;
        px_put_event(&body, &events[i]);
    }
    px_assert(body.status == PX_OK);
    atomic_init(&batch->refs, 1);
    batch->body = px_buf_str(&body);
    batch->time = time;
    batch->seq_last = engine->position = batch->seq_first + count - 1;
    px_assert(PX_VEC_PUSH(&engine->batches, batch));
    pthread_mutex_unlock(&engine->lock);
}

/* ---- writebacks ---- */

void px_engine_writeback(px_engine *engine, px_writeback *writeback)
{
    pthread_mutex_lock(&engine->lock);
    writeback->next = NULL;
    *engine->last = writeback;
    engine->last = &writeback->next;
    pthread_mutex_unlock(&engine->lock);
}

/* The fake never runs out of space. */
void px_engine_writebacks_end(px_engine *engine)
{
    (void)engine;
}

static px_writeback *pop(px_engine *engine)
{
    px_writeback *w;

    pthread_mutex_lock(&engine->lock);
    w = engine->first;
    if (w && !(engine->first = w->next))
        engine->last = &engine->first;
    pthread_mutex_unlock(&engine->lock);
    return w;
}

bool fake_engine_commit(px_engine *engine, px_status *ret_status)
{
    px_writeback *w = pop(engine);
    px_op cursor = { .kind = PX_OP_PUT,
                     .table = PX_TABLE_CURSOR,
                     .key = { PX_CONSUMER_HISTORY, 0, 0 },
                     .body = PX_STR("x") };
    px_commit commit = { .effect_count = 2 };
    px_effect effects[2];
    px_status status;
    px_err err;

    if (!w)
        return false;
    px_assert(w->effect.count <= PX_WRITEBACK_OPS_MAX);
    px_assert(w->cursor >= engine->cursor && w->cursor <= engine->position);
    cursor.seq = w->cursor;
    effects[0] = w->effect;
    effects[1] = (px_effect){ .name = "cursor", .ops = &cursor, .count = 1 };
    commit.effects = effects;
    status = px_store_commit(engine->store, &commit, &err);
    if (status == PX_OK)
        engine->cursor = w->cursor;
    if (ret_status)
        *ret_status = status;
    else
        CHECK_OK(status, &err);
    w->done(w, status);
    return true;
}

void fake_engine_drop(px_engine *engine)
{
    px_writeback *w;

    while ((w = pop(engine)))
        w->done(w, PX_IO);
}

void fake_engine_forget(px_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    PX_VEC_EACH (&engine->batches, batch)
        px_batch_unref(*batch);
    engine->batches.len = 0;
    pthread_mutex_unlock(&engine->lock);
}

size_t fake_engine_waiting(px_engine *engine)
{
    size_t n = 0;

    pthread_mutex_lock(&engine->lock);
    for (px_writeback *w = engine->first; w; w = w->next)
        n++;
    pthread_mutex_unlock(&engine->lock);
    return n;
}

uint64_t fake_engine_cursor(px_engine *engine)
{
    return engine->cursor;
}

uint64_t px_engine_position(px_engine *engine)
{
    uint64_t position;

    pthread_mutex_lock(&engine->lock);
    position = engine->position;
    pthread_mutex_unlock(&engine->lock);
    return position;
}

/* ---- feeds ---- */

void px_batch_ref(px_batch *batch)
{
    atomic_fetch_add(&batch->refs, 1);
}

void px_batch_unref(px_batch *batch)
{
    if (!batch || atomic_fetch_sub(&batch->refs, 1) != 1)
        return;
    px_free((void *)(uintptr_t)batch->body.ptr);
    px_free(batch);
}

px_status px_feed_open(px_engine *engine, px_consumer_id id, bool holds_journal, px_feed **ret_feed,
                       px_err *ret_err)
{
    (void)id;
    (void)holds_journal;
    return px_feed_open_at(engine, engine->cursor, ret_feed, ret_err);
}

px_status px_feed_open_at(px_engine *engine, uint64_t after_seq, px_feed **ret_feed,
                          px_err *ret_err)
{
    px_feed *feed = px_zalloc(1, sizeof(*feed));

    if (!feed)
        return px_no_memory(ret_err);
    *feed = (px_feed){ engine, after_seq };
    *ret_feed = feed;
    return PX_OK;
}

void px_feed_close(px_feed *feed)
{
    px_free(feed);
}

void px_feed_rest(px_feed *feed, int64_t rest_ns)
{
    (void)feed, (void)rest_ns; /* nobody waits here */
}

void px_feed_hurry(px_feed *feed)
{
    (void)feed;
}

uint64_t px_feed_position(const px_feed *feed)
{
    return feed->position;
}

px_status px_feed_next(px_feed *feed, int64_t wait_ns, px_batch **ret_batch, px_err *ret_err)
{
    px_engine *engine = feed->engine;
    px_batch *found = NULL;
    size_t low = 0, high;

    (void)wait_ns;
    pthread_mutex_lock(&engine->lock);
    for (high = engine->batches.len; low < high;) {
        size_t middle = (low + high) / 2;

        if (engine->batches.ptr[middle]->seq_last <= feed->position)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < engine->batches.len) {
        found = engine->batches.ptr[low];
        px_batch_ref(found);
        feed->position = found->seq_last;
    }
    pthread_mutex_unlock(&engine->lock);
    *ret_batch = found;
    return found ? PX_OK : px_fail(ret_err, PX_TIMEOUT, "nothing new");
}
