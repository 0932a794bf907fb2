/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT over WebSocket as the MQTT door takes it, with one end of a pair of sockets as the client.
 */
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/time.h"
#include "px_test.h"
#include "server/mqtt_door.h"
#include "server/ws_socket.h"

#define CONNECT_5 "\x10\x0e\0\4MQTT\5\2\0\x3c\0\0\1a"
#define CONNACK_5 "\x20"
#define PINGREQ "\xc0\0"
#define PINGRESP "\x82\2\xd0\0"

enum { PATIENCE_MS = 20000 };

/* ---- the application, and a clock that may jump ---- */

typedef struct world {
    px_mqtt_door *door;
    px_env env;
    _Atomic int64_t ahead_ns;
    _Atomic int connects, closes;
} world;

static px_mqtt_reason on_connect(void *ctx, unsigned thread, px_mqtt_conn conn,
                                 const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                                 px_str client_id, px_mqtt_grant *ret_grant)
{
    world *w = ctx;

    (void)thread, (void)conn, (void)connect, (void)client_id;
    CHECK(!peer->is_tls);
    CHECK_STR(peer->address, "192.0.2.7:1234");
    ret_grant->principal = w;
    atomic_fetch_add(&w->connects, 1);
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason on_publish(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 const px_mqtt_publish *publish, uint32_t token)
{
    (void)ctx, (void)thread, (void)conn, (void)principal, (void)publish, (void)token;
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason on_request(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 px_mqtt_sub_request *request)
{
    (void)ctx, (void)thread, (void)conn, (void)principal, (void)request;
    return PX_MQTT_SUCCESS;
}

static void on_closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                      const px_mqtt_end *end)
{
    (void)thread, (void)conn, (void)principal, (void)end;
    atomic_fetch_add(&((world *)ctx)->closes, 1);
}

static int64_t clock_ns(px_env *env)
{
    world *w = (world *)((char *)env - offsetof(world, env));

    return px_env_posix()->monotonic_ns(px_env_posix()) + atomic_load(&w->ahead_ns);
}

static void open_world(world *w, px_mqtt_door_opts opts)
{
    px_mqtt_door_app app = { .ctx = w,
                             .connect = on_connect,
                             .publish = on_publish,
                             .subscribe = on_request,
                             .unsubscribe = on_request,
                             .closed = on_closed };
    px_err err;

    memset(w, 0, sizeof(*w));
    w->env = *px_env_posix();
    w->env.monotonic_ns = clock_ns;
    opts.env = &w->env;
    CHECK_OK(px_mqtt_door_open(&opts, &app, &w->door, &err), &err);
}

static px_mqtt_door_stats stats_of(world *w)
{
    px_mqtt_door_stats stats;

    px_mqtt_door_read_stats(w->door, &stats);
    return stats;
}

/* ---- clients ---- */

static int adopted(world *w, px_str early)
{
    px_ws_socket socket = { .peer = { .text = "192.0.2.7:1234", .network = 7 }, .early = early };
    int ends[2];

    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    socket.fd = ends[1];
    px_mqtt_door_adopt(w->door, &socket);
    return ends[0];
}

/* At most 125 bytes, masked with nothing. */
static size_t frame(char *wire, unsigned first, px_str payload)
{
    char head[6] = { (char)first, (char)(0x80 | payload.len) };

    memcpy(wire, head, sizeof(head));
    memcpy(wire + sizeof(head), payload.ptr, payload.len);
    return sizeof(head) + payload.len;
}

static void say(int fd, unsigned first, px_str payload)
{
    char wire[140];
    size_t size = frame(wire, first, payload);

    CHECK_EQ(send(fd, wire, size, MSG_NOSIGNAL), size);
}

static size_t hear(int fd, char *bytes, size_t size)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    ssize_t got;

    CHECK_EQ(poll(&ready, 1, PATIENCE_MS), 1);
    got = recv(fd, bytes, size, 0);
    return got > 0 ? (size_t)got : 0;
}

static void expect(int fd, px_str wanted)
{
    char bytes[128];
    size_t count = 0;

    while (count < wanted.len) {
        size_t got = hear(fd, bytes + count, wanted.len - count);

        CHECK(got > 0);
        count += got;
    }
    px_check_slice(px_str_of(bytes, count), wanted, __FILE__, __LINE__);
}

/* Reads a CONNACK, whatever it says beside success. */
static void expect_connack(int fd)
{
    unsigned char bytes[128];
    size_t count = 0;

    while (count < 4 || count < 2u + bytes[1]) {
        size_t got = hear(fd, (char *)bytes + count, count < 4 ? 4 - count : 2u + bytes[1] - count);

        CHECK(got > 0);
        count += got;
    }
    CHECK_EQ(bytes[0], 0x82);
    CHECK_EQ(bytes[2], 0x20);
    CHECK_EQ(bytes[5], 0);
}

static bool is_closed(int fd)
{
    char byte;

    return hear(fd, &byte, 1) == 0;
}

static void until_connections(world *w, uint64_t count)
{
    for (int i = 0; i < PATIENCE_MS && stats_of(w).connections != count; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    CHECK_EQ(stats_of(w).connections, count);
}

/* ---- stories ---- */

PX_TEST(mqtt_goes_in_frames_in_whatever_pieces)
{
    char wire[140];
    px_str connect = px_str_of(CONNECT_5, sizeof(CONNECT_5) - 1);
    size_t size;
    world w;
    int fd;

    open_world(&w, (px_mqtt_door_opts){ 0 });
    fd = adopted(&w, PX_STR(""));
    size = frame(wire, 0x02, px_str_of(connect.ptr, 5));
    size += frame(wire + size, 0x80, px_str_skip(connect, 5));
    for (size_t i = 0; i < size; i++)
        CHECK_EQ(send(fd, wire + i, 1, MSG_NOSIGNAL), 1);
    expect_connack(fd);
    say(fd, 0x82, PX_STR(PINGREQ PINGREQ "\xc0")); /* two packets and a half */
    expect(fd, PX_STR("\x82\4\xd0\0\xd0\0"));
    say(fd, 0x82, PX_STR("\0"));
    expect(fd, PX_STR(PINGRESP));
    CHECK_EQ(stats_of(&w).websockets, 1);
    CHECK_EQ(stats_of(&w).websockets_accepted, 1);
    say(fd, 0x89, PX_STR("?"));
    expect(fd, PX_STR("\x8a\1?"));
    say(fd, 0x88, PX_STR("\x03\xe8"));
    expect(fd, PX_STR("\x88\2\x03\xe8"));
    CHECK(is_closed(fd));
    until_connections(&w, 0);
    CHECK_EQ(stats_of(&w).websockets, 0);
    CHECK_EQ(stats_of(&w).lost, 1); /* no DISCONNECT came */
    CHECK_EQ(atomic_load(&w.closes), 1);
    close(fd);
    px_mqtt_door_free(w.door);
}

PX_TEST(frames_that_came_early_are_read_first)
{
    char wire[140];
    px_str connect = px_str_of(CONNECT_5, sizeof(CONNECT_5) - 1);
    size_t size = frame(wire, 0x82, connect);
    world w;
    int fd;

    open_world(&w, (px_mqtt_door_opts){ .threads = 2 });
    fd = adopted(&w, px_str_of(wire, size - 3)); /* the rest comes by the socket */
    CHECK_EQ(send(fd, wire + size - 3, 3, MSG_NOSIGNAL), 3);
    expect_connack(fd);
    say(fd, 0x82, PX_STR(PINGREQ));
    expect(fd, PX_STR(PINGRESP));
    close(fd);
    until_connections(&w, 0);
    px_mqtt_door_free(w.door);
}

PX_TEST(frames_that_make_no_sense_end_the_session_with_a_reason)
{
    world w;
    int fd;

    open_world(&w, (px_mqtt_door_opts){ 0 });
    fd = adopted(&w, PX_STR(""));
    say(fd, 0x82, px_str_of(CONNECT_5, sizeof(CONNECT_5) - 1));
    expect_connack(fd);
    say(fd, 0x81, PX_STR("text"));
    expect(fd, PX_STR("\x82\3\xe0\1\x82\x88\2\x03\xeb"));
    CHECK(is_closed(fd)); /* our side; theirs is read to its end */
    CHECK_EQ(stats_of(&w).websockets_broken, 1);
    close(fd);
    until_connections(&w, 0);
    px_mqtt_door_free(w.door);
}

PX_TEST(who_says_nothing_after_the_upgrade_is_closed_in_time)
{
    world w;
    int silent, pinging;

    open_world(&w, (px_mqtt_door_opts){ 0 });
    silent = adopted(&w, PX_STR(""));
    pinging = adopted(&w, PX_STR(""));
    until_connections(&w, 2);
    CHECK_EQ(stats_of(&w).unauthenticated, 2);
    say(pinging, 0x89, PX_STR("?")); /* of WebSocket: it is no CONNECT */
    expect(pinging, PX_STR("\x8a\1?"));
    atomic_store(&w.ahead_ns, PX_MQTT_CONNECT_SECONDS_MAX * PX_SECOND);
    expect(silent, PX_STR("\x88\2\x03\xe8"));
    expect(pinging, PX_STR("\x88\2\x03\xe8"));
    /* and who does not answer the Close is closed without it */
    atomic_store(&w.ahead_ns, 2 * PX_MQTT_CONNECT_SECONDS_MAX * PX_SECOND);
    CHECK(is_closed(silent));
    CHECK(is_closed(pinging));
    until_connections(&w, 0);
    CHECK_EQ(stats_of(&w).unauthenticated, 0);
    close(silent);
    close(pinging);
    px_mqtt_door_free(w.door);
}

PX_TEST(limits_on_connections_hold_at_the_limit_and_one_past_it)
{
    static const px_listen_address peer = { .text = "192.0.2.7:1234", .network = 7 };
    static const px_mqtt_door_opts limits[] = { { .connections_max = 2 },
                                                { .connections_per_address_max = 2 },
                                                { .unauthenticated_max = 2 } };

    for (size_t i = 0; i < 3; i++) {
        int fds[3];
        world w;

        open_world(&w, limits[i]);
        fds[0] = adopted(&w, PX_STR(""));
        CHECK(px_mqtt_door_has_room(w.door, &peer));
        fds[1] = adopted(&w, PX_STR(""));
        CHECK(!px_mqtt_door_has_room(w.door, &peer));
        fds[2] = adopted(&w, PX_STR(""));
        CHECK(is_closed(fds[2]));
        CHECK_EQ(stats_of(&w).refused_full, 1);
        close(fds[0]);
        until_connections(&w, 1);
        CHECK(px_mqtt_door_has_room(w.door, &peer));
        close(fds[1]);
        close(fds[2]);
        px_mqtt_door_free(w.door);
    }
}

PX_TEST(when_the_door_stops_clients_are_told_and_closed)
{
    world w;
    int fd, late;

    open_world(&w, (px_mqtt_door_opts){ 0 });
    fd = adopted(&w, PX_STR(""));
    say(fd, 0x82, px_str_of(CONNECT_5, sizeof(CONNECT_5) - 1));
    expect_connack(fd);
    px_mqtt_door_stop(w.door, 5000);
    expect(fd, PX_STR("\x82\3\xe0\1\x8b\x88\2\x03\xe9"));
    CHECK(is_closed(fd));
    late = adopted(&w, PX_STR("early"));
    CHECK(is_closed(late));
    CHECK_EQ(stats_of(&w).connections, 0);
    CHECK_EQ(atomic_load(&w.closes), 1);
    close(fd);
    close(late);
    px_mqtt_door_free(w.door);
}

PX_TEST_MAIN()
