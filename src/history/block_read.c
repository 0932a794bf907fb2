/* SPDX-License-Identifier: Apache-2.0 */
/* A block back into rows. Every count is bounded before anything is made of it, so a block of
 * hostile bytes costs at most the memory of its rows. */
#include "base/crc32c.h"
#include "history/block_bytes.h"
#include "history/column.h"
#include "history/ints.h"

enum { WIDE_BYTES = 19 };

/* ---- numbers of the head ---- */

static px_num get_num(px_cut *cut)
{
    px_value v = px_get_value(cut);

    cut->bad = cut->bad || v.kind != PX_VALUE_NUM;
    return v.num;
}

static px_wide get_wide(px_cut *cut)
{
    __extension__ unsigned __int128 z = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        byte = px_get_u8(cut);
        z |= (__extension__(unsigned __int128)(byte & 0x7F)) << shift;
        shift += 7;
    } while (byte & 0x80 && shift < WIDE_BYTES * 7);
    cut->bad = cut->bad || byte & 0x80;
    return (px_wide)(z >> 1) ^ -(px_wide)(z & 1);
}

static uint32_t get_u32(px_cut *cut, uint64_t most)
{
    uint64_t v = px_get_varint(cut);

    cut->bad = cut->bad || v > most;
    return cut->bad ? 0 : (uint32_t)v;
}

static void get_sum(px_cut *cut, unsigned kind, px_block_stats *s)
{
    if (!s->exact) {
        s->sum_double = px_num_to_double(get_num(cut));
    } else if (kind & PX_BLOCK_ONE) {
        s->sum = (px_wide)s->first.mantissa * s->count;
        s->sum_exponent = s->first.exponent;
    } else {
        s->sum = get_wide(cut);
        s->sum_exponent = (int8_t)px_get_u8(cut);
    }
}

static void get_stats(px_cut *cut, uint32_t rows, px_block_stats *s)
{
    unsigned kind;

    s->model_no = get_u32(cut, UINT32_MAX);
    s->field = get_u32(cut, UINT32_MAX);
    s->cells = get_u32(cut, rows);
    s->count = get_u32(cut, s->cells);
    kind = px_get_u8(cut);
    cut->bad = cut->bad || kind > PX_BLOCK_KINDS || s->cells == 0;
    if (cut->bad || !(kind & PX_BLOCK_NUMERIC))
        return;
    s->numeric = true;
    s->exact = kind & PX_BLOCK_EXACT;
    s->first = s->last = s->min = s->max = get_num(cut);
    if (!(kind & PX_BLOCK_ONE)) {
        s->last = get_num(cut);
        s->min = get_num(cut);
        s->max = get_num(cut);
    }
    get_sum(cut, kind, s);
}

/* ---- rows ---- */

static void get_flags(px_cut *cut, px_rows *rows)
{
    int64_t numbers[PX_BLOCK_ROWS_MAX];
    uint32_t ahead = 0, at = 0;

    px_get_ints(cut, numbers, rows->count);
    for (uint32_t i = 0; i < rows->count; i++) {
        cut->bad = cut->bad || numbers[i] < 0 || numbers[i] > UINT8_MAX;
        rows->flags[i] = (uint8_t)numbers[i];
        rows->sources[i] = rows->times[i];
        ahead += rows->flags[i] & PX_BLOCK_AHEAD;
    }
    if (cut->bad || ahead == 0)
        return;
    px_get_ints(cut, numbers, ahead);
    for (uint32_t i = 0; i < rows->count; i++)
        if (rows->flags[i] & PX_BLOCK_AHEAD)
            rows->sources[i] = (int64_t)((uint64_t)rows->times[i] + (uint64_t)numbers[at++]);
}

/* ---- decoding ---- */

static px_status corrupt(px_err *ret_err, const char *what)
{
    return px_fail_id(ret_err, PX_CORRUPT, "block.head", "a block of history is damaged: %s", what);
}

static px_status read_columns(px_cut *cut, px_cut *body, px_arena *arena, px_block *block,
                              px_err *ret_err)
{
    block->columns = PX_ARENA_ARRAY(arena, px_block_stats, block->column_count);
    block->bodies = PX_ARENA_ARRAY(arena, px_str, block->column_count);
    if (block->column_count > 0 && (!block->columns || !block->bodies))
        return px_arena_fail(arena, ret_err);
    for (uint32_t i = 0; i < block->column_count && !cut->bad; i++) {
        px_block_stats *s = &block->columns[i];

        get_stats(cut, block->rows, s);
        block->bodies[i] = px_get_bytes(body, get_u32(cut, PX_BLOCK_BYTES_MAX));
        if (i > 0 && (s->model_no < s[-1].model_no ||
                      (s->model_no == s[-1].model_no && s->field <= s[-1].field)))
            cut->bad = true;
    }
    return PX_OK;
}

static px_status read_head(px_str head, px_str bytes, px_arena *arena, px_block *block,
                           px_err *ret_err)
{
    px_cut cut = px_cut_of(head), body = px_cut_of(bytes);
    uint32_t sizes[4];

    block->rows = get_u32(&cut, PX_BLOCK_ROWS_MAX);
    block->first = px_get_zigzag(&cut);
    block->last = (px_time)((uint64_t)block->first + px_get_varint(&cut));
    block->seq_min = px_get_varint(&cut);
    block->seq_max = block->seq_min + px_get_varint(&cut);
    for (size_t i = 0; i < 4; i++)
        sizes[i] = get_u32(&cut, PX_BLOCK_BYTES_MAX);
    block->column_count = get_u32(&cut, PX_BLOCK_COLUMNS_MAX);
    /* a column has at least six bytes of head */
    if (cut.bad || block->rows == 0 || block->last < block->first ||
        block->column_count > px_cut_left(&cut) / 6)
        return corrupt(ret_err, "its head is malformed");
    block->times = px_get_bytes(&body, sizes[0]);
    block->seqs = px_get_bytes(&body, sizes[1]);
    block->arrivals = px_get_bytes(&body, sizes[2]);
    block->flags = px_get_bytes(&body, sizes[3]);
    PX_TRY(read_columns(&cut, &body, arena, block, ret_err));
    if (cut.bad || body.bad || px_cut_left(&cut) != 0 || px_cut_left(&body) != 0)
        return corrupt(ret_err, "its head does not fit its bytes");
    return PX_OK;
}

static uint32_t check_of_head(px_str head)
{
    const uint8_t format = PX_BLOCK_FORMAT;

    return px_crc32c(px_crc32c(0, px_str_of((const char *)&format, 1)), head);
}

px_status px_block_open(px_str bytes, px_arena *arena, px_block *ret_block, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    px_block block = { 0 };
    uint8_t format = px_get_u8(&cut);
    uint32_t check = px_get_u32(&cut);
    px_str head;

    if (bytes.len > PX_BLOCK_BYTES_MAX)
        return corrupt(ret_err, "it is too large");
    px_get_u32(&cut); /* the body's, for px_block_rows_read */
    head = px_get_block(&cut);
    if (!cut.bad && format > PX_BLOCK_FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "block.format",
                          "a block of history has format %u: a newer release wrote it", format);
    if (cut.bad || format != PX_BLOCK_FORMAT || check_of_head(head) != check)
        return px_fail_id(ret_err, PX_CORRUPT, "block.check",
                          "a block of history is damaged: the check of its head fails");
    PX_TRY(read_head(head, px_str_of((const char *)cut.ptr, px_cut_left(&cut)), arena, &block,
                     ret_err));
    *ret_block = block;
    return PX_OK;
}

static px_status check_body(px_str bytes, const px_block *block, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    size_t at = (size_t)(block->times.ptr - bytes.ptr);
    uint32_t check;

    px_get_bytes(&cut, PX_BLOCK_CHECKS_AT + 4);
    check = px_get_u32(&cut);
    if (cut.bad || px_crc32c(0, px_str_skip(bytes, at)) != check)
        return px_fail_id(ret_err, PX_CORRUPT, "block.check",
                          "a block of history is damaged: the check of its body fails");
    return PX_OK;
}

static bool rows_in_order(const px_rows *rows, const px_block *block)
{
    if (rows->times[0] != block->first || rows->times[rows->count - 1] != block->last)
        return false;
    for (uint32_t i = 0; i < rows->count; i++) {
        if (rows->seqs[i] < 0)
            return false;
        if (i > 0 && (rows->times[i] < rows->times[i - 1] ||
                      (rows->times[i] == rows->times[i - 1] && rows->seqs[i] < rows->seqs[i - 1])))
            return false;
    }
    return true;
}

static bool get_all(px_str bytes, int64_t *ret, uint32_t count, uint64_t base)
{
    px_cut cut = px_cut_of(bytes);

    px_get_ints(&cut, ret, count);
    for (uint32_t i = 0; i < count; i++)
        ret[i] = (int64_t)((uint64_t)ret[i] + base);
    return !cut.bad && px_cut_left(&cut) == 0;
}

px_status px_block_rows_read(px_str bytes, const px_block *block, px_arena *arena,
                             px_rows *ret_rows, px_err *ret_err)
{
    px_rows rows = { .count = block->rows };
    px_cut flags = px_cut_of(block->flags);

    PX_TRY(check_body(bytes, block, ret_err));
    rows.times = PX_ARENA_ARRAY(arena, px_time, rows.count);
    rows.seqs = PX_ARENA_ARRAY(arena, int64_t, rows.count);
    rows.arrivals = PX_ARENA_ARRAY(arena, px_time, rows.count);
    rows.sources = PX_ARENA_ARRAY(arena, px_time, rows.count);
    rows.flags = PX_ARENA_ARRAY(arena, uint8_t, rows.count);
    if (!rows.times || !rows.seqs || !rows.arrivals || !rows.sources || !rows.flags)
        return px_arena_fail(arena, ret_err);
    if (!get_all(block->times, rows.times, rows.count, (uint64_t)block->first) ||
        !get_all(block->seqs, rows.seqs, rows.count, block->seq_min) ||
        !get_all(block->arrivals, rows.arrivals, rows.count, 0) || !rows_in_order(&rows, block))
        return corrupt(ret_err, "its rows are malformed");
    for (uint32_t i = 0; i < rows.count; i++)
        rows.arrivals[i] = (px_time)((uint64_t)rows.arrivals[i] + (uint64_t)rows.times[i]);
    get_flags(&flags, &rows);
    if (flags.bad || px_cut_left(&flags) != 0)
        return corrupt(ret_err, "its flags are malformed");
    *ret_rows = rows;
    return PX_OK;
}

/* Where the presence of a column is the one before's, that one's bytes tell it. */
static void get_presence(const px_block *block, uint32_t column, uint16_t *ret_rows,
                         px_cut *ret_cut)
{
    uint32_t count = block->columns[column].cells, from = column;
    int64_t at[PX_BLOCK_ROWS_MAX];
    px_cut cut = px_cut_of(block->bodies[column]);
    uint8_t how = px_get_u8(&cut);

    *ret_cut = cut;
    while (how == PX_BLOCK_AS_BEFORE && from > 0 && block->columns[from - 1].cells == count) {
        cut = px_cut_of(block->bodies[--from]);
        how = px_get_u8(&cut);
    }
    if (how == PX_BLOCK_ALL_ROWS && count == block->rows) {
        for (uint32_t i = 0; i < count; i++)
            ret_rows[i] = (uint16_t)i;
        return;
    }
    cut.bad = cut.bad || how != PX_BLOCK_SOME_ROWS;
    if (!cut.bad)
        px_get_ints(&cut, at, count);
    for (uint32_t i = 0; i < count && !cut.bad; i++) {
        cut.bad = at[i] < 0 || at[i] >= block->rows || (i > 0 && at[i] <= at[i - 1]);
        ret_rows[i] = cut.bad ? 0 : (uint16_t)at[i];
    }
    if (from == column)
        *ret_cut = cut;
    ret_cut->bad = ret_cut->bad || cut.bad;
}

px_status px_block_column_read(const px_block *block, uint32_t column, px_arena *arena,
                               px_cells *ret_cells, px_err *ret_err)
{
    const px_block_stats *s = &block->columns[column];
    px_cells cells = { .model_no = s->model_no, .field = s->field, .count = s->cells };
    px_cut cut;

    cells.rows = PX_ARENA_ARRAY(arena, uint16_t, cells.count);
    cells.values = PX_ARENA_ARRAY(arena, px_value, cells.count);
    if (!cells.rows || !cells.values)
        return px_arena_fail(arena, ret_err);
    get_presence(block, column, cells.rows, &cut);
    if (cut.bad)
        return corrupt(ret_err, "the rows of a column are malformed");
    PX_TRY(px_get_column(&cut, arena, cells.values, cells.count, ret_err));
    if (px_cut_left(&cut) != 0)
        return corrupt(ret_err, "a column is longer than its values");
    *ret_cells = cells;
    return PX_OK;
}
