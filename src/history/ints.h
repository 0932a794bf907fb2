/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Runs of 64-bit integers as few bits: what every part of a block is written with.
 *
 * The writer looks at the values and takes the cheapest of: one constant; offsets from a base;
 * differences; differences of differences; runs of equal values. What remains is packed in as many
 * bits as most of them need, and the few that need more are patched. docs/formats/block.md has the
 * bytes. Reading is safe for hostile bytes. Pure. Threads: any.
 */
#ifndef PX_HISTORY_INTS_H
#define PX_HISTORY_INTS_H

#include "base/buf.h"
#include "base/limits.h"

/* What the writer may try besides a constant and a base. */
enum {
    PX_INTS_DELTA = 1,
    PX_INTS_DELTA2 = 2,
    PX_INTS_RUNS = 4,
    PX_INTS_SCALE = 8, /* differences that are all multiples of a power of ten */
};

/* 1 <= count <= PX_BLOCK_ROWS_MAX. Errors stick in `buf`. */
void px_put_ints(px_buf *buf, const int64_t *values, uint32_t count, unsigned tries);

/* Reads exactly `count` values; sets `cut->bad` and gives zeros when the bytes are not ours. */
void px_get_ints(px_cut *cut, int64_t *ret_values, uint32_t count);

#endif
