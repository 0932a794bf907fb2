/* SPDX-License-Identifier: Apache-2.0 */
#include "plant/order.h"

#include "base/json.h"

static px_order_act command_act(px_str name)
{
    if (px_str_eq(name, PX_STR("stop")))
        return PX_ORDER_STOP;
    return px_str_eq(name, PX_STR("start")) ? PX_ORDER_START : PX_ORDER_NOTHING;
}

static px_order_act fault_act(px_str word)
{
    if (px_str_eq(word, PX_STR("stop")))
        return PX_ORDER_BREAK;
    return px_str_eq(word, PX_STR("bearing")) ? PX_ORDER_WEAR : PX_ORDER_NOTHING;
}

static px_order_act desired_act(px_str payload, px_arena *arena)
{
    px_json_opts opts = px_json_opts_door();
    px_json *root, *run;

    if (px_json_parse(payload, &opts, arena, &root, NULL) != PX_OK)
        return PX_ORDER_NOTHING;
    run = px_json_get(root, PX_STR("run"));
    if (px_json_is(run, PX_JSON_TRUE))
        return PX_ORDER_START;
    return px_json_is(run, PX_JSON_FALSE) ? PX_ORDER_STOP : PX_ORDER_NOTHING;
}

static bool read_twin_topic(px_str rest, px_str payload, px_arena *arena, px_order *order)
{
    px_str kind;

    order->twin = px_str_cut(&rest, '/');
    kind = px_str_cut(&rest, '/');
    if (px_str_eq(kind, PX_STR("desired")) && rest.len == 0) {
        order->act = desired_act(payload, arena);
        return true;
    }
    if (!px_str_eq(kind, PX_STR("commands")))
        return false;
    order->name = px_str_cut(&rest, '/');
    order->id = px_str_cut(&rest, '/');
    order->act = command_act(order->name);
    return rest.len == 0 && order->id.len > 0;
}

bool px_order_read(px_str topic, px_str payload, px_arena *arena, px_order *ret_order)
{
    px_order order = { 0 };
    bool known = false;

    if (px_str_starts(topic, PX_STR("twins/"))) {
        known = read_twin_topic(px_str_skip(topic, 6), payload, arena, &order);
    } else if (px_str_starts(topic, PX_STR("plant/faults/"))) {
        order.twin = px_str_skip(topic, 13);
        order.act = fault_act(payload);
        known = true;
    }
    order.unit = px_line_unit_find(order.twin);
    if (order.unit == PX_LINE_UNITS)
        order.act = PX_ORDER_NOTHING;
    if (known)
        *ret_order = order;
    return known;
}

bool px_order_is_new(px_order_memory *memory, const px_order *order)
{
    uint64_t hash = px_str_hash(order->id) ^ order->unit;
    uint32_t count =
        memory->count < PX_ORDERS_REMEMBERED ? memory->count : (uint32_t)PX_ORDERS_REMEMBERED;

    if (order->id.len == 0)
        return true;
    for (uint32_t i = 0; i < count; i++)
        if (memory->seen[i] == hash)
            return false;
    memory->seen[memory->count++ % PX_ORDERS_REMEMBERED] = hash;
    return true;
}

bool px_order_apply(const px_order *order, px_line *line)
{
    switch (order->act) {
    case PX_ORDER_STOP:
        px_line_stop(line, order->unit);
        return true;
    case PX_ORDER_START:
        px_line_start(line, order->unit);
        return true;
    case PX_ORDER_BREAK:
        px_line_break(line, order->unit, PX_LINE_FAULT_STOP);
        return true;
    case PX_ORDER_WEAR:
        px_line_break(line, order->unit, PX_LINE_FAULT_BEARING);
        return true;
    default:
        return false;
    }
}
