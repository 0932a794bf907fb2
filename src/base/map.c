/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

enum { EMPTY = 0, DELETED = 1 };

static uint64_t as_stored(uint64_t hash)
{
    return hash < 2 ? ~hash : hash; /* to the far end, where no number is that serves as a hash */
}

void px_map_release(px_map *map)
{
    px_free(map->hashes);
    px_free(map->values);
    *map = (px_map){ 0 };
}

void px_map_clear(px_map *map)
{
    if (map->cap)
        memset(map->hashes, 0, map->cap * sizeof(*map->hashes));
    map->count = map->used = 0;
}

static size_t place_free(const px_map *map, uint64_t hash)
{
    size_t at = (size_t)hash & (map->cap - 1);

    while (map->hashes[at] > DELETED)
        at = (at + 1) & (map->cap - 1);
    return at;
}

/* A fresh table of `cap` places; deleted ones are left behind. */
static bool rebuild(px_map *map, size_t cap)
{
    px_map fresh = { .cap = cap, .count = map->count, .used = map->count };

    fresh.hashes = px_zalloc(cap, sizeof(*fresh.hashes));
    fresh.values = px_zalloc(cap, sizeof(*fresh.values));
    if (!fresh.hashes || !fresh.values) {
        px_free(fresh.hashes);
        px_free(fresh.values);
        return false;
    }
    for (size_t i = 0; i < map->cap; i++) {
        if (map->hashes[i] > DELETED) {
            size_t at = place_free(&fresh, map->hashes[i]);

            fresh.hashes[at] = map->hashes[i];
            fresh.values[at] = map->values[i];
        }
    }
    px_map_release(map);
    *map = fresh;
    return true;
}

bool px_map_reserve(px_map *map, size_t extra)
{
    size_t cap = map->cap ? map->cap : 16;

    if (map->cap && (map->used + extra) * 8 <= map->cap * 7)
        return true;
    while ((map->count + extra) * 8 > cap * 7)
        cap *= 2;
    return rebuild(map, cap);
}

bool px_map_add(px_map *map, uint64_t hash, uint32_t value)
{
    size_t at;

    if (!px_map_reserve(map, 1))
        return false;
    hash = as_stored(hash);
    at = place_free(map, hash);
    map->used += map->hashes[at] == EMPTY;
    map->count++;
    map->hashes[at] = hash;
    map->values[at] = value;
    return true;
}

static size_t probe(const px_map *map, uint64_t hash, size_t at)
{
    for (;; at = (at + 1) & (map->cap - 1)) {
        if (map->hashes[at] == hash)
            return at;
        if (map->hashes[at] == EMPTY)
            return PX_MAP_END;
    }
}

size_t px_map_first(const px_map *map, uint64_t hash)
{
    if (map->cap == 0)
        return PX_MAP_END;
    hash = as_stored(hash);
    return probe(map, hash, (size_t)hash & (map->cap - 1));
}

size_t px_map_next(const px_map *map, uint64_t hash, size_t at)
{
    return probe(map, as_stored(hash), (at + 1) & (map->cap - 1));
}

bool px_map_remove(px_map *map, uint64_t hash, uint32_t value)
{
    for (size_t at = px_map_first(map, hash); at != PX_MAP_END; at = px_map_next(map, hash, at)) {
        if (map->values[at] == value) {
            map->hashes[at] = DELETED;
            map->count--;
            return true;
        }
    }
    return false;
}
