/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"

#include "px_test.h"

static px_num num(const char *text)
{
    px_num n;
    px_err err;

    CHECK_OK(px_num_parse(px_str_c(text), &n, &err), &err);
    return n;
}

/* The bytes of docs/formats/value.md, and the value that they are read as. */
static void check_bytes(px_value value, px_str bytes)
{
    px_buf buf = { 0 };
    px_cut cut;

    px_put_value(&buf, value);
    CHECK_EQ(buf.len, bytes.len);
    CHECK(px_str_eq(px_buf_str(&buf), bytes));
    cut = px_cut_of(bytes);
    CHECK(px_value_same(px_get_value(&cut), value));
    CHECK(!cut.bad && px_cut_left(&cut) == 0);
    for (size_t len = 0; len < bytes.len; len++) {
        cut = px_cut_of(px_str_of(bytes.ptr, len));
        CHECK_EQ(px_get_value(&cut).kind, PX_VALUE_NONE);
        CHECK(cut.bad);
    }
    px_buf_release(&buf);
}

PX_TEST(nothing_and_the_booleans_are_one_byte)
{
    check_bytes((px_value){ 0 }, PX_STR("\0"));
    check_bytes(px_value_bool(true), PX_STR("\1"));
    check_bytes(px_value_bool(false), PX_STR("\6"));
}

PX_TEST(a_decimal_is_zigzag_mantissa_and_exponent)
{
    check_bytes(px_value_num(num("0")), PX_STR("\2\0\0"));
    check_bytes(px_value_num(num("-1")), PX_STR("\2\1\0"));
    check_bytes(px_value_num(num("21.40")), PX_STR("\2\xB8\x21\xFE"));
    check_bytes(px_value_num(num("9223372036854775807")),
                PX_STR("\2\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\0"));
}

PX_TEST(a_double_is_its_eight_bytes)
{
    check_bytes(px_value_num(px_num_double(1.0)), PX_STR("\5\0\0\0\0\0\0\xF0\x3F"));
    check_bytes(px_value_num(px_num_double(-0.0)), PX_STR("\5\0\0\0\0\0\0\0\x80"));
}

PX_TEST(texts_and_json_are_length_and_bytes)
{
    check_bytes(px_value_text(PX_STR("m\xC2\xB3/h")), PX_STR("\3\5m\xC2\xB3/h"));
    check_bytes(px_value_text(PX_STR("")), PX_STR("\3\0"));
    check_bytes(px_value_json(PX_STR("{\"x\":1}")), PX_STR("\4\7{\"x\":1}"));
}

PX_TEST(an_unknown_kind_is_damage)
{
    for (int kind = 7; kind < 256; kind++) {
        char bytes[16] = { (char)kind };
        px_cut cut = px_cut_of(px_str_of(bytes, sizeof(bytes)));

        CHECK_EQ(px_get_value(&cut).kind, PX_VALUE_NONE);
        CHECK(cut.bad);
    }
}

PX_TEST(the_same_means_the_same_digits_and_kind)
{
    CHECK(!px_value_same(px_value_num(num("2.5")), px_value_num(num("2.50"))));
    CHECK(!px_value_same(px_value_num(num("1")), px_value_num(px_num_double(1.0))));
    CHECK(!px_value_same(px_value_text(PX_STR("1")), px_value_json(PX_STR("1"))));
    CHECK(!px_value_same(px_value_bool(true), px_value_bool(false)));
    CHECK(!px_value_same(px_value_text(PX_STR("a")), px_value_text(PX_STR("b"))));
    CHECK(px_value_same((px_value){ 0 }, (px_value){ 0 }));
}

PX_TEST_MAIN()
