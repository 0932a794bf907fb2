/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/tree.h"

#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "px_test.h"

/* The tree with brackets around everything. */
static void put_tree(px_buf *out, const px_expr_node *node)
{
    static const char *const kinds[] = { "and", "or",   "not",      "compare", "in",
                                         "nin", "call", "of_model", "path",    "literal" };
    static const char *const signs[] = { "=", "!=", "<", ">", "<=", ">=" };

    if (node->kind == PX_EXPR_LITERAL) {
        px_put_json_value(out, node->value);
    } else if (node->kind == PX_EXPR_PATH) {
        for (uint32_t i = 0; i < node->path.count; i++)
            px_putf(out, "%s%.*s", i ? "/" : "", PX_FMT(node->path.steps[i]));
        if (!node->path.count)
            px_putf(out, "#%u", node->path.source);
    } else {
        px_putf(out, "(%s",
                node->kind == PX_EXPR_COMPARE ? signs[node->compare] : kinds[node->kind]);
        if (node->kind == PX_EXPR_CALL)
            px_putf(out, "%d", (int)node->function);
        if (node->kind == PX_EXPR_OF_MODEL)
            px_putf(out, " %.*s%s", PX_FMT(node->value.text), node->exact ? " exact" : "");
        for (const px_expr_node *child = node->first; child; child = child->next) {
            px_put_char(out, ' ');
            put_tree(out, child);
        }
        px_put_char(out, ')');
    }
}

static px_status parse(px_str text, px_buf *out, px_err *err)
{
    static const px_str name = { "T", 1 };
    px_expr_scope scope = { .names = &name, .count = 1 };
    px_expr_node *tree;
    px_lexer lexer;
    px_arena arena;
    px_status status;

    px_arena_init(&arena, 16 << 20);
    status = px_lexer_init(&lexer, text, "test", "test.parse", &arena, err);
    if (status == PX_OK)
        status = px_expr_parse(&lexer, &scope, &tree, err);
    if (status == PX_OK)
        put_tree(out, tree);
    px_arena_release(&arena);
    return status;
}

static void check(const char *text, const char *wanted)
{
    px_buf out = { 0 };
    px_err err = { 0 };

    if (parse(px_str_c(text), &out, &err) != PX_OK)
        px_put_c(&out, err.text);
    CHECK_SLICE(px_buf_str(&out), wanted);
    px_buf_release(&out);
}

/* The sentence alone: where it is, and the excerpt, are the lexer's tests. */
static void check_refused(const char *text, uint32_t column, const char *wanted)
{
    px_buf out = { 0 };
    px_err err = { 0 };
    char sentence[256];
    size_t len;

    CHECK_EQ(parse(px_str_c(text), &out, &err), PX_INVALID);
    CHECK_STR(err.id, "test.parse");
    CHECK_EQ(err.column, column);
    snprintf(sentence, sizeof(sentence), "%s", strstr(err.text, "column"));
    len = strcspn(sentence, "\n");
    sentence[len] = '\0';
    CHECK_STR(strchr(sentence, ':') + 2, wanted);
    px_buf_release(&out);
}

PX_TEST(and_binds_closer_than_or_and_not_closer_than_both)
{
    check("a = 1 OR b = 2 AND c = 3 OR d = 4", "(or (= a 1) (and (= b 2) (= c 3)) (= d 4))");
    check("not a = 1 and b = 2", "(and (not (= a 1)) (= b 2))");
    check("NOT (a = 1 OR NOT NOT b = 2)", "(not (or (= a 1) (not (not (= b 2)))))");
    check("((a = 1))", "(= a 1)");
}

PX_TEST(paths_lose_the_name_of_the_twins_and_no_other)
{
    check("T.a.b = T", "(= a/b #0)");
    check("a.T = [[T]].x", "(= a/T x)");
    check("T.[[a b]].count = 1", "(= a b/count 1)");
}

PX_TEST(literals_of_every_sort_stand_on_both_sides)
{
    check("'x' < a", "(< \"x\" a)");
    check("a >= -2.50", "(>= a -2.50)");
    check("TRUE != null", "(!= true null)");
}

PX_TEST(memberships_and_functions)
{
    check("a IN ['x', 2, b] OR a nin [null]", "(or (in a \"x\" 2 b) (nin a null))");
    check("is_defined(T.a) AND StartsWith(a, 'x')", "(and (call0 a) (call7 a \"x\"))");
    check("IS_OF_MODEL('dtmi:a:B;1')", "(of_model dtmi:a:B;1)");
    check("IS_OF_MODEL(T, 'dtmi:a:B;1', EXACT)", "(of_model dtmi:a:B;1 exact)");
}

PX_TEST(says_what_was_expected_and_what_was_meant)
{
    check_refused("a = ", 5, "expected a property or a value, found the end");
    check_refused("a LIKE 'x'", 3, "expected =, !=, <, >, <=, >=, IN or NIN, found 'LIKE'");
    check_refused("a I 'x'", 3,
                  "expected =, !=, <, >, <=, >=, IN or NIN, found 'I'; did you mean "
                  "IN?");
    check_refused("a NOT IN [1]", 3,
                  "'not in' is written NIN; NOT stands before a whole condition");
    check_refused("a IN (1)", 6, "expected [, found '('");
    check_refused("a IN []", 7, "expected a value, found ']'");
    check_refused("(a = 1", 7, "expected ), found the end");
    check_refused("AND a = 1", 1, "'AND' is a reserved word; as a name write [[AND]]");
    check_refused("a. = 1", 4, "expected a name behind the dot, found '='");
    check_refused("a = where", 5, "'where' is a reserved word; as a name write [[where]]");
    check_refused("* = 1", 1, "expected a condition, found '*'");
    check_refused("t.a = 1", 1, "names are case sensitive: 't' is called 'T' in FROM");
}

PX_TEST(names_the_function_that_was_meant_and_its_arguments)
{
    check_refused("STARTWITH(a, 'x')", 1,
                  "there is no function 'STARTWITH'; did you mean STARTSWITH?");
    check_refused("frobnicate(a)", 1, "there is no function 'frobnicate'");
    check_refused("IS_NULL(a, b)", 1, "IS_NULL takes 1 argument: IS_NULL(path)");
    check_refused("CONTAINS(a)", 1, "CONTAINS takes 2 arguments: CONTAINS(path, 'text')");
    check_refused("CONTAINS(a, 5)", 13, "the second argument is a string: CONTAINS(path, 'text')");
    check_refused("IS_OF_MODEL('Pump')", 13, "a model is named as 'dtmi:com:acme:Pump;1'");
    check_refused("IS_OF_MODEL(x, 'dtmi:a:B;1')", 13, "'x' is not the name of the twins in FROM");
    check_refused("IS_OF_MODEL('dtmi:a:B;1', exakt)", 27,
                  "expected EXACT, found 'exakt'; did you mean EXACT?");
}

static px_status parse_nested(const char *open, int depth, const char *close)
{
    px_buf text = { 0 }, out = { 0 };
    px_err err = { 0 };
    px_status status;

    for (int i = 0; i < depth; i++)
        px_put_c(&text, open);
    px_put_c(&text, "a = 1");
    for (int i = 0; i < depth; i++)
        px_put_c(&text, close);
    status = parse(px_buf_str(&text), &out, &err);
    px_buf_release(&text);
    px_buf_release(&out);
    return status;
}

PX_TEST(goes_as_deep_as_the_limit_and_no_deeper)
{
    CHECK_EQ(parse_nested("(", PX_EXPR_DEPTH_MAX, ")"), PX_OK);
    CHECK_EQ(parse_nested("(", PX_EXPR_DEPTH_MAX + 1, ")"), PX_INVALID);
    CHECK_EQ(parse_nested("NOT ", PX_EXPR_DEPTH_MAX, ""), PX_OK);
    CHECK_EQ(parse_nested("NOT ", PX_EXPR_DEPTH_MAX + 1, ""), PX_INVALID);
    CHECK_EQ(parse_nested("NOT (", PX_EXPR_DEPTH_MAX / 2, ")"), PX_OK);
    CHECK_EQ(parse_nested("(", 30000, ")"), PX_INVALID);
}

static px_status parse_many(const char *first, const char *again, int count)
{
    px_buf text = { 0 }, out = { 0 };
    px_err err = { 0 };
    px_status status;

    px_put_c(&text, first);
    for (int i = 1; i < count; i++)
        px_put_c(&text, again);
    if (strchr(first, '.'))
        px_put_c(&text, " = 1");
    status = parse(px_buf_str(&text), &out, &err);
    px_buf_release(&text);
    px_buf_release(&out);
    return status;
}

PX_TEST(counts_conditions_and_names_of_a_path_to_their_limits)
{
    CHECK_EQ(parse_many("a=1", " AND a=1", PX_EXPR_TERMS_MAX), PX_OK);
    CHECK_EQ(parse_many("a=1", " AND a=1", PX_EXPR_TERMS_MAX + 1), PX_INVALID);
    CHECK_EQ(parse_many("T.a", ".a", PX_EXPR_STEPS_MAX), PX_OK);
    CHECK_EQ(parse_many("T.a", ".a", PX_EXPR_STEPS_MAX + 1), PX_INVALID);
}

PX_TEST(paths_in_lists_count_as_conditions_and_values_do_not)
{
    for (int over = 0; over < 2; over++) {
        px_buf text = { 0 }, out = { 0 };
        px_err err = { 0 };

        px_put_c(&text, "1 IN [a");
        for (int i = 2; i < PX_EXPR_TERMS_MAX + over; i++)
            px_put_c(&text, ",5,a");
        px_put_char(&text, ']');
        CHECK_EQ(parse(px_buf_str(&text), &out, &err), over ? PX_INVALID : PX_OK);
        px_buf_release(&text);
        px_buf_release(&out);
    }
}

PX_TEST_MAIN()
