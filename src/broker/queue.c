/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of a kept session. A place gets its packet id when it is made, from the state alone, so
 * that the journal leads to the same ids again; it is left when the receiver's answer is folded.
 *
 *   WAITING ──given──► SENT ──PUBREC folded──► RECEIVED (QoS 2)
 *                        └──PUBACK or PUBCOMP: acked at once, removed when that is folded
 */
#include "broker/internal.h"

px_entry *pxi_entry_find(px_session *s, uint16_t packet_id)
{
    PX_VEC_EACH (&s->queue, entry)
        if (entry->packet_id == packet_id)
            return entry;
    return NULL;
}

/* There are at most PX_MQTT_QUEUE_MESSAGES_MAX in use, so one is near. */
static uint16_t next_packet_id(px_session *s)
{
    do {
        s->last_packet_id = s->last_packet_id >= PXI_PACKET_ID_MAX ? 1 : s->last_packet_id + 1;
    } while (pxi_entry_find(s, s->last_packet_id));
    return s->last_packet_id;
}

/* Identifiers count: they stand in the session's row, which has a limit. */
static size_t bytes_of(const px_letter *letter, size_t id_count)
{
    return px_letter_record_bytes(&letter->record) + id_count * sizeof(uint32_t);
}

static size_t bytes_of_entry(const px_entry *entry)
{
    return bytes_of(entry->letter, entry->id_count);
}

/* The message itself is among what the tenant keeps already. */
static bool has_room(px_broker *b, const px_session *s, const px_letter *letter, size_t id_count)
{
    if (s->is_passing) /* retained messages are there whether they wait or not */
        return s->queue.len < PX_MQTT_RETAINED_WAITING_MAX;
    return pxi_tenant(b, s->tenant, false)->kept_bytes <= b->opts.kept_bytes_max &&
           s->queue.len < PX_MQTT_QUEUE_MESSAGES_MAX &&
           s->queue_bytes + bytes_of(letter, id_count) <= PX_MQTT_QUEUE_BYTES_MAX;
}

static void say_full(px_broker *b, const px_session *s)
{
    /* one line for the first, then for each thousandth: the counter has them all */
    uint64_t before = atomic_fetch_add_explicit(&b->queue_dropped, 1, memory_order_relaxed);

    if (before % 1000 == 0)
        px_log_warn(b->log, "mqtt.queue_full", "tenant=%u client='%.*s' messages=%zu bytes=%zu",
                    (unsigned)s->tenant, PX_FMT(s->client_id), s->queue.len, s->queue_bytes);
}

px_status pxi_queue_push(px_session *s, px_letter *letter, const px_copy_record *copy,
                         uint16_t packet_id, px_err *ret_err)
{
    px_entry entry = { .letter = letter,
                       .id_count = (uint32_t)copy->id_count,
                       .packet_id = packet_id,
                       .qos = copy->qos,
                       .retain = copy->retain };

    if (copy->id_count) {
        entry.ids = px_alloc(copy->id_count * sizeof(*entry.ids));
        if (!entry.ids)
            return px_no_memory(ret_err);
        memcpy(entry.ids, copy->ids, copy->id_count * sizeof(*entry.ids));
    }
    if (!PX_VEC_PUSH(&s->queue, entry)) {
        px_free(entry.ids);
        return px_no_memory(ret_err);
    }
    pxi_letter_ref(letter);
    s->queue_bytes += bytes_of_entry(&entry);
    return PX_OK;
}

/* What is dropped takes its packet id with it: whether there was room may have depended on when
 * expired messages were let go, and the ids of those behind it must not. */
px_status pxi_enqueue(px_broker *b, px_session *s, px_letter *letter, const px_copy_record *copy,
                      px_err *ret_err)
{
    uint16_t before = s->last_packet_id, packet_id = next_packet_id(s);
    px_status status = PX_OK;

    if (!has_room(b, s, letter, copy->id_count))
        pxi_queue_expire(b, s);
    if (!has_room(b, s, letter, copy->id_count))
        say_full(b, s);
    else
        status = pxi_queue_push(s, letter, copy, packet_id, ret_err);
    if (status != PX_OK)
        s->last_packet_id = before;
    return status;
}

void pxi_entry_free(px_broker *b, px_entry *entry)
{
    px_free(entry->ids);
    pxi_letter_unref(b, entry->letter);
}

/* What the window counts: given to this connection, its last answer still to come. */
static bool is_outstanding(const px_entry *entry)
{
    return entry->state != PX_ENTRY_WAITING && !entry->is_acked;
}

static void free_place(px_session *s, const px_entry *entry)
{
    if (s->outstanding == 0 || !is_outstanding(entry))
        return;
    s->outstanding--;
    s->outstanding_bytes -=
        bytes_of_entry(entry) < s->outstanding_bytes ? bytes_of_entry(entry) : s->outstanding_bytes;
}

void pxi_entry_remove(px_broker *b, px_session *s, px_entry *entry)
{
    size_t at = (size_t)(entry - s->queue.ptr);

    free_place(s, entry);
    s->queue_bytes -= bytes_of_entry(entry);
    pxi_entry_free(b, entry);
    s->queue.len--;
    memmove(entry, entry + 1, (s->queue.len - at) * sizeof(*entry));
}

static bool window_is_open(const px_session *s, const px_entry *entry)
{
    return s->outstanding < PX_MQTT_INFLIGHT_MAX &&
           (s->outstanding == 0 ||
            s->outstanding_bytes + bytes_of_entry(entry) <= PX_MQTT_QUEUE_BYTES_MAX / 2);
}

static void give(px_broker *b, px_session *s, px_entry *entry)
{
    px_mqtt_publish message;

    s->outstanding++;
    s->outstanding_bytes += bytes_of_entry(entry);
    if (entry->state == PX_ENTRY_RECEIVED) {
        b->opts.app.release(b->opts.app.ctx, s->peer.conn, entry->packet_id);
        return;
    }
    message = pxi_letter_publish(b, &entry->letter->record);
    pxi_send_one(b, s->peer.conn, &message, entry->qos, entry->retain, entry->ids, entry->id_count,
                 entry->packet_id, entry->was_sent);
    entry->state = PX_ENTRY_SENT;
    entry->was_sent = true;
}

void pxi_queue_expire(px_broker *b, px_session *s)
{
    for (size_t i = s->queue.len; i-- > 0;) {
        px_entry *entry = &s->queue.ptr[i];

        /* what was sent is the receiver's to answer */
        if (entry->state != PX_ENTRY_WAITING || entry->was_sent ||
            !pxi_letter_is_over(entry->letter, b->now))
            continue;
        atomic_fetch_add_explicit(&b->expired, 1, memory_order_relaxed);
        pxi_entry_remove(b, s, entry);
        pxi_session_touch(b, s, 0); /* or its row would name a message that has none any more */
    }
}

void pxi_pump(px_broker *b, px_session *s)
{
    if (!s->is_online || s->peer.boot != b->boot)
        return;
    PX_VEC_EACH (&s->queue, entry) {
        if (entry->state != PX_ENTRY_WAITING || entry->is_acked)
            continue;
        if (!window_is_open(s, entry))
            return;
        give(b, s, entry);
    }
}

void pxi_entry_ack(px_session *s, px_entry *entry)
{
    free_place(s, entry);
    entry->is_acked = true;
}

void pxi_queue_resume(px_broker *b, px_session *s)
{
    PX_VEC_EACH (&s->queue, entry)
        if (entry->state == PX_ENTRY_RECEIVED && !entry->is_acked)
            give(b, s, entry);
    pxi_pump(b, s);
}

void pxi_queue_was_sent(px_session *s)
{
    for (size_t i = 0; i < s->queue.len && i < PX_MQTT_INFLIGHT_MAX; i++)
        s->queue.ptr[i].was_sent = true;
}

/* RECEIVED stays what it is; the rest is sent again. */
void pxi_queue_rewind(px_session *s)
{
    s->outstanding = 0;
    s->outstanding_bytes = 0;
    PX_VEC_EACH (&s->queue, entry)
        if (entry->state == PX_ENTRY_SENT)
            entry->state = PX_ENTRY_WAITING;
}
