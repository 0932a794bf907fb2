/* SPDX-License-Identifier: Apache-2.0 */
/* Telemetry by HTTP leaves its last value beside the twin, by the rules of a device's samples. */
#include <stdio.h>

#include "base/json.h"
#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"
#include "twin/property.h"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"hum\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"flow\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"log\",\"schema\":{\"@type\":\"Map\","
    "\"mapKey\":{\"name\":\"k\",\"schema\":\"string\"},"
    "\"mapValue\":{\"name\":\"v\",\"schema\":\"string\"}}},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:test:Motor;1\"}]}]";
static const char pump[] =
    "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"},\"speed\":1,\"motor\":{\"$metadata\":{}}}";

static px_world world;
static unsigned messages;

static void begin(void)
{
    px_result result;

    px_world_init(&world, 1);
    result = px_world_model(&world, models);
    CHECK_OK(result.status, &result.err);
    result = px_world_put(&world, "p", pump);
    CHECK_OK(result.status, &result.err);
}

/* As the door hands it on; the Message-Id is a new one unless it is given. */
static px_result tell_as(const char *message_id, const char *component, const char *text,
                         px_time source_time)
{
    px_request request = { .kind = PX_REQUEST_TELEMETRY,
                           .id = PX_STR("p"),
                           .source_time = source_time };
    px_result result;
    px_arena arena;
    px_json *json;
    char id[16];
    px_err err;

    snprintf(id, sizeof(id), "m%u", ++messages);
    request.message_id = px_str_c(message_id ? message_id : id);
    if (component)
        request.component = px_str_c(component);
    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(px_str_c(text), NULL, &arena, &json, &err), &err);
    request.json = json;
    result = px_world_do(&world, &request);
    px_arena_release(&arena);
    return result;
}

static void tell(const char *text, px_time source_time)
{
    px_result result = tell_as(NULL, NULL, text, source_time);

    CHECK_OK(result.status, &result.err);
}

static px_slot slot_of(const char *path, uint64_t *ret_seq, uint64_t *ret_revision)
{
    px_slot slot = { 0 };
    px_buf record = { 0 };
    const px_field *field;
    const px_twin *twin;
    px_err err;

    CHECK_OK(px_graph_read(px_engine_graph(world.engine), 1, PX_STR("p"), &record, &twin, &err),
             &err);
    field = px_layout_find_path(
        px_model_layout(px_registry_model(px_engine_registry(world.engine), px_twin_model(twin))),
        px_str_c(path));
    CHECK(field != NULL && px_twin_slot(twin, field->index, &slot));
    *ret_seq = px_twin_seq(twin);
    *ret_revision = px_twin_revision(twin);
    px_buf_release(&record);
    return slot;
}

PX_TEST(telemetry_by_http_leaves_its_last_value_and_not_its_etag)
{
    uint64_t seq, revision, before;
    px_slot slot;

    begin();
    slot_of("speed", &seq, &before);
    CHECK_EQ(seq, before);
    tell("{\"flow\":1.50,\"stray\":3}", 5 * PX_SECOND);
    CHECK_STR(px_world_value(&world, "p", "flow"), "1.50");
    slot = slot_of("flow", &seq, &revision);
    CHECK_EQ(slot.source_time, 5 * PX_SECOND);
    CHECK(!slot.by_command && slot.quality == PX_QUALITY_GOOD);
    CHECK(seq > before);
    CHECK_EQ(revision, before);
    CHECK_EQ(tell_as(NULL, "motor", "{\"hum\":3}", PX_TIME_NONE).status, PX_OK);
    CHECK_STR(px_world_value(&world, "p", "motor.hum"), "3");
    CHECK_EQ(slot_of("motor.hum", &seq, &revision).source_time, PX_TIME_NONE);
    CHECK_EQ(revision, before);
    tell("\"a text\"", PX_TIME_NONE); /* nothing of it is known: nothing moves */
    slot_of("flow", &before, &revision);
    CHECK_EQ(before, seq);
    px_world_release(&world);
}

PX_TEST(late_repeated_and_ahead_are_judged_as_of_a_device)
{
    px_time now;
    uint64_t seq, revision;
    px_slot slot;

    begin();
    tell("{\"flow\":10}", 9 * PX_SECOND);
    tell("{\"flow\":7}", 8 * PX_SECOND);
    CHECK_STR(px_world_value(&world, "p", "flow"), "10");
    CHECK_EQ(px_engine_stat(world.engine).samples_late, 1);
    tell("{\"flow\":10}", 9 * PX_SECOND);
    CHECK_EQ(px_engine_stat(world.engine).samples_duplicate, 1);
    tell("{\"flow\":11}", 9 * PX_SECOND); /* a correction */
    CHECK_STR(px_world_value(&world, "p", "flow"), "11");
    /* the two doors are one clock */
    CHECK_EQ(px_world_report(&world, "p", "flow", 12, 0, 8 * PX_SECOND).status, PX_OK);
    CHECK_STR(px_world_value(&world, "p", "flow"), "11");
    CHECK_EQ(px_world_report(&world, "p", "flow", 13, 0, 10 * PX_SECOND).status, PX_OK);
    tell("{\"flow\":14}", 9 * PX_SECOND);
    CHECK_STR(px_world_value(&world, "p", "flow"), "13");
    now = px_fakedisk_env(world.disk)->now(px_fakedisk_env(world.disk));
    tell("{\"flow\":15}", now + PX_SOURCE_AHEAD_NS_MAX + PX_SECOND);
    slot = slot_of("flow", &seq, &revision);
    CHECK_EQ(slot.value.num.mantissa, 15);
    CHECK(slot.by_arrival && slot.quality == PX_QUALITY_UNCERTAIN);
    px_world_release(&world);
}

PX_TEST(a_message_id_that_comes_again_moves_nothing)
{
    begin();
    CHECK_EQ(tell_as("once", NULL, "{\"flow\":1}", PX_TIME_NONE).status, PX_OK);
    CHECK_EQ(tell_as("once", NULL, "{\"flow\":2}", PX_TIME_NONE).status, PX_OK);
    CHECK_STR(px_world_value(&world, "p", "flow"), "1");
    px_world_kill(&world, true);
    CHECK_EQ(tell_as("once", NULL, "{\"flow\":3}", PX_TIME_NONE).status, PX_OK);
    CHECK_STR(px_world_value(&world, "p", "flow"), "1");
    px_world_release(&world);
}

/* From the tail of the journal, from the row, and from both. */
PX_TEST(a_restart_comes_to_the_same_values_and_the_same_etag)
{
    px_buf before = { 0 }, after = { 0 };

    begin();
    world.checkpoint_ns = 1;
    for (int i = 0; i < 40; i++) {
        char text[32];

        snprintf(text, sizeof(text), "{\"flow\":%d.50}", i);
        tell(text, i * PX_SECOND);
        if (i % 9 == 4)
            CHECK_EQ(
                px_world_patch(&world, "p", "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":4}]")
                    .status,
                PX_OK);
        for (int step = 0; step < i % 4; step++)
            px_engine_step(world.engine);
        px_fakedisk_advance(world.disk, PX_SECOND);
        px_buf_clear(&before);
        px_world_dump(&world, &before);
        px_world_kill(&world, i % 2);
        px_buf_clear(&after);
        px_world_dump(&world, &after);
        CHECK_STR(after.ptr, before.ptr);
    }
    CHECK_STR(px_world_value(&world, "p", "flow"), "39.50");
    px_buf_release(&before);
    px_buf_release(&after);
    px_world_release(&world);
}

/* A round of the checkpoint that a crash ends has stored the twin with a later value: what the
 * journal tells of before must not come back. */
PX_TEST(a_row_that_is_newer_keeps_its_value_in_replay)
{
    px_engine_state *s;
    px_field_value field = { .source_time = PX_TIME_NONE,
                             .value = px_value_num((px_num){ 9, 0, false }) };
    px_event event = { .type = PX_EVENT_TELEMETRY,
                       .tenant = 1,
                       .id = PX_STR("older"),
                       .source_time = PX_TIME_NONE,
                       .fields = &field,
                       .field_count = 1 };
    px_buf body = { 0 };
    uint64_t seq, revision;
    px_err err;

    begin();
    tell("{\"flow\":1}", PX_TIME_NONE);
    field.field = slot_of("flow", &seq, &revision).key;
    s = &world.engine->state;
    CHECK_OK(px_state_begin(s, s->now, &body, &err), &err);
    event.twin_no = px_twin_number(px_view_find(px_txn_view(s->txn), 1, PX_STR("p")));
    event.seq = seq;
    event.time = s->now + PX_SECOND;
    s->replaying = true;
    CHECK_OK(px_state_fold(s, &event, NULL, &err), &err);
    s->replaying = false;
    CHECK(px_seen_has(&s->seen, event.twin_no, event.id));
    px_state_commit(s);
    CHECK_STR(px_world_value(&world, "p", "flow"), "1");
    px_buf_release(&body);
    px_world_release(&world);
}

/* ---- room ---- */

/* A map of the weight that is asked for, in characters. */
static void put_log(px_buf *body, size_t len)
{
    enum { ENTRY = 1000, FRAME = 9 }; /* "aaa":"…", */
    size_t left = len - 2;

    px_buf_clear(body);
    px_put_c(body, "{\"log\":{");
    for (int i = 0; left; i++) {
        size_t take = left > 2 * ENTRY ? ENTRY : left;
        size_t text = take - FRAME + (take == left);

        if (i)
            px_put_char(body, ',');
        px_putf(body, "\"%03d\":\"", i);
        for (size_t at = 0; at < text; at++)
            px_put_char(body, 'x');
        px_put_char(body, '"');
        left -= take;
    }
    px_put_c(body, "}}");
    px_put(body, px_str_of("", 1));
}

static size_t room(void)
{
    return PX_TWIN_BYTES_MAX - PX_TWIN_HEAD_BYTES - strlen("p") -
           3 * PX_TWIN_VALUE_BYTES; /* speed, the log and the revision */
}

PX_TEST(telemetry_fills_a_twin_to_its_size_and_not_beyond)
{
    px_buf body = { 0 };
    px_result result;
    uint64_t position;

    begin();
    put_log(&body, room() + 1);
    position = px_engine_position(world.engine);
    result = tell_as("large", NULL, body.ptr, PX_TIME_NONE);
    CHECK_EQ(result.status, PX_TOO_LARGE);
    CHECK_STR(result.err.id, "twin.size");
    CHECK_EQ(px_engine_position(world.engine), position);
    put_log(&body, room());
    CHECK_EQ(tell_as("large", NULL, body.ptr, PX_TIME_NONE).status, PX_OK); /* its id is free */
    CHECK_EQ(tell_as(NULL, NULL, "{\"flow\":1}", PX_TIME_NONE).status, PX_TOO_LARGE);
    tell("\"what is not kept needs no room\"", PX_TIME_NONE);
    px_world_kill(&world, true);
    CHECK_EQ(strlen(px_world_value(&world, "p", "speed")), 1);
    CHECK_EQ(tell_as(NULL, NULL, "{\"flow\":1}", PX_TIME_NONE).status, PX_TOO_LARGE);
    px_buf_release(&body);
    px_world_release(&world);
}

/* Before last values were kept, telemetry was as large as it liked: a journal of then still starts.
 */
PX_TEST(what_an_older_release_took_and_has_no_room_stays_history)
{
    px_engine_state *s;
    px_field_value field = { .source_time = PX_TIME_NONE };
    px_event event = { .type = PX_EVENT_TELEMETRY,
                       .tenant = 1,
                       .id = PX_STR("m"),
                       .source_time = PX_TIME_NONE,
                       .fields = &field,
                       .field_count = 1 };
    px_buf body = { 0 }, journal = { 0 };
    const px_layout *layout;
    const px_twin *twin;
    px_err err;

    begin();
    put_log(&body, room() + 1);
    s = &world.engine->state;
    CHECK_OK(px_state_begin(s, s->now, &journal, &err), &err);
    twin = px_view_find(px_txn_view(s->txn), 1, PX_STR("p"));
    layout = px_model_layout(px_state_model(s, px_twin_model(twin)));
    field.field = px_layout_find_path(layout, PX_STR("log"))->index;
    field.value = px_value_json(px_str_of(body.ptr + 7, room() + 1));
    event.twin_no = px_twin_number(twin);
    event.seq = s->seq + 1;
    event.time = s->now;
    s->replaying = true;
    CHECK_OK(px_state_fold(s, &event, NULL, &err), &err);
    s->replaying = false;
    CHECK(px_seen_has(&s->seen, event.twin_no, event.id));
    CHECK_EQ(px_twin_slot_count(px_view_find(px_txn_view(s->txn), 1, PX_STR("p"))), 1);
    px_state_rollback(s, s->seq);
    px_buf_release(&body);
    px_buf_release(&journal);
    px_world_release(&world);
}

/* Everything is taken before the commit: wherever memory ends, nothing of it has happened. */
PX_TEST(without_memory_it_is_refused_and_changes_nothing)
{
    px_request request = { .kind = PX_REQUEST_TELEMETRY,
                           .id = PX_STR("p"),
                           .message_id = PX_STR("m"),
                           .source_time = PX_TIME_NONE };
    px_status status = PX_NO_MEMORY;
    px_buf events = { 0 };
    px_engine_state *s;
    unsigned refused = 0;
    px_arena arena;
    px_json *json;
    px_err err;

    begin();
    s = &world.engine->state;
    request.principal = world.admin;
    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(PX_STR("{\"flow\":1}"), NULL, &arena, &json, &err), &err);
    request.json = json;
    for (uint64_t nth = 1; status != PX_OK; nth++) {
        uint64_t seq_before = s->seq;

        CHECK_STR(px_world_value(&world, "p", "flow"), "");
        px_buf_release(&events);
        CHECK_OK(px_state_begin(s, s->now, &events, &err), &err);
        px_mem_fail_nth(nth);
        px_state_handle(s, &request);
        status = request.result.status;
        if (status == PX_OK)
            status = px_txn_settle(s->txn, s->registry, &err);
        px_mem_fail_nth(0);
        if (status != PX_OK) {
            CHECK_EQ(status, PX_NO_MEMORY);
            px_state_rollback(s, seq_before);
            refused++;
        }
    }
    px_mem_fail_nth(1); /* the commit needs none */
    px_state_commit(s);
    px_mem_fail_nth(0);
    CHECK(refused > 3);
    CHECK_STR(px_world_value(&world, "p", "flow"), "1");
    px_buf_release(&events);
    px_arena_release(&arena);
    px_world_release(&world);
}

PX_TEST_MAIN()
