/* SPDX-License-Identifier: Apache-2.0 */
/* Routes and endpoints over HTTP: the data plane's codes, and what an endpoint may be. */
#include "api_world.h"

#include <stdio.h>

#include "base/limits.h"

static api_world w;

static void begin(void)
{
    api_world_init(&w);
    API_ASK(&w, "PUT", "/api/v1/endpoints/hook",
            "{\"kind\":\"webhook\",\"url\":\"https://hooks.example/a\"}", 200);
}

static void put_route(const char *id, const char *filter, int wanted, const char *code)
{
    char path[256], body[256];
    const reply *r;

    snprintf(path, sizeof(path), "/eventroutes/%s", id);
    snprintf(body, sizeof(body), "{\"endpointName\":\"hook\",\"filter\":\"%s\"}", filter);
    r = API_ASK(&w, "PUT", path, body, wanted);
    if (code)
        CHECK_STR(api_text(r, "/error/code"), code);
}

PX_TEST(a_route_is_written_read_and_deleted)
{
    const reply *r;

    begin();
    put_route("changes", "type = 'x' AND $body.heat > 90", 204, NULL);
    r = API_ASK(&w, "GET", "/eventroutes/changes", NULL, 200);
    CHECK_STR(api_text(r, "/id"), "changes");
    CHECK_STR(api_text(r, "/endpointName"), "hook");
    CHECK_STR(api_text(r, "/filter"), "type = 'x' AND $body.heat > 90");
    put_route("changes", "true", 204, NULL);
    r = API_ASK(&w, "GET", "/eventroutes/changes", NULL, 200);
    CHECK_STR(api_text(r, "/filter"), "true");
    API_ASK(&w, "DELETE", "/eventroutes/changes", NULL, 204);
    r = API_ASK(&w, "GET", "/eventroutes/changes", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "EventRouteNotFound");
    r = API_ASK(&w, "DELETE", "/eventroutes/changes", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "EventRouteNotFound");
    api_world_release(&w);
}

PX_TEST(routes_come_in_pages)
{
    char target[128] = "/eventroutes?api-version=2023-10-31";
    int pages = 0, got = 0;

    begin();
    for (int i = 0; i < 5; i++) {
        char id[8];

        snprintf(id, sizeof(id), "r%d", i);
        put_route(id, "true", 204, NULL);
    }
    while (target[0]) {
        const reply *r;

        api_header(&w, "max-items-per-page", "2");
        r = API_ASK(&w, "GET", target, NULL, 200);
        got += (int)px_json_get(r->json, PX_STR("value"))->count;
        pages++;
        snprintf(target, sizeof(target), "%s", api_text(r, "/nextLink"));
        if (strcmp(target, "null") == 0)
            target[0] = '\0';
    }
    CHECK_EQ(pages, 3);
    CHECK_EQ(got, 5);
    api_world_release(&w);
}

PX_TEST(the_next_page_of_routes_is_at_the_host_and_in_the_version_that_was_asked)
{
    const reply *r;

    begin();
    put_route("a", "true", 204, NULL);
    put_route("b", "true", 204, NULL);
    api_header(&w, "Host", "twins.example");
    api_header(&w, "max-items-per-page", "1");
    r = API_ASK(&w, "GET", "/eventroutes?api-version=2020-10-31", NULL, 200);
    CHECK(strncmp(api_text(r, "/nextLink"),
                  "http://twins.example/eventroutes?continuationToken=", 51) == 0);
    CHECK(strstr(api_text(r, "/nextLink"), "&api-version=2020-10-31") != NULL);
    api_world_release(&w);
}

PX_TEST(what_is_wrong_with_a_route_has_its_code)
{
    const reply *r;

    begin();
    put_route("r", "tpye = 'x'", 400, "EventRouteFilterInvalid");
    CHECK(strstr(api_text(&w.reply, "/error/message"), "did you mean type?") != NULL);
    put_route("r", "", 400, "EventRouteFilterInvalid");
    put_route("a%20b", "true", 400, "EventRouteIdInvalid");
    r = API_ASK(&w, "PUT", "/eventroutes/r", "{\"endpointName\":\"none\",\"filter\":\"true\"}",
                400);
    CHECK_STR(api_text(r, "/error/code"), "EventRouteEndpointInvalid");
    r = API_ASK(&w, "PUT", "/eventroutes/r", "{\"endpointName\":\"hook\"}", 400);
    CHECK_STR(api_text(r, "/error/code"), "InvalidArgument");
    api_world_release(&w);
}

PX_TEST(a_tenant_has_as_many_routes_as_the_limit_and_no_more)
{
    begin();
    for (int i = 0; i <= PX_ROUTES_MAX; i++) {
        char id[8];

        snprintf(id, sizeof(id), "r%d", i);
        put_route(id, "true", i < PX_ROUTES_MAX ? 204 : 400,
                  i < PX_ROUTES_MAX ? NULL : "LimitExceeded");
    }
    put_route("r0", "false", 204, NULL); /* what is there may be changed */
    api_world_release(&w);
}

PX_TEST(only_who_may_write_documents_writes_routes)
{
    begin();
    w.token = api_token(&w, 1, PX_ROLE_READER, NULL);
    put_route("r", "true", 403, NULL);
    API_ASK(&w, "GET", "/eventroutes", NULL, 200);
    API_ASK(&w, "PUT", "/api/v1/endpoints/x", "{\"kind\":\"mqtt\",\"topic\":\"a\"}", 403);
    w.token = api_token(&w, 2, PX_ROLE_ADMIN, NULL);
    put_route("r", "true", 400, "EventRouteEndpointInvalid"); /* the hook is another tenant's */
    w.token = w.admin;
    api_world_release(&w);
}

/* ---- endpoints ---- */

static const char *put_endpoint(const char *body, int wanted)
{
    return api_text(API_ASK(&w, "PUT", "/api/v1/endpoints/e", body, wanted), "/code");
}

PX_TEST(a_secret_goes_in_and_never_comes_out)
{
    const reply *r;

    begin();
    put_endpoint("{\"kind\":\"webhook\",\"url\":\"https://hooks.example/x?code=c0de\",\"secret\":"
                 "\"s3cret\",\"headers\":{\"X-Own\":\"v\"}}",
                 200);
    r = API_ASK(&w, "GET", "/api/v1/endpoints/e", NULL, 200);
    CHECK_STR(api_text(r, "/url"), "https://hooks.example/x?code=c0de");
    CHECK(strstr(r->body.ptr, "s3cret") == NULL);
    CHECK_STR(api_text(r, "/hasSecret"), "true");
    CHECK_STR(api_text(r, "/headers/X-Own"), "v");
    r = API_ASK_AS(&w, api_token(&w, 1, PX_ROLE_READER, NULL), "GET", "/api/v1/endpoints/e", NULL,
                   200);
    CHECK(strstr(r->body.ptr, "X-Own") == NULL);               /* a header may be a key, too, */
    CHECK_STR(api_text(r, "/url"), "https://hooks.example/x"); /* and what a URL ends with */
    put_endpoint("{\"kind\":\"webhook\",\"url\":\"https://hooks.example/other\"}", 200);
    r = API_ASK(&w, "GET", "/api/v1/endpoints/e", NULL, 200);
    CHECK_STR(api_text(r, "/hasSecret"), "true"); /* left out: it stays */
    put_endpoint("{\"kind\":\"webhook\",\"url\":\"https://hooks.example/\",\"secret\":null}", 200);
    r = API_ASK(&w, "GET", "/api/v1/endpoints/e", NULL, 200);
    CHECK_STR(api_text(r, "/hasSecret"), "false");
    api_world_release(&w);
}

#define HOOK(url, more) "{\"kind\":\"webhook\",\"url\":\"" url "\"" more "}"

/* Who may write the endpoint, and does not know the secret, would have a host of his own told what
 * it signs. */
PX_TEST(a_secret_stays_only_while_it_signs_for_the_same_server)
{
    static const char *const elsewhere[] = {
        HOOK("https://other.example/a", ""),
        HOOK("http://hooks.example:8443/a", ""),
        HOOK("https://hooks.example/a", ""),
        HOOK("https://hooks.example:8443.other.example/a", ""),
    };

    begin();
    put_endpoint(HOOK("https://hooks.example:8443/a", ",\"secret\":\"s3cret\""), 200);
    for (size_t i = 0; i + 1 < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
        CHECK_STR(put_endpoint(elsewhere[i], 400), "endpoint.secret");
    CHECK_STR(put_endpoint(elsewhere[3], 400), "endpoint.url"); /* which is none */
    put_endpoint(HOOK("https://hooks.example:8443?b=c", ""), 200);
    CHECK_STR(api_text(&w.reply, "/hasSecret"), "true");
    put_endpoint(HOOK("https://other.example/a", ",\"secret\":\"0ther\""), 200); /* given again */
    CHECK_STR(api_text(&w.reply, "/hasSecret"), "true");
    put_endpoint(HOOK("https://third.example/a", ",\"secret\":null"), 200);
    CHECK_STR(api_text(&w.reply, "/hasSecret"), "false");
    put_endpoint(HOOK("https://fourth.example/a", ""), 200); /* there is none to keep */
    api_world_release(&w);
}

/* The second one was put beside the URL that was there, not the one that is. */
PX_TEST(a_secret_that_stays_is_that_of_the_endpoint_as_it_was_read)
{
    reply moved, kept;

    begin();
    api_reply_init(&moved);
    api_reply_init(&kept);
    put_endpoint(HOOK("https://hooks.example/a", ",\"secret\":\"s3cret\""), 200);
    api_hold_engine(&w);
    api_send(&w, &moved, "PUT", "/api/v1/endpoints/e",
             HOOK("https://other.example/a", ",\"secret\":\"0ther\""));
    api_send(&w, &kept, "PUT", "/api/v1/endpoints/e", HOOK("https://hooks.example/b", ""));
    api_let_engine_go(&w);
    CHECK_EQ(api_wait(&moved)->status, 200);
    CHECK_EQ(api_wait(&kept)->status, 412);
    api_reply_release(&moved);
    api_reply_release(&kept);
    api_world_release(&w);
}

PX_TEST(an_endpoint_that_cannot_be_is_refused_with_a_sentence)
{
    begin();
    CHECK_STR(put_endpoint("{\"kind\":\"webhook\",\"url\":\"http://127.0.0.1:1/\"}", 403),
              "endpoint.address");
    CHECK(strstr(api_text(&w.reply, "/detail"), "is a loopback address") != NULL);
    CHECK_STR(put_endpoint("{\"kind\":\"webhook\",\"url\":\"ftp://x/\"}", 400), "endpoint.url");
    CHECK_STR(put_endpoint("{\"kind\":\"webhok\",\"url\":\"http://x/\"}", 400), "endpoint.kind");
    CHECK_STR(put_endpoint("{\"kind\":\"webhook\",\"topic\":\"x\"}", 400), "endpoint.form");
    CHECK_STR(put_endpoint("{\"kind\":\"mqtt\",\"topic\":\"twins/x\"}", 400), "endpoint.topic");
    CHECK_STR(put_endpoint("{\"kind\":\"mqtt\",\"topic\":\"a/+\"}", 400), "endpoint.topic");
    CHECK_STR(put_endpoint(
                  "{\"kind\":\"webhook\",\"url\":\"http://x/\",\"headers\":{\"Host\":\"y\"}}", 400),
              "endpoint.header");
    CHECK_STR(put_endpoint("{\"kind\":\"webhook\",\"url\":\"http://x/\",\"headers\":"
                           "{\"X\":\"a\\r\\nb: c\"}}",
                           400),
              "endpoint.header");
    API_ASK(&w, "PUT", "/api/v1/endpoints/e", "{\"kind\":\"mqtt\",\"topic\":\"plant/changes\"}",
            200);
    api_world_release(&w);
}

PX_TEST(an_endpoint_that_a_route_leads_to_stays)
{
    const reply *r;

    begin();
    put_route("r", "true", 204, NULL);
    r = API_ASK(&w, "DELETE", "/api/v1/endpoints/hook", NULL, 409);
    CHECK_STR(api_text(r, "/code"), "endpoint.used");
    API_ASK(&w, "DELETE", "/eventroutes/r", NULL, 204);
    API_ASK(&w, "DELETE", "/api/v1/endpoints/hook", NULL, 204);
    API_ASK(&w, "GET", "/api/v1/endpoints/hook", NULL, 404);
    api_world_release(&w);
}

/* ---- limits ---- */

/* `size` times a letter, in static memory. */
static const char *run_of(size_t size)
{
    static char text[8192];

    CHECK(size < sizeof(text));
    memset(text, 'x', size);
    text[size] = '\0';
    return text;
}

static void put_hook(const char *url_rest, const char *more, int wanted)
{
    static char body[32768];

    snprintf(body, sizeof(body), "{\"kind\":\"webhook\",\"url\":\"https://h.example/%s\"%s}",
             url_rest, more);
    API_ASK(&w, "PUT", "/api/v1/endpoints/e", body, wanted);
}

PX_TEST(a_filter_is_as_long_as_the_limit_and_no_longer)
{
    enum { ROOM = sizeof("type = ''") - 1 };
    char body[PX_ROUTE_FILTER_BYTES_MAX + 128];

    begin();
    for (size_t more = 0; more < 2; more++) {
        snprintf(body, sizeof(body), "{\"endpointName\":\"hook\",\"filter\":\"type = '%s'\"}",
                 run_of(PX_ROUTE_FILTER_BYTES_MAX - ROOM + more));
        API_ASK(&w, "PUT", "/eventroutes/r", body, more ? 400 : 204);
    }
    api_world_release(&w);
}

PX_TEST(an_address_and_a_secret_are_as_long_as_their_limits_and_no_longer)
{
    enum { BEFORE = sizeof("https://h.example/") - 1 };
    char more[PX_ENDPOINT_SECRET_BYTES_MAX + 32];

    begin();
    put_hook(run_of(PX_ENDPOINT_URL_BYTES_MAX - BEFORE), "", 200);
    put_hook(run_of(PX_ENDPOINT_URL_BYTES_MAX - BEFORE + 1), "", 400);
    snprintf(more, sizeof(more), ",\"secret\":\"%s\"", run_of(PX_ENDPOINT_SECRET_BYTES_MAX));
    put_hook("", more, 200);
    snprintf(more, sizeof(more), ",\"secret\":\"%s\"", run_of(PX_ENDPOINT_SECRET_BYTES_MAX + 1));
    put_hook("", more, 400);
    api_world_release(&w);
}

PX_TEST(an_endpoint_has_as_many_headers_as_the_limit_each_as_long_as_its_own)
{
    char one[PX_ENDPOINT_HEADER_BYTES_MAX + 64];
    px_buf many = { 0 };

    begin();
    px_put_c(&many, ",\"headers\":{\"X0\":\"v\"");
    for (int i = 1; i < PX_ENDPOINT_HEADERS_MAX; i++)
        px_putf(&many, ",\"X%d\":\"v\"", i);
    px_put_char(&many, '}');
    put_hook("", many.ptr, 200);
    many.len--;
    px_put_c(&many, ",\"Xn\":\"v\"}");
    put_hook("", many.ptr, 400);
    px_buf_release(&many);
    for (size_t more = 0; more < 2; more++) {
        snprintf(one, sizeof(one), ",\"headers\":{\"X\":\"%s\"}",
                 run_of(PX_ENDPOINT_HEADER_BYTES_MAX - 1 + more));
        put_hook("", one, more ? 400 : 200);
    }
    api_world_release(&w);
}

PX_TEST(a_tenant_has_as_many_endpoints_as_the_limit_and_no_more)
{
    char target[64];

    begin(); /* one is there */
    for (int i = 1; i <= PX_ENDPOINTS_MAX; i++) {
        snprintf(target, sizeof(target), "/api/v1/endpoints/e%d", i);
        API_ASK(&w, "PUT", target, "{\"kind\":\"mqtt\",\"topic\":\"a\"}",
                i < PX_ENDPOINTS_MAX ? 200 : 429);
    }
    API_ASK(&w, "PUT", "/api/v1/endpoints/e1", "{\"kind\":\"mqtt\",\"topic\":\"b\"}", 200);
    api_world_release(&w);
}

PX_TEST_MAIN()
