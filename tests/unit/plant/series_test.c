/* SPDX-License-Identifier: Apache-2.0 */
#include "plant/series.h"

#include "px_test.h"

static px_buf series(uint64_t seed, unsigned rows)
{
    px_buf csv = { 0 };
    px_line line;

    px_line_init(&line, seed);
    px_put_series_head(&csv);
    for (unsigned row = 0; row < rows; row++) {
        for (unsigned i = 0; i < PX_LINE_STEPS_PER_SECOND; i++)
            px_line_step(&line);
        px_put_series_row(&csv, &line);
    }
    CHECK_EQ(csv.status, PX_OK);
    return csv;
}

/* The golden value: whoever changes the line on purpose writes the new one here, and says so. */
PX_TEST(an_hour_of_seed_7_is_the_same_on_every_machine)
{
    px_buf csv = series(7, 3600);

    CHECK_EQ(px_str_hash(px_buf_str(&csv)), 0xdd08a6b14e216811);
    px_buf_release(&csv);
}

PX_TEST(the_same_seed_is_the_same_table_byte_for_byte)
{
    px_buf a = series(123, 300), b = series(123, 300), c = series(124, 300);

    CHECK(px_str_eq(px_buf_str(&a), px_buf_str(&b)));
    CHECK(!px_str_eq(px_buf_str(&a), px_buf_str(&c)));
    px_buf_release(&a);
    px_buf_release(&b);
    px_buf_release(&c);
}

PX_TEST(every_row_has_as_many_columns_as_the_head)
{
    px_buf csv = series(1, 50);
    px_str rest = px_buf_str(&csv);
    size_t wanted = 0, rows = 0;

    while (rest.len > 0) {
        px_str line = px_str_cut(&rest, '\n');
        size_t commas = 0;

        for (size_t i = 0; i < line.len; i++)
            commas += line.ptr[i] == ',';
        if (rows++ == 0)
            wanted = commas;
        CHECK_EQ(commas, wanted);
    }
    CHECK_EQ(rows, 51);
    px_buf_release(&csv);
}

static void check_thousandths(int32_t value, unsigned decimals, const char *wanted)
{
    px_buf buf = { 0 };

    px_put_thousandths(&buf, value, decimals);
    CHECK_SLICE(px_buf_str(&buf), wanted);
    px_buf_release(&buf);
}

PX_TEST(thousandths_are_rounded_half_away_from_zero)
{
    check_thousandths(1234, 3, "1.234");
    check_thousandths(1235, 2, "1.24");
    check_thousandths(-1235, 2, "-1.24");
    check_thousandths(49, 1, "0.0");
    check_thousandths(-49, 1, "0.0");
    check_thousandths(999, 0, "1");
    check_thousandths(7, 3, "0.007");
    check_thousandths(INT32_MIN, 3, "-2147483.648");
}

PX_TEST_MAIN()
