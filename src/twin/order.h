/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a new value does to the live one: the rules of two clocks (graph.h, px_graph_set).
 * Pure. Threads: any.
 */
#ifndef PX_TWIN_ORDER_H
#define PX_TWIN_ORDER_H

#include "twin/record.h"

/* `live` may be NULL: there is no value yet. */
px_applied pxi_judge(const pxi_slot *live, const pxi_slot *fresh);

#endif
