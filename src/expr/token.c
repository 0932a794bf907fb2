/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/token.h"

#include <strings.h>

static bool is_name_begin(char c)
{
    return px_is_letter(c) || c == '_' || c == '$';
}

static bool is_name_char(char c)
{
    return is_name_begin(c) || px_is_digit(c);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The byte at `at`, 0 past the end: no token begins with NUL. */
static char byte_at(const px_lexer *lexer, size_t at)
{
    return at < lexer->text.len ? lexer->text.ptr[at] : '\0';
}

static px_str slice(const px_lexer *lexer, size_t from, size_t to)
{
    return px_str_of(lexer->text.ptr + from, to - from);
}

/* The end of a name that goes through `at`. */
static size_t name_end(const px_lexer *lexer, size_t at)
{
    const char *ptr = lexer->text.ptr;
    size_t len = lexer->text.len;

    while (at < len && is_name_char(ptr[at]))
        at++;
    return at;
}

static void give(px_lexer *lexer, px_token_kind kind, size_t begin, size_t end)
{
    lexer->token.kind = kind;
    lexer->token.raw = lexer->token.text = slice(lexer, begin, end);
    lexer->at = end;
}

/* "[[" any word "]]" */
static px_status lex_escaped(px_lexer *lexer, size_t begin, px_err *ret_err)
{
    size_t end = begin + 2;

    while (end < lexer->text.len && byte_at(lexer, end) != '\n' &&
           !(byte_at(lexer, end) == ']' && byte_at(lexer, end + 1) == ']'))
        end++;
    if (byte_at(lexer, end) != ']' || end == begin + 2)
        return px_lexer_fail(lexer, slice(lexer, begin, begin + 2), ret_err,
                             "'[[' begins a name that must end with ']]'");
    give(lexer, PX_TOKEN_ESCAPED, begin, end + 2);
    lexer->token.text = slice(lexer, begin + 2, end);
    return PX_OK;
}

static px_status unescape(px_lexer *lexer, px_str inner, char quote, px_err *ret_err)
{
    char *bytes = px_arena_alloc(lexer->arena, inner.len + 1);
    size_t len = 0;

    if (!bytes)
        return px_arena_fail(lexer->arena, ret_err);
    for (size_t i = 0; i < inner.len; i++) {
        if (inner.ptr[i] == '\\' && i + 1 < inner.len &&
            (inner.ptr[i + 1] == quote || inner.ptr[i + 1] == '\\'))
            i++;
        bytes[len++] = inner.ptr[i];
    }
    lexer->token.text = px_str_of(bytes, len);
    return PX_OK;
}

/* A backslash protects the quote and itself; before anything else it is only a backslash. */
static px_status lex_string(px_lexer *lexer, size_t begin, px_err *ret_err)
{
    char quote = byte_at(lexer, begin);
    size_t end = begin + 1;
    bool escaped = false;

    while (end < lexer->text.len && byte_at(lexer, end) != quote) {
        char next = byte_at(lexer, end + 1);

        if (byte_at(lexer, end) == '\\' && (next == quote || next == '\\')) {
            escaped = true;
            end++;
        }
        end++;
    }
    if (end >= lexer->text.len)
        return px_lexer_fail(lexer, slice(lexer, begin, begin + 1), ret_err,
                             "the string that begins here has no end; a quote inside is written "
                             "\\%c",
                             quote);
    give(lexer, PX_TOKEN_STRING, begin, end + 1);
    lexer->token.text = slice(lexer, begin + 1, end);
    return escaped ? unescape(lexer, lexer->token.text, quote, ret_err) : PX_OK;
}

/* A range of hops, `1..3`: the number ends before its two dots. */
static const char *number_end(const px_lexer *lexer, size_t begin)
{
    size_t at = begin;

    while (px_is_digit(byte_at(lexer, at)))
        at++;
    if (at > begin && byte_at(lexer, at) == '.' && byte_at(lexer, at + 1) == '.')
        return lexer->text.ptr + at;
    return lexer->text.ptr + lexer->text.len;
}

/* "@" and a plain name */
static px_status lex_parameter(px_lexer *lexer, size_t begin, px_err *ret_err)
{
    size_t end = begin + 1;

    if (!is_name_begin(byte_at(lexer, end)))
        return px_lexer_fail(lexer, slice(lexer, begin, begin + 1), ret_err,
                             "'@' begins the name of a parameter, such as @limit");
    end = name_end(lexer, end);
    give(lexer, PX_TOKEN_PARAMETER, begin, end);
    lexer->token.text = slice(lexer, begin + 1, end);
    return PX_OK;
}

static px_status lex_number(px_lexer *lexer, size_t begin, px_err *ret_err)
{
    const char *at = lexer->text.ptr + begin, *end = number_end(lexer, begin);
    px_num_scan_result result = px_num_scan(&at, end, &lexer->token.num);
    size_t stop = (size_t)(at - lexer->text.ptr);

    if (result == PX_NUM_RANGE)
        return px_lexer_fail(lexer, slice(lexer, begin, stop), ret_err,
                             "this number is beyond the range of numbers");
    if (result == PX_NUM_SYNTAX || is_name_char(byte_at(lexer, stop)))
        return px_lexer_fail(lexer, slice(lexer, stop, stop), ret_err,
                             "a number is written as -12, 21.4 or 1e-3");
    give(lexer, PX_TOKEN_NUMBER, begin, stop);
    return PX_OK;
}

static px_status lex_mark(px_lexer *lexer, size_t begin, px_err *ret_err)
{
    char c = byte_at(lexer, begin), next = byte_at(lexer, begin + 1);
    size_t len = (c == '<' || c == '>' || c == '!') && next == '=' ? 2 : 1;
    px_str place = slice(lexer, begin, begin + len);

    if ((c == '<' && next == '>') || (c == '!' && next != '='))
        return px_lexer_fail(lexer, place, ret_err, "'not equal' is written !=");
    if (c == '=' && next == '=')
        return px_lexer_fail(lexer, place, ret_err, "'equal' is written =");
    if (!memchr("()[],.*/+-:|=<>!", c, 16) || c == '\0')
        return px_lexer_fail(lexer, place, ret_err,
                             (unsigned char)c >= 0x80 || px_is_digit(c)
                                 ? "a name with other characters is written in [[ and ]]"
                                 : "this character has no meaning here");
    give(lexer, PX_TOKEN_MARK, begin, begin + len);
    return PX_OK;
}

px_status px_lexer_next(px_lexer *lexer, px_err *ret_err)
{
    size_t begin = lexer->at;
    char c;

    while (is_space(byte_at(lexer, begin)))
        begin++;
    c = byte_at(lexer, begin);
    if (begin == lexer->text.len) {
        give(lexer, PX_TOKEN_END, begin, begin);
        return PX_OK;
    }
    if (is_name_begin(c)) {
        give(lexer, PX_TOKEN_NAME, begin, name_end(lexer, begin + 1));
        return PX_OK;
    }
    /* three brackets are the one of a list and the two of a name */
    if (c == '[' && byte_at(lexer, begin + 1) == '[' && byte_at(lexer, begin + 2) != '[')
        return lex_escaped(lexer, begin, ret_err);
    if (c == '\'' || c == '"')
        return lex_string(lexer, begin, ret_err);
    if (px_is_digit(c) || (c == '-' && px_is_digit(byte_at(lexer, begin + 1))))
        return lex_number(lexer, begin, ret_err);
    if (c == '@')
        return lex_parameter(lexer, begin, ret_err);
    return lex_mark(lexer, begin, ret_err);
}

px_status px_lexer_init(px_lexer *lexer, px_str text, const char *what, const char *id,
                        px_arena *arena, px_err *ret_err)
{
    size_t bad;

    if (!text.ptr)
        text = PX_STR("");
    *lexer = (px_lexer){ .text = text, .what = what, .id = id, .arena = arena };
    if (!px_str_is_utf8(text, &bad)) {
        lexer->text.len = bad; /* the excerpt stays readable */
        return px_lexer_fail(lexer, slice(lexer, bad, bad), ret_err, "the text is not UTF-8 here");
    }
    return px_lexer_next(lexer, ret_err);
}

bool px_token_is(const px_token *token, const char *word)
{
    px_str raw = token->raw;

    /* Most words are not this one, and their first letter says so. */
    if (!raw.len || ((raw.ptr[0] ^ word[0]) & ~0x20) || strlen(word) != raw.len)
        return false;
    if (token->kind == PX_TOKEN_MARK)
        return memcmp(raw.ptr, word, raw.len) == 0;
    return token->kind == PX_TOKEN_NAME && strncasecmp(raw.ptr, word, raw.len) == 0;
}

px_status px_lexer_accept(px_lexer *lexer, const char *word, bool *ret_was, px_err *ret_err)
{
    *ret_was = px_token_is(&lexer->token, word);
    return *ret_was ? px_lexer_next(lexer, ret_err) : PX_OK;
}

px_status px_lexer_expect(px_lexer *lexer, const char *word, px_err *ret_err)
{
    px_str candidate;

    if (px_token_is(&lexer->token, word))
        return px_lexer_next(lexer, ret_err);
    candidate = px_str_c(word);
    return px_lexer_expected(lexer, word, &candidate, is_name_begin(word[0]) ? 1 : 0, ret_err);
}

bool px_token_is_reserved(px_str name)
{
    static const char *const words[] = {
        "ALL",       "AND",         "AS",           "ASC",          "AVG",
        "BY",        "COUNT",       "DESC",         "DEVICES_JOBS", "DEVICES_MODULES",
        "DEVICES",   "ENDS_WITH",   "FALSE",        "FROM",         "GROUP",
        "IN",        "IS_BOOL",     "IS_DEFINED",   "IS_NULL",      "IS_NUMBER",
        "IS_OBJECT", "IS_OF_MODEL", "IS_PRIMITIVE", "IS_STRING",    "MAX",
        "MIN",       "NOT",         "NOT_IN",       "NULL",         "OR",
        "ORDER",     "SELECT",      "STARTS_WITH",  "SUM",          "TOP",
        "TRUE",      "WHERE",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (name.len && !((words[i][0] ^ name.ptr[0]) & ~0x20) && strlen(words[i]) == name.len &&
            strncasecmp(words[i], name.ptr, name.len) == 0)
            return true;
    return false;
}
