/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt_door_kit.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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
    return s->on_connect;
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

/* `field` counts a question about this packet. */
static void note(seen *s, int *field, uint16_t packet_id)
{
    pthread_mutex_lock(&s->lock);
    s->packet_id = packet_id;
    ++*field;
    pthread_mutex_unlock(&s->lock);
}

static px_mqtt_reason on_release(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 uint16_t packet_id)
{
    seen *s = ctx;

    (void)thread, (void)conn;
    CHECK(principal == s);
    note(s, &s->releases, packet_id);
    return s->on_release;
}

static px_mqtt_reason on_subscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                   px_mqtt_sub_request *request)
{
    seen *s = ctx;

    (void)thread, (void)conn;
    CHECK(principal == s);
    note(s, &s->subscribes, request->packet_id);
    return s->on_subscribe;
}

static px_mqtt_reason on_acked(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                               uint16_t packet_id, px_mqtt_type type, uint8_t reason)
{
    seen *s = ctx;

    (void)thread, (void)conn, (void)reason;
    CHECK(principal == s);
    s->acked_type = type;
    note(s, &s->ackeds, packet_id);
    return s->on_acked;
}

static void on_closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                      const px_mqtt_end *end)
{
    seen *s = ctx;

    (void)thread, (void)conn;
    CHECK(principal == s);
    pthread_mutex_lock(&s->lock);
    s->end = *end;
    s->closes++;
    pthread_mutex_unlock(&s->lock);
}

void open_door_with(seen *s, px_mqtt_door_opts opts)
{
    px_mqtt_door_app app = { .ctx = s,
                             .connect = on_connect,
                             .publish = on_publish,
                             .release = on_release,
                             .subscribe = on_subscribe,
                             .unsubscribe = on_subscribe,
                             .acked = on_acked,
                             .closed = on_closed };
    px_err err;

    opts.host = "127.0.0.1";
    *s = (seen){ .on_publish = PX_MQTT_LATER };
    pthread_mutex_init(&s->lock, NULL);
    CHECK_OK(px_mqtt_door_open(&opts, &app, &s->door, &err), &err);
    CHECK_EQ(px_mqtt_door_threads(s->door), opts.threads);
    CHECK_EQ(px_mqtt_door_tls_port(s->door), 0);
}

void open_door(seen *s, unsigned threads)
{
    open_door_with(s, (px_mqtt_door_opts){ .threads = threads });
}

void close_door(seen *s)
{
    px_mqtt_door_free(s->door);
    CHECK_EQ(s->connects, s->closes); /* each principal came back */
    pthread_mutex_destroy(&s->lock);
}

int count_of(seen *s, const int *field)
{
    int count;

    pthread_mutex_lock(&s->lock);
    count = *field;
    pthread_mutex_unlock(&s->lock);
    return count;
}

void wait_for(seen *s, const int *field, int wanted)
{
    for (int i = 0; i < 10000 && count_of(s, field) < wanted; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    CHECK_EQ(count_of(s, field), wanted);
}

void send_all(int fd, const px_buf *bytes)
{
    CHECK_EQ(send(fd, bytes->ptr, bytes->len, MSG_NOSIGNAL), (ssize_t)bytes->len);
}

void expect(int fd, px_str wanted)
{
    char got[256];

    CHECK(wanted.len <= sizeof(got));
    CHECK_EQ(recv(fd, got, wanted.len, MSG_WAITALL), (ssize_t)wanted.len);
    CHECK(memcmp(got, wanted.ptr, wanted.len) == 0);
}

void expect_end(int fd)
{
    char byte;

    CHECK_EQ(recv(fd, &byte, 1, 0), 0);
}

int knock(seen *s)
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

void send_bytes(int fd, px_str bytes)
{
    CHECK_EQ(send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL), (ssize_t)bytes.len);
}

void say_connect(int fd, int digit)
{
    char id[2] = { 'c', (char)('0' + digit) };
    px_mqtt_connect c = { .version = PX_MQTT_V311,
                          .clean_start = true,
                          .client_id = px_str_of(id, 2) };
    px_buf bytes = { 0 };

    px_mqtt_put_connect(&bytes, &c, NO_PROPS, NO_PROPS);
    send_all(fd, &bytes);
    px_buf_release(&bytes);
}

int join(seen *s, int digit)
{
    int fd = knock(s);

    say_connect(fd, digit);
    expect(fd, PX_STR("\x20\2\0\0"));
    return fd;
}

void publish(int fd, uint16_t packet_id)
{
    px_mqtt_publish p = { .topic = PX_STR("t"), .qos = 1, .packet_id = packet_id };
    px_buf bytes = { 0 };

    px_mqtt_put_publish(&bytes, PX_MQTT_V311, &p);
    send_all(fd, &bytes);
    px_buf_release(&bytes);
}
