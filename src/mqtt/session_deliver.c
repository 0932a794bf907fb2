/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to the client.
 *
 * QoS 1 takes a packet id and a place in the client's window; what finds the window or the output
 * full waits in the queue as an encoded packet without its id:
 *
 *   record = size of the packet (4 bytes, native), offset of its packet id (4 bytes), packet
 */
#include "mqtt/session_inner.h"

enum { RECORD_HEAD_BYTES = 8 };

static bool fits_out(const px_mqtt_session *s, size_t size)
{
    return pxi_mqtt_backlog(s) + size <= s->opts.out_bytes_max;
}

static size_t find_in_flight(const px_mqtt_session *s, uint16_t packet_id)
{
    for (size_t i = 0; i < s->in_flight_count; i++)
        if (s->in_flight[i] == packet_id)
            return i;
    return SIZE_MAX;
}

/* There are at most PX_MQTT_INFLIGHT_MAX ids in use, so the loop is short. */
static uint16_t take_packet_id(px_mqtt_session *s)
{
    do {
        s->last_packet_id++;
    } while (s->last_packet_id == 0 || find_in_flight(s, s->last_packet_id) != SIZE_MAX);
    s->in_flight[s->in_flight_count++] = s->last_packet_id;
    return s->last_packet_id;
}

static px_status too_slow(px_mqtt_session *s)
{
    pxi_mqtt_end(s, PX_MQTT_QUOTA_EXCEEDED, true);
    return PX_LIMIT;
}

/* Where the packet id stands: behind the fixed header and the topic. */
static uint32_t id_offset(size_t packet_bytes, const px_mqtt_publish *m, px_mqtt_version version)
{
    size_t props = version == PX_MQTT_V5 ? m->encoded_props.len : 0;
    size_t props_head = version == PX_MQTT_V5 ? (props < 128 ? 1 : props < 16384 ? 2 : 3) : 0;

    return (uint32_t)(packet_bytes - m->payload.len - props - props_head - 2);
}

static px_status enqueue(px_mqtt_session *s, const px_mqtt_publish *m, size_t size)
{
    px_mqtt_publish unnumbered = *m;
    uint32_t head[2] = { (uint32_t)size, id_offset(size, m, s->version) };

    if (s->queue_count == PX_MQTT_QUEUE_MESSAGES_MAX ||
        s->queue.len - s->queue_start + size + RECORD_HEAD_BYTES > PX_MQTT_QUEUE_BYTES_MAX)
        return too_slow(s);
    if (s->queue_start > s->queue.len / 2) {
        s->queue.len -= s->queue_start;
        memmove(s->queue.ptr, s->queue.ptr + s->queue_start, s->queue.len);
        s->queue_start = 0;
    }
    px_put(&s->queue, px_str_of((const char *)head, sizeof(head)));
    px_mqtt_put_publish(&s->queue, s->version, &unnumbered);
    if (s->queue.status != PX_OK)
        return too_slow(s);
    s->queue_count++;
    return PX_OK;
}

void pxi_mqtt_pump(px_mqtt_session *s)
{
    while (s->queue_count > 0 && s->in_flight_count < s->in_flight_max) {
        uint32_t head[2];
        char *packet = s->queue.ptr + s->queue_start + RECORD_HEAD_BYTES;
        uint16_t packet_id;

        memcpy(head, s->queue.ptr + s->queue_start, sizeof(head));
        if (!fits_out(s, head[0]))
            return;
        packet_id = take_packet_id(s);
        packet[head[1]] = (char)(packet_id >> 8);
        packet[head[1] + 1] = (char)packet_id;
        px_put(pxi_mqtt_out(s, PX_MQTT_PUBLISH), px_str_of(packet, head[0]));
        s->queue_start += RECORD_HEAD_BYTES + head[0];
        s->queue_count--;
    }
    if (s->queue_count == 0) {
        s->queue.len = s->queue_start = 0;
        pxi_mqtt_rest(&s->queue);
    }
    pxi_mqtt_check_out(s);
}

static px_status deliver_numbered(px_mqtt_session *s, const px_mqtt_publish *m, size_t size)
{
    px_mqtt_publish numbered = *m;

    if (!s->in_flight)
        s->in_flight = px_zalloc(s->in_flight_max, sizeof(*s->in_flight));
    if (!s->in_flight)
        return too_slow(s);
    if (s->queue_count > 0 || s->in_flight_count == s->in_flight_max || !fits_out(s, size))
        return enqueue(s, m, size);
    numbered.packet_id = take_packet_id(s);
    px_mqtt_put_publish(pxi_mqtt_out(s, PX_MQTT_PUBLISH), s->version, &numbered);
    return PX_OK;
}

px_status px_mqtt_session_deliver(px_mqtt_session *s, const px_mqtt_publish *message)
{
    px_mqtt_publish m = *message;
    px_status status = PX_OK;
    size_t size;

    if (s->state != PXI_MQTT_OPEN)
        return PX_NOT_FOUND;
    m.qos = m.qos ? 1 : 0;
    m.dup = false;
    size = px_mqtt_publish_bytes(s->version, &m);
    if (size > s->client_packet_bytes_max || size > s->opts.packet_bytes_max) {
        px_mqtt_count_add(&s->opts.counters->oversized_dropped, 1);
        return PX_OK;
    }
    if (m.qos == 1)
        status = deliver_numbered(s, &m, size);
    else if (fits_out(s, size))
        px_mqtt_put_publish(pxi_mqtt_out(s, PX_MQTT_PUBLISH), s->version, &m);
    else
        px_mqtt_count_add(&s->opts.counters->qos0_dropped, 1);
    pxi_mqtt_check_out(s);
    return status;
}

void pxi_mqtt_handle_puback(px_mqtt_session *s, const px_mqtt_frame *frame)
{
    px_mqtt_ack ack;
    px_mqtt_reason reason = px_mqtt_decode_ack(frame->body, s->version, PX_MQTT_PUBACK, &ack);
    size_t at;

    if (reason != PX_MQTT_SUCCESS) {
        pxi_mqtt_end(s, reason, true);
        return;
    }
    at = find_in_flight(s, ack.packet_id);
    if (at == SIZE_MAX) {
        px_mqtt_count_add(&s->opts.counters->acks_unasked, 1);
        return;
    }
    s->in_flight_count--;
    memmove(s->in_flight + at, s->in_flight + at + 1,
            (s->in_flight_count - at) * sizeof(*s->in_flight));
    pxi_mqtt_pump(s);
}
