/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/registry.h"

#include "base/mem.h"
#include "px_test.h"

enum { TENANT = 1 };

static const char asset[] = "{\"@context\":\"dtmi:dtdl:context;3\",\"@type\":\"Interface\","
                            "\"@id\":\"dtmi:ex:Asset;1\",\"contents\":[]}";
static const char pump[] = "{\"@context\":\"dtmi:dtdl:context;3\",\"@type\":\"Interface\","
                           "\"@id\":\"dtmi:ex:Pump;1\",\"extends\":\"dtmi:ex:Asset;1\"}";

static px_registry *registry;
static px_err err;

/* Parses with what the tenant has and adds it. */
static px_status add(uint32_t tenant, const char *json, uint32_t *ret_no)
{
    px_registry_scope scope = { registry, tenant };
    px_model_source source = { px_registry_source_find, &scope };
    px_model_set set;
    px_status status;

    CHECK_OK(px_models_parse(px_str_c(json), &source, &set, &err), &err);
    status = px_registry_put(registry, tenant, set.models[0], 0, 7 * PX_SECOND, ret_no, &err);
    px_model_set_release(&set);
    return status;
}

static void open_registry(void)
{
    CHECK_OK(px_registry_new(&registry, &err), &err);
}

static bool finds(uint32_t tenant, const char *dtmi)
{
    px_model_info info;

    return px_registry_find(registry, tenant, px_str_c(dtmi), &info);
}

PX_TEST(a_model_is_seen_by_its_writer_first_and_by_all_after_the_commit)
{
    px_model_info info;
    uint32_t no;

    open_registry();
    CHECK_OK(add(TENANT, asset, &no), &err);
    CHECK_EQ(no, 1);
    CHECK(px_registry_find_own(registry, TENANT, PX_STR("dtmi:ex:Asset;1"), &info));
    CHECK(!finds(TENANT, "dtmi:ex:Asset;1"));
    CHECK(!px_registry_model(registry, no));
    px_registry_commit(registry);
    CHECK(finds(TENANT, "dtmi:ex:Asset;1"));
    CHECK(!finds(TENANT + 1, "dtmi:ex:Asset;1"));
    CHECK(px_registry_info(registry, no, &info));
    CHECK_EQ(info.upload_time, 7 * PX_SECOND);
    CHECK_SLICE(px_model_id(info.model), "dtmi:ex:Asset;1");
    px_registry_free(registry);
}

PX_TEST(a_rollback_takes_it_back_and_its_id_is_free)
{
    uint32_t no, again;

    open_registry();
    CHECK_OK(add(TENANT, asset, &no), &err);
    CHECK_OK(px_registry_decommission(registry, no, true, &err), &err);
    px_registry_rollback(registry);
    CHECK(!px_registry_model(registry, no));
    CHECK_OK(add(TENANT, asset, &again), &err);
    CHECK(again != no);
    px_registry_commit(registry);
    CHECK_EQ(add(TENANT, asset, &no), PX_CONFLICT);
    CHECK_OK(add(TENANT + 1, asset, &no), &err);
    px_registry_rollback(registry);
    px_registry_free(registry);
}

PX_TEST(a_model_that_another_needs_stays)
{
    px_model_info info;
    uint32_t base, derived;

    open_registry();
    CHECK_OK(add(TENANT, asset, &base), &err);
    CHECK_OK(add(TENANT, pump, &derived), &err);
    px_registry_commit(registry);
    CHECK_EQ(px_registry_delete(registry, base, false, &err), PX_CONFLICT);
    CHECK(strstr(err.text, "dtmi:ex:Pump;1"));
    CHECK_OK(px_registry_delete(registry, derived, false, &err), &err);
    CHECK_OK(px_registry_delete(registry, base, false, &err), &err);
    CHECK(finds(TENANT, "dtmi:ex:Asset;1"));
    px_registry_commit(registry);
    CHECK(!finds(TENANT, "dtmi:ex:Asset;1"));
    CHECK(!px_registry_info(registry, base, &info));
    CHECK(px_registry_model(registry, base)); /* for twins that have it */
    CHECK_EQ(px_registry_delete(registry, base, false, &err), PX_NOT_FOUND);
    CHECK_OK(add(TENANT, asset, &base), &err);
    CHECK_EQ(base, 3);
    px_registry_commit(registry);
    px_registry_free(registry);
}

PX_TEST(lists_a_model_and_all_that_extend_it)
{
    PX_AUTO_ARENA arena = { 0 };
    px_model_info *infos;
    size_t count;
    uint32_t no;

    px_arena_init(&arena, 65536);
    open_registry();
    CHECK_OK(add(TENANT, asset, &no), &err);
    CHECK_OK(add(TENANT, pump, &no), &err);
    CHECK_OK(add(TENANT + 1, asset, &no), &err);
    CHECK_OK(px_registry_decommission(registry, 2, true, &err), &err);
    px_registry_commit(registry);
    CHECK_OK(px_registry_list(registry, TENANT, (px_str){ 0 }, &arena, &infos, &count, &err), &err);
    CHECK_EQ(count, 2);
    CHECK_OK(
        px_registry_list(registry, TENANT, PX_STR("dtmi:ex:Pump;1"), &arena, &infos, &count, &err),
        &err);
    CHECK_EQ(count, 1);
    CHECK_EQ(infos[0].model_no, 2);
    CHECK(infos[0].decommissioned);
    CHECK_OK(
        px_registry_list(registry, TENANT, PX_STR("dtmi:ex:Asset;1"), &arena, &infos, &count, &err),
        &err);
    CHECK_EQ(count, 2);
    px_registry_free(registry);
}

PX_TEST(memory_that_fails_leaves_the_registry_as_it_was)
{
    px_model_set set;
    px_status status = PX_NO_MEMORY;
    uint32_t no;

    open_registry();
    CHECK_OK(px_models_parse(px_str_c(asset), NULL, &set, &err), &err);
    for (uint64_t nth = 1; status == PX_NO_MEMORY; nth++) {
        px_mem_fail_nth(nth);
        status = px_registry_put(registry, TENANT, set.models[0], 0, 0, &no, &err);
        px_mem_fail_nth(0);
        if (status == PX_NO_MEMORY)
            px_registry_rollback(registry);
    }
    CHECK_OK(status, &err);
    px_registry_commit(registry);
    CHECK(finds(TENANT, "dtmi:ex:Asset;1"));
    px_model_set_release(&set);
    px_registry_free(registry);
}

static const px_model *own(uint32_t no)
{
    return px_registry_model_own(registry, no);
}

/* What a restart would not find does not come back without one either, and a batch that is cut
 * elsewhere comes to the same numbers. */
PX_TEST(a_deleted_model_that_is_kept_comes_back_with_its_number)
{
    uint32_t first, again;
    px_model_info info;

    open_registry();
    CHECK_OK(add(TENANT, asset, &first), &err);
    px_registry_commit(registry);
    CHECK_OK(px_registry_delete(registry, first, false, &err), &err);
    CHECK(!px_registry_is_revival(registry, TENANT, own(first), &again));
    px_registry_rollback(registry);
    for (int commits = 0; commits < 2; commits++) {
        CHECK_OK(px_registry_delete(registry, first, true, &err), &err);
        if (commits)
            px_registry_commit(registry);
        CHECK(!px_registry_is_revival(registry, TENANT + 1, own(first), &again));
        CHECK(px_registry_is_revival(registry, TENANT, own(first), &again));
        CHECK_EQ(again, first);
        CHECK_OK(px_registry_revive(registry, first, 8 + commits, &err), &err);
        px_registry_rollback(registry);
        CHECK(finds(TENANT, "dtmi:ex:Asset;1") == !commits);
        if (!commits)
            CHECK_OK(px_registry_delete(registry, first, true, &err), &err);
        CHECK_OK(px_registry_revive(registry, first, 8 + commits, &err), &err);
        px_registry_commit(registry);
        CHECK(px_registry_find(registry, TENANT, PX_STR("dtmi:ex:Asset;1"), &info));
        CHECK_EQ(info.upload_time, 8 + commits);
    }
    px_registry_free(registry);
}

PX_TEST_MAIN()
