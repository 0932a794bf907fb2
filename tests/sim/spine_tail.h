/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a server has journalled, read row by row while it happens: facts, and each as a line of
 * text that does not say when. Two servers that decided the same have the same lines in the same
 * order. Ticks are no facts, only time.
 */
#ifndef SPINE_TAIL_H
#define SPINE_TAIL_H

#include "base/vec.h"
#include "px_world.h"

typedef struct spine_fact {
    px_event event; /* borrows from the tail's arena */
    px_str line;
} spine_fact;

typedef struct spine_tail {
    px_world *world;
    px_feed *feed;
    uint64_t seq;         /* everything up to here was read */
    px_time time;         /* of the newest row, ticks included */
    size_t row_bytes_max; /* of the longest row so far */
    PX_VEC(spine_fact) facts;
    size_t at; /* the next one that nobody has taken */
    px_arena arena;
} spine_tail;

void spine_tail_init(spine_tail *tail, px_world *world);
void spine_tail_release(spine_tail *tail);
/* Around a restart of the world: what it had journalled and nobody has read comes then. */
void spine_tail_pause(spine_tail *tail);
void spine_tail_resume(spine_tail *tail);

void spine_tail_read(spine_tail *tail);
spine_fact *spine_tail_next(spine_tail *tail); /* NULL: none; stays the next until taken */
void spine_tail_take(spine_tail *tail);
/* All were taken: their memory goes. */
void spine_tail_forget(spine_tail *tail);

bool spine_fact_is_timer(const spine_fact *fact);

#endif
