/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/order.h"

px_applied pxi_judge(const pxi_slot *live, const pxi_slot *fresh)
{
    px_applied applied;

    if (!live)
        return PX_APPLIED;
    applied = pxi_judge_times(live->word, live->source, fresh->word, fresh->source);
    if (applied == PX_DUPLICATE &&
        !px_value_same(pxi_slot_show(live).value, pxi_slot_show(fresh).value))
        return PX_CORRECTED;
    return applied;
}
