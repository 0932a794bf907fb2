/* SPDX-License-Identifier: Apache-2.0 */
/* Rows into a block: the body first, the head with what it says of the body, the checks. */
#include "base/crc32c.h"
#include "history/block_bytes.h"
#include "history/column.h"
#include "history/ints.h"

/* ---- numbers of the head ---- */

static void put_num(px_buf *buf, px_num num)
{
    px_put_value(buf, px_value_num(num));
}

static void put_wide(px_buf *buf, px_wide v)
{
    __extension__ unsigned __int128 z =
        (__extension__(unsigned __int128) v << 1) ^ (__extension__(unsigned __int128)(v >> 127));

    for (; z >= 0x80; z >>= 7)
        px_put_u8(buf, (uint8_t)(z | 0x80));
    px_put_u8(buf, (uint8_t)z);
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
    px_put_u8(buf, (uint8_t)(s->numeric ? PX_BLOCK_NUMERIC | (s->exact ? PX_BLOCK_EXACT : 0) |
                                              (one ? PX_BLOCK_ONE : 0)
                                        : 0));
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

/* ---- rows ---- */

static void put_flags(px_buf *buf, const px_rows *rows)
{
    int64_t numbers[PX_BLOCK_ROWS_MAX];
    uint32_t ahead = 0;

    for (uint32_t i = 0; i < rows->count; i++)
        numbers[i] = rows->flags[i];
    px_put_ints(buf, numbers, rows->count, PX_INTS_RUNS);
    for (uint32_t i = 0; i < rows->count; i++)
        if (rows->flags[i] & PX_BLOCK_AHEAD)
            numbers[ahead++] = (int64_t)((uint64_t)rows->sources[i] - (uint64_t)rows->times[i]);
    if (ahead > 0)
        px_put_ints(buf, numbers, ahead, PX_INTS_RUNS);
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
        px_put_u8(buf, PX_BLOCK_ALL_ROWS);
        return;
    }
    if (before && before->count == cells->count &&
        memcmp(before->rows, cells->rows, cells->count * sizeof(*cells->rows)) == 0) {
        px_put_u8(buf, PX_BLOCK_AS_BEFORE);
        return;
    }
    for (uint32_t i = 0; i < cells->count; i++)
        at[i] = cells->rows[i];
    px_put_u8(buf, PX_BLOCK_SOME_ROWS);
    px_put_ints(buf, at, cells->count, PX_INTS_DELTA | PX_INTS_DELTA2);
}

/* A cell holds when no later cell of its column speaks of the same moment. What arrived and what
 * was told for a time may alternate, so the next of either kind is remembered. */
static void find_held(const px_rows *rows, const px_cells *cells, bool *ret_held)
{
    uint32_t next[2] = { cells->count, cells->count };

    for (uint32_t i = cells->count; i-- > 0;) {
        uint32_t row = cells->rows[i];
        uint64_t moment = px_row_moment(rows->flags[row], rows->seqs[row]);
        uint32_t *later = &next[moment > 0];

        ret_held[i] = *later == cells->count ||
                      rows->times[cells->rows[*later]] != rows->times[row] ||
                      (moment > 0 && (uint64_t)rows->seqs[cells->rows[*later]] != moment);
        *later = i;
    }
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
    const uint8_t format = PX_BLOCK_FORMAT;
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
