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
      "SQL query parse failed: line 2, column 6: expected DIGITALTWINS, found 'digitaltwin'; did "
      "you mean DIGITALTWINS?\nFROM digitaltwin\n     ^" },
    { "SELECT * FROM DIGITALTWINS T WERE T.a = 1", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 30: expected WHERE or the end, found 'WERE'; did you "
      "mean WHERE?\nELECT * FROM DIGITALTWINS T WERE T.a = 1\n                            ^" },
    { "SELECT * FROM DIGITALTWINS T WHERE T.a = 1 ORDER BY T.a", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 44: expected AND, OR or the end, found "
      "'ORDER'\nIGITALTWINS T WHERE T.a = 1 ORDER BY T.a\n                            ^" },
    { "SELECT FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 8: expected *, TOP, COUNT() or a column, found "
      "'FROM'\nSELECT FROM DIGITALTWINS\n       ^" },
    { "SELECT SUM(T.a) FROM DIGITALTWINS T", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 8: SUM is not part of the query language, only "
      "COUNT() is\nSELECT SUM(T.a) FROM DIGITALTWINS T\n       ^" },
    { "SELECT COUNT(*) FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 14: expected ), found '*'\n"
      "SELECT COUNT(*) FROM DIGITALTWINS\n             ^" },
    { "SELECT TOP(-1) * FROM DIGITALTWINS", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 12: expected a number of rows such as TOP(10), found "
      "'-1'\nSELECT TOP(-1) * FROM DIGITALTWINS\n           ^" },
    { "SELECT a, T.a FROM DIGITALTWINS T", PX_INVALID, "query.parse",
      "SQL query parse failed: line 1, column 11: two columns are called 'a'; name one with AS\n"
      "SELECT a, T.a FROM DIGITALTWINS T\n          ^" },
    { "SELECT * FROM RELATIONSHIPS", PX_UNSUPPORTED, "query.unsupported",
      "SQL query parse failed: line 1, column 15: FROM RELATIONSHIPS is not offered yet\n"
      "SELECT * FROM RELATIONSHIPS\n              ^" },
    { "SELECT T FROM DIGITALTWINS T JOIN B RELATED T.x", PX_UNSUPPORTED, "query.unsupported",
      "SQL query parse failed: line 1, column 30: JOIN is not offered yet\nT FROM DIGITALTWINS T "
      "JOIN B RELATED T.x\n                      ^" },
    { "SELECT a FROM DIGITALTWINS MATCH (a)-[]->(b)", PX_UNSUPPORTED, "query.unsupported",
      "SQL query parse failed: line 1, column 28: MATCH is not offered yet\nCT a FROM DIGITALTWINS "
      "MATCH (a)-[]->(b)\n                       ^" },
};

PX_TEST(every_complaint_reads_as_it_is_written_here)
{
    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
        px_arena arena;
        px_query query;
        px_err err = { 0 };

        px_arena_init(&arena, 1 << 20);
        CHECK_EQ(px_query_parse(px_str_c(golden[i].text), &arena, &query, &err), golden[i].status);
        CHECK_STR(err.id, golden[i].id);
        CHECK_STR(err.text, golden[i].message);
        CHECK(err.line > 0 && err.column > 0);
        px_arena_release(&arena);
    }
}

static void parse(px_arena *arena, const char *text, px_query *query)
{
    px_err err;

    CHECK_OK(px_query_parse(px_str_c(text), arena, query, &err), &err);
}

PX_TEST(columns_know_the_name_that_stands_behind_them)
{
    px_query query;
    px_arena arena;

    px_arena_init(&arena, 1 << 20);
    parse(&arena, "SELECT T, T.a.b, c AS [[d e]] FROM DIGITALTWINS T", &query);
    CHECK_EQ(query.column_count, 3);
    CHECK_SLICE(query.column_names[0], "T");
    CHECK_EQ(query.columns[0].count, 0);
    CHECK_SLICE(query.column_names[1], "b");
    CHECK_EQ(query.columns[1].count, 2);
    CHECK_SLICE(query.column_names[2], "d e");
    CHECK_SLICE(query.columns[2].steps[0], "c");
    parse(&arena, "SELECT T.from, T.x FROM DIGITALTWINS T", &query);
    CHECK_SLICE(query.columns[0].steps[0], "from");
    CHECK_EQ(query.columns[1].count, 1);
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
    CHECK_EQ(query.twins_name.len, 0);
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
        CHECK_EQ(px_query_parse(px_buf_str(&text), &arena, &query, &err),
                 over ? PX_INVALID : PX_OK);
        px_arena_release(&arena);
        px_buf_release(&text);
    }
}

PX_TEST_MAIN()
