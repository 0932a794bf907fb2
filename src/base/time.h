/* SPDX-License-Identifier: Apache-2.0 */
/**
 * UTC nanoseconds since 1970-01-01, and their text by RFC 3339.
 *
 * Source time and arrival time are two fields, never one. Nothing here asks a clock. Threads: any.
 */
#ifndef PX_BASE_TIME_H
#define PX_BASE_TIME_H

#include "base/buf.h"

typedef int64_t px_time; /* UTC nanoseconds; PX_TIME_NONE where there is none */

#define PX_TIME_NONE INT64_MIN
#define PX_SECOND INT64_C(1000000000)
#define PX_MILLISECOND INT64_C(1000000)

/**
 * Reads RFC 3339: date, 'T', time with optional fraction, 'Z' or an offset.
 *
 * Limits:  1970-01-01 to 2261-12-31; digits past the ninth of the fraction are dropped; a leap
 * second is read as :59.999999999. Errors:  PX_INVALID (err->column is the first bad byte).
 */
PX_NODISCARD px_status px_time_parse(px_str text, px_time *ret_time, px_err *ret_err);

/* `2026-11-01T12:00:00.5Z`: as many fraction digits as needed, none when whole. */
void px_put_time(px_buf *buf, px_time time);
/* Always seven digits, the form of the Azure documents. */
void px_put_time7(px_buf *buf, px_time time);

/* Civil date and back (proleptic Gregorian), for readers of other forms. */
typedef struct px_civil {
    int year, month, day, hour, minute, second; /* month and day count from 1 */
    int32_t nanosecond;
} px_civil;
px_time px_time_of_civil(px_civil civil); /* fields must be in range */
px_civil px_time_to_civil(px_time time);

#endif
