/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_door.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "http_app.h"
#include "px_test.h"

/* ---- requests and answers ---- */

PX_TEST(answers_many_requests_on_one_connection)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(ask(&c, "PATCH /a%2Fb?x=%20&y=+ HTTP/1.1\r\n" HOST
                         "X-Wanted: it\r\nContent-Length: 5\r\n\r\nhello"),
                 200);
        CHECK_SLICE(c.body, "PATCH /a%2Fb?x=%20&y=+ [it] hello");
        CHECK(strstr(c.head, "ETag: \"7\"\r\n"));
        CHECK(strstr(c.head, "Content-Type: text/plain\r\n"));
    }
    CHECK_EQ(stats_of(&a).requests, 3);
    CHECK_EQ(stats_of(&a).answers[2], 3);
    CHECK_EQ(stats_of(&a).accepted, 1);
    CHECK_EQ(stats_of(&a).bytes_in, 15);
    close_client(&c);
    close_app(&a);
}

PX_TEST(answers_requests_that_came_together_one_after_the_other)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    say(&c, PX_STR("GET /one HTTP/1.1\r\n" HOST "\r\nGET /later HTTP/1.1\r\n" HOST
                   "\r\nGET /three HTTP/1.1\r\n" HOST "\r\n"));
    CHECK_EQ(hear(&c), 200);
    CHECK_SLICE(c.body, "GET /one? [] ");
    CHECK_EQ(hear(&c), 200);
    CHECK_SLICE(c.body, "later");
    CHECK_EQ(hear(&c), 200);
    CHECK_SLICE(c.body, "GET /three? [] ");
    close_client(&c);
    close_app(&a);
}

PX_TEST(answers_later_from_another_thread)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ .threads = 2 });
    c = client_of(&a);
    for (int i = 0; i < 50; i++) {
        CHECK_EQ(ask(&c, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"), 200);
        CHECK_SLICE(c.body, "later");
    }
    close_client(&c);
    close_app(&a);
}

/* Calls that are completed together are resumed by the first of them. */
PX_TEST(answers_calls_that_are_completed_together)
{
    client c[HELD_MAX];
    app a;

    open_app(&a, (px_http_door_opts){ .threads = 2 });
    for (int i = 0; i < HELD_MAX; i++)
        c[i] = client_of(&a);
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < HELD_MAX; i++)
            say(&c[i], PX_STR("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
        wait_for(&a.held_count, (round + 1) * HELD_MAX);
        if (round % 10 == 9) { /* one of them goes away meanwhile */
            close_client(&c[round / 10 % HELD_MAX]);
            c[round / 10 % HELD_MAX] = client_of(&a);
        }
        for (int i = 0; i < HELD_MAX; i++)
            release(&a, i);
        for (int i = 0; i < HELD_MAX; i++)
            if (round % 10 != 9 || i != round / 10 % HELD_MAX)
                CHECK_EQ(hear(&c[i]), 200);
    }
    for (int i = 0; i < HELD_MAX; i++)
        close_client(&c[i]);
    close_app(&a);
}

PX_TEST(answers_without_a_body_and_heads_without_theirs)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    CHECK_EQ(ask(&c, "DELETE /none HTTP/1.1\r\n" HOST "\r\n"), 204);
    CHECK(!strcasestr(c.head, "Content-Length"));
    drop_used(&c);
    say(&c, PX_STR("HEAD /x HTTP/1.1\r\n" HOST "\r\nGET /none HTTP/1.1\r\n" HOST "\r\n"));
    while (!find(c.bytes, c.len, "204"))
        CHECK(more(&c));
    CHECK(find(c.bytes, c.len, "Content-Length: 12\r\n"));
    CHECK(!find(c.bytes, c.len, "HEAD /x?"));
    close_client(&c);
    close_app(&a);
}

PX_TEST(a_call_completed_without_a_status_is_500)
{
    app a;

    open_app(&a, (px_http_door_opts){ 0 });
    CHECK_EQ(ask_alone(&a, PX_STR("GET /broken HTTP/1.1\r\n" HOST "\r\n")), 500);
    close_app(&a);
}

PX_TEST(reads_chunked_bodies_and_says_continue)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    CHECK_EQ(ask(&c, "POST /e HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"),
             200);
    CHECK_SLICE(c.body, "POST /e? [] abcde");
    CHECK_EQ(
        ask(&c, "POST /e HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
        100);
    CHECK_EQ(ask(&c, "ok"), 200);
    CHECK_SLICE(c.body, "POST /e? [] ok");
    close_client(&c);
    close_app(&a);
}

PX_TEST(takes_the_absolute_form_that_proxies_send)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    CHECK_EQ(ask(&c, "GET http://h:80/p/q?z HTTP/1.1\r\n" HOST "\r\n"), 200);
    CHECK_SLICE(c.body, "GET /p/q?z [] ");
    CHECK_EQ(ask(&c, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 200);
    close_client(&c);
    close_app(&a);
}

PX_TEST(connections_beyond_the_limit_are_closed_at_once)
{
    app a;
    client c[3];

    open_app(&a, (px_http_door_opts){ .connections_max = 2 });
    for (int i = 0; i < 3; i++) {
        c[i] = client_of(&a);
        if (i < 2)
            CHECK_EQ(ask(&c[i], "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200);
    }
    CHECK(ended(&c[2]));
    CHECK_EQ(stats_of(&a).refused_full, 1);
    CHECK_EQ(stats_of(&a).connections, 2);
    for (int i = 0; i < 3; i++)
        close_client(&c[i]);
    close_app(&a);
}

PX_TEST(every_failed_allocation_is_an_answer_or_an_end)
{
    app a;

    open_app(&a, (px_http_door_opts){ 0 });
    for (uint64_t n = 1; n < 12; n++) {
        client c = client_of(&a);
        int status;

        CHECK_EQ(ask(&c, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200);
        px_mem_fail_nth(n);
        say(&c, PX_STR("POST /x HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"));
        status = hear(&c);
        px_mem_fail_nth(0);
        CHECK(status == 200 || status == 500 || status == 503 || status == 0);
        close_client(&c);
    }
    for (uint64_t n = 1; n < 4; n++) {
        client c;

        px_mem_fail_nth(n + 1); /* the first is the client's own */
        c = client_of(&a);
        say(&c, PX_STR("GET /x HTTP/1.1\r\n" HOST "\r\n"));
        hear(&c);
        px_mem_fail_nth(0);
        close_client(&c);
    }
    CHECK_EQ(ask_alone(&a, PX_STR("GET /x HTTP/1.1\r\n" HOST "\r\n")), 200);
    close_app(&a);
}

/* ---- the end ---- */

static void *stop(void *data)
{
    app *a = data;

    px_http_door_stop(a->door, 5000);
    return NULL;
}

PX_TEST(stop_waits_for_requests_under_way)
{
    app a;
    client busy, idle, watching;
    pthread_t thread;

    open_app(&a, (px_http_door_opts){ 0 });
    busy = client_of(&a);
    idle = client_of(&a);
    watching = client_of(&a);
    CHECK_EQ(ask(&idle, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200);
    say(&watching, PX_STR("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
    hear_until(&watching, "\r\n\r\n");
    say(&busy, PX_STR("POST /hold HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"));
    wait_for(&a.held_count, 1);
    CHECK_EQ(pthread_create(&thread, NULL, stop, &a), 0);
    hear_until(&watching, "0\r\n\r\n"); /* streams end at once, in order */
    CHECK_EQ(ask(&idle, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 503);
    CHECK(strstr(idle.head, "Retry-After: "));
    CHECK(ended(&idle));
    release(&a, 0);
    CHECK_EQ(hear(&busy), 200);
    CHECK_SLICE(busy.body, "released");
    pthread_join(thread, NULL);
    CHECK(ended(&busy));
    CHECK_EQ(stats_of(&a).abandoned, 0);
    CHECK_EQ(atomic_load(&a.closed), 1);
    close_client(&busy);
    close_client(&idle);
    close_client(&watching);
    close_app(&a);
}

static void *release_soon(void *data)
{
    wait_ms(100);
    release(data, 0);
    return NULL;
}

PX_TEST(stop_does_not_wait_for_ever)
{
    app a;
    client c;
    pthread_t thread;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    say(&c, PX_STR("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
    wait_for(&a.held_count, 1);
    px_http_door_stop(a.door, 50);
    CHECK_EQ(hear(&c), 503);
    CHECK(ended(&c));
    CHECK_EQ(stats_of(&a).abandoned, 1);
    CHECK_EQ(pthread_create(&thread, NULL, release_soon, &a), 0);
    close_app(&a); /* the application still has the call: it is waited for */
    pthread_join(thread, NULL);
    close_client(&c);
}

PX_TEST(a_taken_port_and_a_bad_certificate_are_told)
{
    px_http_door_opts opts = { .host = "127.0.0.1", .handle = handle };
    px_http_door *door = NULL;
    app a;
    px_err err;

    open_app(&a, (px_http_door_opts){ 0 });
    opts.port = px_http_door_port(a.door);
    CHECK_EQ(px_http_door_open(&opts, &door, &err), PX_BUSY);
    CHECK(strstr(err.text, "is taken by another program"));
    opts.port = 0;
    opts.tls_cert = opts.tls_key = "/dev/null";
    CHECK_EQ(px_http_door_open(&opts, &door, &err), PX_INVALID);
    opts.tls_key = NULL;
    CHECK_EQ(px_http_door_open(&opts, &door, &err), PX_INVALID);
    opts.tls_cert = NULL;
    opts.host = "no such host";
    CHECK_EQ(px_http_door_open(&opts, &door, &err), PX_INVALID);
    CHECK(door == NULL);
    close_app(&a);
}

/* ---- TLS ---- */

PX_TEST(speaks_https_and_then_nothing_else)
{
    client c, old, plain;
    own_tls tls;
    px_buf large = { 0 };
    app a;

    make_tls(&tls);
    open_app(&a, (px_http_door_opts){ .tls_cert = tls.cert, .tls_key = tls.key });

    c = client_of(&a);
    CHECK_EQ(start_tls(&c, &tls, "NORMAL"), 0);
    CHECK_EQ(ask(&c, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"), 200);
    px_putf(&large, "POST /size HTTP/1.1\r\n" HOST "Content-Length: 300000\r\n\r\n%300000s", "");
    CHECK_EQ(ask(&c, large.ptr), 200);
    CHECK_SLICE(c.body, "300000");
    px_buf_release(&large);
    CHECK_EQ(ask(&c, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200);

    old = client_of(&a);
    CHECK(start_tls(&old, &tls, "NORMAL:-VERS-ALL:+VERS-TLS1.1") < 0);
    plain = client_of(&a);
    CHECK_EQ(ask(&plain, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 0);

    close_client(&c);
    close_client(&old);
    close_client(&plain);
    close_app(&a);
    drop_tls(&tls);
}

PX_TEST_MAIN()
