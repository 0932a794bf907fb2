/* SPDX-License-Identifier: Apache-2.0 */
/* CONNECT, its judgement, and CONNACK. */
#include "base/time.h"
#include "session_kit.h"

PX_TEST(a_v311_client_is_let_in)
{
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    put_connect(&st, PX_MQTT_V311, 60, NO_PROPS);
    px_mqtt_story_feed(&st);
    CHECK_LOG(&st, "connect c1 user=u\n");
    CHECK_OUT(&st, "\x20\x02\0\0");
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
    CHECK_OUT(&st, "\x20\x02\0\4");
    CHECK(px_mqtt_session_is_ended(st.session));
    CHECK_EQ(px_mqtt_count_of(&st.counters.refused[0x86]), 1);
    px_mqtt_story_end(&st);

    px_mqtt_story_begin(&st, NULL);
    st.on_connect = PX_MQTT_BAD_USER_OR_PASSWORD;
    put_connect(&st, PX_MQTT_V5, 0, NO_PROPS);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x20\x03\0\x86\0");
    CHECK_LOG(&st, "connect c1 user=u\n"); /* never open, so never closed */
    px_mqtt_story_end(&st);
}

PX_TEST(an_unknown_version_is_refused_and_an_unknown_protocol_is_cut)
{
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    px_put(&st.sent, PX_STR("\x10\x0f\0\6MQIsdp\3\2\0\0\0\1a"));
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x20\x02\0\1");
    px_mqtt_story_end(&st);

    px_mqtt_story_begin(&st, NULL);
    px_put(&st.sent, PX_STR("GET / HTTP/1.1\r\n\r\n"));
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "");
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

    story_open(&st, PX_MQTT_V5);
    put_connect(&st, PX_MQTT_V5, 0, NO_PROPS);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\xe0\x01\x82");
    CHECK_LOG(&st, "closed protocol_error will\n");
    px_mqtt_story_end(&st);
}

/* ---- judged later ---- */

/* A story whose CONNECT waits for its admission. */
static void begin_judged(px_mqtt_story *st, px_mqtt_version version, px_str props)
{
    px_mqtt_story_begin(st, NULL);
    st->on_connect = PX_MQTT_LATER;
    put_connect(st, version, 0, props);
    px_mqtt_story_feed(st);
    CHECK_LOG(st, "connect c1 user=u\n");
    CHECK_OUT(st, "");
}

PX_TEST(while_it_is_judged_a_client_is_not_read_and_no_deadline_runs)
{
    px_mqtt_story st;

    begin_judged(&st, PX_MQTT_V311, NO_PROPS);
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 1);
    CHECK(!px_mqtt_session_wants_input(st.session));
    CHECK(!px_mqtt_session_stalled(st.session)); /* nothing to offer again */
    CHECK(!px_mqtt_session_is_open(st.session));
    CHECK_EQ(deliver(&st, 0, PX_STR("x")), PX_NOT_FOUND);
    px_mqtt_session_tick(st.session, 1000 * PX_SECOND);
    CHECK(!px_mqtt_session_is_ended(st.session));
    px_mqtt_session_admit(st.session, &(px_mqtt_admission){ .session_present = true });
    CHECK_OUT(&st, "\x20\2\1\0");
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 0);
    CHECK(px_mqtt_session_wants_input(st.session));
    px_mqtt_session_admit(st.session, &(px_mqtt_admission){ .reason = 0x87 }); /* nobody asks */
    CHECK(px_mqtt_session_is_open(st.session));
    px_mqtt_story_end(&st);
}

PX_TEST(what_came_behind_connect_is_handled_once_it_is_judged)
{
    for (size_t piece = 1; piece < 40; piece++) {
        px_mqtt_story st;

        px_mqtt_story_begin(&st, NULL);
        st.on_connect = PX_MQTT_LATER;
        put_connect(&st, PX_MQTT_V311, 0, NO_PROPS);
        put_publish(&st, PX_MQTT_V311, "a", "1", 0);
        px_put(&st.sent, PX_STR("\xc0\0\xc0")); /* a ping and a half */
        for (px_str rest = px_buf_str(&st.sent); rest.len > 0;) {
            px_str next = px_str_of(rest.ptr, piece < rest.len ? piece : rest.len);

            px_mqtt_session_feed(st.session, next, 0);
            rest = px_str_skip(rest, next.len);
        }
        px_buf_clear(&st.sent);
        CHECK_LOG(&st, "connect c1 user=u\n");
        px_mqtt_session_admit(st.session, &(px_mqtt_admission){ 0 });
        CHECK_LOG(&st, "publish a 1 qos=0\n");
        feed(&st, PX_STR("\0"));
        CHECK_OUT(&st, "\x20\2\0\0\xd0\0\xd0\0");
        px_mqtt_story_end(&st);
    }
}

PX_TEST(one_who_is_refused_later_hears_it_and_is_closed)
{
    px_mqtt_story st;

    begin_judged(&st, PX_MQTT_V5, NO_PROPS);
    px_mqtt_session_admit(st.session, &(px_mqtt_admission){ .reason = PX_MQTT_QUOTA_EXCEEDED });
    CHECK_OUT(&st, "\x20\x03\0\x97\0");
    CHECK_LOG(&st, "closed quota_exceeded\n");
    px_mqtt_story_end(&st);
}

PX_TEST(one_who_is_gone_before_it_was_let_in_leaves_no_will)
{
    px_mqtt_story st;

    begin_judged(&st, PX_MQTT_V5, NO_PROPS);
    px_mqtt_session_lost(st.session);
    CHECK_LOG(&st, "closed unspecified_error\n");
    px_mqtt_session_admit(st.session, &(px_mqtt_admission){ 0 });
    CHECK_OUT(&st, "");
    px_mqtt_story_end(&st);
}

/* ---- the expiry of the session ---- */

/* What is told to a client that asks for this expiry and is granted that; -1: nothing. */
static int64_t told_expiry(uint32_t asked_s, uint32_t granted_s)
{
    px_buf props = { 0 };
    px_mqtt_story st;
    px_mqtt_connack ack;

    px_mqtt_put_prop_u32(&props, PX_MQTT_PROP_SESSION_EXPIRY, asked_s);
    begin_judged(&st, PX_MQTT_V5, px_buf_str(&props));
    px_mqtt_session_admit(st.session, &(px_mqtt_admission){ .session_expiry_s = granted_s });
    ack = read_connack(&st);
    px_mqtt_story_end(&st);
    px_buf_release(&props);
    return px_mqtt_has(&ack.props, PX_MQTT_PROP_SESSION_EXPIRY)
               ? (int64_t)ack.props.session_expiry_s
               : -1;
}

PX_TEST(an_expiry_other_than_asked_for_is_told)
{
    CHECK_EQ(told_expiry(100, 100), -1);
    CHECK_EQ(told_expiry(0, 0), -1);
    CHECK_EQ(told_expiry(100, 50), 50);
    CHECK_EQ(told_expiry(100, 0), 0);
    CHECK_EQ(told_expiry(PX_MQTT_SESSION_EXPIRY_S_MAX, PX_MQTT_SESSION_EXPIRY_S_MAX), -1);
    CHECK_EQ(told_expiry(PX_MQTT_SESSION_EXPIRY_S_MAX + 1, PX_MQTT_SESSION_EXPIRY_S_MAX),
             PX_MQTT_SESSION_EXPIRY_S_MAX);
}

static uint32_t seen_expiry_s;

static px_mqtt_reason note_expiry(void *ctx, const px_mqtt_connect *connect, px_str client_id)
{
    (void)ctx, (void)client_id;
    seen_expiry_s = connect->props.session_expiry_s;
    return PX_MQTT_BANNED;
}

PX_TEST(the_application_is_asked_for_no_longer_expiry_than_the_limit)
{
    for (uint32_t more = 0; more < 2; more++) {
        px_mqtt_app app = { .connect = note_expiry };
        px_mqtt_counters counters = { 0 };
        px_mqtt_session *s =
            px_mqtt_session_new(&(px_mqtt_session_opts){ .app = &app, .counters = &counters }, 0);
        px_mqtt_connect c = { .version = PX_MQTT_V5, .client_id = PX_STR("c") };
        px_buf props = { 0 }, packet = { 0 };

        px_mqtt_put_prop_u32(&props, PX_MQTT_PROP_SESSION_EXPIRY,
                             PX_MQTT_SESSION_EXPIRY_S_MAX + more);
        px_mqtt_put_connect(&packet, &c, px_buf_str(&props), NO_PROPS);
        px_mqtt_session_feed(s, px_buf_str(&packet), 0);
        CHECK_EQ(seen_expiry_s, PX_MQTT_SESSION_EXPIRY_S_MAX);
        px_mqtt_session_free(s);
        px_buf_release(&props);
        px_buf_release(&packet);
    }
}

/* ---- what else CONNACK says ---- */

PX_TEST(response_information_is_for_who_asks)
{
    static const char *const asked[] = { "", "\x19\0", "\x19\1" };
    static const size_t asked_bytes[] = { 0, 2, 2 };

    for (size_t i = 0; i < 3; i++) {
        px_mqtt_session_opts opts = { .response_info = "replies/" };
        px_mqtt_story st;
        px_mqtt_connack ack;

        px_mqtt_story_begin(&st, &opts);
        put_connect(&st, PX_MQTT_V5, 0, px_str_of(asked[i], asked_bytes[i]));
        px_mqtt_story_feed(&st);
        ack = read_connack(&st);
        CHECK_SLICE(ack.props.response_info, i == 2 ? "replies/" : "");
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
