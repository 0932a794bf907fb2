/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/limits.h"
#include "freshness/roll_up.h"
#include "px_test.h"
#include "px_world.h"

static const char model[] =
    "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:freshness;1\"],"
    "\"@id\":\"dtmi:test:Part;1\",\"@type\":\"Interface\",\"contents\":["
    "{\"@type\":\"Telemetry\",\"name\":\"rate\",\"schema\":\"double\"},"
    "{\"@type\":\"Relationship\",\"name\":\"near\"},"
    "{\"@type\":[\"Relationship\",\"FreshnessRollUp\"],\"name\":\"contains\"}]}";

static uint32_t number_of(px_world *world, const char *twin, uint32_t *ret_model)
{
    uint32_t no;

    CHECK_EQ(px_graph_lookup(px_engine_graph(world->engine), 1, px_str_c(twin), &no, ret_model),
             PX_OK);
    return no;
}

static void make(px_world *world, const char *twin)
{
    CHECK_EQ(px_world_put(world, twin, "{\"$metadata\":{\"$model\":\"dtmi:test:Part;1\"}}").status,
             PX_OK);
}

static void relate(px_world *world, const char *from, const char *name, const char *to)
{
    char id[64], body[160];

    snprintf(id, sizeof(id), "%s-%s", name, to);
    snprintf(body, sizeof(body), "{\"$targetId\":\"%s\",\"$relationshipName\":\"%s\"}", to, name);
    CHECK_EQ(px_world_relate(world, from, id, body).status, PX_OK);
}

static void set(px_world *world, const char *twin, px_freshness state)
{
    px_freshness_write write = { .state = state, .since = 5 * PX_SECOND };
    px_request request = { .kind = PX_REQUEST_FRESHNESS,
                           .freshness = &write,
                           .freshness_count = 1 };

    write.twin_no = number_of(world, twin, &write.model_no);
    CHECK_EQ(px_world_do(world, &request).status, PX_OK);
}

static px_roll_up read_as(px_world *world, const px_principal *who, const char *twin)
{
    px_snapshot *snapshot;
    px_roll_up up;
    px_err err;

    CHECK_OK(px_graph_snapshot(px_engine_graph(world->engine), &snapshot, &err), &err);
    CHECK_OK(px_roll_up_read(world->engine, px_snapshot_view(snapshot), who,
                             px_view_find(px_snapshot_view(snapshot), 1, px_str_c(twin)), &up,
                             &err),
             &err);
    px_snapshot_release(snapshot);
    return up;
}

static px_roll_up read(px_world *world, const char *twin)
{
    return read_as(world, &world->admin, twin);
}

/* hall contains a and b; a contains c, which is near d. */
static void begin(px_world *world)
{
    px_world_init(world, 1);
    CHECK_EQ(px_world_model(world, model).status, PX_OK);
    make(world, "hall");
    make(world, "a");
    make(world, "b");
    make(world, "c");
    make(world, "d");
    relate(world, "hall", "contains", "a");
    relate(world, "hall", "contains", "b");
    relate(world, "a", "contains", "c");
    relate(world, "c", "near", "d");
}

PX_TEST(the_worst_below_is_named_however_deep_it_stands)
{
    px_world world;
    px_roll_up up;

    begin(&world);
    set(&world, "hall", PX_FRESHNESS_FRESH);
    set(&world, "b", PX_FRESHNESS_LATE);
    set(&world, "c", PX_FRESHNESS_STALE);
    up = read(&world, "hall");
    CHECK(up.is_declared);
    CHECK_EQ(up.state, PX_FRESHNESS_STALE);
    CHECK_EQ(up.worst, number_of(&world, "c", &(uint32_t){ 0 }));
    CHECK_EQ(up.twins, 3); /* d is only near */
    px_world_release(&world);
}

PX_TEST(of_two_that_are_as_bad_the_nearer_is_named_and_the_own_state_goes_before)
{
    px_world world;
    px_roll_up up;

    begin(&world);
    set(&world, "b", PX_FRESHNESS_STALE);
    set(&world, "c", PX_FRESHNESS_STALE);
    up = read(&world, "hall");
    CHECK_EQ(up.worst, number_of(&world, "b", &(uint32_t){ 0 }));
    set(&world, "hall", PX_FRESHNESS_STALE);
    up = read(&world, "hall");
    CHECK_EQ(up.state, PX_FRESHNESS_STALE);
    CHECK_EQ(up.worst, 0);
    px_world_release(&world);
}

PX_TEST(where_nothing_below_is_declared_nothing_is_known)
{
    px_world world;

    begin(&world);
    CHECK_EQ(read(&world, "hall").state, PX_FRESHNESS_UNKNOWN);
    px_world_release(&world);
}

PX_TEST(circles_end)
{
    px_world world;
    px_roll_up up;

    begin(&world);
    relate(&world, "c", "contains", "hall");
    relate(&world, "b", "contains", "a");
    set(&world, "c", PX_FRESHNESS_LATE);
    up = read(&world, "hall");
    CHECK_EQ(up.twins, 3);
    CHECK_EQ(up.state, PX_FRESHNESS_LATE);
    CHECK_EQ(read(&world, "b").twins, 3); /* a, c, hall */
    px_world_release(&world);
}

PX_TEST(a_document_names_other_relationships_or_none)
{
    px_document_write write = { .kind = PX_STR("freshness"),
                                .id = PX_STR("c"),
                                .body = PX_STR("{\"rollUp\":[\"near\"]}") };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };
    px_world world;

    begin(&world);
    set(&world, "d", PX_FRESHNESS_STALE);
    CHECK_EQ(px_world_do(&world, &request).status, PX_OK);
    CHECK_EQ(read(&world, "hall").state, PX_FRESHNESS_STALE);
    write.body = PX_STR("{\"rollUp\":[]}");
    request =
        (px_request){ .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };
    CHECK_EQ(px_world_do(&world, &request).status, PX_OK);
    CHECK(!read(&world, "c").is_declared);
    CHECK_EQ(read(&world, "hall").state, PX_FRESHNESS_UNKNOWN);
    px_world_release(&world);
}

PX_TEST(as_many_twins_are_looked_at_as_the_limit_and_no_more)
{
    px_world world;
    px_roll_up up;
    char id[16];

    px_world_init(&world, 1);
    CHECK_EQ(px_world_model(&world, model).status, PX_OK);
    make(&world, "hall");
    for (int i = 0; i < PX_FRESHNESS_TWINS_MAX; i++) {
        snprintf(id, sizeof(id), "t%d", i);
        make(&world, id);
        relate(&world, "hall", "contains", id);
    }
    up = read(&world, "hall");
    CHECK_EQ(up.twins, PX_FRESHNESS_TWINS_MAX);
    CHECK(!up.is_cut);
    make(&world, "more");
    relate(&world, "hall", "contains", "more");
    up = read(&world, "hall");
    CHECK_EQ(up.twins, PX_FRESHNESS_TWINS_MAX);
    CHECK(up.is_cut);
    px_world_release(&world);
}

PX_TEST(a_device_learns_of_no_twin_but_its_own)
{
    px_str twins[] = { PX_STR("b"), PX_STR("hall") };
    px_principal device = {
        .tenant = 1, .role = PX_ROLE_DEVICE, .id = PX_STR("device"), .twins = twins, .twin_count = 2
    };
    px_world world;
    px_roll_up up;

    begin(&world);
    set(&world, "hall", PX_FRESHNESS_FRESH);
    set(&world, "a", PX_FRESHNESS_STALE);
    set(&world, "b", PX_FRESHNESS_LATE);
    up = read_as(&world, &device, "hall");
    CHECK_EQ(up.state, PX_FRESHNESS_LATE);
    CHECK_EQ(up.worst, number_of(&world, "b", &(uint32_t){ 0 }));
    CHECK_EQ(up.twins, 1);
    CHECK_EQ(read(&world, "hall").state, PX_FRESHNESS_STALE);
    px_world_release(&world);
}

PX_TEST_MAIN()
