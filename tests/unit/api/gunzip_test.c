/* SPDX-License-Identifier: Apache-2.0 */
#include "api/gunzip.h"

#include <zlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "px_test.h"

static char packed[8 << 20];
static px_arena arena;
static px_err err;

/* gzip as zlib writes it. */
static px_str pack(const char *bytes, size_t len)
{
    z_stream z = { 0 };

    CHECK_EQ(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)bytes;
    z.avail_in = (unsigned)len;
    z.next_out = (unsigned char *)packed;
    z.avail_out = sizeof(packed);
    CHECK_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    len = z.total_out;
    deflateEnd(&z);
    return px_str_of(packed, len);
}

static px_status unpack(px_str bytes, size_t most, px_str *ret_text)
{
    px_arena_release(&arena);
    px_arena_init(&arena, 64 << 20);
    return px_gunzip(bytes, most, &arena, ret_text, &err);
}

PX_TEST(what_was_packed_comes_back)
{
    px_str text, twice;

    CHECK_OK(unpack(pack("hello", 5), 100, &text), &err);
    CHECK_SLICE(text, "hello");
    CHECK_OK(unpack(pack("", 0), 100, &text), &err);
    CHECK_EQ(text.len, 0);
    twice = pack("again ", 6);
    memcpy(packed + twice.len, packed, twice.len);
    twice.len *= 2;
    CHECK_OK(unpack(twice, 100, &text), &err);
    CHECK_SLICE(text, "again again ");
    px_arena_release(&arena);
}

PX_TEST(what_is_no_gzip_or_cut_off_is_refused)
{
    px_str whole = pack("hello, hello, hello", 19), text;

    for (size_t len = 0; len < whole.len; len++)
        CHECK_EQ(unpack(px_str_of(packed, len), 100, &text), PX_INVALID);
    packed[whole.len - 6] ^= 1; /* its check sum */
    CHECK_EQ(unpack(whole, 100, &text), PX_INVALID);
    CHECK_EQ(unpack(PX_STR("{\"a\":1}"), 100, &text), PX_INVALID);
    CHECK_STR(err.id, "gzip.form");
    px_arena_release(&arena);
}

PX_TEST(a_body_is_as_large_as_the_limit_once_it_is_unpacked)
{
    size_t most = PX_INGEST_BYTES_MAX;
    px_gen gen = { .state = 1 };
    char *bytes = px_zalloc(1, most + 1);
    px_str text;

    for (size_t i = 0; i <= most; i++)
        bytes[i] = (char)px_gen_u64(&gen);
    CHECK_OK(unpack(pack(bytes, most), most, &text), &err);
    CHECK_EQ(text.len, most);
    CHECK_EQ(unpack(pack(bytes, most + 1), most, &text), PX_TOO_LARGE);
    CHECK_STR(err.id, "gzip.size");
    px_free(bytes);
    px_arena_release(&arena);
}

/* Zeros pack a thousand times over. */
PX_TEST(little_becomes_so_many_times_as_much_and_no_more)
{
    size_t len = PX_INGEST_BYTES_MAX;
    char *bytes = px_zalloc(1, len);
    px_str text, small = pack(bytes, 60 * 1024);

    CHECK_OK(unpack(small, len, &text), &err);
    CHECK_EQ(unpack(pack(bytes, len), len, &text), PX_TOO_LARGE);
    px_free(bytes);
    px_arena_release(&arena);
}

PX_TEST_MAIN()
