/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored journal row from bytes that somebody else wrote. The first byte chooses: the check as
 * given (nearly always refused), a check that holds (so that the frame is read), or a row packed
 * from the bytes, which must come back as it was.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "journal/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static px_row_stored stored_of(px_cut *cut)
{
    px_row_stored stored = { .crc32c = px_get_u32(cut) };
    px_row *head = &stored.head;

    head->spine = px_get_u32(cut);
    head->seq_first = px_get_varint(cut);
    head->seq_last = head->seq_first + px_get_varint(cut);
    head->epoch = px_get_varint(cut);
    head->time = px_get_zigzag(cut);
    head->format = px_get_u8(cut);
    head->body = px_get_bytes(cut, px_cut_left(cut));
    return stored;
}

static void unpack(px_row_packer *packer, const px_row_stored *stored)
{
    px_row row;
    px_err err = { 0 };
    px_status status = px_row_unpack(packer, stored, &row, &err);

    px_assert(status == PX_OK || err.text[0] != '\0');
    if (status == PX_OK)
        px_assert(row.body.len <= PX_ROW_BYTES_MAX && row.seq_first <= row.seq_last);
}

static void round_trip(px_row_packer *packer, px_row_packer *other, px_row row)
{
    px_row_stored stored;
    px_row back;

    row.format = 1;
    if (px_row_pack(packer, &row, &stored, NULL) != PX_OK)
        return;
    px_assert(px_row_unpack(other, &stored, &back, NULL) == PX_OK);
    px_assert(px_str_eq(back.body, row.body) && back.seq_last == row.seq_last &&
              back.time == row.time);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_cut cut = px_cut_of(px_str_of((const char *)data, size));
    uint8_t mode = px_get_u8(&cut);
    px_row_stored stored = stored_of(&cut);
    px_row_packer *packer = NULL, *other = NULL;

    if (cut.bad || px_row_packer_new(&packer, NULL) != PX_OK)
        return 0;
    px_assert(px_row_packer_new(&other, NULL) == PX_OK);
    if (mode % 3 == 1)
        stored.crc32c = px_row_crc32c(&stored.head);
    if (mode % 3 == 2)
        round_trip(packer, other, stored.head);
    else
        unpack(packer, &stored);
    px_row_packer_free(packer);
    px_row_packer_free(other);
    return 0;
}
