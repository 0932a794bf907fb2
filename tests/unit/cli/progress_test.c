/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"
#include "px_test.h"

#define SECOND INT64_C(1000000000)

PX_TEST(rate_and_time_to_go_come_from_what_is_done)
{
    px_progress progress = { .unit = "rows", .total = 4000, .begin_ns = SECOND };
    px_buf out = { 0 };

    px_put_progress(&out, &progress, 1000, 12345, 11 * SECOND, NULL);
    CHECK_STR(out.ptr, "[#####...............]  25 %  12,345 rows, 1,234 rows/s, 30 s to go");
    px_buf_clear(&out);
    px_put_progress(&out, &progress, 1, 0, SECOND + SECOND / 10, NULL); /* too early to tell */
    CHECK_STR(out.ptr, "[....................]   0 %  0 rows, 0 rows/s");
    px_buf_release(&out);
}

PX_TEST(without_a_total_there_is_no_bar)
{
    px_progress progress = { .unit = "rows", .begin_ns = 0 };
    px_buf out = { 0 };

    px_put_progress(&out, &progress, 0, 10, SECOND, "pump.csv");
    CHECK_STR(out.ptr, "pump.csv  10 rows, 10 rows/s");
    px_buf_release(&out);
}

PX_TEST_MAIN()
