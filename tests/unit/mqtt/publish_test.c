/* SPDX-License-Identifier: Apache-2.0 */
/* Messages from the client: answers and their order, reasons, windows, aliases. */
#include "session_kit.h"

PX_TEST(pubacks_leave_in_the_order_in_which_messages_came)
{
    px_mqtt_story st;
    px_str got;

    story_open(&st, PX_MQTT_V5);
    st.on_publish = PX_MQTT_LATER;
    put_publish(&st, PX_MQTT_V5, "a", "1", 11);
    put_publish(&st, PX_MQTT_V5, "a", "2", 12);
    put_publish(&st, PX_MQTT_V5, "a", "3", 13);
    px_mqtt_story_feed(&st);
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 3);
    px_mqtt_session_ack(st.session, st.tokens[2], PX_MQTT_SUCCESS);
    px_mqtt_session_ack(st.session, st.tokens[1], PX_MQTT_PAYLOAD_FORMAT_INVALID);
    CHECK_OUT(&st, "");
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_SUCCESS);
    got = px_mqtt_story_output(&st);
    CHECK(px_str_starts(got, PX_STR("\x40\x02\0\x0b\x40")));
    CHECK(px_str_starts(px_str_skip(got, 6), PX_STR("\0\x0c\x99")));
    CHECK(px_str_eq(px_str_skip(got, got.len - 4), PX_STR("\x40\x02\0\x0d")));
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_SUCCESS); /* again: ignored */
    px_mqtt_session_ack(st.session, 77, PX_MQTT_SUCCESS);           /* never given: ignored */
    CHECK_OUT(&st, "");
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

PX_TEST(a_clock_that_is_not_believed_is_a_success_that_says_so)
{
    px_mqtt_story st;
    px_str got;

    px_mqtt_story_begin(&st, NULL);
    put_connect(&st, PX_MQTT_V5, 0, NO_PROPS);
    px_mqtt_story_feed(&st);
    px_mqtt_story_output(&st);
    st.on_publish = PX_MQTT_LATER;
    put_publish(&st, PX_MQTT_V5, "a", "1", 11);
    px_mqtt_story_feed(&st);
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_AHEAD);
    got = px_mqtt_story_output(&st);
    CHECK(memmem(got.ptr, got.len, "\0\x0b\0", 3) != NULL &&
          memmem(got.ptr, got.len, "runs ahead", 10) != NULL);
    px_mqtt_story_end(&st);
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

    story_open(&st, PX_MQTT_V5);
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
    put_publish(&st, PX_MQTT_V5, "a", "1", 1); /* so is what cannot be kept of one that was taken */
    px_mqtt_story_feed(&st);
    px_mqtt_session_ack(st.session, st.tokens[1], PX_MQTT_UNSAVED);
    got = px_mqtt_story_output(&st);
    CHECK(got.ptr[4] == '\x97' &&
          px_str_starts(reason_string(got), PX_STR("what was refused of it")));
    st.on_publish = PX_MQTT_SUCCESS; /* what was said of a message that was taken is not told */
    st.explains = "nothing";
    put_publish(&st, PX_MQTT_V5, "a", "1", 1);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x40\x02\0\1");
    px_mqtt_story_end(&st);
}

PX_TEST(each_refusal_has_its_own_words_behind_others_that_wait)
{
    px_mqtt_story st;
    px_str got;

    story_open(&st, PX_MQTT_V5);
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
    CHECK_OUT(&st, "");
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

    story_open(&st, PX_MQTT_V311);
    st.on_publish = PX_MQTT_LATER;
    put_publish(&st, PX_MQTT_V311, "a", "1", 1);
    px_mqtt_story_feed(&st);
    st.on_publish = PX_MQTT_SUCCESS;
    put_publish(&st, PX_MQTT_V311, "a", "2", 2);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "");
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_SUCCESS);
    CHECK_OUT(&st, "\x40\x02\0\1\x40\x02\0\2");
    px_mqtt_story_end(&st);
}

PX_TEST(what_a_v311_client_cannot_be_told)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V311); /* judged: acknowledged, and counted */
    st.on_publish = PX_MQTT_NOT_AUTHORIZED;
    put_publish(&st, PX_MQTT_V311, "a", "1", 1);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x40\x02\0\1");
    CHECK_EQ(px_mqtt_count_of(&st.counters.refused[0x87]), 1);
    st.on_publish = PX_MQTT_QUOTA_EXCEEDED; /* not kept: never acknowledged */
    put_publish(&st, PX_MQTT_V311, "a", "2", 2);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "");
    CHECK(px_mqtt_session_is_ended(st.session));
    px_mqtt_story_end(&st);
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

    story_open(&st, PX_MQTT_V5);
    fill_window(&st, PX_MQTT_V5, PX_MQTT_INFLIGHT_MAX);
    CHECK(px_mqtt_session_is_open(st.session));
    put_publish(&st, PX_MQTT_V5, "a", "x", 999);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\xe0\x01\x93");
    px_mqtt_story_end(&st);
}

PX_TEST(a_v311_client_beyond_the_window_waits)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V311);
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

    story_open(&st, PX_MQTT_V311);
    st.on_publish = PX_MQTT_BUSY;
    put_publish(&st, PX_MQTT_V311, "a", "1", 1);
    put_publish(&st, PX_MQTT_V311, "a", "2", 0);
    px_put(&st.sent, PX_STR("\xc0")); /* half a ping */
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_stalled(st.session));
    px_buf_clear(&st.log);
    px_put(&st.sent, PX_STR("\0")); /* its other half, read before the door knew */
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "");
    st.on_publish = PX_MQTT_SUCCESS;
    px_mqtt_session_resume(st.session, 0);
    CHECK_LOG(&st, "publish a 1 qos=1\npublish a 2 qos=0\n");
    CHECK_OUT(&st, "\x40\x02\0\1\xd0\0");
    CHECK(!px_mqtt_session_stalled(st.session));
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

    story_open(&st, PX_MQTT_V5);
    publish_alias(&st, "long/topic", PX_MQTT_TOPIC_ALIASES_MAX);
    publish_alias(&st, "", PX_MQTT_TOPIC_ALIASES_MAX);
    publish_alias(&st, "other", PX_MQTT_TOPIC_ALIASES_MAX);
    publish_alias(&st, "", PX_MQTT_TOPIC_ALIASES_MAX);
    CHECK_LOG(&st, "publish long/topic x qos=0\npublish long/topic x qos=0\n"
                   "publish other x qos=0\npublish other x qos=0\n");
    publish_alias(&st, "a", PX_MQTT_TOPIC_ALIASES_MAX + 1);
    CHECK_OUT(&st, "\xe0\x01\x94");
    px_mqtt_story_end(&st);

    story_open(&st, PX_MQTT_V5);
    publish_alias(&st, "", 1); /* never defined */
    CHECK_OUT(&st, "\xe0\x01\x94");
    px_mqtt_story_end(&st);
}

static uint32_t seen_expiry_s;

static px_mqtt_reason let_in(void *ctx, const px_mqtt_connect *connect, px_str client_id)
{
    (void)ctx, (void)connect, (void)client_id;
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason note_expiry(void *ctx, const px_mqtt_publish *publish, uint32_t token)
{
    (void)ctx, (void)token;
    seen_expiry_s = publish->props->message_expiry_s;
    return PX_MQTT_SUCCESS;
}

static void closed(void *ctx, const px_mqtt_end *end)
{
    (void)ctx, (void)end;
}

PX_TEST(a_message_is_good_for_no_longer_than_the_limit)
{
    for (uint32_t more = 0; more < 2; more++) {
        px_mqtt_app app = { .connect = let_in, .publish = note_expiry, .closed = closed };
        px_mqtt_counters counters = { 0 };
        px_mqtt_session *s =
            px_mqtt_session_new(&(px_mqtt_session_opts){ .app = &app, .counters = &counters }, 0);
        px_mqtt_connect c = { .version = PX_MQTT_V5, .client_id = PX_STR("c") };
        px_mqtt_publish p = { .topic = PX_STR("a") };
        px_buf props = { 0 }, packets = { 0 };

        px_mqtt_put_prop_u32(&props, PX_MQTT_PROP_MESSAGE_EXPIRY,
                             PX_MQTT_MESSAGE_EXPIRY_S_MAX + more);
        p.encoded_props = px_buf_str(&props);
        px_mqtt_put_connect(&packets, &c, NO_PROPS, NO_PROPS);
        px_mqtt_put_publish(&packets, PX_MQTT_V5, &p);
        px_mqtt_session_feed(s, px_buf_str(&packets), 0);
        CHECK_EQ(seen_expiry_s, PX_MQTT_MESSAGE_EXPIRY_S_MAX);
        px_mqtt_session_free(s);
        px_buf_release(&props);
        px_buf_release(&packets);
    }
}

PX_TEST_MAIN()
