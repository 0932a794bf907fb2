/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Open addressing, 64-bit hash to 32-bit index: the caller keeps the things, the map finds
 * candidates.
 *
 * Several entries may share a hash; px_map_next walks them and the caller compares. Numbers below
 * 2^63 may serve as hashes and find only themselves. Capacity doubles at 7/8. Memory: 12 bytes a
 * place. Threads: one at a time.
 */
#ifndef PX_BASE_MAP_H
#define PX_BASE_MAP_H

#include "base/mem.h"

#define PX_MAP_NONE UINT32_MAX

typedef struct px_map {
    uint64_t *hashes; /* 0 = empty place, 1 = deleted; real hashes are moved away from both */
    uint32_t *values;
    size_t count, used, cap; /* live entries; live and deleted ones; places, a power of two */
} px_map;

void px_map_release(px_map *map); /* a zeroed px_map is an empty one */
void px_map_clear(px_map *map);

/* Room for `extra` more entries, so that px_map_add cannot fail for them. */
bool px_map_reserve(px_map *map, size_t extra);
bool px_map_add(px_map *map, uint64_t hash, uint32_t value);
/* Removes the entry with this hash and value; false when there is none. */
bool px_map_remove(px_map *map, uint64_t hash, uint32_t value);

/* for (size_t at = px_map_first(m, h); at != PX_MAP_END; at = px_map_next(m, h, at)) use
 * m->values[at]; */
#define PX_MAP_END SIZE_MAX
size_t px_map_first(const px_map *map, uint64_t hash);
size_t px_map_next(const px_map *map, uint64_t hash, size_t at);

#endif
