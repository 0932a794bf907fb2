/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows and the rest of the journal give what the whole journal gives: at every moment, and behind
 * every crash, also one between two effects of a save that does not fit one.
 */
#include <stdio.h>

#include "broker_kit.h"

enum { CLIENTS = 5, TOPICS = 4, ACTS = 60 };

typedef struct story {
    broker_kit kit;
    px_gen *gen;
    kit_client clients[CLIENTS];
    uint64_t written; /* payloads */
    size_t looked;    /* up to here `said` was answered */
} story;

static const char *const filters[] = { "a/1", "a/+", "#", "$share/g/a/#", "$share/h/a/1", "b/2" };
static const char *const topics[TOPICS] = { "a/1", "a/2", "b/1", "b/2" };

static kit_client *any_client(story *s, bool is_there)
{
    size_t from = px_gen_below(s->gen, CLIENTS);

    for (size_t i = 0; i < CLIENTS; i++) {
        kit_client *c = &s->clients[(from + i) % CLIENTS];

        if (c->is_there == is_there)
            return c;
    }
    return NULL;
}

static void connect_one(story *s)
{
    /* also one that is there: it is taken over */
    kit_client *c = any_client(s, px_gen_below(s->gen, 4) == 0);
    kit_client fresh;
    char id[8];
    kit_connect_opts o = { .clean = px_gen_below(s->gen, 4) == 0,
                           .expiry_s = (uint32_t)px_gen_below(s->gen, 3) * 20 };

    if (!c)
        return;
    if (px_gen_below(s->gen, 3) == 0) {
        o.will_topic = topics[px_gen_below(s->gen, TOPICS)];
        o.will_payload = "gone";
        o.will_qos = (uint8_t)px_gen_below(s->gen, 3);
        o.will_retain = px_gen_below(s->gen, 2);
        o.will_delay_s = (uint32_t)px_gen_below(s->gen, 2) * 5;
    }
    snprintf(id, sizeof(id), "c%d", (int)(c - s->clients));
    (void)kit_connect(&s->kit, &fresh, id, &o);
    if (c->is_there) /* the older one's end is told behind it */
        kit_close(&s->kit, c, true);
    *c = fresh;
}

static void publish_one(story *s)
{
    kit_client *c = any_client(s, true);
    char payload[32];
    bool retain = px_gen_below(s->gen, 3) == 0;
    px_mqtt_props props = { 0 };
    px_mqtt_publish m = { .topic = px_str_c(topics[px_gen_below(s->gen, TOPICS)]),
                          .qos = (uint8_t)px_gen_below(s->gen, 3),
                          .retain = retain };

    if (!c)
        return;
    snprintf(payload, sizeof(payload), "%llu", (unsigned long long)++s->written);
    m.payload = retain && px_gen_below(s->gen, 4) == 0 ? PX_STR("") : px_str_c(payload);
    m.packet_id = m.qos ? (uint16_t)(px_gen_below(s->gen, 50) + 1) : 0;
    if (px_gen_below(s->gen, 4) == 0) {
        props.present = UINT64_C(1) << PX_MQTT_PROP_MESSAGE_EXPIRY;
        props.message_expiry_s = (uint32_t)px_gen_below(s->gen, 20) + 1;
        m.props = &props;
    }
    (void)kit_publish_as(&s->kit, c, &m);
}

/* Some receivers answer what they got; by the kind of step that is due. */
static void answer_some(story *s)
{
    kit_client *c = any_client(s, true);

    if (!c)
        return;
    for (size_t i = 0; i < s->kit.said.len; i++) {
        kit_said said = s->kit.said.ptr[i];

        if (said.conn != c->session.conn || said.packet_id == 0 || px_gen_below(s->gen, 3) == 0)
            continue;
        if (said.word == KIT_DELIVER)
            kit_acked(&s->kit, c, said.packet_id, said.qos == 2 ? PX_MQTT_PUBREC : PX_MQTT_PUBACK);
        else if (said.word == KIT_RELEASE)
            kit_acked(&s->kit, c, said.packet_id, PX_MQTT_PUBCOMP);
        s->kit.said.ptr[i].packet_id = 0;
    }
}

static void release_one(story *s)
{
    kit_client *c = any_client(s, true);

    if (c)
        (void)px_broker_release(s->kit.broker, &c->session,
                                (uint16_t)(px_gen_below(s->gen, 50) + 1));
    kit_settle(&s->kit);
}

static void subscribe_one(story *s)
{
    kit_client *c = any_client(s, true);
    const char *filter = filters[px_gen_below(s->gen, sizeof(filters) / sizeof(*filters))];

    if (!c)
        return;
    if (px_gen_below(s->gen, 4) == 0)
        (void)kit_unsubscribe(&s->kit, c, filter);
    else
        (void)kit_subscribe_as(
            &s->kit, c,
            (px_mqtt_filter){ .text = px_str_c(filter),
                              .qos = (uint8_t)px_gen_below(s->gen, 3),
                              .retain_handling = (uint8_t)px_gen_below(s->gen, 3) },
            (uint32_t)px_gen_below(s->gen, 3));
}

/* Not to the end: a save in several effects stands half done when the crash comes. */
static void step_a_little(story *s)
{
    px_fakedisk_advance(s->kit.world.disk, (int64_t)px_gen_below(s->gen, 9) * PX_SECOND);
    for (uint64_t n = px_gen_below(s->gen, 6); n > 0; n--) {
        (void)px_broker_step(s->kit.broker);
        (void)px_engine_step(s->kit.world.engine);
    }
}

static void crash(story *s)
{
    bool power = px_gen_below(s->gen, 2);

    step_a_little(s);
    kit_kill(&s->kit, power);
    for (size_t i = 0; i < CLIENTS; i++)
        kit_lose(&s->clients[i]);
    kit_forget_said(&s->kit);
    kit_check_state(&s->kit, "behind a crash");
    kit_settle(&s->kit);
}

static void act(story *s)
{
    switch (px_gen_below(s->gen, 12)) {
    case 0:
    case 1:
        connect_one(s);
        return;
    case 2:
    case 3:
        subscribe_one(s);
        return;
    case 4:
        answer_some(s);
        return;
    case 5:
        release_one(s);
        return;
    case 6:
        if (any_client(s, true))
            kit_close(&s->kit, any_client(s, true), px_gen_below(s->gen, 2));
        return;
    case 7:
        step_a_little(s);
        return;
    case 8:
        kit_wait_s(&s->kit, (int64_t)px_gen_below(s->gen, 12));
        return;
    default:
        publish_one(s);
        return;
    }
}

static void play(px_gen *gen, int64_t save_ns, size_t save_rows_max)
{
    static story s;

    s = (story){ .gen = gen };
    kit_begin_with(&s.kit, px_gen_u64(gen), save_ns, save_rows_max);
    for (int i = 0; i < ACTS; i++) {
        act(&s);
        if (px_gen_below(gen, 10) == 0)
            crash(&s);
    }
    kit_settle(&s.kit);
    kit_check_state(&s.kit, "at the end");
    for (size_t i = 0; i < CLIENTS; i++)
        kit_lose(&s.clients[i]);
    kit_end(&s.kit);
}

/* ---- one story, and a crash behind each effect of its save ---- */

static kit_connect_opts kept_with_will(const char *topic, bool clean)
{
    return (kit_connect_opts){
        .expiry_s = 600, .clean = clean, .will_topic = topic, .will_payload = "gone", .will_qos = 1
    };
}

enum { WHO = 6 };

static void connect_as(broker_kit *kit, kit_client *c, const char *id, kit_connect_opts opts)
{
    CHECK_EQ(kit_connect(kit, c, id, &opts), PX_MQTT_SUCCESS);
}

static void publish_as(broker_kit *kit, kit_client *c, const char *topic, const char *payload,
                       bool retain)
{
    CHECK_EQ(kit_publish(kit, c, topic, payload, 1, retain), PX_MQTT_SUCCESS);
}

/* What a save finds: sessions, messages, retained ones. All of it is written. */
static void tell_first(broker_kit *kit, kit_client *c)
{
    kit_connect_opts kept = { .expiry_s = 600 };

    connect_as(kit, &c[0], "ended-clean", kept_with_will("w/0", false));
    connect_as(kit, &c[1], "taken-over", kept_with_will("w/1", false));
    connect_as(kit, &c[2], "reader", kept);
    connect_as(kit, &c[3], "leaves", kept);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(kit_subscribe(kit, &c[i], "q/#", 1), 1);
    publish_as(kit, &c[2], "r/old", "1", true);
    publish_as(kit, &c[2], "r/cleared", "2", true);
    publish_as(kit, &c[2], "q/1", "3", true);
    publish_as(kit, &c[2], "q/2", "4", false);
    kit_wait_s(kit, 60);
    kit_wait_s(kit, 60);
    CHECK_EQ(kit->broker->dirty_sessions + kit->broker->dirty_letters + kit->broker->graves.len, 0);
}

/* And what changes all of it, each thing so that two rows have to agree. */
static void tell_then(broker_kit *kit, kit_client *c)
{
    kit_client fresh;

    kit->wills_are_busy = true;                       /* ghosts stay */
    CHECK_EQ(kit_subscribe(kit, &c[2], "r/#", 1), 1); /* sees the old ones */
    publish_as(kit, &c[2], "r/old", "5", true);
    publish_as(kit, &c[2], "r/cleared", "", true);
    publish_as(kit, &c[2], "q/1", "6", true); /* that before is in queues still */
    publish_as(kit, &c[2], "r/brief", "7", true);
    publish_as(kit, &c[2], "r/brief", "8", true);
    CHECK_EQ(kit_subscribe(kit, &c[3], "r/+", 1), 1);
    connect_as(kit, &fresh, "ended-clean", kept_with_will("w/2", true));
    kit_lose(&c[0]);
    c[0] = fresh;
    CHECK_EQ(kit_subscribe(kit, &c[0], "q/#", 1), 1);
    connect_as(kit, &fresh, "taken-over", kept_with_will("w/3", false));
    kit_lose(&c[1]);
    c[1] = fresh;
    for (uint16_t id = 1; id <= 3; id++)
        kit_acked(kit, &c[2], id, PX_MQTT_PUBACK);
    connect_as(kit, &c[4], "leaves", (kit_connect_opts){ .clean = true });
    kit_close(kit, &c[4], false); /* nothing of it is left */
    publish_as(kit, &c[2], "q/3", "9", false);
}

/* True while there was one more effect to be written. */
static bool crash_behind(size_t effects, size_t rows_max, bool power)
{
    static broker_kit kit;
    kit_client c[WHO] = { 0 };
    bool more = true;

    kit_begin_with(&kit, 1, 30 * PX_SECOND, rows_max);
    tell_first(&kit, c);
    tell_then(&kit, c);
    px_fakedisk_advance(kit.world.disk, 31 * PX_SECOND);
    for (size_t i = 0; i < effects && more; i++) {
        (void)px_broker_step(kit.broker);
        more = atomic_load(&kit.broker->save.is_flying);
        for (int steps = 0; steps < 4; steps++)
            (void)px_engine_step(kit.world.engine);
    }
    for (size_t i = 0; i < WHO; i++)
        kit_lose(&c[i]);
    kit_kill(&kit, power);
    kit_check_state(&kit, "behind the crash");
    kit.wills_are_busy = false;
    kit_settle(&kit);
    kit_wait_s(&kit, 60); /* written once more, in parts */
    kit_kill(&kit, power);
    kit_check_state(&kit, "behind the crash after it");
    kit_end(&kit);
    return more;
}

PX_TEST(a_crash_behind_each_effect_of_one_save_changes_nothing)
{
    for (size_t rows_max = 1; rows_max <= 3; rows_max += 2) {
        size_t effects = 0;

        while (crash_behind(effects, rows_max, effects % 2))
            effects++;
        CHECK(effects > 6 / rows_max);
    }
}

PX_PROP(rows_and_the_rest_give_what_the_journal_gives, 40)
{
    play(gen, (int64_t)(px_gen_below(gen, 8) + 1) * PX_SECOND, 0);
}

PX_PROP(a_crash_between_two_effects_of_one_save_changes_nothing, 60)
{
    play(gen, (int64_t)(px_gen_below(gen, 8) + 1) * PX_SECOND, px_gen_below(gen, 6) + 1);
}

PX_TEST_MAIN()
