/* SPDX-License-Identifier: Apache-2.0 */
/* What comes before what: messages of one sender, retained messages and SUBSCRIBE, UNSUBSCRIBE
 * behind it; QoS 2 on its way in. */
#include <stdio.h>

#include "broker_kit.h"

static broker_kit kit;
static const kit_connect_opts kept = { .expiry_s = 3600 }, plain = { .clean = true };

/* Decided and committed, and not folded yet: as the PUBACK goes out before subscribers get it. */
static px_mqtt_reason publish_unfolded(kit_client *from, const char *topic, const char *payload,
                                       uint8_t qos, bool retain)
{
    px_mqtt_publish m = {
        .topic = px_str_c(topic), .payload = px_str_c(payload), .qos = qos, .retain = retain
    };
    px_session_write write;
    px_request request = { .kind = PX_REQUEST_SESSIONS, .sessions = &write, .session_count = 1 };
    px_broker_gate *gate;
    px_mqtt_reason reason;
    px_arena arena;

    px_arena_init(&arena, 1 << 20);
    reason = px_broker_publish(kit.broker, &from->session, &m, &arena, &write);
    if (reason == PX_MQTT_LATER) {
        gate = px_broker_gate_enter(&from->session);
        CHECK(gate != NULL);
        CHECK_EQ(px_world_do(&kit.world, &request).status, PX_OK);
        px_broker_gate_leave(kit.broker, gate, px_engine_position(kit.world.engine));
    }
    px_arena_release(&arena);
    return reason;
}

PX_TEST(subscribe_sees_a_retained_message_that_was_acknowledged_before)
{
    const kit_connect_opts *each[] = { &kept, &plain };

    for (int kind = 0; kind < 2; kind++) {
        kit_client from, to;

        kit_begin(&kit, 1);
        CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
        CHECK_EQ(kit_connect(&kit, &to, "to", each[kind]), PX_MQTT_SUCCESS);
        CHECK_EQ(publish_unfolded(&from, "t", "new", 1, true), PX_MQTT_LATER);
        CHECK_EQ(kit_subscribe(&kit, &to, "#", 1), 1);
        CHECK_EQ(kit_delivered_count(&kit, &to), 1);
        CHECK_STR(kit_delivered(&kit, &to, 0)->payload, "new");
        CHECK(kit_delivered(&kit, &to, 0)->retain);
        kit_close(&kit, &from, false);
        kit_close(&kit, &to, false);
        kit_end(&kit);
    }
}

/* It is told that it has no such subscription any more, and has none. */
PX_TEST(unsubscribe_behind_a_subscribe_that_waits_takes_it_back)
{
    px_mqtt_filter filter = { .text = PX_STR("t"), .qos = 1 };
    uint8_t reason = 0;
    px_mqtt_sub_request request = {
        .packet_id = 900, .filters = &filter, .count = 1, .reasons = &reason
    };
    kit_client from, to;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_connect(&kit, &to, "to", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(publish_unfolded(&from, "x", "new", 1, true), PX_MQTT_LATER);
    CHECK_EQ(px_broker_subscribe(kit.broker, &to.session, &request), PX_MQTT_LATER);
    request.packet_id = 901;
    CHECK_EQ(px_broker_unsubscribe(kit.broker, &to.session, &request), PX_MQTT_LATER);
    kit_settle(&kit);
    CHECK_EQ(kit_last(&kit, &to, KIT_ANSWER)->type, PX_MQTT_UNSUBACK);
    CHECK_EQ(kit_last(&kit, &to, KIT_ANSWER)->packet_id, 901);
    CHECK_EQ(kit_last(&kit, &to, KIT_ANSWER)->reasons[0], PX_MQTT_SUCCESS);
    CHECK_EQ(kit_publish(&kit, &from, "t", "x", 1, false), PX_MQTT_NO_MATCHING_SUBSCRIBERS);
    kit_close(&kit, &from, false);
    kit_close(&kit, &to, false);
    kit_end(&kit);
}

PX_TEST(one_that_ends_while_its_subscribe_waits_has_nothing)
{
    px_mqtt_filter filter = { .text = PX_STR("t"), .qos = 1 };
    uint8_t reason = 0;
    px_mqtt_sub_request request = {
        .packet_id = 900, .filters = &filter, .count = 1, .reasons = &reason
    };
    kit_client from, to;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_connect(&kit, &to, "to", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(publish_unfolded(&from, "x", "new", 1, true), PX_MQTT_LATER);
    CHECK_EQ(px_broker_subscribe(kit.broker, &to.session, &request), PX_MQTT_LATER);
    kit_close(&kit, &to, false);
    CHECK(kit_last(&kit, &to, KIT_ANSWER) == NULL);
    CHECK(!px_broker_has_subscribers(kit.broker, 1));
    kit_close(&kit, &from, false);
    kit_end(&kit);
}

PX_TEST(messages_of_one_sender_do_not_overtake_each_other)
{
    kit_client from, session, live;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &session, "session", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&kit, &session, "t", 1), 1);
    CHECK_EQ(kit_connect(&kit, &live, "live", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&kit, &live, "#", 1), 1);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(publish_unfolded(&from, "u", "0", 1, false), PX_MQTT_SUCCESS); /* at once */
    CHECK_EQ(publish_unfolded(&from, "t", "1", 1, false), PX_MQTT_LATER);
    CHECK_EQ(publish_unfolded(&from, "u", "2", 0, false), PX_MQTT_LATER); /* behind it */
    CHECK_EQ(publish_unfolded(&from, "u", "3", 1, false), PX_MQTT_LATER);
    kit_settle(&kit);
    CHECK_EQ(publish_unfolded(&from, "u", "4", 1, false), PX_MQTT_SUCCESS); /* at once again */
    CHECK_EQ(kit_delivered_count(&kit, &live), 5);
    for (size_t i = 0; i < 5; i++) {
        char wanted[4];

        snprintf(wanted, sizeof(wanted), "%zu", i);
        CHECK_STR(kit_delivered(&kit, &live, i)->payload, wanted);
    }
    kit_close(&kit, &from, false);
    kit_close(&kit, &session, false);
    kit_close(&kit, &live, false);
    kit_end(&kit);
}

/* It is given the one that is there, and the new one when that comes. */
PX_TEST(who_subscribes_while_a_retained_message_is_on_its_way_gets_it_too)
{
    px_mqtt_publish m = {
        .topic = PX_STR("t"), .payload = PX_STR("new"), .qos = 1, .retain = true
    };
    px_session_write write;
    px_request request = { .kind = PX_REQUEST_SESSIONS, .sessions = &write, .session_count = 1 };
    kit_client from, before, late;
    px_arena arena;

    px_arena_init(&arena, 1 << 20);
    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_connect(&kit, &before, "before", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_connect(&kit, &late, "late", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&kit, &before, "t", 1), 1);
    CHECK_EQ(kit_publish(&kit, &from, "t", "old", 1, true), PX_MQTT_SUCCESS);
    CHECK_EQ(px_broker_publish(kit.broker, &from.session, &m, &arena, &write), PX_MQTT_LATER);
    CHECK_EQ(kit_subscribe(&kit, &late, "t", 1), 1);
    CHECK_EQ(px_world_do(&kit.world, &request).status, PX_OK);
    kit_settle(&kit);
    CHECK_EQ(kit_delivered_count(&kit, &before), 2);
    CHECK_EQ(kit_delivered_count(&kit, &late), 2);
    CHECK_STR(kit_delivered(&kit, &late, 0)->payload, "old");
    CHECK_STR(kit_delivered(&kit, &late, 1)->payload, "new");
    kit_check_state(&kit, "with one that was late");
    px_arena_release(&arena);
    kit_close(&kit, &from, false);
    kit_close(&kit, &before, false);
    kit_close(&kit, &late, false);
    kit_end(&kit);
}

/* ---- retained messages ---- */

static void subscribe_with(kit_client *c, uint8_t handling, size_t wanted)
{
    px_mqtt_filter f = { .text = PX_STR("t"), .qos = 1, .retain_handling = handling };

    kit_forget_said(&kit);
    CHECK_EQ(kit_subscribe_as(&kit, c, f, 0), 1);
    CHECK_EQ(kit_delivered_count(&kit, c), wanted);
}

PX_TEST(retained_messages_come_as_the_subscription_wants_them)
{
    const kit_connect_opts *each[] = { &kept, &plain };

    for (int kind = 0; kind < 2; kind++) {
        kit_client from, to;

        kit_begin(&kit, 1);
        CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
        CHECK_EQ(kit_publish(&kit, &from, "t", "old", 1, true), PX_MQTT_SUCCESS);
        CHECK_EQ(kit_publish(&kit, &from, "t", "new", 1, true), PX_MQTT_SUCCESS);
        CHECK_EQ(kit_connect(&kit, &to, "to", each[kind]), PX_MQTT_SUCCESS);
        subscribe_with(&to, 2, 0);
        subscribe_with(&to, 1, 0); /* it is not new */
        subscribe_with(&to, 0, 1);
        CHECK_STR(kit_delivered(&kit, &to, 0)->payload, "new");
        CHECK_EQ(kit_unsubscribe(&kit, &to, "t"), PX_MQTT_SUCCESS);
        subscribe_with(&to, 1, 1);
        CHECK_EQ(kit_publish(&kit, &from, "t", "", 1, true), PX_MQTT_SUCCESS); /* cleared */
        subscribe_with(&to, 0, 0);
        CHECK_EQ(px_broker_stat(kit.broker).retained, 0);
        CHECK_EQ(kit_subscribe(&kit, &to, "$share/g/t", 1), 1); /* shared ones get none */
        kit_close(&kit, &from, false);
        kit_close(&kit, &to, false);
        kit_end(&kit);
    }
}

PX_TEST(the_retain_flag_is_kept_for_who_asks_for_it)
{
    px_mqtt_filter as_published = { .text = PX_STR("t"), .qos = 1, .retain_as_published = true };
    kit_client from, with, without;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_connect(&kit, &with, "with", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_connect(&kit, &without, "without", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe_as(&kit, &with, as_published, 0), 1);
    CHECK_EQ(kit_subscribe(&kit, &without, "t", 1), 1);
    CHECK_EQ(kit_publish(&kit, &from, "t", "x", 1, true), PX_MQTT_SUCCESS);
    CHECK(kit_delivered(&kit, &with, 0)->retain);
    CHECK(!kit_delivered(&kit, &without, 0)->retain);
    kit_close(&kit, &from, false);
    kit_close(&kit, &with, false);
    kit_close(&kit, &without, false);
    kit_end(&kit);
}

PX_TEST(many_retained_messages_come_in_the_order_in_which_they_were_published)
{
    static const char *const topics[] = { "a/1", "b", "a", "c/2/3", "a/0" };
    kit_client from, to;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    for (size_t i = 0; i < 5; i++)
        CHECK_EQ(kit_publish(&kit, &from, topics[i], "x", 1, true), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_connect(&kit, &to, "to", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&kit, &to, "#", 1), 1);
    for (size_t i = 0; i < 5; i++)
        CHECK_STR(kit_delivered(&kit, &to, i)->topic, topics[i]);
    kit_close(&kit, &from, false);
    kit_close(&kit, &to, false);
    kit_end(&kit);
}

PX_TEST(a_tenant_has_so_many_retained_messages_and_not_one_more)
{
    px_broker_tenant *t;
    uint32_t was, slot;
    kit_client c;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &c, "c", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_publish(&kit, &c, "t", "x", 1, true), PX_MQTT_SUCCESS);
    t = pxi_tenant(kit.broker, 1, false);
    slot = px_retained_get(t->retained, PX_STR("t"));
    for (size_t i = 1; i + 1 < PX_MQTT_RETAINED_MAX; i++) { /* nobody looks at these */
        char topic[24];

        snprintf(topic, sizeof(topic), "fill/%zu", i);
        CHECK_EQ(px_retained_put(t->retained, px_str_c(topic), slot, &was, NULL), PX_OK);
    }
    CHECK_EQ(kit_publish(&kit, &c, "last", "x", 1, true), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_publish(&kit, &c, "more", "x", 1, true), PX_MQTT_QUOTA_EXCEEDED);
    CHECK_EQ(kit_publish(&kit, &c, "last", "y", 1, true), PX_MQTT_SUCCESS); /* in its place */
    CHECK_EQ(kit_publish(&kit, &c, "last", "", 1, true), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_publish(&kit, &c, "more", "x", 1, true), PX_MQTT_SUCCESS);
    kit_close(&kit, &c, false);
    kit_end(&kit);
}

PX_TEST(so_many_retained_messages_wait_for_a_connection_and_not_one_more)
{
    px_broker_tenant *t;
    uint32_t was, slot;
    kit_client c, to;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &c, "c", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_connect(&kit, &to, "to", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_publish(&kit, &c, "t/0", "x", 1, true), PX_MQTT_SUCCESS);
    t = pxi_tenant(kit.broker, 1, false);
    slot = px_retained_get(t->retained, PX_STR("t/0"));
    for (size_t i = 1; i < PX_MQTT_RETAINED_WAITING_MAX; i++) { /* one message on many topics */
        char topic[24];

        snprintf(topic, sizeof(topic), "t/%zu", i);
        CHECK_EQ(px_retained_put(t->retained, px_str_c(topic), slot, &was, NULL), PX_OK);
    }
    CHECK_EQ(kit_subscribe(&kit, &to, "t/+", 1), 1);
    CHECK_EQ(kit_delivered_count(&kit, &to), PX_MQTT_INFLIGHT_MAX); /* the rest by and by */
    CHECK_EQ(px_broker_stat(kit.broker).queue_dropped, 0);
    CHECK_EQ(kit_subscribe(&kit, &to, "t/0", 1), 1);
    CHECK_EQ(px_broker_stat(kit.broker).queue_dropped, 1);
    kit_close(&kit, &to, false);
    for (size_t i = 1; i < PX_MQTT_RETAINED_WAITING_MAX; i++) {
        char topic[24];

        snprintf(topic, sizeof(topic), "t/%zu", i);
        CHECK_EQ(px_retained_remove(t->retained, px_str_c(topic)), slot);
    }
    kit_close(&kit, &c, false);
    kit_end(&kit);
}

PX_TEST(a_tenant_has_so_many_retained_bytes_and_not_one_more)
{
    static char payload[1000];
    px_mqtt_publish small = { .topic = PX_STR("t"), .payload = { payload, 1 }, .retain = true },
                    large = { .topic = PX_STR("t"), .payload = { payload, 900 }, .retain = true };
    px_broker_tenant *t;
    kit_client c;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &c, "c", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_publish_as(&kit, &c, &small), PX_MQTT_SUCCESS);
    t = pxi_tenant(kit.broker, 1, false);
    /* so that one of 900 fills it to the last byte, in the place of the small one */
    t->retained_bytes = PX_MQTT_RETAINED_BYTES_MAX - 899;
    CHECK_EQ(kit_publish_as(&kit, &c, &large), PX_MQTT_SUCCESS);
    CHECK_EQ(t->retained_bytes, PX_MQTT_RETAINED_BYTES_MAX);
    large.payload.len++; /* also where there is one already */
    CHECK_EQ(kit_publish_as(&kit, &c, &large), PX_MQTT_QUOTA_EXCEEDED);
    small.topic = PX_STR("u");
    CHECK_EQ(kit_publish_as(&kit, &c, &small), PX_MQTT_QUOTA_EXCEEDED);
    large.payload.len = 0;
    CHECK_EQ(kit_publish_as(&kit, &c, &large), PX_MQTT_SUCCESS); /* clearing always goes */
    kit_close(&kit, &c, false);
    kit_end(&kit);
}

/* ---- QoS 2 on its way in ---- */

PX_TEST(what_came_and_was_not_released_is_known_when_the_client_is_back)
{
    px_mqtt_publish m = { .topic = PX_STR("t"), .payload = PX_STR("x"), .qos = 2, .packet_id = 77 };
    const kit_said *admit;
    kit_client c;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &c, "c", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_publish_as(&kit, &c, &m), PX_MQTT_SUCCESS); /* though nobody wants it */
    m.packet_id = 78;
    CHECK_EQ(kit_publish_as(&kit, &c, &m), PX_MQTT_SUCCESS);
    CHECK_EQ(px_broker_release(kit.broker, &c.session, 78), PX_MQTT_LATER);
    kit_settle(&kit);
    CHECK_EQ(kit_last(&kit, &c, KIT_RELEASED)->packet_id, 78);
    kit_kill(&kit, true);
    kit_lose(&c);
    CHECK_EQ(kit_connect(&kit, &c, "c", &kept), PX_MQTT_SUCCESS);
    admit = kit_last(&kit, &c, KIT_ADMIT);
    CHECK(admit->present && admit->received_count == 1 && admit->received[0] == 77);
    kit_close(&kit, &c, false);
    kit_end(&kit);
}

/* A message of QoS 2 that was decided, and is on its way to the engine. */
typedef struct on_its_way {
    px_session_write write;
    px_request request;
    px_broker_gate *gate;
    px_arena arena;
} on_its_way;

static void begin_publish(on_its_way *way, kit_client *from, uint16_t packet_id, bool is_rider)
{
    px_mqtt_publish m = {
        .topic = PX_STR("t"), .payload = PX_STR("x"), .qos = 2, .packet_id = packet_id
    };

    *way = (on_its_way){ 0 };
    px_arena_init(&way->arena, 1 << 20);
    if (is_rider)
        CHECK(px_broker_receipt(kit.broker, &from->session, &m, &way->arena, &way->write));
    else
        CHECK_EQ(px_broker_publish(kit.broker, &from->session, &m, &way->arena, &way->write),
                 PX_MQTT_LATER);
    way->gate = px_broker_gate_enter(&from->session);
    CHECK(way->gate != NULL);
    way->request =
        (px_request){ .kind = PX_REQUEST_SESSIONS, .sessions = &way->write, .session_count = 1 };
}

static px_result end_publish(on_its_way *way)
{
    px_result result = px_world_do(&kit.world, &way->request);

    px_broker_gate_leave(kit.broker, way->gate,
                         result.status == PX_OK ? px_engine_position(kit.world.engine) : 0);
    px_arena_release(&way->arena);
    kit_settle(&kit);
    return result;
}

PX_TEST(no_message_of_qos_2_is_taken_behind_the_connect_that_takes_its_session_over)
{
    for (int is_rider = 0; is_rider < 2; is_rider++) {
        kit_client older, newer, to;
        on_its_way before, behind;
        px_result result;

        kit_begin(&kit, 1);
        CHECK_EQ(kit_connect(&kit, &to, "to", &kept), PX_MQTT_SUCCESS);
        CHECK_EQ(kit_subscribe(&kit, &to, "t", 2), 2);
        CHECK_EQ(kit_connect(&kit, &older, "c", &kept), PX_MQTT_SUCCESS);
        begin_publish(&before, &older, 7, is_rider);
        CHECK_EQ(end_publish(&before).status, PX_OK);
        begin_publish(&behind, &older, 8, is_rider);
        CHECK_EQ(kit_connect(&kit, &newer, "c", &kept), PX_MQTT_SUCCESS);
        result = end_publish(&behind);
        CHECK_EQ(result.status, PX_INTERRUPTED);
        CHECK_STR(result.err.id, PX_SESSION_SUPERSEDED);
        CHECK_EQ(kit_last(&kit, &newer, KIT_ADMIT)->received_count, 1);
        CHECK_EQ(kit_last(&kit, &newer, KIT_ADMIT)->received[0], 7);
        begin_publish(&behind, &newer, 8, is_rider); /* said again */
        CHECK_EQ(end_publish(&behind).status, PX_OK);
        CHECK_EQ(kit_delivered_count(&kit, &to), is_rider ? 0 : 2);
        kit_close(&kit, &older, false);
        kit_close(&kit, &newer, false);
        kit_close(&kit, &to, false);
        kit_end(&kit);
    }
}

PX_TEST(who_comes_after_it_is_known_before_its_own_session_is_folded)
{
    kit_client first, second, third;
    on_its_way way;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &first, "c", &kept), PX_MQTT_SUCCESS);
    begin_publish(&way, &first, 7, false);
    CHECK_EQ(kit_connect_later(&kit, &second, "c", &kept), PX_MQTT_LATER);
    CHECK_EQ(kit_connect_later(&kit, &third, "c", &kept), PX_MQTT_LATER);
    CHECK(atomic_load(&first.session.gate->is_superseded));
    CHECK(atomic_load(&second.session.gate->is_superseded));
    CHECK(!atomic_load(&third.session.gate->is_superseded));
    CHECK_EQ(end_publish(&way).status, PX_INTERRUPTED);
    kit_close(&kit, &second, false); /* which is not the newest */
    kit_close(&kit, &first, false);
    CHECK(!atomic_load(&third.session.gate->is_superseded));
    CHECK_EQ(kit_connect(&kit, &first, "d", &kept), PX_MQTT_SUCCESS); /* of another name */
    CHECK(!atomic_load(&third.session.gate->is_superseded));
    kit_close(&kit, &first, false);
    kit_close(&kit, &third, false);
    kit_end(&kit);
}

PX_TEST_MAIN()
