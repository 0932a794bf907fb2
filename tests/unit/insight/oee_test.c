/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/oee.h"

#include "px_test.h"

#define MINUTE (60 * PX_SECOND)
#define SHIFT (420 * MINUTE)

static void check_ratio(px_ratio ratio, double wanted)
{
    CHECK(ratio.known);
    if (ratio.value > wanted + 0.000005 || ratio.value < wanted - 0.000005)
        fail_msg("%.7f is not %.5f", ratio.value, wanted);
}

/* Planned busy 420 min, production 373 min, ideal 1.0 s, total 19,271, good 18,848. */
static void check_reference(const px_oee_figures *figures)
{
    px_oee oee = px_oee_of(figures);

    CHECK_EQ(figures->planned_busy_ns, 420 * MINUTE);
    CHECK_EQ(figures->actual_production_ns, 373 * MINUTE);
    CHECK_EQ(figures->produced, 19271);
    CHECK_EQ(figures->good, 18848);
    check_ratio(oee.availability, 0.88810);
    check_ratio(oee.effectiveness, 0.86108);
    check_ratio(oee.quality, 0.97805);
    check_ratio(oee.oee, 0.74794);
}

PX_TEST(the_reference_figures_give_the_reference_ratios)
{
    px_oee_figures figures = { .planned_busy_ns = 420 * MINUTE,
                               .actual_production_ns = 373 * MINUTE,
                               .planned_run_s = 1.0 * 19271,
                               .produced = 19271,
                               .good = 18848 };

    check_reference(&figures);
}

/* One minute of a shift: what the unit was, and the counters at its end. */
typedef struct minute {
    const char *state;
    uint64_t total, good;
} minute;

/* A shift of 420 minutes: 47 of them in stops of all kinds, 19,271 parts spread over the 373 that
 * ran, 423 of them bad. */
static void make_shift(minute shift[420])
{
    static const char *const stops[] = { "stopped", "starved", "blocked", "fault", "setup" };
    uint64_t total = 0, good = 0, ran = 0;

    for (unsigned i = 0; i < 420; i++) {
        bool stands = i % 9 == 4 && i / 9 < 47;

        shift[i].state = stands ? stops[i / 9 % 5] : "running";
        ran += !stands;
        total = 19271 * ran / 373;
        good = 18848 * ran / 373;
        shift[i].total = total;
        shift[i].good = good;
    }
    CHECK_EQ(ran, 373);
}

static px_oee_figures fold_shift(const minute shift[420], px_time begin, int64_t silence_ns_max)
{
    px_oee_fold fold = px_oee_fold_of(begin, begin + SHIFT, silence_ns_max);

    px_oee_ideal(&fold, begin - MINUTE, 1.0);
    px_oee_produced(&fold, begin, 0);
    px_oee_good(&fold, begin, 0);
    for (unsigned i = 0; i < 420; i++) {
        px_time time = begin + i * MINUTE;

        px_oee_state(&fold, time, px_oee_class_of(px_str_c(shift[i].state)));
        px_oee_produced(&fold, time + MINUTE, shift[i].total);
        px_oee_good(&fold, time + MINUTE, shift[i].good);
    }
    px_oee_state(&fold, begin + SHIFT + MINUTE, PX_OEE_PRODUCTION); /* behind the period */
    return px_oee_end(&fold);
}

PX_TEST(a_shift_of_events_gives_the_reference_ratios)
{
    minute shift[420];
    px_oee_figures figures;

    make_shift(shift);
    figures = fold_shift(shift, 1000 * SHIFT, 0);
    check_reference(&figures);
    figures = fold_shift(shift, 1000 * SHIFT, 5 * MINUTE);
    check_reference(&figures);
}

PX_TEST(a_counter_reset_in_the_shift_changes_nothing)
{
    minute shift[420];
    px_oee_figures figures;

    make_shift(shift);
    for (unsigned i = 420; i-- > 200;) {
        shift[i].total -= shift[199].total;
        shift[i].good -= shift[199].good;
    }
    figures = fold_shift(shift, 1000 * SHIFT, 0);
    check_reference(&figures);
}

PX_TEST(what_lies_before_the_period_is_only_a_beginning)
{
    px_oee_fold fold = px_oee_fold_of(100 * MINUTE, 110 * MINUTE, 0);
    px_oee_figures figures;

    px_oee_state(&fold, 10 * MINUTE, PX_OEE_DELAY);
    px_oee_state(&fold, 90 * MINUTE, PX_OEE_PRODUCTION);
    px_oee_ideal(&fold, 90 * MINUTE, 2.0);
    px_oee_produced(&fold, 95 * MINUTE, 1000);
    px_oee_produced(&fold, 99 * MINUTE, 1100);
    px_oee_produced(&fold, 105 * MINUTE, 1180);
    figures = px_oee_end(&fold);
    CHECK_EQ(figures.produced, 80);
    CHECK_EQ(figures.actual_production_ns, 10 * MINUTE);
    CHECK_EQ(figures.planned_busy_ns, 10 * MINUTE);
    CHECK(figures.planned_run_s == 160.0);
}

PX_TEST(without_a_reading_before_it_the_first_one_is_only_a_beginning)
{
    px_oee_fold fold = px_oee_fold_of(0, 10 * MINUTE, 0);

    px_oee_produced(&fold, MINUTE, 5000);
    px_oee_produced(&fold, 2 * MINUTE, 5007);
    CHECK_EQ(px_oee_end(&fold).produced, 7);
}

PX_TEST(time_without_a_known_state_is_not_planned)
{
    px_oee_fold fold = px_oee_fold_of(0, 10 * MINUTE, 0);
    px_oee_figures figures;

    px_oee_state(&fold, 4 * MINUTE, PX_OEE_PRODUCTION);
    px_oee_state(&fold, 6 * MINUTE, PX_OEE_UNPLANNED);
    px_oee_state(&fold, 9 * MINUTE, PX_OEE_DELAY);
    figures = px_oee_end(&fold);
    CHECK_EQ(figures.planned_busy_ns, 3 * MINUTE);
    CHECK_EQ(figures.actual_production_ns, 2 * MINUTE);
}

PX_TEST(a_silent_unit_is_not_known_meanwhile)
{
    px_oee_fold fold = px_oee_fold_of(0, 100 * MINUTE, 5 * MINUTE);
    px_oee_figures figures;

    px_oee_state(&fold, 0, PX_OEE_PRODUCTION);
    px_oee_produced(&fold, 10 * MINUTE, 100); /* 5 minutes known, 5 not */
    px_oee_produced(&fold, 12 * MINUTE, 130);
    px_oee_produced(&fold, 60 * MINUTE, 900); /* after a silence: a beginning again */
    px_oee_produced(&fold, 61 * MINUTE, 910);
    figures = px_oee_end(&fold);
    CHECK_EQ(figures.planned_busy_ns, (5 + 2 + 5 + 1 + 5) * MINUTE);
    CHECK_EQ(figures.produced, 30 + 10);
}

PX_TEST(an_ideal_cycle_that_changes_counts_for_the_parts_after_it)
{
    px_oee_fold fold = px_oee_fold_of(0, 10 * MINUTE, 0);

    px_oee_state(&fold, 0, PX_OEE_PRODUCTION);
    px_oee_ideal(&fold, 0, 1.0);
    px_oee_produced(&fold, 0, 0);
    px_oee_produced(&fold, 3 * MINUTE, 100);
    px_oee_ideal(&fold, 3 * MINUTE, 2.5);
    px_oee_produced(&fold, 9 * MINUTE, 200);
    CHECK(px_oee_end(&fold).planned_run_s == 350.0);
}

PX_TEST(nothing_known_gives_no_ratio)
{
    px_oee_figures figures = { 0 };
    px_oee oee = px_oee_of(&figures);

    CHECK(!oee.availability.known && !oee.effectiveness.known);
    CHECK(!oee.quality.known && !oee.oee.known);
    figures.planned_busy_ns = MINUTE; /* stood all the time */
    oee = px_oee_of(&figures);
    CHECK(oee.availability.known && oee.availability.value == 0.0);
    CHECK(!oee.oee.known);
}

PX_TEST(only_running_produces_and_unknown_words_are_unplanned)
{
    CHECK_EQ(px_oee_class_of(PX_STR("running")), PX_OEE_PRODUCTION);
    CHECK_EQ(px_oee_class_of(PX_STR("setup")), PX_OEE_DELAY);
    CHECK_EQ(px_oee_class_of(PX_STR("holiday")), PX_OEE_UNPLANNED);
    CHECK_EQ(px_oee_class_of(PX_STR("")), PX_OEE_UNPLANNED);
}

/* However a period is cut, its parts add up to it. */
PX_PROP(two_halves_add_up_to_the_whole, 300)
{
    px_time end = (px_time)(20 + px_gen_below(gen, 100)) * MINUTE;
    px_time cut = (px_time)px_gen_below(gen, (uint64_t)end);
    px_oee_fold whole = px_oee_fold_of(0, end, 0), first = px_oee_fold_of(0, cut, 0),
                second = px_oee_fold_of(cut, end, 0);
    px_oee_fold *folds[] = { &whole, &first, &second };
    px_oee_figures w, f, s;
    uint64_t total = 0;

    for (px_time time = 0; time < end; time += 1 + (px_time)px_gen_below(gen, MINUTE)) {
        px_oee_class class = (px_oee_class)px_gen_below(gen, 3);

        total += px_gen_below(gen, 20);
        if (px_gen_below(gen, 20) == 0)
            total = px_gen_below(gen, 5);
        for (size_t i = 0; i < 3; i++) {
            px_oee_state(folds[i], time, class);
            px_oee_produced(folds[i], time, total);
        }
    }
    w = px_oee_end(&whole);
    f = px_oee_end(&first);
    s = px_oee_end(&second);
    CHECK_EQ(f.planned_busy_ns + s.planned_busy_ns, w.planned_busy_ns);
    CHECK_EQ(f.actual_production_ns + s.actual_production_ns, w.actual_production_ns);
    CHECK_EQ(f.produced + s.produced, w.produced);
}

PX_TEST_MAIN()
