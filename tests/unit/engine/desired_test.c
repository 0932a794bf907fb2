/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of desired values: delivered, applied, rejected, timed out, and open again. */
#include "engine/desired.h"

#include <stdio.h>

#include "base/limits.h"
#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

#define AUTO_BUF __attribute__((cleanup(px_buf_release))) px_buf

static const char press_model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\",\"writable\":true},"
    "{\"@type\":\"Property\",\"name\":\"heat\",\"schema\":\"double\",\"writable\":true},"
    "{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\"}]}";
static const char press[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"}}";

static void begin(px_world *world)
{
    px_world_init(world, 1);
    CHECK_EQ(px_world_model(world, press_model).status, PX_OK);
    CHECK_EQ(px_world_put(world, "p", press).status, PX_OK);
}

static px_time now(px_world *world)
{
    px_env *env = px_fakedisk_env(world->disk);

    return env->now(env);
}

static px_result send(px_world *world, px_request_kind kind, const char *text, px_time deadline)
{
    PX_AUTO_ARENA arena = { 0 };
    px_request request = { .kind = kind, .id = PX_STR("p"), .deadline = deadline };
    px_json *json;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(px_str_c(text), NULL, &arena, &json, &err), &err);
    request.json = json;
    return px_world_do(world, &request);
}

static uint64_t wish(px_world *world, const char *text)
{
    px_result result = send(world, PX_REQUEST_DESIRED_PATCH, text, 0);

    CHECK_EQ(result.status, PX_OK);
    return result.seq;
}

static px_result answer(px_world *world, uint64_t version, const char *rest)
{
    AUTO_BUF text = { 0 };

    px_putf(&text, "{\"$version\":%llu,%s}", (unsigned long long)version, rest);
    px_put_char(&text, '\0');
    return send(world, PX_REQUEST_DESIRED_STATUS, text.ptr, 0);
}

static px_result delivered(px_world *world, uint64_t version)
{
    px_request request = { .kind = PX_REQUEST_DESIRED_STATUS,
                           .id = PX_STR("p"),
                           .version = version };

    return px_world_do(world, &request);
}

/* In static memory. */
static const char *status_of(px_world *world, const char *property)
{
    static char text[400];
    PX_AUTO_ARENA arena = { 0 };
    px_desired d;

    px_arena_init(&arena, 1 << 20);
    if (px_desired_get(px_engine_documents(world->engine), 1, PX_STR("p"), px_str_c(property),
                       &arena, &d, NULL) != PX_OK)
        return "none";
    snprintf(text, sizeof(text), "%s%s%.*s", px_desired_status_name(d.status),
             d.reason.len ? ": " : "", PX_FMT(d.reason));
    return text;
}

static void rest(px_world *world, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        px_fakedisk_advance(world->disk, PX_SECOND);
        px_engine_step(world->engine);
    }
}

PX_TEST(a_wish_is_pending_then_delivered_then_applied_by_what_is_reported)
{
    px_world world;
    uint64_t version;

    begin(&world);
    version = wish(&world, "{\"speed\":25,\"heat\":3}");
    CHECK_STR(status_of(&world, "speed"), "pending");
    CHECK_EQ(delivered(&world, version).status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "delivered");
    CHECK_STR(status_of(&world, "heat"), "delivered");
    CHECK_EQ(px_world_report(&world, "p", "speed", 250, -1, PX_SECOND).status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "applied");
    CHECK_STR(status_of(&world, "heat"), "delivered");
    CHECK_EQ(delivered(&world, version).status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "applied");
    px_world_release(&world);
}

PX_TEST(what_is_wished_for_and_reported_already_is_applied_at_once)
{
    px_world world;

    begin(&world);
    CHECK_EQ(px_world_report(&world, "p", "speed", 25, 0, PX_SECOND).status, PX_OK);
    wish(&world, "{\"speed\":25}");
    CHECK_STR(status_of(&world, "speed"), "applied");
    px_world_release(&world);
}

PX_TEST(what_drifts_away_is_open_again_unless_the_device_confirmed_it)
{
    px_world world;
    uint64_t version;

    begin(&world);
    version = wish(&world, "{\"speed\":25,\"heat\":3}");
    CHECK_EQ(px_world_report(&world, "p", "speed", 25, 0, PX_SECOND).status, PX_OK);
    CHECK_EQ(answer(&world, version, "\"status\":\"applied\",\"properties\":[\"heat\"]").status,
             PX_OK);
    CHECK_STR(status_of(&world, "heat"), "applied");
    CHECK_EQ(px_world_report(&world, "p", "speed", 24, 0, 2 * PX_SECOND).status, PX_OK);
    CHECK_EQ(px_world_report(&world, "p", "heat", 4, 0, 2 * PX_SECOND).status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "pending");
    CHECK_STR(status_of(&world, "heat"), "applied");
    px_world_release(&world);
}

PX_TEST(a_late_sample_settles_nothing)
{
    px_world world;

    begin(&world);
    CHECK_EQ(px_world_report(&world, "p", "speed", 20, 0, 9 * PX_SECOND).status, PX_OK);
    wish(&world, "{\"speed\":25}");
    CHECK_EQ(px_world_report(&world, "p", "speed", 25, 0, 8 * PX_SECOND).status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "pending");
    px_world_release(&world);
}

PX_TEST(a_rejected_wish_says_why_until_it_is_wished_anew)
{
    px_world world;
    uint64_t version;

    begin(&world);
    version = wish(&world, "{\"speed\":25,\"heat\":3}");
    CHECK_EQ(answer(&world, version,
                    "\"status\":\"rejected\",\"properties\":[\"speed\"],\"reason\":\"too fast\"")
                 .status,
             PX_OK);
    CHECK_STR(status_of(&world, "speed"), "rejected: too fast");
    CHECK_STR(status_of(&world, "heat"), "pending");
    CHECK_EQ(delivered(&world, version).status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "rejected: too fast");
    wish(&world, "{\"speed\":24}");
    CHECK_STR(status_of(&world, "speed"), "pending");
    px_world_release(&world);
}

PX_TEST(an_answer_means_what_was_wished_for_up_to_its_version)
{
    px_world world;
    uint64_t first, second;

    begin(&world);
    first = wish(&world, "{\"speed\":25}");
    second = wish(&world, "{\"heat\":3}");
    CHECK(second > first);
    CHECK_EQ(answer(&world, first, "\"status\":\"rejected\"").status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "rejected");
    CHECK_STR(status_of(&world, "heat"), "pending");
    CHECK_EQ(answer(&world, second + 1, "\"status\":\"applied\"").status, PX_INVALID);
    CHECK_EQ(answer(&world, second, "\"status\":\"applied\"").status, PX_OK);
    CHECK_EQ(answer(&world, second, "\"status\":\"applied\"").status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "applied");
    CHECK_STR(status_of(&world, "heat"), "applied");
    px_world_release(&world);
}

PX_TEST(a_response_of_another_form_is_refused)
{
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"$version\":1}",
        "{\"$version\":0,\"status\":\"applied\"}",
        "{\"$version\":\"1\",\"status\":\"applied\"}",
        "{\"$version\":1,\"status\":\"maybe\"}",
        "{\"$version\":1,\"status\":\"applied\",\"properties\":\"speed\"}",
        "{\"$version\":1,\"status\":\"applied\",\"properties\":[1]}",
        "{\"$version\":1,\"status\":\"applied\",\"properties\":[\"note\"]}",
        "{\"$version\":1,\"status\":\"applied\",\"reason\":7}",
        "{\"$version\":1,\"status\":\"applied\",\"colour\":7}",
    };
    px_world world;

    begin(&world);
    wish(&world, "{\"speed\":25}");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_EQ(send(&world, PX_REQUEST_DESIRED_STATUS, bad[i], 0).status, PX_INVALID);
    CHECK_STR(status_of(&world, "speed"), "pending");
    px_world_release(&world);
}

PX_TEST(a_reason_has_at_most_256_bytes)
{
    for (int over = 0; over < 2; over++) {
        AUTO_BUF text = { 0 };
        px_world world;
        uint64_t version;

        begin(&world);
        version = wish(&world, "{\"speed\":25}");
        px_put_c(&text, "\"status\":\"rejected\",\"reason\":\"");
        for (int i = 0; i < PX_DESIRED_REASON_BYTES_MAX + over; i++)
            px_put_char(&text, 'x');
        px_put(&text, PX_STR("\"\0"));
        CHECK_EQ(answer(&world, version, text.ptr).status, over ? PX_INVALID : PX_OK);
        px_world_release(&world);
    }
}

PX_TEST(a_wish_with_an_end_times_out_by_the_journals_time_also_after_a_kill)
{
    px_world world;
    uint64_t version;

    begin(&world);
    CHECK_EQ(send(&world, PX_REQUEST_DESIRED_PATCH, "{\"speed\":25,\"heat\":3}",
                  now(&world) + 8 * PX_SECOND)
                 .status,
             PX_OK);
    version = wish(&world, "{\"heat\":4}");
    CHECK_EQ(delivered(&world, version).status, PX_OK);
    rest(&world, 4);
    px_world_kill(&world, true);
    CHECK_STR(status_of(&world, "speed"), "delivered");
    rest(&world, 6);
    CHECK_STR(status_of(&world, "speed"), "timed out");
    CHECK_STR(status_of(&world, "heat"), "delivered");
    CHECK_EQ(answer(&world, version, "\"status\":\"rejected\"").status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "timed out");
    CHECK_EQ(px_world_report(&world, "p", "speed", 25, 0, PX_SECOND).status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "applied");
    CHECK_EQ(px_world_report(&world, "p", "speed", 24, 0, 2 * PX_SECOND).status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "timed out");
    px_world_release(&world);
}

PX_TEST(wishes_that_are_wished_anew_leave_no_timers_behind)
{
    px_world world;

    begin(&world);
    for (int i = 0; i < 5000; i++)
        CHECK_EQ(send(&world, PX_REQUEST_DESIRED_PATCH, "{\"speed\":25}",
                      now(&world) + PX_DESIRED_EXPIRY_S_MAX * PX_SECOND)
                     .status,
                 PX_OK);
    CHECK(world.engine->state.timers.len <= 1100);
    px_world_release(&world);
}

PX_TEST(nothing_stays_of_a_wish_that_is_taken_back_or_whose_twin_goes)
{
    px_world world;
    size_t left;

    begin(&world);
    wish(&world, "{\"speed\":25,\"heat\":3}");
    wish(&world, "{\"speed\":null}");
    CHECK_STR(status_of(&world, "speed"), "none");
    CHECK_STR(status_of(&world, "heat"), "pending");
    CHECK_EQ(px_world_delete(&world, "p").status, PX_OK);
    left = px_documents_count(px_engine_documents(world.engine), 1, PX_STR("desired"));
    CHECK_EQ(left, 0);
    px_world_release(&world);
}

PX_TEST(a_patch_of_the_reported_value_settles_and_its_position_is_the_twins)
{
    px_world world;
    px_result result;

    begin(&world);
    wish(&world, "{\"speed\":25}");
    result = px_world_patch(&world, "p", "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":25}]");
    CHECK_EQ(result.status, PX_OK);
    CHECK_STR(status_of(&world, "speed"), "applied");
    CHECK_EQ(px_engine_position(world.engine), result.seq + 1);
    px_world_release(&world);
}

/* Whatever happens in whatever order, and whenever it is killed: what is applied by reported says
 * the same as reported, and the state after a restart is the one before. */
static void one_step(px_world *world, px_gen *gen, uint64_t *version)
{
    int64_t value = (int64_t)px_gen_below(gen, 3);
    AUTO_BUF text = { 0 };

    switch (px_gen_below(gen, 6)) {
    case 0:
        px_putf(&text, "{\"speed\":%d}", (int)value);
        px_put_char(&text, '\0');
        CHECK_EQ(
            send(world, PX_REQUEST_DESIRED_PATCH, text.ptr, value ? 0 : now(world) + 2 * PX_SECOND)
                .status,
            PX_OK);
        *version = px_engine_position(world->engine) - 1;
        break;
    case 1:
        CHECK_EQ(px_world_report(world, "p", "speed", value, 0, now(world)).status, PX_OK);
        break;
    case 2:
        if (*version)
            CHECK_EQ(delivered(world, *version).status, PX_OK);
        break;
    case 3:
        if (*version)
            CHECK_EQ(answer(world, *version,
                            value ? "\"status\":\"rejected\"" : "\"status\":\"applied\"")
                         .status,
                     PX_OK);
        break;
    case 4:
        rest(world, 1);
        break;
    default:
        px_world_kill(world, value == 0);
    }
    px_fakedisk_advance(world->disk, PX_MILLISECOND * 10);
}

static void check_sense(px_world *world)
{
    PX_AUTO_ARENA arena = { 0 };
    AUTO_BUF scratch = { 0 };
    const px_twin *twin;
    px_slot slot;
    px_desired d;

    px_arena_init(&arena, 1 << 20);
    CHECK_EQ(px_graph_read(px_engine_graph(world->engine), 1, PX_STR("p"), &scratch, &twin, NULL),
             PX_OK);
    if (px_desired_get(px_engine_documents(world->engine), 1, PX_STR("p"), PX_STR("speed"), &arena,
                       &d, NULL) != PX_OK)
        return;
    slot = px_twin_slot_at(twin, px_twin_slot_from(twin, PX_DESIRED));
    if (px_desired_derived(twin, &slot) == PX_DESIRED_APPLIED)
        CHECK_EQ(d.status, PX_DESIRED_APPLIED);
    else
        CHECK(d.status != PX_DESIRED_APPLIED || d.is_confirmed);
}

PX_PROP(what_is_applied_is_reported_or_confirmed_whatever_happens, 30)
{
    px_world world;
    uint64_t version = 0;

    begin(&world);
    for (int i = 0; i < 30; i++) {
        one_step(&world, gen, &version);
        check_sense(&world);
    }
    px_world_release(&world);
}

PX_TEST_MAIN()
