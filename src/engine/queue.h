/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The bounded queue between doors and the one writer: many threads put, one takes all.
 *
 * Bounded in bytes, not in entries: what a request holds is what memory it keeps. Order of arrival
 * is kept.
 */
#ifndef PX_ENGINE_QUEUE_H
#define PX_ENGINE_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/env.h"
#include "engine/request.h"

typedef struct px_queue {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t filled;
    px_request *head, **tail;
    _Atomic size_t bytes;
    px_env *env;
    size_t bytes_max;
    uint64_t refused;  /* requests that found it full */
    int64_t oldest_ns; /* when the first of what waits came, by env->monotonic_ns */
    size_t wake_bytes; /* a put wakes the taker once there is as much; 0: at once */
    bool closed, nudged;
    int64_t taken_ns; /* the taker's own: not under the lock */
} px_queue;

/* `env` tells when requests came. Waits are by the machine's clock, whatever it says. */
void px_queue_init(px_queue *queue, px_env *env, size_t bytes_max);
void px_queue_release(px_queue *queue);

/* Takes a chain of requests linked by `next`, whole or not at all. PX_BUSY when full,
 * PX_INTERRUPTED when closed. */
px_status px_queue_put(px_queue *queue, px_request *first, px_request *last, size_t bytes);
/* Gives all there is, in order; waits at most `wait_ns` for the first (or a nudge). NULL when there
 * is none. */
px_request *px_queue_take(px_queue *queue, int64_t wait_ns);
/* When the first of what was taken last had come. The taker's. */
int64_t px_queue_taken_ns(const px_queue *queue);
/* The same, and does not wake before `wait_ns` are over unless `bytes` have come: a taker that is
 * going to wait anyway need not be woken, at a price to both sides, for each request. */
px_request *px_queue_gather(px_queue *queue, int64_t wait_ns, size_t bytes);
/* Ends a wait without a request: an effect came. */
void px_queue_nudge(px_queue *queue);
/* What waits now; any thread, without the lock. */
size_t px_queue_bytes(px_queue *queue);
/* No more puts; waiting takers wake. */
void px_queue_close(px_queue *queue);

#endif
