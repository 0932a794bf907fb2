/* SPDX-License-Identifier: Apache-2.0 */
/* Series in memory: their map, their lists, and the epochs that hold the cursor back. */
#include <xxhash.h>

#include "base/mem.h"
#include "history/internal.h"

enum { RAW_BYTES_FIRST = 64 };

px_shard *pxi_shard_of(px_history *h, uint32_t tenant, uint32_t twin_no, uint64_t *ret_hash)
{
    uint64_t key = (uint64_t)tenant << 32 | twin_no;

    *ret_hash = XXH3_64bits(&key, sizeof(key));
    return &h->shards[*ret_hash >> 60];
}

px_shard *pxi_shard_of_series(px_history *h, const px_series *s)
{
    uint64_t hash;

    return pxi_shard_of(h, s->tenant, s->twin_no, &hash);
}

px_series *pxi_series_find(px_shard *shard, uint64_t hash, uint32_t tenant, uint32_t twin_no)
{
    for (size_t at = px_map_first(&shard->map, hash); at != PX_MAP_END;
         at = px_map_next(&shard->map, hash, at)) {
        px_series *s = shard->series.ptr[shard->map.values[at]];

        if (s->twin_no == twin_no && s->tenant == tenant)
            return s;
    }
    return NULL;
}

/* Under the lock: the map may grow. */
static bool add_to_shard(px_shard *shard, uint64_t hash, px_series *s)
{
    uint32_t place;

    if (!PX_VEC_RESERVE(&shard->series, shard->series.len + 1) ||
        !PX_VEC_RESERVE(&shard->unused, shard->series.len + 1))
        return false;
    place = shard->unused.len > 0 ? shard->unused.ptr[shard->unused.len - 1]
                                  : (uint32_t)shard->series.len;
    if (!px_map_add(&shard->map, hash, place))
        return false;
    if (shard->unused.len > 0)
        shard->unused.len--;
    else
        shard->series.len++;
    shard->series.ptr[place] = s;
    return true;
}

px_series *pxi_series_get(px_history *h, uint32_t tenant, uint32_t twin_no)
{
    uint64_t hash;
    px_shard *shard = pxi_shard_of(h, tenant, twin_no, &hash);
    px_series *s = pxi_series_find(shard, hash, tenant, twin_no);
    bool added;

    if (s)
        return s;
    s = px_zalloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->tenant = tenant;
    s->twin_no = twin_no;
    s->time_max = INT64_MIN;
    pthread_mutex_lock(&shard->lock);
    added = add_to_shard(shard, hash, s);
    pthread_mutex_unlock(&shard->lock);
    if (!added) {
        px_free(s);
        return NULL;
    }
    atomic_fetch_add_explicit(&h->memory, sizeof(*s), memory_order_relaxed);
    pxi_history_add(h, PX_COUNT_SERIES, 1);
    return s;
}

void pxi_series_evict(px_history *h, px_series *s)
{
    uint64_t hash;
    px_shard *shard = pxi_shard_of(h, s->tenant, s->twin_no, &hash);

    px_assert(!s->dirty && !s->in_flight && !s->sealed);
    pxi_series_move(s, NULL);
    pthread_mutex_lock(&shard->lock);
    for (size_t at = px_map_first(&shard->map, hash); at != PX_MAP_END;
         at = px_map_next(&shard->map, hash, at)) {
        uint32_t place = shard->map.values[at];

        if (shard->series.ptr[place] != s)
            continue;
        px_map_remove(&shard->map, hash, place);
        shard->unused.ptr[shard->unused.len++] = place; /* reserved with the place itself */
        break;
    }
    pthread_mutex_unlock(&shard->lock);
    atomic_fetch_sub_explicit(&h->memory, sizeof(*s) + s->raw_cap + s->image_len,
                              memory_order_relaxed);
    atomic_fetch_sub_explicit(&h->counters[PX_COUNT_SERIES], 1, memory_order_relaxed);
    pxi_history_add(h, PX_COUNT_EVICTED, 1);
    px_free(s->raw);
    px_free(s->image);
    px_free(s);
}

bool pxi_series_reserve(px_history *h, px_series *s, size_t extra)
{
    size_t needed = s->raw_len + extra, cap = s->raw_cap ? s->raw_cap : RAW_BYTES_FIRST;
    px_shard *shard;
    uint8_t *raw;

    if (needed <= s->raw_cap)
        return true;
    if (s->raw_cap == 0)
        cap = needed; /* a series that is written once has no slack */
    while (cap < needed)
        cap += cap / 2;
    if (cap > UINT32_MAX)
        return false;
    shard = pxi_shard_of_series(h, s);
    pthread_mutex_lock(&shard->lock);
    raw = px_realloc(s->raw, cap);
    if (raw)
        s->raw = raw;
    pthread_mutex_unlock(&shard->lock);
    if (!raw)
        return false;
    atomic_fetch_add_explicit(&h->memory, cap - s->raw_cap, memory_order_relaxed);
    if (s->list)
        s->list->bytes += cap - s->raw_cap;
    s->raw_cap = (uint32_t)cap;
    return true;
}

static size_t bytes_of(const px_series *s)
{
    return sizeof(*s) + s->raw_cap;
}

void pxi_series_move(px_series *s, px_series_list *to)
{
    px_series_list *from = s->list;

    if (from) {
        *(s->prev ? &s->prev->next : &from->head) = s->next;
        *(s->next ? &s->next->prev : &from->tail) = s->prev;
        from->count--;
        from->bytes -= bytes_of(s);
    }
    s->list = to;
    s->prev = s->next = NULL;
    if (!to)
        return;
    s->prev = to->tail;
    *(to->tail ? &to->tail->next : &to->head) = s;
    to->tail = s;
    to->count++;
    to->bytes += bytes_of(s);
}

/* ---- epochs ---- */

static px_epoch *open_epoch(px_history *h, uint64_t seq)
{
    px_epoch *last = &h->epochs[h->epoch_last];
    unsigned next = (h->epoch_last + 1) % PX_HISTORY_EPOCHS;

    if (last->dirty > 0 && (h->now - last->began < h->opts.flush_ns / 8 || next == h->epoch_first))
        return last;
    if (last->dirty > 0)
        h->epoch_last = next;
    last = &h->epochs[h->epoch_last];
    *last = (px_epoch){ .seq_first = seq, .began = h->now };
    return last;
}

void pxi_epoch_enter(px_history *h, px_series *s, uint64_t seq)
{
    px_epoch *epoch = open_epoch(h, seq);

    epoch->dirty++;
    s->epoch = (uint8_t)(epoch - h->epochs);
    s->dirty = true;
    s->dirty_since = h->now;
    s->events = 0;
}

void pxi_epoch_leave(px_history *h, px_series *s)
{
    h->epochs[s->epoch].dirty--;
    s->dirty = false;
    while (h->epoch_first != h->epoch_last && h->epochs[h->epoch_first].dirty == 0)
        h->epoch_first = (h->epoch_first + 1) % PX_HISTORY_EPOCHS;
}

uint64_t pxi_epoch_cursor(px_history *h)
{
    const px_epoch *first = &h->epochs[h->epoch_first];

    return first->dirty > 0 ? first->seq_first - 1
                            : atomic_load_explicit(&h->position, memory_order_relaxed);
}
