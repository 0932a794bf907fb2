/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "px_test.h"

static const px_str words[] = { { "temperature", 11 }, { "pressure", 8 }, { "flow", 4 } };

static px_str nearest(const char *word)
{
    return px_str_nearest(px_str_c(word), words, sizeof(words) / sizeof(words[0]));
}

PX_TEST(the_nearest_word_is_found_through_slips)
{
    CHECK_SLICE(nearest("temprature"), "temperature");
    CHECK_SLICE(nearest("temeprature"), "temperature");
    CHECK_SLICE(nearest("Pressure"), "pressure");
    CHECK_SLICE(nearest("presssure"), "pressure");
    CHECK_SLICE(nearest("flwo"), "flow");
}

PX_TEST(a_word_that_is_near_to_none_has_no_nearest)
{
    CHECK_EQ(nearest("vibration").len, 0);
    CHECK_EQ(nearest("xyz").len, 0);
    CHECK_EQ(px_str_nearest(PX_STR("flow"), NULL, 0).len, 0);
}

PX_TEST(of_two_equally_near_the_first_is_told)
{
    const px_str two[] = { PX_STR("rate1"), PX_STR("rate2") };

    CHECK_SLICE(px_str_nearest(PX_STR("rate3"), two, 2), "rate1");
}

PX_TEST(words_too_long_to_compare_are_passed_over)
{
    char text[65] = { 0 };
    px_str one = px_str_of(text, sizeof(text));

    memset(text, 'a', sizeof(text));
    CHECK_EQ(px_str_nearest(one, &one, 1).len, 0);
    one.len = 64;
    CHECK_EQ(px_str_nearest(one, &one, 1).len, 64);
}

PX_TEST(trimming_takes_blanks_from_both_ends_only)
{
    CHECK_SLICE(px_str_trim(PX_STR(" \t\r\n a b \r\n")), "a b");
    CHECK_SLICE(px_str_trim(PX_STR("a")), "a");
    CHECK_SLICE(px_str_trim(PX_STR("\1a\x7F")), "\1a\x7F");
    CHECK_EQ(px_str_trim(PX_STR(" \t ")).len, 0);
    CHECK_EQ(px_str_trim((px_str){ 0 }).len, 0);
}

PX_TEST(letters_and_digits_are_those_of_ascii)
{
    int letters = 0, digits = 0;

    for (int c = 0; c < 256; c++) {
        letters += px_is_letter((char)c);
        digits += px_is_digit((char)c);
    }
    CHECK_EQ(letters, 52);
    CHECK_EQ(digits, 10);
    CHECK(px_is_letter('a') && px_is_letter('Z') && px_is_digit('0') && px_is_digit('9'));
}

PX_TEST(cutting_gives_part_after_part)
{
    px_str rest = PX_STR("a,,b");

    CHECK_SLICE(px_str_cut(&rest, ','), "a");
    CHECK_SLICE(px_str_cut(&rest, ','), "");
    CHECK_SLICE(px_str_cut(&rest, ','), "b");
    CHECK_EQ(rest.len, 0);
    CHECK_EQ(px_str_cut(&rest, ',').len, 0);
}

PX_TEST(the_order_is_that_of_the_bytes)
{
    CHECK(px_str_cmp(PX_STR("a"), PX_STR("b")) < 0);
    CHECK(px_str_cmp(PX_STR("ab"), PX_STR("a")) > 0);
    CHECK(px_str_cmp(PX_STR("\xC3\xA4"), PX_STR("z")) > 0);
    CHECK_EQ(px_str_cmp((px_str){ 0 }, PX_STR("")), 0);
    CHECK(px_str_cmp((px_str){ 0 }, PX_STR("a")) < 0);
}

PX_TEST(prefix_and_suffix_may_be_empty_and_not_longer)
{
    CHECK(px_str_starts(PX_STR("dtmi:a"), PX_STR("dtmi:")));
    CHECK(px_str_starts((px_str){ 0 }, (px_str){ 0 }));
    CHECK(!px_str_starts(PX_STR("dt"), PX_STR("dtmi:")));
    CHECK(px_str_ends(PX_STR("a.csv"), PX_STR(".csv")));
    CHECK(!px_str_ends(PX_STR("csv"), PX_STR(".csv")));
}

/* RFC 3629: overlong forms, surrogates, what lies past U+10FFFF, what is cut short. */
PX_TEST(malformed_utf8_is_told_by_its_first_byte)
{
    static const char *const bad[] = {
        "a\xC0\xAF", "a\xE0\x80\x80", "a\xED\xA0\x80", "a\xF4\x90\x80\x80", "a\xF5\x80\x80\x80",
        "a\xC3",     "a\xE2\x82",     "a\x80",         "a\xF0\x8F\x80\x80",
    };
    size_t at;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        at = 99;
        CHECK(!px_str_is_utf8(px_str_c(bad[i]), &at));
        CHECK_EQ(at, 1);
    }
    CHECK(px_str_is_utf8(PX_STR("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF"), NULL));
    CHECK(px_str_is_utf8((px_str){ 0 }, NULL));
}

/* Keys on disk hold it: it may never change. */
PX_TEST(the_hash_is_the_one_of_xxh3)
{
    CHECK(px_str_hash((px_str){ 0 }) == 0x2D06800538D394C2);
}

PX_TEST(a_head_ends_before_a_letter_that_does_not_fit)
{
    px_str s = PX_STR("a\xc3\xa4\xe2\x82\xac");

    CHECK_EQ(px_str_head(s, 6).len, 6);
    CHECK_EQ(px_str_head(s, 7).len, 6);
    CHECK_EQ(px_str_head(s, 5).len, 3);
    CHECK_EQ(px_str_head(s, 3).len, 3);
    CHECK_EQ(px_str_head(s, 2).len, 1);
    CHECK_EQ(px_str_head(s, 1).len, 1);
    CHECK_EQ(px_str_head(s, 0).len, 0);
    CHECK_EQ(px_str_head(PX_STR(""), 3).len, 0);
}

PX_TEST_MAIN()
