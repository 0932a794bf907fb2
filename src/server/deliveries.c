/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the journal to subscribers: a feed at the newest position, one row after the other. What
 * nobody of the tenant subscribed to costs one look at an empty tree. A slow client is its
 * session's affair and never slows this thread.
 */
#include "server/topics_impl.h"

#include "base/json.h"
#include "sync/change.h"

enum { ARENA_BYTES_MAX = 64 * 1024 * 1024, WAIT_NS = 100 * 1000 * 1000, COMMANDS_LISTED = 64 };

/* The caller holds the lock, at least for reading. */
static const px_mqtt_subs *subs_of(const px_twin_topics *topics, uint32_t tenant)
{
    for (size_t i = 0; i < topics->tenants.len; i++)
        if (topics->tenants.ptr[i].tenant == tenant)
            return topics->tenants.ptr[i].subs;
    return NULL;
}

static bool has_subscribers(px_twin_topics *topics, uint32_t tenant)
{
    const px_mqtt_subs *subs;
    bool any;

    pthread_rwlock_rdlock(&topics->subs_lock);
    subs = subs_of(topics, tenant);
    any = subs && px_mqtt_subs_count(subs) > 0;
    pthread_rwlock_unlock(&topics->subs_lock);
    return any;
}

static bool has_any_subscriber(px_twin_topics *topics)
{
    bool any = false;

    pthread_rwlock_rdlock(&topics->subs_lock);
    PX_VEC_EACH (&topics->tenants, t)
        any = any || px_mqtt_subs_count(t->subs) > 0;
    pthread_rwlock_unlock(&topics->subs_lock);
    return any;
}

/* One call per QoS: a subscriber gets the lower of its own and the message's. */
static void send_with_qos(px_twin_topics *topics, const px_mqtt_sub_vec *hits, uint8_t qos,
                          px_mqtt_publish *message)
{
    px_mqtt_conn conns[256];
    size_t count = 0;

    message->qos = qos;
    for (size_t i = 0; i <= hits->len; i++) {
        if (count == sizeof(conns) / sizeof(conns[0]) || (i == hits->len && count > 0)) {
            if (px_mqtt_door_deliver(topics->door, conns, count, message) == PX_OK)
                atomic_fetch_add_explicit(&topics->deliveries, count, memory_order_relaxed);
            count = 0;
        }
        if (i < hits->len && hits->ptr[i].qos == qos)
            conns[count++] = (px_mqtt_conn){ hits->ptr[i].owner };
    }
}

void px_topics_deliver(px_twin_topics *topics, uint32_t tenant, px_str topic, px_str payload,
                       uint8_t qos, px_mqtt_sub_vec *hits)
{
    px_mqtt_publish message = { .topic = topic, .payload = payload };
    px_status status = PX_NOT_FOUND;
    const px_mqtt_subs *subs;

    hits->len = 0;
    pthread_rwlock_rdlock(&topics->subs_lock);
    subs = subs_of(topics, tenant);
    if (subs)
        status = px_mqtt_subs_match(subs, topic, hits, NULL);
    pthread_rwlock_unlock(&topics->subs_lock);
    if (status != PX_OK || hits->len == 0)
        return;
    PX_VEC_EACH (hits, hit)
        hit->qos = hit->qos < qos ? hit->qos : qos;
    send_with_qos(topics, hits, 0, &message);
    send_with_qos(topics, hits, 1, &message);
}

bool px_topics_put_desired(px_twin_topics *topics, px_buf *buf, const px_twin *twin)
{
    const px_model *model =
        px_registry_model(px_engine_registry(topics->opts.engine), px_twin_model(twin));
    px_json_writer w = px_json_writer_of(buf);
    bool any = false;

    if (!model)
        return false;
    px_json_begin_object(&w);
    for (uint32_t i = px_twin_slot_from(twin, PX_DESIRED); i < px_twin_slot_count(twin); i++) {
        px_slot desired = px_twin_slot_at(twin, i), reported;
        uint32_t field = desired.key & ~PX_DESIRED;

        if (px_twin_slot(twin, field, &reported) && px_value_same(desired.value, reported.value))
            continue;
        px_json_key(&w, px_layout_field(px_model_layout(model), field)->path);
        px_json_value(&w, desired.value);
        any = true;
    }
    px_json_key(&w, PX_STR("$version"));
    px_json_uint(&w, px_twin_desired_version(twin));
    px_json_end_object(&w);
    return any;
}

/* ---- following the journal ---- */

typedef struct delivery {
    px_twin_topics *topics;
    px_arena arena;
    px_buf topic, payload, scratch;
    px_mqtt_sub_vec hits;
} delivery;

static void put_topic(delivery *d, px_str twin_id, const char *kind)
{
    px_buf_clear(&d->topic);
    px_putf(&d->topic, "twins/%.*s/%s", PX_FMT(twin_id), kind);
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
    px_putf(&d->topic, "events/%s/%.*s", px_event_family(event->type), PX_FMT(twin_id));
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
    put_topic(d, px_twin_id(twin), "commands");
    px_putf(&d->topic, "/%.*s/%.*s", PX_FMT(event->name), PX_FMT(event->id));
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

static void deliver_batch(delivery *d, const px_batch *batch)
{
    px_cut cut = px_cut_of(batch->body);
    px_event event;

    if (!has_any_subscriber(d->topics)) /* reading events costs as much as making them */
        return;
    for (uint64_t seq = batch->seq_first; px_cut_left(&cut) > 0; seq++) {
        px_arena_reset(&d->arena);
        if (px_get_event(&cut, &d->arena, &event, NULL) != PX_OK)
            return; /* the engine wrote it: only memory can be missing, and QoS 0 may be lost */
        event.seq = seq;
        event.time = batch->time;
        if (event.tenant != 0 && has_subscribers(d->topics, event.tenant))
            deliver_event(d, &event);
    }
    px_mqtt_door_wake(d->topics->door);
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
    }
    px_arena_release(&d.arena);
    px_buf_release(&d.topic);
    px_buf_release(&d.payload);
    px_buf_release(&d.scratch);
    PX_VEC_RELEASE(&d.hits);
    return NULL;
}

/* ---- a fresh subscription ---- */

static void greet_desired(px_twin_topics *topics, uint32_t tenant, px_mqtt_conn conn,
                          px_str twin_id)
{
    px_buf scratch = { 0 }, topic = { 0 }, payload = { 0 };
    const px_twin *twin;

    if (px_graph_read(px_engine_graph(topics->opts.engine), tenant, twin_id, &scratch, &twin,
                      NULL) == PX_OK &&
        px_topics_put_desired(topics, &payload, twin)) {
        px_mqtt_publish message = { .qos = 1 };

        px_putf(&topic, "twins/%.*s/desired", PX_FMT(twin_id));
        message.topic = px_buf_str(&topic);
        message.payload = px_buf_str(&payload);
        if (px_mqtt_door_deliver(topics->door, &conn, 1, &message) == PX_OK)
            px_mqtt_door_wake(topics->door);
    }
    px_buf_release(&scratch);
    px_buf_release(&topic);
    px_buf_release(&payload);
}

static void send_pending(px_twin_topics *topics, px_mqtt_conn conn, px_str twin_id, px_arena *arena,
                         const px_document *document)
{
    px_buf topic = { 0 }, payload = { 0 };
    px_mqtt_publish message = { .qos = 1 };
    const px_json *request;
    px_json *body;

    if (px_json_parse(document->body, NULL, arena, &body, NULL) != PX_OK ||
        !px_str_eq(px_json_get_text(body, PX_STR("twin")), twin_id))
        return;
    request = px_json_get(body, PX_STR("payload"));
    px_putf(&topic, "twins/%.*s/commands/%.*s/%.*s", PX_FMT(twin_id),
            PX_FMT(px_json_get_text(body, PX_STR("name"))),
            PX_FMT(px_json_get_text(body, PX_STR("id"))));
    if (request)
        px_put_json_node(&payload, request);
    else
        px_put_c(&payload, "null");
    message.topic = px_buf_str(&topic);
    message.payload = px_buf_str(&payload);
    if (px_mqtt_door_deliver(topics->door, &conn, 1, &message) == PX_OK)
        px_mqtt_door_wake(topics->door);
    px_buf_release(&topic);
    px_buf_release(&payload);
}

static void greet_commands(px_twin_topics *topics, uint32_t tenant, px_mqtt_conn conn,
                           px_str twin_id)
{
    px_document documents[COMMANDS_LISTED];
    PX_AUTO_ARENA arena;
    uint32_t cursor = 0;
    size_t count;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    do {
        if (px_documents_list(px_engine_documents(topics->opts.engine), tenant, PX_STR("command"),
                              &cursor, COMMANDS_LISTED, &arena, documents, &count, NULL) != PX_OK)
            return;
        for (size_t i = 0; i < count; i++)
            send_pending(topics, conn, twin_id, &arena, &documents[i]);
    } while (cursor != 0);
}

void px_topics_greet(px_twin_topics *topics, const px_topics_client *client, px_mqtt_conn conn,
                     px_str filter)
{
    px_str rest = filter, twin_id, kind;

    if (!px_str_eq(px_str_cut(&rest, '/'), PX_STR("twins")))
        return;
    twin_id = px_str_cut(&rest, '/');
    kind = px_str_cut(&rest, '/');
    if (px_str_eq(twin_id, PX_STR("+")))
        return; /* watchers of all twins follow; devices name their own */
    if (px_str_eq(kind, PX_STR("desired")) || px_str_eq(kind, PX_STR("#")))
        greet_desired(topics, client->principal.tenant, conn, twin_id);
    if (px_str_eq(kind, PX_STR("commands")) || px_str_eq(kind, PX_STR("#")))
        greet_commands(topics, client->principal.tenant, conn, twin_id);
}
