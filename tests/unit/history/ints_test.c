/* SPDX-License-Identifier: Apache-2.0 */
#include "history/ints.h"

#include "px_test.h"

static const unsigned all_tries = PX_INTS_DELTA | PX_INTS_DELTA2 | PX_INTS_RUNS | PX_INTS_SCALE;

static size_t there_and_back(const int64_t *values, uint32_t count, unsigned tries)
{
    int64_t got[PX_BLOCK_ROWS_MAX];
    px_buf buf = { 0 };
    px_cut cut;
    size_t bytes;

    px_put_ints(&buf, values, count, tries);
    CHECK_EQ(buf.status, PX_OK);
    cut = px_cut_of(px_buf_str(&buf));
    px_get_ints(&cut, got, count);
    CHECK(!cut.bad);
    CHECK_EQ(px_cut_left(&cut), 0);
    assert_memory_equal(got, values, count * sizeof(*values));
    bytes = buf.len;
    px_buf_release(&buf);
    return bytes;
}

PX_TEST(a_constant_costs_its_own_bytes_only)
{
    int64_t values[PX_BLOCK_ROWS_MAX];

    for (size_t i = 0; i < PX_BLOCK_ROWS_MAX; i++)
        values[i] = -5;
    CHECK_EQ(there_and_back(values, PX_BLOCK_ROWS_MAX, all_tries), 2);
}

PX_TEST(a_regular_clock_costs_almost_nothing)
{
    int64_t values[PX_BLOCK_ROWS_MAX];

    for (int64_t i = 0; i < PX_BLOCK_ROWS_MAX; i++)
        values[i] = INT64_C(1583748873000000000) + i * 100000000;
    CHECK(there_and_back(values, PX_BLOCK_ROWS_MAX, all_tries) < 20);
}

PX_TEST(one_wild_number_does_not_widen_the_others)
{
    int64_t values[PX_BLOCK_ROWS_MAX];

    for (int64_t i = 0; i < PX_BLOCK_ROWS_MAX; i++)
        values[i] = (i * 7919) % 16;
    values[500] = INT64_MAX;
    values[700] = INT64_MIN;
    CHECK(there_and_back(values, PX_BLOCK_ROWS_MAX, 0) < PX_BLOCK_ROWS_MAX);
}

PX_TEST(the_ends_of_the_range_come_back)
{
    const int64_t values[] = { INT64_MIN, INT64_MAX, 0, -1, 1, INT64_MAX, INT64_MIN, INT64_MIN };

    for (unsigned tries = 0; tries < 16; tries++)
        for (uint32_t count = 1; count <= 8; count++)
            there_and_back(values, count, tries);
}

static int64_t any_value(px_gen *gen, uint64_t shape, int64_t before)
{
    switch (shape) {
    case 0:
        return (int64_t)px_gen_u64(gen);
    case 1:
        return (int64_t)px_gen_below(gen, 100);
    case 2:
        return before + (int64_t)px_gen_below(gen, 1000) * 1000000;
    case 3:
        return px_gen_below(gen, 20) ? before : (int64_t)px_gen_below(gen, 1000) - 500;
    case 4:
        return px_gen_below(gen, 50) ? (int64_t)px_gen_below(gen, 9) : (int64_t)px_gen_u64(gen);
    case 5:
        return (int64_t)(px_gen_u64(gen) >> px_gen_below(gen, 64));
    default:
        return (int64_t)((uint64_t)before + 1000000000);
    }
}

PX_PROP(whatever_goes_in_comes_out, 3000)
{
    int64_t values[PX_BLOCK_ROWS_MAX];
    uint32_t count = 1 + (uint32_t)px_gen_below(gen, px_gen_below(gen, 8) ? 40 : PX_BLOCK_ROWS_MAX);
    uint64_t shape = px_gen_below(gen, 7);

    for (uint32_t i = 0; i < count; i++)
        values[i] = any_value(gen, shape, i > 0 ? values[i - 1] : INT64_C(1583748873000000000));
    there_and_back(values, count, (unsigned)px_gen_below(gen, 16));
}

PX_PROP(damaged_bytes_are_refused_or_read_but_never_overrun, 3000)
{
    int64_t values[64], got[64];
    uint32_t count = 1 + (uint32_t)px_gen_below(gen, 64);
    uint64_t shape = px_gen_below(gen, 7);
    px_buf buf = { 0 };
    px_cut cut;

    for (uint32_t i = 0; i < count; i++)
        values[i] = any_value(gen, shape, i > 0 ? values[i - 1] : 7);
    px_put_ints(&buf, values, count, all_tries);
    for (uint64_t n = 1 + px_gen_below(gen, 4); n > 0; n--)
        buf.ptr[px_gen_below(gen, buf.len)] = (char)px_gen_u64(gen);
    cut = px_cut_of(px_str_of(buf.ptr, px_gen_below(gen, buf.len + 1)));
    px_get_ints(&cut, got, count);
    px_buf_release(&buf);
}

PX_TEST_MAIN()
