/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How fresh one property is: a machine of four states, driven by samples and by journal time.
 *
 *     unknown ──first sample──► fresh ──age > period + tolerance──► late ──age > stale──► stale
 *                                 ▲                                   │                     │
 *                                 └────── two good samples, or one that stands a minute ────┘
 *
 * Age. A sample that moves the live value (twin/graph.h has the rule of ordering) makes the value
 * true at the time of its arrival, less what it was older than others of its source when it came:
 * its delay, arrival less source time, beyond the offset of the clock. The offset is the smallest
 * delay of the last run of PX_FRESH_RUN samples whose delays agree within the tolerance; before
 * there is one it is 0, and it is never believed beyond PX_SOURCE_AHEAD_NS_MAX. So a clock that is
 * wrong by a constant makes nothing stale, and a backlog that is sent an hour late does not make a
 * value fresh. A sample without a source time, or with one that is not believed, is as old as its
 * arrival. Time goes on by the journal: the age at a moment is that moment less this time, and the
 * server's clock is asked nowhere.
 *
 * Samples that do not move the live value say nothing of its age: late ones, ones told twice,
 * corrections. They are counted.
 *
 * Way back. A sample is good when it is no older than period and tolerance as it comes. Late or
 * stale becomes fresh with the second good one, when nothing was late between them; where the
 * period is longer than PX_FRESH_HOLD_NS, also when a first good one has stood so long. A sample
 * that comes once where ten are expected therefore never makes a value fresh.
 *
 * A state begins (`since`) when the limit was passed, not when somebody noticed: limits are
 * "older than", so a value exactly as old as the limit is still within.
 *
 * Pure: no clock, no memory but the ring of late samples. Threads: values only.
 */
#ifndef PX_FRESHNESS_MACHINE_H
#define PX_FRESHNESS_MACHINE_H

#include "freshness/measure.h"
#include "journal/event.h"
#include "model/layout.h"

enum {
    PX_FRESH_GOOD = 2, /* samples on the way back */
};
#define PX_FRESH_HOLD_NS (60 * PX_SECOND)

/* One value as it came. */
typedef struct px_fresh_sample {
    px_time arrival;     /* commit time of its event */
    px_time source_time; /* PX_TIME_NONE: the source said none */
    bool is_ahead;       /* its source clock was not believed */
    bool is_command;     /* set by a command or PATCH: always moves the value */
    uint64_t value;      /* hash of the value: same or another */
} px_fresh_sample;

/* What one sample was. */
typedef enum px_fresh_kind {
    PX_FRESH_MOVED,     /* the live value, or its time */
    PX_FRESH_LATE,      /* older than the live one */
    PX_FRESH_DUPLICATE, /* told before */
    PX_FRESH_CORRECTED, /* another value for the same time */
    PX_FRESH_KINDS,
} px_fresh_kind;

typedef struct px_fresh_item {
    px_freshness state;
    px_time since;

    bool has_live;
    px_fresh_sample live; /* the newest that moved it */
    px_time good_at;      /* when it was true, by the server's clock */

    uint8_t good_count; /* on the way back */
    px_time back_at;    /* fresh again by time alone; PX_TIME_NONE */

    px_measure measure;
} px_fresh_item;

/* Zeroed it is unknown; `since` is when it was declared. */
void px_fresh_init(px_fresh_item *item, px_time since);
void px_fresh_release(px_fresh_item *item);

/**
 * Time goes on to `now`: makes the first change of state that is due by then and gives true; call
 * again until it gives false. Before each sample.
 */
bool px_fresh_advance(px_fresh_item *item, const px_freshness_rule *rule, px_time now);
/* The first moment at which advance has something to do, which then moves it on; PX_TIME_NONE:
 * never. */
px_time px_fresh_due(const px_fresh_item *item, const px_freshness_rule *rule);

/* A sample came; `ret_changed` says whether the state did. */
px_fresh_kind px_fresh_take(px_fresh_item *item, const px_freshness_rule *rule,
                            const px_fresh_sample *sample, bool *ret_changed);

/* The live value as it is found in the graph, where nobody saw it come: the state is that of its
 * age at `now`, and nothing is counted. */
void px_fresh_seed(px_fresh_item *item, const px_freshness_rule *rule,
                   const px_fresh_sample *sample, px_time now);

/* The rule is a wider one: what is better by its age than its state says is that at once, from
 * `now` on. True when that is a change. (By a narrower one it is px_fresh_advance's.) */
bool px_fresh_widen(px_fresh_item *item, const px_freshness_rule *rule, px_time now);

/* Its source is known to be gone: stale at once, from `now` on. True when that is a change. */
bool px_fresh_end(px_fresh_item *item, px_time now);

/* The worse of two, in this order: fresh, unknown, late, stale. */
px_freshness px_fresh_worse(px_freshness a, px_freshness b);

#endif
