/* SPDX-License-Identifier: Apache-2.0 */
#include "query/parse.h"

#include "base/limits.h"

static bool is_name(const px_token *token)
{
    return token->kind == PX_TOKEN_NAME || token->kind == PX_TOKEN_ESCAPED;
}

static bool ends_from(const px_token *token)
{
    return px_token_is(token, "WHERE") || px_token_is(token, "JOIN") || px_token_is(token, "MATCH");
}

/* Columns use the name that FROM gives the twins, and stand before it: looked up ahead. What is
 * wrong on the way is found again, and told, in its turn. */
static px_str peek_twins_name(px_lexer ahead)
{
    bool is_step = false; /* `T.from` is a path */

    while (ahead.token.kind != PX_TOKEN_END && (is_step || !px_token_is(&ahead.token, "FROM"))) {
        is_step = px_token_is(&ahead.token, ".");
        if (px_lexer_next(&ahead, NULL) != PX_OK)
            return PX_STR("");
    }
    for (int i = 0; i < 2; i++) /* FROM DIGITALTWINS */
        if (ahead.token.kind == PX_TOKEN_END || px_lexer_next(&ahead, NULL) != PX_OK)
            return PX_STR("");
    return is_name(&ahead.token) && !ends_from(&ahead.token) ? ahead.token.text : PX_STR("");
}

static px_status not_offered(const px_lexer *lexer, const char *what, px_err *ret_err)
{
    return px_lexer_refuse(lexer, lexer->token.raw, PX_UNSUPPORTED, "query.unsupported", ret_err,
                           "%s is not offered yet", what);
}

/* ---- SELECT ---- */

/* top = "TOP" "(" integer ")" */
static px_status parse_top(px_lexer *lexer, px_query *query, px_err *ret_err)
{
    int64_t rows;

    PX_TRY(px_lexer_expect(lexer, "TOP", ret_err));
    PX_TRY(px_lexer_expect(lexer, "(", ret_err));
    if (lexer->token.kind != PX_TOKEN_NUMBER || !px_num_to_int(lexer->token.num, &rows) || rows < 0)
        return px_lexer_expected(lexer, "a number of rows such as TOP(10)", NULL, 0, ret_err);
    query->top = (uint64_t)rows;
    PX_TRY(px_lexer_next(lexer, ret_err));
    return px_lexer_expect(lexer, ")", ret_err);
}

/* count = "COUNT" "(" ")" */
static px_status parse_count(px_lexer *lexer, px_query *query, px_err *ret_err)
{
    query->is_count = true;
    PX_TRY(px_lexer_expect(lexer, "COUNT", ret_err));
    PX_TRY(px_lexer_expect(lexer, "(", ret_err));
    return px_lexer_expect(lexer, ")", ret_err);
}

static px_status check_column_name(const px_lexer *lexer, const px_query *query, px_str name,
                                   px_str place, px_err *ret_err)
{
    for (uint32_t i = 0; i < query->column_count; i++)
        if (px_str_eq(query->column_names[i], name))
            return px_lexer_fail(lexer, place, ret_err,
                                 "two columns are called '%.*s'; name one with AS",
                                 name.len > 40 ? 40 : (int)name.len, name.ptr);
    return PX_OK;
}

static px_status refuse_aggregate(const px_lexer *lexer, px_err *ret_err)
{
    static const char *const words[] = { "SUM", "AVG", "MIN", "MAX" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (px_token_is(&lexer->token, words[i]))
            return px_lexer_fail(lexer, lexer->token.raw, ret_err,
                                 "%s is not part of the query language, only COUNT() is", words[i]);
    return PX_OK;
}

/* column = path [ "AS" name ] */
static px_status parse_column(px_lexer *lexer, px_query *query, px_err *ret_err)
{
    px_expr_scope scope = { &query->twins_name, 1 };
    px_expr_path *path = &query->columns[query->column_count];
    px_str place = lexer->token.raw, name;
    bool renamed;

    if (query->column_count == PX_QUERY_COLUMNS_MAX)
        return px_lexer_fail(lexer, place, ret_err, "a query has at most %d columns",
                             PX_QUERY_COLUMNS_MAX);
    PX_TRY(refuse_aggregate(lexer, ret_err));
    PX_TRY(px_expr_parse_path(lexer, &scope, path, ret_err));
    name = path->count ? path->steps[path->count - 1] : query->twins_name;
    PX_TRY(px_lexer_accept(lexer, "AS", &renamed, ret_err));
    if (renamed) {
        place = lexer->token.raw;
        PX_TRY(px_expr_parse_name(lexer, "a name for the column", &name, ret_err));
    }
    PX_TRY(check_column_name(lexer, query, name, place, ret_err));
    query->column_names[query->column_count++] = name;
    return PX_OK;
}

/* projection = "*" | column { "," column } */
static px_status parse_projection(px_lexer *lexer, px_query *query, px_err *ret_err)
{
    bool more = true;

    PX_TRY(px_lexer_accept(lexer, "*", &query->is_all, ret_err));
    if (query->is_all)
        return PX_OK;
    query->columns = PX_ARENA_ARRAY(lexer->arena, px_expr_path, PX_QUERY_COLUMNS_MAX);
    query->column_names = PX_ARENA_ARRAY(lexer->arena, px_str, PX_QUERY_COLUMNS_MAX);
    if (!query->columns || !query->column_names)
        return px_arena_fail(lexer->arena, ret_err);
    while (more) {
        PX_TRY(parse_column(lexer, query, ret_err));
        PX_TRY(px_lexer_accept(lexer, ",", &more, ret_err));
    }
    return PX_OK;
}

/* select = "SELECT" ( [ top ] projection | top | count ) */
static px_status parse_select(px_lexer *lexer, px_query *query, px_err *ret_err)
{
    PX_TRY(px_lexer_expect(lexer, "SELECT", ret_err));
    if (px_token_is(&lexer->token, "COUNT"))
        return parse_count(lexer, query, ret_err);
    if (px_token_is(&lexer->token, "TOP")) {
        PX_TRY(parse_top(lexer, query, ret_err));
        query->is_all = px_token_is(&lexer->token, "FROM");
        if (query->is_all)
            return PX_OK;
    }
    if (px_token_is(&lexer->token, "FROM") ||
        (!px_token_is(&lexer->token, "*") && !is_name(&lexer->token)))
        return px_lexer_expected(lexer, "*, TOP, COUNT() or a column", NULL, 0, ret_err);
    return parse_projection(lexer, query, ret_err);
}

/* ---- FROM ---- */

/* from = "FROM" "DIGITALTWINS" [ name ] */
static px_status parse_from(px_lexer *lexer, px_query *query, px_err *ret_err)
{
    static const px_str collections[] = { { "DIGITALTWINS", 12 }, { "RELATIONSHIPS", 13 } };

    PX_TRY(px_lexer_expect(lexer, "FROM", ret_err));
    if (px_token_is(&lexer->token, "RELATIONSHIPS"))
        return not_offered(lexer, "FROM RELATIONSHIPS", ret_err);
    if (!px_token_is(&lexer->token, "DIGITALTWINS"))
        return px_lexer_expected(lexer, "DIGITALTWINS", collections, 2, ret_err);
    PX_TRY(px_lexer_next(lexer, ret_err));
    if (is_name(&lexer->token) && !ends_from(&lexer->token))
        PX_TRY(px_expr_parse_name(lexer, "a name for the twins", &query->twins_name, ret_err));
    if (px_token_is(&lexer->token, "JOIN"))
        return not_offered(lexer, "JOIN", ret_err);
    if (px_token_is(&lexer->token, "MATCH"))
        return not_offered(lexer, "MATCH", ret_err);
    return PX_OK;
}

static px_status parse_where(px_lexer *lexer, px_query *query, px_err *ret_err)
{
    static const px_str begins[] = { { "WHERE", 5 } };
    static const px_str goes_on[] = { { "AND", 3 }, { "OR", 2 } };
    px_expr_scope scope = { &query->twins_name, 1 };
    bool has_where;

    PX_TRY(px_lexer_accept(lexer, "WHERE", &has_where, ret_err));
    if (has_where)
        PX_TRY(px_expr_parse(lexer, &scope, &query->where, ret_err));
    if (lexer->token.kind == PX_TOKEN_END)
        return PX_OK;
    if (has_where)
        return px_lexer_expected(lexer, "AND, OR or the end", goes_on, 2, ret_err);
    return px_lexer_expected(lexer, "WHERE or the end", begins, 1, ret_err);
}

px_status px_query_parse(px_str text, px_arena *arena, px_query *ret_query, px_err *ret_err)
{
    px_query query = { .top = PX_QUERY_NO_TOP };
    px_lexer lexer;

    if (text.len > PX_QUERY_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "query.bytes",
                          "SQL query parse failed: the text has %zu bytes, at most %d are read",
                          text.len, PX_QUERY_BYTES_MAX);
    PX_TRY(px_lexer_init(&lexer, text, "SQL query", "query.parse", arena, ret_err));
    query.twins_name = peek_twins_name(lexer);
    PX_TRY(parse_select(&lexer, &query, ret_err));
    PX_TRY(parse_from(&lexer, &query, ret_err));
    PX_TRY(parse_where(&lexer, &query, ret_err));
    *ret_query = query;
    return PX_OK;
}
