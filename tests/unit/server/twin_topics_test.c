/* SPDX-License-Identifier: Apache-2.0 */
/* What topics mean, told by clients at a real door of a real engine. */
#include "topics_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/topic_names.h"

static topics_world w;

static void begin(void)
{
    topics_world_init(&w);
}

static void end(void)
{
    topics_world_release(&w);
}

/* ---- names ---- */

static px_topic_kind kind_of(const char *topic, const char *twin)
{
    px_topic_name name;

    px_topic_name_read(px_str_c(topic), &name);
    CHECK(px_str_eq(name.twin, px_str_c(twin)));
    return name.kind;
}

PX_TEST(a_topic_has_one_meaning)
{
    px_topic_name name;

    CHECK_EQ(kind_of("twins/a/telemetry", "a"), PX_TOPIC_TELEMETRY);
    CHECK_EQ(kind_of("twins/a%2Fb/reported", "a/b"), PX_TOPIC_REPORTED);
    CHECK_EQ(kind_of("twins/a/components/m/reported", "a"), PX_TOPIC_REPORTED);
    px_topic_name_read(PX_STR("twins/a/commands/stop/c%2F1/response"), &name);
    CHECK_EQ(name.kind, PX_TOPIC_RESPONSE);
    CHECK(px_str_eq(name.command, PX_STR("stop")) && px_str_eq(name.command_id, PX_STR("c/1")));
    CHECK_EQ(kind_of("twins/a/telemetry/", "a"), PX_TOPIC_NONE);
    CHECK_EQ(kind_of("twins/a/b/telemetry", "a"), PX_TOPIC_NONE);
    CHECK_EQ(kind_of("twins/a%2fb/telemetry", ""), PX_TOPIC_NONE);
    CHECK_EQ(kind_of("twins//telemetry", ""), PX_TOPIC_NONE);
    CHECK_EQ(kind_of("twins", ""), PX_TOPIC_NONE);
    CHECK_EQ(kind_of("events/graph/a", ""), PX_TOPIC_RESERVED);
    CHECK_EQ(kind_of("spBv1.0/g/NBIRTH/n", ""), PX_TOPIC_RESERVED);
    CHECK_EQ(kind_of("$SYS/x", ""), PX_TOPIC_RESERVED);
    CHECK_EQ(kind_of("line/1", ""), PX_TOPIC_PLAIN);
    CHECK_EQ(kind_of("/events/a", ""), PX_TOPIC_PLAIN);
}

/* ---- who may ---- */

PX_TEST(ids_with_topic_characters_open_no_door_to_other_twins)
{
    mqtt_client a, plus, odd;

    begin();
    api_put_press(&w.api, w.api.admin, "a");
    api_put_press(&w.api, w.api.admin, "a%2Fb");
    api_put_press(&w.api, w.api.admin, "%2B");
    CHECK_EQ(mqtt_join(&a, &w, PX_MQTT_V5, "a", "da", topics_device(&w, NULL, "da", "[\"a\"]")), 0);
    CHECK_EQ(mqtt_join(&plus, &w, PX_MQTT_V5, "p", "dp", topics_device(&w, NULL, "dp", "[\"+\"]")),
             0);
    CHECK_EQ(mqtt_join(&odd, &w, PX_MQTT_V5, "o", "do", topics_device(&w, NULL, "do", "[\"a/b\"]")),
             0);
    CHECK_EQ(mqtt_subscribe(&a, "twins/a/#", 1), 1);
    CHECK_EQ(mqtt_subscribe(&plus, "twins/+/#", 1), PX_MQTT_NOT_AUTHORIZED);
    CHECK_EQ(mqtt_subscribe(&plus, "twins/#", 1), PX_MQTT_NOT_AUTHORIZED);
    CHECK_EQ(mqtt_subscribe(&plus, "twins/%2B/#", 1), 1);
    CHECK_EQ(mqtt_subscribe(&odd, "twins/a/b/#", 1), PX_MQTT_NOT_AUTHORIZED);
    CHECK_EQ(mqtt_subscribe(&odd, "twins/a%2Fb/#", 1), 1);
    CHECK_EQ(mqtt_publish(&odd, "twins/a/b/telemetry", "{\"speed\":1}"), PX_MQTT_NOT_AUTHORIZED);
    CHECK_EQ(mqtt_publish(&odd, "twins/a%2Fb/telemetry", "{\"speed\":31}"), 0);
    CHECK_EQ(mqtt_publish(&plus, "twins/%2B/telemetry", "{\"speed\":32}"), 0);
    CHECK_EQ(mqtt_publish(&a, "twins/a/telemetry", "{\"speed\":33}"), 0);
    mqtt_hear(&odd, "twins/a%2Fb/state {\"twin\":\"a/b\"");
    mqtt_hear(&plus, "twins/%2B/state {\"twin\":\"+\"");
    mqtt_hear(&a, "twins/a/state {\"twin\":\"a\"");
    CHECK(!mqtt_has_heard(&a, "a/b"));
    CHECK(!mqtt_has_heard(&plus, "\"a"));
    mqtt_leave(&a);
    mqtt_leave(&plus);
    mqtt_leave(&odd);
    end();
}

PX_TEST(nobody_publishes_what_only_the_server_says)
{
    static const char *const topics[] = { "events/graph/press", "events", "spBv1.0/g/NDATA/n",
                                          "$SYS/load" };
    mqtt_client device, admin;

    begin();
    api_put_press(&w.api, w.api.admin, "press");
    CHECK_EQ(mqtt_join(&admin, &w, PX_MQTT_V5, "admin", "any", w.api.admin), 0);
    CHECK_EQ(
        mqtt_join(&device, &w, PX_MQTT_V5, "d", "d", topics_device(&w, NULL, "d", "[\"press\"]")),
        0);
    CHECK_EQ(mqtt_subscribe(&admin, "#", 1), 1);
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        CHECK_EQ(mqtt_publish(&device, topics[i], "forged"), PX_MQTT_NOT_AUTHORIZED);
        CHECK_EQ(mqtt_publish(&admin, topics[i], "forged"), PX_MQTT_NOT_AUTHORIZED);
    }
    CHECK_EQ(mqtt_publish(&device, "twins/press/state", "forged"), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(mqtt_publish(&admin, "twins/press/desired", "forged"), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(mqtt_publish(&admin, "twins", "forged"), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(mqtt_publish(&device, "line/1", "plain"), 0);
    mqtt_hear(&admin, "line/1 plain");
    CHECK(!mqtt_has_heard(&admin, "forged"));
    mqtt_leave(&device);
    mqtt_leave(&admin);
    end();
}

PX_TEST_MAIN()
