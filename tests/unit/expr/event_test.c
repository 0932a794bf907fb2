/* SPDX-License-Identifier: Apache-2.0 */
/* Filters over events: what passes, and what a wrong one is told. */
#include "expr/event.h"

#include "base/limits.h"
#include "expr/expr.h"
#include "px_test.h"

static const struct {
    const char *name, *text;
} event[] = {
    { "type", "Microsoft.DigitalTwins.Twin.Update" },
    { "subject", "press-1" },
    { "source", "plant.example" },
};

static const char body[] = "{\"modelId\":\"dtmi:com:acme:Press;1\",\"count\":3,\"hot\":true,"
                           "\"nothing\":null,\"deep\":{\"er\":\"x\"},\"patch\":[{\"op\":\"add\"}]}";

static void attribute(void *data, const void *row, px_str name, px_value *ret_value)
{
    (void)data;
    (void)row;
    if (px_str_eq(name, PX_STR("$body")))
        *ret_value = px_value_json(px_str_c(body));
    for (size_t i = 0; i < sizeof(event) / sizeof(event[0]); i++)
        if (px_str_eq(name, px_str_c(event[i].name)))
            *ret_value = px_value_text(px_str_c(event[i].text));
}

static bool passes(const char *filter)
{
    px_expr_rows rows = { .attribute = attribute };
    px_expr_source source = { 0 };
    px_expr_machine machine;
    px_expr *expr;
    bool all, holds;
    px_err err;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_event_filter_parse(px_str_c(filter), &arena, &source.condition, &all, &err), &err);
    if (!source.condition)
        return all;
    CHECK_OK(px_expr_compile(&source, &arena, &expr, &err), &err);
    px_expr_machine_init(&machine, expr, &rows);
    CHECK_OK(px_expr_test(&machine, event, &holds, &err), &err);
    px_expr_machine_release(&machine);
    return holds;
}

static const char *refusal(const char *filter)
{
    static px_err err;
    const px_expr_node *condition;
    bool all;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, 1 << 20);
    CHECK_EQ(px_event_filter_parse(px_str_c(filter), &arena, &condition, &all, &err), PX_INVALID);
    CHECK_STR(err.id, "route.filter");
    return err.text;
}

PX_TEST(true_passes_everything_and_false_nothing)
{
    CHECK(passes("true"));
    CHECK(passes("TRUE"));
    CHECK(!passes("false"));
}

PX_TEST(attributes_are_compared_as_texts)
{
    CHECK(passes("type = 'Microsoft.DigitalTwins.Twin.Update'"));
    CHECK(!passes("type = 'microsoft.digitaltwins.twin.update'"));
    CHECK(passes("$eventType = 'Microsoft.DigitalTwins.Twin.Update'"));
    CHECK(passes("subject != 'press-2' and source >= 'p'"));
    CHECK(!passes("dataschema = 'dtmi:x;1'")); /* this event has none */
    CHECK(!passes("dataschema != 'dtmi:x;1'"));
}

PX_TEST(functions_look_at_parts_of_texts)
{
    CHECK(passes("STARTS_WITH(subject, 'press')"));
    CHECK(passes("ENDS_WITH(type, 'Update') AND CONTAINS($body.modelId, ':acme:')"));
    CHECK(!passes("starts_with($body.count, '3')"));
}

PX_TEST(the_body_is_reached_by_its_members)
{
    CHECK(passes("$body.count = 3.0"));
    CHECK(passes("$body.count > 2 AND $body.hot = true AND $body.nothing = null"));
    CHECK(passes("$body.deep.er = 'x'"));
    CHECK(!passes("$body.deep.none = 'x'"));
    CHECK(!passes("$body.patch.op = 'add'")); /* members of arrays cannot be reached */
}

PX_TEST(and_binds_closer_than_or_and_brackets_closer_still)
{
    CHECK(passes("$body.count = 3 OR $body.count = 4 AND subject = 'no'"));
    CHECK(!passes("($body.count = 3 OR $body.count = 4) AND subject = 'no'"));
}

PX_TEST(a_wrong_filter_is_told_where_and_what_would_be_right)
{
    CHECK(strstr(refusal("tpye = 'x'"), "did you mean type?") != NULL);
    CHECK(strstr(refusal("type 'x'"), "line 1, column 6") != NULL);
    CHECK(strstr(refusal("type.x = 'y'"), "only $body has something inside") != NULL);
    CHECK(strstr(refusal("STARTS_WITH(subject, 3)"), "expected a string") != NULL);
    CHECK(strstr(refusal("subject = 'a' 'b'"), "expected AND, OR or the end") != NULL);
    CHECK(strstr(refusal("true AND true"), "expected the end") != NULL);
    CHECK(strstr(refusal(""), "expected a condition") != NULL);
    CHECK(strstr(refusal("subject ="), "expected a string, a number") != NULL);
}

PX_TEST(brackets_go_as_deep_as_the_limit_and_no_deeper)
{
    char filter[2 * PX_EXPR_DEPTH_MAX + 64] = "";

    for (int i = 0; i < PX_EXPR_DEPTH_MAX; i++)
        strcat(filter, "(");
    strcat(filter, "$body.count=3");
    for (int i = 0; i < PX_EXPR_DEPTH_MAX; i++)
        strcat(filter, ")");
    CHECK(passes(filter));
    memmove(filter + 1, filter, strlen(filter) + 1);
    CHECK(strstr(refusal(filter), "brackets go at most") != NULL);
}

PX_TEST_MAIN()
