/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <stdio.h>

enum { NAME_BYTES = 16 }; /* the kernel's, with the end */

bool px_thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *), void *data)
{
    char cut[NAME_BYTES];

    if (pthread_create(ret_thread, NULL, run, data) != 0)
        return false;
    snprintf(cut, sizeof(cut), "%s", name);
    (void)pthread_setname_np(*ret_thread, cut); /* only a name */
    return true;
}
