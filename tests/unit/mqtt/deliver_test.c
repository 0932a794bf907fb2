/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the client: window, queue, expiry, aliases. */
#include "base/time.h"
#include "session_kit.h"

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
    CHECK_OUT(&st, "\x32\7\0\1t\x80\1\0x\x32\7\0\1t\x80\2\0x");
    CHECK_EQ(deliver(&st, 0, PX_STR("y")), PX_OK); /* QoS 0 needs no window */
    CHECK_OUT(&st, "\x30\5\0\1t\0y");
    px_put(&st.sent, PX_STR("\x40\2\x80\2"));
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x32\7\0\1t\x80\3\0x");
    px_put(&st.sent, PX_STR("\x40\2\x80\1\x40\2\x80\3\x40\2\0\x63"));
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x32\7\0\1t\x80\4\0x");
    CHECK_EQ(px_mqtt_count_of(&st.counters.acks_unasked), 1);
    px_buf_release(&props);
    px_mqtt_story_end(&st);
}

static px_status deliver_tagged(px_mqtt_story *st, uint8_t qos, uint32_t tag)
{
    px_mqtt_publish m = { .topic = PX_STR("t"), .payload = PX_STR("x"), .qos = qos, .tag = tag };

    return px_mqtt_session_deliver(st->session, &m);
}

PX_TEST(a_tagged_message_has_arrived_when_the_client_says_so)
{
    px_mqtt_story st;
    px_buf props = { 0 };

    px_mqtt_story_begin(&st, NULL);
    px_mqtt_put_prop_u16(&props, PX_MQTT_PROP_RECEIVE_MAX, 1);
    put_connect(&st, PX_MQTT_V5, 0, px_buf_str(&props));
    px_mqtt_story_feed(&st);
    px_buf_clear(&st.log);
    CHECK_EQ(deliver_tagged(&st, 1, 7), PX_OK);
    CHECK_EQ(deliver_tagged(&st, 1, 8), PX_OK); /* in the queue */
    CHECK_EQ(deliver_tagged(&st, 1, 0), PX_OK);
    CHECK_EQ(deliver_tagged(&st, 1, 9), PX_OK);
    CHECK_EQ(st.log.len, 0);
    CHECK_EQ(deliver_tagged(&st, 0, 10), PX_OK);
    for (char id = 1; id <= 3; id++) {
        px_put(&st.sent, PX_STR("\x40\2\x80"));
        px_put_char(&st.sent, id);
        px_mqtt_story_feed(&st);
    }
    px_put(&st.sent, PX_STR("\x40\3\x80\4\x97")); /* it cannot take it */
    px_mqtt_story_feed(&st);
    CHECK_LOG(&st, "arrived 10\narrived 7\narrived 8\n");
    px_buf_release(&props);
    px_mqtt_story_end(&st);
}

PX_TEST(a_slow_client_loses_qos_0_and_is_ended_for_qos_1)
{
    static char kilobyte[1000];
    px_mqtt_story st;
    unsigned taken = 0;

    memset(kilobyte, 'k', sizeof(kilobyte));
    story_open(&st, PX_MQTT_V5);
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
    story_open(&st, PX_MQTT_V311);
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
    CHECK_OUT(&st, "\x30\x08\0\1t\0"
                   "1234");
    CHECK_EQ(deliver(&st, 0, PX_STR("12345")), PX_OK);
    CHECK_OUT(&st, "");
    CHECK_EQ(px_mqtt_count_of(&st.counters.oversized_dropped), 1);
    px_buf_release(&props);
    px_mqtt_story_end(&st);
}

PX_TEST(flags_and_properties_stand_as_they_are_given)
{
    px_mqtt_story st;
    px_mqtt_publish m = { .topic = PX_STR("t"),
                          .payload = PX_STR("x"),
                          .encoded_props = PX_STR("\1\1"),
                          .qos = 2,
                          .packet_id = 5,
                          .retain = true,
                          .dup = true };

    story_open(&st, PX_MQTT_V5);
    CHECK_EQ(px_mqtt_session_deliver(st.session, &m), PX_OK);
    CHECK_OUT(&st, "\x3d\x09\0\1t\0\5\2\1\1x");
    m.packet_id = 0; /* one of ours is never a repetition */
    CHECK_EQ(px_mqtt_session_deliver(st.session, &m), PX_OK);
    CHECK_OUT(&st, "\x35\x09\0\1t\x80\1\2\1\1x");
    m.qos = 0;
    CHECK_EQ(px_mqtt_session_deliver(st.session, &m), PX_OK);
    CHECK_OUT(&st, "\x31\7\0\1t\2\1\1x");
    px_mqtt_story_end(&st);

    story_open(&st, PX_MQTT_V311);
    m.qos = 1;
    m.expires_at_ns = 9 * PX_SECOND;
    CHECK_EQ(px_mqtt_session_deliver(st.session, &m), PX_OK);
    CHECK_OUT(&st, "\x33\6\0\1t\x80\1x");
    px_mqtt_story_end(&st);
}

PX_TEST(ids_of_the_session_begin_above_those_of_the_application_and_turn_round)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V311);
    for (uint32_t i = 0; i < 0x8000; i++) {
        uint16_t id = (uint16_t)(PX_MQTT_SESSION_IDS_FROM + (i + 1) % 0x8000);

        CHECK_EQ(deliver(&st, 1, PX_STR("x")), PX_OK);
        px_mqtt_story_output(&st);
        px_mqtt_put_ack(&st.sent, PX_MQTT_V311, PX_MQTT_PUBACK, id, 0);
        px_mqtt_story_feed(&st);
    }
    CHECK_EQ(px_mqtt_count_of(&st.counters.acks_unasked), 0);
    CHECK_EQ(deliver(&st, 1, PX_STR("x")), PX_OK);
    CHECK_OUT(&st, "\x32\6\0\1t\x80\1x");
    CHECK_LOG(&st, ""); /* the application hears nothing of them */
    px_mqtt_story_end(&st);
}

PX_TEST(one_too_large_for_the_client_is_told_to_its_application)
{
    px_mqtt_story st;
    px_mqtt_publish m = { .topic = PX_STR("t"), .payload = PX_STR("12345678"), .packet_id = 5 };

    story_open_with(&st, PX_STR("\x27\0\0\0\x0a"));
    for (m.qos = 1; m.qos <= 2; m.qos++)
        CHECK_EQ(px_mqtt_session_deliver(st.session, &m), PX_OK);
    CHECK_OUT(&st, "");
    CHECK_LOG(&st, "puback 5 95\npubrec 5 95\n");
    px_mqtt_story_end(&st);
}

PX_TEST(a_full_queue_ends_the_session_at_one_past_its_bytes)
{
    static char chunk[100 * 1024];
    px_mqtt_story st;
    unsigned waiting = 0;

    story_open_with(&st, PX_STR("\x21\0\1")); /* a window of one */
    CHECK_EQ(deliver(&st, 1, PX_STR("x")), PX_OK);
    while (deliver(&st, 1, px_str_of(chunk, sizeof(chunk))) == PX_OK)
        waiting++;
    CHECK_EQ(waiting, PX_MQTT_QUEUE_BYTES_MAX / sizeof(chunk));
    CHECK(px_mqtt_session_is_ended(st.session));
    CHECK_EQ(px_mqtt_count_of(&st.counters.ended[0x97]), 1);
    px_mqtt_story_end(&st);
}

/* ---- expiry ---- */

static void deliver_until(px_mqtt_story *st, uint8_t qos, uint16_t packet_id, int64_t expires_at_ns)
{
    px_mqtt_publish m = {
        .topic = PX_STR("t"), .qos = qos, .packet_id = packet_id, .expires_at_ns = expires_at_ns
    };

    CHECK_EQ(px_mqtt_session_deliver(st->session, &m), PX_OK);
}

PX_TEST(the_seconds_that_are_left_are_told_when_the_message_leaves)
{
    px_mqtt_story st;

    story_open_with(&st, PX_STR("\x21\0\1"));
    deliver_until(&st, 1, 5, 60 * PX_SECOND);
    CHECK_OUT(&st, "\x32\x0b\0\1t\0\5\5\2\0\0\0\x3c");
    deliver_until(&st, 1, 6, 60 * PX_SECOND); /* waits for the window */
    st.now_ns = 2 * PX_SECOND + 1;
    feed(&st, PX_STR("\x40\2\0\5"));
    CHECK_OUT(&st, "\x32\x0b\0\1t\0\6\5\2\0\0\0\x3a");
    px_mqtt_session_clock(st.session, 60 * PX_SECOND - 1); /* good for one second at least */
    deliver_until(&st, 0, 0, 60 * PX_SECOND);
    CHECK_OUT(&st, "\x30\x09\0\1t\5\2\0\0\0\1");
    deliver_until(&st, 0, 0, 65 * PX_SECOND); /* set a moment after our clock was read */
    CHECK_OUT(&st, "\x30\x09\0\1t\5\2\0\0\0\5");
    px_mqtt_story_end(&st);
}

PX_TEST(what_expired_before_it_was_sent_is_dropped_counted_and_told)
{
    px_mqtt_story st;

    story_open_with(&st, PX_STR("\x21\0\1"));
    deliver_until(&st, 1, 5, 0);
    deliver_until(&st, 1, 6, 10 * PX_SECOND);
    deliver_until(&st, 2, 7, 10 * PX_SECOND);
    deliver_until(&st, 1, 0, 10 * PX_SECOND);
    deliver_until(&st, 1, 8, 0);
    px_mqtt_story_output(&st);
    st.now_ns = 10 * PX_SECOND;
    feed(&st, PX_STR("\x40\2\0\5"));
    CHECK_LOG(&st, "puback 5 00\npuback 6 83\npubrec 7 83\n");
    CHECK_OUT(&st, "\x32\6\0\1t\0\x08\0");
    CHECK_EQ(px_mqtt_count_of(&st.counters.expired_dropped), 3);
    deliver_until(&st, 0, 0, 10 * PX_SECOND); /* too late already */
    deliver_until(&st, 2, 9, 10 * PX_SECOND);
    CHECK_OUT(&st, "");
    CHECK_LOG(&st, "pubrec 9 83\n");
    CHECK_EQ(px_mqtt_count_of(&st.counters.expired_dropped), 5);
    px_mqtt_story_end(&st);
}

PX_TEST(what_may_expire_does_not_grow_old_in_the_output)
{
    static char chunk[70000];
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    CHECK_EQ(deliver(&st, 0, px_str_of(chunk, sizeof(chunk))), PX_OK);
    deliver_until(&st, 1, 5, 10 * PX_SECOND);
    px_mqtt_session_clock(st.session, 10 * PX_SECOND);
    px_mqtt_story_output(&st); /* the client reads again, too late */
    CHECK_OUT(&st, "");
    CHECK_LOG(&st, "puback 5 83\n");
    px_mqtt_story_end(&st);
}

PX_TEST(a_queue_full_of_what_expired_has_room)
{
    px_mqtt_story st;

    story_open_with(&st, PX_STR("\x21\0\1"));
    deliver_until(&st, 1, 1, 0);
    deliver_until(&st, 1, 2, 0);
    for (int i = 1; i < PX_MQTT_QUEUE_MESSAGES_MAX; i++)
        deliver_until(&st, 1, 0, (i % 2 ? 10 : 20) * PX_SECOND);
    px_mqtt_session_clock(st.session, 10 * PX_SECOND);
    deliver_until(&st, 1, 3, 0);
    CHECK(px_mqtt_session_is_open(st.session));
    CHECK_EQ(px_mqtt_count_of(&st.counters.expired_dropped), PX_MQTT_QUEUE_MESSAGES_MAX / 2);
    px_mqtt_story_output(&st);
    st.now_ns = 20 * PX_SECOND;
    feed(&st, PX_STR("\x40\2\0\1")); /* what was in front is in front still */
    CHECK_OUT(&st, "\x32\6\0\1t\0\2\0");
    feed(&st, PX_STR("\x40\2\0\2"));
    CHECK_OUT(&st, "\x32\6\0\1t\0\3\0");
    px_mqtt_story_end(&st);
}

/* ---- aliases towards the client ---- */

static void deliver_topic(px_mqtt_story *st, const char *topic)
{
    CHECK_EQ(px_mqtt_session_deliver(st->session, &(px_mqtt_publish){ .topic = px_str_c(topic) }),
             PX_OK);
}

PX_TEST(a_topic_goes_once_with_its_alias_and_then_the_alias_alone)
{
    px_mqtt_story st;

    story_open_with(&st, PX_STR("\x22\0\2"));
    deliver_topic(&st, "plant/a");
    CHECK_OUT(&st, "\x30\x0d\0\7plant/a\3\x23\0\1");
    deliver_topic(&st, "plant/b");
    deliver_topic(&st, "plant/a");
    deliver_topic(&st, "plant/b");
    CHECK_OUT(&st, "\x30\x0d\0\7plant/b\3\x23\0\2\x30\6\0\0\3\x23\0\1\x30\6\0\0\3\x23\0\2");
    deliver_topic(&st, "plant/c"); /* the client takes no more than two */
    CHECK_OUT(&st, "\x30\x0a\0\7plant/c\0");
    px_mqtt_story_end(&st);
}

PX_TEST(aliases_are_for_who_takes_them_and_for_long_topics)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    deliver_topic(&st, "plant/a");
    CHECK_OUT(&st, "\x30\x0a\0\7plant/a\0");
    px_mqtt_story_end(&st);

    story_open_with(&st, PX_STR("\x22\0\2"));
    deliver_topic(&st, "a/b"); /* no longer than the property */
    deliver_topic(&st, "a/b");
    CHECK_OUT(&st, "\x30\6\0\3a/b\0\x30\6\0\3a/b\0");
    px_mqtt_story_end(&st);
}

PX_TEST(as_many_topics_have_aliases_as_the_limit)
{
    px_mqtt_story st;
    char topic[] = "plant/aa";

    story_open_with(&st, PX_STR("\x22\xff\xff"));
    for (int i = 0; i <= PX_MQTT_TOPIC_ALIASES_MAX; i++) {
        topic[7] = (char)('a' + i);
        deliver_topic(&st, topic);
        px_mqtt_story_output(&st);
        deliver_topic(&st, topic);
        CHECK_EQ(px_mqtt_session_output(st.session).ptr[3] == 0, i < PX_MQTT_TOPIC_ALIASES_MAX);
        px_mqtt_story_output(&st);
    }
    px_mqtt_story_end(&st);
}

PX_TEST(a_queued_message_takes_its_alias_when_it_leaves)
{
    px_mqtt_story st;
    px_mqtt_publish m = { .topic = PX_STR("plant/a"), .qos = 1 };

    story_open_with(&st, PX_STR("\x22\0\2\x21\0\1"));
    for (m.packet_id = 1; m.packet_id <= 2; m.packet_id++)
        CHECK_EQ(px_mqtt_session_deliver(st.session, &m), PX_OK);
    CHECK_OUT(&st, "\x32\x0f\0\7plant/a\0\1\3\x23\0\1");
    feed(&st, PX_STR("\x40\2\0\1"));
    CHECK_OUT(&st, "\x32\x08\0\0\0\2\3\x23\0\1");
    px_mqtt_story_end(&st);
}

PX_TEST(an_alias_never_makes_a_packet_larger_than_the_client_takes)
{
    px_mqtt_story st;

    story_open_with(&st, PX_STR("\x22\0\2\x27\0\0\0\x0c")); /* twelve bytes */
    deliver_topic(&st, "plant/a");
    CHECK_OUT(&st, "\x30\x0a\0\7plant/a\0");
    px_mqtt_story_end(&st);
}

PX_TEST_MAIN()
