/* SPDX-License-Identifier: Apache-2.0 */
/* The three trees against plain arrays, over many transactions with and without a snapshot. */
#include "twin/index.h"

#include "px_test.h"
#include "twin/radix.h"
#include "twin/trie.h"

/* What a graph does around a tree: a generation for each transaction, lists dropped at its end. */
static void next_txn(pxi_cow *cow, bool keep_shared)
{
    for (pxi_dead *at = cow->now.head; at; at = at->next)
        for (uint64_t i = 0; i < at->count; i++)
            pxi_slab_free(cow->slab, at->block[i]);
    pxi_dead_drop(cow->slab, &cow->now);
    if (!keep_shared) {
        for (pxi_dead *at = cow->held.head; at; at = at->next)
            for (uint64_t i = 0; i < at->count; i++)
                pxi_slab_free(cow->slab, at->block[i]);
        pxi_dead_drop(cow->slab, &cow->held);
        cow->shared = 0;
    }
    cow->gen++;
}

static uint64_t bits_of(uint32_t key)
{
    return key * UINT64_C(0x9e3779b97f4a7c15);
}

/* Keys that only grow, as times do: what lags behind thins out. */
PX_TEST(an_index_whose_keys_wander_stays_dense)
{
    enum { ENTRIES = 3000, MOVES = 100000 };
    static uint32_t at[ENTRIES];
    px_gen gen = { 1 };
    pxi_slab slab;
    pxi_cow cow = { .slab = &slab, .gen = 1 };
    void *root = NULL;

    pxi_slab_init(&slab, 4096);
    for (uint32_t i = 0; i < MOVES; i++) {
        uint32_t no = (uint32_t)px_gen_below(&gen, ENTRIES / 10);

        if (i < ENTRIES)
            no = i;
        else if (i % 10 == 0)
            no = (uint32_t)px_gen_below(&gen, ENTRIES); /* the rest moves rarely */
        if (at[no])
            CHECK(pxi_index_remove(&cow, &root, (pxi_entry){ at[no], 0, no, 0 }));
        at[no] = i + 1;
        CHECK(pxi_index_put(&cow, &root, (pxi_entry){ at[no], 0, no, 0 }));
        if (i % 100 == 0)
            next_txn(&cow, false);
    }
    for (uint32_t no = 0; no < ENTRIES; no++) {
        uint32_t value;

        CHECK(pxi_index_get(root, (pxi_entry){ at[no], 0, no, 0 }, &value));
    }
    CHECK(cow.node_bytes < 48 * ENTRIES);
    next_txn(&cow, false);
    CHECK_EQ(slab.used, (uint64_t)cow.node_bytes);
    pxi_slab_release(&slab);
}

/* Many searches at a time find what one at a time does, gaps, ends and empty trees too. */
PX_PROP(runs_found_together_are_those_found_alone, 20)
{
    pxi_index_seek seeks[PXI_INDEX_SEEKS_MAX];
    pxi_slab slab;
    pxi_cow cow = { .slab = &slab, .gen = 1 };
    void *roots[3] = { NULL, NULL, NULL }; /* the last one stays empty */

    pxi_slab_init(&slab, 4096);
    for (int i = 0; i < 3000; i++)
        CHECK(pxi_index_put(&cow, &roots[px_gen_below(gen, 2)],
                            (pxi_entry){ (uint32_t)px_gen_below(gen, 300),
                                         (uint32_t)px_gen_below(gen, 3), (uint32_t)i, 7 }));
    for (int round = 0; round < 50; round++) {
        uint32_t count = (uint32_t)px_gen_below(gen, PXI_INDEX_SEEKS_MAX + 1);

        for (uint32_t i = 0; i < count; i++)
            seeks[i] = (pxi_index_seek){ .root = roots[px_gen_below(gen, 3)],
                                         .from = { (uint32_t)px_gen_below(gen, 310),
                                                   (uint32_t)px_gen_below(gen, 4),
                                                   (uint32_t)px_gen_below(gen, 3000), 0 } };
        pxi_index_runs(seeks, count);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t left = 0;

            CHECK(seeks[i].run == pxi_index_run(seeks[i].root, seeks[i].from, &left));
            CHECK_EQ(seeks[i].count, left);
        }
    }
    pxi_slab_release(&slab);
}

PX_PROP(index_agrees_with_a_plain_array, 20)
{
    enum { KEYS = 3000 };
    static uint32_t value[KEYS];
    pxi_slab slab;
    pxi_cow cow = { .slab = &slab, .gen = 1 };
    void *root = NULL;

    memset(value, 0, sizeof(value));
    pxi_slab_init(&slab, 4096);
    for (int step = 0; step < 6000; step++) {
        uint32_t key = (uint32_t)px_gen_below(gen, KEYS);
        pxi_entry entry = { key / 500, key / 50 % 10, key % 50, 1 + (uint32_t)step };
        uint32_t found = 0;

        if (px_gen_below(gen, 3 + (uint64_t)step / 2000) < 2) {
            CHECK(pxi_index_put(&cow, &root, entry));
            value[key] = entry.value;
        } else {
            CHECK(pxi_index_remove(&cow, &root, entry));
            value[key] = 0;
        }
        CHECK_EQ(pxi_index_get(root, entry, &found), value[key] != 0);
        CHECK_EQ(found, value[key]);
        if (px_gen_below(gen, 20) == 0)
            next_txn(&cow, false);
    }
    for (uint32_t key = 0; key < KEYS; key++) {
        pxi_entry from = { key / 500, key / 50 % 10, key % 50, 0 }, got;
        uint32_t next = key;

        while (next < KEYS && !value[next])
            next++;
        CHECK_EQ(pxi_index_from(root, from, &got), next < KEYS);
        if (next < KEYS)
            CHECK_EQ(got.a * 500 + got.b * 50 + got.c, next);
    }
    for (uint32_t key = 0; key < KEYS; key++)
        CHECK(pxi_index_remove(&cow, &root, (pxi_entry){ key / 500, key / 50 % 10, key % 50, 0 }));
    CHECK(root == NULL);
    next_txn(&cow, false);
    CHECK_EQ(slab.used, 0);
    pxi_slab_release(&slab);
}

PX_TEST(index_filled_in_order_has_full_leaves)
{
    enum { COUNT = 100000 };
    pxi_slab slab;
    pxi_cow cow = { .slab = &slab, .gen = 1 };
    void *root = NULL;

    pxi_slab_init(&slab, 0);
    for (uint32_t i = 0; i < COUNT; i++)
        CHECK(pxi_index_put(&cow, &root, (pxi_entry){ 1, 2, i, i }));
    CHECK(slab.used < COUNT * 20);
    pxi_slab_release(&slab);
}

static bool same_key(const void *data, uint32_t no)
{
    return *(const uint32_t *)data == no;
}

static uint64_t rehash(const void *mask, uint32_t no)
{
    return bits_of(no) & *(const uint64_t *)mask;
}

static void trie_against_array(px_gen *gen, uint64_t mask)
{
    enum { KEYS = 2000 };
    bool present[KEYS + 1] = { 0 };
    pxi_slab slab;
    pxi_cow cow = { .slab = &slab, .gen = 1 };
    void *root = NULL;

    pxi_slab_init(&slab, 4096);
    for (int step = 0; step < 8000; step++) {
        uint32_t key = 1 + (uint32_t)px_gen_below(gen, KEYS);
        uint64_t hash = bits_of(key) & mask;

        CHECK_EQ(pxi_trie_find(root, hash, same_key, &key), present[key] ? key : 0);
        if (present[key])
            CHECK(pxi_trie_remove(&cow, &root, hash, key));
        else
            CHECK_EQ(pxi_trie_add(&cow, &root, hash, key, rehash, &mask), PX_OK);
        present[key] = !present[key];
        if (px_gen_below(gen, 20) == 0)
            next_txn(&cow, false);
    }
    for (uint32_t key = 1; key <= KEYS; key++)
        if (present[key])
            CHECK(pxi_trie_remove(&cow, &root, bits_of(key) & mask, key));
    CHECK(root == NULL);
    next_txn(&cow, false);
    CHECK_EQ(slab.used, 0);
    pxi_slab_release(&slab);
}

PX_PROP(trie_agrees_with_a_plain_array, 10)
{
    trie_against_array(gen, UINT64_MAX);
}

PX_PROP(trie_bears_keys_with_equal_hashes, 3)
{
    trie_against_array(gen, 0x7);
}

PX_PROP(radix_gives_what_was_stored_and_prunes_what_is_empty, 20)
{
    enum { KEYS = 400 };
    static uint32_t key[KEYS];
    pxi_slab slab;
    pxi_cow cow = { .slab = &slab, .gen = 1 };
    pxi_radix *root = NULL;
    int record;

    pxi_slab_init(&slab, 4096);
    for (uint32_t i = 0; i < KEYS; i++) {
        pxi_radix *leaf;

        key[i] = (uint32_t)(px_gen_u64(gen) >> (32 + px_gen_below(gen, 28)));
        leaf = pxi_radix_prepare(&cow, &root, key[i]);
        atomic_store(&leaf->child[key[i] & 63], &record);
        if (px_gen_below(gen, 20) == 0)
            next_txn(&cow, false);
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        uint32_t first;
        pxi_radix *leaf = pxi_radix_leaf_from(root, key[i], &first);

        CHECK(pxi_radix_get(root, key[i]) == &record);
        CHECK(leaf == pxi_radix_leaf(root, key[i]));
        CHECK_EQ(first, key[i] & ~63u);
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        pxi_radix *leaf = pxi_radix_leaf(root, key[i]);

        if (!leaf)
            continue;
        for (uint32_t at = 0; at < 64; at++)
            atomic_store(&leaf->child[at], NULL);
        CHECK(pxi_radix_prune(&cow, &root, key[i]));
        CHECK(!pxi_radix_leaf(root, key[i]));
    }
    CHECK(root == NULL);
    next_txn(&cow, false);
    CHECK_EQ(slab.used, 0);
    pxi_slab_release(&slab);
}

PX_TEST_MAIN()
