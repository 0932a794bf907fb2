/* SPDX-License-Identifier: Apache-2.0 */
#include "freshness/measure.h"

#include "base/limits.h"
#include "base/mem.h"

px_time px_measure_own(px_time source_time, px_time arrival)
{
    return source_time != PX_TIME_NONE ? source_time : arrival;
}

void px_measure_release(px_measure *m)
{
    px_free(m->seen);
    m->seen = NULL;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* ---- the clock ---- */

static void begin_run(px_clock *c, int64_t delay)
{
    c->base = c->least = delay;
    c->run = 1;
}

static void measure_clock(px_clock *c, const px_freshness_rule *rule, const px_measured *s)
{
    if (s->source_time == PX_TIME_NONE)
        return;
    c->last = s->arrival - s->source_time;
    c->has_last = true;
    c->was_believed = s->is_believed;
    if (!s->is_believed)
        return;
    if (c->run == 0 || distance(c->last, c->base) > rule->tolerance) {
        begin_run(c, c->last);
        return;
    }
    if (c->last < c->least)
        c->least = c->last;
    if (++c->run < PX_FRESH_RUN)
        return;
    c->offset = c->least;
    c->has_offset = true;
    begin_run(c, c->last);
}

bool px_measure_clock(const px_measure *m, int64_t *ret_ahead_ns)
{
    const px_clock *c = &m->clock;

    if (!c->has_last || (c->was_believed && !c->has_offset))
        return false;
    *ret_ahead_ns = c->was_believed ? -c->offset : -c->last;
    return true;
}

/* ---- completeness ---- */

static int64_t bucket_ns(const px_freshness_rule *rule)
{
    return PX_MEASURE_BUCKET * rule->period;
}

/* Moves on to a newer bucket, those between are empty. */
static void move_to(px_measure *m, int64_t bucket)
{
    int64_t steps = bucket - m->bucket;

    for (int64_t i = 1; i <= steps && i <= PX_MEASURE_BUCKETS; i++)
        m->counts[(uint64_t)(m->bucket + i) % PX_MEASURE_BUCKETS] = 0;
    m->bucket = bucket;
}

static void count(px_measure *m, const px_freshness_rule *rule, const px_measured *s)
{
    px_time at = s->is_believed ? s->source_time + m->clock.offset : s->arrival;
    int64_t bucket = at > 0 ? at / bucket_ns(rule) : 0;
    uint16_t *place;

    m->samples++;
    if (!m->has_bucket) {
        m->has_bucket = true;
        m->bucket = m->bucket_first = bucket;
    }
    if (bucket > m->bucket)
        move_to(m, bucket);
    if (bucket <= m->bucket - PX_MEASURE_BUCKETS)
        return;
    if (bucket < m->bucket_first)
        m->bucket_first = bucket;
    place = &m->counts[(uint64_t)bucket % PX_MEASURE_BUCKETS];
    *place = (uint16_t)(*place < UINT16_MAX ? *place + 1 : *place);
}

bool px_measure_completeness(const px_measure *m, const px_freshness_rule *rule, px_time now,
                             uint32_t *ret_thousandths)
{
    int64_t present = now > 0 ? now / bucket_ns(rule) : 0;
    int64_t first = present - (PX_MEASURE_BUCKETS - 1);
    uint64_t came = 0, wanted;

    /* the first bucket began before the first sample did */
    if (first <= m->bucket_first)
        first = m->bucket_first + 1;
    if (!m->has_bucket || first >= present)
        return false;
    wanted = (uint64_t)(present - first) * PX_MEASURE_BUCKET;
    for (int64_t b = first; b < present; b++)
        if (b <= m->bucket && b > m->bucket - PX_MEASURE_BUCKETS)
            came += m->counts[(uint64_t)b % PX_MEASURE_BUCKETS];
    came = came < wanted ? came : wanted;
    *ret_thousandths = (uint32_t)((came * 1000 + wanted / 2) / wanted);
    return true;
}

/* ---- samples ---- */

static void measure_pace(px_measure *m, const px_freshness_rule *rule, const px_measured *s)
{
    px_time own = s->is_believed ? s->source_time : s->arrival;
    int64_t arrivals = s->arrival - m->last_arrival, owns = own - m->last_own;
    int64_t off = distance(arrivals, s->is_believed ? owns : rule->period);

    if (m->has_last && owns >= 0) {
        m->period = m->has_period ? m->period + (owns - m->period) / 8 : owns;
        m->jitter = m->has_period ? m->jitter + (off - m->jitter) / 16 : off / 16;
        m->has_period = true;
    }
    m->has_last = true;
    m->last_arrival = s->arrival;
    m->last_own = own;
}

void px_measure_live(px_measure *m, const px_freshness_rule *rule, const px_measured *s)
{
    measure_clock(&m->clock, rule, s);
    measure_pace(m, rule, s);
    count(m, rule, s);
}

static uint32_t hash_of(px_time own)
{
    uint64_t x = (uint64_t)own * UINT64_C(0x9E3779B97F4A7C15);

    return (uint32_t)(x >> 32) ^ (uint32_t)x;
}

static bool was_seen(const px_measure *m, uint32_t hash)
{
    for (uint32_t i = 0; i < m->seen_count; i++)
        if (m->seen[i] == hash)
            return true;
    return false;
}

static void remember(px_measure *m, uint32_t hash)
{
    if (!m->seen)
        m->seen = px_alloc(PX_FRESHNESS_LATE_MAX * sizeof(*m->seen));
    if (!m->seen)
        return;
    m->seen[m->seen_at] = hash;
    m->seen_at = (uint16_t)((m->seen_at + 1) % PX_FRESHNESS_LATE_MAX);
    if (m->seen_count < PX_FRESHNESS_LATE_MAX)
        m->seen_count++;
}

bool px_measure_late(px_measure *m, const px_freshness_rule *rule, const px_measured *s)
{
    uint32_t hash = hash_of(px_measure_own(s->source_time, s->arrival));

    if (was_seen(m, hash)) {
        m->duplicates++;
        return false;
    }
    remember(m, hash);
    m->late++;
    count(m, rule, s);
    return true;
}
