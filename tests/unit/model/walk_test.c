/* SPDX-License-Identifier: Apache-2.0 */
/* All that an Interface is made of, in order. */
#include "model/walk.h"
#include "model_support.h"

/* Each item as "depth word name", a line each. */
static bool put_item(void *data, const px_model_item *item)
{
    px_buf *buf = data;

    px_putf(buf, "%u %s %.*s%s\n", item->depth, px_item_word(item->kind), PX_FMT(item->name),
            item->repeated ? " again" : "");
    return true;
}

static bool stop_at_third(void *data, const px_model_item *item)
{
    (void)item;
    return ++*(int *)data < 3;
}

PX_TEST(everything_is_visited_in_its_order_with_its_depth)
{
    px_model_set set = parse_models("[" INTERFACE_V4(
        "dtmi:ex:A;1") ",\"extends\":\"dtmi:ex:B;1\",\"contents\":["
                       "{\"@type\":\"Command\",\"name\":\"c\",\"request\":{\"name\":\"r\","
                       "\"schema\":\"double\"}},"
                       "{\"@type\":\"Relationship\",\"name\":\"rel\",\"properties\":{\"@type\":"
                       "\"Property\","
                       "\"name\":\"rp\",\"schema\":{\"@type\":\"Enum\",\"valueSchema\":\"integer\","
                       "\"enumValues\":"
                       "{\"name\":\"one\",\"enumValue\":1}}}},"
                       "{\"@type\":\"Component\",\"name\":\"comp\",\"schema\":\"dtmi:ex:B;1\"},"
                       "{\"@type\":\"Telemetry\",\"name\":\"t\",\"schema\":{\"@type\":\"Map\","
                       "\"mapKey\":{\"name\":"
                       "\"k\",\"schema\":\"string\"},\"mapValue\":{\"name\":\"v\",\"schema\":{\"@"
                       "type\":\"Array\","
                       "\"elementSchema\":\"byte\"}}}}]}," INTERFACE_V3(
                           "dtmi:ex:B;1") ",\"contents\":{\"@type\":\"Property\",\"name\":\"p\","
                                          "\"schema\":{\"@type\":\"Object\",\"fields\":{\"name\":"
                                          "\"f\",\"schema\":\"double\"}}}}]");
    px_buf text = { 0 };

    CHECK(px_model_walk(set.models[0], put_item, &text));
    CHECK_SLICE(px_buf_str(&text), "0 Property p\n"
                                   "1 field f\n"
                                   "0 Telemetry t\n"
                                   "1 value of the map v\n"
                                   "2 element \n"
                                   "0 Component comp\n"
                                   "0 Relationship rel\n"
                                   "1 Property rp\n"
                                   "2 value one\n"
                                   "0 Command c\n"
                                   "1 request r\n");
    px_buf_release(&text);
    px_model_set_release(&set);
}

#define NODE(fields)                                                                               \
    INTERFACE_V4("dtmi:ex:A;1")                                                                    \
    ",\"contents\":{\"@type\":\"Property\",\"name\":\"p\",\"schema\":\"dtmi:ex:n;1\"},"            \
    "\"schemas\":"                                                                                 \
    "{\"@id\":\"dtmi:ex:n;1\",\"@type\":\"Object\",\"fields\":[" fields "]}}"

PX_TEST(a_schema_that_contains_itself_is_visited_once_and_named_again)
{
    px_model_set set = parse_models(NODE("{\"name\":\"x\",\"schema\":\"double\"},"
                                         "{\"name\":\"next\",\"schema\":\"dtmi:ex:n;1\"}"));
    px_buf text = { 0 };

    CHECK(px_model_walk(set.models[0], put_item, &text));
    CHECK_SLICE(px_buf_str(&text), "0 Property p\n1 field x\n1 field next again\n");
    px_buf_release(&text);
    px_model_set_release(&set);
}

PX_TEST(a_visitor_may_end_the_walk)
{
    px_model_set set =
        parse_models(NODE("{\"name\":\"x\",\"schema\":\"double\"},{\"name\":\"y\","
                          "\"schema\":\"double\"},{\"name\":\"z\",\"schema\":\"byte\"}"));
    int count = 0;

    CHECK(!px_model_walk(set.models[0], stop_at_third, &count));
    CHECK_EQ(count, 3);
    px_model_set_release(&set);
}

PX_TEST(a_schema_in_very_many_places_ends_the_walk)
{
    px_buf text = { 0 };
    px_model_set set;
    int count = -1000000;

    px_put_c(&text,
             INTERFACE_V3("dtmi:ex:A;1") ",\"contents\":{\"@type\":\"Property\",\"name\":\"p\","
                                         "\"schema\":\"dtmi:ex:n0;1\"},\"schemas\":[");
    for (int level = 0; level < 5; level++) {
        px_putf(&text, "%s{\"@id\":\"dtmi:ex:n%d;1\",\"@type\":\"Object\",\"fields\":[",
                level ? "," : "", level);
        for (int f = 0; f < 40; f++)
            px_putf(&text,
                    level < 4 ? "%s{\"name\":\"f%d\",\"schema\":\"dtmi:ex:n%d;1\"}"
                              : "%s{\"name\":\"f%d\",\"schema\":\"double\"}",
                    f ? "," : "", f, level + 1);
        px_put_c(&text, "]}");
    }
    px_put_c(&text, "]}");
    set = parse_models(text.ptr);
    CHECK(!px_model_walk(set.models[0], stop_at_third, &count));
    CHECK_EQ(count, -1000000 + PX_MODEL_WALK_ITEMS_MAX);
    px_model_set_release(&set);
    px_buf_release(&text);
}

PX_TEST_MAIN()
