/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"

enum { CHUNK_BYTES = 64 * 1024, END = -1 };

px_status px_csv_init(px_csv *csv, px_csv_source source, char separator, px_err *ret_err)
{
    *csv = (px_csv){ .source = source, .separator = separator, .line = 1, .column = 1 };
    csv->bytes = px_alloc(CHUNK_BYTES);
    return csv->bytes ? PX_OK : px_no_memory(ret_err);
}

void px_csv_release(px_csv *csv)
{
    px_free(csv->bytes);
    px_buf_release(&csv->text);
    PX_VEC_RELEASE(&csv->ends);
    PX_VEC_RELEASE(&csv->cells);
}

/* ---- bytes ---- */

/* Reads once behind what is still there. */
static px_status fill(px_csv *csv, px_err *ret_err)
{
    size_t count;

    memmove(csv->bytes, csv->bytes + csv->at, csv->end - csv->at);
    csv->end -= csv->at;
    csv->at = 0;
    PX_TRY(csv->source.read(csv->source.data, csv->bytes + csv->end, CHUNK_BYTES - csv->end, &count,
                            ret_err));
    csv->source_ended = count == 0;
    csv->end += count;
    return PX_OK;
}

/* The next byte without taking it, or END. Behind a CR stands what follows it, so that a CRLF on
 * the edge of two reads is one line end. */
static px_status peek(px_csv *csv, int *ret_byte, px_err *ret_err)
{
    while (!csv->source_ended &&
           (csv->at == csv->end || (csv->at + 1 == csv->end && csv->bytes[csv->at] == '\r')))
        PX_TRY(fill(csv, ret_err));
    *ret_byte = csv->at < csv->end ? (unsigned char)csv->bytes[csv->at] : END;
    return PX_OK;
}

/* Takes the peeked byte. */
static void take(px_csv *csv)
{
    char byte = csv->bytes[csv->at++];

    csv->taken++;
    csv->record_bytes++;
    csv->column++;
    if (byte == '\n' || (byte == '\r' && !(csv->at < csv->end && csv->bytes[csv->at] == '\n'))) {
        csv->line++;
        csv->column = 1;
    }
}

/* Takes LF, CR or CRLF, the first byte of which was peeked. */
static px_status take_line_end(px_csv *csv, int byte, px_err *ret_err)
{
    int next;

    take(csv);
    if (byte != '\r' || csv->at == csv->end)
        return PX_OK;
    PX_TRY(peek(csv, &next, ret_err));
    if (next == '\n')
        take(csv);
    return PX_OK;
}

static px_status skip_line(px_csv *csv, px_err *ret_err)
{
    int byte;

    for (;;) {
        PX_TRY(peek(csv, &byte, ret_err));
        if (byte == END)
            return PX_OK;
        if (byte == '\n' || byte == '\r')
            return take_line_end(csv, byte, ret_err);
        take(csv);
    }
}

/* ---- the first bytes ---- */

static char guess_separator(px_str line)
{
    static const char candidates[] = { ',', ';', '\t', '|' };
    size_t best_count = 0;
    char best = ',';

    for (size_t c = 0; c < sizeof(candidates); c++) {
        size_t count = 0;
        bool quoted = false;

        for (size_t i = 0; i < line.len; i++) {
            quoted ^= line.ptr[i] == '"';
            if (!quoted && (line.ptr[i] == '\n' || line.ptr[i] == '\r'))
                break;
            count += !quoted && line.ptr[i] == candidates[c];
        }
        if (count > best_count) {
            best_count = count;
            best = candidates[c];
        }
    }
    return best;
}

static px_status start(px_csv *csv, px_err *ret_err)
{
    px_str head;

    while (!csv->source_ended && csv->end < CHUNK_BYTES &&
           !memchr(csv->bytes, '\n', csv->end ? csv->end : 0))
        PX_TRY(fill(csv, ret_err));
    head = px_str_of(csv->bytes, csv->end);
    csv->started = true;
    if (px_str_starts(head, PX_STR("\xEF\xBB\xBF"))) {
        csv->at = csv->taken = 3;
        head = px_str_skip(head, 3);
    }
    if (px_str_starts(head, PX_STR("\xFF\xFE")) || px_str_starts(head, PX_STR("\xFE\xFF")))
        return px_fail_id(ret_err, PX_UNSUPPORTED, "csv.utf16",
                          "the file is UTF-16; make it UTF-8: iconv -f UTF-16 -t UTF-8");
    if (!csv->separator)
        csv->separator = guess_separator(head);
    return PX_OK;
}

/* ---- records ---- */

static px_status bad(px_csv *csv, uint64_t line, uint32_t column, const char *id, const char *why,
                     px_err *ret_err)
{
    if (csv->column != 1 || csv->line == csv->record_line)
        PX_TRY(skip_line(csv, ret_err));
    px_fail_id(ret_err, PX_INVALID, id, "%s", why);
    if (ret_err) {
        ret_err->line = (uint32_t)line;
        ret_err->column = column;
    }
    return PX_INVALID;
}

static px_status bad_here(px_csv *csv, const char *id, const char *why, px_err *ret_err)
{
    return bad(csv, csv->line, csv->column, id, why, ret_err);
}

static px_status check_size(px_csv *csv, px_err *ret_err)
{
    if (csv->record_bytes > PX_CSV_RECORD_BYTES_MAX)
        return bad(csv, csv->record_line, 1, "csv.long", "the row is longer than 262144 bytes",
                   ret_err);
    return PX_OK;
}

/* plain = *(any byte but the separator, a quote, a line end) */
static px_status read_plain(px_csv *csv, px_err *ret_err)
{
    int byte;

    for (;;) {
        PX_TRY(peek(csv, &byte, ret_err));
        if (byte == END || byte == '\n' || byte == '\r' || byte == (unsigned char)csv->separator)
            return PX_OK;
        if (byte == '"')
            return bad_here(csv, "csv.quote", "a quote stands inside an unquoted cell", ret_err);
        if (byte == 0)
            return bad_here(csv, "csv.nul", "the row contains a NUL byte", ret_err);
        px_put_char(&csv->text, (char)byte);
        take(csv);
        PX_TRY(check_size(csv, ret_err));
    }
}

/* quoted = '"' *(any byte but a quote / '""') '"' */
static px_status read_quoted(px_csv *csv, px_err *ret_err)
{
    uint64_t line = csv->line;
    uint32_t column = csv->column;
    int byte;

    take(csv);
    for (;;) {
        PX_TRY(peek(csv, &byte, ret_err));
        if (byte == END)
            return bad(csv, line, column, "csv.open_quote", "the quoted cell never ends", ret_err);
        if (byte == 0)
            return bad_here(csv, "csv.nul", "the row contains a NUL byte", ret_err);
        take(csv);
        PX_TRY(check_size(csv, ret_err));
        if (byte == '"') {
            PX_TRY(peek(csv, &byte, ret_err));
            if (byte != '"')
                break;
            take(csv);
        }
        px_put_char(&csv->text, (char)byte);
    }
    if (byte == END || byte == '\n' || byte == '\r' || byte == (unsigned char)csv->separator)
        return PX_OK;
    return bad_here(csv, "csv.after_quote", "something follows the closing quote of a cell",
                    ret_err);
}

/* record = cell *(separator cell) line-end; cell = quoted / plain */
static px_status read_record(px_csv *csv, px_err *ret_err)
{
    int byte;

    for (;;) {
        PX_TRY(peek(csv, &byte, ret_err));
        PX_TRY(byte == '"' ? read_quoted(csv, ret_err) : read_plain(csv, ret_err));
        PX_TRY(px_buf_status(&csv->text, ret_err));
        if (csv->ends.len >= PX_CSV_COLUMNS_MAX)
            return bad_here(csv, "csv.columns", "the row has more than 4096 cells", ret_err);
        if (!PX_VEC_PUSH(&csv->ends, csv->text.len))
            return px_no_memory(ret_err);
        PX_TRY(peek(csv, &byte, ret_err));
        if (byte == END)
            return PX_OK;
        if (byte != (unsigned char)csv->separator)
            return take_line_end(csv, byte, ret_err);
        take(csv);
    }
}

static px_status slice_cells(px_csv *csv, px_err *ret_err)
{
    size_t begin = 0;

    csv->cells.len = 0;
    for (size_t i = 0; i < csv->ends.len; i++) {
        const char *text = csv->text.ptr ? csv->text.ptr : "";
        px_str cell = px_str_of(text + begin, csv->ends.ptr[i] - begin);

        if (!PX_VEC_PUSH(&csv->cells, cell))
            return px_no_memory(ret_err);
        begin = csv->ends.ptr[i];
    }
    return PX_OK;
}

px_status px_csv_next(px_csv *csv, const px_str **ret_cells, size_t *ret_count, px_err *ret_err)
{
    int byte;

    *ret_count = 0;
    if (!csv->started)
        PX_TRY(start(csv, ret_err));
    for (;;) {
        PX_TRY(peek(csv, &byte, ret_err));
        if (byte == END)
            return PX_OK;
        if (byte != '\n' && byte != '\r')
            break;
        PX_TRY(take_line_end(csv, byte, ret_err));
    }
    px_buf_clear(&csv->text);
    csv->ends.len = 0;
    csv->record_line = csv->line;
    csv->record_bytes = 0;
    PX_TRY(read_record(csv, ret_err));
    PX_TRY(slice_cells(csv, ret_err));
    *ret_cells = csv->cells.ptr;
    *ret_count = csv->cells.len;
    return PX_OK;
}
