/* SPDX-License-Identifier: Apache-2.0 */
/* Figures, against ones that were reckoned by hand. */
#include "base/limits.h"
#include "freshness/measure.h"
#include "px_test.h"

static const px_freshness_rule rule = { .period = PX_SECOND,
                                        .tolerance = PX_SECOND / 2,
                                        .stale = 3 * PX_SECOND };

/* Bucket numbers begin at a whole one. */
static px_time at(int64_t ms)
{
    return 4000 * PX_SECOND + ms * PX_MILLISECOND;
}

static void live(px_measure *m, int64_t arrival_ms, int64_t source_ms)
{
    px_measured s = { .arrival = at(arrival_ms),
                      .source_time = at(source_ms),
                      .is_believed = true };

    px_measure_live(m, &rule, &s);
}

static bool late(px_measure *m, int64_t arrival_ms, int64_t source_ms)
{
    px_measured s = { .arrival = at(arrival_ms),
                      .source_time = at(source_ms),
                      .is_believed = true };

    return px_measure_late(m, &rule, &s);
}

PX_TEST(the_period_is_that_between_samples_and_follows_by_eighths)
{
    px_measure m = { 0 };

    live(&m, 0, 0);
    CHECK(!m.has_period);
    live(&m, 1000, 1000);
    CHECK_EQ(m.period, PX_SECOND);
    live(&m, 3000, 3000); /* two seconds: an eighth of the difference */
    CHECK_EQ(m.period, PX_SECOND + PX_SECOND / 8);
}

/* RFC 3550, 6.4.1: J += (|D| - J) / 16, D the difference of two transit times. */
PX_TEST(jitter_is_that_of_rfc_3550)
{
    px_measure m = { 0 };

    live(&m, 10, 0);
    live(&m, 1170, 1000); /* transit 10 ms, then 170: D is 160 */
    CHECK_EQ(m.jitter, 10 * PX_MILLISECOND);
    live(&m, 2170, 2000); /* the same transit: D is 0 */
    CHECK_EQ(m.jitter, 10 * PX_MILLISECOND - 10 * PX_MILLISECOND / 16);
}

PX_TEST(without_source_times_jitter_is_against_the_expected_period)
{
    px_measured first = { .arrival = at(0), .source_time = PX_TIME_NONE };
    px_measured second = { .arrival = at(1160), .source_time = PX_TIME_NONE };
    px_measure m = { 0 };

    px_measure_live(&m, &rule, &first);
    px_measure_live(&m, &rule, &second);
    CHECK_EQ(m.jitter, 10 * PX_MILLISECOND);
}

PX_TEST(completeness_is_of_whole_buckets_behind_the_first)
{
    px_measure m = { 0 };
    uint32_t share;

    for (int64_t s = 0; s < 8; s++)
        live(&m, 1000 * s, 1000 * s);
    CHECK(!px_measure_completeness(&m, &rule, at(7999), &share)); /* the second is not whole yet */
    CHECK(px_measure_completeness(&m, &rule, at(8000), &share));
    CHECK_EQ(share, 1000);
    CHECK(px_measure_completeness(&m, &rule, at(12000), &share)); /* nothing came in the third */
    CHECK_EQ(share, 500);
    CHECK(px_measure_completeness(&m, &rule, at(400000), &share));
    CHECK_EQ(share, 0);
}

PX_TEST(a_backlog_fills_the_hole_that_it_left)
{
    px_measure m = { 0 };
    uint32_t share;

    for (int64_t s = 0; s < 16; s++)
        if (s < 8 || s >= 12)
            live(&m, 1000 * s, 1000 * s);
    px_measure_completeness(&m, &rule, at(16000), &share);
    CHECK_EQ(share, 667);
    for (int64_t s = 8; s < 12; s++)
        CHECK(late(&m, 15500, 1000 * s));
    px_measure_completeness(&m, &rule, at(16000), &share);
    CHECK_EQ(share, 1000);
    px_measure_release(&m);
}

PX_TEST(more_than_expected_is_no_more_than_complete)
{
    px_measure m = { 0 };
    uint32_t share;

    for (int64_t ms = 0; ms < 16000; ms += 100)
        live(&m, ms, ms);
    CHECK(px_measure_completeness(&m, &rule, at(16000), &share));
    CHECK_EQ(share, 1000);
}

PX_TEST(late_samples_are_known_again_as_many_as_the_limit_and_no_more)
{
    px_measure m = { 0 };

    live(&m, 1000000, 1000000);
    for (int64_t i = 0; i < PX_FRESHNESS_LATE_MAX; i++)
        CHECK(late(&m, 1000001, i));
    for (int64_t i = 0; i < PX_FRESHNESS_LATE_MAX; i++)
        CHECK(!late(&m, 1000002, i));
    CHECK_EQ(m.late, PX_FRESHNESS_LATE_MAX);
    CHECK_EQ(m.duplicates, PX_FRESHNESS_LATE_MAX);
    CHECK(late(&m, 1000003, PX_FRESHNESS_LATE_MAX)); /* the oldest makes room */
    CHECK(late(&m, 1000004, 0));
    CHECK_EQ(m.samples, 1 + PX_FRESHNESS_LATE_MAX + 2);
    px_measure_release(&m);
}

PX_TEST(a_clock_is_known_after_a_run_that_agrees_and_by_its_smallest_delay)
{
    static const int64_t delays[PX_FRESH_RUN] = { -5000, -4990, -5010, -5003, -4995 };
    px_measure m = { 0 };
    int64_t ahead;

    for (int64_t i = 0; i < PX_FRESH_RUN; i++) {
        CHECK(!px_measure_clock(&m, &ahead));
        live(&m, 1000 * i, 1000 * i - delays[i]);
    }
    CHECK(px_measure_clock(&m, &ahead));
    CHECK_EQ(ahead, 5010 * PX_MILLISECOND);
}

PX_TEST(delays_that_do_not_agree_say_nothing_of_a_clock)
{
    px_measure m = { 0 };
    int64_t ahead;

    for (int64_t i = 0; i < 50; i++)
        live(&m, 1000 * i, 1000 * i - 600 * i);
    CHECK(!px_measure_clock(&m, &ahead));
    CHECK_EQ(m.clock.offset, 0);
}

PX_TEST(a_clock_that_is_not_believed_is_told_as_it_is)
{
    const int64_t year = INT64_C(365) * 86400 * 1000;
    px_measured s = { .arrival = at(0), .source_time = at(year) };
    px_measure m = { 0 };
    int64_t ahead;

    px_measure_live(&m, &rule, &s);
    CHECK(px_measure_clock(&m, &ahead));
    CHECK_EQ(ahead, year * PX_MILLISECOND);
    CHECK_EQ(m.clock.offset, 0);
}

PX_TEST_MAIN()
