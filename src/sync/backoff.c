/* SPDX-License-Identifier: Apache-2.0 */
/* Rows stand in a list by the time of their last failure; a hash map finds them. */
#include "sync/backoff.h"

#include <pthread.h>

#include "base/map.h"

#define NIL UINT32_MAX

typedef struct row {
    uint64_t key;
    uint32_t failures;
    uint32_t newer, older; /* of a free row `older` is the next free one */
    int64_t failed_ns, until_ns;
} row;

struct px_backoff {
    pthread_mutex_t lock; /* guards all that follows */
    row *rows;
    uint32_t rows_max, count, free_row, newest, oldest;
    px_map by_key;
};

px_backoff *px_backoff_new(uint32_t rows_max)
{
    px_backoff *b = px_zalloc(1, sizeof(*b));

    if (!b)
        return NULL;
    b->rows_max = rows_max ? rows_max : PX_BACKOFF_ROWS_MAX;
    b->rows = px_zalloc(b->rows_max, sizeof(*b->rows));
    pthread_mutex_init(&b->lock, NULL);
    if (!b->rows || !px_map_reserve(&b->by_key, b->rows_max)) {
        px_backoff_free(b);
        return NULL;
    }
    b->newest = b->oldest = NIL;
    for (uint32_t i = 0; i < b->rows_max; i++)
        b->rows[i].older = i + 1 < b->rows_max ? i + 1 : NIL;
    return b;
}

void px_backoff_free(px_backoff *b)
{
    if (!b)
        return;
    pthread_mutex_destroy(&b->lock);
    px_map_release(&b->by_key);
    px_free(b->rows);
    px_free(b);
}

uint64_t px_backoff_row(char kind, px_str name)
{
    uint64_t hash =
        px_str_hash(name) ^ (uint64_t)(unsigned char)kind * UINT64_C(0x9E3779B97F4A7C15);

    return hash ? hash : 1;
}

/* ---- the list; the caller holds the lock ---- */

static void take_out(px_backoff *b, uint32_t at)
{
    row *r = &b->rows[at];

    if (r->newer != NIL)
        b->rows[r->newer].older = r->older;
    else
        b->newest = r->older;
    if (r->older != NIL)
        b->rows[r->older].newer = r->newer;
    else
        b->oldest = r->newer;
}

static void put_newest(px_backoff *b, uint32_t at)
{
    b->rows[at].newer = NIL;
    b->rows[at].older = b->newest;
    if (b->newest != NIL)
        b->rows[b->newest].newer = at;
    else
        b->oldest = at;
    b->newest = at;
}

static uint32_t find(const px_backoff *b, uint64_t key)
{
    for (size_t at = px_map_first(&b->by_key, key); at != PX_MAP_END;
         at = px_map_next(&b->by_key, key, at))
        if (b->rows[b->by_key.values[at]].key == key)
            return b->by_key.values[at];
    return NIL;
}

static void drop(px_backoff *b, uint32_t at)
{
    take_out(b, at);
    px_map_remove(&b->by_key, b->rows[at].key, at);
    b->rows[at].older = b->free_row;
    b->free_row = at;
    b->count--;
}

static void drop_forgotten(px_backoff *b, int64_t now_ns)
{
    while (b->oldest != NIL && now_ns - b->rows[b->oldest].failed_ns >= PX_BACKOFF_FORGET_NS)
        drop(b, b->oldest);
}

static uint32_t add(px_backoff *b, uint64_t key)
{
    uint32_t at;

    if (b->free_row == NIL)
        drop(b, b->oldest);
    at = b->free_row;
    if (!px_map_add(&b->by_key, key, at)) /* room was made ahead, but deleted places fill it up */
        return NIL;
    b->free_row = b->rows[at].older;
    b->rows[at] = (row){ .key = key };
    put_newest(b, at);
    b->count++;
    return at;
}

static int64_t wait_after(uint32_t failures)
{
    int64_t wait_ns = PX_SECOND;

    if (failures < PX_BACKOFF_FREE)
        return 0;
    for (uint32_t i = PX_BACKOFF_FREE; i < failures && wait_ns < PX_BACKOFF_NS_MAX; i++)
        wait_ns *= 2;
    return wait_ns < PX_BACKOFF_NS_MAX ? wait_ns : PX_BACKOFF_NS_MAX;
}

/* ---- questions ---- */

int64_t px_backoff_wait_ns(px_backoff *b, uint64_t key, int64_t now_ns)
{
    int64_t wait_ns = 0;
    uint32_t at;

    pthread_mutex_lock(&b->lock);
    at = find(b, key);
    if (at != NIL && b->rows[at].until_ns > now_ns)
        wait_ns = b->rows[at].until_ns - now_ns;
    pthread_mutex_unlock(&b->lock);
    return wait_ns;
}

void px_backoff_failed(px_backoff *b, uint64_t key, int64_t now_ns)
{
    uint32_t at;

    pthread_mutex_lock(&b->lock);
    drop_forgotten(b, now_ns);
    at = find(b, key);
    if (at == NIL)
        at = add(b, key);
    if (at != NIL) {
        row *r = &b->rows[at];

        r->failed_ns = now_ns; /* who goes on while it waits is not the one that has paused */
        take_out(b, at);
        put_newest(b, at);
        if (r->until_ns <= now_ns) {
            r->failures += r->failures < UINT32_MAX;
            r->until_ns = now_ns + wait_after(r->failures);
        }
    }
    pthread_mutex_unlock(&b->lock);
}

void px_backoff_forgive(px_backoff *b, uint64_t key)
{
    uint32_t at;

    pthread_mutex_lock(&b->lock);
    at = find(b, key);
    if (at != NIL)
        drop(b, at);
    pthread_mutex_unlock(&b->lock);
}

uint32_t px_backoff_count(px_backoff *b)
{
    uint32_t count;

    pthread_mutex_lock(&b->lock);
    count = b->count;
    pthread_mutex_unlock(&b->lock);
    return count;
}
