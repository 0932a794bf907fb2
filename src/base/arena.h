/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Memory with one lifetime: made at the door of a request, batch or query, freed at the door.
 *
 * The limit turns a hostile input into PX_LIMIT instead of an empty machine. Pointers are aligned
 * for any type. Threads: one at a time.
 */
#ifndef PX_BASE_ARENA_H
#define PX_BASE_ARENA_H

#include "base/err.h"

typedef struct px_arena_chunk px_arena_chunk;

typedef struct px_arena {
    px_arena_chunk *chunks; /* newest first */
    size_t used, limit;     /* bytes given out; the most that may be */
} px_arena;

void px_arena_init(px_arena *arena, size_t limit);
void px_arena_release(px_arena *arena);
/* Everything given out is gone; the first chunk is kept for the next use. */
void px_arena_reset(px_arena *arena);

/* NULL when the limit or the memory is used up. `px_arena_zero` clears. */
void *px_arena_alloc(px_arena *arena, size_t size);
void *px_arena_zero(px_arena *arena, size_t count, size_t size);
/* Copies the bytes and adds a NUL; ptr is NULL when they do not fit. */
px_str px_arena_str(px_arena *arena, px_str bytes);

/* The status for a NULL from above: PX_LIMIT when the limit stood in the way, else PX_NO_MEMORY. */
px_status px_arena_fail(const px_arena *arena, px_err *ret_err);

#define PX_AUTO_ARENA __attribute__((cleanup(px_arena_release))) px_arena
#define PX_ARENA_NEW(arena, type) ((type *)px_arena_zero((arena), 1, sizeof(type)))
#define PX_ARENA_ARRAY(arena, type, count) ((type *)px_arena_zero((arena), (count), sizeof(type)))

#endif
