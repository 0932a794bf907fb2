/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Rows on their way to the writer: what to put and delete, and the bodies, one behind the other.
 *
 *     size_t from = saving->bodies.len;
 *     px_put_…(&saving->bodies, …);
 *     if (!px_saving_put(saving, table, key, from))
 *         …; there is no memory: nothing of it is left in `saving`
 *
 * Bounded by PX_SAVING_ROWS_MAX and PX_SAVING_BYTES_MAX, which the last body may pass. Threads: one
 * at a time.
 */
#ifndef PX_SYNC_SAVING_H
#define PX_SYNC_SAVING_H

#include "base/limits.h"
#include "base/vec.h"
#include "journal/journal.h"

typedef struct px_saving {
    PX_VEC(px_op) ops;
    px_buf bodies;
    uint64_t seq; /* at which the rows are true */
} px_saving;

void px_saving_clear(px_saving *saving);
void px_saving_release(px_saving *saving);
bool px_saving_is_full(const px_saving *saving);
/* The body is what stands in `bodies` behind `from`. False: no memory. */
bool px_saving_put(px_saving *saving, px_table table, px_key key, size_t from);
bool px_saving_delete(px_saving *saving, px_table table, px_key key);
/* Takes back what was added since. */
typedef struct px_saving_mark {
    size_t ops, bytes;
} px_saving_mark;
px_saving_mark px_saving_mark_of(const px_saving *saving);
void px_saving_back(px_saving *saving, px_saving_mark mark);
/* Nothing more is added: the ops get their bodies. */
void px_saving_finish(px_saving *saving);

/* Rows that are to be deleted, until that is on the disk: asked for at any time, pulled in parts.
 */
typedef struct px_dead_rows {
    PX_VEC(px_key) keys;
    size_t pulled; /* the first of them are on their way */
} px_dead_rows;

bool px_dead_rows_add(px_dead_rows *gone, px_key key); /* false: no memory */
/* False: `saving` is full, or there is no memory; the rest comes with the next part. */
bool px_dead_rows_pull(px_dead_rows *gone, px_table table, px_saving *saving);
/* What was pulled is done, or is there still. */
void px_dead_rows_settle(px_dead_rows *gone, bool is_saved);
void px_dead_rows_release(px_dead_rows *gone);

#endif
