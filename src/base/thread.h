/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PX_BASE_THREAD_H
#define PX_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * Starts a thread under a name that `top -H`, a debugger and a profile show beside the program's:
 * `engine`, `history`, `mqtt-0`. Longer names than 15 bytes are cut. The thread is joined by the
 * caller. false: the system gives no thread (EAGAIN), and nothing has begun.
 */
bool px_thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *), void *data);

/*
 * The calling thread stands back from now on: where processors are short, those that somebody waits
 * for go first, and it gets the third part of what they get. For folds that may lag a little.
 */
void px_thread_stand_back(void);

/*
 * A condition whose waits end by the clock that never jumps, and the moment that ends such a wait
 * in `wait_ns` (0 or more) from now, for pthread_cond_timedwait. By the machine's clock, whatever
 * px_env says: a thread sleeps in the machine's time.
 */
void px_cond_init(pthread_cond_t *cond);
struct timespec px_deadline_in(int64_t wait_ns);

/* The calling thread rests so long, by the same clock; a signal ends it early. */
void px_pause_ns(int64_t duration_ns);

#endif
