/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A child process of this same program, kept alive: started again when it fails, and never left
 * behind. The kernel ends it when this process ends in any way (PR_SET_PDEATHSIG).
 *
 * Threads: start and stop from one; a thread of its own waits for the child.
 */
#ifndef PX_DEMO_CHILD_H
#define PX_DEMO_CHILD_H

#include "base/err.h"

typedef struct px_child px_child;

/**
 * @param argv  copied; argv[0] is only the name that is shown
 * @param env   "NAME=value", copied: what the child gets besides this process's environment; NULL:
 *              nothing
 * Errors: PX_BUSY (no thread), PX_NO_MEMORY. That the child fails is seen by its being started
 * again.
 */
PX_NODISCARD px_status px_child_start(const char *const *argv, const char *env,
                                      px_child **ret_child, px_err *ret_err);
/* Ends the child (SIGTERM, and after two seconds SIGKILL) and waits for it. NULL is fine. */
void px_child_stop(px_child *child);

#endif
