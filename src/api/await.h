/* SPDX-License-Identifier: Apache-2.0 */
/** Requests whose end a worker waits for. Room-internal. Threads: one at a time, not the engine's.
 */
#ifndef PX_API_AWAIT_H
#define PX_API_AWAIT_H

#include <pthread.h>

#include "engine/engine.h"

typedef struct px_await {
    pthread_mutex_t lock; /* guards the next two */
    pthread_cond_t ended;
    size_t left; /* submitted and not answered */
} px_await;

void px_await_init(px_await *await);
void px_await_release(px_await *await);

/**
 * Submits a chain of `count` requests and returns when all are answered. `done` and `data` of each
 * are set. While the queue is full it tries again, some seconds long.
 *
 * Errors: as px_engine_submit; what became of each stands in its result.
 */
PX_NODISCARD px_status px_await_all(px_await *await, px_engine *engine, px_request *first,
                                    px_request *last, size_t count, px_err *ret_err);
/* One request; gives its own status. */
PX_NODISCARD px_status px_await_one(px_await *await, px_engine *engine, px_request *request,
                                    px_err *ret_err);

/* True when the status is the server's, and no request is to blame: the same may do later. */
bool px_await_may_retry(px_status status);

#endif
