/* SPDX-License-Identifier: Apache-2.0 */
/** Rows of history for tests: any rows from a generator, there and back, compared. */
#ifndef PX_ROWS_GEN_H
#define PX_ROWS_GEN_H

#include "history/block.h"
#include "px_test.h"

/* Columns of `cells` cells each, all zero but the columns' numbers. */
px_rows test_rows_new(px_arena *arena, uint32_t rows, uint32_t columns, uint32_t cells);
/* Any kinds, any presence, duplicates in time, flags: at most `most` rows. */
px_rows test_rows_any(px_gen *gen, px_arena *arena, uint32_t most);

px_rows test_rows_read(px_str block, px_arena *arena, px_block *ret_block);
/* Encodes, decodes; `ret_block` may be NULL. Its bytes live in the arena. */
px_rows test_rows_there_and_back(const px_rows *rows, px_arena *arena, px_block *ret_block);
void test_rows_equal(const px_rows *got, const px_rows *wanted);
/* The head says what a plain walk over the rows says. */
void test_block_stats_equal(const px_block *block, const px_rows *rows);

/* Both checks made right again after bytes behind them were changed. */
void test_block_mend_checks(px_buf *block);
/* Reads all there is, whatever comes of it. */
void test_block_read_all(px_str bytes);

#endif
