/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is refused is on the disk before its message is answered: told by clients at a real door,
 * whose keeper does nothing until it is started. A subscription that is answered meanwhile shows
 * that the message is not.
 */
#include "server/topics_impl.h"
#include "sync/keeper.h"
#include "topics_world.h"

static topics_world w;
static px_keeper *keeper;

static void begin(mqtt_client *c, px_mqtt_version version)
{
    px_keeper_opts opts;
    px_err err;

    topics_world_init(&w);
    opts = (px_keeper_opts){ .engine = w.api.engine,
                             .presence = w.api.presence,
                             .rejects = w.api.rejects };
    CHECK_OK(px_keeper_open(&opts, &keeper, &err), &err);
    api_put_press(&w.api, w.api.admin, "press-1");
    CHECK_EQ(mqtt_join(c, &w, version, "d", "d", topics_device(&w, NULL, "d", "[\"press-1\"]")), 0);
}

static void start_keeper(void)
{
    px_err err;

    CHECK_OK(px_keeper_start(keeper, &err), &err);
}

static void end(mqtt_client *c)
{
    mqtt_leave(c);
    px_keeper_stop(keeper);
    px_keeper_close(keeper);
    topics_world_release(&w);
}

/* Says it, and sees that it is not answered before a subscription that comes behind it. */
static void say(mqtt_client *c, const char *payload)
{
    mqtt_send(c, "twins/press-1/telemetry", payload);
    CHECK_EQ(mqtt_subscribe(c, "a", 1), 1);
}

PX_TEST(a_refusal_is_answered_when_it_is_saved)
{
    static const char *const payloads[] = { "{\"sped\":1}", "{" };
    mqtt_client c;

    for (size_t i = 0; i < 4; i++) {
        px_mqtt_version version = i < 2 ? PX_MQTT_V5 : PX_MQTT_V311;

        begin(&c, version);
        say(&c, payloads[i % 2]);
        CHECK(!px_rejects_are_saved(w.api.rejects));
        start_keeper();
        CHECK_EQ(mqtt_ack(&c), version == PX_MQTT_V5 ? PX_MQTT_PAYLOAD_FORMAT_INVALID : 0);
        CHECK(px_rejects_are_saved(w.api.rejects));
        end(&c);
    }
}

PX_TEST(a_message_that_is_taken_in_part_is_answered_when_the_rest_is_saved)
{
    mqtt_client c;

    begin(&c, PX_MQTT_V5);
    say(&c, "{\"speed\":1,\"sped\":1}");
    start_keeper();
    CHECK_EQ(mqtt_ack(&c), 0);
    CHECK(px_rejects_are_saved(w.api.rejects));
    end(&c);
}

PX_TEST(what_the_engine_refuses_is_answered_when_it_is_saved)
{
    mqtt_client c;

    begin(&c, PX_MQTT_V5);
    mqtt_send(&c, "twins/press-1/commands/stop/none/response", "{}");
    CHECK_EQ(mqtt_subscribe(&c, "a", 1), 1);
    start_keeper();
    CHECK(mqtt_ack(&c) >= 0x80);
    CHECK(px_rejects_are_saved(w.api.rejects));
    end(&c);
}

PX_TEST(who_is_taken_whole_waits_for_nobody)
{
    mqtt_client c, other;

    begin(&c, PX_MQTT_V5);
    say(&c, "{\"sped\":1}");
    CHECK_EQ(
        mqtt_join(&other, &w, PX_MQTT_V5, "e", "e", topics_device(&w, NULL, "e", "[\"press-1\"]")),
        0);
    CHECK_EQ(mqtt_publish(&other, "twins/press-1/telemetry", "{\"speed\":2}"), 0);
    CHECK(!px_rejects_are_saved(w.api.rejects));
    mqtt_leave(&other);
    end(&c);
}

PX_TEST(on_a_full_disk_a_refused_message_is_not_acknowledged)
{
    mqtt_client c;

    begin(&c, PX_MQTT_V5);
    say(&c, "{\"sped\":1}");
    px_rejects_give_up(w.api.rejects, PX_FULL);
    CHECK_EQ(mqtt_ack(&c), PX_MQTT_QUOTA_EXCEEDED);
    end(&c);
    begin(&c, PX_MQTT_V311);
    say(&c, "{\"sped\":1}");
    px_rejects_give_up(w.api.rejects, PX_FULL);
    CHECK_EQ(mqtt_ack(&c), -1); /* the connection ends, and the client says it again */
    CHECK(c.closed);
    end(&c);
}

PX_TEST_MAIN()
