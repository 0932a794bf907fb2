/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wrap.h"
#include "px_test.h"

static void check_words(const char *text, unsigned used, unsigned indent, unsigned width,
                        const char *wanted)
{
    px_buf out = { 0 };

    px_put_wrapped(&out, px_str_c(text), used, indent, width);
    CHECK_SLICE(px_buf_str(&out), wanted);
    px_buf_release(&out);
}

static void check_command(const char *text, unsigned width, const char *wanted)
{
    px_buf out = { 0 };

    px_put_wrapped_command(&out, px_str_c(text), width);
    CHECK_SLICE(px_buf_str(&out), wanted);
    px_buf_release(&out);
}

static void check_notes(const char *text, unsigned width, const char *wanted)
{
    px_buf out = { 0 };

    px_put_wrapped_notes(&out, px_str_c(text), width);
    CHECK_SLICE(px_buf_str(&out), wanted);
    px_buf_release(&out);
}

PX_TEST(what_fits_stays_as_it_is_and_one_column_more_does_not)
{
    check_words("one two", 0, 2, 7, "one two\n");
    check_words("one two", 0, 2, 6, "one\n  two\n");
    check_words("one two", 3, 2, 9, "one\n  two\n");
    check_words("one   two", 0, 2, 0, "one   two\n");
    check_words("", 0, 2, 10, "\n");
}

PX_TEST(a_word_longer_than_the_line_stands_alone)
{
    check_words("a wordlongerthanthat b", 0, 2, 8, "a\n  wordlongerthanthat\n  b\n");
    check_words("a b", 0, 2, 1, "a\n  b\n");
}

PX_TEST(wide_characters_take_two_columns)
{
    check_words("\xE6\xB3\xB5 \xE6\xB3\xB5", 0, 0, 5, "\xE6\xB3\xB5 \xE6\xB3\xB5\n");
    check_words("\xE6\xB3\xB5 \xE6\xB3\xB5", 0, 0, 4, "\xE6\xB3\xB5\n\xE6\xB3\xB5\n");
}

PX_TEST(a_command_goes_on_behind_a_backslash_and_not_within_quotes)
{
    check_command("pollux a b", 12, "  pollux a b\n");
    check_command("pollux twin set", 14, "  pollux \\\n      twin set\n");
    check_command("pollux -s x='Pump 1' y", 20, "  pollux -s \\\n      x='Pump 1' y\n");
    check_command("pollux -s x=\"it's 1\" y", 16,
                  "  pollux -s \\\n      x=\"it's 1\" \\\n      y\n");
}

#define SEVENTY "A sentence that is so long that it fills a whole line of the source code"

PX_TEST(lines_that_go_on_are_joined_before_they_are_wrapped)
{
    check_notes(SEVENTY "\nand goes on.\nAnother.", 0, SEVENTY "\nand goes on.\nAnother.\n");
    check_notes(SEVENTY "\nand goes on.\nAnother.", 80, SEVENTY "\nand goes on.\nAnother.\n");
    check_notes(
        SEVENTY "\nand goes on.\nAnother.", 50,
        "A sentence that is so long that it fills a whole\nline of the source code and goes "
        "on.\nAnother.\n");
}

PX_TEST(rows_hang_below_their_second_column)
{
    static const char rows[] = "  stop     breaks down now, and stands still until somebody comes\n"
                               "  bearing  vibration and temperature rise until it fails some day, "
                               "after\n           a while";

    check_notes(rows, 40,
                "  stop     breaks down now, and stands\n           still until somebody comes\n"
                "  bearing  vibration and temperature\n           rise until it fails some day,\n"
                "           after a while\n");
    check_notes("  x=1 and more words", 12, "  x=1 and\n    more\n    words\n");
}

PX_TEST_MAIN()
