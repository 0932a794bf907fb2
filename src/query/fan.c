/* SPDX-License-Identifier: Apache-2.0 */
#include "query/fan.h"

/* The same name twice in a list is one name. */
static bool is_repeated(const px_query_hop *hop, uint32_t name)
{
    for (uint32_t i = 0; i < name; i++)
        if (px_str_eq(hop->names[i], hop->names[name]))
            return true;
    return false;
}

static uint32_t add_ways(pxi_way *ways, const px_query_hop *hop, const px_view *view, bool incoming)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < hop->name_count; i++)
        if (!is_repeated(hop, i))
            ways[count++] = (pxi_way){ px_view_edge_name(view, hop->names[i]), incoming };
    if (!hop->name_count)
        ways[count++] = (pxi_way){ .incoming = incoming };
    return count;
}

px_status pxi_ways_init(pxi_ways *ways, pxi_run *run, const px_plan_step *step, px_err *ret_err)
{
    const px_query_hop *hop = step->hop;
    bool is_either = hop->way == PX_QUERY_EITHER;
    pxi_way *list = PX_ARENA_ARRAY(run->arena, pxi_way, 2 * ((size_t)hop->name_count + 1));

    if (!list)
        return px_arena_fail(run->arena, ret_err);
    *ways = (pxi_ways){ .view = run->view, .ways = list, .is_either = is_either };
    if (is_either)
        ways->count = add_ways(list, hop, run->view, false);
    ways->count += add_ways(list + ways->count, hop, run->view,
                            is_either || (hop->way == PX_QUERY_IN) != step->is_back);
    return PX_OK;
}

static void open_way(pxi_fan *fan, const pxi_ways *ways, uint32_t twin_no)
{
    const pxi_way *way = &ways->ways[fan->way];

    fan->at = px_edges_of(ways->view, twin_no, &way->name, way->incoming);
    if (fan->way < PXI_FAN_PLACES && fan->places.way[fan->way].run)
        px_edges_begin(&fan->at, &fan->places.way[fan->way]);
}

void pxi_fan_open(pxi_fan *fan, const pxi_ways *ways, uint32_t twin_no, const pxi_places *places)
{
    fan->places = places ? *places : (pxi_places){ 0 };
    fan->is_open = true;
    fan->way = 0;
    open_way(fan, ways, twin_no);
}

static bool open_next(pxi_fan *fan, const pxi_ways *ways)
{
    if (++fan->way == ways->count)
        return false;
    open_way(fan, ways, fan->at.twin_no);
    return true;
}

bool pxi_fan_next(pxi_fan *fan, const pxi_ways *ways, uint32_t *ret_rel_no, uint32_t *ret_other_no)
{
    while (fan->is_open) {
        bool is_second = ways->is_either && fan->at.incoming; /* a loop came outwards already */

        while (px_edges_step(&fan->at, ret_rel_no, ret_other_no))
            if (!is_second || *ret_other_no != fan->at.twin_no)
                return true;
        fan->is_open = open_next(fan, ways);
    }
    return false;
}

uint32_t pxi_fan_peek(pxi_fan *fan, const pxi_ways *ways, uint32_t *ret_other_nos, uint32_t most)
{
    uint32_t count = 0;

    while (fan->is_open && (count = px_edges_peek(&fan->at, ret_other_nos, most)) == 0)
        fan->is_open = open_next(fan, ways);
    return count;
}
