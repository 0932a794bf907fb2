/* SPDX-License-Identifier: Apache-2.0 */
/* A message of the journal: kept, put into queues, given to whoever is connected. */
#include "broker/internal.h"

static px_status enqueue_copies(px_broker *b, const px_event *event, const px_message_record *r,
                                px_letter *letter, px_err *ret_err)
{
    for (size_t i = 0; i < r->copy_count; i++) {
        const px_copy_record *copy = &r->copies[i];
        px_session *s = copy->is_conn ? NULL : pxi_session_by_no(b, copy->to);

        if (s && !s->is_ghost && !pxi_is_in(s, event))
            PX_TRY(pxi_enqueue(b, s, letter, copy, ret_err));
    }
    for (size_t i = 0; i < r->copy_count; i++) { /* behind all: one session may get several */
        px_session *s = r->copies[i].is_conn ? NULL : pxi_session_by_no(b, r->copies[i].to);

        if (!s || s->is_ghost || pxi_is_in(s, event))
            continue;
        pxi_session_touch(b, s, event->seq);
        pxi_pump(b, s);
    }
    return PX_OK;
}

static bool has_copy(const px_message_record *r, uint64_t no)
{
    for (size_t i = 0; i < r->copy_count; i++)
        if (!r->copies[i].is_conn && r->copies[i].to == no)
            return true;
    return false;
}

/* A retained message is also for who subscribed after its recipients were decided, and before it
 * was committed: its SUBSCRIBE saw the one before. */
static px_status enqueue_late(px_broker *b, const px_event *event, const px_message_record *r,
                              px_letter *letter, px_err *ret_err)
{
    px_broker_tenant *t = pxi_tenant(b, event->tenant, false);
    px_session *sender = pxi_session_by_peer(b, r->peer);

    if (!t)
        return PX_OK;
    PX_TRY(px_mqtt_subs_match(t->subs, r->letter.topic, sender ? pxi_session_owner(sender) : 0,
                              &b->hits, ret_err));
    PX_VEC_EACH (&b->hits.list, hit) {
        px_session *s =
            hit->owner & PXI_OWNER_SESSION ? b->sessions.ptr[hit->owner & UINT32_MAX] : NULL;
        px_copy_record copy = { .qos = hit->qos < r->letter.qos ? hit->qos : r->letter.qos,
                                .retain = hit->retain_as_published,
                                .id_count = hit->id_count };

        if (!s || copy.qos == 0 || pxi_is_in(s, event) || has_copy(r, s->no))
            continue;
        copy.ids = hit->id_count ? b->hits.ids.ptr + hit->id_at : NULL;
        PX_TRY(pxi_enqueue(b, s, letter, &copy, ret_err));
        pxi_session_touch(b, s, event->seq);
        pxi_pump(b, s);
    }
    return PX_OK;
}

/* To whoever is connected and keeps nothing of it. */
static px_status send_live(px_broker *b, uint32_t tenant, const px_message_record *r,
                           px_err *ret_err)
{
    px_broker_tenant *t = pxi_tenant(b, tenant, false);
    px_mqtt_publish message = pxi_letter_publish(b, &r->letter);
    px_session *sender = pxi_session_by_peer(b, r->peer);

    if (!t)
        return PX_OK;
    PX_TRY(
        px_mqtt_subs_match(t->subs, r->letter.topic,
                           sender && !sender->is_passing ? pxi_session_owner(sender) : r->peer.conn,
                           &b->hits, ret_err));
    (void)pxi_send(b, &b->hits, &message, PX_SEND_TO_LIVE);
    for (size_t i = 0; i < r->copy_count; i++) {
        const px_copy_record *c = &r->copies[i];

        if (c->is_conn)
            pxi_send_one(b, c->to, &message, c->qos, c->retain, c->ids, c->id_count, 0, false);
    }
    b->opts.app.wake(b->opts.app.ctx);
    return PX_OK;
}

static px_status keep(px_broker *b, const px_event *event, const px_message_record *r,
                      px_err *ret_err)
{
    bool clears = r->letter.retain && r->letter.payload.len == 0;
    px_letter *letter;
    px_status status = PX_OK;

    if (r->copy_count == 0 && !r->letter.retain)
        return PX_OK;
    letter = pxi_letter_keep(b, event->tenant, event->seq, event->time, &r->letter);
    if (!letter)
        return px_no_memory(ret_err);
    pxi_letter_ref(letter); /* ours, until the end of this */
    if (r->letter.retain)
        status = pxi_retain(b, event->tenant, r->letter.topic, clears ? NULL : letter, ret_err);
    if (status == PX_OK)
        status = enqueue_copies(b, event, r, letter, ret_err);
    if (status == PX_OK && r->letter.retain)
        status = enqueue_late(b, event, r, letter, ret_err);
    pxi_letter_unref(b, letter);
    return status;
}

px_status pxi_fold_message(px_broker *b, const px_event *event, px_err *ret_err)
{
    px_message_record r;
    px_session *sender;

    PX_TRY(px_get_message(event->body, &b->arena, &r, ret_err));
    r.letter.topic = event->id;
    sender = r.packet_id ? pxi_session_by_peer(b, r.peer) : NULL;
    if (sender && !pxi_is_in(sender, event)) {
        PX_TRY(pxi_session_receive(sender, r.packet_id, ret_err));
        pxi_session_touch(b, sender, event->seq);
    }
    PX_TRY(keep(b, event, &r, ret_err));
    return pxi_is_live(b, r.peer) ? send_live(b, event->tenant, &r, ret_err) : PX_OK;
}
