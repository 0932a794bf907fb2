/* SPDX-License-Identifier: Apache-2.0 */
/* How connections end, and what that tells: keep-alive, DISCONNECT, wills. */
#include "base/time.h"
#include "session_kit.h"

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
    CHECK_OUT(&st, "\xd0\0");
    px_mqtt_session_tick(st.session, 30 * PX_SECOND);
    CHECK(px_mqtt_session_is_open(st.session));
    px_mqtt_session_tick(st.session, 30 * PX_SECOND + 1);
    CHECK_OUT(&st, "\xe0\x01\x8d");
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

PX_TEST(disconnect_may_change_the_expiry_unless_it_was_0)
{
    px_mqtt_story st;

    story_open_with(&st, PX_STR("\x11\0\0\0\x64"));
    feed(&st, PX_STR("\xe0\7\0\5\x11\0\0\0\x07"));
    CHECK_LOG(&st, "closed success expiry=7\n");
    px_mqtt_story_end(&st);

    story_open_with(&st, PX_STR("\x11\0\0\0\x64"));
    feed(&st, PX_STR("\xe0\7\0\5\x11\xff\xff\xff\xff"));
    CHECK_LOG(&st, "closed success expiry=86400\n");
    px_mqtt_story_end(&st);

    story_open(&st, PX_MQTT_V5);
    feed(&st, PX_STR("\xe0\7\0\5\x11\0\0\0\x07"));
    CHECK_OUT(&st, "\xe0\x01\x82");
    CHECK_LOG(&st, "closed protocol_error will\n");
    px_mqtt_story_end(&st);
}

/* ---- wills ---- */

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
    CHECK_LOG(&st, "closed unspecified_error will\n");
    px_mqtt_story_end(&st);

    begin_with_will(&st);
    px_put(&st.sent, PX_STR("\xe0\0"));
    px_mqtt_story_feed(&st);
    CHECK_LOG(&st, "closed success\n");
    px_mqtt_story_end(&st);

    begin_with_will(&st);
    px_put(&st.sent, PX_STR("\xe0\1\4"));
    px_mqtt_story_feed(&st);
    CHECK_LOG(&st, "closed disconnect_with_will will\n");
    px_mqtt_story_end(&st);
}

PX_TEST(only_a_goodbye_of_0_takes_the_will_back)
{
    px_mqtt_story st;

    begin_with_will(&st);
    feed(&st, PX_STR("\xe0\1\x80"));
    CHECK_LOG(&st, "closed unspecified_error will\n");
    px_mqtt_story_end(&st);

    begin_with_will(&st);
    px_mqtt_session_end(st.session, PX_MQTT_SESSION_TAKEN_OVER);
    CHECK_LOG(&st, "closed session_taken_over will\n");
    px_mqtt_story_end(&st);
}

/* CONNECT of v5 with a will. */
static void connect_with_will(px_mqtt_story *st, bool retain_available, uint8_t qos, bool retain)
{
    px_mqtt_session_opts opts = { .retain_available = retain_available };
    px_mqtt_connect c = { .version = PX_MQTT_V5,
                          .clean_start = true,
                          .has_will = true,
                          .client_id = PX_STR("c1"),
                          .will = { .topic = PX_STR("gone"), .qos = qos, .retain = retain } };

    px_mqtt_story_begin(st, &opts);
    px_mqtt_put_connect(&st->sent, &c, NO_PROPS, NO_PROPS);
    px_mqtt_story_feed(st);
}

PX_TEST(a_will_may_have_any_qos_and_be_retained_where_that_is_offered)
{
    px_mqtt_story st;

    connect_with_will(&st, true, 2, true);
    CHECK_EQ(read_connack(&st).reason, 0);
    px_mqtt_story_end(&st);
    connect_with_will(&st, false, 2, false);
    CHECK_EQ(read_connack(&st).reason, 0);
    px_mqtt_story_end(&st);
    connect_with_will(&st, false, 2, true);
    CHECK_EQ(read_connack(&st).reason, PX_MQTT_RETAIN_NOT_SUPPORTED);
    px_mqtt_story_end(&st);
}

PX_TEST_MAIN()
