/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pcache.h"

#include <stdbool.h>

#include "base/mem.h"

/* Of a file with pages of 4096 bytes; with others this is a number like any other. */
enum { PARKING_PAGE = (1 << 30) / 4096 + 1 };

typedef struct cache {
    sqlite3_pcache *inner;
    unsigned highest; /* no page above it, but one that is parked */
    bool parked;
} cache;

/* SQLite's, because its settings are global. */
static sqlite3_pcache_methods2 own;

static cache *cache_of(sqlite3_pcache *p)
{
    return (cache *)(void *)p;
}

static int cache_init(void *data)
{
    return own.xInit(data);
}

static void cache_shutdown(void *data)
{
    if (own.xShutdown)
        own.xShutdown(data);
}

static sqlite3_pcache *cache_create(int page_bytes, int extra_bytes, int purgeable)
{
    cache *c = px_zalloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->inner = own.xCreate(page_bytes, extra_bytes, purgeable);
    if (!c->inner) {
        px_free(c);
        return NULL;
    }
    return (sqlite3_pcache *)(void *)c;
}

static void cache_destroy(sqlite3_pcache *p)
{
    own.xDestroy(cache_of(p)->inner);
    px_free(p);
}

static void cache_size(sqlite3_pcache *p, int pages)
{
    own.xCachesize(cache_of(p)->inner, pages);
}

static int cache_count(sqlite3_pcache *p)
{
    return own.xPagecount(cache_of(p)->inner);
}

static sqlite3_pcache_page *cache_fetch(sqlite3_pcache *p, unsigned key, int create)
{
    cache *c = cache_of(p);

    if (create && key > c->highest)
        c->highest = key;
    return own.xFetch(c->inner, key, create);
}

static void cache_unpin(sqlite3_pcache *p, sqlite3_pcache_page *page, int discard)
{
    own.xUnpin(cache_of(p)->inner, page, discard);
}

static void cache_rekey(sqlite3_pcache *p, sqlite3_pcache_page *page, unsigned from, unsigned to)
{
    cache *c = cache_of(p);

    own.xRekey(c->inner, page, from, to);
    if (from == PARKING_PAGE)
        c->parked = false;
    if (to == PARKING_PAGE)
        c->parked = true;
    else if (to > c->highest)
        c->highest = to;
}

static void cache_truncate(sqlite3_pcache *p, unsigned limit)
{
    cache *c = cache_of(p);

    if (limit > c->highest && !c->parked)
        return;
    own.xTruncate(c->inner, limit);
    c->parked = c->parked && limit > PARKING_PAGE;
    if (limit <= c->highest)
        c->highest = limit ? limit - 1 : 0;
}

static void cache_shrink(sqlite3_pcache *p)
{
    own.xShrink(cache_of(p)->inner);
}

sqlite3_pcache_methods2 pxi_pcache_around(const sqlite3_pcache_methods2 *inner)
{
    own = *inner;
    return (sqlite3_pcache_methods2){
        .iVersion = 1,
        .pArg = own.pArg,
        .xInit = cache_init,
        .xShutdown = cache_shutdown,
        .xCreate = cache_create,
        .xCachesize = cache_size,
        .xPagecount = cache_count,
        .xFetch = cache_fetch,
        .xUnpin = cache_unpin,
        .xRekey = cache_rekey,
        .xTruncate = cache_truncate,
        .xDestroy = cache_destroy,
        .xShrink = cache_shrink,
    };
}
