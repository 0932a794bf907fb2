/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The open row of a series: what the store keeps of it besides sealed blocks.
 *
 * One row in PX_TABLE_OPEN_BLOCK under (tenant, series, 0), true at the row's position: it holds,
 * or sealed blocks hold, every row of the series up to there. Inside: where the sealed blocks lie,
 * the newest cell of each property that was ever sealed, and the open blocks.
 * docs/formats/block.md. Room-internal. Pure. Threads: any.
 */
#ifndef PX_HISTORY_OPEN_ROW_H
#define PX_HISTORY_OPEN_ROW_H

#include "history/block.h"
#include "journal/row.h"

/*
 * Windows: a block lies whole in one. Level 0 has windows of 2^37 ns (137 s), each further level of
 * 64 times that: 2.4 h, 6.5 days, 1.1 years, all. A sealed block goes into the finest level whose
 * windows get PX_WINDOW_ROWS rows each or more: so a window holds about eight blocks of a busy
 * series, and blocks that are read together lie together.
 */
enum { PX_LEVELS = 5, PX_WINDOW_BITS = 37, PX_LEVEL_BITS = 6, PX_WINDOW_ROWS = 256 };

static inline int64_t px_window_of(px_time time, unsigned level)
{
    return time < 0 ? 0 : time >> (PX_WINDOW_BITS + PX_LEVEL_BITS * level);
}

static inline int64_t px_series_of(uint32_t twin_no, uint16_t group)
{
    return (int64_t)twin_no << 16 | group; /* group 0: all messages of a twin */
}

static inline px_key px_block_key(uint32_t tenant, unsigned level, int64_t window, int64_t series,
                                  px_time start)
{
    return (px_key){ (int64_t)tenant << 29 | (int64_t)level << 26 | window, series, start };
}

/* Where a level's sealed blocks lie. */
typedef struct px_extent {
    uint64_t blocks; /* 0: none, and the rest is 0 */
    int64_t window_first, window_last;
    px_time start_last; /* the largest `c` of their keys */
} px_extent;

/* Blocks inside of an open row: bytes borrowed. */
typedef struct px_open_part {
    bool latest; /* newest sealed cells: for last values only */
    px_str block;
} px_open_part;

typedef struct px_open_row {
    px_extent extents[PX_LEVELS];
    uint32_t rows, bytes; /* of the open blocks: rows, and what they took raw */
    uint32_t part_count;
    px_open_part *parts;
} px_open_row;

void px_put_open_row(px_buf *buf, const px_open_row *row);
/* Parts borrow from `bytes`, the array is the arena's. No bytes at all are an empty row. Errors:
 * PX_CORRUPT, PX_UNSUPPORTED, PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_open_row_read(px_str bytes, px_arena *arena, px_open_row *ret_row,
                                        px_err *ret_err);

#endif
