/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_door.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "px_test.h"

#define HOST "Host: h\r\n"

enum { REPLY_BYTES_MAX = 4 * 1024 * 1024, HELD_MAX = 8 };

/* ---- the application of these tests ---- */

typedef struct ticker {
    px_api_stream face; /* first */
    struct app *app;
    _Atomic int ticks; /* to be sent */
    atomic_bool last;  /* the stream ends behind them */
} ticker;

typedef struct app {
    px_http_door *door;
    px_api_call *_Atomic held[HELD_MAX];
    _Atomic int held_count, handled, closed;
    ticker ticker;
    pthread_t helper;
    _Atomic int helpers;
} app;

static ptrdiff_t read_ticker(px_api_stream *face, char *ret_bytes, size_t size)
{
    ticker *t = (ticker *)face;

    CHECK(size >= 16);
    if (atomic_load(&t->ticks) == 0)
        return atomic_load(&t->last) ? -1 : 0;
    return snprintf(ret_bytes, size, "data: %d\n\n", atomic_fetch_sub(&t->ticks, 1));
}

static void close_ticker(px_api_stream *face)
{
    atomic_fetch_add(&((ticker *)face)->app->closed, 1);
}

static void *complete_soon(void *data)
{
    px_api_call *call = data;
    app *a = call->own;

    nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    px_put_c(&call->out, "later");
    call->status = 200;
    call->complete(call);
    atomic_fetch_sub(&a->helpers, 1);
    return NULL;
}

static void answer_later(app *a, px_api_call *call)
{
    pthread_t thread;

    call->own = a;
    atomic_fetch_add(&a->helpers, 1);
    CHECK_EQ(pthread_create(&thread, NULL, complete_soon, call), 0);
    pthread_detach(thread);
}

static void answer_stream(app *a, px_api_call *call)
{
    a->ticker.face = (px_api_stream){ .read = read_ticker, .close = close_ticker };
    a->ticker.app = a;
    call->stream = &a->ticker.face;
    call->content_type = "text/event-stream";
    call->status = 200;
    call->complete(call);
}

/* "METHOD path?query name=value" of two headers, then the body. */
static void answer_echo(px_api_call *call)
{
    px_str wanted = call->header(call, "x-wanted"), absent = call->header(call, "x-absent");

    CHECK_EQ(absent.len, 0);
    px_putf(&call->out, "%.*s %.*s?%.*s [%.*s] ", PX_FMT(call->method), PX_FMT(call->path),
            PX_FMT(call->query), PX_FMT(wanted));
    px_put(&call->out, call->body);
    call->content_type = "text/plain";
    call->headers[0].name = "ETag";
    call->headers[0].value = px_arena_str(&call->arena, PX_STR("\"7\""));
    call->header_count = 1;
    call->status = call->headers[0].value.ptr ? 200 : 503;
    if (call->status == 503)
        call->header_count = 0;
    call->complete(call);
}

static void handle(void *ctx, px_api_call *call)
{
    app *a = ctx;

    atomic_fetch_add(&a->handled, 1);
    if (px_str_eq(call->path, PX_STR("/later"))) {
        answer_later(a, call);
    } else if (px_str_eq(call->path, PX_STR("/hold"))) {
        int place = atomic_fetch_add(&a->held_count, 1);

        atomic_store(&a->held[place % HELD_MAX], call);
    } else if (px_str_eq(call->path, PX_STR("/stream"))) {
        answer_stream(a, call);
    } else if (px_str_eq(call->path, PX_STR("/size"))) {
        px_putf(&call->out, "%zu", call->body.len);
        call->status = 200;
        call->complete(call);
    } else if (px_str_eq(call->path, PX_STR("/none"))) {
        call->status = 204;
        call->complete(call);
    } else if (px_str_eq(call->path, PX_STR("/broken"))) {
        call->complete(call); /* without a status: a bug of the application */
    } else {
        answer_echo(call);
    }
}

static void open_app(app *a, px_http_door_opts opts)
{
    px_err err;

    memset(a, 0, sizeof(*a));
    opts.host = "127.0.0.1";
    opts.handle = handle;
    opts.ctx = a;
    CHECK_OK(px_http_door_open(&opts, &a->door, &err), &err);
    CHECK(px_http_door_port(a->door) > 0);
}

static void close_app(app *a)
{
    px_http_door_close(a->door);
    while (atomic_load(&a->helpers) > 0)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static px_http_door_stats stats_of(app *a)
{
    px_http_door_stats stats;

    px_http_door_read_stats(a->door, &stats);
    return stats;
}

static void release(app *a, int place)
{
    px_api_call *call = atomic_load(&a->held[place]);

    px_put_c(&call->out, "released");
    call->status = 200;
    call->complete(call);
}

static void wait_for(_Atomic int *value, int wanted)
{
    for (int i = 0; i < 5000 && atomic_load(value) != wanted; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    CHECK_EQ(atomic_load(value), wanted);
}

/* ---- a client ---- */

typedef struct client {
    int fd;
    gnutls_session_t tls;
    char *bytes; /* received and not yet read */
    size_t len;
    int status;
    char head[4096];
    px_str body; /* of the last answer: in `bytes`, behind its head */
    size_t used; /* of `bytes`, by the last answer */
} client;

static client client_of(app *a)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(px_http_door_port(a->door)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 20 };
    client c = { .fd = socket(AF_INET, SOCK_STREAM, 0), .bytes = px_alloc(REPLY_BYTES_MAX) };

    CHECK(c.bytes != NULL);
    CHECK_EQ(connect(c.fd, (struct sockaddr *)&at, sizeof(at)), 0);
    setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return c;
}

static void close_client(client *c)
{
    if (c->tls)
        gnutls_deinit(c->tls);
    close(c->fd);
    px_free(c->bytes);
}

static ssize_t send_some(client *c, px_str bytes)
{
    if (c->tls)
        return gnutls_record_send(c->tls, bytes.ptr, bytes.len);
    return send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
}

static ssize_t receive_some(client *c)
{
    size_t room = REPLY_BYTES_MAX - c->len;

    if (c->tls)
        return gnutls_record_recv(c->tls, c->bytes + c->len, room);
    return recv(c->fd, c->bytes + c->len, room, 0);
}

static void say(client *c, px_str bytes)
{
    while (bytes.len) {
        ssize_t sent = send_some(c, bytes);

        CHECK(sent > 0);
        bytes = px_str_skip(bytes, (size_t)sent);
    }
}

static bool more(client *c)
{
    ssize_t got = receive_some(c);

    if (got <= 0)
        return false;
    c->len += (size_t)got;
    return true;
}

static const char *find(const char *bytes, size_t len, const char *what)
{
    return memmem(bytes, len, what, strlen(what));
}

static void drop_used(client *c)
{
    memmove(c->bytes, c->bytes + c->used, c->len - c->used);
    c->len -= c->used;
    c->used = 0;
}

/* Reads one answer with a Content-Length, or without a body; 0 when the connection ended. */
static int hear(client *c)
{
    const char *end;
    const char *length;
    size_t head, body = 0;

    drop_used(c);
    while (!(end = find(c->bytes, c->len, "\r\n\r\n")))
        if (!more(c))
            return 0;
    head = (size_t)(end - c->bytes) + 4;
    CHECK(head < sizeof(c->head));
    memcpy(c->head, c->bytes, head);
    c->head[head] = '\0';
    length = strcasestr(c->head, "\nContent-Length: ");
    if (length)
        body = strtoul(length + 17, NULL, 10);
    while (c->len < head + body)
        if (!more(c))
            return 0;
    c->used = head + body;
    c->body = px_str_of(c->bytes + head, body);
    CHECK_EQ(sscanf(c->head, "HTTP/1.1 %d", &c->status), 1);
    return c->status;
}

static int ask(client *c, const char *request)
{
    say(c, px_str_c(request));
    return hear(c);
}

/* True when the other side has closed and nothing more comes. */
static bool ended(client *c)
{
    drop_used(c);
    while (more(c))
        ;
    return true;
}

static int ask_alone(app *a, px_str request)
{
    client c = client_of(a);
    int status;

    say(&c, request);
    status = hear(&c);
    close_client(&c);
    return status;
}

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

static void wait_ms(int duration_ms)
{
    nanosleep(&(struct timespec){ .tv_sec = duration_ms / 1000,
                                  .tv_nsec = duration_ms % 1000 * 1000000L },
              NULL);
}

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

/* ---- streams ---- */

static void hear_until(client *c, const char *what)
{
    while (!find(c->bytes, c->len, what))
        CHECK(more(c));
}

static void tick(app *a, int ticks)
{
    atomic_store(&a->ticker.ticks, ticks);
    a->ticker.face.wake(a->ticker.face.door_data);
}

PX_TEST(a_stream_sends_what_it_is_woken_for)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ .idle_ms = 1000 });
    c = client_of(&a);
    say(&c, PX_STR("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
    hear_until(&c, "\r\n\r\n"); /* the head comes before anything has happened */
    CHECK(find(c.bytes, c.len, "Content-Type: text/event-stream"));
    wait_ms(1500); /* longer than an idle connection lives */
    for (int i = 1; i <= 100; i++) {
        c.len = 0;
        tick(&a, i % 5 + 1);
        hear_until(&c, "data: 1\n\n");
    }
    CHECK_EQ(stats_of(&a).streams, 1);
    atomic_store(&a.ticker.last, true);
    tick(&a, 0);
    hear_until(&c, "0\r\n\r\n");
    wait_for(&a.closed, 1);
    CHECK_EQ(stats_of(&a).streams, 0);
    CHECK_EQ(ask_alone(&a, PX_STR("GET /x HTTP/1.1\r\n" HOST "\r\n")), 200);
    close_client(&c);
    close_app(&a);
}

PX_TEST(a_stream_ends_when_its_client_is_gone)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    say(&c, PX_STR("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
    hear_until(&c, "\r\n\r\n");
    close_client(&c);
    wait_for(&a.closed, 1); /* though nothing is ever sent to it */
    CHECK_EQ(stats_of(&a).streams_gone, 1);
    close_app(&a);
}

static void *tick_on(void *data)
{
    app *a = data;

    for (int i = 0; i < 20000; i++) {
        atomic_fetch_add(&a->ticker.ticks, 1);
        a->ticker.face.wake(a->ticker.face.door_data);
    }
    atomic_store(&a->ticker.last, true);
    a->ticker.face.wake(a->ticker.face.door_data);
    return NULL;
}

PX_TEST(no_wake_is_lost)
{
    app a;
    client c;
    pthread_t thread;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    say(&c, PX_STR("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
    hear_until(&c, "\r\n\r\n");
    CHECK_EQ(pthread_create(&thread, NULL, tick_on, &a), 0);
    while (!find(c.bytes, c.len, "\r\n0\r\n\r\n")) { /* the end of the stream */
        if (c.len > REPLY_BYTES_MAX / 2) {
            memmove(c.bytes, c.bytes + c.len - 16, 16);
            c.len = 16;
        }
        CHECK(more(&c));
    }
    pthread_join(thread, NULL);
    wait_for(&a.closed, 1);
    CHECK_EQ(atomic_load(&a.ticker.ticks), 0);
    close_client(&c);
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

static void write_pem(const char *path, const gnutls_datum_t *pem)
{
    FILE *file = fopen(path, "wb");

    CHECK(file != NULL);
    CHECK_EQ(fwrite(pem->data, 1, pem->size, file), pem->size);
    CHECK_EQ(fclose(file), 0);
}

/* A certificate of its own for this run. */
static void make_certificate(const char *cert_path, const char *key_path)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t cert;
    gnutls_datum_t pem;
    unsigned char serial = 1;

    CHECK_EQ(gnutls_x509_privkey_init(&key), 0);
    CHECK_EQ(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
             0);
    CHECK_EQ(gnutls_x509_crt_init(&cert), 0);
    CHECK_EQ(gnutls_x509_crt_set_version(cert, 3), 0);
    CHECK_EQ(gnutls_x509_crt_set_serial(cert, &serial, 1), 0);
    CHECK_EQ(gnutls_x509_crt_set_activation_time(cert, time(NULL) - 60), 0);
    CHECK_EQ(gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 3600), 0);
    CHECK_EQ(gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, "localhost", 9),
             0);
    CHECK_EQ(gnutls_x509_crt_set_key(cert, key), 0);
    CHECK_EQ(gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0), 0);
    CHECK_EQ(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem), 0);
    write_pem(cert_path, &pem);
    gnutls_free(pem.data);
    CHECK_EQ(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0);
    write_pem(key_path, &pem);
    gnutls_free(pem.data);
    gnutls_x509_crt_deinit(cert);
    gnutls_x509_privkey_deinit(key);
}

static int start_tls(client *c, gnutls_certificate_credentials_t trust, const char *priorities)
{
    int result;

    CHECK_EQ(gnutls_init(&c->tls, GNUTLS_CLIENT), 0);
    CHECK_EQ(gnutls_priority_set_direct(c->tls, priorities, NULL), 0);
    CHECK_EQ(gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, trust), 0);
    gnutls_transport_set_int(c->tls, c->fd);
    do
        result = gnutls_handshake(c->tls);
    while (result < 0 && !gnutls_error_is_fatal(result));
    return result;
}

PX_TEST(speaks_https_and_then_nothing_else)
{
    char dir[] = "/tmp/px_http_XXXXXX", cert[64], key[64];
    gnutls_certificate_credentials_t trust;
    client c, old, plain;
    app a;

    CHECK(mkdtemp(dir) != NULL);
    snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
    snprintf(key, sizeof(key), "%s/key.pem", dir);
    make_certificate(cert, key);
    CHECK_EQ(gnutls_certificate_allocate_credentials(&trust), 0);
    open_app(&a, (px_http_door_opts){ .tls_cert = cert, .tls_key = key });

    c = client_of(&a);
    CHECK_EQ(start_tls(&c, trust, "NORMAL"), 0);
    CHECK_EQ(ask(&c, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"), 200);
    CHECK_EQ(ask_with_body(&c, PX_HTTP_BODY_BYTES_MAX, false), 200);
    CHECK_EQ(ask(&c, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200);

    old = client_of(&a);
    CHECK(start_tls(&old, trust, "NORMAL:-VERS-ALL:+VERS-TLS1.1") < 0);
    plain = client_of(&a);
    CHECK_EQ(ask(&plain, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 0);

    close_client(&c);
    close_client(&old);
    close_client(&plain);
    close_app(&a);
    gnutls_certificate_free_credentials(trust);
    unlink(cert);
    unlink(key);
    rmdir(dir);
}

PX_TEST_MAIN()
