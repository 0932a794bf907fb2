/* SPDX-License-Identifier: Apache-2.0 */
/* Who may have which topics; and what the broker says, to the door. */
#include "base/level.h"
#include "server/topics_impl.h"
#include "server/topics_sparkplug.h"

/* A device sees its own twins' topics and plain ones; wildcards that reach beyond are refused, not
 * narrowed. At the twin's level a wildcard is one, whatever the twins are called. */
bool px_topics_may_subscribe(const px_principal *principal, px_str filter)
{
    char room[PX_TWIN_ID_BYTES_MAX];
    px_str first, twin;

    if (principal->role != PX_ROLE_DEVICE)
        return true;
    first = px_str_cut(&filter, '/');
    if (px_str_eq(first, PX_STR("twins")))
        return px_level_read(px_str_cut(&filter, '/'), room, sizeof(room), &twin) &&
               px_authorize(principal, PX_ACTION_RECEIVE, twin, NULL) == PX_OK;
    if (px_str_eq(first, PX_STR("spBv1.0")))
        return px_topics_spark_may_hear(principal, filter);
    return !px_str_eq(first, PX_STR("events")) && !px_str_eq(first, PX_STR("+")) &&
           !px_str_eq(first, PX_STR("#"));
}

px_mqtt_reason px_topics_subscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                   px_mqtt_sub_request *request)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client = principal;
    bool may = px_topics_still_may(topics, client);

    (void)thread, (void)conn;
    for (size_t i = 0; i < request->count; i++)
        if (request->reasons[i] == 0 &&
            !(may && px_topics_may_subscribe(&client->principal, request->filters[i].text)))
            request->reasons[i] = PX_MQTT_NOT_AUTHORIZED;
    return px_broker_subscribe(topics->broker, &client->session, request);
}

px_mqtt_reason px_topics_unsubscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                     px_mqtt_sub_request *request)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client = principal;

    (void)thread, (void)conn;
    return px_broker_unsubscribe(topics->broker, &client->session, request);
}

px_mqtt_reason px_topics_release(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 uint16_t packet_id)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client = principal;

    (void)thread, (void)conn;
    return px_broker_release(topics->broker, &client->session, packet_id);
}

px_mqtt_reason px_topics_acked(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                               uint16_t packet_id, px_mqtt_type type, uint8_t reason)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client = principal;

    (void)thread, (void)conn;
    return px_broker_acked(topics->broker, &client->session, packet_id, type, reason);
}

bool px_twin_topics_tell(px_twin_topics *topics, uint32_t tenant, px_str topic, px_str payload)
{
    px_mqtt_publish message = { .topic = topic, .payload = payload, .qos = 1 };
    px_mqtt_hits hits = { 0 };

    if (!atomic_load(&topics->is_open))
        return false;
    px_broker_tell(topics->broker, tenant, &message, &hits);
    px_mqtt_door_wake(topics->door);
    px_mqtt_hits_release(&hits);
    return true;
}

/* ---- from the broker ---- */

static void admit(void *ctx, uint64_t conn, const px_mqtt_admission *admission)
{
    px_twin_topics *topics = ctx;

    px_mqtt_door_admit(topics->door, (px_mqtt_conn){ conn }, admission);
}

static void answer(void *ctx, uint64_t conn, px_mqtt_type type, uint16_t packet_id,
                   const uint8_t *reasons, size_t count)
{
    px_twin_topics *topics = ctx;

    px_mqtt_door_answer(topics->door, (px_mqtt_conn){ conn }, type, packet_id, reasons, count);
}

/* Only the thread of deliveries has messages with that topic. What finds no memory is not counted
 * as delivered, and so delivered again. */
static void note_handed(px_twin_topics *topics, const px_mqtt_conn *conns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)PX_VEC_PUSH(&topics->handed, conns[i]);
}

static void deliver(void *ctx, const uint64_t *conns, size_t count, const px_mqtt_publish *message)
{
    px_twin_topics *topics = ctx;
    px_mqtt_conn refs[256];

    for (size_t at = 0; at < count;) {
        size_t n = 0;

        while (n < sizeof(refs) / sizeof(refs[0]) && at < count)
            refs[n++] = (px_mqtt_conn){ conns[at++] };
        if (px_mqtt_door_deliver(topics->door, refs, n, message) != PX_OK)
            continue; /* counted by the door; the rest may belong to another thread */
        if (message->topic.ptr == atomic_load(&topics->handed_topic))
            note_handed(topics, refs, n);
    }
}

static void release(void *ctx, uint64_t conn, uint16_t packet_id)
{
    px_twin_topics *topics = ctx;

    px_mqtt_door_release(topics->door, (px_mqtt_conn){ conn }, packet_id);
}

static void released(void *ctx, uint64_t conn, uint16_t packet_id)
{
    px_twin_topics *topics = ctx;

    px_mqtt_door_released(topics->door, (px_mqtt_conn){ conn }, packet_id);
}

static void wake(void *ctx)
{
    px_twin_topics *topics = ctx;

    if (atomic_load_explicit(&topics->is_open, memory_order_acquire))
        px_mqtt_door_wake(topics->door);
}

static void subscribed(void *ctx, uint32_t tenant, uint64_t conn, px_str filter, uint8_t qos)
{
    px_topics_greet(ctx, tenant, (px_mqtt_conn){ conn }, filter, qos);
    px_topics_host_greet(ctx, (px_mqtt_conn){ conn }, filter, qos);
}

px_broker_app px_topics_broker_app(px_twin_topics *topics)
{
    return (px_broker_app){ .ctx = topics,
                            .admit = admit,
                            .answer = answer,
                            .deliver = deliver,
                            .release = release,
                            .released = released,
                            .wake = wake,
                            .subscribed = subscribed,
                            .will = px_topics_will };
}
