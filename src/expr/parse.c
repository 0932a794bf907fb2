/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/parse_inner.h"

#include "base/json.h"
#include "base/limits.h"
#include "model/dtmi.h"

typedef struct parser {
    px_lexer *lexer;
    const px_expr_scope *scope;
    px_err *ret_err;
    uint32_t depth, terms;
} parser;

static const struct {
    const char *name;
    uint32_t args;
    const char *form;
} functions[PX_EXPR_FUNCTION_COUNT] = {
#define X(name, args, form) [PX_EXPR_FN_##name] = { #name, args, form },
    PX_EXPR_FUNCTIONS(X)
#undef X
};

static px_status parse_or(parser *p, px_expr_node **ret_node);

static px_status node_new(parser *p, px_expr_kind kind, px_expr_node **ret_node)
{
    px_expr_node *node = PX_ARENA_NEW(p->lexer->arena, px_expr_node);

    if (!node)
        return px_arena_fail(p->lexer->arena, p->ret_err);
    node->kind = kind;
    node->place = p->lexer->token.raw;
    *ret_node = node;
    return PX_OK;
}

static void node_add(px_expr_node *node, px_expr_node *child)
{
    if (node->last)
        node->last->next = child;
    else
        node->first = child;
    node->last = child;
    node->count++;
}

static px_status next(parser *p)
{
    return px_lexer_next(p->lexer, p->ret_err);
}

static const px_token *token(const parser *p)
{
    return &p->lexer->token;
}

/* ---- operands ---- */

/* literal = string | number | "true" | "false" | "null" */
static bool literal_of(const px_token *t, px_value *ret_value)
{
    if (t->kind == PX_TOKEN_STRING)
        *ret_value = px_value_text(t->text);
    else if (t->kind == PX_TOKEN_NUMBER)
        *ret_value = px_value_num(t->num);
    else if (px_token_is(t, "TRUE") || px_token_is(t, "FALSE"))
        *ret_value = px_value_bool(px_token_is(t, "TRUE"));
    else if (px_token_is(t, "NULL"))
        *ret_value = px_value_json(PX_STR("null"));
    else
        return false;
    return true;
}

px_status px_expr_parameter_value(const px_lexer *lexer, const px_expr_scope *scope,
                                  px_value *ret_value, px_err *ret_err)
{
    px_str name = lexer->token.text;

    for (uint32_t i = 0; i < scope->parameter_count; i++)
        if (px_str_eq(scope->parameters[i].name, name)) {
            *ret_value = scope->parameters[i].value;
            return PX_OK;
        }
    return px_lexer_fail(lexer, lexer->token.raw, ret_err,
                         "the request gives no value for the parameter '%.*s'",
                         name.len > 32 ? 32 : (int)name.len, name.ptr);
}

/* literal | parameter: moves behind it when it is one */
static px_status accept_literal(parser *p, px_expr_node *node, bool *ret_was)
{
    *ret_was = token(p)->kind == PX_TOKEN_PARAMETER || literal_of(token(p), &node->value);
    if (!*ret_was)
        return PX_OK;
    node->kind = PX_EXPR_LITERAL;
    if (token(p)->kind == PX_TOKEN_PARAMETER)
        PX_TRY(px_expr_parameter_value(p->lexer, p->scope, &node->value, p->ret_err));
    return next(p);
}

static px_status parse_operand(parser *p, const char *what, px_expr_node **ret_node);

/* distance = "DISTANCE" "(" operand "," ( operand | operand "," operand ) ")", behind its bracket
 */
static px_status parse_distance(parser *p, const px_token *name, px_expr_node *node)
{
    px_expr_node *child;
    bool more = true;

    node->kind = PX_EXPR_DISTANCE;
    node->place = name->raw;
    if (p->depth++ > PX_EXPR_DEPTH_MAX)
        return px_lexer_fail(p->lexer, name->raw, p->ret_err,
                             "brackets and NOTs go at most %d deep", PX_EXPR_DEPTH_MAX);
    while (more) {
        PX_TRY(parse_operand(p, "a point", &child));
        if (child->kind == PX_EXPR_DISTANCE)
            return px_lexer_fail(p->lexer, child->place, p->ret_err,
                                 "a distance is no point to measure from");
        node_add(node, child);
        PX_TRY(px_lexer_accept(p->lexer, ",", &more, p->ret_err));
    }
    p->depth--;
    PX_TRY(px_lexer_expect(p->lexer, ")", p->ret_err));
    if (node->count == 2 || node->count == 3)
        return PX_OK;
    return px_lexer_fail(p->lexer, name->raw, p->ret_err,
                         "DISTANCE takes two points, or a point, a latitude and a longitude");
}

/* path | distance, their first name read: what they begin with is told apart by the bracket */
static px_status parse_named(parser *p, const px_token *first, px_expr_node *node)
{
    bool call = false;

    if (px_token_is(first, "DISTANCE"))
        PX_TRY(px_lexer_accept(p->lexer, "(", &call, p->ret_err));
    if (call)
        return parse_distance(p, first, node);
    if (first->kind == PX_TOKEN_NAME && px_token_is_reserved(first->text))
        return pxi_refuse_reserved(p->lexer, first, p->ret_err);
    return pxi_parse_steps(p->lexer, p->scope, *first, &node->path, p->ret_err);
}

/* operand = path | literal | parameter | distance */
static px_status parse_operand(parser *p, const char *what, px_expr_node **ret_node)
{
    px_token first = *token(p);
    px_expr_node *node;
    bool is_literal;

    PX_TRY(node_new(p, PX_EXPR_PATH, &node));
    *ret_node = node;
    PX_TRY(accept_literal(p, node, &is_literal));
    if (is_literal)
        return PX_OK;
    if (first.kind != PX_TOKEN_NAME && first.kind != PX_TOKEN_ESCAPED)
        return px_lexer_expected(p->lexer, what, NULL, 0, p->ret_err);
    PX_TRY(next(p));
    return parse_named(p, &first, node);
}

px_status px_expr_parse_operand(px_lexer *lexer, const px_expr_scope *scope, const char *what,
                                px_expr_node **ret_node, px_err *ret_err)
{
    parser p = { .lexer = lexer, .scope = scope, .ret_err = ret_err };

    return parse_operand(&p, what, ret_node);
}

/* ---- predicates ---- */

/* "IS_OF_MODEL" "(" [ name "," ] string [ "," "exact" ] ")", behind its bracket */
static px_status parse_of_model(parser *p, px_expr_node *node)
{
    px_lexer *lexer = p->lexer;
    px_expr_path path;
    px_dtmi dtmi;
    px_str dtmi_place;
    bool more, is_literal;

    if (token(p)->kind == PX_TOKEN_NAME || token(p)->kind == PX_TOKEN_ESCAPED) {
        px_token first = *token(p);

        PX_TRY(px_expr_parse_path(lexer, p->scope, &path, p->ret_err));
        if (path.count)
            return px_lexer_fail(lexer, first.raw, p->ret_err,
                                 "'%.*s' is not the name of the twins in FROM", PX_FMT(first.text));
        if (p->scope->edges >> path.source & 1)
            return px_lexer_fail(lexer, first.raw, p->ret_err, "a relationship has no model");
        node->path = path;
        PX_TRY(px_lexer_expect(lexer, ",", p->ret_err));
    } else if (p->scope->is_strict || p->scope->edges & 1) {
        return px_lexer_fail(lexer, token(p)->raw, p->ret_err,
                             p->scope->is_strict ? "expected the twin whose model is asked for, as "
                                                   "IS_OF_MODEL(T, 'dtmi:com:acme:Pump;1')"
                                                 : "a relationship has no model");
    }
    dtmi_place = token(p)->raw;
    PX_TRY(accept_literal(p, node, &is_literal));
    if (!is_literal || node->value.kind != PX_VALUE_TEXT)
        return px_lexer_expected(lexer, "a model such as 'dtmi:com:acme:Pump;1'", NULL, 0,
                                 p->ret_err);
    if (px_dtmi_parse(node->value.text, &dtmi, NULL) != PX_OK)
        return px_lexer_fail(lexer, dtmi_place, p->ret_err,
                             "a model is named as 'dtmi:com:acme:Pump;1'");
    node->kind = PX_EXPR_OF_MODEL;
    PX_TRY(px_lexer_accept(lexer, ",", &more, p->ret_err));
    node->exact = more;
    if (more)
        PX_TRY(px_lexer_expect(lexer, "EXACT", p->ret_err));
    return px_lexer_expect(lexer, ")", p->ret_err);
}

static px_status check_arguments(const parser *p, const px_expr_node *node)
{
    px_expr_function f = node->function;
    bool wants_text =
        f == PX_EXPR_FN_STARTSWITH || f == PX_EXPR_FN_ENDSWITH || f == PX_EXPR_FN_CONTAINS;

    if (node->count != functions[f].args)
        return px_lexer_fail(p->lexer, node->place, p->ret_err, "%s takes %u argument%s: %s",
                             functions[f].name, functions[f].args,
                             functions[f].args == 1 ? "" : "s", functions[f].form);
    if (wants_text && node->last->kind == PX_EXPR_LITERAL &&
        node->last->value.kind != PX_VALUE_TEXT)
        return px_lexer_fail(p->lexer, node->last->place, p->ret_err,
                             "the second argument is a string: %s", functions[f].form);
    return PX_OK;
}

static px_status unknown_function(const parser *p, const px_token *name)
{
    px_str words[PX_EXPR_FUNCTION_COUNT + 2], near;

    for (int i = 0; i < PX_EXPR_FUNCTION_COUNT; i++)
        words[i] = px_str_c(functions[i].name);
    words[PX_EXPR_FUNCTION_COUNT] = PX_STR("IS_OF_MODEL");
    words[PX_EXPR_FUNCTION_COUNT + 1] = PX_STR("DISTANCE");
    near = px_str_nearest(name->text, words, PX_EXPR_FUNCTION_COUNT + 2);
    if (near.len)
        return px_lexer_fail(
            p->lexer, name->raw, p->ret_err, "there is no function '%.*s'; did you mean %.*s?",
            name->text.len > 32 ? 32 : (int)name->text.len, name->text.ptr, PX_FMT(near));
    return px_lexer_fail(p->lexer, name->raw, p->ret_err, "there is no function '%.*s'",
                         name->text.len > 32 ? 32 : (int)name->text.len, name->text.ptr);
}

/* predicate = function "(" operand { "," operand } ")", behind its bracket */
static px_status parse_predicate(parser *p, const px_token *name, px_expr_node *node)
{
    px_expr_node *argument;
    bool more = true;

    node->place = name->raw;
    if (px_token_is(name, "IS_OF_MODEL"))
        return parse_of_model(p, node);
    node->kind = PX_EXPR_CALL;
    node->function = 0;
    while (node->function < PX_EXPR_FUNCTION_COUNT &&
           !px_token_is(name, functions[node->function].name))
        node->function++;
    if (node->function == PX_EXPR_FUNCTION_COUNT)
        return unknown_function(p, name);
    while (more) {
        PX_TRY(parse_operand(p, "a property or a value", &argument));
        node_add(node, argument);
        PX_TRY(px_lexer_accept(p->lexer, ",", &more, p->ret_err));
    }
    PX_TRY(px_lexer_expect(p->lexer, ")", p->ret_err));
    return check_arguments(p, node);
}

static px_status count_term(parser *p)
{
    if (++p->terms > PX_EXPR_TERMS_MAX)
        return px_lexer_fail(p->lexer, token(p)->raw, p->ret_err,
                             "an expression has at most %d conditions, paths in lists included",
                             PX_EXPR_TERMS_MAX);
    return PX_OK;
}

/* A parameter that is an array: its members. */
static px_status parse_list_parameter(parser *p, px_expr_node *node)
{
    px_json_reader reader;
    px_json_type type;
    px_expr_node *member;
    px_value list, value;

    PX_TRY(px_expr_parameter_value(p->lexer, p->scope, &list, p->ret_err));
    px_json_reader_init(&reader, list.text, NULL, p->lexer->arena);
    if (list.kind != PX_VALUE_JSON || px_json_next(&reader) != PX_JSON_ARRAY)
        return px_lexer_fail(p->lexer, token(p)->raw, p->ret_err,
                             "a parameter behind IN and NIN is an array");
    while ((type = px_json_next(&reader)) != PX_JSON_ARRAY_END) {
        if (!pxi_value_of_token(&reader, type, &value))
            return px_arena_fail(p->lexer->arena, p->ret_err);
        PX_TRY(node_new(p, PX_EXPR_LITERAL, &member));
        member->value = value;
        node_add(node, member);
    }
    return next(p);
}

/* membership = operand ( "IN" | "NIN" ) "[" operand { "," operand } "]", behind its keyword */
static px_status parse_membership(parser *p, px_expr_node *node)
{
    px_expr_node *member;
    bool more = true;

    if (token(p)->kind == PX_TOKEN_PARAMETER)
        return parse_list_parameter(p, node);
    PX_TRY(px_lexer_expect(p->lexer, "[", p->ret_err));
    while (more) {
        PX_TRY(parse_operand(p, "a value", &member));
        if (member->kind == PX_EXPR_PATH)
            PX_TRY(count_term(p));
        node_add(node, member);
        PX_TRY(px_lexer_accept(p->lexer, ",", &more, p->ret_err));
    }
    return px_lexer_expect(p->lexer, "]", p->ret_err);
}

/* comparison = operand ( "=" | "!=" | "<" | ">" | "<=" | ">=" ) operand, its left side read */
static px_status parse_comparison(parser *p, px_expr_node *left, px_expr_node *node)
{
    static const char *const signs[] = { "=", "!=", "<", ">", "<=", ">=" };
    static const px_str words[] = { { "IN", 2 }, { "NIN", 3 } };
    px_expr_node *right;

    node_add(node, left);
    for (unsigned i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (!px_token_is(token(p), signs[i]))
            continue;
        node->kind = PX_EXPR_COMPARE;
        node->compare = (px_expr_compare)i;
        node->place = token(p)->raw;
        PX_TRY(next(p));
        PX_TRY(parse_operand(p, "a property or a value", &right));
        node_add(node, right);
        return PX_OK;
    }
    if (px_token_is(token(p), "IN") || px_token_is(token(p), "NIN")) {
        node->kind = px_token_is(token(p), "IN") ? PX_EXPR_IN : PX_EXPR_NOT_IN;
        node->place = token(p)->raw;
        PX_TRY(next(p));
        return parse_membership(p, node);
    }
    if (px_token_is(token(p), "NOT"))
        return px_lexer_fail(p->lexer, token(p)->raw, p->ret_err,
                             "'not in' is written NIN; NOT stands before a whole condition");
    return px_lexer_expected(p->lexer, "=, !=, <, >, <=, >=, IN or NIN", words, 2, p->ret_err);
}

/* predicate | comparison | membership: what they begin with is told apart by the bracket */
static px_status parse_term(parser *p, px_expr_node **ret_node)
{
    px_token first = *token(p);
    px_expr_node *node, *left;
    bool call = false, is_literal;

    PX_TRY(count_term(p));
    PX_TRY(node_new(p, PX_EXPR_COMPARE, &node));
    *ret_node = node;
    PX_TRY(node_new(p, PX_EXPR_PATH, &left));
    PX_TRY(accept_literal(p, left, &is_literal));
    if (is_literal)
        return parse_comparison(p, left, node);
    if (first.kind != PX_TOKEN_NAME && first.kind != PX_TOKEN_ESCAPED)
        return px_lexer_expected(p->lexer, "a condition", NULL, 0, p->ret_err);
    PX_TRY(next(p));
    if (first.kind == PX_TOKEN_NAME && !px_token_is(&first, "DISTANCE"))
        PX_TRY(px_lexer_accept(p->lexer, "(", &call, p->ret_err));
    if (call)
        return parse_predicate(p, &first, node);
    PX_TRY(parse_named(p, &first, left));
    return parse_comparison(p, left, node);
}

/* ---- logic ---- */

/* primary = "(" or_expr ")" | predicate | comparison | membership */
static px_status parse_primary(parser *p, px_expr_node **ret_node)
{
    if (!px_token_is(token(p), "("))
        return parse_term(p, ret_node);
    PX_TRY(next(p));
    PX_TRY(parse_or(p, ret_node));
    return px_lexer_expect(p->lexer, ")", p->ret_err);
}

/* not_expr = "NOT" not_expr | primary */
static px_status parse_not(parser *p, px_expr_node **ret_node)
{
    px_expr_node *node = NULL, *child;
    px_status status;

    if (p->depth++ > PX_EXPR_DEPTH_MAX)
        return px_lexer_fail(p->lexer, token(p)->raw, p->ret_err,
                             "brackets and NOTs go at most %d deep", PX_EXPR_DEPTH_MAX);
    if (px_token_is(token(p), "NOT")) {
        PX_TRY(node_new(p, PX_EXPR_NOT, &node));
        PX_TRY(next(p));
    }
    status = node ? parse_not(p, &child) : parse_primary(p, &child);
    p->depth--;
    PX_TRY(status);
    if (node)
        node_add(node, child);
    *ret_node = node ? node : child;
    return PX_OK;
}

uint64_t px_expr_sources(const px_expr_node *node)
{
    uint64_t sources = 0;

    if (node->kind == PX_EXPR_PATH || node->kind == PX_EXPR_OF_MODEL)
        return UINT64_C(1) << node->path.source;
    for (const px_expr_node *child = node->first; child; child = child->next)
        sources |= px_expr_sources(child);
    return sources;
}

typedef px_status parse_fn(parser *p, px_expr_node **ret_node);

/* One below { WORD one below }: a node only where there are two. */
static px_status parse_chain(parser *p, const char *word, px_expr_kind kind, parse_fn *below,
                             px_expr_node **ret_node)
{
    px_expr_node *node, *child;
    bool more;

    PX_TRY(below(p, &child));
    PX_TRY(px_lexer_accept(p->lexer, word, &more, p->ret_err));
    *ret_node = child;
    if (!more)
        return PX_OK;
    PX_TRY(node_new(p, kind, &node));
    node->place = child->place;
    node_add(node, child);
    while (more) {
        PX_TRY(below(p, &child));
        node_add(node, child);
        PX_TRY(px_lexer_accept(p->lexer, word, &more, p->ret_err));
    }
    *ret_node = node;
    return PX_OK;
}

/* and_expr = not_expr { "AND" not_expr } */
static px_status parse_and(parser *p, px_expr_node **ret_node)
{
    return parse_chain(p, "AND", PX_EXPR_AND, parse_not, ret_node);
}

/* or_expr = and_expr { "OR" and_expr } */
static px_status parse_or(parser *p, px_expr_node **ret_node)
{
    return parse_chain(p, "OR", PX_EXPR_OR, parse_and, ret_node);
}

px_status px_expr_parse(px_lexer *lexer, const px_expr_scope *scope, px_expr_node **ret_node,
                        px_err *ret_err)
{
    parser p = { .lexer = lexer, .scope = scope, .ret_err = ret_err };

    return parse_or(&p, ret_node);
}
