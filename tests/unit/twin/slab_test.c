/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/slab.h"

#include "px_test.h"

PX_TEST(counts_to_the_byte)
{
    pxi_slab slab;
    void *a, *b;

    pxi_slab_init(&slab, 4096);
    a = pxi_slab_alloc(&slab, 13);
    b = pxi_slab_alloc(&slab, 1000000);
    CHECK(a && b);
    CHECK_EQ(pxi_slab_size(&slab, a), 16);
    CHECK_EQ(slab.used, 16 + pxi_slab_size(&slab, b));
    pxi_slab_free(&slab, b);
    pxi_slab_free(&slab, a);
    CHECK_EQ(slab.used, 0);
    pxi_slab_release(&slab);
    CHECK_EQ(slab.reserved, 0);
}

PX_TEST(wastes_less_than_an_eighth)
{
    pxi_slab slab;

    pxi_slab_init(&slab, 0);
    for (size_t size = 64; size <= 32768; size += 7) {
        void *block = pxi_slab_alloc(&slab, size);

        CHECK(pxi_slab_size(&slab, block) >= size);
        CHECK(pxi_slab_size(&slab, block) <= size + (size < 1024 ? 7 : size / 8 + 1));
        pxi_slab_free(&slab, block);
    }
    pxi_slab_release(&slab);
}

PX_PROP(blocks_do_not_touch_each_other, 20)
{
    enum { BLOCKS = 200 };
    unsigned char *block[BLOCKS] = { 0 };
    size_t size[BLOCKS];
    pxi_slab slab;

    pxi_slab_init(&slab, 4096u << px_gen_below(gen, 7));
    for (int step = 0; step < 3000; step++) {
        size_t i = px_gen_below(gen, BLOCKS);

        if (block[i]) {
            for (size_t at = 0; at < size[i]; at++)
                CHECK_EQ(block[i][at], (unsigned char)i);
            pxi_slab_free(&slab, block[i]);
            block[i] = NULL;
        } else {
            size[i] = 1 + px_gen_below(gen, px_gen_below(gen, 20) ? 600 : 60000);
            block[i] = pxi_slab_alloc(&slab, size[i]);
            memset(block[i], (int)i, size[i]);
        }
    }
    for (size_t i = 0; i < BLOCKS; i++)
        if (block[i])
            pxi_slab_free(&slab, block[i]);
    CHECK_EQ(slab.used, 0);
    pxi_slab_release(&slab);
}

PX_TEST(an_empty_chunk_serves_another_size)
{
    enum { BLOCKS = 4000 };
    static void *block[BLOCKS];
    pxi_slab slab;
    uint64_t reserved;

    pxi_slab_init(&slab, 4096);
    for (int i = 0; i < BLOCKS; i++)
        block[i] = pxi_slab_alloc(&slab, 100);
    reserved = slab.reserved;
    for (int i = 0; i < BLOCKS; i++)
        pxi_slab_free(&slab, block[i]);
    for (int i = 0; i < BLOCKS / 3; i++)
        block[i] = pxi_slab_alloc(&slab, 200);
    CHECK_EQ(slab.reserved, reserved);
    pxi_slab_release(&slab);
}

PX_TEST_MAIN()
