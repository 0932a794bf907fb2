/* SPDX-License-Identifier: Apache-2.0 */
#include "bulk/order.h"

#include <stdio.h>

#include "px_test.h"

static px_bulk_order order;

static void add(const char *text)
{
    px_json *json;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(px_str_c(text), NULL, &arena, &json, &err), &err);
    CHECK_OK(px_bulk_order_add(&order, order.models.len + 1, px_str_c(text), json, &err), &err);
    px_arena_release(&arena);
}

/* The ids in their order. */
static const char *sorted(void)
{
    static char out[1024];
    size_t len = 0;
    px_err err;

    out[0] = '\0';
    CHECK_OK(px_bulk_order_sort(&order, &err), &err);
    PX_VEC_EACH (&order.order, i)
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%.*s ",
                                PX_FMT(order.models.ptr[*i].id));
    px_bulk_order_release(&order);
    return out;
}

PX_TEST(a_model_comes_behind_what_it_extends_and_has_as_component)
{
    px_bulk_order_init(&order);
    add("{\"@id\":\"dtmi:a;1\",\"extends\":[\"dtmi:b;1\",\"dtmi:x;1\"],\"contents\":["
        "{\"@type\":\"Component\",\"name\":\"c\",\"schema\":\"dtmi:c;1\"}]}");
    add("{\"@id\":\"dtmi:b;1\",\"extends\":\"dtmi:d;1\"}");
    add("{\"@id\":\"dtmi:c;1\",\"extends\":\"dtmi:b;1\"}");
    add("{\"@id\":\"dtmi:d;1\"}");
    CHECK_STR(sorted(), "dtmi:d;1 dtmi:b;1 dtmi:c;1 dtmi:a;1 ");
}

PX_TEST(targets_of_relationships_may_go_in_circles)
{
    px_bulk_order_init(&order);
    add("{\"@id\":\"dtmi:a;1\",\"contents\":[{\"@type\":\"Relationship\",\"name\":\"r\","
        "\"target\":\"dtmi:b;1\"}]}");
    add("{\"@id\":\"dtmi:b;1\",\"extends\":\"dtmi:a;1\"}");
    CHECK_STR(sorted(), "dtmi:a;1 dtmi:b;1 ");
}

PX_TEST(models_in_a_circle_and_of_the_same_id_come_each_once)
{
    px_bulk_order_init(&order);
    add("{\"@id\":\"dtmi:a;1\",\"extends\":\"dtmi:b;1\"}");
    add("{\"@id\":\"dtmi:b;1\",\"extends\":\"dtmi:a;1\"}");
    add("{\"@id\":\"dtmi:b;1\"}");
    CHECK_STR(sorted(), "dtmi:b;1 dtmi:a;1 dtmi:b;1 ");
}

PX_TEST(a_chain_of_many_models_is_no_danger)
{
    enum { MODELS = 20000 };
    char text[128];

    px_bulk_order_init(&order);
    for (int i = 0; i < MODELS; i++) {
        snprintf(text, sizeof(text), "{\"@id\":\"dtmi:m%d;1\",\"extends\":\"dtmi:m%d;1\"}", i,
                 i + 1);
        add(text);
    }
    CHECK_OK(px_bulk_order_sort(&order, NULL), (px_err *)NULL);
    CHECK_EQ(order.order.len, MODELS);
    CHECK_EQ(order.order.ptr[0], MODELS - 1);
    CHECK_EQ(order.order.ptr[MODELS - 1], 0);
    px_bulk_order_release(&order);
}

PX_TEST_MAIN()
