/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the journal to subscribers: a feed at the newest position, one row after the other. What
 * nobody of the tenant subscribed to costs one look at an empty tree. A slow client is its
 * session's affair and never slows this thread.
 */
#include "server/topic_names.h"
#include "server/topics_impl.h"
#include "server/topics_sparkplug.h"

#include <stdio.h>

#include "base/json.h"
#include "base/thread.h"
#include "sync/change.h"

enum {
    ARENA_BYTES_MAX = 64 * 1024 * 1024,
    WAIT_NS = 100 * 1000 * 1000,
    RECHECK_NS = 250 * 1000 * 1000, /* rights withdrawn end connections within a second */
};

typedef struct delivery {
    px_twin_topics *topics;
    px_arena arena;
    px_buf topic, payload, props, scratch;
    px_mqtt_hits hits;
    int64_t recheck_at_ns;
    bool is_failing; /* said so already */
} delivery;

static void put_topic(delivery *d, px_str twin_id, const char *kind)
{
    px_buf_clear(&d->topic);
    px_put_twin_topic(&d->topic, twin_id);
    px_put_c(&d->topic, kind);
}

void px_topics_put_seq(px_buf *props, uint64_t seq)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)seq);

    px_mqtt_put_prop_user(props, PX_STR("seq"), px_str_of(text, (size_t)len));
}

/* The position rides along, as it does in the stream of HTTP: who sees it twice has the same event.
 */
static void send_tagged(delivery *d, const px_event *event, uint8_t qos, uint32_t tag)
{
    px_mqtt_publish message = {
        .topic = px_buf_str(&d->topic), .payload = px_buf_str(&d->payload), .tag = tag, .qos = qos
    };

    px_buf_clear(&d->props);
    px_topics_put_seq(&d->props, event->seq);
    message.encoded_props = px_buf_str(&d->props);
    if (d->topic.status == PX_OK && d->payload.status == PX_OK && d->props.status == PX_OK)
        px_broker_tell(d->topics->broker, event->tenant, &message, &d->hits);
}

static void send(delivery *d, const px_event *event, uint8_t qos)
{
    send_tagged(d, event, qos, 0);
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
    px_str id;

    px_buf_clear(&d->payload);
    if (!px_put_change(&d->payload, px_engine_graph(engine), px_engine_registry(engine), event,
                       &d->scratch, &id))
        return;
    if (px_event_is_state(event) || event->type == PX_EVENT_TWIN_DELETE) {
        put_topic(d, id, "state");
        send(d, event, 0);
    }
    px_buf_clear(&d->topic);
    px_putf(&d->topic, "events/%s/", px_event_family(event->type));
    px_put_level(&d->topic, id);
    send(d, event, 0);
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
    d->topics->handed.len = 0;
    atomic_store(&d->topics->handed_topic, d->topic.ptr);
    send(d, event, 1);
    atomic_store(&d->topics->handed_topic, NULL);
    px_topics_desired_handed(d->topics, px_twin_id(twin), px_twin_desired_version(twin),
                             d->topics->handed.ptr, d->topics->handed.len);
}

/* TWIN/ID, in the arena; ptr NULL without memory. */
static px_str command_document_id(delivery *d, px_str twin_id, px_str command_id)
{
    char *room = px_arena_alloc(&d->arena, twin_id.len + 1 + command_id.len);

    if (!room)
        return (px_str){ 0 };
    memcpy(room, twin_id.ptr, twin_id.len);
    room[twin_id.len] = '/';
    memcpy(room + twin_id.len + 1, command_id.ptr, command_id.len);
    return px_str_of(room, twin_id.len + 1 + command_id.len);
}

static void tell_gap(delivery *d, const px_event *event, const px_err *err)
{
    atomic_fetch_add_explicit(&d->topics->delivery_gaps, 1, memory_order_relaxed);
    px_log_warn(d->topics->opts.log, "mqtt.delivery_gap", "command='%.*s' %s", PX_FMT(event->id),
                err->text);
}

/* As its document has it now: one that has ended meanwhile is not called any more. */
static void deliver_command(delivery *d, const px_event *event)
{
    px_documents *documents = px_engine_documents(d->topics->opts.engine);
    const px_twin *twin = read_twin(d, event);
    px_document document;
    px_status status;
    uint32_t tag;
    px_err err;
    px_str id;

    if (!twin)
        return;
    id = command_document_id(d, px_twin_id(twin), event->id);
    status = id.ptr ? px_documents_get(documents, event->tenant, PX_STR("command"), id, &d->arena,
                                       &document, &err)
                    : px_arena_fail(&d->arena, &err);
    if (status == PX_OK)
        status = px_topics_read_command(&document, event->twin_no, &d->arena, &d->topic,
                                        &d->payload, &tag, &err);
    if (status == PX_OK)
        send_tagged(d, event, 1, tag);
    else if (status != PX_NOT_FOUND) /* it is told with the next subscription */
        tell_gap(d, event, &err);
}

/* Called, or sent again. */
static bool is_sent(const px_event *event)
{
    return event->type == PX_EVENT_COMMAND_REQUEST ||
           (event->type == PX_EVENT_COMMAND_DELIVERY && event->code == PX_COMMAND_PENDING);
}

static void deliver_event(delivery *d, const px_event *event)
{
    if (px_event_is_change(event))
        deliver_change(d, event);
    if (event->type == PX_EVENT_TWIN_DESIRED)
        deliver_desired(d, event);
    if (is_sent(event))
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
    bool rechecked = false; /* once: all of the row is published */
    px_event event;

    if (!px_broker_has_any_subscriber(
            d->topics->broker)) /* reading events costs as much as making them */
        return;
    for (uint64_t seq = batch->seq_first; px_cut_left(&cut) > 0; seq++) {
        px_arena_reset(&d->arena);
        if (px_get_event(&cut, &d->arena, &event, NULL) != PX_OK)
            break; /* the engine wrote it: only memory can be missing */
        event.seq = seq;
        event.time = batch->time;
        if (!rechecked && is_about_rights(&event)) {
            px_topics_recheck(d->topics);
            rechecked = true;
        }
        if (event.tenant != 0 && px_broker_has_subscribers(d->topics->broker, event.tenant))
            deliver_event(d, &event);
    }
    if (px_cut_left(&cut) > 0) {
        atomic_fetch_add_explicit(&d->topics->delivery_gaps, 1, memory_order_relaxed);
        px_log_warn(d->topics->opts.log, "mqtt.delivery_gap", "until=%llu no memory",
                    (unsigned long long)batch->seq_last);
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
    px_topics_spark_pay(d->topics);
}

/* What was missed cannot be told any more, but that it was missed can. Who needs each event reads
 * the stream of HTTP, which says so itself. */
static px_status reopen(px_twin_topics *topics, px_err *ret_err)
{
    uint64_t before = px_feed_position(topics->feed), now = px_engine_position(topics->opts.engine);
    px_feed *fresh;

    PX_TRY(px_feed_open_at(topics->opts.engine, now, &fresh, ret_err));
    px_feed_close(topics->feed);
    topics->feed = fresh;
    atomic_fetch_add_explicit(&topics->delivery_gaps, 1, memory_order_relaxed);
    px_log_warn(topics->opts.log, "mqtt.delivery_gap", "after=%llu until=%llu",
                (unsigned long long)before, (unsigned long long)now);
    return PX_OK;
}

/* Only a closing engine ends deliveries. What is gone or cannot be read is left out; what may pass,
 * such as a lack of memory, is tried again. */
static bool recover(delivery *d, px_status status, px_err *err)
{
    px_twin_topics *topics = d->topics;

    if (status == PX_INTERRUPTED)
        return false;
    if (status == PX_STALE || status == PX_CORRUPT || status == PX_NOT_FOUND)
        status = reopen(topics, err);
    if (status == PX_OK)
        return true;
    if (!d->is_failing)
        px_log_warn(topics->opts.log, "mqtt.delivery", "%s", err->text);
    d->is_failing = true;
    px_pause_ns(WAIT_NS);
    return true;
}

static void release(delivery *d)
{
    px_arena_release(&d->arena);
    px_buf_release(&d->topic);
    px_buf_release(&d->payload);
    px_buf_release(&d->props);
    px_buf_release(&d->scratch);
    px_mqtt_hits_release(&d->hits);
}

void *px_topics_delivery_run(void *data)
{
    px_twin_topics *topics = data;
    delivery d = { .topics = topics };
    px_batch *batch;
    px_err err;

    px_arena_init(&d.arena, ARENA_BYTES_MAX);
    while (!atomic_load(&topics->stopping)) {
        bool hurry = px_topics_greet_more(topics);
        px_status status;

        /* Rows that go to nobody are not worth a wake each. */
        px_feed_rest(topics->feed,
                     px_broker_has_any_subscriber(topics->broker) ? 0 : PX_FEED_REST_NS);
        status = topics->next(topics->feed, hurry ? 0 : WAIT_NS, &batch, &err);

        if (status == PX_OK) {
            d.is_failing = false;
            deliver_batch(&d, batch);
            px_batch_unref(batch);
        } else if (status != PX_TIMEOUT && !recover(&d, status, &err)) {
            break;
        }
        px_topics_flush(topics, PX_TOPICS_DELIVERY_THREAD);
        look_at_clock(&d);
    }
    release(&d);
    return NULL;
}
