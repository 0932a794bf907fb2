/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SUBSCRIBE and UNSUBSCRIBE: of a session as an event, of a connection that keeps nothing at once,
 * but not before the fold has come to where the journal was when it was asked.
 */
#include "broker/internal.h"

enum { PENDING_ARENA_BYTES_MAX = 2 * 1024 * 1024 };

static void free_pending(px_pending *p)
{
    px_arena_release(&p->arena);
    px_free(p);
}

void pxi_pending_forget(px_broker *b, uint64_t conn)
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
    px_filters_record r = { .peer = pxi_peer_of(b, client) };
    px_buf body = { 0 };

    if (!job)
        return refuse_all(request);
    job->conn = client->conn;
    job->packet_id = request->packet_id;
    job->filter_count = (uint32_t)request->count;
    job->write = (px_session_write){ .type = type };
    if (fill_filters(request, &job->arena, &r)) {
        px_put_filters(&body, &r);
        if (pxi_settle(&job->arena, &body, &job->write) && pxi_job_send(job, NULL) == PX_OK)
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
    app->answer(app->ctx, p->conn, p->answer, p->record.packet_id, reasons, p->record.count);
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

static uint8_t remove_now(px_broker *b, uint32_t tenant, uint64_t conn, px_str text, px_str share)
{
    return pxi_filter_remove(b, tenant, conn, text, share) ? PX_MQTT_SUCCESS
                                                           : PX_MQTT_NO_SUBSCRIPTION_EXISTED;
}

static void unsubscribe_now(px_broker *b, const px_pending *p)
{
    uint8_t reasons[PX_MQTT_FILTERS_MAX];
    const px_broker_app *app = &b->opts.app;

    pthread_rwlock_wrlock(&b->lock);
    for (size_t i = 0; i < p->record.count; i++) {
        const px_filter_record *f = &p->record.filters[i];

        reasons[i] = f->reason ? f->reason : remove_now(b, p->tenant, p->conn, f->text, f->share);
    }
    pthread_rwlock_unlock(&b->lock);
    app->answer(app->ctx, p->conn, p->answer, p->record.packet_id, reasons, p->record.count);
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
        (p->answer == PX_MQTT_SUBACK ? subscribe_now : unsubscribe_now)(b, p);
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
static px_mqtt_reason answer_later(px_broker *b, const px_broker_client *client,
                                   px_mqtt_sub_request *request, px_mqtt_type answer)
{
    px_pending *p = px_zalloc(1, sizeof(*p));

    if (!p)
        return refuse_all(request);
    px_arena_init(&p->arena, PENDING_ARENA_BYTES_MAX);
    p->answer = answer;
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
    return answer_later(b, client, request, PX_MQTT_SUBACK);
}

static bool has_pending(px_broker *b, uint64_t conn)
{
    bool has = false;

    pthread_mutex_lock(&b->pending_lock);
    for (const px_pending *p = b->pending; p && !has; p = p->next)
        has = p->conn == conn;
    pthread_mutex_unlock(&b->pending_lock);
    return has;
}

px_mqtt_reason px_broker_unsubscribe(px_broker *b, px_broker_client *client,
                                     px_mqtt_sub_request *request)
{
    if (client->is_kept)
        return send_filters(b, client, request, PX_JOB_UNSUBSCRIBE, PX_EVENT_SESSION_UNSUBSCRIBE);
    if (has_pending(b, client->conn)) /* behind the SUBSCRIBE that it may take back */
        return answer_later(b, client, request, PX_MQTT_UNSUBACK);
    pthread_rwlock_wrlock(&b->lock);
    for (size_t i = 0; i < request->count; i++) {
        const px_mqtt_filter *f = &request->filters[i];

        if (request->reasons[i] == 0)
            request->reasons[i] =
                remove_now(b, client->who.tenant, client->conn, f->text, f->share);
    }
    pthread_rwlock_unlock(&b->lock);
    return PX_MQTT_SUCCESS;
}
