/* SPDX-License-Identifier: Apache-2.0 */
#include "rows_gen.h"

#include "base/crc32c.h"
#include "base/mem.h"
#include "journal/event.h"

px_rows test_rows_new(px_arena *arena, uint32_t rows, uint32_t columns, uint32_t cells)
{
    px_rows r = { .count = rows, .column_count = columns };

    r.times = PX_ARENA_ARRAY(arena, px_time, rows);
    r.seqs = PX_ARENA_ARRAY(arena, int64_t, rows);
    r.arrivals = PX_ARENA_ARRAY(arena, px_time, rows);
    r.sources = PX_ARENA_ARRAY(arena, px_time, rows);
    r.flags = PX_ARENA_ARRAY(arena, uint8_t, rows);
    r.columns = PX_ARENA_ARRAY(arena, px_cells, columns);
    for (uint32_t i = 0; i < columns; i++)
        r.columns[i] = (px_cells){ .model_no = 1,
                                   .field = i,
                                   .count = cells,
                                   .rows = PX_ARENA_ARRAY(arena, uint16_t, cells),
                                   .values = PX_ARENA_ARRAY(arena, px_value, cells) };
    return r;
}

static px_num any_decimal(px_gen *gen, uint64_t shape)
{
    switch (shape) {
    case 0:
        return (px_num){ .mantissa = (int64_t)px_gen_below(gen, 4000) - 2000, .exponent = -2 };
    case 1: { /* trailing zeros dropped, as printers do */
        px_num n = { .mantissa = (int64_t)px_gen_below(gen, 400000), .exponent = -4 };

        while (n.exponent < -1 && n.mantissa % 10 == 0) {
            n.mantissa /= 10;
            n.exponent++;
        }
        return n;
    }
    case 2: /* three digits at any magnitude */
        return (px_num){ .mantissa = (int64_t)px_gen_below(gen, 1000),
                         .exponent = (int8_t)-px_gen_below(gen, 12) };
    default:
        return (px_num){ .mantissa = (int64_t)px_gen_u64(gen),
                         .exponent = (int8_t)px_gen_u64(gen) };
    }
}

static px_value any_text(px_gen *gen, px_arena *arena)
{
    static const char *const states[] = { "running", "starved", "blocked", "down", "" };
    char raw[400];
    size_t len = px_gen_below(gen, sizeof(raw));

    if (px_gen_below(gen, 8))
        return px_value_text(px_str_c(states[px_gen_below(gen, 5)]));
    for (size_t i = 0; i < len; i++)
        raw[i] = (char)('a' + px_gen_below(gen, 26));
    return px_value_text(px_arena_str(arena, px_str_of(raw, len)));
}

static px_value any_cell(px_gen *gen, px_arena *arena, uint64_t shape)
{
    double d = (double)(int64_t)px_gen_u64(gen) / 3e10;

    switch (shape) {
    case 0:
    case 1:
    case 2:
    case 3:
        return px_value_num(any_decimal(gen, shape));
    case 4:
        return px_value_num(px_num_double(d));
    case 5:
        return px_value_bool(px_gen_below(gen, 3) == 0);
    case 6:
        return any_text(gen, arena);
    case 7:
        return px_value_json(px_gen_below(gen, 2) ? PX_STR("{\"a\":[1,2.50]}") : PX_STR("[]"));
    case 8:
        return (px_value){ 0 };
    default:
        return any_cell(gen, arena, px_gen_below(gen, 9));
    }
}

static void any_column(px_gen *gen, px_arena *arena, px_rows *rows, px_cells *cells)
{
    uint64_t shape = px_gen_below(gen, 10), density = px_gen_below(gen, 4);

    if (cells > rows->columns && px_gen_below(gen, 3) == 0) { /* present as the one before */
        cells->count = cells[-1].count;
        memcpy(cells->rows, cells[-1].rows, cells->count * sizeof(*cells->rows));
    } else {
        for (uint32_t r = 0; r < rows->count; r++)
            if (density == 0 || px_gen_below(gen, density + 1) == 0)
                cells->rows[cells->count++] = (uint16_t)r;
        if (cells->count == 0)
            cells->rows[cells->count++] = (uint16_t)px_gen_below(gen, rows->count);
    }
    for (uint32_t i = 0; i < cells->count; i++)
        cells->values[i] = any_cell(gen, arena, shape);
}

px_rows test_rows_any(px_gen *gen, px_arena *arena, uint32_t most)
{
    uint32_t count = 1 + (uint32_t)px_gen_below(gen, most);
    px_rows rows = test_rows_new(arena, count, 1 + (uint32_t)px_gen_below(gen, 8), count);
    uint64_t clock = px_gen_below(gen, 3);
    px_time time = INT64_C(1583748873000000000);

    for (uint32_t i = 0; i < count; i++) {
        rows.times[i] = rows.sources[i] = time;
        rows.seqs[i] = 100 + (i > 0 && rows.times[i] == rows.times[i - 1]
                                  ? rows.seqs[i - 1] - 100 + (int64_t)px_gen_below(gen, 3)
                                  : (int64_t)px_gen_below(gen, 1 << 30));
        rows.arrivals[i] = time + (int64_t)px_gen_below(gen, 5000000);
        if (px_gen_below(gen, 20) == 0) {
            rows.flags[i] = PX_FIELD_AHEAD;
            rows.sources[i] = time + (int64_t)px_gen_below(gen, UINT64_C(1) << 50);
        }
        time += px_gen_below(gen, 10) == 0 ? 0
                : clock == 0               ? PX_SECOND
                : clock == 1               ? (int64_t)px_gen_below(gen, 5) * 100000000
                                           : (int64_t)px_gen_u64(gen) >> 20 & 0xFFFFFFFFFF;
    }
    for (uint32_t i = 0; i < rows.column_count; i++) {
        rows.columns[i].model_no = 1 + i / 5;
        rows.columns[i].field = i * 3;
        rows.columns[i].count = 0;
        any_column(gen, arena, &rows, &rows.columns[i]);
    }
    return rows;
}

px_rows test_rows_read(px_str bytes, px_arena *arena, px_block *ret_block)
{
    px_block block;
    px_rows rows;
    px_err err;

    CHECK_OK(px_block_open(bytes, arena, &block, &err), &err);
    CHECK_OK(px_block_rows_read(bytes, &block, arena, &rows, &err), &err);
    rows.column_count = block.column_count;
    rows.columns = PX_ARENA_ARRAY(arena, px_cells, block.column_count);
    for (uint32_t i = 0; i < block.column_count; i++)
        CHECK_OK(px_block_column_read(&block, i, arena, &rows.columns[i], &err), &err);
    if (ret_block)
        *ret_block = block;
    return rows;
}

px_rows test_rows_there_and_back(const px_rows *rows, px_arena *arena, px_block *ret_block)
{
    px_buf buf = { 0 };
    px_str bytes;

    px_block_encode(&buf, rows);
    CHECK_EQ(buf.status, PX_OK);
    bytes = px_arena_str(arena, px_buf_str(&buf));
    CHECK(bytes.ptr != NULL);
    px_buf_release(&buf);
    return test_rows_read(bytes, arena, ret_block);
}

void test_rows_equal(const px_rows *got, const px_rows *wanted)
{
    CHECK_EQ(got->count, wanted->count);
    CHECK_EQ(got->column_count, wanted->column_count);
    for (uint32_t i = 0; i < got->count; i++) {
        CHECK_EQ(got->times[i], wanted->times[i]);
        CHECK_EQ(got->seqs[i], wanted->seqs[i]);
        CHECK_EQ(got->arrivals[i], wanted->arrivals[i]);
        CHECK_EQ(got->flags[i], wanted->flags[i]);
        CHECK_EQ(got->sources[i], wanted->sources[i]);
    }
    for (uint32_t c = 0; c < got->column_count; c++) {
        const px_cells *g = &got->columns[c], *w = &wanted->columns[c];

        CHECK_EQ(g->model_no, w->model_no);
        CHECK_EQ(g->field, w->field);
        CHECK_EQ(g->count, w->count);
        for (uint32_t i = 0; i < g->count; i++) {
            CHECK_EQ(g->rows[i], w->rows[i]);
            CHECK(px_value_same(g->values[i], w->values[i]));
        }
    }
}

static void stats_equal(const px_block_stats *s, const px_rows *rows, const px_cells *cells)
{
    uint32_t count = 0, numbers = 0;
    px_num min = { 0 }, max = { 0 }, first = { 0 }, last = { 0 };

    for (uint32_t i = 0; i < cells->count; i++) {
        const px_value *v = &cells->values[i];

        if (i + 1 < cells->count && rows->times[cells->rows[i]] == rows->times[cells->rows[i + 1]])
            continue;
        count += v->kind != PX_VALUE_NONE;
        if (v->kind != PX_VALUE_NUM)
            continue;
        if (numbers++ == 0)
            first = min = max = v->num;
        last = v->num;
        min = px_num_cmp(v->num, min) < 0 ? v->num : min;
        max = px_num_cmp(v->num, max) > 0 ? v->num : max;
    }
    CHECK_EQ(s->cells, cells->count);
    CHECK_EQ(s->count, count);
    CHECK_EQ(s->numeric, numbers > 0 && numbers == count);
    if (!s->numeric)
        return;
    CHECK(px_num_same(s->first, first));
    CHECK(px_num_same(s->last, last));
    CHECK_EQ(px_num_cmp(s->min, min), 0);
    CHECK_EQ(px_num_cmp(s->max, max), 0);
}

void test_block_stats_equal(const px_block *block, const px_rows *rows)
{
    for (uint32_t i = 0; i < rows->column_count; i++)
        stats_equal(&block->columns[i], rows, &rows->columns[i]);
}

static void put_check(char *at, uint32_t check)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(check >> (8 * i));
}

void test_block_mend_checks(px_buf *block)
{
    px_cut cut = px_cut_of(px_buf_str(block));
    px_str head;

    px_get_bytes(&cut, 9);
    head = px_get_block(&cut);
    if (cut.bad)
        return;
    put_check(block->ptr + 1, px_crc32c(px_crc32c(0, px_str_of(block->ptr, 1)), head));
    put_check(block->ptr + 5, px_crc32c(0, px_str_of((const char *)cut.ptr, px_cut_left(&cut))));
}

void test_block_read_all(px_str bytes)
{
    PX_AUTO_ARENA arena = { 0 };
    px_block block;
    px_rows rows;

    px_arena_init(&arena, 1 << 24);
    if (px_block_open(bytes, &arena, &block, NULL) != PX_OK ||
        px_block_rows_read(bytes, &block, &arena, &rows, NULL) != PX_OK)
        return;
    for (uint32_t i = 0; i < block.column_count; i++) {
        px_cells cells;

        if (px_block_column_read(&block, i, &arena, &cells, NULL) == PX_OK)
            for (uint32_t k = 0; k < cells.count; k++)
                CHECK(cells.rows[k] < rows.count);
    }
}
