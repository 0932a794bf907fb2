/* SPDX-License-Identifier: Apache-2.0 */
#include "query/query.h"

#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "query_kit.h"

#define MOTOR "dtmi:test:Motor;1"
#define ASSET "dtmi:test:Asset;1"
#define PUMP "dtmi:test:Pump;1"
#define VALVE "dtmi:test:Valve;1"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" MOTOR "\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" ASSET "\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"label\",\"schema\":\"string\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" PUMP "\",\"@type\":\"Interface\","
    "\"extends\":\"" ASSET "\",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"pressure\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"flow\",\"schema\":\"double\"},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"" MOTOR "\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" VALVE "\",\"@type\":\"Interface\","
    "\"extends\":\"" ASSET "\",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"pressure\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"open\",\"schema\":\"boolean\"}]}]";

/* Four of tenant 1, and one in tenant 2 that nobody may see. */
static void begin(query_kit *kit)
{
    uint32_t p1, p2, v1, other;

    query_kit_init(kit, NULL, models);
    p1 = query_kit_twin(kit, KIT_TENANT, "p1", PUMP);
    p2 = query_kit_twin(kit, KIT_TENANT, "p2", PUMP);
    other = query_kit_twin(kit, 2, "p1", PUMP);
    v1 = query_kit_twin(kit, KIT_TENANT, "v1", VALVE);
    query_kit_twin(kit, KIT_TENANT, "a1", ASSET);
    query_kit_num(kit, p1, PUMP, "pressure", "2.50");
    query_kit_num(kit, p1, PUMP, "motor.speed", "1450");
    query_kit_num(kit, p1, PUMP, "flow", "7");
    query_kit_num(kit, p2, PUMP, "pressure", "4");
    query_kit_num(kit, other, PUMP, "pressure", "2.50");
    query_kit_set(kit, p1, PUMP, "label", px_value_text(PX_STR("feed")));
    query_kit_set(kit, v1, VALVE, "pressure", px_value_text(PX_STR("high")));
}

/* ---- clauses ---- */

PX_TEST(columns_give_rows_of_what_is_there)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT T.$dtId, T.pressure FROM DIGITALTWINS T",
               "{\"$dtId\":\"p1\",\"pressure\":2.50},{\"$dtId\":\"p2\",\"pressure\":4},"
               "{\"$dtId\":\"v1\",\"pressure\":\"high\"},{\"$dtId\":\"a1\"}");
    CHECK_ROWS(&kit, "select $dtId as id, motor.speed from digitaltwins where pressure > 2",
               "{\"id\":\"p1\",\"speed\":1450},{\"id\":\"p2\"}");
    CHECK_ROWS(&kit, "SELECT T.label FROM DIGITALTWINS T WHERE $dtId = 'a1'", "{}");
    query_kit_release(&kit);
}

PX_TEST(count_gives_one_row_with_one_number)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS", "{\"COUNT\":4}");
    CHECK_EQ(kit.result.cost, 4);
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS T WHERE T.pressure > 3", "{\"COUNT\":1}");
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS WHERE nosuch = 1", "{\"COUNT\":0}");
    query_kit_release(&kit);
}

PX_TEST(top_ends_the_rows_also_over_pages)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT TOP (2) $dtId FROM DIGITALTWINS",
               "{\"$dtId\":\"p1\"},{\"$dtId\":\"p2\"}");
    CHECK_EQ(kit.result.continuation.len, 0);
    CHECK_EQ(query_kit_all(&kit, "SELECT TOP(3) $dtId FROM DIGITALTWINS", 2), 2);
    CHECK_EQ(kit.result.row_count, 3);
    CHECK_ROWS(&kit, "SELECT TOP(0) FROM DIGITALTWINS", "");
    query_kit_all(&kit, "SELECT TOP(9) FROM DIGITALTWINS", 1);
    CHECK_EQ(kit.result.row_count, 4);
    query_kit_release(&kit);
}

PX_TEST(whole_twins_come_plain_with_a_star_and_named_with_a_name)
{
    px_json *star, *named;
    query_kit kit;
    px_arena arena;
    px_buf first = { 0 };

    begin(&kit);
    px_arena_init(&arena, 1 << 20);
    query_kit_all(&kit, "SELECT * FROM DIGITALTWINS T WHERE T.$dtId = 'p1'", 0);
    px_put(&first, px_buf_str(&kit.rows));
    CHECK_OK(px_json_parse(px_buf_str(&first), NULL, &arena, &star, &kit.err), &kit.err);
    CHECK_SLICE(px_json_get_text(star, PX_STR("$dtId")), "p1");
    CHECK(!px_json_get(star, PX_STR("flow")));
    CHECK_SLICE(px_json_get(px_json_get(star, PX_STR("motor")), PX_STR("speed"))->raw, "1450");

    query_kit_all(&kit, "SELECT T FROM DIGITALTWINS T WHERE T.$dtId = 'p1'", 0);
    CHECK_OK(px_json_parse(px_buf_str(&kit.rows), NULL, &arena, &named, &kit.err), &kit.err);
    CHECK(px_str_eq(px_json_get(named, PX_STR("T"))->raw, px_buf_str(&first)));
    px_arena_release(&arena);
    px_buf_release(&first);
    query_kit_release(&kit);
}

PX_TEST(components_and_metadata_are_columns_too)
{
    px_json *row;
    query_kit kit;
    px_arena arena;

    begin(&kit);
    px_arena_init(&arena, 1 << 20);
    query_kit_all(&kit,
                  "SELECT motor, $metadata AS m, $metadata.pressure AS p, motor.$metadata AS mm, "
                  "$etag, $metadata.$model FROM DIGITALTWINS WHERE $dtId = 'p1'",
                  0);
    CHECK_OK(px_json_parse(px_buf_str(&kit.rows), NULL, &arena, &row, &kit.err), &kit.err);
    CHECK_EQ(row->count, 6);
    CHECK_SLICE(px_json_get(px_json_get(row, PX_STR("motor")), PX_STR("speed"))->raw, "1450");
    CHECK_SLICE(px_json_get_text(px_json_get(row, PX_STR("m")), PX_STR("$model")), PUMP);
    CHECK_EQ(px_json_get_text(px_json_get(row, PX_STR("p")), PX_STR("lastUpdateTime")).len, 28);
    CHECK(px_json_get(px_json_get(row, PX_STR("mm")), PX_STR("speed")));
    CHECK_SLICE(px_json_get_text(row, PX_STR("$model")), PUMP);
    px_arena_release(&arena);
    query_kit_release(&kit);
}

PX_TEST(a_model_and_its_heirs_are_found_by_the_index)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '" ASSET "')",
               "{\"COUNT\":4}");
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE IS_OF_MODEL('" ASSET "', exact)",
               "{\"$dtId\":\"a1\"}");
    CHECK_EQ(kit.result.cost, 1);
    CHECK_ROWS(&kit,
               "SELECT $dtId FROM DIGITALTWINS WHERE pressure > 3 AND IS_OF_MODEL('" PUMP "')",
               "{\"$dtId\":\"p2\"}");
    CHECK_EQ(kit.result.cost, 2);
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE IS_OF_MODEL('dtmi:test:None;1')", "");
    CHECK_EQ(kit.result.cost, 0);
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS WHERE NOT IS_OF_MODEL('" PUMP "')",
               "{\"COUNT\":2}");
    query_kit_release(&kit);
}

PX_TEST(twins_of_a_deleted_model_are_of_it_still)
{
    query_kit kit;

    begin(&kit);
    CHECK_OK(px_registry_delete(kit.registry, query_kit_model(&kit, VALVE), false, &kit.err),
             &kit.err);
    px_registry_commit(kit.registry);
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE IS_OF_MODEL('" VALVE "')",
               "{\"$dtId\":\"v1\"}");
    query_kit_release(&kit);
}

PX_TEST(ids_are_read_as_points_in_the_order_of_all_walks)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE $dtId = 'p2'", "{\"$dtId\":\"p2\"}");
    CHECK_EQ(kit.result.cost, 1);
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE 'p2' = $dtId AND pressure > 5", "");
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE $dtId IN ['v1', 'no', 'p1', 'v1']",
               "{\"$dtId\":\"p1\"},{\"$dtId\":\"v1\"}");
    CHECK_EQ(kit.result.cost, 2);
    CHECK_EQ(
        query_kit_all(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE $dtId IN ['v1','a1','p1']", 1),
        3);
    CHECK_SLICE(px_buf_str(&kit.rows), "{\"$dtId\":\"p1\"},{\"$dtId\":\"v1\"},{\"$dtId\":\"a1\"}");
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE $dtId = 'p2' OR pressure = 2.5",
               "{\"$dtId\":\"p1\"},{\"$dtId\":\"p2\"}");
    CHECK_EQ(kit.result.cost, 4);
    query_kit_release(&kit);
}

PX_TEST(telemetry_is_seen_only_where_the_door_wants_it)
{
    query_kit kit;

    begin(&kit);
    CHECK_ROWS(&kit, "SELECT flow FROM DIGITALTWINS WHERE flow = 7", "");
    kit.opts.with_telemetry = true;
    CHECK_ROWS(&kit, "SELECT flow FROM DIGITALTWINS WHERE flow = 7", "{\"flow\":7}");
    query_kit_release(&kit);
}

/* ---- who asks ---- */

PX_TEST(another_tenant_is_not_seen)
{
    query_kit kit;

    begin(&kit);
    kit.reader.tenant = 2;
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS", "{\"$dtId\":\"p1\"}");
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE $dtId = 'v1'", "");
    CHECK_ROWS(&kit, "SELECT $dtId FROM DIGITALTWINS WHERE $dtId IN ['v1', 'p2']", "");
    kit.reader.tenant = 3;
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS WHERE IS_OF_MODEL('" PUMP "')",
               "{\"COUNT\":0}");
    query_kit_release(&kit);
}

PX_TEST(devices_and_nobody_may_not_query)
{
    query_kit kit;

    begin(&kit);
    kit.reader.role = PX_ROLE_DEVICE;
    CHECK_EQ(query_kit_run(&kit, "SELECT * FROM DIGITALTWINS", PX_STR(""), 0), PX_DENIED);
    kit.reader.role = PX_ROLE_NONE;
    CHECK_EQ(query_kit_run(&kit, "SELECT * FROM DIGITALTWINS", PX_STR(""), 0), PX_UNAUTHORIZED);
    query_kit_release(&kit);
}

/* ---- pages ---- */

PX_TEST(pages_of_any_size_join_to_the_same_rows)
{
    static const char text[] = "SELECT $dtId FROM DIGITALTWINS WHERE IS_DEFINED($dtId)";
    px_buf whole = { 0 };
    query_kit kit;
    char id[16];

    begin(&kit);
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof(id), "more%d", i);
        query_kit_twin(&kit, i % 3 ? KIT_TENANT : 2, id, ASSET);
    }
    CHECK_EQ(query_kit_all(&kit, text, 0), 1);
    px_put(&whole, px_buf_str(&kit.rows));
    for (uint32_t size = 1; size < 80; size += 7) {
        uint32_t pages = query_kit_all(&kit, text, size);

        CHECK(px_str_eq(px_buf_str(&kit.rows), px_buf_str(&whole)));
        CHECK_EQ(pages, (kit.result.row_count + size - 1) / size);
    }
    px_buf_release(&whole);
    query_kit_release(&kit);
}

PX_TEST(a_page_holds_as_many_rows_as_the_limit)
{
    query_kit kit;
    char id[16];

    query_kit_init(&kit, NULL, models);
    for (int i = 0; i < PX_QUERY_ROWS_PER_PAGE_MAX + 1; i++) {
        snprintf(id, sizeof(id), "t%d", i);
        query_kit_twin(&kit, KIT_TENANT, id, ASSET);
        if (i == PX_QUERY_ROWS_PER_PAGE_MAX - 1)
            CHECK_EQ(query_kit_all(&kit, "SELECT * FROM DIGITALTWINS", 100000), 1);
    }
    CHECK_EQ(query_kit_all(&kit, "SELECT * FROM DIGITALTWINS", 100000), 2);
    CHECK_EQ(kit.result.row_count, PX_QUERY_ROWS_PER_PAGE_MAX + 1);
    query_kit_release(&kit);
}

PX_TEST(a_page_ends_at_the_row_that_fills_its_bytes)
{
    query_kit kit;

    begin(&kit);
    kit.opts.page_bytes_max = 14; /* {"$dtId":"p1"} */
    CHECK_EQ(query_kit_all(&kit, "SELECT $dtId FROM DIGITALTWINS", 0), 4);
    kit.opts.page_bytes_max = 15;
    CHECK_EQ(query_kit_all(&kit, "SELECT $dtId FROM DIGITALTWINS", 0), 2);
    query_kit_release(&kit);
}

PX_TEST(rows_are_appended_behind_what_is_there_and_taken_back_on_failure)
{
    px_query_result result;
    query_kit kit;

    begin(&kit);
    px_put_c(&kit.rows, "[");
    CHECK_OK(px_query_run(&kit.opts, &kit.reader, PX_STR("SELECT COUNT() FROM DIGITALTWINS"),
                          PX_STR(""), 0, NULL, &kit.rows, &result, &kit.err),
             &kit.err);
    CHECK_SLICE(px_buf_str(&kit.rows), "[{\"COUNT\":4}");
    kit.opts.cost_max = 2;
    CHECK_EQ(px_query_run(&kit.opts, &kit.reader, PX_STR("SELECT * FROM DIGITALTWINS"), PX_STR(""),
                          0, NULL, &kit.rows, &result, &kit.err),
             PX_LIMIT);
    CHECK_SLICE(px_buf_str(&kit.rows), "[{\"COUNT\":4}");
    query_kit_release(&kit);
}

/* ---- continuation tokens ---- */

PX_TEST(a_token_has_the_query_with_it_and_text_beside_it_counts_nothing)
{
    px_buf token = { 0 };
    query_kit kit;

    begin(&kit);
    CHECK_OK(query_kit_run(&kit, "SELECT $dtId FROM DIGITALTWINS", PX_STR(""), 3), &kit.err);
    px_put(&token, px_buf_str(&kit.result.continuation));
    CHECK_OK(query_kit_run(&kit, "", px_buf_str(&token), 3), &kit.err);
    CHECK_SLICE(px_buf_str(&kit.rows), "{\"$dtId\":\"a1\"}");
    CHECK_EQ(kit.result.continuation.len, 0);
    CHECK_OK(query_kit_run(&kit, "no query at all", px_buf_str(&token), 3), &kit.err);
    CHECK_SLICE(px_buf_str(&kit.rows), "{\"$dtId\":\"a1\"}");
    px_buf_release(&token);
    query_kit_release(&kit);
}

PX_TEST(a_token_goes_on_though_its_last_twin_is_gone)
{
    px_buf token = { 0 };
    px_txn *txn;
    query_kit kit;

    begin(&kit);
    CHECK_OK(query_kit_run(&kit, "SELECT $dtId FROM DIGITALTWINS", PX_STR(""), 2), &kit.err);
    px_put(&token, px_buf_str(&kit.result.continuation));
    CHECK_OK(px_graph_begin(kit.graph, &txn, &kit.err), &kit.err);
    CHECK_OK(px_graph_twin_delete(txn, 2, &kit.err), &kit.err);
    px_graph_commit(txn);
    CHECK_OK(query_kit_run(&kit, "", px_buf_str(&token), 5), &kit.err);
    CHECK_SLICE(px_buf_str(&kit.rows), "{\"$dtId\":\"v1\"},{\"$dtId\":\"a1\"}");
    px_buf_release(&token);
    query_kit_release(&kit);
}

PX_TEST(a_damaged_token_is_refused_whatever_byte_it_is)
{
    px_buf token = { 0 };
    query_kit kit;

    begin(&kit);
    CHECK_OK(query_kit_run(&kit, "SELECT $dtId FROM DIGITALTWINS", PX_STR(""), 1), &kit.err);
    px_put(&token, px_buf_str(&kit.result.continuation));
    for (size_t i = 0; i < token.len; i++) {
        char was = token.ptr[i];

        token.ptr[i] = was == '7' ? '8' : '7';
        CHECK_EQ(query_kit_run(&kit, "", px_buf_str(&token), 1), PX_INVALID);
        CHECK_STR(kit.err.id, "query.token");
        token.ptr[i] = was;
    }
    for (size_t len = 1; len < token.len; len++)
        CHECK_EQ(query_kit_run(&kit, "", px_str_of(token.ptr, len), 1), PX_INVALID);
    CHECK_EQ(query_kit_run(&kit, "", PX_STR("zz"), 1), PX_INVALID);
    px_buf_release(&token);
    query_kit_release(&kit);
}

PX_TEST(a_token_of_another_server_or_tenant_or_future_is_refused)
{
    px_buf token = { 0 };
    query_kit kit, younger;

    begin(&kit);
    CHECK_OK(query_kit_run(&kit, "SELECT $dtId FROM DIGITALTWINS", PX_STR(""), 1), &kit.err);
    px_put(&token, px_buf_str(&kit.result.continuation));
    kit.opts.server++;
    CHECK_EQ(query_kit_run(&kit, "", px_buf_str(&token), 1), PX_INVALID);
    kit.opts.server--;
    kit.reader.tenant = 2;
    CHECK_EQ(query_kit_run(&kit, "", px_buf_str(&token), 1), PX_INVALID);
    query_kit_init(&younger, NULL, models);
    CHECK_EQ(query_kit_run(&younger, "", px_buf_str(&token), 1), PX_INVALID);
    CHECK_STR(younger.err.id, "query.token");
    px_buf_release(&token);
    query_kit_release(&younger);
    query_kit_release(&kit);
}

/* ---- limits ---- */

PX_TEST(looks_at_as_many_twins_as_the_limit_and_not_one_more)
{
    query_kit kit;

    begin(&kit);
    kit.opts.cost_max = 4;
    CHECK_EQ(query_kit_run(&kit, "SELECT COUNT() FROM DIGITALTWINS", PX_STR(""), 0), PX_OK);
    kit.opts.cost_max = 3;
    CHECK_EQ(query_kit_run(&kit, "SELECT COUNT() FROM DIGITALTWINS", PX_STR(""), 0), PX_LIMIT);
    CHECK_STR(kit.err.id, "query.cost");
    query_kit_release(&kit);
}

PX_TEST(fills_the_rows_it_was_given_room_for_and_says_when_there_is_none)
{
    px_query_result result;
    query_kit kit;
    px_buf rows;

    begin(&kit);
    for (int over = 0; over < 2; over++) {
        px_buf_init(&rows, strlen("{\"COUNT\":4}") - (size_t)over);
        CHECK_EQ(px_query_run(&kit.opts, &kit.reader, PX_STR("SELECT COUNT() FROM DIGITALTWINS"),
                              PX_STR(""), 0, NULL, &rows, &result, &kit.err),
                 over ? PX_LIMIT : PX_OK);
        px_buf_release(&rows);
    }
    CHECK_STR(kit.err.id, "query.memory");
    query_kit_release(&kit);
}

PX_TEST(ends_when_its_time_is_over)
{
    query_kit kit;

    begin(&kit);
    kit.tick_ns = 5;
    kit.opts.run_ns_max = 5; /* the first twin's look comes one tick after the start */
    CHECK_EQ(query_kit_run(&kit, "SELECT COUNT() FROM DIGITALTWINS", PX_STR(""), 0), PX_OK);
    kit.opts.run_ns_max = 4;
    CHECK_EQ(query_kit_run(&kit, "SELECT COUNT() FROM DIGITALTWINS", PX_STR(""), 0), PX_TIMEOUT);
    CHECK_STR(kit.err.id, "query.time");
    query_kit_release(&kit);
}

PX_TEST(looks_at_the_clock_every_some_hundred_twins)
{
    query_kit kit;
    char id[16];

    query_kit_init(&kit, NULL, models);
    for (int i = 0; i < 600; i++) {
        snprintf(id, sizeof(id), "t%d", i);
        query_kit_twin(&kit, KIT_TENANT, id, ASSET);
    }
    kit.looks = 0;
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS", "{\"COUNT\":600}");
    CHECK_EQ(kit.looks, 4);
    query_kit_release(&kit);
}

PX_TEST(stops_when_nobody_waits_any_more)
{
    static const _Atomic bool cancelled = true;
    px_query_result result;
    query_kit kit;

    begin(&kit);
    CHECK_EQ(px_query_run(&kit.opts, &kit.reader, PX_STR("SELECT * FROM DIGITALTWINS"), PX_STR(""),
                          0, &cancelled, &kit.rows, &result, &kit.err),
             PX_INTERRUPTED);
    CHECK_STR(kit.err.id, "query.cancelled");
    query_kit_release(&kit);
}

PX_TEST(stops_when_the_client_is_gone)
{
    static const _Atomic bool gone = true;
    query_kit kit;

    begin(&kit);
    kit.opts.gone = &gone;
    CHECK_EQ(query_kit_run(&kit, "SELECT * FROM DIGITALTWINS", PX_STR(""), 0), PX_INTERRUPTED);
    CHECK_STR(kit.err.id, "query.cancelled");
    query_kit_release(&kit);
}

PX_TEST(a_text_is_as_long_as_the_limit_and_no_longer)
{
    static const char query[] = "SELECT COUNT() FROM DIGITALTWINS";
    px_query_result result;
    px_buf text = { 0 };
    query_kit kit;

    begin(&kit);
    px_put_c(&text, query);
    while (text.len < PX_QUERY_BYTES_MAX)
        px_put_char(&text, ' ');
    CHECK_EQ(px_query_run(&kit.opts, &kit.reader, px_buf_str(&text), PX_STR(""), 0, NULL, &kit.rows,
                          &result, &kit.err),
             PX_OK);
    px_put_char(&text, ' ');
    CHECK_EQ(px_query_run(&kit.opts, &kit.reader, px_buf_str(&text), PX_STR(""), 0, NULL, &kit.rows,
                          &result, &kit.err),
             PX_TOO_LARGE);
    CHECK_STR(kit.err.id, "query.bytes");
    px_buf_release(&text);
    query_kit_release(&kit);
}

/* A writer that changes every twin at every look at the clock, so that the snapshot must end. */
static px_env busy_env;
static query_kit *busy_kit;
static int busy_rounds;

static int64_t busy_clock(px_env *env)
{
    px_txn *txn;
    px_err err;

    (void)env;
    if (busy_rounds > 0) {
        busy_rounds--;
        CHECK_OK(px_graph_begin(busy_kit->graph, &txn, &err), &err);
        px_txn_at(txn, ++busy_kit->seq, busy_kit->now);
        for (uint32_t no = 1; no <= 2000; no++)
            CHECK_OK(px_graph_touch(txn, no, &err), &err);
        px_graph_commit(txn);
    }
    return 0;
}

PX_TEST(a_snapshot_that_had_to_end_makes_the_query_begin_anew_once)
{
    px_graph_opts opts = { .snapshot_bytes_max = 4096 };
    query_kit kit;
    char id[16];

    query_kit_init(&kit, &opts, models);
    for (int i = 0; i < 2000; i++) {
        snprintf(id, sizeof(id), "t%d", i);
        query_kit_twin(&kit, KIT_TENANT, id, ASSET);
    }
    busy_kit = &kit;
    busy_env = kit.env;
    busy_env.monotonic_ns = busy_clock;
    kit.opts.env = &busy_env;
    busy_rounds = 2; /* the deadline, and one look inside the first try */
    CHECK_EQ(query_kit_run(&kit, "SELECT $dtId FROM DIGITALTWINS", PX_STR(""), 1000), PX_OK);
    CHECK_EQ(kit.result.row_count, 1000);
    CHECK(px_graph_stat(kit.graph).snapshots_ended >= 1);
    busy_rounds = 1000;
    CHECK_EQ(query_kit_run(&kit, "SELECT $dtId FROM DIGITALTWINS", PX_STR(""), 1000), PX_BUSY);
    CHECK_STR(kit.err.id, "query.stale");
    CHECK_EQ(kit.rows.len, 0);
    query_kit_release(&kit);
}

PX_TEST(any_request_for_memory_may_fail_and_nothing_is_lost)
{
    static const char text[] = "SELECT $dtId, $etag, motor FROM DIGITALTWINS T "
                               "WHERE IS_OF_MODEL('" ASSET "') AND T.label IN ['it\\'s', 'feed']";
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
