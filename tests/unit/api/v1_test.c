/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1: twins with both times, desired properties, devices and keys, tokens, tenants, history,
 * branches, rejects. */
#include <stdio.h>
#include <stdlib.h>

#include "api_world.h"

static api_world w;

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "press");
}

PX_TEST(a_twin_shows_values_with_their_times)
{
    const reply *r;

    begin();
    api_header(&w, "Message-Id", "m");
    api_header(&w, "Telemetry-Source-Time", "2026-11-01T12:00:00Z");
    API_ASK(&w, "POST", "/digitaltwins/press/telemetry", "{\"current\":1.50}", 204);
    r = API_ASK(&w, "GET", "/api/v1/twins/press", NULL, 200);
    CHECK_STR(api_text(r, "/id"), "press");
    CHECK_STR(api_text(r, "/model"), "dtmi:test:Press;1");
    CHECK_STR(api_text(r, "/values/speed/value"), "21.40");
    CHECK_STR(api_text(r, "/values/speed/kind"), "property");
    CHECK_STR(api_text(r, "/values/speed/quality"), "good");
    CHECK(strlen(api_text(r, "/values/speed/arrivalTime")) > 20);
    CHECK_STR(api_text(r, "/desired"), "{}");
    CHECK_STR(api_text(r, "/values/current/value"), "1.50");
    CHECK_STR(api_text(r, "/values/current/kind"), "telemetry");
    CHECK_STR(api_text(r, "/values/current/sourceTime"), "2026-11-01T12:00:00Z");
    CHECK_STR(api_text(r, "/updated"), api_text(r, "/values/current/arrivalTime"));
    API_ASK(&w, "GET", "/api/v1/twins/none", NULL, 404);
    r = API_ASK(&w, "GET", "/api/v1/history/press/count?property=current", NULL, 200);
    CHECK_STR(api_text(r, "/count"),
              "1"); /* kept once, by what was told and not by what is there */
    api_world_release(&w);
}

PX_TEST(pages_of_twins_follow_each_other)
{
    char target[96] = "/api/v1/twins?limit=2";
    int pages = 0, got = 0;

    begin();
    for (int i = 0; i < 4; i++) {
        char id[8];

        snprintf(id, sizeof(id), "t%d", i);
        api_put_press(&w, w.admin, id);
    }
    while (target[0]) {
        const reply *r = API_ASK(&w, "GET", target, NULL, 200);
        const char *cursor = api_text(r, "/cursor");

        got += (int)px_json_get(r->json, PX_STR("items"))->count;
        pages++;
        if (strcmp(cursor, "null") == 0)
            target[0] = '\0';
        else
            snprintf(target, sizeof(target), "/api/v1/twins?limit=2&cursor=%s", cursor);
    }
    CHECK_EQ(got, 5);
    CHECK_EQ(pages, 3);
    CHECK_STR(
        api_text(API_ASK(&w, "GET", "/api/v1/twins?model=dtmi:test:Motor;1", NULL, 200), "/items"),
        "[]");
    API_ASK(&w, "GET", "/api/v1/twins?limit=1000", NULL, 200);
    API_ASK(&w, "GET", "/api/v1/twins?limit=1001", NULL, 400);
    API_ASK(&w, "GET", "/api/v1/twins?limit=0", NULL, 400);
    API_ASK(&w, "GET", "/api/v1/twins?limit=-1", NULL, 400);
    api_world_release(&w);
}

PX_TEST(desired_values_have_a_version_of_their_own)
{
    char etag[80];
    const reply *r;

    begin();
    r = API_ASK(&w, "GET", "/api/v1/twins/press/desired", NULL, 200);
    snprintf(etag, sizeof(etag), "%s", api_reply_header(r, "ETag"));
    api_header(&w, "If-Match", etag);
    r = API_ASK(&w, "PATCH", "/api/v1/twins/press/desired", "{\"speed\":9}", 200);
    CHECK_STR(api_text(r, "/speed/value"), "9");
    api_header(&w, "If-Match", etag);
    API_ASK(&w, "PATCH", "/api/v1/twins/press/desired", "{\"speed\":10}", 412);
    r = API_ASK(&w, "GET", "/api/v1/twins/press", NULL, 200);
    CHECK_STR(api_text(r, "/desired/speed/value"), "9");
    CHECK_STR(api_text(r, "/values/speed/value"), "21.40");
    r = API_ASK(&w, "PATCH", "/api/v1/twins/press/desired", "{\"name\":\"x\"}", 400);
    CHECK_STR(api_text(r, "/code"), "desired.writable");
    r = API_ASK(&w, "PATCH", "/api/v1/twins/press/desired", "{\"speed\":null}", 200);
    CHECK_STR(api_text(r, "/speed"), "");
    API_ASK(&w, "PATCH", "/api/v1/twins/none/desired", "{}", 404);
    api_world_release(&w);
}

/* The second Press has `speed` as a text, `force` not at all, and `heat` in the same place. */
PX_TEST(desired_values_that_another_model_takes_go_there_with_the_twin)
{
    static const char models[] =
        "[{\"@id\":\"dtmi:test:Old;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;"
        "3\","
        "\"contents\":["
        "{\"@type\":\"Property\",\"name\":\"force\",\"schema\":\"double\",\"writable\":true},"
        "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\",\"writable\":true},"
        "{\"@type\":\"Property\",\"name\":\"heat\",\"schema\":\"double\",\"writable\":true},"
        "{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\",\"writable\":true}]},"
        "{\"@id\":\"dtmi:test:Old;2\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
        "\"contents\":["
        "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"string\",\"writable\":true},"
        "{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\"},"
        "{\"@type\":\"Property\",\"name\":\"heat\",\"schema\":\"double\",\"writable\":true}]}]";
    const reply *r;

    begin();
    API_ASK(&w, "POST", "/models", models, 201);
    API_ASK(&w, "PUT", "/digitaltwins/x",
            "{\"$metadata\":{\"$model\":\"dtmi:test:Old;1\"},\"heat\":1}", 200);
    API_ASK(&w, "PATCH", "/api/v1/twins/x/desired",
            "{\"force\":1,\"speed\":2,\"heat\":21.50,\"note\":\"n\"}", 200);
    API_ASK(&w, "PATCH", "/digitaltwins/x",
            "[{\"op\":\"replace\",\"path\":\"/$metadata/$model\",\"value\":\"dtmi:test:Old;2\"}]",
            204);
    r = API_ASK(&w, "GET", "/api/v1/twins/x", NULL, 200);
    CHECK_STR(api_text(r, "/desired/heat/value"), "21.50");
    CHECK_STR(api_text(r, "/desired/speed"), "");
    CHECK_STR(api_text(r, "/desired/note"), "");
    CHECK_STR(api_text(r, "/values/heat/value"), "1");
    api_world_reopen(&w);
    r = API_ASK(&w, "GET", "/api/v1/twins/x/desired", NULL, 200);
    CHECK_STR(api_text(r, "/heat/value"), "21.50");
    api_world_release(&w);
}

PX_TEST(a_key_is_shown_once_and_ends_with_its_successor)
{
    char key[PX_CREDENTIAL_BYTES + 1], next[PX_CREDENTIAL_BYTES + 1];
    const reply *r;

    begin();
    r = API_ASK(&w, "PUT", "/api/v1/devices/plc", "{\"twins\":[\"press\"]}", 201);
    snprintf(key, sizeof(key), "%s", api_text(r, "/key"));
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 200);
    r = API_ASK(&w, "GET", "/api/v1/devices/plc", NULL, 200);
    CHECK_STR(api_text(r, "/key"), "");
    CHECK_STR(api_text(r, "/twins"), "[\"press\"]");
    CHECK(strstr(r->body.ptr, "credential") == NULL);
    r = API_ASK(&w, "PUT", "/api/v1/devices/plc", "{\"twins\":[\"press\",\"other\"]}", 200);
    CHECK_STR(api_text(r, "/key"), "");
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 200);
    r = API_ASK(&w, "POST", "/api/v1/devices/plc/key", NULL, 201);
    snprintf(next, sizeof(next), "%s", api_text(r, "/key"));
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 401);
    API_ASK_AS(&w, next, "GET", "/digitaltwins/press", NULL, 200);
    API_ASK_AS(&w, next, "PUT", "/api/v1/devices/plc", "{\"twins\":[\"all\"]}", 403);
    API_ASK(&w, "DELETE", "/api/v1/devices/plc", NULL, 204);
    API_ASK_AS(&w, next, "GET", "/digitaltwins/press", NULL, 401);
    API_ASK(&w, "DELETE", "/api/v1/devices/plc", NULL, 404);
    API_ASK(&w, "POST", "/api/v1/devices/plc/key", NULL, 404);
    api_world_release(&w);
}

PX_TEST(a_device_changed_meanwhile_is_not_overwritten)
{
    char etag[80];
    const reply *r;

    begin();
    API_ASK(&w, "PUT", "/api/v1/devices/plc", "{\"twins\":[]}", 201);
    r = API_ASK(&w, "GET", "/api/v1/devices/plc", NULL, 200);
    snprintf(etag, sizeof(etag), "%s", api_reply_header(r, "ETag"));
    api_header(&w, "If-Match", etag);
    API_ASK(&w, "PUT", "/api/v1/devices/plc", "{\"twins\":[\"press\"]}", 200);
    api_header(&w, "If-Match", etag);
    API_ASK(&w, "PUT", "/api/v1/devices/plc", "{\"twins\":[]}", 412);
    api_header(&w, "If-Match", etag);
    API_ASK(&w, "DELETE", "/api/v1/devices/plc", NULL, 412);
    api_world_release(&w);
}

PX_TEST(devices_are_listed_and_refused_by_their_limits)
{
    char target[256] = "/api/v1/devices/";
    const reply *r;

    begin();
    for (int i = 0; i < 3; i++) {
        snprintf(target, sizeof(target), "/api/v1/devices/d%d", i);
        API_ASK(&w, "PUT", target, "{\"twins\":[]}", 201);
    }
    r = API_ASK(&w, "GET", "/api/v1/devices?limit=2", NULL, 200);
    CHECK_STR(api_text(r, "/items/1/id"), "d1");
    snprintf(target, sizeof(target), "/api/v1/devices?limit=2&cursor=%s", api_text(r, "/cursor"));
    r = API_ASK(&w, "GET", target, NULL, 200);
    CHECK_STR(api_text(r, "/items/0/id"), "d2");
    CHECK_STR(api_text(r, "/cursor"), "null");
    API_ASK(&w, "PUT", "/api/v1/devices/x", "{\"twins\":\"press\"}", 400);
    API_ASK(&w, "PUT", "/api/v1/devices/x", "{}", 400);
    API_ASK(&w, "PUT", "/api/v1/devices/x", "{\"twins\":[\"\"]}", 400);
    for (size_t extra = 0; extra < 2; extra++) {
        memset(target, 0, sizeof(target));
        memcpy(target, "/api/v1/devices/", 16);
        memset(target + 16, 'd', PX_DOC_ID_BYTES_MAX + extra);
        API_ASK(&w, "PUT", target, "{\"twins\":[]}", extra ? 400 : 201);
    }
    api_world_release(&w);
}

PX_TEST(tokens_are_made_and_taken_back)
{
    char reader[PX_CREDENTIAL_BYTES + 1], target[80], other[PX_CREDENTIAL_BYTES + 1];
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/tokens", "{\"name\":\"wall\",\"role\":\"reader\"}", 201);
    snprintf(reader, sizeof(reader), "%s", api_text(r, "/token"));
    snprintf(target, sizeof(target), "/api/v1/tokens/%s", api_text(r, "/id"));
    API_ASK_AS(&w, reader, "GET", "/digitaltwins/press", NULL, 200);
    API_ASK_AS(&w, reader, "DELETE", target, NULL, 403);
    API_ASK_AS(&w, reader, "POST", "/api/v1/tokens", "{\"name\":\"x\",\"role\":\"admin\"}", 403);
    snprintf(other, sizeof(other), "%s",
             api_text(API_ASK(&w, "PUT", "/api/v1/tenants/other", NULL, 201), "/token"));
    API_ASK_AS(&w, other, "DELETE", target, NULL, 404);
    API_ASK(&w, "DELETE", target, NULL, 204);
    API_ASK(&w, "DELETE", target, NULL, 404);
    API_ASK_AS(&w, reader, "GET", "/digitaltwins/press", NULL, 401);
    API_ASK(&w, "POST", "/api/v1/tokens", "{\"name\":\"x\",\"role\":\"device\"}", 400);
    API_ASK(&w, "POST", "/api/v1/tokens", "{\"role\":\"reader\"}", 400);
    snprintf(target, sizeof(target), "/api/v1/tokens/%.16s", w.admin + 4);
    API_ASK(&w, "DELETE", target, NULL, 409);
    api_world_release(&w);
}

PX_TEST(the_operator_makes_tenants_and_gives_lost_tokens_again)
{
    char number[16], token[PX_CREDENTIAL_BYTES + 1];
    const reply *r;

    begin();
    r = API_ASK(&w, "PUT", "/api/v1/tenants/acme", NULL, 201);
    snprintf(number, sizeof(number), "%s", api_text(r, "/number"));
    r = API_ASK(&w, "GET", "/api/v1/tenants/acme", NULL, 200);
    CHECK_STR(api_text(r, "/number"), number);
    CHECK_STR(api_text(r, "/token"), "");
    r = API_ASK(&w, "POST", "/api/v1/tenants/acme/token", NULL, 201);
    CHECK_STR(api_text(r, "/number"), number);
    snprintf(token, sizeof(token), "%s", api_text(r, "/token"));
    r = API_ASK_AS(&w, token, "GET", "/api/v1/session", NULL, 200);
    CHECK_STR(api_text(r, "/tenant"), number);
    API_ASK_AS(&w, token, "GET", "/api/v1/tenants/acme", NULL, 403);
    API_ASK(&w, "GET", "/api/v1/tenants/none", NULL, 404);
    r = API_ASK(&w, "GET", "/api/v1/tenants", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/id"), "acme");
    api_world_release(&w);
}

/* ---- pages ---- */

/* Walks a list in pages of two, and gives how many items there are. */
static int walk(const char *list)
{
    char target[256];
    int got = 0;

    snprintf(target, sizeof(target), "%s?limit=2", list);
    while (target[0]) {
        const reply *r = API_ASK(&w, "GET", target, NULL, 200);
        const char *cursor = api_text(r, "/cursor");
        uint32_t count = px_json_get(r->json, PX_STR("items"))->count;

        got += (int)count;
        if (strcmp(cursor, "null") == 0) {
            target[0] = '\0';
        } else {
            CHECK_EQ(count, 2);
            snprintf(target, sizeof(target), "%s?limit=2&cursor=%s", list, cursor);
        }
    }
    return got;
}

static void refuses_altered_cursors(const char *list, const char *other_list)
{
    char target[256], cursor[160];

    snprintf(target, sizeof(target), "%s?limit=2", list);
    snprintf(cursor, sizeof(cursor), "%s",
             api_text(API_ASK(&w, "GET", target, NULL, 200), "/cursor"));
    snprintf(target, sizeof(target), "%s?cursor=%s", other_list, cursor);
    API_ASK(&w, "GET", target, NULL, 400);
    for (size_t i = 0; i < strlen(cursor); i += 3) {
        char kept = cursor[i];

        cursor[i] = kept == '3' ? '4' : '3';
        snprintf(target, sizeof(target), "%s?cursor=%s", list, cursor);
        CHECK_STR(api_text(API_ASK(&w, "GET", target, NULL, 400), "/code"), "http.cursor");
        cursor[i] = kept;
    }
    snprintf(target, sizeof(target), "%s?cursor=%.*s", list, (int)strlen(cursor) - 1, cursor);
    API_ASK(&w, "GET", target, NULL, 400);
    snprintf(target, sizeof(target), "%s?cursor=", list);
    API_ASK(&w, "GET", target, NULL, 400);
    snprintf(target, sizeof(target), "%s?cursor=12", list);
    API_ASK(&w, "GET", target, NULL, 400);
    snprintf(target, sizeof(target), "%s?limit=0", list);
    API_ASK(&w, "GET", target, NULL, 400);
}

PX_TEST(every_list_comes_in_pages_and_takes_only_its_own_cursors)
{
    char target[64], body[32];

    begin();
    for (int i = 0; i < 5; i++) {
        snprintf(target, sizeof(target), "/api/v1/tenants/t%d", i);
        API_ASK(&w, "PUT", target, NULL, 201);
        API_ASK(&w, "PUT", "/api/v1/branches/x", NULL, i ? 409 : 201);
        snprintf(target, sizeof(target), "/api/v1/branches/b%%20%d", 4 - i);
        API_ASK(&w, "PUT", target, NULL, 201);
        snprintf(body, sizeof(body), "{\"odd%d\":1}", i);
        snprintf(target, sizeof(target), "m%d", i);
        api_header(&w, "Message-Id", target);
        API_ASK(&w, "POST", "/digitaltwins/press/telemetry", body, 204);
    }
    for (int i = 0; i < 3; i++) {
        snprintf(target, sizeof(target), "/api/v1/devices/d%d", i);
        API_ASK(&w, "PUT", target, "{\"twins\":[]}", 201);
        snprintf(target, sizeof(target), "/api/v1/endpoints/e%d", i);
        API_ASK(&w, "PUT", target, "{\"kind\":\"mqtt\",\"topic\":\"out\"}", 200);
        snprintf(target, sizeof(target), "x%d", i);
        api_put_press(&w, w.admin, target);
    }
    CHECK_EQ(walk("/api/v1/twins"), 4);
    CHECK_EQ(walk("/api/v1/devices"), 3);
    CHECK_EQ(walk("/api/v1/endpoints"), 3);
    CHECK_EQ(walk("/api/v1/tenants"), 5);
    CHECK_EQ(walk("/api/v1/branches"), 6);
    CHECK_EQ(walk("/api/v1/rejects"), 5);
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/branches", NULL, 200), "/items/0/name"), "b 0");
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/rejects?limit=1", NULL, 200), "/items/0/name"),
              "odd4");
    refuses_altered_cursors("/api/v1/tenants", "/api/v1/branches");
    refuses_altered_cursors("/api/v1/branches", "/api/v1/rejects");
    refuses_altered_cursors("/api/v1/rejects", "/api/v1/twins");
    refuses_altered_cursors("/api/v1/twins", "/api/v1/devices");
    refuses_altered_cursors("/api/v1/devices", "/api/v1/endpoints");
    refuses_altered_cursors("/api/v1/endpoints", "/api/v1/tenants");
    api_world_release(&w);
}

/* ---- history ---- */

static void tell(int second, const char *current)
{
    char time[40], body[64];
    static char id[16];

    snprintf(time, sizeof(time), "2026-11-01T12:00:%02dZ", second);
    snprintf(body, sizeof(body), "{\"current\":%s}", current);
    snprintf(id, sizeof(id), "m%d", second);
    api_header(&w, "Message-Id", id);
    api_header(&w, "Telemetry-Source-Time", time);
    API_ASK(&w, "POST", "/digitaltwins/press/telemetry", body, 204);
}

PX_TEST(history_gives_back_the_same_digits_page_by_page)
{
    char target[256];
    const reply *r;

    begin();
    for (int i = 0; i < 5; i++) {
        char value[16];

        snprintf(value, sizeof(value), "%d.50", i);
        tell(i, value);
    }
    r = API_ASK(&w, "GET", "/api/v1/history/press?property=current&limit=3", NULL, 200);
    CHECK_STR(api_text(r, "/twin"), "press");
    CHECK_STR(api_text(r, "/properties"), "[\"current\"]");
    CHECK_STR(api_text(r, "/rows/2"), "[\"2026-11-01T12:00:02Z\",2.50]");
    CHECK_STR(api_text(r, "/rows/3"), "");
    snprintf(target, sizeof(target), "/api/v1/history/press?property=current&limit=3&cursor=%s",
             api_text(r, "/cursor"));
    r = API_ASK(&w, "GET", target, NULL, 200);
    CHECK_STR(api_text(r, "/rows/1"), "[\"2026-11-01T12:00:04Z\",4.50]");
    CHECK_STR(api_text(r, "/cursor"), "null");
    r = API_ASK(&w, "GET",
                "/api/v1/history/press?from=2026-11-01T12:00:01Z&to=2026-11-01T12:00:03Z", NULL,
                200);
    CHECK_EQ(px_json_get(r->json, PX_STR("rows"))->count, 2);
    CHECK(px_json_get(r->json, PX_STR("properties"))->count > 3);
    r = API_ASK(&w, "GET", "/api/v1/history/press/last?property=current", NULL, 200);
    CHECK_STR(api_text(r, "/values/current/value"), "4.50");
    CHECK_STR(api_text(r, "/values/current/time"), "2026-11-01T12:00:04Z");
    r = API_ASK(&w, "GET", "/api/v1/history/press/count?property=current", NULL, 200);
    CHECK_STR(api_text(r, "/count"), "5");
    api_world_release(&w);
}

PX_TEST(buckets_are_means_over_a_bounded_range)
{
    const reply *r;

    begin();
    tell(0, "1");
    tell(1, "3");
    tell(30, "10");
    r = API_ASK(&w, "GET",
                "/api/v1/history/press?property=current&from=2026-11-01T12:00:00Z&to=2026-11-01T12:"
                "01:00Z&buckets=2",
                NULL, 200);
    CHECK_STR(api_text(r, "/rows/0"), "[\"2026-11-01T12:00:00Z\",2]");
    CHECK_STR(api_text(r, "/rows/1"), "[\"2026-11-01T12:00:30Z\",10]");
    API_ASK(&w, "GET", "/api/v1/history/press?buckets=2", NULL, 400);
    API_ASK(&w, "GET",
            "/api/v1/history/press?from=2026-11-01T12:00:00Z&to=2026-11-01T12:01:00Z&buckets=0",
            NULL, 400);
    API_ASK(&w, "GET",
            "/api/v1/history/press?from=2026-11-01T12:00:00Z&to=2026-11-01T12:01:00Z&buckets=10000",
            NULL, 200);
    API_ASK(&w, "GET",
            "/api/v1/history/press?from=2026-11-01T12:00:00Z&to=2026-11-01T12:01:00Z&buckets=10001",
            NULL, 400);
    api_world_release(&w);
}

PX_TEST(buckets_tell_all_that_is_known_of_them_when_asked)
{
    const reply *r;

    begin();
    tell(0, "1.5");
    tell(1, "3");
    tell(2, "0.75");
    r = API_ASK(&w, "GET",
                "/api/v1/history/press?property=current&from=2026-11-01T12:00:00Z&to=2026-11-01T12:"
                "01:00Z&buckets=1&stats=all",
                NULL, 200);
    CHECK_STR(api_text(r, "/rows/0/1/count"), "3");
    CHECK_STR(api_text(r, "/rows/0/1/min"), "0.75");
    CHECK_STR(api_text(r, "/rows/0/1/max"), "3");
    CHECK_STR(api_text(r, "/rows/0/1/sum"), "5.25");
    CHECK_STR(api_text(r, "/rows/0/1/mean"), "1.75");
    CHECK_STR(api_text(r, "/rows/0/1/first"), "1.5");
    CHECK_STR(api_text(r, "/rows/0/1/last"), "0.75");
    API_ASK(&w, "GET", "/api/v1/history/press?stats=some", NULL, 400);
    api_world_release(&w);
}

PX_TEST(a_value_tells_when_it_came_and_whether_its_clock_was_believed)
{
    const reply *r;

    begin();
    tell(0, "1.5");
    api_header(&w, "Message-Id", "far");
    api_header(&w, "Telemetry-Source-Time", "2099-01-01T00:00:00Z");
    API_ASK(&w, "POST", "/digitaltwins/press/telemetry", "{\"current\":2}", 204);
    r = API_ASK(&w, "GET", "/api/v1/history/press?property=current&values=full", NULL, 200);
    CHECK_STR(api_text(r, "/rows/0/1/value"), "1.5");
    CHECK_STR(api_text(r, "/rows/0/1/ahead"), "false");
    CHECK_STR(api_text(r, "/rows/0/1/quality"), "good");
    CHECK(strlen(api_text(r, "/rows/0/1/arrivalTime")) > 0);
    CHECK_STR(api_text(r, "/rows/1/1/value"), "2");
    CHECK_STR(api_text(r, "/rows/1/1/ahead"), "true");
    CHECK_STR(api_text(r, "/rows/1/1/quality"), "uncertain");
    CHECK_STR(api_text(r, "/rows/1/1/sourceTime"), "2099-01-01T00:00:00Z");
    r = API_ASK(&w, "GET", "/api/v1/history/press/last?property=current", NULL, 200);
    CHECK_STR(api_text(r, "/values/current/ahead"), "true");
    API_ASK(&w, "GET", "/api/v1/history/press?values=some", NULL, 400);
    api_world_release(&w);
}

PX_TEST(pages_of_history_have_from_one_to_so_many_rows)
{
    char target[96];

    begin();
    snprintf(target, sizeof(target), "/api/v1/history/press?limit=%d", PX_HISTORY_POINTS_MAX);
    API_ASK(&w, "GET", target, NULL, 200);
    snprintf(target, sizeof(target), "/api/v1/history/press?limit=%d", PX_HISTORY_POINTS_MAX + 1);
    API_ASK(&w, "GET", target, NULL, 400);
    API_ASK(&w, "GET", "/api/v1/history/press?limit=1", NULL, 200);
    API_ASK(&w, "GET", "/api/v1/history/press?limit=0", NULL, 400);
    api_world_release(&w);
}

PX_TEST(questions_to_history_that_cannot_be_answered_are_refused)
{
    const reply *r;

    begin();
    API_ASK(&w, "GET", "/api/v1/history/none", NULL, 404);
    API_ASK(&w, "GET", "/api/v1/history/none/last", NULL, 404);
    API_ASK(&w, "GET", "/api/v1/history/press?from=yesterday", NULL, 400);
    API_ASK(&w, "GET", "/api/v1/history/press?cursor=junk", NULL, 400);
    r = API_ASK(&w, "GET", "/api/v1/history/press?property=curent", NULL, 400);
    CHECK(strstr(api_text(r, "/detail"), "current") != NULL);
    api_world_release(&w);
}

/* ---- branches ---- */

PX_TEST(a_branch_is_tried_compared_and_dropped)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "PUT", "/api/v1/branches/trial", NULL, 201);
    CHECK_STR(api_text(r, "/name"), "trial");
    API_ASK(&w, "PUT", "/api/v1/branches/trial", NULL, 409);
    API_ASK(&w, "PATCH", "/api/v1/branches/trial/twins/press",
            "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":99}]", 204);
    API_ASK(&w, "PATCH", "/api/v1/branches/trial/twins/press",
            "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":\"fast\"}]", 400);
    API_ASK(&w, "PATCH", "/api/v1/branches/trial/twins/none", "[]", 404);
    r = API_ASK(&w, "GET", "/api/v1/branches/trial/twins/press", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "99");
    r = API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "21.40");
    r = API_ASK(&w, "GET", "/api/v1/branches/trial/diff", NULL, 200);
    CHECK_STR(api_text(r, "/changes"),
              "[{\"twin\":\"press\",\"path\":\"speed\",\"base\":21.40,\"branch\":99}]");
    r = API_ASK(&w, "GET", "/api/v1/branches", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/name"), "trial");
    API_ASK(&w, "DELETE", "/api/v1/branches/trial", NULL, 204);
    API_ASK(&w, "GET", "/api/v1/branches/trial/diff", NULL, 404);
    API_ASK(&w, "DELETE", "/api/v1/branches/trial", NULL, 404);
    api_world_release(&w);
}

PX_TEST(a_tenant_has_its_branches_and_not_one_more)
{
    char other[PX_CREDENTIAL_BYTES + 1], target[128];

    begin();
    snprintf(other, sizeof(other), "%s",
             api_text(API_ASK(&w, "PUT", "/api/v1/tenants/other", NULL, 201), "/token"));
    for (int i = 0; i <= PX_BRANCHES_MAX; i++) {
        snprintf(target, sizeof(target), "/api/v1/branches/b%d", i);
        API_ASK(&w, "PUT", target, NULL, i < PX_BRANCHES_MAX ? 201 : 429);
    }
    API_ASK_AS(&w, other, "GET", "/api/v1/branches/b0/diff", NULL, 404);
    API_ASK_AS(&w, other, "PUT", "/api/v1/branches/b0", NULL, 201);
    API_ASK_AS(&w, other, "DELETE", "/api/v1/branches/b0", NULL, 204);
    API_ASK(&w, "GET", "/api/v1/branches/b0/diff", NULL, 200);
    snprintf(target, sizeof(target), "/api/v1/branches/%065d", 0);
    API_ASK(&w, "PUT", target, NULL, 400);
    api_world_release(&w);
}

/* ---- operators ---- */

PX_TEST(rejects_are_seen_by_their_tenant)
{
    px_rejected rejected = { .tenant = 1,
                             .sender = PX_STR("plc"),
                             .twin = PX_STR("press"),
                             .name = PX_STR("speed"),
                             .reason_id = PX_STR("value.type"),
                             .reason = PX_STR("no number"),
                             .payload = PX_STR("{\"speed\":\"x\"}") };
    const reply *r;

    begin();
    px_rejects_add(w.rejects, &rejected);
    rejected.tenant = 2;
    px_rejects_add(w.rejects, &rejected);
    r = API_ASK(&w, "GET", "/api/v1/rejects", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/code"), "value.type");
    CHECK_STR(api_text(r, "/items/1"), "");
    rejected.tenant = 1;
    rejected.sender = PX_STR("plc 2");
    px_rejects_add(w.rejects, &rejected);
    r = API_ASK(&w, "GET", "/api/v1/rejects?sender=plc+2", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/sender"), "plc 2");
    CHECK_STR(api_text(r, "/items/1"), "");
    r = API_ASK(&w, "GET", "/api/v1/rejects?sender=plc", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/sender"), "plc");
    CHECK_STR(api_text(r, "/items/1"), "");
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/rejects?sender=pl", NULL, 200), "/items"), "[]");
    api_world_release(&w);
}

PX_TEST(of_one_telemetry_as_many_refusals_are_kept_as_the_limit)
{
    px_buf body = { 0 };

    begin();
    for (int fields = PX_MESSAGE_REFUSALS_MAX; fields <= PX_MESSAGE_REFUSALS_MAX + 1; fields++) {
        px_buf_clear(&body);
        px_put_c(&body, "{\"n0\":0");
        for (int i = 1; i < fields; i++)
            px_putf(&body, ",\"n%d\":0", i);
        px_put_char(&body, '}');
        api_header(&w, "Message-Id", fields == PX_MESSAGE_REFUSALS_MAX ? "a" : "b");
        API_ASK(&w, "POST", "/digitaltwins/press/telemetry", body.ptr, 204);
        CHECK_EQ(px_rejects_count(w.rejects), fields == PX_MESSAGE_REFUSALS_MAX
                                                  ? PX_MESSAGE_REFUSALS_MAX
                                                  : 2 * PX_MESSAGE_REFUSALS_MAX);
    }
    px_buf_release(&body);
    api_world_release(&w);
}

/* Every line is a comment or `name{labels} number`, and every figure was announced. */
PX_TEST(metrics_are_lines_that_prometheus_reads)
{
    const reply *r;
    px_str rest;

    begin();
    r = API_ASK(&w, "GET", "/metrics", NULL, 200);
    rest = px_buf_str(&r->body);
    CHECK(strstr(rest.ptr, "\npollux_twins 1\n") != NULL);
    CHECK(strstr(rest.ptr, "\npollux_http_answers_total{class=\"2xx\"} 1\n") != NULL);
    while (rest.len) {
        px_str line = px_str_cut(&rest, '\n'), name = px_str_cut(&line, ' ');
        char *end, number[64];

        if (px_str_eq(name, PX_STR("#")))
            continue;
        CHECK(name.len > 0 && line.len > 0 && line.len < sizeof(number));
        snprintf(number, sizeof(number), "%.*s", PX_FMT(line));
        strtod(number, &end);
        CHECK(*end == '\0');
    }
    api_world_release(&w);
}

PX_TEST(a_query_is_asked_page_by_page)
{
    char body[2048];
    const reply *r;

    begin();
    api_put_press(&w, w.admin, "second");
    api_header(&w, "max-items-per-page", "1");
    r = API_ASK(&w, "POST", "/query", "{\"query\":\"SELECT * FROM DIGITALTWINS\"}", 200);
    CHECK_STR(api_text(r, "/value/0/$dtId"), "press");
    CHECK(atof(api_reply_header(r, "query-charge")) > 0);
    snprintf(body, sizeof(body), "{\"continuationToken\":\"%s\"}",
             api_text(r, "/continuationToken"));
    r = API_ASK(&w, "POST", "/query", body, 200);
    CHECK_STR(api_text(r, "/value/0/$dtId"), "second");
    r = API_ASK(&w, "POST", "/query", "{\"query\":\"SELEKT\"}", 400);
    CHECK_STR(api_text(r, "/error/code"), "SqlQueryError");
    r = API_ASK(&w, "POST", "/query", "{\"continuationToken\":\"junk\"}", 400);
    CHECK_STR(api_text(r, "/error/code"), "BadRequest");
    r = API_ASK(&w, "POST", "/query", "[]", 400);
    r = API_ASK(&w, "POST", "/query",
                "{\"query\":\"SELECT * FROM DIGITALTWINS T WHERE T.speed > 21\"}", 200);
    CHECK_EQ(px_json_get(r->json, PX_STR("value"))->count, 2);
    api_header(&w, "max-items-per-page", "0");
    API_ASK(&w, "POST", "/query", "{\"query\":\"SELECT * FROM DIGITALTWINS\"}", 400);
    api_world_release(&w);
}

PX_TEST_MAIN()
