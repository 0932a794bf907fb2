/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: bearer tokens, the console's sessions, and what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api_world.h"

static api_world w;
static char cookie[128], csrf[64];

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "press");
}

static void open_session(void)
{
    char body[128], *end;
    const reply *r;

    snprintf(body, sizeof(body), "{\"token\":\"%s\"}", w.admin);
    r = API_ASK_AS(&w, NULL, "POST", "/api/v1/session", body, 200);
    snprintf(cookie, sizeof(cookie), "%s", api_reply_header(r, "Set-Cookie"));
    end = strchr(cookie, ';');
    CHECK(end != NULL);
    *end = '\0';
    snprintf(csrf, sizeof(csrf), "%s", api_text(r, "/csrf"));
}

/* As the console's page, from `origin`. */
static const reply *ask_from(const char *origin, const char *method, const char *target, int wanted)
{
    api_header(&w, "Cookie", cookie);
    api_header(&w, "X-CSRF-Token", csrf);
    api_header(&w, "Host", "plant.example:7780");
    if (origin)
        api_header(&w, "Origin", origin);
    return API_ASK_AS(&w, NULL, method, target, NULL, wanted);
}

PX_TEST(the_scheme_of_a_token_is_read_in_any_case)
{
    static const char *const schemes[] = { "Bearer ", "bearer ", "BEARER  ", "bEaReR " };
    char header[128];

    begin();
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        snprintf(header, sizeof(header), "%s%s", schemes[i], w.admin);
        api_header(&w, "Authorization", header);
        API_ASK_AS(&w, NULL, "GET", "/api/v1/twins", NULL, 200);
    }
    snprintf(header, sizeof(header), "Basic %s", w.admin);
    api_header(&w, "Authorization", header);
    API_ASK_AS(&w, NULL, "GET", "/api/v1/twins", NULL, 401);
    api_world_release(&w);
}

PX_TEST(wrong_tokens_are_counted)
{
    const reply *r;

    begin();
    API_ASK_AS(&w, "plx_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "GET",
               "/api/v1/twins", NULL, 401);
    API_ASK_AS(&w, "junk", "GET", "/api/v1/twins", NULL, 401);
    API_ASK_AS(&w, NULL, "POST", "/api/v1/session", "{\"token\":\"junk\"}", 401);
    API_ASK_AS(&w, NULL, "GET", "/api/v1/twins", NULL, 401); /* none came: nobody tried */
    r = API_ASK(&w, "GET", "/metrics", NULL, 200);
    CHECK(strstr(r->body.ptr, "\npollux_logins_failed_total 3\n") != NULL);
    api_world_release(&w);
}

static const char wrong[] = "plx_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static uint64_t row_of_address(void)
{
    uint64_t network = 0; /* of questions without a socket */

    return px_backoff_row('a', px_str_of((const char *)&network, sizeof(network)));
}

/* Minutes, so that a busy machine cannot sit them out. */
static void make_wait(px_backoff *backoff, uint64_t row)
{
    px_env *env = px_env_posix();
    int64_t at_ns = env->monotonic_ns(env);

    for (int i = 0; i < PX_BACKOFF_FREE + 8; i++) {
        px_backoff_failed(backoff, row, at_ns);
        at_ns += px_backoff_wait_ns(backoff, row, at_ns);
    }
}

static px_backoff *begin_with_backoff(void)
{
    px_backoff *backoff = px_backoff_new(0);

    CHECK(backoff != NULL);
    begin();
    w.api_opts.backoff = backoff;
    api_world_restart_api(&w);
    return backoff;
}

static void end_with_backoff(void)
{
    px_backoff *backoff = w.api_opts.backoff;

    api_world_release(&w);
    px_backoff_free(backoff);
}

PX_TEST(a_login_that_fails_counts_for_its_credential_and_its_address)
{
    px_backoff *backoff = begin_with_backoff();

    API_ASK(&w, "GET", "/api/v1/twins", NULL, 200);
    API_ASK_AS(&w, NULL, "GET", "/api/v1/twins", NULL, 401); /* none came: nobody tried */
    CHECK_EQ(px_backoff_count(backoff), 0);
    API_ASK_AS(&w, "junk", "GET", "/api/v1/twins", NULL, 401);
    CHECK_EQ(px_backoff_count(backoff), 1);
    API_ASK_AS(&w, wrong, "GET", "/api/v1/twins", NULL, 401);
    CHECK_EQ(px_backoff_count(backoff), 2);
    end_with_backoff();
}

PX_TEST(an_address_that_has_to_wait_keeps_no_right_token_out)
{
    const reply *r;

    make_wait(begin_with_backoff(), row_of_address());
    r = API_ASK_AS(&w, wrong, "GET", "/api/v1/twins", NULL, 429);
    CHECK_STR(api_text(r, "/code"), "access.wait");
    CHECK(atoi(api_reply_header(r, "Retry-After")) > 1);
    API_ASK_AS(&w, NULL, "POST", "/api/v1/session", "{\"token\":\"junk\"}", 429);
    API_ASK(&w, "GET", "/api/v1/twins", NULL, 200);
    end_with_backoff();
}

PX_TEST(a_credential_that_has_to_wait_is_not_looked_at)
{
    px_backoff *backoff = begin_with_backoff();
    uint64_t row = px_backoff_row('i', px_str_of(w.admin + 4, 16));

    make_wait(backoff, row);
    API_ASK(&w, "GET", "/api/v1/twins", NULL, 429);
    px_backoff_forgive(backoff, row);
    API_ASK(&w, "GET", "/api/v1/twins", NULL, 200);
    end_with_backoff();
}

PX_TEST(a_change_with_a_cookie_comes_from_our_own_page)
{
    const reply *r;

    begin();
    open_session();
    r = ask_from("http://evil.example", "DELETE", "/api/v1/devices/none", 403);
    CHECK_STR(api_text(r, "/code"), "access.origin");
    ask_from("https://plant.example:7780", "DELETE", "/api/v1/devices/none", 403);
    ask_from("null", "DELETE", "/api/v1/devices/none", 403);
    ask_from("http://plant.example:7780", "DELETE", "/api/v1/devices/none", 404);
    ask_from(NULL, "DELETE", "/api/v1/devices/none", 404);
    ask_from("http://evil.example", "GET", "/api/v1/twins", 200); /* it cannot read the answer */
    api_world_release(&w);
}

/* The proxy ends TLS: the page is of https, and what comes here is http. */
PX_TEST(a_page_behind_a_proxy_may_change_something)
{
    begin();
    api_header(&w, "X-Forwarded-Proto", "https");
    open_session();
    api_header(&w, "X-Forwarded-Proto", "https");
    ask_from("https://plant.example:7780", "DELETE", "/digitaltwins/press?api-version=2023-10-31",
             204);
    api_header(&w, "X-Forwarded-Proto", "https");
    ask_from("https://evil.example", "DELETE", "/digitaltwins/press?api-version=2023-10-31", 403);
    api_world_release(&w);
}

PX_TEST(the_streams_of_a_session_end_with_it)
{
    px_api_stream *stream, *other;
    char bytes[256];
    const reply *r;

    begin();
    open_session();
    r = ask_from(NULL, "GET", "/api/v1/stream", 200);
    stream = r->call.stream;
    other = API_ASK(&w, "GET", "/api/v1/stream", NULL, 200)->call.stream;
    CHECK(stream->read(stream, bytes, sizeof(bytes)) > 0);
    CHECK(other->read(other, bytes, sizeof(bytes)) > 0);
    ask_from(NULL, "DELETE", "/api/v1/session", 204);
    if (stream->read(stream, bytes, sizeof(bytes)) >= 0) /* what it had caught up with before */
        CHECK_EQ(stream->read(stream, bytes, sizeof(bytes)), -1);
    CHECK(other->read(other, bytes, sizeof(bytes)) >= 0);
    ask_from(NULL, "GET", "/api/v1/twins", 401);
    stream->close(stream);
    other->close(other);
    api_world_release(&w);
}

PX_TEST(the_streams_of_a_session_end_when_newer_ones_take_its_place)
{
    enum { SESSIONS = 1024 };
    px_api_stream *stream;
    char bytes[256], first[sizeof(cookie)];
    const reply *r;
    bool ended = false;

    begin();
    open_session();
    r = ask_from(NULL, "GET", "/api/v1/stream", 200);
    stream = r->call.stream;
    CHECK(stream->read(stream, bytes, sizeof(bytes)) > 0);
    snprintf(first, sizeof(first), "%s", cookie);
    for (int i = 0; i < SESSIONS; i++)
        open_session();
    snprintf(cookie, sizeof(cookie), "%s", first);
    ask_from(NULL, "GET", "/api/v1/twins", 401);
    for (int tries = 0; tries < 10000 && !ended; tries++) {
        ended = stream->read(stream, bytes, sizeof(bytes)) < 0;
        usleep(1000);
    }
    CHECK(ended);
    stream->close(stream);
    api_world_release(&w);
}

PX_TEST(a_device_with_ten_thousand_twins_can_log_in)
{
    char key[PX_CREDENTIAL_BYTES + 1];
    px_buf body = { 0 };
    const reply *r;

    begin();
    px_put_c(&body, "{\"twins\":[\"press\"");
    for (int i = 1; i < 10000; i++)
        px_putf(&body, ",\"twin-number-%06d\"", i);
    px_put_c(&body, "]}");
    px_put(&body, px_str_of("", 1));
    r = API_ASK(&w, "PUT", "/api/v1/devices/many", body.ptr, 201);
    snprintf(key, sizeof(key), "%s", api_text(r, "/key"));
    for (int i = 0; i < 2; i++) { /* proven, then known */
        api_header(&w, "Message-Id", i ? "b" : "a");
        API_ASK_AS(&w, key, "POST", "/digitaltwins/press/telemetry", "{\"current\":1}", 204);
    }
    px_buf_release(&body);
    api_world_release(&w);
}

PX_TEST_MAIN()
