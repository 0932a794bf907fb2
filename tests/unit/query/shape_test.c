/* SPDX-License-Identifier: Apache-2.0 */
/* What rows are made into: ORDER BY, GROUP BY, OFFSET and LIMIT, distances, parameters, EXPLAIN. */
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "px_test.h"
#include "query_kit.h"

#define THING "dtmi:test:Thing;1"
#define HEIR "dtmi:test:Heir;1"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" THING "\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"kind\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"at\",\"schema\":\"point\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" HEIR "\",\"@type\":\"Interface\","
    "\"extends\":\"" THING "\"}]";

static const struct {
    const char *id, *kind, *n, *at;
} things[] = { { "a", "pump", "2.50", "{\"type\":\"Point\",\"coordinates\":[0,0]}" },
               { "b", "valve", "10", "{\"type\":\"Point\",\"coordinates\":[0,1]}" },
               { "c", "pump", "0.1", "{\"coordinates\":[13.4050,52.5200,30],\"type\":\"Point\"}" },
               { "d", NULL, "2.5", "{\"type\":\"Point\"}" },
               { "e", "pump", NULL, NULL },
               { "f", "valve", "0.2", "{\"type\":\"Point\",\"coordinates\":[181,95]}" } };

static void begin(query_kit *kit)
{
    query_kit_init(kit, NULL, models);
    for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
        const char *dtmi = i % 2 ? HEIR : THING;
        uint32_t no = query_kit_twin(kit, KIT_TENANT, things[i].id, dtmi);

        if (things[i].kind)
            query_kit_set(kit, no, dtmi, "kind", px_value_text(px_str_c(things[i].kind)));
        if (things[i].n)
            query_kit_num(kit, no, dtmi, "n", things[i].n);
        if (things[i].at)
            query_kit_set(kit, no, dtmi, "at", px_value_json(px_str_c(things[i].at)));
    }
}

/* The ids of the rows, in order. */
static void check_ids(query_kit *kit, const char *rest, const char *wanted)
{
    px_buf text = { 0 }, ids = { 0 };

    px_putf(&text, "SELECT $dtId FROM DIGITALTWINS %s", rest);
    query_kit_all(kit, text.ptr, 0);
    for (size_t i = 0; i + 10 < kit->rows.len; i++)
        if (memcmp(kit->rows.ptr + i, "\"$dtId\":\"", 9) == 0)
            px_put_char(&ids, kit->rows.ptr[i + 9]);
    if (!px_str_eq(px_buf_str(&ids), px_str_c(wanted)))
        fail_msg("%s\ngave   %.*s\nwanted %s", text.ptr, PX_FMT(px_buf_str(&ids)), wanted);
    px_buf_release(&text);
    px_buf_release(&ids);
}

/* ---- order ---- */

PX_TEST(rows_come_in_the_order_of_values_and_alike_ones_as_they_were)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "ORDER BY n", "ecfadb");
    check_ids(&kit, "ORDER BY n DESC", "badfce");
    check_ids(&kit, "ORDER BY kind, n DESC", "dacebf");
    check_ids(&kit, "WHERE n > 0.15 order by kind desc, $dtId asc", "bfad");
    check_ids(&kit, "ORDER BY $metadata.$lastUpdateTime DESC", "fedcba");
    CHECK_ROWS(&kit, "SELECT n AS x FROM DIGITALTWINS WHERE n < 2.5 ORDER BY x DESC",
               "{\"x\":0.2},{\"x\":0.1}");
    query_kit_release(&kit);
}

PX_TEST(top_limit_and_offset_cut_what_is_ordered_and_what_is_not)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "ORDER BY n LIMIT 2", "ec");
    check_ids(&kit, "ORDER BY n OFFSET 2 LIMIT 2", "fa");
    check_ids(&kit, "ORDER BY n OFFSET 5", "b");
    check_ids(&kit, "ORDER BY n OFFSET 6", "");
    check_ids(&kit, "OFFSET 4", "ef");
    check_ids(&kit, "OFFSET 1 LIMIT 1", "b");
    check_ids(&kit, "LIMIT 0", "");
    check_ids(&kit, "ORDER BY n LIMIT 0", "");
    CHECK_ROWS(&kit, "SELECT TOP(2) n FROM DIGITALTWINS ORDER BY n DESC LIMIT 1", "{\"n\":10}");
    query_kit_release(&kit);
}

PX_TEST(an_offset_may_pass_over_more_than_a_page)
{
    query_kit kit;
    char text[128], id[16];

    query_kit_init(&kit, NULL, models);
    for (int i = 0; i < 1500; i++) {
        snprintf(id, sizeof(id), "t%d", i);
        query_kit_twin(&kit, KIT_TENANT, id, THING);
    }
    snprintf(text, sizeof(text), "SELECT $dtId FROM DIGITALTWINS ORDER BY $dtId DESC OFFSET 1499");
    CHECK_ROWS(&kit, text, "{\"$dtId\":\"t0\"}");
    snprintf(text, sizeof(text),
             "SELECT COUNT() AS n FROM DIGITALTWINS GROUP BY $dtId ORDER BY n OFFSET 1499");
    CHECK_ROWS(&kit, text, "{\"n\":1}");
    query_kit_release(&kit);
}

PX_TEST(what_is_ordered_is_refused_when_it_does_not_fit)
{
    char *long_text = px_zalloc(1, 1 << 18);
    query_kit kit;
    char id[16];

    memset(long_text, 'x', 1 << 18);
    query_kit_init(&kit, NULL, models);
    for (int i = 0; i < 129; i++) {
        uint32_t no;

        snprintf(id, sizeof(id), "t%d", i);
        no = query_kit_twin(&kit, KIT_TENANT, id, THING);
        query_kit_set(&kit, no, THING, "kind", px_value_text(px_str_of(long_text, 1 << 18)));
    }
    CHECK_EQ(query_kit_run(&kit, "SELECT $dtId FROM DIGITALTWINS ORDER BY kind LIMIT 100",
                           PX_STR(""), 0),
             PX_OK);
    CHECK_EQ(query_kit_run(&kit, "SELECT $dtId FROM DIGITALTWINS ORDER BY kind", PX_STR(""), 0),
             PX_LIMIT);
    CHECK_STR(kit.err.id, "query.memory");
    px_free(long_text);
    query_kit_release(&kit);
}

/* ---- groups ---- */

PX_TEST(groups_gather_sums_and_ends)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit,
               "SELECT kind, COUNT() AS c, COUNT(n) AS v, SUM(n) AS s, AVG(n) AS m, MIN(n) AS lo, "
               "MAX(n) AS hi FROM DIGITALTWINS GROUP BY kind",
               "{\"kind\":\"pump\",\"c\":3,\"v\":2,\"s\":2.60,\"m\":1.3,\"lo\":0.1,\"hi\":2.50},"
               "{\"kind\":\"valve\",\"c\":2,\"v\":2,\"s\":10.2,\"m\":5.1,\"lo\":0.2,\"hi\":10},"
               "{\"c\":1,\"v\":1,\"s\":2.5,\"m\":2.5,\"lo\":2.5,\"hi\":2.5}");
    CHECK_ROWS(&kit, "SELECT kind FROM DIGITALTWINS GROUP BY kind ORDER BY kind DESC LIMIT 2",
               "{\"kind\":\"valve\"},{\"kind\":\"pump\"}");
    CHECK_ROWS(&kit, "SELECT T.kind, COUNT() FROM DIGITALTWINS T GROUP BY T.kind ORDER BY T.kind",
               "{\"COUNT\":1},{\"kind\":\"pump\",\"COUNT\":3},{\"kind\":\"valve\",\"COUNT\":2}");
    query_kit_release(&kit);
}

PX_TEST(equal_numbers_are_one_group_whatever_their_spelling)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT n, COUNT() FROM DIGITALTWINS WHERE n > 1 GROUP BY n",
               "{\"n\":2.50,\"COUNT\":2},{\"n\":10,\"COUNT\":1}");
    query_kit_release(&kit);
}

PX_TEST(aggregates_without_groups_make_one_row_of_all_also_of_none)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT SUM(n), MAX(kind) FROM DIGITALTWINS",
               "{\"SUM\":15.30,\"MAX\":\"valve\"}");
    CHECK_ROWS(&kit, "SELECT SUM(n), COUNT() FROM DIGITALTWINS WHERE nosuch = 1", "{\"COUNT\":0}");
    CHECK_ROWS(&kit, "SELECT COUNT(n) FROM DIGITALTWINS", "{\"COUNT\":5}");
    CHECK_ROWS(&kit, "SELECT COUNT() AS n FROM DIGITALTWINS", "{\"n\":6}");
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS GROUP BY kind", /* not COUNT() alone */
               "{\"COUNT\":3},{\"COUNT\":2},{\"COUNT\":1}");
    query_kit_release(&kit);
}

PX_TEST(models_are_counted_without_looking_at_a_twin)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS WHERE IS_OF_MODEL('" THING "')",
               "{\"COUNT\":6}");
    CHECK_EQ(kit.result.cost, kit.model_count);
    CHECK_ROWS(&kit,
               "SELECT COUNT() FROM DIGITALTWINS WHERE IS_OF_MODEL('" THING "') AND NOT "
               "IS_OF_MODEL('" HEIR "', exact)",
               "{\"COUNT\":3}");
    CHECK_EQ(kit.result.cost, kit.model_count);
    query_kit_release(&kit);
}

/* ---- distances ---- */

PX_TEST(distances_are_metres_over_the_ground)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "WHERE DISTANCE(at, 0, 0) < 1", "a");
    check_ids(&kit, "WHERE DISTANCE(at, 0, 0) > 111194 AND DISTANCE(at, 0, 0) < 111196", "b");
    check_ids(&kit,
              "WHERE DISTANCE(at, 48.8566, 2.3522) > 877000 AND "
              "DISTANCE(at, 48.8566, 2.3522) < 878500",
              "c"); /* Berlin to Paris */
    check_ids(&kit, "WHERE IS_DEFINED(at) ORDER BY DISTANCE(at, 52, 13) LIMIT 4", "dfcb");
    CHECK_ROWS(&kit, "SELECT DISTANCE(at, at) AS m FROM DIGITALTWINS WHERE $dtId = 'c'",
               "{\"m\":0}");
    query_kit_release(&kit);
}

PX_TEST(what_is_no_point_has_no_distance)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "WHERE DISTANCE(at, 0, 0) >= 0", "abc");
    check_ids(&kit, "WHERE DISTANCE(at, 91, 0) >= 0", "");
    check_ids(&kit, "WHERE DISTANCE(kind, at) >= 0", "");
    check_ids(&kit, "WHERE DISTANCE(at, kind, 0) >= 0", "");
    query_kit_release(&kit);
}

/* ---- parameters ---- */

PX_TEST(parameters_stand_for_values_lists_points_and_counts)
{
    query_kit kit;

    begin(&kit);
    kit.opts.parameters =
        PX_STR("{\"n\":2.5,\"ids\":[\"a\",\"f\",7],\"none\":null,\"k\":\"it's\",\"two\":2,"
               "\"here\":{\"type\":\"Point\",\"coordinates\":[0,0]},\"empty\":[],"
               "\"model\":\"" HEIR "\"}");
    check_ids(&kit, "WHERE n = @n", "ad");
    check_ids(&kit, "WHERE $dtId IN @ids", "af");
    check_ids(&kit, "WHERE $dtId NIN @ids AND n > @n", "b");
    check_ids(&kit, "WHERE $dtId IN @empty", "");
    check_ids(&kit, "WHERE kind = @none OR kind = @k", "");
    check_ids(&kit, "WHERE DISTANCE(at, @here) < 10", "a");
    check_ids(&kit, "WHERE IS_OF_MODEL(@model) OFFSET @two", "f");
    CHECK_ROWS(&kit, "SELECT TOP(@two) $dtId FROM DIGITALTWINS",
               "{\"$dtId\":\"a\"},{\"$dtId\":\"b\"}");
    query_kit_release(&kit);
}

PX_TEST(a_token_carries_the_parameters)
{
    query_kit kit;

    begin(&kit);
    kit.opts.parameters = PX_STR("{\"n\":0.15}");
    CHECK_OK(query_kit_run(&kit, "SELECT n FROM DIGITALTWINS WHERE n > @n", PX_STR(""), 2),
             &kit.err);
    CHECK_SLICE(px_buf_str(&kit.rows), "{\"n\":2.50},{\"n\":10}");
    kit.opts.parameters = (px_str){ 0 };
    CHECK_OK(query_kit_run(&kit, "", px_buf_str(&kit.result.continuation), 5), &kit.err);
    CHECK_SLICE(px_buf_str(&kit.rows), "{\"n\":2.5},{\"n\":0.2}");
    query_kit_release(&kit);
}

PX_TEST(parameters_of_another_form_are_refused)
{
    static const char text[] = "SELECT * FROM DIGITALTWINS";
    px_buf large = { 0 };
    query_kit kit;

    begin(&kit);
    kit.opts.parameters = PX_STR("[1]");
    CHECK_EQ(query_kit_run(&kit, text, PX_STR(""), 0), PX_INVALID);
    CHECK_STR(kit.err.id, "query.parameters");
    kit.opts.parameters = PX_STR("{\"a\"");
    CHECK_EQ(query_kit_run(&kit, text, PX_STR(""), 0), PX_INVALID);
    px_put_c(&large, "{\"a\":1}");
    while (large.len < PX_QUERY_BYTES_MAX)
        px_put_char(&large, ' ');
    kit.opts.parameters = px_buf_str(&large);
    CHECK_OK(query_kit_run(&kit, text, PX_STR(""), 1), &kit.err);
    CHECK_OK(query_kit_run(&kit, "", px_buf_str(&kit.result.continuation), 1), &kit.err);
    px_put_char(&large, ' ');
    kit.opts.parameters = px_buf_str(&large);
    CHECK_EQ(query_kit_run(&kit, text, PX_STR(""), 1), PX_TOO_LARGE);
    px_buf_release(&large);
    query_kit_release(&kit);
}

/* ---- EXPLAIN ---- */

PX_TEST(explain_tells_the_plan_and_walks_nothing)
{
    query_kit kit;

    begin(&kit);
    kit.opts.cost_max = 0;
    CHECK_ROWS(&kit,
               "EXPLAIN SELECT b.$dtId, COUNT() FROM DIGITALTWINS "
               "MATCH (b)-[:x|y*1..3]->(c)<-[r]-(a) WHERE a.$dtId IN ['1', '2'] AND r.w > 1 AND "
               "IS_OF_MODEL(b, '" THING "') AND b.n < c.n GROUP BY b.$dtId ORDER BY COUNT DESC "
               "OFFSET 1 LIMIT 10",
               "{\"step\":1,\"operator\":\"seek\",\"detail\":\"a by $dtId, ids: 2\"},"
               "{\"step\":2,\"operator\":\"join\",\"detail\":\"a -[r]-> c\"},"
               "{\"step\":3,\"operator\":\"filter\",\"detail\":\"conditions: 1, of r\"},"
               "{\"step\":4,\"operator\":\"match\",\"detail\":\"c <-[:x|y*1..3]- b\"},"
               "{\"step\":5,\"operator\":\"filter\",\"detail\":\"conditions: 2, of b, c\"},"
               "{\"step\":6,\"operator\":\"group\",\"detail\":\"keys: 1\"},"
               "{\"step\":7,\"operator\":\"sort\",\"detail\":\"keys: 1\"},"
               "{\"step\":8,\"operator\":\"offset\",\"detail\":\"rows: 1\"},"
               "{\"step\":9,\"operator\":\"limit\",\"detail\":\"rows: 10\"}");
    CHECK_EQ(kit.result.cost, 0);
    query_kit_release(&kit);
}

PX_TEST_MAIN()
