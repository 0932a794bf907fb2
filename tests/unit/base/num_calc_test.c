/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num_calc.h"

#include <stdio.h>

#include "px_test.h"

static px_num num(const char *text)
{
    px_num n;

    CHECK_EQ(px_num_parse(px_str_c(text), &n, NULL), PX_OK);
    return n;
}

static const char *calc(const char *a, char sign, const char *b)
{
    static char text[64];
    px_num_op op = sign == '+'   ? PX_NUM_ADD
                   : sign == '-' ? PX_NUM_SUB
                   : sign == '*' ? PX_NUM_MUL
                                 : PX_NUM_DIV;
    px_num result;
    px_buf buf = { 0 };

    if (!px_num_calc(op, num(a), num(b), &result))
        return "none";
    px_put_num(&buf, result);
    snprintf(text, sizeof(text), "%s", buf.ptr);
    px_buf_release(&buf);
    return text;
}

PX_TEST(decimals_stay_decimals)
{
    CHECK_STR(calc("0.1", '+', "0.2"), "0.3");
    CHECK_STR(calc("21.4", '*', "0.1"), "2.14");
    CHECK_STR(calc("68", '-', "32"), "36");
    CHECK_STR(calc("180", '/', "9"), "20");
    CHECK_STR(calc("1", '/', "8"), "0.125");
    CHECK_STR(calc("-1.5", '/', "0.5"), "-3");
    CHECK_STR(calc("1e5", '+', "1e-5"), "100000.00001");
}

PX_TEST(what_does_not_end_or_fit_is_the_nearest_double)
{
    CHECK_STR(calc("1", '/', "3"), "0.3333333333333333");
    CHECK_STR(calc("9223372036854775807", '+', "1"), "9223372036854776000");
    CHECK_STR(calc("9223372036854775807", '*', "9223372036854775807"), "8.507059173023462e37");
    CHECK_STR(calc("1e100", '+', "1"), "1e100");
    CHECK_STR(calc("5000000000000000000", '*', "20"), "1.000000000000000000e20");
}

PX_TEST(there_is_no_number_behind_the_last_one)
{
    CHECK_STR(calc("1", '/', "0"), "none");
    CHECK_STR(calc("1", '/', "0.00"), "none");
    CHECK_STR(calc("1e308", '*', "10"), "none");
    CHECK_STR(calc("1e308", '*', "1"), "1e308");
}

PX_TEST(rounding_is_half_away_from_zero)
{
    px_num n;

    CHECK(px_num_round(num("2.5"), &n) && n.mantissa == 3);
    CHECK(px_num_round(num("-2.5"), &n) && n.mantissa == -3);
    CHECK(px_num_round(num("7.00"), &n) && n.mantissa == 7 && n.exponent == 0);
    CHECK(!px_num_round(num("1e300"), &n));
}

/* Of small decimals sum and product are those of whole numbers. */
PX_PROP(small_decimals_are_calculated_as_whole_numbers_are, 500)
{
    int64_t a = (int64_t)px_gen_below(gen, 2000000) - 1000000;
    int64_t b = (int64_t)px_gen_below(gen, 2000000) - 1000000;
    px_num x = { .mantissa = a, .exponent = -3 }, y = { .mantissa = b, .exponent = -3 }, z;

    CHECK(px_num_calc(PX_NUM_ADD, x, y, &z) && z.mantissa == a + b && z.exponent == -3);
    CHECK(px_num_calc(PX_NUM_MUL, x, y, &z) && z.mantissa == a * b && z.exponent == -6);
    if (b && px_num_calc(PX_NUM_MUL, x, y, &z)) {
        CHECK(px_num_calc(PX_NUM_DIV, z, y, &z));
        CHECK_EQ(px_num_cmp(z, x), 0);
    }
}

/* ---- at the limits ---- */

PX_TEST(products_beyond_63_bits_of_large_exponents_are_doubles)
{
    CHECK_STR(calc("9223372036854775807e1", '*', "9223372036854775807e1"), "8.507059173023462e39");
    CHECK_STR(calc("-9223372036854775808e9", '*', "9223372036854775807e9"),
              "-8.507059173023462e55");
    CHECK_STR(calc("9223372036854775807e20", '+', "9223372036854775807e1"), "9.223372036854776e38");
    CHECK_STR(calc("-9223372036854775808e40", '-', "9223372036854775807e21"),
              "-9.223372036854776e58");
}

PX_TEST(the_last_numbers_that_fit_are_exact)
{
    CHECK_STR(calc("9223372036854775806", '+', "1"), "9223372036854775807");
    CHECK_STR(calc("-9223372036854775807", '-', "1"), "-9223372036854775808");
    CHECK_STR(calc("-9223372036854775808", '-', "1"), "-9223372036854776000");
    CHECK_STR(calc("0", '-', "-9223372036854775807"), "9223372036854775807");
    CHECK_STR(calc("0", '-', "-9223372036854775808"), "9223372036854776000");
    CHECK_STR(calc("-9223372036854775808", '/', "-1"), "9223372036854776000");
    CHECK_STR(calc("3037000499", '*', "3037000499"), "9223372030926249001");
    CHECK_STR(calc("1", '/', "134217728"), "0.000000007450580596923828125");
    CHECK_STR(calc("1", '/', "268435456"), "0.000000003725290298461914");
}

PX_TEST(zeros_and_nothing_are_in_nobodys_way)
{
    CHECK_STR(calc("0", '+', "1e-100"), "1e-100");
    CHECK_STR(calc("1e100", '-', "0.00"), "1e100");
    CHECK_STR(calc("1", '+', "0.01000000000000000000"), "1.010000000000000000");
    CHECK_STR(calc("1e100", '*', "1"), "1e100");
    CHECK_STR(calc("0e-100", '*', "1e-100"), "0e-127");
}

PX_TEST(rounding_sees_every_digit)
{
    px_num n;

    CHECK(px_num_round(num("0.49999999999999999"), &n) && n.mantissa == 0);
    CHECK(px_num_round(num("922337203685477580.5"), &n) &&
          n.mantissa == INT64_C(922337203685477581));
    CHECK(px_num_round(num("-922337203685477580.4"), &n) &&
          n.mantissa == -INT64_C(922337203685477580));
    CHECK(px_num_round(num("5e-20"), &n) && n.mantissa == 0);
    CHECK(!px_num_round(num("9223372036854775807e1"), &n));
}

__extension__ typedef __int128 wide;

/* Mantissas of every length, at the ends of 63 bits among them. */
static int64_t gen_mantissa(px_gen *gen)
{
    int64_t m = (int64_t)(px_gen_u64(gen) >> px_gen_below(gen, 64));

    switch (px_gen_below(gen, 8)) {
    case 0:
        return INT64_MAX - (int64_t)px_gen_below(gen, 3);
    case 1:
        return INT64_MIN + (int64_t)px_gen_below(gen, 3);
    case 2:
        return 0;
    case 3:
    case 4:
        return ~m;
    default:
        return m;
    }
}

static bool is_63_bits(wide m)
{
    for (; m != 0 && m % 10 == 0;)
        m /= 10;
    return m >= INT64_MIN && m <= INT64_MAX;
}

/* mantissa x 10^(exponent - at) */
static wide scaled(px_num n, int at)
{
    wide m = n.mantissa;

    for (int e = n.exponent; e > at; e--)
        m *= 10;
    for (int e = n.exponent; e < at; e++) {
        CHECK(m % 10 == 0);
        m /= 10;
    }
    return m;
}

static bool is_decimal(px_num n, wide m, int exponent)
{
    for (; m != 0 && m % 10 == 0; exponent++)
        m /= 10;
    if (n.is_double || m == 0)
        return !n.is_double && n.mantissa == 0;
    return scaled(n, exponent) == m; /* which has no zeros at its end */
}

/* Whatever the numbers: what 63 bits hold is exact, all else a double, and nothing overflows. */
PX_PROP(what_fits_is_exact_whatever_the_operands, 20000)
{
    px_num a = { .mantissa = gen_mantissa(gen), .exponent = (int8_t)px_gen_below(gen, 19) };
    px_num b = { .mantissa = gen_mantissa(gen), .exponent = (int8_t)px_gen_below(gen, 19) };
    int base = (int)px_gen_below(gen, 90) - 50; /* exponents of one sign and of both */
    wide product = (wide)a.mantissa * b.mantissa, x = scaled(a, 0), y = scaled(b, 0);
    px_num z;

    a.exponent = (int8_t)(a.exponent + base);
    b.exponent = (int8_t)(b.exponent + base);
    CHECK(px_num_calc(PX_NUM_MUL, a, b, &z));
    CHECK_EQ(!z.is_double, is_63_bits(product));
    if (!z.is_double)
        CHECK(is_decimal(z, product, a.exponent + b.exponent));
    CHECK(px_num_calc(PX_NUM_ADD, a, b, &z));
    CHECK_EQ(!z.is_double, is_63_bits(x + y));
    if (!z.is_double)
        CHECK(is_decimal(z, x + y, base));
    CHECK(px_num_calc(PX_NUM_SUB, a, b, &z));
    CHECK_EQ(!z.is_double, is_63_bits(x - y));
    if (!z.is_double)
        CHECK(is_decimal(z, x - y, base));
    if (b.mantissa != 0) {
        CHECK(px_num_calc(PX_NUM_DIV, a, b, &z));
        if (!z.is_double && a.mantissa != 0) /* z x b = a */
            CHECK(is_decimal(a, (wide)z.mantissa * b.mantissa, z.exponent + b.exponent));
    }
}

PX_TEST_MAIN()
