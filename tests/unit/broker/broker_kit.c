/* SPDX-License-Identifier: Apache-2.0 */
#include "broker_kit.h"

#include <stdio.h>

#include "mqtt/props.h"
#include "mqtt/topic.h"

enum { STEPS_MAX = 100000, ARENA_BYTES_MAX = 16 << 20, TENANT = 1 };

/* ---- what the broker says ---- */

static void text_of(char *room, px_str text)
{
    snprintf(room, KIT_TEXT_MAX, "%.*s", PX_FMT(px_str_head(text, KIT_TEXT_MAX - 1)));
}

static kit_said *say(broker_kit *kit, kit_word word, uint64_t conn)
{
    CHECK(PX_VEC_PUSH(&kit->said, ((kit_said){ .word = word, .conn = conn })));
    return &kit->said.ptr[kit->said.len - 1];
}

static void on_admit(void *ctx, uint64_t conn, const px_mqtt_admission *a)
{
    kit_said *s = say(ctx, KIT_ADMIT, conn);

    s->reason = (uint8_t)a->reason;
    s->present = a->session_present;
    s->expiry_s = a->session_expiry_s;
    s->received_count = a->received_count;
    for (size_t i = 0; i < a->received_count && i < KIT_IDS_MAX; i++)
        s->received[i] = a->received[i];
}

static void on_answer(void *ctx, uint64_t conn, px_mqtt_type type, uint16_t packet_id,
                      const uint8_t *reasons, size_t count)
{
    kit_said *s = say(ctx, KIT_ANSWER, conn);

    s->type = type;
    s->packet_id = packet_id;
    s->count = count;
    memcpy(s->reasons, reasons, count < KIT_REASONS_MAX ? count : KIT_REASONS_MAX);
}

/* Identifiers of subscriptions stand behind what rides along. */
static void read_ids(kit_said *s, px_str encoded)
{
    px_cut cut = px_cut_of(encoded);

    while (px_cut_left(&cut) > 0 && !cut.bad) {
        if (px_get_u8(&cut) != PX_MQTT_PROP_SUBSCRIPTION_ID)
            return;
        CHECK(s->id_count < KIT_IDS_MAX);
        s->ids[s->id_count++] = (uint32_t)px_get_varint(&cut);
    }
}

static void on_deliver(void *ctx, const uint64_t *conns, size_t count,
                       const px_mqtt_publish *message)
{
    for (size_t i = 0; i < count; i++) {
        kit_said *s = say(ctx, KIT_DELIVER, conns[i]);

        s->packet_id = message->packet_id;
        s->qos = message->qos;
        s->retain = message->retain;
        s->dup = message->dup;
        s->expires_at_ns = message->expires_at_ns;
        text_of(s->topic, message->topic);
        text_of(s->payload, message->payload);
        read_ids(s, message->encoded_props);
    }
}

static void on_release(void *ctx, uint64_t conn, uint16_t packet_id)
{
    say(ctx, KIT_RELEASE, conn)->packet_id = packet_id;
}

static void on_released(void *ctx, uint64_t conn, uint16_t packet_id)
{
    say(ctx, KIT_RELEASED, conn)->packet_id = packet_id;
}

static void on_wake(void *ctx)
{
    (void)ctx;
}

static void on_subscribed(void *ctx, uint32_t tenant, uint64_t conn, px_str filter, uint8_t qos)
{
    broker_kit *kit = ctx;

    (void)tenant, (void)conn, (void)filter, (void)qos;
    kit->greetings++;
}

/* ---- messages on their way ---- */

static px_status commit(broker_kit *kit, const px_principal *who, const px_session_write *writes,
                        size_t count, uint64_t *ret_position)
{
    px_request request = {
        .kind = PX_REQUEST_SESSIONS, .principal = *who, .sessions = writes, .session_count = count
    };
    px_result result = px_world_do(&kit->world, &request);

    *ret_position = result.status == PX_OK ? px_engine_position(kit->world.engine) : 0;
    return result.status;
}

static px_mqtt_reason publish(broker_kit *kit, px_broker_client *from,
                              const px_mqtt_publish *message, const px_session_write *rider)
{
    px_session_write writes[2];
    size_t count = 1;
    uint64_t position;
    px_broker_gate *gate;
    px_mqtt_reason reason;
    px_status status;
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    reason = px_broker_publish(kit->broker, from, message, &arena, &writes[0]);
    if (reason != PX_MQTT_LATER && rider)
        writes[0] = *rider;
    else if (reason == PX_MQTT_LATER && rider)
        writes[count++] = *rider;
    if (reason == PX_MQTT_LATER || rider) {
        gate = px_broker_gate_enter(from);
        CHECK(gate != NULL);
        status = commit(kit, &from->who, writes, count, &position);
        px_broker_gate_leave(kit->broker, gate, position);
        reason = status == PX_OK ? PX_MQTT_SUCCESS : PX_MQTT_SERVER_UNAVAILABLE;
    }
    px_arena_release(&arena);
    return reason;
}

static bool on_will(void *ctx, const px_broker_will *will)
{
    broker_kit *kit = ctx;
    px_broker_client nobody = { .who = kit->world.admin };
    px_mqtt_reason reason;

    kit->wills_asked++;
    if (kit->wills_are_busy)
        return false;
    nobody.who.tenant = will->tenant;
    if (kit->wills_are_denied) {
        px_broker_will_ended(kit->broker, will->write->session, PX_DENIED);
        return true;
    }
    reason = publish(kit, &nobody, will->message, will->write);
    px_broker_gate_drop(&nobody);
    px_broker_will_ended(kit->broker, will->write->session,
                         reason == PX_MQTT_SUCCESS ? PX_OK : PX_BUSY);
    return true;
}

/* ---- life ---- */

void kit_up(broker_kit *kit)
{
    px_err err;

    kit->opts.engine = kit->world.engine;
    kit->opts.store = kit->world.store;
    CHECK_OK(px_broker_open(&kit->opts, &kit->broker, &err), &err);
    CHECK_OK(px_broker_catch_up(kit->broker, &err), &err);
}

void kit_begin_with(broker_kit *kit, uint64_t seed, int64_t save_ns, size_t save_rows_max)
{
    memset(kit, 0, sizeof(*kit));
    px_world_init(&kit->world, seed);
    kit->opts.save_ns = save_ns;
    kit->opts.save_rows_max = save_rows_max;
    kit->opts.app = (px_broker_app){ .ctx = kit,
                                     .admit = on_admit,
                                     .answer = on_answer,
                                     .deliver = on_deliver,
                                     .release = on_release,
                                     .released = on_released,
                                     .wake = on_wake,
                                     .subscribed = on_subscribed,
                                     .will = on_will };
    kit_up(kit);
}

void kit_begin(broker_kit *kit, uint64_t seed)
{
    kit_begin_with(kit, seed, 0, 0);
}

/* What the engine took is given back first. */
static void close_broker(broker_kit *kit)
{
    for (int i = 0; i < 8; i++)
        px_engine_step(kit->world.engine);
    CHECK_EQ(atomic_load(&kit->broker->jobs_out), 0);
    px_broker_close(kit->broker);
    kit->broker = NULL;
}

void kit_end(broker_kit *kit)
{
    close_broker(kit);
    PX_VEC_RELEASE(&kit->said);
    px_world_release(&kit->world);
}

void kit_down(broker_kit *kit, bool power)
{
    if (power)
        px_fakedisk_crash(kit->world.disk);
    else
        px_fakedisk_crash_at(kit->world.disk, px_fakedisk_ops(kit->world.disk));
    close_broker(kit);
    px_world_kill(&kit->world, power);
    kit->world.died = false;
}

void kit_kill(broker_kit *kit, bool power)
{
    kit_down(kit, power);
    kit_up(kit);
}

/* ---- time ---- */

/* On a full disk the engine tries what rows there are to write over and over: no progress. */
void kit_settle(broker_kit *kit)
{
    enum { QUIET = 3, TRIES = 24 };
    uint64_t position = 0;
    int quiet = 0, tries = 0;

    for (int steps = 0; quiet < QUIET && tries < TRIES && !kit->world.died; steps++) {
        bool folded = px_broker_step(kit->broker), stepped = px_engine_step(kit->world.engine);
        uint64_t now = px_engine_position(kit->world.engine);

        quiet = folded || stepped ? 0 : quiet + 1;
        tries = folded || now != position ? 0 : tries + 1;
        position = now;
        CHECK(steps < STEPS_MAX);
    }
    if (!kit->world.died)
        CHECK_EQ(px_broker_status(kit->broker, NULL), PX_OK);
}

void kit_wait_s(broker_kit *kit, int64_t seconds)
{
    px_fakedisk_advance(kit->world.disk, seconds * PX_SECOND);
    kit_settle(kit);
    px_fakedisk_advance(kit->world.disk, PX_SECOND / 5); /* what was asked is looked at again */
    kit_settle(kit);
}

void kit_forget_said(broker_kit *kit)
{
    kit->said.len = 0;
}

/* ---- connections ---- */

static bool may_all(const px_principal *who, px_str filter)
{
    (void)who, (void)filter;
    return true;
}

static void read_will(px_mqtt_connect *c, const kit_connect_opts *o)
{
    c->has_will = o->will_topic != NULL;
    if (!c->has_will)
        return;
    c->will = (px_mqtt_publish){ .topic = px_str_c(o->will_topic),
                                 .payload = px_str_c(o->will_payload),
                                 .qos = o->will_qos,
                                 .retain = o->will_retain };
    c->will_props.will_delay_s = o->will_delay_s;
    c->will_props.message_expiry_s = o->will_expiry_s;
    c->will_props.present = (o->will_delay_s ? UINT64_C(1) << PX_MQTT_PROP_WILL_DELAY : 0) |
                            (o->will_expiry_s ? UINT64_C(1) << PX_MQTT_PROP_MESSAGE_EXPIRY : 0);
}

px_mqtt_reason kit_connect_later(broker_kit *kit, kit_client *client, const char *id,
                                 const kit_connect_opts *o)
{
    px_mqtt_connect connect = { .version = o->is_v311 ? PX_MQTT_V311 : PX_MQTT_V5,
                                .clean_start = o->clean };
    px_mqtt_reason reason;

    if (o->expiry_s) {
        connect.props.present = UINT64_C(1) << PX_MQTT_PROP_SESSION_EXPIRY;
        connect.props.session_expiry_s = o->expiry_s;
    }
    read_will(&connect, o);
    *client = (kit_client){ .session = { .who = kit->world.admin,
                                         .credential = PX_STR("key-1"),
                                         .conn = ++kit->last_conn } };
    client->session.who.tenant = o->tenant ? o->tenant : TENANT;
    client->session.who.document_no = o->scope;
    reason = px_broker_connect(kit->broker, &client->session, &connect, px_str_c(id),
                               o->may ? o->may : may_all);
    client->is_there = reason == PX_MQTT_SUCCESS || reason == PX_MQTT_LATER;
    return reason;
}

px_mqtt_reason kit_connect(broker_kit *kit, kit_client *client, const char *id,
                           const kit_connect_opts *opts)
{
    px_mqtt_reason reason = kit_connect_later(kit, client, id, opts);
    const kit_said *said;

    if (reason != PX_MQTT_LATER)
        return reason;
    kit_settle(kit);
    said = kit_last(kit, client, KIT_ADMIT);
    return said ? (px_mqtt_reason)said->reason : PX_MQTT_LATER;
}

void kit_close(broker_kit *kit, kit_client *client, bool with_will)
{
    px_mqtt_end end = { .reason = PX_MQTT_SUCCESS, .with_will = with_will };

    if (!client->is_there)
        return;
    client->is_there = false;
    px_broker_closed(kit->broker, &client->session, &end);
    kit_settle(kit);
}

void kit_lose(kit_client *client)
{
    px_broker_gate_drop(&client->session);
    client->is_there = false;
}

static uint8_t ask(broker_kit *kit, kit_client *client, bool is_unsubscribe, px_mqtt_filter filter,
                   uint32_t id)
{
    static uint16_t packet_id;
    uint8_t reason = 0;
    px_mqtt_sub_request request = { .packet_id = ++packet_id,
                                    .subscription_id = id,
                                    .filters = &filter,
                                    .count = 1,
                                    .reasons = &reason };
    const kit_said *said;

    CHECK_EQ(px_mqtt_filter_settle(&filter.text, &filter.share), PX_MQTT_SUCCESS);
    if ((is_unsubscribe
             ? px_broker_unsubscribe(kit->broker, &client->session, &request)
             : px_broker_subscribe(kit->broker, &client->session, &request)) != PX_MQTT_LATER)
        return reason;
    kit_settle(kit);
    said = kit_last(kit, client, KIT_ANSWER);
    return said && said->packet_id == request.packet_id ? said->reasons[0] : 0xFF;
}

uint8_t kit_subscribe_as(broker_kit *kit, kit_client *client, px_mqtt_filter filter, uint32_t id)
{
    return ask(kit, client, false, filter, id);
}

uint8_t kit_subscribe(broker_kit *kit, kit_client *client, const char *filter, uint8_t qos)
{
    return ask(kit, client, false, (px_mqtt_filter){ .text = px_str_c(filter), .qos = qos }, 0);
}

uint8_t kit_unsubscribe(broker_kit *kit, kit_client *client, const char *filter)
{
    return ask(kit, client, true, (px_mqtt_filter){ .text = px_str_c(filter) }, 0);
}

px_mqtt_reason kit_publish_as(broker_kit *kit, kit_client *client, const px_mqtt_publish *message)
{
    px_mqtt_reason reason = publish(kit, &client->session, message, NULL);

    kit_settle(kit);
    return reason;
}

px_mqtt_reason kit_publish(broker_kit *kit, kit_client *client, const char *topic,
                           const char *payload, uint8_t qos, bool retain)
{
    px_mqtt_publish message = { .topic = px_str_c(topic),
                                .payload = px_str_c(payload),
                                .qos = qos,
                                .packet_id = qos ? 1 : 0,
                                .retain = retain };

    return kit_publish_as(kit, client, &message);
}

void kit_acked(broker_kit *kit, kit_client *client, uint16_t packet_id, px_mqtt_type type)
{
    (void)px_broker_acked(kit->broker, &client->session, packet_id, type, 0);
    kit_settle(kit);
}

/* ---- what was said ---- */

const kit_said *kit_delivered(const broker_kit *kit, const kit_client *client, size_t index)
{
    PX_VEC_EACH (&kit->said, s)
        if (s->word == KIT_DELIVER && s->conn == client->session.conn && index-- == 0)
            return s;
    return NULL;
}

size_t kit_delivered_count(const broker_kit *kit, const kit_client *client)
{
    size_t count = 0;

    while (kit_delivered(kit, client, count))
        count++;
    return count;
}

const kit_said *kit_last(const broker_kit *kit, const kit_client *client, kit_word word)
{
    const kit_said *last = NULL;

    PX_VEC_EACH (&kit->said, s)
        if (s->word == word && s->conn == client->session.conn)
            last = s;
    return last;
}
