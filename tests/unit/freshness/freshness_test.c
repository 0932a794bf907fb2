/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer beside an engine without threads: samples in, events and states in the graph out. */
#include "plant.h"

#include <stdio.h>

#include "px_test.h"

PX_TEST(a_twin_goes_late_and_stale_and_comes_back)
{
    plant p;

    plant_begin(&p);
    CHECK_STR(plant_state_of(&p, "p"), "unknown");
    plant_report(&p, "p", 1);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    plant_rest(&p, 1500);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    plant_rest(&p, 1);
    CHECK_STR(plant_state_of(&p, "p"), "late");
    plant_rest(&p, 1500);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    plant_report(&p, "p", 2);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    plant_rest(&p, 1000);
    plant_report(&p, "p", 3);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 5); /* unknown, fresh, late, stale, fresh */
    plant_end(&p);
}

PX_TEST(a_tick_is_written_when_a_limit_has_passed_and_not_more_often)
{
    plant p;
    uint64_t before;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    before = px_engine_position(p.world.engine);
    plant_rest(&p, 1000);
    CHECK_EQ(px_engine_position(p.world.engine), before);
    plant_rest(&p, 501);
    CHECK_EQ(px_engine_position(p.world.engine), before + 2); /* the tick, and what it decided */
    plant_rest(&p, 10000);
    before = px_engine_position(p.world.engine);
    for (int i = 0; i < 20; i++)
        plant_rest(&p, 1000);
    CHECK_EQ(px_engine_position(p.world.engine), before); /* stale: nothing is waited for */
    plant_end(&p);
}

PX_TEST(a_twin_is_stale_from_when_its_first_property_was_however_far_time_leaps)
{
    static const char *const rules[] = {
        "{\"properties\":{\"rate\":{\"period\":600},\"heat\":{\"period\":1}}}",
        "{\"properties\":{\"rate\":{\"period\":1},\"heat\":{\"period\":600}}}"
    };

    for (int i = 0; i < 2; i++) { /* whichever of the two comes first among the fields */
        px_time began;
        plant p;

        plant_begin(&p);
        CHECK_EQ(plant_write_rules(&p, "p", rules[i]), PX_OK);
        plant_report(&p, "p", 1);
        CHECK_EQ(px_world_report(&p.world, "p", "heat", 1, 0, PX_TIME_NONE).status, PX_OK);
        plant_settle(&p);
        began = px_engine_now(p.world.engine) / PX_MILLISECOND * PX_MILLISECOND;
        plant_rest(&p, 3600 * 1000);
        CHECK_STR(plant_state_of(&p, "p"), "stale");
        CHECK_EQ(plant_since_of(&p, "p") - began, 3 * PX_SECOND);
        plant_end(&p);
    }
}

PX_TEST(no_tick_is_written_for_a_limit_that_a_sample_has_moved)
{
    plant p;
    uint64_t before;

    plant_begin(&p);
    for (int i = 0; i < 3; i++) {
        plant_report(&p, "p", i);
        plant_rest(&p, 1000);
    }
    before = px_engine_position(p.world.engine);
    for (int i = 0; i < 6; i++) { /* the engine is asked before and behind the limit of before */
        plant_report(&p, "p", i);
        plant_rest(&p, 600);
        plant_rest(&p, 500);
    }
    CHECK_EQ(px_engine_position(p.world.engine), before + 6);
    plant_end(&p);
}

PX_TEST(a_twin_that_comes_and_goes_leaves_no_heap_of_alarms)
{
    plant p;

    plant_begin(&p);
    CHECK_EQ(
        plant_write_rules(&p, "p", "{\"properties\":{\"rate\":{\"period\":1,\"stale\":\"P30D\"}}}"),
        PX_OK);
    for (int i = 0; i < 100; i++) {
        plant_report(&p, "p", 2 * i);
        plant_rest(&p, 100);
        plant_report(&p, "p", 2 * i + 1);
        CHECK_STR(plant_state_of(&p, "p"), "fresh");
        plant_rest(&p, 2000);
        CHECK_STR(plant_state_of(&p, "p"), "late");
    }
    CHECK(p.fresh->alarms.len < 20); /* of one twin */
    plant_end(&p);
}

PX_TEST(where_nothing_is_declared_nothing_is_kept)
{
    plant p;

    plant_begin(&p);
    CHECK_EQ(px_world_put(&p.world, "q", plant_plain).status, PX_OK);
    plant_report(&p, "q", 1);
    plant_rest(&p, 60000);
    CHECK_STR(plant_state_of(&p, "q"), "none");
    plant_end(&p);
}

PX_TEST(freshness_leaves_the_revision_as_it_is)
{
    plant p;
    uint64_t before;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    before = plant_revision_of(&p, "p");
    plant_rest(&p, 5000);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    CHECK_EQ(plant_revision_of(&p, "p"), before);
    plant_end(&p);
}

PX_TEST(a_twin_that_moves_to_a_model_that_declares_nothing_is_told_so_once)
{
    for (int killed = 0; killed < 3; killed++) { /* 1: when it was told, 2: before */
        px_buf told = { 0 };
        plant p;

        plant_begin(&p);
        plant_report(&p, "p", 1);
        plant_rest(&p, 15000); /* its row is written */
        CHECK_EQ(px_world_put(&p.world, "p", plant_plain).status, PX_OK);
        if (killed < 2)
            plant_settle(&p);
        if (killed > 0)
            plant_restart(&p);
        CHECK_STR(plant_state_of(&p, "p"), "none");
        plant_tell_all(&p, &told);
        px_put_char(&told, '\0');
        CHECK_EQ(plant_count_lines(told.ptr, " gone"), 1);
        CHECK_EQ(plant_count_lines(told.ptr, ""), 5); /* unknown, fresh, late, stale, gone */
        px_buf_release(&told);
        plant_end(&p);
    }
}

PX_TEST(a_wider_rule_takes_the_state_from_the_age_at_once)
{
    px_time since;
    plant p;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    plant_rest(&p, 10000);
    since = plant_since_of(&p, "p");
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    CHECK_EQ(plant_write_rules(&p, "p", "{\"properties\":{\"rate\":{\"period\":3600}}}"), PX_OK);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    CHECK_EQ(plant_since_of(&p, "p") - since, 7 * PX_SECOND); /* from when it was declared */
    plant_restart(&p);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 0);
    CHECK_EQ(plant_write_rules(&p, "p", "{\"properties\":{\"rate\":{\"period\":1}}}"), PX_OK);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    plant_end(&p);
}

PX_TEST(a_document_declares_and_takes_back)
{
    plant p;
    uint64_t before;

    plant_begin(&p);
    CHECK_EQ(px_world_put(&p.world, "q", plant_plain).status, PX_OK);
    plant_report(&p, "q", 1);
    plant_rest(&p, 5000);
    before = plant_revision_of(&p, "q");
    CHECK_EQ(plant_write_rules(&p, "q", "{\"properties\":{\"rate\":{\"period\":2}}}"), PX_OK);
    CHECK_STR(plant_state_of(&p, "q"), "late"); /* what came before it counts */
    CHECK_EQ(plant_write_rules(&p, "q", "{\"properties\":{\"rate\":{\"period\":60}}}"), PX_OK);
    CHECK_EQ(plant_write_rules(&p, "q", NULL), PX_OK);
    CHECK_STR(plant_state_of(&p, "q"), "none");
    CHECK_EQ(plant_revision_of(&p, "q"), before);
    CHECK_EQ(plant_write_rules(&p, "p", "{\"properties\":{\"rate\":null}}"), PX_OK);
    CHECK_STR(plant_state_of(&p, "p"), "none");
    plant_end(&p);
}

PX_TEST(a_document_that_was_there_first_counts_when_its_twin_comes)
{
    plant p;

    plant_begin(&p);
    CHECK_EQ(plant_write_rules(&p, "q", "{\"properties\":{\"rate\":{\"period\":2}}}"), PX_OK);
    CHECK_EQ(px_world_put(&p.world, "q", plant_plain).status, PX_OK);
    plant_settle(&p);
    CHECK_STR(plant_state_of(&p, "q"), "unknown");
    CHECK_EQ(px_world_delete(&p.world, "q").status, PX_OK);
    plant_settle(&p);
    CHECK_EQ(px_world_put(&p.world, "q", plant_plain).status, PX_OK);
    plant_settle(&p);
    CHECK_STR(plant_state_of(&p, "q"), "unknown");
    plant_end(&p);
}

PX_TEST(a_twin_that_is_made_anew_begins_anew)
{
    plant p;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    CHECK_EQ(px_world_put(&p.world, "p", plant_press).status, PX_OK);
    plant_settle(&p);
    CHECK_STR(plant_state_of(&p, "p"), "unknown");
    plant_end(&p);
}

PX_TEST(a_backlog_told_three_times_is_late_once_and_a_duplicate_twice)
{
    px_fresh_report report_;
    px_arena arena;
    px_time now;
    plant p;

    plant_begin(&p);
    now = px_engine_now(p.world.engine);
    CHECK_EQ(px_world_report(&p.world, "p", "rate", 99, 0, now).status, PX_OK);
    for (int round = 0; round < 3; round++)
        for (int64_t i = 1; i <= 50; i++)
            CHECK_EQ(px_world_report(&p.world, "p", "rate", i, 0, now - i * PX_SECOND).status,
                     PX_OK);
    plant_settle(&p);
    report_ = plant_read(&p, "p", &arena);
    CHECK_EQ(report_.item_count, 1);
    CHECK_EQ(report_.items[0].item.measure.late, 50);
    CHECK_EQ(report_.items[0].item.measure.duplicates, 100);
    CHECK_EQ(report_.items[0].item.measure.samples, 51);
    CHECK_STR(px_world_value(&p.world, "p", "rate"), "99");
    px_arena_release(&arena);
    plant_end(&p);
}

PX_TEST(twins_are_listed_by_their_state_and_counted)
{
    px_fresh_entry entries[3];
    uint64_t counts[PX_FRESHNESS_COUNT];
    uint32_t cursor = 0;
    plant p;

    plant_begin(&p);
    for (int i = 0; i < 5; i++) {
        char id[8];

        snprintf(id, sizeof(id), "t%d", i);
        CHECK_EQ(px_world_put(&p.world, id, plant_press).status, PX_OK);
        if (i < 2)
            plant_report(&p, id, 1);
    }
    plant_settle(&p);
    CHECK_EQ(px_fresh_list(p.fresh, 1, 1u << PX_FRESHNESS_UNKNOWN, &cursor, 3, entries), 3);
    CHECK(cursor != 0);
    CHECK_EQ(px_fresh_list(p.fresh, 1, 1u << PX_FRESHNESS_UNKNOWN, &cursor, 3, entries), 1);
    CHECK_EQ(cursor, 0);
    CHECK_EQ(px_fresh_list(p.fresh, 2, 15, &cursor, 3, entries), 0); /* another tenant's */
    px_fresh_count(p.fresh, 1, counts);
    CHECK_EQ(counts[PX_FRESHNESS_UNKNOWN], 4);
    CHECK_EQ(counts[PX_FRESHNESS_FRESH], 2);
    px_fresh_count(p.fresh, 2, counts);
    CHECK_EQ(counts[PX_FRESHNESS_FRESH], 0);
    plant_end(&p);
}

PX_TEST_MAIN()
