/* SPDX-License-Identifier: Apache-2.0 */
/* /digitaltwins: twins, components, telemetry, conditions. */
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

PX_TEST(a_twin_comes_back_as_written)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    CHECK_STR(api_text(r, "/$dtId"), "press");
    CHECK_STR(api_text(r, "/speed"), "21.40");
    CHECK_STR(api_text(r, "/$metadata/$model"), "dtmi:test:Press;1");
    CHECK_EQ(strlen(api_text(r, "/$metadata/speed/lastUpdateTime")),
             strlen("2026-11-01T12:00:00.0000000Z"));
    CHECK(strlen(api_text(r, "/motor/$metadata/$lastUpdateTime")) > 0);
    CHECK_STR(api_text(r, "/$etag"), api_reply_header(r, "ETag"));
    CHECK_STR(r->call.content_type, "application/json; charset=utf-8");
    api_world_release(&w);
}

PX_TEST(a_patch_changes_value_and_etag)
{
    char etag[80];
    const reply *r;

    begin();
    r = API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    snprintf(etag, sizeof(etag), "%s", api_reply_header(r, "ETag"));
    api_header(&w, "If-Match", etag);
    r = API_ASK(&w, "PATCH", "/digitaltwins/press",
                "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":3}]", 204);
    CHECK(strcmp(api_reply_header(r, "ETag"), etag) != 0);
    CHECK_EQ(r->body.len, 0);
    api_header(&w, "If-Match", etag);
    r = API_ASK(&w, "PATCH", "/digitaltwins/press",
                "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":4}]", 412);
    CHECK_STR(api_text(r, "/error/code"), "PreconditionFailed");
    r = API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "3");
    api_world_release(&w);
}

PX_TEST(conditions_are_read_by_the_rules)
{
    const reply *r;
    const char *change = "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":1}]";

    begin();
    api_header(&w, "If-None-Match", "*");
    r = API_ASK(&w, "PUT", "/digitaltwins/press",
                "{\"$metadata\":{\"$model\":\"dtmi:test:Motor;1\"}}", 412);
    CHECK(strstr(api_text(r, "/error/message"), "a twin with the id press was found") != NULL);
    api_header(&w, "If-None-Match", "\"x\"");
    r = API_ASK(&w, "PUT", "/digitaltwins/press", "{}", 400);
    CHECK(strstr(api_text(r, "/error/message"), "Invalid If-None-Match header value") != NULL);
    api_header(&w, "If-Match", "junk");
    r = API_ASK(&w, "PATCH", "/digitaltwins/press", change, 400);
    CHECK(strstr(api_text(r, "/error/message"), "Invalid If-Match header value") != NULL);
    api_header(&w, "If-Match", "\"another server's\"");
    API_ASK(&w, "PATCH", "/digitaltwins/press", change, 412);
    api_header(&w, "If-Match", "W/\"00000000-0000-8000-8000-000000000000\"");
    API_ASK(&w, "PATCH", "/digitaltwins/press", change, 412);
    api_header(&w, "If-Match", "*");
    API_ASK(&w, "PATCH", "/digitaltwins/press", change, 204);
    api_header(&w, "If-Match", "\"x\"");
    API_ASK(&w, "DELETE", "/digitaltwins/none", NULL, 404);
    api_world_release(&w);
}

PX_TEST(refused_twins_name_what_is_wrong)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "PUT", "/digitaltwins/a", "{\"$metadata\":{\"$model\":\"dtmi:no:such;1\"}}",
                400);
    CHECK(strstr(api_text(r, "/error/message"), "Invalid twin specified") != NULL);
    r = API_ASK(&w, "PUT", "/digitaltwins/a",
                "{\"$metadata\":{\"$model\":\"dtmi:test:Motor;1\"},\"heat\":\"hot\"}", 400);
    CHECK_STR(api_text(r, "/error/code"), "ValidationFailed");
    CHECK_STR(api_text(r, "/error/details/0/path"), "/heat");
    r = API_ASK(&w, "PUT", "/digitaltwins/a",
                "{\"$metadata\":{\"$model\":\"dtmi:test:Motor;1\"},\"colour\":1}", 400);
    CHECK_STR(api_text(r, "/error/code"), "ValidationFailed");
    r = API_ASK(&w, "PUT", "/digitaltwins/a", "{\"$metadata\":", 400);
    CHECK_STR(api_text(r, "/error/code"), "InvalidArgument");
    CHECK_STR(api_text(r, "/error/details/0/line"), "1");
    r = API_ASK(&w, "PUT", "/digitaltwins/a", "{\"a\":1,\"a\":2}", 400);
    r = API_ASK(&w, "GET", "/digitaltwins/a", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "DigitalTwinNotFound");
    CHECK(strstr(api_text(r, "/error/message"),
                 "There is no digital twin instance that exists with the ID a") != NULL);
    api_world_release(&w);
}

PX_TEST(patches_are_all_or_nothing)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "PATCH", "/digitaltwins/press",
                "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":9},"
                "{\"op\":\"remove\",\"path\":\"/name\"}]",
                400);
    CHECK_STR(api_text(r, "/error/code"), "JsonPatchInvalid");
    r = API_ASK(&w, "PATCH", "/digitaltwins/press",
                "[{\"op\":\"move\",\"from\":\"/speed\",\"path\":\"/name\"}]", 400);
    CHECK_STR(api_text(r, "/error/code"), "JsonPatchInvalid");
    r = API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "21.40");
    API_ASK(&w, "PATCH", "/digitaltwins/press", "[]", 204);
    api_world_release(&w);
}

PX_TEST(a_component_is_read_and_patched)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "PATCH", "/digitaltwins/press/components/motor",
                "[{\"op\":\"add\",\"path\":\"/heat\",\"value\":80.5}]", 204);
    CHECK(api_reply_header(r, "ETag")[0] == 'W');
    r = API_ASK(&w, "GET", "/digitaltwins/press/components/motor", NULL, 200);
    CHECK_STR(api_text(r, "/heat"), "80.5");
    CHECK_STR(api_text(r, "/$dtId"), "");
    r = API_ASK(&w, "GET", "/digitaltwins/press/components/none", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "ComponentNotFound");
    CHECK(strstr(api_text(r, "/error/message"), "press does not have component none") != NULL);
    r = API_ASK(&w, "PATCH", "/digitaltwins/press/components/none",
                "[{\"op\":\"add\",\"path\":\"/heat\",\"value\":1}]", 400);
    CHECK_STR(api_text(r, "/error/code"), "JsonPatchInvalid");
    r = API_ASK(&w, "GET", "/digitaltwins/none/components/motor", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "DigitalTwinNotFound");
    api_world_release(&w);
}

PX_TEST(telemetry_needs_a_message_id_and_changes_no_twin)
{
    char etag[80];
    const reply *r;

    begin();
    r = API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    snprintf(etag, sizeof(etag), "%s", api_reply_header(r, "ETag"));
    r = API_ASK(&w, "POST", "/digitaltwins/press/telemetry", "{\"current\":1.5}", 400);
    CHECK_STR(api_text(r, "/error/code"), "InvalidArgument");
    api_header(&w, "Message-Id", "m1");
    api_header(&w, "Telemetry-Source-Time", "2026-11-01T12:00:00Z");
    API_ASK(&w, "POST", "/digitaltwins/press/telemetry", "{\"current\":1.5}", 204);
    api_header(&w, "Message-Id", "m2");
    api_header(&w, "Telemetry-Source-Time", "yesterday");
    API_ASK(&w, "POST", "/digitaltwins/press/telemetry", "{\"current\":1.5}", 400);
    api_header(&w, "Message-Id", "m3");
    API_ASK(&w, "POST", "/digitaltwins/press/telemetry", "\"a text\"", 204);
    api_header(&w, "Message-Id", "m4");
    API_ASK(&w, "POST", "/digitaltwins/press/components/motor/telemetry", "{\"hum\":1}", 204);
    api_header(&w, "Message-Id", "m5");
    r = API_ASK(&w, "POST", "/digitaltwins/press/components/none/telemetry", "{}", 404);
    CHECK_STR(api_text(r, "/error/code"), "ComponentNotFound");
    api_header(&w, "Message-Id", "m6");
    API_ASK(&w, "POST", "/digitaltwins/none/telemetry", "{}", 404);
    r = API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    CHECK_STR(api_reply_header(r, "ETag"), etag);
    api_world_release(&w);
}

PX_TEST(ids_are_decoded_after_the_path_was_split)
{
    const reply *r;

    begin();
    api_put_press(&w, w.admin, "a%2Fb%20%C3%A9");
    r = API_ASK(&w, "GET", "/digitaltwins/a%2Fb%20%c3%a9", NULL, 200);
    CHECK_STR(api_text(r, "/$dtId"), "a/b é");
    API_ASK(&w, "GET", "/digitaltwins/a%2", NULL, 400);
    API_ASK(&w, "GET", "/digitaltwins/a%00b", NULL, 400);
    API_ASK(&w, "GET", "/digitaltwins/%ff", NULL, 400);
    api_world_release(&w);
}

/* Runs of one letter as an id. */
static void put_long(size_t len, int wanted)
{
    char target[400] = "/digitaltwins/";

    memset(target + 14, 'x', len);
    API_ASK(&w, "PUT", target, "{\"$metadata\":{\"$model\":\"dtmi:test:Motor;1\"}}", wanted);
}

PX_TEST(limits_hold_at_the_limit_and_one_past_it)
{
    px_buf body = { 0 };

    begin();
    put_long(PX_TWIN_ID_BYTES_MAX, 200);
    put_long(PX_TWIN_ID_BYTES_MAX + 1, 400);
    for (int extra = 0; extra < 2; extra++) {
        px_buf_clear(&body);
        px_put_char(&body, '[');
        for (int i = 0; i < PX_PATCH_OPS_MAX + extra; i++)
            px_putf(&body, "%s{\"op\":\"add\",\"path\":\"/speed\",\"value\":%d}", i ? "," : "", i);
        px_put_char(&body, ']');
        API_ASK(&w, "PATCH", "/digitaltwins/press", body.ptr, extra ? 400 : 204);
    }
    for (int extra = 0; extra < 2; extra++) {
        px_buf_clear(&body);
        px_put_c(&body, "[{\"op\":\"add\",\"path\":\"/name\",\"value\":\"");
        for (int i = 0; i < PX_VALUE_STRING_BYTES_MAX + extra; i++)
            px_put_char(&body, 'n');
        px_put_c(&body, "\"}]");
        API_ASK(&w, "PATCH", "/digitaltwins/press", body.ptr, extra ? 400 : 204);
    }
    px_buf_release(&body);
    api_world_release(&w);
}

PX_TEST(a_deleted_twin_is_gone)
{
    begin();
    API_ASK(&w, "DELETE", "/digitaltwins/press", NULL, 204);
    API_ASK(&w, "GET", "/digitaltwins/press", NULL, 404);
    API_ASK(&w, "DELETE", "/digitaltwins/press", NULL, 404);
    api_world_release(&w);
}

PX_TEST_MAIN()
