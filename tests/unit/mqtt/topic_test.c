/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/topic.h"

#include "px_test.h"

static px_mqtt_reason topic(const char *text)
{
    return px_mqtt_topic_check(px_str_c(text));
}

static px_mqtt_reason filter(const char *text)
{
    return px_mqtt_filter_check(px_str_c(text));
}

static bool matches(const char *filter_text, const char *topic_text)
{
    CHECK_EQ(filter(filter_text), PX_MQTT_SUCCESS);
    CHECK_EQ(topic(topic_text), PX_MQTT_SUCCESS);
    return px_mqtt_filter_matches(px_str_c(filter_text), px_str_c(topic_text));
}

PX_TEST(takes_plain_topics_and_empty_levels)
{
    CHECK_EQ(topic("twins/pump-1/telemetry"), PX_MQTT_SUCCESS);
    CHECK_EQ(topic("/"), PX_MQTT_SUCCESS);
    CHECK_EQ(topic("a//b"), PX_MQTT_SUCCESS);
    CHECK_EQ(topic("泵/温度"), PX_MQTT_SUCCESS);
}

PX_TEST(refuses_wildcards_and_emptiness_in_a_topic)
{
    CHECK_EQ(topic(""), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(topic("a/+"), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(topic("a/b#"), PX_MQTT_TOPIC_NAME_INVALID);
}

PX_TEST(refuses_bytes_that_are_not_text)
{
    CHECK_EQ(px_mqtt_topic_check(PX_STR("a\0b")), PX_MQTT_MALFORMED);
    CHECK_EQ(topic("a\xff"), PX_MQTT_MALFORMED);
    CHECK_EQ(topic("\xed\xa0\x80"), PX_MQTT_MALFORMED); /* a surrogate */
    CHECK_EQ(filter("\xc0\x80"), PX_MQTT_MALFORMED);    /* an overlong NUL */
}

PX_TEST(levels_and_bytes_end_at_their_limits)
{
    char text[PX_TOPIC_BYTES_MAX + 1];

    memset(text, 'x', sizeof(text));
    CHECK_EQ(px_mqtt_topic_check(px_str_of(text, PX_TOPIC_BYTES_MAX)), PX_MQTT_SUCCESS);
    CHECK_EQ(px_mqtt_topic_check(px_str_of(text, PX_TOPIC_BYTES_MAX + 1)),
             PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(px_mqtt_filter_check(px_str_of(text, PX_TOPIC_BYTES_MAX + 1)),
             PX_MQTT_TOPIC_FILTER_INVALID);
    memset(text, '/', PX_TOPIC_LEVELS_MAX);
    CHECK_EQ(px_mqtt_topic_check(px_str_of(text, PX_TOPIC_LEVELS_MAX - 1)), PX_MQTT_SUCCESS);
    CHECK_EQ(px_mqtt_topic_check(px_str_of(text, PX_TOPIC_LEVELS_MAX)), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(px_mqtt_filter_check(px_str_of(text, PX_TOPIC_LEVELS_MAX - 1)), PX_MQTT_SUCCESS);
    CHECK_EQ(px_mqtt_filter_check(px_str_of(text, PX_TOPIC_LEVELS_MAX)),
             PX_MQTT_TOPIC_FILTER_INVALID);
}

PX_TEST(wildcards_fill_a_whole_level)
{
    CHECK_EQ(filter("+"), PX_MQTT_SUCCESS);
    CHECK_EQ(filter("#"), PX_MQTT_SUCCESS);
    CHECK_EQ(filter("a/+/b/#"), PX_MQTT_SUCCESS);
    CHECK_EQ(filter("a+"), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(filter("a/+b"), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(filter("a#"), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(filter("#/a"), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(filter("a/##"), PX_MQTT_TOPIC_FILTER_INVALID);
}

PX_TEST(shared_subscriptions_are_refused_by_name)
{
    CHECK_EQ(filter("$share/g/a"), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(filter("$shared/a"), PX_MQTT_SUCCESS);
}

PX_TEST(filters_select_as_the_standard_says)
{
    CHECK(matches("sport/tennis/player1/#", "sport/tennis/player1"));
    CHECK(matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
    CHECK(matches("sport/#", "sport"));
    CHECK(matches("#", "a/b/c"));
    CHECK(matches("sport/tennis/+", "sport/tennis/player1"));
    CHECK(!matches("sport/tennis/+", "sport/tennis/player1/ranking"));
    CHECK(!matches("sport/+", "sport"));
    CHECK(matches("sport/+", "sport/"));
    CHECK(matches("+/+", "/finance"));
    CHECK(matches("/+", "/finance"));
    CHECK(!matches("+", "/finance"));
    CHECK(!matches("a/b", "a"));
    CHECK(!matches("a", "a/b"));
    CHECK(!matches("a", "A"));
}

PX_TEST(filters_meet_where_a_topic_is_of_both)
{
    static const struct {
        const char *a, *b;
        bool meet;
    } cases[] = { { "a/b", "a/b", true },     { "a/+", "+/b", true },
                  { "a/#", "a/b/c", true },   { "a/#", "a", true },
                  { "a/+", "a", false },      { "a/b", "a/c", false },
                  { "+/b/#", "a/+/c", true }, { "a/b/#", "b/#", false },
                  { "#", "a/b", true },       { "a/+/c", "a/b/+/d", false },
                  { "#", "$x/a", false },     { "$x/#", "$x/+", true } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        px_str a = px_str_c(cases[i].a), b = px_str_c(cases[i].b);

        CHECK_EQ(px_mqtt_filters_meet(a, b), cases[i].meet);
        CHECK_EQ(px_mqtt_filters_meet(b, a), cases[i].meet);
    }
}

PX_TEST(wildcards_do_not_see_dollar_topics)
{
    CHECK(!matches("#", "$SYS/monitor"));
    CHECK(!matches("+/monitor", "$SYS/monitor"));
    CHECK(matches("$SYS/#", "$SYS/monitor"));
    CHECK(matches("$SYS/+", "$SYS/monitor"));
    CHECK(matches("a/#", "a/$b"));
}

static px_mqtt_reason settle(const char *text, const char *wanted_filter, const char *wanted_share)
{
    px_str filter = px_str_c(text), share;
    px_mqtt_reason reason = px_mqtt_filter_settle(&filter, &share);

    if (reason == PX_MQTT_SUCCESS) {
        CHECK_SLICE(filter, wanted_filter);
        CHECK_SLICE(share, wanted_share);
    }
    return reason;
}

PX_TEST(the_group_of_a_shared_subscription_is_taken_off)
{
    CHECK_EQ(settle("a/+", "a/+", ""), PX_MQTT_SUCCESS);
    CHECK_EQ(settle("$share/g/a/#", "a/#", "g"), PX_MQTT_SUCCESS);
    CHECK_EQ(settle("$share/g//", "/", "g"), PX_MQTT_SUCCESS);
    CHECK_EQ(settle("$shared/g/a", "$shared/g/a", ""), PX_MQTT_SUCCESS); /* another word */
    CHECK_EQ(settle("$share", "", ""), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(settle("$share/g", "", ""), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(settle("$share/g/", "", ""), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(settle("$share//a", "", ""), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(settle("$share/+/a", "", ""), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(settle("$share/g#/a", "", ""), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(settle("$share/g/a+", "", ""), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(settle("$share/g/$share/h/a", "", ""), PX_MQTT_TOPIC_FILTER_INVALID);
    CHECK_EQ(settle("$share/\xff/a", "", ""), PX_MQTT_MALFORMED);
}

PX_TEST_MAIN()
