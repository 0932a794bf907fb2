/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verdict.h"

#include "base/json.h"

enum { EXCERPT_COLUMNS_MAX = 160 };

/* "dtdl.missingContext" to "missingContext"; ids of other rooms stay whole. */
static px_str rule_of(const px_err *err)
{
    px_str id = px_str_c(err->id ? err->id : "");

    return px_str_starts(id, PX_STR("dtdl.")) ? px_str_skip(id, 5) : id;
}

static void put_error(px_json_writer *w, const px_err *err, px_str file)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("rule"));
    px_json_string(w, rule_of(err));
    if (file.len > 0) {
        px_json_key(w, PX_STR("file"));
        px_json_string(w, file);
    }
    if (err->line > 0) {
        px_json_key(w, PX_STR("line"));
        px_json_uint(w, err->line);
        px_json_key(w, PX_STR("column"));
        px_json_uint(w, err->column);
    }
    px_json_key(w, PX_STR("path"));
    px_json_string(w, px_str_c(err->path));
    px_json_key(w, PX_STR("message"));
    px_json_string(w, px_str_c(err->text));
    px_json_end_object(w);
}

void px_put_verdict(px_buf *buf, bool valid, const px_model_report *report,
                    const px_model_file *texts)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("valid"));
    px_json_bool(&w, valid);
    px_json_key(&w, PX_STR("errors"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < report->count; i++)
        put_error(&w, &report->errs[i], texts[report->sources[i]].name);
    px_json_end_array(&w);
    if (report->truncated) {
        px_json_key(&w, PX_STR("truncated"));
        px_json_bool(&w, true);
    }
    px_json_end_object(&w);
}

void px_put_excerpt(px_buf *buf, px_str text, uint32_t line, uint32_t column)
{
    px_str row = { 0 }, rest = text;
    size_t from, before, caret;

    for (uint32_t i = 0; i < line; i++)
        row = px_str_cut(&rest, '\n');
    if (!row.len || column > row.len + 1)
        return;
    before = column ? column - 1 : 0;
    from = before > EXCERPT_COLUMNS_MAX / 2 ? before - EXCERPT_COLUMNS_MAX / 2 : 0;
    row = px_str_skip(row, from);
    before -= from;
    if (row.len > EXCERPT_COLUMNS_MAX)
        row.len = EXCERPT_COLUMNS_MAX;
    caret = px_text_columns(px_str_of(row.ptr, before));
    px_putf(buf, "%6u | ", line);
    for (size_t i = 0; i < row.len; i++) /* a tab is one column, as the caret counts */
        px_put(buf, row.ptr[i] == '\t' ? PX_STR(" ") : px_str_of(row.ptr + i, 1));
    px_putf(buf, "\n%6s | %*s^\n", "", (int)caret, "");
}

void px_put_complaints(px_buf *buf, const px_model_report *report, const px_model_file *texts)
{
    for (size_t i = 0; i < report->count; i++) {
        const px_err *err = &report->errs[i];
        const px_model_file *file = &texts[report->sources[i]];
        px_str rule = rule_of(err);

        px_put(buf, file->name);
        if (err->line > 0)
            px_putf(buf, ":%u:%u", err->line, err->column);
        px_putf(buf, ": %s (%.*s)\n", err->text, PX_FMT(rule));
        px_put_excerpt(buf, file->json, err->line, err->column);
    }
    if (report->truncated)
        px_put_c(buf, "… and more\n");
}
