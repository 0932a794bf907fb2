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

PX_TEST_MAIN()
