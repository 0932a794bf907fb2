/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Raw rows: what the fold appends to a series, before it becomes a block. Memory only, never on
 * disk: head (this struct's bytes), then for each cell varint field and its value (base/value.h).
 * Room-internal. Threads: one at a time.
 */
#ifndef PX_HISTORY_RAW_H
#define PX_HISTORY_RAW_H

#include "journal/event.h"

typedef struct px_raw_head {
    px_time time;
    int64_t seq;
    px_time arrival;
    px_time source;
    uint32_t model_no;
    uint32_t bytes; /* of the row, this head included */
    uint16_t cells;
    uint8_t flags;
} px_raw_head;

/* Bytes that the event's fields may need at most. */
size_t px_raw_bound(const px_event *event);
/* Writes the event's rows to `out`, which has room for the bound; gives the bytes written and in
 * `ret_rows`, `ret_time_min`, `ret_time_max` what they are. */
size_t px_raw_write(const px_event *event, uint32_t model_no, uint8_t *out, uint32_t *ret_rows,
                    px_time *ret_time_min, px_time *ret_time_max);

/* The head at the cut, which moves behind it; the cells follow. */
px_raw_head px_raw_next(px_cut *cut);

#endif
