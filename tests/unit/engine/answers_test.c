/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/answers.h"

#include <stdio.h>

#include "base/limits.h"
#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

static const char valve_model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Valve;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"flow\",\"schema\":\"double\"},"
    "{\"@type\":\"Command\",\"name\":\"stop\"}]}";
static const char valve[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Valve;1\"}}";

static const int64_t day = PX_ANSWER_KEEP_NS;

static px_str told; /* what requests are told */

static px_status tell(px_request *request, px_answer *ret_answer, px_err *ret_err)
{
    (void)ret_err;
    *ret_answer = (px_answer){ .status = 204, .revision = request->result.seq, .body = told };
    if (request->kind == PX_REQUEST_COMMAND)
        ret_answer->waits = request->command_id;
    return PX_OK;
}

static void begin(px_world *world)
{
    told = PX_STR("{\"a\": 1}");
    px_world_init(world, 1);
    CHECK_EQ(px_world_model(world, valve_model).status, PX_OK);
    CHECK_EQ(px_world_put(world, "v", valve).status, PX_OK);
}

/* A device's document that must be new: a second time it is refused. */
static px_result make(px_world *world, const char *key, const char *id)
{
    px_once once = { .id = px_str_c(key), .print = px_str_c(id), .answer = tell };
    px_document_write write = { .kind = PX_STR("device"),
                                .id = px_str_c(id),
                                .body = PX_STR("{\"twins\":[]}"),
                                .create_only = true };
    px_request request = {
        .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1, .once = &once
    };

    return px_world_do(world, &request);
}

static px_result stop(px_world *world, const char *key, int64_t wait_s)
{
    px_env *env = px_fakedisk_env(world->disk);
    px_once once = { .id = px_str_c(key), .print = PX_STR("stop"), .answer = tell };
    px_request command = { .kind = PX_REQUEST_COMMAND,
                           .id = PX_STR("v"),
                           .name = PX_STR("stop"),
                           .command_id = PX_STR("c1"),
                           .deadline = env->now(env) + wait_s * PX_SECOND,
                           .once = &once };

    return px_world_do(world, &command);
}

static size_t count(px_world *world, const char *kind)
{
    return px_documents_count(px_engine_documents(world->engine), 1, px_str_c(kind));
}

/* What is kept under a key, its body in static memory. */
static px_answer kept(px_world *world, const char *key)
{
    static char text[512];
    px_kept_answer found = { 0 };
    px_document document;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_documents_get(px_engine_documents(world->engine), 1, PX_STR("answer"),
                              px_str_c(key), &arena, &document, &err),
             &err);
    CHECK_OK(px_answer_read(document.body, &arena, &found, &err), &err);
    snprintf(text, sizeof(text), "%.*s", PX_FMT(found.answer.body));
    found.answer.body = px_str_c(text);
    found.answer.waits = found.answer.waits.len ? PX_STR("c1") : PX_STR("");
    px_arena_release(&arena);
    return found.answer;
}

static bool is_replay(px_result result)
{
    return result.status == PX_OK && result.kept.ptr;
}

static void advance(px_world *world, int64_t ns)
{
    px_fakedisk_advance(world->disk, ns);
    px_engine_step(world->engine);
}

PX_TEST(what_was_done_under_a_key_is_not_done_again)
{
    px_world world;
    px_result first;
    uint64_t position;

    begin(&world);
    first = make(&world, "k", "d1");
    CHECK(first.status == PX_OK && !first.kept.ptr);
    position = px_engine_position(world.engine);
    CHECK(is_replay(make(&world, "k", "d1")));
    CHECK_EQ(px_engine_position(world.engine), position);
    CHECK_EQ(make(&world, "other", "d1").status, PX_CONFLICT);
    CHECK_EQ(kept(&world, "k").status, 204);
    CHECK_EQ(kept(&world, "k").revision, first.seq);
    CHECK_EQ(first.seq + 1, position); /* its answer stands behind it, and is not its revision */
    CHECK(px_str_eq(kept(&world, "k").body, told));
    px_world_release(&world);
}

PX_TEST(a_key_that_was_used_with_another_request_is_refused)
{
    px_world world;
    px_result result;

    begin(&world);
    CHECK_EQ(make(&world, "k", "d1").status, PX_OK);
    result = make(&world, "k", "d2");
    CHECK_EQ(result.status, PX_CONFLICT);
    CHECK_STR(result.err.id, "idempotency.other");
    CHECK_EQ(count(&world, "device"), 1);
    px_world_release(&world);
}

PX_TEST(what_was_refused_is_not_kept)
{
    px_world world;

    begin(&world);
    CHECK_EQ(make(&world, "k1", "d1").status, PX_OK);
    CHECK_EQ(make(&world, "k2", "d1").status, PX_CONFLICT);
    CHECK_EQ(count(&world, "answer"), 1);
    CHECK_EQ(make(&world, "k2", "d2").status, PX_OK);
    px_world_release(&world);
}

PX_TEST(after_a_kill_or_a_power_cut_the_key_is_there_with_what_it_did)
{
    px_world world;

    begin(&world);
    for (int power = 0; power < 2; power++) {
        const char *id = power ? "d2" : "d1";

        CHECK_EQ(make(&world, id, id).status, PX_OK);
        px_world_kill(&world, power);
        CHECK(is_replay(make(&world, id, id)));
        CHECK(px_str_eq(kept(&world, id).body, told));
    }
    CHECK_EQ(count(&world, "device"), 2);
    px_world_release(&world);
}

PX_TEST(an_answer_is_kept_for_a_day_and_then_the_key_is_new)
{
    px_world world;

    begin(&world);
    CHECK_EQ(make(&world, "k", "d1").status, PX_OK);
    advance(&world, day - PX_SECOND);
    CHECK(is_replay(make(&world, "k", "d1")));
    advance(&world, PX_SECOND);
    CHECK_EQ(count(&world, "answer"), 0);
    CHECK_EQ(make(&world, "k", "d2").status, PX_OK);
    CHECK_EQ(count(&world, "answer"), 1);
    px_world_release(&world);
}

/* State rows come by tenant: what is due first may be read last. */
PX_TEST(after_a_restart_answers_go_in_their_order)
{
    px_world world;

    begin(&world);
    world.admin.tenant = 2;
    CHECK_EQ(make(&world, "early", "d1").status, PX_OK);
    world.admin.tenant = 1;
    advance(&world, day / 2);
    CHECK_EQ(make(&world, "late", "d1").status, PX_OK);
    px_world_kill(&world, false);
    advance(&world, day / 2);
    CHECK_EQ(px_documents_count(px_engine_documents(world.engine), 2, PX_STR("answer")), 0);
    CHECK_EQ(count(&world, "answer"), 1);
    advance(&world, day / 2);
    CHECK_EQ(count(&world, "answer"), 0);
    px_world_release(&world);
}

PX_TEST(a_server_that_keeps_answers_does_not_tick_for_them)
{
    px_world world;
    uint64_t position;

    begin(&world);
    CHECK_EQ(make(&world, "k", "d1").status, PX_OK);
    position = px_engine_position(world.engine);
    for (int i = 0; i < 10; i++)
        advance(&world, PX_SECOND);
    CHECK_EQ(px_engine_position(world.engine), position);
    px_world_release(&world);
}

PX_TEST(a_tenant_keeps_as_many_answers_as_its_limit_and_no_more)
{
    px_world world;
    px_result result;

    begin(&world);
    CHECK_EQ(world.engine->state.quotas.max[PX_QUOTA_ANSWERS], PX_ANSWERS_MAX);
    world.engine->state.quotas.max[PX_QUOTA_ANSWERS] = 2;
    CHECK_EQ(make(&world, "k1", "d1").status, PX_OK);
    CHECK_EQ(make(&world, "k2", "d2").status, PX_OK);
    result = make(&world, "k3", "d3");
    CHECK_EQ(result.status, PX_LIMIT);
    CHECK_STR(result.err.id, "idempotency.limit");
    CHECK(is_replay(make(&world, "k2", "d2")));
    world.admin.tenant = 2;
    CHECK_EQ(make(&world, "k3", "d3").status, PX_OK);
    world.admin.tenant = 1;
    px_world_kill(&world, false);
    world.engine->state.quotas.max[PX_QUOTA_ANSWERS] = 2;
    CHECK_EQ(make(&world, "k3", "d3").status, PX_LIMIT);
    advance(&world, day);
    CHECK_EQ(make(&world, "k3", "d3").status, PX_OK);
    px_world_release(&world);
}

/* Asked for the largest answer before anything is done: so there is always room for the real one.
 */
PX_TEST(answers_of_a_tenant_have_a_limit_in_bytes)
{
    px_world world;
    px_result result;

    begin(&world);
    CHECK_EQ(world.engine->state.quotas.max[PX_QUOTA_ANSWER_BYTES], PX_ANSWERS_BYTES_MAX);
    world.engine->state.quotas.max[PX_QUOTA_ANSWER_BYTES] =
        PX_ANSWER_BYTES_MAX + PX_ANSWER_HEAD_BYTES_MAX;
    CHECK_EQ(make(&world, "k1", "d1").status, PX_OK);
    result = make(&world, "k2", "d2");
    CHECK_EQ(result.status, PX_LIMIT);
    CHECK_STR(result.err.id, "idempotency.limit");
    px_world_release(&world);
}

PX_TEST(an_answer_above_its_limit_is_kept_without_its_body)
{
    enum { MOST = PX_ANSWER_BYTES_MAX };
    char *text = px_zalloc(1, MOST + 2);
    px_world world;
    px_arena arena;
    px_document document;
    px_err err;

    begin(&world);
    px_arena_init(&arena, 1 << 20);
    memset(text, ' ', MOST + 1);
    text[0] = '[';
    text[MOST - 1] = ']';
    told = px_str_of(text, MOST);
    CHECK_EQ(make(&world, "k1", "d1").status, PX_OK);
    CHECK_OK(px_documents_get(px_engine_documents(world.engine), 1, PX_STR("answer"), PX_STR("k1"),
                              &arena, &document, &err),
             &err);
    CHECK(document.body.len > MOST && document.body.len <= MOST + PX_ANSWER_HEAD_BYTES_MAX);
    text[MOST - 1] = ' ';
    text[MOST] = ']';
    told = px_str_of(text, MOST + 1);
    CHECK_EQ(make(&world, "k2", "d2").status, PX_OK);
    CHECK(strstr(kept(&world, "k2").body.ptr, "\"bytes\":65537") != NULL);
    CHECK_EQ(kept(&world, "k2").status, 204);
    CHECK(is_replay(make(&world, "k2", "d2")));
    px_arena_release(&arena);
    px_world_release(&world);
    px_free(text);
}

PX_TEST(the_answer_to_a_command_is_its_response)
{
    px_request response = { .kind = PX_REQUEST_COMMAND_RESPONSE,
                            .id = PX_STR("v"),
                            .command_id = PX_STR("c1"),
                            .code = PX_COMMAND_REJECTED };
    px_world world;

    begin(&world);
    CHECK_EQ(stop(&world, "k", 60).status, PX_OK);
    CHECK(px_str_eq(kept(&world, "k").waits, PX_STR("c1")));
    CHECK(is_replay(stop(&world, "k", 60))); /* and is not called again */
    px_world_kill(&world, true);
    CHECK_EQ(px_world_do(&world, &response).status, PX_OK);
    CHECK(px_str_eq(kept(&world, "k").body,
                    PX_STR("{\"id\":\"c1\",\"status\":\"rejected\",\"response\":null}")));
    CHECK(is_replay(stop(&world, "k", 60)));
    CHECK_EQ(count(&world, "command"), 0);
    px_world_release(&world);
}

PX_TEST(the_answer_to_a_command_whose_time_is_out_says_so)
{
    px_world world;

    begin(&world);
    CHECK_EQ(stop(&world, "k", 3).status, PX_OK);
    for (int i = 0; i < 5; i++)
        advance(&world, PX_SECOND);
    CHECK(px_str_eq(kept(&world, "k").body,
                    PX_STR("{\"id\":\"c1\",\"status\":\"timed out\",\"response\":null}")));
    px_world_release(&world);
}

/* The server was down for a day, in which both ended. */
PX_TEST(a_command_whose_answer_is_too_old_leaves_none)
{
    px_world world;

    begin(&world);
    CHECK_EQ(stop(&world, "k", 3).status, PX_OK);
    px_fakedisk_advance(world.disk, day + PX_SECOND);
    px_world_kill(&world, false);
    for (int i = 0; i < 5; i++)
        advance(&world, PX_SECOND);
    CHECK_EQ(count(&world, "answer"), 0);
    CHECK_EQ(count(&world, "command"), 0);
    px_world_release(&world);
}

PX_TEST_MAIN()
