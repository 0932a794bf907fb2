/* SPDX-License-Identifier: Apache-2.0 */
#include "query/ahead.h"

enum {
    NEXT_MAX = 8,    /* twins that are one step ahead */
    LENGTH_MAX = 64, /* on longer ways nobody looks ahead */
};

static bool are_read(const pxi_ahead *ahead, uint32_t length)
{
    return length >= ahead->least && ahead->run->read >> ahead->far & 1;
}

/* Finds the places of those from `begin` on, whose numbers are set. */
static void find(pxi_ahead *ahead, uint32_t begin, uint32_t count)
{
    const pxi_ways *ways = ahead->ways;
    pxi_ahead_twin *twins = ahead->twins.ptr + begin;
    px_edges_place places[PX_EDGES_PLACES_MAX];

    for (uint32_t w = 0; w < ways->count && w < PXI_FAN_PLACES; w++) {
        for (uint32_t i = 0; i < count; i++)
            places[i].twin_no = twins[i].places.way[0].twin_no;
        px_edges_find(ways->view, &ways->ways[w].name, ways->ways[w].incoming, places, count);
        for (uint32_t i = 0; i < count; i++)
            twins[i].places.way[w] = places[i];
    }
}

/* Adds twins that a way of this length ends at, and finds their places if it may lead on. False:
 * no memory, and nobody looks further. */
static bool add(pxi_ahead *ahead, const uint32_t *nos, uint32_t count, uint32_t length,
                uint32_t *ret_begin)
{
    const px_view *view = ahead->ways->view;
    bool leads_on = length < ahead->most, read = are_read(ahead, length);

    *ret_begin = leads_on ? (uint32_t)ahead->twins.len : PXI_AHEAD_FETCHED;
    if (leads_on && !PX_VEC_RESERVE(&ahead->twins, ahead->twins.len + count))
        return false;
    if (read)
        px_view_fetch_places(view, nos, count);
    for (uint32_t i = 0; leads_on && i < count; i++) {
        pxi_ahead_twin twin = { 0 };

        twin.places.way[0].twin_no = nos[i];
        ahead->twins.ptr[ahead->twins.len++] = twin;
    }
    if (leads_on)
        find(ahead, *ret_begin, count);
    if (read)
        px_view_fetch(view, nos, count);
    return true;
}

/* What the next twins of a level lead to, all of it at once. */
static void look_behind_next(pxi_ahead *ahead, const pxi_level *level, uint32_t length)
{
    uint32_t nos[PX_EDGES_PLACES_MAX], from[NEXT_MAX + 1], begin = 0, found = 0;
    uint32_t each = level->count ? PX_EDGES_PLACES_MAX / level->count : 0;

    if (level->begin == PXI_AHEAD_FETCHED || level->count > NEXT_MAX)
        return;
    for (uint32_t i = 0; i < level->count; i++) {
        pxi_ahead_twin *next = &ahead->twins.ptr[level->begin + i];
        pxi_fan fan;

        from[i] = found;
        pxi_fan_open(&fan, ahead->ways, next->places.way[0].twin_no, &next->places);
        if (next->places.way[0].run)
            found += px_edges_peek(&fan.at, nos + found, each);
    }
    from[level->count] = found;
    if (!found || !add(ahead, nos, found, length + 2, &begin))
        return;
    for (uint32_t i = 0; i < level->count; i++) {
        pxi_ahead_twin *next = &ahead->twins.ptr[level->begin + i];

        next->begin = begin == PXI_AHEAD_FETCHED ? begin : begin + from[i];
        next->count = from[i + 1] - from[i];
    }
}

static const pxi_ahead_twin *known(const pxi_ahead *ahead, pxi_level *before, uint32_t twin_no)
{
    if (before->begin == PXI_AHEAD_FETCHED)
        return NULL;
    while (before->count) {
        const pxi_ahead_twin *twin = &ahead->twins.ptr[before->begin++];

        before->count--;
        if (twin->places.way[0].twin_no == twin_no)
            return twin;
    }
    return NULL;
}

void pxi_level_open(pxi_ahead *ahead, pxi_level *level, pxi_level *before, uint32_t twin_no,
                    uint32_t length)
{
    const pxi_ahead_twin *twin = before ? known(ahead, before, twin_no) : NULL;

    *level = (pxi_level){ .base = (uint32_t)ahead->twins.len };
    pxi_fan_open(&level->fan, ahead->ways, twin_no, twin ? &twin->places : NULL);
    if (!twin || !twin->count)
        return;
    level->begin = twin->begin;
    level->count = level->left = twin->count;
    look_behind_next(ahead, level, length);
}

void pxi_level_look(pxi_ahead *ahead, pxi_level *level, uint32_t length)
{
    bool leads_on = length + 1 < ahead->most;
    uint32_t nos[PX_EDGES_PLACES_MAX], count;

    if (level->left) {
        level->left--;
        return;
    }
    if (length > LENGTH_MAX || (!leads_on && !are_read(ahead, length + 1)))
        return;
    ahead->twins.len = level->base;
    level->count = 0;
    count = pxi_fan_peek(&level->fan, ahead->ways, nos, leads_on ? NEXT_MAX : PX_EDGES_PLACES_MAX);
    if (!count || !add(ahead, nos, count, length + 1, &level->begin))
        return;
    level->count = count;
    level->left = count - 1;
    look_behind_next(ahead, level, length);
}

void pxi_level_close(pxi_ahead *ahead, const pxi_level *level)
{
    ahead->twins.len = level->base;
}
