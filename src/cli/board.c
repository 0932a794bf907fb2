/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board.h"

#include <stdlib.h>

#include "cli/table.h"

#define FRESH_NS (2 * INT64_C(1000000000)) /* a value stands out for so long after a change */

static char *copy(px_str text)
{
    char *bytes = px_alloc(text.len + 1);

    if (!bytes)
        return NULL;
    if (text.len)
        memcpy(bytes, text.ptr, text.len);
    bytes[text.len] = 0;
    return bytes;
}

void px_board_release(px_board *board)
{
    PX_VEC_EACH (&board->rows, row) {
        px_free(row->twin);
        px_free(row->path);
        px_free(row->value);
        px_free(row->unit);
    }
    PX_VEC_RELEASE(&board->rows);
}

static int compare(const px_board_row *row, px_str twin, px_str path)
{
    int order = px_str_cmp(px_str_c(row->twin), twin);

    return order ? order : px_str_cmp(px_str_c(row->path), path);
}

/* Where the row is, or belongs. */
static size_t find(const px_board *board, px_str twin, px_str path)
{
    size_t low = 0, high = board->rows.len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(&board->rows.ptr[middle], twin, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static px_status insert(px_board *board, size_t at, px_str twin, px_str path, px_err *ret_err)
{
    px_board_row row = { .twin = copy(twin), .path = copy(path), .value = copy(PX_STR("")) };

    if (!row.twin || !row.path || !row.value || !PX_VEC_PUSH(&board->rows, row)) {
        px_free(row.twin);
        px_free(row.path);
        px_free(row.value);
        return px_no_memory(ret_err);
    }
    memmove(board->rows.ptr + at + 1, board->rows.ptr + at,
            (board->rows.len - 1 - at) * sizeof(row));
    board->rows.ptr[at] = row;
    return PX_OK;
}

px_status px_board_put(px_board *board, px_str twin, px_str path, px_str value, int64_t now_ns,
                       px_err *ret_err)
{
    size_t at = find(board, twin, path);
    px_board_row *row;
    char *text;

    if (at == board->rows.len || compare(&board->rows.ptr[at], twin, path) != 0)
        PX_TRY(insert(board, at, twin, path, ret_err));
    row = &board->rows.ptr[at];
    text = copy(value);
    if (!text)
        return px_no_memory(ret_err);
    px_free(row->value);
    row->value = text;
    row->changes += now_ns != 0;
    if (now_ns)
        row->changed_ns = now_ns;
    return PX_OK;
}

px_status px_board_unit(px_board *board, px_str twin, px_str path, px_str unit, px_err *ret_err)
{
    size_t at = find(board, twin, path);
    char *text = copy(unit);

    px_assert(at < board->rows.len && compare(&board->rows.ptr[at], twin, path) == 0);
    if (!text)
        return px_no_memory(ret_err);
    px_free(board->rows.ptr[at].unit);
    board->rows.ptr[at].unit = text;
    return PX_OK;
}

/* ---- drawing ---- */

static void widths_of(const px_board *board, unsigned columns, unsigned *widths)
{
    widths[0] = 4;
    widths[1] = 8;
    for (size_t i = 0; i < board->rows.len; i++) {
        unsigned twin = px_text_columns(px_str_c(board->rows.ptr[i].twin));
        unsigned path = px_text_columns(px_str_c(board->rows.ptr[i].path));

        widths[0] = twin > widths[0] ? twin : widths[0];
        widths[1] = path > widths[1] ? path : widths[1];
    }
    if (widths[0] > columns / 4)
        widths[0] = columns / 4;
    if (widths[1] > columns / 3)
        widths[1] = columns / 3;
    widths[2] = columns - widths[0] - widths[1] - 2 * 3 - 8; /* the value takes the rest */
}

static void put_padded(px_buf *out, px_str text, unsigned width)
{
    unsigned used = px_text_columns(text);

    px_put_text(out, text, used > width ? width : 0);
    px_putf(out, "%*s  ", (int)(used < width ? width - used : 0), "");
}

/* The unit is dim; a value so long that the unit has no room stands alone. */
static void put_value(px_buf *out, const px_board_row *row, unsigned width, bool fresh,
                      const px_term *term)
{
    unsigned value = px_text_columns(px_str_c(row->value));
    unsigned unit = row->unit ? px_text_columns(px_str_c(row->unit)) : 0;

    px_put_c(out, fresh ? px_term_begin(term, PX_CYAN) : "");
    if (!unit || value + 1 + unit > width) {
        put_padded(out, px_str_c(row->value), width);
        px_put_c(out, fresh ? px_term_end(term) : "");
        return;
    }
    px_put_text(out, px_str_c(row->value), 0);
    px_put_c(out, fresh ? px_term_end(term) : "");
    px_put_char(out, ' ');
    px_put_c(out, px_term_begin(term, PX_DIM));
    put_padded(out, px_str_c(row->unit), width - value - 1);
    px_put_c(out, px_term_end(term));
}

static void put_age(px_buf *out, const px_board_row *row, int64_t now_ns)
{
    int64_t seconds = (now_ns - row->changed_ns) / INT64_C(1000000000);

    if (!row->changed_ns)
        px_put_c(out, "-");
    else if (seconds < 100)
        px_putf(out, "%d s", (int)seconds);
    else if (seconds < 6000)
        px_putf(out, "%d min", (int)(seconds / 60));
    else
        px_putf(out, "%lld h", (long long)(seconds / 3600));
}

static void put_row(px_buf *out, const px_board_row *row, const unsigned *widths,
                    const px_term *term, int64_t now_ns)
{
    bool fresh = row->changed_ns && now_ns - row->changed_ns < FRESH_NS;

    put_padded(out, px_str_c(row->twin), widths[0]);
    put_padded(out, px_str_c(row->path), widths[1]);
    put_value(out, row, widths[2], fresh, term);
    put_age(out, row, now_ns);
    px_put_c(out, "\033[K\n");
}

/* One line whatever the width: a longer one would wrap, and the table creep up. */
static void put_state(px_buf *out, const char *state, size_t hidden, unsigned columns)
{
    px_buf text = { 0 };

    px_put_c(&text, state);
    if (hidden)
        px_putf(&text, "; %zu more properties do not fit: name the twins to watch", hidden);
    px_put_text(out, px_buf_str(&text), columns);
    px_buf_release(&text);
}

void px_put_board(px_buf *out, px_board *board, const px_term *term, int64_t now_ns,
                  const char *state)
{
    unsigned columns = term->columns > 40 ? term->columns : 40, widths[3];
    size_t room = term->rows > 4 ? term->rows - 3 : 1;
    size_t shown = board->rows.len < room ? board->rows.len : room;

    widths_of(board, columns - 1, widths);
    if (board->drawn)
        px_putf(out, "\033[%uA", board->drawn);
    px_put_c(out, px_term_begin(term, PX_BOLD));
    put_padded(out, PX_STR("twin"), widths[0]);
    put_padded(out, PX_STR("property"), widths[1]);
    put_padded(out, PX_STR("value"), widths[2]);
    px_putf(out, "changed%s\033[K\n", px_term_end(term));
    for (size_t i = 0; i < shown; i++)
        put_row(out, &board->rows.ptr[i], widths, term, now_ns);
    px_put_c(out, px_term_begin(term, PX_DIM));
    put_state(out, state, board->rows.len - shown, columns - 1);
    px_putf(out, "%s\033[K\n\033[J", px_term_end(term));
    board->drawn = (unsigned)shown + 2;
}
