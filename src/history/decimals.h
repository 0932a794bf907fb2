/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Exact decimals of a column: frame of reference with patched exceptions, trailing zeros kept.
 * Inside of the block codec only (block.h). Pure. Threads: any.
 */
#ifndef PX_HISTORY_DECIMALS_H
#define PX_HISTORY_DECIMALS_H

#include "base/num.h"
#include "history/block.h"

/* 1 <= count <= PX_BLOCK_ROWS_MAX, no doubles among them. Errors stick in `buf`. */
void px_put_decimals(px_buf *buf, const px_num *nums, uint32_t count);
/* Sets `cut->bad` when the bytes are not ours; `ret_nums` is then not to be used. */
void px_get_decimals(px_cut *cut, px_num *ret_nums, uint32_t count);

/* All numbers at one exponent; false when one does not fit (62 bits) or is a double. */
bool px_decimals_scale(const px_num *nums, uint32_t count, int64_t *ret_scaled, int *ret_exponent);

#endif
