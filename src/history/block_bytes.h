/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the writer and the reader of blocks must agree on. docs/formats/block.md tells the rest.
 *
 * block   = format(1) crc32c(head) crc32c(body) varint(head bytes) head body
 * head    = varint(rows) zigzag(first time) varint(last - first) varint(smallest position)
 *           varint(largest - smallest) varint(bytes of times) varint(positions) varint(arrivals)
 *           varint(flags) varint(columns) columns
 * column  = varint(model) varint(field) varint(cells) varint(count) kind [stats] varint(bytes)
 * kind    = 0 not numeric, else NUMERIC | EXACT | ONE
 * stats   = first [last min max] [sum]     ONE: all numbers are the first; EXACT: sum is 128 bits
 *           zigzag and an exponent (with ONE: first x count, not written), else 8 bytes of a double
 * body    = times positions arrivals flags columns, each as long as the head says
 * times   = stream(rows: offsets from the first time)
 * positions = stream(rows: offsets from the smallest)
 * arrivals = stream(rows: arrival - time)
 * flags   = stream(rows) and, where some are flagged PX_FIELD_AHEAD, stream(those: source - time)
 * a column's bytes = presence column (column.c); presence = one byte: all rows, the rows of the
 *           column before, or stream(cells: rows)
 *
 * The first check covers the format byte and the head, the second the body. A block of hostile
 * bytes costs at most the memory of its rows: every count is bounded before anything is made.
 */
#ifndef PX_HISTORY_BLOCK_BYTES_H
#define PX_HISTORY_BLOCK_BYTES_H

enum {
    PX_BLOCK_FORMAT = 1,
    PX_BLOCK_CHECKS_AT = 1, /* of the head, then of the body */
    PX_BLOCK_AHEAD = 1,     /* PX_FIELD_AHEAD */
};

/* kind of a column */
enum { PX_BLOCK_NUMERIC = 1, PX_BLOCK_EXACT = 2, PX_BLOCK_ONE = 4, PX_BLOCK_KINDS = 7 };

/* presence of a column's cells */
enum { PX_BLOCK_ALL_ROWS = 0, PX_BLOCK_AS_BEFORE = 1, PX_BLOCK_SOME_ROWS = 2 };

#endif
