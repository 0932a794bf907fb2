/* SPDX-License-Identifier: Apache-2.0 */
/* Which source clocks are believed. */
#include "base/limits.h"
#include "engine/state.h"
#include "px_test.h"

static bool is_flagged(px_time ahead_ns)
{
    px_engine_state state = { .now = 1000 * PX_SECOND, .source_ahead_ns = PX_SOURCE_AHEAD_NS_MAX };
    px_field_value field = { .source_time = PX_TIME_NONE };

    px_state_flag_ahead(&state, state.now + ahead_ns, &field, 1);
    return field.flags & PX_FIELD_AHEAD;
}

PX_TEST(a_source_clock_may_run_ahead_as_far_as_the_limit_and_no_further)
{
    CHECK(!is_flagged(0));
    CHECK(!is_flagged(PX_SOURCE_AHEAD_NS_MAX));
    CHECK(is_flagged(PX_SOURCE_AHEAD_NS_MAX + 1));
}

PX_TEST_MAIN()
