/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to connections. Receivers who get the same bytes (QoS, retain, no identifiers) share one
 * call; who gave its subscription an identifier has one of its own.
 */
#include <stdlib.h>

#include "broker/internal.h"

enum { CONNS_AT_ONCE = 256, VARIANTS = 6 };

/* Those who get the same. */
typedef struct crowd {
    uint64_t conns[CONNS_AT_ONCE];
    size_t count;
} crowd;

typedef struct sending {
    px_broker *b;
    const px_mqtt_publish *message;
    px_send_to to;
    crowd crowds[VARIANTS]; /* qos * 2 + retain */
    size_t sent;
} sending;

static void deliver(px_broker *b, const uint64_t *conns, size_t count,
                    const px_mqtt_publish *message)
{
    b->opts.app.deliver(b->opts.app.ctx, conns, count, message);
    atomic_fetch_add_explicit(&b->deliveries, count, memory_order_relaxed);
}

static void flush(sending *s, unsigned variant)
{
    px_mqtt_publish message = *s->message;
    crowd *c = &s->crowds[variant];

    if (c->count == 0)
        return;
    message.qos = (uint8_t)(variant / 2);
    message.retain = variant % 2;
    message.packet_id = 0;
    message.dup = false;
    deliver(s->b, c->conns, c->count, &message);
    s->sent += c->count;
    c->count = 0;
}

void pxi_send_one(px_broker *b, uint64_t conn, const px_mqtt_publish *message, uint8_t qos,
                  bool retain, const uint32_t *ids, size_t id_count, uint16_t packet_id, bool dup)
{
    px_mqtt_publish out = *message;
    px_buf props = { 0 };

    out.qos = qos;
    out.retain = retain;
    out.packet_id = packet_id;
    out.dup = dup;
    if (id_count > 0) {
        px_put(&props, message->encoded_props);
        for (size_t i = 0; i < id_count; i++)
            px_mqtt_put_prop_u32(&props, PX_MQTT_PROP_SUBSCRIPTION_ID, ids[i]);
        out.encoded_props = px_buf_str(&props);
    }
    if (props.status == PX_OK)
        deliver(b, &conn, 1, &out);
    px_buf_release(&props);
}

static void send_to(sending *s, uint64_t conn, uint8_t qos, bool retain_as_published,
                    const uint32_t *ids, size_t id_count)
{
    bool retain = retain_as_published && s->message->retain;
    unsigned variant = qos * 2u + retain;

    if (id_count > 0) {
        pxi_send_one(s->b, conn, s->message, qos, retain, ids, id_count, 0, false);
        s->sent++;
        return;
    }
    if (s->crowds[variant].count == CONNS_AT_ONCE)
        flush(s, variant);
    s->crowds[variant].conns[s->crowds[variant].count++] = conn;
}

static uint8_t lower(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* Sessions of the journal: by their queue, unless nobody has to answer. */
static void send_to_session(sending *s, uint64_t owner, uint8_t qos, bool retain_as_published,
                            const uint32_t *ids, size_t id_count)
{
    const px_session *session = s->b->sessions.ptr[owner & UINT32_MAX];

    if (!session || !session->is_online || session->peer.boot != s->b->boot)
        return;
    if (s->to == PX_SEND_TO_ALL || qos == 0)
        send_to(s, session->peer.conn, qos, retain_as_published, ids, id_count);
}

static void send_to_owner(sending *s, uint64_t owner, uint8_t wanted, bool retain_as_published,
                          const uint32_t *ids, size_t id_count)
{
    uint8_t qos = lower(wanted, s->message->qos);

    if (owner & PXI_OWNER_SESSION)
        send_to_session(s, owner, qos, retain_as_published, ids, id_count);
    else
        send_to(s, owner, qos, retain_as_published, ids, id_count);
}

static void send_to_group(sending *s, uint64_t owner)
{
    px_member m;

    if (s->to == PX_SEND_TO_ALL && pxi_group_pick(s->b, owner, &m))
        send_to_owner(s, m.owner, m.qos, m.retain_as_published, &m.id, m.id != 0);
}

size_t pxi_send(px_broker *b, const px_mqtt_hits *hits, const px_mqtt_publish *message,
                px_send_to to)
{
    sending s; /* its places are written before they are read, and many */

    s.b = b;
    s.message = message;
    s.to = to;
    s.sent = 0;
    for (unsigned variant = 0; variant < VARIANTS; variant++)
        s.crowds[variant].count = 0;
    PX_VEC_EACH (&hits->list, hit) {
        if (hit->owner & PXI_OWNER_GROUP)
            send_to_group(&s, hit->owner);
        else
            send_to_owner(&s, hit->owner, hit->qos, hit->retain_as_published,
                          hits->ids.ptr ? hits->ids.ptr + hit->id_at : NULL, hit->id_count);
    }
    for (unsigned variant = 0; variant < VARIANTS; variant++)
        flush(&s, variant);
    return s.sent;
}

/* ---- retained messages to a fresh subscription ---- */

/* In the order in which they were published: that of the tree hangs on its past, and packet ids are
 * given in this order whenever the event is folded. */
typedef struct fresh {
    px_broker *b;
    px_session *session; /* NULL: none yet */
    uint64_t conn;
    const px_filter_record *filter;
    PX_VEC(px_letter *) found;
} fresh;

static px_status find_one_retained(void *data, uint32_t slot, px_err *ret_err)
{
    fresh *f = data;

    return PX_VEC_PUSH(&f->found, f->b->letters.ptr[slot]) ? PX_OK : px_no_memory(ret_err);
}

static int compare_letters(const void *a, const void *b)
{
    const px_letter *x = *(px_letter *const *)a, *y = *(px_letter *const *)b;

    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static px_status send_one_retained(fresh *f, px_letter *letter, px_err *ret_err)
{
    px_broker *b = f->b;
    px_copy_record copy = { .retain = true };
    uint32_t id = f->filter->id;
    px_mqtt_publish message;

    if (pxi_letter_is_over(letter, b->now))
        return PX_OK;
    copy.qos = lower(f->filter->qos, letter->record.qos);
    copy.ids = &id;
    copy.id_count = id != 0;
    if (copy.qos > 0 && !f->session)
        f->session = pxi_session_passing(b, letter->tenant, f->conn);
    if (copy.qos > 0 && !f->session)
        return px_no_memory(ret_err);
    if (copy.qos > 0)
        return pxi_enqueue(b, f->session, letter, &copy, ret_err);
    if (!f->conn)
        return PX_OK;
    message = pxi_letter_publish(b, &letter->record);
    pxi_send_one(b, f->conn, &message, copy.qos, true, &id, id != 0, 0, false);
    return PX_OK;
}

px_status pxi_send_retained(px_broker *b, uint32_t tenant, uint64_t conn, px_session *s,
                            const px_filter_record *f, px_err *ret_err)
{
    px_broker_tenant *t = pxi_tenant(b, tenant, false);
    fresh to = { .b = b, .session = s, .conn = conn, .filter = f };
    px_status status;

    if (!t || f->share.len)
        return PX_OK;
    status = px_retained_walk(t->retained, f->text, find_one_retained, &to, ret_err);
    if (to.found.len > 0)
        qsort(to.found.ptr, to.found.len, sizeof(*to.found.ptr), compare_letters);
    for (size_t i = 0; i < to.found.len && status == PX_OK; i++)
        status = send_one_retained(&to, to.found.ptr[i], ret_err);
    PX_VEC_RELEASE(&to.found);
    if (!s && to.session)
        pxi_pump(b, to.session);
    return status;
}
