/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How fresh a twin is together with those below it.
 *
 * A model marks relationships (`FreshnessRollUp`), or a twin's document names them (`rollUp`): the
 * twin answers for their targets, and these for theirs. The answer is the worst state of all that
 * are reached, each asked once, so that circles end; and the nearest twin that has it. It is found
 * when somebody asks, from one snapshot, and agrees with what a query of that snapshot says of each
 * twin. Twins of which nothing is declared say nothing, and are walked through.
 *
 * Limits:  PX_FRESHNESS_TWINS_MAX twins looked at; more are left out, and that is told.
 * Threads: any.
 */
#ifndef PX_FRESHNESS_ROLL_UP_H
#define PX_FRESHNESS_ROLL_UP_H

#include "engine/engine.h"

typedef struct px_roll_up {
    bool is_declared; /* else nothing below says anything */
    px_freshness state;
    uint32_t worst; /* number of the nearest twin below that has this state; 0: its own is as bad,
                       or all are fresh */
    uint32_t twins; /* looked at, itself not counted */
    bool is_cut;    /* there are more below it */
} px_roll_up;

/* Twins that `who` may not read are as if they were not there. Errors: PX_NO_MEMORY. */
PX_NODISCARD px_status px_roll_up_read(px_engine *engine, const px_view *view,
                                       const px_principal *who, const px_twin *twin,
                                       px_roll_up *ret_roll_up, px_err *ret_err);

#endif
