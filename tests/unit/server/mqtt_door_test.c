/* SPDX-License-Identifier: Apache-2.0 */
#include "server/mqtt_door.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "mqtt/packet.h"
#include "px_test.h"
#include "server/mqtt_names.h"
#include "server/mqtt_post.h"

#define NO_PROPS ((px_str){ NULL, 0 })

enum { CLIENTS_MAX = 8 };

/* What the application of these tests saw; `lock` guards all. */
typedef struct seen {
    px_mqtt_door *door;
    pthread_mutex_t lock;
    px_mqtt_conn conns[CLIENTS_MAX]; /* by the digit that ends the client id */
    uint32_t tokens[CLIENTS_MAX];
    int connects, publishes, closes;
    px_mqtt_reason on_publish;
} seen;

static px_mqtt_reason on_connect(void *ctx, unsigned thread, px_mqtt_conn conn,
                                 const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                                 px_str client_id, px_mqtt_grant *ret_grant)
{
    seen *s = ctx;

    (void)thread, (void)connect;
    CHECK(peer->is_loopback && !peer->is_tls);
    pthread_mutex_lock(&s->lock);
    s->conns[client_id.ptr[client_id.len - 1] - '0'] = conn;
    s->connects++;
    pthread_mutex_unlock(&s->lock);
    ret_grant->principal = s;
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason on_publish(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 const px_mqtt_publish *publish, uint32_t token)
{
    seen *s = ctx;

    (void)thread, (void)conn, (void)publish;
    CHECK(principal == s);
    pthread_mutex_lock(&s->lock);
    s->tokens[s->publishes++ % CLIENTS_MAX] = token;
    pthread_mutex_unlock(&s->lock);
    return s->on_publish;
}

static px_mqtt_reason on_subscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                   px_mqtt_sub_request *request)
{
    (void)ctx, (void)thread, (void)conn, (void)principal, (void)request;
    return PX_MQTT_SUCCESS;
}

static void on_closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                      const px_mqtt_end *end)
{
    seen *s = ctx;

    (void)thread, (void)conn, (void)end;
    CHECK(principal == s);
    pthread_mutex_lock(&s->lock);
    s->closes++;
    pthread_mutex_unlock(&s->lock);
}

static void open_door_with(seen *s, px_mqtt_door_opts opts)
{
    px_mqtt_door_app app = { .ctx = s,
                             .connect = on_connect,
                             .publish = on_publish,
                             .subscribe = on_subscribe,
                             .unsubscribe = on_subscribe,
                             .closed = on_closed };
    px_err err;

    opts.host = "127.0.0.1";
    *s = (seen){ .on_publish = PX_MQTT_LATER };
    pthread_mutex_init(&s->lock, NULL);
    CHECK_OK(px_mqtt_door_open(&opts, &app, &s->door, &err), &err);
    CHECK_EQ(px_mqtt_door_threads(s->door), opts.threads);
    CHECK_EQ(px_mqtt_door_tls_port(s->door), 0);
}

static void open_door(seen *s, unsigned threads)
{
    open_door_with(s, (px_mqtt_door_opts){ .threads = threads });
}

static void close_door(seen *s)
{
    px_mqtt_door_free(s->door);
    CHECK_EQ(s->connects, s->closes); /* each principal came back */
    pthread_mutex_destroy(&s->lock);
}

static int count_of(seen *s, const int *field)
{
    int count;

    pthread_mutex_lock(&s->lock);
    count = *field;
    pthread_mutex_unlock(&s->lock);
    return count;
}

static void wait_for(seen *s, const int *field, int wanted)
{
    for (int i = 0; i < 10000 && count_of(s, field) < wanted; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    CHECK_EQ(count_of(s, field), wanted);
}

static void send_all(int fd, const px_buf *bytes)
{
    CHECK_EQ(send(fd, bytes->ptr, bytes->len, MSG_NOSIGNAL), (ssize_t)bytes->len);
}

static void expect(int fd, px_str wanted)
{
    char got[256];

    CHECK(wanted.len <= sizeof(got));
    CHECK_EQ(recv(fd, got, wanted.len, MSG_WAITALL), (ssize_t)wanted.len);
    CHECK(memcmp(got, wanted.ptr, wanted.len) == 0);
}

static void expect_end(int fd)
{
    char byte;

    CHECK_EQ(recv(fd, &byte, 1, 0), 0);
}

/* A client that says nothing yet. */
static int knock(seen *s)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(px_mqtt_door_port(s->door)),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct timeval patience = { .tv_sec = 10 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    CHECK_EQ(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

/* A 3.1.1 client called `c` and this digit, let in. */
static int join(seen *s, int digit)
{
    int fd = knock(s);
    char id[2] = { 'c', (char)('0' + digit) };
    px_mqtt_connect c = { .version = PX_MQTT_V311,
                          .clean_start = true,
                          .client_id = px_str_of(id, 2) };
    px_buf bytes = { 0 };

    px_mqtt_put_connect(&bytes, &c, NO_PROPS, NO_PROPS);
    send_all(fd, &bytes);
    expect(fd, PX_STR("\x20\2\0\0"));
    px_buf_release(&bytes);
    return fd;
}

static void publish(int fd, uint16_t packet_id)
{
    px_mqtt_publish p = { .topic = PX_STR("t"), .qos = 1, .packet_id = packet_id };
    px_buf bytes = { 0 };

    px_mqtt_put_publish(&bytes, PX_MQTT_V311, &p);
    send_all(fd, &bytes);
    px_buf_release(&bytes);
}

PX_TEST(a_port_that_is_taken_is_named)
{
    seen s;
    px_mqtt_door_opts opts = { .host = "127.0.0.1" };
    px_mqtt_door_app app = { 0 };
    px_mqtt_door *second = NULL;
    px_err err;

    open_door(&s, 1);
    opts.port = px_mqtt_door_port(s.door);
    CHECK_EQ(px_mqtt_door_open(&opts, &app, &second, &err), PX_BUSY);
    CHECK_STR(err.id, "listen.taken");
    opts.host = "no.such.host.invalid";
    CHECK_EQ(px_mqtt_door_open(&opts, &app, &second, &err), PX_INVALID);
    CHECK_STR(err.id, "listen.host");
    CHECK(second == NULL);
    close_door(&s);
}

PX_TEST(a_certificate_that_is_not_there_is_named)
{
    px_mqtt_door_opts opts = { .tls_host = "127.0.0.1" };
    px_mqtt_door_app app = { 0 };
    px_mqtt_door *door = NULL;
    px_err err;

    CHECK_EQ(px_mqtt_door_open(&opts, &app, &door, &err), PX_INVALID);
    CHECK_STR(err.id, "mqtt.tls");
    opts.tls_cert = "/nowhere/cert.pem";
    opts.tls_key = "/nowhere/key.pem";
    CHECK_EQ(px_mqtt_door_open(&opts, &app, &door, &err), PX_INVALID);
    CHECK_STR(err.id, "tls.certificate");
    CHECK(strstr(err.text, "/nowhere/cert.pem") != NULL);
}

PX_TEST(answers_from_another_thread_wait_for_the_wake)
{
    seen s;
    int fd;

    open_door(&s, 1);
    fd = join(&s, 0);
    publish(fd, 1);
    publish(fd, 2);
    wait_for(&s, &s.publishes, 2);
    px_mqtt_door_ack(s.door, s.conns[0], s.tokens[1], PX_MQTT_SUCCESS);
    px_mqtt_door_ack(s.door, s.conns[0], s.tokens[0], PX_MQTT_SUCCESS);
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x40\2\0\1\x40\2\0\2"));
    close(fd);
    wait_for(&s, &s.closes, 1);
    close_door(&s);
}

PX_TEST(a_forgotten_wake_costs_time_and_nothing_else)
{
    seen s;
    int fd;

    open_door(&s, 1);
    fd = join(&s, 0);
    publish(fd, 1);
    wait_for(&s, &s.publishes, 1);
    px_mqtt_door_ack(s.door, s.conns[0], s.tokens[0], PX_MQTT_SUCCESS);
    expect(fd, PX_STR("\x40\2\0\1"));
    close(fd);
    close_door(&s);
}

PX_TEST(an_answer_for_a_closed_connection_harms_nobody)
{
    seen s;
    px_mqtt_conn gone;
    int fd;

    open_door(&s, 1);
    fd = join(&s, 0);
    publish(fd, 1);
    wait_for(&s, &s.publishes, 1);
    gone = s.conns[0];
    close(fd);
    wait_for(&s, &s.closes, 1);
    fd = join(&s, 1); /* takes the place of the first, with another generation */
    CHECK(s.conns[1].v != gone.v);
    publish(fd, 9);
    wait_for(&s, &s.publishes, 2);
    px_mqtt_door_ack(s.door, gone, s.tokens[0], PX_MQTT_SUCCESS);
    px_mqtt_door_end(s.door, gone, PX_MQTT_ADMINISTRATIVE);
    px_mqtt_door_ack(s.door, (px_mqtt_conn){ 0 }, 0, PX_MQTT_SUCCESS);
    px_mqtt_door_ack(s.door, (px_mqtt_conn){ UINT64_MAX }, 0, PX_MQTT_SUCCESS);
    px_mqtt_door_ack(s.door, s.conns[1], s.tokens[1], PX_MQTT_SUCCESS);
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x40\2\0\x09"));
    close(fd);
    close_door(&s);
}

PX_TEST(one_delivery_reaches_connections_of_every_thread)
{
    seen s;
    int fds[6];
    px_mqtt_publish m = { .topic = PX_STR("t"), .payload = PX_STR("hello") };

    open_door(&s, 3);
    for (int i = 0; i < 6; i++)
        fds[i] = join(&s, i);
    CHECK_EQ(px_mqtt_door_deliver(s.door, s.conns, 6, &m), PX_OK);
    px_mqtt_door_wake(s.door);
    for (int i = 0; i < 6; i++) {
        expect(fds[i], PX_STR("\x30\x08\0\1thello"));
        close(fds[i]);
    }
    close_door(&s);
}

PX_TEST(a_paused_connection_is_read_again_after_unpause)
{
    seen s;
    int fd;

    open_door(&s, 1);
    fd = join(&s, 0);
    px_mqtt_door_pause(s.door, s.conns[0]);
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    publish(fd, 1);
    nanosleep(&(struct timespec){ .tv_nsec = 150000000 }, NULL);
    CHECK_EQ(count_of(&s, &s.publishes), 0);
    px_mqtt_door_unpause(s.door, s.conns[0]);
    wait_for(&s, &s.publishes, 1);
    close(fd);
    close_door(&s);
}

PX_TEST(an_ended_connection_is_closed_and_counted)
{
    seen s;
    px_mqtt_door_stats stats;
    int fd;

    open_door(&s, 1);
    fd = join(&s, 0);
    px_mqtt_door_end(s.door, s.conns[0], PX_MQTT_ADMINISTRATIVE);
    expect_end(fd);
    px_mqtt_door_read_stats(s.door, &stats);
    CHECK_EQ(stats.ended[PX_MQTT_ADMINISTRATIVE], 1);
    CHECK_EQ(stats.packets_in[PX_MQTT_CONNECT], 1);
    CHECK_EQ(stats.accepted, 1);
    CHECK_EQ(stats.unauthenticated, 0);
    close(fd);
    close_door(&s);
}

PX_TEST(a_delivery_beyond_the_letter_box_is_refused_whole)
{
    static char megabyte[1024 * 1024];
    const px_mqtt_conn conns[] = { px_mqtt_conn_of(0, 1, 1), px_mqtt_conn_of(1, 1, 1) };
    px_mqtt_publish m = { .topic = PX_STR("t"), .payload = px_str_of(megabyte, sizeof(megabyte)) };
    px_mqtt_letter letter;
    px_mqtt_post post;
    unsigned put = 0, taken = 0;
    px_err err;

    CHECK_OK(px_mqtt_post_init(&post, &err), &err);
    while (px_mqtt_post_letter_put(&post, 0, conns, 2, &m) == PX_OK)
        put++;
    CHECK_EQ(put, PX_MQTT_DOOR_MAIL_BYTES_MAX / sizeof(megabyte) - 1);
    CHECK_EQ(px_mqtt_post_letter_put(&post, 0, conns, 2, &m), PX_LIMIT);
    px_mqtt_post_take(&post);
    for (px_str at = px_buf_str(&post.out.letters); px_mqtt_letter_next(&at, &letter); taken++) {
        CHECK_EQ(letter.count, 1); /* the other connection belongs to another thread */
        CHECK_EQ(px_mqtt_letter_conn(&letter, 0).v, conns[0].v);
        CHECK_EQ(letter.message.payload.len, sizeof(megabyte));
    }
    CHECK_EQ(taken, put);
    CHECK_EQ(px_mqtt_post_letter_put(&post, 0, conns, 2, &m), PX_OK);
    px_mqtt_post_release(&post);
}

PX_TEST(the_newest_has_the_name_and_only_it_gives_it_back)
{
    px_mqtt_names *names = px_mqtt_names_new();
    px_mqtt_conn a = { 1 }, b = { 2 }, older;

    CHECK_EQ(px_mqtt_names_claim(names, 1, PX_STR("pump"), a, &older), PX_OK);
    CHECK_EQ(older.v, 0);
    CHECK_EQ(px_mqtt_names_claim(names, 2, PX_STR("pump"), b, &older), PX_OK);
    CHECK_EQ(older.v, 0); /* another tenant */
    CHECK_EQ(px_mqtt_names_claim(names, 1, PX_STR("pump"), b, &older), PX_OK);
    CHECK_EQ(older.v, a.v);
    px_mqtt_names_release(names, 1, PX_STR("pump"), a);
    CHECK_EQ(px_mqtt_names_claim(names, 1, PX_STR("pump"), a, &older), PX_OK);
    CHECK_EQ(older.v, b.v);
    px_mqtt_names_release(names, 1, PX_STR("pump"), a);
    CHECK_EQ(px_mqtt_names_claim(names, 1, PX_STR("pump"), b, &older), PX_OK);
    CHECK_EQ(older.v, 0);
    px_mqtt_names_free(names);
}

PX_TEST(addresses_are_named_and_loopback_is_known)
{
    struct sockaddr_storage at = { 0 };
    struct sockaddr_in *v4 = (struct sockaddr_in *)&at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at;
    px_listen_address got;

    *v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(80) };
    inet_pton(AF_INET, "127.1.2.3", &v4->sin_addr);
    px_listen_name(&at, &got);
    CHECK_STR(got.text, "127.1.2.3:80");
    CHECK(got.is_loopback);
    *v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(81) };
    inet_pton(AF_INET6, "::ffff:10.0.0.1", &v6->sin6_addr);
    px_listen_name(&at, &got);
    CHECK_STR(got.text, "10.0.0.1:81");
    CHECK(!got.is_loopback);
    inet_pton(AF_INET6, "::1", &v6->sin6_addr);
    px_listen_name(&at, &got);
    CHECK_STR(got.text, "[::1]:81");
    CHECK(got.is_loopback);
}

static uint64_t refused_full(seen *s)
{
    px_mqtt_door_stats stats;

    px_mqtt_door_read_stats(s->door, &stats);
    return stats.refused_full;
}

PX_TEST(as_many_connections_as_the_limit_are_let_in_and_no_more)
{
    seen s;
    int fds[3];

    open_door_with(&s, (px_mqtt_door_opts){ .threads = 1, .connections_max = 2 });
    fds[0] = join(&s, 0);
    fds[1] = join(&s, 1);
    fds[2] = knock(&s);
    expect_end(fds[2]);
    CHECK_EQ(refused_full(&s), 1);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close_door(&s);
}

PX_TEST(as_many_say_nothing_yet_as_the_limit_and_no_more)
{
    seen s;
    int fds[3];

    open_door_with(&s, (px_mqtt_door_opts){ .threads = 1, .unauthenticated_max = 2 });
    fds[0] = join(&s, 0); /* counts no more */
    fds[1] = knock(&s);
    fds[2] = knock(&s);
    CHECK_EQ(refused_full(&s), 0);
    close(fds[0]);
    fds[0] = knock(&s);
    expect_end(fds[0]);
    CHECK_EQ(refused_full(&s), 1);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close_door(&s);
}

PX_TEST_MAIN()
