/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A feed that is close behind reads from the ring; one that fell out of it catches up from the
 * table, a handful of rows at a time so that no read transaction waits for it, and then goes on in
 * the ring.
 */
#include "engine/feed.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "engine/internal.h"

enum { CATCH_UP_ROWS = 64, CATCH_UP_BYTES = 4 * 1024 * 1024 };

struct px_feed {
    px_engine *engine;
    px_consumer_id id; /* 0: a watcher */
    bool holds_journal;
    int64_t rest_ns;
    bool hurried;        /* under the ring's lock */
    uint64_t position;   /* everything up to here was given */
    px_journal *journal; /* opened when catching up */
    px_batch *backlog[CATCH_UP_ROWS];
    size_t backlog_at, backlog_count, backlog_bytes;
};

px_batch *px_batch_new(px_buf *body)
{
    px_batch *batch = px_zalloc(1, sizeof(*batch));

    if (!batch)
        return NULL;
    atomic_init(&batch->refs, 1);
    batch->body = px_buf_str(body);
    *body = (px_buf){ .limit = body->limit };
    return batch;
}

void px_batch_ref(px_batch *batch)
{
    atomic_fetch_add_explicit(&batch->refs, 1, memory_order_relaxed);
}

void px_batch_unref(px_batch *batch)
{
    union {
        const char *borrowed;
        char *owned;
    } body;

    if (!batch || atomic_fetch_sub_explicit(&batch->refs, 1, memory_order_acq_rel) != 1)
        return;
    body.borrowed = batch->body.ptr;
    px_free(body.owned);
    px_free(batch);
}

/* ---- ring ---- */

void px_ring_init(px_ring *ring, size_t bytes_max)
{
    *ring = (px_ring){ .bytes_max = bytes_max };
    pthread_mutex_init(&ring->lock, NULL);
    px_cond_init(&ring->grown);
    px_cond_init(&ring->hurried);
}

void px_ring_release(px_ring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        px_batch_unref(ring->batches[(ring->head + i) % ring->cap]);
    px_free(ring->batches);
    pthread_cond_destroy(&ring->grown);
    pthread_cond_destroy(&ring->hurried);
    pthread_mutex_destroy(&ring->lock);
}

bool px_ring_reserve(px_ring *ring)
{
    size_t cap = ring->cap ? ring->cap * 2 : 64;
    px_batch **grown;

    if (ring->count < ring->cap)
        return true;
    grown = px_alloc(cap * sizeof(px_batch *));
    if (!grown)
        return false;
    pthread_mutex_lock(&ring->lock);
    for (size_t i = 0; i < ring->count; i++)
        grown[i] = ring->batches[(ring->head + i) % ring->cap];
    px_free(ring->batches);
    ring->batches = grown;
    ring->cap = cap;
    ring->head = 0;
    pthread_mutex_unlock(&ring->lock);
    return true;
}

void px_ring_push(px_ring *ring, px_batch *batch)
{
    pthread_mutex_lock(&ring->lock);
    px_assert(ring->count < ring->cap);
    ring->batches[(ring->head + ring->count++) % ring->cap] = batch;
    ring->bytes += batch->body.len;
    ring->bytes_total += (int64_t)batch->body.len;
    ring->seq_last = batch->seq_last;
    while (ring->bytes > ring->bytes_max && ring->count > 1) {
        px_batch *oldest = ring->batches[ring->head];

        ring->head = (ring->head + 1) % ring->cap;
        ring->count--;
        ring->bytes -= oldest->body.len;
        px_batch_unref(oldest);
    }
    pthread_mutex_unlock(&ring->lock);
    pthread_cond_broadcast(&ring->grown); /* behind the lock, which all who wake ask for */
}

void px_ring_close(px_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->closed = true;
    pthread_mutex_unlock(&ring->lock);
    pthread_cond_broadcast(&ring->grown);
    pthread_cond_broadcast(&ring->hurried);
}

/* The row behind `position`, if the ring has it; rows stand in order without a hole. */
static px_batch *ring_find(const px_ring *ring, uint64_t position)
{
    size_t low = 0, high = ring->count;

    if (ring->count == 0 || ring->batches[ring->head]->seq_first > position + 1)
        return NULL;
    while (low < high) { /* the first row that ends behind the position */
        size_t middle = (low + high) / 2;

        if (ring->batches[(ring->head + middle) % ring->cap]->seq_last <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ring->count ? ring->batches[(ring->head + low) % ring->cap] : NULL;
}

/* ---- feeds ---- */

px_status px_feed_open_at(px_engine *engine, uint64_t after_seq, px_feed **ret_feed,
                          px_err *ret_err)
{
    px_feed *feed = px_zalloc(1, sizeof(*feed));

    if (!feed)
        return px_no_memory(ret_err);
    feed->engine = engine;
    feed->position = after_seq;
    *ret_feed = feed;
    return PX_OK;
}

px_status px_feed_open(px_engine *engine, px_consumer_id id, bool holds_journal, px_feed **ret_feed,
                       px_err *ret_err)
{
    px_feed *feed;

    PX_TRY(px_feed_open_at(engine, px_engine_cursor(engine, id), &feed, ret_err));
    feed->id = id;
    feed->holds_journal = holds_journal;
    if (holds_journal)
        px_engine_follow(engine, id, true);
    *ret_feed = feed;
    return PX_OK;
}

static void drop_backlog(px_feed *feed)
{
    while (feed->backlog_at < feed->backlog_count)
        px_batch_unref(feed->backlog[feed->backlog_at++]);
    feed->backlog_at = feed->backlog_count = feed->backlog_bytes = 0;
}

void px_feed_close(px_feed *feed)
{
    if (!feed)
        return;
    if (feed->holds_journal)
        px_engine_follow(feed->engine, feed->id, false);
    drop_backlog(feed);
    px_journal_close(feed->journal);
    px_free(feed);
}

void px_feed_begin_at(px_feed *feed, uint64_t after_seq)
{
    feed->position = after_seq;
}

uint64_t px_feed_position(const px_feed *feed)
{
    return feed->position;
}

void px_feed_rest(px_feed *feed, int64_t rest_ns)
{
    feed->rest_ns = rest_ns;
}

void px_feed_hurry(px_feed *feed)
{
    px_ring *ring = px_engine_ring(feed->engine);

    pthread_mutex_lock(&ring->lock);
    feed->hurried = true;
    pthread_mutex_unlock(&ring->lock);
    pthread_cond_broadcast(&ring->hurried);
}

static px_status keep_row(void *data, const px_row *row, px_err *ret_err)
{
    px_feed *feed = data;
    px_buf body = { 0 };
    px_batch *batch;

    px_put(&body, row->body);
    PX_TRY(px_buf_status(&body, ret_err));
    batch = px_batch_new(&body);
    if (!batch) {
        px_buf_release(&body);
        return px_no_memory(ret_err);
    }
    batch->seq_first = row->seq_first;
    batch->seq_last = row->seq_last;
    batch->time = row->time;
    feed->backlog[feed->backlog_count++] = batch;
    feed->backlog_bytes += row->body.len;
    if (feed->backlog_count == CATCH_UP_ROWS || feed->backlog_bytes > CATCH_UP_BYTES)
        return PX_INTERRUPTED; /* enough for now */
    return PX_OK;
}

static px_status catch_up(px_feed *feed, px_err *ret_err)
{
    px_status status;

    if (!feed->journal)
        PX_TRY(px_journal_open(px_engine_store(feed->engine), &feed->journal, ret_err));
    drop_backlog(feed);
    status = px_journal_read(feed->journal, PX_SPINE, feed->position + 1, keep_row, feed, ret_err);
    if (status == PX_INTERRUPTED)
        return PX_OK;
    if (status == PX_NOT_FOUND)
        return px_fail_id(ret_err, PX_STALE, "feed.gone",
                          "position %llu is no longer in the journal; read the state again",
                          (unsigned long long)feed->position);
    return status;
}

static px_batch *give(px_feed *feed, px_batch *batch)
{
    feed->position = batch->seq_last;
    if (feed->id)
        px_engine_feed_moved(feed->engine, feed->id, (int64_t)batch->body.len);
    return batch;
}

static bool has_more(const px_feed *feed, const px_ring *ring)
{
    return feed->position < ring->seq_last;
}

/* Until there is more, the wait or the rest is over, or the ring closed. */
static void await(px_feed *feed, px_ring *ring, int64_t wait_ns)
{
    bool rests = feed->rest_ns > 0;
    struct timespec deadline =
        px_deadline_in(rests && feed->rest_ns < wait_ns ? feed->rest_ns : wait_ns);
    pthread_cond_t *news = rests ? &ring->hurried : &ring->grown;

    while (!has_more(feed, ring) && !ring->closed && !(rests && feed->hurried))
        if (pthread_cond_timedwait(news, &ring->lock, &deadline) == ETIMEDOUT)
            break;
    feed->hurried = false;
}

/* PX_NOT_FOUND: there is a row behind the position that the ring no longer has. */
static px_status take_from_ring(px_feed *feed, px_ring *ring, int64_t wait_ns, px_batch **ret_batch)
{
    px_batch *found;

    if (wait_ns > 0)
        await(feed, ring, wait_ns);
    if (!has_more(feed, ring))
        return ring->closed ? PX_INTERRUPTED : PX_TIMEOUT;
    found = ring_find(ring, feed->position);
    if (!found)
        return PX_NOT_FOUND;
    px_batch_ref(found);
    *ret_batch = found;
    return PX_OK;
}

px_status px_feed_next(px_feed *feed, int64_t wait_ns, px_batch **ret_batch, px_err *ret_err)
{
    px_ring *ring = px_engine_ring(feed->engine);
    px_status status;

    if (feed->backlog_at == feed->backlog_count) {
        pthread_mutex_lock(&ring->lock);
        status = take_from_ring(feed, ring, wait_ns, ret_batch);
        pthread_mutex_unlock(&ring->lock);
        if (status == PX_OK) {
            give(feed, *ret_batch);
            return PX_OK;
        }
        if (status == PX_TIMEOUT)
            return px_fail(ret_err, PX_TIMEOUT, "nothing new");
        if (status == PX_INTERRUPTED)
            return px_fail(ret_err, PX_INTERRUPTED, "the engine is closing");
        PX_TRY(catch_up(feed, ret_err));
        if (feed->backlog_count == 0)
            return px_fail(ret_err, PX_TIMEOUT, "nothing new");
    }
    *ret_batch = give(feed, feed->backlog[feed->backlog_at++]);
    return PX_OK;
}
