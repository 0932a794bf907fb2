/* SPDX-License-Identifier: Apache-2.0 */
/* What an application answers later, from another thread, and what it is told meanwhile. */
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "mqtt_door_kit.h"

/* A client whose CONNECT waits for its admission. */
static int begin_judged(seen *s, int digit, int connects)
{
    int fd = knock(s);

    s->on_connect = PX_MQTT_LATER;
    say_connect(fd, digit);
    wait_for(s, &s->connects, connects);
    return fd;
}

PX_TEST(a_connect_is_admitted_later_and_what_came_behind_it_is_heard)
{
    const uint16_t received[] = { 9 };
    seen s;
    int fd;

    open_door(&s, 1);
    s.on_publish = PX_MQTT_SUCCESS;
    fd = begin_judged(&s, 0, 1);
    publish(fd, 1);
    send_bytes(fd, PX_STR("\x62\2\0\x09"));
    px_mqtt_door_admit(
        s.door, s.conns[0],
        &(px_mqtt_admission){ .session_present = true, .received = received, .received_count = 1 });
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x20\2\1\0\x40\2\0\1\x70\2\0\x09"));
    CHECK_EQ(count_of(&s, &s.releases), 1);
    CHECK_EQ(s.packet_id, 9);
    close(fd);
    wait_for(&s, &s.closes, 1);
    CHECK(s.end.with_will);
    close_door(&s);
}

PX_TEST(a_connect_is_refused_later)
{
    seen s;
    int fd;

    open_door(&s, 1);
    fd = begin_judged(&s, 0, 1);
    px_mqtt_door_admit(s.door, s.conns[0], &(px_mqtt_admission){ .reason = 0x87 });
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x20\2\0\5"));
    expect_end(fd);
    CHECK_EQ(count_of(&s, &s.closes), 1);
    CHECK(!s.end.with_will);
    close(fd);
    close_door(&s);
}

PX_TEST(one_who_is_judged_has_the_name_already)
{
    px_mqtt_door_stats stats;
    seen s;
    int older, newer;

    open_door(&s, 1);
    older = begin_judged(&s, 0, 1);
    newer = begin_judged(&s, 0, 2);
    expect_end(older);
    wait_for(&s, &s.closes, 1);
    CHECK_EQ(s.end.reason, PX_MQTT_SESSION_TAKEN_OVER);
    px_mqtt_door_admit(s.door, s.conns[0], &(px_mqtt_admission){ 0 });
    px_mqtt_door_wake(s.door);
    expect(newer, PX_STR("\x20\2\0\0"));
    px_mqtt_door_read_stats(s.door, &stats);
    CHECK_EQ(stats.taken_over, 1);
    CHECK_EQ(stats.unauthenticated, 0);
    close(older);
    close(newer);
    close_door(&s);
}

PX_TEST(an_admission_for_one_who_is_gone_harms_nobody)
{
    struct linger reset = { .l_onoff = 1 };
    px_mqtt_conn gone;
    seen s;
    int fd;

    open_door(&s, 1);
    fd = begin_judged(&s, 0, 1);
    gone = s.conns[0];
    CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    close(fd); /* a reset is heard of one who is not read as well */
    wait_for(&s, &s.closes, 1);
    s.on_connect = PX_MQTT_SUCCESS;
    fd = join(&s, 1); /* takes its place */
    px_mqtt_door_admit(s.door, gone, &(px_mqtt_admission){ .reason = 0x87 });
    px_mqtt_door_released(s.door, gone, 1);
    px_mqtt_door_release(s.door, gone, 1);
    px_mqtt_door_answer(s.door, gone, PX_MQTT_SUBACK, 1, (const uint8_t[]){ 0 }, 1);
    px_mqtt_door_admit(s.door, (px_mqtt_conn){ 0 }, &(px_mqtt_admission){ 0 });
    px_mqtt_door_wake(s.door);
    send_bytes(fd, PX_STR("\xc0\0"));
    expect(fd, PX_STR("\xd0\0"));
    close(fd);
    close_door(&s);
}

PX_TEST(one_whose_answer_finds_no_memory_does_not_wait_for_ever)
{
    px_mqtt_door_stats stats;
    seen s;
    int judged, other;

    open_door(&s, 1);
    other = join(&s, 1);
    judged = begin_judged(&s, 0, 2);
    px_mem_fail_nth(1); /* the door sleeps, so this is the answer's */
    px_mqtt_door_admit(s.door, s.conns[0], &(px_mqtt_admission){ 0 });
    px_mem_fail_nth(0);
    px_mqtt_door_wake(s.door);
    expect_end(judged);
    send_bytes(other, PX_STR("\xc0\0")); /* one who waits for nothing goes on */
    expect(other, PX_STR("\xd0\0"));
    px_mqtt_door_read_stats(s.door, &stats);
    CHECK_EQ(stats.ended[PX_MQTT_QUOTA_EXCEEDED], 1);
    close(judged);
    close(other);
    close_door(&s);
}

PX_TEST(a_subscribe_is_answered_later_and_before_its_deliveries)
{
    px_mqtt_publish m = { .topic = PX_STR("t"), .retain = true };
    seen s;
    int fd;

    open_door(&s, 1);
    s.on_subscribe = PX_MQTT_LATER;
    fd = join(&s, 0);
    send_bytes(fd, PX_STR("\x82\6\0\5\0\1t\2"));
    wait_for(&s, &s.subscribes, 1);
    CHECK_EQ(px_mqtt_door_deliver(s.door, s.conns, 1, &m), PX_OK);
    px_mqtt_door_answer(s.door, s.conns[0], PX_MQTT_SUBACK, 5, (const uint8_t[]){ 2 }, 1);
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x90\3\0\5\2\x31\3\0\1t"));
    send_bytes(fd, PX_STR("\xa2\5\0\6\0\1t"));
    wait_for(&s, &s.subscribes, 2);
    px_mqtt_door_answer(s.door, s.conns[0], PX_MQTT_UNSUBACK, 6, (const uint8_t[]){ 0 }, 1);
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\xb0\2\0\6"));
    close(fd);
    close_door(&s);
}

PX_TEST(qos_2_from_a_client_is_answered_and_released_later)
{
    seen s;
    int fd;

    open_door(&s, 1);
    s.on_release = PX_MQTT_LATER;
    fd = join(&s, 0);
    send_bytes(fd, PX_STR("\x34\5\0\1t\0\7"));
    wait_for(&s, &s.publishes, 1);
    px_mqtt_door_ack(s.door, s.conns[0], s.tokens[0], PX_MQTT_SUCCESS);
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x50\2\0\7"));
    send_bytes(fd, PX_STR("\x62\2\0\7"));
    wait_for(&s, &s.releases, 1);
    px_mqtt_door_released(s.door, s.conns[0], 7);
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x70\2\0\7"));
    close(fd);
    close_door(&s);
}

PX_TEST(qos_2_to_a_client_is_the_applications_step_by_step)
{
    px_mqtt_publish m = { .topic = PX_STR("t"), .qos = 2, .packet_id = 5, .dup = true };
    seen s;
    int fd;

    open_door(&s, 1);
    s.on_acked = PX_MQTT_LATER;
    fd = join(&s, 0);
    CHECK_EQ(px_mqtt_door_deliver(s.door, s.conns, 1, &m), PX_OK);
    px_mqtt_door_release(s.door, s.conns[0], 4); /* repeated of an earlier connection */
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x62\2\0\4\x3c\5\0\1t\0\5"));
    send_bytes(fd, PX_STR("\x50\2\0\5"));
    wait_for(&s, &s.ackeds, 1);
    CHECK_EQ(s.acked_type, PX_MQTT_PUBREC);
    CHECK_EQ(s.packet_id, 5);
    px_mqtt_door_release(s.door, s.conns[0], 5);
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x62\2\0\5"));
    send_bytes(fd, PX_STR("\x70\2\0\5\x70\2\0\4"));
    wait_for(&s, &s.ackeds, 3);
    CHECK_EQ(s.acked_type, PX_MQTT_PUBCOMP);
    close(fd);
    close_door(&s);
}

PX_TEST(a_message_is_not_repeated_behind_its_pubrel)
{
    px_mqtt_publish m = { .topic = PX_STR("t"), .qos = 2, .packet_id = 4, .dup = true };
    seen s;
    int fd;

    open_door(&s, 1);
    fd = join(&s, 0);
    CHECK_EQ(px_mqtt_door_deliver(s.door, s.conns, 1, &m), PX_OK);
    px_mqtt_door_release(s.door, s.conns[0], 4); /* its PUBREC came by an earlier connection */
    px_mqtt_door_wake(s.door);
    expect(fd, PX_STR("\x62\2\0\4"));
    send_bytes(fd, PX_STR("\xc0\0"));
    expect(fd, PX_STR("\xd0\0"));
    close(fd);
    close_door(&s);
}

PX_TEST(a_goodbye_is_told_from_a_loss)
{
    seen s;
    int fd;

    open_door(&s, 1);
    fd = join(&s, 0);
    send_bytes(fd, PX_STR("\xe0\0"));
    wait_for(&s, &s.closes, 1);
    CHECK(!s.end.with_will);
    CHECK_EQ(s.end.reason, PX_MQTT_SUCCESS);
    close(fd);
    fd = join(&s, 0);
    close(fd);
    wait_for(&s, &s.closes, 2);
    CHECK(s.end.with_will);
    close_door(&s);
}

PX_TEST(a_door_that_stops_waits_for_nobody_who_is_still_judged)
{
    seen s;
    int judged, waiting;

    open_door(&s, 1);
    s.on_subscribe = PX_MQTT_LATER;
    waiting = join(&s, 1);
    send_bytes(waiting, PX_STR("\x82\6\0\5\0\1t\2"));
    wait_for(&s, &s.subscribes, 1);
    judged = begin_judged(&s, 0, 2);
    px_mqtt_door_stop(s.door, 50); /* the answers never come */
    CHECK_EQ(count_of(&s, &s.closes), 2);
    expect_end(judged);
    expect_end(waiting);
    close(judged);
    close(waiting);
    close_door(&s);
}

PX_TEST_MAIN()
