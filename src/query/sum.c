/* SPDX-License-Identifier: Apache-2.0 */
#include "query/sum.h"

/* The mantissa that the number has with a lower exponent. */
static bool scale(px_num num, int exponent, int64_t *ret_mantissa)
{
    int64_t mantissa = num.mantissa;

    for (int at = num.exponent; at > exponent && mantissa; at--)
        if (__builtin_mul_overflow(mantissa, 10, &mantissa))
            return false;
    *ret_mantissa = mantissa;
    return true;
}

static bool add_exactly(px_num *to, px_num num)
{
    int8_t exponent = to->exponent < num.exponent ? to->exponent : num.exponent;
    int64_t a, b, sum;

    if (num.is_double || !scale(*to, exponent, &a) || !scale(num, exponent, &b) ||
        __builtin_add_overflow(a, b, &sum))
        return false;
    *to = (px_num){ .mantissa = sum, .exponent = exponent };
    return true;
}

/* Beyond the largest double there is no number: it stays at the edge. */
static double within(double value)
{
    double edge = __DBL_MAX__;

    return value > edge ? edge : value < -edge ? -edge : value;
}

void pxi_sum_add(pxi_sum *sum, px_num num)
{
    if (!sum->is_rounded && add_exactly(&sum->exact, num))
        return;
    if (!sum->is_rounded)
        sum->rounded = px_num_to_double(sum->exact);
    sum->is_rounded = true;
    sum->rounded = within(sum->rounded + px_num_to_double(num));
}

px_num pxi_sum_num(const pxi_sum *sum)
{
    return sum->is_rounded ? px_num_double(sum->rounded) : sum->exact;
}

px_num pxi_sum_mean(const pxi_sum *sum, uint64_t count)
{
    double whole = sum->is_rounded ? sum->rounded : px_num_to_double(sum->exact);

    return px_num_double(whole / (double)count);
}
