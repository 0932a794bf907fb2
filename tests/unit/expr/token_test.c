/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/token.h"

#include "px_test.h"

/* The tokens of a text as `kind:text`, blank between them; at an error its sentence. */
static void tokens_of(const char *text, px_buf *out)
{
    static const char *const kinds[] = { "end", "name", "escaped", "string", "number", "mark" };
    px_lexer lexer;
    px_arena arena;
    px_err err;
    px_status status;

    px_buf_clear(out);
    px_arena_init(&arena, 1 << 16);
    status = px_lexer_init(&lexer, px_str_c(text), "test", "test.parse", &arena, &err);
    while (status == PX_OK && lexer.token.kind != PX_TOKEN_END) {
        px_putf(out, "%s%s:", out->len ? " " : "", kinds[lexer.token.kind]);
        if (lexer.token.kind == PX_TOKEN_NUMBER)
            px_put_num(out, lexer.token.num);
        else
            px_put(out, lexer.token.text);
        status = px_lexer_next(&lexer, &err);
    }
    if (status != PX_OK)
        px_putf(out, "%s%s", out->len ? " " : "", err.text);
    px_arena_release(&arena);
}

static void check(const char *text, const char *wanted)
{
    px_buf out = { 0 };

    tokens_of(text, &out);
    CHECK_SLICE(px_buf_str(&out), wanted);
    px_buf_release(&out);
}

PX_TEST(tells_names_numbers_strings_and_marks_apart)
{
    check("T.$dtId>=-2.50\n'a'!=true", "name:T mark:. name:$dtId mark:>= number:-2.50 string:a "
                                       "mark:!= name:true");
    check("COUNT ( )\t*", "name:COUNT mark:( mark:) mark:*");
    check("", "");
    check("  \r\n ", "");
}

PX_TEST(escaped_names_may_hold_anything_but_their_end)
{
    check("[[SELECT]]", "escaped:SELECT");
    check("[[gr\xC3\xB6\xC3\x9F"
          "e in mm]]",
          "escaped:gr\xC3\xB6\xC3\x9F"
          "e in mm");
    check("[[[a]],1]", "mark:[ escaped:a mark:, number:1 mark:]");
}

PX_TEST(a_backslash_protects_the_quote_and_itself_only)
{
    check("'it\\'s'", "string:it's");
    check("'C:\\temp'", "string:C:\\temp");
    check("'end\\\\'", "string:end\\");
    check("\"a 'b' \\\"c\\\"\"", "string:a 'b' \"c\"");
    check("''", "string:");
}

PX_TEST(numbers_are_exact_and_refused_where_they_are_none)
{
    check("21.40 1e3 12345678901234567", "number:21.40 number:1000 number:12345678901234567");
    check("5abc", "test parse failed: line 1, column 2: a number is written as -12, 21.4 or 1e-3\n"
                  "5abc\n ^");
    check("1.", "test parse failed: line 1, column 3: a number is written as -12, 21.4 or 1e-3\n"
                "1.\n  ^");
    check("1e999", "test parse failed: line 1, column 1: this number is beyond the range of "
                   "numbers\n1e999\n^");
}

PX_TEST(complaints_show_the_line_and_a_caret)
{
    check("a =\n  'b", "name:a mark:= test parse failed: line 2, column 3: the string that begins "
                       "here has no end; a quote inside is written \\'\n  'b\n  ^");
    check("a == 1", "name:a test parse failed: line 1, column 3: 'equal' is written =\n"
                    "a == 1\n  ^");
    check("a <> 1", "name:a test parse failed: line 1, column 3: 'not equal' is written !=\n"
                    "a <> 1\n  ^");
    check("a;", "name:a test parse failed: line 1, column 2: this character has no meaning here\n"
                "a;\n ^");
    check("[[]]", "test parse failed: line 1, column 1: '[[' begins a name that must end with "
                  "']]'\n[[]]\n^");
    check("\xC3\xBC = 1", "test parse failed: line 1, column 1: a name with other characters is "
                          "written in [[ and ]]\n\xC3\xBC = 1\n^");
}

PX_TEST(the_caret_counts_characters_and_long_lines_are_cut)
{
    check("'\xC3\xBC\xC3\xBC' ;", "string:\xC3\xBC\xC3\xBC test parse failed: line 1, column 8: "
                                  "this character has no meaning here\n"
                                  "'\xC3\xBC\xC3\xBC' ;\n     ^");
    check("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ; b",
          "name:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
          "test parse failed: line 1, column 80: this character has no meaning here\n"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ; b\n"
          "                                     ^");
}

PX_TEST(bytes_that_are_no_utf8_are_refused_with_their_place)
{
    check("'a\xFF'", "test parse failed: line 1, column 3: the text is not UTF-8 here\n'a\n  ^");
}

PX_TEST(keywords_are_known_in_any_case_but_not_when_escaped)
{
    px_token name = { .kind = PX_TOKEN_NAME, .raw = PX_STR("Select") };
    px_token escaped = { .kind = PX_TOKEN_ESCAPED, .raw = PX_STR("[[SELECT]]") };

    CHECK(px_token_is(&name, "SELECT"));
    CHECK(!px_token_is(&name, "SELECTS"));
    CHECK(!px_token_is(&escaped, "SELECT"));
    CHECK(px_token_is_reserved(PX_STR("count")));
    CHECK(!px_token_is_reserved(PX_STR("counter")));
}

PX_TEST_MAIN()
