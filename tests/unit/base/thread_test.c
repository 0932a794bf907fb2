/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/env.h"
#include "base/time.h"
#include "px_test.h"

static int64_t now_ns(void)
{
    return px_env_posix()->monotonic_ns(px_env_posix());
}

PX_TEST(a_deadline_is_so_far_from_now_and_well_formed)
{
    static const int64_t waits[] = { 0, 1, PX_SECOND - 1, PX_SECOND, 7 * PX_SECOND + 999999999 };

    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        int64_t before = now_ns();
        struct timespec at = px_deadline_in(waits[i]);
        int64_t ns = at.tv_sec * PX_SECOND + at.tv_nsec;

        CHECK(at.tv_nsec >= 0 && at.tv_nsec < PX_SECOND);
        CHECK(ns >= before + waits[i] && ns <= now_ns() + waits[i]);
    }
}

PX_TEST(a_wait_ends_by_the_same_clock)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int64_t before = now_ns(), wait_ns = 5 * PX_MILLISECOND;
    struct timespec until;
    pthread_cond_t cond;
    int result = 0;

    px_cond_init(&cond);
    until = px_deadline_in(wait_ns);
    pthread_mutex_lock(&lock);
    while (result == 0) /* nobody signals: else it woke for nothing */
        result = pthread_cond_timedwait(&cond, &lock, &until);
    pthread_mutex_unlock(&lock);
    CHECK_EQ(result, ETIMEDOUT);
    CHECK(now_ns() - before >= wait_ns);
    CHECK(now_ns() - before < 60 * PX_SECOND);
    pthread_cond_destroy(&cond);
}

static void *stand_back(void *data)
{
    int *nice = data;

    px_thread_stand_back();
    *nice = getpriority(PRIO_PROCESS, 0);
    return NULL;
}

PX_TEST(a_thread_that_stands_back_does_so_for_itself_alone)
{
    int before = getpriority(PRIO_PROCESS, 0), nice = 0;
    pthread_t thread;

    CHECK(px_thread_start(&thread, "a name that is much too long", stand_back, &nice));
    pthread_join(thread, NULL);
    CHECK_EQ(nice, before + 5 < 19 ? before + 5 : 19);
    CHECK_EQ(getpriority(PRIO_PROCESS, 0), before);
}

PX_TEST_MAIN()
