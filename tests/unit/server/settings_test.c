/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of an operator, and the page about them, which is their table. */
#include "server/settings.h"

#include "px_page.h"

static px_status read(const char *line, px_settings *ret_settings, px_err *ret_err)
{
    const char *const lines[] = { line, NULL };
    px_serve_opts opts = { .env = lines };

    return px_settings_read(&opts, ret_settings, ret_err);
}

PX_TEST(the_page_of_settings_is_the_table)
{
    px_buf page = { 0 };

    px_put_settings_page(&page);
    check_page(PX_SETTINGS_PAGE, &page);
    px_buf_release(&page);
}

PX_TEST(values_are_read_in_their_unit_at_the_limit_and_not_past_it)
{
    px_settings settings;
    px_err err;

    CHECK_OK(read("batch_age_us = 20000 # as slow as it goes", &settings, &err), &err);
    CHECK_EQ(settings.batch_age_ns, 20000000);
    CHECK_EQ(read("batch_age_us = 20001", &settings, &err), PX_INVALID);
    CHECK_STR(err.text, "setting:1: batch_age_us is a whole number from 0 to 20000, not '20001'");
    CHECK_OK(read("mqtt_threads=64", &settings, &err), &err);
    CHECK_EQ(settings.mqtt_threads, 64);
    CHECK_EQ(read("mqtt_threads=65", &settings, &err), PX_INVALID);
    CHECK_EQ(read("mqtt_threads=-1", &settings, &err), PX_INVALID);
    CHECK_EQ(read("mqtt_threads=", &settings, &err), PX_INVALID);
}

PX_TEST(a_batch_can_be_told_not_to_wait)
{
    px_settings settings;
    px_err err;

    CHECK_OK(read("batch_age_us = 0", &settings, &err), &err);
    CHECK(settings.batch_age_ns < 0);
    CHECK_OK(read("# nothing", &settings, &err), &err);
    CHECK_EQ(settings.batch_age_ns, 0);
}

PX_TEST(limits_of_journal_snapshots_and_clocks_are_set_in_their_units)
{
    px_settings settings;
    px_err err;

    CHECK_OK(read("journal_keep_h = 2", &settings, &err), &err);
    CHECK_EQ(settings.journal_keep_ns, INT64_C(7200) * 1000000000);
    CHECK_OK(read("snapshot_mb = 3", &settings, &err), &err);
    CHECK_EQ(settings.snapshot_bytes_max, 3 << 20);
    CHECK_OK(read("source_ahead_s = 10", &settings, &err), &err);
    CHECK_EQ(settings.source_ahead_ns, INT64_C(10) * 1000000000);
    CHECK_EQ(read("source_ahead_s = 86401", &settings, &err), PX_INVALID);
}

PX_TEST(an_unknown_setting_is_told_with_the_nearest_one)
{
    px_settings settings;
    px_err err;

    CHECK_EQ(read("mqtt_thread = 1", &settings, &err), PX_INVALID);
    CHECK(strstr(err.text, "did you mean 'mqtt_threads'?") != NULL);
}

PX_TEST_MAIN()
