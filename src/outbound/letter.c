/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/letter.h"

enum { FORMAT = 1, INDEX_BITS = 16 };

uint64_t px_letter_place(uint64_t seq, uint32_t index)
{
    px_assert(seq < UINT64_C(1) << (63 - INDEX_BITS) && index < 1u << INDEX_BITS);
    return seq << INDEX_BITS | index;
}

uint64_t px_letter_seq(uint64_t place)
{
    return place >> INDEX_BITS;
}

px_key px_letter_from(uint32_t tenant, uint32_t endpoint_no, px_letter_kind kind, uint64_t place)
{
    return (px_key){ (int64_t)((uint64_t)tenant << 32 | endpoint_no), kind, (int64_t)place };
}

px_key px_letter_key(const px_letter *letter, px_letter_kind kind)
{
    return px_letter_from(letter->tenant, letter->endpoint_no, kind, letter->place);
}

void px_put_letter(px_buf *buf, const px_letter *letter)
{
    px_put_u8(buf, FORMAT);
    px_put_u64(buf, (uint64_t)letter->time);
    px_put_u64(buf, (uint64_t)letter->died);
    px_put_varint(buf, letter->tries);
    px_put_block(buf, letter->reason);
    px_put_block(buf, letter->event);
}

px_status px_get_letter(const px_fold *row, px_letter *ret_letter, px_err *ret_err)
{
    px_cut cut = px_cut_of(row->body);
    uint8_t format = px_get_u8(&cut);
    px_letter letter = { .tenant = (uint32_t)((uint64_t)row->key.a >> 32),
                         .endpoint_no = (uint32_t)(uint64_t)row->key.a,
                         .place = (uint64_t)row->key.c };

    letter.time = (px_time)px_get_u64(&cut);
    letter.died = (px_time)px_get_u64(&cut);
    letter.tries = (uint32_t)px_get_varint(&cut);
    letter.reason = px_get_block(&cut);
    letter.event = px_get_block(&cut);
    if (format > FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "outbox.format",
                          "a letter of format %u: a newer release wrote this file", format);
    if (cut.bad || format != FORMAT)
        return px_fail_id(ret_err, PX_CORRUPT, "outbox.letter", "letter %llu is malformed",
                          (unsigned long long)letter.place);
    *ret_letter = letter;
    return PX_OK;
}
