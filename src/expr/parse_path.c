/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/parse_inner.h"

#include <strings.h>

#include "base/limits.h"

px_status pxi_refuse_reserved(const px_lexer *lexer, const px_token *word, px_err *ret_err)
{
    return px_lexer_fail(lexer, word->raw, ret_err,
                         "'%.*s' is a reserved word; as a name write [[%.*s]]", PX_FMT(word->raw),
                         PX_FMT(word->raw));
}

/* name = plain_name | "[[" any_word "]]" */
px_status px_expr_parse_name(px_lexer *lexer, const char *what, px_str *ret_name, px_err *ret_err)
{
    px_token name = lexer->token;

    if (name.kind != PX_TOKEN_NAME && name.kind != PX_TOKEN_ESCAPED)
        return px_lexer_expected(lexer, what, NULL, 0, ret_err);
    if (name.kind == PX_TOKEN_NAME && px_token_is_reserved(name.text))
        return pxi_refuse_reserved(lexer, &name, ret_err);
    *ret_name = name.text;
    return px_lexer_next(lexer, ret_err);
}

/* `t.speed` where the twins are called T: surely not a property t. */
static px_status check_case(const px_lexer *lexer, const px_expr_scope *scope,
                            const px_token *first, px_err *ret_err)
{
    for (uint32_t i = 0; i < scope->count; i++) {
        px_str name = scope->names[i];

        if (first->kind == PX_TOKEN_NAME && name.len && name.len == first->text.len &&
            strncasecmp(name.ptr, first->text.ptr, name.len) == 0)
            return px_lexer_fail(lexer, first->raw, ret_err,
                                 "names are case sensitive: '%.*s' is called '%.*s' in FROM",
                                 PX_FMT(first->text), PX_FMT(name));
    }
    return PX_OK;
}

/* Several things are named: a path that begins with none of them would be a guess. */
static px_status refuse_nameless(const px_lexer *lexer, const px_expr_scope *scope,
                                 const px_token *first, px_err *ret_err)
{
    px_str near = px_str_nearest(first->text, scope->names, scope->count);
    int len = first->text.len > 32 ? 32 : (int)first->text.len;

    for (uint32_t i = 0; !near.len && i < scope->count; i++)
        near = scope->names[i];
    if (!near.len)
        return px_lexer_fail(lexer, first->raw, ret_err,
                             "'%.*s' is none of the names in FROM, for it gives none", len,
                             first->text.ptr);
    return px_lexer_fail(
        lexer, first->raw, ret_err,
        "'%.*s' is none of the names in FROM; a path begins with one, as %.*s.%.*s", len,
        first->text.ptr, near.len > 32 ? 32 : (int)near.len, near.ptr, len, first->text.ptr);
}

static bool find_source(const px_expr_scope *scope, px_str name, uint32_t *ret_source)
{
    for (uint32_t i = 0; i < scope->count; i++)
        if (scope->names[i].len && px_str_eq(scope->names[i], name)) {
            *ret_source = i;
            return true;
        }
    return false;
}

/* path = name { "." name }, its first name read already. Behind a dot no word is reserved. */
px_status pxi_parse_steps(px_lexer *lexer, const px_expr_scope *scope, px_token first,
                          px_expr_path *ret_path, px_err *ret_err)
{
    px_str steps[PX_EXPR_STEPS_MAX + 1] = { first.text }, *kept;
    px_expr_path path = { .count = 1 };
    bool named;

    while (px_token_is(&lexer->token, ".")) {
        PX_TRY(px_lexer_next(lexer, ret_err));
        if (lexer->token.kind != PX_TOKEN_NAME && lexer->token.kind != PX_TOKEN_ESCAPED)
            return px_lexer_expected(lexer, "a name behind the dot", NULL, 0, ret_err);
        if (path.count > PX_EXPR_STEPS_MAX)
            return px_lexer_fail(lexer, lexer->token.raw, ret_err, "a path has at most %d names",
                                 PX_EXPR_STEPS_MAX);
        steps[path.count++] = lexer->token.text;
        PX_TRY(px_lexer_next(lexer, ret_err));
    }
    named = find_source(scope, steps[0], &path.source);
    if (!named && path.count > 1)
        PX_TRY(check_case(lexer, scope, &first, ret_err));
    if (!named && scope->is_strict)
        return refuse_nameless(lexer, scope, &first, ret_err);
    path.count -= named;
    if (path.count > PX_EXPR_STEPS_MAX)
        return px_lexer_fail(lexer, first.raw, ret_err, "a path has at most %d names",
                             PX_EXPR_STEPS_MAX);
    if (path.count) {
        kept = PX_ARENA_ARRAY(lexer->arena, px_str, path.count);
        if (!kept)
            return px_arena_fail(lexer->arena, ret_err);
        memcpy(kept, steps + named, path.count * sizeof(*kept));
        path.steps = kept;
    }
    *ret_path = path;
    return PX_OK;
}

px_status px_expr_parse_path(px_lexer *lexer, const px_expr_scope *scope, px_expr_path *ret_path,
                             px_err *ret_err)
{
    px_token first = lexer->token;
    px_str name;

    PX_TRY(px_expr_parse_name(lexer, "a property or a name", &name, ret_err));
    return pxi_parse_steps(lexer, scope, first, ret_path, ret_err);
}
