/* SPDX-License-Identifier: Apache-2.0 */
/* What the door asks, on its threads: answered at once, or with --late by the engine. */
#include "mqtt_echo.h"

#include <string.h>

#include "base/mem.h"
#include "base/time.h"

/* Answered by the engine with --late; at once without. */
static px_mqtt_reason later(echo *e, unsigned thread, command c)
{
    if (!e->is_late)
        return PX_MQTT_SUCCESS;
    px_assert(PX_VEC_PUSH(&e->collected[thread], c));
    return PX_MQTT_LATER;
}

static px_mqtt_reason on_connect(void *ctx, unsigned thread, px_mqtt_conn conn,
                                 const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                                 px_str client_id, px_mqtt_grant *ret_grant)
{
    echo *e = ctx;

    (void)peer, (void)client_id;
    if (px_str_eq(connect->user, PX_STR("bad")))
        return PX_MQTT_BAD_USER_OR_PASSWORD;
    ret_grant->principal = px_alloc(sizeof(conn));
    if (!ret_grant->principal)
        return PX_MQTT_SERVER_UNAVAILABLE;
    memcpy(ret_grant->principal, &conn, sizeof(conn));
    ret_grant->scope = px_str_eq(connect->user, PX_STR("other")) ? 2 : 1;
    pthread_mutex_lock(&e->lock);
    e->principals++;
    pthread_mutex_unlock(&e->lock);
    return later(e, thread, (command){ .kind = ADMIT, .conn = conn });
}

static px_str take_copy(char **at, px_str bytes)
{
    px_str copy = px_str_of(*at, bytes.len);

    if (bytes.len)
        memcpy(*at, bytes.ptr, bytes.len);
    *at += bytes.len;
    return copy;
}

static px_mqtt_reason on_publish(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 const px_mqtt_publish *p, uint32_t token)
{
    echo *e = ctx;
    command c = { .kind = PUBLISH, .conn = conn, .token = token, .qos = p->qos };
    px_buf props = { 0 };
    char *at;

    px_assert(memcmp(principal, &conn, sizeof(conn)) == 0);
    if (atomic_load(&e->is_busy))
        return PX_MQTT_BUSY;
    px_mqtt_put_props_forward(&props, p->props);
    at = px_alloc(p->topic.len + p->payload.len + props.len);
    if (!at)
        return PX_MQTT_QUOTA_EXCEEDED;
    c.topic = take_copy(&at, p->topic);
    c.payload = take_copy(&at, p->payload);
    c.props = take_copy(&at, px_buf_str(&props));
    px_buf_release(&props);
    if (px_mqtt_has(p->props, PX_MQTT_PROP_MESSAGE_EXPIRY))
        c.expires_at_ns = px_mqtt_door_now_ns(e->door) + p->props->message_expiry_s * PX_SECOND;
    px_assert(PX_VEC_PUSH(&e->collected[thread], c));
    return PX_MQTT_LATER;
}

static px_mqtt_reason on_release(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 uint16_t packet_id)
{
    (void)principal;
    return later(ctx, thread, (command){ .kind = RELEASED, .conn = conn, .packet_id = packet_id });
}

static px_mqtt_reason subscribe_one(echo *e, px_mqtt_conn conn, const px_mqtt_filter *filter,
                                    uint32_t id)
{
    px_mqtt_sub sub = {
        .owner = conn.v, .id = id, .qos = filter->qos, .no_local = filter->no_local
    };
    px_status status;
    bool is_new;

    if (filter->share.len > 0)
        return PX_MQTT_SHARED_NOT_SUPPORTED;
    if (px_str_starts(filter->text, PX_STR("refuse/")))
        return PX_MQTT_NOT_AUTHORIZED;
    pthread_mutex_lock(&e->lock);
    status = px_mqtt_subs_add(e->subs, filter->text, sub, &is_new, NULL);
    pthread_mutex_unlock(&e->lock);
    return status == PX_OK ? (px_mqtt_reason)filter->qos : PX_MQTT_QUOTA_EXCEEDED;
}

static px_mqtt_reason answer_later(echo *e, unsigned thread, px_mqtt_conn conn, px_mqtt_type type,
                                   const px_mqtt_sub_request *request)
{
    command c = { .kind = ANSWER,
                  .conn = conn,
                  .type = type,
                  .packet_id = request->packet_id,
                  .count = request->count };

    if (request->count > REASONS_MAX)
        return PX_MQTT_SUCCESS;
    memcpy(c.reasons, request->reasons, request->count);
    return later(e, thread, c);
}

static px_mqtt_reason on_subscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                   px_mqtt_sub_request *request)
{
    (void)principal;
    for (size_t i = 0; i < request->count; i++)
        if (request->reasons[i] == 0)
            request->reasons[i] =
                (uint8_t)subscribe_one(ctx, conn, &request->filters[i], request->subscription_id);
    return answer_later(ctx, thread, conn, PX_MQTT_SUBACK, request);
}

static px_mqtt_reason on_unsubscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                     px_mqtt_sub_request *request)
{
    echo *e = ctx;

    (void)principal;
    pthread_mutex_lock(&e->lock);
    for (size_t i = 0; i < request->count; i++) {
        px_str filter = request->filters[i].text;

        if (request->reasons[i] == 0 && !px_mqtt_subs_remove(e->subs, filter, conn.v))
            request->reasons[i] = PX_MQTT_NO_SUBSCRIPTION_EXISTED;
    }
    pthread_mutex_unlock(&e->lock);
    return answer_later(e, thread, conn, PX_MQTT_UNSUBACK, request);
}

static px_mqtt_reason on_acked(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                               uint16_t packet_id, px_mqtt_type type, uint8_t reason)
{
    echo *e = ctx;

    (void)principal;
    if (type == PX_MQTT_PUBREC && reason < 0x80)
        return later(e, thread, (command){ .kind = RELEASE, .conn = conn, .packet_id = packet_id });
    pthread_mutex_lock(&e->lock);
    e->answers++;
    pthread_mutex_unlock(&e->lock);
    return PX_MQTT_SUCCESS;
}

static void on_closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                      const px_mqtt_end *end)
{
    echo *e = ctx;

    (void)thread, (void)end;
    pthread_mutex_lock(&e->lock);
    px_mqtt_subs_drop(e->subs, conn.v);
    e->principals--;
    pthread_mutex_unlock(&e->lock);
    px_free(principal);
}

static void on_flush(void *ctx, unsigned thread)
{
    echo *e = ctx;
    command_vec *collected = &e->collected[thread];

    if (collected->len == 0)
        return;
    pthread_mutex_lock(&e->lock);
    PX_VEC_EACH (collected, c) {
        px_assert(PX_VEC_PUSH(&e->queue, *c));
    }
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
    collected->len = 0;
}

px_mqtt_door_app echo_app(echo *e)
{
    return (px_mqtt_door_app){ .ctx = e,
                               .connect = on_connect,
                               .publish = on_publish,
                               .release = on_release,
                               .subscribe = on_subscribe,
                               .unsubscribe = on_unsubscribe,
                               .acked = on_acked,
                               .closed = on_closed,
                               .flush = on_flush };
}
