/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for the data plane as a whole: versions, addresses in answers, order of tests, ids. */
#include <stdio.h>

#include "api_world.h"

static api_world w;

static const char feeds_b[] = "{\"$targetId\":\"b\",\"$relationshipName\":\"feeds\"}";

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "a");
    api_put_press(&w, w.admin, "b");
}

PX_TEST(every_version_is_served_and_no_other)
{
    static const char *const good[] = { "2020-10-31", "2022-05-31", "2023-06-30", "2023-10-31" };
    static const char *const bad[] = { "", "?api-version=", "?api-version=2021-01-01",
                                       "?api-version=2023-10-31-preview", "?x=2023-10-31" };
    char target[96];
    const reply *r;

    begin();
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(target, sizeof(target), "/digitaltwins/a?api-version=%s", good[i]);
        API_ASK(&w, "GET", target, NULL, 200);
        snprintf(target, sizeof(target), "/digitaltwins/none?api-version=%s", good[i]);
        r = API_ASK(&w, "GET", target, NULL, 404);
        CHECK_STR(api_reply_header(r, "x-ms-error-code"), i < 2 ? "" : "DigitalTwinNotFound");
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(target, sizeof(target), "/digitaltwins/a%s", i ? bad[i] : "?");
        r = API_ASK(&w, "GET", target, NULL, 400);
        CHECK_STR(api_text(r, "/error/code"), "InvalidArgument");
        CHECK(strstr(api_text(r, "/error/message"), "api-version") != NULL);
    }
    api_world_release(&w);
}

PX_TEST(addresses_in_answers_name_the_host_that_was_asked)
{
    const reply *r;

    begin();
    API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r", feeds_b, 200);
    api_header(&w, "Host", "twins.example:8443");
    api_header(&w, "X-Forwarded-Proto", "https");
    r = API_ASK(&w, "GET", "/digitaltwins/b/incomingrelationships?api-version=2022-05-31", NULL,
                200);
    CHECK_STR(api_text(r, "/value/0/$relationshipLink"),
              "https://twins.example:8443/digitaltwins/a/relationships/r?api-version=2022-05-31");
    api_header(&w, "Host", "[::1]:80");
    api_header(&w, "max-items-per-page", "1");
    r = API_ASK(&w, "GET", "/models?api-version=2022-05-31&includeModelDefinition=true", NULL, 200);
    CHECK_STR(api_text(r, "/nextLink"),
              "http://[::1]:80/models?continuationToken=1&api-version=2022-05-31"
              "&includeModelDefinition=true");
    api_header(&w, "Host", "evil/\"><script>");
    api_header(&w, "max-items-per-page", "1");
    r = API_ASK(&w, "GET", "/models?api-version=2022-05-31", NULL, 200);
    CHECK_STR(api_text(r, "/nextLink"), "/models?continuationToken=1&api-version=2022-05-31");
    api_world_release(&w);
}

/* A bad header is told before the twin is looked for, that before the condition, that before the
 * body. */
PX_TEST(tests_come_in_the_order_of_the_contract)
{
    static const char *const paths[] = { "", "/components/motor", "/relationships/r" };
    static const char bad_body[] = "[{\"op\":\"eat\"}]";
    char target[96];

    begin();
    API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r", feeds_b, 200);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        snprintf(target, sizeof(target), "/digitaltwins/none%s", paths[i]);
        api_header(&w, "If-Match", "no etag");
        API_ASK(&w, "PATCH", target, bad_body, 400);
        api_header(&w, "If-Match", "\"old\"");
        API_ASK(&w, "PATCH", target, bad_body, 404);
        snprintf(target, sizeof(target), "/digitaltwins/a%s", paths[i]);
        api_header(&w, "If-Match", "\"old\"");
        API_ASK(&w, "PATCH", target, bad_body, 412);
        API_ASK(&w, "PATCH", target, bad_body, 400);
        snprintf(target, sizeof(target), "/digitaltwins/none%s", paths[i]);
        API_ASK(&w, "PATCH", target, "[{", 404); /* not even JSON */
        snprintf(target, sizeof(target), "/digitaltwins/a%s", paths[i]);
        api_header(&w, "If-Match", "\"old\"");
        API_ASK(&w, "PATCH", target, "[{", 412);
        CHECK_STR(api_text(API_ASK(&w, "PATCH", target, "[{", 400), "/error/details/0/line"), "1");
    }
    API_ASK(&w, "PATCH", "/models/dtmi:test:None;1", bad_body, 404);
    api_header(&w, "If-None-Match", "*");
    API_ASK(&w, "PUT", "/digitaltwins/a", "{}", 412);
    api_header(&w, "If-None-Match", "*");
    API_ASK(&w, "PUT", "/digitaltwins/none/relationships/r", "{}", 404);
    api_world_release(&w);
}

/* Percent-encoded as the clients do it, and as few of them need. */
PX_TEST(ids_of_every_odd_kind_go_through_unchanged)
{
    static const char *const ids[][2] = {
        { "a%2Fb", "a/b" },
        { "%2e%2E", ".." },
        { "%25", "%" },
        { "%2525", "%25" },
        { "%3F%23%26%3D%2B", "?#&=+" },
        { "+", "+" },
        { "%22%5C%27%3C%3E", "\"\\'<>" },
        { "%24metadata", "$metadata" },
        { "%20%20", "  " },
        { "%F0%9F%98%80", "😀" },
        { "%E2%80%AEabc", "\u202eabc" },
        { "e%CC%81", "e\u0301" },
        { "%C3%A9", "\u00e9" },
        { "%EF%BB%BF", "\ufeff" },
        { "%EF%BF%BF", "\uffff" },
        { "%C2%A0", "\u00a0" },
        { "telemetry", "telemetry" },
        { "relationships", "relationships" },
    };
    char target[160];
    const reply *r;

    begin();
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        api_put_press(&w, w.admin, ids[i][0]);
        snprintf(target, sizeof(target), "/digitaltwins/%s/relationships/%s", ids[i][0], ids[i][0]);
        API_ASK(&w, "PUT", target, feeds_b, 200);
        r = API_ASK(&w, "GET", target, NULL, 200);
        CHECK_STR(api_text(r, "/$sourceId"), ids[i][1]);
        CHECK_STR(api_text(r, "/$relationshipId"), ids[i][1]);
        snprintf(target, sizeof(target), "/digitaltwins/%s", ids[i][0]);
        r = API_ASK(&w, "GET", target, NULL, 200);
        CHECK_STR(api_text(r, "/$dtId"), ids[i][1]);
    }
    r = API_ASK(&w, "GET", "/digitaltwins/b/incomingrelationships", NULL, 200);
    for (const px_json *m = px_json_get(r->json, PX_STR("value"))->first; m; m = m->next) {
        reply linked;

        api_reply_init(&linked);
        snprintf(target, sizeof(target), "%.*s",
                 PX_FMT(px_json_get_text(m, PX_STR("$relationshipLink"))));
        api_send(&w, &linked, "GET", target, NULL);
        CHECK_EQ(api_wait(&linked)->status, 200);
        api_reply_release(&linked);
    }
    for (int c = 0; c < 0x21; c++) {
        snprintf(target, sizeof(target), "/digitaltwins/x%%%02X", c == 0x20 ? 0x7F : c);
        API_ASK(&w, "PUT", target, "{\"$metadata\":{\"$model\":\"dtmi:test:Motor;1\"}}", 400);
    }
    api_world_release(&w);
}

PX_TEST(what_the_data_plane_does_not_offer_is_refused_in_its_form)
{
    static const struct {
        const char *method, *target, *body;
        int status;
        const char *code;
    } rows[] = {
        { "GET", "/query", NULL, 405, "MethodNotAllowed" },
        { "GET", "/digitaltwins", NULL, 404, "NotFound" },
        { "PUT", "/models/dtmi:test:Press;1", "{}", 405, "MethodNotAllowed" },
        { "POST", "/query", "[", 400, "InvalidArgument" },
        { "POST", "/query", "[]", 400, "SqlQueryError" },
        { "POST", "/query", "{\"continuationToken\":\"x\"}", 400, "BadRequest" },
        { "POST", "/models", "\"a text\"", 400, "InvalidArgument" },
        { "POST", "/models", "null", 400, "InvalidArgument" },
    };

    begin();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const reply *r = API_ASK(&w, rows[i].method, rows[i].target, rows[i].body, rows[i].status);

        CHECK_STR(api_text(r, "/error/code"), rows[i].code);
    }
    api_world_release(&w);
}

PX_TEST(of_two_writers_with_one_etag_exactly_one_wins)
{
    enum { WRITERS = 8 };
    static reply writers[WRITERS];
    char etag[80];
    int won = 0, lost = 0;

    begin();
    snprintf(etag, sizeof(etag), "%s",
             api_reply_header(API_ASK(&w, "GET", "/digitaltwins/a", NULL, 200), "ETag"));
    api_header(&w, "If-Match", etag);
    for (int batch = 0; batch < 2; batch++) { /* all in one batch, and one after the other */
        if (batch == 0)
            api_hold_engine(&w);
        for (int i = batch * WRITERS / 2; i < (batch + 1) * WRITERS / 2; i++) {
            api_reply_init(&writers[i]);
            api_send(&w, &writers[i], "PATCH", "/digitaltwins/a",
                     "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":1}]");
        }
        if (batch == 0)
            api_let_engine_go(&w);
    }
    for (int i = 0; i < WRITERS; i++) {
        api_wait(&writers[i]);
        won += writers[i].status == 204;
        lost += writers[i].status == 412;
        api_reply_release(&writers[i]);
    }
    CHECK_EQ(won, 1);
    CHECK_EQ(lost, WRITERS - 1);
    api_world_release(&w);
}

PX_TEST_MAIN()
