/* SPDX-License-Identifier: Apache-2.0 */
#include "plant/order.h"

#include <stdio.h>

#include "px_test.h"

static bool read(px_arena *arena, const char *topic, const char *payload, px_order *ret_order)
{
    px_arena_init(arena, 64 * 1024);
    return px_order_read(px_str_c(topic), px_str_c(payload), arena, ret_order);
}

PX_TEST(a_command_names_unit_and_id_to_answer)
{
    PX_AUTO_ARENA arena = { 0 };
    px_order order;

    CHECK(read(&arena, "twins/oven-01/commands/stop/0042", "{}", &order));
    CHECK_EQ(order.act, PX_ORDER_STOP);
    CHECK_EQ(order.unit, 3);
    CHECK_SLICE(order.name, "stop");
    CHECK_SLICE(order.id, "0042");
}

PX_TEST(an_unknown_command_is_to_be_rejected_not_ignored)
{
    PX_AUTO_ARENA arena = { 0 };
    px_order order;
    px_line line;

    px_line_init(&line, 1);
    CHECK(read(&arena, "twins/oven-01/commands/explode/7", "null", &order));
    CHECK_EQ(order.act, PX_ORDER_NOTHING);
    CHECK_SLICE(order.id, "7");
    CHECK(!px_order_apply(&order, &line));
}

PX_TEST(a_command_to_what_is_no_unit_is_to_be_rejected)
{
    PX_AUTO_ARENA arena = { 0 };
    px_order order;

    CHECK(read(&arena, "twins/line-01/commands/stop/7", "null", &order));
    CHECK_EQ(order.act, PX_ORDER_NOTHING);
    CHECK_EQ(order.unit, PX_LINE_UNITS);
}

PX_TEST(the_plants_own_answers_are_no_orders)
{
    PX_AUTO_ARENA arena = { 0 };
    px_order order;

    CHECK(!read(&arena, "twins/oven-01/commands/stop/7/response", "{}", &order));
    CHECK(!read(&arena, "twins/oven-01/telemetry", "{}", &order));
    CHECK(!read(&arena, "twins/oven-01/commands/stop", "{}", &order));
    CHECK(!read(&arena, "elsewhere", "{}", &order));
}

PX_TEST(desired_run_starts_and_stops)
{
    PX_AUTO_ARENA arena = { 0 };
    px_order order;
    px_line line;

    px_line_init(&line, 1);
    CHECK(read(&arena, "twins/cnc-01/desired", "{\"run\":false,\"$version\":3}", &order));
    CHECK(px_order_apply(&order, &line));
    CHECK(!line.units[0].run);
    CHECK_EQ(line.units[0].state, PX_UNIT_STOPPED);
    CHECK_EQ(order.id.len, 0);
    px_arena_release(&arena);
    CHECK(read(&arena, "twins/cnc-01/desired", "{\"run\":true,\"$version\":4}", &order));
    CHECK(px_order_apply(&order, &line));
    CHECK(line.units[0].run);
}

PX_TEST(a_desired_that_says_nothing_of_run_changes_nothing)
{
    static const char *const payloads[] = { "{\"$version\":1}", "{\"run\":null}",
                                            "{\"run\":1}",      "[]",
                                            "{\"run\":fal",     "" };
    px_order order;

    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        PX_AUTO_ARENA arena = { 0 };

        CHECK(read(&arena, "twins/cnc-01/desired", payloads[i], &order));
        CHECK_EQ(order.act, PX_ORDER_NOTHING);
    }
}

PX_TEST(faults_come_from_their_own_topic)
{
    PX_AUTO_ARENA arena = { 0 };
    px_order order;
    px_line line;

    px_line_init(&line, 1);
    CHECK(read(&arena, "plant/faults/press-01", "stop", &order));
    CHECK(px_order_apply(&order, &line));
    CHECK_EQ(line.units[1].state, PX_UNIT_FAULT);
    px_arena_release(&arena);
    CHECK(read(&arena, "plant/faults/press-01", "bearing", &order));
    CHECK(px_order_apply(&order, &line));
    CHECK(line.units[1].wears);
    px_arena_release(&arena);
    CHECK(read(&arena, "plant/faults/press-01", "flood", &order));
    CHECK(!px_order_apply(&order, &line));
}

static bool is_new(px_order_memory *memory, const char *id, unsigned unit)
{
    px_order order = { .act = PX_ORDER_STOP, .unit = unit, .id = px_str_c(id) };

    return px_order_is_new(memory, &order);
}

PX_TEST(a_command_that_comes_twice_is_done_once)
{
    px_order_memory memory = { 0 };
    char id[16];

    CHECK(is_new(&memory, "a", 1));
    CHECK(!is_new(&memory, "a", 1));
    CHECK(is_new(&memory, "a", 2)); /* another unit's */
    CHECK(is_new(&memory, "", 1));  /* desired values and faults have no id */
    CHECK(is_new(&memory, "", 1));
    for (int i = 2; i < PX_ORDERS_REMEMBERED; i++) {
        snprintf(id, sizeof(id), "c%d", i);
        CHECK(is_new(&memory, id, 1));
    }
    CHECK(!is_new(&memory, "a", 1)); /* the oldest of as many as are remembered */
    CHECK(is_new(&memory, "last", 1));
    CHECK(is_new(&memory, "a", 1)); /* forgotten */
}

PX_TEST_MAIN()
