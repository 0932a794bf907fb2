/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/event.h"

#include "base/limits.h"

typedef struct parser {
    px_lexer lexer;
    px_err *ret_err;
    uint32_t depth, terms;
} parser;

static const px_str attributes[PX_ATTRIBUTE_COUNT] = {
#define X(id, name) { name, sizeof(name) - 1 },
    PX_EVENT_ATTRIBUTES(X)
#undef X
};

static const struct {
    const char *word;
    px_expr_function function;
} functions[] = {
    { "STARTS_WITH", PX_EXPR_FN_STARTSWITH },
    { "ENDS_WITH", PX_EXPR_FN_ENDSWITH },
    { "CONTAINS", PX_EXPR_FN_CONTAINS },
};

enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

px_event_attribute px_event_attribute_find(px_str name)
{
    size_t i = 0;

    while (i < PX_ATTRIBUTE_COUNT && !px_str_eq(attributes[i], name))
        i++;
    return (px_event_attribute)i;
}

static const px_token *token(const parser *p)
{
    return &p->lexer.token;
}

static px_status next(parser *p)
{
    return px_lexer_next(&p->lexer, p->ret_err);
}

static px_status node_new(parser *p, px_expr_kind kind, px_expr_node **ret_node)
{
    px_expr_node *node = PX_ARENA_NEW(p->lexer.arena, px_expr_node);

    if (!node)
        return px_arena_fail(p->lexer.arena, p->ret_err);
    node->kind = kind;
    node->place = token(p)->raw;
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

static bool is_name(const px_token *t)
{
    return t->kind == PX_TOKEN_NAME || t->kind == PX_TOKEN_ESCAPED;
}

/* ---- ref ---- */

static px_status begin_ref(parser *p, px_str *ret_name)
{
    px_str name = token(p)->text;
    px_str words[PX_ATTRIBUTE_COUNT + FUNCTIONS];

    if (!is_name(token(p)))
        return px_lexer_expected(&p->lexer, "a condition", NULL, 0, p->ret_err);
    if (px_str_eq(name, PX_STR("$eventType")))
        name = PX_STR("type");
    if (px_event_attribute_find(name) == PX_ATTRIBUTE_COUNT) {
        memcpy(words, attributes, sizeof(attributes));
        for (size_t i = 0; i < FUNCTIONS; i++)
            words[PX_ATTRIBUTE_COUNT + i] = px_str_c(functions[i].word);
        return px_lexer_expected(&p->lexer, "an attribute of events such as type or $body.name",
                                 words, PX_ATTRIBUTE_COUNT + FUNCTIONS, p->ret_err);
    }
    *ret_name = name;
    return next(p);
}

/* ref = attribute | "$body" { "." name } */
static px_status parse_ref(parser *p, px_expr_node *parent)
{
    px_str *steps = PX_ARENA_ARRAY(p->lexer.arena, px_str, PX_EXPR_STEPS_MAX);
    px_expr_node *node;
    uint32_t count = 1;
    bool more;

    if (!steps)
        return px_arena_fail(p->lexer.arena, p->ret_err);
    PX_TRY(node_new(p, PX_EXPR_PATH, &node));
    PX_TRY(begin_ref(p, &steps[0]));
    PX_TRY(px_lexer_accept(&p->lexer, ".", &more, p->ret_err));
    if (more && !px_str_eq(steps[0], PX_STR("$body")))
        return px_lexer_fail(&p->lexer, node->place, p->ret_err,
                             "only $body has something inside, '%.*s' is a text", PX_FMT(steps[0]));
    while (more) {
        if (!is_name(token(p)))
            return px_lexer_expected(&p->lexer, "a name", NULL, 0, p->ret_err);
        if (count == PX_EXPR_STEPS_MAX)
            return px_lexer_fail(&p->lexer, token(p)->raw, p->ret_err,
                                 "a path has at most %d steps", PX_EXPR_STEPS_MAX);
        steps[count++] = token(p)->text;
        PX_TRY(next(p));
        PX_TRY(px_lexer_accept(&p->lexer, ".", &more, p->ret_err));
    }
    node->path = (px_expr_path){ .count = count, .steps = steps };
    node_add(parent, node);
    return PX_OK;
}

/* ---- terms ---- */

static px_status add_literal(parser *p, px_expr_node *parent, px_value value)
{
    px_expr_node *node;

    PX_TRY(node_new(p, PX_EXPR_LITERAL, &node));
    node->value = value;
    node_add(parent, node);
    return next(p);
}

/* value = string | number | "true" | "false" | "null" */
static px_status parse_value(parser *p, px_expr_node *parent)
{
    const px_token *t = token(p);

    if (t->kind == PX_TOKEN_STRING)
        return add_literal(p, parent, px_value_text(t->text));
    if (t->kind == PX_TOKEN_NUMBER)
        return add_literal(p, parent, px_value_num(t->num));
    if (px_token_is(t, "TRUE") || px_token_is(t, "FALSE"))
        return add_literal(p, parent, px_value_bool(px_token_is(t, "TRUE")));
    if (px_token_is(t, "NULL"))
        return add_literal(p, parent, px_value_json(PX_STR("null")));
    return px_lexer_expected(&p->lexer, "a string, a number, true, false or null", NULL, 0,
                             p->ret_err);
}

/* ref op value */
static px_status parse_comparison(parser *p, px_expr_node *node)
{
    static const char *const signs[] = { "=", "!=", "<", ">", "<=", ">=" };

    PX_TRY(parse_ref(p, node));
    for (unsigned i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (!px_token_is(token(p), signs[i]))
            continue;
        node->kind = PX_EXPR_COMPARE;
        node->compare = (px_expr_compare)i;
        PX_TRY(next(p));
        return parse_value(p, node);
    }
    return px_lexer_expected(&p->lexer, "=, !=, <, >, <= or >=", NULL, 0, p->ret_err);
}

/* function "(" ref "," string ")", its name read */
static px_status parse_call(parser *p, px_expr_node *node, px_expr_function function)
{
    node->kind = PX_EXPR_CALL;
    node->function = function;
    PX_TRY(px_lexer_expect(&p->lexer, "(", p->ret_err));
    PX_TRY(parse_ref(p, node));
    PX_TRY(px_lexer_expect(&p->lexer, ",", p->ret_err));
    if (token(p)->kind != PX_TOKEN_STRING)
        return px_lexer_expected(&p->lexer, "a string", NULL, 0, p->ret_err);
    PX_TRY(add_literal(p, node, px_value_text(token(p)->text)));
    return px_lexer_expect(&p->lexer, ")", p->ret_err);
}

static px_status parse_term(parser *p, px_expr_node **ret_node)
{
    bool is_call;

    if (++p->terms > PX_EXPR_TERMS_MAX)
        return px_lexer_fail(&p->lexer, token(p)->raw, p->ret_err,
                             "a filter has at most %d conditions", PX_EXPR_TERMS_MAX);
    PX_TRY(node_new(p, PX_EXPR_COMPARE, ret_node));
    for (size_t i = 0; i < FUNCTIONS; i++) {
        PX_TRY(px_lexer_accept(&p->lexer, functions[i].word, &is_call, p->ret_err));
        if (is_call)
            return parse_call(p, *ret_node, functions[i].function);
    }
    return parse_comparison(p, *ret_node);
}

/* ---- logic ---- */

static px_status parse_or(parser *p, px_expr_node **ret_node);

/* primary = "(" or_expr ")" | function … | ref op value */
static px_status parse_primary(parser *p, px_expr_node **ret_node)
{
    if (!px_token_is(token(p), "("))
        return parse_term(p, ret_node);
    if (++p->depth > PX_EXPR_DEPTH_MAX)
        return px_lexer_fail(&p->lexer, token(p)->raw, p->ret_err, "brackets go at most %d deep",
                             PX_EXPR_DEPTH_MAX);
    PX_TRY(next(p));
    PX_TRY(parse_or(p, ret_node));
    p->depth--;
    return px_lexer_expect(&p->lexer, ")", p->ret_err);
}

typedef px_status parse_fn(parser *p, px_expr_node **ret_node);

/* One below { WORD one below }: a node only where there are two. */
static px_status parse_chain(parser *p, const char *word, px_expr_kind kind, parse_fn *below,
                             px_expr_node **ret_node)
{
    px_expr_node *node, *child;
    bool more;

    PX_TRY(below(p, &child));
    PX_TRY(px_lexer_accept(&p->lexer, word, &more, p->ret_err));
    *ret_node = child;
    if (!more)
        return PX_OK;
    PX_TRY(node_new(p, kind, &node));
    node_add(node, child);
    while (more) {
        PX_TRY(below(p, &child));
        node_add(node, child);
        PX_TRY(px_lexer_accept(&p->lexer, word, &more, p->ret_err));
    }
    *ret_node = node;
    return PX_OK;
}

static px_status parse_and(parser *p, px_expr_node **ret_node)
{
    return parse_chain(p, "AND", PX_EXPR_AND, parse_primary, ret_node);
}

static px_status parse_or(parser *p, px_expr_node **ret_node)
{
    return parse_chain(p, "OR", PX_EXPR_OR, parse_and, ret_node);
}

px_status px_event_filter_parse(px_str text, px_arena *arena, const px_expr_node **ret_condition,
                                bool *ret_all, px_err *ret_err)
{
    parser p = { .ret_err = ret_err };
    px_expr_node *node = NULL;

    PX_TRY(px_lexer_init(&p.lexer, text, "route filter", "route.filter", arena, ret_err));
    *ret_all = px_token_is(token(&p), "TRUE");
    if (*ret_all || px_token_is(token(&p), "FALSE"))
        PX_TRY(next(&p));
    else
        PX_TRY(parse_or(&p, &node));
    if (token(&p)->kind != PX_TOKEN_END)
        return px_lexer_expected(&p.lexer, node ? "AND, OR or the end" : "the end", NULL, 0,
                                 ret_err);
    *ret_condition = node;
    return PX_OK;
}
