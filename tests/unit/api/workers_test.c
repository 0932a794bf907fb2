/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets a thread when all want one. */
#include "api/workers.h"

#include <pthread.h>

#include "px_test.h"

enum { THREADS = 4, CALLS = 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned at_work[3], ended[3]; /* of each tenant */
static bool let_go;

static void work(px_api_call *call)
{
    uint32_t tenant = call->principal.tenant;

    pthread_mutex_lock(&lock);
    at_work[tenant]++;
    pthread_cond_broadcast(&changed);
    while (tenant == 1 && !let_go)
        pthread_cond_wait(&changed, &lock);
    at_work[tenant]--;
    ended[tenant]++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_until(const unsigned *count, unsigned wanted)
{
    pthread_mutex_lock(&lock);
    while (*count < wanted)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

PX_TEST(a_tenant_with_many_long_calls_keeps_no_other_waiting)
{
    static px_api_call calls[CALLS], other;
    px_workers *workers;
    px_err err;

    CHECK_OK(px_workers_new(THREADS, THREADS - 1, &workers, &err), &err);
    for (int i = 0; i < CALLS; i++) {
        calls[i].principal.tenant = 1;
        px_workers_run_on(workers, &calls[i], work);
    }
    wait_until(&at_work[1], THREADS - 1);
    other.principal.tenant = 2;
    px_workers_run_on(workers, &other, work);
    wait_until(&ended[2], 1);
    pthread_mutex_lock(&lock);
    CHECK_EQ(at_work[1], THREADS - 1);
    let_go = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    px_workers_stop(workers); /* after what is queued */
    CHECK_EQ(ended[1], CALLS);
    px_workers_free(workers);
}

PX_TEST_MAIN()
