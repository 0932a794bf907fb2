/* SPDX-License-Identifier: Apache-2.0 */
/* The OEE of units and lines read back from history, behind the real engine and store. */
#include "insight/unit_oee.h"

#include "px_test.h"
#include "px_world.h"

#define MINUTE (60 * PX_SECOND)
#define BEGIN INT64_C(1700000000000000000)

static const char models[] =
    "[{\"@id\":\"dtmi:test:Unit;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"state\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"idealCycleTime\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"totalCount\",\"schema\":\"long\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"goodCount\",\"schema\":\"long\"}]},"
    "{\"@id\":\"dtmi:test:Line;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Relationship\",\"name\":\"contains\"}]}]";

typedef struct story {
    px_world world;
    px_history *history;
    px_arena arena;
} story;

static void begin(story *s)
{
    px_history_opts opts = { 0 };
    px_err err;

    *s = (story){ 0 };
    px_arena_init(&s->arena, 1 << 20);
    px_world_init(&s->world, 1);
    CHECK_EQ(px_world_model(&s->world, models).status, PX_OK);
    CHECK_EQ(
        px_world_put(&s->world, "line", "{\"$metadata\":{\"$model\":\"dtmi:test:Line;1\"}}").status,
        PX_OK);
    for (const char *const *id = (const char *const[]){ "fast", "slow", NULL }; *id; id++) {
        CHECK_EQ(px_world_put(&s->world, *id, "{\"$metadata\":{\"$model\":\"dtmi:test:Unit;1\"}}")
                     .status,
                 PX_OK);
        CHECK_EQ(
            px_world_relate(&s->world, "line", *id,
                            strcmp(*id, "fast") == 0
                                ? "{\"$relationshipName\":\"contains\",\"$targetId\":\"fast\"}"
                                : "{\"$relationshipName\":\"contains\",\"$targetId\":\"slow\"}")
                .status,
            PX_OK);
    }
    opts = (px_history_opts){ .env = px_fakedisk_env(s->world.disk),
                              .engine = s->world.engine,
                              .store = s->world.store,
                              .graph = px_engine_graph(s->world.engine),
                              .registry = px_engine_registry(s->world.engine) };
    CHECK_OK(px_history_open(&opts, &s->history, &err), &err);
}

static void finish(story *s)
{
    px_history_close(s->history);
    px_world_release(&s->world);
    px_arena_release(&s->arena);
}

static void fold_all(story *s)
{
    bool idle = false;
    px_err err;

    while (!idle) {
        CHECK_OK(px_history_step(s->history, 0, &idle, &err), &err);
        px_engine_step(s->world.engine);
    }
}

static void count(story *s, const char *twin, const char *name, int64_t value, px_time time)
{
    CHECK_EQ(px_world_report(&s->world, twin, name, value, 0, time).status, PX_OK);
}

static void state(story *s, const char *twin, const char *word, px_time time)
{
    CHECK_EQ(
        px_world_report_value(&s->world, twin, "state", px_value_text(px_str_c(word)), time).status,
        PX_OK);
}

static px_status read_oee(story *s, const char *twin, px_time from, px_time to,
                          px_unit_oee *ret_oee, px_err *ret_err)
{
    fold_all(s);
    return px_unit_oee_read(s->history, px_engine_graph(s->world.engine),
                            px_engine_registry(s->world.engine), &s->world.admin, px_str_c(twin),
                            from, to, &s->arena, ret_oee, ret_err);
}

/* Ten minutes: six run, four stand; 290 parts, 4 bad. The state before was set two hours ago. */
static void tell(story *s, const char *unit, int64_t ideal_tenths)
{
    CHECK_EQ(px_world_report(&s->world, unit, "idealCycleTime", ideal_tenths, -1,
                             BEGIN - 7300 * PX_SECOND)
                 .status,
             PX_OK);
    state(s, unit, "running", BEGIN - 7200 * PX_SECOND);
    for (int64_t second = -30; second < 600; second += 10) {
        int64_t made = second < 0 ? 1000 : 1000 + (second <= 240 ? second : 240) / 2;

        if (second == 240)
            state(s, unit, "fault", BEGIN + 240 * PX_SECOND);
        if (second == 480)
            state(s, unit, "running", BEGIN + 480 * PX_SECOND);
        if (second > 480)
            made += (second - 480) * 170 / 110;
        count(s, unit, "totalCount", made, BEGIN + second * PX_SECOND);
        count(s, unit, "goodCount", made - (second >= 100 ? 4 : 0), BEGIN + second * PX_SECOND);
    }
}

PX_TEST(a_unit_is_judged_by_its_history)
{
    px_unit_oee oee;
    px_err err;
    story s;

    begin(&s);
    tell(&s, "slow", 12);
    CHECK_OK(read_oee(&s, "slow", BEGIN, BEGIN + 10 * MINUTE, &oee, &err), &err);
    CHECK_SLICE(oee.unit, "slow");
    CHECK_EQ(oee.figures.planned_busy_ns, 10 * MINUTE);
    CHECK_EQ(oee.figures.actual_production_ns, 6 * MINUTE);
    CHECK_EQ(oee.figures.produced, 290);
    CHECK_EQ(oee.figures.good, 286);
    CHECK(oee.figures.planned_run_s > 347.99 && oee.figures.planned_run_s < 348.01);
    CHECK(oee.oee.availability.value == 0.6);
    finish(&s);
}

PX_TEST(a_line_is_as_good_as_its_bottleneck)
{
    px_unit_oee oee;
    px_err err;
    story s;

    begin(&s);
    tell(&s, "slow", 12);
    tell(&s, "fast", 9);
    CHECK_OK(read_oee(&s, "line", BEGIN, BEGIN + 10 * MINUTE, &oee, &err), &err);
    CHECK_SLICE(oee.unit, "slow");
    CHECK_EQ(oee.figures.produced, 290);
    finish(&s);
}

PX_TEST(a_unit_without_history_has_figures_of_nothing)
{
    px_unit_oee oee;
    px_err err;
    story s;

    begin(&s);
    CHECK_OK(read_oee(&s, "fast", BEGIN, BEGIN + MINUTE, &oee, &err), &err);
    CHECK_EQ(oee.figures.planned_busy_ns, 0);
    CHECK(!oee.oee.oee.known);
    finish(&s);
}

PX_TEST(who_may_not_read_and_what_is_no_unit_is_refused)
{
    px_unit_oee oee;
    px_err err;
    story s;

    begin(&s);
    CHECK_EQ(read_oee(&s, "nowhere", BEGIN, BEGIN + MINUTE, &oee, &err), PX_NOT_FOUND);
    CHECK_EQ(
        px_world_put(&s.world, "empty", "{\"$metadata\":{\"$model\":\"dtmi:test:Line;1\"}}").status,
        PX_OK);
    CHECK_EQ(read_oee(&s, "empty", BEGIN, BEGIN + MINUTE, &oee, &err), PX_NOT_FOUND);
    CHECK_STR(err.id, "kpi.none");
    CHECK_EQ(read_oee(&s, "fast", BEGIN, BEGIN, &oee, &err), PX_INVALID);
    s.world.admin.role = PX_ROLE_NONE;
    CHECK_EQ(read_oee(&s, "fast", BEGIN, BEGIN + MINUTE, &oee, &err), PX_UNAUTHORIZED);
    finish(&s);
}

PX_TEST_MAIN()
