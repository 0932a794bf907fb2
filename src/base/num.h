/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Exact decimal numbers: mantissa x 10^exponent, so that the 21.4 that came is the 21.4 that goes.
 *
 * 21.40 is (2140, -2) and is written back as 21.40; a positive exponent is multiplied in where the
 * product fits, so 1e5 is (100000, 0). A number whose digits do not fit 63 bits, or whose exponent
 * does not fit, becomes the nearest double and says so. Of those, a whole number below 2^64 that is
 * written in digits keeps what the double is off by, and so comes back as it went. Threads: any.
 */
#ifndef PX_BASE_NUM_H
#define PX_BASE_NUM_H

#include "base/buf.h"

typedef struct px_num {
    int64_t mantissa;  /* decimal digits, or the bits of a double */
    int8_t exponent;   /* -127..127; unused for a double */
    int16_t is_double; /* 0 or 1, or PX_NUM_WHOLE and more */
} px_num;

/* A double that stands for a whole number from 2^63 to 2^64 - 1: the number is the double and the
 * rest, of 11 bits and a sign, that stands above this in `is_double`. */
#define PX_NUM_WHOLE 4096
static inline bool px_num_is_whole(px_num num)
{
    return num.is_double > 1;
}
static inline int px_num_rest(px_num num)
{
    return px_num_is_whole(num) ? num.is_double - PX_NUM_WHOLE : 0;
}

/* Reads a JSON number (RFC 8259) that fills the whole slice. Errors: PX_INVALID (column). A
 * magnitude beyond the double range is PX_INVALID, too: it has no value. Minus zero is the double
 * -0. */
PX_NODISCARD px_status px_num_parse(px_str text, px_num *ret_num, px_err *ret_err);

/* JSON text that reads back as the same number, and as the same px_num when it was read from text:
 * decimals keep their trailing zeros (21.40), 1e5 became 100000 when it was read. Plain between
 * 1e-20 and 1e21 where that is exact, else with an exponent. A double takes its fewest digits. */
void px_put_num(px_buf *buf, px_num num);

/* For tokenizers: reads the number that begins at `*at` and moves `*at` behind it; after a failure
 * `*at` is at the first byte that does not belong. `ret_num` is written only on PX_NUM_OK. */
typedef enum px_num_scan_result { PX_NUM_OK, PX_NUM_SYNTAX, PX_NUM_RANGE } px_num_scan_result;
PX_NODISCARD px_num_scan_result px_num_scan(const char **at, const char *end, px_num *ret_num);

px_num px_num_int(int64_t value);
px_num px_num_uint(uint64_t value);  /* exact */
px_num px_num_double(double value);  /* kept as a double */
double px_num_to_double(px_num num); /* correctly rounded */
/* True and the value when the number is integral and fits. */
bool px_num_to_int(px_num num, int64_t *ret_value);
bool px_num_to_uint(px_num num, uint64_t *ret_value);
/* Exact comparison of values: -1, 0, 1; 2.50 equals 2.5. NaN never gets in. */
int px_num_cmp(px_num a, px_num b);

static inline bool px_num_same(px_num a, px_num b)
{
    return a.mantissa == b.mantissa && a.exponent == b.exponent && a.is_double == b.is_double;
}

#endif
