/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Building blocks: rows from memory and from other blocks, put in order, corrected, made columns.
 *
 * Room-internal. A build is filled (px_build_add_*), sorted once, and then cut into px_rows. Values
 * borrow from what was added. Threads: one at a time.
 */
#ifndef PX_HISTORY_BUILD_H
#define PX_HISTORY_BUILD_H

#include "base/vec.h"
#include "history/block.h"
#include "history/raw.h"

/* A flag of rows among newest cells, never of a sealed or open block. */
enum { PX_BUILD_ELSEWHERE = 0x80 };

typedef struct px_build_cell {
    uint32_t model_no, field;
    uint32_t column; /* scratch of px_build_rows */
    px_value value;
} px_build_cell;

typedef struct px_build_row {
    px_time time, arrival, source;
    int64_t seq;
    uint32_t cell_first, cell_count;
    uint32_t order; /* of adding: decides where time and seq are the same */
    uint32_t bytes; /* as folded, about */
    uint8_t flags;
} px_build_row;

typedef struct px_build {
    PX_VEC(px_build_row) rows;
    PX_VEC(px_build_cell) cells;
    px_time last_time; /* while rows come in order no sort is needed */
    int64_t last_seq;
    bool unsorted;
} px_build;

void px_build_release(px_build *build);
void px_build_clear(px_build *build);

/* Raw rows whose position is above `after_seq`. */
PX_NODISCARD px_status px_build_add_raw(px_build *build, px_str raw, px_raw_base base,
                                        uint64_t after_seq, px_err *ret_err);
/* All rows of a block. */
PX_NODISCARD px_status px_build_add_block(px_build *build, px_str block, px_arena *arena,
                                          px_err *ret_err);
/* What of a block is wanted: rows of `from <= time < to` (PX_TIME_NONE: no bound), columns that are
 * set (NULL: all). */
typedef struct px_build_part {
    const bool *columns;
    px_time from, to;
} px_build_part;

/* The same for a block that is open, and of it only a part. */
PX_NODISCARD px_status px_build_add_part(px_build *build, px_str block_bytes, const px_block *block,
                                         const px_build_part *part, px_arena *arena,
                                         px_err *ret_err);

/* By time, position, order. */
void px_build_sort(px_build *build);

/**
 * Rows [first, end) of the sorted build as columns: at most PX_BLOCK_ROWS_MAX. A cell that repeats
 * the one before it of its column and time is left out, and with its last cell a row; `ret_rows`
 * may so become shorter, and empty (count 0). Errors: PX_LIMIT (the arena), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_build_rows(px_build *build, size_t first, size_t end, px_arena *arena,
                                     px_rows *ret_rows, px_err *ret_err);

/* Leaves only the newest cell of each column; the build need not be sorted, and is afterwards. */
/* Texts that are too long for that are left out, and their row says so (PX_BUILD_ELSEWHERE): the
 * value stands in a sealed block at that time. */
PX_NODISCARD px_status px_build_keep_latest(px_build *build, px_arena *arena, px_err *ret_err);

#endif
