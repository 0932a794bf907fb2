/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/mem.h"
#include "px_test.h"

enum { UNIT = _Alignof(max_align_t) };

PX_TEST(gives_its_limit_and_not_one_unit_more)
{
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 64 * UNIT);
    for (int i = 0; i < 64; i++)
        CHECK(px_arena_alloc(&arena, UNIT));
    CHECK(!px_arena_alloc(&arena, 1));
    CHECK_EQ(px_arena_fail(&arena, &err), PX_LIMIT);
    CHECK(strstr(err.text, "bytes of memory"));
    px_arena_release(&arena);
}

PX_TEST(one_request_of_the_whole_limit_fits_and_one_past_it_does_not)
{
    px_arena arena;

    px_arena_init(&arena, 1 << 20);
    CHECK(!px_arena_alloc(&arena, (1 << 20) + 1));
    CHECK_EQ(arena.used, 0);
    CHECK(px_arena_alloc(&arena, 1 << 20));
    CHECK_EQ(arena.used, 1 << 20);
    px_arena_release(&arena);
}

PX_TEST(a_size_that_overflows_is_refused)
{
    px_arena arena;

    px_arena_init(&arena, SIZE_MAX);
    CHECK(!px_arena_alloc(&arena, SIZE_MAX));
    CHECK(!px_arena_zero(&arena, SIZE_MAX / 2, 3));
    px_arena_release(&arena);
}

PX_TEST(pointers_are_aligned_and_do_not_overlap)
{
    px_arena arena;
    char *last = NULL;

    px_arena_init(&arena, 1 << 20);
    for (size_t size = 1; size < 300; size++) {
        char *ptr = px_arena_alloc(&arena, size);

        CHECK(ptr && (uintptr_t)ptr % UNIT == 0);
        memset(ptr, (int)size, size);
        if (last)
            CHECK_EQ((unsigned char)*last, (unsigned char)(size - 1));
        last = ptr;
    }
    px_arena_release(&arena);
}

PX_TEST(a_reset_gives_the_whole_limit_again)
{
    px_arena arena;

    px_arena_init(&arena, 10000 * UNIT);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 10000; i++)
            CHECK(px_arena_alloc(&arena, UNIT));
        CHECK(!px_arena_alloc(&arena, UNIT));
        px_arena_reset(&arena);
        CHECK_EQ(arena.used, 0);
    }
    px_arena_release(&arena);
}

PX_TEST(a_copied_text_ends_with_a_nul)
{
    PX_AUTO_ARENA arena = { 0 };
    char source[] = "pump-7";
    px_str copy;

    px_arena_init(&arena, 4096);
    copy = px_arena_str(&arena, px_str_of(source, 4));
    source[0] = 'j';
    CHECK_SLICE(copy, "pump");
    CHECK_EQ(copy.ptr[4], '\0');
    CHECK(px_arena_str(&arena, (px_str){ 0 }).ptr);
}

PX_TEST(want_of_memory_is_not_called_a_limit)
{
    px_arena arena;

    px_arena_init(&arena, 64 << 20);
    px_mem_fail_nth(1);
    CHECK(!px_arena_alloc(&arena, 100));
    px_mem_fail_nth(0);
    CHECK_EQ(px_arena_fail(&arena, NULL), PX_NO_MEMORY);
    CHECK(px_arena_alloc(&arena, 100));
    px_arena_release(&arena);
}

PX_TEST_MAIN()
