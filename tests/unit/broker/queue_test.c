/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of a kept session: packet ids, window, limits, expiry, and what is said again. */
#include <stdio.h>

#include "broker_kit.h"

static const kit_connect_opts kept = { .expiry_s = 3600 }, plain = { .clean = true };

typedef struct pair {
    broker_kit kit;
    kit_client to, from; /* a session with `t` of QoS 2, and who publishes */
} pair;

static pair p;

static void begin(void)
{
    kit_begin(&p.kit, 1);
    CHECK_EQ(kit_connect(&p.kit, &p.to, "to", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&p.kit, &p.to, "t", 2), 2);
    CHECK_EQ(kit_connect(&p.kit, &p.from, "from", &plain), PX_MQTT_SUCCESS);
}

static void end(void)
{
    kit_close(&p.kit, &p.to, false);
    kit_close(&p.kit, &p.from, false);
    kit_end(&p.kit);
}

static void come_back(void)
{
    kit_close(&p.kit, &p.to, false);
    CHECK_EQ(kit_connect(&p.kit, &p.to, "to", &kept), PX_MQTT_SUCCESS);
    CHECK(kit_last(&p.kit, &p.to, KIT_ADMIT)->present);
}

static void crash(void)
{
    kit_kill(&p.kit, true);
    kit_lose(&p.to);
    kit_lose(&p.from);
    kit_settle(&p.kit);
    CHECK_EQ(kit_connect(&p.kit, &p.to, "to", &kept), PX_MQTT_SUCCESS);
    CHECK(kit_last(&p.kit, &p.to, KIT_ADMIT)->present);
}

static void publish(int count, uint8_t qos)
{
    for (int i = 0; i < count; i++) {
        char payload[16];

        snprintf(payload, sizeof(payload), "%d", i);
        CHECK_EQ(kit_publish(&p.kit, &p.from, "t", payload, qos, false), PX_MQTT_SUCCESS);
    }
}

static const kit_said *got(size_t index)
{
    const kit_said *s = kit_delivered(&p.kit, &p.to, index);

    CHECK(s != NULL);
    return s;
}

PX_TEST(ids_ascend_and_the_window_opens_one_by_one)
{
    begin();
    publish(PX_MQTT_INFLIGHT_MAX + 2, 1);
    CHECK_EQ(kit_delivered_count(&p.kit, &p.to), PX_MQTT_INFLIGHT_MAX);
    for (uint16_t i = 0; i < PX_MQTT_INFLIGHT_MAX; i++)
        CHECK_EQ(got(i)->packet_id, i + 1);
    kit_acked(&p.kit, &p.to, 50, PX_MQTT_PUBACK);
    CHECK_EQ(kit_delivered_count(&p.kit, &p.to), PX_MQTT_INFLIGHT_MAX + 1);
    CHECK_EQ(got(PX_MQTT_INFLIGHT_MAX)->packet_id, PX_MQTT_INFLIGHT_MAX + 1);
    kit_acked(&p.kit, &p.to, 50, PX_MQTT_PUBACK); /* said twice: nothing more opens */
    CHECK_EQ(kit_delivered_count(&p.kit, &p.to), PX_MQTT_INFLIGHT_MAX + 1);
    end();
}

PX_TEST(ids_begin_again_behind_the_last_and_pass_over_those_in_use)
{
    px_session *s;

    begin();
    publish(2, 1); /* 1 and 2 stay in use */
    s = pxi_session_by_no(p.kit.broker, p.kit.broker->sessions.ptr[0]->no);
    s->last_packet_id = PXI_PACKET_ID_MAX - 1;
    publish(2, 1);
    CHECK_EQ(got(2)->packet_id, PXI_PACKET_ID_MAX);
    CHECK_EQ(got(3)->packet_id, 3);
    end();
}

PX_TEST(a_full_queue_drops_for_its_session_and_counts)
{
    kit_client other;

    begin();
    CHECK_EQ(kit_connect(&p.kit, &other, "other", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&p.kit, &other, "t", 1), 1);
    kit_close(&p.kit, &p.to, false);
    publish(PX_MQTT_QUEUE_MESSAGES_MAX, 1);
    CHECK_EQ(px_broker_stat(p.kit.broker).queue_dropped, 0);
    CHECK_EQ(px_broker_stat(p.kit.broker).queued, PX_MQTT_QUEUE_MESSAGES_MAX);
    CHECK_EQ(kit_publish(&p.kit, &p.from, "t", "more", 1, false), PX_MQTT_SUCCESS);
    CHECK_EQ(px_broker_stat(p.kit.broker).queue_dropped, 1);
    CHECK_EQ(px_broker_stat(p.kit.broker).queued, PX_MQTT_QUEUE_MESSAGES_MAX);
    CHECK_STR(kit_last(&p.kit, &other, KIT_DELIVER)->payload, "more"); /* others get it */
    kit_check_state(&p.kit, "with a full queue");
    kit_close(&p.kit, &other, false);
    end();
}

PX_TEST(a_queue_has_so_many_bytes_and_not_one_more)
{
    enum { PIECE = PX_MQTT_QUEUE_BYTES_MAX / 8 };
    static char payload[PIECE];
    px_mqtt_publish m = { .topic = PX_STR("t"), .payload = { payload, PIECE - 1 }, .qos = 1 };

    begin();
    kit_close(&p.kit, &p.to, false);
    for (int i = 0; i < 8; i++) /* the topic is one byte: that fills it */
        CHECK_EQ(kit_publish_as(&p.kit, &p.from, &m), PX_MQTT_SUCCESS);
    CHECK_EQ(px_broker_stat(p.kit.broker).queue_dropped, 0);
    m.payload.len = 0;
    CHECK_EQ(kit_publish_as(&p.kit, &p.from, &m), PX_MQTT_SUCCESS);
    CHECK_EQ(px_broker_stat(p.kit.broker).queue_dropped, 1);
    end();
}

PX_TEST(a_tenant_keeps_so_many_bytes_and_not_one_more)
{
    px_mqtt_publish m = { .topic = PX_STR("t"), .payload = PX_STR("0123456789"), .qos = 1 };

    begin();
    kit_close(&p.kit, &p.to, false);
    CHECK_EQ(kit_publish_as(&p.kit, &p.from, &m), PX_MQTT_SUCCESS);
    CHECK_EQ(p.kit.broker->opts.kept_bytes_max, PX_MQTT_KEPT_BYTES_MAX);
    p.kit.broker->opts.kept_bytes_max = 3 * px_broker_stat(p.kit.broker).message_bytes;
    for (int i = 0; i < 2; i++)
        CHECK_EQ(kit_publish_as(&p.kit, &p.from, &m), PX_MQTT_SUCCESS);
    CHECK_EQ(px_broker_stat(p.kit.broker).queue_dropped, 0);
    m.payload.len = 0;
    CHECK_EQ(kit_publish_as(&p.kit, &p.from, &m), PX_MQTT_SUCCESS);
    CHECK_EQ(px_broker_stat(p.kit.broker).queue_dropped, 1);
    CHECK_EQ(px_broker_stat(p.kit.broker).queued, 3);
    end();
}

PX_TEST(what_is_dropped_takes_its_id_with_it)
{
    begin();
    kit_close(&p.kit, &p.to, false);
    publish(PX_MQTT_QUEUE_MESSAGES_MAX + 1, 1);
    CHECK_EQ(kit_connect(&p.kit, &p.to, "to", &kept), PX_MQTT_SUCCESS);
    for (uint16_t id = 1; id <= PX_MQTT_INFLIGHT_MAX; id++)
        kit_acked(&p.kit, &p.to, id, PX_MQTT_PUBACK);
    publish(1, 1);
    kit_check_state(&p.kit, "behind one that was dropped");
    CHECK_EQ(p.kit.broker->sessions.ptr[0]->last_packet_id, PX_MQTT_QUEUE_MESSAGES_MAX + 2);
    end();
}

static void publish_for(const char *payload, uint32_t seconds)
{
    px_mqtt_props props = { .present = UINT64_C(1) << PX_MQTT_PROP_MESSAGE_EXPIRY,
                            .message_expiry_s = seconds };
    px_mqtt_publish m = {
        .topic = PX_STR("t"), .payload = px_str_c(payload), .qos = 1, .props = &props
    };

    CHECK_EQ(kit_publish_as(&p.kit, &p.from, &m), PX_MQTT_SUCCESS);
}

PX_TEST(what_waited_too_long_is_gone_and_a_restart_knows_it)
{
    begin();
    kit_close(&p.kit, &p.to, false);
    publish_for("short", 10);
    publish_for("long", 1000);
    kit_wait_s(&p.kit, 6); /* the rows are written */
    kit_wait_s(&p.kit, 6);
    publish(1, 1); /* by the clock of the journal it is over now */
    kit_wait_s(&p.kit, 6);
    CHECK_EQ(px_broker_stat(p.kit.broker).expired, 1);
    CHECK_EQ(px_broker_stat(p.kit.broker).queued, 2);
    kit_forget_said(&p.kit);
    crash(); /* the row of the session names no message that has none */
    CHECK_STR(got(0)->payload, "long");
    CHECK(got(0)->expires_at_ns > 0);
    CHECK_STR(got(1)->payload, "0");
    CHECK_EQ(kit_delivered_count(&p.kit, &p.to), 2);
    end();
}

PX_TEST(a_full_queue_lets_go_what_is_over_before_it_drops)
{
    begin();
    kit_close(&p.kit, &p.to, false);
    for (int i = 0; i < PX_MQTT_QUEUE_MESSAGES_MAX; i++)
        publish_for("short", 10);
    px_fakedisk_advance(p.kit.world.disk, 11 * PX_SECOND);
    publish(1, 1);
    CHECK_EQ(px_broker_stat(p.kit.broker).queue_dropped, 0);
    kit_check_state(&p.kit, "behind many that were over");
    end();
}

PX_TEST(what_was_not_answered_comes_again_with_dup)
{
    begin();
    publish(3, 1);
    CHECK(!got(0)->dup);
    kit_acked(&p.kit, &p.to, 2, PX_MQTT_PUBACK);
    come_back();
    CHECK_EQ(kit_delivered_count(&p.kit, &p.to), 2);
    CHECK(got(0)->packet_id == 1 && got(0)->dup && got(1)->packet_id == 3 && got(1)->dup);
    kit_wait_s(&p.kit, 1); /* the answer is journalled */
    kit_forget_said(&p.kit);
    crash();
    CHECK_EQ(kit_delivered_count(&p.kit, &p.to), 2);
    CHECK(got(0)->packet_id == 1 && got(0)->dup && got(1)->packet_id == 3 && got(1)->dup);
    kit_check_state(&p.kit, "behind a crash");
    end();
}

PX_TEST(of_qos_2_each_step_is_taken_once_and_pubrel_is_repeated)
{
    begin();
    publish(1, 2);
    CHECK(got(0)->qos == 2 && got(0)->packet_id == 1);
    kit_acked(&p.kit, &p.to, 1, PX_MQTT_PUBREC);
    CHECK_EQ(kit_last(&p.kit, &p.to, KIT_RELEASE)->packet_id, 1);
    come_back();
    CHECK_EQ(kit_delivered_count(&p.kit, &p.to), 0); /* the message does not come again */
    CHECK_EQ(kit_last(&p.kit, &p.to, KIT_RELEASE)->packet_id, 1);
    kit_forget_said(&p.kit);
    crash();
    CHECK_EQ(kit_delivered_count(&p.kit, &p.to), 0);
    CHECK_EQ(kit_last(&p.kit, &p.to, KIT_RELEASE)->packet_id, 1);
    kit_acked(&p.kit, &p.to, 1, PX_MQTT_PUBCOMP);
    kit_wait_s(&p.kit, 1);
    CHECK_EQ(px_broker_stat(p.kit.broker).queued, 0);
    CHECK_EQ(px_broker_stat(p.kit.broker).messages, 0);
    kit_forget_said(&p.kit);
    come_back();
    CHECK(kit_last(&p.kit, &p.to, KIT_RELEASE) == NULL);
    end();
}

/* A queue has places again as fast as its receiver answers, not ten times a second. */
PX_TEST(many_answers_are_journalled_at_once)
{
    begin();
    publish(PX_MQTT_INFLIGHT_MAX, 1);
    for (uint16_t id = 1; id <= PX_MQTT_INFLIGHT_MAX; id++)
        (void)px_broker_acked(p.kit.broker, &p.to.session, id, PX_MQTT_PUBACK, 0);
    p.kit.broker->sweep_at_ns = INT64_MAX; /* nothing is swept */
    kit_settle(&p.kit);
    CHECK_EQ(px_broker_stat(p.kit.broker).queued, 0);
    p.kit.broker->sweep_at_ns = 0;
    end();
}

PX_TEST(identifiers_of_subscriptions_ride_along)
{
    begin();
    CHECK_EQ(kit_subscribe_as(&p.kit, &p.to, (px_mqtt_filter){ .text = PX_STR("+"), .qos = 1 }, 7),
             1);
    CHECK_EQ(
        kit_subscribe_as(&p.kit, &p.to, (px_mqtt_filter){ .text = PX_STR("#"), .qos = 1 }, 300), 1);
    publish(1, 2);
    CHECK_EQ(got(0)->id_count, 2);
    CHECK_EQ(got(0)->ids[0] + got(0)->ids[1] % 128, 7 + 300 % 128);
    CHECK_EQ(got(0)->qos, 2); /* the highest of those that select it */
    kit_forget_said(&p.kit);
    crash();
    CHECK_EQ(got(0)->id_count, 2);
    end();
}

PX_TEST_MAIN()
