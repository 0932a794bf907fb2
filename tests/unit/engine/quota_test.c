/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/quota.h"

#include <stdio.h>

#include "base/limits.h"
#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

static const char model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Box;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Relationship\",\"name\":\"holds\"}]}";
static const char box[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Box;1\"}}";
static const char holds_b[] = "{\"$relationshipName\":\"holds\",\"$targetId\":\"b\"}";

PX_TEST(a_tenant_gets_as_many_twins_as_its_quota_and_no_more)
{
    px_world world;
    px_result result;

    px_world_init(&world, 1);
    CHECK_EQ(px_world_model(&world, model).status, PX_OK);
    world.engine->state.quotas.max[PX_QUOTA_TWINS] = 2;
    CHECK_EQ(px_world_put(&world, "a", box).status, PX_OK);
    CHECK_EQ(px_world_put(&world, "b", box).status, PX_OK);
    result = px_world_put(&world, "c", box);
    CHECK_EQ(result.status, PX_LIMIT);
    CHECK_STR(result.err.id, "twin.limit");
    CHECK_EQ(px_world_put(&world, "b", box).status, PX_OK); /* replacing takes no more */
    CHECK_EQ(px_world_delete(&world, "a").status, PX_OK);
    CHECK_EQ(px_world_put(&world, "c", box).status, PX_OK);
    px_world_release(&world);
}

PX_TEST(one_tenants_twins_do_not_count_for_another)
{
    px_request other = { .kind = PX_REQUEST_MODELS_PUT,
                         .principal = { .tenant = 2, .role = PX_ROLE_ADMIN, .id = PX_STR("b") },
                         .text = px_str_c(model) };
    px_world world;

    px_world_init(&world, 1);
    CHECK_EQ(px_world_model(&world, model).status, PX_OK);
    CHECK_EQ(px_world_do(&world, &other).status, PX_OK);
    world.engine->state.quotas.max[PX_QUOTA_TWINS] = 1;
    CHECK_EQ(px_world_put(&world, "a", box).status, PX_OK);
    CHECK_EQ(px_world_put(&world, "b", box).status, PX_LIMIT);
    world.admin.tenant = 2;
    CHECK_EQ(px_world_put(&world, "a", box).status, PX_OK);
    px_world_release(&world);
}

PX_TEST(relationships_have_a_quota_of_their_own)
{
    px_world world;

    px_world_init(&world, 1);
    CHECK_EQ(px_world_model(&world, model).status, PX_OK);
    world.engine->state.quotas.max[PX_QUOTA_RELATIONSHIPS] = 1;
    CHECK_EQ(px_world_put(&world, "a", box).status, PX_OK);
    CHECK_EQ(px_world_put(&world, "b", box).status, PX_OK);
    CHECK_EQ(px_world_relate(&world, "a", "r", holds_b).status, PX_OK);
    CHECK_EQ(px_world_relate(&world, "a", "r", holds_b).status, PX_OK);
    CHECK_EQ(px_world_relate(&world, "a", "s", holds_b).status, PX_LIMIT);
    px_world_release(&world);
}

PX_TEST(a_restart_counts_the_same)
{
    px_world world;

    px_world_init(&world, 1);
    world.checkpoint_ns = 1;
    px_world_kill(&world, false);
    CHECK_EQ(px_world_model(&world, model).status, PX_OK);
    for (int i = 0; i < 20; i++) {
        char id[3] = { 't', (char)('a' + i), 0 };

        CHECK_EQ(px_world_put(&world, id, box).status, PX_OK);
        if (i % 3 == 0)
            CHECK_EQ(px_world_delete(&world, id).status, PX_OK);
        px_fakedisk_advance(world.disk, 10 * PX_SECOND);
        px_engine_step(world.engine);
    }
    px_world_kill(&world, true);
    world.engine->state.quotas.max[PX_QUOTA_TWINS] = 14;
    CHECK_EQ(px_world_put(&world, "x", box).status, PX_OK); /* 13 stood */
    CHECK_EQ(px_world_put(&world, "y", box).status, PX_LIMIT);
    px_world_release(&world);
}

PX_TEST(models_have_a_quota_and_one_too_many_refuses_its_own_request_only)
{
    static const char other[] = "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Bag;1\","
                                "\"@type\":\"Interface\"}";
    px_request away = { .kind = PX_REQUEST_MODEL_DELETE, .id = PX_STR("dtmi:test:Box;1") };
    px_world world;
    px_result result;

    px_world_init(&world, 1);
    CHECK_EQ(px_world_model(&world, model).status, PX_OK);
    px_world_kill(&world, true);
    world.engine->state.quotas.max[PX_QUOTA_MODELS] = 1;
    result = px_world_model(&world, other);
    CHECK_EQ(result.status, PX_LIMIT);
    CHECK_STR(result.err.id, "quota.models");
    CHECK(!world.engine->state.broken);
    CHECK_EQ(px_world_do(&world, &away).status, PX_OK);
    CHECK_EQ(px_world_model(&world, other).status, PX_OK);
    px_world_release(&world);
}

PX_TEST(documents_have_a_quota_of_their_own)
{
    px_document_write write = { .kind = PX_STR("device"), .body = PX_STR("{\"twins\":[]}") };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };
    px_world world;

    px_world_init(&world, 1);
    world.engine->state.quotas.max[PX_QUOTA_DOCUMENTS] = 1;
    write.id = PX_STR("a");
    CHECK_EQ(px_world_do(&world, &request).status, PX_OK);
    CHECK_EQ(px_world_do(&world, &request).status, PX_OK); /* the same again takes no more */
    write.id = PX_STR("b");
    CHECK_EQ(px_world_do(&world, &request).status, PX_LIMIT);
    px_world_release(&world);
}

static void count_answer(px_request *request)
{
    ++*(int *)request->data;
}

/* All of them are in one batch, and none is to be read before it is committed. */
PX_TEST(a_kind_has_its_limit_also_for_those_that_come_at_once)
{
    enum { COUNT = PX_ISSUERS_MAX + 2 };
    static px_document_write writes[COUNT];
    static px_request requests[COUNT];
    static char ids[COUNT][8];
    px_world world;
    int answered = 0;

    px_world_init(&world, 1);
    for (int i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof(ids[i]), "i%d", i);
        writes[i] = (px_document_write){ .kind = PX_STR("issuer"),
                                         .id = px_str_c(ids[i]),
                                         .body = PX_STR("{\"credential\":\"x\"}") };
        requests[i] = (px_request){ .kind = PX_REQUEST_DOCUMENTS,
                                    .principal = world.admin,
                                    .documents = &writes[i],
                                    .document_count = 1,
                                    .done = count_answer,
                                    .data = &answered,
                                    .next = i + 1 < COUNT ? &requests[i + 1] : NULL };
    }
    CHECK_EQ(px_engine_submit(world.engine, &requests[0], &requests[COUNT - 1]), PX_OK);
    for (int steps = 0; answered < COUNT; steps++) {
        px_engine_step(world.engine);
        CHECK(steps < 100);
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(requests[i].result.status, i < PX_ISSUERS_MAX ? PX_OK : PX_LIMIT);
    CHECK_STR(requests[COUNT - 1].result.err.id, "issuer.limit");
    CHECK_EQ(px_world_do(&world, &requests[0]).status, PX_OK); /* a change is not one more */
    px_world_release(&world);
}

PX_TEST_MAIN()
