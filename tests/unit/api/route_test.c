/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before every handler: routes, versions, credentials, sessions, tenants. */
#include <stdio.h>

#include "api/inner.h"
#include "api_world.h"
#include "engine/kinds.h"

static api_world w;

PX_TEST(nothing_is_open_without_a_token)
{
    static const char *const paths[] = {
        "/models",         "/digitaltwins/x",   "/metrics",
        "/api/v1/twins",   "/api/v1/devices",   "/api/v1/stream",
        "/api/v1/session", "/api/v1/history/x", "/api/v1/rejects"
    };
    const reply *r;

    api_world_init(&w);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        r = API_ASK_AS(&w, NULL, "GET", paths[i], NULL, 401);
        CHECK_STR(api_reply_header(r, "WWW-Authenticate"), "Bearer");
        API_ASK_AS(&w, "plx_0000000000000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "GET",
                   paths[i], NULL, 401);
    }
    API_ASK_AS(&w, NULL, "GET", "/healthz", NULL, 200);
    API_ASK_AS(&w, NULL, "GET", "/readyz", NULL, 200);
    api_world_release(&w);
}

PX_TEST(the_data_plane_wants_a_version_that_it_knows)
{
    const reply *r;

    api_world_init(&w);
    API_ASK(&w, "GET", "/models?api-version=2020-10-31", NULL, 200);
    r = API_ASK(&w, "GET", "/models?x=1", NULL, 400);
    CHECK_STR(api_text(r, "/error/code"), "InvalidArgument");
    API_ASK(&w, "GET", "/models?api-version=1999-01-01", NULL, 400);
    API_ASK(&w, "GET", "/models?api-version=", NULL, 400);
    api_world_release(&w);
}

PX_TEST(a_body_that_says_it_is_something_else_is_refused)
{
    static const struct {
        const char *type;
        int token, desired;
    } types[] = {
        { "application/json", 201, 200 },
        { "Application/JSON ; charset=utf-8", 201, 200 },
        { "application/merge-patch+json", 415, 200 },
        { "application/json-patch+json", 415, 415 },
        { "application/x-www-form-urlencoded", 201, 200 }, /* as curl calls all that it sends */
        { "multipart/form-data", 415, 415 },
        { "text/plain", 415, 415 },
        { "application/jsonx", 415, 415 },
    };
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "press");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        api_header(&w, "Content-Type", types[i].type);
        r = API_ASK(&w, "POST", "/api/v1/tokens", "{\"name\":\"n\",\"role\":\"reader\"}",
                    types[i].token);
        if (types[i].token == 415) {
            CHECK_STR(api_text(r, "/code"), "http.media");
            CHECK_STR(api_reply_header(r, "Accept"), "application/json");
        }
        api_header(&w, "Content-Type", types[i].type);
        r = API_ASK(&w, "PATCH", "/api/v1/twins/press/desired", "{\"speed\":1}", types[i].desired);
        if (types[i].desired == 415)
            CHECK_STR(api_reply_header(r, "Accept"),
                      "application/json, application/merge-patch+json");
    }
    API_ASK(&w, "POST", "/api/v1/tokens", "{\"name\":\"n\",\"role\":\"reader\"}", 201);
    api_header(&w, "Content-Type", "text/plain"); /* the data plane's clients may say so */
    API_ASK(&w, "PATCH", "/digitaltwins/press", "[]", 204);
    api_header(&w, "Content-Type", "text/plain"); /* nothing came that it could be wrong of */
    API_ASK(&w, "PUT", "/api/v1/branches/b", NULL, 201);
    api_world_release(&w);
}

PX_TEST(unknown_paths_and_methods_are_told_apart)
{
    const reply *r;

    api_world_init(&w);
    r = API_ASK(&w, "GET", "/api/v1/none", NULL, 404);
    CHECK_STR(r->call.content_type, "application/problem+json");
    CHECK_STR(api_text(r, "/status"), "404");
    r = API_ASK(&w, "PUT", "/api/v1/twins", NULL, 405);
    CHECK_STR(api_reply_header(r, "Allow"), "GET, HEAD");
    r = API_ASK(&w, "POST", "/digitaltwins/x", "{}", 405);
    CHECK_STR(api_reply_header(r, "Allow"), "GET, HEAD, PUT, PATCH, DELETE");
    CHECK(strlen(api_text(r, "/error/code")) > 0);
    API_ASK(&w, "HEAD", "/models", NULL, 200);
    api_world_release(&w);
}

PX_TEST(a_session_is_a_cookie_with_a_csrf_token)
{
    char body[128], cookie[256], csrf[80];
    const reply *r;

    api_world_init(&w);
    API_ASK_AS(&w, NULL, "POST", "/api/v1/session", "{\"token\":\"wrong\"}", 401);
    snprintf(body, sizeof(body), "{\"token\":\"%s\"}", w.admin);
    r = API_ASK_AS(&w, NULL, "POST", "/api/v1/session", body, 200);
    CHECK_STR(api_text(r, "/role"), "admin");
    snprintf(csrf, sizeof(csrf), "%s", api_text(r, "/csrf"));
    snprintf(cookie, sizeof(cookie), "%s", api_reply_header(r, "Set-Cookie"));
    CHECK(strstr(cookie, "HttpOnly") && strstr(cookie, "SameSite=Strict"));
    *strchr(cookie, ';') = '\0';

    w.token = NULL;
    api_header(&w, "Cookie", cookie);
    r = API_ASK(&w, "GET", "/api/v1/session", NULL, 200);
    CHECK_STR(api_text(r, "/csrf"), csrf);
    CHECK_STR(api_text(r, "/principal"), "admin");
    api_header(&w, "Cookie", cookie);
    r = API_ASK(&w, "DELETE", "/models/dtmi:a:b;1", NULL, 403);
    api_header(&w, "Cookie", cookie);
    api_header(&w, "X-CSRF-Token", csrf);
    API_ASK(&w, "DELETE", "/models/dtmi:a:b;1", NULL, 404);
    api_header(&w, "Cookie", cookie);
    api_header(&w, "X-CSRF-Token", csrf);
    API_ASK(&w, "DELETE", "/api/v1/session", NULL, 204);
    api_header(&w, "Cookie", cookie);
    API_ASK(&w, "GET", "/api/v1/session", NULL, 401);
    api_world_release(&w);
}

PX_TEST(two_tenants_with_the_same_names_never_meet)
{
    char other[PX_CREDENTIAL_BYTES + 1];
    const reply *r;

    api_world_init(&w);
    r = API_ASK(&w, "PUT", "/api/v1/tenants/other", NULL, 201);
    CHECK(strcmp(api_text(r, "/number"), "1") != 0);
    snprintf(other, sizeof(other), "%s", api_text(r, "/token"));
    API_ASK(&w, "PUT", "/api/v1/tenants/other", NULL, 409);
    API_ASK_AS(&w, other, "PUT", "/api/v1/tenants/third", NULL, 403);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "press");
    API_ASK_AS(&w, other, "GET", "/digitaltwins/press", NULL, 404);
    API_ASK_AS(&w, other, "GET", "/models/dtmi:test:Press;1", NULL, 404);
    API_ASK_AS(&w, other, "PATCH", "/digitaltwins/press", "[]", 404);
    API_ASK_AS(&w, other, "DELETE", "/digitaltwins/press", NULL, 404);

    api_put_models(&w, other);
    api_put_press(&w, other, "press");
    API_ASK_AS(&w, other, "PATCH", "/digitaltwins/press",
               "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":7}]", 204);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"press\"]}", 201);
    API_ASK_AS(&w, other, "GET", "/api/v1/devices/d", NULL, 404);
    API_ASK_AS(&w, other, "PUT", "/api/v1/devices/d", "{\"twins\":[\"press\"]}", 201);
    r = API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "21.40");
    r = API_ASK_AS(&w, other, "GET", "/digitaltwins/press", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "7");
    r = API_ASK_AS(&w, other, "GET", "/api/v1/history/press/last", NULL, 200);
    CHECK_STR(api_text(r, "/values/speed/value"), "7");
    API_ASK_AS(&w, other, "DELETE", "/digitaltwins/press", NULL, 204);
    API_ASK(&w, "GET", "/digitaltwins/press", NULL, 200);
    API_ASK_AS(&w, other, "GET", "/metrics", NULL, 403);
    api_world_release(&w);
}

PX_TEST(a_reader_reads_and_a_device_reads_its_own)
{
    const char *reader, *device;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "mine");
    api_put_press(&w, w.admin, "theirs");
    reader = api_token(&w, 1, PX_ROLE_READER, "");
    API_ASK_AS(&w, reader, "GET", "/digitaltwins/mine", NULL, 200);
    API_ASK_AS(&w, reader, "PATCH", "/digitaltwins/mine", "[]", 403);
    API_ASK_AS(&w, reader, "PUT", "/api/v1/devices/d", "{\"twins\":[]}", 403);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"mine\"]}", 201);
    device = api_token(&w, 1, PX_ROLE_DEVICE, "d");
    API_ASK_AS(&w, device, "GET", "/digitaltwins/mine", NULL, 200);
    API_ASK_AS(&w, device, "GET", "/digitaltwins/theirs", NULL, 403);
    API_ASK_AS(&w, device, "GET", "/api/v1/twins", NULL, 403);
    api_world_release(&w);
}

PX_TEST(the_page_is_sent_once)
{
    const reply *r;

    api_world_init(&w);
    r = API_ASK_AS(&w, NULL, "GET", "/", NULL, 200);
    CHECK_STR(r->body.ptr, "<html>");
    CHECK(strlen(api_reply_header(r, "Content-Security-Policy")) > 0);
    api_header(&w, "If-None-Match", "\"zz\", \"abc\"");
    API_ASK_AS(&w, NULL, "GET", "/", NULL, 304);
    API_ASK_AS(&w, NULL, "GET", "/none.js", NULL, 404);
    api_world_release(&w);
}

PX_TEST(every_kind_of_document_is_found_where_its_table_says)
{
    for (size_t i = 0; i < PX_KIND_COUNT; i++) {
        bool served = px_kinds[i].path[0] == '\0';

        for (const px_route *route = px_api_routes; route->method; route++)
            served |= strcmp(route->pattern, px_kinds[i].path) == 0;
        CHECK(served);
    }
}

static px_status no_sync(px_env *env, px_file *file)
{
    (void)env, (void)file;
    return PX_IO;
}

PX_TEST(a_server_that_cannot_write_any_more_is_not_ready_and_says_why)
{
    px_env *env = px_env_posix();
    px_status (*sync)(px_env * env, px_file * file) = env->sync;
    const reply *r;

    api_world_init(&w);
    API_ASK_AS(&w, NULL, "GET", "/readyz", NULL, 200);
    env->sync = no_sync;
    for (int i = 0; i < 2; i++) /* the second is answered by the dead engine */
        CHECK_EQ(api_ask(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[]}")->status / 100, 5);
    r = API_ASK_AS(&w, NULL, "GET", "/readyz", NULL, 503);
    CHECK(api_text(r, "/status")[0] != '\0');
    CHECK(strstr(api_text(r, "/status"), "ready") == NULL);
    env->sync = sync;
    api_world_release(&w);
}

static px_status sessions_stand_still(void *data, px_err *ret_err)
{
    (void)data;
    return px_fail(ret_err, PX_CORRUPT, "sessions stand still until a restart");
}

PX_TEST(a_server_whose_sessions_stand_still_is_not_ready)
{
    api_world_init(&w);
    w.api_opts.status = sessions_stand_still;
    api_world_restart_api(&w);
    API_ASK_AS(&w, NULL, "GET", "/readyz", NULL, 503);
    CHECK_STR(api_text(&w.reply, "/status"), "sessions stand still until a restart");
    w.api_opts.status = NULL;
    api_world_restart_api(&w);
    API_ASK_AS(&w, NULL, "GET", "/readyz", NULL, 200);
    api_world_release(&w);
}

PX_TEST_MAIN()
