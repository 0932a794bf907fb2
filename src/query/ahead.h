/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Looking ahead of a walk that goes depth first, so that it waits for memory once for many twins
 * and not at each.
 *
 * When a twin is walked on from, the places of relationships are found together for all that its
 * neighbours lead to: two steps ahead, up to PX_EDGES_PLACES_MAX. The walk itself, its order and
 * what it costs stay what they are: places are used when it gets there, or never. Room-internal.
 */
#ifndef PX_QUERY_AHEAD_H
#define PX_QUERY_AHEAD_H

#include "query/fan.h"

/* A twin whose places are known, and those behind it. */
typedef struct pxi_ahead_twin {
    pxi_places places;
    uint32_t begin, count; /* of pxi_ahead.twins; begin PXI_AHEAD_FETCHED: only fetched */
} pxi_ahead_twin;
#define PXI_AHEAD_FETCHED UINT32_MAX

typedef struct pxi_ahead {
    const pxi_run *run;
    const pxi_ways *ways;
    uint32_t far;                 /* the source whose records rows read */
    uint32_t least, most;         /* relationships on the way */
    PX_VEC(pxi_ahead_twin) twins; /* a stack */
} pxi_ahead;

/* One twin of the way. */
typedef struct pxi_level {
    pxi_fan fan;
    uint32_t begin, count; /* the next twins that it leads to, where they are known */
    uint32_t left;         /* how many come before the walk looks ahead again */
    uint32_t base;         /* what was found for it stands behind it in the stack */
} pxi_level;

/* The twin is walked on from; `before` is the level that led there, or NULL, `length` that of the
 * way up to it. */
void pxi_level_open(pxi_ahead *ahead, pxi_level *level, pxi_level *before, uint32_t twin_no,
                    uint32_t length);
/* Before each step from a level. */
void pxi_level_look(pxi_ahead *ahead, pxi_level *level, uint32_t length);
void pxi_level_close(pxi_ahead *ahead, const pxi_level *level);

#endif
