/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of freshness/machine.h, at its limits and one past them. */
#include "base/limits.h"
#include "freshness/machine.h"
#include "px_test.h"

enum { T0 = 1000 };

static const px_freshness_rule rule = { .period = PX_SECOND,
                                        .tolerance = PX_SECOND / 2,
                                        .stale = 3 * PX_SECOND };
static const px_freshness_rule daily = { .period = 86400 * PX_SECOND,
                                         .tolerance = 3600 * PX_SECOND,
                                         .stale = 2 * 86400 * PX_SECOND };

static px_time at(int64_t ms)
{
    return T0 * PX_SECOND + ms * PX_MILLISECOND;
}

/* A sample without a source time. */
static px_fresh_kind come(px_fresh_item *item, const px_freshness_rule *by, int64_t ms)
{
    px_fresh_sample sample = { .arrival = at(ms),
                               .source_time = PX_TIME_NONE,
                               .value = (uint64_t)ms };
    bool changed;

    while (px_fresh_advance(item, by, at(ms)))
        ;
    return px_fresh_take(item, by, &sample, &changed);
}

/* One that was taken at `source_ms` by its source's clock. */
static px_fresh_kind tell(px_fresh_item *item, int64_t ms, int64_t source_ms, uint64_t value)
{
    px_fresh_sample sample = { .arrival = at(ms), .source_time = at(source_ms), .value = value };
    bool changed;

    while (px_fresh_advance(item, &rule, at(ms)))
        ;
    return px_fresh_take(item, &rule, &sample, &changed);
}

static px_freshness state_at(px_fresh_item *item, const px_freshness_rule *by, int64_t ms)
{
    while (px_fresh_advance(item, by, at(ms)))
        ;
    return item->state;
}

static px_fresh_item begin(void)
{
    px_fresh_item item;

    px_fresh_init(&item, at(0));
    return item;
}

PX_TEST(what_never_came_is_unknown_and_stays_so)
{
    px_fresh_item item = begin();

    CHECK_EQ(state_at(&item, &rule, 1000000), PX_FRESHNESS_UNKNOWN);
    CHECK_EQ(px_fresh_due(&item, &rule), PX_TIME_NONE);
    CHECK_EQ(item.since, at(0));
}

PX_TEST(a_first_sample_makes_it_fresh_at_once)
{
    px_fresh_item item = begin();

    CHECK_EQ(come(&item, &rule, 500), PX_FRESH_MOVED);
    CHECK_EQ(item.state, PX_FRESHNESS_FRESH);
    CHECK_EQ(item.since, at(500));
    CHECK_EQ(px_fresh_due(&item, &rule), at(2000) + 1);
}

PX_TEST(it_is_late_when_it_is_older_than_period_and_tolerance_and_not_before)
{
    px_fresh_item item = begin();

    come(&item, &rule, 0);
    CHECK_EQ(state_at(&item, &rule, 1500), PX_FRESHNESS_FRESH);
    CHECK_EQ(state_at(&item, &rule, 1501), PX_FRESHNESS_LATE);
    CHECK_EQ(item.since, at(1500));
}

PX_TEST(it_is_stale_when_it_is_older_than_is_allowed_and_not_before)
{
    px_fresh_item item = begin();

    come(&item, &rule, 0);
    CHECK_EQ(state_at(&item, &rule, 3000), PX_FRESHNESS_LATE);
    CHECK_EQ(px_fresh_due(&item, &rule), at(3000) + 1);
    CHECK_EQ(state_at(&item, &rule, 3001), PX_FRESHNESS_STALE);
    CHECK_EQ(item.since, at(3000));
    CHECK_EQ(px_fresh_due(&item, &rule), PX_TIME_NONE);
}

PX_TEST(a_leap_of_time_passes_both_limits_one_after_the_other)
{
    px_fresh_item item = begin();

    come(&item, &rule, 0);
    CHECK(px_fresh_advance(&item, &rule, at(60000)));
    CHECK_EQ(item.state, PX_FRESHNESS_LATE);
    CHECK_EQ(item.since, at(1500));
    CHECK(px_fresh_advance(&item, &rule, at(60000)));
    CHECK_EQ(item.state, PX_FRESHNESS_STALE);
    CHECK_EQ(item.since, at(3000));
    CHECK(!px_fresh_advance(&item, &rule, at(60000)));
}

PX_TEST(one_good_sample_is_not_enough_and_the_second_is)
{
    px_fresh_item item = begin();

    come(&item, &rule, 0);
    come(&item, &rule, 10000);
    CHECK_EQ(item.state, PX_FRESHNESS_STALE);
    come(&item, &rule, 11500); /* exactly within */
    CHECK_EQ(item.state, PX_FRESHNESS_FRESH);
    CHECK_EQ(item.since, at(11500));
}

PX_TEST(samples_that_come_once_where_many_are_expected_never_make_it_fresh)
{
    px_fresh_item item = begin();

    come(&item, &rule, 0);
    for (int64_t ms = 10000; ms < 100000; ms += 1501) {
        come(&item, &rule, ms);
        CHECK_EQ(item.state, PX_FRESHNESS_STALE);
    }
}

PX_TEST(what_is_late_becomes_fresh_by_the_same_rule)
{
    px_fresh_item item = begin();

    come(&item, &rule, 0);
    come(&item, &rule, 2000);
    CHECK_EQ(item.state, PX_FRESHNESS_LATE);
    come(&item, &rule, 3000);
    CHECK_EQ(item.state, PX_FRESHNESS_FRESH);
}

PX_TEST(a_long_period_is_not_waited_for_a_good_sample_that_stands_a_minute_is_enough)
{
    px_fresh_item item = begin();

    come(&item, &daily, 0);
    CHECK_EQ(state_at(&item, &daily, INT64_C(3) * 86400 * 1000), PX_FRESHNESS_STALE);
    come(&item, &daily, INT64_C(3) * 86400 * 1000);
    CHECK_EQ(px_fresh_due(&item, &daily), at(INT64_C(3) * 86400 * 1000 + 60000));
    CHECK_EQ(state_at(&item, &daily, INT64_C(3) * 86400 * 1000 + 59999), PX_FRESHNESS_STALE);
    CHECK_EQ(state_at(&item, &daily, INT64_C(3) * 86400 * 1000 + 60000), PX_FRESHNESS_FRESH);
}

PX_TEST(late_and_repeated_samples_do_not_make_it_fresh)
{
    px_fresh_item item = begin();

    CHECK_EQ(tell(&item, 1000, 1000, 7), PX_FRESH_MOVED);
    CHECK_EQ(tell(&item, 9000, 500, 8), PX_FRESH_LATE);
    CHECK_EQ(tell(&item, 9001, 1000, 7), PX_FRESH_DUPLICATE);
    CHECK_EQ(tell(&item, 9002, 1000, 9), PX_FRESH_CORRECTED);
    CHECK_EQ(item.state, PX_FRESHNESS_STALE);
    CHECK_EQ(item.measure.samples, 2);
    CHECK_EQ(item.measure.late, 1);
    CHECK_EQ(item.measure.duplicates, 1);
    px_fresh_release(&item);
}

PX_TEST(a_backlog_sent_in_its_order_moves_the_value_and_makes_nothing_fresh)
{
    px_fresh_item item = begin();

    tell(&item, 1000, 1000, 1);
    for (int64_t i = 1; i <= 20; i++)
        CHECK_EQ(tell(&item, 100000 + i, 1000 + 1000 * i, (uint64_t)i), PX_FRESH_MOVED);
    CHECK_EQ(item.state, PX_FRESHNESS_STALE);
    CHECK_EQ(item.live.source_time, at(21000));
}

PX_TEST(a_clock_that_is_wrong_by_a_constant_makes_nothing_stale_once_it_is_known)
{
    px_fresh_item item = begin();

    for (int64_t i = 1; i <= 12; i++)
        tell(&item, 100000 + 1000 * i, 40000 + 1000 * i, (uint64_t)i);
    CHECK_EQ(item.state, PX_FRESHNESS_FRESH);
    CHECK_EQ(item.measure.clock.offset, 60 * PX_SECOND);
}

PX_TEST(a_clock_is_corrected_as_far_as_the_limit_and_no_further)
{
    int64_t limit_ms = PX_SOURCE_AHEAD_NS_MAX / PX_MILLISECOND;

    for (int64_t past = 0; past <= 4000; past += 4000) {
        px_fresh_item item = begin();

        for (int64_t i = 1; i <= 12; i++)
            tell(&item, 1000000 + 1000 * i, 1000000 - limit_ms - past + 1000 * i, (uint64_t)i);
        CHECK_EQ(item.state, past ? PX_FRESHNESS_STALE : PX_FRESHNESS_FRESH);
    }
}

PX_TEST(a_clock_a_year_ahead_counts_by_arrival)
{
    const int64_t year = INT64_C(365) * 86400 * 1000;
    px_fresh_item item = begin();
    bool changed;

    for (int64_t i = 0; i < 3; i++) {
        px_fresh_sample sample = { .arrival = at(1000 * i),
                                   .source_time = at(year + 1000 * i),
                                   .is_ahead = true,
                                   .value = (uint64_t)i };

        CHECK_EQ(px_fresh_take(&item, &rule, &sample, &changed), PX_FRESH_MOVED);
    }
    CHECK_EQ(item.good_at, at(2000));
    CHECK_EQ(state_at(&item, &rule, 3500), PX_FRESHNESS_FRESH);
    CHECK_EQ(state_at(&item, &rule, 3501), PX_FRESHNESS_LATE);
}

PX_TEST(a_command_moves_whatever_its_time)
{
    px_fresh_sample command = { .arrival = at(5000),
                                .source_time = PX_TIME_NONE,
                                .is_command = true };
    px_fresh_item item = begin();
    bool changed;

    tell(&item, 1000, 1000, 1);
    CHECK_EQ(px_fresh_take(&item, &rule, &command, &changed), PX_FRESH_MOVED);
    CHECK_EQ(tell(&item, 5500, 900, 2), PX_FRESH_MOVED); /* and resets the ordering */
}

PX_TEST(a_value_that_is_found_has_the_state_of_its_age)
{
    px_fresh_sample sample = { .arrival = at(0), .source_time = PX_TIME_NONE };
    static const struct {
        int64_t age_ms;
        px_freshness state;
        int64_t since_ms;
    } cases[] = { { 1500, PX_FRESHNESS_FRESH, 0 },
                  { 1501, PX_FRESHNESS_LATE, 1500 },
                  { 3000, PX_FRESHNESS_LATE, 1500 },
                  { 3001, PX_FRESHNESS_STALE, 3000 } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        px_fresh_item item = begin();

        px_fresh_seed(&item, &rule, &sample, at(cases[i].age_ms));
        CHECK_EQ(item.state, cases[i].state);
        CHECK_EQ(item.since, at(cases[i].since_ms));
        CHECK_EQ(item.measure.samples, 0);
    }
}

PX_TEST(a_source_that_is_gone_makes_it_stale_at_once)
{
    px_fresh_item item = begin();

    CHECK(!px_fresh_end(&item, at(10))); /* nothing came: still unknown */
    come(&item, &rule, 100);
    CHECK(px_fresh_end(&item, at(200)));
    CHECK_EQ(item.state, PX_FRESHNESS_STALE);
    CHECK_EQ(item.since, at(200));
    CHECK(!px_fresh_end(&item, at(300)));
}

PX_TEST(of_two_states_the_worse_counts)
{
    static const px_freshness order[] = { PX_FRESHNESS_FRESH, PX_FRESHNESS_UNKNOWN,
                                          PX_FRESHNESS_LATE, PX_FRESHNESS_STALE };

    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < 4; b++)
            CHECK_EQ(px_fresh_worse(order[a], order[b]), order[a > b ? a : b]);
}

/* What due says is what advance does: nothing before it, something at it or a hold that ended. */
PX_PROP(nothing_happens_before_it_is_due, 300)
{
    px_fresh_item item = begin();
    int64_t ms = 0;

    for (int i = 0; i < 50; i++) {
        px_time due = px_fresh_due(&item, &rule);

        ms += (int64_t)px_gen_below(gen, 2500);
        if (due == PX_TIME_NONE || at(ms) < due)
            CHECK(!px_fresh_advance(&item, &rule, at(ms)));
        come(&item, &rule, ms);
        CHECK(px_fresh_due(&item, &rule) == PX_TIME_NONE || px_fresh_due(&item, &rule) > at(ms));
    }
}

PX_TEST_MAIN()
