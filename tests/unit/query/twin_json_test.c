/* SPDX-License-Identifier: Apache-2.0 */
#include "query/twin_json.h"

#include "base/json.h"
#include "px_test.h"
#include "px_world.h"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Telemetry\",\"name\":\"current\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:test:Motor;1\"},"
    "{\"@type\":\"Component\",\"name\":\"spare\",\"schema\":\"dtmi:test:Motor;1\"},"
    "{\"@type\":\"Property\",\"name\":\"pressure\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"label\",\"schema\":\"string\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"flow\",\"schema\":\"double\"}]}]";
static const char pump[] =
    "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\",\"pressure\":{\"sourceTime\":"
    "\"2026-11-01T12:00:00.5Z\"}},\"pressure\":2.50,\"label\":\"a \\\"b\\\"\","
    "\"motor\":{\"speed\":1450},\"spare\":{}}";

static void begin(px_world *world)
{
    px_result result;

    px_world_init(world, 1);
    result = px_world_model(world, models);
    CHECK_OK(result.status, &result.err);
    result = px_world_put(world, "p/1", pump);
    CHECK_OK(result.status, &result.err);
    result = px_world_report(world, "p/1", "flow", 7, 0, PX_SECOND);
    CHECK_OK(result.status, &result.err);
}

/* The document read back; everything lives in the arena. */
static const px_json *document_of(px_world *world, px_buf *buf, px_arena *arena)
{
    px_graph *graph = px_engine_graph(world->engine);
    px_buf record = { 0 };
    const px_twin *twin;
    const px_model *model;
    px_json *root;
    px_err err;

    CHECK_OK(px_graph_read(graph, world->admin.tenant, PX_STR("p/1"), &record, &twin, &err), &err);
    model = px_registry_model(px_engine_registry(world->engine), px_twin_model(twin));
    px_put_twin_json(buf, model, twin);
    CHECK_OK(px_json_parse(px_buf_str(buf), NULL, arena, &root, &err), &err);
    px_buf_release(&record);
    return root;
}

PX_TEST(a_document_has_its_members_in_the_usual_order_and_no_telemetry)
{
    static const char *const keys[] = { "$dtId", "$etag", "pressure", "label",
                                        "motor", "spare", "$metadata" };
    px_buf buf = { 0 };
    px_world world;
    const px_json *root;
    size_t i = 0;
    px_arena arena;

    begin(&world);
    px_arena_init(&arena, 1 << 20);
    root = document_of(&world, &buf, &arena);
    for (const px_json *m = root->first; m; m = m->next)
        CHECK_SLICE(m->key, keys[i++]);
    CHECK_EQ(i, sizeof(keys) / sizeof(keys[0]));
    CHECK_SLICE(px_json_get(root, PX_STR("pressure"))->raw, "2.50");
    CHECK_SLICE(px_json_get_text(root, PX_STR("label")), "a \"b\"");
    px_arena_release(&arena);
    px_buf_release(&buf);
    px_world_release(&world);
}

PX_TEST(the_tag_in_the_document_is_the_tag_of_the_header)
{
    px_buf buf = { 0 }, record = { 0 };
    px_world world;
    const px_twin *twin;
    uint64_t revision;
    px_arena arena;
    px_err err;

    begin(&world);
    px_arena_init(&arena, 1 << 20);
    CHECK(px_etag_parse(px_json_get_text(document_of(&world, &buf, &arena), PX_STR("$etag")),
                        &revision));
    CHECK_OK(px_graph_read(px_engine_graph(world.engine), world.admin.tenant, PX_STR("p/1"),
                           &record, &twin, &err),
             &err);
    CHECK_EQ(revision, px_twin_seq(twin));
    px_buf_release(&record);
    px_arena_release(&arena);
    px_buf_release(&buf);
    px_world_release(&world);
}

PX_TEST(metadata_has_seven_digits_and_a_source_time_only_where_one_was_told)
{
    const px_json *root, *metadata, *motor;
    px_buf buf = { 0 };
    px_world world;
    px_arena arena;

    begin(&world);
    px_arena_init(&arena, 1 << 20);
    root = document_of(&world, &buf, &arena);
    metadata = px_json_get(root, PX_STR("$metadata"));
    CHECK_SLICE(px_json_get_text(metadata, PX_STR("$model")), "dtmi:test:Pump;1");
    CHECK_EQ(px_json_get_text(metadata, PX_STR("$lastUpdateTime")).len, 28);
    CHECK_SLICE(px_json_get_text(px_json_get(metadata, PX_STR("pressure")), PX_STR("sourceTime")),
                "2026-11-01T12:00:00.5000000Z");
    CHECK(!px_json_get(px_json_get(metadata, PX_STR("label")), PX_STR("sourceTime")));
    CHECK_EQ(px_json_get_text(px_json_get(metadata, PX_STR("label")), PX_STR("lastUpdateTime")).len,
             28);

    motor = px_json_get(root, PX_STR("motor"));
    CHECK_EQ(motor->count, 2);
    metadata = px_json_get(motor, PX_STR("$metadata"));
    CHECK(!px_json_get(metadata, PX_STR("$model")));
    CHECK(px_json_get(metadata, PX_STR("speed")));
    px_arena_release(&arena);
    px_buf_release(&buf);
    px_world_release(&world);
}

PX_TEST(a_component_without_values_has_its_metadata_still)
{
    const px_json *spare;
    px_buf buf = { 0 };
    px_world world;
    px_arena arena;

    begin(&world);
    px_arena_init(&arena, 1 << 20);
    spare = px_json_get(document_of(&world, &buf, &arena), PX_STR("spare"));
    CHECK_EQ(spare->count, 1);
    CHECK_EQ(
        px_json_get_text(px_json_get(spare, PX_STR("$metadata")), PX_STR("$lastUpdateTime")).len,
        28);
    px_arena_release(&arena);
    px_buf_release(&buf);
    px_world_release(&world);
}

PX_TEST_MAIN()
