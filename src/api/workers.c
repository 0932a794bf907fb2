/* SPDX-License-Identifier: Apache-2.0 */
#include "api/workers.h"

#include <pthread.h>

#include "base/thread.h"

enum { QUEUE_MAX = 1024 };

typedef struct job {
    px_api_call *call;
    void (*work)(px_api_call *call);
    uint32_t tenant;
} job;

struct px_workers {
    pthread_t threads[PX_WORKERS_MAX];
    size_t running;
    unsigned tenant_max;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t filled;
    job jobs[QUEUE_MAX]; /* in the order in which they came */
    size_t count;
    uint32_t at_work[PX_WORKERS_MAX]; /* the tenants of those that run */
    size_t at_work_count;
    bool stopping;
};

static bool may_run(const px_workers *workers, uint32_t tenant)
{
    unsigned count = 0;

    for (size_t i = 0; i < workers->at_work_count; i++)
        count += workers->at_work[i] == tenant;
    return count < workers->tenant_max;
}

/* The first whose tenant has not its share already. */
static bool take(px_workers *workers, job *ret_job)
{
    size_t at = 0;

    while (at < workers->count && !may_run(workers, workers->jobs[at].tenant))
        at++;
    if (at == workers->count)
        return false;
    *ret_job = workers->jobs[at];
    workers->count--;
    memmove(&workers->jobs[at], &workers->jobs[at + 1], (workers->count - at) * sizeof(job));
    workers->at_work[workers->at_work_count++] = ret_job->tenant;
    return true;
}

static void done_with(px_workers *workers, uint32_t tenant)
{
    size_t at = 0;

    while (workers->at_work[at] != tenant)
        at++;
    workers->at_work[at] = workers->at_work[--workers->at_work_count];
}

static void *run(void *data)
{
    px_workers *workers = data;

    pthread_mutex_lock(&workers->lock);
    for (;;) {
        job next;

        while (!take(workers, &next)) {
            if (workers->stopping && workers->count == 0) {
                pthread_mutex_unlock(&workers->lock);
                return NULL;
            }
            pthread_cond_wait(&workers->filled, &workers->lock);
        }
        pthread_mutex_unlock(&workers->lock);
        next.work(next.call);
        pthread_mutex_lock(&workers->lock);
        done_with(workers, next.tenant);
        pthread_cond_broadcast(&workers->filled); /* its tenant's next, or the end */
    }
}

px_status px_workers_new(unsigned threads, unsigned tenant_max, px_workers **ret_workers,
                         px_err *ret_err)
{
    px_workers *workers = px_zalloc(1, sizeof(*workers));

    if (!workers)
        return px_no_memory(ret_err);
    px_assert(threads > 0 && threads <= PX_WORKERS_MAX && tenant_max > 0);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->filled, NULL);
    workers->tenant_max = tenant_max;
    while (workers->running < threads &&
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
        workers->jobs[workers->count++] = (job){ call, work, call->principal.tenant };
        pthread_cond_signal(&workers->filled);
    }
    pthread_mutex_unlock(&workers->lock);
    if (taken)
        return;
    px_fail_id(&err, PX_BUSY, "http.reads", "too many reads are waiting; try again shortly");
    px_api_fail(call, PX_BUSY, &err);
}
