/* SPDX-License-Identifier: Apache-2.0 */
#include "api/workers.h"

#include <pthread.h>

#include "base/thread.h"

enum { THREADS = 2, QUEUE_MAX = 1024 };

typedef struct job {
    px_api_call *call;
    void (*work)(px_api_call *call);
} job;

struct px_workers {
    pthread_t threads[THREADS];
    size_t running;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t filled;
    job jobs[QUEUE_MAX];
    size_t head, count;
    bool stopping;
};

static void *run(void *data)
{
    px_workers *workers = data;

    pthread_mutex_lock(&workers->lock);
    for (;;) {
        job next;

        while (workers->count == 0 && !workers->stopping)
            pthread_cond_wait(&workers->filled, &workers->lock);
        if (workers->count == 0)
            break;
        next = workers->jobs[workers->head];
        workers->head = (workers->head + 1) % QUEUE_MAX;
        workers->count--;
        pthread_mutex_unlock(&workers->lock);
        next.work(next.call);
        pthread_mutex_lock(&workers->lock);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

px_status px_workers_new(px_workers **ret_workers, px_err *ret_err)
{
    px_workers *workers = px_zalloc(1, sizeof(*workers));

    if (!workers)
        return px_no_memory(ret_err);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->filled, NULL);
    while (workers->running < THREADS &&
           px_thread_start(&workers->threads[workers->running], "reader", run, workers))
        workers->running++;
    if (workers->running == 0) {
        px_workers_free(workers);
        return px_fail(ret_err, PX_BUSY, "the reading threads cannot be started");
    }
    *ret_workers = workers;
    return PX_OK;
}

void px_workers_stop(px_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->filled);
    pthread_mutex_unlock(&workers->lock);
    while (workers->running > 0)
        pthread_join(workers->threads[--workers->running], NULL);
}

void px_workers_free(px_workers *workers)
{
    if (!workers)
        return;
    px_workers_stop(workers);
    pthread_cond_destroy(&workers->filled);
    pthread_mutex_destroy(&workers->lock);
    px_free(workers);
}

void px_workers_run(px_api_call *call, void (*work)(px_api_call *call))
{
    px_workers_run_on(call->api->workers, call, work);
}

void px_workers_run_on(px_workers *workers, px_api_call *call, void (*work)(px_api_call *call))
{
    bool taken;
    px_err err;

    pthread_mutex_lock(&workers->lock);
    taken = workers->count < QUEUE_MAX && !workers->stopping;
    if (taken) {
        workers->jobs[(workers->head + workers->count++) % QUEUE_MAX] = (job){ call, work };
        pthread_cond_signal(&workers->filled);
    }
    pthread_mutex_unlock(&workers->lock);
    if (taken)
        return;
    px_fail_id(&err, PX_BUSY, "http.reads", "too many reads are waiting; try again shortly");
    px_api_fail(call, PX_BUSY, &err);
}
