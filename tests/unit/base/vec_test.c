/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include "px_test.h"

typedef PX_VEC(uint32_t) numbers;

PX_TEST(keeps_what_was_pushed_in_its_order)
{
    numbers v = { 0 };
    uint32_t next = 0;

    for (uint32_t i = 0; i < 1000; i++)
        CHECK(PX_VEC_PUSH(&v, i));
    CHECK_EQ(v.len, 1000);
    PX_VEC_EACH (&v, item)
        CHECK_EQ(*item, next++);
    CHECK_EQ(next, 1000);
    PX_VEC_RELEASE(&v);
    CHECK(!v.ptr && v.len == 0 && v.cap == 0);
}

PX_TEST(an_empty_one_has_nothing_to_visit)
{
    numbers v = { 0 };

    PX_VEC_EACH (&v, item)
        fail_msg("visited %u", *item);
    PX_VEC_RELEASE(&v);
}

PX_TEST(reserved_room_needs_no_memory_later)
{
    numbers v = { 0 };

    CHECK(PX_VEC_RESERVE(&v, 100));
    CHECK(v.cap >= 100 && v.len == 0);
    px_mem_fail_nth(1);
    for (uint32_t i = 0; i < 100; i++)
        CHECK(PX_VEC_PUSH(&v, i));
    px_mem_fail_nth(0);
    PX_VEC_RELEASE(&v);
}

PX_TEST(stays_as_it_was_when_memory_ends)
{
    numbers v = { 0 };

    CHECK(PX_VEC_PUSH(&v, 7));
    while (v.len < v.cap)
        CHECK(PX_VEC_PUSH(&v, 7));
    px_mem_fail_nth(1);
    CHECK(!PX_VEC_PUSH(&v, 8));
    px_mem_fail_nth(0);
    CHECK_EQ(v.len, v.cap);
    CHECK_EQ(v.ptr[v.len - 1], 7);
    CHECK(PX_VEC_PUSH(&v, 8));
    PX_VEC_RELEASE(&v);
}

PX_TEST(refuses_more_items_than_bytes_can_be_counted)
{
    numbers v = { 0 };

    CHECK(!PX_VEC_RESERVE(&v, SIZE_MAX / 2));
    CHECK(!v.ptr && v.cap == 0);
}

PX_TEST_MAIN()
