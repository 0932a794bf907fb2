/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "px_test.h"

static bool has(const px_map *map, uint64_t hash, uint32_t value)
{
    for (size_t at = px_map_first(map, hash); at != PX_MAP_END; at = px_map_next(map, hash, at))
        if (map->values[at] == value)
            return true;
    return false;
}

PX_TEST(finds_nothing_in_an_empty_map)
{
    px_map map = { 0 };

    CHECK(!has(&map, 7, 1));
    CHECK(!px_map_remove(&map, 7, 1));
}

PX_TEST(keeps_several_values_under_one_hash)
{
    px_map map = { 0 };

    CHECK(px_map_add(&map, 0, 1));
    CHECK(px_map_add(&map, 0, 2));
    CHECK(px_map_remove(&map, 0, 1));
    CHECK(!has(&map, 0, 1));
    CHECK(has(&map, 0, 2));
    px_map_release(&map);
}

PX_TEST(small_numbers_as_hashes_find_only_themselves)
{
    px_map map = { 0 };

    for (uint32_t n = 0; n < 2; n++)
        CHECK(px_map_add(&map, n, n));
    for (uint32_t n = 2; n < 10; n++)
        CHECK(px_map_first(&map, n) == PX_MAP_END);
    for (uint32_t n = 0; n < 2; n++) {
        CHECK_EQ(map.values[px_map_first(&map, n)], n);
        CHECK(px_map_next(&map, n, px_map_first(&map, n)) == PX_MAP_END);
    }
    px_map_release(&map);
}

PX_PROP(agrees_with_a_plain_array, 20)
{
    enum { KEYS = 200 };
    bool present[KEYS] = { 0 };
    px_map map = { 0 };

    for (int step = 0; step < 5000; step++) {
        uint32_t key = (uint32_t)px_gen_below(gen, KEYS);
        uint64_t hash = key % 13; /* many collisions */

        if (px_gen_below(gen, 2)) {
            if (!present[key])
                CHECK(px_map_add(&map, hash, key));
            present[key] = true;
        } else {
            CHECK_EQ(px_map_remove(&map, hash, key), present[key]);
            present[key] = false;
        }
    }
    for (uint32_t key = 0; key < KEYS; key++)
        CHECK_EQ(has(&map, key % 13, key), present[key]);
    px_map_release(&map);
}

PX_TEST_MAIN()
