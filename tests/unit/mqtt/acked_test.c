/* SPDX-License-Identifier: Apache-2.0 */
/* What the client answers to QoS 1 and 2, in memory and for an application that keeps messages. */
#include "session_kit.h"

static void deliver_as(px_mqtt_story *st, uint8_t qos, uint16_t packet_id)
{
    px_mqtt_publish m = { .topic = PX_STR("t"), .qos = qos, .packet_id = packet_id };

    CHECK_EQ(px_mqtt_session_deliver(st->session, &m), PX_OK);
}

PX_TEST(qos_2_in_memory_is_the_sessions_own_affair)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V311);
    deliver_as(&st, 2, 0);
    CHECK_OUT(&st, "\x34\5\0\1t\x80\1");
    feed(&st, PX_STR("\x50\2\x80\1"));
    CHECK_OUT(&st, "\x62\2\x80\1");
    feed(&st, PX_STR("\x50\2\x80\1")); /* again: again */
    CHECK_OUT(&st, "\x62\2\x80\1");
    feed(&st, PX_STR("\x70\2\x80\1\x70\2\x80\1"));
    CHECK_OUT(&st, "");
    CHECK_EQ(px_mqtt_count_of(&st.counters.acks_unasked), 1);
    CHECK_LOG(&st, "");
    px_mqtt_story_end(&st);
}

PX_TEST(the_application_hears_of_its_own_messages)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    deliver_as(&st, 1, 1);
    deliver_as(&st, 2, 0x7FFF);
    px_mqtt_story_output(&st);
    feed(&st, PX_STR("\x40\3\0\1\x10"));
    feed(&st, PX_STR("\x50\2\x7f\xff"));
    CHECK_OUT(&st, "\x62\2\x7f\xff");
    feed(&st, PX_STR("\x70\2\x7f\xff"));
    CHECK_LOG(&st, "puback 1 10\npubrec 32767 00\npubcomp 32767 00\n");
    px_mqtt_story_end(&st);
}

PX_TEST(a_pubrel_waits_for_the_application)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    st.on_acked = PX_MQTT_LATER;
    deliver_as(&st, 2, 5);
    px_mqtt_story_output(&st);
    feed(&st, PX_STR("\x50\2\0\5\x50\2\0\5")); /* twice: one question, one PUBREL */
    CHECK_OUT(&st, "");
    CHECK_LOG(&st, "pubrec 5 00\n");
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 1);
    px_mqtt_session_release(st.session, 5);
    px_mqtt_session_release(st.session, 5);
    CHECK_OUT(&st, "\x62\2\0\5");
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 0);
    feed(&st, PX_STR("\x70\2\0\5"));
    CHECK_LOG(&st, "pubcomp 5 00\n");
    px_mqtt_story_end(&st);
}

PX_TEST(a_pubrec_that_refuses_ends_the_message)
{
    px_mqtt_story st;

    story_open_with(&st, PX_STR("\x21\0\1"));
    st.on_acked = PX_MQTT_LATER; /* has no say here */
    deliver_as(&st, 2, 5);
    deliver_as(&st, 1, 6);
    CHECK_OUT(&st, "\x34\6\0\1t\0\5\0");
    feed(&st, PX_STR("\x50\3\0\5\x83"));
    CHECK_OUT(&st, "\x32\6\0\1t\0\6\0"); /* its place is free */
    CHECK_LOG(&st, "pubrec 5 83\n");
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 0);
    px_mqtt_story_end(&st);
}

PX_TEST(an_answer_that_does_not_fit_is_a_protocol_error)
{
    static const struct {
        uint8_t qos;
        const char *answer;
    } wrong[] = {
        { 2, "\x40\2\0\5" }, { 1, "\x50\2\0\5" }, { 2, "\x70\2\0\5" }, { 1, "\x70\2\0\5" }
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        px_mqtt_story st;

        story_open(&st, PX_MQTT_V5);
        deliver_as(&st, wrong[i].qos, 5);
        px_mqtt_story_output(&st);
        feed(&st, px_str_of(wrong[i].answer, 4));
        CHECK_OUT(&st, "\xe0\1\x82");
        px_mqtt_story_end(&st);
    }
}

PX_TEST(a_pubcomp_before_the_pubrel_is_a_protocol_error)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    st.on_acked = PX_MQTT_LATER;
    deliver_as(&st, 2, 5);
    px_mqtt_story_output(&st);
    feed(&st, PX_STR("\x50\2\0\5\x70\2\0\5"));
    CHECK_OUT(&st, "\xe0\1\x82");
    px_mqtt_story_end(&st);
}

PX_TEST(a_pubrec_for_nothing_is_released_so_that_the_client_forgets_it)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    feed(&st, PX_STR("\x50\2\0\5"));
    CHECK_OUT(&st, "\x62\3\0\5\x92");
    feed(&st, PX_STR("\x70\2\0\5"));
    CHECK_EQ(px_mqtt_count_of(&st.counters.acks_unasked), 2);
    CHECK_LOG(&st, "");
    px_mqtt_story_end(&st);
}

PX_TEST(a_session_that_goes_on_repeats_its_pubrels)
{
    px_mqtt_story st;

    story_open_with(&st, PX_STR("\x21\0\1"));
    px_mqtt_session_release(st.session, 5); /* no PUBREL waits for the window */
    px_mqtt_session_release(st.session, 6);
    deliver_as(&st, 1, 7); /* but they fill it */
    CHECK_OUT(&st, "\x62\2\0\5\x62\2\0\6");
    feed(&st, PX_STR("\x70\2\0\5"));
    CHECK_OUT(&st, "");
    feed(&st, PX_STR("\x70\3\0\6\x92")); /* the client knows nothing of it */
    CHECK_OUT(&st, "\x32\6\0\1t\0\7\0");
    CHECK_LOG(&st, "pubcomp 5 00\npubcomp 6 92\n");
    px_mqtt_story_end(&st);
}

PX_TEST(more_pubrels_than_can_be_remembered_wait)
{
    enum { MANY = 300 };
    px_mqtt_story st;
    unsigned heard = 0;
    px_buf all = { 0 };

    story_open(&st, PX_MQTT_V311);
    for (uint16_t id = 1; id <= MANY; id++)
        px_mqtt_session_release(st.session, id);
    deliver_as(&st, 1, 1000);
    while (heard < MANY) {
        px_buf answers = { 0 };

        px_put(&all, px_mqtt_story_output(&st));
        CHECK(all.len >= (heard + 1) * 4);
        for (; heard < MANY && (heard + 1) * 4 <= all.len; heard++) {
            const uint8_t *packet = (const uint8_t *)all.ptr + heard * 4;

            CHECK_EQ(packet[0], 0x62);
            CHECK_EQ(packet[2] << 8 | packet[3], heard + 1);
            px_mqtt_put_ack(&answers, PX_MQTT_V311, PX_MQTT_PUBCOMP, (uint16_t)(heard + 1), 0);
        }
        feed(&st, px_buf_str(&answers));
        px_buf_release(&answers);
    }
    CHECK(px_str_eq(px_str_skip(px_buf_str(&all), MANY * 4), PX_STR("\x32\5\0\1t\x03\xe8")));
    px_buf_release(&all);
    px_mqtt_story_end(&st);
}

/* ---- a client that answers in any order ---- */

enum { MESSAGES = 60, OWED_MAX = 256 };

/* What stands between the two: numbered messages carry their number as payload. */
typedef struct talk {
    px_mqtt_story st;
    px_buf in; /* of the client, not yet whole packets */
    unsigned window, open, delivered, heard;
    struct {
        px_mqtt_type type;
        uint16_t packet_id;
    } owed[OWED_MAX]; /* answers of the client that are still to come */
    size_t owed_count;
    uint16_t held[OWED_MAX]; /* PUBRECs that the application has not judged */
    size_t held_count;
} talk;

static void owe(talk *t, px_mqtt_type type, uint16_t packet_id)
{
    CHECK(t->owed_count < OWED_MAX);
    t->owed[t->owed_count].type = type;
    t->owed[t->owed_count++].packet_id = packet_id;
}

static void hear_publish(talk *t, const px_mqtt_frame *frame)
{
    px_mqtt_props props;
    px_mqtt_publish m;

    CHECK_EQ(px_mqtt_decode_publish(frame, PX_MQTT_V5, &props, &m), PX_MQTT_SUCCESS);
    CHECK_EQ(m.payload.len, 1);
    CHECK_EQ((uint8_t)m.payload.ptr[0], t->heard); /* each once, in order */
    t->heard++;
    t->open++;
    CHECK(t->open <= t->window);
    owe(t, m.qos == 2 ? PX_MQTT_PUBREC : PX_MQTT_PUBACK, m.packet_id);
}

static void hear(talk *t)
{
    px_mqtt_frame frame;
    size_t used = 0;

    px_put(&t->in, px_mqtt_story_output(&t->st));
    while (px_mqtt_frame_cut(px_str_skip(px_buf_str(&t->in), used), PX_MQTT_PACKET_BYTES_MAX,
                             &frame) == PX_MQTT_SUCCESS) {
        if (frame.type == PX_MQTT_PUBLISH) {
            hear_publish(t, &frame);
        } else {
            CHECK_EQ(frame.type, PX_MQTT_PUBREL);
            owe(t, PX_MQTT_PUBCOMP,
                (uint16_t)((uint8_t)frame.body.ptr[0] << 8 | (uint8_t)frame.body.ptr[1]));
        }
        used += frame.size;
    }
    CHECK_EQ(used, t->in.len);
    px_buf_clear(&t->in);
}

static void answer(talk *t, size_t at)
{
    px_mqtt_type type = t->owed[at].type;
    uint16_t packet_id = t->owed[at].packet_id;

    t->owed[at] = t->owed[--t->owed_count];
    if (type == PX_MQTT_PUBREC && packet_id < PX_MQTT_SESSION_IDS_FROM)
        t->held[t->held_count++] = packet_id;
    if (type != PX_MQTT_PUBREC)
        t->open--;
    px_mqtt_put_ack(&t->st.sent, PX_MQTT_V5, type, packet_id, 0);
    px_mqtt_story_feed(&t->st);
    hear(t);
}

static void release_held(talk *t, size_t at)
{
    uint16_t packet_id = t->held[at];

    t->held[at] = t->held[--t->held_count];
    px_mqtt_session_release(t->st.session, packet_id);
    hear(t);
}

static void deliver_next(talk *t, px_gen *gen)
{
    char number = (char)t->delivered;
    px_mqtt_publish m = { .topic = PX_STR("t"),
                          .payload = px_str_of(&number, 1),
                          .qos = (uint8_t)(1 + px_gen_below(gen, 2)) };

    if (px_gen_below(gen, 2))
        m.packet_id = (uint16_t)(1 + t->delivered);
    t->delivered++;
    CHECK_EQ(px_mqtt_session_deliver(t->st.session, &m), PX_OK);
    hear(t);
}

PX_PROP(a_client_that_answers_in_any_order_hears_each_message_once, 300)
{
    talk t = { .window = (unsigned)(1 + px_gen_below(gen, 6)) };
    char props[] = { 0x21, 0, (char)t.window };

    story_open_with(&t.st, px_str_of(props, 3));
    t.st.on_acked = PX_MQTT_LATER;
    while (t.delivered < MESSAGES || t.owed_count + t.held_count > 0) {
        uint64_t way = px_gen_below(gen, 3);

        if (way == 0 && t.delivered < MESSAGES)
            deliver_next(&t, gen);
        else if (way == 1 && t.owed_count > 0)
            answer(&t, px_gen_below(gen, t.owed_count));
        else if (way == 2 && t.held_count > 0)
            release_held(&t, px_gen_below(gen, t.held_count));
    }
    CHECK_EQ(t.heard, MESSAGES);
    CHECK_EQ(px_mqtt_session_unanswered(t.st.session), 0);
    CHECK(px_mqtt_session_is_open(t.st.session));
    px_buf_release(&t.in);
    px_mqtt_story_end(&t.st);
}

PX_TEST_MAIN()
