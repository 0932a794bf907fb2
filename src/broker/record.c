/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading stand beside each other, in the order of the bytes (docs/formats/session.md).
 */
#include "broker/record.h"

#include "base/limits.h"
#include "mqtt/topic.h"

enum {
    FILTER_BYTES_LEAST = 5,
    ACK_BYTES_LEAST = 3,
    COPY_BYTES_LEAST = 3,
};

static px_status bad(const px_cut *cut, const char *what, px_err *ret_err)
{
    if (!cut->bad && px_cut_left(cut) == 0)
        return PX_OK;
    return px_fail_id(ret_err, PX_CORRUPT, "session.record", "the record of %s is malformed", what);
}

static uint16_t get_u16(px_cut *cut)
{
    uint64_t v = px_get_varint(cut);

    cut->bad = cut->bad || v > UINT16_MAX;
    return (uint16_t)v;
}

static bool get_flag(px_cut *cut)
{
    uint8_t v = px_get_u8(cut);

    cut->bad = cut->bad || v > 1;
    return v == 1;
}

size_t px_get_count(px_cut *cut, size_t bytes_least)
{
    uint64_t count = px_get_varint(cut);

    cut->bad = cut->bad || count > px_cut_left(cut) / bytes_least;
    return cut->bad ? 0 : (size_t)count;
}

/* ---- a message in memory ---- */

size_t px_letter_record_bytes(const px_letter_record *r)
{
    return r->topic.len + r->payload.len + r->props.len;
}

static px_str copy_into(char **at, px_str bytes)
{
    px_str copy = { *at, bytes.len };

    if (bytes.len)
        memcpy(*at, bytes.ptr, bytes.len);
    *at += bytes.len;
    return copy;
}

px_letter_record px_letter_record_copy(const px_letter_record *r, char *bytes)
{
    px_letter_record copy = *r;

    copy.topic = copy_into(&bytes, r->topic);
    copy.payload = copy_into(&bytes, r->payload);
    copy.props = copy_into(&bytes, r->props);
    return copy;
}

/* ---- parts ---- */

void px_put_peer(px_buf *buf, px_peer peer)
{
    px_put_u64(buf, peer.boot);
    px_put_u64(buf, peer.conn);
}

px_peer px_get_peer(px_cut *cut)
{
    px_peer peer;

    peer.boot = px_get_u64(cut);
    peer.conn = px_get_u64(cut);
    return peer;
}

/* PX_TIME_NONE is INT64_MIN, ten bytes long: shifted so that it is the cheap one */
void px_put_moment(px_buf *buf, px_time time)
{
    px_put_varint(buf, time == PX_TIME_NONE ? 0 : (uint64_t)time + 1);
}

px_time px_get_moment(px_cut *cut)
{
    uint64_t v = px_get_varint(cut);

    cut->bad = cut->bad || v > PX_MOMENT_MAX;
    return v == 0 ? PX_TIME_NONE : (px_time)v - 1;
}

static bool is_topic(px_str text)
{
    return px_mqtt_topic_check(text) == PX_MQTT_SUCCESS;
}

static void put_letter(px_buf *buf, const px_letter_record *r)
{
    px_put_u8(buf, (uint8_t)(r->qos | (r->retain ? 4 : 0)));
    px_put_moment(buf, r->expires);
    px_put_block(buf, r->props);
    px_put_block(buf, r->payload);
}

static px_letter_record get_letter(px_cut *cut)
{
    px_letter_record r = { 0 };
    uint8_t flags = px_get_u8(cut);

    r.qos = flags & 3;
    r.retain = (flags & 4) != 0;
    cut->bad = cut->bad || flags > 7 || r.qos > 2;
    r.expires = px_get_moment(cut);
    r.props = px_get_block(cut);
    r.payload = px_get_block(cut);
    return r;
}

void px_put_will(px_buf *buf, const px_will_record *will)
{
    px_put_block(buf, will->letter.topic);
    put_letter(buf, &will->letter);
    px_put_varint(buf, will->delay_s);
    px_put_varint(buf, will->expiry_s);
}

px_will_record px_get_will(px_cut *cut)
{
    px_will_record will;
    px_str topic = px_get_block(cut);

    will.letter = get_letter(cut);
    will.letter.topic = topic;
    will.delay_s = px_get_varint32(cut);
    will.expiry_s = px_get_varint32(cut);
    cut->bad = cut->bad || !is_topic(topic);
    return will;
}

/* qos in bits 0 and 1, no local 2, retain as published 3, retain handling 4 and 5 */
void px_put_filter(px_buf *buf, const px_filter_record *f)
{
    px_put_u8(buf, f->reason);
    px_put_u8(buf, (uint8_t)(f->qos | (f->no_local ? 4 : 0) | (f->retain_as_published ? 8 : 0) |
                             f->retain_handling << 4));
    px_put_varint(buf, f->id);
    px_put_block(buf, f->text);
    px_put_block(buf, f->share);
}

/* A refused one has no text: such may not even be UTF-8. */
static bool is_filter(const px_filter_record *f)
{
    if (f->reason != 0)
        return f->reason >= 0x80 && f->text.len == 0 && f->share.len == 0;
    return px_mqtt_filter_check(f->text) == PX_MQTT_SUCCESS && f->share.len <= PX_TOPIC_BYTES_MAX &&
           px_mqtt_utf8(f->share);
}

px_filter_record px_get_filter(px_cut *cut)
{
    px_filter_record f = { .reason = px_get_u8(cut) };
    uint8_t options = px_get_u8(cut);

    f.qos = options & 3;
    f.no_local = (options & 4) != 0;
    f.retain_as_published = (options & 8) != 0;
    f.retain_handling = options >> 4;
    f.id = px_get_varint32(cut);
    f.text = px_get_block(cut);
    f.share = px_get_block(cut);
    cut->bad = cut->bad || f.qos > 2 || f.retain_handling > 2 || !is_filter(&f);
    return f;
}

void px_put_ids(px_buf *buf, const uint32_t *ids, size_t count)
{
    px_put_varint(buf, count);
    for (size_t i = 0; i < count; i++)
        px_put_varint(buf, ids[i]);
}

px_status px_get_ids(px_cut *cut, px_arena *arena, uint32_t **ret_ids, size_t *ret_count,
                     px_err *ret_err)
{
    size_t count = px_get_count(cut, 1);
    uint32_t *ids = count ? PX_ARENA_ARRAY(arena, uint32_t, count) : NULL;

    if (count > 0 && !ids)
        return px_arena_fail(arena, ret_err);
    for (size_t i = 0; i < count; i++)
        ids[i] = px_get_varint32(cut);
    *ret_ids = ids;
    *ret_count = count;
    return PX_OK;
}

/* ---- OPEN ---- */

void px_put_open(px_buf *buf, const px_open_record *r)
{
    px_put_peer(buf, r->peer);
    px_put_varint(buf, r->scope);
    px_put_varint(buf, r->expiry_s);
    px_put_u8(buf, (uint8_t)((r->clean ? 1 : 0) | (r->has_will ? 2 : 0)));
    px_put_block(buf, r->credential);
    if (r->has_will)
        px_put_will(buf, &r->will);
    px_put_varint(buf, r->dropped_count);
    for (size_t i = 0; i < r->dropped_count; i++)
        px_put_block(buf, r->dropped[i]);
}

px_status px_get_open(px_str bytes, px_arena *arena, px_open_record *ret_r, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    px_open_record r = { .peer = px_get_peer(&cut) };
    uint8_t flags;
    size_t count;

    r.scope = px_get_varint32(&cut);
    r.expiry_s = px_get_varint32(&cut);
    flags = px_get_u8(&cut);
    r.clean = (flags & 1) != 0;
    r.has_will = (flags & 2) != 0;
    cut.bad = cut.bad || flags > 3;
    r.credential = px_get_block(&cut);
    if (r.has_will)
        r.will = px_get_will(&cut);
    count = px_get_count(&cut, 1);
    if (count > 0 && !(r.dropped = PX_ARENA_ARRAY(arena, px_str, count)))
        return px_arena_fail(arena, ret_err);
    for (; r.dropped_count < count; r.dropped_count++)
        r.dropped[r.dropped_count] = px_get_block(&cut);
    *ret_r = r;
    return bad(&cut, "an opened session", ret_err);
}

/* ---- CLOSE ---- */

void px_put_close(px_buf *buf, const px_close_record *r)
{
    px_put_peer(buf, r->peer);
    px_put_u8(buf, (uint8_t)((r->with_will ? 1 : 0) | (r->has_expiry ? 2 : 0)));
    px_put_varint(buf, r->expiry_s);
}

px_status px_get_close(px_str bytes, px_close_record *ret_r, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    px_close_record r = { .peer = px_get_peer(&cut) };
    uint8_t flags = px_get_u8(&cut);

    r.with_will = (flags & 1) != 0;
    r.has_expiry = (flags & 2) != 0;
    cut.bad = cut.bad || flags > 3;
    r.expiry_s = px_get_varint32(&cut);
    *ret_r = r;
    return bad(&cut, "a closed session", ret_err);
}

/* ---- SUBSCRIBE and UNSUBSCRIBE ---- */

void px_put_filters(px_buf *buf, const px_filters_record *r)
{
    px_put_peer(buf, r->peer);
    px_put_varint(buf, r->packet_id);
    px_put_varint(buf, r->count);
    for (size_t i = 0; i < r->count; i++)
        px_put_filter(buf, &r->filters[i]);
}

px_status px_get_filters(px_str bytes, px_arena *arena, px_filters_record *ret_r, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    px_filters_record r = { .peer = px_get_peer(&cut) };

    r.packet_id = get_u16(&cut);
    r.count = px_get_count(&cut, FILTER_BYTES_LEAST);
    if (r.count > 0 && !(r.filters = PX_ARENA_ARRAY(arena, px_filter_record, r.count)))
        return px_arena_fail(arena, ret_err);
    for (size_t i = 0; i < r.count; i++)
        r.filters[i] = px_get_filter(&cut);
    *ret_r = r;
    return bad(&cut, "subscriptions", ret_err);
}

/* ---- RECEIPT ---- */

void px_put_receipt(px_buf *buf, const px_receipt_record *r)
{
    px_put_peer(buf, r->peer);
    px_put_u8(buf, (uint8_t)r->kind);
    px_put_varint(buf, r->packet_id);
}

px_status px_get_receipt(px_str bytes, px_receipt_record *ret_r, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    px_receipt_record r = { .peer = px_get_peer(&cut) };
    uint8_t kind = px_get_u8(&cut);

    r.kind = (px_receipt_kind)kind;
    r.packet_id = get_u16(&cut);
    cut.bad = cut.bad || kind >= PX_RECEIPT_KINDS;
    *ret_r = r;
    return bad(&cut, "a receipt", ret_err);
}

/* ---- ACK ---- */

void px_put_acks(px_buf *buf, const px_ack_record *acks, size_t count)
{
    px_put_varint(buf, count);
    for (size_t i = 0; i < count; i++) {
        px_put_varint(buf, acks[i].session);
        px_put_varint(buf, acks[i].packet_id);
        px_put_u8(buf, acks[i].is_received);
    }
}

px_status px_get_acks(px_str bytes, px_arena *arena, px_ack_record **ret_acks, size_t *ret_count,
                      px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    size_t count = px_get_count(&cut, ACK_BYTES_LEAST);
    px_ack_record *acks = PX_ARENA_ARRAY(arena, px_ack_record, count + 1);

    if (!acks)
        return px_arena_fail(arena, ret_err);
    for (size_t i = 0; i < count; i++) {
        acks[i].session = px_get_varint(&cut);
        acks[i].packet_id = get_u16(&cut);
        acks[i].is_received = get_flag(&cut);
    }
    *ret_acks = acks;
    *ret_count = count;
    return bad(&cut, "acknowledgements", ret_err);
}

/* ---- MESSAGE ---- */

/* qos in bits 0 and 1, retain 2, a connection 3 */
static void put_copy(px_buf *buf, const px_copy_record *c)
{
    px_put_u8(buf, (uint8_t)(c->qos | (c->retain ? 4 : 0) | (c->is_conn ? 8 : 0)));
    px_put_varint(buf, c->to);
    px_put_ids(buf, c->ids, c->id_count);
}

static px_status get_copy(px_cut *cut, px_arena *arena, px_copy_record *ret_c, px_err *ret_err)
{
    uint8_t flags = px_get_u8(cut);

    ret_c->qos = flags & 3;
    ret_c->retain = (flags & 4) != 0;
    ret_c->is_conn = (flags & 8) != 0;
    cut->bad = cut->bad || flags > 15 || ret_c->qos > 2;
    ret_c->to = px_get_varint(cut);
    return px_get_ids(cut, arena, &ret_c->ids, &ret_c->id_count, ret_err);
}

void px_put_message(px_buf *buf, const px_message_record *r)
{
    px_put_peer(buf, r->peer);
    px_put_varint(buf, r->packet_id);
    put_letter(buf, &r->letter);
    px_put_varint(buf, r->copy_count);
    for (size_t i = 0; i < r->copy_count; i++)
        put_copy(buf, &r->copies[i]);
}

px_status px_get_message(px_str bytes, px_arena *arena, px_message_record *ret_r, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    px_message_record r = { .peer = px_get_peer(&cut) };

    r.packet_id = get_u16(&cut);
    r.letter = get_letter(&cut);
    r.copy_count = px_get_count(&cut, COPY_BYTES_LEAST);
    if (r.copy_count > 0 && !(r.copies = PX_ARENA_ARRAY(arena, px_copy_record, r.copy_count)))
        return px_arena_fail(arena, ret_err);
    for (size_t i = 0; i < r.copy_count; i++)
        PX_TRY(get_copy(&cut, arena, &r.copies[i], ret_err));
    *ret_r = r;
    return bad(&cut, "a message", ret_err);
}

/* ---- rows of messages ---- */

enum { LETTER_ROW_FORMAT = 1 };

void px_put_letter_row(px_buf *buf, const px_letter_record *r, px_time time, bool is_retained)
{
    px_put_u8(buf, LETTER_ROW_FORMAT);
    px_put_u8(buf, is_retained);
    px_put_moment(buf, time);
    px_put_block(buf, r->topic);
    put_letter(buf, r);
}

px_status px_get_letter_row(px_str bytes, px_letter_record *ret_r, px_time *ret_time,
                            bool *ret_is_retained, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    uint8_t format = px_get_u8(&cut);
    px_str topic;

    if (!cut.bad && format > LETTER_ROW_FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "session.format",
                          "a message row of format %u: a newer release wrote this file", format);
    cut.bad = cut.bad || format == 0;
    *ret_is_retained = get_flag(&cut);
    *ret_time = px_get_moment(&cut);
    topic = px_get_block(&cut);
    *ret_r = get_letter(&cut);
    ret_r->topic = topic;
    cut.bad = cut.bad || !is_topic(topic);
    return bad(&cut, "a kept message", ret_err);
}
