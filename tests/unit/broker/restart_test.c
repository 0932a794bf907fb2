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

PX_PROP(rows_and_the_rest_give_what_the_journal_gives, 40)
{
    play(gen, (int64_t)(px_gen_below(gen, 8) + 1) * PX_SECOND, 0);
}

PX_PROP(a_crash_between_two_effects_of_one_save_changes_nothing, 120)
{
    play(gen, (int64_t)(px_gen_below(gen, 8) + 1) * PX_SECOND, px_gen_below(gen, 6) + 1);
}

PX_TEST_MAIN()
