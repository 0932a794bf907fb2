/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/property-indexes, and queries that use them. */
#include <stdio.h>

#include "api_world.h"

static api_world w;

static void wait_until_ready(const char *target)
{
    const char *state;

    do
        state = api_text(API_ASK(&w, "GET", target, NULL, 200), "/state");
    while (strcmp(state, "building") == 0);
    CHECK_STR(state, "ready");
}

PX_TEST(an_index_is_asked_for_is_built_and_goes)
{
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "press");
    r = API_ASK(&w, "PUT", "/api/v1/property-indexes/fast",
                "{\"property\":\"speed\",\"model\":\"dtmi:test:Press;1\"}", 200);
    CHECK_STR(api_text(r, "/id"), "fast");
    wait_until_ready("/api/v1/property-indexes/fast");
    r = API_ASK(&w, "GET", "/api/v1/property-indexes", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/property"), "speed");
    CHECK_STR(api_text(r, "/items/0/model"), "dtmi:test:Press;1");
    CHECK_STR(api_text(r, "/items/0/twins"), "1");
    r = API_ASK(&w, "POST", "/query?api-version=2023-10-31",
                "{\"query\":\"EXPLAIN SELECT COUNT() FROM DIGITALTWINS T WHERE T.speed > 20 AND "
                "IS_OF_MODEL(T, 'dtmi:test:Press;1')\"}",
                200);
    CHECK_STR(api_text(r, "/value/0/operator"), "index");
    API_ASK(&w, "DELETE", "/api/v1/property-indexes/fast", NULL, 204);
    API_ASK(&w, "GET", "/api/v1/property-indexes/fast", NULL, 404);
    API_ASK(&w, "DELETE", "/api/v1/property-indexes/fast", NULL, 404);
    api_world_release(&w);
}

/* It is told before there is anything that could be read, so it says nothing of how far it is. */
PX_TEST(an_index_that_is_asked_for_again_with_its_key_was_asked_for_once)
{
    static const char wish[] = "{\"property\":\"speed\"}";
    char etag[64];
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_header(&w, "Idempotency-Key", "k");
    r = API_ASK(&w, "PUT", "/api/v1/property-indexes/fast", wish, 200);
    snprintf(etag, sizeof(etag), "%s", api_reply_header(r, "ETag"));
    api_header(&w, "Idempotency-Key", "k");
    r = API_ASK(&w, "PUT", "/api/v1/property-indexes/fast", wish, 200);
    CHECK_STR(api_reply_header(r, "Idempotency-Replayed"), "true");
    CHECK_STR(api_reply_header(r, "ETag"), etag);
    CHECK_STR(api_text(r, "/property"), "speed");
    CHECK_STR(api_text(r, "/state"), "");
    r = API_ASK(&w, "GET", "/api/v1/property-indexes/fast", NULL, 200);
    CHECK_STR(api_reply_header(r, "ETag"), etag);
    r = API_ASK(&w, "GET", "/api/v1/property-indexes", NULL, 200);
    CHECK_STR(api_text(r, "/cursor"), "null");
    api_world_release(&w);
}

PX_TEST(what_is_wrong_with_a_wish_is_told)
{
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    r = API_ASK(&w, "PUT", "/api/v1/property-indexes/x", "{\"property\":\"$dtId\"}", 400);
    CHECK_STR(api_text(r, "/code"), "property.path");
    r = API_ASK(&w, "PUT", "/api/v1/property-indexes/x", "{\"prop\":\"speed\"}", 400);
    CHECK_STR(api_text(r, "/code"), "body.member");
    api_world_release(&w);
}

PX_TEST_MAIN()
