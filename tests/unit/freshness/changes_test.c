/* SPDX-License-Identifier: Apache-2.0 */
/* What waits to be told is told once, in its order, whatever fails meanwhile. */
#include "plant.h"

#include <stdio.h>

#include "px_test.h"

/* All that happens to machines, where the n-th allocation of the room from here on fails. Gives how
 * many there were up to that one. */
static uint64_t live_without_memory(uint64_t nth, px_buf *ret_told, px_fresh_item *ret_item)
{
    static const char *const rules[] = { "{\"properties\":{\"rate\":{\"period\":60}}}",
                                         "{\"properties\":{\"rate\":{\"period\":1}}}" };
    uint64_t asked = 0;
    px_fresh_report report_;
    px_arena arena;
    plant p;

    plant_begin(&p);
    for (int step = 0; step < 14; step++) {
        char id[8];
        int idle = 0;

        snprintf(id, sizeof(id), "t%d", step);
        px_fakedisk_advance(p.world.disk, (step % 4) * PX_SECOND + PX_MILLISECOND);
        if (step == 1)
            CHECK_EQ(px_world_put(&p.world, "q", plant_plain).status, PX_OK);
        if (step == 2 || step == 6 || step == 8)
            CHECK_EQ(plant_put_rules(&p, "q", step == 8 ? NULL : rules[step == 6]), PX_OK);
        if (step == 12)
            CHECK_EQ(px_world_put(&p.world, "p", plant_press).status, PX_OK);
        if (step == 9)
            plant_end_source(&p, "p");
        CHECK_EQ(px_world_put(&p.world, id, plant_press).status, PX_OK);
        for (int i = 0; i < 2; i++) {
            CHECK_EQ(px_world_report(&p.world, id, "rate", i, 0, PX_TIME_NONE).status, PX_OK);
            CHECK_EQ(px_world_report(&p.world, "p", "rate", i, 0, PX_TIME_NONE).status, PX_OK);
            if (step > 1)
                CHECK_EQ(px_world_report(&p.world, "q", "rate", i, 0, PX_TIME_NONE).status, PX_OK);
        }
        while (idle < 3) {
            bool did;

            px_mem_fail_nth(nth > asked ? nth - asked : 0);
            did = px_fresh_step(p.fresh);
            asked += px_mem_requests();
            px_mem_fail_nth(0);
            did |= px_engine_step(p.world.engine);
            idle = did ? 0 : idle + 1;
        }
    }
    plant_tell_all(&p, ret_told);
    px_put_char(ret_told, '\0');
    report_ = plant_read(&p, "p", &arena);
    *ret_item = report_.items[0].item;
    px_arena_release(&arena);
    plant_end(&p);
    return asked;
}

PX_TEST(whatever_finds_no_memory_is_told_and_measured_all_the_same)
{
    px_buf told = { 0 };
    px_fresh_item item;
    uint64_t asked = live_without_memory(UINT64_MAX, &told, &item);

    CHECK(asked > 20);
    for (uint64_t nth = 1; nth <= asked; nth++) {
        px_buf told_again = { 0 };
        px_fresh_item item_again;

        live_without_memory(nth, &told_again, &item_again);
        CHECK_STR(told_again.ptr, told.ptr);
        CHECK_EQ(item_again.state, item.state);
        CHECK_EQ(item_again.measure.samples, item.measure.samples);
        CHECK_EQ(item_again.measure.duplicates, item.measure.duplicates);
        px_buf_release(&told_again);
    }
    px_buf_release(&told);
}

static void report_all(plant *p, int twins, int64_t value)
{
    for (int i = 0; i < twins; i++) {
        char id[16];

        snprintf(id, sizeof(id), "t%d", i);
        CHECK_EQ(px_world_report(&p->world, id, "rate", value, 0, PX_TIME_NONE).status, PX_OK);
    }
}

/* Each with a value that came. */
static void make_presses(plant *p, int twins)
{
    for (int i = 0; i < twins; i++) {
        char id[16];

        snprintf(id, sizeof(id), "t%d", i);
        CHECK_EQ(px_world_put(&p->world, id, plant_press).status, PX_OK);
    }
    report_all(p, twins, 7);
    plant_settle(p);
}

/* More of them than changes that are moved away at once. */
PX_TEST(a_mass_outage_is_told_once_whether_the_server_is_killed_in_it_or_not)
{
    enum { TWINS = 1200 };
    px_buf told = { 0 };
    size_t lines = 0;
    plant p;

    plant_begin(&p);
    make_presses(&p, TWINS);
    plant_rest(&p, 20000); /* rows are written */
    for (int round = 0; round < 2; round++) {
        report_all(&p, TWINS, round);
        plant_rest(&p, 100);
    }
    plant_rest(&p, 1600);
    CHECK_EQ(px_fresh_stat(p.fresh).twins[PX_FRESHNESS_LATE], TWINS);
    plant_restart(&p);
    CHECK_EQ(px_fresh_stat(p.fresh).twins[PX_FRESHNESS_LATE], TWINS);
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 0);
    CHECK_EQ(px_fresh_stat(p.fresh).waiting, 0);
    plant_rest(&p, 2000);
    plant_tell_all(&p, &told);
    for (size_t i = 0; i < told.len; i++)
        lines += told.ptr[i] == '\n';
    CHECK_EQ(lines, 1 + 7 * TWINS); /* unknown, fresh, late, stale, fresh, late, stale */
    px_buf_release(&told);
    plant_end(&p);
}

PX_TEST(as_many_changes_wait_as_the_limit_and_then_the_journal_waits)
{
    enum { TWINS = 40, LIMIT = 8 };
    plant p;

    plant_begin(&p);
    make_presses(&p, TWINS);
    plant_rest(&p, 15000); /* rows are written, and all are stale */
    p.fresh->changes_max = LIMIT;
    for (int round = 0; round < 2; round++) {
        report_all(&p, TWINS, round);
        px_fakedisk_advance(p.world.disk, 100 * PX_MILLISECOND);
    }
    while (px_fresh_step(p.fresh) && pxi_fresh_waiting(p.fresh) < LIMIT)
        continue;
    CHECK(px_fresh_stat(p.fresh).waiting >= LIMIT);
    CHECK(px_fresh_stat(p.fresh).position < px_engine_position(p.world.engine));
    plant_settle(&p); /* nothing was lost by waiting */
    CHECK_EQ(px_fresh_stat(p.fresh).twins[PX_FRESHNESS_FRESH], TWINS);
    CHECK_EQ(px_fresh_stat(p.fresh).waiting, 0);
    plant_end(&p);
}

/* What is folded again waits for what the journal says further on, and must not keep it away. */
PX_TEST(more_changes_than_the_limit_may_wait_while_the_journal_is_folded_again)
{
    enum { TWINS = 40, LIMIT = 8 };
    plant p;

    plant_begin(&p);
    make_presses(&p, TWINS);
    plant_rest(&p, 20000); /* rows are written */
    for (int round = 0; round < 2; round++) {
        report_all(&p, TWINS, round);
        plant_rest(&p, 100);
    }
    plant_rest(&p, 1600); /* late all at once */
    px_fresh_close(p.fresh);
    px_world_kill(&p.world, true);
    plant_watch(&p);
    p.fresh->changes_max = LIMIT;
    plant_settle(&p);
    CHECK_EQ(px_fresh_stat(p.fresh).position, px_engine_position(p.world.engine));
    CHECK_EQ(px_fresh_stat(p.fresh).twins[PX_FRESHNESS_LATE], TWINS);
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 0); /* all was told before */
    plant_end(&p);
}

PX_TEST(a_full_disk_delays_what_is_said_and_loses_nothing)
{
    plant p;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    px_fakedisk_capacity(p.world.disk, px_fakedisk_used(p.world.disk));
    for (int i = 0; i < 1000; i++)
        if (px_world_report(&p.world, "p", "heat", i, 0, PX_TIME_NONE).status == PX_FULL)
            break;
    for (int i = 0; i < 20; i++) {
        px_fakedisk_advance(p.world.disk, PX_SECOND);
        px_fresh_step(p.fresh);
        px_engine_step(p.world.engine);
    }
    px_fakedisk_capacity(p.world.disk, INT64_MAX);
    for (int i = 0; i < 5; i++)
        plant_rest(&p, 1000);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    CHECK_EQ(px_fresh_stat(p.fresh).waiting, 0);
    plant_end(&p);
}

PX_TEST_MAIN()
