/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/order.h"

static px_applied same_time(const pxi_slot *live, const pxi_slot *fresh)
{
    px_value before = pxi_slot_show(live).value, after = pxi_slot_show(fresh).value;

    return px_value_same(before, after) ? PX_DUPLICATE : PX_CORRECTED;
}

/* Where arrival orders only whole milliseconds are known. */
static bool is_before(const pxi_slot *fresh, const pxi_slot *live)
{
    if (pxi_slot_by_arrival(fresh) || pxi_slot_by_arrival(live))
        return pxi_slot_order(fresh) / PX_MILLISECOND < pxi_slot_order(live) / PX_MILLISECOND;
    return pxi_slot_order(fresh) < pxi_slot_order(live);
}

px_applied pxi_judge(const pxi_slot *live, const pxi_slot *fresh)
{
    if (!live || pxi_slot_by_command(fresh) || pxi_slot_by_command(live))
        return PX_APPLIED;

    /* One sample told twice: whatever is believed of its clock, its source time names it; without
     * one, the exact time of arrival does, which is the row's. */
    if (pxi_slot_has_source(live) == pxi_slot_has_source(fresh) && live->source == fresh->source)
        return same_time(live, fresh);
    return is_before(fresh, live) ? PX_LATE : PX_APPLIED;
}
