/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"
#include "base/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "px_test.h"

static px_num num_of(const char *text)
{
    px_num num = { 0 };
    px_err err;

    CHECK_OK(px_num_parse(px_str_c(text), &num, &err), &err);
    return num;
}

static void check_decimal(const char *text, int64_t mantissa, int exponent)
{
    px_num num = num_of(text);

    CHECK(!num.is_double);
    CHECK_EQ(num.mantissa, mantissa);
    CHECK_EQ(num.exponent, exponent);
}

static void check_double(const char *text, double wanted)
{
    px_num num = num_of(text);
    double got = px_num_to_double(num);

    CHECK(num.is_double);
    CHECK(memcmp(&got, &wanted, sizeof(got)) == 0);
}

static void check_put(px_num num, const char *wanted)
{
    px_buf buf = { 0 };

    px_put_num(&buf, num);
    CHECK_SLICE(px_buf_str(&buf), wanted);
    px_buf_release(&buf);
}

static void check_refused(const char *text, const char *id, uint32_t column)
{
    px_num num;
    px_err err = { 0 };

    CHECK_EQ(px_num_parse(px_str_c(text), &num, &err), PX_INVALID);
    CHECK_STR(err.id, id);
    CHECK_EQ(err.column, column);
}

PX_TEST(keeps_the_digits_that_came)
{
    check_decimal("0", 0, 0);
    check_decimal("21.40", 2140, -2);
    check_decimal("-0.001", -1, -3);
    check_decimal("1.5e-3", 15, -4);
    check_decimal("0.00", 0, -2);
    check_decimal("9223372036854775807", INT64_MAX, 0);
    check_decimal("-9223372036854775808", INT64_MIN, 0);
    check_decimal("0.9223372036854775807", INT64_MAX, -19);
    check_decimal("0.00000000000000000000000000000000000000001", 1, -41);
    check_decimal("1e-127", 1, -127);
}

PX_TEST(multiplies_a_positive_exponent_in_where_it_fits)
{
    check_decimal("1e5", 100000, 0);
    check_decimal("1.10E+5", 110000, 0);
    check_decimal("0e999999999999999999999", 0, 0);
    check_decimal("9e18", INT64_C(9000000000000000000), 0);
    check_decimal("-9223372036854775808e0", INT64_MIN, 0);
    check_decimal("1e19", 1, 19);
    check_decimal("1e127", 1, 127);
}

PX_TEST(becomes_a_double_where_the_digits_do_not_fit)
{
    check_double("9223372036854775808", 9223372036854775808.0);
    check_double("-9223372036854775809", -9223372036854775808.0);
    check_double("1e128", 1e128);
    check_double("1e-128", 1e-128);
    check_double("-0", -0.0);
    check_double("-0.000", -0.0);
    check_double("0.1000000000000000055511151231257827", 0.1);
    check_double("1e-400", 0.0);
    check_double("4.9406564584124654e-324", 0x1p-1074);
    check_double("1.7976931348623157e308", 0x1.fffffffffffffp1023);
}

PX_TEST(rounds_correctly_beyond_eight_hundred_digits)
{
    /* 1 + 2^-53 lies between two doubles: a last digit far away decides */
    char text[2100] = "1.00000000000000011102230246251565404236316680908203125";
    size_t len = strlen(text);

    check_double(text, 1.0);
    memset(text + len, '0', 2000);
    text[len + 2000] = '1';
    check_double(text, 1.0000000000000002);
}

PX_TEST(names_the_first_bad_byte)
{
    check_refused("", "num.syntax", 1);
    check_refused("-", "num.syntax", 2);
    check_refused("01", "num.syntax", 2);
    check_refused("-012", "num.syntax", 3);
    check_refused("1.", "num.syntax", 3);
    check_refused(".5", "num.syntax", 1);
    check_refused("+1", "num.syntax", 1);
    check_refused("1e", "num.syntax", 3);
    check_refused("1e+", "num.syntax", 4);
    check_refused("12a", "num.syntax", 3);
    check_refused("0x10", "num.syntax", 2);
    check_refused("1 ", "num.syntax", 2);
    check_refused("NaN", "num.syntax", 1);
    check_refused("1e400", "num.range", 6);
    check_refused("-1e309", "num.range", 7);
}

PX_TEST(writes_plain_where_that_is_exact)
{
    check_put(num_of("21.40"), "21.40");
    check_put(num_of("-0.5"), "-0.5");
    check_put(num_of("1e5"), "100000");
    check_put(num_of("1e19"), "1e19");
    check_put(num_of("10e19"), "1.0e20");
    check_put(num_of("-15e-30"), "-1.5e-29");
    check_put(num_of("1033720368547736854775808"), "1.0337203685477369e24");
    check_put(num_of("1.0337203685477369e24"), "1.0337203685477369e24");
    check_put(num_of("1e-20"), "0.00000000000000000001");
    check_put(num_of("1e-21"), "1e-21");
    check_put(num_of("0.000"), "0.000");
    check_put(num_of("-9223372036854775808"), "-9223372036854775808");
    check_put((px_num){ .mantissa = 5, .exponent = 2 }, "500");
}

PX_TEST(writes_a_double_with_its_fewest_digits)
{
    check_put(px_num_double(0.1), "0.1");
    check_put(px_num_double(-0.0), "-0");
    check_put(px_num_double(1.0 / 3), "0.3333333333333333");
    check_put(px_num_double(100), "100");
    check_put(px_num_double(1e20), "100000000000000000000");
    check_put(px_num_double(1e21), "1e21");
    check_put(px_num_double(1.5e300), "1.5e300");
    check_put(px_num_double(1e-20), "0.00000000000000000001");
    check_put(px_num_double(-2.5e-21), "-2.5e-21");
    check_put(px_num_double(0x1p-1074), "5e-324");
    check_put(px_num_double(123456.789), "123456.789");
}

PX_TEST(gives_an_integer_only_when_it_is_one)
{
    int64_t v = 0;

    CHECK(px_num_to_int(num_of("120"), &v) && v == 120);
    CHECK(px_num_to_int(num_of("12.00"), &v) && v == 12);
    CHECK(px_num_to_int(num_of("-0"), &v) && v == 0);
    CHECK(px_num_to_int(px_num_double(-0x1p63), &v) && v == INT64_MIN);
    CHECK(!px_num_to_int(num_of("12.5"), &v));
    CHECK(!px_num_to_int(num_of("1e19"), &v));
    CHECK(!px_num_to_int(num_of("9223372036854775808"), &v));
    CHECK(!px_num_to_int(px_num_double(0.5), &v));
    CHECK(!px_num_to_int(px_num_double(1e300), &v));
}

PX_TEST(whole_numbers_below_two_to_the_64_keep_their_digits)
{
    static const char *const texts[] = { "9223372036854775808", "9223372036854775809",
                                         "10000000000000000001", "18446744073709551614",
                                         "18446744073709551615" };
    uint64_t v = 0;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        px_num num = num_of(texts[i]);
        px_value value = px_value_num(num);
        px_buf buf = { 0 };
        px_cut cut;

        check_put(num, texts[i]);
        px_buf_clear(&buf);
        px_put_value(&buf, value);
        CHECK_EQ(buf.len, 9);
        cut = px_cut_of(px_buf_str(&buf));
        CHECK(px_value_same(px_get_value(&cut), value));
        CHECK(!cut.bad);
        px_buf_release(&buf);
    }
    CHECK(px_num_to_uint(num_of("18446744073709551615"), &v) && v == UINT64_MAX);
    CHECK(px_num_to_uint(num_of("12.00"), &v) && v == 12);
    CHECK(!px_num_to_uint(num_of("18446744073709551616"), &v));
    CHECK(!px_num_to_uint(num_of("-1"), &v));
    CHECK(!px_num_is_whole(num_of("18446744073709551616")));
    CHECK(!px_num_is_whole(num_of("9223372036854775808.5")));
    CHECK(!px_num_is_whole(num_of("-9223372036854775809")));
    CHECK_EQ(px_num_cmp(num_of("18446744073709551615"), num_of("18446744073709551614")), 1);
    CHECK_EQ(px_num_cmp(num_of("18446744073709551615"), num_of("18446744073709551616")), -1);
    CHECK_EQ(px_num_cmp(num_of("9223372036854775807"), num_of("9223372036854775809")), -1);
    CHECK_EQ(px_num_cmp(num_of("9223372036854775809"), num_of("9223372036854775807")), 1);
    CHECK_EQ(px_num_cmp(num_of("1e19"), num_of("10000000000000000001")), -1);
    CHECK_EQ(px_num_cmp(num_of("10000000000000000000"), num_of("1e19")), 0);
    CHECK_EQ(px_num_cmp(num_of("1000000000000000000e1"), num_of("10000000000000000001")), -1);
}

PX_TEST(compares_exactly)
{
    CHECK_EQ(px_num_cmp(num_of("2.5"), num_of("2.50")), 0);
    CHECK_EQ(px_num_cmp(num_of("-1"), num_of("1e-100")), -1);
    CHECK_EQ(px_num_cmp(num_of("1e100"), num_of("9e18")), 1);
    CHECK_EQ(px_num_cmp(num_of("0"), px_num_double(-0.0)), 0);
    /* the double nearest to 0.1 is a little more than 0.1 */
    CHECK_EQ(px_num_cmp(num_of("0.1"), px_num_double(0.1)), -1);
    CHECK_EQ(px_num_cmp(px_num_double(0.1), num_of("0.1")), 1);
    CHECK_EQ(px_num_cmp(num_of("-0.1"), px_num_double(-0.1)), 1);
    CHECK_EQ(px_num_cmp(num_of("0.5"), px_num_double(0.5)), 0);
    CHECK_EQ(px_num_cmp(num_of("9007199254740993"), px_num_double(9007199254740992.0)), 1);
    CHECK_EQ(px_num_cmp(num_of("1e22"), px_num_double(1e22)), 0);
    CHECK_EQ(px_num_cmp(num_of("1e23"), px_num_double(1e23)), 1);
    CHECK_EQ(px_num_cmp(num_of("1e-127"), px_num_double(1e-127)), -1);
    CHECK_EQ(px_num_cmp(num_of("1e-400"), num_of("1e-127")), -1);
}

/* -[digits][.digits][e[+-]digits], of a shape that is often at the edges */
static size_t random_number(px_gen *gen, char *text)
{
    size_t len = 0, whole = px_gen_below(gen, 22) + 1, fraction = px_gen_below(gen, 24);

    if (px_gen_below(gen, 2))
        text[len++] = '-';
    if (px_gen_below(gen, 3) == 0)
        whole = 1;
    for (size_t i = 0; i < whole; i++)
        text[len++] =
            (char)('0' + (i == 0 && whole > 1 ? 1 + px_gen_below(gen, 9) : px_gen_below(gen, 10)));
    if (fraction > 0 && px_gen_below(gen, 2)) {
        text[len++] = '.';
        for (size_t i = 0; i < fraction; i++)
            text[len++] = (char)('0' + px_gen_below(gen, 10));
    }
    if (px_gen_below(gen, 3) == 0)
        len += (size_t)sprintf(text + len, "%c%d", px_gen_below(gen, 2) ? 'e' : 'E',
                               (int)px_gen_below(gen, 520) - 260);
    text[len] = '\0';
    return len;
}

static void check_what_is_read_and_written_reads_the_same(px_gen *gen)
{
    char text[128];
    size_t len = random_number(gen, text);
    px_buf buf = { 0 }, twice = { 0 };
    px_num num, again;
    px_err err;
    double wanted = strtod(text, NULL), got;

    CHECK_OK(px_num_parse(px_str_of(text, len), &num, &err), &err);
    got = px_num_to_double(num);
    CHECK(memcmp(&got, &wanted, sizeof(got)) == 0);

    px_put_num(&buf, num);
    CHECK_OK(px_num_parse(px_buf_str(&buf), &again, &err), &err);
    if (num.is_double) {
        got = px_num_to_double(again);
        CHECK(memcmp(&got, &wanted, sizeof(got)) == 0);
    } else {
        CHECK(px_num_same(num, again));
    }
    px_put_num(&twice, again);
    CHECK(px_str_eq(px_buf_str(&buf), px_buf_str(&twice)));
    CHECK_EQ(px_num_cmp(num, num), 0);
    px_buf_release(&buf);
    px_buf_release(&twice);
}

PX_PROP(what_is_read_and_written_reads_the_same, 100)
{
    for (int i = 0; i < 200; i++)
        check_what_is_read_and_written_reads_the_same(gen);
}

static void check_every_double_reads_back_as_itself(px_gen *gen)
{
    uint64_t bits = px_gen_u64(gen);
    px_buf buf = { 0 }, twice = { 0 };
    px_num again;
    px_err err;
    double v, got;

    memcpy(&v, &bits, sizeof(v));
    if (!isfinite(v))
        return;
    px_put_num(&buf, px_num_double(v));
    CHECK_OK(px_num_parse(px_buf_str(&buf), &again, &err), &err);
    got = px_num_to_double(again);
    CHECK(memcmp(&got, &v, sizeof(v)) == 0);
    px_put_num(&twice, again);
    CHECK(px_str_eq(px_buf_str(&buf), px_buf_str(&twice)));
    px_buf_release(&buf);
    px_buf_release(&twice);
}

PX_PROP(every_double_reads_back_as_itself, 100)
{
    for (int i = 0; i < 200; i++)
        check_every_double_reads_back_as_itself(gen);
}

static void check_order_is_the_same_from_both_sides(px_gen *gen)
{
    char text[128];
    px_num a, b;
    px_err err;

    CHECK_OK(px_num_parse(px_str_of(text, random_number(gen, text)), &a, &err), &err);
    if (px_gen_below(gen, 2))
        b = px_num_double(px_num_to_double(a)); /* a neighbour, where only exactness tells */
    else
        CHECK_OK(px_num_parse(px_str_of(text, random_number(gen, text)), &b, &err), &err);
    CHECK_EQ(px_num_cmp(a, b), -px_num_cmp(b, a));
    if (px_num_to_double(a) < px_num_to_double(b))
        CHECK_EQ(px_num_cmp(a, b), -1);
}

PX_PROP(order_is_the_same_from_both_sides, 100)
{
    for (int i = 0; i < 200; i++)
        check_order_is_the_same_from_both_sides(gen);
}

PX_TEST_MAIN()
