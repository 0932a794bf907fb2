/* SPDX-License-Identifier: Apache-2.0 */
#include "freshness/machine.h"

#include "base/limits.h"

void px_fresh_init(px_fresh_item *item, px_time since)
{
    *item = (px_fresh_item){ .since = since, .back_at = PX_TIME_NONE, .good_at = PX_TIME_NONE };
}

void px_fresh_release(px_fresh_item *item)
{
    px_measure_release(&item->measure);
}

px_freshness px_fresh_worse(px_freshness a, px_freshness b)
{
    static const uint8_t rank[PX_FRESHNESS_COUNT] = { [PX_FRESHNESS_FRESH] = 0,
                                                      [PX_FRESHNESS_UNKNOWN] = 1,
                                                      [PX_FRESHNESS_LATE] = 2,
                                                      [PX_FRESHNESS_STALE] = 3 };

    return rank[a] >= rank[b] ? a : b;
}

/* ---- time ---- */

static px_time late_at(const px_fresh_item *item, const px_freshness_rule *rule)
{
    return item->good_at + rule->period + rule->tolerance;
}

static px_time stale_at(const px_fresh_item *item, const px_freshness_rule *rule)
{
    return item->good_at + rule->stale;
}

static bool change(px_fresh_item *item, px_freshness state, px_time since)
{
    item->state = state;
    item->since = since > item->since ? since : item->since;
    item->good_count = 0;
    item->back_at = PX_TIME_NONE;
    return true;
}

bool px_fresh_advance(px_fresh_item *item, const px_freshness_rule *rule, px_time now)
{
    if (item->state == PX_FRESHNESS_UNKNOWN)
        return false;
    if (item->state == PX_FRESHNESS_FRESH)
        return now > late_at(item, rule) && change(item, PX_FRESHNESS_LATE, late_at(item, rule));

    if (item->back_at != PX_TIME_NONE && now >= item->back_at &&
        item->back_at <= late_at(item, rule))
        return change(item, PX_FRESHNESS_FRESH, item->back_at);
    if ((item->good_count > 0 || item->back_at != PX_TIME_NONE) && now > late_at(item, rule)) {
        /* it did not hold */
        item->good_count = 0;
        item->back_at = PX_TIME_NONE;
    }
    return item->state == PX_FRESHNESS_LATE && now > stale_at(item, rule) &&
           change(item, PX_FRESHNESS_STALE, stale_at(item, rule));
}

static px_time earlier(px_time a, px_time b)
{
    return a == PX_TIME_NONE || (b != PX_TIME_NONE && b < a) ? b : a;
}

px_time px_fresh_due(const px_fresh_item *item, const px_freshness_rule *rule)
{
    px_time due = PX_TIME_NONE;

    if (item->state == PX_FRESHNESS_UNKNOWN)
        return PX_TIME_NONE;
    if (item->state == PX_FRESHNESS_FRESH || item->good_count > 0)
        due = late_at(item, rule) + 1;
    if (item->state == PX_FRESHNESS_LATE)
        due = earlier(due, stale_at(item, rule) + 1);
    return earlier(due, item->back_at);
}

/* ---- samples ---- */

static bool is_believed(const px_fresh_sample *s)
{
    return s->source_time != PX_TIME_NONE && !s->is_ahead;
}

/* As twin/order.h judges it: what names a sample, and what orders it. */
static px_fresh_kind judge(const px_fresh_sample *live, const px_fresh_sample *s)
{
    bool both_by_source = is_believed(live) && is_believed(s);

    if (live->is_command || s->is_command)
        return PX_FRESH_MOVED;
    if ((live->source_time == PX_TIME_NONE) == (s->source_time == PX_TIME_NONE) &&
        px_measure_own(live->source_time, live->arrival) ==
            px_measure_own(s->source_time, s->arrival))
        return live->value == s->value ? PX_FRESH_DUPLICATE : PX_FRESH_CORRECTED;
    if (both_by_source)
        return s->source_time < live->source_time ? PX_FRESH_LATE : PX_FRESH_MOVED;
    return (is_believed(s) ? s->source_time : s->arrival) / PX_MILLISECOND <
                   (is_believed(live) ? live->source_time : live->arrival) / PX_MILLISECOND
               ? PX_FRESH_LATE
               : PX_FRESH_MOVED;
}

/* When the value was true, by the server's clock. */
static px_time true_at(const px_fresh_item *item, const px_fresh_sample *s)
{
    int64_t offset = item->measure.clock.offset, delay;

    if (!is_believed(s))
        return s->arrival;
    if (offset > PX_SOURCE_AHEAD_NS_MAX)
        offset = PX_SOURCE_AHEAD_NS_MAX;
    delay = s->arrival - s->source_time - offset;
    return delay > 0 ? s->arrival - delay : s->arrival;
}

static px_freshness state_of_age(const px_fresh_item *item, const px_freshness_rule *rule,
                                 px_time now)
{
    return now > stale_at(item, rule)  ? PX_FRESHNESS_STALE
           : now > late_at(item, rule) ? PX_FRESHNESS_LATE
                                       : PX_FRESHNESS_FRESH;
}

/* One that moved the live value. */
static bool move(px_fresh_item *item, const px_freshness_rule *rule, const px_fresh_sample *s)
{
    px_time at = true_at(item, s);

    item->live = *s;
    item->has_live = true;
    item->good_at = item->good_at == PX_TIME_NONE || at > item->good_at ? at : item->good_at;
    if (item->state == PX_FRESHNESS_UNKNOWN)
        return change(item, state_of_age(item, rule, s->arrival), s->arrival);
    if (item->state == PX_FRESHNESS_FRESH || s->arrival - at > rule->period + rule->tolerance)
        return false;
    if (++item->good_count >= PX_FRESH_GOOD)
        return change(item, PX_FRESHNESS_FRESH, s->arrival);
    if (rule->period > PX_FRESH_HOLD_NS)
        item->back_at = s->arrival + PX_FRESH_HOLD_NS;
    return false;
}

px_fresh_kind px_fresh_take(px_fresh_item *item, const px_freshness_rule *rule,
                            const px_fresh_sample *s, bool *ret_changed)
{
    px_fresh_kind kind = item->has_live ? judge(&item->live, s) : PX_FRESH_MOVED;
    px_measured measured = { .arrival = s->arrival,
                             .source_time = s->source_time,
                             .is_believed = is_believed(s) };

    *ret_changed = false;
    switch (kind) {
    case PX_FRESH_MOVED:
        px_measure_live(&item->measure, rule, &measured);
        *ret_changed = move(item, rule, s);
        break;
    case PX_FRESH_LATE:
        if (!px_measure_late(&item->measure, rule, &measured))
            kind = PX_FRESH_DUPLICATE;
        break;
    case PX_FRESH_DUPLICATE:
        item->measure.duplicates++;
        break;
    case PX_FRESH_CORRECTED:
        item->live.value = s->value;
        break;
    case PX_FRESH_KINDS:
        break;
    }
    return kind;
}

void px_fresh_seed(px_fresh_item *item, const px_freshness_rule *rule, const px_fresh_sample *s,
                   px_time now)
{
    item->live = *s;
    item->has_live = true;
    item->good_at = true_at(item, s);
    change(item, state_of_age(item, rule, now), s->arrival);
    if (item->state == PX_FRESHNESS_LATE)
        item->since = late_at(item, rule);
    if (item->state == PX_FRESHNESS_STALE)
        item->since = stale_at(item, rule);
}

bool px_fresh_widen(px_fresh_item *item, const px_freshness_rule *rule, px_time now)
{
    px_freshness by_age = state_of_age(item, rule, now);

    if (item->state == PX_FRESHNESS_UNKNOWN || by_age == item->state ||
        px_fresh_worse(item->state, by_age) != item->state)
        return false;
    return change(item, by_age, now);
}

bool px_fresh_end(px_fresh_item *item, px_time now)
{
    if (item->state == PX_FRESHNESS_STALE || item->state == PX_FRESHNESS_UNKNOWN) {
        item->good_count = 0;
        item->back_at = PX_TIME_NONE;
        return false;
    }
    return change(item, PX_FRESHNESS_STALE, now);
}
