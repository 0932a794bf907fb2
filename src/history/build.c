/* SPDX-License-Identifier: Apache-2.0 */
#include "history/build.h"

#include <stdlib.h>

enum { ROW_BYTES = 16, CELL_BYTES = 5 }; /* raw, about */
enum { LATEST_TEXT_LONG = 4096, LATEST_TEXT_SHORT = 32, LATEST_BYTES_MUCH = 256 * 1024 };

void px_build_release(px_build *build)
{
    PX_VEC_RELEASE(&build->rows);
    PX_VEC_RELEASE(&build->cells);
    *build = (px_build){ 0 };
}

void px_build_clear(px_build *build)
{
    build->rows.len = build->cells.len = 0;
    build->unsorted = false;
}

static bool add_row(px_build *build, px_build_row row)
{
    if (build->rows.len > 0 && (row.time < build->last_time ||
                                (row.time == build->last_time && row.seq < build->last_seq)))
        build->unsorted = true;
    build->last_time = row.time;
    build->last_seq = row.seq;
    row.order = (uint32_t)build->rows.len;
    return PX_VEC_PUSH(&build->rows, row);
}

px_status px_build_add_raw(px_build *build, px_str raw, px_raw_base base, uint64_t after_seq,
                           px_err *ret_err)
{
    const uint8_t *at = (const uint8_t *)raw.ptr, *end = at + raw.len;

    while (raw.len > 0 && at < end) {
        const uint8_t *start = at;
        px_build_row row;
        px_raw_head head;
        bool known;

        at = px_raw_head_read(at, &base, &head);
        known = (uint64_t)head.seq <= after_seq; /* the store has it already */
        row = (px_build_row){ .time = head.time,
                              .seq = head.seq,
                              .arrival = head.arrival,
                              .source = head.source,
                              .flags = head.flags,
                              .cell_first = (uint32_t)build->cells.len,
                              .cell_count = head.cells };
        if (!PX_VEC_RESERVE(&build->cells, build->cells.len + head.cells))
            return px_no_memory(ret_err);
        for (uint32_t i = 0; i < head.cells; i++) {
            px_build_cell *cell = &build->cells.ptr[row.cell_first + i];

            cell->model_no = head.model_no;
            at = px_raw_cell_read(at, &cell->field, &cell->value);
        }
        row.bytes = (uint32_t)(at - start);
        if (known)
            continue;
        if (!add_row(build, row))
            return px_no_memory(ret_err);
        build->cells.len += head.cells;
    }
    return PX_OK;
}

/* Cells of a block come by column and are wanted by row: counted, placed, filled. The rows from
 * `row_first` to `row_end` of the block stand at `first` in the build. */
static px_status transpose(px_build *build, size_t first, uint32_t row_first, uint32_t row_end,
                           const px_rows *rows, px_err *ret_err)
{
    size_t total = build->cells.len;

    for (uint32_t c = 0; c < rows->column_count; c++)
        for (uint32_t i = 0; i < rows->columns[c].count; i++) {
            uint32_t r = rows->columns[c].rows[i];

            if (r >= row_first && r < row_end)
                build->rows.ptr[first + r - row_first].cell_count++;
        }
    for (size_t r = first; r < build->rows.len; r++) {
        px_build_row *row = &build->rows.ptr[r];

        row->cell_first = (uint32_t)total;
        total += row->cell_count;
        row->cell_count = 0;
    }
    if (!PX_VEC_RESERVE(&build->cells, total))
        return px_no_memory(ret_err);
    build->cells.len = total;
    for (uint32_t c = 0; c < rows->column_count; c++) {
        const px_cells *column = &rows->columns[c];

        for (uint32_t i = 0; i < column->count; i++) {
            uint32_t r = column->rows[i];
            px_build_row *row;

            if (r < row_first || r >= row_end)
                continue;
            row = &build->rows.ptr[first + r - row_first];
            build->cells.ptr[row->cell_first + row->cell_count++] = (px_build_cell){
                .model_no = column->model_no, .field = column->field, .value = column->values[i]
            };
            row->bytes += CELL_BYTES + (uint32_t)column->values[i].text.len;
        }
    }
    return PX_OK;
}

px_status px_build_add_part(px_build *build, px_str block_bytes, const px_block *block,
                            const px_build_part *part, px_arena *arena, px_err *ret_err)
{
    size_t first = build->rows.len;
    uint32_t row_first = 0, row_end = block->rows;
    px_rows rows;

    PX_TRY(px_block_rows_read(block_bytes, block, arena, &rows, ret_err));
    while (row_first < row_end && part->from != PX_TIME_NONE && rows.times[row_first] < part->from)
        row_first++;
    while (row_end > row_first && part->to != PX_TIME_NONE && rows.times[row_end - 1] >= part->to)
        row_end--;
    rows.columns = PX_ARENA_ARRAY(arena, px_cells, block->column_count);
    if (!rows.columns)
        return px_arena_fail(arena, ret_err);
    for (uint32_t c = 0; c < block->column_count && row_first < row_end; c++)
        if (!part->columns || part->columns[c])
            PX_TRY(
                px_block_column_read(block, c, arena, &rows.columns[rows.column_count++], ret_err));
    for (uint32_t i = row_first; i < row_end; i++)
        if (!add_row(build, (px_build_row){ .time = rows.times[i],
                                            .seq = rows.seqs[i],
                                            .arrival = rows.arrivals[i],
                                            .source = rows.sources[i],
                                            .flags = rows.flags[i],
                                            .bytes = ROW_BYTES }))
            return px_no_memory(ret_err);
    return transpose(build, first, row_first, row_end, &rows, ret_err);
}

px_status px_build_add_block(px_build *build, px_str block_bytes, px_arena *arena, px_err *ret_err)
{
    px_block block;

    PX_TRY(px_block_open(block_bytes, arena, &block, ret_err));
    return px_build_add_part(build, block_bytes, &block,
                             &(px_build_part){ .from = PX_TIME_NONE, .to = PX_TIME_NONE }, arena,
                             ret_err);
}

static int cmp_rows(const void *a, const void *b)
{
    const px_build_row *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

void px_build_sort(px_build *build)
{
    if (build->unsorted)
        qsort(build->rows.ptr, build->rows.len, sizeof(*build->rows.ptr), cmp_rows);
    build->unsorted = false;
    if (build->rows.len > 0) {
        build->last_time = build->rows.ptr[build->rows.len - 1].time;
        build->last_seq = build->rows.ptr[build->rows.len - 1].seq;
    }
}

/* ---- columns ---- */

/* The columns of some rows, in the order of their first cell. */
typedef struct growing {
    px_arena *arena;
    px_cells *columns; /* while cells are counted: `count` is how many at most */
    uint32_t count, cap;
    uint32_t guess; /* cells come in the same order row for row */
} growing;

static px_cells *add_column(growing *g, const px_build_cell *cell)
{
    if (g->count == g->cap) {
        uint32_t cap = g->cap ? g->cap * 2 : 16;
        px_cells *columns = PX_ARENA_ARRAY(g->arena, px_cells, cap);

        if (!columns)
            return NULL;
        if (g->count)
            memcpy(columns, g->columns, g->count * sizeof(*columns));
        g->columns = columns;
        g->cap = cap;
    }
    g->columns[g->count].model_no = cell->model_no;
    g->columns[g->count].field = cell->field;
    return &g->columns[g->count++];
}

static px_cells *find_column(growing *g, const px_build_cell *cell)
{
    for (uint32_t tried = 0; tried < g->count; tried++) {
        uint32_t at = g->guess + tried < g->count ? g->guess + tried : g->guess + tried - g->count;

        if (g->columns[at].field == cell->field && g->columns[at].model_no == cell->model_no) {
            g->guess = at + 1 < g->count ? at + 1 : 0;
            return &g->columns[at];
        }
    }
    return add_column(g, cell);
}

/* Which column each cell goes to, and how many cells each gets at most: so that a wide, sparse
 * series costs the memory of its cells. */
static px_status count_columns(growing *g, px_build *build, size_t first, size_t end,
                               px_err *ret_err)
{
    for (size_t r = first; r < end; r++) {
        const px_build_row *row = &build->rows.ptr[r];

        g->guess = 0;
        for (uint32_t i = 0; i < row->cell_count; i++) {
            px_build_cell *cell = &build->cells.ptr[row->cell_first + i];
            px_cells *column = find_column(g, cell);

            if (!column)
                return px_arena_fail(g->arena, ret_err);
            column->count++;
            cell->column = (uint32_t)(column - g->columns);
        }
    }
    for (uint32_t c = 0; c < g->count; c++) {
        px_cells *column = &g->columns[c];

        column->rows = px_arena_alloc(g->arena, column->count * sizeof(*column->rows));
        column->values = px_arena_alloc(g->arena, column->count * sizeof(*column->values));
        if (!column->rows || !column->values)
            return px_arena_fail(g->arena, ret_err);
        column->count = 0;
    }
    return PX_OK;
}

static int cmp_columns(const void *a, const void *b)
{
    const px_cells *x = a, *y = b;

    if (x->model_no != y->model_no)
        return x->model_no < y->model_no ? -1 : 1;
    return x->field < y->field ? -1 : x->field > y->field;
}

static bool make_rows(px_arena *arena, size_t count, px_rows *ret)
{
    *ret = (px_rows){ 0 };
    ret->times = px_arena_alloc(arena, count * sizeof(*ret->times));
    ret->seqs = px_arena_alloc(arena, count * sizeof(*ret->seqs));
    ret->arrivals = px_arena_alloc(arena, count * sizeof(*ret->arrivals));
    ret->sources = px_arena_alloc(arena, count * sizeof(*ret->sources));
    ret->flags = px_arena_alloc(arena, count);
    return ret->times && ret->seqs && ret->arrivals && ret->sources && ret->flags;
}

/* Rows of one moment, while they are told by one model. Two models' columns may be one property, so
 * what one says again after the other spoke is no repetition. */
typedef struct telling {
    px_time time;
    uint64_t moment;
    uint32_t model_no;
    uint32_t first; /* a row before it cannot be repeated */
} telling;

static void follow_telling(telling *t, const px_build *build, const px_build_row *row,
                           const px_rows *rows)
{
    uint32_t model_no = row->cell_count ? build->cells.ptr[row->cell_first].model_no : 0;

    uint64_t moment = px_row_moment(row->flags, row->seq);

    if (row->time != t->time || moment != t->moment || model_no != t->model_no)
        *t = (telling){ row->time, moment, model_no, rows->count };
}

/* The row's cells into their columns; the row gets its number with the first cell that stays. */
static void spread(px_cells *columns, const px_build *build, const px_build_row *row,
                   uint32_t repeatable, px_rows *rows)
{
    uint32_t at = rows->count;

    for (uint32_t i = 0; i < row->cell_count; i++) {
        const px_build_cell *cell = &build->cells.ptr[row->cell_first + i];
        px_cells *column = &columns[cell->column];
        uint32_t n = column->count;

        if (n > 0 && column->rows[n - 1] == at) { /* twice in one row: the later holds */
            column->values[n - 1] = cell->value;
            continue;
        }
        if (n > 0 && column->rows[n - 1] >= repeatable &&
            px_value_same(column->values[n - 1], cell->value))
            continue;
        if (rows->count == at) {
            rows->times[at] = row->time;
            rows->seqs[at] = row->seq;
            rows->arrivals[at] = row->arrival;
            rows->sources[at] = row->source;
            rows->flags[at] = row->flags;
            rows->count++;
        }
        column->rows[n] = (uint16_t)at;
        column->values[n] = cell->value;
        column->count++;
    }
}

px_status px_build_rows(px_build *build, size_t first, size_t end, px_arena *arena,
                        px_rows *ret_rows, px_err *ret_err)
{
    growing g = { .arena = arena };
    telling t = { 0 };
    px_rows rows;

    px_assert(end - first <= PX_BLOCK_ROWS_MAX && !build->unsorted);
    if (!make_rows(arena, end - first, &rows))
        return px_arena_fail(arena, ret_err);
    PX_TRY(count_columns(&g, build, first, end, ret_err));
    for (size_t r = first; r < end; r++) {
        follow_telling(&t, build, &build->rows.ptr[r], &rows);
        spread(g.columns, build, &build->rows.ptr[r], t.first, &rows);
    }
    if (g.count > 0)
        qsort(g.columns, g.count, sizeof(*g.columns), cmp_columns);
    rows.columns = g.columns;
    rows.column_count = g.count;
    *ret_rows = rows;
    return PX_OK;
}

/* ---- latest ---- */

/* The newest cell of a column so far, and its row. */
typedef struct newest {
    px_build_cell cell;
    px_build_row row;
} newest;

static int cmp_newest(const void *a, const void *b)
{
    const px_build_row *x = &((const newest *)a)->row, *y = &((const newest *)b)->row;
    int order = cmp_rows(x, y);

    return order != 0 ? order : x->flags - y->flags;
}

/* The order in which a walk gives out: what arrived at a time comes behind what was told for it. */
static bool is_newer(const px_build_row *a, const px_build_row *b)
{
    uint64_t x = px_row_moment(a->flags, a->seq);
    uint64_t y = px_row_moment(b->flags, b->seq);

    if (a->time != b->time || x == y)
        return cmp_rows(a, b) >= 0;
    return x > y;
}

/* One of each column, from rows in any order; those in order are met newest first. */
static px_status find_newest(const px_build *build, px_arena *arena, newest **ret,
                             uint32_t *ret_count, px_err *ret_err)
{
    growing g = { .arena = arena };
    newest *found = NULL;
    uint32_t cap = 0;

    for (size_t r = build->rows.len; r-- > 0;) {
        const px_build_row *row = &build->rows.ptr[r];

        g.guess = 0;
        for (uint32_t i = 0; i < row->cell_count; i++) {
            const px_build_cell *cell = &build->cells.ptr[row->cell_first + i];
            uint32_t before = g.count, at;
            px_cells *column = find_column(&g, cell);

            if (column && g.count > cap) {
                newest *grown = PX_ARENA_ARRAY(arena, newest, g.cap);

                if (grown && before > 0)
                    memcpy(grown, found, before * sizeof(*grown));
                found = grown;
                cap = g.cap;
            }
            if (!column || !found)
                return px_arena_fail(arena, ret_err);
            at = (uint32_t)(column - g.columns);
            if (at == before || is_newer(row, &found[at].row))
                found[at] = (newest){ *cell, *row };
        }
    }
    *ret = found;
    *ret_count = g.count;
    return PX_OK;
}

/* Newest cells lie in every open row, which has a limit of its own: long texts stay where they are.
 */
static void leave_long_texts(newest *all, uint32_t count)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < count; i++)
        bytes += all[i].cell.value.text.len;
    for (uint32_t i = 0; i < count; i++) {
        px_str *text = &all[i].cell.value.text;

        if (text->len <= (bytes > LATEST_BYTES_MUCH ? LATEST_TEXT_SHORT : LATEST_TEXT_LONG))
            continue;
        *text = (px_str){ 0 };
        all[i].row.flags |= PX_BUILD_ELSEWHERE;
    }
}

px_status px_build_keep_latest(px_build *build, px_arena *arena, px_err *ret_err)
{
    uint32_t order = UINT32_MAX, n = 0;
    newest *all = NULL;
    uint8_t flags = 0;

    PX_TRY(find_newest(build, arena, &all, &n, ret_err));
    if (!PX_VEC_RESERVE(&build->rows, n))
        return px_no_memory(ret_err);
    leave_long_texts(all, n);
    if (n > 0)
        qsort(all, n, sizeof(*all), cmp_newest);
    px_build_clear(build);
    for (uint32_t i = 0; i < n; i++) {
        if (build->rows.len == 0 || all[i].row.order != order ||
            all[i].row.flags != flags) { /* another row begins */
            order = all[i].row.order;
            flags = all[i].row.flags;
            all[i].row.cell_first = (uint32_t)build->cells.len;
            all[i].row.cell_count = 0;
            all[i].row.order = (uint32_t)build->rows.len;
            build->rows.ptr[build->rows.len++] = all[i].row;
        }
        build->cells.ptr[build->cells.len++] = all[i].cell;
        build->rows.ptr[build->rows.len - 1].cell_count++;
    }
    return PX_OK;
}
