/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/oee.h"

static px_ratio ratio(double part, double whole)
{
    px_ratio r = { .known = whole > 0 };

    if (r.known)
        r.value = part / whole;
    return r;
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

px_oee px_oee_of(const px_oee_figures *f)
{
    px_oee oee = {
        .availability = ratio(seconds(f->actual_production_ns), seconds(f->planned_busy_ns)),
        .effectiveness = ratio(f->planned_run_s, seconds(f->actual_production_ns)),
        .quality = ratio((double)f->good, (double)f->produced),
    };

    oee.oee.known = oee.availability.known && oee.effectiveness.known && oee.quality.known;
    if (oee.oee.known)
        oee.oee.value = oee.availability.value * oee.effectiveness.value * oee.quality.value;
    return oee;
}

px_oee_class px_oee_class_of(px_str state)
{
    static const char *const delays[] = { "stopped", "starved", "blocked", "fault", "setup" };

    if (px_str_eq(state, PX_STR("running")))
        return PX_OEE_PRODUCTION;
    for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++)
        if (px_str_eq(state, px_str_c(delays[i])))
            return PX_OEE_DELAY;
    return PX_OEE_UNPLANNED;
}

px_oee_fold px_oee_fold_of(px_time from, px_time to, int64_t silence_ns_max)
{
    return (px_oee_fold){ .from = from, .to = to, .silence_ns_max = silence_ns_max, .at = from };
}

static px_time earlier(px_time a, px_time b)
{
    return a < b ? a : b;
}

/* The stretch from `at` to `time` in the class that held, as far as it was known. */
static void advance(px_oee_fold *fold, px_time time)
{
    px_time end = earlier(time, fold->to);

    if (fold->silence_ns_max > 0 && fold->heard_any)
        end = earlier(end, fold->heard + fold->silence_ns_max);
    if (end > fold->at && fold->class != PX_OEE_UNPLANNED) {
        fold->figures.planned_busy_ns += end - fold->at;
        if (fold->class == PX_OEE_PRODUCTION)
            fold->figures.actual_production_ns += end - fold->at;
    }
    if (time > fold->at)
        fold->at = earlier(time, fold->to);
}

/* False: behind the period. */
static bool hear(px_oee_fold *fold, px_time time)
{
    if (time > fold->to)
        return false;
    advance(fold, time);
    if (fold->silence_ns_max > 0 && fold->heard_any && time > fold->heard &&
        time - fold->heard > fold->silence_ns_max)
        fold->produced.has = fold->good.has = false;
    if (!fold->heard_any || time > fold->heard)
        fold->heard = time;
    fold->heard_any = true;
    return true;
}

void px_oee_state(px_oee_fold *fold, px_time time, px_oee_class class)
{
    if (hear(fold, time))
        fold->class = class;
}

/* One product for each PRI, not a sum over parts: no digit is lost on the way. */
static double planned_run_s(const px_oee_fold *fold)
{
    return fold->earlier_run_s + fold->ideal_s * (double)(fold->produced.sum - fold->ideal_since);
}

void px_oee_ideal(px_oee_fold *fold, px_time time, double ideal_s)
{
    if (!hear(fold, time))
        return;
    fold->earlier_run_s = planned_run_s(fold);
    fold->ideal_since = fold->produced.sum;
    fold->ideal_s = ideal_s;
}

static void count(px_oee_fold *fold, px_oee_counter *counter, px_time time, uint64_t reading)
{
    if (counter->has && time > fold->from)
        counter->sum += reading < counter->last ? reading : reading - counter->last;
    counter->has = true;
    counter->last = reading;
}

void px_oee_produced(px_oee_fold *fold, px_time time, uint64_t reading)
{
    if (hear(fold, time))
        count(fold, &fold->produced, time, reading);
}

void px_oee_good(px_oee_fold *fold, px_time time, uint64_t reading)
{
    if (hear(fold, time))
        count(fold, &fold->good, time, reading);
}

px_oee_figures px_oee_end(px_oee_fold *fold)
{
    advance(fold, fold->to);
    fold->figures.planned_run_s = planned_run_s(fold);
    fold->figures.produced = fold->produced.sum;
    fold->figures.good = fold->good.sum;
    return fold->figures;
}
