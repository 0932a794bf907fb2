/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "http_app.h"
#include "px_test.h"

/* The example of RFC 6455, section 1.3. */
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define GET "GET /mqtt HTTP/1.1\r\n" HOST
#define UPGRADE "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define PROTOCOL "Sec-WebSocket-Protocol: chat, mqtt\r\n"
#define GOOD GET UPGRADE VERSION KEY PROTOCOL "\r\n"

enum { MUCH_BYTES = 3 * 1024 * 1024 };

/* Who takes the sockets: the test's own thread goes on with them. */
typedef struct taker {
    atomic_bool is_full;
    _Atomic int taken;
    int fd;
    bool is_tls;
    char early[64];
    size_t early_size;
} taker;

static bool has_room(void *ctx, const px_listen_address *peer)
{
    CHECK(peer->is_loopback);
    return !atomic_load(&((taker *)ctx)->is_full);
}

static void take(void *ctx, const px_ws_socket *socket)
{
    taker *t = ctx;

    t->fd = socket->fd;
    t->is_tls = socket->is_tls;
    t->early_size = socket->early.len;
    CHECK(socket->early.len <= sizeof(t->early));
    memcpy(t->early, socket->early.ptr, socket->early.len);
    atomic_fetch_add(&t->taken, 1);
}

static px_http_door_opts opts_of(taker *t, const own_tls *tls)
{
    px_http_door_opts opts = { .sockets = { t, has_room, take } };

    if (tls) {
        opts.tls_cert = tls->cert;
        opts.tls_key = tls->key;
    }
    return opts;
}

/* Waits until the taken socket may be read; gives the bytes, 0 at the end. */
static size_t take_bytes(taker *t, char *bytes, size_t size)
{
    struct pollfd ready = { .fd = t->fd, .events = POLLIN };
    ssize_t got;

    CHECK_EQ(poll(&ready, 1, 20000), 1);
    got = recv(t->fd, bytes, size, 0);
    return got > 0 ? (size_t)got : 0;
}

static void expect_bytes(taker *t, px_str wanted)
{
    char bytes[64];
    size_t count = 0;

    CHECK(wanted.len <= sizeof(bytes));
    while (count < wanted.len) {
        size_t got = take_bytes(t, bytes + count, wanted.len - count);

        CHECK(got > 0);
        count += got;
    }
    px_check_slice(px_str_of(bytes, count), wanted, __FILE__, __LINE__);
}

static void give_bytes(taker *t, px_str bytes)
{
    while (bytes.len > 0) {
        struct pollfd ready = { .fd = t->fd, .events = POLLOUT };
        ssize_t put;

        CHECK_EQ(poll(&ready, 1, 20000), 1);
        put = send(t->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        CHECK(put > 0);
        bytes = px_str_skip(bytes, (size_t)put);
    }
}

static void client_hears(client *c, px_str wanted)
{
    drop_used(c);
    while (c->len < wanted.len)
        CHECK(more(c));
    px_check_slice(px_str_of(c->bytes, wanted.len), wanted, __FILE__, __LINE__);
    c->used = wanted.len;
}

static void until_no_connection(app *a)
{
    px_http_door_stats stats = stats_of(a);

    for (int i = 0; i < 5000 && (stats.connections > 0 || stats.carried > 0); i++) {
        wait_ms(1);
        stats = stats_of(a);
    }
    CHECK_EQ(stats.connections, 0);
    CHECK_EQ(stats.carried, 0);
}

/* A client whose request was taken: what it says now goes to the taker. */
static client upgraded(app *a, taker *t, const own_tls *tls, px_str request)
{
    client c = client_of(a);
    int before = atomic_load(&t->taken);

    if (tls)
        CHECK_EQ(start_tls(&c, tls, "NORMAL"), 0);
    say(&c, request);
    CHECK_EQ(hear(&c), 101);
    wait_for(&t->taken, before + 1);
    CHECK_EQ(t->is_tls, tls != NULL);
    return c;
}

/* ---- plain ---- */

PX_TEST(a_websocket_for_mqtt_is_handed_over)
{
    taker t = { 0 };
    client c;
    app a;

    open_app(&a, opts_of(&t, NULL));
    c = upgraded(&a, &t, NULL, PX_STR(GOOD));
    CHECK(strstr(c.head, ACCEPT));
    CHECK(strstr(c.head, "Upgrade: websocket\r\n"));
    CHECK(strcasestr(c.head, "Connection: Upgrade\r\n"));
    CHECK(strstr(c.head, "Sec-WebSocket-Protocol: mqtt\r\n"));
    until_no_connection(&a); /* it is none of the HTTP door's any more */
    say(&c, PX_STR("to"));
    expect_bytes(&t, PX_STR("to"));
    give_bytes(&t, PX_STR("fro"));
    client_hears(&c, PX_STR("fro"));
    close(t.fd);
    CHECK(ended(&c));
    CHECK_EQ(stats_of(&a).upgraded, 1);
    CHECK_EQ(stats_of(&a).answers[1], 1);
    CHECK_EQ(atomic_load(&a.handled), 0);
    close_client(&c);
    close_app(&a);
}

PX_TEST(frames_that_came_with_the_head_are_handed_over_too)
{
    taker t = { 0 };
    client c;
    app a;

    open_app(&a, opts_of(&t, NULL));
    c = upgraded(&a, &t, NULL, PX_STR(GOOD "early bytes"));
    px_check_slice(px_str_of(t.early, t.early_size), PX_STR("early bytes"), __FILE__, __LINE__);
    close(t.fd);
    close_client(&c);
    close_app(&a);
}

PX_TEST(headers_may_be_spelled_as_clients_spell_them)
{
    static const char *const requests[] = {
        GET "upgrade: WebSocket\r\nCONNECTION: upgrade\r\n" VERSION KEY PROTOCOL "\r\n",
        GET UPGRADE VERSION KEY "Sec-WebSocket-Protocol: mqttv3.1\r\nSec-WebSocket-Protocol: "
                                "mqtt\r\n\r\n",
        GET UPGRADE VERSION KEY PROTOCOL "Origin: http://h\r\n\r\n",
        GET UPGRADE VERSION KEY PROTOCOL "Origin: https://H\r\n\r\n",
        "GET /mqtt?any=thing HTTP/1.1\r\n" HOST UPGRADE VERSION KEY PROTOCOL "\r\n",
    };
    taker t = { 0 };
    app a;

    open_app(&a, opts_of(&t, NULL));
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        client c = upgraded(&a, &t, NULL, px_str_c(requests[i]));

        close(t.fd);
        close_client(&c);
    }
    close_app(&a);
}

PX_TEST(what_is_no_websocket_for_mqtt_is_refused_with_a_sentence)
{
    static const struct {
        const char *request;
        int status;
        const char *sentence;
    } rows[] = {
        { GET "\r\n", 426, "this path is MQTT over WebSocket" },
        { GET "Upgrade: h2c\r\nConnection: Upgrade\r\n" VERSION KEY PROTOCOL "\r\n", 426,
          "Upgrade: websocket" },
        { GET "Upgrade: websocket\r\n" VERSION KEY PROTOCOL "\r\n", 426, "Connection: Upgrade" },
        { GET UPGRADE "Sec-WebSocket-Version: 8\r\n" KEY PROTOCOL "\r\n", 426,
          "Sec-WebSocket-Version: 13" },
        { "POST /mqtt HTTP/1.1\r\n" HOST UPGRADE VERSION KEY PROTOCOL "Content-Length: 0\r\n\r\n",
          426, "GET with Upgrade" },
        { GET UPGRADE VERSION PROTOCOL "\r\n", 400, "16 bytes in base64" },
        { GET UPGRADE VERSION KEY KEY PROTOCOL "\r\n", 400, "given once" },
        { GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n" PROTOCOL "\r\n", 400,
          "16 bytes in base64" },
        { GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!!\r\n" PROTOCOL "\r\n",
          400, "16 bytes in base64" },
        { GET UPGRADE VERSION KEY PROTOCOL "Content-Length: 2\r\n\r\n{}", 400, "without a body" },
        { GET UPGRADE VERSION KEY "\r\n", 400, "the subprotocol 'mqtt'" },
        { GET UPGRADE VERSION KEY "Sec-WebSocket-Protocol: mqttv3.1\r\n\r\n", 400,
          "the subprotocol 'mqtt'" },
        { GET UPGRADE VERSION KEY PROTOCOL "Origin: http://evil.example\r\n\r\n", 403,
          "a page of another server" },
        { GET UPGRADE VERSION KEY PROTOCOL "Origin: http://h.evil.example\r\n\r\n", 403,
          "a page of another server" },
        { GET UPGRADE VERSION KEY PROTOCOL "Origin: null\r\n\r\n", 403,
          "a page of another server" },
        { GET UPGRADE VERSION KEY PROTOCOL "Origin: http://h\r\nOrigin: http://h\r\n\r\n", 403,
          "a page of another server" },
    };
    taker t = { 0 };
    app a;

    open_app(&a, opts_of(&t, NULL));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        client c = client_of(&a);

        CHECK_EQ(ask(&c, rows[i].request), rows[i].status);
        CHECK(find(c.body.ptr, c.body.len, rows[i].sentence));
        if (rows[i].status == 426)
            CHECK(strstr(c.head, "Sec-WebSocket-Version: 13\r\n"));
        close_client(&c);
    }
    CHECK_EQ(stats_of(&a).refused, sizeof(rows) / sizeof(rows[0]));
    CHECK_EQ(atomic_load(&t.taken), 0);
    close_app(&a);
}

PX_TEST(there_is_no_websocket_in_http_1_0)
{
    taker t = { 0 };
    client c;
    app a;

    open_app(&a, opts_of(&t, NULL));
    c = client_of(&a);
    CHECK_EQ(ask(&c, "GET /mqtt HTTP/1.0\r\n" HOST UPGRADE VERSION KEY PROTOCOL "\r\n"), 400);
    CHECK_EQ(atomic_load(&t.taken), 0);
    close_client(&c);
    close_app(&a);
}

PX_TEST(when_there_is_no_room_it_is_told_before_the_upgrade)
{
    taker t = { 0 };
    client c;
    app a;

    atomic_store(&t.is_full, true);
    open_app(&a, opts_of(&t, NULL));
    c = client_of(&a);
    CHECK_EQ(ask(&c, GOOD), 503);
    CHECK(find(c.body.ptr, c.body.len, "as many MQTT connections as may be"));
    CHECK(strstr(c.head, "Retry-After: 1\r\n"));
    close_client(&c);
    close_app(&a);
}

PX_TEST(without_a_taker_the_path_is_the_applications)
{
    client c;
    app a;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    CHECK_EQ(ask(&c, GOOD), 200);
    close_client(&c);
    close_app(&a);
}

/* ---- TLS ---- */

PX_TEST(over_tls_the_door_carries_the_bytes)
{
    own_tls tls;
    taker t = { 0 };
    client c;
    app a;

    make_tls(&tls);
    open_app(&a, opts_of(&t, &tls));
    c = upgraded(&a, &t, &tls, PX_STR(GOOD));
    CHECK_EQ(stats_of(&a).carried, 1);
    CHECK_EQ(stats_of(&a).connections, 1);
    say(&c, PX_STR("to"));
    expect_bytes(&t, PX_STR("to"));
    give_bytes(&t, PX_STR("fro"));
    client_hears(&c, PX_STR("fro"));
    close(t.fd);
    CHECK(ended(&c));
    close_client(&c);
    until_no_connection(&a);
    close_app(&a);
    drop_tls(&tls);
}

PX_TEST(over_tls_an_end_is_carried_too)
{
    char byte;
    own_tls tls;
    taker t = { 0 };
    client c;
    app a;

    make_tls(&tls);
    open_app(&a, opts_of(&t, &tls));
    c = upgraded(&a, &t, &tls, PX_STR(GOOD));
    say(&c, PX_STR("last"));
    expect_bytes(&t,
                 PX_STR("last")); /* before the end: it may be a reset, which takes bytes along */
    close_client(&c);             /* without a word of TLS */
    CHECK_EQ(take_bytes(&t, &byte, 1), 0);
    close(t.fd);
    until_no_connection(&a);

    c = upgraded(&a, &t, &tls, PX_STR(GOOD));
    give_bytes(&t, PX_STR("only my side"));
    CHECK_EQ(shutdown(t.fd, SHUT_WR), 0);
    client_hears(&c, PX_STR("only my side"));
    CHECK(ended(&c));
    say(&c, PX_STR("I go on"));
    expect_bytes(&t, PX_STR("I go on"));
    close(t.fd);
    until_no_connection(&a);
    close_client(&c);
    close_app(&a);
    drop_tls(&tls);
}

/* More than every buffer on the way holds, to a side that does not read at first. */
PX_TEST(over_tls_nothing_is_lost_when_a_side_is_slow)
{
    char *much = px_alloc(MUCH_BYTES);
    own_tls tls;
    taker t = { 0 };
    client c;
    app a;

    for (size_t i = 0; i < MUCH_BYTES; i++)
        much[i] = (char)(i * 2654435761u >> 13);
    make_tls(&tls);
    open_app(&a, opts_of(&t, &tls));
    c = upgraded(&a, &t, &tls, PX_STR(GOOD));
    for (size_t sent = 0, heard = 0;
         heard < MUCH_BYTES;) { /* the taker's way is as wide as a pair */
        struct pollfd ready = { .fd = t.fd, .events = POLLOUT };

        while (sent < MUCH_BYTES && poll(&ready, 1, 50) == 1)
            sent += (size_t)send(t.fd, much + sent, MUCH_BYTES - sent, MSG_NOSIGNAL);
        c.len = c.used = 0;
        CHECK(more(&c));
        CHECK_EQ(memcmp(c.bytes, much + heard, c.len), 0);
        heard += c.len;
    }
    CHECK_EQ(gnutls_record_send(c.tls, "x", 1), 1);
    expect_bytes(&t, PX_STR("x"));
    close(t.fd);
    CHECK(ended(&c));
    close_client(&c);
    close_app(&a);
    drop_tls(&tls);
    px_free(much);
}

static void *say_much(void *ctx)
{
    static char much[MUCH_BYTES];

    for (size_t i = 0; i < MUCH_BYTES; i++)
        much[i] = (char)(i >> 7);
    say(ctx, px_str_of(much, MUCH_BYTES));
    return NULL;
}

PX_TEST(over_tls_a_client_waits_for_a_taker_that_is_slow)
{
    static char bytes[100000];
    pthread_t thread;
    own_tls tls;
    taker t = { 0 };
    client c;
    app a;

    make_tls(&tls);
    open_app(&a, opts_of(&t, &tls));
    c = upgraded(&a, &t, &tls, PX_STR(GOOD));
    CHECK_EQ(pthread_create(&thread, NULL, say_much, &c), 0);
    wait_ms(100); /* by now all that lies between is full */
    for (size_t count = 0; count < MUCH_BYTES;) {
        size_t got = take_bytes(&t, bytes, sizeof(bytes));

        CHECK(got > 0);
        for (size_t i = 0; i < got; i++)
            if (bytes[i] != (char)((count + i) >> 7))
                CHECK_EQ(count + i, 0); /* the first byte that is another */
        count += got;
    }
    pthread_join(thread, NULL);
    close(t.fd);
    close_client(&c);
    until_no_connection(&a);
    close_app(&a);
    drop_tls(&tls);
}

PX_TEST(what_is_carried_goes_on_while_the_door_stops)
{
    own_tls tls;
    taker t = { 0 };
    client c, late;
    app a;

    make_tls(&tls);
    open_app(&a, opts_of(&t, &tls));
    late = client_of(&a);
    CHECK_EQ(start_tls(&late, &tls, "NORMAL"), 0);
    CHECK_EQ(ask(&late, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200);
    c = upgraded(&a, &t, &tls, PX_STR(GOOD));
    px_http_door_stop(a.door, 5000);
    CHECK_EQ(ask(&late, GOOD), 503);
    say(&c, PX_STR("still"));
    expect_bytes(&t, PX_STR("still"));
    give_bytes(&t, PX_STR("here, and the end"));
    close(t.fd);
    close_app(&a);
    client_hears(&c, PX_STR("here, and the end"));
    CHECK(ended(&c));
    close_client(&c);
    close_client(&late);
    drop_tls(&tls);
}

static void upgrade_without_memory(app *a, taker *t, const own_tls *tls)
{
    for (uint64_t n = 1; n < 12; n++) {
        client c = client_of(a);
        int before = atomic_load(&t->taken), status;

        if (tls)
            CHECK_EQ(start_tls(&c, tls, "NORMAL"), 0);
        CHECK_EQ(ask(&c, "GET /x HTTP/1.1\r\n" HOST "\r\n"), 200);
        px_mem_fail_nth(n);
        say(&c, PX_STR(GOOD));
        status = hear(&c);
        if (status == 101 && n > 6) /* enough that it comes to be taken */
            wait_for(&t->taken, before + 1);
        wait_ms(5);
        px_mem_fail_nth(0);
        CHECK(status == 101 || status == 503 || status == 0);
        if (atomic_load(&t->taken) > before)
            close(t->fd);
        CHECK(status != 101 || ended(&c));
        close_client(&c);
    }
}

PX_TEST(every_failed_allocation_is_an_answer_or_an_end)
{
    own_tls tls;
    taker t = { 0 };
    app a;

    make_tls(&tls);
    open_app(&a, opts_of(&t, NULL));
    upgrade_without_memory(&a, &t, NULL);
    until_no_connection(&a);
    close_app(&a);
    open_app(&a, opts_of(&t, &tls));
    upgrade_without_memory(&a, &t, &tls);
    until_no_connection(&a);
    close_app(&a);
    drop_tls(&tls);
}

/* A taker that forgets its socket does not keep the door from ending. */
PX_TEST(the_door_ends_though_somebody_holds_a_socket)
{
    char byte;
    own_tls tls;
    taker t = { 0 };
    client c;
    app a;

    make_tls(&tls);
    open_app(&a, opts_of(&t, &tls));
    c = upgraded(&a, &t, &tls, PX_STR(GOOD));
    close_app(&a);
    CHECK(ended(&c));
    CHECK_EQ(take_bytes(&t, &byte, 1), 0);
    close(t.fd);
    close_client(&c);
    drop_tls(&tls);
}

PX_TEST_MAIN()
