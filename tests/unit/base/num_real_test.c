/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num_real.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "px_test.h"

static const char *shown(px_num num)
{
    static char text[64];
    px_buf buf = { 0 };

    px_put_num(&buf, num);
    snprintf(text, sizeof(text), "%s", buf.ptr);
    px_buf_release(&buf);
    return text;
}

PX_TEST(floats_are_what_people_wrote)
{
    CHECK_STR(shown(px_num_of_float(21.4f)), "21.4");
    CHECK_STR(shown(px_num_of_float(-0.3f)), "-0.3");
    CHECK_STR(shown(px_num_of_float(100.0f)), "100");
    CHECK_STR(shown(px_num_of_float(123456.0f)), "123456");
    CHECK_STR(shown(px_num_of_float(16777216.0f)), "16777216");
    CHECK_STR(shown(px_num_of_float(0.001234567f)), "0.001234567");
    CHECK_STR(shown(px_num_of_float(1e-12f)), "0.000000000001");
    CHECK_STR(shown(px_num_of_float(0.0f)), "0");
    CHECK_STR(shown(px_num_of_float(-0.0f)), "-0");
    CHECK_STR(shown(px_num_of_float(FLT_MAX)), "3.4028235e38");
    CHECK_STR(shown(px_num_of_float(-FLT_MIN)), "-1.1754944e-38");
    CHECK_STR(shown(px_num_of_float(0x1p-149f)), "1e-45");
}

PX_TEST(doubles_of_fifteen_digits_are_decimals)
{
    px_num n = px_num_of_double(21.4);

    CHECK(n.mantissa == 214 && n.exponent == -1 && !n.is_double);
    CHECK_STR(shown(px_num_of_double(-0.1)), "-0.1");
    CHECK_STR(shown(px_num_of_double(123456789012345.0)), "123456789012345");
    CHECK_STR(shown(px_num_of_double(0.1 + 0.2)), "0.30000000000000004");
    CHECK_STR(shown(px_num_of_double(1e300)), "1e300");
    CHECK_STR(shown(px_num_of_double(0.0)), "0");
    CHECK_STR(shown(px_num_of_double(-0.0)), "-0");
    CHECK_STR(shown(px_num_of_double(5e-324)), "5e-324");
}

/* Mantissa digits without the zeros at their end. */
static int digits_of(px_num num)
{
    int64_t m = num.mantissa < 0 ? -num.mantissa : num.mantissa;
    int count = 0;

    for (; m != 0 && m % 10 == 0;)
        m /= 10;
    for (; m != 0; m /= 10)
        count++;
    return count;
}

static bool is_read_as(int64_t digits, int exponent, float value)
{
    char text[40];

    snprintf(text, sizeof(text), "%llde%d", (long long)digits, exponent);
    return strtof(text, NULL) == value;
}

/* Some number of this many digits is read as the float. */
static bool has_of(int count, float value)
{
    char text[40];
    int64_t digits = 0;
    int exponent;

    snprintf(text, sizeof(text), "%.*e", count - 1, (double)value);
    for (const char *p = text; *p != 'e'; p++)
        digits = *p >= '0' && *p <= '9' ? digits * 10 + (*p - '0') : digits;
    exponent = atoi(strchr(text, 'e') + 1) - (count - 1);
    return is_read_as(digits, exponent, value) || is_read_as(digits + 1, exponent, value) ||
           is_read_as(digits - 1, exponent, value);
}

static void check_float(float value)
{
    px_num num = px_num_of_float(value);
    float back = strtof(shown(num), NULL);
    int digits = digits_of(num);

    CHECK(!num.is_double);
    CHECK_EQ(memcmp(&back, &value, sizeof(value)), 0);
    CHECK(digits == 1 || !has_of(digits - 1, value));
}

PX_PROP(no_float_has_fewer_digits, 20000)
{
    uint32_t bits = (uint32_t)(1 + px_gen_below(gen, 0x7F7FFFFF));
    float value;

    memcpy(&value, &bits, sizeof(value));
    check_float(value);
    check_float((float)(int64_t)px_gen_below(gen, 100000000) / 1000 + 0.001f);
}

PX_TEST(powers_of_two_have_neighbours_of_two_distances)
{
    for (int e = -149; e < 128; e++)
        check_float(ldexpf(1, e));
}

PX_PROP(every_double_comes_back_as_itself, 20000)
{
    uint64_t bits = px_gen_u64(gen);
    int64_t digits = (int64_t)px_gen_below(gen, UINT64_C(1000000000000000));
    double value, back;
    char text[40];
    px_num num;

    memcpy(&value, &bits, sizeof(value));
    if (isfinite(value)) {
        back = px_num_to_double(px_num_of_double(value));
        CHECK_EQ(memcmp(&back, &value, sizeof(value)), 0);
    }
    snprintf(text, sizeof(text), "%llde-%d", (long long)digits, (int)px_gen_below(gen, 16));
    value = strtod(text, NULL);
    num = px_num_of_double(value);
    CHECK(px_num_to_double(num) == value);
    if (value >= 1e-6)
        CHECK(!num.is_double && digits_of(num) <= 15);
}

/* As people write them: 1 to 15 digits, 0 to 6 of them behind the point, and no zero at the end. */
PX_PROP(a_short_decimal_comes_back_digit_by_digit, 20000)
{
    int64_t digits = 1 + (int64_t)px_gen_below(gen, 999999999999999), written;
    int places = (int)px_gen_below(gen, 7);
    char text[40];
    px_num num;

    for (uint64_t drop = px_gen_below(gen, 15); drop > 0 && digits >= 10; drop--)
        digits /= 10;
    snprintf(text, sizeof(text), "-%llde-%d", (long long)digits, places);
    num = px_num_of_double(strtod(text, NULL));
    for (written = digits; places > 0 && written % 10 == 0; places--)
        written /= 10;
    CHECK(!num.is_double);
    CHECK_EQ(num.mantissa, -written);
    CHECK_EQ(num.exponent, -places);
}

PX_TEST_MAIN()
