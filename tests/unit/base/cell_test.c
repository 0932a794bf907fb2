/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cell.h"
#include "px_test.h"

static void check(const char *cell, px_cell_kind kind, const char *wanted)
{
    px_buf out = { 0 };
    bool absent;
    px_err err;

    CHECK_OK(px_put_cell(&out, px_str_c(cell), kind, &absent, &err), &err);
    CHECK_EQ(absent, wanted == NULL);
    CHECK_STR(out.ptr ? out.ptr : "", wanted ? wanted : "");
    px_buf_release(&out);
}

PX_TEST(json_numbers_go_digit_for_digit)
{
    static const char *const same[] = { "0",
                                        "-0",
                                        "21.40",
                                        "2.74E-19",
                                        "-1.42E-06",
                                        "1e5",
                                        "1E+5",
                                        "0.000",
                                        "122.664",
                                        "-0.273216",
                                        "12345678901234567890.123456789" };

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        check(same[i], PX_CELL_AUTO, same[i]);
}

PX_TEST(other_spellings_of_numbers_keep_their_value)
{
    check(".5", PX_CELL_AUTO, "0.5");
    check("-.50", PX_CELL_AUTO, "-0.50");
    check("5.", PX_CELL_AUTO, "5");
    check("+5", PX_CELL_AUTO, "5");
    check("+.5e-3", PX_CELL_AUTO, "0.5e-3");
    check("5.e3", PX_CELL_AUTO, "5e3");
    check(" 7.25 ", PX_CELL_AUTO, "7.25");
}

PX_TEST(what_is_no_number_is_text)
{
    check("007", PX_CELL_AUTO, "\"007\"");
    check("1.2.3", PX_CELL_AUTO, "\"1.2.3\"");
    check("nan", PX_CELL_AUTO, "\"nan\"");
    check(".", PX_CELL_AUTO, "\".\"");
    check("-", PX_CELL_AUTO, "\"-\"");
    check("1e", PX_CELL_AUTO, "\"1e\"");
    check("1,5", PX_CELL_AUTO, "\"1,5\"");
    check("0x1F", PX_CELL_AUTO, "\"0x1F\"");
    check("say \"hi\"\n", PX_CELL_AUTO, "\"say \\\"hi\\\"\\n\"");
}

PX_TEST(an_empty_cell_is_absent)
{
    check("", PX_CELL_AUTO, NULL);
    check("", PX_CELL_TEXT, NULL);
}

PX_TEST(the_map_may_say_what_a_cell_is)
{
    px_buf out = { 0 };
    bool absent;
    px_err err;

    check("50", PX_CELL_TEXT, "\"50\"");
    check("TRUE", PX_CELL_BOOLEAN, "true");
    check("0.0", PX_CELL_BOOLEAN, "false");
    CHECK_EQ(px_put_cell(&out, PX_STR("maybe"), PX_CELL_BOOLEAN, &absent, &err), PX_INVALID);
    CHECK_STR(err.text, "'maybe' is neither true nor false");
    CHECK_EQ(px_put_cell(&out, PX_STR("x"), PX_CELL_NUMBER, &absent, &err), PX_INVALID);
    CHECK_EQ(out.len, 0);
    px_buf_release(&out);
}

PX_TEST(text_that_is_not_utf8_is_refused)
{
    px_buf out = { 0 };
    bool absent;
    px_err err;

    CHECK_EQ(px_put_cell(&out, PX_STR("caf\xe9"), PX_CELL_AUTO, &absent, &err), PX_INVALID);
    px_buf_release(&out);
}

PX_TEST_MAIN()
