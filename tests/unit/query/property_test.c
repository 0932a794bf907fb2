/* SPDX-License-Identifier: Apache-2.0 */
/* Queries by property indexes: the same rows as a scan gives, from few twins, and the plan says so.
 */
#include <stdio.h>

#include "query_kit.h"

#define PUMP "dtmi:t:Pump;1"
#define MODEL(id, rest)                                                                            \
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" id "\",\"@type\":\"Interface\"," rest "}"
#define PROPERTY(name, schema)                                                                     \
    "{\"@type\":\"Property\",\"name\":\"" name "\",\"schema\":\"" schema "\"}"

static const char models[] = "[" MODEL(
    PUMP,
    "\"contents\":[" PROPERTY("speed", "double") "," PROPERTY("site", "string") "," PROPERTY(
        "on", "boolean") ",{\"@type\":\"Relationship\",\"name\":\"feeds\"}"
                         "]") "," MODEL("dtmi:t:Big;1",
                                        "\"extends\":\"" PUMP
                                        "\"") "," MODEL("dtmi:t:Car;1",
                                                        "\"contents\":"
                                                        "[" PROPERTY("speed", "double") "]") "]";

enum { TWINS = 1000 };

/* speed is the number, site one of ten, every third is a Big, every seventh a Car. */
static void fill(query_kit *kit)
{
    query_kit_init(kit, NULL, models);
    for (uint32_t i = 0; i < TWINS; i++) {
        const char *dtmi = i % 7 == 0 ? "dtmi:t:Car;1" : i % 3 == 0 ? "dtmi:t:Big;1" : PUMP;
        char id[16], text[16];
        uint32_t no;

        snprintf(id, sizeof(id), "t%u", i);
        no = query_kit_twin(kit, KIT_TENANT, id, dtmi);
        snprintf(text, sizeof(text), "%u.0", i);
        query_kit_num(kit, no, dtmi, "speed", text);
        if (i % 7 == 0)
            continue;
        snprintf(text, sizeof(text), "hall-%u", i % 100);
        query_kit_set(kit, no, dtmi, "site", px_value_text(px_str_c(text)));
        query_kit_set(kit, no, dtmi, "on", px_value_bool(i % 50 == 1));
    }
}

static const char *plan_of(query_kit *kit, const char *query)
{
    char text[1024];

    snprintf(text, sizeof(text), "EXPLAIN %s", query);
    CHECK_OK(query_kit_run(kit, text, PX_STR(""), 0), &kit->err);
    px_put_char(&kit->rows, '\0');
    return kit->rows.ptr;
}

static bool is_by_index(query_kit *kit, const char *query)
{
    return strstr(plan_of(kit, query), "\"operator\":\"index\"") != NULL;
}

/* By the index, and without it: telemetries are in none, so who asks for them reads all twins. */
static void check_same(query_kit *kit, const char *query, uint32_t page)
{
    px_buf by_index = { 0 };

    query_kit_all(kit, query, page);
    px_put(&by_index, px_buf_str(&kit->rows));
    px_put_char(&by_index, '\0');
    kit->opts.with_telemetry = true;
    query_kit_all(kit, query, page);
    kit->opts.with_telemetry = false;
    CHECK_SLICE(px_buf_str(&kit->rows), by_index.ptr);
    px_buf_release(&by_index);
}

PX_TEST(a_query_by_an_index_gives_the_rows_of_a_scan_in_their_order)
{
    static const struct {
        const char *query;
        bool by_index;
    } cases[] = {
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed = 77", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE 77 = speed", true },
        { "SELECT $dtId FROM DIGITALTWINS T WHERE T.speed > 990.5", true },
        { "SELECT $dtId FROM DIGITALTWINS T WHERE 990.5 < T.speed AND T.speed <= 995", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed >= 10 AND speed < 12 AND NOT on = true",
          true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed IN [900, 3, 3.0, 'x', 44]", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE site = 'hall-44'", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE site IN ['hall-44', 'hall-45', 'no']", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE STARTSWITH(site, 'hall-99')", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE on = true", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE on > true", false },
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed != 5", false },
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed = 5 OR site = 'hall-5'", false },
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed = null", false },
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed < 'a'", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed < 900", false },
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed < 990 AND site = 'hall-5'", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE speed < 50 ORDER BY speed DESC LIMIT 7", true },
        { "SELECT site, COUNT() AS n FROM DIGITALTWINS WHERE speed < 50 GROUP BY site", true },
        { "SELECT $dtId FROM DIGITALTWINS WHERE IS_OF_MODEL('dtmi:t:Big;1') AND speed < 50", true },
        { "SELECT COUNT() FROM DIGITALTWINS WHERE speed > 10", true },
        { "SELECT COUNT() FROM DIGITALTWINS WHERE speed > 10 AND speed <= 900.0", true },
        { "SELECT COUNT() FROM DIGITALTWINS WHERE speed > 900 AND speed < 10", true },
        { "SELECT COUNT() FROM DIGITALTWINS WHERE speed > 10 AND site = 'hall-5'", true },
        { "SELECT COUNT() FROM DIGITALTWINS WHERE speed > 10 AND on = false", false },
        { "SELECT COUNT() FROM DIGITALTWINS WHERE on = false", true },
        { "SELECT COUNT() FROM DIGITALTWINS WHERE site > 'hall-5'", true },
        { "SELECT COUNT() FROM DIGITALTWINS WHERE STARTSWITH(site, 'hall-5')", true },
        { "SELECT COUNT() FROM DIGITALTWINS WHERE speed = 10 AND speed = 11", true },
    };
    query_kit kit;

    fill(&kit);
    query_kit_index(&kit, 1, "speed", "");
    query_kit_index(&kit, 2, "site", "");
    query_kit_index(&kit, 3, "on", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (is_by_index(&kit, cases[i].query) != cases[i].by_index)
            fail_msg("%s: %s", cases[i].query, kit.rows.ptr);
        check_same(&kit, cases[i].query, 0);
        check_same(&kit, cases[i].query, 3);
    }
    query_kit_release(&kit);
}

PX_TEST(the_narrowest_of_several_indexes_is_taken_and_the_plan_says_which)
{
    query_kit kit;

    fill(&kit);
    query_kit_index(&kit, 1, "site", "");
    query_kit_index(&kit, 2, "speed", "");
    CHECK(strstr(
        plan_of(&kit, "SELECT $dtId FROM DIGITALTWINS T WHERE site = 'hall-5' AND speed < 3"),
        "{\"step\":1,\"operator\":\"index\",\"detail\":\"T by speed, twins: 4\"}"));
    CHECK(strstr(plan_of(&kit, "SELECT COUNT() FROM DIGITALTWINS T WHERE speed < 3"),
                 "\"detail\":\"T by speed, counted\"}"));
    query_kit_release(&kit);
}

PX_TEST(a_query_costs_what_it_looks_at)
{
    query_kit kit;

    fill(&kit);
    query_kit_index(&kit, 1, "speed", "");
    query_kit_all(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed >= 500 AND speed < 510", 0);
    CHECK_EQ(kit.result.row_count, 10);
    CHECK(kit.result.cost <= 11);
    query_kit_all(&kit, "SELECT COUNT() FROM DIGITALTWINS WHERE speed >= 5", 0);
    CHECK(kit.result.cost <= TWINS / 12); /* leaves, not twins */
    query_kit_release(&kit);
}

PX_TEST(an_index_of_a_model_serves_queries_of_that_model_only)
{
    query_kit kit;

    fill(&kit);
    query_kit_index(&kit, 1, "speed", PUMP);
    CHECK(!is_by_index(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed = 7"));
    CHECK(!is_by_index(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed = 7 AND "
                             "IS_OF_MODEL('dtmi:t:Car;1')"));
    CHECK(is_by_index(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed = 8 AND "
                            "IS_OF_MODEL('dtmi:t:Big;1')"));
    check_same(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed < 20 AND IS_OF_MODEL('" PUMP "')",
               0);
    check_same(&kit,
               "SELECT COUNT() FROM DIGITALTWINS WHERE speed < 700 AND IS_OF_MODEL('" PUMP "')", 0);
    check_same(&kit,
               "SELECT COUNT() FROM DIGITALTWINS WHERE speed < 700 AND IS_OF_MODEL('dtmi:t:Big;1')",
               0);
    check_same(
        &kit,
        "SELECT COUNT() FROM DIGITALTWINS WHERE speed < 30 AND IS_OF_MODEL('" PUMP "', exact)", 0);
    query_kit_release(&kit);
}

PX_TEST(another_tenants_model_of_that_name_does_not_keep_an_index_from_serving)
{
    static const char other[] =
        "[" MODEL("dtmi:t:Big;1", "\"contents\":[" PROPERTY("speed", "double") "]") "]";
    px_model_set set = { 0 };
    query_kit kit;

    fill(&kit);
    query_kit_index(&kit, 1, "speed", PUMP);
    CHECK_OK(px_models_parse_all(px_str_c(other), NULL, &set, NULL, &kit.err), &kit.err);
    CHECK_OK(px_registry_put(kit.registry, 2, set.models[0], 0, 0, NULL, &kit.err), &kit.err);
    px_registry_commit(kit.registry);
    px_model_set_release(&set);
    CHECK(is_by_index(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed = 8 AND "
                            "IS_OF_MODEL('dtmi:t:Big;1')"));
    query_kit_release(&kit);
}

PX_TEST(a_walk_over_relationships_begins_at_the_twins_of_an_index)
{
    query_kit kit;
    const char *query = "SELECT a.$dtId AS a, b.$dtId AS b FROM DIGITALTWINS MATCH "
                        "(a)-[:feeds]->(b) WHERE b.speed = 2";

    fill(&kit);
    query_kit_rel(&kit, 2, "r1", "feeds", 3, "");
    query_kit_rel(&kit, 5, "r2", "feeds", 3, "");
    query_kit_rel(&kit, 5, "r3", "feeds", 6, "");
    query_kit_index(&kit, 1, "speed", "");
    CHECK(strstr(plan_of(&kit, query), "\"detail\":\"b by speed, twins: 1\"}"));
    check_same(&kit, query, 0);
    query_kit_release(&kit);
}

PX_TEST(another_tenants_index_is_not_ones_own)
{
    query_kit kit;
    uint32_t no;

    fill(&kit);
    query_kit_index(&kit, 1, "speed", "");
    no = query_kit_twin(&kit, 2, "foreign", "dtmi:t:Car;1");
    query_kit_num(&kit, no, "dtmi:t:Car;1", "speed", "7");
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed = 7", "{\"$dtId\":\"t7\"}");
    kit.reader.tenant = 2;
    CHECK(!is_by_index(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed = 7"));
    query_kit_release(&kit);
}

PX_TEST(a_write_that_is_acknowledged_is_found_at_once)
{
    query_kit kit;

    fill(&kit);
    query_kit_index(&kit, 1, "speed", "");
    query_kit_num(&kit, 2, PUMP, "speed", "5000.25");
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed > 4000", "{\"$dtId\":\"t1\"}");
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE speed = 1", "");
    query_kit_release(&kit);
}

PX_TEST_MAIN()
