/* SPDX-License-Identifier: Apache-2.0 */
/* QoS 2 from the client: each message is offered once, whatever comes twice. */
#include "session_kit.h"

PX_TEST(a_qos_2_message_is_offered_once_and_released_once)
{
    for (uint8_t v = PX_MQTT_V311; v <= PX_MQTT_V5; v++) {
        px_mqtt_version version = (px_mqtt_version)v;
        px_mqtt_story st;

        story_open(&st, version);
        put_qos_2(&st, version, 7, false);
        px_mqtt_story_feed(&st);
        CHECK_OUT(&st, "\x50\2\0\7");
        put_qos_2(&st, version, 7, true);
        px_mqtt_story_feed(&st);
        CHECK_OUT(&st, "\x50\2\0\7");
        CHECK_LOG(&st, "publish a  qos=2\n");
        px_put(&st.sent, PX_STR("\x62\2\0\7"));
        px_mqtt_story_feed(&st);
        CHECK_OUT(&st, "\x70\2\0\7");
        CHECK_LOG(&st, "release 7\n");
        px_mqtt_story_end(&st);
    }
}

PX_TEST(one_that_is_judged_still_has_one_pubrec)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    st.on_publish = PX_MQTT_LATER;
    put_qos_2(&st, PX_MQTT_V5, 7, false);
    put_qos_2(&st, PX_MQTT_V5, 7, true);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "");
    CHECK_LOG(&st, "publish a  qos=2\n");
    CHECK_EQ(px_mqtt_count_of(&st.counters.repeats), 1);
    px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_SUCCESS);
    CHECK_OUT(&st, "\x50\2\0\7");
    px_mqtt_story_end(&st);
}

/* A PUBREC that refuses would free an id under which the application has a message. */
PX_TEST(of_one_that_is_taken_and_cannot_be_answered_the_connection_ends)
{
    for (uint8_t v = PX_MQTT_V311; v <= PX_MQTT_V5; v++) {
        px_mqtt_version version = (px_mqtt_version)v;
        px_mqtt_story st;

        story_open(&st, version);
        st.on_publish = PX_MQTT_LATER;
        put_qos_2(&st, version, 7, false);
        px_mqtt_story_feed(&st);
        px_mqtt_session_ack(st.session, st.tokens[0], PX_MQTT_UNSAVED);
        CHECK(px_mqtt_session_is_ended(st.session));
        if (version == PX_MQTT_V5)
            CHECK_OUT(&st, "\xe0\1\x97");
        else
            CHECK_OUT(&st, "");
        px_mqtt_story_end(&st);
    }
}

PX_TEST(a_release_may_take_its_time_and_has_one_pubcomp)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    st.on_release = PX_MQTT_LATER;
    put_qos_2(&st, PX_MQTT_V5, 7, false);
    feed(&st, PX_STR("\x62\2\0\7\x62\2\0\7"));
    CHECK_OUT(&st, "\x50\2\0\7");
    CHECK_LOG(&st, "publish a  qos=2\nrelease 7\n");
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 1);
    px_mqtt_session_released(st.session, 8); /* nobody waits for it */
    CHECK_OUT(&st, "");
    px_mqtt_session_released(st.session, 7);
    px_mqtt_session_released(st.session, 7);
    CHECK_OUT(&st, "\x70\2\0\7");
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 0);
    put_qos_2(&st, PX_MQTT_V5, 7, false); /* the id is free again */
    px_mqtt_story_feed(&st);
    CHECK_LOG(&st, "publish a  qos=2\n");
    px_mqtt_story_end(&st);
}

PX_TEST(an_id_that_is_being_released_stands_for_no_other_message)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    st.on_release = PX_MQTT_LATER;
    put_qos_2(&st, PX_MQTT_V5, 7, false);
    feed(&st, PX_STR("\x62\2\0\7"));
    CHECK_OUT(&st, "\x50\2\0\7");
    put_qos_2(&st, PX_MQTT_V5, 7, false);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\xe0\1\x82");
    px_mqtt_story_end(&st);
}

PX_TEST(what_has_no_pubrec_cannot_be_released)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    st.on_publish = PX_MQTT_LATER;
    put_qos_2(&st, PX_MQTT_V5, 7, false);
    feed(&st, PX_STR("\x62\2\0\7"));
    CHECK_OUT(&st, "\xe0\1\x82");
    px_mqtt_story_end(&st);
}

PX_TEST(an_unknown_id_is_released_without_the_application)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    feed(&st, PX_STR("\x62\2\0\7"));
    CHECK_OUT(&st, "\x70\3\0\7\x92");
    px_mqtt_story_end(&st);

    story_open(&st, PX_MQTT_V311);
    feed(&st, PX_STR("\x62\2\0\7"));
    CHECK_OUT(&st, "\x70\2\0\7");
    CHECK_LOG(&st, "");
    px_mqtt_story_end(&st);
}

PX_TEST(a_pubrec_that_refuses_forgets_the_id)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    st.on_publish = PX_MQTT_NOT_AUTHORIZED;
    st.explains = "no";
    put_qos_2(&st, PX_MQTT_V5, 7, false);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x50\x09\0\7\x87\5\x1f\0\2no");
    put_qos_2(&st, PX_MQTT_V5, 7, false);
    feed(&st, PX_STR("\x62\2\0\7"));
    CHECK_LOG(&st, "publish a  qos=2\npublish a  qos=2\n");
    CHECK_OUT(&st, "\x50\x09\0\7\x87\5\x1f\0\2no\x70\3\0\7\x92");
    px_mqtt_story_end(&st);

    story_open(&st, PX_MQTT_V311); /* judged: answered all the same, and counted */
    st.on_publish = PX_MQTT_NOT_AUTHORIZED;
    put_qos_2(&st, PX_MQTT_V311, 7, false);
    feed(&st, PX_STR("\x62\2\0\7"));
    CHECK_OUT(&st, "\x50\2\0\7\x70\2\0\7");
    CHECK_LOG(&st, "publish a  qos=2\n");
    CHECK_EQ(px_mqtt_count_of(&st.counters.refused[0x87]), 1);
    st.on_publish = PX_MQTT_QUOTA_EXCEEDED; /* not kept: it shall come again */
    put_qos_2(&st, PX_MQTT_V311, 8, false);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "");
    CHECK(px_mqtt_session_is_ended(st.session));
    px_mqtt_story_end(&st);
}

PX_TEST(what_another_connection_is_to_say_again_has_no_answer_in_this_one)
{
    for (px_mqtt_version version = PX_MQTT_V311; version <= PX_MQTT_V5; version++) {
        px_mqtt_story st;

        story_open(&st, version);
        st.on_publish = PX_MQTT_SESSION_TAKEN_OVER;
        put_qos_2(&st, version, 7, false);
        px_mqtt_story_feed(&st);
        if (version == PX_MQTT_V5)
            CHECK_OUT(&st, "\xe0\1\x8e");
        else
            CHECK_OUT(&st, "");
        CHECK(px_mqtt_session_is_ended(st.session));
        px_mqtt_story_end(&st);
    }
}

PX_TEST(pubrecs_and_pubacks_leave_in_the_order_of_the_messages)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V311);
    st.on_publish = PX_MQTT_LATER;
    put_qos_2(&st, PX_MQTT_V311, 1, false);
    put_publish(&st, PX_MQTT_V311, "a", "", 2);
    put_qos_2(&st, PX_MQTT_V311, 3, false);
    px_mqtt_story_feed(&st);
    for (int i = 2; i >= 0; i--)
        px_mqtt_session_ack(st.session, st.tokens[i], PX_MQTT_SUCCESS);
    CHECK_OUT(&st, "\x50\2\0\1\x40\2\0\2\x50\2\0\3");
    px_mqtt_story_end(&st);
}

PX_TEST(a_busy_application_is_asked_again_for_qos_2)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    st.on_publish = PX_MQTT_BUSY;
    put_qos_2(&st, PX_MQTT_V5, 7, false);
    put_qos_2(&st, PX_MQTT_V5, 7, true);
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_stalled(st.session));
    px_buf_clear(&st.log);
    st.on_publish = PX_MQTT_SUCCESS;
    px_mqtt_session_resume(st.session, 0);
    CHECK_LOG(&st, "publish a  qos=2\n");
    CHECK_OUT(&st, "\x50\2\0\7\x50\2\0\7");
    px_mqtt_story_end(&st);
}

static void publish_many(px_mqtt_story *st, px_mqtt_version version, unsigned count)
{
    for (unsigned i = 1; i <= count; i++)
        put_qos_2(st, version, (uint16_t)i, false);
    px_mqtt_story_feed(st);
}

PX_TEST(as_many_ids_as_the_limit_wait_for_their_release_and_no_more)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    publish_many(&st, PX_MQTT_V5, PX_MQTT_INFLIGHT_MAX);
    CHECK(px_mqtt_session_is_open(st.session));
    px_mqtt_story_output(&st);
    feed(&st, PX_STR("\x62\2\0\1"));
    put_publish(&st, PX_MQTT_V5, "a", "", 200); /* QoS 1 shares the window */
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x70\2\0\1\x40\2\0\xc8");
    put_qos_2(&st, PX_MQTT_V5, 201, false);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x50\2\0\xc9");
    put_publish(&st, PX_MQTT_V5, "a", "", 202);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\xe0\1\x93");
    px_mqtt_story_end(&st);

    story_open(&st, PX_MQTT_V311);
    publish_many(&st, PX_MQTT_V311, PX_MQTT_INFLIGHT_MAX);
    put_publish(&st, PX_MQTT_V311, "a", "", 200); /* was told no limit, and this one waits for us */
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_is_open(st.session));
    put_qos_2(&st, PX_MQTT_V311, 201, false);
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_is_ended(st.session));
    CHECK_EQ(px_mqtt_count_of(&st.counters.ended[0x93]), 1);
    px_mqtt_story_end(&st);
}

PX_TEST(a_v311_client_waits_while_answers_are_due_from_us)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V311);
    st.on_publish = PX_MQTT_LATER;
    publish_many(&st, PX_MQTT_V311, PX_MQTT_INFLIGHT_MAX + 1);
    CHECK(px_mqtt_session_stalled(st.session));
    CHECK_EQ(st.token_count, PX_MQTT_INFLIGHT_MAX);
    px_mqtt_story_end(&st);
}

PX_TEST(ids_of_an_earlier_connection_are_known)
{
    const uint16_t received[] = { 7, 9 };
    px_mqtt_story st;

    px_mqtt_story_begin(&st, NULL);
    st.on_connect = PX_MQTT_LATER;
    put_connect(&st, PX_MQTT_V311, 0, NO_PROPS);
    put_qos_2(&st, PX_MQTT_V311, 7, true);
    put_qos_2(&st, PX_MQTT_V311, 8, true);
    feed(&st, PX_STR("\x62\2\0\x09"));
    px_buf_clear(&st.log);
    px_mqtt_session_admit(
        st.session,
        &(px_mqtt_admission){ .session_present = true, .received = received, .received_count = 2 });
    CHECK_LOG(&st, "publish a  qos=2 dup\nrelease 9\n");
    CHECK_OUT(&st, "\x20\2\1\0\x50\2\0\7\x50\2\0\x08\x70\2\0\x09");
    px_mqtt_story_end(&st);
}

PX_TEST(as_many_ids_of_an_earlier_connection_as_the_limit)
{
    uint16_t received[PX_MQTT_INFLIGHT_MAX];
    px_mqtt_story st;

    for (uint16_t i = 0; i < PX_MQTT_INFLIGHT_MAX; i++)
        received[i] = (uint16_t)(1000 + i);
    px_mqtt_story_begin(&st, NULL);
    st.on_connect = PX_MQTT_LATER;
    put_connect(&st, PX_MQTT_V311, 0, NO_PROPS);
    px_mqtt_story_feed(&st);
    px_mqtt_session_admit(
        st.session,
        &(px_mqtt_admission){ .received = received, .received_count = PX_MQTT_INFLIGHT_MAX });
    px_mqtt_story_output(&st);
    put_qos_2(&st, PX_MQTT_V311, 1000 + PX_MQTT_INFLIGHT_MAX - 1, true);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x50\2\x04\x4b");
    put_qos_2(&st, PX_MQTT_V311, 1, false);
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_is_ended(st.session));
    px_mqtt_story_end(&st);
}

/* ---- whatever comes, in whatever order ---- */

/* What a right server makes of one id. */
typedef enum model { FREE, JUDGED, RECEIVED, RELEASING } model;
enum { IDS = 5 };

typedef struct modelled {
    px_mqtt_story st;
    model ids[IDS];
    uint32_t tokens[IDS];
    px_buf log, out; /* as they must be */
} modelled;

static void put_wanted(modelled *m, unsigned type, unsigned id)
{
    char packet[] = { (char)type, 2, 0, (char)id };

    px_put(&m->out, px_str_of(packet, 4));
}

static void client_publishes(modelled *m, uint16_t id)
{
    size_t before = m->st.token_count;

    if (m->ids[id] == RELEASING)
        return; /* a client that does so is ended: another test */
    put_qos_2(&m->st, PX_MQTT_V311, id, false);
    px_mqtt_story_feed(&m->st);
    if (m->ids[id] == FREE) {
        px_put_c(&m->log, "publish a  qos=2\n");
        m->ids[id] = JUDGED;
        m->tokens[id] = m->st.tokens[before % 256];
    } else if (m->ids[id] == RECEIVED) {
        put_wanted(m, 0x50, id);
    }
}

static void client_releases(modelled *m, uint16_t id)
{
    if (m->ids[id] == JUDGED)
        return; /* likewise */
    px_mqtt_put_ack(&m->st.sent, PX_MQTT_V311, PX_MQTT_PUBREL, id, 0);
    px_mqtt_story_feed(&m->st);
    if (m->ids[id] == FREE) {
        put_wanted(m, 0x70, id);
    } else if (m->ids[id] == RECEIVED) {
        px_putf(&m->log, "release %u\n", (unsigned)id);
        m->ids[id] = RELEASING;
    }
}

/* Answers leave in order, so the application answers the oldest: the one with the lowest token. */
static void application_answers(modelled *m)
{
    unsigned oldest = IDS;

    for (unsigned id = 1; id < IDS; id++)
        if (m->ids[id] == JUDGED && (oldest == IDS || m->tokens[id] < m->tokens[oldest]))
            oldest = id;
    if (oldest == IDS)
        return;
    px_mqtt_session_ack(m->st.session, m->tokens[oldest], PX_MQTT_SUCCESS);
    put_wanted(m, 0x50, oldest);
    m->ids[oldest] = RECEIVED;
}

static void application_releases(modelled *m, uint16_t id)
{
    px_mqtt_session_released(m->st.session, id);
    if (m->ids[id] != RELEASING)
        return;
    put_wanted(m, 0x70, id);
    m->ids[id] = FREE;
}

PX_PROP(each_message_is_offered_once_until_it_is_released, 300)
{
    modelled m = { 0 };

    story_open(&m.st, PX_MQTT_V311);
    m.st.on_publish = m.st.on_release = PX_MQTT_LATER;
    for (uint64_t steps = px_gen_below(gen, 120); steps > 0; steps--) {
        uint16_t id = (uint16_t)(1 + px_gen_below(gen, IDS - 1));

        switch (px_gen_below(gen, 4)) {
        case 0:
            client_publishes(&m, id);
            break;
        case 1:
            client_releases(&m, id);
            break;
        case 2:
            application_answers(&m);
            break;
        default:
            application_releases(&m, id);
        }
    }
    CHECK(px_str_eq(px_buf_str(&m.st.log), px_buf_str(&m.log)));
    CHECK(px_str_eq(px_mqtt_story_output(&m.st), px_buf_str(&m.out)));
    px_buf_release(&m.log);
    px_buf_release(&m.out);
    px_mqtt_story_end(&m.st);
}

PX_TEST_MAIN()
