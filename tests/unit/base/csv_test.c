/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"
#include "px_test.h"

/* Hands a text over in pieces of `piece` bytes: edges of reads must not show. */
typedef struct pieces {
    px_str rest;
    size_t piece;
} pieces;

static px_status read_piece(void *data, char *bytes, size_t size, size_t *ret_count, px_err *err)
{
    pieces *p = data;
    size_t count = p->piece < size ? p->piece : size;

    (void)err;
    if (count > p->rest.len)
        count = p->rest.len;
    if (count)
        memcpy(bytes, p->rest.ptr, count);
    p->rest = px_str_skip(p->rest, count);
    *ret_count = count;
    return PX_OK;
}

/* All records as `[a|b][c|d]`, a bad one as `!line:column id!`. */
static px_buf read_all(const char *text, size_t piece, char separator)
{
    pieces p = { px_str_c(text), piece };
    px_csv csv;
    px_buf out = { 0 };
    px_err err;

    CHECK_OK(px_csv_init(&csv, (px_csv_source){ read_piece, &p }, separator, &err), &err);
    for (;;) {
        const px_str *cells;
        size_t count;
        px_status status = px_csv_next(&csv, &cells, &count, &err);

        if (status != PX_OK) {
            CHECK_EQ(status, PX_INVALID);
            px_putf(&out, "!%u:%u %s!", err.line, err.column, err.id);
            continue;
        }
        if (!count)
            break;
        for (size_t i = 0; i < count; i++)
            px_putf(&out, "%s%.*s", i ? "|" : "[", PX_FMT(cells[i]));
        px_put_c(&out, "]");
    }
    CHECK_EQ(csv.taken, strlen(text));
    px_csv_release(&csv);
    return out;
}

static void check(const char *text, char separator, const char *wanted)
{
    for (size_t piece = 1; piece <= 64; piece = piece * 2 + 1) {
        px_buf out = read_all(text, piece, separator);

        CHECK_STR(out.ptr ? out.ptr : "", wanted);
        px_buf_release(&out);
    }
}

PX_TEST(plain_rows_with_any_line_end)
{
    check("a,b\n1,2\n", 0, "[a|b][1|2]");
    check("a,b\r\n1,2\r\n", 0, "[a|b][1|2]");
    check("a,b\r1,2", 0, "[a|b][1|2]");
    check("", 0, "");
    check("\n\n", 0, "");
}

PX_TEST(empty_cells_are_cells_and_empty_lines_are_none)
{
    check("a,,c\n\n,\n", 0, "[a||c][|]");
}

PX_TEST(quotes_keep_separators_line_ends_and_quotes)
{
    check("\"a,b\",\"c\"\"d\"\r\n\"e\r\nf\",g\n", ',', "[a,b|c\"d][e\r\nf|g]");
    check("\"\",x\n", ',', "[|x]");
}

PX_TEST(a_byte_order_mark_is_no_part_of_the_first_name)
{
    check("\xEF\xBB\xBF"
          "a;b\n",
          0, "[a|b]");
}

PX_TEST(the_separator_is_guessed_from_the_first_line)
{
    check("a;b;c,d\n1;2;3\n", 0, "[a|b|c,d][1|2|3]");
    check("a\tb\n", 0, "[a|b]");
    check("\"x,y,z\";b\n", 0, "[x,y,z|b]");
    check("one\n2\n", 0, "[one][2]");
}

PX_TEST(a_bad_row_is_named_and_the_next_is_read)
{
    check("a,b\n1,x\"y\n3,4\n", ',', "[a|b]!2:4 csv.quote![3|4]");
    check("a,b\n\"1\"z,2\n3,4\n", ',', "[a|b]!2:4 csv.after_quote![3|4]");
}

PX_TEST(an_open_quote_is_named_where_it_began)
{
    check("a,b\n1,\"2\n3,4\n", ',', "[a|b]!2:3 csv.open_quote!");
}

PX_TEST(lines_inside_quotes_count)
{
    check("\"a\nb\"\nx\"\n", ',', "[a\nb]!3:2 csv.quote!");
    check("\"a\r\nb\"\r\nx\"\r\n", ',', "[a\r\nb]!3:2 csv.quote!");
}

PX_TEST(a_row_may_be_as_long_as_the_limit_and_no_longer)
{
    px_buf text = { 0 };
    px_buf out;

    for (size_t i = 0; i < PX_CSV_RECORD_BYTES_MAX; i++)
        px_put_char(&text, 'x');
    out = read_all(text.ptr, 4096, ',');
    CHECK_EQ(out.len, PX_CSV_RECORD_BYTES_MAX + 2);
    px_buf_release(&out);
    px_put_c(&text, "x\nshort\n");
    out = read_all(text.ptr, 4096, ',');
    CHECK_STR(out.ptr, "!1:1 csv.long![short]");
    px_buf_release(&out);
    px_buf_release(&text);
}

PX_TEST(a_row_may_have_as_many_cells_as_the_limit_and_no_more)
{
    px_buf text = { 0 };
    px_buf out;

    for (size_t i = 1; i < PX_CSV_COLUMNS_MAX; i++)
        px_put_char(&text, ',');
    out = read_all(text.ptr, 4096, ',');
    CHECK_EQ(out.len, PX_CSV_COLUMNS_MAX + 1);
    px_buf_release(&out);
    px_put_c(&text, ",\nshort\n");
    out = read_all(text.ptr, 4096, ',');
    CHECK_STR(out.ptr, "!1:4097 csv.columns![short]");
    px_buf_release(&out);
    px_buf_release(&text);
}

PX_TEST(utf16_is_refused_with_its_cure)
{
    pieces p = { PX_STR("\xFF\xFE"
                        "a"),
                 9 };
    const px_str *cells;
    size_t count;
    px_csv csv;
    px_err err;

    CHECK_OK(px_csv_init(&csv, (px_csv_source){ read_piece, &p }, 0, &err), &err);
    CHECK_EQ(px_csv_next(&csv, &cells, &count, &err), PX_UNSUPPORTED);
    px_csv_release(&csv);
}

PX_PROP(what_is_written_by_the_rules_is_read_back, 300)
{
    static const char alphabet[] = "ab,;\"\r\n \t1";
    px_buf text = { 0 }, wanted = { 0 }, out;
    size_t rows = 1 + (size_t)px_gen_below(gen, 5);

    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < 3; c++) {
            px_put_c(&text, c ? ",\"" : "\"");
            px_put_c(&wanted, c ? "|" : "[");
            for (uint64_t n = px_gen_below(gen, 6); n; n--) {
                char byte = alphabet[px_gen_below(gen, sizeof(alphabet) - 1)];

                px_put_char(&wanted, byte);
                px_put_char(&text, byte);
                if (byte == '"')
                    px_put_char(&text, '"');
            }
            px_put_char(&text, '"');
        }
        px_put_c(&text, "\r\n");
        px_put_c(&wanted, "]");
    }
    out = read_all(text.ptr, 1 + (size_t)px_gen_below(gen, 9), ',');
    CHECK_STR(out.ptr, wanted.ptr);
    px_buf_release(&out);
    px_buf_release(&text);
    px_buf_release(&wanted);
}

PX_TEST_MAIN()
