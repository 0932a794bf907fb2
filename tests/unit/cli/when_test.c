/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/when.h"
#include "px_test.h"

static px_when last;

/* The time in RFC 3339, or the id of the refusal. */
static void check(const char *text, const char *zone_name, px_time after, const char *wanted)
{
    px_zone zone = { 0 };
    px_err err = { 0 };
    px_buf out = { 0 };

    if (zone_name)
        CHECK_OK(px_zone_parse(zone_name, &zone, &err), &err);
    if (px_when_parse(px_str_c(text), &zone, after, &last, &err) == PX_OK)
        px_put_time(&out, last.time);
    else
        px_put_c(&out, err.id);
    CHECK_STR(out.ptr, wanted);
    px_buf_release(&out);
}

PX_TEST(times_of_recorded_files)
{
    check("2020-02-08 13:30:47", NULL, PX_TIME_NONE, "2020-02-08T13:30:47Z");
    CHECK(last.zoneless);
    check("2020-02-08T13:30:47.5Z", NULL, PX_TIME_NONE, "2020-02-08T13:30:47.5Z");
    CHECK(!last.zoneless);
    check("2020/2/8 13:30", NULL, PX_TIME_NONE, "2020-02-08T13:30:00Z");
    check("2020-02-08", NULL, PX_TIME_NONE, "2020-02-08T00:00:00Z");
    check("2020-02-08 13:30:47,123456789123 UTC", NULL, PX_TIME_NONE,
          "2020-02-08T13:30:47.123456789Z");
    check("2020-02-08T13:30:47+08:00", NULL, PX_TIME_NONE, "2020-02-08T05:30:47Z");
    check("2020-02-08 13:30:47 -0330", NULL, PX_TIME_NONE, "2020-02-08T17:00:47Z");
}

PX_TEST(seconds_since_1970_in_four_units)
{
    check("1581168647", NULL, PX_TIME_NONE, "2020-02-08T13:30:47Z");
    check("1581168647.25", NULL, PX_TIME_NONE, "2020-02-08T13:30:47.25Z");
    check("1581168647250", NULL, PX_TIME_NONE, "2020-02-08T13:30:47.25Z");
    check("1581168647250001", NULL, PX_TIME_NONE, "2020-02-08T13:30:47.250001Z");
    check("1581168647250001002", NULL, PX_TIME_NONE, "2020-02-08T13:30:47.250001002Z");
    check("20200208", NULL, PX_TIME_NONE, "time.form");
}

PX_TEST(what_is_no_time_is_refused)
{
    static const char *const bad[] = { "",
                                       "13:30",
                                       "2020-02-30",
                                       "2020-13-01",
                                       "2020-02-08 24:00:00",
                                       "2020-02-08 13:60",
                                       "2020-02-08 13:30:47x",
                                       "2020-02-08 13:30:47 +",
                                       "2020-02-08T13:30:47.",
                                       "1969-12-31",
                                       "99999999999999999999999" };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check(bad[i], NULL, PX_TIME_NONE, "time.form");
    check("1970-01-01T00:00:00+08:00", NULL, PX_TIME_NONE, "time.early");
}

PX_TEST(a_fixed_offset_moves_times_without_a_zone_only)
{
    check("2020-02-08 13:30:47", "+08:00", PX_TIME_NONE, "2020-02-08T05:30:47Z");
    check("2020-02-08T13:30:47Z", "+08:00", PX_TIME_NONE, "2020-02-08T13:30:47Z");
}

PX_TEST(a_named_zone_follows_summer_time)
{
    check("2020-02-08 13:00:00", "Europe/Berlin", PX_TIME_NONE, "2020-02-08T12:00:00Z");
    check("2020-07-08 13:00:00", "Europe/Berlin", PX_TIME_NONE, "2020-07-08T11:00:00Z");
    check("2020-07-08 13:00:00", "Asia/Shanghai", PX_TIME_NONE, "2020-07-08T05:00:00Z");
}

PX_TEST(a_time_that_the_clock_skipped_is_refused)
{
    check("2020-03-29 02:30:00", "Europe/Berlin", PX_TIME_NONE, "time.skipped");
    check("2020-03-29 03:00:00", "Europe/Berlin", PX_TIME_NONE, "2020-03-29T01:00:00Z");
}

PX_TEST(a_time_that_came_twice_follows_the_row_before)
{
    px_time before = 0;

    check("2020-10-25 02:30:00", "Europe/Berlin", PX_TIME_NONE, "2020-10-25T00:30:00Z");
    CHECK(last.ambiguous);
    before = last.time + 1800 * PX_SECOND - 1; /* 02:59:59.99 of the first round */
    check("2020-10-25 02:00:00", "Europe/Berlin", before, "2020-10-25T01:00:00Z");
    CHECK(last.ambiguous);
    check("2020-10-25 03:00:00", "Europe/Berlin", before, "2020-10-25T02:00:00Z");
    CHECK(!last.ambiguous);
}

PX_TEST(unknown_zones_are_refused)
{
    px_zone zone;
    px_err err;

    CHECK_EQ(px_zone_parse("Mars/Base", &zone, &err), PX_NOT_FOUND);
    CHECK_EQ(px_zone_parse("../../etc/passwd", &zone, &err), PX_NOT_FOUND);
    CHECK_EQ(px_zone_parse("+25:00", &zone, &err), PX_INVALID);
}

static int64_t duration(const char *text)
{
    int64_t ns = 0;

    return px_duration_parse(px_str_c(text), &ns, NULL) == PX_OK ? ns : -1;
}

PX_TEST(lengths_of_time)
{
    CHECK_EQ(duration("100ms"), 100 * PX_MILLISECOND);
    CHECK_EQ(duration("1.5s"), 1500 * PX_MILLISECOND);
    CHECK_EQ(duration("0.1 ms"), 100000);
    CHECK_EQ(duration("250ns"), 250);
    CHECK_EQ(duration("2m"), 120 * PX_SECOND);
    CHECK_EQ(duration("1h"), 3600 * PX_SECOND);
    CHECK_EQ(duration("0s"), -1);
    CHECK_EQ(duration("5"), -1);
    CHECK_EQ(duration("-1s"), -1);
    CHECK_EQ(duration("1 fortnight"), -1);
}

/* Seconds, or what px_seconds_parse says is wrong. */
static void check_seconds(const char *text, uint64_t max_s, const char *wanted)
{
    uint64_t seconds = 0;
    char got[sizeof(((px_err *)0)->text)];
    px_err err = { 0 };

    if (px_seconds_parse("--expiry", text, max_s, &seconds, &err) == PX_OK)
        snprintf(got, sizeof(got), "%llu", (unsigned long long)seconds);
    else
        snprintf(got, sizeof(got), "%s", err.text);
    CHECK_STR(got, wanted);
}

PX_TEST(whole_seconds_within_what_the_server_takes)
{
    check_seconds("90", 3600, "90");
    check_seconds("90s", 3600, "90");
    check_seconds("1.5s", 3600, "2");
    check_seconds("100ms", 3600, "1");
    check_seconds("1h", 3600, "3600");
    check_seconds("30d", 30 * 86400, "2592000");
    check_seconds("99d", 30 * 86400,
                  "--expiry '99d' is no length of time from 1s to 30d; write it like 90, 90s, 10m "
                  "or 1h");
    check_seconds("3601", 3600,
                  "--expiry '3601' is no length of time from 1s to 1h; write it like 90, 90s, 10m "
                  "or 1h");
    check_seconds("0", 90,
                  "--expiry '0' is no length of time from 1s to 90s; write it like 90, 90s, 10m or "
                  "1h");
    check_seconds("soon", 120,
                  "--expiry 'soon' is no length of time from 1s to 2m; write it like 90, 90s, 10m "
                  "or 1h");
    check_seconds("-1", 3600,
                  "--expiry '-1' is no length of time from 1s to 1h; write it like 90, 90s, 10m or "
                  "1h");
}

PX_TEST_MAIN()
