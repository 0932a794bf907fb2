/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is measured of the samples of one property, or of one source of a twin.
 *
 *     samples       values that count: those of late samples too, not those that were told twice
 *     late          of them, those that came behind a newer one (out of order)
 *     duplicates    told before: the live one again, or one of the last PX_FRESHNESS_LATE_MAX late
 *     period        between two samples that follow each other, by their own times; smoothed by 1/8
 *     jitter        RFC 3550, 6.4.1: how the time between two arrivals differs from that between
 *                   the two source times (without these: from the expected period), smoothed by
 *                   1/16
 *     completeness  samples in the last PX_MEASURE_BUCKETS - 1 whole buckets of
 *                   PX_MEASURE_BUCKET periods each, of those that belong there; by their own times,
 *                   so that a backlog that came late fills the hole that it left
 *     clock         of the source, against ours: see machine.h
 *
 * Pure; whole numbers only, so that the same samples give the same figures everywhere. Cost: a
 * sample O(1), a late one O(late samples remembered). Threads: values only.
 */
#ifndef PX_FRESHNESS_MEASURE_H
#define PX_FRESHNESS_MEASURE_H

#include "base/time.h"
#include "model/layout.h"

enum {
    PX_MEASURE_BUCKETS = 16,
    PX_MEASURE_BUCKET = 4, /* periods */
    PX_FRESH_RUN = 5,      /* samples whose delays agree */
};

/* Delays are arrival less source time: positive where the clock is behind, or the way long. */
typedef struct px_clock {
    int64_t offset; /* smallest delay of the last run that agreed; 0 before there was one */
    int64_t base;   /* delay that the present run began with */
    int64_t least;  /* of the present run */
    int64_t last;   /* of the newest sample, believed or not */
    uint8_t run;
    bool has_offset, has_last;
    bool was_believed; /* the newest sample */
} px_clock;

typedef struct px_measure {
    uint64_t samples, late, duplicates;
    px_time last_arrival, last_own;      /* of the newest live sample; valid when has_last */
    int64_t period, jitter;              /* valid when has_period */
    int64_t bucket;                      /* number of the newest one */
    int64_t bucket_first;                /* of the first sample */
    uint16_t counts[PX_MEASURE_BUCKETS]; /* by number modulo */
    bool has_last, has_period, has_bucket;
    px_clock clock;
    uint16_t seen_count, seen_at;
    uint32_t *seen; /* hashes of own times of late samples; NULL: none came yet */
} px_measure;

/* One sample as the figures see it. */
typedef struct px_measured {
    px_time arrival, source_time; /* PX_TIME_NONE: none */
    bool is_believed;
} px_measured;

/* By what time a sample is named. */
px_time px_measure_own(px_time source_time, px_time arrival);

void px_measure_release(px_measure *measure);

void px_measure_live(px_measure *measure, const px_freshness_rule *rule, const px_measured *sample);
/* False: it was told before, and counted as that. Where memory for the ring is missing it counts as
 * told for the first time. */
bool px_measure_late(px_measure *measure, const px_freshness_rule *rule, const px_measured *sample);

/* In thousandths, at `now`; false: not one bucket is whole yet. */
bool px_measure_completeness(const px_measure *measure, const px_freshness_rule *rule, px_time now,
                             uint32_t *ret_thousandths);
/* How far the source's clock is ahead of ours (below 0: behind, or the way long); false: its
 * samples have no source time, or too few came. */
bool px_measure_clock(const px_measure *measure, int64_t *ret_ahead_ns);

#endif
