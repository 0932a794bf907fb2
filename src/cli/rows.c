/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rows.h"

#include <strings.h>

#include "base/json.h"

/* ---- header ---- */

static px_status keep_names(px_rows *rows, const px_str *cells, size_t count, px_err *ret_err)
{
    for (size_t i = 0; i < count; i++) {
        px_str name = px_arena_str(&rows->opts.map->arena, px_str_trim(cells[i]));

        if (!px_str_is_utf8(cells[i], NULL))
            return px_fail_id(ret_err, PX_INVALID, "rows.utf8",
                              "the header is no UTF-8 text; if it is Latin-1, `iconv -f LATIN1 -t "
                              "UTF-8` makes it so");

        if (!name.ptr)
            return px_arena_fail(&rows->opts.map->arena, ret_err);
        if (!PX_VEC_PUSH(&rows->names, name))
            return px_no_memory(ret_err);
    }
    rows->width = count;
    return PX_OK;
}

static bool is_time_name(px_str name)
{
    static const char *const words[] = {
        "time", "timestamp", "datetime", "date_time", "ts", "$ts"
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (name.len == strlen(words[i]) && strncasecmp(name.ptr, words[i], name.len) == 0)
            return true;
    return false;
}

static px_status find_time(px_rows *rows, px_err *ret_err)
{
    px_str wanted = px_str_c(rows->opts.time_column), nearest;

    rows->time_index = SIZE_MAX;
    if (rows->opts.period_ns)
        return PX_OK;
    for (size_t i = 0; i < rows->width; i++)
        if (wanted.ptr ? px_str_eq(rows->names.ptr[i], wanted) : is_time_name(rows->names.ptr[i])) {
            rows->time_index = i;
            return PX_OK;
        }
    if (!wanted.ptr)
        return px_fail_id(ret_err, PX_INVALID, "rows.time",
                          "no column is called time, timestamp or datetime: say --time COL, or "
                          "--period P with --start T");
    nearest = px_str_nearest(wanted, rows->names.ptr, rows->width);
    if (nearest.len)
        return px_fail_id(ret_err, PX_INVALID, "rows.time",
                          "the file has no column '%.*s'; did you mean '%.*s'?", PX_FMT(wanted),
                          PX_FMT(nearest));
    return px_fail_id(ret_err, PX_INVALID, "rows.time", "the file has no column '%.*s'",
                      PX_FMT(wanted));
}

static px_status read_header(px_rows *rows, px_err *ret_err)
{
    const px_str *cells;
    size_t count;

    PX_TRY(px_csv_next(&rows->csv, &cells, &count, ret_err));
    if (!count)
        return px_fail_id(ret_err, PX_INVALID, "rows.empty", "the file is empty");
    PX_TRY(keep_names(rows, cells, count, ret_err));
    PX_TRY(find_time(rows, ret_err));
    return px_colmap_bind(rows->opts.map, rows->names.ptr, count, rows->time_index, &rows->columns,
                          ret_err);
}

px_status px_rows_open(px_rows *rows, const px_rows_opts *opts, px_err *ret_err)
{
    px_status status;

    *rows = (px_rows){ .opts = *opts, .last = PX_TIME_NONE };
    PX_TRY(px_csv_init(&rows->csv, opts->source, opts->separator, ret_err));
    status = read_header(rows, ret_err);
    if (status != PX_OK)
        px_rows_close(rows);
    return status;
}

void px_rows_close(px_rows *rows)
{
    px_csv_release(&rows->csv);
    px_buf_release(&rows->row.payload);
    PX_VEC_RELEASE(&rows->names);
}

/* ---- rows ---- */

static px_status at_line(const px_rows *rows, px_status status, px_err *ret_err)
{
    if (status == PX_INVALID && ret_err)
        px_err_at(ret_err, (uint32_t)rows->csv.record_line, 1, (px_str){ 0 });
    return status;
}

static px_status read_time(px_rows *rows, const px_str *cells, px_err *ret_err)
{
    px_when when = { 0 };

    if (rows->opts.period_ns) {
        uint64_t steps = rows->number - 1;
        int64_t since;

        if (__builtin_mul_overflow((int64_t)steps, rows->opts.period_ns, &since) ||
            __builtin_add_overflow(rows->opts.start, since, &rows->row.time))
            return px_fail_id(ret_err, PX_LIMIT, "rows.late", "the times run beyond the year 2261");
        return PX_OK;
    }
    PX_TRY(px_when_parse(cells[rows->time_index], &rows->opts.zone, rows->last, &when, ret_err));
    rows->zoneless += when.zoneless;
    if (when.ambiguous && !rows->ambiguous++)
        rows->ambiguous_line = rows->csv.record_line;
    rows->row.time = rows->last = when.time;
    return PX_OK;
}

static px_status put_members(px_rows *rows, const px_str *cells, px_err *ret_err)
{
    px_buf *out = &rows->row.payload;

    for (size_t i = 0; i < rows->width; i++) {
        const px_column *column = &rows->columns[i];
        size_t begin = out->len;
        bool absent = true;
        px_err err = { 0 };

        if (!column->property.len)
            continue;
        px_putf(out, ",\"%.*s\":", PX_FMT(column->property));
        if (px_put_cell(out, cells[i], column->kind, &absent, &err) != PX_OK)
            return px_fail_id(ret_err, PX_INVALID, err.id, "column '%.*s': %s",
                              PX_FMT(rows->names.ptr[i]), err.text);
        if (absent && out->ptr)
            out->len = begin;
        rows->row.empty = rows->row.empty && absent;
    }
    return PX_OK;
}

static px_status build(px_rows *rows, const px_str *cells, size_t count, px_err *ret_err)
{
    px_buf *out = &rows->row.payload;

    if (count != rows->width)
        return px_fail_id(ret_err, PX_INVALID, "rows.width",
                          "the row has %zu cells, the header %zu", count, rows->width);
    PX_TRY(read_time(rows, cells, ret_err));
    px_buf_clear(out);
    px_put_c(out, "{\"$ts\":\"");
    px_put_time(out, rows->row.time);
    px_put_char(out, '"');
    rows->row.empty = true;
    PX_TRY(put_members(rows, cells, ret_err));
    px_put_char(out, '}');
    return px_buf_status(out, ret_err);
}

px_status px_rows_next(px_rows *rows, const px_row **ret_row, px_err *ret_err)
{
    const px_str *cells;
    size_t count;
    px_status status = px_csv_next(&rows->csv, &cells, &count, ret_err);

    rows->number += status == PX_INVALID || (status == PX_OK && count);
    PX_TRY(at_line(rows, status, ret_err));
    rows->row.line = rows->csv.record_line;
    rows->row.end = count == 0;
    if (count)
        PX_TRY(at_line(rows, build(rows, cells, count, ret_err), ret_err));
    *ret_row = &rows->row;
    return PX_OK;
}
