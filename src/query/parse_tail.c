/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind WHERE: groups, order, and which rows of them. */
#include "query/parse_inner.h"

#include "base/limits.h"

static px_status refuse_many(const pxi_parser *p, const char *what)
{
    return px_lexer_fail(p->lexer, p->lexer->token.raw, p->ret_err, "a query has at most %d %s",
                         PX_QUERY_COLUMNS_MAX, what);
}

/* group = "GROUP" "BY" operand { "," operand }, behind GROUP */
static px_status parse_groups(pxi_parser *p)
{
    px_query *query = p->query;
    px_expr_scope scope = pxi_scope(p);
    px_expr_node *operand;
    bool more = true;

    PX_TRY(px_lexer_expect(p->lexer, "BY", p->ret_err));
    query->groups = PX_ARENA_ARRAY(p->lexer->arena, const px_expr_node *, PX_QUERY_COLUMNS_MAX);
    if (!query->groups)
        return px_arena_fail(p->lexer->arena, p->ret_err);
    while (more) {
        if (query->group_count == PX_QUERY_COLUMNS_MAX)
            return refuse_many(p, "values to group by");
        PX_TRY(px_expr_parse_operand(p->lexer, &scope, "a property to group by", &operand,
                                     p->ret_err));
        query->groups[query->group_count++] = operand;
        PX_TRY(px_lexer_accept(p->lexer, ",", &more, p->ret_err));
    }
    query->is_grouped = true;
    return PX_OK;
}

static bool is_same(const px_expr_node *a, const px_expr_node *b)
{
    return a && b && a->kind == PX_EXPR_PATH && b->kind == PX_EXPR_PATH &&
           px_expr_path_eq(&a->path, &b->path);
}

/* One plain value of all columns' must be what is grouped by: of the others a group has many. */
static px_status check_columns(const pxi_parser *p)
{
    const px_query *query = p->query;

    if (query->is_all)
        return px_lexer_fail(p->lexer, p->lexer->token.raw, p->ret_err,
                             "a group has no documents; select what it is grouped by, and COUNT(), "
                             "SUM, AVG, MIN or MAX");
    for (uint32_t i = 0; i < query->column_count; i++) {
        const px_query_column *column = &query->columns[i];
        bool found = column->aggregate != PX_QUERY_PLAIN;

        for (uint32_t g = 0; g < query->group_count; g++)
            found |= is_same(column->operand, query->groups[g]);
        if (!found)
            return px_lexer_fail(p->lexer, column->place, p->ret_err,
                                 "a group has many values of this; name it in GROUP BY, or ask for "
                                 "its SUM, AVG, MIN, MAX or COUNT");
    }
    return PX_OK;
}

/* The column that is called so. */
static bool find_column(const px_query *query, px_str name, uint32_t *ret_column)
{
    for (uint32_t i = 0; i < query->column_count; i++)
        if (px_str_eq(query->columns[i].name, name)) {
            *ret_column = i;
            return true;
        }
    return false;
}

/* A column by its name; of rows that are no groups any operand, too. */
static px_status parse_order_operand(pxi_parser *p, px_query_order *order)
{
    px_query *query = p->query;
    px_token first = p->lexer->token;
    px_lexer ahead = *p->lexer;
    px_expr_scope scope = pxi_scope(p);
    px_expr_node *operand;

    if (first.kind == PX_TOKEN_NAME || first.kind == PX_TOKEN_ESCAPED) {
        PX_TRY(px_lexer_next(&ahead, p->ret_err));
        if (!px_token_is(&ahead.token, ".") && !px_token_is(&ahead.token, "(") &&
            find_column(query, first.text, &order->column)) {
            *p->lexer = ahead;
            order->operand = query->is_grouped ? NULL : query->columns[order->column].operand;
            return PX_OK;
        }
    }
    PX_TRY(px_expr_parse_operand(p->lexer, &scope, "a property to order by", &operand, p->ret_err));
    order->operand = operand;
    if (!query->is_grouped)
        return PX_OK;
    for (uint32_t i = 0; i < query->column_count; i++)
        if (query->columns[i].aggregate == PX_QUERY_PLAIN &&
            is_same(query->columns[i].operand, operand)) {
            order->operand = NULL;
            order->column = i;
            return PX_OK;
        }
    return px_lexer_fail(p->lexer, first.raw, p->ret_err,
                         "groups are ordered by their columns; name one, with AS if need be");
}

/* order = "ORDER" "BY" operand [ "ASC" | "DESC" ] { "," … }, behind ORDER */
static px_status parse_orders(pxi_parser *p)
{
    px_query *query = p->query;
    bool more = true, is_ascending;

    PX_TRY(px_lexer_expect(p->lexer, "BY", p->ret_err));
    query->orders = PX_ARENA_ARRAY(p->lexer->arena, px_query_order, PX_QUERY_COLUMNS_MAX);
    if (!query->orders)
        return px_arena_fail(p->lexer->arena, p->ret_err);
    while (more) {
        px_query_order *order = &query->orders[query->order_count];

        if (query->order_count == PX_QUERY_COLUMNS_MAX)
            return refuse_many(p, "values to order by");
        PX_TRY(parse_order_operand(p, order));
        PX_TRY(px_lexer_accept(p->lexer, "ASC", &is_ascending, p->ret_err));
        if (!is_ascending)
            PX_TRY(px_lexer_accept(p->lexer, "DESC", &order->is_descending, p->ret_err));
        query->order_count++;
        PX_TRY(px_lexer_accept(p->lexer, ",", &more, p->ret_err));
    }
    return PX_OK;
}

/* offset = "OFFSET" integer, limit = "LIMIT" integer */
static px_status parse_window(pxi_parser *p)
{
    uint64_t limit;
    bool more;

    PX_TRY(px_lexer_accept(p->lexer, "OFFSET", &more, p->ret_err));
    if (more)
        PX_TRY(pxi_parse_integer(p, "a number of rows to leave out", &p->query->offset));
    PX_TRY(px_lexer_accept(p->lexer, "LIMIT", &more, p->ret_err));
    if (!more)
        return PX_OK;
    PX_TRY(pxi_parse_integer(p, "a number of rows", &limit));
    if (limit < p->query->top)
        p->query->top = limit;
    return PX_OK;
}

px_status pxi_parse_tail(pxi_parser *p)
{
    bool more;

    PX_TRY(px_lexer_accept(p->lexer, "GROUP", &more, p->ret_err));
    if (more)
        PX_TRY(parse_groups(p));
    if (p->query->is_grouped)
        PX_TRY(check_columns(p));
    PX_TRY(px_lexer_accept(p->lexer, "ORDER", &more, p->ret_err));
    if (more)
        PX_TRY(parse_orders(p));
    return parse_window(p);
}
