/* SPDX-License-Identifier: Apache-2.0 */
/* /digitaltwins: twins, components, telemetry, conditions. */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
    r = API_ASK(&w, "PATCH", "/digitaltwins/press", change, 412);
    CHECK(strstr(api_text(r, "/error/message"),
                 "The provided etag \"another server's\" doesn't match the current etag for the "
                 "resource") != NULL);
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
    CHECK(strstr(api_text(r, "/error/message"), "Invalid twin specified") != NULL);
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
    api_world_release(&w);
}

PX_TEST(a_patch_that_asks_nothing_changes_nothing)
{
    char etag[80];
    uint64_t position;
    const reply *r;

    begin();
    r = API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    snprintf(etag, sizeof(etag), "%s", api_reply_header(r, "ETag"));
    position = px_engine_position(w.engine);
    r = API_ASK(&w, "PATCH", "/digitaltwins/press", "[]", 204);
    CHECK_STR(api_reply_header(r, "ETag"), etag);
    API_ASK(&w, "PATCH", "/digitaltwins/press/components/motor", "[]", 204);
    API_ASK(&w, "PATCH", "/api/v1/twins/press/desired", "{}", 200);
    CHECK_EQ(px_engine_position(w.engine), position);
    api_header(&w, "If-Match", "\"x\"");
    API_ASK(&w, "PATCH", "/digitaltwins/press", "[]", 412);
    api_world_release(&w);
}

PX_TEST(an_acknowledged_put_is_answered_with_what_it_put)
{
    char etag[80];
    reply put, gone;

    begin();
    api_reply_init(&put);
    api_reply_init(&gone);
    api_hold_engine(&w);
    api_send(&w, &put, "PUT", "/digitaltwins/short",
             "{\"$metadata\":{\"$model\":\"dtmi:test:Motor;1\"},\"heat\":7}");
    api_send(&w, &gone, "DELETE", "/digitaltwins/short", NULL);
    api_let_engine_go(&w);
    CHECK_EQ(api_wait(&put)->status, 200);
    CHECK_STR(api_text(&put, "/heat"), "7");
    CHECK_EQ(api_wait(&gone)->status, 204);

    api_hold_engine(&w);
    api_send(&w, &put, "PATCH", "/api/v1/twins/press/desired", "{\"speed\":5}");
    api_send(&w, &gone, "DELETE", "/digitaltwins/press", NULL);
    api_let_engine_go(&w);
    CHECK_EQ(api_wait(&put)->status, 200);
    CHECK_STR(api_text(&put, "/speed/value"), "5");
    CHECK_EQ(api_wait(&gone)->status, 204);

    api_put_press(&w, w.admin, "press");
    api_hold_engine(&w);
    api_send(&w, &put, "PUT", "/digitaltwins/press",
             "{\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},\"motor\":{}}");
    api_send(&w, &gone, "PATCH", "/digitaltwins/press",
             "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":1}]");
    api_let_engine_go(&w);
    snprintf(etag, sizeof(etag), "%s", api_reply_header(api_wait(&put), "ETag"));
    CHECK_STR(api_text(&put, "/speed"), "");
    CHECK(strcmp(etag, api_reply_header(api_wait(&gone), "ETag")) != 0);
    api_reply_release(&put);
    api_reply_release(&gone);
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

PX_TEST(a_component_without_a_name_is_not_the_twin)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "PATCH", "/digitaltwins/press/components//",
                "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":9}]", 400);
    CHECK_STR(api_text(r, "/error/code"), "JsonPatchInvalid");
    api_header(&w, "Message-Id", "m");
    r = API_ASK(&w, "POST", "/digitaltwins/press/components//telemetry", "{\"current\":1}", 404);
    CHECK_STR(api_text(r, "/error/code"), "ComponentNotFound");
    api_world_release(&w);
}

/* All that the data plane tells of the twin. */
static void read_document(px_buf *told, char etag[80])
{
    static const char *const targets[] = { "/digitaltwins/press",
                                           "/digitaltwins/press/components/motor" };
    static const char *const queries[] = {
        "{\"query\":\"SELECT * FROM digitaltwins\"}",
        "{\"query\":\"SELECT T.$etag, T.$metadata.$lastUpdateTime, T.current, T.motor FROM "
        "digitaltwins T\"}",
    };

    px_buf_clear(told);
    for (int i = 0; i < 2; i++)
        px_put(told, px_buf_str(&API_ASK(&w, "POST", "/query", queries[i], 200)->body));
    for (int i = 0; i < 2; i++) {
        const reply *r = API_ASK(&w, "GET", targets[i], NULL, 200);

        px_put(told, px_buf_str(&r->body));
        snprintf(etag, 80, "%s", api_reply_header(r, "ETag"));
        px_put_c(told, etag);
    }
    px_put(told, px_str_of("", 1));
}

PX_TEST(telemetry_needs_a_message_id_and_changes_no_twin)
{
    px_buf before = { 0 }, after = { 0 };
    char etag[80];
    const reply *r;

    begin();
    read_document(&before, etag);
    CHECK(strstr(before.ptr, etag) != NULL);
    usleep(3000); /* times of the document have milliseconds */
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
    read_document(&after, etag);
    CHECK_STR(after.ptr, before.ptr);
    /* not that it had not been kept */
    r = API_ASK(&w, "GET", "/api/v1/twins/press", NULL, 200);
    CHECK_STR(api_text(r, "/values/current/value"), "1.5");
    CHECK_STR(api_text(r, "/values/motor.hum/value"), "1");
    CHECK_STR(api_reply_header(r, "ETag"), etag);
    api_header(&w, "If-Match", etag);
    API_ASK(&w, "PATCH", "/digitaltwins/press",
            "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":5}]", 204);
    api_header(&w, "If-Match", etag);
    API_ASK(&w, "PATCH", "/digitaltwins/press",
            "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":6}]", 412);
    px_buf_release(&before);
    px_buf_release(&after);
    api_world_release(&w);
}

static void tell(const char *message_id, const char *body)
{
    api_header(&w, "Message-Id", message_id);
    API_ASK(&w, "POST", "/digitaltwins/press/telemetry", body, 204);
}

PX_TEST(a_message_id_counts_once_within_its_twin)
{
    const reply *r;

    begin();
    api_put_press(&w, w.admin, "other");
    tell("m1", "{\"current\":1}");
    tell("m1", "{\"current\":2}");
    tell("m2", "{\"current\":3}");
    api_header(&w, "Message-Id", "m1");
    API_ASK(&w, "POST", "/digitaltwins/other/telemetry", "{\"current\":1}", 204);
    r = API_ASK(&w, "GET", "/api/v1/history/press/count?property=current", NULL, 200);
    CHECK_STR(api_text(r, "/count"), "2");
    r = API_ASK(&w, "GET", "/api/v1/history/other/count?property=current", NULL, 200);
    CHECK_STR(api_text(r, "/count"), "1");
    r = API_ASK(&w, "GET", "/metrics", NULL, 200);
    CHECK(strstr(r->body.ptr, "\npollux_telemetry_repeated_total 1\n") != NULL);
    api_world_release(&w);
}

PX_TEST(telemetry_that_the_model_does_not_know_is_kept_for_inspection)
{
    const reply *r;

    begin();
    tell("m1", "{\"current\":1.5,\"colour\":\"red\",\"speed\":3}");
    tell("m2", "{\"current\":\"much\"}");
    r = API_ASK(&w, "GET", "/api/v1/rejects", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/name"), "current");
    CHECK_STR(api_text(r, "/items/0/payload"), "\"much\"");
    CHECK_STR(api_text(r, "/items/1/code"), "telemetry.property");
    CHECK_STR(api_text(r, "/items/2/code"), "telemetry.unknown");
    CHECK_STR(api_text(r, "/items/2/twin"), "press");
    CHECK_STR(api_text(r, "/items/3/name"), "");
    r = API_ASK(&w, "GET", "/metrics", NULL, 200);
    CHECK(strstr(r->body.ptr, "\npollux_rejects_total{reason=\"telemetry.unknown\"} 1\n") != NULL);
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

/* Eight texts of 4,000 bytes nearly fill a twin; the last property is for what is left. */
static const char roomy[] =
    "[{\"@id\":\"dtmi:test:Roomy;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":["
#define TEXT(name)                                                                                 \
    "{\"@type\":\"Property\",\"name\":\"" name "\",\"schema\":\"string\",\"writable\":true},"
    TEXT("a") TEXT("b") TEXT("c") TEXT("d") TEXT("e") TEXT("f") TEXT("g") TEXT("h")
#undef TEXT
        "{\"@type\":\"Property\",\"name\":\"last\",\"schema\":\"string\",\"writable\":true}]}]";

enum { ROOM_TEXT = 4000 };

/* A JSON string of so many bytes. */
static void put_text(px_buf *body, size_t len)
{
    px_put_char(body, '"');
    for (size_t i = 0; i < len; i++)
        px_put_char(body, 't');
    px_put_char(body, '"');
}

/* With eight texts the twin has room for one value more, of so many bytes. */
static size_t room_left(size_t id_len)
{
    return PX_TWIN_BYTES_MAX - PX_TWIN_HEAD_BYTES - id_len - (8 + 1) * PX_TWIN_VALUE_BYTES -
           8 * (size_t)ROOM_TEXT;
}

static void put_roomy(const char *target, size_t last, int wanted)
{
    px_buf body = { 0 };

    px_put_c(&body, "{\"$metadata\":{\"$model\":\"dtmi:test:Roomy;1\"}");
    for (char name = 'a'; name <= 'h'; name++) {
        px_putf(&body, ",\"%c\":", name);
        put_text(&body, ROOM_TEXT);
    }
    if (last) {
        px_put_c(&body, ",\"last\":");
        put_text(&body, last);
    }
    px_put_c(&body, "}");
    px_put(&body, px_str_of("", 1));
    API_ASK(&w, "PUT", target, body.ptr, wanted);
    px_buf_release(&body);
}

static const reply *write_last(const char *target, const char *before, size_t len,
                               const char *after, int wanted)
{
    px_buf body = { 0 };
    const reply *r;

    px_put_c(&body, before);
    put_text(&body, len);
    px_put_c(&body, after);
    px_put(&body, px_str_of("", 1));
    r = API_ASK(&w, "PATCH", target, body.ptr, wanted);
    px_buf_release(&body);
    return r;
}

PX_TEST(no_door_lets_a_twin_grow_beyond_its_size)
{
    static const char add[] = "[{\"op\":\"add\",\"path\":\"/last\",\"value\":";
    size_t room = room_left(4);
    const reply *r;

    begin();
    API_ASK(&w, "POST", "/models", roomy, 201);
    put_roomy("/digitaltwins/room", room, 200);
    put_roomy("/digitaltwins/room", room + 1, 413);
    put_roomy("/digitaltwins/room", 0, 200);
    write_last("/digitaltwins/room", add, room, "}]", 204);
    r = write_last("/digitaltwins/room", add, room + 1, "}]", 413);
    CHECK(strstr(api_text(r, "/error/message"), "a twin has at most 32768") != NULL);
    write_last("/digitaltwins/room", add, 1, "}]", 204);
    /* what was large may become smaller, also where something else grows */
    write_last("/digitaltwins/room",
               "[{\"op\":\"remove\",\"path\":\"/a\"},{\"op\":\"add\",\"path\":\"/last\","
               "\"value\":",
               PX_VALUE_STRING_BYTES_MAX, "}]", 204);

    put_roomy("/digitaltwins/room", 0, 200);
    room -= PX_TWIN_VALUE_BYTES; /* the version of desired values */
    write_last("/api/v1/twins/room/desired", "{\"last\":", room, "}", 200);
    write_last("/api/v1/twins/room/desired", "{\"last\":", room + 1, "}", 413);
    API_ASK(&w, "PATCH", "/api/v1/twins/room/desired", "{\"last\":null}", 200);
    write_last("/api/v1/twins/room/desired", "{\"last\":", room, "}", 200);
    api_world_release(&w);
}

static void answered(px_request *request)
{
    atomic_store((_Atomic bool *)request->data, true);
}

/* A device's message of `count` samples, each with a text of `len` bytes for `last`. */
static px_status report_last(size_t count, size_t len)
{
    px_buf text = { 0 };
    _Atomic bool done = false;
    px_sample samples[3];
    px_field_value value = { .source_time = PX_TIME_NONE };
    px_model_info info;
    px_request request = { .kind = PX_REQUEST_DEVICE_MESSAGE,
                           .principal = { .tenant = 1, .role = PX_ROLE_ADMIN, .id = PX_STR("t") },
                           .id = PX_STR("room"),
                           .samples = samples,
                           .sample_count = count,
                           .done = answered,
                           .data = &done };

    CHECK(px_registry_find(px_engine_registry(w.engine), 1, PX_STR("dtmi:test:Roomy;1"), &info));
    for (size_t i = 0; i < len; i++)
        px_put_char(&text, 't');
    value.value = px_value_text(px_buf_str(&text));
    value.field =
        px_layout_find(px_model_layout(info.model), PX_NO_COMPONENT, PX_STR("last"))->index;
    for (size_t i = 0; i < count; i++)
        samples[i] = (px_sample){ .source_time = PX_TIME_NONE, .fields = &value, .field_count = 1 };
    request.model_no = info.model_no;
    CHECK_EQ(px_engine_submit(w.engine, &request, &request), PX_OK);
    while (!atomic_load(&done))
        sched_yield();
    px_buf_release(&text);
    return request.result.status;
}

PX_TEST(a_device_does_not_fill_a_twin_beyond_its_size)
{
    size_t room = room_left(4);

    begin();
    API_ASK(&w, "POST", "/models", roomy, 201);
    put_roomy("/digitaltwins/room", 0, 200);
    CHECK_EQ(report_last(1, room + 1), PX_TOO_LARGE);
    CHECK_EQ(report_last(3, room), PX_OK); /* three samples of one value take the room of one */
    CHECK_EQ(report_last(1, room), PX_OK);
    CHECK_EQ(report_last(1, room + 1), PX_TOO_LARGE);
    CHECK_EQ(report_last(1, 1), PX_OK);
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
