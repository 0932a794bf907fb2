/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/session.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"
#include "px_mqtt_story.h"
#include "px_test.h"

#define NO_PROPS ((px_str){ NULL, 0 })

static void put_connect(px_mqtt_story *st, px_mqtt_version version, uint16_t keep_alive_s,
                        px_str props)
{
    px_mqtt_connect c = { .version = (uint8_t)version,
                          .clean_start = true,
                          .has_user = true,
                          .keep_alive_s = keep_alive_s,
                          .client_id = PX_STR("c1"),
                          .user = PX_STR("u") };

    px_mqtt_put_connect(&st->sent, &c, props, NO_PROPS);
}

static void put_publish(px_mqtt_story *st, px_mqtt_version version, const char *topic,
                        const char *payload, uint16_t packet_id)
{
    px_mqtt_publish p = { .topic = px_str_c(topic),
                          .payload = px_str_c(payload),
                          .qos = packet_id ? 1 : 0,
                          .packet_id = packet_id };

    px_mqtt_put_publish(&st->sent, version, &p);
}

/* A story whose client is let in already. */
static void begin_open(px_mqtt_story *st, px_mqtt_version version)
{
    px_mqtt_story_begin(st, NULL);
    put_connect(st, version, 0, NO_PROPS);
    px_mqtt_story_feed(st);
    CHECK(px_mqtt_session_is_open(st->session));
    px_mqtt_story_output(st);
    px_buf_clear(&st->log);
}

static void check_log(px_mqtt_story *st, const char *wanted)
{
    CHECK_SLICE(px_buf_str(&st->log), wanted);
    px_buf_clear(&st->log);
}

static void check_output(px_mqtt_story *st, px_str wanted)
{
    px_str got = px_mqtt_story_output(st);

    CHECK_EQ(got.len, wanted.len);
    CHECK(px_str_eq(got, wanted));
}

static px_mqtt_frame first_frame(px_str bytes)
{
    px_mqtt_frame frame;

    CHECK_EQ(px_mqtt_frame_cut(bytes, PX_MQTT_PACKET_BYTES_MAX, &frame), PX_MQTT_SUCCESS);
    return frame;
}

PX_TEST(a_v311_client_is_let_in)
{
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    put_connect(&st, PX_MQTT_V311, 60, NO_PROPS);
    px_mqtt_story_feed(&st);
    check_log(&st, "connect c1 user=u\n");
    check_output(&st, PX_STR("\x20\x02\0\0"));
    px_mqtt_story_end(&st);
}

PX_TEST(a_v5_client_is_told_every_limit)
{
    px_mqtt_story st;
    px_mqtt_connack ack;
    px_mqtt_connect c = { .version = PX_MQTT_V5, .clean_start = true };
    px_buf props = { 0 };

    px_mqtt_story_begin(&st, &(px_mqtt_session_opts){ 0 });
    px_mqtt_put_prop_u32(&props, PX_MQTT_PROP_SESSION_EXPIRY, 100);
    px_mqtt_put_connect(&st.sent, &c, px_buf_str(&props), NO_PROPS);
    px_mqtt_story_feed(&st);
    CHECK_EQ(px_mqtt_decode_connack(first_frame(px_mqtt_story_output(&st)).body, PX_MQTT_V5, &ack),
             PX_MQTT_SUCCESS);
    CHECK_EQ(ack.reason, 0);
    CHECK_EQ(ack.props.receive_max, PX_MQTT_INFLIGHT_MAX);
    CHECK(!px_mqtt_has(&ack.props, PX_MQTT_PROP_QOS_MAX)); /* 2, as the standard has it */
    CHECK(!px_mqtt_has(&ack.props, PX_MQTT_PROP_SHARED_AVAILABLE));
    CHECK(!px_mqtt_has(&ack.props, PX_MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE));
    CHECK_EQ(ack.props.packet_bytes_max, PX_MQTT_PACKET_BYTES_MAX);
    CHECK_EQ(ack.props.topic_alias_max, PX_MQTT_TOPIC_ALIASES_MAX);
    CHECK_EQ(ack.props.server_keep_alive_s, PX_MQTT_KEEPALIVE_S_DEFAULT);
    CHECK(px_mqtt_has(&ack.props, PX_MQTT_PROP_SESSION_EXPIRY) && ack.props.session_expiry_s == 0);
    CHECK(px_mqtt_has(&ack.props, PX_MQTT_PROP_RETAIN_AVAILABLE));
    CHECK_SLICE(ack.props.assigned_client_id, "px-000000000000002a");
    px_buf_release(&props);
    px_mqtt_story_end(&st);
}

PX_TEST(a_refused_client_hears_it_in_its_own_version)
{
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    st.on_connect = PX_MQTT_BAD_USER_OR_PASSWORD;
    put_connect(&st, PX_MQTT_V311, 0, NO_PROPS);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\x20\x02\0\4"));
    CHECK(px_mqtt_session_is_ended(st.session));
    CHECK_EQ(px_mqtt_count_of(&st.counters.refused[0x86]), 1);
    px_mqtt_story_end(&st);

    px_mqtt_story_begin(&st, NULL);
    st.on_connect = PX_MQTT_BAD_USER_OR_PASSWORD;
    put_connect(&st, PX_MQTT_V5, 0, NO_PROPS);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\x20\x03\0\x86\0"));
    check_log(&st, "connect c1 user=u\n"); /* never open, so never closed */
    px_mqtt_story_end(&st);
}

PX_TEST(an_unknown_version_is_refused_and_an_unknown_protocol_is_cut)
{
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    px_put(&st.sent, PX_STR("\x10\x0f\0\6MQIsdp\3\2\0\0\0\1a"));
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\x20\x02\0\1"));
    px_mqtt_story_end(&st);

    px_mqtt_story_begin(&st, NULL);
    px_put(&st.sent, PX_STR("GET / HTTP/1.1\r\n\r\n"));
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR(""));
    CHECK(px_mqtt_session_is_ended(st.session));
    px_mqtt_story_end(&st);
}

PX_TEST(before_connect_only_its_first_byte_is_waited_for)
{
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    px_put(&st.sent, PX_STR("\x30"));
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_is_ended(st.session));
    px_mqtt_story_end(&st);

    px_mqtt_story_begin(&st, NULL); /* 64 KiB + 1 announced: told at once, not awaited */
    px_put(&st.sent, PX_STR("\x10\xfd\xff\x03"));
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_is_ended(st.session));
    CHECK_EQ(px_mqtt_count_of(&st.counters.ended[0x95]), 1);
    px_mqtt_story_end(&st);

    px_mqtt_story_begin(&st, NULL); /* 64 KiB exactly: awaited */
    px_put(&st.sent, PX_STR("\x10\xfc\xff\x03"));
    px_mqtt_story_feed(&st);
    CHECK(!px_mqtt_session_is_ended(st.session));
    px_mqtt_story_end(&st);
}

PX_TEST(connect_must_come_within_five_seconds)
{
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    px_mqtt_session_tick(st.session, 5 * PX_SECOND - 1);
    CHECK(!px_mqtt_session_is_ended(st.session));
    px_mqtt_session_tick(st.session, 5 * PX_SECOND);
    CHECK(px_mqtt_session_is_ended(st.session));
    px_mqtt_story_end(&st);
}

PX_TEST(a_second_connect_is_a_protocol_error)
{
    px_mqtt_story st;

    begin_open(&st, PX_MQTT_V5);
    put_connect(&st, PX_MQTT_V5, 0, NO_PROPS);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\xe0\x01\x82"));
    check_log(&st, "closed protocol_error will\n");
    px_mqtt_story_end(&st);
}

PX_TEST(pubacks_leave_in_the_order_in_which_messages_came)
{
    px_mqtt_story st;
    px_str got;

    begin_open(&st, PX_MQTT_V5);
    st.on_publish = PX_MQTT_LATER;
    put_publish(&st, PX_MQTT_V5, "a", "1", 11);
    put_publish(&st, PX_MQTT_V5, "a", "2", 12);
    put_publish(&st, PX_MQTT_V5, "a", "3", 13);
    px_mqtt_story_feed(&st);
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 3);
    px_mqtt_session_ack(st.session, st.tokens[2], PX_MQTT_SUCCESS);
    px_mqtt_session_ack(st.session, st.tokens[1], PX_MQTT_PAYLOAD_FORMAT_INVALID);
    check_output(&st, PX_STR(""));
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_SUCCESS);
    got = px_mqtt_story_output(&st);
    CHECK(px_str_starts(got, PX_STR("\x40\x02\0\x0b\x40")));
    CHECK(px_str_starts(px_str_skip(got, 6), PX_STR("\0\x0c\x99")));
    CHECK(px_str_eq(px_str_skip(got, got.len - 4), PX_STR("\x40\x02\0\x0d")));
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_SUCCESS); /* again: ignored */
    px_mqtt_session_ack(st.session, 77, PX_MQTT_SUCCESS);           /* never given: ignored */
    check_output(&st, PX_STR(""));
    px_mqtt_story_end(&st);
}

PX_TEST(what_was_taken_in_part_is_a_success_that_says_so)
{
    static const char *const texts[] = { "not taken", "", "" };
    px_mqtt_version versions[] = { PX_MQTT_V5, PX_MQTT_V5, PX_MQTT_V311 };

    for (int i = 0; i < 3; i++) {
        px_mqtt_story st;
        px_str got;

        px_mqtt_story_begin(&st, NULL);
        /* the second client asks for no reason strings; 3.1.1 has none */
        put_connect(&st, versions[i], 0, i == 1 ? PX_STR("\x17\0") : NO_PROPS);
        px_mqtt_story_feed(&st);
        px_mqtt_story_output(&st);
        st.on_publish = PX_MQTT_LATER;
        put_publish(&st, versions[i], "a", "1", 11);
        px_mqtt_story_feed(&st);
        px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_PARTLY);
        got = px_mqtt_story_output(&st);
        if (texts[i][0])
            CHECK(px_str_starts(px_str_skip(got, 2), PX_STR("\0\x0b\0")) &&
                  memmem(got.ptr, got.len, texts[i], strlen(texts[i])) != NULL);
        else
            CHECK(px_str_eq(got, PX_STR("\x40\x02\0\x0b")));
        px_mqtt_story_end(&st);
    }
}

/* The reason string of a PUBACK whose packet is shorter than 128 bytes; "" when there is none. */
static px_str reason_string(px_str puback)
{
    return puback.len < 9 ? (px_str){ 0 } : px_str_skip(puback, 9);
}

PX_TEST(a_refusal_says_why_in_the_applications_words_or_in_the_usual_ones)
{
    static const px_mqtt_reason refusals[] = { PX_MQTT_NOT_AUTHORIZED, PX_MQTT_TOPIC_NAME_INVALID,
                                               PX_MQTT_PAYLOAD_FORMAT_INVALID,
                                               PX_MQTT_QUOTA_EXCEEDED };
    px_mqtt_story st;
    px_str got;

    begin_open(&st, PX_MQTT_V5);
    for (size_t i = 0; i < 4; i++) {
        st.on_publish = refusals[i];
        st.explains = "the model has no 'sped'";
        put_publish(&st, PX_MQTT_V5, "a", "1", 1);
        px_mqtt_story_feed(&st);
        CHECK(px_str_eq(reason_string(px_mqtt_story_output(&st)), px_str_c(st.explains)));
        st.explains = i % 2 ? NULL : "not UTF-8: \xff";
        put_publish(&st, PX_MQTT_V5, "a", "1", 1);
        px_mqtt_story_feed(&st);
        CHECK(reason_string(px_mqtt_story_output(&st)).len > 40);
    }
    st.on_publish = PX_MQTT_LATER; /* a full disk is 0x97 on the wire, and its own sentence */
    st.explains = NULL;
    put_publish(&st, PX_MQTT_V5, "a", "1", 1);
    px_mqtt_story_feed(&st);
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_DISK_FULL);
    got = px_mqtt_story_output(&st);
    CHECK(got.ptr[4] == '\x97' &&
          px_str_starts(reason_string(got), PX_STR("the server's disk is")));
    st.on_publish = PX_MQTT_SUCCESS; /* what was said of a message that was taken is not told */
    st.explains = "nothing";
    put_publish(&st, PX_MQTT_V5, "a", "1", 1);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\x40\x02\0\1"));
    px_mqtt_story_end(&st);
}

PX_TEST(each_refusal_has_its_own_words_behind_others_that_wait)
{
    px_mqtt_story st;
    px_str got;

    begin_open(&st, PX_MQTT_V5);
    st.on_publish = PX_MQTT_LATER;
    put_publish(&st, PX_MQTT_V5, "a", "1", 1);
    px_mqtt_story_feed(&st);
    st.on_publish = PX_MQTT_PAYLOAD_FORMAT_INVALID;
    st.explains = "second";
    put_publish(&st, PX_MQTT_V5, "a", "2", 2);
    px_mqtt_story_feed(&st);
    st.explains = "third";
    put_publish(&st, PX_MQTT_V5, "a", "3", 3);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR(""));
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_SUCCESS);
    got = px_str_skip(px_mqtt_story_output(&st), 4);
    CHECK(px_str_starts(got, PX_STR("\x40\x0d\0\2\x99\x09\x1f\0\6second\x40\x0c\0\3\x99\x08\x1f\0\5"
                                    "third")));
    st.on_publish = PX_MQTT_LATER; /* one that never gets an answer leaves nothing behind */
    put_publish(&st, PX_MQTT_V5, "a", "4", 4);
    px_mqtt_story_feed(&st);
    st.on_publish = PX_MQTT_PAYLOAD_FORMAT_INVALID;
    put_publish(&st, PX_MQTT_V5, "a", "5", 5);
    px_mqtt_story_feed(&st);
    px_mqtt_story_end(&st);
}

PX_TEST(an_answer_at_once_waits_for_the_ones_before_it)
{
    px_mqtt_story st;

    begin_open(&st, PX_MQTT_V311);
    st.on_publish = PX_MQTT_LATER;
    put_publish(&st, PX_MQTT_V311, "a", "1", 1);
    px_mqtt_story_feed(&st);
    st.on_publish = PX_MQTT_SUCCESS;
    put_publish(&st, PX_MQTT_V311, "a", "2", 2);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR(""));
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_SUCCESS);
    check_output(&st, PX_STR("\x40\x02\0\1\x40\x02\0\2"));
    px_mqtt_story_end(&st);
}

PX_TEST(what_a_v311_client_cannot_be_told)
{
    px_mqtt_story st;

    begin_open(&st, PX_MQTT_V311); /* judged: acknowledged, and counted */
    st.on_publish = PX_MQTT_NOT_AUTHORIZED;
    put_publish(&st, PX_MQTT_V311, "a", "1", 1);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\x40\x02\0\1"));
    CHECK_EQ(px_mqtt_count_of(&st.counters.refused[0x87]), 1);
    st.on_publish = PX_MQTT_QUOTA_EXCEEDED; /* not kept: never acknowledged */
    put_publish(&st, PX_MQTT_V311, "a", "2", 2);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR(""));
    CHECK(px_mqtt_session_is_ended(st.session));
    px_mqtt_story_end(&st);
}

static void put_qos_2(px_mqtt_story *st, px_mqtt_version version, uint16_t packet_id, bool dup)
{
    px_mqtt_publish p = { .topic = PX_STR("a"), .qos = 2, .packet_id = packet_id, .dup = dup };

    px_mqtt_put_publish(&st->sent, version, &p);
}

PX_TEST(a_qos_2_message_is_offered_once_and_released_once)
{
    for (uint8_t v = PX_MQTT_V311; v <= PX_MQTT_V5; v++) {
        px_mqtt_version version = (px_mqtt_version)v;
        px_mqtt_story st;

        begin_open(&st, version);
        put_qos_2(&st, version, 7, false);
        px_mqtt_story_feed(&st);
        check_output(&st, PX_STR("\x50\2\0\7"));
        put_qos_2(&st, version, 7, true);
        px_mqtt_story_feed(&st);
        check_output(&st, PX_STR("\x50\2\0\7"));
        check_log(&st, "publish a  qos=2\n");
        px_put(&st.sent, PX_STR("\x62\2\0\7"));
        px_mqtt_story_feed(&st);
        check_output(&st, PX_STR("\x70\2\0\7"));
        check_log(&st, "release 7\n");
        px_mqtt_story_end(&st);
    }
}

static void fill_window(px_mqtt_story *st, px_mqtt_version version, unsigned count)
{
    st->on_publish = PX_MQTT_LATER;
    for (unsigned i = 1; i <= count; i++)
        put_publish(st, version, "a", "x", (uint16_t)i);
    px_mqtt_story_feed(st);
}

PX_TEST(a_v5_client_may_fill_its_window_and_not_more)
{
    px_mqtt_story st;

    begin_open(&st, PX_MQTT_V5);
    fill_window(&st, PX_MQTT_V5, PX_MQTT_INFLIGHT_MAX);
    CHECK(px_mqtt_session_is_open(st.session));
    put_publish(&st, PX_MQTT_V5, "a", "x", 999);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\xe0\x01\x93"));
    px_mqtt_story_end(&st);
}

PX_TEST(a_v311_client_beyond_the_window_waits)
{
    px_mqtt_story st;

    begin_open(&st, PX_MQTT_V311);
    fill_window(&st, PX_MQTT_V311, PX_MQTT_INFLIGHT_MAX + 1);
    CHECK(px_mqtt_session_stalled(st.session));
    CHECK(!px_mqtt_session_wants_input(st.session));
    CHECK_EQ(st.token_count, PX_MQTT_INFLIGHT_MAX);
    px_mqtt_session_resume(st.session, 0);
    CHECK(px_mqtt_session_stalled(st.session)); /* still no room */
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_SUCCESS);
    px_mqtt_session_resume(st.session, 0);
    CHECK_EQ(st.token_count, PX_MQTT_INFLIGHT_MAX + 1);
    CHECK(px_mqtt_session_wants_input(st.session));
    px_mqtt_story_end(&st);
}

PX_TEST(a_busy_application_is_asked_again_and_nothing_is_lost)
{
    px_mqtt_story st;

    begin_open(&st, PX_MQTT_V311);
    st.on_publish = PX_MQTT_BUSY;
    put_publish(&st, PX_MQTT_V311, "a", "1", 1);
    put_publish(&st, PX_MQTT_V311, "a", "2", 0);
    px_put(&st.sent, PX_STR("\xc0")); /* half a ping */
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_stalled(st.session));
    px_buf_clear(&st.log);
    px_put(&st.sent, PX_STR("\0")); /* its other half, read before the door knew */
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR(""));
    st.on_publish = PX_MQTT_SUCCESS;
    px_mqtt_session_resume(st.session, 0);
    check_log(&st, "publish a 1 qos=1\npublish a 2 qos=0\n");
    check_output(&st, PX_STR("\x40\x02\0\1\xd0\0"));
    CHECK(!px_mqtt_session_stalled(st.session));
    px_mqtt_story_end(&st);
}

PX_TEST(keep_alive_ends_after_one_and_a_half_times)
{
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    put_connect(&st, PX_MQTT_V5, 10, NO_PROPS);
    px_mqtt_story_feed(&st);
    px_mqtt_story_output(&st);
    px_mqtt_session_tick(st.session, 15 * PX_SECOND);
    CHECK(px_mqtt_session_is_open(st.session));
    st.now_ns = 15 * PX_SECOND;
    px_put(&st.sent, PX_STR("\xc0\0"));
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\xd0\0"));
    px_mqtt_session_tick(st.session, 30 * PX_SECOND);
    CHECK(px_mqtt_session_is_open(st.session));
    px_mqtt_session_tick(st.session, 30 * PX_SECOND + 1);
    check_output(&st, PX_STR("\xe0\x01\x8d"));
    px_mqtt_story_end(&st);
}

PX_TEST(a_client_that_we_do_not_read_is_not_timed_out)
{
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    put_connect(&st, PX_MQTT_V5, 10, NO_PROPS);
    px_mqtt_story_feed(&st);
    px_mqtt_session_pause(st.session, true);
    px_mqtt_session_tick(st.session, 100 * PX_SECOND);
    px_mqtt_session_pause(st.session, false);
    px_mqtt_session_tick(st.session, 115 * PX_SECOND);
    CHECK(px_mqtt_session_is_open(st.session));
    px_mqtt_session_tick(st.session, 115 * PX_SECOND + 1);
    CHECK(px_mqtt_session_is_ended(st.session));
    px_mqtt_story_end(&st);
}

static px_status deliver(px_mqtt_story *st, uint8_t qos, px_str payload)
{
    return px_mqtt_session_deliver(
        st->session, &(px_mqtt_publish){ .topic = PX_STR("t"), .payload = payload, .qos = qos });
}

PX_TEST(deliveries_obey_the_window_of_the_client)
{
    px_mqtt_story st;
    px_buf props = { 0 };

    px_mqtt_story_begin(&st, NULL);
    px_mqtt_put_prop_u16(&props, PX_MQTT_PROP_RECEIVE_MAX, 2);
    put_connect(&st, PX_MQTT_V5, 0, px_buf_str(&props));
    px_mqtt_story_feed(&st);
    px_mqtt_story_output(&st);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(deliver(&st, 1, PX_STR("x")), PX_OK);
    check_output(&st, PX_STR("\x32\7\0\1t\x80\1\0x\x32\7\0\1t\x80\2\0x"));
    CHECK_EQ(deliver(&st, 0, PX_STR("y")), PX_OK); /* QoS 0 needs no window */
    check_output(&st, PX_STR("\x30\5\0\1t\0y"));
    px_put(&st.sent, PX_STR("\x40\2\x80\2"));
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\x32\7\0\1t\x80\3\0x"));
    px_put(&st.sent, PX_STR("\x40\2\x80\1\x40\2\x80\3\x40\2\0\x63"));
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\x32\7\0\1t\x80\4\0x"));
    CHECK_EQ(px_mqtt_count_of(&st.counters.acks_unasked), 1);
    px_buf_release(&props);
    px_mqtt_story_end(&st);
}

PX_TEST(a_slow_client_loses_qos_0_and_is_ended_for_qos_1)
{
    static char kilobyte[1000];
    px_mqtt_story st;
    unsigned taken = 0;

    memset(kilobyte, 'k', sizeof(kilobyte));
    begin_open(&st, PX_MQTT_V5);
    for (int i = 0; i < 2000; i++)
        CHECK_EQ(deliver(&st, 0, px_str_of(kilobyte, sizeof(kilobyte))), PX_OK);
    CHECK(px_mqtt_count_of(&st.counters.qos0_dropped) > 900);
    CHECK(px_mqtt_session_output(st.session).len <= PX_MQTT_OUT_BYTES_MAX);
    CHECK(!px_mqtt_session_wants_input(st.session)); /* who does not read is not read */
    while (deliver(&st, 1, px_str_of(kilobyte, sizeof(kilobyte))) == PX_OK)
        taken++;
    CHECK_EQ(taken, PX_MQTT_QUEUE_MESSAGES_MAX);
    CHECK(px_mqtt_session_is_ended(st.session));
    CHECK_EQ(px_mqtt_count_of(&st.counters.ended[0x97]), 1);
    px_mqtt_story_end(&st);
}

PX_TEST(queued_deliveries_come_when_the_output_has_gone)
{
    static char chunk[60000];
    px_mqtt_story st;
    size_t got = 0;

    memset(chunk, 'k', sizeof(chunk));
    begin_open(&st, PX_MQTT_V311);
    for (int i = 0; i < 30; i++)
        CHECK_EQ(deliver(&st, 1, px_str_of(chunk, sizeof(chunk))), PX_OK);
    for (px_str out; (out = px_mqtt_session_output(st.session)).len > 0;) {
        size_t piece = out.len < 7777 ? out.len : 7777;

        got += piece;
        px_mqtt_session_sent(st.session, piece);
    }
    CHECK_EQ(got, 30 * (sizeof(chunk) + 9));
    px_mqtt_story_end(&st);
}

PX_TEST(a_packet_larger_than_the_client_takes_is_not_sent)
{
    px_mqtt_story st;
    px_buf props = { 0 };

    px_mqtt_story_begin(&st, NULL);
    px_mqtt_put_prop_u32(&props, PX_MQTT_PROP_PACKET_BYTES_MAX, 10);
    put_connect(&st, PX_MQTT_V5, 0, px_buf_str(&props));
    px_mqtt_story_feed(&st);
    px_mqtt_story_output(&st);
    CHECK_EQ(deliver(&st, 0, PX_STR("1234")), PX_OK);
    check_output(&st, PX_STR("\x30\x08\0\1t\0"
                             "1234"));
    CHECK_EQ(deliver(&st, 0, PX_STR("12345")), PX_OK);
    check_output(&st, PX_STR(""));
    CHECK_EQ(px_mqtt_count_of(&st.counters.oversized_dropped), 1);
    px_buf_release(&props);
    px_mqtt_story_end(&st);
}

static void publish_alias(px_mqtt_story *st, const char *topic, uint16_t alias)
{
    px_buf props = { 0 };
    px_mqtt_publish p = { .topic = px_str_c(topic), .payload = PX_STR("x") };

    px_mqtt_put_prop_u16(&props, PX_MQTT_PROP_TOPIC_ALIAS, alias);
    p.encoded_props = px_buf_str(&props);
    px_mqtt_put_publish(&st->sent, PX_MQTT_V5, &p);
    px_buf_release(&props);
    px_mqtt_story_feed(st);
}

PX_TEST(topic_aliases_are_learnt_up_to_their_limit)
{
    px_mqtt_story st;

    begin_open(&st, PX_MQTT_V5);
    publish_alias(&st, "long/topic", PX_MQTT_TOPIC_ALIASES_MAX);
    publish_alias(&st, "", PX_MQTT_TOPIC_ALIASES_MAX);
    publish_alias(&st, "other", PX_MQTT_TOPIC_ALIASES_MAX);
    publish_alias(&st, "", PX_MQTT_TOPIC_ALIASES_MAX);
    check_log(&st, "publish long/topic x qos=0\npublish long/topic x qos=0\n"
                   "publish other x qos=0\npublish other x qos=0\n");
    publish_alias(&st, "a", PX_MQTT_TOPIC_ALIASES_MAX + 1);
    check_output(&st, PX_STR("\xe0\x01\x94"));
    px_mqtt_story_end(&st);

    begin_open(&st, PX_MQTT_V5);
    publish_alias(&st, "", 1); /* never defined */
    check_output(&st, PX_STR("\xe0\x01\x94"));
    px_mqtt_story_end(&st);
}

static void begin_with_will(px_mqtt_story *st)
{
    px_mqtt_connect c = { .version = PX_MQTT_V5,
                          .clean_start = true,
                          .has_will = true,
                          .client_id = PX_STR("c1"),
                          .will = { .topic = PX_STR("gone"), .payload = PX_STR("1"), .qos = 1 } };

    px_mqtt_story_begin(st, NULL);
    px_mqtt_put_connect(&st->sent, &c, NO_PROPS, PX_STR("\1\1"));
    px_mqtt_story_feed(st);
    px_buf_clear(&st->log);
}

PX_TEST(the_will_goes_out_unless_the_client_says_goodbye)
{
    px_mqtt_story st;

    begin_with_will(&st);
    px_mqtt_session_lost(st.session);
    check_log(&st, "closed unspecified_error will\n");
    px_mqtt_story_end(&st);

    begin_with_will(&st);
    px_put(&st.sent, PX_STR("\xe0\0"));
    px_mqtt_story_feed(&st);
    check_log(&st, "closed success\n");
    px_mqtt_story_end(&st);

    begin_with_will(&st);
    px_put(&st.sent, PX_STR("\xe0\1\4"));
    px_mqtt_story_feed(&st);
    check_log(&st, "closed disconnect_with_will will\n");
    px_mqtt_story_end(&st);
}

PX_TEST(subscriptions_are_judged_one_by_one)
{
    px_mqtt_story st;
    const px_mqtt_filter filters[] = { { .text = PX_STR("a/+"), .qos = 2 },
                                       { .text = PX_STR("a/b#"), .qos = 0 },
                                       { .text = PX_STR("$share/g/t"), .qos = 0 } };

    begin_open(&st, PX_MQTT_V5);
    px_mqtt_put_subscribe(&st.sent, PX_MQTT_V5, 5, filters, 3, PX_STR("\x0b\x11"));
    px_mqtt_put_unsubscribe(&st.sent, PX_MQTT_V5, 6, filters, 3);
    px_mqtt_story_feed(&st);
    check_log(&st, "subscribe a/+ id=17 qos=2\n"
                   "subscribe a/b# id=17 refused=8f qos=0\n"
                   "subscribe t share=g id=17 qos=0\n"
                   "unsubscribe a/+\nunsubscribe a/b# refused=8f\nunsubscribe t share=g\n");
    check_output(&st, PX_STR("\x90\6\0\5\0\2\x8f\0\xb0\6\0\6\0\0\x8f\0"));
    px_mqtt_story_end(&st);

    begin_open(&st, PX_MQTT_V311);
    st.on_subscribe = PX_MQTT_NOT_AUTHORIZED;
    px_mqtt_put_subscribe(&st.sent, PX_MQTT_V311, 5, filters, 1, NO_PROPS);
    px_mqtt_put_unsubscribe(&st.sent, PX_MQTT_V311, 6, filters, 1);
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\x90\3\0\5\x80\xb0\2\0\6"));
    px_mqtt_story_end(&st);
}

PX_TEST(what_only_servers_send_is_a_protocol_error)
{
    static const char *const packets[] = { "\x20\x02", "\x90\x03", "\xd0\x00", "\xb0\x03",
                                           "\xf0\x00" };

    for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
        px_mqtt_story st;

        begin_open(&st, PX_MQTT_V5);
        px_put(&st.sent, px_str_of(packets[i], 2));
        px_put(&st.sent, px_str_of("\0\0\0", (size_t)packets[i][1]));
        px_mqtt_story_feed(&st);
        check_output(&st, PX_STR("\xe0\x01\x82"));
        px_mqtt_story_end(&st);
    }
}

PX_TEST(an_oversized_packet_is_told_by_its_header)
{
    px_mqtt_story st;

    begin_open(&st, PX_MQTT_V5);
    px_put(&st.sent, PX_STR("\x30\xfd\xff\x0f")); /* 256 KiB + 1 in all */
    px_mqtt_story_feed(&st);
    check_output(&st, PX_STR("\xe0\x01\x95"));
    px_mqtt_story_end(&st);

    begin_open(&st, PX_MQTT_V5);
    px_put(&st.sent, PX_STR("\x30\xfc\xff\x0f"));
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_is_open(st.session));
    px_mqtt_story_end(&st);
}

/* ---- any pieces give the same story ---- */

static void put_anything(px_gen *gen, px_mqtt_story *st, px_mqtt_version version)
{
    const px_mqtt_filter filter = { .text = PX_STR("a/#"), .qos = 1 };
    char payload[300];
    size_t len = px_gen_below(gen, sizeof(payload) - 1);

    memset(payload, 'p', len);
    payload[len] = '\0';
    switch (px_gen_below(gen, 12)) {
    case 0:
        px_mqtt_put_ping(&st->sent, PX_MQTT_PINGREQ);
        break;
    case 1:
        px_mqtt_put_subscribe(&st->sent, version, 1, &filter, 1, NO_PROPS);
        break;
    case 2:
        px_mqtt_put_unsubscribe(&st->sent, version, 1, &filter, 1);
        break;
    case 3:
        px_mqtt_put_ack(&st->sent, version, PX_MQTT_PUBACK, 9, 0);
        break;
    case 4:
        if (px_gen_below(gen, 20) == 0)
            px_put(&st->sent, PX_STR("\x30\x01x"));
        break;
    default:
        put_publish(st, version, "a/b", payload, (uint16_t)px_gen_below(gen, 3));
    }
}

/* Feeds in pieces of at most `piece_max` bytes; answers whenever the session stalls. */
static void feed_in_pieces(px_mqtt_story *st, px_str all, px_gen *gen, uint64_t piece_max)
{
    while (all.len > 0) {
        size_t piece = px_gen_below(gen, piece_max) + 1;

        piece = piece < all.len ? piece : all.len;
        px_mqtt_session_feed(st->session, px_str_of(all.ptr, piece), 0);
        all = px_str_skip(all, piece);
        while (px_mqtt_session_stalled(st->session))
            px_mqtt_session_resume(st->session, 0);
    }
}

PX_PROP(bytes_in_any_pieces_tell_the_same_story, 300)
{
    static const uint64_t pieces[] = { 1, 1u << 20, 5, 700 };
    px_mqtt_version version = px_gen_below(gen, 2) ? PX_MQTT_V5 : PX_MQTT_V311;
    px_mqtt_story writer, st;
    px_buf first_log = { 0 }, first_out = { 0 };

    px_mqtt_story_begin(&writer, NULL);
    put_connect(&writer, version, 0, NO_PROPS);
    for (uint64_t n = px_gen_below(gen, 40); n > 0; n--)
        put_anything(gen, &writer, version);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        px_mqtt_story_begin(&st, NULL);
        st.busy_every = i == 3 ? 3 : 0;
        feed_in_pieces(&st, px_buf_str(&writer.sent), gen, pieces[i]);
        if (i == 0) {
            px_put(&first_log, px_buf_str(&st.log));
            px_put(&first_out, px_mqtt_session_output(st.session));
        }
        CHECK(px_str_eq(px_buf_str(&st.log), px_buf_str(&first_log)));
        CHECK(px_str_eq(px_mqtt_session_output(st.session), px_buf_str(&first_out)));
        px_mqtt_story_end(&st);
    }
    px_mqtt_story_end(&writer);
    px_buf_release(&first_log);
    px_buf_release(&first_out);
}

PX_TEST(a_failed_request_for_memory_ends_the_session_or_is_made_up_for)
{
    bool is_through = false;

    for (uint64_t n = 1; !is_through; n++) {
        px_str packet = PX_STR("\x30\x07\0\1t\3\x23\0\1");
        px_mqtt_story st;

        begin_open(&st, PX_MQTT_V5);
        px_buf_reserve(&st.log, 4096); /* the recorder shall not be the one that fails */
        px_mem_requests();
        px_mem_fail_nth(n);
        for (size_t i = 0; i < packet.len; i++)
            px_mqtt_session_feed(st.session, px_str_of(packet.ptr + i, 1), 0);
        for (int i = 0; i < 120; i++)
            (void)deliver(&st, 1, PX_STR("x"));
        is_through = px_mem_requests() < n;
        px_mem_fail_nth(0);
        CHECK_EQ(px_mqtt_session_is_open(st.session), is_through);
        CHECK(n < 100);
        px_mqtt_story_end(&st);
    }
}

/* What CONNACK says of the keep-alive that this client asks for; 0: nothing. */
static uint16_t told_keep_alive(uint16_t option_s, uint16_t asked_s)
{
    px_mqtt_session_opts opts = { .keep_alive_s_max = option_s };
    px_mqtt_story st;
    px_mqtt_connack ack;

    px_mqtt_story_begin(&st, &opts);
    put_connect(&st, PX_MQTT_V5, asked_s, NO_PROPS);
    px_mqtt_story_feed(&st);
    CHECK_EQ(px_mqtt_decode_connack(first_frame(px_mqtt_story_output(&st)).body, PX_MQTT_V5, &ack),
             PX_MQTT_SUCCESS);
    px_mqtt_story_end(&st);
    return ack.props.server_keep_alive_s;
}

PX_TEST(a_keep_alive_is_as_long_as_the_limit_and_no_longer)
{
    CHECK_EQ(told_keep_alive(0, PX_MQTT_KEEPALIVE_S_DEFAULT), 0);
    CHECK_EQ(told_keep_alive(0, PX_MQTT_KEEPALIVE_S_DEFAULT + 1), PX_MQTT_KEEPALIVE_S_DEFAULT);
    CHECK_EQ(told_keep_alive(0, 0), PX_MQTT_KEEPALIVE_S_DEFAULT);
    CHECK_EQ(told_keep_alive(UINT16_MAX, PX_MQTT_KEEPALIVE_S_MAX), 0);
    CHECK_EQ(told_keep_alive(UINT16_MAX, PX_MQTT_KEEPALIVE_S_MAX + 1), PX_MQTT_KEEPALIVE_S_MAX);
}

PX_TEST_MAIN()
