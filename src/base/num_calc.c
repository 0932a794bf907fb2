/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact way is tried first, in 128 bits: what does not come out of it as a mantissa of 63 bits
 * and an exponent that fits is left to doubles.
 */
#include "base/num_calc.h"

#include <math.h>

__extension__ typedef __int128 wide;

enum { EXPONENT_MAX = 127, ALIGN_MAX = 19 };

static bool fits(wide m)
{
    return m >= INT64_MIN && m <= INT64_MAX;
}

/* Beyond 63 bits and the widest exponents zeros at the end are let go; a positive exponent is
 * multiplied in where all of it fits, as when a number is read. */
static bool settle(wide m, int exponent, px_num *ret_num)
{
    wide whole;
    int left;

    for (; (!fits(m) || exponent < -EXPONENT_MAX) && m % 10 == 0 && m != 0; exponent++)
        m /= 10;
    if (!fits(m))
        return false; /* and no product of it may be looked at */
    for (whole = m, left = exponent; left > 0 && fits(whole * 10); left--)
        whole *= 10;
    if (left == 0 || exponent > EXPONENT_MAX) {
        m = whole;
        exponent = left;
    }
    if (m == 0 && exponent < -EXPONENT_MAX)
        exponent = -EXPONENT_MAX;
    if (exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX)
        return false;
    *ret_num = (px_num){ .mantissa = (int64_t)m, .exponent = (int8_t)exponent };
    return true;
}

/* Zeros at the end of the lower one may be in the way, and nothing has no digits at all. Past that
 * no 63 bits have both the first digit of the one and the last of the other. */
static bool align(px_num *high, px_num *low)
{
    if (high->exponent - low->exponent > ALIGN_MAX && high->mantissa == 0)
        high->exponent = low->exponent;
    else if (high->exponent - low->exponent > ALIGN_MAX && low->mantissa == 0)
        low->exponent = high->exponent;
    for (; high->exponent - low->exponent > ALIGN_MAX && low->mantissa % 10 == 0; low->exponent++)
        low->mantissa /= 10;
    return high->exponent - low->exponent <= ALIGN_MAX;
}

static bool add(px_num a, px_num b, bool minus, px_num *ret_num)
{
    wide x, y;

    if (!(a.exponent > b.exponent ? align(&a, &b) : align(&b, &a)))
        return false;
    x = a.mantissa;
    y = minus ? -(wide)b.mantissa : (wide)b.mantissa;
    for (int e = a.exponent; e > b.exponent; e--)
        x *= 10;
    for (int e = b.exponent; e > a.exponent; e--)
        y *= 10;
    return settle(x + y, a.exponent < b.exponent ? a.exponent : b.exponent, ret_num);
}

/* Digit by digit, until nothing is left or the digits no longer fit: 190 / 9 has no end, 18 * 5 / 9
 * and 1 / 8 have one. */
static bool divide(px_num a, px_num b, px_num *ret_num)
{
    wide digits = (wide)a.mantissa / b.mantissa, rest = (wide)a.mantissa % b.mantissa;
    int exponent = a.exponent - b.exponent;

    for (; rest != 0 && fits(digits); exponent--) {
        digits = digits * 10 + rest * 10 / b.mantissa;
        rest = rest * 10 % b.mantissa;
    }
    return rest == 0 && settle(digits, exponent, ret_num);
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

/* Digits behind the point are let go one by one; the last of them says which way. */
static int64_t round_decimal(px_num num)
{
    int64_t m = num.mantissa;
    int last = 0;

    for (int e = num.exponent; e < 0 && (m != 0 || last != 0); e++) {
        last = (int)(m % 10);
        m /= 10;
    }
    return m + (last >= 5) - (last <= -5);
}

bool px_num_round(px_num num, px_num *ret_num)
{
    int64_t whole;
    double rounded;

    if (px_num_to_int(num, &whole)) {
        *ret_num = px_num_int(whole);
        return true;
    }
    if (!num.is_double && num.exponent < 0) {
        *ret_num = px_num_int(round_decimal(num));
        return true;
    }
    rounded = round(px_num_to_double(num));
    if (!(rounded >= -0x1p62 && rounded <= 0x1p62))
        return false;
    *ret_num = px_num_int((int64_t)rounded);
    return true;
}
