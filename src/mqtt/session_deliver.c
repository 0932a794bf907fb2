/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to the client.
 *
 * QoS 1 and 2 take a packet id and a place in the client's window until the client has answered:
 *
 *   QoS 1:  PUBLISH → owes PUBACK → done
 *   QoS 2:  PUBLISH → owes PUBREC → (the application's leave) → PUBREL → owes PUBCOMP → done
 *
 * What finds the window or the output full waits in the queue of session_queue.c.
 */
#include "mqtt/session_inner.h"
#include "mqtt/wire.h"

enum { EXPIRY_BYTES = 5, PUBREL_BYTES = 4 };

/* ---- the window ---- */

bool pxi_mqtt_sent_reserve(px_mqtt_session *s)
{
    if (!s->sent)
        s->sent = px_zalloc(PXI_MQTT_RING, sizeof(*s->sent));
    return s->sent != NULL;
}

static pxi_mqtt_sent *sent_at(const px_mqtt_session *s, size_t index)
{
    return &s->sent[(s->sent_first + index) % PXI_MQTT_RING];
}

pxi_mqtt_sent *pxi_mqtt_sent_find(px_mqtt_session *s, uint16_t packet_id)
{
    for (size_t i = 0; i < s->sent_count; i++)
        if (sent_at(s, i)->packet_id == packet_id)
            return sent_at(s, i);
    return NULL;
}

/* Most often the oldest: then nothing moves. */
void pxi_mqtt_sent_remove(px_mqtt_session *s, pxi_mqtt_sent *sent)
{
    size_t index = ((size_t)(sent - s->sent) + PXI_MQTT_RING - s->sent_first) % PXI_MQTT_RING;

    for (; index > 0; index--)
        *sent_at(s, index) = *sent_at(s, index - 1);
    s->sent_first = (uint16_t)((s->sent_first + 1) % PXI_MQTT_RING);
    s->sent_count--;
}

static void take_place(px_mqtt_session *s, uint16_t packet_id, pxi_mqtt_owes owes, uint32_t tag)
{
    *sent_at(s, s->sent_count++) =
        (pxi_mqtt_sent){ .tag = tag, .packet_id = packet_id, .owes = (uint8_t)owes };
}

/* There are at most PXI_MQTT_RING ids in use, so the loop is short. */
static uint16_t next_packet_id(px_mqtt_session *s)
{
    do {
        s->last_packet_id = (uint16_t)((s->last_packet_id + 1) | PX_MQTT_SESSION_IDS_FROM);
    } while (pxi_mqtt_sent_find(s, s->last_packet_id));
    return s->last_packet_id;
}

static bool fits_out(const px_mqtt_session *s, size_t size)
{
    return pxi_mqtt_backlog(s) + size <= s->opts.out_bytes_max;
}

/* What may expire does not grow old in the output of a client that does not read. */
bool pxi_mqtt_has_place(const px_mqtt_session *s, const px_mqtt_publish *m, size_t size)
{
    return s->sent_count < s->in_flight_max && fits_out(s, size) &&
           (m->expires_at_ns == 0 || pxi_mqtt_backlog(s) < PXI_MQTT_OUT_PAUSE_BYTES);
}

/* It must not wait for the window (section 4.9), only for room to remember it. */
bool pxi_mqtt_has_place_for_pubrel(const px_mqtt_session *s)
{
    return s->sent_count < PXI_MQTT_RING && fits_out(s, PUBREL_BYTES);
}

/* ---- writing ---- */

bool pxi_mqtt_is_expired(const px_mqtt_session *s, const px_mqtt_publish *m)
{
    return m->expires_at_ns != 0 && s->now_ns >= m->expires_at_ns;
}

size_t pxi_mqtt_size_of(const px_mqtt_session *s, const px_mqtt_publish *m)
{
    size_t more = m->expires_at_ns && s->version == PX_MQTT_V5 ? EXPIRY_BYTES : 0;

    return pxi_mqtt_publish_bytes_with(s->version, m, more);
}

/* To the nearest second, for the clock of who set the end may be a little ahead of ours, and no one
 * shall be told more than was asked for; but what is sent is good for one second at least. */
static size_t write_expiry(const px_mqtt_session *s, const px_mqtt_publish *m, char *out)
{
    int64_t left_s = (m->expires_at_ns - s->now_ns + PX_SECOND / 2) / PX_SECOND;
    uint32_t v = left_s < 1 ? 1 : left_s < UINT32_MAX ? (uint32_t)left_s : UINT32_MAX;

    *out++ = PX_MQTT_PROP_MESSAGE_EXPIRY;
    for (int shift = 24; shift >= 0; shift -= 8)
        *out++ = (char)(v >> shift);
    return EXPIRY_BYTES;
}

static size_t write_alias(uint16_t alias, char *out)
{
    if (alias == 0)
        return 0;
    *out++ = PX_MQTT_PROP_TOPIC_ALIAS;
    *out++ = (char)(alias >> 8);
    *out = (char)alias;
    return 3;
}

static void write_message(px_mqtt_session *s, px_mqtt_publish *m)
{
    char props[EXPIRY_BYTES + 3];
    size_t len = 0;

    if (s->version == PX_MQTT_V5 && m->expires_at_ns != 0)
        len = write_expiry(s, m, props);
    if (s->alias_out_max > 0)
        len += write_alias(pxi_mqtt_alias_out(s, m), props + len);
    pxi_mqtt_put_publish_with(pxi_mqtt_out(s, PX_MQTT_PUBLISH), s->version, m,
                              px_str_of(props, len));
}

/* One that is repeated while its PUBREL is out: its PUBREC came by an earlier connection, behind
 * the CONNECT of this one. The client may have forgotten its id already, and would take it for
 * another. */
static bool is_released(px_mqtt_session *s, const px_mqtt_publish *m)
{
    return m->dup && m->qos == 2 && pxi_mqtt_sent_find(s, m->packet_id);
}

void pxi_mqtt_write_numbered(px_mqtt_session *s, const px_mqtt_publish *message)
{
    px_mqtt_publish m = *message;

    if (is_released(s, &m))
        return;
    if (m.packet_id == 0)
        m.packet_id = next_packet_id(s);
    take_place(s, m.packet_id, m.qos == 2 ? PXI_MQTT_OWES_PUBREC : PXI_MQTT_OWES_PUBACK, m.tag);
    write_message(s, &m);
}

void pxi_mqtt_write_pubrel(px_mqtt_session *s, uint16_t packet_id)
{
    take_place(s, packet_id, PXI_MQTT_OWES_PUBCOMP, 0);
    px_mqtt_put_ack(pxi_mqtt_out(s, PX_MQTT_PUBREL), s->version, PX_MQTT_PUBREL, packet_id, 0);
}

/* ---- deliveries ---- */

px_status pxi_mqtt_too_slow(px_mqtt_session *s)
{
    pxi_mqtt_end(s, PX_MQTT_QUOTA_EXCEEDED, true);
    return PX_LIMIT;
}

void pxi_mqtt_drop(px_mqtt_session *s, const px_mqtt_publish *m, px_mqtt_counter *counter,
                   px_mqtt_reason reason)
{
    px_mqtt_count_add(counter, 1);
    if (m->packet_id != 0)
        (void)s->opts.app->acked(s->opts.ctx, m->packet_id,
                                 m->qos == 2 ? PX_MQTT_PUBREC : PX_MQTT_PUBACK, (uint8_t)reason);
}

/* In the order in which they came: behind what waits nothing is sent. */
static px_status deliver_numbered(px_mqtt_session *s, const px_mqtt_publish *m, size_t size)
{
    if (!pxi_mqtt_sent_reserve(s))
        return pxi_mqtt_too_slow(s);
    if (s->queue_count > 0 || !pxi_mqtt_has_place(s, m, size))
        return pxi_mqtt_enqueue(s, m);
    pxi_mqtt_write_numbered(s, m);
    return PX_OK;
}

static void write_unnumbered(px_mqtt_session *s, px_mqtt_publish *m)
{
    write_message(s, m);
    pxi_mqtt_arrived(s, m->tag);
}

px_status px_mqtt_session_deliver(px_mqtt_session *s, const px_mqtt_publish *message)
{
    px_mqtt_publish m = *message;
    px_status status = PX_OK;
    size_t size;

    if (s->state != PXI_MQTT_OPEN)
        return PX_NOT_FOUND;
    px_assert(m.packet_id < PX_MQTT_SESSION_IDS_FROM && m.qos <= 2);
    m.packet_id = m.qos ? m.packet_id : 0;
    m.dup = m.dup && m.packet_id != 0;
    size = pxi_mqtt_size_of(s, &m);
    if (size > s->client_packet_bytes_max || size > s->opts.packet_bytes_max)
        pxi_mqtt_drop(s, &m, &s->opts.counters->oversized_dropped, PX_MQTT_PACKET_TOO_LARGE);
    else if (pxi_mqtt_is_expired(s, &m))
        pxi_mqtt_drop(s, &m, &s->opts.counters->expired_dropped, PX_MQTT_IMPLEMENTATION_SPECIFIC);
    else if (m.qos > 0)
        status = deliver_numbered(s, &m, size);
    else if (fits_out(s, size))
        write_unnumbered(s, &m);
    else
        px_mqtt_count_add(&s->opts.counters->qos0_dropped, 1);
    pxi_mqtt_check_out(s);
    return status;
}
