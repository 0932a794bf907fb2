/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/time.h"

enum {
    NAME_BYTES = 16, /* the kernel's, with the end */
    NICE = 5
};

bool px_thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *), void *data)
{
    char cut[NAME_BYTES];

    if (pthread_create(ret_thread, NULL, run, data) != 0)
        return false;
    snprintf(cut, sizeof(cut), "%s", name);
    (void)pthread_setname_np(*ret_thread, cut); /* only a name */
    return true;
}

/* Linux counts niceness by thread, whatever POSIX says of processes. */
void px_thread_stand_back(void)
{
    int now = getpriority(PRIO_PROCESS, 0);

    (void)setpriority(PRIO_PROCESS, 0, now + NICE); /* a wish */
}

void px_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

struct timespec px_deadline_in(int64_t wait_ns)
{
    struct timespec at;
    int64_t ns;

    clock_gettime(CLOCK_MONOTONIC, &at);
    ns = at.tv_nsec + wait_ns % PX_SECOND;
    at.tv_sec += wait_ns / PX_SECOND + ns / PX_SECOND;
    at.tv_nsec = ns % PX_SECOND;
    return at;
}

void px_pause_ns(int64_t duration_ns)
{
    struct timespec t = { duration_ns / PX_SECOND, duration_ns % PX_SECOND };

    nanosleep(&t, NULL);
}
