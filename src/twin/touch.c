/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/touch.h"

enum { BITS_MIN = 6, KEEP_BITS_MAX = 16 };

void pxi_touches_release(pxi_touches *touches)
{
    PX_VEC_RELEASE(&touches->list);
    px_free(touches->place);
    *touches = (pxi_touches){ 0 };
}

static uint32_t home(const pxi_touches *touches, uint32_t no)
{
    return no * 0x9e3779b1u >> (32 - touches->place_bits);
}

static uint32_t mask(const pxi_touches *touches)
{
    return (UINT32_C(1) << touches->place_bits) - 1;
}

void pxi_touches_clear(pxi_touches *touches)
{
    if (touches->place_bits > KEEP_BITS_MAX) {
        pxi_touches_release(touches);
        return;
    }
    if (touches->list.len)
        memset(touches->place, 0, sizeof(*touches->place) << touches->place_bits);
    touches->list.len = touches->last = 0;
}

static void place_put(pxi_touches *touches, uint32_t index)
{
    uint32_t at = home(touches, touches->list.ptr[index].no);

    while (touches->place[at])
        at = (at + 1) & mask(touches);
    touches->place[at] = index + 1;
}

static bool grow(pxi_touches *touches)
{
    uint32_t bits = touches->place_bits ? touches->place_bits + 1 : BITS_MIN;
    uint32_t *place = px_zalloc((size_t)1 << bits, sizeof(*place));

    if (!place)
        return false;
    px_free(touches->place);
    touches->place = place;
    touches->place_bits = bits;
    for (uint32_t i = 0; i < touches->list.len; i++)
        place_put(touches, i);
    return true;
}

bool pxi_touches_reserve(pxi_touches *touches)
{
    if (!PX_VEC_RESERVE(&touches->list, touches->list.len + 1))
        return false;
    if (touches->place && (touches->list.len + 1) * 2 <= (size_t)1 << touches->place_bits)
        return true;
    return grow(touches);
}

pxi_touch *pxi_touches_add(pxi_touches *touches, pxi_touch touch)
{
    uint32_t index = (uint32_t)touches->list.len++;

    touches->list.ptr[index] = touch;
    place_put(touches, index);
    touches->last = index;
    return &touches->list.ptr[index];
}

const pxi_touch *pxi_touches_peek(const pxi_touches *touches, uint32_t no)
{
    if (touches->list.len == 0)
        return NULL;
    for (uint32_t at = home(touches, no); touches->place[at]; at = (at + 1) & mask(touches)) {
        const pxi_touch *touch = &touches->list.ptr[touches->place[at] - 1];

        if (touch->no == no)
            return touch;
    }
    return NULL;
}

pxi_touch *pxi_touches_search(pxi_touches *touches, uint32_t no)
{
    const pxi_touch *found = pxi_touches_peek(touches, no);

    if (!found)
        return NULL;
    touches->last = (uint32_t)(found - touches->list.ptr);
    return &touches->list.ptr[touches->last];
}
