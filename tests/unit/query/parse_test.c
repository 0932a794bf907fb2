/* SPDX-License-Identifier: Apache-2.0 */
#include "query/parse.h"

#include <stdio.h>

#include "base/limits.h"
#include "px_test.h"

/* text, status, id, the whole message */
static const struct {
    const char *text;
    px_status status;
    const char *id, *message;
} golden[] = {
    { "", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 1: expected SELECT, found the end\n\n^" },
    { "SELCT * FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 1: expected SELECT, found 'SELCT'; did you mean "
      "SELECT?\nSELCT * FROM DIGITALTWINS\n^" },
    { "SELECT * FORM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 10: expected FROM, found 'FORM'; did you mean "
      "FROM?\nSELECT * FORM DIGITALTWINS\n         ^" },
    { "SELECT *\nFROM digitaltwin", PX_INVALID, "query.parse",
      "SQL query parse failed: line 2, column 6: expected DIGITALTWINS or RELATIONSHIPS, found "
      "'digitaltwin'; did "
      "you mean DIGITALTWINS?\nFROM digitaltwin\n     ^" },
    { "SELECT * FROM DIGITALTWINS T WERE T.a = 1", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 30: expected WHERE or the end, found 'WERE'; did you "
      "mean WHERE?\nELECT * FROM DIGITALTWINS T WERE T.a = 1\n                            ^" },
    { "SELECT FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 8: expected *, TOP, COUNT() or a column, found "
      "'FROM'\nSELECT FROM DIGITALTWINS\n       ^" },
    { "SELECT COUNT(*) FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 14: expected ), found '*'\n"
      "SELECT COUNT(*) FROM DIGITALTWINS\n             ^" },
    { "SELECT TOP(-1) * FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 12: expected a number of rows such as TOP(10), found "
      "'-1'\nSELECT TOP(-1) * FROM DIGITALTWINS\n           ^" },
    { "SELECT a, T.a FROM DIGITALTWINS T", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 11: two columns are called 'a'; name one with AS\n"
      "SELECT a, T.a FROM DIGITALTWINS T\n          ^" },
    { "SELECT * FROM DIGITALTWINS T WHERE T.a = 1 ODER BY T.a", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 44: expected AND, OR or the end, found 'ODER'; did "
      "you mean ORDER?\nDIGITALTWINS T WHERE T.a = 1 ODER BY T.a\n                             ^" },
    { "SELECT * FROM DIGITALTWINS T WHERE T.a = 1 ORDER BY T.a DES", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 57: expected the end, found 'DES'\nALTWINS T WHERE "
      "T.a = 1 ORDER BY T.a DES\n                                     ^" },
    { "SELECT * FROM DIGITALTWINS ORDER T.a", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 34: expected BY, found 'T'\nSELECT * FROM "
      "DIGITALTWINS ORDER T.a\n                                 ^" },
    { "SELECT * FROM DIGITALTWINS LIMIT -1", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 34: expected a number of rows, found '-1'\nSELECT * "
      "FROM DIGITALTWINS LIMIT -1\n                                 ^" },
    { "SELECT * FROM DIGITALTWINS OFFSET x", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 35: expected a number of rows to leave out, found "
      "'x'\nSELECT * FROM DIGITALTWINS OFFSET x\n                                  ^" },
    { "SELECT * FROM DIGITALTWINS GROUP BY a", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 38: a group has no documents; select what it is "
      "grouped by, and COUNT(), SUM, AVG, MIN or MAX\nSELECT * FROM DIGITALTWINS GROUP BY a\n      "
      "                               ^" },
    { "SELECT a, COUNT() FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 8: a group has many values of this; name it in GROUP "
      "BY, or ask for its SUM, AVG, MIN, MAX or COUNT\nSELECT a, COUNT() FROM DIGITALTWINS\n       "
      "^" },
    { "SELECT COUNT() FROM DIGITALTWINS GROUP BY a ORDER BY b", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 54: groups are ordered by their columns; name one, "
      "with AS if need be\n FROM DIGITALTWINS GROUP BY a ORDER BY b\n                              "
      "         ^" },
    { "SELECT SUM() FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 12: expected a property, found ')'\nSELECT SUM() "
      "FROM DIGITALTWINS\n           ^" },
    { "SELECT SUM(a), SUM(b) FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 16: two columns are called 'SUM'; name one with "
      "AS\nSELECT SUM(a), SUM(b) FROM DIGITALTWINS\n               ^" },
    { "SELECT * FROM DIGITALTWIN", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 15: expected DIGITALTWINS or RELATIONSHIPS, found "
      "'DIGITALTWIN'; did you mean DIGITALTWINS?\nSELECT * FROM DIGITALTWIN\n              ^" },
    { "SELECT * FROM RELATIONSHIPS R JOIN T RELATED R.x", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 31: JOIN begins at twins: FROM DIGITALTWINS\n FROM "
      "RELATIONSHIPS R JOIN T RELATED R.x\n                      ^" },
    { "SELECT * FROM RELATIONSHIPS R WHERE IS_OF_MODEL(R, 'dtmi:a:b;1')", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 49: a relationship has no model\nIPS R WHERE "
      "IS_OF_MODEL(R, 'dtmi:a:b;1')\n                        ^" },
    { "SELECT T FROM DIGITALTWINS JOIN B RELATED T.x", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 28: JOIN needs a name to begin at: FROM DIGITALTWINS "
      "T JOIN …\nT T FROM DIGITALTWINS JOIN B RELATED T.x\n                      ^" },
    { "SELECT T FROM DIGITALTWINS T JOIN B RELATE T.x", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 37: expected RELATED, found 'RELATE'; did you mean "
      "RELATED?\n T FROM DIGITALTWINS T JOIN B RELATE T.x\n                              ^" },
    { "SELECT T FROM DIGITALTWINS T JOIN B RELATED U.x", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 45: 'U' is no twin that was named before\nT FROM "
      "DIGITALTWINS T JOIN B RELATED U.x\n                                     ^" },
    { "SELECT T FROM DIGITALTWINS T JOIN T RELATED T.x", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 35: 'T' is named twice\nT FROM DIGITALTWINS T JOIN T "
      "RELATED T.x\n                           ^" },
    { "SELECT T FROM DIGITALTWINS T JOIN B RELATED T.x R JOIN C RELATED R.y", PX_INVALID,
      "query.parse",
      "SQL query parse failed: line 1, column 66: 'R' is a relationship; RELATED begins at a "
      "twin\n JOIN B RELATED T.x R JOIN C RELATED R.y\n                                     ^" },
    { "SELECT * FROM DIGITALTWINS T JOIN B RELATED T.x", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 8: with JOIN a row has several documents; name those "
      "that are wanted\nSELECT * FROM DIGITALTWINS T JOIN B RELA\n       ^" },
    { "SELECT name FROM DIGITALTWINS T JOIN B RELATED T.x", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 8: 'name' is none of the names in FROM; a path "
      "begins with one, as T.name\nSELECT name FROM DIGITALTWINS T JOIN B R\n       ^" },
    { "SELECT T FROM DIGITALTWINS T JOIN B RELATED T.x WHERE t.a = 1", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 55: names are case sensitive: 't' is called 'T' in "
      "FROM\nTWINS T JOIN B RELATED T.x WHERE t.a = 1\n                                 ^" },
    { "SELECT T FROM DIGITALTWINS T JOIN B RELATED T.x WHERE IS_OF_MODEL('dtmi:a:b;1')", PX_INVALID,
      "query.parse",
      "SQL query parse failed: line 1, column 67: expected the twin whose model is asked for, as "
      "IS_OF_MODEL(T, 'dtmi:com:acme:Pump;1')\nATED T.x WHERE IS_OF_MODEL('dtmi:a:b;1')\n          "
      "                 ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)-[]->", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 42: expected (, found the end\nELECT a FROM "
      "DIGITALTWINS MATCH (a)-[]->\n                                        ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)<-[]->(b)", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 37: a relationship points one way; either way is "
      "written -[]-\nT a FROM DIGITALTWINS MATCH (a)<-[]->(b)\n                               ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)-[r*2]->(b)", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 39: 'r' would be several relationships; only a "
      "single hop has a name\na FROM DIGITALTWINS MATCH (a)-[r*2]->(b)\n                           "
      "    ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)-[*0]->(b)", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 39: no way has so many hops: *3 is three, *1..3 two "
      "or three\n a FROM DIGITALTWINS MATCH (a)-[*0]->(b)\n                                ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)-[*3..2]->(b)", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 39: no way has so many hops: *3 is three, *1..3 two "
      "or three\nFROM DIGITALTWINS MATCH (a)-[*3..2]->(b)\n                             ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)-[*x]->(b)", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 40: expected ], found 'x'\n a FROM DIGITALTWINS "
      "MATCH (a)-[*x]->(b)\n                                 ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)-[:]->(b)", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 40: expected the name of a relationship, found "
      "']'\nT a FROM DIGITALTWINS MATCH (a)-[:]->(b)\n                                  ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)-[r]->(r)", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 44: 'r' is a relationship already\nT a FROM "
      "DIGITALTWINS MATCH (a)-[r]->(r)\n                                      ^" },
    { "SELECT * FROM DIGITALTWINS MATCH ()-[]->()", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 8: nothing in MATCH has a name that * could stand "
      "for\nSELECT * FROM DIGITALTWINS MATCH ()-[]->\n       ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)-[]->(b) MATCH (c)", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 46: a query has one MATCH and no JOIN beside "
      "it\nDIGITALTWINS MATCH (a)-[]->(b) MATCH (c)\n                               ^" },
    { "SELECT a FROM DIGITALTWINS MATCH a-[]->(b)", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 34: expected (, found 'a'\nLECT a FROM DIGITALTWINS "
      "MATCH a-[]->(b)\n                               ^" },
    { "SELECT * FROM DIGITALTWINS WHERE a = @x", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 38: the request gives no value for the parameter "
      "'x'\nSELECT * FROM DIGITALTWINS WHERE a = @x\n                                     ^" },
    { "SELECT * FROM DIGITALTWINS WHERE a = @", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 38: '@' begins the name of a parameter, such as "
      "@limit\nSELECT * FROM DIGITALTWINS WHERE a = @\n                                     ^" },
    { "SELECT * FROM DIGITALTWINS WHERE DISTANCE(a) < 5", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 34: DISTANCE takes two points, or a point, a "
      "latitude and a longitude\n FROM DIGITALTWINS WHERE DISTANCE(a) < 5\n                        "
      " ^" },
    { "SELECT * FROM DIGITALTWINS WHERE DISTANC(a, b) < 5", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 34: there is no function 'DISTANC'; did you mean "
      "DISTANCE?\nROM DIGITALTWINS WHERE DISTANC(a, b) < 5\n                       ^" },
};

PX_TEST(every_complaint_reads_as_it_is_written_here)
{
    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
        px_arena arena;
        px_query query;
        px_err err = { 0 };

        px_arena_init(&arena, 1 << 20);
        CHECK_EQ(px_query_parse(px_str_c(golden[i].text), NULL, &arena, &query, &err),
                 golden[i].status);
        CHECK_STR(err.id, golden[i].id);
        CHECK_STR(err.text, golden[i].message);
        CHECK(err.line > 0 && err.column > 0);
        px_arena_release(&arena);
    }
}

static void parse(px_arena *arena, const char *text, px_query *query)
{
    px_err err;

    CHECK_OK(px_query_parse(px_str_c(text), NULL, arena, query, &err), &err);
}

PX_TEST(columns_know_the_name_that_stands_behind_them)
{
    px_query query;
    px_arena arena;

    px_arena_init(&arena, 1 << 20);
    parse(&arena, "SELECT T, T.a.b, c AS [[d e]] FROM DIGITALTWINS T", &query);
    CHECK_EQ(query.column_count, 3);
    CHECK_SLICE(query.columns[0].name, "T");
    CHECK_EQ(query.columns[0].operand->path.count, 0);
    CHECK_SLICE(query.columns[1].name, "b");
    CHECK_EQ(query.columns[1].operand->path.count, 2);
    CHECK_SLICE(query.columns[2].name, "d e");
    CHECK_SLICE(query.columns[2].operand->path.steps[0], "c");
    parse(&arena, "SELECT T.from, T.x FROM DIGITALTWINS T", &query);
    CHECK_SLICE(query.columns[0].operand->path.steps[0], "from");
    CHECK_EQ(query.columns[1].operand->path.count, 1);
    px_arena_release(&arena);
}

PX_TEST(keywords_come_in_any_case_and_over_lines)
{
    px_query query;
    px_arena arena;

    px_arena_init(&arena, 1 << 20);
    parse(&arena, "select\ttop\n( 5 )\r\nfrom DigitalTwins\nwhere a=1", &query);
    CHECK(query.is_all);
    CHECK_EQ(query.top, 5);
    CHECK_EQ(query.names[0].len, 0);
    CHECK(query.where != NULL);
    parse(&arena, "SELECT TOP(1000000000000) T FROM DIGITALTWINS T", &query);
    CHECK(!query.is_all);
    CHECK(query.top == UINT64_C(1000000000000));
    parse(&arena, "SELECT COUNT ( ) FROM DIGITALTWINS", &query);
    CHECK(query.is_count && query.top == PX_QUERY_NO_TOP);
    px_arena_release(&arena);
}

PX_TEST(has_as_many_columns_as_the_limit_and_no_more)
{
    for (int over = 0; over < 2; over++) {
        px_buf text = { 0 };
        px_arena arena;
        px_query query;
        px_err err;

        px_arena_init(&arena, 1 << 20);
        px_put_c(&text, "SELECT a0");
        for (int i = 1; i < PX_QUERY_COLUMNS_MAX + over; i++)
            px_putf(&text, ", a%d", i);
        px_put_c(&text, " FROM DIGITALTWINS");
        CHECK_EQ(px_query_parse(px_buf_str(&text), NULL, &arena, &query, &err),
                 over ? PX_INVALID : PX_OK);
        px_arena_release(&arena);
        px_buf_release(&text);
    }
}

/* JOINs one behind another: each names a twin. */
static px_status parse_joins(unsigned twins, px_err *err)
{
    px_buf text = { 0 };
    px_arena arena;
    px_query query;
    px_status status;

    px_arena_init(&arena, 4 << 20);
    px_put_c(&text, "SELECT a0 FROM DIGITALTWINS a0");
    for (unsigned i = 1; i < twins; i++)
        px_putf(&text, " JOIN a%u RELATED a%u.feeds", i, i - 1);
    px_put_c(&text, " WHERE a0.$dtId = 'x'");
    status = px_query_parse(px_buf_str(&text), NULL, &arena, &query, err);
    px_buf_release(&text);
    px_arena_release(&arena);
    return status;
}

PX_TEST(a_row_is_made_of_as_many_twins_as_the_limit_and_no_more)
{
    px_err err;

    CHECK_OK(parse_joins(PX_EXPR_SOURCES_MAX, &err), &err);
    CHECK_EQ(parse_joins(PX_EXPR_SOURCES_MAX + 1, &err), PX_INVALID);
    CHECK(err.line > 0 && err.column > 0);
}

PX_TEST_MAIN()
