/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open row = format(1) varint(levels) extents varint(rows) varint(bytes) varint(parts) parts
 * extent   = varint(blocks) and, unless that is 0, varint(first window) varint(last - first)
 *            zigzag(largest start)
 * part     = kind (0 open, 1 latest) varint(length) block
 */
#include "history/open_row.h"

enum { FORMAT = 1, KIND_OPEN = 0, KIND_LATEST = 1 };

void px_put_open_row(px_buf *buf, const px_open_row *row)
{
    px_put_u8(buf, FORMAT);
    px_put_varint(buf, PX_LEVELS);
    for (unsigned level = 0; level < PX_LEVELS; level++) {
        const px_extent *e = &row->extents[level];

        px_put_varint(buf, e->blocks);
        if (e->blocks == 0)
            continue;
        px_put_varint(buf, (uint64_t)e->window_first);
        px_put_varint(buf, (uint64_t)(e->window_last - e->window_first));
        px_put_zigzag(buf, e->start_last);
    }
    px_put_varint(buf, row->rows);
    px_put_varint(buf, row->bytes);
    px_put_varint(buf, row->part_count);
    for (uint32_t i = 0; i < row->part_count; i++) {
        px_put_u8(buf, row->parts[i].latest ? KIND_LATEST : KIND_OPEN);
        px_put_block(buf, row->parts[i].block);
    }
}

static void get_extents(px_cut *cut, px_open_row *row)
{
    uint64_t levels = px_get_varint(cut);

    cut->bad = cut->bad || levels > PX_LEVELS;
    for (uint64_t level = 0; level < levels && !cut->bad; level++) {
        px_extent *e = &row->extents[level];
        int64_t windows = (INT64_MAX >> PX_WINDOW_BITS) + 1;

        e->blocks = px_get_varint(cut);
        if (e->blocks == 0)
            continue;
        e->window_first = (int64_t)px_get_varint(cut);
        e->window_last = e->window_first + (int64_t)px_get_varint(cut);
        e->start_last = px_get_zigzag(cut);
        cut->bad = cut->bad || e->window_first < 0 || e->window_first >= windows ||
                   e->window_last < e->window_first || e->window_last >= windows;
    }
}

px_status px_open_row_read(px_str bytes, px_arena *arena, px_open_row *ret_row, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    px_open_row row = { 0 };
    uint64_t count;

    *ret_row = row;
    if (bytes.len == 0)
        return PX_OK;
    if (px_get_u8(&cut) != FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "block.open_format",
                          "an open block of history has format %u: a newer release wrote it",
                          (unsigned)(uint8_t)bytes.ptr[0]);
    get_extents(&cut, &row);
    row.rows = (uint32_t)px_get_varint(&cut);
    row.bytes = (uint32_t)px_get_varint(&cut);
    count = px_get_varint(&cut);
    if (cut.bad || count > px_cut_left(&cut) / 2)
        return px_fail_id(ret_err, PX_CORRUPT, "block.open", "an open block of history is damaged");
    row.parts = PX_ARENA_ARRAY(arena, px_open_part, count);
    if (count > 0 && !row.parts)
        return px_arena_fail(arena, ret_err);
    for (; row.part_count < count; row.part_count++) {
        uint8_t kind = px_get_u8(&cut);

        cut.bad = cut.bad || kind > KIND_LATEST;
        row.parts[row.part_count] = (px_open_part){ kind == KIND_LATEST, px_get_block(&cut) };
    }
    if (cut.bad || px_cut_left(&cut) != 0)
        return px_fail_id(ret_err, PX_CORRUPT, "block.open", "an open block of history is damaged");
    *ret_row = row;
    return PX_OK;
}
