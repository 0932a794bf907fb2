/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suggest.h"

#include "base/json.h"
#include "model/dtmi.h"

/* What was seen in one column. */
typedef struct seen {
    uint64_t whole, other, text; /* whole numbers, other numbers, text */
} seen;

static void look(seen *s, px_str cell, px_cell_kind kind)
{
    px_buf number = { 0 };

    if (!cell.len)
        return;
    if (kind == PX_CELL_TEXT || !px_put_json_number(&number, cell))
        s->text++;
    else if (strpbrk(number.ptr, ".eE") || number.len > 18)
        s->other++;
    else
        s->whole++;
    px_buf_release(&number);
}

static px_status look_at_rows(px_rows *rows, seen *all, uint64_t *ret_count, px_err *ret_err)
{
    for (*ret_count = 0;;) {
        const px_str *cells;
        size_t count;
        px_status status = px_csv_next(&rows->csv, &cells, &count, ret_err);

        if (status != PX_OK && status != PX_INVALID)
            return status;
        if (status == PX_OK && !count)
            return PX_OK;
        if (status != PX_OK || count != rows->width)
            continue;
        *ret_count += 1;
        for (size_t i = 0; i < count; i++)
            look(&all[i], cells[i], rows->columns[i].kind);
    }
}

static const char *schema_of(const seen *s, px_cell_kind kind)
{
    if (kind == PX_CELL_BOOLEAN)
        return "boolean";
    if (s->text)
        return "string";
    return s->whole && !s->other ? "long" : "double";
}

static void put_element(px_buf *out, const px_column *column, px_str name, const seen *s,
                        bool telemetry, bool first)
{
    px_putf(out, "%s    {\n      \"@type\": \"%s\",\n      \"name\": \"%.*s\",\n",
            first ? "" : ",\n", telemetry ? "Telemetry" : "Property", PX_FMT(column->property));
    if (!px_str_eq(name, column->property)) {
        px_put_c(out, "      \"displayName\": ");
        px_put_json_string(out, name);
        px_put_c(out, ",\n");
    }
    px_putf(out, "      \"schema\": \"%s\"\n    }", schema_of(s, column->kind));
}

px_status px_suggest_check_id(const char *dtmi, px_err *ret_err)
{
    px_dtmi id;
    px_err err;

    if (!dtmi)
        return PX_OK;
    if (px_dtmi_parse(px_str_c(dtmi), &id, &err) != PX_OK)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "--id: %s; give a DTMI such as dtmi:example:Pump;1", err.text);
    if (id.fragment.len || id.is_system || px_dtmi_is_reserved(id.text))
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "--id: '%.*s' %s; give a DTMI such as dtmi:example:Pump;1",
                          PX_FMT(px_str_head(id.text, 80)),
                          id.fragment.len ? "has a fragment" : "is reserved");
    return PX_OK;
}

px_status px_suggest_model(px_rows *rows, const px_suggest_opts *opts,
                           px_suggestion *ret_suggestion, px_err *ret_err)
{
    px_arena *arena = &rows->opts.map->arena;
    seen *all = PX_ARENA_ARRAY(arena, seen, rows->width);
    px_str *odd = PX_ARENA_ARRAY(arena, px_str, rows->width);
    px_suggestion made = { .odd = odd };
    bool first = true;

    if (!all || !odd)
        return px_arena_fail(arena, ret_err);
    PX_TRY(look_at_rows(rows, all, &made.rows, ret_err));
    px_put_c(&made.json, "{\n  \"@context\": \"dtmi:dtdl:context;3\",\n  \"@id\": ");
    px_put_json_string(&made.json, px_str_c(opts->dtmi));
    px_put_c(&made.json, ",\n  \"@type\": \"Interface\",\n  \"contents\": [\n");
    for (size_t i = 0; i < rows->width; i++) {
        const px_column *column = &rows->columns[i];

        if (!column->property.len)
            continue;
        put_element(&made.json, column, rows->names.ptr[i], &all[i], opts->telemetry, first);
        first = false;
        if (all[i].text && all[i].whole + all[i].other && column->kind == PX_CELL_AUTO)
            odd[made.odd_count++] = rows->names.ptr[i];
    }
    px_put_c(&made.json, "\n  ]\n}\n");
    if (px_buf_status(&made.json, ret_err) != PX_OK) {
        px_buf_release(&made.json);
        return PX_NO_MEMORY;
    }
    *ret_suggestion = made;
    return PX_OK;
}
