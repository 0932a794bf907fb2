/* SPDX-License-Identifier: Apache-2.0 */
/* What connections ask, on their own threads: decided here, at once or as an event. */
#include "broker/internal.h"

#include "mqtt/props.h"

enum { PENDING_ARENA_BYTES_MAX = 2 * 1024 * 1024 };

static px_peer peer_of(const px_broker *b, const px_broker_client *client)
{
    return (px_peer){ b->boot, client->conn };
}

/* The body of an event, from a buffer into the arena; false without memory. */
static bool settle(px_arena *arena, px_buf *buf, px_session_write *write)
{
    if (buf->status == PX_OK)
        write->body = px_arena_str(arena, px_buf_str(buf));
    px_buf_release(buf);
    return write->body.ptr != NULL;
}

/* ---- CONNECT ---- */

static uint32_t wanted_expiry_s(const px_broker *b, const px_mqtt_connect *c)
{
    uint32_t wanted;

    if (c->version >= PX_MQTT_V5)
        wanted =
            px_mqtt_has(&c->props, PX_MQTT_PROP_SESSION_EXPIRY) ? c->props.session_expiry_s : 0;
    else
        wanted = c->clean_start ? 0 : UINT32_MAX;
    return wanted < b->opts.session_expiry_s_max ? wanted : b->opts.session_expiry_s_max;
}

/* Filters of the session it may go on with, which it may not have any more. */
static bool find_dropped(px_session *s, const px_principal *who,
                         bool (*may)(const px_principal *, px_str), px_arena *arena,
                         px_open_record *r)
{
    if (!s || r->clean || s->filters.len == 0)
        return true;
    r->dropped = PX_ARENA_ARRAY(arena, px_str, s->filters.len);
    if (!r->dropped)
        return false;
    PX_VEC_EACH (&s->filters, f) {
        if (may(who, f->text))
            continue;
        r->dropped[r->dropped_count] = px_arena_str(arena, f->text);
        if (!r->dropped[r->dropped_count++].ptr)
            return false;
    }
    return true;
}

static bool fill_will(const px_mqtt_connect *c, px_arena *arena, px_open_record *r)
{
    px_buf props = { 0 };

    r->has_will = c->has_will;
    if (!c->has_will)
        return true;
    px_mqtt_put_props_forward(&props, &c->will_props);
    r->will = (px_will_record){
        .letter = { .topic = c->will.topic,
                    .payload = c->will.payload,
                    .qos = c->will.qos,
                    .retain = c->will.retain,
                    .expires = PX_TIME_NONE },
        .delay_s =
            px_mqtt_has(&c->will_props, PX_MQTT_PROP_WILL_DELAY) ? c->will_props.will_delay_s : 0,
        .expiry_s = px_mqtt_has(&c->will_props, PX_MQTT_PROP_MESSAGE_EXPIRY)
                        ? c->will_props.message_expiry_s
                        : 0,
    };
    if (props.len > 0)
        r->will.letter.props = px_arena_str(arena, px_buf_str(&props));
    px_buf_release(&props);
    return props.status == PX_OK && (!r->will.letter.props.len || r->will.letter.props.ptr);
}

/* Whether the journal has to hear of it, and what an older session has lost. */
static px_mqtt_reason judge(px_broker *b, const px_broker_client *client,
                            const px_mqtt_connect *connect, px_str client_id,
                            bool (*may)(const px_principal *, px_str), px_arena *arena,
                            px_open_record *r)
{
    px_mqtt_reason reason = PX_MQTT_LATER;
    const px_broker_tenant *t;
    px_session *s;

    pthread_rwlock_rdlock(&b->lock);
    s = pxi_session_by_id(b, client->who.tenant, r->scope, client_id);
    t = pxi_tenant(b, client->who.tenant, false);
    if (!s && r->expiry_s == 0 && !connect->has_will)
        reason = PX_MQTT_SUCCESS;
    else if (!s && t && t->session_count >= PX_MQTT_SESSIONS_MAX)
        reason = PX_MQTT_QUOTA_EXCEEDED;
    else if (!find_dropped(s, &client->who, may, arena, r))
        reason = PX_MQTT_SERVER_UNAVAILABLE;
    pthread_rwlock_unlock(&b->lock);
    return reason;
}

static px_mqtt_reason open_session(px_broker *b, const px_broker_client *client,
                                   const px_mqtt_connect *connect, px_str client_id,
                                   bool (*may)(const px_principal *, px_str), px_job *job)
{
    px_open_record r = { .peer = peer_of(b, client),
                         .scope = client->who.document_no,
                         .expiry_s = wanted_expiry_s(b, connect),
                         .clean = connect->clean_start,
                         .credential = client->credential };
    px_mqtt_reason reason = judge(b, client, connect, client_id, may, &job->arena, &r);
    px_buf body = { 0 };
    px_err err;

    if (reason != PX_MQTT_LATER)
        return reason;
    if (!fill_will(connect, &job->arena, &r))
        return PX_MQTT_SERVER_UNAVAILABLE;
    px_put_open(&body, &r);
    job->conn = client->conn;
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_OPEN };
    job->write.id = px_arena_str(&job->arena, client_id);
    if (!settle(&job->arena, &body, &job->write) || !job->write.id.ptr)
        return PX_MQTT_SERVER_UNAVAILABLE;
    return pxi_job_send(job, &err) == PX_OK ? PX_MQTT_LATER : PX_MQTT_SERVER_BUSY;
}

px_mqtt_reason px_broker_connect(px_broker *b, px_broker_client *client,
                                 const px_mqtt_connect *connect, px_str client_id,
                                 bool (*may)(const px_principal *who, px_str filter))
{
    px_job *job = pxi_job_new(b, PX_JOB_OPEN, &client->who);
    px_mqtt_reason reason;

    if (!job)
        return PX_MQTT_SERVER_UNAVAILABLE;
    reason = open_session(b, client, connect, client_id, may, job);
    client->is_kept = reason == PX_MQTT_LATER;
    if (reason != PX_MQTT_LATER)
        pxi_job_free(job);
    return reason;
}

/* ---- the end of a connection ---- */

static void free_pending(px_pending *p)
{
    px_arena_release(&p->arena);
    px_free(p);
}

static void forget_pending(px_broker *b, uint64_t conn)
{
    px_pending **link = &b->pending;

    pthread_mutex_lock(&b->pending_lock);
    while (*link) {
        px_pending *p = *link;

        if (p->conn != conn) {
            link = &p->next;
            continue;
        }
        *link = p->next;
        free_pending(p);
    }
    b->pending_tail = link;
    pthread_mutex_unlock(&b->pending_lock);
}

void px_broker_forget(px_broker *b, const px_broker_client *client)
{
    px_session *passing;

    if (client->is_kept)
        return;
    forget_pending(b, client->conn);
    pthread_rwlock_wrlock(&b->lock);
    passing = pxi_session_by_conn(b, client->conn);
    if (passing)
        pxi_session_drop(b, passing);
    pxi_filters_drop(b, client->who.tenant, client->conn);
    pthread_rwlock_unlock(&b->lock);
}

void px_broker_closed(px_broker *b, px_broker_client *client, const px_mqtt_end *end)
{
    px_principal own = pxi_own_principal(client->who.tenant);
    px_close_record r = { .peer = peer_of(b, client),
                          .with_will = end->with_will,
                          .has_expiry = end->has_expiry,
                          .expiry_s = end->session_expiry_s };
    px_buf body = { 0 };
    px_job *job;

    px_broker_gate_drop(client);
    if (!client->is_kept) {
        px_broker_forget(b, client);
        return;
    }
    if (r.expiry_s > b->opts.session_expiry_s_max)
        r.expiry_s = b->opts.session_expiry_s_max;
    job = pxi_job_new(b, PX_JOB_OWED, &own);
    if (!job) {
        px_log_error(b->log, "mqtt.session_close",
                     "no memory: the session of connection %llx "
                     "counts as connected until the next start",
                     (unsigned long long)client->conn);
        return;
    }
    px_put_close(&body, &r);
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_CLOSE };
    if (settle(&job->arena, &body, &job->write))
        (void)pxi_job_send(job, NULL);
    else
        pxi_job_free(job);
}

/* ---- SUBSCRIBE and UNSUBSCRIBE ---- */

/* The request as a record; texts in the arena. */
static bool fill_filters(const px_mqtt_sub_request *request, px_arena *arena,
                         px_filters_record *ret_r)
{
    ret_r->packet_id = request->packet_id;
    ret_r->filters = PX_ARENA_ARRAY(arena, px_filter_record, request->count + 1);
    if (!ret_r->filters)
        return false;
    for (size_t i = 0; i < request->count; i++) {
        const px_mqtt_filter *from = &request->filters[i];
        px_filter_record *f = &ret_r->filters[ret_r->count++];

        f->reason = request->reasons[i] >= 0x80 ? request->reasons[i] : 0;
        f->id = request->subscription_id;
        f->qos = from->qos;
        f->no_local = from->no_local;
        f->retain_as_published = from->retain_as_published;
        f->retain_handling = from->retain_handling;
        if (f->reason >= 0x80)
            continue; /* such a text may not even be UTF-8 */
        f->text = px_arena_str(arena, from->text);
        f->share = px_arena_str(arena, from->share);
        if (!f->text.ptr || !f->share.ptr)
            return false;
    }
    return true;
}

static px_mqtt_reason refuse_all(px_mqtt_sub_request *request)
{
    memset(request->reasons, PX_MQTT_QUOTA_EXCEEDED, request->count);
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason send_filters(px_broker *b, const px_broker_client *client,
                                   px_mqtt_sub_request *request, px_job_kind kind,
                                   px_event_type type)
{
    px_job *job = pxi_job_new(b, kind, &client->who);
    px_filters_record r = { .peer = peer_of(b, client) };
    px_buf body = { 0 };

    if (!job)
        return refuse_all(request);
    job->conn = client->conn;
    job->packet_id = request->packet_id;
    job->filter_count = (uint32_t)request->count;
    job->write = (px_session_write){ .type = type };
    if (fill_filters(request, &job->arena, &r)) {
        px_put_filters(&body, &r);
        if (settle(&job->arena, &body, &job->write) && pxi_job_send(job, NULL) == PX_OK)
            return PX_MQTT_LATER;
    }
    pxi_job_free(job);
    return refuse_all(request);
}

static void subscribe_now(px_broker *b, const px_pending *p)
{
    uint8_t reasons[PX_MQTT_FILTERS_MAX];
    const px_broker_app *app = &b->opts.app;
    bool is_new[PX_MQTT_FILTERS_MAX];
    px_err err;

    pthread_rwlock_wrlock(&b->lock);
    for (size_t i = 0; i < p->record.count; i++) {
        const px_filter_record *f = &p->record.filters[i];

        reasons[i] = f->reason;
        if (f->reason == 0)
            reasons[i] = pxi_filter_add(b, p->tenant, p->conn, f, &is_new[i], &err) == PX_OK
                             ? f->qos
                             : PX_MQTT_QUOTA_EXCEEDED;
    }
    app->answer(app->ctx, p->conn, PX_MQTT_SUBACK, p->record.packet_id, reasons, p->record.count);
    for (size_t i = 0; i < p->record.count; i++) {
        const px_filter_record *f = &p->record.filters[i];

        if (reasons[i] >= 0x80)
            continue;
        if (f->retain_handling == 0 || (f->retain_handling == 1 && is_new[i]))
            (void)pxi_send_retained(b, p->tenant, p->conn, NULL, f, &err);
        if (f->share.len == 0)
            app->subscribed(app->ctx, p->tenant, p->conn, f->text, f->qos);
    }
    pthread_rwlock_unlock(&b->lock);
    app->wake(app->ctx);
}

/* All of it under the lock of the list: a connection that ends meanwhile waits, and drops what it
 * was given. */
void pxi_pending_run(px_broker *b)
{
    uint64_t position = atomic_load(&b->position);

    pthread_mutex_lock(&b->pending_lock);
    while (b->pending && b->pending->position <= position) {
        px_pending *p = b->pending;

        b->pending = p->next;
        if (!b->pending)
            b->pending_tail = &b->pending;
        subscribe_now(b, p);
        free_pending(p);
    }
    pthread_mutex_unlock(&b->pending_lock);
}

void pxi_pending_release(px_broker *b)
{
    while (b->pending) {
        px_pending *next = b->pending->next;

        free_pending(b->pending);
        b->pending = next;
    }
    b->pending_tail = &b->pending;
}

/* What is acknowledged has to be seen: a retained message that somebody got his PUBACK for. */
static px_mqtt_reason subscribe_later(px_broker *b, const px_broker_client *client,
                                      px_mqtt_sub_request *request)
{
    px_pending *p = px_zalloc(1, sizeof(*p));

    if (!p)
        return refuse_all(request);
    px_arena_init(&p->arena, PENDING_ARENA_BYTES_MAX);
    p->conn = client->conn;
    p->tenant = client->who.tenant;
    p->position = px_engine_position(b->opts.engine);
    if (!fill_filters(request, &p->arena, &p->record)) {
        free_pending(p);
        return refuse_all(request);
    }
    pthread_mutex_lock(&b->pending_lock);
    *b->pending_tail = p;
    b->pending_tail = &p->next;
    pthread_mutex_unlock(&b->pending_lock);
    pxi_pending_run(b);
    pxi_hurry(b); /* if it was not reached yet */
    return PX_MQTT_LATER;
}

px_mqtt_reason px_broker_subscribe(px_broker *b, px_broker_client *client,
                                   px_mqtt_sub_request *request)
{
    if (client->is_kept)
        return send_filters(b, client, request, PX_JOB_SUBSCRIBE, PX_EVENT_SESSION_SUBSCRIBE);
    return subscribe_later(b, client, request);
}

px_mqtt_reason px_broker_unsubscribe(px_broker *b, px_broker_client *client,
                                     px_mqtt_sub_request *request)
{
    if (client->is_kept)
        return send_filters(b, client, request, PX_JOB_UNSUBSCRIBE, PX_EVENT_SESSION_UNSUBSCRIBE);
    pthread_rwlock_wrlock(&b->lock);
    for (size_t i = 0; i < request->count; i++) {
        const px_mqtt_filter *f = &request->filters[i];

        if (request->reasons[i] == 0 &&
            !pxi_filter_remove(b, client->who.tenant, client->conn, f->text, f->share))
            request->reasons[i] = PX_MQTT_NO_SUBSCRIPTION_EXISTED;
    }
    pthread_rwlock_unlock(&b->lock);
    return PX_MQTT_SUCCESS;
}

/* ---- what the client says of messages ---- */

/* An event that has to be written; false without memory, which the connection must not survive. */
static bool owe_receipt(px_broker *b, const px_broker_client *client, px_receipt_kind kind,
                        uint16_t packet_id)
{
    px_principal own = pxi_own_principal(client->who.tenant);
    px_receipt_record r = { peer_of(b, client), kind, packet_id };
    px_job *job = pxi_job_new(b, PX_JOB_OWED, &own);
    px_buf body = { 0 };

    if (!job)
        return false;
    px_put_receipt(&body, &r);
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_RECEIPT };
    if (!settle(&job->arena, &body, &job->write)) {
        pxi_job_free(job);
        return false;
    }
    return pxi_job_send(job, NULL) == PX_OK;
}

px_mqtt_reason px_broker_release(px_broker *b, px_broker_client *client, uint16_t packet_id)
{
    if (!client->is_kept)
        return PX_MQTT_SUCCESS;
    /* without memory no PUBCOMP comes, and the client says it again */
    (void)owe_receipt(b, client, PX_RECEIPT_RELEASED, packet_id);
    return PX_MQTT_LATER;
}

static bool owe_received(px_broker *b, const px_session *s, uint16_t packet_id)
{
    px_principal own = pxi_own_principal(s->tenant);
    px_ack_record ack = { .session = s->no, .packet_id = packet_id, .is_received = true };
    px_job *job = pxi_job_new(b, PX_JOB_OWED, &own);
    px_buf body = { 0 };

    if (!job)
        return false;
    px_put_acks(&body, &ack, 1);
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_ACK, .session = s->no };
    if (!settle(&job->arena, &body, &job->write)) {
        pxi_job_free(job);
        return false;
    }
    return pxi_job_send(job, NULL) == PX_OK;
}

/* What passes is nobody's to remember. */
static void take_passing_ack(px_broker *b, px_session *s, px_entry *entry, px_mqtt_type type,
                             uint8_t reason)
{
    if (type == PX_MQTT_PUBREC && reason < 0x80)
        return;
    pxi_entry_remove(b, s, entry);
    pxi_pump(b, s);
}

/* Under the lock. */
static px_mqtt_reason take_ack(px_broker *b, px_session *s, px_entry *entry, px_mqtt_type type,
                               uint8_t reason)
{
    if (type == PX_MQTT_PUBREC && reason < 0x80) {
        if (entry->state != PX_ENTRY_RECEIVED)
            (void)owe_received(b, s, entry->packet_id); /* else it comes again when it reconnects */
        return entry->state == PX_ENTRY_RECEIVED ? PX_MQTT_SUCCESS : PX_MQTT_LATER;
    }
    if (!entry->is_acked) {
        pxi_entry_ack(s, entry);
        (void)PX_VEC_PUSH(&s->acks, entry->packet_id); /* without memory: it is sent once more */
    }
    pxi_pump(b, s);
    return PX_MQTT_SUCCESS;
}

px_mqtt_reason px_broker_acked(px_broker *b, px_broker_client *client, uint16_t packet_id,
                               px_mqtt_type type, uint8_t reason)
{
    px_mqtt_reason result = PX_MQTT_SUCCESS;
    px_session *s;
    px_entry *entry;

    pthread_rwlock_wrlock(&b->lock);
    s = pxi_session_by_conn(b, client->conn);
    entry = s ? pxi_entry_find(s, packet_id) : NULL;
    if (entry && s->is_passing)
        take_passing_ack(b, s, entry, type, reason);
    else if (entry)
        result = take_ack(b, s, entry, type, reason);
    pthread_rwlock_unlock(&b->lock);
    return result;
}
