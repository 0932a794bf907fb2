/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What history must say: a plain list of every sample that was accepted, kept beside the server.
 *
 * A sample stands at its source time, or at the commit time where it has none that is believed, and
 * is then a value of its own; of others at one time the later in the journal holds; what a replaced
 * twin no longer has is removed.
 */
#ifndef SPINE_PAST_H
#define SPINE_PAST_H

#include "px_test.h"
#include "spine_tail.h"

enum { SPINE_PATHS = 4 };

typedef struct spine_cell {
    px_time time;
    uint64_t moment; /* its position where it stands at its arrival, else 0 */
    unsigned path;
    px_str value;   /* as JSON text; "" for a removal */
    unsigned heard; /* the last hearing in which the server told it */
} spine_cell;

typedef struct spine_series {
    uint32_t tenant, twin_no;
    char id[24];
    unsigned hearing;
    PX_VEC(spine_cell) cells; /* by time, moment, path */
} spine_series;

typedef struct spine_past {
    px_arena arena;
    PX_VEC(spine_series) series;
    uint64_t cells, checks;
} spine_past;

void spine_past_init(spine_past *past);
void spine_past_release(spine_past *past);

/* Which properties a twin has, one bit for each path; 0 when it is not there. */
unsigned spine_paths_of(px_world *world, uint32_t tenant, px_str twin_id);

/* Adds what the fact says; gives the properties that it removes. */
unsigned spine_past_add(spine_past *past, px_world *world, const px_event *event);

/* All of every twin, page by page, its last values and counts: nothing lost, nothing doubled,
 * nothing of another tenant. History must have been folded. */
void spine_past_check(spine_past *past, px_world *world, px_gen *gen);

#endif
