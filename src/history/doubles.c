/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubles by XOR with the one before (Pelkonen et al., Gorilla, VLDB 2015), least bit first:
 *
 * doubles = varint(bytes) bits
 * bits    = 64 bits of the first, then for each other one
 *           0                                  the same
 *           1 0 meaning                        meaningful bits lie where the last ones did
 *           1 1 leading(6) length-1(6) bits    leading zeros, and how many bits follow
 */
#include "history/column.h"

typedef struct bit_writer {
    px_buf *buf;
    uint64_t word;
    unsigned used;
} bit_writer;

static void put(bit_writer *w, uint64_t v, unsigned width)
{
    v = width == 64 ? v : v & ((UINT64_C(1) << width) - 1);
    w->word |= v << w->used;
    if (w->used + width < 64) {
        w->used += width;
        return;
    }
    px_put_u64(w->buf, w->word);
    w->word = w->used ? v >> (64 - w->used) : 0;
    w->used = w->used + width - 64;
}

static void flush(bit_writer *w)
{
    for (; w->used > 0; w->used = w->used > 8 ? w->used - 8 : 0, w->word >>= 8)
        px_put_u8(w->buf, (uint8_t)w->word);
}

void px_put_doubles(px_buf *buf, const uint64_t *bits, uint32_t count)
{
    px_buf out = { 0 };
    bit_writer w = { .buf = &out };
    unsigned leading = 0, length = 0;

    put(&w, bits[0], 64);
    for (uint32_t i = 1; i < count; i++) {
        uint64_t x = bits[i] ^ bits[i - 1];
        unsigned zeros, trailing;

        if (x == 0) {
            put(&w, 0, 1);
            continue;
        }
        zeros = (unsigned)__builtin_clzll(x);
        trailing = (unsigned)__builtin_ctzll(x);
        /* the last window serves when it holds all, and does not waste more than a new one costs */
        if (length > 0 && zeros >= leading && trailing >= 64 - leading - length &&
            length <= 64 - zeros - trailing + 12) {
            put(&w, 1, 2);
            put(&w, x >> (64 - leading - length), length);
            continue;
        }
        leading = zeros;
        length = 64 - zeros - trailing;
        put(&w, 3, 2);
        put(&w, leading, 6);
        put(&w, length - 1, 6);
        put(&w, x >> trailing, length);
    }
    flush(&w);
    if (out.status != PX_OK)
        buf->status = buf->status == PX_OK ? out.status : buf->status;
    px_put_block(buf, px_buf_str(&out));
    px_buf_release(&out);
}

typedef struct bit_reader {
    px_str bytes;
    size_t at; /* bits */
    bool bad;
} bit_reader;

static uint64_t get(bit_reader *r, unsigned width)
{
    uint64_t v = 0;
    size_t byte = r->at >> 3;
    unsigned shift = r->at & 7;
    uint8_t raw[9] = { 0 };

    if (r->bad || r->at + width > r->bytes.len * 8) {
        r->bad = true;
        return 0;
    }
    memcpy(raw, r->bytes.ptr + byte, r->bytes.len - byte < 9 ? r->bytes.len - byte : 9);
    memcpy(&v, raw, 8);
    v >>= shift;
    if (shift + width > 64)
        v |= (uint64_t)raw[8] << (64 - shift);
    r->at += width;
    return width == 64 ? v : v & ((UINT64_C(1) << width) - 1);
}

void px_get_doubles(px_cut *cut, uint64_t *ret_bits, uint32_t count)
{
    bit_reader r = { .bytes = px_get_block(cut), .bad = cut->bad };
    unsigned leading = 0, length = 0;

    ret_bits[0] = get(&r, 64);
    for (uint32_t i = 1; i < count && !r.bad; i++) {
        ret_bits[i] = ret_bits[i - 1];
        if (get(&r, 1) == 0)
            continue;
        if (get(&r, 1) == 1) {
            leading = (unsigned)get(&r, 6);
            length = (unsigned)get(&r, 6) + 1;
        }
        if (length == 0 || leading + length > 64) {
            r.bad = true;
            break;
        }
        ret_bits[i] ^= get(&r, length) << (64 - leading - length);
    }
    cut->bad = cut->bad || r.bad;
}
