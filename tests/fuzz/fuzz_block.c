/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of history from hostile bytes. The checks are made right first: behind them lies all the
 * rest. What reads whole is written again and must read the same. */
#include <stdlib.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "history/block.h"
#include "history/open_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 1 << 26, BLOCK_HEAD = 9 };

static void put_check(char *at, uint32_t check)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(check >> (8 * i));
}

static void mend(char *bytes, size_t size)
{
    px_cut cut = px_cut_of(px_str_of(bytes, size));
    px_str head;

    bytes[0] = 1;
    px_get_bytes(&cut, BLOCK_HEAD);
    head = px_get_block(&cut);
    if (cut.bad)
        return;
    put_check(bytes + 1, px_crc32c(px_crc32c(0, px_str_of(bytes, 1)), head));
    put_check(bytes + 5, px_crc32c(0, px_str_of((const char *)cut.ptr, px_cut_left(&cut))));
}

static bool read_block(px_str bytes, px_arena *arena, px_rows *ret_rows)
{
    px_block block;

    if (px_block_open(bytes, arena, &block, NULL) != PX_OK ||
        px_block_rows_read(bytes, &block, arena, ret_rows, NULL) != PX_OK)
        return false;
    ret_rows->columns = PX_ARENA_ARRAY(arena, px_cells, block.column_count);
    if (!ret_rows->columns)
        return false;
    for (; ret_rows->column_count < block.column_count; ret_rows->column_count++)
        if (px_block_column_read(&block, ret_rows->column_count, arena,
                                 &ret_rows->columns[ret_rows->column_count], NULL) != PX_OK)
            return false;
    return true;
}

static bool same(const px_rows *a, const px_rows *b)
{
    if (a->count != b->count || a->column_count != b->column_count ||
        memcmp(a->times, b->times, a->count * sizeof(*a->times)) != 0 ||
        memcmp(a->seqs, b->seqs, a->count * sizeof(*a->seqs)) != 0 ||
        memcmp(a->arrivals, b->arrivals, a->count * sizeof(*a->arrivals)) != 0 ||
        memcmp(a->sources, b->sources, a->count * sizeof(*a->sources)) != 0 ||
        memcmp(a->flags, b->flags, a->count) != 0)
        return false;
    for (uint32_t c = 0; c < a->column_count; c++)
        for (uint32_t i = 0; i < a->columns[c].count; i++)
            if (a->columns[c].rows[i] != b->columns[c].rows[i] ||
                !px_value_same(a->columns[c].values[i], b->columns[c].values[i]))
                return false;
    return true;
}

/* The same bytes as an open row: what it says is within its bounds. */
static void read_open_row(px_str bytes)
{
    PX_AUTO_ARENA arena = { 0 };
    px_open_row row;

    px_arena_init(&arena, MEMORY);
    if (px_open_row_read(bytes, &arena, &row, NULL) != PX_OK)
        return;
    for (unsigned level = 0; level < PX_LEVELS; level++)
        if (row.extents[level].window_last < row.extents[level].window_first)
            abort();
    for (uint32_t i = 0; i < row.part_count; i++)
        if (row.parts[i].block.len > bytes.len)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PX_AUTO_ARENA arena = { 0 };
    px_rows rows = { 0 }, again = { 0 };
    px_buf buf = { 0 };
    char *bytes;

    px_arena_init(&arena, MEMORY);
    if (size < BLOCK_HEAD || size > 1 << 16)
        return 0;
    bytes = px_alloc(size); /* of its own, so that a read past it is seen */
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    read_open_row(px_str_of(bytes, size));
    mend(bytes, size);
    if (!read_block(px_str_of(bytes, size), &arena, &rows)) {
        px_free(bytes);
        return 0;
    }
    px_block_encode(&buf, &rows);
    if (buf.status == PX_OK && buf.len <= PX_BLOCK_BYTES_MAX &&
        (!read_block(px_buf_str(&buf), &arena, &again) || !same(&rows, &again)) &&
        arena.used < MEMORY / 4)
        abort();
    px_buf_release(&buf);
    px_free(bytes);
    return 0;
}
