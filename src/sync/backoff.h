/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Who failed to log in too often has to wait: PX_BACKOFF_FREE failures are free, then the wait is a
 * second and doubles with every further one, up to PX_BACKOFF_NS_MAX.
 *
 * A row is anything that a door keeps account of, by the hash of its name: a credential's public
 * id, a client's address. The table has a fixed number of rows; when it is full the row that failed
 * longest ago makes room, so that a flood of names costs no memory and an attack under way is not
 * forgotten for one that has paused. Rows are forgotten PX_BACKOFF_FORGET_NS after their last
 * failure.
 *
 * Time is monotonic nanoseconds of the caller. Threads: any; a lock of its own.
 */
#ifndef PX_SYNC_BACKOFF_H
#define PX_SYNC_BACKOFF_H

#include "base/err.h"
#include "base/time.h"

#define PX_BACKOFF_FREE 5
#define PX_BACKOFF_NS_MAX (300 * PX_SECOND)
#define PX_BACKOFF_FORGET_NS (600 * PX_SECOND)
#define PX_BACKOFF_ROWS_MAX 8192

typedef struct px_backoff px_backoff;

/* `rows_max` 0: PX_BACKOFF_ROWS_MAX. NULL: no memory. Takes no memory later. */
px_backoff *px_backoff_new(uint32_t rows_max);
void px_backoff_free(px_backoff *backoff); /* NULL is fine */

/* The row of a name; `kind` keeps ids and addresses apart. Never 0. */
uint64_t px_backoff_row(char kind, px_str name);

/* How long this row still has to wait; 0: it may try. */
int64_t px_backoff_wait_ns(px_backoff *backoff, uint64_t row, int64_t now_ns);
/* It tried and failed. While it has to wait this makes the wait no longer, and keeps the row from
 * making room: a flood of names from one address does not wash that address out of the table. */
void px_backoff_failed(px_backoff *backoff, uint64_t row, int64_t now_ns);
/* It tried and did not. */
void px_backoff_forgive(px_backoff *backoff, uint64_t row);

uint32_t px_backoff_count(px_backoff *backoff); /* rows kept now */

#endif
