/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The block: rows of one series, compressed. docs/formats/block.md has the bytes.
 *
 * A row has one source time, its position in the journal, its arrival time and flags; a column is
 * one property (model number, property number) with a cell in some of the rows. Rows stand by time,
 * rows of one time by position: the last cell of a column at one time is the one that holds, the
 * earlier ones were corrected by it. Each column's count, min, max, sum, first and last stand in
 * the head under a check of their own, so that aggregates do not open the body.
 *
 * The happy path: px_block_encode; later px_block_open, px_block_rows_read, px_block_column_read
 * for the columns wanted. Values come back digit for digit, a double bit for bit. Reading is
 * bounded and safe for hostile bytes. Pure. Threads: any.
 */
#ifndef PX_HISTORY_BLOCK_H
#define PX_HISTORY_BLOCK_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/value.h"

/* One property's cells. */
typedef struct px_cells {
    uint32_t model_no, field;
    uint32_t count;   /* 1 to the number of rows */
    uint16_t *rows;   /* the row of each cell, ascending */
    px_value *values; /* NONE: removed */
} px_cells;

/* Rows by (time, seq); 1 to PX_BLOCK_ROWS_MAX of them. */
typedef struct px_rows {
    uint32_t count;
    px_time *times;
    int64_t *seqs;     /* positions in the journal, below 2^63 */
    px_time *arrivals; /* commit time of the event */
    px_time *sources;  /* what the source's clock said; read only where PX_FIELD_AHEAD is set */
    uint8_t *flags;    /* PX_FIELD_AHEAD, PX_ROW_ARRIVED */
    px_cells *columns; /* by (model_no, field), each once */
    uint32_t column_count;
} px_rows;

/* A row flag beside PX_FIELD_AHEAD: the source gave no time that is believed, the row stands at its
 * arrival. */
enum { PX_ROW_ARRIVED = 2 };

/* Rows of one time with one number speak of one moment: the later corrects the earlier. Arrival is
 * told in milliseconds, and in one millisecond, or by a clock that was set back, many values
 * arrive: rows that stand at their arrival are values of their own, with their position as their
 * number, and all others have 0. */
static inline uint64_t px_row_moment(uint8_t flags, int64_t seq)
{
    return flags & PX_ROW_ARRIVED ? (uint64_t)seq : 0;
}

__extension__ typedef __int128 px_wide;

/* What the head tells of a column, over the cells that hold. */
typedef struct px_block_stats {
    uint32_t model_no, field;
    uint32_t cells; /* stored: corrected and removed ones, too */
    uint32_t count; /* that hold and are not removals */
    bool numeric;   /* all of them are numbers: the rest is filled; else it is 0 */
    bool exact;     /* the sum is sum x 10^sum_exponent; else sum_double, rounded */
    px_num min, max, first, last;
    px_wide sum;
    int8_t sum_exponent;
    double sum_double;
} px_block_stats;

/* A block that was opened; borrows its bytes. */
typedef struct px_block {
    uint32_t rows;
    px_time first, last;       /* times of the first and last row */
    uint64_t seq_min, seq_max; /* positions of its rows */
    uint32_t column_count;
    px_block_stats *columns; /* by (model_no, field) */
    px_str *bodies;          /* of the columns */
    px_str times, seqs, arrivals, flags;
} px_block;

/**
 * Appends the block. Errors stick in `buf` (memory, its limit); what breaks the rules of px_rows is
 * a bug. Cost: about 20 ns a cell.
 */
void px_block_encode(px_buf *buf, const px_rows *rows);

/**
 * Reads the head and checks it; the body's check is made by px_block_rows_read.
 *
 * @param bytes  borrowed as long as the block is used
 * @param arena  gives the arrays
 * Limits:  PX_BLOCK_BYTES_MAX, PX_BLOCK_ROWS_MAX, PX_BLOCK_COLUMNS_MAX.
 * Errors:  PX_CORRUPT (id block.check, block.head, block.body), PX_UNSUPPORTED (a format of a newer
 * release), PX_LIMIT (the arena), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_block_open(px_str bytes, px_arena *arena, px_block *ret_block,
                                     px_err *ret_err);

/* Times, positions, arrivals, sources and flags of all rows; columns stay empty. Checks the whole
 * body. Errors as px_block_open. */
PX_NODISCARD px_status px_block_rows_read(px_str bytes, const px_block *block, px_arena *arena,
                                          px_rows *ret_rows, px_err *ret_err);

/* One column, after px_block_rows_read. Text borrows from the block's bytes or the arena. */
PX_NODISCARD px_status px_block_column_read(const px_block *block, uint32_t column, px_arena *arena,
                                            px_cells *ret_cells, px_err *ret_err);

#endif
