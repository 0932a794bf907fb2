/* SPDX-License-Identifier: Apache-2.0 */
/* Around a cache that only counts how often it had to look for pages behind the end. */
#include "store/pcache.h"

#include "px_test.h"

enum { PARKING_PAGE = 262145 };

static struct {
    int truncations;
    unsigned limit;
    int rekeys;
} seen;

static sqlite3_pcache *a_cache(void)
{
    static int one;

    return (sqlite3_pcache *)(void *)&one;
}

static sqlite3_pcache_page *a_page(void)
{
    static sqlite3_pcache_page page;

    return &page;
}

static sqlite3_pcache *create(int page_bytes, int extra_bytes, int purgeable)
{
    CHECK(page_bytes == 4096 && extra_bytes == 8 && purgeable);
    return a_cache();
}

static sqlite3_pcache_page *fetch(sqlite3_pcache *cache, unsigned key, int how)
{
    (void)how;
    CHECK(cache == a_cache() && key);
    return a_page();
}

static void rekey(sqlite3_pcache *cache, sqlite3_pcache_page *page, unsigned from, unsigned to)
{
    CHECK(cache == a_cache() && page == a_page() && from != to);
    seen.rekeys++;
}

static void truncate_at(sqlite3_pcache *cache, unsigned limit)
{
    CHECK(cache == a_cache());
    seen.truncations++;
    seen.limit = limit;
}

static void destroy(sqlite3_pcache *cache)
{
    CHECK(cache == a_cache());
}

static sqlite3_pcache_methods2 around(void)
{
    static const sqlite3_pcache_methods2 inner = { .iVersion = 1,
                                                   .xCreate = create,
                                                   .xFetch = fetch,
                                                   .xRekey = rekey,
                                                   .xTruncate = truncate_at,
                                                   .xDestroy = destroy };

    memset(&seen, 0, sizeof(seen));
    return pxi_pcache_around(&inner);
}

PX_TEST(a_page_that_is_parked_no_more_asks_for_no_walk)
{
    sqlite3_pcache_methods2 m = around();
    sqlite3_pcache *cache = m.xCreate(4096, 8, 1);

    for (unsigned key = 1; key <= 9; key++)
        CHECK(m.xFetch(cache, key, 2) == a_page());
    m.xRekey(cache, a_page(), 7, PARKING_PAGE);
    m.xRekey(cache, a_page(), 9, 7);
    m.xRekey(cache, a_page(), PARKING_PAGE, 9);
    CHECK_EQ(seen.rekeys, 3);
    m.xTruncate(cache, 10);
    CHECK_EQ(seen.truncations, 0);
    m.xDestroy(cache);
}

PX_TEST(pages_behind_the_end_are_dropped_once)
{
    sqlite3_pcache_methods2 m = around();
    sqlite3_pcache *cache = m.xCreate(4096, 8, 1);

    (void)m.xFetch(cache, 12, 1);
    (void)m.xFetch(cache, 40, 0); /* only asked whether it is there: that makes none */
    m.xTruncate(cache, 13);
    CHECK_EQ(seen.truncations, 0);
    m.xTruncate(cache, 12);
    CHECK_EQ(seen.truncations, 1);
    CHECK_EQ(seen.limit, 12);
    m.xTruncate(cache, 12);
    CHECK_EQ(seen.truncations, 1);
    m.xRekey(cache, a_page(), 3, 20);
    m.xTruncate(cache, 20);
    CHECK_EQ(seen.truncations, 2);
    m.xTruncate(cache, 0);
    m.xTruncate(cache, 1);
    CHECK_EQ(seen.truncations, 3);
    m.xDestroy(cache);
}

/* A transaction that is rolled back in the middle of a balance. */
PX_TEST(a_page_that_is_still_parked_is_found)
{
    sqlite3_pcache_methods2 m = around();
    sqlite3_pcache *cache = m.xCreate(4096, 8, 1);

    (void)m.xFetch(cache, 5, 1);
    m.xRekey(cache, a_page(), 5, PARKING_PAGE);
    m.xTruncate(cache, 6);
    CHECK_EQ(seen.truncations, 1);
    m.xTruncate(cache, 6);
    CHECK_EQ(seen.truncations, 1);
    m.xDestroy(cache);
}

/* Beyond 1 GiB that number is one among others. */
PX_TEST(pages_of_a_large_file_are_found_above_the_parking_page)
{
    sqlite3_pcache_methods2 m = around();
    sqlite3_pcache *cache = m.xCreate(4096, 8, 1);

    (void)m.xFetch(cache, PARKING_PAGE + 9, 1);
    m.xRekey(cache, a_page(), PARKING_PAGE + 9, PARKING_PAGE);
    m.xRekey(cache, a_page(), PARKING_PAGE, PARKING_PAGE + 9);
    m.xTruncate(cache, PARKING_PAGE + 9);
    CHECK_EQ(seen.truncations, 1);
    m.xTruncate(cache, PARKING_PAGE + 9);
    CHECK_EQ(seen.truncations, 1);
    m.xTruncate(cache, 100);
    CHECK_EQ(seen.truncations, 2);
    m.xDestroy(cache);
}

PX_TEST_MAIN()
