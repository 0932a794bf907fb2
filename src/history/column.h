/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The values of one column as bytes: classes, then the decimals, doubles and texts each in their
 * own way. Inside of the block codec only (block.h). Pure. Threads: any.
 */
#ifndef PX_HISTORY_COLUMN_H
#define PX_HISTORY_COLUMN_H

#include "history/block.h"

/* `held[i]`: the cell was not corrected by a later one. Fills all but numbers of the column. */
void px_column_stats(const px_value *values, const bool *held, uint32_t count,
                     px_block_stats *ret_stats);

/* 1 <= count <= PX_BLOCK_ROWS_MAX. Errors stick in `buf`. */
void px_put_column(px_buf *buf, const px_value *values, uint32_t count);

/* Errors: PX_CORRUPT without a place (the caller names the block), PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_get_column(px_cut *cut, px_arena *arena, px_value *ret_values,
                                     uint32_t count, px_err *ret_err);

/* The two parts of it, also tested alone. */
void px_put_doubles(px_buf *buf, const uint64_t *bits, uint32_t count);
void px_get_doubles(px_cut *cut, uint64_t *ret_bits, uint32_t count);

#endif
