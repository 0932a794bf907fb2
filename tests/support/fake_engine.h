/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An engine for tests of consumers: rows are appended by hand, writebacks wait until they are told
 * to commit into a real store. Defines the functions of engine/consumer.h; a test links this or
 * px_engine, never both. Threads: px_engine_writeback, px_engine_position and the feed from one
 * other thread besides the test's.
 */
#ifndef PX_FAKE_ENGINE_H
#define PX_FAKE_ENGINE_H

#include "engine/consumer.h"

px_engine *fake_engine_new(px_store *store, uint64_t cursor); /* `cursor`: of the history */
void fake_engine_free(px_engine *engine);
/* Another store under the same journal: after a restart. */
void fake_engine_restart(px_engine *engine, px_store *store, uint64_t cursor);

/* One journal row of these events; gives them their positions. */
void fake_engine_append(px_engine *engine, px_time time, px_event *events, size_t count);
/* Commits the oldest writeback that waits; false when none does. The status of the commit in
 * `ret_status` (may be NULL: it must be PX_OK). */
bool fake_engine_commit(px_engine *engine, px_status *ret_status);
/* A crash: all that wait are given back with PX_IO. */
void fake_engine_drop(px_engine *engine);
/* Rows handed out so far are gone, as from memory: for runs that are too long to keep them. */
void fake_engine_forget(px_engine *engine);
size_t fake_engine_waiting(px_engine *engine);
/* The last commit's cursor. */
uint64_t fake_engine_cursor(px_engine *engine);

#endif
