/* SPDX-License-Identifier: Apache-2.0 */
/* FROM and JOIN: what a row is made of. */
#include "query/parse_inner.h"

#include "base/limits.h"

bool pxi_source_find(const pxi_parser *p, px_str name, uint32_t *ret_source)
{
    for (uint32_t i = 0; i < p->query->source_count; i++)
        if (p->query->names[i].len && px_str_eq(p->query->names[i], name)) {
            *ret_source = i;
            return true;
        }
    return false;
}

px_status pxi_source_add(pxi_parser *p, px_str name, bool is_edge, px_str place,
                         uint32_t *ret_source)
{
    px_query *query = p->query;
    uint32_t other;

    if (query->source_count == PX_EXPR_SOURCES_MAX)
        return px_lexer_fail(p->lexer, place, p->ret_err,
                             "a query has at most %d twins and relationships in a row",
                             PX_EXPR_SOURCES_MAX);
    if (name.len && pxi_source_find(p, name, &other))
        return px_lexer_fail(p->lexer, place, p->ret_err, "'%.*s' is named twice",
                             name.len > 40 ? 40 : (int)name.len, name.ptr);
    query->names[query->source_count] = name;
    query->sources[query->source_count] = (px_query_source){ name, is_edge };
    query->edges |= (uint64_t)is_edge << query->source_count;
    *ret_source = query->source_count++;
    return PX_OK;
}

px_status pxi_hop_add(pxi_parser *p, const px_query_hop *hop)
{
    px_query *query = p->query;

    if (query->hop_count == PX_EXPR_SOURCES_MAX)
        return px_lexer_fail(p->lexer, p->lexer->token.raw, p->ret_err,
                             "a query has at most %d twins and relationships in a row",
                             PX_EXPR_SOURCES_MAX);
    query->hops[query->hop_count++] = *hop;
    return PX_OK;
}

/* A name that somebody gives, unless a clause begins here. */
static px_status parse_own_name(pxi_parser *p, const char *what, px_str *ret_name,
                                px_str *ret_place)
{
    *ret_name = PX_STR("");
    *ret_place = p->lexer->token.raw;
    if (!pxi_is_name(&p->lexer->token) || pxi_is_clause(&p->lexer->token))
        return PX_OK;
    return px_expr_parse_name(p->lexer, what, ret_name, p->ret_err);
}

/* The twin that a JOIN begins at. */
static px_status parse_known(pxi_parser *p, uint32_t *ret_source)
{
    px_str place = p->lexer->token.raw, name;
    int len;

    PX_TRY(px_expr_parse_name(p->lexer, "the name of a twin", &name, p->ret_err));
    len = name.len > 32 ? 32 : (int)name.len;
    if (!pxi_source_find(p, name, ret_source))
        return px_lexer_fail(p->lexer, place, p->ret_err, "'%.*s' is no twin that was named before",
                             len, name.ptr);
    if (p->query->sources[*ret_source].is_edge)
        return px_lexer_fail(p->lexer, place, p->ret_err,
                             "'%.*s' is a relationship; RELATED begins at a twin", len, name.ptr);
    return PX_OK;
}

/* join = "JOIN" name "RELATED" name "." name [ name ], behind its keyword */
static px_status parse_join(pxi_parser *p)
{
    px_str target, target_place, *names, variable, place;
    px_query_hop hop = { .edge = PX_QUERY_NO_SOURCE, .name_count = 1, .least = 1, .most = 1 };

    target_place = p->lexer->token.raw;
    PX_TRY(
        px_expr_parse_name(p->lexer, "a name for the twins that are reached", &target, p->ret_err));
    PX_TRY(px_lexer_expect(p->lexer, "RELATED", p->ret_err));
    PX_TRY(parse_known(p, &hop.from));
    PX_TRY(px_lexer_expect(p->lexer, ".", p->ret_err));
    names = PX_ARENA_NEW(p->lexer->arena, px_str);
    if (!names)
        return px_arena_fail(p->lexer->arena, p->ret_err);
    if (!pxi_is_name(&p->lexer->token)) /* behind a dot no word is reserved */
        return px_lexer_expected(p->lexer, "the name of a relationship", NULL, 0, p->ret_err);
    *names = p->lexer->token.text;
    hop.names = names;
    PX_TRY(px_lexer_next(p->lexer, p->ret_err));
    PX_TRY(pxi_source_add(p, target, false, target_place, &hop.to));
    PX_TRY(parse_own_name(p, "a name for the relationship", &variable, &place));
    if (variable.len)
        PX_TRY(pxi_source_add(p, variable, true, place, &hop.edge));
    return pxi_hop_add(p, &hop);
}

static px_status parse_joins(pxi_parser *p)
{
    bool more;

    if (px_token_is(&p->lexer->token, "JOIN") && !p->query->names[0].len)
        return px_lexer_fail(p->lexer, p->lexer->token.raw, p->ret_err,
                             "JOIN needs a name to begin at: FROM DIGITALTWINS T JOIN …");
    for (;;) {
        PX_TRY(px_lexer_accept(p->lexer, "JOIN", &more, p->ret_err));
        if (!more)
            return PX_OK;
        PX_TRY(parse_join(p));
    }
}

/* twins = "DIGITALTWINS" [ name ] ( { join } | [ match ] ), behind its keyword */
static px_status parse_twins(pxi_parser *p)
{
    px_str name, place;
    uint32_t source;

    PX_TRY(parse_own_name(p, "a name for the twins", &name, &place));
    PX_TRY(px_lexer_accept(p->lexer, "MATCH", &p->query->is_match, p->ret_err));
    if (p->query->is_match)
        return pxi_parse_match(p); /* its nodes are the twins; a name before it names nothing */
    PX_TRY(pxi_source_add(p, name, false, place, &source));
    return parse_joins(p);
}

/* edges = "RELATIONSHIPS" [ name ], behind its keyword */
static px_status parse_edges(pxi_parser *p)
{
    px_str name, place;
    uint32_t source;

    PX_TRY(parse_own_name(p, "a name for the relationships", &name, &place));
    if (px_token_is(&p->lexer->token, "JOIN") || px_token_is(&p->lexer->token, "MATCH"))
        return px_lexer_fail(p->lexer, p->lexer->token.raw, p->ret_err,
                             "%.*s begins at twins: FROM DIGITALTWINS",
                             PX_FMT(p->lexer->token.raw));
    return pxi_source_add(p, name, true, place, &source);
}

/* from = "FROM" ( twins | edges ) */
px_status pxi_parse_from(pxi_parser *p)
{
    static const px_str collections[] = { { "DIGITALTWINS", 12 }, { "RELATIONSHIPS", 13 } };
    bool is_edges;

    PX_TRY(px_lexer_expect(p->lexer, "FROM", p->ret_err));
    PX_TRY(px_lexer_accept(p->lexer, "RELATIONSHIPS", &is_edges, p->ret_err));
    if (is_edges)
        return parse_edges(p);
    if (!px_token_is(&p->lexer->token, "DIGITALTWINS"))
        return px_lexer_expected(p->lexer, "DIGITALTWINS or RELATIONSHIPS", collections, 2,
                                 p->ret_err);
    PX_TRY(px_lexer_next(p->lexer, p->ret_err));
    return parse_twins(p);
}
