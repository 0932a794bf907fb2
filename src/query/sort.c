/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ORDER BY: the first rows of an order, and no more are kept than are wanted.
 *
 * A heap with the last of them at its top: a row that comes after it is forgotten at once, another
 * takes its place. Rows that are alike stay in the order in which they came.
 */
#include "query/output.h"

#include <stdlib.h>

#include "base/mem.h"

typedef struct sort_row {
    uint64_t came;
    uint32_t seed_no;
    const void **things; /* by source: a snapshot keeps them */
    pxi_cell *keys;
} sort_row;

typedef struct sort {
    pxi_op op;
    pxi_output *output;
    uint64_t skip, wanted, came;
    PX_VEC(sort_row) rows;
    sort_row fresh;
    size_t held, at;
    bool is_sorted;
} sort;

static const px_query *query_of(const sort *s)
{
    return &s->op.run->query;
}

/* `a` comes before `b` (-1) or behind it. */
static int order_of(const sort *s, const sort_row *a, const sort_row *b)
{
    for (uint32_t i = 0; i < query_of(s)->order_count; i++) {
        int order = pxi_value_order(&a->keys[i].value, &b->keys[i].value);

        if (order)
            return query_of(s)->orders[i].is_descending ? -order : order;
    }
    return a->came < b->came ? -1 : 1;
}

/* ---- the heap ---- */

static void swap(sort_row *a, sort_row *b)
{
    sort_row kept = *a;

    *a = *b;
    *b = kept;
}

static void sift_up(sort *s, size_t at)
{
    sort_row *rows = s->rows.ptr;

    while (at && order_of(s, &rows[at], &rows[(at - 1) / 2]) > 0) {
        swap(&rows[at], &rows[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void sift_down(sort *s, size_t at, size_t count)
{
    sort_row *rows = s->rows.ptr;

    for (;;) {
        size_t last = at, left = 2 * at + 1;

        if (left < count && order_of(s, &rows[left], &rows[last]) > 0)
            last = left;
        if (left + 1 < count && order_of(s, &rows[left + 1], &rows[last]) > 0)
            last = left + 1;
        if (last == at)
            return;
        swap(&rows[at], &rows[last]);
        at = last;
    }
}

/* ---- rows ---- */

static bool row_make(sort *s, sort_row *row)
{
    size_t things = query_of(s)->source_count * sizeof(*row->things);
    size_t keys = query_of(s)->order_count * sizeof(*row->keys);

    *row = (sort_row){ .things = px_alloc(things), .keys = px_zalloc(1, keys) };
    s->held += sizeof(*row) + things + keys;
    return row->things && row->keys;
}

static void row_release(const sort *s, sort_row *row)
{
    for (uint32_t i = 0; row->keys && i < query_of(s)->order_count; i++)
        pxi_cell_release(&row->keys[i]);
    px_free(row->keys);
    px_free(row->things);
}

/* The row that stands in the run. */
static px_status row_fill(sort *s, sort_row *row, px_err *ret_err)
{
    pxi_run *run = s->op.run;

    row->came = s->came++;
    row->seed_no = run->seed_no;
    memcpy(row->things, run->row, run->query.source_count * sizeof(*row->things));
    for (uint32_t i = 0; i < run->query.order_count; i++) {
        px_value value;

        PX_TRY(px_expr_column(&s->output->machine, pxi_row(run), s->output->orders_at + i, &value,
                              NULL, ret_err));
        if (!pxi_cell_set(&row->keys[i], &value, &s->held))
            return px_no_memory(ret_err);
    }
    if (s->held > PX_QUERY_MEMORY_BYTES_MAX)
        return pxi_refuse_memory("ORDER BY with so many rows before the page's end", ret_err);
    return PX_OK;
}

static px_status keep(sort *s, px_err *ret_err)
{
    if (!s->fresh.keys && !row_make(s, &s->fresh))
        return px_no_memory(ret_err);
    PX_TRY(row_fill(s, &s->fresh, ret_err));
    if (s->rows.len < s->wanted) {
        if (!PX_VEC_PUSH(&s->rows, s->fresh))
            return px_no_memory(ret_err);
        s->fresh = (sort_row){ 0 };
        sift_up(s, s->rows.len - 1);
    } else if (s->wanted && order_of(s, &s->fresh, &s->rows.ptr[0]) < 0) {
        swap(&s->fresh, &s->rows.ptr[0]);
        sift_down(s, 0, s->rows.len);
    }
    return PX_OK;
}

static px_status sort_all(sort *s, px_err *ret_err)
{
    bool has_row = true;

    while (has_row) {
        PX_TRY(pxi_pull(s->op.input, &has_row, ret_err));
        if (has_row)
            PX_TRY(keep(s, ret_err));
    }
    for (size_t count = s->rows.len; count > 1; count--) {
        swap(&s->rows.ptr[0], &s->rows.ptr[count - 1]);
        sift_down(s, 0, count - 1);
    }
    s->at = s->skip < s->rows.len ? (size_t)s->skip : s->rows.len;
    s->is_sorted = true;
    return PX_OK;
}

static px_status sort_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    sort *s = (sort *)op;
    const sort_row *row;

    if (!s->is_sorted)
        PX_TRY(sort_all(s, ret_err));
    *ret_row = s->at < s->rows.len;
    if (!*ret_row)
        return PX_OK;
    row = &s->rows.ptr[s->at++];
    op->run->seed_no = row->seed_no;
    memcpy(op->run->row, row->things, op->run->query.source_count * sizeof(*row->things));
    return PX_OK;
}

static void sort_release(pxi_op *op)
{
    sort *s = (sort *)op;

    PX_VEC_EACH (&s->rows, row)
        row_release(s, row);
    row_release(s, &s->fresh);
    PX_VEC_RELEASE(&s->rows);
}

px_status pxi_sort_new(pxi_output *output, uint64_t skip, uint64_t count, pxi_op *input,
                       pxi_op **ret_op, px_err *ret_err)
{
    sort *s = pxi_op_new(output->run, sizeof(*s), input, sort_next);

    if (!s)
        return px_arena_fail(output->run->arena, ret_err);
    s->op.release = sort_release;
    s->output = output;
    s->skip = skip;
    s->wanted = skip + count < skip ? UINT64_MAX : skip + count;
    *ret_op = &s->op;
    return PX_OK;
}
