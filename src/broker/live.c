/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that begin and end, on their own threads: decided here, at once or as an event. */
#include "broker/internal.h"

#include "mqtt/props.h"

px_peer pxi_peer_of(const px_broker *b, const px_broker_client *client)
{
    return (px_peer){ b->boot, client->conn };
}

bool pxi_settle(px_arena *arena, px_buf *buf, px_session_write *write)
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

static px_mqtt_reason open_session(px_broker *b, px_broker_client *client,
                                   const px_mqtt_connect *connect, px_str client_id,
                                   bool (*may)(const px_principal *, px_str), px_job *job)
{
    px_open_record r = { .peer = pxi_peer_of(b, client),
                         .scope = client->who.document_no,
                         .expiry_s = wanted_expiry_s(b, connect),
                         .clean = connect->clean_start,
                         .credential = client->credential };
    px_mqtt_reason reason = judge(b, client, connect, client_id, may, &job->arena, &r);
    px_buf body = { 0 };
    px_err err;

    if (reason != PX_MQTT_LATER)
        return reason;
    client->name = pxi_newest_name(b, client->who.tenant, r.scope, client_id);
    if (!fill_will(connect, &job->arena, &r) || !pxi_gate_make(client))
        return PX_MQTT_SERVER_UNAVAILABLE;
    px_put_open(&body, &r);
    job->conn = client->conn;
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_OPEN };
    job->write.id = px_arena_str(&job->arena, client_id);
    if (!pxi_settle(&job->arena, &body, &job->write) || !job->write.id.ptr)
        return PX_MQTT_SERVER_UNAVAILABLE;
    return pxi_newest_open(b, client, job, &err) == PX_OK ? PX_MQTT_LATER : PX_MQTT_SERVER_BUSY;
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
    if (reason != PX_MQTT_LATER) {
        pxi_job_free(job);
        px_broker_gate_drop(client);
    }
    return reason;
}

/* ---- the end of a connection ---- */

void px_broker_forget(px_broker *b, const px_broker_client *client)
{
    px_session *passing;

    if (client->is_kept)
        return;
    pxi_pending_forget(b, client->conn);
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
    px_close_record r = { .peer = pxi_peer_of(b, client),
                          .with_will = end->with_will,
                          .has_expiry = end->has_expiry,
                          .expiry_s = end->session_expiry_s };
    px_buf body = { 0 };
    px_job *job;

    if (client->is_kept)
        pxi_newest_close(b, client);
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
    if (pxi_settle(&job->arena, &body, &job->write))
        (void)pxi_job_send(job, NULL);
    else
        pxi_job_free(job);
}
