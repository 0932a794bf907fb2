/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads of every format as one JSON tree: what is no JSON is written as JSON first. A row that
 * cannot be written is null there, and told beside it. */
#include "base/cell.h"
#include "base/csv.h"
#include "base/mem.h"
#include "sync/binding_inner.h"
#include "sync/cbor.h"
#include "sync/line_protocol.h"

/* A payload under way. */
typedef struct reader {
    const px_binding *b;
    const px_bind_input *input;
    px_arena *arena; /* of faults and columns */
    px_buf buf;
    pxi_fault *first, *last;
    px_str *columns;
    size_t column_count;
} reader;

typedef px_status put_fn(reader *r, px_err *ret_err);

/* What was written of this row so far, from `begun` on, gives way to null. */
static px_status fault_row(reader *r, size_t begun, uint32_t row, const px_err *why,
                           px_err *ret_err)
{
    pxi_fault *fault = PX_ARENA_NEW(r->arena, pxi_fault);

    if (!fault)
        return px_arena_fail(r->arena, ret_err);
    *fault = (pxi_fault){ .row = row, .id = why->id };
    fault->text = px_arena_str(r->arena, px_str_c(why->text));
    if (!fault->text.ptr)
        return px_arena_fail(r->arena, ret_err);
    if (r->last)
        r->last->next = fault;
    else
        r->first = fault;
    r->last = fault;
    r->buf.len = begun;
    px_put_c(&r->buf, "null");
    return PX_OK;
}

static px_status fail_rows(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_TOO_LARGE, "binding.rows", "one message holds at most %d rows",
                      PX_MESSAGE_SAMPLES_MAX);
}

/* What is written like a number and is none, 1e999, is a text. */
static bool is_number(px_str cell)
{
    px_buf buf = { 0 };
    px_num num;
    bool is = cell.len <= PX_JSON_NUMBER_DIGITS_MAX && px_put_json_number(&buf, cell) &&
              px_num_parse(px_buf_str(&buf), &num, NULL) == PX_OK;

    px_buf_release(&buf);
    return is;
}

static px_status put_cell(px_buf *buf, px_str cell, px_err *ret_err)
{
    bool absent;

    return px_put_cell(buf, cell, is_number(cell) ? PX_CELL_NUMBER : PX_CELL_TEXT, &absent,
                       ret_err);
}

/* ---- text ---- */

static px_status put_text(reader *r, px_err *ret_err)
{
    px_str text = px_str_trim(r->input->payload);

    if (!px_str_is_utf8(text, NULL))
        return px_fail_id(ret_err, PX_INVALID, "binding.text", "the payload is no UTF-8");
    if (px_str_eq(text, PX_STR("true")) || px_str_eq(text, PX_STR("false")))
        px_put(&r->buf, text);
    else if (text.len)
        return put_cell(&r->buf, text, ret_err);
    else
        px_put_c(&r->buf, "null");
    return PX_OK;
}

/* ---- CSV ---- */

typedef struct csv_payload {
    px_str left;
    px_csv csv;
    PX_VEC(px_str) names;
} csv_payload;

static px_status read_payload(void *data, char *bytes, size_t size, size_t *ret_count,
                              px_err *ret_err)
{
    csv_payload *p = data;
    px_str head = px_str_of(p->left.ptr, p->left.len < size ? p->left.len : size);

    (void)ret_err;
    if (head.len)
        memcpy(bytes, head.ptr, head.len);
    p->left = px_str_skip(p->left, head.len);
    *ret_count = head.len;
    return PX_OK;
}

static px_status keep_name(reader *r, csv_payload *p, px_str cell, px_err *ret_err)
{
    px_str name = px_arena_str(r->arena, px_str_trim(cell));

    if (!name.ptr)
        return px_arena_fail(r->arena, ret_err);
    return PX_VEC_PUSH(&p->names, name) ? PX_OK : px_no_memory(ret_err);
}

static px_status read_names(reader *r, csv_payload *p, px_err *ret_err)
{
    const px_binding *b = r->b;
    const px_str *cells;
    size_t count;

    for (uint32_t i = 0; i < b->column_count; i++)
        PX_TRY(keep_name(r, p, b->columns[i], ret_err));
    if (b->column_count)
        return PX_OK;
    PX_TRY(px_csv_next(&p->csv, &cells, &count, ret_err));
    for (size_t i = 0; i < count; i++)
        PX_TRY(keep_name(r, p, cells[i], ret_err));
    return PX_OK;
}

static px_status keep_columns(reader *r, const csv_payload *p, px_err *ret_err)
{
    r->columns = PX_ARENA_ARRAY(r->arena, px_str, p->names.len + 1);
    if (!r->columns)
        return px_arena_fail(r->arena, ret_err);
    if (p->names.len)
        memcpy(r->columns, p->names.ptr, p->names.len * sizeof(*r->columns));
    r->column_count = p->names.len;
    return PX_OK;
}

/* An empty cell is absent, a column without a name is passed over. */
static px_status put_row(px_buf *buf, const csv_payload *p, const px_str *cells, px_err *ret_err)
{
    bool first = true;

    px_put_char(buf, '{');
    for (size_t i = 0; i < p->names.len; i++) {
        if (cells[i].len == 0 || p->names.ptr[i].len == 0)
            continue;
        if (!first)
            px_put_char(buf, ',');
        px_put_json_string(buf, p->names.ptr[i]);
        px_put_char(buf, ':');
        PX_TRY(put_cell(buf, cells[i], ret_err));
        first = false;
    }
    px_put_char(buf, '}');
    return PX_OK;
}

/* The next record; `*ret_err` is of its row when the status is PX_INVALID. */
static px_status put_record(reader *r, csv_payload *p, bool *ret_ended, px_err *ret_err)
{
    const px_str *cells;
    size_t count;
    px_err err;
    px_status status = px_csv_next(&p->csv, &cells, &count, &err);

    if (status == PX_INVALID)
        return px_fail_id(ret_err, status, err.id, "line %u, column %u: %s", err.line, err.column,
                          err.text);
    if (status != PX_OK)
        return px_fail_id(ret_err, status, err.id, "%s", err.text);
    *ret_ended = count == 0;
    if (*ret_ended)
        return PX_OK;
    if (count != p->names.len)
        return px_fail_id(ret_err, PX_INVALID, "csv.width",
                          "line %llu has %zu cells, and there are %zu columns",
                          (unsigned long long)p->csv.record_line, count, p->names.len);
    status = put_row(&r->buf, p, cells, &err);
    if (status != PX_OK)
        return px_fail_id(ret_err, status, err.id, "line %llu: %s",
                          (unsigned long long)p->csv.record_line, err.text);
    return PX_OK;
}

static px_status put_rows(reader *r, csv_payload *p, px_err *ret_err)
{
    PX_TRY(read_names(r, p, ret_err));
    PX_TRY(keep_columns(r, p, ret_err));
    px_put_char(&r->buf, '[');
    for (uint32_t rows = 0;; rows++) {
        size_t begun = r->buf.len;
        bool ended = false;
        px_err err;
        px_status status;

        if (rows)
            px_put_char(&r->buf, ',');
        status = put_record(r, p, &ended, &err);
        if (ended) {
            r->buf.len = begun;
            break;
        }
        if (rows == PX_MESSAGE_SAMPLES_MAX)
            return fail_rows(ret_err);
        if (status == PX_INVALID)
            status = fault_row(r, begun + (rows > 0), rows + 1, &err, &err);
        if (status != PX_OK)
            return px_fail_id(ret_err, status, err.id, "%s", err.text);
    }
    px_put_char(&r->buf, ']');
    return PX_OK;
}

static px_status put_csv(reader *r, px_err *ret_err)
{
    const px_binding *b = r->b;
    csv_payload p = { .left = r->input->payload };
    px_csv_source source = { read_payload, &p };
    char separator = b->separator ? b->separator : b->column_count ? ',' : 0;
    px_status status;

    status = px_csv_init(&p.csv, source, separator, ret_err);
    if (status == PX_OK) {
        status = put_rows(r, &p, ret_err);
        px_csv_release(&p.csv);
    }
    PX_VEC_RELEASE(&p.names);
    return status;
}

/* ---- line protocol ---- */

static px_status put_line(reader *r, px_str line, uint32_t number, bool is_alone, px_err *ret_err)
{
    px_err err;
    px_status status =
        px_line_put_json(&r->buf, line, r->input->unit_ns ? r->input->unit_ns : 1, &err);

    if (status == PX_OK)
        return PX_OK;
    return is_alone ? px_fail_id(ret_err, status, err.id, "column %u: %s", err.column, err.text)
                    : px_fail_id(ret_err, status, err.id, "line %u, column %u: %s", number,
                                 err.column, err.text);
}

/* A line that is alone is the message. */
static px_status put_lines(reader *r, px_err *ret_err)
{
    px_lines lines = { .rest = r->input->payload };
    px_str line;

    px_put_char(&r->buf, '[');
    for (uint32_t rows = 0; px_line_next(&lines, &line); rows++) {
        bool is_alone = lines.number == 1 && lines.rest.len == 0;
        size_t begun;
        px_err err;
        px_status status;

        if (rows == PX_MESSAGE_SAMPLES_MAX)
            return fail_rows(ret_err);
        if (rows)
            px_put_char(&r->buf, ',');
        begun = r->buf.len;
        status = put_line(r, line, lines.number, is_alone, &err);
        if (status == PX_INVALID && !is_alone)
            status = fault_row(r, begun, rows + 1, &err, &err);
        if (status != PX_OK)
            return px_fail_id(ret_err, status, err.id, "%s", err.text);
    }
    px_put_char(&r->buf, ']');
    return PX_OK;
}

static px_status put_cbor(reader *r, px_err *ret_err)
{
    return px_cbor_put_json(&r->buf, r->input->payload, ret_err);
}

/* ---- all ---- */

/* As written by us, or by the sender: the limits of a door in both cases. */
static px_status parse(px_str text, px_arena *arena, px_json **ret_root, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();

    opts.keys_max = PX_CSV_COLUMNS_MAX;
    return px_json_parse(text, &opts, arena, ret_root, ret_err);
}

px_status pxi_payload_read(const px_binding *b, const px_bind_input *input, px_arena *arena,
                           pxi_payload *ret_payload, px_err *ret_err)
{
    static put_fn *const puts[] = { [PX_BINDING_CSV] = put_csv,
                                    [PX_BINDING_CBOR] = put_cbor,
                                    [PX_BINDING_TEXT] = put_text,
                                    [PX_BINDING_LINE] = put_lines };
    reader r = { .b = b, .input = input, .arena = arena };
    px_str text = { 0 };
    px_status status;

    *ret_payload = (pxi_payload){ 0 };
    if (b->format == PX_BINDING_JSON)
        return parse(input->payload, arena, &ret_payload->root, ret_err);
    px_buf_init(&r.buf, PX_MAPPING_BYTES_MAX / 2);
    status = puts[b->format](&r, ret_err);
    if (status == PX_OK)
        status = px_buf_status(&r.buf, ret_err);
    if (status == PX_OK) {
        text = px_arena_str(arena, px_buf_str(&r.buf));
        if (!text.ptr)
            status = px_arena_fail(arena, ret_err);
    }
    px_buf_release(&r.buf);
    ret_payload->faults = r.first;
    ret_payload->columns = r.columns;
    ret_payload->column_count = r.column_count;
    return status == PX_OK ? parse(text, arena, &ret_payload->root, ret_err) : status;
}
