/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/formula.h"

#include <stdio.h>

#include "base/json.h"
#include "px_test.h"

static void attribute(void *data, const void *row, px_str name, px_value *ret_value)
{
    px_num num;

    (void)data;
    (void)row;
    if (px_str_eq(name, PX_STR("u")) && px_num_parse(PX_STR("230.5"), &num, NULL) == PX_OK)
        *ret_value = px_value_num(num);
    if (px_str_eq(name, PX_STR("i")))
        *ret_value = px_value_num(px_num_int(2));
    if (px_str_eq(name, PX_STR("mode")))
        *ret_value = px_value_text(PX_STR("auto"));
    if (px_str_eq(name, PX_STR("a-b")))
        *ret_value = px_value_num(px_num_int(7));
    if (px_str_eq(name, PX_STR("box")))
        *ret_value = px_value_json(PX_STR("{\"t\":3.5}"));
}

/* The value as JSON, "none", or the error. */
static const char *value_of(const char *text)
{
    static char told[320];
    px_expr_rows rows = { .attribute = attribute };
    px_expr_machine machine;
    px_formula formula;
    px_arena arena;
    px_buf buf = { 0 };
    px_value value;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    if (px_formula_compile(px_str_c(text), &arena, &formula, &err) != PX_OK) {
        snprintf(told, sizeof(told), "%s", err.text);
        px_arena_release(&arena);
        return told;
    }
    px_expr_machine_init(&machine, formula.expr, &rows);
    CHECK_EQ(px_formula_value(&formula, &machine, "", &value, &err), PX_OK);
    px_put_json_value(&buf, value);
    snprintf(told, sizeof(told), "%s", value.kind == PX_VALUE_NONE ? "none" : buf.ptr);
    px_buf_release(&buf);
    px_expr_machine_release(&machine);
    px_arena_release(&arena);
    return told;
}

PX_TEST(calculations_are_exact_and_bind_as_usual)
{
    CHECK_STR(value_of("u * i"), "461.0");
    CHECK_STR(value_of("1 + 2 * 3"), "7");
    CHECK_STR(value_of("(1 + 2) * 3"), "9");
    CHECK_STR(value_of("10 - 2 - 3"), "5");
    CHECK_STR(value_of("12 / 2 / 3"), "2");
    CHECK_STR(value_of("i-1"), "1");
    CHECK_STR(value_of("i -1 + -3"), "-2");
    CHECK_STR(value_of("-i * -(u)"), "461.0");
    CHECK_STR(value_of("0.1 + 0.2"), "0.3");
    CHECK_STR(value_of("[[a-b]] * 2"), "14");
    CHECK_STR(value_of("box.t + 1"), "4.5");
}

PX_TEST(a_path_alone_is_its_value_and_a_condition_is_true_or_false)
{
    CHECK_STR(value_of("mode"), "\"auto\"");
    CHECK_STR(value_of("mode = 'auto' AND u > 200"), "true");
    CHECK_STR(value_of("NOT STARTSWITH(mode, 'a')"), "false");
    CHECK_STR(value_of("IS_DEFINED(x)"), "false");
}

PX_TEST(what_is_missing_or_no_number_gives_no_value)
{
    CHECK_STR(value_of("x + 1"), "none");
    CHECK_STR(value_of("mode + 1"), "none");
    CHECK_STR(value_of("u / 0"), "none");
    CHECK_STR(value_of("u / (i - 2)"), "none");
}

PX_TEST(complaints_show_the_place)
{
    CHECK(strstr(value_of("u +"), "expected a value") != NULL);
    CHECK(strstr(value_of("u * * i"), "expected a value") != NULL);
    CHECK(strstr(value_of("(u"), "expected )") != NULL);
    CHECK(strstr(value_of("u i"), "expected +, -, *, / or the end") != NULL);
    CHECK(strstr(value_of(""), "formula parse failed") != NULL);
}

static const char *deep(int brackets)
{
    static char text[512];

    memset(text, '(', (size_t)brackets);
    text[brackets] = '1';
    memset(text + brackets + 1, ')', (size_t)brackets);
    text[2 * brackets + 1] = '\0';
    return value_of(text);
}

PX_TEST(brackets_go_as_deep_as_the_limit_and_no_deeper)
{
    CHECK_STR(deep(PX_EXPR_DEPTH_MAX - 1), "1");
    CHECK(strstr(deep(PX_EXPR_DEPTH_MAX), "brackets go at most 64 deep") != NULL);
}

PX_TEST(a_formula_has_as_many_terms_as_the_limit)
{
    static char text[8 * PX_EXPR_TERMS_MAX];
    size_t len = 0;

    for (int i = 0; i < PX_EXPR_TERMS_MAX / 2; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, i ? "+1" : "1");
    CHECK_STR(value_of(text), "500");
    snprintf(text + len, sizeof(text) - len, "+1");
    CHECK(strstr(value_of(text), "at most 1000 values") != NULL);
}

PX_TEST_MAIN()
