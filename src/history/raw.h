/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Raw rows: what the fold appends to a series, before it becomes a block. Memory only, never on
 * disk. Each row is told by what differs from the one before it, from a px_raw_base on:
 *
 *   row  = varint(cells << 3 | model changes << 2 | flags) zigzag(time - arrival)
 *          varint(arrival - before) varint(position - before)
 *          [varint(model)] [zigzag(source - time)] cells
 *   cell = varint(field) value (base/value.h)
 *
 * Room-internal. Threads: one at a time.
 */
#ifndef PX_HISTORY_RAW_H
#define PX_HISTORY_RAW_H

#include "journal/event.h"

/* Of the row before. */
typedef struct px_raw_base {
    px_time arrival;
    int64_t seq;
    uint32_t model_no;
} px_raw_base;

typedef struct px_raw_head {
    px_time time, arrival, source;
    int64_t seq;
    uint32_t model_no, cells;
    uint8_t flags;
} px_raw_head;

/* What px_raw_write wrote. */
typedef struct px_raw_written {
    size_t bytes;
    uint32_t rows;
    px_time time_min, time_max;
} px_raw_written;

/* Bytes that the event's fields may need at most. */
size_t px_raw_bound(const px_event *event);
/* Writes the event's rows to `out`, which has room for the bound; moves `base` on. */
px_raw_written px_raw_write(const px_event *event, uint32_t model_no, px_raw_base *base,
                            uint8_t *out);

/* Reads the head at `at`; gives where its cells begin. The bytes are ours: nothing is checked. */
const uint8_t *px_raw_head_read(const uint8_t *at, px_raw_base *base, px_raw_head *ret_head);
/* Reads the cell at `at`; gives where the next one begins. Text borrows. */
const uint8_t *px_raw_cell_read(const uint8_t *at, uint32_t *ret_field, px_value *ret_value);

#endif
