/* SPDX-License-Identifier: Apache-2.0 */
/* Complaints of lexer and parsers: the sentence, and the line it is about with a caret below. */
#include "expr/token.h"

#include <stdarg.h>
#include <stdio.h>

enum { SENTENCE_BYTES_MAX = 112, EXCERPT_BYTES_MAX = 40, FOUND_BYTES_MAX = 24 };

typedef struct place {
    uint32_t line, column;
    size_t line_begin, line_end, at;
} place;

static place place_of(px_str text, px_str where)
{
    place p = { .line = 1, .at = (size_t)(where.ptr - text.ptr) };

    for (size_t i = 0; i < p.at; i++)
        if (text.ptr[i] == '\n') {
            p.line++;
            p.line_begin = i + 1;
        }
    p.column = (uint32_t)(p.at - p.line_begin) + 1;
    for (p.line_end = p.at; p.line_end < text.len && text.ptr[p.line_end] != '\n';)
        p.line_end++;
    return p;
}

static bool is_inside_character(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* A window of the line around the place, on whole characters. */
static void clip(px_str text, const place *p, size_t *ret_from, size_t *ret_to)
{
    size_t from = p->line_begin, to = p->line_end;

    if (to - from > EXCERPT_BYTES_MAX) {
        size_t last = to - EXCERPT_BYTES_MAX; /* where a window that ends with the line begins */

        if (p->at - from > EXCERPT_BYTES_MAX / 2)
            from = p->at - EXCERPT_BYTES_MAX / 2;
        from = from < last ? from : last;
        to = from + EXCERPT_BYTES_MAX;
    }
    while (from < p->at && is_inside_character(text.ptr[from]))
        from++;
    while (to > p->at && to < p->line_end && is_inside_character(text.ptr[to]))
        to--;
    *ret_from = from;
    *ret_to = to;
}

static void put_excerpt(char *out, size_t size, px_str text, const place *p)
{
    size_t from, to, len = 0;

    clip(text, p, &from, &to);
    if (size < (to - from) * 2 + 4)
        return;
    out[len++] = '\n';
    for (size_t i = from; i < to; i++)
        out[len++] = (unsigned char)text.ptr[i] < ' ' ? ' ' : text.ptr[i];
    out[len++] = '\n';
    for (size_t i = from; i < p->at; i++)
        if (!is_inside_character(text.ptr[i]))
            out[len++] = ' ';
    out[len++] = '^';
    out[len] = '\0';
}

static px_status fail_with(const px_lexer *lexer, px_str where, px_status status, const char *id,
                           const char *sentence, px_err *ret_err)
{
    place p = place_of(lexer->text, where);
    size_t len;

    if (!ret_err)
        return status;
    px_fail_id(ret_err, status, id, "%s parse failed: line %u, column %u: %s", lexer->what, p.line,
               p.column, sentence);
    len = strlen(ret_err->text);
    put_excerpt(ret_err->text + len, sizeof(ret_err->text) - len, lexer->text, &p);
    ret_err->line = p.line;
    ret_err->column = p.column;
    return status;
}

px_status px_lexer_fail(const px_lexer *lexer, px_str where, px_err *ret_err, const char *format,
                        ...)
{
    char sentence[SENTENCE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    return fail_with(lexer, where, PX_INVALID, lexer->id, sentence, ret_err);
}

px_status px_lexer_refuse(const px_lexer *lexer, px_str where, px_status status, const char *id,
                          px_err *ret_err, const char *format, ...)
{
    char sentence[SENTENCE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    return fail_with(lexer, where, status, id, sentence, ret_err);
}

px_status px_lexer_expected(const px_lexer *lexer, const char *what, const px_str *words,
                            size_t word_count, px_err *ret_err)
{
    const px_token *token = &lexer->token;
    px_str near = { 0 }, found = token->raw;

    if (token->kind == PX_TOKEN_END)
        return px_lexer_fail(lexer, found, ret_err, "expected %s, found the end", what);
    if (token->kind == PX_TOKEN_NAME)
        near = px_str_nearest(found, words, word_count);
    if (found.len > FOUND_BYTES_MAX) {
        for (found.len = FOUND_BYTES_MAX; is_inside_character(found.ptr[found.len]);)
            found.len--;
    }
    if (near.len)
        return px_lexer_fail(lexer, token->raw, ret_err,
                             "expected %s, found '%.*s'; did you mean %.*s?", what, PX_FMT(found),
                             PX_FMT(near));
    return px_lexer_fail(lexer, token->raw, ret_err, "expected %s, found '%.*s'", what,
                         PX_FMT(found));
}
