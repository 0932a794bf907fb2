/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a new value does to the live one: the rules of two clocks (graph.h, px_graph_set).
 * Pure. Threads: any.
 */
#ifndef PX_TWIN_ORDER_H
#define PX_TWIN_ORDER_H

#include "twin/record.h"

/* What the times say; PX_DUPLICATE: the same sample, and its value must still be compared. Words
 * and sources as in pxi_slot. */
static inline px_applied pxi_judge_times(uint64_t live_word, int64_t live_source,
                                         uint64_t fresh_word, int64_t fresh_source)
{
    uint64_t either = live_word | fresh_word;
    int64_t live_ms = (int64_t)(live_word & PXI_ARRIVAL_MASK);
    int64_t fresh_ms = (int64_t)(fresh_word & PXI_ARRIVAL_MASK);

    if (either & PXI_BY_COMMAND)
        return PX_APPLIED;
    /* One sample told twice: whatever is believed of its clock, its source time names it; without
     * one, the exact time of arrival does, which is the row's. */
    if (live_source == fresh_source && !((live_word ^ fresh_word) & PXI_NO_SOURCE))
        return PX_DUPLICATE;
    if (!(either & PXI_BY_ARRIVAL))
        return fresh_source < live_source ? PX_LATE : PX_APPLIED;

    /* Where a clock ran ahead arrival orders, and of that only whole milliseconds are known. */
    if (!(live_word & PXI_BY_ARRIVAL))
        live_ms = live_source / PX_MILLISECOND;
    if (!(fresh_word & PXI_BY_ARRIVAL))
        fresh_ms = fresh_source / PX_MILLISECOND;
    return fresh_ms < live_ms ? PX_LATE : PX_APPLIED;
}

/* The same with values; `live` may be NULL: there is none yet. */
px_applied pxi_judge(const pxi_slot *live, const pxi_slot *fresh);

#endif
