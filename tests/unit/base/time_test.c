/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <stdlib.h>
#include <time.h>

#include "px_test.h"

static px_time time_of(const char *text)
{
    px_time time = PX_TIME_NONE;
    px_err err;

    CHECK_OK(px_time_parse(px_str_c(text), &time, &err), &err);
    return time;
}

static void check_refused(const char *text, uint32_t column)
{
    px_time time;
    px_err err = { 0 };

    CHECK_EQ(px_time_parse(px_str_c(text), &time, &err), PX_INVALID);
    CHECK_STR(err.id, "time.syntax");
    CHECK_EQ(err.column, column);
}

static void check_put(px_time time, const char *wanted, const char *wanted7)
{
    px_buf buf = { 0 };

    px_put_time(&buf, time);
    CHECK_SLICE(px_buf_str(&buf), wanted);
    px_buf_clear(&buf);
    px_put_time7(&buf, time);
    CHECK_SLICE(px_buf_str(&buf), wanted7);
    px_buf_release(&buf);
}

PX_TEST(reads_the_forms_of_rfc_3339)
{
    CHECK_EQ(time_of("1970-01-01T00:00:00Z"), 0);
    CHECK_EQ(time_of("2026-11-01T12:00:00.5Z"), INT64_C(1793534400500000000));
    CHECK_EQ(time_of("2026-11-01t12:00:00.5z"), INT64_C(1793534400500000000));
    CHECK_EQ(time_of("2026-11-01T13:30:00+01:30"), INT64_C(1793534400000000000));
    CHECK_EQ(time_of("2026-11-01T12:00:00-00:00"), INT64_C(1793534400000000000));
    CHECK_EQ(time_of("1969-12-31T23:30:00-01:00"), INT64_C(1800000000000));
    CHECK_EQ(time_of("2261-12-31T23:59:59.999999999Z"), INT64_C(9214646399999999999));
    CHECK_EQ(time_of("1970-01-01T00:00:00.1234567899Z"), 123456789);
    CHECK_EQ(time_of("2000-02-29T00:00:00Z"), INT64_C(951782400000000000));
}

PX_TEST(reads_a_leap_second_as_the_last_instant_before_it)
{
    CHECK_EQ(time_of("2016-12-31T23:59:60Z"), INT64_C(1483228799999999999));
    CHECK_EQ(time_of("2017-01-01T00:59:60.5+01:00"), INT64_C(1483228799999999999));
    check_refused("2016-12-31T22:59:60Z", 18);
}

PX_TEST(names_the_first_bad_byte)
{
    check_refused("", 1);
    check_refused("2026-11-01", 11);
    check_refused("2026/11-01T12:00:00Z", 5);
    check_refused("2026-11-01 12:00:00Z", 11);
    check_refused("2026-11-01T12:00:0xZ", 19);
    check_refused("2026-11-01T12:00:00", 20);
    check_refused("2026-11-01T12:00:00.Z", 21);
    check_refused("2026-11-01T12:00:00,5Z", 20);
    check_refused("2026-11-01T12:00:00ZZ", 21);
    check_refused("2026-11-01T12:00:00+01:000", 26);
    check_refused("2026-11-01T12:00:00+01", 23);
    check_refused("2026-11-01T12:00:00+24:00", 21);
    check_refused("2026-00-01T12:00:00Z", 6);
    check_refused("2026-13-01T12:00:00Z", 6);
    check_refused("2026-02-29T12:00:00Z", 9);
    check_refused("2100-02-29T12:00:00Z", 9);
    check_refused("2026-11-01T24:00:00Z", 12);
    check_refused("2026-11-01T12:60:00Z", 15);
    check_refused("2026-11-01T12:00:61Z", 18);
}

PX_TEST(refuses_years_outside_its_range)
{
    check_refused("1969-12-31T23:59:59Z", 1);
    check_refused("1970-01-01T00:30:00+01:00", 1);
    check_refused("2262-01-01T00:00:00Z", 1);
    check_refused("2261-12-31T23:30:00-01:00", 1);
    check_refused("2262-12-31T23:59:60Z", 1);
    check_refused("9999-12-31T23:59:59Z", 1);
}

PX_TEST(writes_as_many_digits_as_needed)
{
    check_put(0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.0000000Z");
    check_put(INT64_C(1793534400500000000), "2026-11-01T12:00:00.5Z",
              "2026-11-01T12:00:00.5000000Z");
    check_put(1, "1970-01-01T00:00:00.000000001Z", "1970-01-01T00:00:00.0000000Z");
    check_put(-1, "1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.9999999Z");
}

static void check_what_is_written_reads_the_same(px_gen *gen)
{
    px_time time = (px_time)px_gen_below(gen, UINT64_C(9214646400000000000)), again;
    static const int64_t steps[] = { 1, 1000, PX_MILLISECOND, PX_SECOND, 60 * PX_SECOND };
    px_buf buf = { 0 };
    px_err err;

    time -= time % steps[px_gen_below(gen, 5)];
    px_put_time(&buf, time);
    CHECK_OK(px_time_parse(px_buf_str(&buf), &again, &err), &err);
    CHECK_EQ(again, time);
    px_buf_release(&buf);
}

PX_PROP(what_is_written_reads_the_same, 100)
{
    for (int i = 0; i < 200; i++)
        check_what_is_written_reads_the_same(gen);
}

static void check_agrees_with_the_c_library_on_the_calendar(px_gen *gen)
{
    px_time time = (px_time)px_gen_u64(gen) / 2;
    time_t seconds = (time_t)(time / PX_SECOND - (time % PX_SECOND < 0));
    px_civil c = px_time_to_civil(time);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    CHECK_EQ(c.year, tm.tm_year + 1900);
    CHECK_EQ(c.month, tm.tm_mon + 1);
    CHECK_EQ(c.day, tm.tm_mday);
    CHECK_EQ(c.hour, tm.tm_hour);
    CHECK_EQ(c.minute, tm.tm_min);
    CHECK_EQ(c.second, tm.tm_sec);
    CHECK_EQ(px_time_of_civil(c), time);
}

PX_PROP(agrees_with_the_c_library_on_the_calendar, 100)
{
    for (int i = 0; i < 200; i++)
        check_agrees_with_the_c_library_on_the_calendar(gen);
}

PX_TEST_MAIN()
