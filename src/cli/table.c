/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

enum { GAP = 2, COLUMN_MIN = 6, WHOLE_MAX = 30 }; /* a time takes 30 */

px_status px_table_init(px_table *table, px_arena *arena, const char *const *heads,
                        unsigned columns, px_err *ret_err)
{
    px_assert(columns > 0 && columns <= PX_TABLE_COLUMNS_MAX);
    *table = (px_table){ .arena = arena, .columns = columns };
    for (unsigned i = 0; i < columns; i++) {
        table->heads[i] = px_arena_str(arena, px_str_c(heads[i]));
        if (!table->heads[i].ptr)
            return px_arena_fail(arena, ret_err);
    }
    return PX_OK;
}

void px_table_release(px_table *table)
{
    PX_VEC_RELEASE(&table->cells);
}

px_status px_table_add(px_table *table, px_str cell, px_err *ret_err)
{
    px_str copy = px_arena_str(table->arena, cell);

    if (!copy.ptr)
        return px_arena_fail(table->arena, ret_err);
    return PX_VEC_PUSH(&table->cells, copy) ? PX_OK : px_no_memory(ret_err);
}

/* 0 for a column that is left out. */
static void measure(const px_table *table, unsigned *widths)
{
    px_assert(table->columns > 0);
    for (size_t i = 0; i < table->cells.len; i++) {
        unsigned width = px_text_columns(table->cells.ptr[i]), c = (unsigned)(i % table->columns);

        if (width > widths[c])
            widths[c] = width;
    }
    for (unsigned c = 0; c < table->columns; c++) {
        unsigned width = px_text_columns(table->heads[c]);

        if (width > widths[c] && (widths[c] || !(table->hide_empty || table->if_any[c])))
            widths[c] = width;
    }
}

/* What the columns that are there cannot go below. */
static void measure_least(const px_table *table, const unsigned *widths, unsigned *least)
{
    for (unsigned c = 0; c < table->columns; c++)
        least[c] = widths[c] < COLUMN_MIN ? widths[c] : COLUMN_MIN;
    for (size_t i = 0; i < table->cells.len; i++) {
        unsigned width = px_text_columns(table->cells.ptr[i]), c = (unsigned)(i % table->columns);

        width = width < WHOLE_MAX ? width : WHOLE_MAX;
        if (table->whole[c] && width > least[c])
            least[c] = width;
    }
}

static unsigned total_of(const unsigned *widths, unsigned count)
{
    unsigned total = 0;

    for (unsigned c = 0; c < count; c++)
        total += widths[c] ? widths[c] + (total ? GAP : 0) : 0;
    return total;
}

/* Leaves columns out, from the right, until the rest can be made to fit; two stay. Gives how many.
 */
static unsigned leave_out(unsigned *widths, unsigned *least, unsigned count, unsigned columns)
{
    unsigned left_out = 0;

    for (unsigned c = count; c-- > 2 && total_of(least, count) > columns;) {
        left_out += widths[c] > 0;
        widths[c] = least[c] = 0;
    }
    return left_out;
}

/* Takes columns from the widest that can give until the table fits, or none can. */
static void shrink(unsigned *widths, const unsigned *least, unsigned count, unsigned columns)
{
    while (total_of(widths, count) > columns) {
        unsigned widest = count;

        for (unsigned c = 0; c < count; c++)
            if (widths[c] > least[c] && (widest == count || widths[c] > widths[widest]))
                widest = c;
        if (widest == count)
            return;
        widths[widest]--;
    }
}

/* The number of columns that do not fit. */
static unsigned fit(const px_table *table, unsigned *widths, unsigned columns)
{
    unsigned least[PX_TABLE_COLUMNS_MAX], left_out;

    measure_least(table, widths, least);
    left_out = leave_out(widths, least, table->columns, columns);
    shrink(widths, least, table->columns, columns);
    return left_out;
}

static void put_blanks(px_buf *buf, unsigned count)
{
    px_putf(buf, "%*s", (int)count, "");
}

static void put_cell(px_buf *buf, px_str cell, unsigned width, bool right, bool last)
{
    unsigned used = px_text_columns(cell);
    unsigned pad = used < width ? width - used : 0;

    if (right)
        put_blanks(buf, pad);
    px_put_text(buf, cell, used > width ? width : 0);
    if (!right && !last)
        put_blanks(buf, pad);
    if (!last)
        put_blanks(buf, GAP);
}

static void put_row(px_buf *buf, const px_table *table, const px_str *cells, const unsigned *widths)
{
    unsigned last = table->columns - 1;

    while (last && (!widths[last] || !cells[last].len)) /* no blanks at the end of a line */
        last--;
    for (unsigned c = 0; c <= last; c++)
        if (widths[c])
            put_cell(buf, cells[c], widths[c], table->right[c], c == last);
}

void px_put_table(px_buf *buf, const px_table *table, const px_term *term)
{
    unsigned widths[PX_TABLE_COLUMNS_MAX] = { 0 }, left_out = 0;

    measure(table, widths);
    if (term->columns)
        left_out = fit(table, widths, term->columns);
    px_put_c(buf, px_term_begin(term, PX_BOLD));
    put_row(buf, table, table->heads, widths);
    px_putf(buf, "%s\n", px_term_end(term));
    for (size_t i = 0; i + table->columns <= table->cells.len; i += table->columns) {
        put_row(buf, table, table->cells.ptr + i, widths);
        px_put_char(buf, '\n');
    }
    if (left_out)
        px_putf(buf, "%s%u more %s not fit; --json has all%s\n", px_term_begin(term, PX_DIM),
                left_out, left_out == 1 ? "column does" : "columns do", px_term_end(term));
}
