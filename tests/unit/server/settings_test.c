/* SPDX-License-Identifier: Apache-2.0 */
#include "server/settings.h"

#include "px_test.h"

static px_status read_one(const char *line, px_settings *ret_settings, px_err *ret_err)
{
    const char *const lines[] = { line, NULL };
    px_serve_opts opts = { .env = lines };

    return px_settings_read(&opts, ret_settings, ret_err);
}

PX_TEST(a_batch_can_be_told_not_to_wait)
{
    px_settings settings;
    px_err err;

    CHECK_OK(read_one("batch_age_us = 0", &settings, &err), &err);
    CHECK(settings.batch_age_ns < 0);
    CHECK_OK(read_one("batch_age_us = 5", &settings, &err), &err);
    CHECK_EQ(settings.batch_age_ns, 5000);
    CHECK_OK(read_one("# nothing", &settings, &err), &err);
    CHECK_EQ(settings.batch_age_ns, 0);
}

PX_TEST(limits_of_journal_snapshots_and_clocks_are_set_in_their_units)
{
    px_settings settings;
    px_err err;

    CHECK_OK(read_one("journal_keep_h = 2", &settings, &err), &err);
    CHECK_EQ(settings.journal_keep_ns, INT64_C(7200) * 1000000000);
    CHECK_OK(read_one("snapshot_mb = 3", &settings, &err), &err);
    CHECK_EQ(settings.snapshot_bytes_max, 3 << 20);
    CHECK_OK(read_one("source_ahead_s = 10", &settings, &err), &err);
    CHECK_EQ(settings.source_ahead_ns, INT64_C(10) * 1000000000);
    CHECK_EQ(read_one("source_ahead_s = 86401", &settings, &err), PX_INVALID);
    CHECK_EQ(read_one("snapshots_mb = 1", &settings, &err), PX_INVALID);
}

PX_TEST_MAIN()
