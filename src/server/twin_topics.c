/* SPDX-License-Identifier: Apache-2.0 */
#include "server/twin_topics.h"

#include "server/topics_impl.h"
#include "sync/credential.h"
#include "sync/decode.h"

enum {
    CLIENT_ARENA_BYTES_MAX = 1024 * 1024,
    MESSAGE_ARENA_BYTES_MAX = 16 * 1024 * 1024,
    RESULTS_LEVELS = 8,
};

px_status px_twin_topics_new(const px_twin_topics_opts *opts, px_twin_topics **ret_topics,
                             px_err *ret_err)
{
    px_twin_topics *topics = px_zalloc(1, sizeof(*topics));

    if (!topics)
        return px_no_memory(ret_err);
    topics->opts = *opts;
    pthread_rwlock_init(&topics->subs_lock, NULL);
    *ret_topics = topics;
    return PX_OK;
}

static void free_messages(px_topics_message *m)
{
    while (m) {
        px_topics_message *next = m->next_free;

        px_arena_release(&m->arena);
        px_free(m);
        m = next;
    }
}

void px_twin_topics_free(px_twin_topics *topics)
{
    if (!topics)
        return;
    for (size_t i = 0; i < PX_TOPICS_THREADS_MAX; i++) {
        free_messages(topics->threads[i].pool);
        free_messages(atomic_load(&topics->threads[i].returned));
    }
    PX_VEC_EACH (&topics->tenants, t)
        px_mqtt_subs_free(t->subs);
    PX_VEC_RELEASE(&topics->tenants);
    pthread_rwlock_destroy(&topics->subs_lock);
    px_free(topics);
}

/* ---- connect ---- */

static px_mqtt_reason connect_client(void *ctx, unsigned thread, px_mqtt_conn conn,
                                     const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                                     px_str client_id, px_mqtt_grant *ret_grant)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client = px_zalloc(1, sizeof(*client));
    px_status status;
    px_err err;

    (void)thread, (void)conn, (void)client_id;
    if (!client)
        return PX_MQTT_SERVER_UNAVAILABLE;
    px_arena_init(&client->arena, CLIENT_ARENA_BYTES_MAX);
    status = px_credential_check(px_engine_documents(topics->opts.engine), connect->password,
                                 &client->arena, &client->principal, &err);
    if (status == PX_OK && client->principal.role == PX_ROLE_DEVICE &&
        !px_str_eq(connect->user, client->principal.id))
        status = PX_UNAUTHORIZED;
    if (status != PX_OK) {
        px_log_warn(topics->opts.log, "mqtt.login", "peer=%s user='%.*s' refused", peer->address,
                    PX_FMT(connect->user));
        px_arena_release(&client->arena);
        px_free(client);
        return status == PX_UNAUTHORIZED ? PX_MQTT_BAD_USER_OR_PASSWORD
                                         : PX_MQTT_SERVER_UNAVAILABLE;
    }
    *ret_grant = (px_mqtt_grant){ client, client->principal.tenant };
    return PX_MQTT_SUCCESS;
}

/* ---- publish ---- */

static px_mqtt_reason reason_of(px_status status)
{
    switch (status) {
    case PX_OK:
        return PX_MQTT_SUCCESS;
    case PX_UNAUTHORIZED:
    case PX_DENIED:
        return PX_MQTT_NOT_AUTHORIZED;
    case PX_NOT_FOUND:
        return PX_MQTT_TOPIC_NAME_INVALID;
    case PX_FULL:
    case PX_LIMIT:
    case PX_BUSY:
    case PX_NO_MEMORY:
        return PX_MQTT_QUOTA_EXCEEDED;
    case PX_INVALID:
    case PX_TOO_LARGE:
    case PX_CONFLICT:
        return PX_MQTT_PAYLOAD_FORMAT_INVALID;
    default:
        return PX_MQTT_IMPLEMENTATION_SPECIFIC;
    }
}

static px_topics_message *take_message(px_twin_topics *topics, unsigned thread)
{
    px_topics_thread *own = &topics->threads[thread];
    px_topics_message *m;

    if (!own->pool)
        own->pool = atomic_exchange_explicit(&own->returned, NULL, memory_order_acquire);
    m = own->pool;
    if (m) {
        own->pool = m->next_free;
        return m;
    }
    m = px_zalloc(1, sizeof(*m));
    if (!m)
        return NULL;
    px_arena_init(&m->arena, MESSAGE_ARENA_BYTES_MAX);
    m->topics = topics;
    m->thread = thread;
    return m;
}

/* Back to its thread's pool: from the thread itself, or from the engine's. */
static void give_back(px_topics_message *m)
{
    px_topics_thread *own = &m->topics->threads[m->thread];
    px_topics_message *head = atomic_load_explicit(&own->returned, memory_order_relaxed);

    px_arena_reset(&m->arena);
    do {
        m->next_free = head;
    } while (!atomic_compare_exchange_weak_explicit(&own->returned, &head, m, memory_order_release,
                                                    memory_order_relaxed));
}

static void keep_reject(px_twin_topics *topics, const px_topics_client *client, px_str twin,
                        px_str name, const char *reason_id, const char *reason, px_str payload)
{
    px_env *env = px_engine_env(topics->opts.engine);
    px_rejected rejected = { .tenant = client->principal.tenant,
                             .time = env->now(env),
                             .sender = client->principal.id,
                             .twin = twin,
                             .name = name,
                             .reason_id = px_str_c(reason_id),
                             .reason = px_str_c(reason),
                             .payload = payload };

    px_rejects_add(topics->opts.rejects, &rejected);
}

static px_mqtt_reason refuse(px_twin_topics *topics, const px_topics_client *client, px_str twin,
                             px_status status, const px_err *err, px_str payload)
{
    atomic_fetch_add_explicit(&topics->messages_refused, 1, memory_order_relaxed);
    keep_reject(topics, client, twin, PX_STR(""), err->id, err->text, payload);
    return reason_of(status);
}

/* On the engine's thread. */
static void message_done(px_request *request)
{
    px_topics_message *m = request->data;
    px_twin_topics *topics = m->topics;
    px_mqtt_reason reason = reason_of(request->result.status);

    if (request->result.status != PX_OK) {
        px_topics_client sender = { .principal = request->principal };

        refuse(topics, &sender, request->id, request->result.status, &request->result.err,
               request->text);
    }
    if (m->token != PX_MQTT_TOKEN_NONE)
        px_mqtt_door_ack(topics->door, m->conn, m->token, reason);
    give_back(m);
}

/* The principal's slices must outlive the connection: copied into the message. */
static bool copy_principal(px_topics_message *m, const px_principal *from)
{
    px_principal *to = &m->request.principal;
    px_str *twin = PX_ARENA_NEW(&m->arena, px_str);

    *to = *from;
    to->id = px_arena_str(&m->arena, from->id);
    to->twins = NULL;
    to->twin_count = 0;
    if (!twin || !to->id.ptr)
        return false;
    /* The door has checked which twin it is; one of the list is enough for the engine's own check.
     */
    for (size_t i = 0; i < from->twin_count; i++) {
        if (px_str_eq(from->twins[i], m->request.id)) {
            *twin = m->request.id;
            to->twins = twin;
            to->twin_count = 1;
        }
    }
    return true;
}

static void begin_message(px_topics_message *m, px_request_kind kind, px_mqtt_conn conn,
                          uint32_t token)
{
    px_request *request = &m->request;

    request->kind = kind;
    request->component = request->relationship_id = request->name = (px_str){ 0 };
    request->command_id = request->message_id = (px_str){ 0 };
    request->json = NULL;
    request->if_match = 0;
    request->source_time = PX_TIME_NONE;
    request->done = message_done;
    request->data = m;
    m->conn = conn;
    m->token = token;
}

static px_mqtt_reason send_message(px_twin_topics *topics, unsigned thread, px_topics_message *m)
{
    px_topics_thread *own = &topics->threads[thread];

    m->request.bytes = sizeof(*m) + m->arena.used;
    m->request.next = NULL;
    if (own->last)
        own->last->next = &m->request;
    else
        own->first = &m->request;
    own->last = &m->request;
    return PX_MQTT_LATER;
}

static void keep_rejects(px_twin_topics *topics, const px_topics_client *client, px_str twin,
                         const px_decoded *decoded, px_str payload)
{
    atomic_fetch_add_explicit(&topics->fields_rejected, decoded->rejected, memory_order_relaxed);
    for (size_t i = 0; i < decoded->reject_count; i++)
        keep_reject(topics, client, twin, decoded->rejects[i].name, decoded->rejects[i].id,
                    decoded->rejects[i].text, payload);
}

static px_status find_layout(px_twin_topics *topics, uint32_t tenant, px_str twin, px_str component,
                             px_request *request, px_decode_opts *opts,
                             const px_layout **ret_layout, px_err *ret_err)
{
    const px_model *model = NULL;
    uint32_t twin_no;

    if (px_graph_lookup(px_engine_graph(topics->opts.engine), tenant, twin, &twin_no,
                        &request->model_no) == PX_OK)
        model = px_registry_model(px_engine_registry(topics->opts.engine), request->model_no);
    if (!model)
        return px_fail_id(ret_err, PX_NOT_FOUND, "twin.not_found", "there is no twin '%.*s'",
                          PX_FMT(twin));
    *ret_layout = px_model_layout(model);
    opts->component = PX_NO_COMPONENT;
    if (component.len == 0)
        return PX_OK;
    opts->component = px_layout_component_find(*ret_layout, component);
    if (opts->component == PX_NO_COMPONENT)
        return px_fail_id(ret_err, PX_NOT_FOUND, "component.not_found",
                          "twin '%.*s' does not have component '%.*s'", PX_FMT(twin),
                          PX_FMT(component));
    return PX_OK;
}

/* twins/T/telemetry, twins/T/reported and their components' */
static px_mqtt_reason publish_sample(px_twin_topics *topics, unsigned thread, px_mqtt_conn conn,
                                     const px_topics_client *client, px_str twin, px_str component,
                                     bool properties_only, px_str payload, uint32_t token)
{
    px_decode_opts opts = { .properties_only = properties_only };
    const px_layout *layout;
    px_topics_message *m;
    px_decoded decoded;
    px_status status;
    px_err err;

    status = px_authorize(&client->principal, PX_ACTION_REPORT, twin, &err);
    if (status != PX_OK)
        return refuse(topics, client, twin, status, &err, payload);
    m = take_message(topics, thread);
    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    begin_message(m, PX_REQUEST_DEVICE_MESSAGE, conn, token);
    m->request.text = px_arena_str(&m->arena, payload);
    m->request.id = px_arena_str(&m->arena, twin);
    status = m->request.text.ptr && m->request.id.ptr && copy_principal(m, &client->principal)
                 ? find_layout(topics, client->principal.tenant, twin, component, &m->request,
                               &opts, &layout, &err)
                 : px_arena_fail(&m->arena, &err);
    if (status == PX_OK)
        status = px_decode_message(layout, &opts, m->request.text, &m->arena, &decoded, &err);
    if (status != PX_OK) {
        give_back(m);
        return refuse(topics, client, twin, status, &err, payload);
    }
    if (decoded.rejected)
        keep_rejects(topics, client, twin, &decoded, payload);
    if (decoded.accepted == 0) {
        bool empty = decoded.rejected == 0;

        give_back(m);
        return empty ? PX_MQTT_SUCCESS : PX_MQTT_PAYLOAD_FORMAT_INVALID;
    }
    m->request.samples = decoded.samples;
    m->request.sample_count = decoded.sample_count;
    atomic_fetch_add_explicit(&topics->messages, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&topics->fields, decoded.accepted, memory_order_relaxed);
    return send_message(topics, thread, m);
}

/* `{"status":"applied"|"rejected","payload":…}`; anything else is the payload of an applied
 * command. */
static void read_response(px_topics_message *m)
{
    const px_json *status = px_json_get(m->request.json, PX_STR("status"));

    m->request.code = PX_COMMAND_APPLIED;
    if (!px_json_is(status, PX_JSON_STRING))
        return;
    if (px_str_eq(status->text, PX_STR("rejected")))
        m->request.code = PX_COMMAND_REJECTED;
    m->request.json = px_json_get(m->request.json, PX_STR("payload"));
}

/* twins/T/commands/NAME/ID/response */
static px_mqtt_reason publish_response(px_twin_topics *topics, unsigned thread, px_mqtt_conn conn,
                                       const px_topics_client *client, px_str twin, px_str name,
                                       px_str command_id, px_str payload, uint32_t token)
{
    px_json_opts opts = px_json_opts_door();
    px_topics_message *m = take_message(topics, thread);
    px_json *json = NULL;
    px_status status;
    px_err err;

    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    begin_message(m, PX_REQUEST_COMMAND_RESPONSE, conn, token);
    m->request.text = px_arena_str(&m->arena, payload);
    m->request.id = px_arena_str(&m->arena, twin);
    m->request.name = px_arena_str(&m->arena, name);
    m->request.command_id = px_arena_str(&m->arena, command_id);
    status = m->request.command_id.ptr && copy_principal(m, &client->principal)
                 ? PX_OK
                 : px_arena_fail(&m->arena, &err);
    if (status == PX_OK && payload.len)
        status = px_json_parse(m->request.text, &opts, &m->arena, &json, &err);
    if (status != PX_OK) {
        give_back(m);
        return refuse(topics, client, twin, status, &err, payload);
    }
    m->request.json = json;
    read_response(m);
    return send_message(topics, thread, m);
}

static px_mqtt_reason publish_plain(px_twin_topics *topics, const px_topics_client *client,
                                    const px_mqtt_publish *publish)
{
    px_mqtt_sub_vec hits = { 0 };

    if (client->principal.role == PX_ROLE_READER)
        return PX_MQTT_NOT_AUTHORIZED;
    atomic_fetch_add_explicit(&topics->plain, 1, memory_order_relaxed);
    px_topics_deliver(topics, client->principal.tenant, publish->topic, publish->payload,
                      publish->qos, &hits);
    px_mqtt_door_wake(topics->door);
    PX_VEC_RELEASE(&hits);
    return PX_MQTT_SUCCESS;
}

static size_t split_topic(px_str topic, px_str levels[RESULTS_LEVELS])
{
    size_t count = 0;

    while (count < RESULTS_LEVELS - 1 && topic.len)
        levels[count++] = px_str_cut(&topic, '/');
    if (topic.len)
        levels[count++] = topic;
    return count;
}

static px_mqtt_reason publish_message(void *ctx, unsigned thread, px_mqtt_conn conn,
                                      void *principal, const px_mqtt_publish *publish,
                                      uint32_t token)
{
    px_twin_topics *topics = ctx;
    const px_topics_client *client = principal;
    px_str level[RESULTS_LEVELS], none = { 0 };
    size_t count;

    if (!px_str_starts(publish->topic, PX_STR("twins/")))
        return publish_plain(topics, client, publish);
    if (!px_engine_has_room(topics->opts.engine))
        return PX_MQTT_BUSY; /* the door reads on when there is room: nobody loses a connection */
    count = split_topic(publish->topic, level);
    if (count == 3 && px_str_eq(level[2], PX_STR("telemetry")))
        return publish_sample(topics, thread, conn, client, level[1], none, false, publish->payload,
                              token);
    if (count == 3 && px_str_eq(level[2], PX_STR("reported")))
        return publish_sample(topics, thread, conn, client, level[1], none, true, publish->payload,
                              token);
    if (count == 5 && px_str_eq(level[2], PX_STR("components")) &&
        (px_str_eq(level[4], PX_STR("telemetry")) || px_str_eq(level[4], PX_STR("reported"))))
        return publish_sample(topics, thread, conn, client, level[1], level[3],
                              px_str_eq(level[4], PX_STR("reported")), publish->payload, token);
    if (count == 6 && px_str_eq(level[2], PX_STR("commands")) &&
        px_str_eq(level[5], PX_STR("response")))
        return publish_response(topics, thread, conn, client, level[1], level[3], level[4],
                                publish->payload, token);
    return PX_MQTT_TOPIC_NAME_INVALID;
}

/* ---- subscribe ---- */

/* The caller holds the lock for writing. */
static px_mqtt_subs *subs_of(px_twin_topics *topics, uint32_t tenant, bool make)
{
    px_topics_tenant fresh = { tenant, NULL };

    PX_VEC_EACH (&topics->tenants, t)
        if (t->tenant == tenant)
            return t->subs;
    if (!make || !PX_VEC_RESERVE(&topics->tenants, topics->tenants.len + 1))
        return NULL;
    fresh.subs = px_mqtt_subs_new((px_mqtt_subs_opts){ 0 });
    if (fresh.subs)
        PX_VEC_PUSH(&topics->tenants, fresh);
    return fresh.subs;
}

/* A device sees its own twins' topics and plain ones; wildcards that reach beyond are refused, not
 * narrowed. */
static bool may_subscribe(const px_principal *principal, px_str filter)
{
    px_str first = px_str_cut(&filter, '/'), twin;

    if (principal->role != PX_ROLE_DEVICE)
        return true;
    if (px_str_eq(first, PX_STR("twins"))) {
        twin = px_str_cut(&filter, '/');
        return px_authorize(principal, PX_ACTION_RECEIVE, twin, NULL) == PX_OK;
    }
    return !px_str_eq(first, PX_STR("events")) && !px_str_eq(first, PX_STR("+")) &&
           !px_str_eq(first, PX_STR("#"));
}

static px_mqtt_reason subscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                const px_mqtt_filter *filter)
{
    px_twin_topics *topics = ctx;
    const px_topics_client *client = principal;
    px_mqtt_sub sub = { .owner = conn.v,
                        .qos = filter->qos > 1 ? 1 : filter->qos,
                        .no_local = filter->no_local,
                        .retain_as_published = filter->retain_as_published };
    px_status status = PX_NO_MEMORY;
    px_mqtt_subs *subs;
    bool is_new;

    (void)thread;
    if (!may_subscribe(&client->principal, filter->text))
        return PX_MQTT_NOT_AUTHORIZED;
    pthread_rwlock_wrlock(&topics->subs_lock);
    subs = subs_of(topics, client->principal.tenant, true);
    if (subs)
        status = px_mqtt_subs_add(subs, filter->text, sub, &is_new, NULL);
    pthread_rwlock_unlock(&topics->subs_lock);
    if (status != PX_OK)
        return PX_MQTT_QUOTA_EXCEEDED;
    px_topics_greet(topics, client, conn, filter->text);
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason unsubscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                  px_str filter)
{
    px_twin_topics *topics = ctx;
    const px_topics_client *client = principal;
    px_mqtt_subs *subs;
    bool removed;

    (void)thread;
    pthread_rwlock_wrlock(&topics->subs_lock);
    subs = subs_of(topics, client->principal.tenant, false);
    removed = subs && px_mqtt_subs_remove(subs, filter, conn.v);
    pthread_rwlock_unlock(&topics->subs_lock);
    return removed ? PX_MQTT_SUCCESS : PX_MQTT_NO_SUBSCRIPTION_EXISTED;
}

static void closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                   px_mqtt_reason reason)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client = principal;
    px_mqtt_subs *subs;

    (void)thread, (void)reason;
    pthread_rwlock_wrlock(&topics->subs_lock);
    subs = subs_of(topics, client->principal.tenant, false);
    if (subs)
        px_mqtt_subs_drop(subs, conn.v);
    pthread_rwlock_unlock(&topics->subs_lock);
    px_arena_release(&client->arena);
    px_free(client);
}

/* ---- to the engine ---- */

/* The whole round at once. When the engine cannot take it now the messages are answered so, and
 * honest senders wait: 0x97 in v5; a 3.1.1 connection ends unacknowledged and sends again. */
static void flush(void *ctx, unsigned thread)
{
    px_twin_topics *topics = ctx;
    px_topics_thread *own = &topics->threads[thread];
    px_request *first = own->first;

    if (!first)
        return;
    if (px_engine_submit(topics->opts.engine, first, own->last) != PX_OK) {
        while (first) {
            px_request *next = first->next;

            first->result.status =
                px_fail_id(&first->result.err, PX_BUSY, "engine.busy",
                           "the server has too much to write already; send it again later");
            message_done(first);
            first = next;
        }
    }
    own->first = own->last = NULL;
}

void px_twin_topics_answered(px_twin_topics *topics)
{
    if (!topics || !topics->door)
        return;
    px_mqtt_door_wake(topics->door);
    if (px_engine_has_room(topics->opts.engine))
        px_mqtt_door_resume(topics->door);
}

px_mqtt_door_app px_twin_topics_app(px_twin_topics *topics)
{
    return (px_mqtt_door_app){ .ctx = topics,
                               .connect = connect_client,
                               .publish = publish_message,
                               .subscribe = subscribe,
                               .unsubscribe = unsubscribe,
                               .closed = closed,
                               .flush = flush };
}

px_status px_twin_topics_start(px_twin_topics *topics, px_mqtt_door *door, px_err *ret_err)
{
    topics->door = door;
    PX_TRY(px_feed_open_at(topics->opts.engine, px_engine_position(topics->opts.engine),
                           &topics->feed, ret_err));
    if (pthread_create(&topics->delivery_thread, NULL, px_topics_delivery_run, topics) != 0)
        return px_fail(ret_err, PX_BUSY, "the thread of deliveries cannot be started");
    topics->delivering = true;
    return PX_OK;
}

void px_twin_topics_stop(px_twin_topics *topics)
{
    if (!topics)
        return;
    atomic_store(&topics->stopping, true);
    if (topics->delivering)
        pthread_join(topics->delivery_thread, NULL);
    topics->delivering = false;
    px_feed_close(topics->feed);
    topics->feed = NULL;
}

px_twin_topics_stats px_twin_topics_stat(px_twin_topics *topics)
{
    return (px_twin_topics_stats){ .messages = atomic_load(&topics->messages),
                                   .fields = atomic_load(&topics->fields),
                                   .fields_rejected = atomic_load(&topics->fields_rejected),
                                   .messages_refused = atomic_load(&topics->messages_refused),
                                   .plain = atomic_load(&topics->plain),
                                   .deliveries = atomic_load(&topics->deliveries) };
}
