/* SPDX-License-Identifier: Apache-2.0 */
#include "history/block.h"

#include "base/mem.h"

#include "px_test.h"
#include "rows_gen.h"

static px_rows plain_rows(px_arena *arena, uint32_t count)
{
    px_rows rows = test_rows_new(arena, count, 1, count);

    for (uint32_t i = 0; i < count; i++) {
        rows.times[i] = rows.sources[i] = INT64_C(1583748873000000000) + i * PX_SECOND;
        rows.arrivals[i] = rows.times[i] + 1500000;
        rows.seqs[i] = 1000 + 7 * (int64_t)i;
        rows.columns[0].rows[i] = (uint16_t)i;
        rows.columns[0].values[i] =
            px_value_num((px_num){ .mantissa = 2140 + i % 10, .exponent = -2 });
    }
    return rows;
}

PX_TEST(trailing_zeros_come_back)
{
    static const char *const texts[] = {
        "21.40", "21.4", "21", "0.0", "0", "-0.00", "1e3", "1.42E-06", "32.0", "9223372036854775807"
    };
    enum { COUNT = sizeof(texts) / sizeof(texts[0]) };
    PX_AUTO_ARENA arena = { 0 };
    px_rows rows, got;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    rows = plain_rows(&arena, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        px_num num;

        CHECK_OK(px_num_parse(px_str_c(texts[i]), &num, &err), &err);
        rows.columns[0].values[i] = px_value_num(num);
    }
    got = test_rows_there_and_back(&rows, &arena, NULL);
    test_rows_equal(&got, &rows);
}

PX_TEST(a_regular_minute_of_one_number_takes_few_bytes)
{
    PX_AUTO_ARENA arena = { 0 };
    px_buf buf = { 0 };
    px_rows rows;

    px_arena_init(&arena, 1 << 20);
    rows = plain_rows(&arena, 60);
    px_block_encode(&buf, &rows);
    CHECK(buf.len < 120);
    px_buf_release(&buf);
}

PX_TEST(the_head_sums_exactly)
{
    PX_AUTO_ARENA arena = { 0 };
    px_block block;
    px_rows rows;

    px_arena_init(&arena, 1 << 20);
    rows = plain_rows(&arena, 1000);
    test_rows_there_and_back(&rows, &arena, &block);
    CHECK_EQ(block.rows, 1000);
    CHECK_EQ(block.columns[0].count, 1000);
    CHECK(block.columns[0].numeric && block.columns[0].exact);
    CHECK(block.columns[0].sum == (px_wide)2140 * 1000 + 4500);
    CHECK_EQ(block.columns[0].sum_exponent, -2);
    CHECK_EQ(block.columns[0].min.mantissa, 2140);
    CHECK_EQ(block.columns[0].max.mantissa, 2149);
    CHECK_EQ(block.columns[0].last.mantissa, 2149);
    CHECK_EQ(block.seq_min, 1000);
    CHECK_EQ(block.seq_max, 1000 + 7 * 999);
}

PX_TEST(a_corrected_cell_is_kept_and_not_counted)
{
    PX_AUTO_ARENA arena = { 0 };
    px_rows rows, got;
    px_block block;

    px_arena_init(&arena, 1 << 20);
    rows = plain_rows(&arena, 3);
    rows.times[1] = rows.sources[1] = rows.times[0];
    rows.columns[0].values[0] = px_value_num(px_num_int(1000000));
    got = test_rows_there_and_back(&rows, &arena, &block);
    test_rows_equal(&got, &rows);
    CHECK_EQ(block.columns[0].cells, 3);
    CHECK_EQ(block.columns[0].count, 2);
    CHECK_EQ(block.columns[0].max.mantissa, 2142);
}

PX_TEST(a_removal_is_kept_and_not_counted)
{
    PX_AUTO_ARENA arena = { 0 };
    px_rows rows, got;
    px_block block;

    px_arena_init(&arena, 1 << 20);
    rows = plain_rows(&arena, 3);
    rows.columns[0].values[1] = (px_value){ 0 };
    got = test_rows_there_and_back(&rows, &arena, &block);
    test_rows_equal(&got, &rows);
    CHECK_EQ(block.columns[0].count, 2);
}

PX_TEST(as_many_rows_as_a_block_may_have)
{
    PX_AUTO_ARENA arena = { 0 };
    px_rows rows, got;

    px_arena_init(&arena, 1 << 22);
    rows = plain_rows(&arena, PX_BLOCK_ROWS_MAX);
    got = test_rows_there_and_back(&rows, &arena, NULL);
    test_rows_equal(&got, &rows);
}

PX_TEST(one_row_more_than_a_block_may_have_is_refused)
{
    PX_AUTO_ARENA arena = { 0 };
    px_buf buf = { 0 };
    px_block block;
    px_rows rows;
    px_err err;
    size_t head;

    /* a head that says 1025 rows, with a check that fits */
    px_arena_init(&arena, 1 << 22);
    rows = plain_rows(&arena, PX_BLOCK_ROWS_MAX);
    px_block_encode(&buf, &rows);
    head = 9 + 1; /* the head's length is one byte here */
    CHECK_EQ((uint8_t)buf.ptr[head], 0x80);
    CHECK_EQ((uint8_t)buf.ptr[head + 1], 0x08);
    buf.ptr[head] = (char)0x81;
    test_block_mend_checks(&buf);
    CHECK_EQ(px_block_open(px_buf_str(&buf), &arena, &block, &err), PX_CORRUPT);
    CHECK_STR(err.id, "block.head");
    px_buf_release(&buf);
}

/* Written by the first release that had the format. */
static const uint8_t golden[] = {
    0x01, 0xae, 0x93, 0xf3, 0x9f, 0x6a, 0x78, 0xb4, 0x1e, 0x4d, 0x05, 0x80, 0xe8, 0xb8, 0xc9, 0xaf,
    0xcd, 0xcd, 0xfa, 0x2b, 0x80, 0xd0, 0xac, 0xf3, 0x0e, 0xe8, 0x07, 0x1c, 0x05, 0x05, 0x05, 0x0d,
    0x03, 0x01, 0x00, 0x05, 0x05, 0x03, 0x02, 0xb8, 0x21, 0xfe, 0x02, 0x09, 0xff, 0x02, 0x09, 0xff,
    0x02, 0xbe, 0x21, 0xfe, 0x88, 0x85, 0x01, 0xfe, 0x11, 0x01, 0x01, 0x03, 0x03, 0x00, 0x1f, 0x09,
    0x02, 0x02, 0x01, 0x05, 0x05, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f, 0x05, 0x9a, 0x99,
    0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f, 0x15, 0x92, 0x00, 0x02, 0x00, 0x00, 0x02, 0x00, 0x0e, 0x00,
    0x00, 0x00, 0xc0, 0x8d, 0xb7, 0x01, 0x01, 0x00, 0x01, 0x00, 0x08, 0x00, 0x80, 0x80, 0xf8, 0x94,
    0x92, 0xa5, 0x27, 0x00, 0x03, 0x00, 0x0a, 0xb8, 0x21, 0x02, 0x01, 0xea, 0x03, 0xb1, 0x08, 0x09,
    0x02, 0x00, 0xff, 0x01, 0x02, 0x02, 0x00, 0x04, 0x00, 0x00, 0x05, 0x01, 0x02, 0x01, 0x08, 0x02,
    0x00, 0x03, 0x0b, 0x72, 0x75, 0x6e, 0x6e, 0x69, 0x6e, 0x67, 0x64, 0x6f, 0x77, 0x6e, 0x01, 0x00,
    0x01, 0x00, 0x04, 0x02, 0x01, 0x02, 0x02, 0x00, 0x08, 0x07, 0x01, 0x00, 0x03, 0x00, 0x04, 0x08,
    0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f
};

/* Five rows: a decimal everywhere, a text in three rows, a double and a removal, a clock ahead. */
static px_rows golden_rows(px_arena *arena)
{
    static const char *const texts[] = { "running", "running", "down" };
    px_rows rows = plain_rows(arena, 5), wide = test_rows_new(arena, 5, 3, 5);

    wide.times = rows.times;
    wide.seqs = rows.seqs;
    wide.arrivals = rows.arrivals;
    wide.sources = rows.sources;
    wide.flags = rows.flags;
    wide.columns[0] = rows.columns[0];
    wide.columns[0].values[4] = px_value_num((px_num){ .mantissa = -5, .exponent = -1 });
    wide.columns[1].count = 3;
    wide.columns[2].count = 2;
    wide.columns[2].model_no = 9;
    for (uint16_t i = 0; i < 3; i++) {
        wide.columns[1].rows[i] = (uint16_t)(2 * i);
        wide.columns[1].values[i] = px_value_text(px_str_c(texts[i]));
    }
    wide.columns[2].rows[0] = 1;
    wide.columns[2].rows[1] = 3;
    wide.columns[2].values[0] = px_value_num(px_num_double(0.1));
    wide.columns[2].values[1] = (px_value){ 0 };
    wide.flags[3] = 1;
    wide.sources[3] = wide.times[3] + 86400 * PX_SECOND;
    return wide;
}

PX_TEST(a_block_of_the_first_release_is_read)
{
    PX_AUTO_ARENA arena = { 0 };
    px_rows rows, got;

    px_arena_init(&arena, 1 << 20);
    rows = golden_rows(&arena);
    got = test_rows_read(px_str_of((const char *)golden, sizeof(golden)), &arena, NULL);
    test_rows_equal(&got, &rows);
}

PX_TEST(every_flipped_bit_is_found)
{
    PX_AUTO_ARENA arena = { 0 };
    px_buf buf = { 0 };
    px_rows rows;

    px_arena_init(&arena, 1 << 22);
    rows = plain_rows(&arena, 20);
    px_block_encode(&buf, &rows);
    for (size_t bit = 0; bit < buf.len * 8; bit++) {
        px_block block;
        px_rows got;
        px_status status;

        buf.ptr[bit / 8] = (char)(buf.ptr[bit / 8] ^ 1 << bit % 8);
        status = px_block_open(px_buf_str(&buf), &arena, &block, NULL);
        if (status == PX_OK)
            status = px_block_rows_read(px_buf_str(&buf), &block, &arena, &got, NULL);
        CHECK(status == PX_CORRUPT || status == PX_UNSUPPORTED);
        buf.ptr[bit / 8] = (char)(buf.ptr[bit / 8] ^ 1 << bit % 8);
    }
    px_buf_release(&buf);
}

PX_TEST(a_newer_format_is_named)
{
    PX_AUTO_ARENA arena = { 0 };
    px_buf buf = { 0 };
    px_block block;
    px_rows rows;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    rows = plain_rows(&arena, 2);
    px_block_encode(&buf, &rows);
    buf.ptr[0] = 2;
    CHECK_EQ(px_block_open(px_buf_str(&buf), &arena, &block, &err), PX_UNSUPPORTED);
    CHECK_STR(err.text, "a block of history has format 2: a newer release wrote it");
    px_buf_release(&buf);
}

PX_TEST(a_full_arena_is_a_limit)
{
    PX_AUTO_ARENA arena = { 0 };
    PX_AUTO_ARENA small;
    px_buf buf = { 0 };
    px_block block;
    px_rows rows;

    px_arena_init(&arena, 1 << 20);
    px_arena_init(&small, 64);
    rows = plain_rows(&arena, 20);
    px_block_encode(&buf, &rows);
    CHECK_EQ(px_block_open(px_buf_str(&buf), &small, &block, NULL), PX_LIMIT);
    px_buf_release(&buf);
}

PX_TEST(every_failed_allocation_is_told)
{
    PX_AUTO_ARENA arena = { 0 };
    px_gen gen = { 5 };
    px_rows rows;

    px_arena_init(&arena, 1 << 24);
    rows = test_rows_any(&gen, &arena, 200);
    for (uint64_t n = 1, requests = n; requests >= n; n++) {
        px_arena mine;
        px_buf buf = { 0 };

        px_mem_requests();
        px_mem_fail_nth(n);
        px_block_encode(&buf, &rows);
        requests = px_mem_requests();
        px_mem_fail_nth(0);
        CHECK(buf.status == PX_OK || buf.status == PX_NO_MEMORY);
        if (buf.status == PX_OK) { /* where it could do without, the block is a good one */
            px_rows got;

            px_arena_init(&mine, 1 << 24);
            got = test_rows_read(px_buf_str(&buf), &mine, NULL);
            test_rows_equal(&got, &rows);
            px_arena_release(&mine);
        }
        px_buf_release(&buf);
    }
}

PX_PROP(whatever_rows_go_in_come_out, 400)
{
    PX_AUTO_ARENA arena = { 0 };
    px_rows rows, got;
    px_block block;

    px_arena_init(&arena, 1 << 26);
    rows = test_rows_any(gen, &arena, px_gen_below(gen, 4) ? 60 : PX_BLOCK_ROWS_MAX);
    got = test_rows_there_and_back(&rows, &arena, &block);
    test_rows_equal(&got, &rows);
    test_block_stats_equal(&block, &rows);
}

PX_PROP(damaged_blocks_with_mended_checks_are_refused_or_read, 1500)
{
    PX_AUTO_ARENA arena = { 0 };
    px_buf buf = { 0 };
    px_rows rows;

    px_arena_init(&arena, 1 << 24);
    rows = test_rows_any(gen, &arena, 40);
    px_block_encode(&buf, &rows);
    for (uint64_t n = 1 + px_gen_below(gen, 4); n > 0; n--)
        buf.ptr[9 + px_gen_below(gen, buf.len - 9)] = (char)px_gen_u64(gen);
    test_block_mend_checks(&buf);
    test_block_read_all(px_buf_str(&buf));
    px_buf_release(&buf);
}

PX_TEST_MAIN()
