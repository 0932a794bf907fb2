/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block   = format(1) crc32c(head) crc32c(body) varint(head bytes) head body
 * head    = varint(rows) zigzag(first time) varint(last - first) varint(smallest position)
 *           varint(largest - smallest) varint(bytes of times) varint(positions) varint(arrivals)
 *           varint(flags) varint(columns) columns
 * column  = varint(model) varint(field) varint(cells) varint(count) kind [stats] varint(bytes)
 * kind    = 0 not numeric, else NUMERIC | EXACT | ONE
 * stats   = first [last min max] [sum]     ONE: all numbers are the first; EXACT: sum is 128 bits
 *           zigzag and an exponent (with ONE: first x count, not written), else 8 bytes of a double
 * body    = times positions arrivals flags columns, each as long as the head says
 * times   = stream(rows: offsets from the first time)
 * positions = stream(rows: offsets from the smallest)
 * arrivals = stream(rows: arrival - time)
 * flags   = stream(rows) and, where some are flagged PX_FIELD_AHEAD, stream(those: source - time)
 * a column's bytes = presence column (column.c); presence = one byte: all rows, the rows of the
 *           column before, or stream(cells: rows)
 *
 * The first check covers the format byte and the head, the second the body. A block of hostile
 * bytes costs at most the memory of its rows: every count is bounded before anything is made.
 */
#include "history/block.h"

#include "base/crc32c.h"
#include "history/column.h"
#include "history/ints.h"

enum { FORMAT = 1, NUMERIC = 1, EXACT = 2, ONE = 4, KINDS = 7 };
enum { CHECKS_AT = 1, HEAD_AT = 9, FIELD_AHEAD = 1, WIDE_BYTES = 19 };
enum { ALL_ROWS = 0, AS_BEFORE = 1, SOME_ROWS = 2 }; /* presence of a column's cells */

/* ---- numbers of the head ---- */

static void put_num(px_buf *buf, px_num num)
{
    px_put_value(buf, px_value_num(num));
}

static px_num get_num(px_cut *cut)
{
    px_value v = px_get_value(cut);

    cut->bad = cut->bad || v.kind != PX_VALUE_NUM;
    return v.num;
}

static void put_wide(px_buf *buf, px_wide v)
{
    __extension__ unsigned __int128 z =
        (__extension__(unsigned __int128) v << 1) ^ (__extension__(unsigned __int128)(v >> 127));

    for (; z >= 0x80; z >>= 7)
        px_put_u8(buf, (uint8_t)(z | 0x80));
    px_put_u8(buf, (uint8_t)z);
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

static bool is_one(const px_block_stats *s)
{
    return px_num_same(s->first, s->last) && px_num_same(s->first, s->min) &&
           px_num_same(s->first, s->max) &&
           (!s->exact || (!s->first.is_double && s->sum_exponent == s->first.exponent));
}

static void put_stats(px_buf *buf, const px_block_stats *s)
{
    bool one = s->numeric && is_one(s);

    px_put_varint(buf, s->model_no);
    px_put_varint(buf, s->field);
    px_put_varint(buf, s->cells);
    px_put_varint(buf, s->count);
    px_put_u8(buf, (uint8_t)(s->numeric ? NUMERIC | (s->exact ? EXACT : 0) | (one ? ONE : 0) : 0));
    if (!s->numeric)
        return;
    put_num(buf, s->first);
    if (!one) {
        put_num(buf, s->last);
        put_num(buf, s->min);
        put_num(buf, s->max);
    }
    if (!s->exact) {
        put_num(buf, px_num_double(s->sum_double));
    } else if (!one) {
        put_wide(buf, s->sum);
        px_put_u8(buf, (uint8_t)s->sum_exponent);
    }
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
    } else if (kind & ONE) {
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
    cut->bad = cut->bad || kind > KINDS || s->cells == 0;
    if (cut->bad || !(kind & NUMERIC))
        return;
    s->numeric = true;
    s->exact = kind & EXACT;
    s->first = s->last = s->min = s->max = get_num(cut);
    if (!(kind & ONE)) {
        s->last = get_num(cut);
        s->min = get_num(cut);
        s->max = get_num(cut);
    }
    get_sum(cut, kind, s);
}

/* ---- rows ---- */

static void put_flags(px_buf *buf, const px_rows *rows)
{
    int64_t numbers[PX_BLOCK_ROWS_MAX];
    uint32_t ahead = 0;

    for (uint32_t i = 0; i < rows->count; i++)
        numbers[i] = rows->flags[i];
    px_put_ints(buf, numbers, rows->count, PX_INTS_RUNS);
    for (uint32_t i = 0; i < rows->count; i++)
        if (rows->flags[i] & FIELD_AHEAD)
            numbers[ahead++] = (int64_t)((uint64_t)rows->sources[i] - (uint64_t)rows->times[i]);
    if (ahead > 0)
        px_put_ints(buf, numbers, ahead, PX_INTS_RUNS);
}

static void get_flags(px_cut *cut, px_rows *rows)
{
    int64_t numbers[PX_BLOCK_ROWS_MAX];
    uint32_t ahead = 0, at = 0;

    px_get_ints(cut, numbers, rows->count);
    for (uint32_t i = 0; i < rows->count; i++) {
        cut->bad = cut->bad || numbers[i] < 0 || numbers[i] > UINT8_MAX;
        rows->flags[i] = (uint8_t)numbers[i];
        rows->sources[i] = rows->times[i];
        ahead += rows->flags[i] & FIELD_AHEAD;
    }
    if (cut->bad || ahead == 0)
        return;
    px_get_ints(cut, numbers, ahead);
    for (uint32_t i = 0; i < rows->count; i++)
        if (rows->flags[i] & FIELD_AHEAD)
            rows->sources[i] = (int64_t)((uint64_t)rows->times[i] + (uint64_t)numbers[at++]);
}

/* An arrival is told by how long it took: where the source gave no time that is nothing. */
static void put_arrivals(px_buf *buf, const px_rows *rows)
{
    int64_t delays[PX_BLOCK_ROWS_MAX];

    for (uint32_t i = 0; i < rows->count; i++)
        delays[i] = (int64_t)((uint64_t)rows->arrivals[i] - (uint64_t)rows->times[i]);
    px_put_ints(buf, delays, rows->count, PX_INTS_DELTA | PX_INTS_RUNS | PX_INTS_SCALE);
}

static void put_presence(px_buf *buf, const px_cells *cells, const px_cells *before, uint32_t rows)
{
    int64_t at[PX_BLOCK_ROWS_MAX];

    if (cells->count == rows) {
        px_put_u8(buf, ALL_ROWS);
        return;
    }
    if (before && before->count == cells->count &&
        memcmp(before->rows, cells->rows, cells->count * sizeof(*cells->rows)) == 0) {
        px_put_u8(buf, AS_BEFORE);
        return;
    }
    for (uint32_t i = 0; i < cells->count; i++)
        at[i] = cells->rows[i];
    px_put_u8(buf, SOME_ROWS);
    px_put_ints(buf, at, cells->count, PX_INTS_DELTA | PX_INTS_DELTA2);
}

/* A cell holds when no later cell of its column stands at the same time. */
static void find_held(const px_rows *rows, const px_cells *cells, bool *ret_held)
{
    for (uint32_t i = 0; i < cells->count; i++)
        ret_held[i] =
            i + 1 == cells->count || rows->times[cells->rows[i]] != rows->times[cells->rows[i + 1]];
}

/* ---- encoding ---- */

static void put_column(px_buf *head, px_buf *body, const px_rows *rows, uint32_t index)
{
    const px_cells *cells = &rows->columns[index];
    px_block_stats stats = { .model_no = cells->model_no, .field = cells->field };
    bool held[PX_BLOCK_ROWS_MAX];
    size_t start = body->len;

    px_assert(cells->count >= 1 && cells->count <= rows->count);
    find_held(rows, cells, held);
    px_column_stats(cells->values, held, cells->count, &stats);
    put_presence(body, cells, index > 0 ? cells - 1 : NULL, rows->count);
    px_put_column(body, cells->values, cells->count);
    put_stats(head, &stats);
    px_put_varint(head, body->len - start);
}

/* Offsets from a number of the head, so that it is not written twice. */
static void put_from(px_buf *buf, const int64_t *numbers, uint32_t count, int64_t base,
                     unsigned tries)
{
    int64_t offsets[PX_BLOCK_ROWS_MAX];

    for (uint32_t i = 0; i < count; i++)
        offsets[i] = (int64_t)((uint64_t)numbers[i] - (uint64_t)base);
    px_put_ints(buf, offsets, count, tries);
}

static void put_head_of_rows(px_buf *head, px_buf *body, const px_rows *rows)
{
    int64_t min = rows->seqs[0], max = rows->seqs[0];
    size_t ends[4];

    for (uint32_t i = 1; i < rows->count; i++) {
        min = rows->seqs[i] < min ? rows->seqs[i] : min;
        max = rows->seqs[i] > max ? rows->seqs[i] : max;
    }
    put_from(body, rows->times, rows->count, rows->times[0],
             PX_INTS_DELTA | PX_INTS_DELTA2 | PX_INTS_SCALE | PX_INTS_RUNS);
    ends[0] = body->len;
    put_from(body, rows->seqs, rows->count, min, PX_INTS_DELTA | PX_INTS_RUNS);
    ends[1] = body->len;
    put_arrivals(body, rows);
    ends[2] = body->len;
    put_flags(body, rows);
    ends[3] = body->len;

    px_put_varint(head, rows->count);
    px_put_zigzag(head, rows->times[0]);
    px_put_varint(head, (uint64_t)rows->times[rows->count - 1] - (uint64_t)rows->times[0]);
    px_put_varint(head, (uint64_t)min);
    px_put_varint(head, (uint64_t)(max - min));
    for (size_t i = 0; i < 4; i++)
        px_put_varint(head, ends[i] - (i > 0 ? ends[i - 1] : 0));
    px_put_varint(head, rows->column_count);
}

static void stick(px_buf *buf, const px_buf *part)
{
    if (part->status != PX_OK && buf->status == PX_OK)
        buf->status = part->status;
}

void px_block_encode(px_buf *buf, const px_rows *rows)
{
    px_buf head = { 0 }, body = { 0 };
    const uint8_t format = FORMAT;
    uint32_t crc;

    px_assert(rows->count >= 1 && rows->count <= PX_BLOCK_ROWS_MAX);
    put_head_of_rows(&head, &body, rows);
    for (uint32_t i = 0; i < rows->column_count; i++)
        put_column(&head, &body, rows, i);
    stick(buf, &head);
    stick(buf, &body);
    px_put_u8(buf, format);
    crc = px_crc32c(0, px_str_of((const char *)&format, 1));
    px_put_u32(buf, px_crc32c(crc, px_buf_str(&head)));
    px_put_u32(buf, px_crc32c(0, px_buf_str(&body)));
    px_put_block(buf, px_buf_str(&head));
    px_put(buf, px_buf_str(&body));
    px_buf_release(&head);
    px_buf_release(&body);
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
    const uint8_t format = FORMAT;

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
    if (!cut.bad && format > FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "block.format",
                          "a block of history has format %u: a newer release wrote it", format);
    if (cut.bad || format != FORMAT || check_of_head(head) != check)
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

    px_get_bytes(&cut, CHECKS_AT + 4);
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
    while (how == AS_BEFORE && from > 0 && block->columns[from - 1].cells == count) {
        cut = px_cut_of(block->bodies[--from]);
        how = px_get_u8(&cut);
    }
    if (how == ALL_ROWS && count == block->rows) {
        for (uint32_t i = 0; i < count; i++)
            ret_rows[i] = (uint16_t)i;
        return;
    }
    cut.bad = cut.bad || how != SOME_ROWS;
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
