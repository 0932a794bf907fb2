/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include "px_test.h"
#include "px_world.h"

#include <stdio.h>

static const char pump_model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"pressure\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"run\",\"schema\":\"boolean\",\"writable\":true},"
    "{\"@type\":\"Telemetry\",\"name\":\"flow\",\"schema\":\"double\"},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\",\"maxMultiplicity\":1},"
    "{\"@type\":\"Command\",\"name\":\"stop\"}]}";
static const char pump[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"},\"pressure\":2.50}";

static void begin(px_world *world)
{
    px_result result;

    px_world_init(world, 1);
    result = px_world_model(world, pump_model);
    CHECK_OK(result.status, &result.err);
    result = px_world_put(world, "p1", pump);
    CHECK_OK(result.status, &result.err);
}

PX_TEST(keeps_the_digits_that_came)
{
    px_world world;

    begin(&world);
    CHECK_STR(px_world_value(&world, "p1", "pressure"), "2.50");
    px_world_release(&world);
}

PX_TEST(what_was_acknowledged_is_there_after_a_kill)
{
    px_world world;
    px_result result;

    begin(&world);
    result = px_world_report(&world, "p1", "pressure", 31, -1, PX_SECOND);
    CHECK_OK(result.status, &result.err);
    px_world_kill(&world, false);
    CHECK_STR(px_world_value(&world, "p1", "pressure"), "3.1");
    px_world_kill(&world, true);
    CHECK_STR(px_world_value(&world, "p1", "pressure"), "3.1");
    px_world_release(&world);
}

PX_TEST(late_sample_does_not_move_the_live_value_back)
{
    px_world world;

    begin(&world);
    CHECK_EQ(px_world_report(&world, "p1", "flow", 10, 0, 2 * PX_SECOND).status, PX_OK);
    CHECK_EQ(px_world_report(&world, "p1", "flow", 9, 0, PX_SECOND).status, PX_OK);
    CHECK_STR(px_world_value(&world, "p1", "flow"), "10");
    px_world_release(&world);
}

PX_TEST(a_patch_applies_whole_or_not_at_all)
{
    px_world world;
    px_result result;

    begin(&world);
    result = px_world_patch(&world, "p1",
                            "[{\"op\":\"replace\",\"path\":\"/pressure\",\"value\":4},"
                            "{\"op\":\"add\",\"path\":\"/run\",\"value\":\"yes\"}]");
    CHECK_EQ(result.status, PX_INVALID);
    CHECK_STR(px_world_value(&world, "p1", "pressure"), "2.50");
    result = px_world_patch(&world, "p1",
                            "[{\"op\":\"replace\",\"path\":\"/pressure\",\"value\":4},"
                            "{\"op\":\"add\",\"path\":\"/run\",\"value\":true}]");
    CHECK_OK(result.status, &result.err);
    CHECK_STR(px_world_value(&world, "p1", "pressure"), "4");
    CHECK_STR(px_world_value(&world, "p1", "run"), "true");
    px_world_release(&world);
}

static int answered;

static void count_answer(px_request *request)
{
    (void)request;
    answered++;
}

PX_TEST(of_two_writers_with_one_etag_in_one_batch_exactly_one_wins)
{
    px_request both[2];
    px_world world;
    px_result made;
    px_json *ops;
    px_arena arena;
    px_err err;

    begin(&world);
    px_arena_init(&arena, 1 << 20);
    made = px_world_put(&world, "p2", pump);
    CHECK_OK(px_json_parse(PX_STR("[{\"op\":\"replace\",\"path\":\"/pressure\",\"value\":9}]"),
                           NULL, &arena, &ops, &err),
             &err);
    for (int i = 0; i < 2; i++)
        both[i] = (px_request){ .kind = PX_REQUEST_TWIN_PATCH,
                                .principal = world.admin,
                                .id = PX_STR("p2"),
                                .json = ops,
                                .if_match = made.seq,
                                .done = count_answer };
    both[0].next = &both[1];
    answered = 0;
    CHECK_OK(px_engine_submit(world.engine, &both[0], &both[1]), &err);
    px_engine_step(world.engine);
    CHECK_EQ(answered, 2);
    CHECK_EQ(both[0].result.status, PX_OK);
    CHECK_EQ(both[1].result.status, PX_STALE);
    px_arena_release(&arena);
    px_world_release(&world);
}

PX_TEST(a_full_disk_refuses_and_comes_back_by_itself)
{
    px_world world;
    px_result result;

    begin(&world);
    px_fakedisk_capacity(world.disk, px_fakedisk_used(world.disk));
    for (int i = 0; i < 1000; i++) {
        result = px_world_report(&world, "p1", "flow", i, 0, i * PX_SECOND);
        if (result.status != PX_OK)
            break;
    }
    CHECK_EQ(result.status, PX_FULL);
    CHECK(!world.died);
    CHECK_STR(px_world_value(&world, "p1", "pressure"), "2.50");
    px_fakedisk_capacity(world.disk, INT64_MAX);
    result = px_world_report(&world, "p1", "flow", 77, 0, 5000 * PX_SECOND);
    CHECK_OK(result.status, &result.err);
    CHECK_STR(px_world_value(&world, "p1", "flow"), "77");
    px_world_release(&world);
}

PX_TEST(nothing_is_acknowledged_after_a_failed_sync)
{
    px_world world;

    begin(&world);
    px_fakedisk_fail(world.disk, PX_FAKE_SYNC, 1, PX_IO, false);
    CHECK(px_world_report(&world, "p1", "flow", 1, 0, PX_SECOND).status != PX_OK);
    CHECK(world.died);
    CHECK(px_world_report(&world, "p1", "flow", 2, 0, 2 * PX_SECOND).status != PX_OK);
    px_world_release(&world);
}

PX_TEST(relationships_obey_their_model_and_outlive_a_kill)
{
    px_world world;
    px_result result;

    begin(&world);
    CHECK_EQ(px_world_put(&world, "p2", pump).status, PX_OK);
    result = px_world_relate(&world, "p1", "r",
                             "{\"$relationshipName\":\"feeds\",\"$targetId\":\"p2\"}");
    CHECK_OK(result.status, &result.err);
    result = px_world_relate(&world, "p1", "s",
                             "{\"$relationshipName\":\"feeds\",\"$targetId\":\"p2\"}");
    CHECK_EQ(result.status, PX_INVALID);
    CHECK_STR(result.err.id, "relationship.multiplicity");
    result =
        px_world_relate(&world, "p1", "s", "{\"$relationshipName\":\"eats\",\"$targetId\":\"p2\"}");
    CHECK_STR(result.err.id, "relationship.invalid");
    result = px_world_delete(&world, "p2");
    CHECK_STR(result.err.id, "twin.has_relationships");
    px_world_kill(&world, true);
    result = px_world_delete(&world, "p2");
    CHECK_STR(result.err.id, "twin.has_relationships");
    px_world_release(&world);
}

PX_TEST(a_restart_from_checkpoint_and_tail_is_the_same_state)
{
    px_buf before = { 0 }, after = { 0 };
    px_world world;

    begin(&world);
    world.checkpoint_ns = 1;
    for (int i = 0; i < 50; i++) {
        char id[16];

        snprintf(id, sizeof(id), "t%d", i);
        CHECK_EQ(px_world_put(&world, id, pump).status, PX_OK);
        CHECK_EQ(px_world_report(&world, id, "flow", i, 0, PX_SECOND).status, PX_OK);
        if (i % 7 == 0)
            CHECK_EQ(px_world_delete(&world, id).status, PX_OK);
        px_fakedisk_advance(world.disk, 10 * PX_SECOND);
    }
    for (int i = 0; i < 100; i++) {
        px_fakedisk_advance(world.disk, PX_SECOND);
        px_engine_step(world.engine);
    }
    CHECK_EQ(px_world_report(&world, "t1", "flow", 99, 0, 9 * PX_SECOND).status, PX_OK);
    px_world_dump(&world, &before);
    CHECK(before.len > 1000);
    px_world_kill(&world, true);
    CHECK(px_engine_stat(world.engine).loaded_rows > 40);
    px_world_dump(&world, &after);
    CHECK_STR(after.ptr, before.ptr);
    px_world_close(&world);
    px_buf_clear(&after);
    {
        px_err err;

        CHECK_OK(px_world_open(&world, &err), &err);
    }
    px_world_dump(&world, &after);
    CHECK_STR(after.ptr, before.ptr);
    px_buf_release(&before);
    px_buf_release(&after);
    px_world_release(&world);
}

PX_TEST(a_device_reports_for_its_own_twins_only)
{
    px_str own[] = { PX_STR("p2") };
    px_field_value field = { .value = px_value_num(px_num_int(1)), .source_time = PX_TIME_NONE };
    px_sample sample = { PX_SECOND, &field, 1 };
    px_request request = { .kind = PX_REQUEST_DEVICE_MESSAGE,
                           .principal = { .tenant = 1,
                                          .role = PX_ROLE_DEVICE,
                                          .id = PX_STR("d"),
                                          .twins = own,
                                          .twin_count = 1 },
                           .id = PX_STR("p1"),
                           .model_no = 1,
                           .samples = &sample,
                           .sample_count = 1 };
    px_world world;

    begin(&world);
    CHECK_EQ(px_world_do(&world, &request).status, PX_DENIED);
    CHECK_EQ(px_world_put(&world, "p2", pump).status, PX_OK);
    request.id = PX_STR("p2");
    CHECK_EQ(px_world_do(&world, &request).status, PX_OK);
    CHECK_STR(px_world_value(&world, "p2", "pressure"), "1");
    px_world_release(&world);
}

PX_TEST(desired_values_stand_beside_reported_ones)
{
    px_request request = { .kind = PX_REQUEST_DESIRED_PATCH, .id = PX_STR("p1") };
    px_world world;
    px_json *json;
    px_arena arena;
    px_err err;

    begin(&world);
    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(PX_STR("{\"run\":true}"), NULL, &arena, &json, &err), &err);
    request.json = json;
    CHECK_EQ(px_world_do(&world, &request).status, PX_OK);
    CHECK_STR(px_world_value(&world, "p1", "run"), "");
    CHECK_OK(px_json_parse(PX_STR("{\"pressure\":1}"), NULL, &arena, &json, &err), &err);
    request.json = json;
    CHECK_EQ(px_world_do(&world, &request).status, PX_INVALID);
    CHECK_STR(request.result.err.id, "desired.writable");
    px_arena_release(&arena);
    px_world_release(&world);
}

static bool is_pending(px_world *world)
{
    return px_documents_count(px_engine_documents(world->engine), 1, PX_STR("command")) > 0;
}

PX_TEST(a_command_that_nobody_answers_times_out_by_the_journals_time)
{
    px_request command = { .kind = PX_REQUEST_COMMAND,
                           .id = PX_STR("p1"),
                           .name = PX_STR("stop"),
                           .command_id = PX_STR("c1") };
    px_request answer = { .kind = PX_REQUEST_COMMAND_RESPONSE,
                          .id = PX_STR("p1"),
                          .command_id = PX_STR("c1"),
                          .code = PX_COMMAND_APPLIED };
    px_world world;
    px_env *env;

    begin(&world);
    env = px_fakedisk_env(world.disk);
    command.deadline = env->now(env) + 5 * PX_SECOND;
    CHECK_OK(px_world_do(&world, &command).status, &command.result.err);
    CHECK(is_pending(&world));
    px_world_kill(&world, true);
    CHECK(is_pending(&world));
    for (int i = 0; i < 4; i++) {
        px_fakedisk_advance(world.disk, PX_SECOND);
        px_engine_step(world.engine);
    }
    CHECK(is_pending(&world));
    for (int i = 0; i < 3; i++) {
        px_fakedisk_advance(world.disk, PX_SECOND);
        px_engine_step(world.engine);
    }
    CHECK(!is_pending(&world));
    CHECK_EQ(px_world_do(&world, &answer).status, PX_NOT_FOUND);
    px_world_release(&world);
}

/* A timer that is due asks for a tick again and again; on a full disk there is none, but what the
 * store reserved for the end has room for it. */
PX_TEST(a_full_disk_does_not_hold_up_the_end)
{
    for (int is_due = 0; is_due < 2; is_due++) {
        px_request command = { .kind = PX_REQUEST_COMMAND,
                               .id = PX_STR("p1"),
                               .name = PX_STR("stop"),
                               .command_id = PX_STR("c1"),
                               .deadline = INT64_C(4000000000) * PX_SECOND };
        px_world world;

        begin(&world);
        if (is_due)
            command.deadline = px_engine_now(world.engine) + PX_SECOND;
        CHECK_OK(px_world_do(&world, &command).status, &command.result.err);
        px_fakedisk_capacity(world.disk, px_fakedisk_used(world.disk));
        for (int i = 0; i < 1000; i++)
            if (px_world_report(&world, "p1", "flow", i, 0, i * PX_SECOND).status == PX_FULL)
                break;
        px_fakedisk_advance(world.disk, 2 * PX_SECOND);
        px_engine_prepare_stop(world.engine);
        px_engine_stop(world.engine);
        CHECK(!world.died);
        px_fakedisk_capacity(world.disk, INT64_MAX);
        px_world_kill(&world, false);
        CHECK_EQ(is_pending(&world), !is_due);
        px_world_release(&world);
    }
}

PX_TEST(a_command_is_answered_once)
{
    px_request command = { .kind = PX_REQUEST_COMMAND,
                           .id = PX_STR("p1"),
                           .name = PX_STR("stop"),
                           .command_id = PX_STR("c1"),
                           .deadline = INT64_C(4000000000) * PX_SECOND };
    px_request answer = { .kind = PX_REQUEST_COMMAND_RESPONSE,
                          .id = PX_STR("p1"),
                          .command_id = PX_STR("c1"),
                          .code = PX_COMMAND_APPLIED };
    px_request unknown = { .kind = PX_REQUEST_COMMAND, .id = PX_STR("p1"), .name = PX_STR("jump") };
    px_world world;

    begin(&world);
    CHECK_EQ(px_world_do(&world, &unknown).status, PX_NOT_FOUND);
    CHECK_EQ(px_world_do(&world, &command).status, PX_OK);
    CHECK_EQ(px_world_do(&world, &command).status, PX_OK);
    CHECK_EQ(px_documents_count(px_engine_documents(world.engine), 1, PX_STR("command")), 1);
    CHECK_EQ(px_world_do(&world, &answer).status, PX_OK);
    CHECK_EQ(px_world_do(&world, &answer).status, PX_NOT_FOUND);
    px_world_release(&world);
}

static px_status count_row(void *data, const px_fold *fold, px_err *ret_err)
{
    (void)ret_err;
    *(int *)data += fold->body.len == 0;
    return PX_OK;
}

static int empty_rows(px_world *world)
{
    px_store_reader *reader;
    int count = 0;
    px_err err;

    CHECK_OK(px_store_reader_open(world->store, &reader, &err), &err);
    CHECK_OK(px_store_scan(reader, PX_TABLE_STATE, PX_KEY_MIN, PX_KEY_MAX, count_row, &count, &err),
             &err);
    px_store_reader_close(reader);
    return count;
}

static void rest(px_world *world, int steps)
{
    for (int i = 0; i < steps; i++) {
        px_fakedisk_advance(world->disk, PX_SECOND);
        px_engine_step(world->engine);
    }
}

PX_TEST(traces_of_deleted_twins_go_once_the_journal_has_passed_them)
{
    px_world world;

    begin(&world);
    world.checkpoint_ns = 1;
    world.journal_keep_bytes = 1;
    px_world_kill(&world, false);
    for (int i = 0; i < 5; i++) {
        char id[3] = { 'x', (char)('0' + i), 0 };

        CHECK_EQ(px_world_put(&world, id, pump).status, PX_OK);
        CHECK_EQ(px_world_delete(&world, id).status, PX_OK);
    }
    rest(&world, 50);
    CHECK_EQ(empty_rows(&world), 1); /* of the newest row, which the journal always keeps */
    CHECK_EQ(px_world_put(&world, "later", pump).status, PX_OK);
    rest(&world, 50);
    px_world_kill(&world, true);
    rest(&world, 50);
    CHECK_EQ(empty_rows(&world), 0);
    px_world_kill(&world, true);
    CHECK_STR(px_world_value(&world, "later", "pressure"), "2.50");
    CHECK_STR(px_world_value(&world, "x0", "pressure"), "");
    px_world_release(&world);
}

PX_TEST(traces_go_without_a_restart_too)
{
    px_document_write write = { .kind = PX_STR("device"),
                                .id = PX_STR("d"),
                                .body = PX_STR("{\"twins\":[]}") };
    px_request device = { .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };
    px_world world;

    begin(&world);
    world.checkpoint_ns = 1;
    world.journal_keep_bytes = 1;
    px_world_kill(&world, false);
    CHECK_EQ(px_world_put(&world, "x", pump).status, PX_OK);
    CHECK_EQ(px_world_delete(&world, "x").status, PX_OK);
    CHECK_EQ(px_world_do(&world, &device).status, PX_OK);
    write.body = (px_str){ 0 };
    CHECK_EQ(px_world_do(&world, &device).status, PX_OK);
    rest(&world, 50);
    CHECK_EQ(empty_rows(&world), 1); /* the document's: its deletion is the newest row */
    CHECK_EQ(px_world_put(&world, "later", pump).status, PX_OK);
    rest(&world, 50);
    CHECK_EQ(empty_rows(&world), 0);
    px_world_kill(&world, true);
    CHECK_STR(px_world_value(&world, "x", "pressure"), "");
    CHECK_STR(px_world_value(&world, "later", "pressure"), "2.50");
    px_world_release(&world);
}

PX_TEST(etags_read_back_as_the_revision_they_were_made_of)
{
    px_buf text = { 0 };
    uint64_t revision;

    px_put_etag(&text, UINT64_C(0x123456789ABCDEF0));
    CHECK(px_etag_parse(px_buf_str(&text), &revision));
    CHECK(revision == UINT64_C(0x123456789ABCDEF0));
    CHECK(!px_etag_parse(PX_STR("W/\"x\""), &revision));
    px_buf_release(&text);
}

PX_TEST_MAIN()
