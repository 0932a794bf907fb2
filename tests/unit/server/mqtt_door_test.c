/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "mqtt_door_kit.h"
#include "server/listen.h"

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
