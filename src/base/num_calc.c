/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact way is tried first, in 128 bits: what does not come out of it as a mantissa of 63 bits
 * and an exponent that fits is left to doubles.
 */
#include "base/num_calc.h"

#include <math.h>

__extension__ typedef __int128 wide;

enum { EXPONENT_MAX = 127, TENS_MAX = 18, ALIGN_MAX = 19 };

static bool fits(wide m)
{
    return m >= INT64_MIN && m <= INT64_MAX;
}

/* Positive exponents are multiplied in where the product fits, as when a number is read. */
static bool settle(wide m, int exponent, px_num *ret_num)
{
    for (; (!fits(m) || exponent < -EXPONENT_MAX) && m % 10 == 0 && m != 0; exponent++)
        m /= 10;
    for (; exponent > 0 && fits(m * 10); exponent--)
        m *= 10;
    if (m == 0 && exponent < -EXPONENT_MAX)
        exponent = -EXPONENT_MAX;
    if (!fits(m) || exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX)
        return false;
    *ret_num = (px_num){ .mantissa = (int64_t)m, .exponent = (int8_t)exponent };
    return true;
}

static bool add(px_num a, px_num b, bool minus, px_num *ret_num)
{
    wide x = a.mantissa, y = minus ? -(wide)b.mantissa : (wide)b.mantissa;
    int difference = a.exponent - b.exponent;

    if (difference > ALIGN_MAX || difference < -ALIGN_MAX)
        return false;
    for (; difference > 0; difference--)
        x *= 10;
    for (; difference < 0; difference++)
        y *= 10;
    return settle(x + y, a.exponent < b.exponent ? a.exponent : b.exponent, ret_num);
}

/* 190 / 9 has no end; 18 * 5 / 9 and 1 / 8 have one. */
static bool divide(px_num a, px_num b, px_num *ret_num)
{
    wide m = a.mantissa;
    int exponent = a.exponent - b.exponent;

    for (int tens = 0; tens <= TENS_MAX; tens++) {
        if (m % b.mantissa == 0)
            return settle(m / b.mantissa, exponent, ret_num);
        m *= 10;
        exponent--;
    }
    return false;
}

static bool calc_exactly(px_num_op op, px_num a, px_num b, px_num *ret_num)
{
    switch (op) {
    case PX_NUM_ADD:
        return add(a, b, false, ret_num);
    case PX_NUM_SUB:
        return add(a, b, true, ret_num);
    case PX_NUM_MUL:
        return settle((wide)a.mantissa * b.mantissa, a.exponent + b.exponent, ret_num);
    default:
        return divide(a, b, ret_num);
    }
}

static double calc_doubles(px_num_op op, double a, double b)
{
    switch (op) {
    case PX_NUM_ADD:
        return a + b;
    case PX_NUM_SUB:
        return a - b;
    case PX_NUM_MUL:
        return a * b;
    default:
        return a / b;
    }
}

bool px_num_calc(px_num_op op, px_num a, px_num b, px_num *ret_num)
{
    double y = px_num_to_double(b), result;

    if (op == PX_NUM_DIV && y == 0)
        return false;
    if (!a.is_double && !b.is_double && calc_exactly(op, a, b, ret_num))
        return true;
    result = calc_doubles(op, px_num_to_double(a), y);
    if (!isfinite(result))
        return false;
    *ret_num = px_num_double(result);
    return true;
}

bool px_num_round(px_num num, px_num *ret_num)
{
    int64_t whole;
    double rounded;

    if (px_num_to_int(num, &whole)) {
        *ret_num = px_num_int(whole);
        return true;
    }
    rounded = round(px_num_to_double(num));
    if (!(rounded >= -0x1p62 && rounded <= 0x1p62))
        return false;
    *ret_num = px_num_int((int64_t)rounded);
    return true;
}
