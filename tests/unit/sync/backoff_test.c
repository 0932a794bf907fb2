/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/backoff.h"

#include "px_test.h"

static void fails(px_backoff *b, uint64_t row, int times, int64_t now_ns)
{
    for (int i = 0; i < times; i++)
        px_backoff_failed(b, row, now_ns);
}

PX_TEST(five_failures_are_free_but_the_next_try_waits_a_second)
{
    px_backoff *b = px_backoff_new(4);
    uint64_t row = px_backoff_row('i', PX_STR("0011"));

    fails(b, row, PX_BACKOFF_FREE - 1, 0);
    CHECK_EQ(px_backoff_wait_ns(b, row, 0), 0);
    fails(b, row, 1, 0);
    CHECK_EQ(px_backoff_wait_ns(b, row, 0), PX_SECOND);
    CHECK_EQ(px_backoff_wait_ns(b, row, PX_SECOND - 1), 1);
    CHECK_EQ(px_backoff_wait_ns(b, row, PX_SECOND), 0);
    CHECK_EQ(px_backoff_wait_ns(b, px_backoff_row('a', PX_STR("0011")), 0), 0);
    px_backoff_free(b);
}

PX_TEST(the_wait_doubles_up_to_five_minutes)
{
    static const int64_t seconds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 };
    px_backoff *b = px_backoff_new(4);
    int64_t now_ns = 0;

    fails(b, 7, PX_BACKOFF_FREE - 1, now_ns);
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        px_backoff_failed(b, 7, now_ns);
        px_backoff_failed(b, 7, now_ns); /* while it waits: changes nothing */
        CHECK_EQ(px_backoff_wait_ns(b, 7, now_ns), seconds[i] * PX_SECOND);
        now_ns += seconds[i] * PX_SECOND;
    }
    px_backoff_free(b);
}

PX_TEST(success_and_ten_quiet_minutes_forget)
{
    px_backoff *b = px_backoff_new(4);

    fails(b, 7, PX_BACKOFF_FREE, 0);
    px_backoff_forgive(b, 7);
    CHECK_EQ(px_backoff_wait_ns(b, 7, 0), 0);
    CHECK_EQ(px_backoff_count(b), 0);
    fails(b, 7, PX_BACKOFF_FREE - 1, 0);
    px_backoff_failed(b, 7, PX_BACKOFF_FORGET_NS);
    CHECK_EQ(px_backoff_wait_ns(b, 7, PX_BACKOFF_FORGET_NS), 0);
    px_backoff_free(b);
}

PX_TEST(a_full_table_keeps_who_failed_last)
{
    px_backoff *b = px_backoff_new(3);

    fails(b, 1, PX_BACKOFF_FREE, 10);
    fails(b, 2, PX_BACKOFF_FREE, 20);
    fails(b, 3, PX_BACKOFF_FREE, 30);
    CHECK_EQ(px_backoff_count(b), 3);
    for (uint64_t row = 1; row <= 3; row++)
        CHECK(px_backoff_wait_ns(b, row, 30) > 0);
    fails(b, 4, PX_BACKOFF_FREE, 40);
    CHECK_EQ(px_backoff_count(b), 3);
    CHECK_EQ(px_backoff_wait_ns(b, 1, 40), 0);
    for (uint64_t row = 2; row <= 4; row++)
        CHECK(px_backoff_wait_ns(b, row, 40) > 0);
    px_backoff_free(b);
}

/* Each failure is one of a fresh name and of the address that all of them come from. */
PX_TEST(a_flood_of_names_does_not_wash_its_address_out)
{
    px_backoff *b = px_backoff_new(8);
    int64_t until_ns;

    fails(b, 1, PX_BACKOFF_FREE, 0);
    until_ns = px_backoff_wait_ns(b, 1, 0);
    for (int64_t now_ns = 1; now_ns <= 100; now_ns++) {
        px_backoff_failed(b, 1000 + (uint64_t)now_ns, now_ns);
        px_backoff_failed(b, 1, now_ns);
        CHECK_EQ(px_backoff_wait_ns(b, 1, now_ns), until_ns - now_ns);
    }
    px_backoff_free(b);
}

PX_TEST(a_flood_of_names_takes_no_more_memory)
{
    px_backoff *b = px_backoff_new(0);

    for (uint64_t row = 1; row <= 10 * PX_BACKOFF_ROWS_MAX; row++)
        px_backoff_failed(b, row * UINT64_C(0x9E3779B97F4A7C15), (int64_t)row);
    CHECK_EQ(px_backoff_count(b), PX_BACKOFF_ROWS_MAX);
    px_backoff_free(b);
}

PX_TEST_MAIN()
