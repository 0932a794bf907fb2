/* SPDX-License-Identifier: Apache-2.0 */
/* MATCH: a path of twins and the relationships between them. */
#include "query/parse_inner.h"

#include "base/limits.h"

static bool is_mark(const pxi_parser *p, const char *mark)
{
    return p->lexer->token.kind == PX_TOKEN_MARK && px_token_is(&p->lexer->token, mark);
}

/* node = "(" [ name ] ")": one that is named again is the same twin */
static px_status parse_node(pxi_parser *p, uint32_t *ret_source)
{
    px_str name = { 0 }, place;

    PX_TRY(px_lexer_expect(p->lexer, "(", p->ret_err));
    place = p->lexer->token.raw;
    if (!is_mark(p, ")"))
        PX_TRY(px_expr_parse_name(p->lexer, "a name for the twin, or )", &name, p->ret_err));
    if (!name.len || !pxi_source_find(p, name, ret_source))
        PX_TRY(pxi_source_add(p, name, false, place, ret_source));
    else if (p->query->sources[*ret_source].is_edge)
        return px_lexer_fail(p->lexer, place, p->ret_err, "'%.*s' is a relationship already",
                             name.len > 40 ? 40 : (int)name.len, name.ptr);
    return px_lexer_expect(p->lexer, ")", p->ret_err);
}

static px_status parse_names(pxi_parser *p, px_str first, px_query_hop *hop)
{
    px_str names[PX_EXPR_SOURCES_MAX], *kept;
    bool more = !first.len;

    if (first.len) {
        names[hop->name_count++] = first;
        PX_TRY(px_lexer_accept(p->lexer, "|", &more, p->ret_err));
    }
    while (more) {
        if (!pxi_is_name(&p->lexer->token))
            return px_lexer_expected(p->lexer, "the name of a relationship", NULL, 0, p->ret_err);
        if (hop->name_count == PX_EXPR_SOURCES_MAX)
            return px_lexer_fail(p->lexer, p->lexer->token.raw, p->ret_err,
                                 "a step of MATCH has at most %d names", PX_EXPR_SOURCES_MAX);
        names[hop->name_count++] = p->lexer->token.text;
        PX_TRY(px_lexer_next(p->lexer, p->ret_err));
        PX_TRY(px_lexer_accept(p->lexer, "|", &more, p->ret_err));
    }
    kept = PX_ARENA_ARRAY(p->lexer->arena, px_str, hop->name_count);
    if (!kept)
        return px_arena_fail(p->lexer->arena, p->ret_err);
    memcpy(kept, names, hop->name_count * sizeof(*kept));
    hop->names = kept;
    return PX_OK;
}

static px_status parse_hop_count(pxi_parser *p, uint32_t *ret_count)
{
    px_str place = p->lexer->token.raw;
    uint64_t number;

    PX_TRY(pxi_parse_integer(p, "a number of hops", &number));
    if (number >= PX_QUERY_HOPS_OPEN)
        return px_lexer_fail(p->lexer, place, p->ret_err, "so many hops there are not");
    *ret_count = (uint32_t)number;
    return PX_OK;
}

static bool is_count(const pxi_parser *p)
{
    return p->lexer->token.kind == PX_TOKEN_NUMBER || p->lexer->token.kind == PX_TOKEN_PARAMETER;
}

/* hops = "*" [ integer | [ integer ] ".." [ integer ] ], behind its star; of a range the lower
 * bound itself does not belong to it: 1..3 is two or three */
static px_status parse_hops(pxi_parser *p, px_str star, px_query_hop *hop)
{
    uint32_t low = 0;
    bool is_range;

    hop->most = PX_QUERY_HOPS_OPEN;
    if (is_count(p)) {
        PX_TRY(parse_hop_count(p, &low));
        hop->least = hop->most = low;
    }
    PX_TRY(px_lexer_accept(p->lexer, ".", &is_range, p->ret_err));
    if (is_range) {
        PX_TRY(px_lexer_expect(p->lexer, ".", p->ret_err));
        hop->least = low + 1;
        hop->most = PX_QUERY_HOPS_OPEN;
        if (is_count(p))
            PX_TRY(parse_hop_count(p, &hop->most));
    }
    if (hop->least < 1 || hop->most < hop->least)
        return px_lexer_fail(p->lexer, star, p->ret_err,
                             "no way has so many hops: *3 is three, *1..3 two or three");
    return PX_OK;
}

/* edge = "[" [ name ] [ ":" name { "|" name } ] [ hops ] "]" */
static px_status parse_edge(pxi_parser *p, px_query_hop *hop)
{
    px_str variable = { 0 }, place, star;
    bool has_names, has_hops;

    PX_TRY(px_lexer_expect(p->lexer, "[", p->ret_err));
    place = p->lexer->token.raw;
    if (pxi_is_name(&p->lexer->token))
        PX_TRY(px_expr_parse_name(p->lexer, "a name", &variable, p->ret_err));
    if (variable.len && is_mark(p, "|")) { /* a list of names without its colon */
        PX_TRY(parse_names(p, variable, hop));
        variable = PX_STR("");
    } else {
        PX_TRY(px_lexer_accept(p->lexer, ":", &has_names, p->ret_err));
        if (has_names)
            PX_TRY(parse_names(p, PX_STR(""), hop));
    }
    star = p->lexer->token.raw;
    PX_TRY(px_lexer_accept(p->lexer, "*", &has_hops, p->ret_err));
    if (has_hops)
        PX_TRY(parse_hops(p, star, hop));
    if (variable.len && (hop->least != 1 || hop->most != 1))
        return px_lexer_fail(p->lexer, place, p->ret_err,
                             "'%.*s' would be several relationships; only a single hop has a name",
                             variable.len > 32 ? 32 : (int)variable.len, variable.ptr);
    if (variable.len)
        PX_TRY(pxi_source_add(p, variable, true, place, &hop->edge));
    return px_lexer_expect(p->lexer, "]", p->ret_err);
}

/* hop = "-" edge "-" | "-" edge "->" | "<-" edge "-" */
static px_status parse_hop(pxi_parser *p, px_query_hop *hop)
{
    px_str place = p->lexer->token.raw;
    bool left, right;

    PX_TRY(px_lexer_accept(p->lexer, "<", &left, p->ret_err));
    PX_TRY(px_lexer_expect(p->lexer, "-", p->ret_err));
    PX_TRY(parse_edge(p, hop));
    PX_TRY(px_lexer_expect(p->lexer, "-", p->ret_err));
    PX_TRY(px_lexer_accept(p->lexer, ">", &right, p->ret_err));
    if (left && right)
        return px_lexer_fail(p->lexer, place, p->ret_err,
                             "a relationship points one way; either way is written -[]-");
    hop->way = left ? PX_QUERY_IN : right ? PX_QUERY_OUT : PX_QUERY_EITHER;
    return PX_OK;
}

/* match = "MATCH" node { hop node }, behind its keyword */
px_status pxi_parse_match(pxi_parser *p)
{
    uint32_t node;

    PX_TRY(parse_node(p, &node));
    while (is_mark(p, "-") || is_mark(p, "<")) {
        px_query_hop hop = { .from = node, .edge = PX_QUERY_NO_SOURCE, .least = 1, .most = 1 };

        PX_TRY(parse_hop(p, &hop));
        PX_TRY(parse_node(p, &node));
        hop.to = node;
        PX_TRY(pxi_hop_add(p, &hop));
    }
    if (px_token_is(&p->lexer->token, "MATCH") || px_token_is(&p->lexer->token, "JOIN"))
        return px_lexer_fail(p->lexer, p->lexer->token.raw, p->ret_err,
                             "a query has one MATCH and no JOIN beside it");
    return PX_OK;
}
