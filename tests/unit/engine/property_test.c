/* SPDX-License-Identifier: Apache-2.0 */
/* Property indexes as documents: asked for, checked, built while the server serves, there again
 * after a restart, kept through migrations, deletions and rehearsals. */
#include <stdio.h>

#include "engine/rehearse.h"
#include "px_test.h"
#include "px_world.h"
#include "twin/property.h"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:t:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"place\",\"schema\":\"point\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"heat\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:t:Other;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"}]}]";

static px_world w;
static px_result result;

static void begin(void)
{
    px_world_init(&w, 1);
    result = px_world_model(&w, models);
    CHECK_OK(result.status, &result.err);
}

static px_status write_index(const char *id, const char *body)
{
    px_document_write write = { .kind = PX_STR("property-index"),
                                .id = px_str_c(id),
                                .body = body ? px_str_c(body) : (px_str){ 0 } };
    px_request request = {
        .kind = PX_REQUEST_DOCUMENTS, .principal = w.admin, .documents = &write, .document_count = 1
    };

    result = px_world_do(&w, &request);
    return result.status;
}

static void put_index(const char *id, const char *body)
{
    CHECK_OK(write_index(id, body), &result.err);
    for (int i = 0; i < 1000 && px_graph_is_building(px_engine_graph(w.engine)); i++)
        px_engine_step(w.engine);
    CHECK(!px_graph_is_building(px_engine_graph(w.engine)));
}

static void put_pump(const char *id, int speed)
{
    char body[128];

    snprintf(body, sizeof(body), "{\"$metadata\":{\"$model\":\"dtmi:t:Pump;1\"},\"speed\":%d}",
             speed);
    result = px_world_put(&w, id, body);
    CHECK_OK(result.status, &result.err);
}

/* Twins whose speed may be this; the index is the tenant's first. */
static uint64_t count_in(px_graph *graph, int speed)
{
    px_property_range range;
    px_snapshot *snapshot;
    const px_property_index *index;
    uint64_t count = UINT64_MAX;

    CHECK(px_property_range_of(PX_PROPERTY_EQUAL, px_value_num(px_num_int(speed)), &range));
    CHECK_OK(px_graph_snapshot(graph, &snapshot, NULL), NULL);
    index = px_view_property(px_snapshot_view(snapshot), w.admin.tenant, 0);
    if (index && px_property_tell(index).state == PX_PROPERTY_READY)
        count = px_property_count(px_snapshot_view(snapshot), index, &range, 1000);
    px_snapshot_release(snapshot);
    return count;
}

static uint64_t count(int speed)
{
    return count_in(px_engine_graph(w.engine), speed);
}

PX_TEST(what_is_written_is_in_the_index_with_its_acknowledgement)
{
    begin();
    put_pump("a", 5);
    put_index("by-speed", "{\"property\":\"speed\"}");
    CHECK_EQ(count(5), 1);
    put_pump("b", 5);
    CHECK_EQ(count(5), 2);
    result = px_world_patch(&w, "a", "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":6}]");
    CHECK_EQ(count(5), 1);
    CHECK_EQ(count(6), 1);
    result = px_world_report(&w, "b", "speed", 7, 0, PX_TIME_NONE);
    CHECK_EQ(count(7), 1);
    result = px_world_delete(&w, "b");
    CHECK_EQ(count(7), 0);
    px_world_release(&w);
}

PX_TEST(a_twin_that_moves_to_another_model_is_found_by_what_it_has_there)
{
    begin();
    put_pump("a", 5);
    put_index("by-speed", "{\"property\":\"speed\"}");
    result =
        px_world_patch(&w, "a",
                       "[{\"op\":\"replace\",\"path\":\"/$metadata/$model\",\"value\":"
                       "\"dtmi:t:Other;1\"},{\"op\":\"replace\",\"path\":\"/speed\",\"value\":9}]");
    CHECK_OK(result.status, &result.err);
    CHECK_EQ(count(5), 0);
    CHECK_EQ(count(9), 1);
    px_world_release(&w);
}

PX_TEST(an_index_is_there_again_after_a_stop_and_after_a_kill)
{
    px_err err;

    begin();
    put_index("by-speed", "{\"property\":\"speed\"}");
    put_pump("a", 5);
    px_world_close(&w);
    CHECK_OK(px_world_open(&w, &err), &err);
    for (int i = 0; i < 100 && px_graph_is_building(px_engine_graph(w.engine)); i++)
        px_engine_step(w.engine);
    CHECK_EQ(count(5), 1);
    put_pump("b", 5);
    CHECK_EQ(count(5), 2);
    px_world_kill(&w, false);
    for (int i = 0; i < 100 && px_graph_is_building(px_engine_graph(w.engine)); i++)
        px_engine_step(w.engine);
    CHECK_EQ(count(5), 2);
    px_world_release(&w);
}

PX_TEST(a_deleted_index_stays_deleted)
{
    px_err err;

    begin();
    put_index("by-speed", "{\"property\":\"speed\"}");
    CHECK_OK(write_index("by-speed", NULL), &result.err);
    CHECK_EQ(count(5), UINT64_MAX);
    px_world_close(&w);
    CHECK_OK(px_world_open(&w, &err), &err);
    CHECK_EQ(count(5), UINT64_MAX);
    CHECK(!px_graph_is_building(px_engine_graph(w.engine)));
    px_world_release(&w);
}

PX_TEST(a_wish_that_cannot_be_kept_is_refused_with_what_is_wrong)
{
    static const struct {
        const char *body, *id;
    } cases[] = {
        { "{}", "document.form" },
        { "{\"property\":\"$dtId\"}", "property.path" },
        { "{\"property\":\"a.b.c\"}", "property.path" },
        { "{\"property\":\".a\"}", "property.path" },
        { "{\"property\":\"a.\"}", "property.path" },
        { "{\"property\":\"speed\",\"model\":\"dtmi:t:None;1\"}", "property.model" },
        { "{\"property\":\"sped\",\"model\":\"dtmi:t:Pump;1\"}", "property.path" },
        { "{\"property\":\"heat\",\"model\":\"dtmi:t:Pump;1\"}", "property.path" },
        { "{\"property\":\"place\",\"model\":\"dtmi:t:Pump;1\"}", "property.schema" },
    };

    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_EQ(write_index("x", cases[i].body), PX_INVALID);
        CHECK_STR(result.err.id, cases[i].id);
    }
    px_world_release(&w);
}

PX_TEST(a_tenant_has_sixteen_indexes_and_no_seventeenth)
{
    char id[16], body[64];

    begin();
    for (int i = 0; i < PX_PROPERTY_INDEXES_MAX; i++) {
        snprintf(id, sizeof(id), "i%d", i);
        snprintf(body, sizeof(body), "{\"property\":\"p%d\"}", i);
        put_index(id, body);
    }
    CHECK_EQ(write_index("one-more", "{\"property\":\"speed\"}"), PX_LIMIT);
    CHECK_STR(result.err.id, "property.limit");
    put_index("i3", "{\"property\":\"speed\"}"); /* another in the place of one */
    CHECK_OK(write_index("i4", NULL), &result.err);
    put_index("one-more", "{\"property\":\"speed\"}");
    px_world_release(&w);
}

PX_TEST(a_rehearsal_keeps_the_index_of_its_branch_and_leaves_the_live_one_alone)
{
    px_request request = { .kind = PX_REQUEST_TWIN_PATCH, .principal = w.admin, .id = PX_STR("a") };
    px_branch *branch;
    px_arena arena;
    px_json *ops;
    px_err err;

    begin();
    request.principal = w.admin;
    put_pump("a", 5);
    put_index("by-speed", "{\"property\":\"speed\"}");
    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(PX_STR("[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":6}]"), NULL,
                           &arena, &ops, &err),
             &err);
    request.json = ops;
    CHECK_OK(px_graph_branch(px_engine_graph(w.engine), &branch, &err), &err);
    CHECK_OK(px_rehearse(branch, px_engine_registry(w.engine), px_env_posix(), &request, &err),
             &err);
    CHECK_EQ(count_in(px_branch_graph(branch), 6), 1);
    CHECK_EQ(count_in(px_branch_graph(branch), 5), 0);
    CHECK_EQ(count(5), 1);
    CHECK_EQ(count(6), 0);
    px_branch_free(branch);
    px_arena_release(&arena);
    px_world_release(&w);
}

PX_TEST_MAIN()
