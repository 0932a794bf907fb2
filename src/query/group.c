/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GROUP BY and the aggregates: one pass, a group for each different list of keys.
 *
 * Groups come in the order in which they were first met, or as ORDER BY says. SUM is exact while
 * its digits fit 63 bits, then a double; what is no number counts for no sum. MIN and MAX know all
 * values that have an order. Without GROUP BY all rows are one group, also when there are none.
 */
#include "query/output.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "query/sum.h"

/* What one column of a group has gathered. */
typedef struct gathered {
    uint64_t count; /* values; of COUNT() rows */
    pxi_sum sum;
    pxi_cell cell; /* MIN, MAX, or the group's own value */
} gathered;

typedef struct group_row {
    pxi_cell *keys;
    gathered *columns;
    uint32_t came;
} group_row;

typedef struct group {
    pxi_op op;
    pxi_output *output;
    PX_VEC(group_row) rows;
    pxi_cell *keys; /* of the row that stands in the run */
    px_map by_key;
    size_t held, at;
    bool is_gathered;
} group;

static const px_query *query_of(const group *g)
{
    return &g->op.run->query;
}

/* ---- finding the group ---- */

static px_status read_keys(group *g, uint64_t *ret_hash, px_err *ret_err)
{
    *ret_hash = 0;
    for (uint32_t i = 0; i < query_of(g)->group_count; i++) {
        px_value value;

        PX_TRY(px_expr_column(&g->output->machine, pxi_row(g->op.run), g->output->groups_at + i,
                              &value, NULL, ret_err));
        if (!pxi_cell_set(&g->keys[i], &value, &g->held))
            return px_no_memory(ret_err);
        *ret_hash = (*ret_hash ^ pxi_value_hash(&value)) * UINT64_C(0x9E3779B97F4A7C15);
    }
    return PX_OK;
}

static bool has_keys(const group *g, const group_row *row)
{
    for (uint32_t i = 0; i < query_of(g)->group_count; i++)
        if (pxi_value_order(&row->keys[i].value, &g->keys[i].value) != 0)
            return false;
    return true;
}

static void row_release(const group *g, group_row *row)
{
    for (uint32_t i = 0; row->keys && i < query_of(g)->group_count; i++)
        pxi_cell_release(&row->keys[i]);
    for (uint32_t i = 0; row->columns && i < query_of(g)->column_count; i++)
        pxi_cell_release(&row->columns[i].cell);
    px_free(row->keys);
    px_free(row->columns);
}

static bool row_make(group *g, group_row *row)
{
    size_t keys = query_of(g)->group_count * sizeof(*row->keys);
    size_t columns = query_of(g)->column_count * sizeof(*row->columns);

    *row = (group_row){ .keys = px_zalloc(1, keys + 1),
                        .columns = px_zalloc(1, columns + 1),
                        .came = (uint32_t)g->rows.len };
    if (!row->keys || !row->columns)
        return false;
    g->held += sizeof(*row) + keys + columns + 32; /* and its place in the map */
    for (uint32_t i = 0; i < query_of(g)->group_count; i++)
        if (!pxi_cell_set(&row->keys[i], &g->keys[i].value, &g->held))
            return false;
    return true;
}

static group_row *row_add(group *g, uint64_t hash)
{
    group_row row;

    if (row_make(g, &row) && px_map_reserve(&g->by_key, 1) && PX_VEC_PUSH(&g->rows, row)) {
        px_map_add(&g->by_key, hash, row.came);
        return &g->rows.ptr[row.came];
    }
    row_release(g, &row);
    return NULL;
}

static px_status find_row(group *g, group_row **ret_row, px_err *ret_err)
{
    uint64_t hash;

    PX_TRY(read_keys(g, &hash, ret_err));
    for (size_t at = px_map_first(&g->by_key, hash); at != PX_MAP_END;
         at = px_map_next(&g->by_key, hash, at)) {
        *ret_row = &g->rows.ptr[g->by_key.values[at]];
        if (has_keys(g, *ret_row))
            return PX_OK;
    }
    *ret_row = row_add(g, hash);
    return *ret_row ? PX_OK : px_no_memory(ret_err);
}

/* ---- gathering ---- */

static bool gather(group *g, const px_query_column *column, gathered *to, const px_value *value)
{
    int order;

    if (!column->operand) {
        to->count++;
        return true;
    }
    if (value->kind == PX_VALUE_NONE)
        return true;
    switch (column->aggregate) {
    case PX_QUERY_SUM:
    case PX_QUERY_AVG:
        if (value->kind == PX_VALUE_NUM) {
            to->count++;
            pxi_sum_add(&to->sum, value->num);
        }
        return true;
    case PX_QUERY_MIN:
    case PX_QUERY_MAX:
        order = to->count++ ? pxi_value_order(value, &to->cell.value) : 0;
        if (to->count > 1 && (column->aggregate == PX_QUERY_MIN ? order >= 0 : order <= 0))
            return true;
        return pxi_cell_set(&to->cell, value, &g->held);
    default:
        if (to->count++ || column->aggregate == PX_QUERY_COUNT)
            return true;
        return pxi_cell_set(&to->cell, value, &g->held);
    }
}

static px_status gather_row(group *g, px_err *ret_err)
{
    group_row *row;

    PX_TRY(find_row(g, &row, ret_err));
    for (uint32_t i = 0; i < query_of(g)->column_count; i++) {
        const px_query_column *column = &query_of(g)->columns[i];
        px_value value = { 0 };

        if (column->operand)
            PX_TRY(
                px_expr_column(&g->output->machine, pxi_row(g->op.run), i, &value, NULL, ret_err));
        if (!gather(g, column, &row->columns[i], &value))
            return px_no_memory(ret_err);
    }
    if (g->held > PX_QUERY_MEMORY_BYTES_MAX)
        return pxi_refuse_memory("GROUP BY with so many groups", ret_err);
    return PX_OK;
}

/* ---- what came of it ---- */

static px_value value_of(const px_query_column *column, const gathered *from)
{
    px_value none = { 0 };

    switch (column->aggregate) {
    case PX_QUERY_COUNT:
        return px_value_num(px_num_int((int64_t)from->count));
    case PX_QUERY_SUM:
        return from->count ? px_value_num(pxi_sum_num(&from->sum)) : none;
    case PX_QUERY_AVG:
        return from->count ? px_value_num(pxi_sum_mean(&from->sum, from->count)) : none;
    default:
        return from->count ? from->cell.value : none;
    }
}

static int order_of(const group *g, const group_row *a, const group_row *b)
{
    const px_query *query = query_of(g);

    for (uint32_t i = 0; i < query->order_count; i++) {
        uint32_t at = query->orders[i].column;
        px_value x = value_of(&query->columns[at], &a->columns[at]);
        px_value y = value_of(&query->columns[at], &b->columns[at]);
        int order = pxi_value_order(&x, &y);

        if (order)
            return query->orders[i].is_descending ? -order : order;
    }
    return a->came < b->came ? -1 : a->came > b->came;
}

static int by_order(const void *a, const void *b, void *data)
{
    return order_of(data, a, b);
}

static px_status gather_all(group *g, px_err *ret_err)
{
    bool has_row = true;

    while (has_row) {
        PX_TRY(pxi_pull(g->op.input, &has_row, ret_err));
        if (has_row)
            PX_TRY(gather_row(g, ret_err));
    }
    if (!query_of(g)->group_count && !g->rows.len && !row_add(g, 0))
        return px_no_memory(ret_err);
    if (query_of(g)->order_count && g->rows.len > 1)
        qsort_r(g->rows.ptr, g->rows.len, sizeof(*g->rows.ptr), by_order, g);
    g->is_gathered = true;
    return PX_OK;
}

static px_status group_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    group *g = (group *)op;

    if (!g->is_gathered)
        PX_TRY(gather_all(g, ret_err));
    *ret_row = g->at < g->rows.len;
    g->at += *ret_row;
    return PX_OK;
}

void pxi_put_group(const pxi_op *op, px_buf *rows)
{
    const group *g = (const group *)op;
    const group_row *row = &g->rows.ptr[g->at - 1];
    char separator = '{';

    for (uint32_t i = 0; i < query_of(g)->column_count; i++) {
        const px_query_column *column = &query_of(g)->columns[i];
        px_value value = value_of(column, &row->columns[i]);

        if (value.kind == PX_VALUE_NONE)
            continue;
        px_put_char(rows, separator);
        separator = ',';
        px_put_json_string(rows, column->name);
        px_put_char(rows, ':');
        px_put_json_value(rows, value);
    }
    px_put_c(rows, separator == '{' ? "{}" : "}");
}

static void group_release(pxi_op *op)
{
    group *g = (group *)op;

    PX_VEC_EACH (&g->rows, row)
        row_release(g, row);
    for (uint32_t i = 0; g->keys && i < query_of(g)->group_count; i++)
        pxi_cell_release(&g->keys[i]);
    PX_VEC_RELEASE(&g->rows);
    px_map_release(&g->by_key);
}

px_status pxi_group_new(pxi_output *output, pxi_op *input, pxi_op **ret_op, px_err *ret_err)
{
    pxi_run *run = output->run;
    group *g = pxi_op_new(run, sizeof(*g), input, group_next);

    if (!g)
        return px_arena_fail(run->arena, ret_err);
    g->output = output;
    g->op.release = group_release;
    *ret_op = &g->op;
    g->keys = PX_ARENA_ARRAY(run->arena, pxi_cell, run->query.group_count + 1);
    return g->keys ? PX_OK : px_arena_fail(run->arena, ret_err);
}
