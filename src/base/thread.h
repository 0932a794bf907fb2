/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PX_BASE_THREAD_H
#define PX_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

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

#endif
