/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <stdio.h>
#include <sys/resource.h>

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
