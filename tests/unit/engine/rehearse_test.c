/* SPDX-License-Identifier: Apache-2.0 */
/* A branch is changed on a worker while the writer goes on. With the tsan preset this finds races;
 * in any build the rehearsals must give what the live path would. */
#include "engine/rehearse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "engine/engine.h"
#include "px_test.h"
#include "px_world.h"

enum { MODELS = 300 };

static const char twin[] = "{\"$metadata\":{\"$model\":\"dtmi:test:M0;1\"},\"x\":1}";

typedef struct scene {
    px_world world;
    px_branch *branch;
    _Atomic bool done;
    int rehearsed;
    px_status status;
} scene;

static px_status upload(px_world *world, int number)
{
    char text[256];

    snprintf(text, sizeof(text),
             "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:M%d;1\","
             "\"@type\":\"Interface\",\"contents\":[{\"@type\":\"Property\",\"name\":\"x\","
             "\"schema\":\"double\"}]}",
             number);
    return px_world_model(world, text).status;
}

static px_status rehearse_for(scene *s, const char *model, px_result *ret_result)
{
    px_request request = { .kind = PX_REQUEST_TWIN_PATCH,
                           .principal = s->world.admin,
                           .id = PX_STR("t") };
    char text[160];
    px_json *ops;
    px_arena arena;
    px_status status;

    snprintf(text, sizeof(text),
             "[{\"op\":\"replace\",\"path\":\"/$metadata/$model\",\"value\":\"%s\"}]", model);
    px_arena_init(&arena, 1 << 20);
    status = px_json_parse(px_str_c(text), NULL, &arena, &ops, NULL);
    request.json = ops;
    if (status == PX_OK)
        status = px_rehearse(s->branch, px_engine_registry(s->world.engine), px_env_posix(),
                             &request, NULL);
    px_arena_release(&arena);
    *ret_result = request.result;
    return status;
}

static px_status rehearse(scene *s, const char *model)
{
    px_result result;

    return rehearse_for(s, model, &result);
}

static void *keep_rehearsing(void *arg)
{
    scene *s = arg;

    while (s->status == PX_OK && (s->rehearsed < 100 || !atomic_load(&s->done))) {
        s->status = rehearse(s, s->rehearsed % 2 ? "dtmi:test:M0;1" : "dtmi:test:M1;1");
        s->rehearsed++;
    }
    return NULL;
}

static void begin(scene *s)
{
    px_err err;

    *s = (scene){ 0 };
    px_world_init(&s->world, 1);
    CHECK_EQ(upload(&s->world, 0), PX_OK);
    CHECK_EQ(upload(&s->world, 1), PX_OK);
    CHECK_EQ(px_world_put(&s->world, "t", twin).status, PX_OK);
    CHECK_OK(px_graph_branch(px_engine_graph(s->world.engine), &s->branch, &err), &err);
}

static void finish(scene *s)
{
    px_branch_free(s->branch);
    px_world_release(&s->world);
}

PX_TEST(a_twin_changes_its_model_in_a_branch_while_models_are_uploaded)
{
    pthread_t worker;
    scene s;

    begin(&s);
    CHECK_EQ(pthread_create(&worker, NULL, keep_rehearsing, &s), 0);
    for (int i = 2; i < MODELS; i++)
        CHECK_EQ(upload(&s.world, i), PX_OK);
    atomic_store(&s.done, true);
    pthread_join(worker, NULL);
    CHECK_EQ(s.status, PX_OK);
    finish(&s);
}

PX_TEST(a_rehearsal_knows_the_models_that_were_published)
{
    scene s;

    begin(&s);
    CHECK_EQ(rehearse(&s, "dtmi:test:M2;1"), PX_INVALID);
    CHECK_EQ(upload(&s.world, 2), PX_OK);
    CHECK_EQ(rehearse(&s, "dtmi:test:M2;1"), PX_OK);
    finish(&s);
}

PX_TEST(the_result_of_a_rehearsal_holds_nothing_of_its_memory)
{
    px_result result;
    scene s;

    begin(&s);
    CHECK_EQ(rehearse_for(&s, "dtmi:test:M1;1", &result), PX_OK);
    CHECK(result.twin == NULL);
    finish(&s);
}

PX_TEST(a_branch_that_holds_all_it_may_takes_no_more)
{
    scene s;
    uint64_t held;

    begin(&s);
    CHECK_EQ(rehearse(&s, "dtmi:test:M1;1"), PX_OK);
    held = px_graph_stat(px_branch_graph(s.branch)).bytes_used;
    CHECK(held > 0);
    px_branch_bytes_max_set(s.branch, held + 1);
    CHECK_EQ(rehearse(&s, "dtmi:test:M0;1"), PX_OK);
    px_branch_bytes_max_set(s.branch, 1);
    CHECK_EQ(rehearse(&s, "dtmi:test:M1;1"), PX_LIMIT);
    finish(&s);
}

PX_TEST_MAIN()
