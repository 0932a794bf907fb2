/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/mem.h"
#include "px_test.h"

PX_TEST(fills_to_its_limit_and_refuses_one_byte_more)
{
    px_buf buf;
    px_err err;

    px_buf_init(&buf, 8);
    px_put(&buf, PX_STR("12345678"));
    CHECK_OK(px_buf_status(&buf, &err), &err);
    px_put_char(&buf, '9');
    CHECK_EQ(px_buf_status(&buf, &err), PX_LIMIT);
    CHECK_STR(err.text, "the output is larger than 8 bytes");
    CHECK_SLICE(px_buf_str(&buf), "12345678");
    px_buf_release(&buf);
}

PX_TEST(an_error_sticks_until_it_is_cleared)
{
    px_buf buf;

    px_buf_init(&buf, 4);
    px_put(&buf, PX_STR("12345"));
    px_put_u8(&buf, 1);
    px_put_varint(&buf, 1);
    px_putf(&buf, "%d", 1);
    CHECK_EQ(buf.len, 0);
    px_buf_clear(&buf);
    px_put(&buf, PX_STR("1234"));
    CHECK_EQ(px_buf_status(&buf, NULL), PX_OK);
    CHECK_SLICE(px_buf_str(&buf), "1234");
    px_buf_release(&buf);
}

PX_TEST(memory_that_ends_is_told_and_what_was_there_stays)
{
    px_buf buf = { 0 };
    char more[200] = { 0 };

    px_put_c(&buf, "kept");
    px_mem_fail_nth(1);
    px_put(&buf, px_str_of(more, sizeof(more)));
    px_mem_fail_nth(0);
    CHECK_EQ(px_buf_status(&buf, NULL), PX_NO_MEMORY);
    CHECK_SLICE(px_buf_str(&buf), "kept");
    px_buf_release(&buf);
}

PX_TEST(a_nul_follows_the_bytes_and_is_not_counted)
{
    px_buf buf = { 0 };

    px_putf(&buf, "%s-%03d", "pump", 7);
    CHECK_STR(buf.ptr, "pump-007");
    CHECK_EQ(buf.len, 8);
    px_put_char(&buf, '!');
    CHECK_STR(buf.ptr, "pump-007!");
    px_buf_clear(&buf);
    CHECK_STR(buf.ptr, "");
    px_buf_release(&buf);
}

PX_TEST(integers_are_little_endian)
{
    px_buf buf = { 0 };

    px_put_u8(&buf, 0x01);
    px_put_u16(&buf, 0x0302);
    px_put_u32(&buf, 0x07060504);
    px_put_u64(&buf, 0x0F0E0D0C0B0A0908);
    CHECK_SLICE(px_buf_str(&buf), "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17");
    px_buf_release(&buf);
}

PX_TEST(varints_have_the_bytes_of_leb128)
{
    static const struct {
        uint64_t value;
        const char *bytes;
        size_t len;
    } known[] = {
        { 0, "\0", 1 },
        { 127, "\x7F", 1 },
        { 128, "\x80\x01", 2 },
        { 300, "\xAC\x02", 2 },
        { 16383, "\xFF\x7F", 2 },
        { 16384, "\x80\x80\x01", 3 },
        { UINT64_MAX, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10 },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        px_buf buf = { 0 };
        px_cut cut;

        px_put_varint(&buf, known[i].value);
        CHECK(px_str_eq(px_buf_str(&buf), px_str_of(known[i].bytes, known[i].len)));
        cut = px_cut_of(px_buf_str(&buf));
        CHECK(px_get_varint(&cut) == known[i].value);
        CHECK(!cut.bad && px_cut_left(&cut) == 0);
        px_buf_release(&buf);
    }
}

PX_TEST(a_varint_of_more_than_64_bits_is_refused)
{
    px_cut cut = px_cut_of(PX_STR("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"));

    CHECK(px_get_varint(&cut) == 0);
    CHECK(cut.bad);
}

PX_PROP(what_is_put_is_what_is_got, 200)
{
    uint64_t a = px_gen_u64(gen) >> px_gen_below(gen, 64);
    int64_t b = (int64_t)px_gen_u64(gen) >> px_gen_below(gen, 64);
    px_buf buf = { 0 };
    px_cut cut;

    px_put_varint(&buf, a);
    px_put_zigzag(&buf, b);
    px_put_block(&buf, PX_STR("block"));
    px_put_u16(&buf, (uint16_t)a);
    cut = px_cut_of(px_buf_str(&buf));
    CHECK(px_get_varint(&cut) == a);
    CHECK(px_get_zigzag(&cut) == b);
    CHECK_SLICE(px_get_block(&cut), "block");
    CHECK_EQ(px_get_u16(&cut), (uint16_t)a);
    CHECK(!cut.bad && px_cut_left(&cut) == 0);
    px_buf_release(&buf);
}

PX_TEST(a_read_past_the_end_gives_nothing_from_then_on)
{
    px_cut cut = px_cut_of(PX_STR("\1\2\3"));

    CHECK_EQ(px_get_u32(&cut), 0);
    CHECK(cut.bad);
    CHECK_EQ(px_get_u8(&cut), 0);
    CHECK(px_get_varint(&cut) == 0);
    CHECK_EQ(px_get_bytes(&cut, 1).len, 0);
}

PX_TEST(a_block_that_claims_more_than_is_there_is_refused)
{
    px_cut cut = px_cut_of(PX_STR("\5four"));

    CHECK_EQ(px_get_block(&cut).len, 0);
    CHECK(cut.bad);
}

PX_TEST_MAIN()
