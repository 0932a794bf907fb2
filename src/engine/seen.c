/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/seen.h"

#include "base/limits.h"

static uint64_t hash_of(const px_seen *seen, uint32_t twin_no, px_str message_id)
{
    return px_str_hash_seeded(message_id, seen->secret ^ twin_no * UINT64_C(0x9E3779B97F4A7C15));
}

void px_seen_init(px_seen *seen, px_env *env)
{
    *seen = (px_seen){ 0 };
    env->random(env, &seen->secret, sizeof(seen->secret));
}

void px_seen_release(px_seen *seen)
{
    px_map_release(&seen->places);
    px_free(seen->ids);
    *seen = (px_seen){ 0 };
}

bool px_seen_has(const px_seen *seen, uint32_t twin_no, px_str message_id)
{
    const px_map *places = &seen->places;
    uint64_t hash = hash_of(seen, twin_no, message_id);

    for (size_t at = px_map_first(places, hash); at != PX_MAP_END;
         at = px_map_next(places, hash, at)) {
        const px_seen_id *id = &seen->ids[places->values[at]];

        if (id->hash == hash && id->twin_no == twin_no)
            return true;
    }
    return false;
}

bool px_seen_add(px_seen *seen, uint32_t twin_no, px_str message_id)
{
    uint64_t hash = hash_of(seen, twin_no, message_id);

    if (!seen->ids)
        seen->ids = px_zalloc(PX_MESSAGE_IDS_MAX, sizeof(*seen->ids));
    if (!seen->ids || !px_map_reserve(&seen->places, 1))
        return false; /* before anything changed */
    if (seen->count == PX_MESSAGE_IDS_MAX)
        px_map_remove(&seen->places, seen->ids[seen->next].hash, (uint32_t)seen->next);
    else
        seen->count++;
    seen->ids[seen->next] = (px_seen_id){ hash, twin_no };
    px_assert(px_map_add(&seen->places, hash, (uint32_t)seen->next));
    seen->next = (seen->next + 1) % PX_MESSAGE_IDS_MAX;
    seen->pending += seen->pending < PX_MESSAGE_IDS_MAX;
    return true;
}

void px_seen_commit(px_seen *seen)
{
    seen->pending = 0;
}

/* What made room is not brought back: it was the oldest. */
void px_seen_rollback(px_seen *seen)
{
    for (; seen->pending > 0; seen->pending--, seen->count--) {
        seen->next = (seen->next + PX_MESSAGE_IDS_MAX - 1) % PX_MESSAGE_IDS_MAX;
        px_map_remove(&seen->places, seen->ids[seen->next].hash, (uint32_t)seen->next);
    }
}
