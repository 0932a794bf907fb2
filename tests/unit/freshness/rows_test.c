/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives a restart: rows, and the journal behind them. */
#include "plant.h"

#include <stdio.h>

#include "px_test.h"

/* As of a row that cannot be read: nobody takes it for a lag. */
PX_TEST(one_that_can_fold_no_more_says_so_until_a_restart)
{
    px_err err;
    plant p;

    plant_begin(&p);
    CHECK_OK(px_fresh_status(p.fresh, &err), &err);
    p.fresh->arena.limit = 1;
    plant_report(&p, "p", 1);
    CHECK_EQ(px_fresh_status(p.fresh, &err), PX_LIMIT);
    CHECK(err.text[0] != '\0');
    CHECK_EQ(px_fresh_wait(p.fresh, px_engine_position(p.world.engine), 0, &err), PX_LIMIT);
    CHECK(!px_fresh_step(p.fresh));
    plant_restart(&p);
    CHECK_OK(px_fresh_status(p.fresh, &err), &err);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    plant_end(&p);
}

PX_TEST(a_start_ends_however_many_tenants_there_are)
{
    plant p;

    plant_begin(&p);
    for (int i = 0; i < 65; i++) { /* those of a page, and one more */
        char id[8];
        px_request request = { .kind = PX_REQUEST_TENANT_PUT };

        snprintf(id, sizeof(id), "t%d", i);
        request.id = px_str_c(id);
        CHECK_EQ(px_world_do(&p.world, &request).status, PX_OK);
        if (i >= 62)
            plant_restart(&p);
    }
    CHECK_STR(plant_state_of(&p, "p"), "unknown");
    plant_end(&p);
}

PX_TEST(a_restart_takes_up_what_the_graph_holds)
{
    plant p;
    uint64_t events;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    plant_rest(&p, 4000);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    px_fresh_close(p.fresh);
    px_world_kill(&p.world, true);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    events = px_engine_position(p.world.engine);
    plant_watch(&p);
    plant_settle(&p);
    CHECK_EQ(px_engine_position(p.world.engine), events); /* nothing new to be said */
    CHECK_EQ(px_fresh_stat(p.fresh).twins[PX_FRESHNESS_STALE], 1);
    plant_end(&p);
}

PX_TEST(figures_and_half_a_way_back_outlive_a_kill)
{
    px_fresh_report report_;
    px_arena arena;
    plant p;

    plant_begin(&p);
    for (int i = 0; i < 20; i++) { /* rows are written on the way, and then the journal goes on */
        plant_report(&p, "p", i);
        plant_rest(&p, 1000);
    }
    plant_rest(&p, 5000);
    plant_report(&p, "p", 100);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    plant_restart(&p);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    report_ = plant_read(&p, "p", &arena);
    CHECK_EQ(report_.items[0].item.measure.samples, 21);
    CHECK_EQ(report_.items[0].item.good_count, 1);
    px_arena_release(&arena);
    plant_rest(&p, 1000);
    plant_report(&p, "p", 101);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    CHECK(px_fresh_stat(p.fresh).cursor > 0);
    plant_end(&p);
}

/* One life of two presses: the same whatever befalls the server, which is asked at each step. */
static void live(px_gen *gen, bool befalls, px_buf *ret_told, px_fresh_item *ret_item)
{
    px_gen fate = { 77 };
    px_fresh_report report_;
    px_arena arena;
    plant p;

    plant_begin(&p);
    CHECK_EQ(px_world_put(&p.world, "q", plant_press).status, PX_OK);
    plant_settle(&p);
    for (int i = 0; i < 80; i++) {
        uint64_t what = px_gen_below(gen, 10);

        plant_rest(&p, (int64_t)px_gen_below(gen, 1700));
        if (what < 7)
            plant_report(&p, what < 5 ? "p" : "q", i);
        if (befalls && px_gen_below(&fate, 6) == 0)
            plant_restart(&p);
    }
    plant_rest(&p, 1);
    plant_tell_all(&p, ret_told);
    report_ = plant_read(&p, "p", &arena);
    *ret_item = report_.items[0].item;
    ret_item->measure.seen = NULL;
    px_arena_release(&arena);
    plant_end(&p);
}

PX_PROP(kills_change_nothing_of_what_is_told_and_measured, 8)
{
    px_gen again = *gen;
    px_buf told = { 0 }, told_again = { 0 };
    px_fresh_item item, item_again;

    live(gen, false, &told, &item);
    live(&again, true, &told_again, &item_again);
    px_put_char(&told, '\0');
    px_put_char(&told_again, '\0');
    CHECK_STR(told_again.ptr, told.ptr);
    CHECK_EQ(item_again.state, item.state);
    CHECK_EQ(item_again.since, item.since);
    CHECK_EQ(item_again.measure.samples, item.measure.samples);
    CHECK_EQ(item_again.measure.period, item.measure.period);
    CHECK_EQ(item_again.measure.jitter, item.measure.jitter);
    CHECK_EQ(item_again.good_count, item.good_count);
    px_buf_release(&told);
    px_buf_release(&told_again);
}

PX_TEST(a_kill_right_after_a_twin_was_declared_loses_nothing_of_it)
{
    px_fresh_report report_;
    px_arena arena;
    plant p;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    plant_rest(&p, 15000); /* rows are written: this is no first start */
    CHECK_EQ(px_world_put(&p.world, "q", plant_press).status, PX_OK);
    plant_report(&p, "q", 1);
    plant_rest(&p, 4000);
    CHECK_STR(plant_state_of(&p, "q"), "stale");
    plant_report(&p, "q", 2);
    CHECK_STR(plant_state_of(&p, "q"), "stale"); /* the first of two */
    plant_restart(&p);
    CHECK_STR(plant_state_of(&p, "q"), "stale");
    report_ = plant_read(&p, "q", &arena);
    CHECK_EQ(report_.items[0].item.measure.samples, 2);
    CHECK_EQ(report_.items[0].item.good_count, 1);
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 0);
    px_arena_release(&arena);
    plant_rest(&p, 1000);
    plant_report(&p, "q", 3);
    CHECK_STR(plant_state_of(&p, "q"), "fresh");
    plant_end(&p);
}

PX_TEST(a_kill_right_after_the_very_first_start_loses_nothing_of_what_was_measured)
{
    px_fresh_report report;
    px_arena arena;
    plant p;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    plant_rest(&p, 1000);
    plant_report(&p, "p", 2);
    plant_restart(&p);
    report = plant_read(&p, "p", &arena);
    CHECK_EQ(report.items[0].item.measure.samples, 2);
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 0);
    px_arena_release(&arena);
    plant_end(&p);
}

PX_TEST(what_the_time_without_a_server_changed_is_said_at_the_start)
{
    plant p;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    px_fresh_close(p.fresh);
    px_world_kill(&p.world, true);
    px_fakedisk_advance(p.world.disk, 10 * PX_SECOND);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    plant_watch(&p);
    plant_settle(&p);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    plant_end(&p);
}

PX_TEST(a_source_that_is_gone_outlives_a_kill_before_anybody_heard_of_it)
{
    plant p;

    plant_begin(&p);
    for (int i = 0; i < 15; i++) { /* its row is written */
        plant_report(&p, "p", i);
        plant_rest(&p, 1000);
    }
    CHECK(px_fresh_stat(p.fresh).cursor > 0);
    plant_end_source(&p, "p");
    px_fresh_close(p.fresh);
    px_world_kill(&p.world, true);
    plant_watch(&p);
    plant_settle(&p);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    plant_end(&p);
}

PX_TEST_MAIN()
