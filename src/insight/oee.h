/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Overall equipment effectiveness, by the names of ISO 22400-2, from figures or from events.
 *
 *     availability   A = actual production time (APT) / planned busy time (PBT)
 *     effectiveness  E = planned run time per item (PRI) x produced quantity (PQ) / APT
 *     quality ratio  Q = good quantity (GQ) / PQ
 *     OEE index        = A x E x Q
 *
 * NEE and TEEP have other denominators and are not these. Pure. Threads: one fold at a time.
 */
#ifndef PX_INSIGHT_OEE_H
#define PX_INSIGHT_OEE_H

#include "base/time.h"

/* Known only when its denominator is above 0. */
typedef struct px_ratio {
    bool known;
    double value;
} px_ratio;

typedef struct px_oee_figures {
    int64_t planned_busy_ns;      /* PBT */
    int64_t actual_production_ns; /* APT */
    double planned_run_s;         /* PRI x PQ: with several PRI in the period, the sum */
    uint64_t produced, good;      /* PQ, GQ */
} px_oee_figures;

typedef struct px_oee {
    px_ratio availability, effectiveness, quality, oee;
} px_oee;

px_oee px_oee_of(const px_oee_figures *figures);

/* ---- from events ---- */

/* What a state of a work unit means for the times. */
typedef enum px_oee_class {
    PX_OEE_UNPLANNED,  /* not planned to be busy, or not known: in no time */
    PX_OEE_PRODUCTION, /* planned busy and actual production time */
    PX_OEE_DELAY,      /* planned busy time without production */
} px_oee_class;

/* The words of WorkUnit;1: running produces; stopped, starved, blocked, fault and setup delay;
 * any other word is unplanned. */
px_oee_class px_oee_class_of(px_str state);

typedef struct px_oee_counter {
    bool has;
    uint64_t last, sum;
} px_oee_counter;

/* Options; the rest is the fold's own. */
typedef struct px_oee_fold {
    px_time from, to;       /* the period */
    int64_t silence_ns_max; /* a unit not heard for longer is not known meanwhile; 0: it is */

    bool heard_any;
    px_time at, heard;
    px_oee_class class;
    double ideal_s, earlier_run_s; /* PRI now; PRI x PQ of those before it */
    uint64_t ideal_since;          /* parts counted when it began */
    px_oee_counter produced, good;
    px_oee_figures figures;
} px_oee_fold;

px_oee_fold px_oee_fold_of(px_time from, px_time to, int64_t silence_ns_max);

/**
 * Events in the order of their times; one that is late counts as at the time of the one before.
 * What lies before `from` says how things stood when the period began; what lies behind `to` is
 * not looked at.
 *
 * Counters: parts between two readings count at the second one. The first reading of all is only a
 * beginning, unless it lies before the period; so is the first one after a silence. A reading below
 * the one before is a reset: its own value was made since.
 */
void px_oee_state(px_oee_fold *fold, px_time time, px_oee_class class);
void px_oee_ideal(px_oee_fold *fold, px_time time, double ideal_s); /* PRI from now on */
void px_oee_produced(px_oee_fold *fold, px_time time, uint64_t count);
void px_oee_good(px_oee_fold *fold, px_time time, uint64_t count);
/* The figures of the period; the fold is at its end. */
px_oee_figures px_oee_end(px_oee_fold *fold);

#endif
