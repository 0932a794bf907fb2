/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of every form into columns. */
#include <stdio.h>

#include "base/csv.h"
#include "cli/propose.h"

enum { ARENA_BYTES = 256 << 20, LINE_ARENA_BYTES = 64 << 20 };

void px_propose_init(px_propose *p)
{
    *p = (px_propose){ .time_column = SIZE_MAX, .time_named = SIZE_MAX };
    px_arena_init(&p->arena, ARENA_BYTES);
}

void px_propose_release(px_propose *p)
{
    px_arena_release(&p->arena);
}

static px_status too_many(const px_propose *p, px_err *ret_err)
{
    if (p->column_count < PX_PROPOSE_COLUMNS_MAX)
        return px_arena_fail(&p->arena, ret_err);
    return px_fail_id(ret_err, PX_TOO_LARGE, "propose.columns",
                      "the samples have more than %d columns", PX_PROPOSE_COLUMNS_MAX);
}

/* ---- CSV ---- */

typedef struct table {
    px_propose *p;
    px_str left;
    px_csv csv;
} table;

static px_status read_text(void *data, char *bytes, size_t size, size_t *ret_count, px_err *ret_err)
{
    table *t = data;
    size_t len = t->left.len < size ? t->left.len : size;

    (void)ret_err;
    memcpy(bytes, t->left.ptr, len);
    t->left = px_str_skip(t->left, len);
    *ret_count = len;
    return PX_OK;
}

static bool is_number(px_str cell, bool *ret_whole)
{
    px_str text = px_str_trim(cell);
    px_num num;

    *ret_whole = text.len && !memchr(text.ptr, '.', text.len);
    return text.len < 64 && px_num_parse(text, &num, NULL) == PX_OK;
}

/* Names, unless all of them are numbers as the values are: whole numbers over decimals are names.
 */
static bool is_head(const px_str *first, const px_str *second, size_t count)
{
    bool all_numbers = true, all_whole = true, below_whole = true, whole;

    for (size_t i = 0; i < count; i++) {
        all_numbers = is_number(first[i], &whole) && all_numbers;
        all_whole = all_whole && whole;
        if (second && is_number(second[i], &whole))
            below_whole = below_whole && whole;
    }
    return !all_numbers || (second && all_whole && !below_whole);
}

static px_status begin_columns(table *t, const px_str *names, size_t count, px_err *ret_err)
{
    bool is_first = t->p->column_count == 0;

    for (size_t i = 0; i < count; i++) {
        px_str name = px_str_trim(names[i]);
        char made[24];

        if (!t->p->has_head || name.len == 0) {
            snprintf(made, sizeof(made), "c%zu", i + 1);
            name = px_str_c(made);
        }
        if (!px_propose_column_of(t->p, name))
            return too_many(t->p, ret_err);
    }
    return is_first || t->p->column_count == count
               ? PX_OK
               : px_fail_id(ret_err, PX_INVALID, "propose.columns",
                            "the file has other columns than the one before; suggest for each kind "
                            "of file by itself");
}

static px_status look_row(table *t, const px_str *cells, size_t count, uint64_t line,
                          px_err *ret_err)
{
    t->p->line = line;
    for (size_t i = 0; i < count && i < t->p->column_count; i++)
        if (!px_propose_look_cell(t->p, &t->p->columns[i], cells[i]))
            return px_arena_fail(&t->p->arena, ret_err);
    t->p->rows++;
    return PX_OK;
}

/* The first row, kept while the second is looked at. */
static px_status keep_cells(table *t, const px_str *cells, size_t count, px_str **ret_kept,
                            px_err *ret_err)
{
    px_str *kept = PX_ARENA_ARRAY(&t->p->arena, px_str, count);

    for (size_t i = 0; kept && i < count; i++) {
        kept[i] = px_arena_str(&t->p->arena, cells[i]);
        if (!kept[i].ptr)
            kept = NULL;
    }
    *ret_kept = kept;
    return kept ? PX_OK : px_arena_fail(&t->p->arena, ret_err);
}

static px_status begin_table(table *t, size_t *ret_width, px_err *ret_err)
{
    const px_str *cells;
    px_str *first;
    size_t count, below;
    uint64_t line;

    PX_TRY(px_csv_next(&t->csv, &cells, ret_width, ret_err));
    line = t->csv.record_line;
    if (*ret_width == 0)
        return px_fail_id(ret_err, PX_INVALID, "propose.empty", "the file holds no rows");
    PX_TRY(keep_cells(t, cells, *ret_width, &first, ret_err));
    PX_TRY(px_csv_next(&t->csv, &cells, &below, ret_err));
    count = *ret_width;
    if (t->p->column_count == 0)
        t->p->has_head = is_head(first, below == count ? cells : NULL, count);
    t->p->separator = t->csv.separator;
    t->p->is_csv = true;
    PX_TRY(begin_columns(t, first, count, ret_err));
    if (!t->p->has_head)
        PX_TRY(look_row(t, first, count, line, ret_err));
    return below == count ? look_row(t, cells, count, t->csv.record_line, ret_err) : PX_OK;
}

/* A row of another width is passed over: the binding would refuse its message, and says so. */
static px_status look_at_table(px_propose *p, px_str text, px_err *ret_err)
{
    table t = { .p = p, .left = text };
    px_csv_source source = { read_text, &t };
    size_t width;
    px_status status;

    PX_TRY(px_csv_init(&t.csv, source, 0, ret_err));
    status = begin_table(&t, &width, ret_err);
    while (status == PX_OK && p->rows < PX_PROPOSE_ROWS_MAX) {
        const px_str *cells;
        size_t count;

        status = px_csv_next(&t.csv, &cells, &count, ret_err);
        if (status == PX_INVALID) {
            status = PX_OK;
            continue;
        }
        if (status != PX_OK || count == 0)
            break;
        if (count == width)
            status = look_row(&t, cells, count, t.csv.record_line, ret_err);
    }
    px_csv_release(&t.csv);
    return status;
}

/* ---- JSON ---- */

static px_status look_at(px_propose *p, const px_json *value, const px_json *row, px_err *ret_err);

static px_status look_leaf(px_propose *p, const px_json *value, const px_json *row, px_err *ret_err)
{
    px_buf path = { 0 }, base = { 0 };
    px_propose_column *c;
    bool good;

    px_put_json_path(&base, row);
    px_put_json_path(&path, value);
    c = path.status == PX_OK ? px_propose_column_of(p, px_str_skip(px_buf_str(&path), base.len))
                             : NULL;
    good = c && px_propose_look(p, c, value);
    px_buf_release(&path);
    px_buf_release(&base);
    return good ? PX_OK : too_many(p, ret_err);
}

/* Counted, and the first one's place kept, so that it can be told. */
static px_status leave_out(px_propose *p, const px_json *array, px_err *ret_err)
{
    px_buf path = { 0 };

    if (p->arrays++)
        return PX_OK;
    px_put_json_path(&path, array);
    p->first_array = px_arena_str(&p->arena, px_buf_str(&path));
    px_buf_release(&path);
    return p->first_array.ptr ? PX_OK : px_arena_fail(&p->arena, ret_err);
}

/* The first array of objects holds the rows; arrays of values have no place in a property. */
static px_status look_at_rows(px_propose *p, const px_json *array, px_err *ret_err)
{
    px_buf path = { 0 };

    if (!px_json_is(array->first, PX_JSON_OBJECT))
        return array->first ? leave_out(p, array, ret_err) : PX_OK;
    px_put_json_path(&path, array);
    if (!p->rows_pointer.ptr)
        p->rows_pointer = px_arena_str(&p->arena, path.ptr ? px_buf_str(&path) : PX_STR(""));
    px_buf_release(&path);
    if (!p->rows_pointer.ptr)
        return px_arena_fail(&p->arena, ret_err);
    for (const px_json *row = array->first; row; row = row->next) {
        PX_TRY(look_at(p, row, row, ret_err));
        p->rows++;
    }
    return PX_OK;
}

static px_status look_at(px_propose *p, const px_json *value, const px_json *row, px_err *ret_err)
{
    if (value->type == PX_JSON_ARRAY)
        return look_at_rows(p, value, ret_err);
    if (value->type != PX_JSON_OBJECT)
        return look_leaf(p, value, row, ret_err);
    for (const px_json *m = value->first; m; m = m->next)
        PX_TRY(look_at(p, m, row, ret_err));
    return PX_OK;
}

static px_status note_topic(px_propose *p, px_str topic, px_err *ret_err)
{
    px_str rest = topic;
    uint32_t count = 0, most = sizeof(p->levels) / sizeof(p->levels[0]);
    bool is_first = p->level_count == 0;

    for (bool more = topic.len > 0; more && count < most; count++) {
        const char *slash = memchr(rest.ptr, '/', rest.len);
        px_str level = px_str_of(rest.ptr, slash ? (size_t)(slash - rest.ptr) : rest.len);

        if (is_first) {
            p->levels[count] = px_arena_str(&p->arena, level);
            if (!p->levels[count].ptr)
                return px_arena_fail(&p->arena, ret_err);
        } else if (count < p->level_count && !px_str_eq(p->levels[count], level)) {
            p->levels[count] = (px_str){ 0 };
        }
        more = slash != NULL;
        rest = px_str_skip(rest, level.len + more);
    }
    if (is_first)
        p->level_count = count;
    p->topics_differ = p->topics_differ || count != p->level_count;
    return PX_OK;
}

/* {"topic":…,"payload":…}, or the payload itself; one that is a text may be JSON in it. */
static px_status look_at_line(px_propose *p, px_str line, px_err *ret_err)
{
    px_json *root, *payload;
    px_str topic;
    uint64_t rows = p->rows;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, LINE_ARENA_BYTES);
    PX_TRY(px_json_parse(line, NULL, &arena, &root, ret_err));
    topic = px_json_get_text(root, PX_STR("topic"));
    payload = px_json_get(root, PX_STR("payload"));
    if (topic.ptr && payload) {
        PX_TRY(note_topic(p, topic, ret_err));
        if (payload->type == PX_JSON_STRING &&
            px_json_parse(payload->text, NULL, &arena, &root, NULL) == PX_OK)
            payload = root;
        PX_TRY(px_json_parse(payload->raw, NULL, &arena, &root, ret_err));
    }
    PX_TRY(look_at(p, root, root, ret_err));
    p->rows += p->rows == rows;
    return PX_OK;
}

/* What is wrong with a line, with its number; of one that is a topic and a payload, how to record.
 */
static px_status fail_at(px_status status, px_str line, uint32_t number, px_err *ret_err)
{
    bool is_json = line.ptr[0] == '{' || line.ptr[0] == '[';

    if (!ret_err || status != PX_INVALID)
        return status;
    if (!is_json)
        status = px_fail_id(ret_err, PX_INVALID, "propose.line",
                            "'%.*s' is no JSON; a line is {\"topic\":…,\"payload\":…}, as "
                            "`mosquitto_sub -F %%J` writes it, or a payload",
                            PX_FMT(px_str_head(line, 40)));
    if (ret_err->column == 0)
        ret_err->column = 1;
    ret_err->line = number;
    return status;
}

static px_status look_at_lines(px_propose *p, px_str text, px_err *ret_err)
{
    for (uint32_t number = 1; text.len && p->rows < PX_PROPOSE_ROWS_MAX; number++) {
        px_str line = px_str_trim(px_str_cut(&text, '\n'));
        px_status status;

        p->line = number;
        status = line.len ? look_at_line(p, line, ret_err) : PX_OK;
        if (status != PX_OK)
            return fail_at(status, line, number, ret_err);
    }
    return PX_OK;
}

static px_str stem_of(px_str path)
{
    size_t begin = path.len, end;

    while (begin > 0 && path.ptr[begin - 1] != '/')
        begin--;
    path = px_str_skip(path, begin);
    end = path.len;
    while (end > 0 && path.ptr[end - 1] != '.')
        end--;
    return px_str_of(path.ptr, end > 1 ? end - 1 : path.len);
}

/* The end of a path, where its name is. */
static px_str end_of(px_str path)
{
    enum { SHOWN_BYTES_MAX = 60 };

    return path.len > SHOWN_BYTES_MAX ? px_str_skip(path, path.len - SHOWN_BYTES_MAX) : path;
}

/* A binding reads one form: what is in files of both would be fields that its messages have not. */
static px_status check_form(px_propose *p, bool is_csv, px_err *ret_err)
{
    if (!p->first_file.ptr) {
        p->first_file = p->file;
        p->first_is_csv = is_csv;
    }
    if (is_csv == p->first_is_csv)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "propose.forms",
                      "'%.*s' is CSV and '%.*s' is lines of JSON, and a binding reads one of them; "
                      "give them one after the other",
                      PX_FMT(end_of(is_csv ? p->file : p->first_file)),
                      PX_FMT(end_of(is_csv ? p->first_file : p->file)));
}

px_status px_propose_file(px_propose *p, px_str path, px_str text, px_err *ret_err)
{
    if (!p->stem.ptr)
        p->stem = px_arena_str(&p->arena, stem_of(path));
    p->file = px_arena_str(&p->arena, path);
    if (!p->stem.ptr || !p->file.ptr)
        return px_arena_fail(&p->arena, ret_err);
    PX_TRY(check_form(p, px_str_ends(path, PX_STR(".csv")), ret_err));
    if (p->first_is_csv)
        return look_at_table(p, text, ret_err);
    return look_at_lines(p, text, ret_err);
}
