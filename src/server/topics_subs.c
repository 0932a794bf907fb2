/* SPDX-License-Identifier: Apache-2.0 */
/* Who of a tenant wants which topics, and sending to them. */
#include "base/level.h"
#include "server/topics_impl.h"

/* The caller holds the lock, for writing when it may `make`. */
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
 * narrowed. At the twin's level a wildcard is one, whatever the twins are called. */
static bool may_subscribe(const px_principal *principal, px_str filter)
{
    char room[PX_TWIN_ID_BYTES_MAX];
    px_str first, twin;

    if (principal->role != PX_ROLE_DEVICE)
        return true;
    first = px_str_cut(&filter, '/');
    if (px_str_eq(first, PX_STR("twins")))
        return px_level_read(px_str_cut(&filter, '/'), room, sizeof(room), &twin) &&
               px_authorize(principal, PX_ACTION_RECEIVE, twin, NULL) == PX_OK;
    return !px_str_eq(first, PX_STR("events")) && !px_str_eq(first, PX_STR("+")) &&
           !px_str_eq(first, PX_STR("#"));
}

static bool remove(px_twin_topics *topics, const px_topics_client *client, px_str filter)
{
    px_mqtt_subs *subs;
    bool removed;

    pthread_rwlock_wrlock(&topics->subs_lock);
    subs = subs_of(topics, client->principal.tenant, false);
    removed = subs && px_mqtt_subs_remove(subs, filter, client->conn.v);
    pthread_rwlock_unlock(&topics->subs_lock);
    return removed;
}

/* What is granted, or the refusal. */
static px_mqtt_reason subscribe_one(px_twin_topics *topics, px_topics_client *client,
                                    const px_mqtt_filter *filter)
{
    px_mqtt_sub sub = { .owner = client->conn.v,
                        .qos = filter->qos,
                        .no_local = filter->no_local,
                        .retain_as_published = filter->retain_as_published };
    px_status status = PX_NO_MEMORY;
    px_mqtt_subs *subs;
    bool is_new;

    if (filter->share.len > 0)
        return PX_MQTT_SHARED_NOT_SUPPORTED;
    if (!px_topics_still_may(topics, client) || !may_subscribe(&client->principal, filter->text))
        return PX_MQTT_NOT_AUTHORIZED;
    pthread_rwlock_wrlock(&topics->subs_lock);
    subs = subs_of(topics, client->principal.tenant, true);
    if (subs)
        status = px_mqtt_subs_add(subs, filter->text, sub, &is_new, NULL);
    pthread_rwlock_unlock(&topics->subs_lock);
    if (status != PX_OK)
        return PX_MQTT_QUOTA_EXCEEDED;
    if (px_topics_greet(topics, client, filter))
        return (px_mqtt_reason)filter->qos;
    (void)remove(topics, client, filter->text);
    return PX_MQTT_QUOTA_EXCEEDED;
}

px_mqtt_reason px_topics_subscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                   px_mqtt_sub_request *request)
{
    (void)thread, (void)conn;
    for (size_t i = 0; i < request->count; i++) {
        if (request->reasons[i] == 0 && request->subscription_id != 0)
            request->reasons[i] = PX_MQTT_SUBSCRIPTION_ID_NOT_SUPPORTED;
        if (request->reasons[i] == 0)
            request->reasons[i] = (uint8_t)subscribe_one(ctx, principal, &request->filters[i]);
    }
    return PX_MQTT_SUCCESS;
}

px_mqtt_reason px_topics_unsubscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                     px_mqtt_sub_request *request)
{
    (void)thread, (void)conn;
    for (size_t i = 0; i < request->count; i++) {
        const px_mqtt_filter *filter = &request->filters[i];

        if (request->reasons[i] == 0 &&
            (filter->share.len > 0 || !remove(ctx, principal, filter->text)))
            request->reasons[i] = PX_MQTT_NO_SUBSCRIPTION_EXISTED;
    }
    return PX_MQTT_SUCCESS;
}

bool px_topics_has_subscribers(px_twin_topics *topics, uint32_t tenant)
{
    const px_mqtt_subs *subs;
    bool any;

    pthread_rwlock_rdlock(&topics->subs_lock);
    subs = subs_of(topics, tenant, false);
    any = subs && px_mqtt_subs_count(subs) > 0;
    pthread_rwlock_unlock(&topics->subs_lock);
    return any;
}

bool px_topics_has_any_subscriber(px_twin_topics *topics)
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

/* What its own sender does not want back is taken out; the rest gets the lower QoS of both. */
static void settle_hits(px_mqtt_sub_vec *hits, px_mqtt_conn sender, uint8_t qos)
{
    size_t kept = 0;

    PX_VEC_EACH (hits, hit) {
        if (hit->no_local && hit->owner == sender.v)
            continue;
        hits->ptr[kept] = *hit;
        hits->ptr[kept].qos = hit->qos < qos ? hit->qos : qos;
        kept++;
    }
    hits->len = kept;
}

void px_topics_deliver(px_twin_topics *topics, uint32_t tenant, px_mqtt_conn sender,
                       const px_mqtt_publish *message, px_mqtt_sub_vec *hits)
{
    px_mqtt_publish out = *message;
    px_status status = PX_NOT_FOUND;
    const px_mqtt_subs *subs;

    hits->len = 0;
    pthread_rwlock_rdlock(&topics->subs_lock);
    subs = subs_of(topics, tenant, false);
    if (subs)
        status = px_mqtt_subs_match(subs, message->topic, hits, NULL);
    pthread_rwlock_unlock(&topics->subs_lock);
    if (status != PX_OK)
        return;
    settle_hits(hits, sender, message->qos);
    send_with_qos(topics, hits, 0, &out);
    send_with_qos(topics, hits, 1, &out);
    send_with_qos(topics, hits, 2, &out);
}

bool px_twin_topics_tell(px_twin_topics *topics, uint32_t tenant, px_str topic, px_str payload)
{
    px_mqtt_publish message = { .topic = topic, .payload = payload, .qos = 1 };
    px_mqtt_conn server = { 0 };
    px_mqtt_sub_vec hits = { 0 };

    if (!atomic_load(&topics->is_open))
        return false;
    px_topics_deliver(topics, tenant, server, &message, &hits);
    px_mqtt_door_wake(topics->door);
    PX_VEC_RELEASE(&hits);
    return true;
}

void px_topics_drop_subs(px_twin_topics *topics, uint32_t tenant, px_mqtt_conn conn)
{
    px_mqtt_subs *subs;

    pthread_rwlock_wrlock(&topics->subs_lock);
    subs = subs_of(topics, tenant, false);
    if (subs)
        px_mqtt_subs_drop(subs, conn.v);
    pthread_rwlock_unlock(&topics->subs_lock);
}
