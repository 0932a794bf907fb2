/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that report a twin: their pace, and their end. */
#include "plant.h"

#include "px_test.h"

PX_TEST(a_source_that_is_gone_makes_its_twin_stale_at_once_and_two_samples_bring_it_back)
{
    plant p;

    plant_begin(&p);
    CHECK_EQ(px_world_put(&p.world, "q", plant_plain).status, PX_OK);
    plant_report(&p, "p", 1);
    plant_end_source(&p, "p");
    plant_end_source(&p, "q"); /* nothing is declared of it */
    plant_end_source(&p, "nobody");
    plant_settle(&p);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    CHECK_STR(plant_state_of(&p, "q"), "none");
    plant_rest(&p, 100);
    plant_report(&p, "p", 2);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    plant_rest(&p, 100);
    plant_report(&p, "p", 3);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    plant_end(&p);
}

PX_TEST(what_a_source_said_before_it_went_brings_nothing_back)
{
    plant p;

    plant_begin(&p);
    plant_report(&p, "p", 1);
    for (int i = 2; i < 5; i++)
        CHECK_EQ(px_world_report(&p.world, "p", "rate", i, 0, PX_TIME_NONE).status, PX_OK);
    plant_end_source(&p, "p");
    plant_settle(&p);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    plant_rest(&p, 1000);
    plant_report(&p, "p", 5);
    CHECK_STR(plant_state_of(&p, "p"), "stale"); /* the first of two */
    plant_end(&p);
}

enum { RATE, HEAT };

static const char *state_of(plant *p, uint32_t field)
{
    const char *state = "none";
    px_fresh_report report;
    px_arena arena;

    px_arena_init(&arena, 1 << 20);
    report = plant_read(p, "p", &arena);
    for (size_t i = 0; i < report.item_count; i++)
        if (report.items[i].rule.field == field)
            state = px_freshness_name(report.items[i].item.state);
    px_arena_release(&arena);
    return state;
}

/* Bindings fill single fields: what others fill of the twin goes on. */
PX_TEST(a_source_of_some_fields_takes_those_along_and_no_other)
{
    px_field_value heat = { .field = HEAT, .source_time = PX_TIME_NONE };
    uint32_t no, model_no;
    plant p;

    plant_begin(&p);
    CHECK_EQ(plant_put_rules(&p, "p", "{\"properties\":{\"heat\":{\"period\":60}}}"), PX_OK);
    CHECK_EQ(px_graph_lookup(px_engine_graph(p.world.engine), 1, PX_STR("p"), &no, &model_no),
             PX_OK);
    plant_report(&p, "p", 1);
    CHECK_EQ(px_world_report(&p.world, "p", "heat", 5, 0, PX_TIME_NONE).status, PX_OK);
    plant_settle(&p);
    plant_end_fields(&p, "p", model_no + 1, &heat, 1); /* of another model than it has */
    heat.source_time = 1;                              /* it told another value */
    plant_end_fields(&p, "p", model_no, &heat, 1);
    plant_settle(&p);
    CHECK_STR(plant_state_of(&p, "p"), "fresh");
    heat.source_time = PX_TIME_NONE;
    plant_end_fields(&p, "p", model_no, &heat, 1);
    plant_settle(&p);
    CHECK_STR(plant_state_of(&p, "p"), "stale");
    CHECK_STR(state_of(&p, HEAT), "stale");
    CHECK_STR(state_of(&p, RATE), "fresh");
    plant_restart(&p);
    plant_settle(&p);
    CHECK_STR(state_of(&p, HEAT), "stale");
    plant_end(&p);
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
    plant_rest(p, 100);
}

PX_TEST(as_many_sources_of_a_twin_are_measured_as_the_limit_and_no_more)
{
    px_fresh_report report_;
    px_arena arena;
    plant p;

    plant_begin(&p);
    for (uint32_t device = 1; device <= PX_FRESHNESS_SOURCES_MAX; device++)
        say_by(&p, device);
    say_by(&p, 1);
    CHECK_EQ(px_fresh_stat(p.fresh).sources_dropped, 0);
    say_by(&p, PX_FRESHNESS_SOURCES_MAX + 1);
    CHECK_EQ(px_fresh_stat(p.fresh).sources_dropped, 1);
    report_ = plant_read(&p, "p", &arena);
    CHECK_EQ(report_.source_count, PX_FRESHNESS_SOURCES_MAX);
    CHECK_EQ(report_.sources[0].measure.samples, 2);
    px_arena_release(&arena);
    plant_end(&p);
}

PX_TEST(a_device_that_replaces_another_is_measured_however_many_there_were_before)
{
    px_fresh_report report;
    px_arena arena;
    plant p;

    plant_begin(&p);
    for (uint32_t device = 1; device <= PX_FRESHNESS_SOURCES_MAX; device++)
        say_by(&p, device);
    plant_rest(&p, 2500); /* the first is silent for longer than the three seconds allowed */
    say_by(&p, 2);
    say_by(&p, 100);
    CHECK_EQ(px_fresh_stat(p.fresh).sources_dropped, 0);
    report = plant_read(&p, "p", &arena);
    CHECK_EQ(report.source_count, PX_FRESHNESS_SOURCES_MAX);
    CHECK_EQ(report.sources[0].document_no, 100);
    CHECK_EQ(report.sources[0].measure.samples, 1);
    CHECK_EQ(report.sources[1].measure.samples, 2);
    px_arena_release(&arena);
    plant_end(&p);
}

PX_TEST(the_completeness_of_a_source_begins_anew_with_another_pace)
{
    px_fresh_report report_;
    px_arena arena;
    uint32_t thousandths;
    plant p;

    plant_begin(&p);
    for (int i = 0; i < 12; i++) {
        say_by(&p, 1);
        plant_rest(&p, 900);
    }
    report_ = plant_read(&p, "p", &arena);
    CHECK(px_measure_completeness(&report_.sources[0].measure, &report_.pace,
                                  px_engine_now(p.world.engine), &thousandths));
    CHECK_EQ(thousandths, 1000);
    px_arena_release(&arena);
    CHECK_EQ(plant_write_rules(&p, "p", "{\"properties\":{\"rate\":{\"period\":2}}}"), PX_OK);
    for (int i = 0; i < 12; i++) {
        say_by(&p, 1);
        plant_rest(&p, 1900);
    }
    report_ = plant_read(&p, "p", &arena);
    CHECK(px_measure_completeness(&report_.sources[0].measure, &report_.pace,
                                  px_engine_now(p.world.engine), &thousandths));
    CHECK_EQ(thousandths, 1000);
    px_arena_release(&arena);
    plant_end(&p);
}

PX_TEST_MAIN()
