/* SPDX-License-Identifier: Apache-2.0 */
#include "server/topics_binding.h"

#include "sync/binding_desk.h"
#include "sync/bindings.h"

/* What one message is to be: lives in its arena; `bindings` are held until it is answered. */
struct px_topics_bound {
    px_topics_message *m;
    px_topics_client *client; /* only until the message is sent */
    const px_binding **bindings;
    px_bound *bounds; /* by binding */
    size_t binding_count, item_count, missed;
    px_str topic;
    px_time time; /* of its arrival */
    px_err first; /* what was wrong with the first thing */
    bool is_sparkplug;
    px_request *own; /* of Sparkplug: the values of the twin of the same name; NULL: none */
};

void px_topics_unbind(px_topics_bound *b)
{
    for (size_t i = 0; i < b->binding_count; i++)
        px_bindings_let_go(b->bindings[i]);
}

static void keep_reject(const px_topics_bound *b, const px_principal *sender,
                        const px_binding *binding, const px_bind_miss *miss)
{
    px_twin_topics *topics = b->m->topics;
    px_bind_desk desk = { topics->opts.engine, binding, sender };
    px_bind_input input = { .topic = b->topic, .payload = b->m->request.text };

    px_bind_desk_reject(&desk, topics->opts.rejects, b->time, &input, miss);
    if (topics->opts.presence && sender->role == PX_ROLE_DEVICE)
        px_presence_rejected(topics->opts.presence, sender->tenant, sender->document_no, b->time);
}

/* The whole message, for this binding. */
static void keep_refusal(const px_topics_bound *b, const px_principal *sender,
                         const px_binding *binding, const px_err *err)
{
    px_bind_miss miss = px_bind_miss_of(err);
    px_binding_stats stats = { .refused = 1 };

    keep_reject(b, sender, binding, &miss);
    px_bindings_count(binding, &stats);
}

/* ---- the end, on the engine's thread ---- */

static px_mqtt_reason reason_of(px_status status)
{
    switch (status) {
    case PX_OK:
        return PX_MQTT_SUCCESS;
    case PX_FULL:
        return PX_MQTT_DISK_FULL;
    case PX_LIMIT:
    case PX_BUSY:
    case PX_NO_MEMORY:
        return PX_MQTT_QUOTA_EXCEEDED;
    case PX_DENIED:
        return PX_MQTT_NOT_AUTHORIZED;
    default:
        return PX_MQTT_PAYLOAD_FORMAT_INVALID;
    }
}

static void keep_own_refusal(const px_topics_bound *b, const px_request *request)
{
    px_topics_client sender = { .principal = request->principal };

    px_topics_keep_reject(b->m->topics, &sender, b->own->id, PX_STR(""), request->result.err.id,
                          request->result.err.text, request->text);
}

/* What an edge node said, or a device below it, is written. */
static void note_written(const px_topics_bound *b, const px_request *request)
{
    px_str rest = b->topic;
    px_spark_topic topic = { .group = px_str_cut(&rest, '/'), .node = px_str_cut(&rest, '/') };
    size_t count;
    const px_request *items = px_topics_bound_items(b->m, &count);

    topic.device = rest;
    px_sparkplug_feed(b->m->topics->sparkplug, request->principal.tenant, &topic, true, items,
                      count);
}

static void bound_done(px_request *request)
{
    px_topics_message *m = request->data;
    px_topics_bound *b = m->bound;

    if (px_topics_is_superseded(&request->result)) {
        px_topics_end(m, PX_MQTT_SESSION_TAKEN_OVER); /* its client says it again, elsewhere */
        return;
    }
    if (request->result.status != PX_OK) {
        atomic_fetch_add_explicit(&m->topics->messages_refused, 1, memory_order_relaxed);
        for (size_t i = 0; i < b->binding_count; i++)
            if (px_bind_desk_count(&b->bounds[i]))
                keep_refusal(b, &request->principal, b->bindings[i], &request->result.err);
        if (b->own)
            keep_own_refusal(b, request);
        m->has_kept = true;
    } else if (b->is_sparkplug) {
        note_written(b, request);
    }
    px_topics_end(m, reason_of(request->result.status));
}

/* ---- mapping, on the door's thread ---- */

/* While the message is mapped. */
static void keep_miss(px_topics_bound *b, const px_binding *binding, const px_bind_miss *miss)
{
    keep_reject(b, &b->client->principal, binding, miss);
    b->client->has_kept = true;
}

static void map_by(px_topics_bound *b, size_t index)
{
    const px_binding *binding = b->bindings[index];
    const px_principal *sender = &b->client->principal;
    px_bind_desk desk = { b->m->topics->opts.engine, binding, sender };
    px_bind_input input = { .topic = b->topic, .payload = b->m->request.text };
    px_err err = { 0 };

    if (px_bind_desk_map(&desk, &input, &b->m->arena, &b->bounds[index], &err) == PX_OK)
        return;
    b->bounds[index] = (px_bound){ .missed = 1 };
    keep_refusal(b, sender, binding, &err);
    b->client->has_kept = true;
    if (b->first.status == PX_OK)
        b->first = err;
}

static void tell_by(px_topics_bound *b, size_t index)
{
    const px_binding *binding = b->bindings[index];
    const px_bound *bound = &b->bounds[index];
    px_binding_stats stats = { .messages = 1, .values = bound->values, .missed = bound->missed };
    const px_bind_miss *first = bound->miss_count ? bound->misses
                                : bound->missed   ? bound->nothings /* counted, and not kept */
                                                  : NULL;

    for (size_t i = 0; i < bound->miss_count; i++)
        keep_miss(b, binding, &bound->misses[i]);
    if (first && b->first.status == PX_OK)
        px_fail_id(&b->first, PX_INVALID, first->id, "%s", first->text);
    px_bindings_count(binding, &stats);
    b->missed += bound->missed;
    b->item_count += px_bind_desk_count(bound);
}

/* That a binding found nothing is told where none of them understood the message: several of one
 * topic may be for different ones. */
static void map_all(px_topics_bound *b)
{
    bool is_understood = false;

    for (size_t i = 0; i < b->binding_count; i++) {
        map_by(b, i);
        is_understood = is_understood || px_bound_is_understood(&b->bounds[i]);
    }
    for (size_t i = 0; i < b->binding_count; i++) {
        if (!is_understood || b->binding_count == 1)
            px_bound_tell_nothing(&b->bounds[i], b->bindings[i], b->time);
        tell_by(b, i);
    }
}

static px_status fill_items(px_topics_bound *b, px_err *ret_err)
{
    px_request *request = &b->m->request;
    size_t at = 0;

    request->items = PX_ARENA_ARRAY(&b->m->arena, px_request, b->item_count);
    if (!request->items)
        return px_arena_fail(&b->m->arena, ret_err);
    if (b->own)
        request->items[at++] = *b->own;
    for (size_t i = 0; i < b->binding_count; i++) {
        px_bind_desk desk = { b->m->topics->opts.engine, b->bindings[i], &request->principal };

        PX_TRY(
            px_bind_desk_items(&desk, &b->bounds[i], &b->m->arena, request->items + at, ret_err));
        at += px_bind_desk_count(&b->bounds[i]);
    }
    request->item_count = b->item_count;
    request->done = bound_done;
    return PX_OK;
}

static px_mqtt_reason refuse(px_topics_bound *b, unsigned thread, px_mqtt_reason reason,
                             const px_err *err)
{
    px_topics_message *m = b->m;

    if (m->token != PX_MQTT_TOKEN_NONE)
        px_mqtt_door_explain(m->topics->door, thread, m->conn, m->token, px_str_c(err->text));
    atomic_fetch_add_explicit(&m->topics->messages_refused, 1, memory_order_relaxed);
    px_topics_give_back(m);
    return reason;
}

static px_mqtt_reason make(px_topics_bound *b, unsigned thread)
{
    px_topics_message *m = b->m;
    px_err err = { 0 };

    map_all(b);
    atomic_fetch_add_explicit(&m->topics->fields_rejected, b->missed, memory_order_relaxed);
    if (b->item_count == 0 && b->missed)
        return refuse(b, thread, PX_MQTT_PAYLOAD_FORMAT_INVALID, &b->first);
    if (b->item_count == 0) {
        px_topics_give_back(m);
        return PX_MQTT_SUCCESS;
    }
    if (fill_items(b, &err) != PX_OK)
        return refuse(b, thread, PX_MQTT_QUOTA_EXCEEDED, &err);
    m->is_partial = b->missed > 0;
    return PX_MQTT_LATER;
}

/* Copies what outlives the call. */
static bool copy(px_topics_bound *b, const px_mqtt_publish *publish)
{
    px_topics_message *m = b->m;
    px_env *env = px_engine_env(m->topics->opts.engine);

    b->time = env->now(env);
    b->topic = px_arena_str(&m->arena, publish->topic);
    m->request.text = px_arena_str(&m->arena, publish->payload);
    m->request.id = (px_str){ 0 };
    b->bounds = PX_ARENA_ARRAY(&m->arena, px_bound, b->binding_count);
    return b->topic.ptr && m->request.text.ptr && b->bounds &&
           px_topics_copy_principal(m, &b->client->principal);
}

px_mqtt_reason px_topics_bind(px_twin_topics *topics, unsigned thread, px_mqtt_conn conn,
                              px_topics_client *client, const px_mqtt_publish *publish,
                              uint32_t token, px_topics_message **ret_message)
{
    uint32_t tenant = client->principal.tenant;
    px_topics_message *m;
    px_topics_bound *b;
    px_err err = { 0 };

    *ret_message = NULL;
    if (!topics->opts.bindings || !px_bindings_may_take(topics->opts.bindings, tenant))
        return PX_MQTT_SUCCESS;
    m = px_topics_take(topics, thread);
    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    px_topics_begin(m, PX_REQUEST_MESSAGES, conn, token);
    b = PX_ARENA_NEW(&m->arena, px_topics_bound);
    if (!b || px_bindings_of_topic(topics->opts.bindings, tenant, publish->topic, &m->arena,
                                   &b->bindings, &b->binding_count, &err) != PX_OK) {
        px_topics_give_back(m);
        return PX_MQTT_QUOTA_EXCEEDED;
    }
    m->bound = b;
    b->m = m;
    b->client = client;
    if (b->binding_count == 0 || !px_engine_has_room(topics->opts.engine)) {
        px_mqtt_reason reason = b->binding_count ? PX_MQTT_BUSY : PX_MQTT_SUCCESS;

        px_topics_give_back(m);
        return reason;
    }
    if (!copy(b, publish)) {
        px_arena_fail(&m->arena, &err);
        return refuse(b, thread, PX_MQTT_QUOTA_EXCEEDED, &err);
    }
    *ret_message = m;
    return make(b, thread);
}

/* ---- rows of Sparkplug ---- */

bool px_topics_bind_sparkplug(px_topics_message *m, const px_topics_client *client, px_str source)
{
    px_bindings *bindings = m->topics->opts.bindings;
    const px_binding **list;
    size_t count;
    px_topics_bound *b;

    if (!bindings)
        return true;
    if (px_bindings_of_sparkplug(bindings, client->principal.tenant, source, &m->arena, &list,
                                 &count, NULL) != PX_OK)
        return false;
    if (count == 0)
        return true;
    b = PX_ARENA_NEW(&m->arena, px_topics_bound);
    if (!b) {
        for (size_t i = 0; i < count; i++)
            px_bindings_let_go(list[i]);
        return false;
    }
    m->bound = b;
    b->m = m;
    b->bindings = list;
    b->binding_count = count;
    b->is_sparkplug = true;
    b->topic = px_arena_str(&m->arena, source);
    return b->topic.ptr != NULL;
}

bool px_topics_bound_reads(const px_topics_message *m, px_str metric)
{
    const px_topics_bound *b = m->bound;

    for (size_t i = 0; b && i < b->binding_count; i++)
        if (px_binding_reads(b->bindings[i], metric))
            return true;
    return false;
}

/* What goes to the twin of the same name, as an item beside those of bindings. False: no memory. */
static bool put_own(px_topics_bound *b)
{
    const px_request *request = &b->m->request;

    if (request->sample_count == 0)
        return true;
    b->own = PX_ARENA_NEW(&b->m->arena, px_request);
    if (!b->own)
        return false;
    b->item_count = 1;
    *b->own = (px_request){ .kind = PX_REQUEST_DEVICE_MESSAGE,
                            .principal = request->principal,
                            .id = request->id,
                            .model_no = request->model_no,
                            .samples = request->samples,
                            .sample_count = request->sample_count,
                            .source_time = PX_TIME_NONE };
    return true;
}

const px_request *px_topics_bound_items(const px_topics_message *m, size_t *ret_count)
{
    size_t own = m->bound->own ? 1 : 0; /* stands before them */

    *ret_count = m->request.item_count - own;
    return m->request.items + own;
}

px_mqtt_reason px_topics_bind_rows(px_topics_message *m, px_topics_client *client, px_str rows)
{
    px_topics_bound *b = m->bound;
    px_env *env = px_engine_env(m->topics->opts.engine);
    px_err err;

    b->client = client;
    b->time = env->now(env);
    b->bounds = PX_ARENA_ARRAY(&m->arena, px_bound, b->binding_count);
    if (!b->bounds || !put_own(b))
        return PX_MQTT_QUOTA_EXCEEDED;
    m->request.kind = PX_REQUEST_MESSAGES;
    m->request.text = rows;
    m->request.id = (px_str){ 0 };
    map_all(b);
    atomic_fetch_add_explicit(&m->topics->fields_rejected, b->missed, memory_order_relaxed);
    if (b->item_count == 0)
        return PX_MQTT_SUCCESS;
    m->is_partial = m->is_partial || b->missed > 0;
    return fill_items(b, &err) == PX_OK ? PX_MQTT_LATER : PX_MQTT_QUOTA_EXCEEDED;
}
