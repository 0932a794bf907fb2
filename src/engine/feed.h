/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The newest rows in memory, for all who read along. Room-internal; consumer.h is the face.
 *
 * The ring holds references on the last PX_RING_BYTES_MAX bytes of rows. The writer reserves the
 * place of a row before its commit (px_ring_reserve), so that handing it out afterwards cannot
 * fail.
 */
#ifndef PX_ENGINE_FEED_H
#define PX_ENGINE_FEED_H

#include <pthread.h>

#include "base/vec.h"
#include "engine/consumer.h"

typedef struct px_ring {
    pthread_mutex_t lock;   /* guards all below */
    pthread_cond_t grown;   /* for those whom every row wakes */
    pthread_cond_t hurried; /* for those who rest; at the end too */
    px_batch **batches;     /* circular */
    size_t cap, head, count;
    size_t bytes, bytes_max;
    uint64_t seq_last;           /* newest row handed out */
    _Atomic int64_t bytes_total; /* of all rows ever handed out: what lag is measured in */
    bool closed;
} px_ring;

void px_ring_init(px_ring *ring, size_t bytes_max);
void px_ring_release(px_ring *ring);
PX_NODISCARD bool px_ring_reserve(px_ring *ring);
/* Takes the reference and wakes who waits. Cannot fail after a reserve. */
void px_ring_push(px_ring *ring, px_batch *batch);
void px_ring_close(px_ring *ring); /* ends all waits */

/* `body` is taken. */
px_batch *px_batch_new(px_buf *body);

#endif
