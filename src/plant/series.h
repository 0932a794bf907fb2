/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The line as a table: one row of CSV a second, to look at, and to compare byte for byte.
 *
 * Threads: any.
 */
#ifndef PX_PLANT_SERIES_H
#define PX_PLANT_SERIES_H

#include "base/buf.h"
#include "plant/line.h"

/* `second,cnc-01.state,cnc-01.reason,…,line-01.rate` and a line feed. */
void px_put_series_head(px_buf *buf);
void px_put_series_row(px_buf *buf, const px_line *line);

/* 1234 thousandths as `1.2` with one decimal, rounded half away from zero; decimals 0 to 3. */
void px_put_thousandths(px_buf *buf, int32_t thousandths, unsigned decimals);

#endif
