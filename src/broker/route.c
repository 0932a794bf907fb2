/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a message goes: at once to who is connected, or first through the journal, when it is
 * retained or somebody has to get it later. One connection's messages do not overtake each other:
 * behind one that goes through the journal the next ones go there too.
 */
#include "broker/internal.h"

static bool needs_receipt(const px_broker_client *from, const px_mqtt_publish *message)
{
    return from->is_kept && message->qos == 2;
}

static bool has_some_in_journal(px_broker *b, const px_broker_client *from)
{
    const px_broker_gate *gate = from->gate;

    return gate && (atomic_load_explicit(&gate->waiting, memory_order_acquire) > 0 ||
                    atomic_load_explicit(&gate->passed, memory_order_relaxed) >
                        atomic_load_explicit(&b->position, memory_order_acquire));
}

bool pxi_gate_make(px_broker_client *from)
{
    if (from->gate)
        return true;
    from->gate = px_zalloc(1, sizeof(*from->gate));
    if (from->gate)
        atomic_init(&from->gate->refs, 1);
    return from->gate != NULL;
}

px_broker_gate *px_broker_gate_enter(px_broker_client *from)
{
    if (!pxi_gate_make(from))
        return NULL;
    atomic_fetch_add_explicit(&from->gate->refs, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&from->gate->waiting, 1, memory_order_relaxed);
    return from->gate;
}

void pxi_gate_unref(px_broker_gate *gate)
{
    if (gate && atomic_fetch_sub_explicit(&gate->refs, 1, memory_order_acq_rel) == 1)
        px_free(gate);
}

void px_broker_gate_drop(px_broker_client *from)
{
    pxi_gate_unref(from->gate);
    from->gate = NULL;
}

/* The position first: whoever finds nobody waiting sees it. */
void px_broker_gate_leave(px_broker *b, px_broker_gate *gate, uint64_t position)
{
    if (position)
        atomic_store_explicit(&gate->passed, position, memory_order_relaxed);
    atomic_fetch_sub_explicit(&gate->waiting, 1, memory_order_release);
    pxi_gate_unref(gate);
    atomic_store_explicit(&b->wants_fold, true, memory_order_relaxed);
}

static uint8_t lower(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* Intervals go to 136 years. */
static px_time expires_at(const px_broker *b, const px_mqtt_publish *message)
{
    px_time at;

    if (!px_mqtt_has(message->props, PX_MQTT_PROP_MESSAGE_EXPIRY))
        return PX_TIME_NONE;
    at = px_engine_now(b->opts.engine) + (px_time)message->props->message_expiry_s * PX_SECOND;
    return at < (px_time)PX_MOMENT_MAX ? at : (px_time)PX_MOMENT_MAX - 1;
}

/* ---- copies: whose queue it goes to ---- */

typedef struct copies {
    px_broker *b;
    const px_mqtt_publish *message;
    px_arena *arena;
    px_copy_record *list;
    size_t count;
    bool failed;
} copies;

static void add_copy(copies *c, uint64_t to, bool is_conn, uint8_t qos, bool retain_as_published,
                     const uint32_t *ids, size_t id_count)
{
    px_copy_record copy = { .to = to,
                            .is_conn = is_conn,
                            .qos = qos,
                            .retain = retain_as_published && c->message->retain,
                            .id_count = id_count };

    if (id_count > 0) {
        copy.ids = PX_ARENA_ARRAY(c->arena, uint32_t, id_count);
        if (!copy.ids) {
            c->failed = true;
            return;
        }
        memcpy(copy.ids, ids, id_count * sizeof(*ids));
    }
    c->list[c->count++] = copy;
}

static const px_session *session_of(const px_broker *b, uint64_t owner)
{
    return b->sessions.ptr[owner & UINT32_MAX];
}

static void add_member(copies *c, uint64_t group)
{
    px_member m;
    uint8_t qos;

    if (!pxi_group_pick(c->b, group, &m))
        return;
    qos = lower(m.qos, c->message->qos);
    if (!(m.owner & PXI_OWNER_SESSION))
        add_copy(c, m.owner, true, qos, m.retain_as_published, &m.id, m.id != 0);
    else if (qos > 0)
        add_copy(c, session_of(c->b, m.owner)->no, false, qos, m.retain_as_published, &m.id,
                 m.id != 0);
    else if (session_of(c->b, m.owner)->is_online)
        add_copy(c, session_of(c->b, m.owner)->peer.conn, true, 0, m.retain_as_published, &m.id,
                 m.id != 0);
}

static bool list_copies(copies *c, const px_mqtt_hits *hits)
{
    c->list = PX_ARENA_ARRAY(c->arena, px_copy_record, hits->list.len + 1);
    if (!c->list)
        return false;
    PX_VEC_EACH (&hits->list, hit) {
        uint8_t qos = lower(hit->qos, c->message->qos);

        if (hit->owner & PXI_OWNER_GROUP)
            add_member(c, hit->owner);
        else if ((hit->owner & PXI_OWNER_SESSION) && qos > 0)
            add_copy(c, session_of(c->b, hit->owner)->no, false, qos, hit->retain_as_published,
                     hits->ids.ptr ? hits->ids.ptr + hit->id_at : NULL, hit->id_count);
    }
    return !c->failed;
}

/* Somebody is among them who gets it though he is not here, or might not be. */
static bool has_kept(const px_broker *b, const px_mqtt_hits *hits, uint8_t qos)
{
    PX_VEC_EACH (&hits->list, hit) {
        if (qos == 0)
            return false;
        if ((hit->owner & PXI_OWNER_SESSION) && hit->qos > 0)
            return true;
        if (!(hit->owner & PXI_OWNER_GROUP))
            continue;
        PX_VEC_EACH (&b->groups.ptr[hit->owner & UINT32_MAX]->members, m)
            if (m->owner & PXI_OWNER_SESSION)
                return true;
    }
    return false;
}

static px_mqtt_reason journal(px_broker *b, const px_broker_client *from,
                              const px_mqtt_publish *message, const px_mqtt_hits *hits,
                              px_arena *arena, px_session_write *ret_write)
{
    copies c = { .b = b, .message = message, .arena = arena };
    px_message_record r = {
        .peer = { b->boot, from ? from->conn : 0 },
        .packet_id = from && needs_receipt(from, message) ? message->packet_id : 0,
        .letter = { .topic = message->topic,
                    .payload = message->payload,
                    .props = message->encoded_props,
                    .qos = message->qos,
                    .retain = message->retain,
                    .expires = expires_at(b, message) },
    };
    px_buf body = { 0 };

    if (!list_copies(&c, hits))
        return PX_MQTT_QUOTA_EXCEEDED;
    r.copies = c.list;
    r.copy_count = c.count;
    px_put_message(&body, &r);
    *ret_write = (px_session_write){ .type = PX_EVENT_SESSION_MESSAGE };
    if (r.packet_id)
        ret_write->unless = &from->gate->is_superseded;
    ret_write->id = px_arena_str(arena, message->topic);
    if (body.status == PX_OK)
        ret_write->body = px_arena_str(arena, px_buf_str(&body));
    px_buf_release(&body);
    return ret_write->id.ptr && ret_write->body.ptr ? PX_MQTT_LATER : PX_MQTT_QUOTA_EXCEEDED;
}

/* In the place of the one before, if there is one. */
static bool has_room_for_retained(const px_broker *b, const px_broker_tenant *t,
                                  const px_mqtt_publish *message)
{
    uint32_t was;
    size_t bytes;

    if (!t || message->payload.len == 0)
        return true;
    was = px_retained_get(t->retained, message->topic);
    bytes = t->retained_bytes - (was == UINT32_MAX ? 0 : pxi_letter_bytes(b->letters.ptr[was]));
    return (was != UINT32_MAX || px_retained_count(t->retained) < PX_MQTT_RETAINED_MAX) &&
           bytes + message->topic.len + message->payload.len + message->encoded_props.len +
                   sizeof(px_letter) <=
               PX_MQTT_RETAINED_BYTES_MAX;
}

static px_mqtt_reason send_now(px_broker *b, const px_mqtt_publish *message,
                               const px_mqtt_hits *hits)
{
    px_mqtt_publish out = *message;

    if (px_mqtt_has(message->props, PX_MQTT_PROP_MESSAGE_EXPIRY))
        out.expires_at_ns =
            b->env->monotonic_ns(b->env) + (int64_t)message->props->message_expiry_s * PX_SECOND;
    (void)pxi_send(b, hits, &out, PX_SEND_TO_ALL);
    return hits->list.len > 0 ? PX_MQTT_SUCCESS : PX_MQTT_NO_MATCHING_SUBSCRIBERS;
}

static uint64_t owner_of(px_broker *b, const px_broker_client *from)
{
    const px_session *s;

    if (!from->is_kept)
        return from->conn;
    s = pxi_session_by_conn(b, from->conn);
    return s ? pxi_session_owner(s) : from->conn;
}

/* Under the lock, for reading. */
static px_mqtt_reason route(px_broker *b, px_broker_client *from, const px_mqtt_publish *message,
                            px_mqtt_hits *hits, px_arena *arena, px_session_write *ret_write)
{
    const px_broker_tenant *t = pxi_tenant(b, from->who.tenant, false);

    if (t && px_mqtt_subs_match(t->subs, message->topic, owner_of(b, from), hits, NULL) != PX_OK)
        return PX_MQTT_QUOTA_EXCEEDED;
    if (message->retain && !has_room_for_retained(b, t, message))
        return PX_MQTT_QUOTA_EXCEEDED;
    if (message->retain || needs_receipt(from, message) || has_kept(b, hits, message->qos) ||
        has_some_in_journal(b, from))
        return journal(b, from, message, hits, arena, ret_write);
    return send_now(b, message, hits);
}

px_mqtt_reason px_broker_publish(px_broker *b, px_broker_client *from,
                                 const px_mqtt_publish *message, px_arena *arena,
                                 px_session_write *ret_write)
{
    px_mqtt_publish plain = *message;
    px_mqtt_hits hits = { 0 };
    px_buf props = { 0 };
    px_mqtt_reason reason = PX_MQTT_QUOTA_EXCEEDED;

    px_mqtt_put_props_forward(&props, message->props);
    plain.encoded_props = px_buf_str(&props);
    if (props.status == PX_OK) {
        pthread_rwlock_rdlock(&b->lock);
        reason = route(b, from, &plain, &hits, arena, ret_write);
        pthread_rwlock_unlock(&b->lock);
    }
    px_buf_release(&props);
    px_mqtt_hits_release(&hits);
    return reason;
}

bool px_broker_receipt(px_broker *b, const px_broker_client *from, const px_mqtt_publish *message,
                       px_arena *arena, px_session_write *ret_write)
{
    px_receipt_record r = { { b->boot, from->conn }, PX_RECEIPT_CAME, message->packet_id };
    px_buf body = { 0 };

    if (!needs_receipt(from, message))
        return false;
    *ret_write = (px_session_write){ .type = PX_EVENT_SESSION_RECEIPT,
                                     .unless = &from->gate->is_superseded };
    px_put_receipt(&body, &r);
    if (body.status == PX_OK)
        ret_write->body = px_arena_str(arena, px_buf_str(&body));
    px_buf_release(&body);
    return true;
}

void px_broker_tell(px_broker *b, uint32_t tenant, const px_mqtt_publish *message,
                    px_mqtt_hits *scratch)
{
    const px_broker_tenant *t;

    pthread_rwlock_rdlock(&b->lock);
    t = pxi_tenant(b, tenant, false);
    if (t && px_mqtt_subs_match(t->subs, message->topic, 0, scratch, NULL) == PX_OK)
        (void)pxi_send(b, scratch, message, PX_SEND_TO_ALL);
    pthread_rwlock_unlock(&b->lock);
}

bool px_broker_has_subscribers(px_broker *b, uint32_t tenant)
{
    const px_broker_tenant *t;
    bool any;

    pthread_rwlock_rdlock(&b->lock);
    t = pxi_tenant(b, tenant, false);
    any = t && px_mqtt_subs_count(t->subs) > 0;
    pthread_rwlock_unlock(&b->lock);
    return any;
}

bool px_broker_has_any_subscriber(px_broker *b)
{
    bool any = false;

    pthread_rwlock_rdlock(&b->lock);
    PX_VEC_EACH (&b->tenants, t)
        any = any || px_mqtt_subs_count(t->subs) > 0;
    pthread_rwlock_unlock(&b->lock);
    return any;
}
