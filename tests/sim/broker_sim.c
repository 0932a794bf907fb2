/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions under everything that can go wrong, from one seed: the broker over the real engine and
 * SQLite on a disk that loses and tears what was not synced, with failing writes, reads and syncs,
 * full disks, slow syncs and clocks that jump; and clients that keep their own side of MQTT over
 * every crash. Checked:
 *
 *   - what was acknowledged to its sender reaches every session that had subscribed before;
 *   - one message has one packet id for one session, whatever happens between;
 *   - QoS 2 is given to the application once: on the way in, where the sender sends it again until
 *     it is told, and on the way out;
 *   - a retained message is the last one that was acknowledged, or a later one of which nobody
 *     knows whether it was;
 *   - rows and the rest of the journal give what the whole journal gives.
 *
 *     broker_sim [--part K N] [--seed S] [--seeds COUNT]     (also PX_SEED, PX_SEEDS)
 */
#include <stdio.h>
#include <stdlib.h>

#include "broker_kit.h"
#include "seeds.h"

enum { ROUNDS = 6, ACTS = 24, SEEDS = 48, RECEIVERS = 3, TOPICS = 3, MESSAGES_MAX = 400 };
enum { VALUES_MAX = 64 };

/* What one receiver knows; it outlives every server. */
typedef struct receiver {
    kit_client client;
    uint8_t qos;
    bool received[PXI_PACKET_ID_MAX + 1]; /* QoS 2 ids between PUBREC and PUBCOMP */
    uint32_t given[MESSAGES_MAX];         /* to its application */
    uint16_t id_of[MESSAGES_MAX];
} receiver;

/* Sends with QoS 2 and its own session, until it is told. */
typedef struct sender {
    kit_client client;
    uint32_t message; /* under way; 0: none */
    uint16_t packet_id;
} sender;

typedef struct sim {
    uint64_t seed;
    px_gen gen;
    broker_kit kit;
    receiver receivers[RECEIVERS];
    sender sender;
    kit_client plain;
    uint32_t written;
    uint8_t qos_of[MESSAGES_MAX];
    bool is_acknowledged[MESSAGES_MAX];
    struct { /* of one retained topic: what it may be; 0 is nothing */
        uint32_t values[VALUES_MAX];
        size_t count;
    } retained[TOPICS];
    uint64_t faults, crashes, messages, deliveries, unknown, repeated, looks;
} sim;

__attribute__((format(printf, 2, 3), noreturn)) static void fail_sim(const sim *s,
                                                                     const char *format, ...)
{
    va_list args;

    fprintf(stderr, "\nseed %llu: ", (unsigned long long)s->seed);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nplay it again: PX_SEED=%llu\n", (unsigned long long)s->seed);
    _Exit(1);
}

/* ---- receivers ---- */

static void give(sim *s, receiver *r, uint32_t message)
{
    s->deliveries++;
    if (++r->given[message] > 1 && r->qos == 2 && s->qos_of[message] == 2)
        fail_sim(s, "message %u of QoS 2 came twice", message);
}

static void take(sim *s, receiver *r, const kit_said *said)
{
    uint32_t message = (uint32_t)strtoul(said->payload, NULL, 10);

    CHECK(message > 0 && message < MESSAGES_MAX);
    if (said->packet_id == 0)
        fail_sim(s, "message %u came without a packet id of its session", message);
    if (r->id_of[message] && r->id_of[message] != said->packet_id)
        fail_sim(s, "message %u came as %d, and before as %d", message, said->packet_id,
                 r->id_of[message]);
    r->id_of[message] = said->packet_id;
    if (said->qos < 2 || !r->received[said->packet_id])
        give(s, r, message);
    r->received[said->packet_id] = said->qos == 2;
    (void)px_broker_acked(s->kit.broker, &r->client.session, said->packet_id,
                          said->qos == 2 ? PX_MQTT_PUBREC : PX_MQTT_PUBACK, 0);
}

/* Each of what was said to it, with some left for later or lost with the connection. */
static void answer(sim *s, receiver *r, bool all)
{
    for (size_t i = 0; i < s->kit.said.len; i++) {
        kit_said said = s->kit.said.ptr[i];

        if (said.conn != r->client.session.conn || !r->client.is_there)
            continue;
        if (!all && px_gen_below(&s->gen, 4) == 0)
            return; /* in order, so nothing behind it */
        s->kit.said.ptr[i].conn = 0;
        if (said.word == KIT_DELIVER)
            take(s, r, &said);
        if (said.word != KIT_RELEASE)
            continue;
        r->received[said.packet_id] = false;
        (void)px_broker_acked(s->kit.broker, &r->client.session, said.packet_id, PX_MQTT_PUBCOMP,
                              0);
    }
}

static const kit_connect_opts kept = { .expiry_s = UINT32_MAX }, clean = { .clean = true };

static void come_back(sim *s, size_t i)
{
    receiver *r = &s->receivers[i];
    char id[16];

    if (r->client.is_there)
        return;
    snprintf(id, sizeof(id), "receiver-%zu", i);
    if (kit_connect(&s->kit, &r->client, id, &kept) != PX_MQTT_SUCCESS) {
        kit_lose(&r->client);
        return;
    }
    if (!kit_last(&s->kit, &r->client, KIT_ADMIT)->present)
        fail_sim(s, "the session of %s is gone", id);
}

/* ---- the sender with a session ---- */

static void try_to_send(sim *s)
{
    sender *from = &s->sender;
    char payload[16];
    px_mqtt_publish m = { .topic = PX_STR("d/2"), .qos = 2, .packet_id = from->packet_id };

    snprintf(payload, sizeof(payload), "%u", from->message);
    m.payload = px_str_c(payload);
    if (kit_publish_as(&s->kit, &from->client, &m) != PX_MQTT_SUCCESS)
        return;
    s->is_acknowledged[from->message] = true; /* PUBREC */
    if (px_broker_release(s->kit.broker, &from->client.session, from->packet_id) == PX_MQTT_LATER)
        kit_settle(&s->kit);
    from->message = 0;
}

/* What the server has of it is not sent again. */
static void sender_comes_back(sim *s)
{
    sender *from = &s->sender;
    const kit_said *admit;

    if (from->client.is_there)
        return;
    if (kit_connect(&s->kit, &from->client, "sender", &kept) != PX_MQTT_SUCCESS) {
        kit_lose(&from->client);
        return;
    }
    admit = kit_last(&s->kit, &from->client, KIT_ADMIT);
    for (size_t i = 0; i < admit->received_count && i < KIT_IDS_MAX; i++)
        if (from->message && admit->received[i] == from->packet_id) {
            s->repeated++;
            s->is_acknowledged[from->message] = true;
            from->message = 0;
        }
    for (size_t i = 0; i < admit->received_count && i < KIT_IDS_MAX; i++)
        (void)px_broker_release(s->kit.broker, &from->client.session, admit->received[i]);
    kit_settle(&s->kit);
}

static void send_one(sim *s)
{
    sender *from = &s->sender;

    if (!from->client.is_there || s->written + 1 >= MESSAGES_MAX)
        return;
    if (!from->message) {
        from->message = ++s->written;
        s->qos_of[from->message] = 2;
        from->packet_id = from->packet_id % 60000 + 1;
        s->messages++;
    }
    try_to_send(s);
}

/* ---- who keeps nothing ---- */

static void plain_comes_back(sim *s)
{
    if (!s->plain.is_there && kit_connect(&s->kit, &s->plain, "plain", &clean) != PX_MQTT_SUCCESS)
        kit_lose(&s->plain);
}

static void publish_one(sim *s)
{
    char payload[16];

    if (!s->plain.is_there || s->written + 1 >= MESSAGES_MAX)
        return;
    s->messages++;
    snprintf(payload, sizeof(payload), "%u", ++s->written);
    s->qos_of[s->written] = (uint8_t)(px_gen_below(&s->gen, 2) + 1);
    s->is_acknowledged[s->written] = kit_publish(&s->kit, &s->plain, "d/1", payload,
                                                 s->qos_of[s->written], false) == PX_MQTT_SUCCESS;
    s->unknown += !s->is_acknowledged[s->written];
}

static void retain_one(sim *s)
{
    size_t t = px_gen_below(&s->gen, TOPICS);
    bool clears = px_gen_below(&s->gen, 5) == 0;
    char topic[8], payload[16];
    uint32_t value;

    if (!s->plain.is_there || s->written + 1 >= MESSAGES_MAX || s->retained[t].count == VALUES_MAX)
        return;
    value = clears ? 0 : ++s->written;
    snprintf(topic, sizeof(topic), "r/%zu", t);
    snprintf(payload, sizeof(payload), "%u", value);
    if (kit_publish(&s->kit, &s->plain, topic, clears ? "" : payload, 1, true) == PX_MQTT_SUCCESS)
        s->retained[t].count = 0;
    s->retained[t].values[s->retained[t].count++] = value;
}

/* What a fresh subscriber gets is what it has to be, and from now on that is known. */
static void look_at_retained(sim *s)
{
    uint32_t seen[TOPICS] = { 0 };
    kit_client fresh;
    const kit_said *said;

    CHECK_EQ(kit_connect(&s->kit, &fresh, "fresh", &clean), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&s->kit, &fresh, "r/+", 1), 1);
    for (size_t i = 0; (said = kit_delivered(&s->kit, &fresh, i)); i++)
        seen[said->topic[2] - '0'] = (uint32_t)strtoul(said->payload, NULL, 10);
    for (size_t t = 0; t < TOPICS; t++) {
        bool may_be = false;

        for (size_t i = 0; i < s->retained[t].count; i++)
            may_be = may_be || s->retained[t].values[i] == seen[t];
        if (!may_be)
            fail_sim(s, "r/%zu is %u, and may be one of %zu from %u", t, seen[t],
                     s->retained[t].count, s->retained[t].values[0]);
        s->retained[t].values[0] = seen[t];
        s->retained[t].count = 1;
    }
    kit_close(&s->kit, &fresh, false);
    s->looks++;
}

/* ---- faults ---- */

static void plan_fault(sim *s)
{
    px_fakedisk *disk = s->kit.world.disk;

    s->faults++;
    switch (px_gen_below(&s->gen, 8)) {
    case 0:
        px_fakedisk_fail(disk, PX_FAKE_WRITE, px_gen_below(&s->gen, 40) + 1,
                         px_gen_below(&s->gen, 2) ? PX_IO : PX_FULL, px_gen_below(&s->gen, 2));
        return;
    case 1:
        px_fakedisk_fail(disk, PX_FAKE_SYNC, px_gen_below(&s->gen, 12) + 1, PX_IO, false);
        return;
    case 2:
        px_fakedisk_fail(disk, PX_FAKE_READ, px_gen_below(&s->gen, 30) + 1, PX_IO,
                         px_gen_below(&s->gen, 2));
        return;
    case 3:
        px_fakedisk_capacity(disk, px_fakedisk_used(disk) + (int64_t)px_gen_below(&s->gen, 65536));
        return;
    case 4:
        px_fakedisk_jump(disk, ((int64_t)px_gen_below(&s->gen, 7200) - 3600) * PX_SECOND);
        return;
    case 5:
        px_fakedisk_sync_ns(disk, 5 * PX_SECOND);
        return;
    default:
        px_fakedisk_crash_is_kill(disk, px_gen_below(&s->gen, 3) == 0);
        px_fakedisk_crash_at(disk, px_fakedisk_ops(disk) + px_gen_below(&s->gen, 120));
        return;
    }
}

static void take_faults_back(sim *s)
{
    px_fakedisk *disk = s->kit.world.disk;

    px_fakedisk_fail(disk, PX_FAKE_READ, 0, PX_OK, false);
    px_fakedisk_fail(disk, PX_FAKE_WRITE, 0, PX_OK, false);
    px_fakedisk_fail(disk, PX_FAKE_SYNC, 0, PX_OK, false);
    px_fakedisk_capacity(disk, INT64_MAX);
    px_fakedisk_sync_ns(disk, 0);
}

/* ---- one round ---- */

static bool is_down(const sim *s)
{
    return s->kit.world.died || px_fakedisk_crashed(s->kit.world.disk);
}

static void lose_all(sim *s)
{
    for (size_t i = 0; i < RECEIVERS; i++)
        kit_lose(&s->receivers[i].client);
    kit_lose(&s->sender.client);
    kit_lose(&s->plain);
}

static void act(sim *s)
{
    size_t i = px_gen_below(&s->gen, RECEIVERS);

    switch (px_gen_below(&s->gen, 12)) {
    case 0:
    case 1:
    case 2:
        publish_one(s);
        return;
    case 3:
    case 4:
        send_one(s);
        return;
    case 5:
    case 6:
        retain_one(s);
        return;
    case 7:
        kit_close(&s->kit, &s->receivers[i].client, true);
        return;
    case 8:
        kit_wait_s(&s->kit, (int64_t)px_gen_below(&s->gen, 9));
        return;
    default:
        answer(s, &s->receivers[i], false);
        return;
    }
}

static void come_all_back(sim *s)
{
    plain_comes_back(s);
    sender_comes_back(s);
    for (size_t i = 0; i < RECEIVERS; i++)
        come_back(s, i);
}

/* Without faults everything under way ends. */
static void drain(sim *s)
{
    for (int turn = 0; turn < 400 && !is_down(s); turn++) {
        uint64_t before = s->deliveries;

        come_all_back(s);
        if (s->sender.message)
            send_one(s);
        for (size_t i = 0; i < RECEIVERS; i++)
            answer(s, &s->receivers[i], true);
        kit_wait_s(&s->kit, 1);
        if (turn > 8 && s->deliveries == before && px_broker_stat(s->kit.broker).queued == 0)
            return;
    }
    fail_sim(s, "%llu places of queues are left",
             (unsigned long long)px_broker_stat(s->kit.broker).queued);
}

static void check_all_given(sim *s)
{
    CHECK_EQ(px_broker_stat(s->kit.broker).queue_dropped, 0);
    for (size_t i = 0; i < RECEIVERS; i++)
        for (uint32_t m = 1; m <= s->written; m++)
            if (s->is_acknowledged[m] && s->receivers[i].given[m] == 0)
                fail_sim(s, "message %u was acknowledged and receiver %zu never got it", m, i);
}

static void end_round(sim *s)
{
    take_faults_back(s);
    if (is_down(s) || px_gen_below(&s->gen, 3) == 0) {
        bool power = px_fakedisk_crashed(s->kit.world.disk) || px_gen_below(&s->gen, 2);

        kit_down(&s->kit, power);
        lose_all(s);
        kit_forget_said(&s->kit);
        kit_up(&s->kit);
        kit_check_state(&s->kit, "behind a crash");
        s->crashes++;
    }
    px_fakedisk_crash_at(s->kit.world.disk, UINT64_MAX);
    px_fakedisk_crash_is_kill(s->kit.world.disk, false);
    kit_settle(&s->kit);
    if (px_gen_below(&s->gen, 2))
        drain(s);
    come_all_back(s);
    look_at_retained(s);
}

static void run_round(sim *s)
{
    come_all_back(s);
    plan_fault(s);
    for (int i = 0; i < ACTS && !is_down(s); i++)
        act(s);
    end_round(s);
}

/* ---- one seed ---- */

static void begin(sim *s, uint64_t seed)
{
    static const char *const filters[RECEIVERS] = { "d/#", "d/+", "d/#" };

    memset(s, 0, sizeof(*s));
    s->seed = seed;
    s->gen = (px_gen){ seed };
    kit_begin_with(&s->kit, seed, (int64_t)(px_gen_below(&s->gen, 6) + 1) * PX_SECOND,
                   px_gen_below(&s->gen, 2) ? 0 : px_gen_below(&s->gen, 12) + 1);
    for (size_t t = 0; t < TOPICS; t++)
        s->retained[t].count = 1; /* nothing */
    for (size_t i = 0; i < RECEIVERS; i++) {
        receiver *r = &s->receivers[i];
        char id[16];

        snprintf(id, sizeof(id), "receiver-%zu", i);
        r->qos = i == 1 ? 1 : 2;
        CHECK_EQ(kit_connect(&s->kit, &r->client, id, &kept), PX_MQTT_SUCCESS);
        CHECK_EQ(kit_subscribe(&s->kit, &r->client, filters[i], r->qos), r->qos);
    }
}

/* What the seeds did, so that a simulation that has stopped doing something is seen. */
#define COUNT_MAP(X)                                                                               \
    X("faults", faults)                                                                            \
    X("restarts", crashes)                                                                         \
    X("messages", messages)                                                                        \
    X("with an unknown end", unknown)                                                              \
    X("that the server had when its sender came back", repeated)                                   \
    X("deliveries", deliveries)                                                                    \
    X("looks at what is retained", looks)

static sim sum;

static void run_seed(uint64_t seed)
{
    static sim s;

    begin(&s, seed);
    for (int round = 0; round < ROUNDS; round++)
        run_round(&s);
    drain(&s);
    check_all_given(&s);
    kit_check_state(&s.kit, "at the end");
    lose_all(&s);
    kit_end(&s.kit);
#define X(name, member) sum.member += s.member;
    COUNT_MAP(X)
#undef X
}

static void report(void)
{
#define X(name, member) printf("%10llu %s\n", (unsigned long long)sum.member, name);
    COUNT_MAP(X)
#undef X
}

int main(int argc, char **argv)
{
    const sim_play play = { "broker", SEEDS, run_seed, report };

    return sim_play_seeds(argc, argv, &play);
}
