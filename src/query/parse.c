/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT and WHERE, and the order in which all is read. */
#include "query/parse_inner.h"

#include "base/limits.h"

bool pxi_is_name(const px_token *token)
{
    return token->kind == PX_TOKEN_NAME || token->kind == PX_TOKEN_ESCAPED;
}

bool pxi_is_clause(const px_token *token)
{
    static const char *const words[] = { "WHERE", "JOIN",   "MATCH", "GROUP",
                                         "ORDER", "OFFSET", "LIMIT" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (px_token_is(token, words[i]))
            return true;
    return false;
}

px_expr_scope pxi_scope(const pxi_parser *p)
{
    px_expr_scope scope = { .names = p->query->names,
                            .count = p->query->source_count,
                            .is_strict = !p->is_ahead && p->query->source_count > 1,
                            .edges = p->query->edges };

    if (p->params) {
        scope.parameters = p->params->list;
        scope.parameter_count = p->params->count;
    }
    return scope;
}

px_status pxi_parse_integer(pxi_parser *p, const char *what, uint64_t *ret_number)
{
    px_expr_scope scope = pxi_scope(p);
    px_value value = { 0 };
    int64_t number;

    if (p->lexer->token.kind == PX_TOKEN_PARAMETER)
        PX_TRY(px_expr_parameter_value(p->lexer, &scope, &value, p->ret_err));
    else if (p->lexer->token.kind == PX_TOKEN_NUMBER)
        value = px_value_num(p->lexer->token.num);
    if (value.kind != PX_VALUE_NUM || !px_num_to_int(value.num, &number) || number < 0)
        return px_lexer_expected(p->lexer, what, NULL, 0, p->ret_err);
    *ret_number = (uint64_t)number;
    return px_lexer_next(p->lexer, p->ret_err);
}

/* ---- SELECT ---- */

/* top = "TOP" "(" integer ")" */
static px_status parse_top(pxi_parser *p)
{
    PX_TRY(px_lexer_expect(p->lexer, "TOP", p->ret_err));
    PX_TRY(px_lexer_expect(p->lexer, "(", p->ret_err));
    PX_TRY(pxi_parse_integer(p, "a number of rows such as TOP(10)", &p->query->top));
    return px_lexer_expect(p->lexer, ")", p->ret_err);
}

static px_status check_column_name(const pxi_parser *p, px_str name, px_str place)
{
    for (uint32_t i = 0; i < p->query->column_count; i++)
        if (px_str_eq(p->query->columns[i].name, name))
            return px_lexer_fail(p->lexer, place, p->ret_err,
                                 "two columns are called '%.*s'; name one with AS",
                                 name.len > 40 ? 40 : (int)name.len, name.ptr);
    return PX_OK;
}

/* aggregate = ( "COUNT" "(" [ operand ] ")" ) | ( "SUM" | … ) "(" operand ")" */
static px_status parse_aggregate(pxi_parser *p, px_query_column *column, bool *ret_was)
{
    static const char *const words[] = { [PX_QUERY_COUNT] = "COUNT",
                                         [PX_QUERY_SUM] = "SUM",
                                         [PX_QUERY_AVG] = "AVG",
                                         [PX_QUERY_MIN] = "MIN",
                                         [PX_QUERY_MAX] = "MAX" };
    px_expr_scope scope = pxi_scope(p);
    px_expr_node *operand;

    *ret_was = false;
    for (int a = PX_QUERY_COUNT; a <= PX_QUERY_MAX && !*ret_was; a++)
        if (px_token_is(&p->lexer->token, words[a])) {
            column->aggregate = (px_query_aggregate)a;
            column->name = px_str_c(words[a]);
            *ret_was = true;
        }
    if (!*ret_was)
        return PX_OK;
    PX_TRY(px_lexer_next(p->lexer, p->ret_err));
    PX_TRY(px_lexer_expect(p->lexer, "(", p->ret_err));
    if (column->aggregate == PX_QUERY_COUNT && !pxi_is_name(&p->lexer->token))
        return px_lexer_expect(p->lexer, ")", p->ret_err);
    PX_TRY(px_expr_parse_operand(p->lexer, &scope, "a property", &operand, p->ret_err));
    column->operand = operand;
    return px_lexer_expect(p->lexer, ")", p->ret_err);
}

static px_str name_of(const pxi_parser *p, const px_expr_node *operand)
{
    const px_expr_path *path = &operand->path;

    if (operand->kind == PX_EXPR_DISTANCE)
        return PX_STR("DISTANCE");
    return path->count ? path->steps[path->count - 1] : p->query->names[path->source];
}

/* column = ( operand | aggregate ) [ "AS" name ] */
static px_status parse_column(pxi_parser *p)
{
    px_query *query = p->query;
    px_query_column column = { .place = p->lexer->token.raw };
    px_expr_scope scope = pxi_scope(p);
    px_str place = column.place;
    px_expr_node *operand;
    bool is_aggregate, renamed;

    if (query->column_count == PX_QUERY_COLUMNS_MAX)
        return px_lexer_fail(p->lexer, place, p->ret_err, "a query has at most %d columns",
                             PX_QUERY_COLUMNS_MAX);
    PX_TRY(parse_aggregate(p, &column, &is_aggregate));
    if (!is_aggregate) {
        if (!pxi_is_name(&p->lexer->token))
            return px_lexer_expected(p->lexer, "a property or a name", NULL, 0, p->ret_err);
        PX_TRY(
            px_expr_parse_operand(p->lexer, &scope, "a property or a name", &operand, p->ret_err));
        column.operand = operand;
        column.name = name_of(p, operand);
    }
    query->is_grouped |= is_aggregate;
    PX_TRY(px_lexer_accept(p->lexer, "AS", &renamed, p->ret_err));
    if (renamed) {
        place = p->lexer->token.raw;
        PX_TRY(px_expr_parse_name(p->lexer, "a name for the column", &column.name, p->ret_err));
    }
    PX_TRY(check_column_name(p, column.name, place));
    query->columns[query->column_count++] = column;
    return PX_OK;
}

static px_status parse_columns(pxi_parser *p)
{
    px_query *query = p->query;
    bool more = true;

    query->columns = PX_ARENA_ARRAY(p->lexer->arena, px_query_column, PX_QUERY_COLUMNS_MAX);
    if (!query->columns)
        return px_arena_fail(p->lexer->arena, p->ret_err);
    while (more) {
        PX_TRY(parse_column(p));
        PX_TRY(px_lexer_accept(p->lexer, ",", &more, p->ret_err));
    }
    return PX_OK;
}

static px_status check_all(const pxi_parser *p, px_str place)
{
    bool has_name = false;

    for (uint32_t i = 0; i < p->query->source_count; i++)
        has_name |= p->query->names[i].len > 0;
    if (p->query->hop_count && !p->query->is_match)
        return px_lexer_fail(p->lexer, place, p->ret_err,
                             "with JOIN a row has several documents; name those that are wanted");
    if (p->query->is_match && !has_name)
        return px_lexer_fail(p->lexer, place, p->ret_err,
                             "nothing in MATCH has a name that * could stand for");
    return PX_OK;
}

/* select = "SELECT" [ top ] ( "*" | column { "," column } ) */
static px_status parse_select(pxi_parser *p)
{
    px_query *query = p->query;
    px_str place = p->lexer->token.raw;
    bool has_top;

    PX_TRY(px_lexer_expect(p->lexer, "SELECT", p->ret_err));
    has_top = px_token_is(&p->lexer->token, "TOP");
    if (has_top)
        PX_TRY(parse_top(p));
    if (has_top && px_token_is(&p->lexer->token, "FROM")) {
        query->is_all = true;
    } else if (px_token_is(&p->lexer->token, "*")) {
        place = p->lexer->token.raw;
        query->is_all = true;
        PX_TRY(px_lexer_next(p->lexer, p->ret_err));
    }
    if (query->is_all)
        return check_all(p, place);
    if (px_token_is(&p->lexer->token, "FROM") || !pxi_is_name(&p->lexer->token))
        return px_lexer_expected(p->lexer, "*, TOP, COUNT() or a column", NULL, 0, p->ret_err);
    return parse_columns(p);
}

/* ---- the whole ---- */

static bool make_room(px_query *query, px_arena *arena)
{
    query->names = PX_ARENA_ARRAY(arena, px_str, PX_EXPR_SOURCES_MAX);
    query->sources = PX_ARENA_ARRAY(arena, px_query_source, PX_EXPR_SOURCES_MAX);
    query->hops = PX_ARENA_ARRAY(arena, px_query_hop, PX_EXPR_SOURCES_MAX);
    return query->names && query->sources && query->hops;
}

/* Columns use the names that FROM gives, and stand before it: FROM is read ahead. What is wrong on
 * the way is found again, and told, in its turn; until then no name is called unknown. */
static void read_ahead(const pxi_parser *p, px_query *query, bool *ret_whole)
{
    px_lexer ahead = *p->lexer;
    pxi_parser other = { .lexer = &ahead, .query = query, .params = p->params, .is_ahead = true };
    bool is_step = false; /* `T.from` is a path */

    *ret_whole = false;
    while (ahead.token.kind != PX_TOKEN_END && (is_step || !px_token_is(&ahead.token, "FROM"))) {
        is_step = px_token_is(&ahead.token, ".");
        if (px_lexer_next(&ahead, NULL) != PX_OK)
            return;
    }
    *ret_whole = pxi_parse_from(&other) == PX_OK;
}

static px_status parse_where(pxi_parser *p)
{
    px_expr_scope scope = pxi_scope(p);
    bool has_where;

    PX_TRY(px_lexer_accept(p->lexer, "WHERE", &has_where, p->ret_err));
    if (has_where)
        PX_TRY(px_expr_parse(p->lexer, &scope, &p->query->where, p->ret_err));
    PX_TRY(pxi_parse_tail(p));
    return PX_OK;
}

/* Nothing may follow; what could have stood here depends on what stands before. */
static px_status check_end(const pxi_parser *p)
{
    static const px_str begins[] = { { "WHERE", 5 }, { "JOIN", 4 },  { "MATCH", 5 },
                                     { "GROUP", 5 }, { "ORDER", 5 }, { "OFFSET", 6 },
                                     { "LIMIT", 5 } };
    static const px_str goes_on[] = { { "AND", 3 },   { "OR", 2 },     { "GROUP", 5 },
                                      { "ORDER", 5 }, { "OFFSET", 6 }, { "LIMIT", 5 } };
    const px_query *query = p->query;

    if (p->lexer->token.kind == PX_TOKEN_END)
        return PX_OK;
    if (query->group_count || query->order_count || query->offset || query->top != PX_QUERY_NO_TOP)
        return px_lexer_expected(p->lexer, "the end", goes_on + 3, 3, p->ret_err);
    if (query->where)
        return px_lexer_expected(p->lexer, "AND, OR or the end", goes_on, 6, p->ret_err);
    return px_lexer_expected(p->lexer, "WHERE or the end", begins, 7, p->ret_err);
}

/* query = [ "EXPLAIN" ] select from [ "WHERE" or_expr ] … */
static px_status parse_query(pxi_parser *p)
{
    px_query *query = p->query, ahead = *query;
    bool is_whole;

    PX_TRY(px_lexer_accept(p->lexer, "EXPLAIN", &query->is_explain, p->ret_err));
    read_ahead(p, &ahead, &is_whole);
    query->source_count = ahead.source_count;
    query->hop_count = ahead.hop_count;
    query->edges = ahead.edges;
    query->is_match = ahead.is_match;
    p->is_ahead = !is_whole;
    PX_TRY(parse_select(p));
    p->is_ahead = false;
    query->source_count = query->hop_count = 0;
    query->edges = 0;
    PX_TRY(pxi_parse_from(p));
    PX_TRY(parse_where(p));
    PX_TRY(check_end(p));
    query->is_count = query->column_count == 1 && !query->group_count &&
                      query->columns[0].aggregate == PX_QUERY_COUNT && !query->columns[0].operand;
    return PX_OK;
}

px_status px_query_parse(px_str text, const px_query_params *params, px_arena *arena,
                         px_query *ret_query, px_err *ret_err)
{
    px_query query = { .top = PX_QUERY_NO_TOP };
    px_lexer lexer;
    pxi_parser p = { .lexer = &lexer, .query = &query, .params = params, .ret_err = ret_err };

    if (text.len > PX_QUERY_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "query.bytes",
                          "SQL query parse failed: the text has %zu bytes, at most %d are read",
                          text.len, PX_QUERY_BYTES_MAX);
    if (!make_room(&query, arena))
        return px_arena_fail(arena, ret_err);
    PX_TRY(px_lexer_init(&lexer, text, "SQL query", "query.parse", arena, ret_err));
    PX_TRY(parse_query(&p));
    *ret_query = query;
    return PX_OK;
}
