/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/guard.h"

enum { CHECK_ARENA_BYTES_MAX = 1024 * 1024 };

/* The source that `$self` is. */
static uint32_t self_of(const px_guard *guard)
{
    return guard->of == PX_GUARD_OF_TWIN ? 0 : 1;
}

static px_status parse(px_lexer *lexer, const px_guard *guard, px_arena *arena,
                       px_expr_node **ret_node, px_err *ret_err)
{
    static const px_str names[] = { { "", 0 }, { "$self", 5 } };
    bool is_own = guard->of == PX_GUARD_OF_TWIN;
    px_expr_scope scope = { .names = is_own ? names + 1 : names, .count = is_own ? 1 : 2 };

    PX_TRY(px_lexer_init(lexer, guard->expression, "guard", "command.guard", arena, ret_err));
    PX_TRY(px_expr_parse(lexer, &scope, ret_node, ret_err));
    if (lexer->token.kind != PX_TOKEN_END)
        return px_lexer_expected(lexer, "AND, OR or the end", NULL, 0, ret_err);
    return PX_OK;
}

void px_put_guard_path(px_buf *buf, const px_expr_node *node)
{
    bool is_named = px_str_eq(node->place, PX_STR("$self"));

    if (is_named)
        px_put(buf, node->place);
    for (uint32_t i = 0; i < node->path.count; i++) {
        if (i > 0 || is_named)
            px_put_char(buf, '.');
        px_put(buf, node->path.steps[i]);
    }
}

static px_status refuse_path(const px_lexer *lexer, const px_layout *layout,
                             const px_expr_node *node, px_err *ret_err)
{
    px_str nearest = px_layout_nearest(layout, PX_NO_COMPONENT, node->path.steps[0]);
    px_buf path = { 0 };

    px_put_guard_path(&path, node);
    px_lexer_fail(lexer, node->place, ret_err, "the model has no '%.*s'%s%.*s%s",
                  PX_FMT(px_buf_str(&path)), nearest.len ? "; did you mean '" : "", PX_FMT(nearest),
                  nearest.len ? "'?" : "");
    px_buf_release(&path);
    return PX_INVALID;
}

/* Of a neighbour nobody knows yet what it is. */
static px_status check_paths(const px_lexer *lexer, const px_layout *layout, uint32_t self,
                             const px_expr_node *node, px_err *ret_err)
{
    if (node->kind == PX_EXPR_PATH && node->path.source == self &&
        px_expr_bind(layout, &node->path, true).what == PX_EXPR_MISSING)
        return refuse_path(lexer, layout, node, ret_err);
    for (const px_expr_node *m = node->first; m; m = m->next)
        PX_TRY(check_paths(lexer, layout, self, m, ret_err));
    return PX_OK;
}

px_status px_guard_check(const px_layout *layout, const px_guard *guard, px_err *ret_err)
{
    PX_AUTO_ARENA arena = { 0 };
    px_expr_source source = { .with_telemetry = true };
    px_expr_node *node;
    px_lexer lexer;
    px_expr *expr;

    px_arena_init(&arena, CHECK_ARENA_BYTES_MAX);
    PX_TRY(parse(&lexer, guard, &arena, &node, ret_err));
    PX_TRY(check_paths(&lexer, layout, self_of(guard), node, ret_err));
    source.condition = node;
    return px_expr_compile(&source, &arena, &expr, ret_err);
}

px_status px_guard_parse(const px_guard *guard, px_arena *arena, px_expr_node **ret_node,
                         px_err *ret_err)
{
    px_lexer lexer;

    return parse(&lexer, guard, arena, ret_node, ret_err);
}
