/* SPDX-License-Identifier: Apache-2.0 */
/* What may come, how much of it, and how fast. */
#include "server/http_door.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "http_app.h"
#include "px_test.h"

/* ---- limits ---- */

static int ask_with_line(app *a, size_t line_bytes)
{
    px_buf request = { 0 };
    int status;

    px_put_c(&request, "GET /");
    while (request.len < line_bytes - strlen(" HTTP/1.1"))
        px_put_char(&request, 'x');
    px_put_c(&request, " HTTP/1.1\r\n" HOST "\r\n");
    status = ask_alone(a, px_buf_str(&request));
    px_buf_release(&request);
    return status;
}

PX_TEST(a_request_line_may_have_8_kib_and_not_one_byte_more)
{
    app a;

    open_app(&a, (px_http_door_opts){ 0 });
    CHECK_EQ(ask_with_line(&a, PX_HTTP_LINE_BYTES_MAX), 200);
    CHECK_EQ(ask_with_line(&a, PX_HTTP_LINE_BYTES_MAX + 1), 414);
    CHECK_EQ(ask_with_line(&a, 60000), 414);
    close_app(&a);
}

/* `bytes` of header lines in all, in `count` lines. */
static int ask_with_headers(app *a, size_t line_bytes, size_t bytes, size_t count)
{
    px_buf request = { 0 };
    size_t begin;
    int status;

    px_put_c(&request, "GET /");
    while (request.len < line_bytes)
        px_put_char(&request, 'x');
    px_put_c(&request, " HTTP/1.1\r\n");
    begin = request.len;
    px_put_c(&request, HOST);
    for (size_t i = 1; i < count; i++) {
        px_putf(&request, "X-%zu:", i);
        while (i == count - 1 && request.len - begin + 2 < bytes)
            px_put_char(&request, 'v');
        px_put_c(&request, "\r\n");
    }
    px_put_c(&request, "\r\n");
    status = ask_alone(a, px_buf_str(&request));
    px_buf_release(&request);
    return status;
}

PX_TEST(headers_may_have_32_kib_and_100_lines_and_not_more)
{
    app a;

    open_app(&a, (px_http_door_opts){ 0 });
    CHECK_EQ(ask_with_headers(&a, 8, PX_HTTP_HEADER_BYTES_MAX, 2), 200);
    CHECK_EQ(ask_with_headers(&a, 8, PX_HTTP_HEADER_BYTES_MAX + 1, 2), 431);
    CHECK_EQ(ask_with_headers(&a, 8, 60000, 2), 431);
    CHECK_EQ(ask_with_headers(&a, 8, 0, PX_HTTP_HEADERS_MAX), 200);
    CHECK_EQ(ask_with_headers(&a, 8, 0, PX_HTTP_HEADERS_MAX + 1), 431);
    CHECK_EQ(ask_with_headers(&a, 8, 0, 3000), 431);
    /* all of it at once */
    CHECK_EQ(ask_with_headers(&a, 8000, PX_HTTP_HEADER_BYTES_MAX, PX_HTTP_HEADERS_MAX), 200);
    close_app(&a);
}

static px_buf body_request(size_t announced, size_t sent, bool chunked)
{
    px_buf request = { 0 };

    px_put_c(&request, "POST /size HTTP/1.1\r\n" HOST);
    if (chunked)
        px_putf(&request, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", announced);
    else
        px_putf(&request, "Content-Length: %zu\r\n\r\n", announced);
    CHECK(px_buf_reserve(&request, sent));
    memset(request.ptr + request.len, 'b', sent);
    request.len += sent;
    if (chunked)
        px_put_c(&request, "\r\n0\r\n\r\n");
    return request;
}

static int ask_with_body(client *c, size_t bytes, bool chunked)
{
    px_buf request = body_request(bytes, bytes, chunked);

    say(c, px_buf_str(&request));
    px_buf_release(&request);
    return hear(c);
}

PX_TEST(a_body_may_have_1_mib_and_not_one_byte_more)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    for (int chunked = 0; chunked < 2; chunked++) {
        CHECK_EQ(ask_with_body(&c, PX_HTTP_BODY_BYTES_MAX, chunked), 200);
        CHECK_SLICE(c.body, "1048576");
        CHECK_EQ(ask_with_body(&c, PX_HTTP_BODY_BYTES_MAX + 1, chunked), 413);
        CHECK_EQ(ask_with_body(&c, 9000000, chunked), 413); /* heard to its end */
        CHECK_EQ(ask_with_body(&c, 3, chunked), 200);       /* on the same connection */
        CHECK_SLICE(c.body, "3");
    }
    CHECK_EQ(atomic_load(&a.handled), 4);
    close_client(&c);
    close_app(&a);
}

PX_TEST(a_body_that_announces_too_much_is_refused_before_it_comes)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ 0 });
    CHECK_EQ(ask_alone(
                 &a, PX_STR("POST /size HTTP/1.1\r\n" HOST "Content-Length: 999999999999\r\n\r\n")),
             413);
    c = client_of(&a);
    CHECK_EQ(ask(&c, "POST /size HTTP/1.1\r\n" HOST
                     "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n"),
             413);
    CHECK(ended(&c));
    CHECK_EQ(atomic_load(&a.handled), 0);
    close_client(&c);
    close_app(&a);
}

/* ---- what two readers could read in two ways ---- */

typedef struct doubtful {
    const char *what;
    px_str request;
} doubtful;

#define DOUBTFUL(what, text)                                                                       \
    {                                                                                              \
        what,                                                                                      \
        {                                                                                          \
            text, sizeof(text) - 1                                                                 \
        }                                                                                          \
    }

static const doubtful doubtfuls[] = {
    DOUBTFUL("length and coding",
             "POST /e HTTP/1.1\r\n" HOST
             "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    DOUBTFUL("coding and length",
             "POST /e HTTP/1.1\r\n" HOST
             "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    DOUBTFUL("two lengths",
             "POST /e HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
    DOUBTFUL("the same length twice",
             "POST /e HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab"),
    DOUBTFUL("a list of lengths", "POST /e HTTP/1.1\r\n" HOST "Content-Length: 2, 2\r\n\r\nab"),
    DOUBTFUL("a length with a sign", "POST /e HTTP/1.1\r\n" HOST "Content-Length: +2\r\n\r\nab"),
    DOUBTFUL("a negative length", "POST /e HTTP/1.1\r\n" HOST "Content-Length: -2\r\n\r\nab"),
    DOUBTFUL("a length in hex", "POST /e HTTP/1.1\r\n" HOST "Content-Length: 0x2\r\n\r\nab"),
    DOUBTFUL("a length with a blank", "POST /e HTTP/1.1\r\n" HOST "Content-Length: 2 \r\n\r\nab"),
    DOUBTFUL("no length at all", "POST /e HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nab"),
    DOUBTFUL("two codings",
             "POST /e HTTP/1.1\r\n" HOST
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    DOUBTFUL("an unknown coding",
             "POST /e HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    DOUBTFUL("a list of codings",
             "POST /e HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    DOUBTFUL("identity", "POST /e HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\nx"),
    DOUBTFUL("a coding behind a tab", "POST /e HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
                                      "chunked\r\n\r\n0\r\n\r\n"),
    DOUBTFUL("a coding in HTTP/1.0",
             "POST /e HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    DOUBTFUL("a blank before the colon",
             "POST /e HTTP/1.1\r\n" HOST "Content-Length : 2\r\n\r\nab"),
    DOUBTFUL("a tab before the colon", "GET /e HTTP/1.1\r\n" HOST "X-A\t: 2\r\n\r\n"),
    DOUBTFUL("a folded line", "GET /e HTTP/1.1\r\n" HOST "X-A: 1\r\n 2\r\nX-B: 3\r\n\r\n"),
    DOUBTFUL("a last line folded", "GET /e HTTP/1.1\r\n" HOST "X-A: 1\r\n\t2\r\n\r\n"),
    DOUBTFUL("a fold behind the first line", "GET /e HTTP/1.1\r\n X: 1\r\n" HOST "\r\n"),
    DOUBTFUL("a line ended by LF", "GET /e HTTP/1.1\r\n" HOST "X-A: 1\nX-B: 3\r\n\r\n"),
    DOUBTFUL("the first line ended by LF", "GET /e HTTP/1.1\n" HOST "\r\n"),
    DOUBTFUL("the last line ended by LF", "GET /e HTTP/1.1\r\n" HOST "X-A: 1\n\r\n"),
    DOUBTFUL("the blank line ended by LF", "GET /e HTTP/1.1\r\n" HOST "X-A: 1\r\n\n"),
    DOUBTFUL("a lone CR in a value",
             "GET /e HTTP/1.1\r\n" HOST "X-A: 1\rTransfer-Encoding: chunked\r\n\r\n"),
    DOUBTFUL("a lone CR in a name", "GET /e HTTP/1.1\r\n" HOST "X\r-A: 1\r\n\r\n"),
    DOUBTFUL("a NUL in a value", "GET /e HTTP/1.1\r\n" HOST "X-A: 1\0002\r\nX-B: 3\r\n\r\n"),
    DOUBTFUL("a NUL in a name", "GET /e HTTP/1.1\r\n" HOST "X-A\0B: 1\r\nX-B: 3\r\n\r\n"),
    DOUBTFUL("a NUL in the target", "GET /e\0/f HTTP/1.1\r\n" HOST "\r\n"),
    DOUBTFUL("no colon", "GET /e HTTP/1.1\r\n" HOST "X-A\r\n\r\n"),
    DOUBTFUL("no name", "GET /e HTTP/1.1\r\n" HOST ": 1\r\n\r\n"),
    DOUBTFUL("two hosts", "GET /e HTTP/1.1\r\n" HOST "Host: g\r\n\r\n"),
    DOUBTFUL("the same host twice", "GET /e HTTP/1.1\r\n" HOST HOST "\r\n"),
    DOUBTFUL("no host", "GET /e HTTP/1.1\r\nX-A: 1\r\n\r\n"),
    DOUBTFUL("a host that is a path", "GET /e HTTP/1.1\r\nHost: h/x\r\n\r\n"),
    DOUBTFUL("a blank in the target", "GET /e f HTTP/1.1\r\n" HOST "\r\n"),
    DOUBTFUL("two blanks", "GET  /e HTTP/1.1\r\n" HOST "\r\n"),
    DOUBTFUL("a tab in the first line", "GET\t/e\tHTTP/1.1\r\n" HOST "\r\n"),
    DOUBTFUL("no slash", "GET e HTTP/1.1\r\n" HOST "\r\n"),
    DOUBTFUL("a fragment", "GET /e#f HTTP/1.1\r\n" HOST "\r\n"),
    DOUBTFUL("an odd method", "G(T /e HTTP/1.1\r\n" HOST "\r\n"),
    DOUBTFUL("an odd version", "GET /e HTTP/1.12\r\n" HOST "\r\n"),
    DOUBTFUL("no version", "GET /e\r\n" HOST "\r\n"),
    DOUBTFUL("a chunk that is no number",
             "POST /e HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"),
    DOUBTFUL("a chunk longer than it says",
             "POST /e HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"),
};

PX_TEST(doubtful_requests_are_refused_and_the_connection_ends)
{
    app a;

    open_app(&a, (px_http_door_opts){ 0 });
    for (size_t i = 0; i < sizeof(doubtfuls) / sizeof(doubtfuls[0]); i++) {
        client c = client_of(&a);
        int status;

        say(&c, doubtfuls[i].request);
        shutdown(c.fd, SHUT_WR);
        status = hear(&c);
        if (status != 0 && (status < 400 || status > 505))
            fail_msg("%s was answered %d", doubtfuls[i].what, status);
        if (hear(&c) != 0)
            fail_msg("%s was answered twice", doubtfuls[i].what);
        close_client(&c);
    }
    CHECK_EQ(atomic_load(&a.handled), 0);
    close_app(&a);
}

/* ---- time ---- */

/* Sends a byte every 50 ms until the connection ends; gives how long that took, in ms. */
static int trickle(client *c, const char *bytes)
{
    int elapsed_ms = 0;

    while (elapsed_ms < 10000) {
        char byte = bytes[(size_t)(elapsed_ms / 50) % strlen(bytes)];

        if (send(c->fd, &byte, 1, MSG_NOSIGNAL) < 0)
            return elapsed_ms;
        wait_ms(50);
        elapsed_ms += 50;
    }
    return elapsed_ms;
}

PX_TEST(a_head_that_trickles_is_ended)
{
    app a;
    client first, second, silent;

    open_app(&a, (px_http_door_opts){ .header_ms = 400 });
    first = client_of(&a);
    silent = client_of(&a);
    say(&first, PX_STR("GET /x HTTP/1.1\r\nX-A: "));
    CHECK(trickle(&first, "a") < 3000);
    CHECK(ended(&silent));
    second = client_of(&a); /* an honest request first, then a head that never ends */
    CHECK_EQ(ask(&second, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200);
    wait_ms(1000);
    CHECK_EQ(ask(&second, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200); /* idling is allowed */
    CHECK(trickle(&second, "G") < 3000);
    CHECK_EQ(stats_of(&a).slow, 3);
    close_client(&first);
    close_client(&second);
    close_client(&silent);
    close_app(&a);
}

PX_TEST(a_body_that_trickles_is_ended)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ .header_ms = 400 });
    c = client_of(&a);
    say(&c, PX_STR("POST /x HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n"));
    CHECK(trickle(&c, "b") < 3000);
    CHECK_EQ(stats_of(&a).slow, 1);
    CHECK_EQ(stats_of(&a).broken, 1);
    close_client(&c);
    close_app(&a);
}

PX_TEST(an_idle_connection_is_closed)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ .idle_ms = 1000 });
    c = client_of(&a);
    CHECK_EQ(ask(&c, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200);
    CHECK(ended(&c));
    CHECK_EQ(stats_of(&a).slow, 0);
    close_client(&c);
    close_app(&a);
}

PX_TEST_MAIN()
