/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message on its way through the engine: taken from the pool of its thread, handed over with all
 * of its round, answered when the engine has committed, given back.
 */
#include "base/mem.h"
#include "server/topics_binding.h"
#include "server/topics_sparkplug.h"

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
        return PX_MQTT_DISK_FULL;
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

static void take_back(px_topics_thread *own)
{
    px_topics_message *chain;

    if (!atomic_load_explicit(&own->returned, memory_order_relaxed))
        return;
    chain = atomic_exchange_explicit(&own->returned, NULL, memory_order_acquire);
    if (own->warm) {
        own->warm->next_chain = own->cold;
        own->cold = own->warm;
    }
    own->warm = chain;
}

/* NULL: all are on their way. */
static px_topics_message *take_rested(px_topics_thread *own)
{
    px_topics_message *m;

    if (!own->first || (!own->warm && !own->cold)) /* nothing is collected yet, or none is left */
        take_back(own);
    if (!own->warm && own->cold) {
        own->warm = own->cold;
        own->cold = own->warm->next_chain;
    }
    m = own->warm;
    if (!m)
        return NULL;
    own->warm = m->next_free;
    if (own->warm)
        px_prefetch(own->warm, sizeof(*m)); /* the engine's thread had it last */
    return m;
}

px_topics_message *px_topics_take(px_twin_topics *topics, unsigned thread)
{
    px_topics_message *m = take_rested(&topics->threads[thread]);

    if (m)
        return m;
    m = px_zalloc(1, sizeof(*m));
    if (!m)
        return NULL;
    px_arena_init(&m->arena, PX_TOPICS_ARENA_BYTES_MAX);
    m->topics = topics;
    m->thread = thread;
    return m;
}

/* What it holds of others. */
static void let_go(px_topics_message *m)
{
    if (m->bound)
        px_topics_unbind(m->bound);
    if (m->gate) /* it never came to the engine */
        px_broker_gate_leave(m->topics->broker, m->gate, 0);
    if (m->death)
        px_topics_spark_settle(m);
    m->bound = NULL;
    m->death = NULL;
    m->gate = NULL;
}

/* Back to its thread's pool: from the thread itself, the engine's, or the keeper's. */
void px_topics_give_back(px_topics_message *m)
{
    px_topics_thread *own = &m->topics->threads[m->thread];
    px_topics_message *head = atomic_load_explicit(&own->returned, memory_order_relaxed);

    let_go(m);
    px_arena_reset(&m->arena);
    do {
        m->next_free = head;
    } while (!atomic_compare_exchange_weak_explicit(&own->returned, &head, m, memory_order_release,
                                                    memory_order_relaxed));
}

void px_topics_keep_reject(px_twin_topics *topics, px_topics_client *client, px_str twin,
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
    client->has_kept = true;
    if (topics->opts.presence && client->principal.role == PX_ROLE_DEVICE)
        px_presence_rejected(topics->opts.presence, client->principal.tenant,
                             client->principal.document_no, rejected.time);
}

px_mqtt_reason px_topics_refuse(px_twin_topics *topics, px_topics_client *client, px_str twin,
                                px_status status, const px_err *err, px_str payload)
{
    atomic_fetch_add_explicit(&topics->messages_refused, 1, memory_order_relaxed);
    px_topics_keep_reject(topics, client, twin, PX_STR(""), err->id, err->text, payload);
    return reason_of(status);
}

bool px_topics_is_superseded(const px_result *result)
{
    return result->status == PX_INTERRUPTED && result->err.id &&
           strcmp(result->err.id, PX_SESSION_SUPERSEDED) == 0;
}

/* On the engine's thread. */
static void message_done(px_request *request)
{
    px_topics_message *m = request->data;
    px_twin_topics *topics = m->topics;
    px_mqtt_reason reason = reason_of(request->result.status);

    if (m->death)
        px_topics_spark_answered(m);
    if (px_topics_is_superseded(&request->result)) {
        reason = PX_MQTT_SESSION_TAKEN_OVER; /* no answer: its client says it again, elsewhere */
    } else if (request->result.status != PX_OK) {
        px_topics_client sender = { .principal = request->principal };

        px_topics_refuse(topics, &sender, request->id, request->result.status, &request->result.err,
                         request->text);
        m->has_kept = true;
    }
    px_topics_end(m, reason);
}

static bool is_sample_ahead(const px_sample *sample)
{
    for (size_t i = 0; i < sample->field_count; i++)
        if (sample->fields[i].flags & PX_FIELD_AHEAD)
            return true;
    return false;
}

static bool is_message_ahead(const px_request *request)
{
    if (request->kind != PX_REQUEST_DEVICE_MESSAGE)
        return false;
    for (size_t i = 0; i < request->sample_count; i++)
        if (is_sample_ahead(&request->samples[i]))
            return true;
    return false;
}

/* The engine took it, and did not believe the time that its source told. */
static bool is_ahead(const px_request *request)
{
    if (request->kind == PX_REQUEST_MESSAGES)
        for (size_t i = 0; i < request->item_count; i++)
            if (is_message_ahead(&request->items[i]))
                return true;
    return is_message_ahead(request);
}

/* ---- the answer ---- */

/* Whether the engine's sentence tells a client more than what the reason usually means. */
static bool knows_more(px_status status, px_mqtt_reason reason)
{
    return status != PX_OK && status != PX_FULL && reason != PX_MQTT_SESSION_TAKEN_OVER;
}

/* Else the message is said again, and what is kept of it now says only that it came. */
static bool is_last_word(px_mqtt_reason reason)
{
    return reason != PX_MQTT_QUOTA_EXCEEDED && reason != PX_MQTT_DISK_FULL &&
           reason != PX_MQTT_SESSION_TAKEN_OVER;
}

static void answer(px_topics_message *m)
{
    const px_result *result = &m->request.result;
    px_twin_topics *topics = m->topics;

    if (m->token != PX_MQTT_TOKEN_NONE && knows_more(result->status, m->reason))
        px_mqtt_door_refuse(topics->door, m->conn, m->token, m->reason, px_str_c(result->err.text));
    else if (m->token != PX_MQTT_TOKEN_NONE)
        px_mqtt_door_ack(topics->door, m->conn, m->token, m->reason);
    px_topics_give_back(m);
}

/* The journal has it, and with that what its session has of it: its packet id, where its QoS is 2.
 */
static bool stands(const px_topics_message *m)
{
    return m->request.session_count > 0 && m->request.result.status == PX_OK;
}

/* On the keeper's thread. What is not on the disk is not acknowledged: it comes again. */
static void kept(px_rejects_wait *wait, px_status status)
{
    px_topics_message *m = wait->data;
    px_mqtt_door *door = m->topics->door;

    if (status != PX_OK) {
        m->reason = stands(m) ? PX_MQTT_UNSAVED : reason_of(status == PX_FULL ? PX_FULL : PX_BUSY);
        m->request.result.status = PX_OK;
    }
    answer(m);
    px_mqtt_door_wake(door);
}

/* Nobody bounds how many wait while the disk is slow: each keeps no more than its answer needs. */
static void answer_when_kept(px_topics_message *m)
{
    let_go(m);
    px_arena_release(&m->arena);
    m->wait = (px_rejects_wait){ .done = kept, .data = m };
    px_rejects_await(m->topics->opts.rejects, &m->wait);
}

void px_topics_end(px_topics_message *m, px_mqtt_reason reason)
{
    const px_request *request = &m->request;
    px_twin_topics *topics = m->topics;

    if (reason == PX_MQTT_SUCCESS && m->is_partial)
        reason = PX_MQTT_PARTLY;
    else if (reason == PX_MQTT_SUCCESS && m->token != PX_MQTT_TOKEN_NONE && is_ahead(request))
        reason = PX_MQTT_AHEAD;
    if (m->gate)
        px_broker_gate_leave(topics->broker, m->gate, request->result.seq);
    m->gate = NULL;
    if (m->will_of)
        px_broker_will_ended(topics->broker, m->will_of, request->result.status);
    if (request->session_count > 0)
        px_broker_awaits_fold(topics->broker);
    m->reason = reason;
    if (m->has_kept && m->token != PX_MQTT_TOKEN_NONE && is_last_word(reason))
        answer_when_kept(m);
    else
        answer(m);
}

px_mqtt_reason px_topics_when_kept(px_twin_topics *topics, unsigned thread, px_mqtt_conn conn,
                                   uint32_t token, px_mqtt_reason reason)
{
    px_topics_thread *own = &topics->threads[thread];
    px_topics_message *m;

    if (token == PX_MQTT_TOKEN_NONE || reason == PX_MQTT_BUSY || !is_last_word(reason))
        return reason;
    if (reason == PX_MQTT_LATER) { /* it is the one that was sent last: see px_topics_end */
        m = own->last->data;
        m->has_kept = true;
        return reason;
    }
    if (px_rejects_are_saved(topics->opts.rejects))
        return reason;
    m = px_topics_take(topics, thread);
    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    px_topics_begin(m, PX_REQUEST_SESSIONS, conn, token);
    m->request.result.status = PX_OK; /* the door knows the sentence already */
    m->reason = reason;
    answer_when_kept(m);
    return PX_MQTT_LATER;
}

/* The principal's slices must outlive the connection. The door has asked for this twin already, and
 * of a device's list one is enough for the engine's own question. */
bool px_topics_copy_principal(px_topics_message *m, const px_principal *from)
{
    px_principal *to = &m->request.principal;
    px_str *twin = PX_ARENA_NEW(&m->arena, px_str);

    if (!twin)
        return false;
    *twin = m->request.id;
    *to = *from;
    to->id = px_arena_str(&m->arena, from->id);
    to->twins = twin;
    to->twin_count = from->role == PX_ROLE_DEVICE ? 1 : 0;
    return to->id.ptr != NULL;
}

void px_topics_begin(px_topics_message *m, px_request_kind kind, px_mqtt_conn conn, uint32_t token)
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
    request->sessions = &m->write;
    request->session_count = 0;
    m->is_partial = false;
    m->gate = NULL;
    m->will_of = 0;
    m->bound = NULL;
    m->death = NULL;
    m->has_kept = false;
}

px_mqtt_reason px_topics_send(px_twin_topics *topics, unsigned thread, px_topics_message *m)
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

/* The whole round at once. When the engine cannot take it now the messages are answered so, and
 * honest senders wait: 0x97 in v5; a 3.1.1 connection ends unacknowledged and sends again. */
void px_topics_flush(void *ctx, unsigned thread)
{
    px_twin_topics *topics = ctx;
    px_topics_thread *own = &topics->threads[thread];
    px_request *first = own->first;

    if (own->has_sent)
        px_mqtt_door_wake(topics->door); /* those on other threads; ours were looked at already */
    own->has_sent = false;
    if (!first)
        return;
    if (px_engine_submit(topics->opts.engine, first, own->last) != PX_OK) {
        while (first) {
            px_request *next = first->next;

            first->result.status =
                px_fail_id(&first->result.err, PX_BUSY, "engine.busy",
                           "the server has too much to write already; send it again later");
            first->result.seq = 0;
            first->done(first);
            first = next;
        }
    }
    own->first = own->last = NULL;
}
