/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/row.h"

#include "base/limits.h"
#include "base/mem.h"
#include "px_test.h"

static px_row_packer *packer(void)
{
    px_row_packer *p = NULL;
    px_err err = { 0 };

    CHECK_OK(px_row_packer_new(&p, &err), &err);
    return p;
}

static px_row row_of(px_str body)
{
    return (px_row){ .spine = 0,
                     .seq_first = 10,
                     .seq_last = 14,
                     .epoch = 1,
                     .time = 99,
                     .format = 1,
                     .body = body };
}

/* A body of `len` bytes: all the same letter, or noise. */
static char *body_of(size_t len, bool noise)
{
    char *bytes = px_alloc(len);
    px_gen gen = { 7 };

    px_assert(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = noise ? (char)px_gen_u64(&gen) : 'x';
    return bytes;
}

static void round_trip(size_t len, bool noise, bool compressed)
{
    px_row_packer *in = packer(), *out = packer();
    char *bytes = body_of(len, noise);
    px_row row = row_of(px_str_of(bytes, len)), back;
    px_row_stored stored;
    px_err err = { 0 };

    CHECK_OK(px_row_pack(in, &row, &stored, &err), &err);
    CHECK_EQ((stored.head.format & PX_ROW_COMPRESSED) != 0, compressed);
    CHECK(stored.head.body.len <= len);
    CHECK_OK(px_row_unpack(out, &stored, &back, &err), &err);
    CHECK(px_str_eq(back.body, row.body));
    CHECK_EQ(back.format, 1);
    CHECK_EQ(back.seq_last, 14);
    CHECK_EQ(back.time, 99);
    px_row_packer_free(in);
    px_row_packer_free(out);
    px_free(bytes);
}

PX_TEST(bodies_come_back_and_are_compressed_only_where_it_pays)
{
    round_trip(0, false, false);
    round_trip(1, false, false);
    round_trip(127, false, false);
    round_trip(128, false, true);
    round_trip(5000, true, false);
    round_trip(1 << 20, false, true);
    round_trip(PX_ROW_BYTES_MAX, false, true);
}

PX_TEST(a_body_one_byte_over_the_limit_is_refused)
{
    px_row_packer *p = packer();
    char *bytes = body_of(PX_ROW_BYTES_MAX + 1, false);
    px_row row = row_of(px_str_of(bytes, PX_ROW_BYTES_MAX + 1));
    px_row_stored stored;
    px_err err = { 0 };

    CHECK_EQ(px_row_pack(p, &row, &stored, &err), PX_TOO_LARGE);
    px_row_packer_free(p);
    px_free(bytes);
}

PX_TEST(rows_that_break_a_rule_are_refused_before_they_are_stored)
{
    px_row_packer *p = packer();
    px_row_stored stored;
    px_err err = { 0 };
    px_row row = row_of(PX_STR("x"));

    row.seq_last = 9;
    CHECK_EQ(px_row_pack(p, &row, &stored, &err), PX_INVALID);
    row = row_of(PX_STR("x"));
    row.format = 0;
    CHECK_EQ(px_row_pack(p, &row, &stored, &err), PX_INVALID);
    row.format = PX_ROW_FORMAT_MAX + 1;
    CHECK_EQ(px_row_pack(p, &row, &stored, &err), PX_INVALID);
    px_row_packer_free(p);
}

PX_TEST(every_single_flipped_bit_is_named)
{
    px_row_packer *p = packer(), *q = packer();
    px_row row = row_of(PX_STR("five events")), back;
    px_row_stored stored, bad;
    px_err err = { 0 };
    char body[16];

    CHECK_OK(px_row_pack(p, &row, &stored, &err), &err);
    for (size_t bit = 0; bit < stored.head.body.len * 8; bit++) {
        memcpy(body, stored.head.body.ptr, stored.head.body.len);
        body[bit / 8] ^= (char)(1 << bit % 8);
        bad = stored;
        bad.head.body.ptr = body;
        CHECK_EQ(px_row_unpack(q, &bad, &back, &err), PX_CORRUPT);
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t flip = UINT64_C(1) << bit;

        bad = stored;
        bad.head.seq_first ^= flip;
        CHECK_EQ(px_row_unpack(q, &bad, &back, &err), PX_CORRUPT);
        bad = stored;
        bad.head.seq_last ^= flip;
        CHECK_EQ(px_row_unpack(q, &bad, &back, &err), PX_CORRUPT);
        bad = stored;
        bad.head.time ^= (px_time)flip;
        CHECK_EQ(px_row_unpack(q, &bad, &back, &err), PX_CORRUPT);
        bad = stored;
        bad.head.epoch ^= flip;
        CHECK_EQ(px_row_unpack(q, &bad, &back, &err), PX_CORRUPT);
        bad = stored;
        bad.head.format ^= (uint8_t)(1u << bit % 8);
        CHECK_EQ(px_row_unpack(q, &bad, &back, &err), PX_CORRUPT);
        bad = stored;
        bad.crc32c ^= 1u << bit % 32;
        CHECK_EQ(px_row_unpack(q, &bad, &back, &err), PX_CORRUPT);
    }
    CHECK_STR(err.text,
              "journal row (spine 0, positions 10 to 14) is damaged: its CRC-32C does not match");
    px_row_packer_free(p);
    px_row_packer_free(q);
}

PX_TEST(a_frame_that_claims_too_much_is_refused_before_any_memory_is_asked_for)
{
    /* a zstd frame header: single segment, 8-byte content size of 2^40 */
    static const char frame[] = "\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\1\0\0\x01\0\0";
    px_row_packer *p = packer();
    px_row_stored stored = { .head = row_of(px_str_of(frame, 16)) };
    px_row back;
    px_err err = { 0 };

    stored.head.format = 1 | PX_ROW_COMPRESSED;
    stored.crc32c = px_row_crc32c(&stored.head);
    CHECK_EQ(px_row_unpack(p, &stored, &back, &err), PX_CORRUPT);
    CHECK(strstr(err.text, "claims more bytes than a row may have") != NULL);
    px_row_packer_free(p);
}

PX_TEST(a_format_of_a_newer_release_is_said_to_be_one)
{
    px_row_packer *p = packer();
    px_row_stored stored = { .head = row_of(PX_STR("?")) };
    px_row back;
    px_err err = { 0 };

    stored.head.format = PX_ROW_FORMAT_MAX + 1;
    stored.crc32c = px_row_crc32c(&stored.head);
    CHECK_EQ(px_row_unpack(p, &stored, &back, &err), PX_UNSUPPORTED);
    px_row_packer_free(p);
}

PX_TEST(the_check_of_a_fold_row_covers_table_key_position_and_body)
{
    px_fold fold = { PX_TABLE_STATE, { 1, 2, 3 }, 4, PX_STR("body") }, other;
    uint32_t crc = px_fold_crc32c(&fold);

    CHECK_EQ(crc, 0x1f5a843c); /* on disk for ever */
    other = fold, other.table = PX_TABLE_BLOCK;
    CHECK(px_fold_crc32c(&other) != crc);
    other = fold, other.key.a++;
    CHECK(px_fold_crc32c(&other) != crc);
    other = fold, other.key.b++;
    CHECK(px_fold_crc32c(&other) != crc);
    other = fold, other.key.c++;
    CHECK(px_fold_crc32c(&other) != crc);
    other = fold, other.seq++;
    CHECK(px_fold_crc32c(&other) != crc);
    other = fold, other.body.len--;
    CHECK(px_fold_crc32c(&other) != crc);
}

PX_TEST_MAIN()
