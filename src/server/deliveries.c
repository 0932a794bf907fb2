/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the journal to subscribers: a feed at the newest position, one row after the other. What
 * nobody of the tenant subscribed to costs one look at an empty tree. A slow client is its
 * session's affair and never slows this thread.
 */
#include "server/topic_names.h"
#include "server/topics_impl.h"

#include "base/json.h"
#include "sync/change.h"

enum {
    ARENA_BYTES_MAX = 64 * 1024 * 1024,
    WAIT_NS = 100 * 1000 * 1000,
    RECHECK_NS = 250 * 1000 * 1000, /* rights withdrawn end connections within a second */
};

typedef struct delivery {
    px_twin_topics *topics;
    px_arena arena;
    px_buf topic, payload, scratch;
    px_mqtt_sub_vec hits;
    int64_t recheck_at_ns;
} delivery;

static void put_topic(delivery *d, px_str twin_id, const char *kind)
{
    px_buf_clear(&d->topic);
    px_put_twin_topic(&d->topic, twin_id);
    px_put_c(&d->topic, kind);
}

static void send(delivery *d, uint32_t tenant, uint8_t qos)
{
    if (d->topic.status == PX_OK && d->payload.status == PX_OK)
        px_topics_deliver(d->topics, tenant, px_buf_str(&d->topic), px_buf_str(&d->payload), qos,
                          &d->hits);
}

static const px_twin *read_twin(delivery *d, const px_event *event)
{
    const px_twin *twin;

    return px_graph_read_no(px_engine_graph(d->topics->opts.engine), event->tenant, event->twin_no,
                            &d->scratch, &twin, NULL) == PX_OK
               ? twin
               : NULL;
}

static void deliver_change(delivery *d, const px_event *event)
{
    px_engine *engine = d->topics->opts.engine;
    px_str twin_id;

    px_buf_clear(&d->payload);
    if (!px_put_change(&d->payload, px_engine_graph(engine), px_engine_registry(engine), event,
                       &d->scratch, &twin_id))
        return;
    put_topic(d, twin_id, "state");
    send(d, event->tenant, 0);
    px_buf_clear(&d->topic);
    px_putf(&d->topic, "events/%s/", px_event_family(event->type));
    px_put_level(&d->topic, twin_id);
    send(d, event->tenant, 0);
}

static void deliver_desired(delivery *d, const px_event *event)
{
    const px_twin *twin = read_twin(d, event);

    if (!twin)
        return;
    px_buf_clear(&d->payload);
    if (!px_topics_put_desired(d->topics, &d->payload, twin))
        return;
    put_topic(d, px_twin_id(twin), "desired");
    send(d, event->tenant, 1);
}

static void deliver_command(delivery *d, const px_event *event)
{
    const px_twin *twin = read_twin(d, event);

    if (!twin)
        return;
    px_buf_clear(&d->payload);
    px_put(&d->payload, event->body.len ? event->body : PX_STR("null"));
    px_buf_clear(&d->topic);
    px_put_command_topic(&d->topic, px_twin_id(twin), event->name, event->id);
    send(d, event->tenant, 1);
}

static void deliver_event(delivery *d, const px_event *event)
{
    if (px_event_is_change(event))
        deliver_change(d, event);
    else if (event->type == PX_EVENT_TWIN_DESIRED)
        deliver_desired(d, event);
    else if (event->type == PX_EVENT_COMMAND_REQUEST)
        deliver_command(d, event);
}

/* Rights that this very row withdraws hold for what comes behind it. */
static bool is_about_rights(const px_event *event)
{
    return (event->type == PX_EVENT_DOCUMENT_PUT || event->type == PX_EVENT_DOCUMENT_DELETE) &&
           (px_str_eq(event->name, PX_STR("credential")) ||
            px_str_eq(event->name, PX_STR("device")));
}

static void deliver_batch(delivery *d, const px_batch *batch)
{
    px_cut cut = px_cut_of(batch->body);
    px_event event;

    if (!px_topics_has_any_subscriber(d->topics)) /* reading events costs as much as making them */
        return;
    for (uint64_t seq = batch->seq_first; px_cut_left(&cut) > 0; seq++) {
        px_arena_reset(&d->arena);
        if (px_get_event(&cut, &d->arena, &event, NULL) != PX_OK)
            return; /* the engine wrote it: only memory can be missing, and QoS 0 may be lost */
        event.seq = seq;
        event.time = batch->time;
        if (is_about_rights(&event))
            px_topics_recheck(d->topics);
        if (event.tenant != 0 && px_topics_has_subscribers(d->topics, event.tenant))
            deliver_event(d, &event);
    }
    px_mqtt_door_wake(d->topics->door);
}

static void look_at_clock(delivery *d)
{
    px_env *env = px_engine_env(d->topics->opts.engine);
    int64_t now_ns = env->monotonic_ns(env);

    if (now_ns < d->recheck_at_ns)
        return;
    d->recheck_at_ns = now_ns + RECHECK_NS;
    px_topics_recheck(d->topics);
}

void *px_topics_delivery_run(void *data)
{
    px_twin_topics *topics = data;
    delivery d = { .topics = topics };
    px_batch *batch;
    px_err err;

    px_arena_init(&d.arena, ARENA_BYTES_MAX);
    while (!atomic_load(&topics->stopping)) {
        px_status status = px_feed_next(topics->feed, WAIT_NS, &batch, &err);

        if (status == PX_OK) {
            deliver_batch(&d, batch);
            px_batch_unref(batch);
        } else if (status != PX_TIMEOUT) {
            px_log_warn(topics->opts.log, "mqtt.delivery", "%s", err.text);
            break;
        }
        look_at_clock(&d);
    }
    px_arena_release(&d.arena);
    px_buf_release(&d.topic);
    px_buf_release(&d.payload);
    px_buf_release(&d.scratch);
    PX_VEC_RELEASE(&d.hits);
    return NULL;
}
