/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/formula.h"

#include "base/limits.h"

typedef struct parser {
    px_lexer lexer;
    px_err *ret_err;
    uint32_t depth, terms;
} parser;

static const px_expr_scope scope; /* paths begin with names of the row */

static const px_token *token(const parser *p)
{
    return &p->lexer.token;
}

static px_status node_new(parser *p, px_expr_kind kind, px_expr_node **ret_node)
{
    px_expr_node *node = PX_ARENA_NEW(p->lexer.arena, px_expr_node);

    if (!node)
        return px_arena_fail(p->lexer.arena, p->ret_err);
    if (++p->terms > PX_EXPR_TERMS_MAX)
        return px_lexer_fail(&p->lexer, token(p)->raw, p->ret_err,
                             "a formula has at most %d values and calculations", PX_EXPR_TERMS_MAX);
    node->kind = kind;
    node->place = token(p)->raw;
    *ret_node = node;
    return PX_OK;
}

static px_status calc_new(parser *p, px_num_op op, px_expr_node *a, px_expr_node *b,
                          px_expr_node **ret_node)
{
    PX_TRY(node_new(p, PX_EXPR_CALC, ret_node));
    (*ret_node)->calc = op;
    (*ret_node)->count = 2;
    (*ret_node)->first = a;
    (*ret_node)->last = a->next = b;
    return PX_OK;
}

static px_status parse_sum(parser *p, px_expr_node **ret_node);

/* "-" factor: nothing less it */
static px_status parse_minus(parser *p, px_expr_node *child, px_expr_node **ret_node)
{
    px_expr_node *zero;

    PX_TRY(node_new(p, PX_EXPR_LITERAL, &zero));
    zero->value = px_value_num(px_num_int(0));
    return calc_new(p, PX_NUM_SUB, zero, child, ret_node);
}

/* factor = "-" factor | "(" sum ")" | operand */
static px_status parse_factor(parser *p, px_expr_node **ret_node)
{
    px_expr_node *child;
    bool minus, bracket;
    px_status status;

    if (++p->depth > PX_EXPR_DEPTH_MAX)
        return px_lexer_fail(&p->lexer, token(p)->raw, p->ret_err, "brackets go at most %d deep",
                             PX_EXPR_DEPTH_MAX);
    PX_TRY(px_lexer_accept(&p->lexer, "-", &minus, p->ret_err));
    if (minus) {
        PX_TRY(parse_factor(p, &child));
        p->depth--;
        return parse_minus(p, child, ret_node);
    }
    PX_TRY(px_lexer_accept(&p->lexer, "(", &bracket, p->ret_err));
    if (bracket) {
        PX_TRY(parse_sum(p, ret_node));
        status = px_lexer_expect(&p->lexer, ")", p->ret_err);
    } else {
        status = px_expr_parse_operand(&p->lexer, &scope, "a value", ret_node, p->ret_err);
        if (++p->terms > PX_EXPR_TERMS_MAX)
            status = px_lexer_fail(&p->lexer, token(p)->raw, p->ret_err,
                                   "a formula has at most %d values and calculations",
                                   PX_EXPR_TERMS_MAX);
    }
    p->depth--;
    return status;
}

/* product = factor { ( "*" | "/" ) factor } */
static px_status parse_product(parser *p, px_expr_node **ret_node)
{
    px_expr_node *right;

    PX_TRY(parse_factor(p, ret_node));
    while (px_token_is(token(p), "*") || px_token_is(token(p), "/")) {
        px_num_op op = px_token_is(token(p), "*") ? PX_NUM_MUL : PX_NUM_DIV;

        PX_TRY(px_lexer_next(&p->lexer, p->ret_err));
        PX_TRY(parse_factor(p, &right));
        PX_TRY(calc_new(p, op, *ret_node, right, ret_node));
    }
    return PX_OK;
}

/* `a -1`: the lexer takes the sign for the number's. */
static bool is_negative(const px_token *t)
{
    return t->kind == PX_TOKEN_NUMBER && t->raw.ptr[0] == '-';
}

/* sum = product { ( "+" | "-" ) product } */
static px_status parse_sum(parser *p, px_expr_node **ret_node)
{
    px_expr_node *right;

    PX_TRY(parse_product(p, ret_node));
    for (;;) {
        px_num_op op = px_token_is(token(p), "-") ? PX_NUM_SUB : PX_NUM_ADD;

        if (op == PX_NUM_SUB || px_token_is(token(p), "+"))
            PX_TRY(px_lexer_next(&p->lexer, p->ret_err));
        else if (!is_negative(token(p)))
            return PX_OK;
        PX_TRY(parse_product(p, &right));
        PX_TRY(calc_new(p, op, *ret_node, right, ret_node));
    }
}

static px_status begin(parser *p, px_str text, px_arena *arena, px_err *ret_err)
{
    *p = (parser){ .ret_err = ret_err };
    return px_lexer_init(&p->lexer, text, "formula", "formula.parse", arena, ret_err);
}

static bool is_logic(const px_token *t)
{
    static const char *const words[] = { "=",  "!=", "<",   ">",   "<=", ">=",
                                         "IN", "OR", "NIN", "AND", "NOT" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (px_token_is(t, words[i]))
            return true;
    return false;
}

/* Conditions are told by their first word of logic, or by a function's bracket. */
static px_status find_logic(px_str text, px_arena *arena, bool *ret_found, px_err *ret_err)
{
    bool after_name = false;
    parser p;

    PX_TRY(begin(&p, text, arena, ret_err));
    for (*ret_found = false; token(&p)->kind != PX_TOKEN_END && !*ret_found;) {
        *ret_found = is_logic(token(&p)) || (after_name && px_token_is(token(&p), "("));
        after_name = token(&p)->kind == PX_TOKEN_NAME && !px_token_is(token(&p), "DISTANCE");
        PX_TRY(px_lexer_next(&p.lexer, ret_err));
    }
    return PX_OK;
}

px_status px_formula_compile(px_str text, px_arena *arena, px_formula *ret_formula, px_err *ret_err)
{
    px_expr_source source = { 0 };
    px_formula formula = { 0 };
    const px_expr_node *column;
    px_expr_node *node;
    px_expr *expr;
    parser p;

    PX_TRY(find_logic(text, arena, &formula.is_condition, ret_err));
    PX_TRY(begin(&p, text, arena, ret_err));
    if (formula.is_condition)
        PX_TRY(px_expr_parse(&p.lexer, &scope, &node, ret_err));
    else
        PX_TRY(parse_sum(&p, &node));
    if (token(&p)->kind != PX_TOKEN_END)
        return px_lexer_expected(
            &p.lexer, formula.is_condition ? "AND, OR or the end" : "+, -, *, / or the end", NULL,
            0, ret_err);
    column = node;
    if (formula.is_condition)
        source.condition = node;
    else
        source = (px_expr_source){ .columns = &column, .column_count = 1 };
    PX_TRY(px_expr_compile(&source, arena, &expr, ret_err));
    formula.expr = expr;
    *ret_formula = formula;
    return PX_OK;
}

px_status px_formula_value(const px_formula *formula, px_expr_machine *machine, const void *row,
                           px_value *ret_value, px_err *ret_err)
{
    bool holds;

    if (!formula->is_condition)
        return px_expr_column(machine, row, 0, ret_value, NULL, ret_err);
    PX_TRY(px_expr_test(machine, row, &holds, ret_err));
    *ret_value = px_value_bool(holds);
    return PX_OK;
}
