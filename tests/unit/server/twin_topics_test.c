/* SPDX-License-Identifier: Apache-2.0 */
/* What topics mean, told by clients at a real door of a real engine. */
#include "topics_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/topic_names.h"
#include "server/topics_impl.h"

static topics_world w;

enum { QOS_0 = 0, QOS_1 = 1 };

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
    CHECK_EQ(kind_of("spBv1.0/g/NBIRTH/n", ""), PX_TOPIC_SPARKPLUG);
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
    static const char *const topics[] = { "events/graph/press", "events", "$SYS/load" };
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
    CHECK_EQ(mqtt_publish(&device, "spBv1.0/g/NDATA/n", "forged"), PX_MQTT_NOT_AUTHORIZED);
    CHECK_EQ(mqtt_publish(&device, "spBv1.0/g/NCMD/n", "forged"), PX_MQTT_NOT_AUTHORIZED);
    CHECK_EQ(mqtt_publish(&device, "spBv1.0/STATE/h", "forged"), PX_MQTT_NOT_AUTHORIZED);
    CHECK_EQ(mqtt_publish(&admin, "spBv1.0/g/NDATA/n", "forged"), PX_MQTT_PAYLOAD_FORMAT_INVALID);
    CHECK_EQ(mqtt_publish(&admin, "spBv1.0/g/n", "forged"), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(mqtt_publish(&device, "line/1", "plain"), 0);
    mqtt_hear(&admin, "line/1 plain");
    CHECK(!mqtt_has_heard(&admin, "forged"));
    mqtt_leave(&device);
    mqtt_leave(&admin);
    end();
}

PX_TEST(a_client_id_is_the_devices_own)
{
    mqtt_client first, thief, again;
    const char *key, *other;

    begin();
    api_put_press(&w.api, w.api.admin, "press");
    key = topics_device(&w, NULL, "d1", "[\"press\"]");
    other = topics_device(&w, NULL, "d2", "[]");
    CHECK_EQ(mqtt_join(&first, &w, PX_MQTT_V5, "same", "d1", key), 0);
    CHECK_EQ(mqtt_join(&thief, &w, PX_MQTT_V5, "same", "d2", other), 0);
    CHECK_EQ(mqtt_publish(&first, "twins/press/telemetry", "{\"speed\":1}"), 0);
    CHECK_EQ(mqtt_join(&again, &w, PX_MQTT_V5, "same", "d1", key), 0);
    CHECK_EQ(mqtt_end(&first), PX_MQTT_SESSION_TAKEN_OVER);
    mqtt_leave(&first);
    mqtt_leave(&thief);
    mqtt_leave(&again);
    end();
}

PX_TEST(a_device_has_its_own_key_only)
{
    mqtt_client c;
    const char *key;

    begin();
    key = topics_device(&w, NULL, "d1", "[]");
    topics_device(&w, NULL, "d2", "[]");
    CHECK_EQ(mqtt_join(&c, &w, PX_MQTT_V5, "c", "d2", key), PX_MQTT_BAD_USER_OR_PASSWORD);
    mqtt_leave(&c);
    CHECK_EQ(mqtt_join(&c, &w, PX_MQTT_V311, "c", "d2", key), 4);
    mqtt_leave(&c);
    end();
}

PX_TEST(ten_thousand_twins_of_one_device_can_log_in)
{
    px_buf body = { 0 };
    mqtt_client c;

    begin();
    px_put_c(&body, "{\"twins\":[");
    for (int i = 0; i < 9999; i++)
        px_putf(&body, "\"%d-in-the-long-hall\",", i);
    px_put_c(&body, "\"press\"]}");
    api_put_press(&w.api, w.api.admin, "press");
    CHECK_EQ(
        mqtt_join(&c, &w, PX_MQTT_V5, "c", "big",
                  api_text(API_ASK(&w.api, "PUT", "/api/v1/devices/big", body.ptr, 201), "/key")),
        0);
    CHECK_EQ(mqtt_publish(&c, "twins/press/telemetry", "{\"speed\":1}"), 0);
    CHECK_EQ(mqtt_publish(&c, "twins/presso/telemetry", "{\"speed\":1}"), PX_MQTT_NOT_AUTHORIZED);
    mqtt_leave(&c);
    px_buf_release(&body);
    end();
}

static int try_to_join(px_mqtt_version version, const char *user, const char *password)
{
    mqtt_client c;
    int code = mqtt_join(&c, &w, version, "c", user, password);

    mqtt_leave(&c);
    return code;
}

PX_TEST(logins_that_fail_again_and_again_are_told_to_slow_down)
{
    char wrong[PX_CREDENTIAL_BYTES + 1];
    const char *key;

    begin();
    key = topics_device(&w, NULL, "d", "[]");
    snprintf(wrong, sizeof(wrong), "%s", key);
    wrong[PX_CREDENTIAL_BYTES - 2] = wrong[PX_CREDENTIAL_BYTES - 2] == 'A' ? 'B' : 'A';
    for (int i = 0; i < PX_BACKOFF_FREE; i++)
        CHECK_EQ(try_to_join(PX_MQTT_V5, "d", wrong), PX_MQTT_BAD_USER_OR_PASSWORD);
    CHECK_EQ(try_to_join(PX_MQTT_V5, "d", wrong), PX_MQTT_CONNECTION_RATE);
    CHECK_EQ(try_to_join(PX_MQTT_V311, "d", wrong), 3);
    CHECK_EQ(try_to_join(PX_MQTT_V5, "d", key), PX_MQTT_CONNECTION_RATE);        /* the same id */
    CHECK_EQ(try_to_join(PX_MQTT_V5, "x", "nonsense"), PX_MQTT_CONNECTION_RATE); /* the address */
    CHECK_EQ(try_to_join(PX_MQTT_V5, "any", w.api.admin), 0); /* who is right passes */
    CHECK_EQ(px_twin_topics_stat(w.topics).logins_failed, PX_BACKOFF_FREE + 4);
    end();
}

/* ---- rights that end while the connection is open ---- */

static void one_press_with(mqtt_client *c, px_mqtt_version version)
{
    begin();
    api_put_press(&w.api, w.api.admin, "press");
    CHECK_EQ(
        mqtt_join(c, &w, version, "c", "d", topics_device(&w, NULL, "d", "[\"press\",\"other\"]")),
        0);
    CHECK_EQ(mqtt_subscribe(c, "twins/press/#", 1), 1);
}

static void is_ended(mqtt_client *c, int reason)
{
    CHECK_EQ(mqtt_end(c), reason);
    mqtt_leave(c);
    CHECK_EQ(px_twin_topics_stat(w.topics).revoked, 1);
    end();
}

PX_TEST(a_deleted_device_is_told_and_hears_no_more)
{
    mqtt_client c;

    one_press_with(&c, PX_MQTT_V5);
    API_ASK(&w.api, "DELETE", "/api/v1/devices/d", NULL, 204);
    API_ASK(&w.api, "PATCH", "/digitaltwins/press",
            "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":77}]", 204);
    is_ended(&c, PX_MQTT_ADMINISTRATIVE);
}

PX_TEST(a_replaced_key_ends_the_connection_of_the_old_one)
{
    mqtt_client c;

    one_press_with(&c, PX_MQTT_V311);
    API_ASK(&w.api, "POST", "/api/v1/devices/d/key", NULL, 201);
    is_ended(&c, 0); /* 3.1.1 has no word for it */
}

PX_TEST(a_twin_taken_from_a_device_ends_its_connection)
{
    mqtt_client c;

    one_press_with(&c, PX_MQTT_V5);
    API_ASK(&w.api, "PUT", "/api/v1/devices/d", "{\"twins\":[\"other\"]}", 200);
    CHECK_EQ(mqtt_publish(&c, "twins/press/telemetry", "{\"speed\":1}") == 0, false);
    is_ended(&c, PX_MQTT_ADMINISTRATIVE);
}

PX_TEST(the_same_twins_written_again_end_nothing)
{
    mqtt_client c;

    one_press_with(&c, PX_MQTT_V5);
    API_ASK(&w.api, "PUT", "/api/v1/devices/d", "{\"twins\":[\"other\",\"press\"]}", 200);
    CHECK_EQ(mqtt_publish(&c, "twins/press/telemetry", "{\"speed\":78}"), 0);
    mqtt_hear(&c, "\"value\":78");
    mqtt_leave(&c);
    CHECK_EQ(px_twin_topics_stat(w.topics).revoked, 0);
    end();
}

PX_TEST(a_withdrawn_token_ends_its_connection)
{
    mqtt_client c;
    const reply *r;
    char token[PX_CREDENTIAL_BYTES + 1], target[128];

    begin();
    r = API_ASK(&w.api, "POST", "/api/v1/tokens", "{\"name\":\"wall\",\"role\":\"reader\"}", 201);
    snprintf(token, sizeof(token), "%s", api_text(r, "/token"));
    snprintf(target, sizeof(target), "/api/v1/tokens/%s", api_text(r, "/id"));
    CHECK_EQ(mqtt_join(&c, &w, PX_MQTT_V5, "wall", "any", token), 0);
    CHECK_EQ(mqtt_subscribe(&c, "events/#", 0), 0);
    API_ASK(&w.api, "DELETE", target, NULL, 204);
    is_ended(&c, PX_MQTT_ADMINISTRATIVE);
}

/* ---- what a fresh subscription is answered ---- */

static void press_with_device(mqtt_client *c)
{
    begin();
    api_put_press(&w.api, w.api.admin, "press");
    api_put_press(&w.api, w.api.admin, "press%2F2");
    CHECK_EQ(mqtt_join(c, &w, PX_MQTT_V5, "c", "d", topics_device(&w, NULL, "d", "[\"press\"]")),
             0);
}

static void desire(int speed)
{
    char body[64];

    snprintf(body, sizeof(body), "{\"speed\":%d}", speed);
    API_ASK(&w.api, "PATCH", "/api/v1/twins/press/desired", body, 200);
}

static void leave(mqtt_client *c)
{
    mqtt_leave(c);
    end();
}

PX_TEST(desired_values_come_with_the_qos_that_was_asked_for)
{
    mqtt_client c;

    press_with_device(&c);
    desire(30);
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/desired", QOS_0), 0);
    mqtt_hear(&c, "twins/press/desired {\"speed\":30,\"$version\":");
    desire(31);
    mqtt_hear(&c, "twins/press/desired {\"speed\":31,\"$version\":");
    mqtt_hear(&c, "} q0 seq=");
    CHECK(!mqtt_has_heard(&c, " q1"));
    leave(&c);
}

PX_TEST(a_wildcard_below_the_twin_gets_its_desired_values)
{
    mqtt_client c;

    press_with_device(&c);
    desire(30);
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/+", QOS_1), 1);
    mqtt_hear(&c, "twins/press/desired {\"speed\":30,\"$version\":");
    leave(&c);
}

PX_TEST(pending_commands_come_to_filters_that_select_them)
{
    mqtt_client c;

    press_with_device(&c);
    topics_command(&w, "press", "c1");
    topics_command(&w, "press/2", "c2");
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/commands/start/+", QOS_1), 1);
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/commands/+/+/response", QOS_1), 1);
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/+", QOS_1), 1);
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/commands/stop/c9", QOS_1), 1);
    topics_command(&w, "press", "c9"); /* what was greeted before came before */
    mqtt_hear(&c, "twins/press/commands/stop/c9 null q1");
    CHECK(!mqtt_has_heard(&c, "c1"));
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/commands/stop/+", QOS_0), 0);
    mqtt_hear(&c, "twins/press/commands/stop/c1 null q0 seq=");
    CHECK(!mqtt_has_heard(&c, "c2"));
    leave(&c);
}

PX_TEST(a_greeting_looks_through_many_commands_in_slices)
{
    mqtt_client c;
    char id[16];

    press_with_device(&c);
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof(id), "n%d", i);
        topics_command(&w, "press/2", id);
    }
    topics_command(&w, "press", "last");
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/#", QOS_1), 1);
    mqtt_hear(&c, "twins/press/commands/stop/last null q1");
    CHECK(!mqtt_has_heard(&c, "/n"));
    leave(&c);
}

/* ---- responses ---- */

/* The newest event of this type, as `STATUS BODY`. */
static const char *answer_of(px_feed *feed, px_event_type type)
{
    static char text[256];
    px_event event;
    PX_AUTO_ARENA arena = { 0 };
    px_batch *batch;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    text[0] = '\0';
    while (!text[0]) {
        px_cut cut;

        CHECK_OK(px_feed_next(feed, 10 * PX_SECOND, &batch, &err), &err);
        cut = px_cut_of(batch->body);
        while (px_cut_left(&cut) > 0) {
            CHECK_OK(px_get_event(&cut, &arena, &event, &err), &err);
            if (event.type == type)
                snprintf(text, sizeof(text), "%s %.*s",
                         px_command_status_name((px_command_status)event.code), PX_FMT(event.body));
        }
        px_batch_unref(batch);
    }
    return text;
}

PX_TEST(a_response_is_kept_with_what_it_says)
{
    static const struct {
        const char *sent, *kept;
    } cases[] = {
        { "{\"status\":\"applied\",\"payload\":{\"n\":1}}", "applied {\"n\":1}" },
        { "{\"status\":\"applied\"}", "applied " },
        { "{\"status\":\"rejected\",\"payload\":\"hot\"}", "rejected \"hot\"" },
        { "{\"status\":\"rejected\",\"why\":\"hot\"}",
          "rejected {\"status\":\"rejected\",\"why\":\"hot\"}" },
        { "{\"status\":\"applied\",\"payload\":{\"status\":7}}", "applied {\"status\":7}" },
        { "12", "applied 12" },
        { "", "applied " },
    };
    mqtt_client c;
    px_feed *feed;
    px_err err;

    press_with_device(&c);
    CHECK_OK(px_feed_open_at(w.api.engine, px_engine_position(w.api.engine), &feed, &err), &err);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char id[8], topic[64];

        snprintf(id, sizeof(id), "c%zu", i);
        snprintf(topic, sizeof(topic), "twins/press/commands/stop/%s/response", id);
        topics_command(&w, "press", id);
        CHECK_EQ(mqtt_publish(&c, topic, cases[i].sent), 0);
        CHECK_STR(answer_of(feed, PX_EVENT_COMMAND_RESPONSE), cases[i].kept);
    }
    CHECK_EQ(mqtt_publish(&c, "twins/press/commands/stop/c1/response", "1"),
             PX_MQTT_TOPIC_NAME_INVALID); /* nobody waits for it any more */
    px_feed_close(feed);
    leave(&c);
}

/* A slip of the pen ends nothing: the command waits for the right answer. */
PX_TEST(a_status_that_is_none_is_refused_and_the_command_waits_on)
{
    static const char *const slips[] = { "{\"status\":\"aplied\",\"payload\":1}",
                                         "{\"status\":\"done\"}", "{\"status\":\"\"}",
                                         "{\"status\":7}", "{\"status\":null,\"payload\":1}" };
    static const char topic[] = "twins/press/commands/stop/c/response";
    mqtt_client c;
    px_feed *feed;
    px_err err;

    press_with_device(&c);
    topics_command(&w, "press", "c");
    CHECK_OK(px_feed_open_at(w.api.engine, px_engine_position(w.api.engine), &feed, &err), &err);
    for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++)
        CHECK_EQ(mqtt_publish(&c, topic, slips[i]), PX_MQTT_PAYLOAD_FORMAT_INVALID);
    CHECK_EQ(mqtt_publish(&c, topic, "{\"status\":\"applied\",\"payload\":40}"), 0);
    CHECK_STR(answer_of(feed, PX_EVENT_COMMAND_RESPONSE), "applied 40");
    px_feed_close(feed);
    leave(&c);
}

/* ---- plain messages ---- */

PX_TEST(no_local_spares_a_client_its_own_messages)
{
    mqtt_client talker, other;

    begin();
    CHECK_EQ(mqtt_join(&talker, &w, PX_MQTT_V5, "t", "any", w.api.admin), 0);
    CHECK_EQ(mqtt_join(&other, &w, PX_MQTT_V5, "o", "any", w.api.admin), 0);
    CHECK_EQ(
        mqtt_subscribe_with(
            &talker, &(px_mqtt_filter){ .text = PX_STR("line/#"), .qos = 1, .no_local = true }),
        1);
    CHECK_EQ(mqtt_subscribe(&other, "line/#", QOS_1), 1);
    CHECK_EQ(mqtt_publish(&talker, "line/a", "mine"), 0);
    mqtt_hear(&other, "line/a mine");
    CHECK_EQ(mqtt_publish(&other, "line/b", "theirs"), 0);
    mqtt_hear(&talker, "line/b theirs");
    mqtt_hear(&other, "line/b theirs");
    CHECK(!mqtt_has_heard(&talker, "mine"));
    mqtt_leave(&talker);
    mqtt_leave(&other);
    end();
}

PX_TEST(properties_of_plain_messages_are_handed_on)
{
    mqtt_client talker, new, old;
    px_mqtt_publish message = { .topic = PX_STR("line/a"), .payload = PX_STR("hot") };
    px_buf props = { 0 };

    begin();
    CHECK_EQ(mqtt_join(&talker, &w, PX_MQTT_V5, "t", "any", w.api.admin), 0);
    CHECK_EQ(mqtt_join(&new, &w, PX_MQTT_V5, "n", "any", w.api.admin), 0);
    CHECK_EQ(mqtt_join(&old, &w, PX_MQTT_V311, "o", "any", w.api.admin), 0);
    CHECK_EQ(mqtt_subscribe(&new, "line/#", QOS_1), 1);
    CHECK_EQ(mqtt_subscribe(&old, "line/#", QOS_1), 1);
    px_mqtt_put_prop_u8(&props, PX_MQTT_PROP_PAYLOAD_FORMAT, 1);
    px_mqtt_put_prop_u32(&props, PX_MQTT_PROP_MESSAGE_EXPIRY, 60);
    px_mqtt_put_prop_str(&props, PX_MQTT_PROP_CONTENT_TYPE, PX_STR("text/plain"));
    px_mqtt_put_prop_str(&props, PX_MQTT_PROP_RESPONSE_TOPIC, PX_STR("line/r"));
    px_mqtt_put_prop_str(&props, PX_MQTT_PROP_CORRELATION, PX_STR("k7"));
    px_mqtt_put_prop_user(&props, PX_STR("b"), PX_STR("2"));
    px_mqtt_put_prop_user(&props, PX_STR("a"), PX_STR("1"));
    message.encoded_props = px_buf_str(&props);
    CHECK_EQ(mqtt_publish_with(&talker, &message), 0);
    mqtt_hear(&new, "line/a hot q1 format=1 expiry=60 type=text/plain reply=line/r correlation=k7 "
                    "b=2 a=1\n");
    mqtt_hear(&old, "line/a hot q1\n");
    px_buf_release(&props);
    mqtt_leave(&talker);
    mqtt_leave(&new);
    mqtt_leave(&old);
    end();
}

/* ---- what watchers are told ---- */

PX_TEST(watchers_hear_of_everything_that_changes)
{
    mqtt_client c;

    begin();
    CHECK_EQ(mqtt_join(&c, &w, PX_MQTT_V5, "c", "any", w.api.admin), 0);
    CHECK_EQ(mqtt_subscribe(&c, "events/#", QOS_1), 1);
    CHECK_EQ(mqtt_subscribe(&c, "twins/+/state", QOS_1), 1);
    api_put_press(&w.api, w.api.admin, "press");
    mqtt_hear(&c, "events/graph/press {\"twin\":\"press\",\"time\":");
    mqtt_hear(&c, "\"values\":{\"speed\":{\"value\":21.40,");
    api_put_press(&w.api, w.api.admin, "a%2Fb");
    API_ASK(&w.api, "PUT", "/digitaltwins/press/relationships/r1",
            "{\"$relationshipName\":\"feeds\",\"$targetId\":\"a/b\",\"since\":\"may\"}", 200);
    mqtt_hear(&c, "\"relationship\":{\"id\":\"r1\",\"name\":\"feeds\",\"target\":\"a/b\","
                  "\"properties\":{\"since\":\"may\"}}} q0 seq=");
    desire(30);
    mqtt_hear(&c, "\"desired\":{\"speed\":30}} q0");
    topics_command(&w, "press", "c1");
    mqtt_hear(&c, "events/command/press {\"twin\":\"press\"");
    mqtt_hear(&c, "\"command\":{\"id\":\"c1\",\"name\":\"stop\",\"status\":\"pending\"}}");
    CHECK_EQ(mqtt_publish(&c, "twins/press/commands/stop/c1/response", "{\"n\":1}"), 0);
    mqtt_hear(&c, "\"command\":{\"id\":\"c1\",\"status\":\"applied\",\"response\":{\"n\":1}}}");
    API_ASK(&w.api, "DELETE", "/digitaltwins/press/relationships/r1", NULL, 204);
    mqtt_hear(&c, "\"name\":\"feeds\",\"target\":\"a/b\",\"deleted\":true}}");
    API_ASK(&w.api, "DELETE", "/digitaltwins/a%2Fb", NULL, 204);
    mqtt_hear(&c, "twins/a%2Fb/state {\"twin\":\"a/b\",\"time\":");
    mqtt_hear(&c, "\"deleted\":true} q0");
    mqtt_hear(&c, "events/graph/a%2Fb {\"twin\":\"a/b\"");
    API_ASK(&w.api, "POST", "/models",
            "[{\"@id\":\"dtmi:test:New;1\",\"@type\":\"Interface\","
            "\"@context\":\"dtmi:dtdl:context;3\"}]",
            201);
    API_ASK(&w.api, "DELETE", "/models/dtmi:test:New;1", NULL, 204);
    mqtt_hear(&c, "events/graph/dtmi:test:New;1 {\"model\":\"dtmi:test:New;1\"");
    mqtt_hear(&c, "\"change\":\"uploaded\"}");
    mqtt_hear(&c, "\"change\":\"deleted\"}");
    leave(&c);
}

/* ---- deliveries that fail ---- */

static _Atomic int failures;
static px_status failure;

static px_status failing_next(px_feed *feed, int64_t wait_ns, px_batch **ret_batch, px_err *ret_err)
{
    if (atomic_load(&failures) > 0) {
        atomic_fetch_sub(&failures, 1);
        return px_fail(ret_err, failure, "as the test wants it");
    }
    return px_feed_next(feed, wait_ns, ret_batch, ret_err);
}

static void fail_with(px_status status, uint64_t gaps)
{
    mqtt_client c;
    px_err err;

    press_with_device(&c);
    px_twin_topics_stop(w.topics);
    failure = status;
    atomic_store(&failures, 2);
    w.topics->next = failing_next;
    CHECK_OK(px_twin_topics_start(w.topics, &err), &err);
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/commands/#", QOS_1), 1);
    while (atomic_load(&failures) > 0)
        usleep(1000);
    topics_command(&w, "press", "after");
    mqtt_hear(&c, "twins/press/commands/stop/after null q1");
    CHECK_EQ(px_twin_topics_stat(w.topics).delivery_gaps, gaps);
    leave(&c);
}

PX_TEST(deliveries_go_on_behind_a_gap_and_count_it)
{
    fail_with(PX_STALE, 2);
}

PX_TEST(deliveries_go_on_when_memory_or_disk_come_back)
{
    fail_with(PX_NO_MEMORY, 0);
    fail_with(PX_IO, 0);
}

static px_status failing_list(px_documents *documents, uint32_t tenant, px_str kind, px_str prefix,
                              uint32_t *cursor, size_t max, px_arena *arena, px_document *ret_items,
                              size_t *ret_count, px_err *ret_err)
{
    if (atomic_load(&failures) > 0) {
        atomic_fetch_sub(&failures, 1);
        *cursor = UINT32_MAX;
        return px_fail(ret_err, failure, "as the test wants it");
    }
    return px_documents_list_under(documents, tenant, kind, prefix, cursor, max, arena, ret_items,
                                   ret_count, ret_err);
}

static void greet_with(px_status status, uint64_t gaps)
{
    mqtt_client c;
    px_err err;

    press_with_device(&c);
    px_twin_topics_stop(w.topics);
    failure = status;
    atomic_store(&failures, 3);
    w.topics->list_under = failing_list;
    CHECK_OK(px_twin_topics_start(w.topics, &err), &err);
    topics_command(&w, "press", "before");
    CHECK_EQ(mqtt_subscribe(&c, "twins/press/commands/#", QOS_1), 1);
    if (gaps > 0)
        topics_command(&w, "press", "after");
    mqtt_hear(&c, gaps > 0 ? "commands/stop/after null q1" : "commands/stop/before null q1");
    while (px_twin_topics_stat(w.topics).delivery_gaps < gaps)
        usleep(1000);
    CHECK_EQ(px_twin_topics_stat(w.topics).delivery_gaps, gaps);
    leave(&c);
}

PX_TEST(a_greeting_waits_for_memory_and_else_is_a_gap_that_is_counted)
{
    greet_with(PX_NO_MEMORY, 0);
    greet_with(PX_LIMIT, 0);
    greet_with(PX_CORRUPT, 1);
}

PX_TEST_MAIN()
