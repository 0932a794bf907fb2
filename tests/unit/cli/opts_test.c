/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/opts.h"
#include "px_test.h"

static const px_opt own[] = { { "model", 'm', "ID", "" },
                              { "set", 0, "K=V", "" },
                              { "limit", 0, "N", "" },
                              { NULL, 0, NULL, NULL } };
static const px_opt common[] = { { "json", 'j', NULL, "" }, { NULL, 0, NULL, NULL } };

static px_status read_words(px_args *args, int argc, const char *const *argv, px_err *err)
{
    int at = 0;

    *args = (px_args){ .own = own, .common = common };
    return px_args_read(args, argc, argv, &at, false, err);
}

PX_TEST(options_and_operands_come_in_any_order)
{
    const char *argv[] = { "pump-1", "--model",   "m1",    "--json",
                           "second", "--set=a=1", "--set", "b=2" };
    px_args args;
    px_err err;
    size_t at = 0;

    CHECK_OK(read_words(&args, 8, argv, &err), &err);
    CHECK_STR(px_args_get(&args, "model"), "m1");
    CHECK(px_args_has(&args, "json"));
    CHECK_STR(px_args_operand(&args, 0), "pump-1");
    CHECK_STR(px_args_operand(&args, 1), "second");
    CHECK(px_args_operand(&args, 2) == NULL);
    CHECK_STR(px_args_next(&args, "set", &at), "a=1");
    CHECK_STR(px_args_next(&args, "set", &at), "b=2");
    CHECK(px_args_next(&args, "set", &at) == NULL);
    px_args_release(&args);
}

PX_TEST(the_last_of_an_option_wins)
{
    const char *argv[] = { "-m", "a", "-mb" };
    px_args args;
    px_err err;

    CHECK_OK(read_words(&args, 3, argv, &err), &err);
    CHECK_STR(px_args_get(&args, "model"), "b");
    px_args_release(&args);
}

PX_TEST(a_value_may_begin_with_a_dash)
{
    const char *argv[] = { "--set", "-column" };
    px_args args;
    px_err err;

    CHECK_OK(read_words(&args, 2, argv, &err), &err);
    CHECK_STR(px_args_get(&args, "set"), "-column");
    px_args_release(&args);
}

PX_TEST(two_dashes_end_the_options)
{
    const char *argv[] = { "--", "--model" };
    px_args args;
    px_err err;

    CHECK_OK(read_words(&args, 2, argv, &err), &err);
    CHECK_STR(px_args_operand(&args, 0), "--model");
    px_args_release(&args);
}

PX_TEST(a_mistyped_option_is_answered_with_the_nearest)
{
    const char *argv[] = { "--modle", "x" };
    px_args args;
    px_err err;

    CHECK_EQ(read_words(&args, 2, argv, &err), PX_INVALID);
    CHECK_STR(err.text, "there is no option --modle; did you mean --model?");
    px_args_release(&args);
}

PX_TEST(a_missing_value_shows_the_form)
{
    const char *argv[] = { "--model" };
    px_args args;
    px_err err;

    CHECK_EQ(read_words(&args, 1, argv, &err), PX_INVALID);
    CHECK_STR(err.text, "--model needs a value: --model ID");
    px_args_release(&args);
}

PX_TEST(a_flag_takes_no_value)
{
    const char *argv[] = { "--json=yes" };
    px_args args;
    px_err err;

    CHECK_EQ(read_words(&args, 1, argv, &err), PX_INVALID);
    px_args_release(&args);
}

PX_TEST(a_count_is_a_whole_number_in_its_range)
{
    const char *argv[] = { "--limit", "10", "--limit", "11", "--limit", "-1", "--limit", "1x" };
    px_args args;
    px_err err;
    uint64_t limit = 0;

    CHECK_OK(read_words(&args, 2, argv, &err), &err);
    CHECK_OK(px_args_count(&args, "limit", 1, 10, &limit, &err), &err);
    CHECK_EQ(limit, 10);
    px_args_release(&args);
    for (int i = 2; i < 8; i += 2) {
        CHECK_OK(read_words(&args, 2, argv + i, &err), &err);
        CHECK_EQ(px_args_count(&args, "limit", 1, 10, &limit, &err), PX_INVALID);
        px_args_release(&args);
    }
}

PX_TEST(reading_can_stop_at_the_noun)
{
    const char *argv[] = { "--json", "twin", "--model", "x" };
    px_args args = { .common = common };
    px_err err;
    int at = 0;

    CHECK_OK(px_args_read(&args, 4, argv, &at, true, &err), &err);
    CHECK_EQ(at, 1);
    CHECK(px_args_has(&args, "json"));
    px_args_release(&args);
}

PX_TEST_MAIN()
