/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Six digits come back from any float that was made of them, fifteen from any double, so looking
 * begins there; fewer are those with zeros at the end. A float has one of nine digits at most.
 * What people write as a double has few places, so those are tried first.
 */
#include "base/num_real.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FLOAT_DIGITS_SURE = 6,
    FLOAT_DIGITS_MAX = 9,
    DOUBLE_DIGITS_SURE = 15,
    DOUBLE_PLACES_TRIED = 4,
    TENS_MAX = 22, /* what a double holds exactly */
};

static const double tens[TENS_MAX + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                           1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                           1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* 10^(digits - 1) <= magnitude < 10^digits, for magnitudes that `tens` reach. */
static int digits_before_point(double magnitude)
{
    int twos, digits;

    frexp(magnitude, &twos);
    digits = (int)floor((twos - 1) * 0.30102999566398120) + 1;
    return magnitude >= (digits >= 0 ? tens[digits] : 1 / tens[-digits]) ? digits + 1 : digits;
}

static px_num decimal(double digits, int places, bool negative)
{
    int64_t m = (int64_t)digits;

    for (; places > 0 && m % 10 == 0; places--)
        m /= 10;
    return (px_num){ .mantissa = negative ? -m : m, .exponent = (int8_t)-places };
}

/* ---- floats ---- */

/* Of `digits` digits, the nearest or, beside a power of two, the one on its other side. */
static bool find_digits(double magnitude, int digits, int before, double *ret_digits)
{
    double scale = tens[digits - before], scaled = magnitude * scale, nearest = nearbyint(scaled);
    double other = scaled > nearest ? nearest + 1 : nearest - 1;

    *ret_digits = (float)(nearest / scale) == (float)magnitude ? nearest : other;
    return (float)(*ret_digits / scale) == (float)magnitude;
}

/* d x 10^exponent, read by the C library. */
static bool means(int64_t d, int exponent, float magnitude, char text[40])
{
    snprintf(text, 40, "%llde%d", (long long)d, exponent);
    return strtof(text, NULL) == magnitude;
}

/* Of any size: digits are taken from the text of the nearest, without its point. */
static px_num read_float(float magnitude, bool negative)
{
    px_num num = px_num_double((double)magnitude);
    char text[40];

    for (int digits = 1; digits <= FLOAT_DIGITS_MAX; digits++) {
        int64_t d = 0;
        int exponent;

        snprintf(text, sizeof(text), "%.*e", digits - 1, (double)magnitude);
        for (const char *p = text; *p != 'e'; p++)
            d = *p >= '0' && *p <= '9' ? d * 10 + (*p - '0') : d;
        exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10) - (digits - 1);
        if (!means(d, exponent, magnitude, text) && !means(d + 1, exponent, magnitude, text) &&
            !means(d - 1, exponent, magnitude, text))
            continue;
        if (px_num_parse(px_str_c(text), &num, NULL) == PX_OK)
            break;
    }
    if (negative)
        num.mantissa =
            num.is_double ? px_num_double(-px_num_to_double(num)).mantissa : -num.mantissa;
    return num;
}

px_num px_num_of_float(float value)
{
    double magnitude = fabs((double)value), found;
    int before;

    if (magnitude == 0)
        return signbit(value) ? px_num_double(-0.0) : px_num_int(0);
    if (!(magnitude >= 1e-12 && magnitude < 1e6))
        return read_float((float)magnitude, signbit(value));
    before = digits_before_point(magnitude);
    for (int digits = FLOAT_DIGITS_SURE; digits <= FLOAT_DIGITS_MAX; digits++)
        if (find_digits(magnitude, digits, before, &found))
            return decimal(found, digits - before, signbit(value));
    return px_num_double((double)value);
}

/* ---- doubles ---- */

/* No two decimals of fifteen digits mean one double: the first that does is the only one. */
static bool find_places(double magnitude, double *ret_digits, int *ret_places)
{
    for (int places = 0; places <= DOUBLE_PLACES_TRIED; places++) {
        double scaled = magnitude * tens[places], digits = (double)(int64_t)(scaled + 0.5);

        if (digits >= tens[DOUBLE_DIGITS_SURE])
            return false;
        if (digits / tens[places] == magnitude) {
            *ret_digits = digits;
            *ret_places = places;
            return true;
        }
    }
    return false;
}

px_num px_num_of_double(double value)
{
    double magnitude = fabs(value), scale, digits;
    int places;

    if (!(magnitude >= 1e-6 && magnitude < 1e15))
        return magnitude == 0 && !signbit(value) ? px_num_int(0) : px_num_double(value);
    if (find_places(magnitude, &digits, &places))
        return decimal(digits, places, signbit(value));
    places = DOUBLE_DIGITS_SURE - digits_before_point(magnitude);
    scale = tens[places];
    digits = nearbyint(magnitude * scale);
    if (digits / scale != magnitude)
        return px_num_double(value);
    return decimal(digits, places, signbit(value));
}
