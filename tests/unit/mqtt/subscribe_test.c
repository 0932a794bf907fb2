/* SPDX-License-Identifier: Apache-2.0 */
/* SUBSCRIBE and UNSUBSCRIBE: one question and one answer each, at once or later. */
#include "base/mem.h"
#include "base/time.h"
#include "session_kit.h"

PX_TEST(subscriptions_are_judged_one_by_one)
{
    px_mqtt_story st;
    const px_mqtt_filter filters[] = { { .text = PX_STR("a/+"), .qos = 2 },
                                       { .text = PX_STR("a/b#"), .qos = 0 },
                                       { .text = PX_STR("$share/g/t"), .qos = 0 } };

    story_open(&st, PX_MQTT_V5);
    px_mqtt_put_subscribe(&st.sent, PX_MQTT_V5, 5, filters, 3, PX_STR("\x0b\x11"));
    px_mqtt_put_unsubscribe(&st.sent, PX_MQTT_V5, 6, filters, 3);
    px_mqtt_story_feed(&st);
    CHECK_LOG(&st, "subscribe a/+ id=17 qos=2\n"
                   "subscribe a/b# id=17 refused=8f qos=0\n"
                   "subscribe t share=g id=17 qos=0\n"
                   "unsubscribe a/+\nunsubscribe a/b# refused=8f\nunsubscribe t share=g\n");
    CHECK_OUT(&st, "\x90\6\0\5\0\2\x8f\0\xb0\6\0\6\0\0\x8f\0");
    px_mqtt_story_end(&st);

    story_open(&st, PX_MQTT_V311);
    st.on_subscribe = PX_MQTT_NOT_AUTHORIZED;
    px_mqtt_put_subscribe(&st.sent, PX_MQTT_V311, 5, filters, 1, NO_PROPS);
    px_mqtt_put_unsubscribe(&st.sent, PX_MQTT_V311, 6, filters, 1);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\x90\3\0\5\x80\xb0\2\0\6");
    px_mqtt_story_end(&st);
}

PX_TEST(options_and_the_share_are_handed_on)
{
    px_mqtt_story st;
    const px_mqtt_filter filters[] = {
        { .text = PX_STR("a"), .qos = 1, .no_local = true, .retain_as_published = true },
        { .text = PX_STR("b"), .qos = 2, .retain_handling = 2 },
        { .text = PX_STR("$share/pumps/plant/+/#"), .qos = 1, .retain_handling = 1 },
    };

    story_open(&st, PX_MQTT_V5);
    px_mqtt_put_subscribe(&st.sent, PX_MQTT_V5, 5, filters, 3, NO_PROPS);
    px_mqtt_story_feed(&st);
    CHECK_LOG(&st, "subscribe a qos=1 no_local as_published\n"
                   "subscribe b qos=2 handling=2\n"
                   "subscribe plant/+/# share=pumps qos=1 handling=1\n");
    CHECK_OUT(&st, "\x90\6\0\5\0\1\2\1");
    px_mqtt_story_end(&st);
}

PX_TEST(a_shared_subscription_without_no_local)
{
    px_mqtt_story st;
    const px_mqtt_filter filter = { .text = PX_STR("$share/g/a"), .no_local = true };

    story_open(&st, PX_MQTT_V5);
    px_mqtt_put_subscribe(&st.sent, PX_MQTT_V5, 5, &filter, 1, NO_PROPS);
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\xe0\1\x82");
    px_mqtt_story_end(&st);
}

PX_TEST(each_refusal_is_counted_and_v311_has_one_word_for_it)
{
    px_mqtt_story st;
    const px_mqtt_filter filters[] = { { .text = PX_STR("$share//a") }, { .text = PX_STR("a") } };

    story_open(&st, PX_MQTT_V311);
    st.on_subscribe = PX_MQTT_NOT_AUTHORIZED;
    px_mqtt_put_subscribe(&st.sent, PX_MQTT_V311, 5, filters, 2, NO_PROPS);
    px_mqtt_story_feed(&st);
    CHECK_LOG(&st, "subscribe $share//a refused=8f qos=0\nsubscribe a qos=0\n");
    CHECK_OUT(&st, "\x90\4\0\5\x80\x80");
    CHECK_EQ(px_mqtt_count_of(&st.counters.refused[0x8F]), 1);
    CHECK_EQ(px_mqtt_count_of(&st.counters.refused[0x87]), 1);
    px_mqtt_story_end(&st);
}

/* ---- answered later ---- */

static void ask(px_mqtt_story *st, unsigned packet_id)
{
    const px_mqtt_filter filter = { .text = PX_STR("a"), .qos = 1 };

    px_mqtt_put_subscribe(&st->sent, PX_MQTT_V5, (uint16_t)packet_id, &filter, 1, NO_PROPS);
}

PX_TEST(an_answer_may_come_later_and_others_pass_by)
{
    px_mqtt_story st;
    const px_mqtt_filter filter = { .text = PX_STR("a"), .qos = 1 };
    const uint8_t granted[] = { 1 }, gone[] = { 0x11 };

    story_open(&st, PX_MQTT_V5);
    st.on_subscribe = PX_MQTT_LATER;
    ask(&st, 5);
    ask(&st, 6);
    px_mqtt_put_unsubscribe(&st.sent, PX_MQTT_V5, 5, &filter, 1);
    feed(&st, PX_STR("\xc0\0"));
    CHECK_OUT(&st, "\xd0\0");
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 3);
    px_mqtt_session_answer(st.session, PX_MQTT_SUBACK, 6, granted, 1);
    px_mqtt_session_answer(st.session, PX_MQTT_UNSUBACK, 5, gone, 1);
    px_mqtt_session_answer(st.session, PX_MQTT_SUBACK, 77, granted, 1); /* nobody asked */
    px_mqtt_session_answer(st.session, PX_MQTT_SUBACK, 5, granted, 1);
    px_mqtt_session_answer(st.session, PX_MQTT_SUBACK, 5, granted, 1); /* again */
    CHECK_OUT(&st, "\x90\4\0\6\0\1\xb0\4\0\5\0\x11\x90\4\0\5\0\1");
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 0);
    px_mqtt_story_end(&st);
}

PX_TEST(a_client_with_as_many_requests_as_the_limit_is_not_read)
{
    px_mqtt_story st;
    const uint8_t granted[] = { 1 };

    story_open_with(&st, NO_PROPS);
    st.on_subscribe = PX_MQTT_LATER;
    for (unsigned i = 1; i < PX_MQTT_REQUESTS_MAX; i++)
        ask(&st, i);
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_wants_input(st.session));
    ask(&st, PX_MQTT_REQUESTS_MAX);
    feed(&st, PX_STR("\xc0\0\xc0")); /* read already: kept, in order */
    CHECK(!px_mqtt_session_wants_input(st.session));
    CHECK_OUT(&st, "");
    px_mqtt_session_tick(st.session, 1000 * PX_SECOND); /* it is we who do not read */
    CHECK(px_mqtt_session_is_open(st.session));
    px_mqtt_session_answer(st.session, PX_MQTT_SUBACK, 3, granted, 1);
    CHECK_OUT(&st, "\x90\4\0\3\0\1\xd0\0");
    CHECK(px_mqtt_session_wants_input(st.session));
    feed(&st, PX_STR("\0"));
    CHECK_OUT(&st, "\xd0\0");
    px_mqtt_story_end(&st);
}

PX_TEST(as_many_filters_in_one_packet_as_the_limit_and_no_more)
{
    px_mqtt_filter *filters = px_zalloc(PX_MQTT_FILTERS_MAX + 1, sizeof(*filters));

    for (size_t i = 0; i <= PX_MQTT_FILTERS_MAX; i++)
        filters[i].text = PX_STR("a");
    for (size_t more = 0; more < 2; more++) {
        px_mqtt_story st;

        story_open(&st, PX_MQTT_V5);
        px_mqtt_put_subscribe(&st.sent, PX_MQTT_V5, 5, filters, PX_MQTT_FILTERS_MAX + more,
                              NO_PROPS);
        px_mqtt_story_feed(&st);
        if (more == 0)
            CHECK_EQ(first_frame(px_mqtt_story_output(&st)).body.len, PX_MQTT_FILTERS_MAX + 3);
        else
            CHECK_OUT(&st, "\xe0\1\x97");
        px_mqtt_story_end(&st);
    }
    px_free(filters);
}

PX_TEST(an_end_forgets_what_was_asked)
{
    px_mqtt_story st;
    const uint8_t granted[] = { 1 };

    story_open(&st, PX_MQTT_V311);
    st.on_subscribe = PX_MQTT_LATER;
    ask(&st, 5);
    px_buf_clear(&st.sent);
    px_mqtt_put_subscribe(&st.sent, PX_MQTT_V311, 5, &(px_mqtt_filter){ .text = PX_STR("a") }, 1,
                          NO_PROPS);
    px_mqtt_story_feed(&st);
    px_mqtt_session_lost(st.session);
    CHECK_EQ(px_mqtt_session_unanswered(st.session), 0);
    px_mqtt_session_answer(st.session, PX_MQTT_SUBACK, 5, granted, 1);
    CHECK_OUT(&st, "");
    px_mqtt_story_end(&st);
}

PX_TEST_MAIN()
