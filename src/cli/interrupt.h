/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Ctrl-C for client commands: the first one asks for a clean end, the second one ends at once.
 *
 * The flag is the one thing in the tree that a signal handler writes. Threads: one.
 */
#ifndef PX_CLI_INTERRUPT_H
#define PX_CLI_INTERRUPT_H

#include "base/err.h"

void px_interrupt_install(void);
bool px_interrupted(void);
/* Sleeps, and wakes early when interrupted. PX_OK or PX_INTERRUPTED. */
px_status px_interrupt_sleep_ms(unsigned milliseconds, px_err *ret_err);
px_status px_interrupt_fail(px_err *ret_err); /* PX_INTERRUPTED with its sentence */

#endif
