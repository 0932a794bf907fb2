/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relationships: FROM RELATIONSHIPS, JOIN, MATCH, over a small house.
 *
 *     b1 ─contains─► f1 ─contains─► r1 ─feeds─► r2
 *      └───contains─► f2 ─contains─► r3 ─feeds─► r1        r2 ─feeds─► r3, r3 ─feeds─► r3
 */
#include <stdio.h>

#include "base/mem.h"
#include "px_test.h"
#include "query_kit.h"

#define SPACE "dtmi:test:Space;1"
#define ROOM "dtmi:test:Room;1"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" SPACE "\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" ROOM "\",\"@type\":\"Interface\","
    "\"extends\":\"" SPACE "\"}]";

static void begin(query_kit *kit)
{
    static const char *const ids[] = { "b1", "f1", "f2", "r1", "r2", "r3" };
    static const struct {
        uint32_t from, to;
        const char *id, *name, *properties;
    } rels[] = { { 1, 2, "e1", "contains", "{\"since\":2001,\"tag\":{\"by\":\"x\"}}" },
                 { 1, 3, "e2", "contains", "{\"since\":2002}" },
                 { 2, 4, "e3", "contains", "" },
                 { 3, 6, "e4", "contains", "{}" },
                 { 4, 5, "e5", "feeds", "{\"since\":1999.5}" },
                 { 6, 4, "e6", "feeds", "" },
                 { 5, 6, "e7", "feeds", "" },
                 { 6, 6, "e8", "feeds", "" } };

    query_kit_init(kit, NULL, models);
    for (uint32_t i = 0; i < 6; i++) {
        char n[4] = { (char)('1' + i), '\0' };
        const char *dtmi = i < 3 ? SPACE : ROOM;
        uint32_t no = query_kit_twin(kit, KIT_TENANT, ids[i], dtmi);

        CHECK_EQ(no, i + 1);
        query_kit_num(kit, no, dtmi, "n", n);
    }
    for (size_t i = 0; i < sizeof(rels) / sizeof(rels[0]); i++)
        query_kit_rel(kit, rels[i].from, rels[i].id, rels[i].name, rels[i].to, rels[i].properties);
}

/* ---- FROM RELATIONSHIPS ---- */

PX_TEST(relationships_are_rows_of_their_own)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT COUNT() FROM RELATIONSHIPS", "{\"COUNT\":8}");
    CHECK_ROWS(&kit,
               "SELECT R.$relationshipId, R.$sourceId, R.$targetId, R.$relationshipName "
               "FROM RELATIONSHIPS R WHERE R.since > 2000 AND R.tag.by = 'x'",
               "{\"$relationshipId\":\"e1\",\"$sourceId\":\"b1\",\"$targetId\":\"f1\","
               "\"$relationshipName\":\"contains\"}");
    CHECK_ROWS(&kit, "SELECT since FROM RELATIONSHIPS WHERE $relationshipName = 'feeds'",
               "{\"since\":1999.5},{},{},{}");
    CHECK_ROWS(&kit, "SELECT COUNT() FROM RELATIONSHIPS WHERE IS_DEFINED(since)", "{\"COUNT\":3}");
    query_kit_release(&kit);
}

PX_TEST(a_whole_relationship_is_its_document)
{
    query_kit kit;

    begin(&kit);
    query_kit_all(&kit, "SELECT * FROM RELATIONSHIPS WHERE $relationshipId = 'e2'", 0);
    CHECK(
        memmem(kit.rows.ptr, kit.rows.len, "{\"$relationshipId\":\"e2\",\"$sourceId\":\"b1\"", 38));
    CHECK(memmem(kit.rows.ptr, kit.rows.len, ",\"since\":2002}", 14));
    query_kit_all(&kit, "SELECT R FROM RELATIONSHIPS R WHERE R.$relationshipId = 'e2'", 0);
    CHECK(px_str_starts(px_buf_str(&kit.rows), PX_STR("{\"R\":{\"$relationshipId\":\"e2\"")));
    query_kit_all(&kit, "SELECT $etag FROM RELATIONSHIPS WHERE $relationshipId = 'e2'", 0);
    CHECK(px_str_starts(px_buf_str(&kit.rows), PX_STR("{\"$etag\":\"W/")));
    query_kit_release(&kit);
}

PX_TEST(relationships_are_found_by_either_end)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT $relationshipId AS id FROM RELATIONSHIPS WHERE $sourceId = 'r3'",
               "{\"id\":\"e6\"},{\"id\":\"e8\"}");
    CHECK_EQ(kit.result.cost, 3);
    CHECK_ROWS(&kit, "SELECT COUNT() FROM RELATIONSHIPS WHERE $targetId IN ['r1', 'f1', 'no']",
               "{\"COUNT\":3}");
    CHECK_EQ(kit.result.cost, 5);
    query_kit_release(&kit);
}

PX_TEST(pages_end_in_the_middle_of_a_twin_and_join_to_the_same_rows)
{
    static const char *const texts[] = {
        "SELECT $relationshipId AS id FROM RELATIONSHIPS",
        "SELECT T.$dtId, B.$dtId AS b FROM DIGITALTWINS T JOIN B RELATED T.feeds",
        "SELECT b.$dtId FROM DIGITALTWINS MATCH (a)-[*..4]-(b) WHERE a.$dtId = 'r3'",
        "SELECT b.$dtId FROM DIGITALTWINS MATCH (a)-[*..3]->(b) ORDER BY b.n DESC OFFSET 2",
        "SELECT b.$dtId, COUNT() AS n FROM DIGITALTWINS MATCH (a)-[*..3]->(b) GROUP BY b.$dtId",
        "SELECT b.n FROM DIGITALTWINS MATCH (a)-[*..3]->(b) OFFSET 3 LIMIT 9"
    };
    query_kit kit;

    begin(&kit);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        px_buf whole = { 0 };

        CHECK_EQ(query_kit_all(&kit, texts[i], 0), 1);
        px_put(&whole, px_buf_str(&kit.rows));
        CHECK(kit.result.row_count > 3);
        for (uint32_t size = 1; size < 9; size++) {
            query_kit_all(&kit, texts[i], size);
            CHECK_SLICE(px_buf_str(&kit.rows), whole.ptr);
        }
        px_buf_release(&whole);
    }
    query_kit_release(&kit);
}

/* ---- JOIN ---- */

PX_TEST(a_join_follows_relationships_of_one_name_forward)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit,
               "SELECT F.$dtId, R.since FROM DIGITALTWINS B JOIN F RELATED B.contains R "
               "WHERE B.$dtId = 'b1'",
               "{\"$dtId\":\"f1\",\"since\":2001},{\"$dtId\":\"f2\",\"since\":2002}");
    CHECK_EQ(kit.result.cost, 3);
    CHECK_ROWS(&kit,
               "SELECT R.$dtId FROM DIGITALTWINS B JOIN F RELATED B.contains E "
               "JOIN R RELATED F.contains WHERE B.$dtId = 'b1' AND E.since = 2002",
               "{\"$dtId\":\"r3\"}");
    CHECK_ROWS(&kit,
               "SELECT COUNT() FROM DIGITALTWINS T JOIN X RELATED T.nosuch WHERE T.$dtId = 'b1'",
               "{\"COUNT\":0}");
    query_kit_release(&kit);
}

PX_TEST(joins_begin_at_any_earlier_twin_and_make_every_pair)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit,
               "SELECT X.$dtId AS x, Y.$dtId AS y FROM DIGITALTWINS T JOIN X RELATED T.contains "
               "JOIN Y RELATED T.contains WHERE T.$dtId = 'b1'",
               "{\"x\":\"f1\",\"y\":\"f1\"},{\"x\":\"f1\",\"y\":\"f2\"},"
               "{\"x\":\"f2\",\"y\":\"f1\"},{\"x\":\"f2\",\"y\":\"f2\"}");
    query_kit_release(&kit);
}

PX_TEST(a_join_is_walked_from_the_fixed_twin_wherever_it_stands)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit,
               "SELECT B.$dtId FROM DIGITALTWINS B JOIN F RELATED B.contains JOIN R RELATED "
               "F.contains WHERE R.$dtId = 'r3'",
               "{\"$dtId\":\"b1\"}");
    CHECK_EQ(kit.result.cost, 3);
    query_kit_release(&kit);
}

/* ---- MATCH ---- */

static void check_ids(query_kit *kit, const char *match, const char *wanted)
{
    px_buf text = { 0 }, ids = { 0 };

    px_putf(&text, "SELECT b.$dtId FROM DIGITALTWINS MATCH %s", match);
    query_kit_all(kit, text.ptr, 0);
    for (size_t i = 0; i + 12 <= kit->rows.len; i++)
        if (memcmp(kit->rows.ptr + i, "\"$dtId\":\"", 9) == 0)
            px_putf(&ids, "%s%.2s", ids.len ? " " : "", kit->rows.ptr + i + 9);
    if (!px_str_eq(px_buf_str(&ids), px_str_c(wanted)))
        fail_msg("%s\ngave   %.*s\nwanted %s", text.ptr, PX_FMT(px_buf_str(&ids)), wanted);
    px_buf_release(&text);
    px_buf_release(&ids);
}

PX_TEST(directions_and_names_limit_a_hop)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "(a)-[]->(b) WHERE a.$dtId = 'b1'", "f1 f2");
    check_ids(&kit, "(a)<-[]-(b) WHERE a.$dtId = 'b1'", "");
    check_ids(&kit, "(a)<-[]-(b) WHERE a.$dtId = 'f1'", "b1");
    check_ids(&kit, "(a)-[:feeds]-(b) WHERE a.$dtId = 'r1'", "r2 r3");
    check_ids(&kit, "(a)-[:contains]-(b) WHERE a.$dtId = 'r1'", "f1");
    check_ids(&kit, "(a)-[:contains|feeds|contains]-(b) WHERE a.$dtId = 'r1'", "r2 f1 r3");
    check_ids(&kit, "(a)-[contains|feeds]->(b) WHERE a.$dtId = 'r1'", "r2");
    check_ids(&kit, "(a)-[:nosuch]-(b) WHERE a.$dtId = 'r1'", "");
    check_ids(&kit, "(a)-[]-(b) WHERE a.$dtId = 'r3' AND b.$dtId = 'r3'", "r3");
    query_kit_release(&kit);
}

PX_TEST(a_range_leaves_its_lower_bound_out)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "(a)-[:contains*2]->(b) WHERE a.$dtId = 'b1'", "r1 r3");
    check_ids(&kit, "(a)-[:contains*..2]->(b) WHERE a.$dtId = 'b1'", "f1 r1 f2 r3");
    check_ids(&kit, "(a)-[:contains*1..2]->(b) WHERE a.$dtId = 'b1'", "r1 r3");
    check_ids(&kit, "(a)-[:contains*1]->(b) WHERE a.$dtId = 'b1'", "f1 f2");
    check_ids(&kit, "(a)-[:contains*]->(b) WHERE a.$dtId = 'b1'", "f1 r1 f2 r3");
    check_ids(&kit, "(a)-[:contains*1..]->(b) WHERE a.$dtId = 'b1'", "r1 r3");
    check_ids(&kit, "(a)<-[*3]-(b) WHERE a.$dtId = 'r2'", "r2 r3 f2 b1");
    query_kit_release(&kit);
}

PX_TEST(no_relationship_is_walked_twice_in_one_path)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "(a)-[:feeds*]->(b) WHERE a.$dtId = 'r1'", "r2 r3 r1 r3 r1");
    check_ids(&kit, "(a)-[]-(x)-[]-(b) WHERE a.$dtId = 'b1'", "r1 r3");
    check_ids(&kit, "(a)-[:feeds*3]->(b)-[:feeds*2]->(c) WHERE a.$dtId = 'r1'", "");
    query_kit_release(&kit);
}

PX_TEST(a_match_is_walked_from_the_fixed_twin_wherever_it_stands)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "(b)-[:contains]->(x)-[:contains]->(a) WHERE a.$dtId = 'r3'", "b1");
    CHECK_EQ(kit.result.cost, 3);
    check_ids(&kit, "(b)-[:contains]->(x)-[:contains]->(c) WHERE x.$dtId = 'f2'", "b1");
    CHECK_EQ(kit.result.cost, 3);
    check_ids(&kit, "(x)-[:contains*..3]->(b)<-[:feeds]-(a) WHERE a.$dtId = 'r3'", "r1 r1 r3 r3");
    query_kit_release(&kit);
}

PX_TEST(a_twin_named_twice_is_the_same_twin)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "(b)-[:feeds]->(x)-[:feeds]->(y)-[:feeds]->(b) WHERE b.$dtId = 'r1'", "r1");
    check_ids(&kit, "(b)-[:feeds]->(b) WHERE b.$dtId = 'r3'", "r3");
    check_ids(&kit, "(b)-[:feeds*]->(b) WHERE b.$dtId = 'r2'", "r2 r2");
    query_kit_release(&kit);
}

PX_TEST(bound_relationships_are_asked_and_given)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "(a)-[r:contains]->(b) WHERE a.$dtId = 'b1' AND r.since < 2002", "f1");
    CHECK_ROWS(&kit,
               "SELECT r.$relationshipId, r.tag.by FROM DIGITALTWINS MATCH (a)-[r]->(b) "
               "WHERE b.$dtId = 'f1'",
               "{\"$relationshipId\":\"e1\",\"by\":\"x\"}");
    query_kit_all(&kit, "SELECT * FROM DIGITALTWINS MATCH (a)-[r]->() WHERE a.$dtId = 'r2'", 0);
    CHECK(px_str_starts(px_buf_str(&kit.rows), PX_STR("{\"a\":{\"$dtId\":\"r2\",")));
    CHECK(memmem(kit.rows.ptr, kit.rows.len, "},\"r\":{\"$relationshipId\":\"e7\",", 30));
    query_kit_release(&kit);
}

PX_TEST(conditions_and_models_narrow_ends_and_middles)
{
    query_kit kit;

    begin(&kit);
    check_ids(&kit, "(a)-[:contains*..2]->(b) WHERE a.$dtId = 'b1' AND IS_OF_MODEL(b, '" ROOM "')",
              "r1 r3");
    check_ids(&kit, "(a)-[]->(x)-[]->(b) WHERE a.$dtId = 'b1' AND (x.n = 2 OR b.n = 6)", "r1 r3");
    check_ids(&kit, "(a)-[:feeds]->(b) WHERE IS_OF_MODEL(a, '" ROOM "') AND b.n > a.n", "r2 r3");
    check_ids(&kit, "(b) WHERE b.n > 4", "r2 r3");
    query_kit_release(&kit);
}

/* ---- limits ---- */

PX_TEST(a_bomb_ends_at_its_cost_and_at_its_time)
{
    static const char text[] = "SELECT COUNT() FROM DIGITALTWINS MATCH (a)-[*]-(b)-[*]-(c)";
    query_kit kit;

    begin(&kit);
    for (uint32_t i = 0; i < 40; i++) { /* many ways between few twins */
        char id[8] = { 'x', (char)('0' + i / 10), (char)('0' + i % 10) };

        query_kit_rel(&kit, 1 + i % 6, id, "x", 1 + i * 7 % 6, "");
    }
    kit.opts.cost_max = 100000;
    CHECK_EQ(query_kit_run(&kit, text, PX_STR(""), 0), PX_LIMIT);
    CHECK_STR(kit.err.id, "query.cost");
    kit.opts.cost_max = 0;
    kit.tick_ns = PX_SECOND;
    CHECK_EQ(query_kit_run(&kit, text, PX_STR(""), 0), PX_TIMEOUT);
    CHECK_STR(kit.err.id, "query.time");
    query_kit_release(&kit);
}

PX_TEST(a_hop_costs_one_for_each_relationship_to_the_limit)
{
    static const char text[] = "SELECT b.$dtId FROM DIGITALTWINS MATCH (a)-[*2]->(b) "
                               "WHERE a.$dtId = 'b1'";
    query_kit kit;

    begin(&kit);
    kit.opts.cost_max = 5;
    CHECK_OK(query_kit_run(&kit, text, PX_STR(""), 0), &kit.err);
    CHECK_EQ(kit.result.cost, 5);
    kit.opts.cost_max = 4;
    CHECK_EQ(query_kit_run(&kit, text, PX_STR(""), 0), PX_LIMIT);
    query_kit_release(&kit);
}

PX_TEST(a_long_chain_is_walked_to_its_end)
{
    query_kit kit;

    query_kit_init(&kit, NULL, models);
    for (uint32_t i = 1; i <= 300; i++) {
        char id[8];

        snprintf(id, sizeof(id), "t%u", i);
        query_kit_twin(&kit, KIT_TENANT, id, SPACE);
        if (i > 1)
            query_kit_rel(&kit, i - 1, "next", "next", i, "");
    }
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS MATCH (a)-[*]->(b) WHERE a.$dtId = 't1'",
               "{\"COUNT\":299}");
    CHECK_ROWS(&kit, "SELECT b.$dtId FROM DIGITALTWINS MATCH (a)-[*299]->(b) WHERE a.$dtId = 't1'",
               "{\"$dtId\":\"t300\"}");
    query_kit_release(&kit);
}

PX_TEST(any_request_for_memory_of_a_walk_may_fail_and_nothing_is_lost)
{
    static const char text[] = "SELECT b.$dtId, COUNT() AS n, MAX(r.since) AS m FROM DIGITALTWINS "
                               "MATCH (a)-[*..3]-(x)-[r]->(b) GROUP BY b.$dtId ORDER BY n";
    px_status status = PX_NO_MEMORY;
    query_kit kit;

    begin(&kit);
    for (uint64_t n = 1; status == PX_NO_MEMORY && n < 1000; n++) {
        px_buf_release(&kit.rows);
        px_mem_fail_nth(n);
        status = query_kit_run(&kit, text, PX_STR(""), 1);
        px_mem_fail_nth(0);
    }
    CHECK_OK(status, &kit.err);
    CHECK_EQ(kit.result.row_count, 1);
    query_kit_release(&kit);
}

PX_TEST_MAIN()
