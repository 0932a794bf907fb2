/* SPDX-License-Identifier: Apache-2.0 */
/* History behind the real engine: what was acknowledged is in it, once, digit for digit, whatever
 * the disk lost. */
#include "history/history.h"

#include <stdio.h>

#include "base/mem.h"
#include "px_test.h"
#include "px_world.h"

enum { TWINS = 3, TOLD_MAX = 4000 };

static const char model[] =
    "{\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"current\",\"schema\":\"double\"}]}";

typedef struct story {
    px_world world;
    px_history *history;
    struct {
        uint32_t twin;
        bool telemetry, maybe; /* maybe: not acknowledged, and perhaps kept */
        px_time time;
        px_num num;
    } told[TOLD_MAX];
    size_t told_count;
} story;

static void open_history(story *s)
{
    px_history_opts opts = { .env = px_fakedisk_env(s->world.disk),
                             .engine = s->world.engine,
                             .store = s->world.store,
                             .graph = px_engine_graph(s->world.engine),
                             .registry = px_engine_registry(s->world.engine),
                             .flush_ns = PX_SECOND };
    px_err err;

    CHECK_OK(px_history_open(&opts, &s->history, &err), &err);
}

static void begin(story *s, uint64_t seed)
{
    *s = (story){ 0 };
    px_world_init(&s->world, seed);
    CHECK_EQ(px_world_model(&s->world, model).status, PX_OK);
    for (uint32_t i = 0; i < TWINS; i++) {
        char id[8];

        snprintf(id, sizeof(id), "p%u", i);
        CHECK_EQ(px_world_put(&s->world, id,
                              "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"},\"speed\":0.50}")
                     .status,
                 PX_OK);
    }
    open_history(s);
}

/* The engine dies on the dead disk and gives back what it has taken. */
static void kill_all(story *s)
{
    px_fakedisk_crash(s->world.disk);
    for (int i = 0; i < 4; i++)
        px_engine_step(s->world.engine);
    px_history_close(s->history);
    px_world_kill(&s->world, true);
    open_history(s);
}

static void fold_all(story *s)
{
    bool idle = false;
    px_err err;

    for (int steps = 0; !idle; steps++) {
        CHECK_OK(px_history_step(s->history, 0, &idle, &err), &err);
        px_engine_step(s->world.engine);
        CHECK(steps < 100000);
    }
}

static void finish(story *s)
{
    fold_all(s);
    px_history_close(s->history);
    px_world_release(&s->world);
}

static void report(story *s, px_gen *gen)
{
    uint32_t twin = (uint32_t)px_gen_below(gen, TWINS);
    bool telemetry = px_gen_below(gen, 2);
    px_num num = { .mantissa = (int64_t)px_gen_below(gen, 9000), .exponent = -2 };
    px_time time = INT64_C(946684800000000000) + (int64_t)s->told_count * 100000000;
    char id[8];
    px_result result;

    snprintf(id, sizeof(id), "p%u", twin);
    result = px_world_report(&s->world, id, telemetry ? "current" : "speed", num.mantissa,
                             num.exponent, time);
    CHECK(result.status == PX_OK || s->world.died);
    s->told[s->told_count].maybe = result.status != PX_OK;
    s->told[s->told_count].twin = twin;
    s->told[s->told_count].telemetry = telemetry;
    s->told[s->told_count].time = time;
    s->told[s->told_count++].num = num;
}

typedef struct listener {
    const story *s;
    uint32_t twin;
    size_t at;
} listener;

static px_status hear(void *data, const px_history_row *row, px_err *ret_err)
{
    listener *l = data;

    (void)ret_err;
    while (l->at < l->s->told_count &&
           (l->s->told[l->at].twin != l->twin ||
            (l->s->told[l->at].maybe && l->s->told[l->at].time != row->time)))
        l->at++;
    CHECK(l->at < l->s->told_count);
    CHECK_EQ(row->cell_count, 1);
    CHECK_EQ(row->time, l->s->told[l->at].time);
    CHECK_SLICE(row->cells[0].path, l->s->told[l->at].telemetry ? "current" : "speed");
    CHECK(px_num_same(row->cells[0].value.num, l->s->told[l->at].num));
    l->at++;
    return PX_OK;
}

static void check(story *s)
{
    for (uint32_t twin = 0; twin < TWINS; twin++) {
        char id[8];
        listener l = { s, twin, 0 };
        px_history_query query = { .from = PX_TIME_NONE, .to = PX_TIME_NONE };
        px_err err;

        snprintf(id, sizeof(id), "p%u", twin);
        query.twin_id = px_str_c(id);
        query.to = INT64_C(1577836800000000000); /* without the making of the twins */
        CHECK_OK(px_history_range(s->history, &s->world.admin, &query, hear, &l, NULL, &err), &err);
        for (; l.at < s->told_count; l.at++)
            CHECK(s->told[l.at].twin != twin || s->told[l.at].maybe);
    }
}

static px_status keep_cell(void *data, const px_history_cell *cell, px_err *ret_err)
{
    (void)ret_err;
    CHECK_SLICE(cell->path, "speed");
    *(px_num *)data = cell->value.num;
    return PX_OK;
}

PX_TEST(what_a_twin_was_made_with_is_its_first_value)
{
    px_history_query query = { .twin_id = PX_STR("p1") };
    px_num num = { 0 };
    px_err err;
    story s;

    begin(&s, 1);
    fold_all(&s);
    CHECK_OK(px_history_last(s.history, &s.world.admin, &query, keep_cell, &num, &err), &err);
    CHECK(px_num_same(num, ((px_num){ .mantissa = 50, .exponent = -2 })));
    finish(&s);
}

PX_TEST(an_unknown_property_is_named_with_the_nearest)
{
    px_str properties[] = { PX_STR("sped") };
    px_history_query query = { .twin_id = PX_STR("p1"),
                               .properties = properties,
                               .property_count = 1 };
    px_err err;
    story s;

    begin(&s, 1);
    fold_all(&s);
    CHECK_EQ(px_history_last(s.history, &s.world.admin, &query, keep_cell, NULL, &err), PX_INVALID);
    CHECK_STR(err.text, "the model has no property or telemetry 'sped'; did you mean 'speed'?");
    finish(&s);
}

PX_PROP(nothing_acknowledged_is_lost_or_doubled, 12)
{
    int events = 50 + (int)px_gen_below(gen, 1500);
    story *s = px_zalloc(1, sizeof(*s));

    begin(s, px_gen_u64(gen));
    for (int i = 0; i < events; i++) {
        report(s, gen);
        if (px_gen_below(gen, 10) == 0)
            px_fakedisk_advance(s->world.disk, (int64_t)px_gen_below(gen, 700000000));
        if (s->world.died) {
            kill_all(s);
            continue;
        }
        switch (px_gen_below(gen, 100)) {
        case 0:
            kill_all(s);
            break;
        case 3: /* between any two writes and syncs of what comes */
            px_fakedisk_crash_at(s->world.disk,
                                 px_fakedisk_ops(s->world.disk) + px_gen_below(gen, 60));
            break;
        case 1:
            if (px_fakedisk_crashed(s->world.disk))
                break;
            px_fakedisk_crash_at(s->world.disk, UINT64_MAX);
            fold_all(s);
            check(s);
            break;
        case 2: {
            bool idle;

            CHECK(px_history_step(s->history, 0, &idle, NULL) == PX_OK ||
                  px_fakedisk_crashed(s->world.disk));
            px_history_flush(s->history);
            break;
        }
        default:
            break;
        }
    }
    kill_all(s);
    fold_all(s);
    check(s);
    finish(s);
    px_free(s);
}

typedef struct last_seen {
    px_str path;
    px_value_kind kind;
    int heard;
} last_seen;

static px_status hear_last(void *data, const px_history_cell *cell, px_err *ret_err)
{
    last_seen *seen = data;

    (void)ret_err;
    if (px_str_eq(cell->path, seen->path)) {
        seen->kind = cell->value.kind;
        seen->heard++;
    }
    return PX_OK;
}

static px_status hear_row(void *data, const px_history_row *row, px_err *ret_err)
{
    for (size_t i = 0; i < row->cell_count; i++)
        PX_TRY(hear_last(data, &row->cells[i], ret_err));
    return PX_OK;
}

/* The end of a property is the newest that both reads tell of it. */
static void check_removed(story *s, const char *path, int cells)
{
    px_history_query query = { .twin_id = PX_STR("p0"), .from = PX_TIME_NONE, .to = PX_TIME_NONE };
    last_seen last = { .path = px_str_c(path) }, range = last;
    px_history_page page;
    px_err err;

    fold_all(s);
    CHECK_OK(px_history_last(s->history, &s->world.admin, &query, hear_last, &last, &err), &err);
    CHECK_EQ(last.heard, 1);
    CHECK_EQ(last.kind, PX_VALUE_NONE);
    CHECK_OK(px_history_range(s->history, &s->world.admin, &query, hear_row, &range, &page, &err),
             &err);
    CHECK_EQ(range.heard, cells);
    CHECK_EQ(range.kind, PX_VALUE_NONE);
}

PX_TEST(a_replacement_ends_the_properties_that_it_does_not_give)
{
    static const char bare[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"}}";
    story s;

    begin(&s, 5);
    px_fakedisk_advance(s.world.disk, PX_SECOND);
    CHECK_EQ(px_world_put(&s.world, "p0", bare).status, PX_OK);
    check_removed(&s, "speed", 2);
    px_fakedisk_advance(s.world.disk, PX_SECOND);
    CHECK_EQ(px_world_put(&s.world, "p0", bare).status, PX_OK); /* it had none: nothing to tell */
    check_removed(&s, "speed", 2);
    finish(&s);
}

PX_TEST(a_value_from_a_moment_to_come_ends_no_earlier)
{
    px_env *env;
    story s;

    begin(&s, 5);
    env = px_fakedisk_env(s.world.disk);
    CHECK_EQ(px_world_report(&s.world, "p0", "speed", 7, 0, env->now(env) + 60 * PX_SECOND).status,
             PX_OK);
    CHECK_EQ(
        px_world_put(&s.world, "p0", "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"}}").status,
        PX_OK);
    check_removed(&s, "speed", 2);
    finish(&s);
}

PX_TEST(a_migration_ends_the_properties_that_the_new_model_does_not_have)
{
    static const char other[] =
        "{\"@id\":\"dtmi:test:Fan;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
        "\"contents\":[{\"@type\":\"Property\",\"name\":\"angle\",\"schema\":\"double\"}]}";
    story s;

    begin(&s, 5);
    px_fakedisk_advance(s.world.disk, PX_SECOND);
    CHECK_EQ(px_world_model(&s.world, other).status, PX_OK);
    CHECK_EQ(
        px_world_patch(
            &s.world, "p0",
            "[{\"op\":\"replace\",\"path\":\"/$metadata/$model\",\"value\":\"dtmi:test:Fan;1\"},"
            "{\"op\":\"remove\",\"path\":\"/speed\"},"
            "{\"op\":\"add\",\"path\":\"/angle\",\"value\":3}]")
            .status,
        PX_OK);
    CHECK_STR(px_world_value(&s.world, "p0", "angle"), "3");
    check_removed(&s, "speed", 2);
    finish(&s);
}

PX_TEST(what_a_model_says_again_after_another_holds)
{
    static const char other[] =
        "{\"@id\":\"dtmi:test:Fan;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
        "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"}]}";
    static const char *const told[] = {
        "{\"$metadata\":{\"$model\":\"dtmi:test:Fan;1\"},\"speed\":7}",
        "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"},\"speed\":0.50}",
    };
    px_history_query query = { .twin_id = PX_STR("p1") };
    px_num num = { 0 };
    px_err err;
    story s;

    begin(&s, 6); /* the clock stands: all of it is of one time, the first word as the last */
    CHECK_EQ(px_world_model(&s.world, other).status, PX_OK);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(px_world_put(&s.world, "p1", told[i]).status, PX_OK);
    fold_all(&s);
    px_history_flush(s.history);
    fold_all(&s);
    kill_all(&s);
    fold_all(&s);
    CHECK_OK(px_history_last(s.history, &s.world.admin, &query, keep_cell, &num, &err), &err);
    CHECK(px_num_same(num, ((px_num){ .mantissa = 50, .exponent = -2 })));
    finish(&s);
}

PX_TEST_MAIN()
