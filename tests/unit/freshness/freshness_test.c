/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer beside an engine without threads: samples in, events and states in the graph out. */
#include <stdio.h>

#include "freshness/internal.h"
#include "px_test.h"
#include "px_world.h"

static const char press_model[] =
    "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:freshness;1\"],"
    "\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\",\"contents\":["
    "{\"@type\":[\"Telemetry\",\"Freshness\"],\"name\":\"rate\",\"schema\":\"double\","
    "\"expectedPeriod\":\"PT1S\",\"tolerance\":\"PT0.5S\",\"allowedStaleness\":\"PT3S\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"heat\",\"schema\":\"double\"}]}";
static const char plain_model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Plain;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"rate\",\"schema\":\"double\"}]}";
static const char a_press[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"}}";
static const char a_plain[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Plain;1\"}}";

typedef struct plant {
    px_world world;
    px_fresh *fresh;
} plant;

static void watch(plant *p)
{
    px_err err;

    CHECK_OK(px_fresh_open(p->world.engine, NULL, &p->fresh, &err), &err);
}

static void settle(plant *p)
{
    bool more = true;

    while (more) {
        more = px_fresh_step(p->fresh);
        more |= px_engine_step(p->world.engine);
    }
}

static void begin(plant *p)
{
    px_world_init(&p->world, 1);
    CHECK_EQ(px_world_model(&p->world, press_model).status, PX_OK);
    CHECK_EQ(px_world_model(&p->world, plain_model).status, PX_OK);
    watch(p);
    CHECK_EQ(px_world_put(&p->world, "p", a_press).status, PX_OK);
    settle(p);
}

static void end(plant *p)
{
    px_fresh_stop(p->fresh);
    px_fresh_close(p->fresh);
    px_world_release(&p->world);
}

static void rest(plant *p, int64_t ms)
{
    px_fakedisk_advance(p->world.disk, ms * PX_MILLISECOND);
    settle(p);
}

static void report(plant *p, const char *twin, int64_t value)
{
    CHECK_EQ(px_world_report(&p->world, twin, "rate", value, 0, PX_TIME_NONE).status, PX_OK);
    settle(p);
}

/* As the graph has it: "none" where nothing is declared. */
static const char *state_of(plant *p, const char *twin)
{
    px_buf buf = { 0 };
    const px_twin *record;
    uint8_t state = 0;
    bool has;
    px_err err;

    CHECK_OK(
        px_graph_read(px_engine_graph(p->world.engine), 1, px_str_c(twin), &buf, &record, &err),
        &err);
    has = px_twin_freshness(record, &state, NULL);
    px_buf_release(&buf);
    return has ? px_freshness_name((px_freshness)state) : "none";
}

static uint64_t revision_of(plant *p, const char *twin)
{
    px_buf buf = { 0 };
    const px_twin *record;
    uint64_t revision;

    CHECK_EQ(
        px_graph_read(px_engine_graph(p->world.engine), 1, px_str_c(twin), &buf, &record, NULL),
        PX_OK);
    revision = px_twin_revision(record);
    px_buf_release(&buf);
    return revision;
}

static uint32_t number_of(plant *p, const char *twin)
{
    uint32_t no, model;

    CHECK_EQ(px_graph_lookup(px_engine_graph(p->world.engine), 1, px_str_c(twin), &no, &model),
             PX_OK);
    return no;
}

static px_fresh_report read(plant *p, const char *twin, px_arena *arena)
{
    px_fresh_report report;
    px_err err;

    px_arena_init(arena, 1 << 20);
    CHECK_OK(px_fresh_read(p->fresh, 1, number_of(p, twin), arena, &report, &err), &err);
    return report;
}

static px_status put_rules(plant *p, const char *twin, const char *body)
{
    px_document_write write = { .kind = PX_STR("freshness"),
                                .id = px_str_c(twin),
                                .body = body ? px_str_c(body) : (px_str){ 0 } };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };

    return px_world_do(&p->world, &request).status;
}

static px_status write_rules(plant *p, const char *twin, const char *body)
{
    px_status status = put_rules(p, twin, body);

    settle(p);
    return status;
}

static void restart(plant *p)
{
    px_fresh_close(p->fresh);
    px_world_kill(&p->world, true);
    watch(p);
    settle(p);
}

/* What is told, one event a line. */
static void tell_all(plant *p, px_buf *out)
{
    px_feed *feed;
    px_batch *batch;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_feed_open_at(p->world.engine, 0, &feed, &err), &err);
    while (px_feed_next(feed, 0, &batch, &err) == PX_OK) {
        px_cut cut = px_cut_of(batch->body);
        px_event event;

        while (px_cut_left(&cut) > 0) {
            px_arena_reset(&arena);
            CHECK_OK(px_get_event(&cut, &arena, &event, &err), &err);
            if (event.type != PX_EVENT_FRESHNESS)
                continue;
            px_putf(out, "%u %s %lld", event.twin_no, px_freshness_name((px_freshness)event.code),
                    (long long)event.source_time);
            if (event.flag)
                px_put(out, PX_STR(" gone"));
            if (event.field_count)
                px_putf(out, " %lld %lld", (long long)event.fields[0].value.num.mantissa,
                        (long long)event.fields[0].source_time);
            px_put_char(out, '\n');
        }
        px_batch_unref(batch);
    }
    px_feed_close(feed);
    px_arena_release(&arena);
}

/* Lines that end so. */
static int count_lines(const char *text, const char *tail)
{
    int count = 0;

    for (const char *end; (end = strchr(text, '\n')); text = end + 1)
        count += (size_t)(end - text) >= strlen(tail) &&
                 strncmp(end - strlen(tail), tail, strlen(tail)) == 0;
    return count;
}

PX_TEST(a_twin_goes_late_and_stale_and_comes_back)
{
    plant p;

    begin(&p);
    CHECK_STR(state_of(&p, "p"), "unknown");
    report(&p, "p", 1);
    CHECK_STR(state_of(&p, "p"), "fresh");
    rest(&p, 1500);
    CHECK_STR(state_of(&p, "p"), "fresh");
    rest(&p, 1);
    CHECK_STR(state_of(&p, "p"), "late");
    rest(&p, 1500);
    CHECK_STR(state_of(&p, "p"), "stale");
    report(&p, "p", 2);
    CHECK_STR(state_of(&p, "p"), "stale");
    rest(&p, 1000);
    report(&p, "p", 3);
    CHECK_STR(state_of(&p, "p"), "fresh");
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 5); /* unknown, fresh, late, stale, fresh */
    end(&p);
}

PX_TEST(a_tick_is_written_when_a_limit_has_passed_and_not_more_often)
{
    plant p;
    uint64_t before;

    begin(&p);
    report(&p, "p", 1);
    before = px_engine_position(p.world.engine);
    rest(&p, 1000);
    CHECK_EQ(px_engine_position(p.world.engine), before);
    rest(&p, 501);
    CHECK_EQ(px_engine_position(p.world.engine), before + 2); /* the tick, and what it decided */
    rest(&p, 10000);
    before = px_engine_position(p.world.engine);
    for (int i = 0; i < 20; i++)
        rest(&p, 1000);
    CHECK_EQ(px_engine_position(p.world.engine), before); /* stale: nothing is waited for */
    end(&p);
}

static px_time since_of(plant *p, const char *twin)
{
    px_buf buf = { 0 };
    const px_twin *record;
    uint8_t state;
    px_time since = PX_TIME_NONE;

    CHECK_EQ(
        px_graph_read(px_engine_graph(p->world.engine), 1, px_str_c(twin), &buf, &record, NULL),
        PX_OK);
    CHECK(px_twin_freshness(record, &state, &since));
    px_buf_release(&buf);
    return since;
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

        begin(&p);
        CHECK_EQ(write_rules(&p, "p", rules[i]), PX_OK);
        report(&p, "p", 1);
        CHECK_EQ(px_world_report(&p.world, "p", "heat", 1, 0, PX_TIME_NONE).status, PX_OK);
        settle(&p);
        began = px_engine_now(p.world.engine) / PX_MILLISECOND * PX_MILLISECOND;
        rest(&p, 3600 * 1000);
        CHECK_STR(state_of(&p, "p"), "stale");
        CHECK_EQ(since_of(&p, "p") - began, 3 * PX_SECOND);
        end(&p);
    }
}

PX_TEST(no_tick_is_written_for_a_limit_that_a_sample_has_moved)
{
    plant p;
    uint64_t before;

    begin(&p);
    for (int i = 0; i < 3; i++) {
        report(&p, "p", i);
        rest(&p, 1000);
    }
    before = px_engine_position(p.world.engine);
    for (int i = 0; i < 6; i++) { /* the engine is asked before and behind the limit of before */
        report(&p, "p", i);
        rest(&p, 600);
        rest(&p, 500);
    }
    CHECK_EQ(px_engine_position(p.world.engine), before + 6);
    end(&p);
}

PX_TEST(a_twin_that_comes_and_goes_leaves_no_heap_of_alarms)
{
    plant p;

    begin(&p);
    CHECK_EQ(write_rules(&p, "p", "{\"properties\":{\"rate\":{\"period\":1,\"stale\":\"P30D\"}}}"),
             PX_OK);
    for (int i = 0; i < 100; i++) {
        report(&p, "p", 2 * i);
        rest(&p, 100);
        report(&p, "p", 2 * i + 1);
        CHECK_STR(state_of(&p, "p"), "fresh");
        rest(&p, 2000);
        CHECK_STR(state_of(&p, "p"), "late");
    }
    CHECK(p.fresh->alarms.len < 20); /* of one twin */
    end(&p);
}

PX_TEST(where_nothing_is_declared_nothing_is_kept)
{
    plant p;

    begin(&p);
    CHECK_EQ(px_world_put(&p.world, "q", a_plain).status, PX_OK);
    report(&p, "q", 1);
    rest(&p, 60000);
    CHECK_STR(state_of(&p, "q"), "none");
    end(&p);
}

PX_TEST(freshness_leaves_the_revision_as_it_is)
{
    plant p;
    uint64_t before;

    begin(&p);
    report(&p, "p", 1);
    before = revision_of(&p, "p");
    rest(&p, 5000);
    CHECK_STR(state_of(&p, "p"), "stale");
    CHECK_EQ(revision_of(&p, "p"), before);
    end(&p);
}

PX_TEST(a_twin_that_moves_to_a_model_that_declares_nothing_is_told_so_once)
{
    for (int killed = 0; killed < 3; killed++) { /* 1: when it was told, 2: before */
        px_buf told = { 0 };
        plant p;

        begin(&p);
        report(&p, "p", 1);
        rest(&p, 15000); /* its row is written */
        CHECK_EQ(px_world_put(&p.world, "p", a_plain).status, PX_OK);
        if (killed < 2)
            settle(&p);
        if (killed > 0)
            restart(&p);
        CHECK_STR(state_of(&p, "p"), "none");
        tell_all(&p, &told);
        px_put_char(&told, '\0');
        CHECK_EQ(count_lines(told.ptr, " gone"), 1);
        CHECK_EQ(count_lines(told.ptr, ""), 5); /* unknown, fresh, late, stale, gone */
        px_buf_release(&told);
        end(&p);
    }
}

PX_TEST(a_wider_rule_takes_the_state_from_the_age_at_once)
{
    px_time since;
    plant p;

    begin(&p);
    report(&p, "p", 1);
    rest(&p, 10000);
    since = since_of(&p, "p");
    CHECK_STR(state_of(&p, "p"), "stale");
    CHECK_EQ(write_rules(&p, "p", "{\"properties\":{\"rate\":{\"period\":3600}}}"), PX_OK);
    CHECK_STR(state_of(&p, "p"), "fresh");
    CHECK_EQ(since_of(&p, "p") - since, 7 * PX_SECOND); /* from when it was declared */
    restart(&p);
    CHECK_STR(state_of(&p, "p"), "fresh");
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 0);
    CHECK_EQ(write_rules(&p, "p", "{\"properties\":{\"rate\":{\"period\":1}}}"), PX_OK);
    CHECK_STR(state_of(&p, "p"), "stale");
    end(&p);
}

PX_TEST(a_document_declares_and_takes_back)
{
    plant p;
    uint64_t before;

    begin(&p);
    CHECK_EQ(px_world_put(&p.world, "q", a_plain).status, PX_OK);
    report(&p, "q", 1);
    rest(&p, 5000);
    before = revision_of(&p, "q");
    CHECK_EQ(write_rules(&p, "q", "{\"properties\":{\"rate\":{\"period\":2}}}"), PX_OK);
    CHECK_STR(state_of(&p, "q"), "late"); /* what came before it counts */
    CHECK_EQ(write_rules(&p, "q", "{\"properties\":{\"rate\":{\"period\":60}}}"), PX_OK);
    CHECK_EQ(write_rules(&p, "q", NULL), PX_OK);
    CHECK_STR(state_of(&p, "q"), "none");
    CHECK_EQ(revision_of(&p, "q"), before);
    CHECK_EQ(write_rules(&p, "p", "{\"properties\":{\"rate\":null}}"), PX_OK);
    CHECK_STR(state_of(&p, "p"), "none");
    end(&p);
}

PX_TEST(a_document_that_was_there_first_counts_when_its_twin_comes)
{
    plant p;

    begin(&p);
    CHECK_EQ(write_rules(&p, "q", "{\"properties\":{\"rate\":{\"period\":2}}}"), PX_OK);
    CHECK_EQ(px_world_put(&p.world, "q", a_plain).status, PX_OK);
    settle(&p);
    CHECK_STR(state_of(&p, "q"), "unknown");
    CHECK_EQ(px_world_delete(&p.world, "q").status, PX_OK);
    settle(&p);
    CHECK_EQ(px_world_put(&p.world, "q", a_plain).status, PX_OK);
    settle(&p);
    CHECK_STR(state_of(&p, "q"), "unknown");
    end(&p);
}

PX_TEST(a_twin_that_is_made_anew_begins_anew)
{
    plant p;

    begin(&p);
    report(&p, "p", 1);
    CHECK_EQ(px_world_put(&p.world, "p", a_press).status, PX_OK);
    settle(&p);
    CHECK_STR(state_of(&p, "p"), "unknown");
    end(&p);
}

PX_TEST(a_backlog_told_three_times_is_late_once_and_a_duplicate_twice)
{
    px_fresh_report report_;
    px_arena arena;
    px_time now;
    plant p;

    begin(&p);
    now = px_engine_now(p.world.engine);
    CHECK_EQ(px_world_report(&p.world, "p", "rate", 99, 0, now).status, PX_OK);
    for (int round = 0; round < 3; round++)
        for (int64_t i = 1; i <= 50; i++)
            CHECK_EQ(px_world_report(&p.world, "p", "rate", i, 0, now - i * PX_SECOND).status,
                     PX_OK);
    settle(&p);
    report_ = read(&p, "p", &arena);
    CHECK_EQ(report_.item_count, 1);
    CHECK_EQ(report_.items[0].item.measure.late, 50);
    CHECK_EQ(report_.items[0].item.measure.duplicates, 100);
    CHECK_EQ(report_.items[0].item.measure.samples, 51);
    CHECK_STR(px_world_value(&p.world, "p", "rate"), "99");
    px_arena_release(&arena);
    end(&p);
}

PX_TEST(a_restart_takes_up_what_the_graph_holds)
{
    plant p;
    uint64_t events;

    begin(&p);
    report(&p, "p", 1);
    rest(&p, 4000);
    CHECK_STR(state_of(&p, "p"), "stale");
    px_fresh_close(p.fresh);
    px_world_kill(&p.world, true);
    CHECK_STR(state_of(&p, "p"), "stale");
    events = px_engine_position(p.world.engine);
    watch(&p);
    settle(&p);
    CHECK_EQ(px_engine_position(p.world.engine), events); /* nothing new to be said */
    CHECK_EQ(px_fresh_stat(p.fresh).twins[PX_FRESHNESS_STALE], 1);
    end(&p);
}

PX_TEST(figures_and_half_a_way_back_outlive_a_kill)
{
    px_fresh_report report_;
    px_arena arena;
    plant p;

    begin(&p);
    for (int i = 0; i < 20; i++) { /* rows are written on the way, and then the journal goes on */
        report(&p, "p", i);
        rest(&p, 1000);
    }
    rest(&p, 5000);
    report(&p, "p", 100);
    CHECK_STR(state_of(&p, "p"), "stale");
    restart(&p);
    CHECK_STR(state_of(&p, "p"), "stale");
    report_ = read(&p, "p", &arena);
    CHECK_EQ(report_.items[0].item.measure.samples, 21);
    CHECK_EQ(report_.items[0].item.good_count, 1);
    px_arena_release(&arena);
    rest(&p, 1000);
    report(&p, "p", 101);
    CHECK_STR(state_of(&p, "p"), "fresh");
    CHECK(px_fresh_stat(p.fresh).cursor > 0);
    end(&p);
}

static void end_source(plant *p, const char *twin)
{
    px_str id = px_str_c(twin);
    px_request request = {
        .kind = PX_REQUEST_SOURCES_ENDED, .id = id, .twins = &id, .twin_count = 1
    };

    CHECK_EQ(px_world_do(&p->world, &request).status, PX_OK);
}

/* One life of two presses: the same whatever befalls the server, which is asked at each step. */
static void live(px_gen *gen, bool befalls, px_buf *ret_told, px_fresh_item *ret_item)
{
    px_gen fate = { 77 };
    px_fresh_report report_;
    px_arena arena;
    plant p;

    begin(&p);
    CHECK_EQ(px_world_put(&p.world, "q", a_press).status, PX_OK);
    settle(&p);
    for (int i = 0; i < 80; i++) {
        uint64_t what = px_gen_below(gen, 10);

        rest(&p, (int64_t)px_gen_below(gen, 1700));
        if (what < 7)
            report(&p, what < 5 ? "p" : "q", i);
        if (befalls && px_gen_below(&fate, 6) == 0)
            restart(&p);
    }
    rest(&p, 1);
    tell_all(&p, ret_told);
    report_ = read(&p, "p", &arena);
    *ret_item = report_.items[0].item;
    ret_item->measure.seen = NULL;
    px_arena_release(&arena);
    end(&p);
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

    begin(&p);
    for (int step = 0; step < 14; step++) {
        char id[8];
        int idle = 0;

        snprintf(id, sizeof(id), "t%d", step);
        px_fakedisk_advance(p.world.disk, (step % 4) * PX_SECOND + PX_MILLISECOND);
        if (step == 1)
            CHECK_EQ(px_world_put(&p.world, "q", a_plain).status, PX_OK);
        if (step == 2 || step == 6 || step == 8)
            CHECK_EQ(put_rules(&p, "q", step == 8 ? NULL : rules[step == 6]), PX_OK);
        if (step == 12)
            CHECK_EQ(px_world_put(&p.world, "p", a_press).status, PX_OK);
        if (step == 9)
            end_source(&p, "p");
        CHECK_EQ(px_world_put(&p.world, id, a_press).status, PX_OK);
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
    tell_all(&p, ret_told);
    px_put_char(ret_told, '\0');
    report_ = read(&p, "p", &arena);
    *ret_item = report_.items[0].item;
    px_arena_release(&arena);
    end(&p);
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

/* More of them than changes that are moved away at once. */
PX_TEST(a_mass_outage_is_told_once_whether_the_server_is_killed_in_it_or_not)
{
    enum { TWINS = 1200 };
    px_buf told = { 0 };
    size_t lines = 0;
    plant p;

    begin(&p);
    for (int i = 0; i < TWINS; i++) {
        char id[8];

        snprintf(id, sizeof(id), "t%d", i);
        CHECK_EQ(px_world_put(&p.world, id, a_press).status, PX_OK);
        CHECK_EQ(px_world_report(&p.world, id, "rate", i, 0, PX_TIME_NONE).status, PX_OK);
    }
    settle(&p);
    rest(&p, 20000); /* rows are written */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < TWINS; i++) {
            char id[8];

            snprintf(id, sizeof(id), "t%d", i);
            CHECK_EQ(px_world_report(&p.world, id, "rate", round, 0, PX_TIME_NONE).status, PX_OK);
        }
        rest(&p, 100);
    }
    rest(&p, 1600);
    CHECK_EQ(px_fresh_stat(p.fresh).twins[PX_FRESHNESS_LATE], TWINS);
    restart(&p);
    CHECK_EQ(px_fresh_stat(p.fresh).twins[PX_FRESHNESS_LATE], TWINS);
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 0);
    CHECK_EQ(px_fresh_stat(p.fresh).waiting, 0);
    rest(&p, 2000);
    tell_all(&p, &told);
    for (size_t i = 0; i < told.len; i++)
        lines += told.ptr[i] == '\n';
    CHECK_EQ(lines, 1 + 7 * TWINS); /* unknown, fresh, late, stale, fresh, late, stale */
    px_buf_release(&told);
    end(&p);
}

PX_TEST(a_kill_right_after_a_twin_was_declared_loses_nothing_of_it)
{
    px_fresh_report report_;
    px_arena arena;
    plant p;

    begin(&p);
    report(&p, "p", 1);
    rest(&p, 15000); /* rows are written: this is no first start */
    CHECK_EQ(px_world_put(&p.world, "q", a_press).status, PX_OK);
    report(&p, "q", 1);
    rest(&p, 4000);
    CHECK_STR(state_of(&p, "q"), "stale");
    report(&p, "q", 2);
    CHECK_STR(state_of(&p, "q"), "stale"); /* the first of two */
    restart(&p);
    CHECK_STR(state_of(&p, "q"), "stale");
    report_ = read(&p, "q", &arena);
    CHECK_EQ(report_.items[0].item.measure.samples, 2);
    CHECK_EQ(report_.items[0].item.good_count, 1);
    CHECK_EQ(px_fresh_stat(p.fresh).changes, 0);
    px_arena_release(&arena);
    rest(&p, 1000);
    report(&p, "q", 3);
    CHECK_STR(state_of(&p, "q"), "fresh");
    end(&p);
}

PX_TEST(what_the_time_without_a_server_changed_is_said_at_the_start)
{
    plant p;

    begin(&p);
    report(&p, "p", 1);
    px_fresh_close(p.fresh);
    px_world_kill(&p.world, true);
    px_fakedisk_advance(p.world.disk, 10 * PX_SECOND);
    CHECK_STR(state_of(&p, "p"), "fresh");
    watch(&p);
    settle(&p);
    CHECK_STR(state_of(&p, "p"), "stale");
    end(&p);
}

PX_TEST(a_full_disk_delays_what_is_said_and_loses_nothing)
{
    plant p;

    begin(&p);
    report(&p, "p", 1);
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
        rest(&p, 1000);
    CHECK_STR(state_of(&p, "p"), "stale");
    CHECK_EQ(px_fresh_stat(p.fresh).waiting, 0);
    end(&p);
}

PX_TEST(twins_are_listed_by_their_state_and_counted)
{
    px_fresh_entry entries[3];
    uint64_t counts[PX_FRESHNESS_COUNT];
    uint32_t cursor = 0;
    plant p;

    begin(&p);
    for (int i = 0; i < 5; i++) {
        char id[8];

        snprintf(id, sizeof(id), "t%d", i);
        CHECK_EQ(px_world_put(&p.world, id, a_press).status, PX_OK);
        if (i < 2)
            report(&p, id, 1);
    }
    settle(&p);
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
    end(&p);
}

PX_TEST(a_source_that_is_gone_makes_its_twin_stale_at_once_and_two_samples_bring_it_back)
{
    plant p;

    begin(&p);
    CHECK_EQ(px_world_put(&p.world, "q", a_plain).status, PX_OK);
    report(&p, "p", 1);
    end_source(&p, "p");
    end_source(&p, "q"); /* nothing is declared of it */
    end_source(&p, "nobody");
    settle(&p);
    CHECK_STR(state_of(&p, "p"), "stale");
    CHECK_STR(state_of(&p, "q"), "none");
    rest(&p, 100);
    report(&p, "p", 2);
    CHECK_STR(state_of(&p, "p"), "stale");
    rest(&p, 100);
    report(&p, "p", 3);
    CHECK_STR(state_of(&p, "p"), "fresh");
    end(&p);
}

PX_TEST(what_a_source_said_before_it_went_brings_nothing_back)
{
    plant p;

    begin(&p);
    report(&p, "p", 1);
    for (int i = 2; i < 5; i++)
        CHECK_EQ(px_world_report(&p.world, "p", "rate", i, 0, PX_TIME_NONE).status, PX_OK);
    end_source(&p, "p");
    settle(&p);
    CHECK_STR(state_of(&p, "p"), "stale");
    rest(&p, 1000);
    report(&p, "p", 5);
    CHECK_STR(state_of(&p, "p"), "stale"); /* the first of two */
    end(&p);
}

PX_TEST(a_source_that_is_gone_outlives_a_kill_before_anybody_heard_of_it)
{
    plant p;

    begin(&p);
    for (int i = 0; i < 15; i++) { /* its row is written */
        report(&p, "p", i);
        rest(&p, 1000);
    }
    CHECK(px_fresh_stat(p.fresh).cursor > 0);
    end_source(&p, "p");
    px_fresh_close(p.fresh);
    px_world_kill(&p.world, true);
    watch(&p);
    settle(&p);
    CHECK_STR(state_of(&p, "p"), "stale");
    end(&p);
}

static void say_by(plant *p, uint32_t device)
{
    px_request request = { .kind = PX_REQUEST_DEVICE_MESSAGE, .id = PX_STR("p") };
    px_field_value field = { .source_time = PX_TIME_NONE,
                             .value = px_value_num((px_num){ .mantissa = device }) };
    px_sample sample = { .source_time = PX_TIME_NONE, .fields = &field, .field_count = 1 };
    uint32_t no;

    CHECK_EQ(
        px_graph_lookup(px_engine_graph(p->world.engine), 1, PX_STR("p"), &no, &request.model_no),
        PX_OK);
    request.principal = p->world.admin;
    request.principal.document_no = device;
    request.samples = &sample;
    request.sample_count = 1;
    CHECK_EQ(px_world_do(&p->world, &request).status, PX_OK);
    rest(p, 100);
}

PX_TEST(as_many_sources_of_a_twin_are_measured_as_the_limit_and_no_more)
{
    px_fresh_report report_;
    px_arena arena;
    plant p;

    begin(&p);
    for (uint32_t device = 1; device <= PX_FRESHNESS_SOURCES_MAX; device++)
        say_by(&p, device);
    say_by(&p, 1);
    CHECK_EQ(px_fresh_stat(p.fresh).sources_dropped, 0);
    say_by(&p, PX_FRESHNESS_SOURCES_MAX + 1);
    CHECK_EQ(px_fresh_stat(p.fresh).sources_dropped, 1);
    report_ = read(&p, "p", &arena);
    CHECK_EQ(report_.source_count, PX_FRESHNESS_SOURCES_MAX);
    CHECK_EQ(report_.sources[0].measure.samples, 2);
    px_arena_release(&arena);
    end(&p);
}

PX_TEST(the_completeness_of_a_source_begins_anew_with_another_pace)
{
    px_fresh_report report_;
    px_arena arena;
    uint32_t thousandths;
    plant p;

    begin(&p);
    for (int i = 0; i < 12; i++) {
        say_by(&p, 1);
        rest(&p, 900);
    }
    report_ = read(&p, "p", &arena);
    CHECK(px_measure_completeness(&report_.sources[0].measure, &report_.pace,
                                  px_engine_now(p.world.engine), &thousandths));
    CHECK_EQ(thousandths, 1000);
    px_arena_release(&arena);
    CHECK_EQ(write_rules(&p, "p", "{\"properties\":{\"rate\":{\"period\":2}}}"), PX_OK);
    for (int i = 0; i < 12; i++) {
        say_by(&p, 1);
        rest(&p, 1900);
    }
    report_ = read(&p, "p", &arena);
    CHECK(px_measure_completeness(&report_.sources[0].measure, &report_.pace,
                                  px_engine_now(p.world.engine), &thousandths));
    CHECK_EQ(thousandths, 1000);
    px_arena_release(&arena);
    end(&p);
}

PX_TEST_MAIN()
