/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session and a message as one row each (docs/formats/session.md), and back. What is read may be
 * any bytes: it is malformed, or it is a session that could have been written.
 */
#include "broker/internal.h"

enum { SESSION_ROW_FORMAT = 1 };

/* ---- a session's row ---- */

/* online in bit 0, ghost 1, will 2 */
static uint8_t flags_of(const px_session *s)
{
    return (uint8_t)((s->is_online ? 1 : 0) | (s->is_ghost ? 2 : 0) | (s->has_will ? 4 : 0));
}

/* qos in bits 0 and 1, retain 2, received 3, sent 4 */
static void put_entry(px_buf *buf, const px_entry *e)
{
    px_put_varint(buf, e->letter->seq);
    px_put_varint(buf, e->packet_id);
    px_put_u8(buf, (uint8_t)(e->qos | (e->retain ? 4 : 0) |
                             (e->state == PX_ENTRY_RECEIVED ? 8 : 0) | (e->was_sent ? 16 : 0)));
    px_put_ids(buf, e->ids, e->id_count);
}

void pxi_session_put_row(px_buf *buf, const px_session *s)
{
    px_put_u8(buf, SESSION_ROW_FORMAT);
    px_put_u8(buf, flags_of(s));
    px_put_block(buf, s->client_id);
    px_put_varint(buf, s->scope);
    px_put_block(buf, s->credential);
    px_put_varint(buf, s->expiry_s);
    px_put_peer(buf, s->peer);
    px_put_moment(buf, s->closed_at);
    px_put_moment(buf, s->will_at);
    px_put_varint(buf, s->last_packet_id);
    if (s->has_will)
        px_put_will(buf, &s->will);
    px_put_varint(buf, s->filters.len);
    PX_VEC_EACH (&s->filters, f)
        px_put_filter(buf, f);
    px_put_varint(buf, s->received.len);
    PX_VEC_EACH (&s->received, id)
        px_put_varint(buf, *id);
    px_put_varint(buf, s->queue.len);
    PX_VEC_EACH (&s->queue, e)
        put_entry(buf, e);
}

/* What would not have been let in cannot be in a row. */
static px_status load_filter(px_broker *b, px_session *s, const px_filter_record *f, px_cut *cut,
                             px_err *ret_err)
{
    bool is_new;
    px_status status;

    if (f->reason != 0 || !pxi_session_has_place(s, f)) {
        cut->bad = true;
        return PX_OK;
    }
    status = pxi_filter_add(b, s->tenant, pxi_session_owner(s), f, &is_new, ret_err);
    if (status == PX_LIMIT) {
        cut->bad = true;
        return PX_OK;
    }
    PX_TRY(status);
    return pxi_session_keep_filter(s, f) ? PX_OK : px_no_memory(ret_err);
}

static px_status load_filters(px_broker *b, px_session *s, px_cut *cut, px_err *ret_err)
{
    size_t count = px_get_count(cut, 5);

    for (size_t i = 0; i < count && !cut->bad; i++) {
        px_filter_record f = px_get_filter(cut);

        if (!cut->bad)
            PX_TRY(load_filter(b, s, &f, cut, ret_err));
    }
    return PX_OK;
}

/* A packet id from 1 to `max`. */
static uint16_t get_packet_id(px_cut *cut, uint16_t max)
{
    uint64_t v = px_get_varint(cut);

    cut->bad = cut->bad || v == 0 || v > max;
    return (uint16_t)v;
}

static px_status load_received(px_session *s, px_cut *cut, px_err *ret_err)
{
    size_t count = px_get_count(cut, 1);

    cut->bad = cut->bad || count > PX_MQTT_INFLIGHT_MAX;
    for (size_t i = 0; i < count && !cut->bad; i++)
        if (!PX_VEC_PUSH(&s->received, get_packet_id(cut, UINT16_MAX)))
            return px_no_memory(ret_err);
    return PX_OK;
}

static px_status load_entry(px_broker *b, px_session *s, px_cut *cut, px_err *ret_err)
{
    px_letter *letter = pxi_letter_find(b, px_get_varint(cut));
    uint16_t packet_id = get_packet_id(cut, PXI_PACKET_ID_MAX);
    uint8_t flags = px_get_u8(cut);
    px_copy_record copy = { .qos = flags & 3, .retain = (flags & 4) != 0 };
    px_entry *e;

    cut->bad =
        cut->bad || flags > 31 || copy.qos == 0 || copy.qos > 2 || ((flags & 8) && copy.qos < 2);
    PX_TRY(px_get_ids(cut, &b->arena, &copy.ids, &copy.id_count, ret_err));
    if (cut->bad)
        return PX_OK;
    if (!letter || letter->tenant != s->tenant)
        return px_fail_id(ret_err, PX_CORRUPT, "session.message",
                          "session %llu refers to a message that has no row",
                          (unsigned long long)s->no);
    PX_TRY(pxi_queue_push(s, letter, &copy, packet_id, ret_err));
    e = &s->queue.ptr[s->queue.len - 1];
    e->state = flags & 8 ? PX_ENTRY_RECEIVED : PX_ENTRY_WAITING;
    e->was_sent = (flags & 16) != 0;
    return PX_OK;
}

static px_status load_queue(px_broker *b, px_session *s, px_cut *cut, px_err *ret_err)
{
    size_t count = px_get_count(cut, 4);

    cut->bad = cut->bad || count > PX_MQTT_QUEUE_MESSAGES_MAX;
    for (size_t i = 0; i < count && !cut->bad; i++)
        PX_TRY(load_entry(b, s, cut, ret_err));
    return PX_OK;
}

static px_status load_head(px_broker *b, const px_fold *row, px_cut *cut, px_session **ret_s,
                           px_err *ret_err)
{
    uint8_t flags = px_get_u8(cut);
    px_str client_id = px_get_block(cut), credential;
    uint64_t scope = px_get_varint(cut), expiry_s, last_packet_id;
    px_will_record will;
    px_session *s;

    if (flags & 2)
        client_id = (px_str){ NULL, 0 };
    s = pxi_session_make(b, (uint32_t)row->key.a, (uint64_t)row->key.b, (uint32_t)scope, client_id);
    credential = px_get_block(cut);
    if (!s || !pxi_text_copy(&s->credential, credential))
        return px_no_memory(ret_err);
    s->is_online = (flags & 1) != 0;
    expiry_s = px_get_varint(cut);
    s->expiry_s = (uint32_t)expiry_s;
    if (!pxi_session_set_peer(b, s, px_get_peer(cut)))
        return px_no_memory(ret_err);
    s->closed_at = px_get_moment(cut);
    s->will_at = px_get_moment(cut);
    last_packet_id = px_get_varint(cut);
    s->last_packet_id = (uint16_t)last_packet_id;
    cut->bad = cut->bad || flags > 7 || (flags & 3) == 3 || last_packet_id > PXI_PACKET_ID_MAX ||
               scope > UINT32_MAX || expiry_s > UINT32_MAX ||
               (!s->is_online && s->closed_at == PX_TIME_NONE) ||
               (s->will_at != PX_TIME_NONE && !(flags & 4));
    if (flags & 4) {
        px_time will_at = s->will_at;

        will = px_get_will(cut);
        if (!cut->bad && !pxi_session_set_will(s, &will))
            return px_no_memory(ret_err);
        s->will_at = will_at;
    }
    s->is_stored = true;
    s->seq = row->seq;
    *ret_s = s;
    return PX_OK;
}

px_status pxi_session_load(void *data, const px_fold *row, px_err *ret_err)
{
    px_broker *b = data;
    px_cut cut = px_cut_of(row->body);
    uint8_t format = px_get_u8(&cut);
    px_session *s;

    if (!cut.bad && format > SESSION_ROW_FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "session.format",
                          "a session row of format %u: a newer release wrote this file", format);
    cut.bad = cut.bad || format == 0;
    px_arena_reset(&b->arena);
    PX_TRY(load_head(b, row, &cut, &s, ret_err));
    PX_TRY(load_filters(b, s, &cut, ret_err));
    PX_TRY(load_received(s, &cut, ret_err));
    PX_TRY(load_queue(b, s, &cut, ret_err));
    if (!cut.bad && px_cut_left(&cut) == 0)
        return PX_OK;
    return px_fail_id(ret_err, PX_CORRUPT, "session.row", "the row of session %lld is malformed",
                      (long long)row->key.b);
}

/* ---- messages ---- */

px_status pxi_letter_load(void *data, const px_fold *row, px_err *ret_err)
{
    px_broker *b = data;
    px_letter_record r;
    px_letter *letter;
    bool is_retained;
    px_time time;

    PX_TRY(px_get_letter_row(row->body, &r, &time, &is_retained, ret_err));
    letter = pxi_letter_keep(b, (uint32_t)row->key.a, (uint64_t)row->key.b, time, &r);
    if (!letter)
        return px_no_memory(ret_err);
    letter->is_stored = true;
    b->dirty_letters -= letter->is_dirty;
    letter->is_dirty = false;
    if (!is_retained || letter->seq > b->saved_position)
        return PX_OK;
    /* in order of their positions: of two for one topic the later one holds */
    PX_TRY(pxi_retain(b, letter->tenant, r.topic, letter, ret_err));
    b->dirty_letters -= letter->is_dirty;
    letter->is_dirty = false;
    return PX_OK;
}

void pxi_letters_drop_unused(px_broker *b)
{
    PX_VEC_EACH (&b->letters, letter)
        if (*letter && (*letter)->refs == 0)
            pxi_letter_unref(b, *letter);
}
