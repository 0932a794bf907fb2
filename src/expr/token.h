/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The tokens that expressions and queries are written in, and complaints with a place.
 *
 *     name    = ( letter | "_" | "$" ) { letter | digit | "_" | "$" }   |  "[[" any word "]]"
 *     string  = "'" { char | "\'" | "\\" } "'"       double quotes do as well
 *     number  = JSON's; `1..3` is two numbers and two dots
 *     param   = "@" plain name
 *     mark    = ( ) [ ] , . * / + - : | = != < <= > >=
 *
 * White space and line breaks separate and are otherwise free. Keywords are names until a parser
 * asks; px_token_is compares them in any case. Threads: one at a time.
 */
#ifndef PX_EXPR_TOKEN_H
#define PX_EXPR_TOKEN_H

#include "base/arena.h"
#include "base/num.h"

typedef enum px_token_kind {
    PX_TOKEN_END,
    PX_TOKEN_NAME,
    PX_TOKEN_ESCAPED, /* a name in double square brackets: never a keyword */
    PX_TOKEN_STRING,
    PX_TOKEN_NUMBER,
    PX_TOKEN_MARK,
    PX_TOKEN_PARAMETER, /* "@" and a name: a value that is given beside the text */
} px_token_kind;

typedef struct px_token {
    px_token_kind kind;
    px_str raw;  /* as written; borrowed from the text */
    px_str text; /* NAME, ESCAPED, PARAMETER: the name; STRING: unescaped, in the arena where it had
                    escapes */
    px_num num;  /* NUMBER */
} px_token;

typedef struct px_lexer {
    px_token token; /* the current one */

    px_str text;      /* borrowed */
    const char *what; /* "SQL query": every complaint begins with it and "parse failed" */
    const char *id;   /* "query.parse", static */
    px_arena *arena;  /* borrowed */
    size_t at;        /* behind the current token */
} px_lexer;

/* Reads the first token. Errors: PX_INVALID (UTF-8, and what px_lexer_next refuses). */
PX_NODISCARD px_status px_lexer_init(px_lexer *lexer, px_str text, const char *what, const char *id,
                                     px_arena *arena, px_err *ret_err);
PX_NODISCARD px_status px_lexer_next(px_lexer *lexer, px_err *ret_err);

/* The current token is this keyword (given in capitals) or this mark. */
bool px_token_is(const px_token *token, const char *word);
/* If so moves behind it and says true in `ret_was`. */
PX_NODISCARD px_status px_lexer_accept(px_lexer *lexer, const char *word, bool *ret_was,
                                       px_err *ret_err);
/* The same, or fails: "expected WORD, found '…'", with "did you mean" for keywords. */
PX_NODISCARD px_status px_lexer_expect(px_lexer *lexer, const char *word, px_err *ret_err);

/**
 * PX_INVALID at `place` (a part of the text), as
 *
 *     SQL query parse failed: line 1, column 10: expected FROM, found 'FORM'
 *     SELECT * FORM DIGITALTWINS
 *              ^
 *
 * with `ret_err->line` and `column` set. The sentence is cut where the excerpt would not fit.
 */
px_status px_lexer_fail(const px_lexer *lexer, px_str place, px_err *ret_err, const char *format,
                        ...) PX_PRINTF(4, 5);
/* "expected WHAT, found '…'" at the current token; with the nearest of `words` when one is near. */
px_status px_lexer_expected(const px_lexer *lexer, const char *what, const px_str *words,
                            size_t word_count, px_err *ret_err);
/* The same form with another status and id: for what is understood and refused. */
px_status px_lexer_refuse(const px_lexer *lexer, px_str place, px_status status, const char *id,
                          px_err *ret_err, const char *format, ...) PX_PRINTF(6, 7);

/* Words that must be written in double square brackets when they begin a path or name a thing. */
bool px_token_is_reserved(px_str name);

#endif
