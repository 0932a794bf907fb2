/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Sums and products of exact numbers: 21.4 * 0.1 is 2.14 and not what a double makes of it.
 *
 * Two decimals give the exact decimal where its digits fit 63 bits, zeros at its end aside, a
 * quotient where it ends within them; all else is the nearest double of the doubles. 68 - 32 = 36,
 * 36 * 5 / 9 = 20. Threads: any.
 */
#ifndef PX_BASE_NUM_CALC_H
#define PX_BASE_NUM_CALC_H

#include "base/num.h"

typedef enum px_num_op { PX_NUM_ADD, PX_NUM_SUB, PX_NUM_MUL, PX_NUM_DIV } px_num_op;

/* False, and nothing written, when there is no such number: division by zero, beyond a double. */
PX_NODISCARD bool px_num_calc(px_num_op op, px_num a, px_num b, px_num *ret_num);

/* The nearest whole number, halves away from zero; false when it does not fit 63 bits. */
PX_NODISCARD bool px_num_round(px_num num, px_num *ret_num);

#endif
