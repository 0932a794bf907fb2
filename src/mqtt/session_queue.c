/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What finds the client's window or the output full waits here, oldest first:
 *
 *   record = head, topic, payload, encoded properties; a head of QoS 0 is a PUBREL that waits
 *
 * A record is written as a packet only when it leaves: only then its packet id, its alias and the
 * time that it is still good for are known.
 */
#include "mqtt/session_inner.h"

typedef struct record_head {
    int64_t expires_at_ns;
    uint32_t topic_bytes, payload_bytes, props_bytes, tag;
    uint16_t packet_id;
    uint8_t qos;
    bool retain : 1;
    bool dup : 1;
} record_head;

static size_t record_bytes(const record_head *head)
{
    return sizeof(*head) + head->topic_bytes + head->payload_bytes + head->props_bytes;
}

static record_head read_head(const char *record)
{
    record_head head;

    memcpy(&head, record, sizeof(head));
    return head;
}

static px_mqtt_publish message_of(const char *record, const record_head *head)
{
    const char *topic = record + sizeof(*head), *payload = topic + head->topic_bytes;

    return (px_mqtt_publish){ .topic = px_str_of(topic, head->topic_bytes),
                              .payload = px_str_of(payload, head->payload_bytes),
                              .encoded_props =
                                  px_str_of(payload + head->payload_bytes, head->props_bytes),
                              .expires_at_ns = head->expires_at_ns,
                              .tag = head->tag,
                              .packet_id = head->packet_id,
                              .qos = head->qos,
                              .retain = head->retain,
                              .dup = head->dup };
}

static void close_gap(px_mqtt_session *s)
{
    s->queue.len -= s->queue_start;
    memmove(s->queue.ptr, s->queue.ptr + s->queue_start, s->queue.len);
    s->queue_start = 0;
}

static bool has_room(const px_mqtt_session *s, size_t bytes)
{
    return s->queue_count < PX_MQTT_QUEUE_MESSAGES_MAX &&
           s->queue.len - s->queue_start + bytes <= PX_MQTT_QUEUE_BYTES_MAX;
}

/* Before a client is called too slow: what is good for nothing any more goes. */
static void drop_expired(px_mqtt_session *s)
{
    size_t kept = s->queue_start, at = s->queue_start;

    while (at < s->queue.len) {
        char *record = s->queue.ptr + at;
        record_head head = read_head(record);
        px_mqtt_publish m = message_of(record, &head);
        size_t bytes = record_bytes(&head);

        at += bytes;
        if (head.qos > 0 && pxi_mqtt_is_expired(s, &m)) {
            s->queue_count--;
            pxi_mqtt_drop(s, &m, &s->opts.counters->expired_dropped,
                          PX_MQTT_IMPLEMENTATION_SPECIFIC);
            continue;
        }
        memmove(s->queue.ptr + kept, record, bytes);
        kept += bytes;
    }
    s->queue.len = kept;
}

px_status pxi_mqtt_enqueue(px_mqtt_session *s, const px_mqtt_publish *m)
{
    bool with_props = s->version == PX_MQTT_V5;
    record_head head = { .expires_at_ns = m->expires_at_ns,
                         .topic_bytes = (uint32_t)m->topic.len,
                         .payload_bytes = (uint32_t)m->payload.len,
                         .props_bytes = with_props ? (uint32_t)m->encoded_props.len : 0,
                         .tag = m->tag,
                         .packet_id = m->packet_id,
                         .qos = m->qos,
                         .retain = m->retain,
                         .dup = m->dup };
    size_t bytes = record_bytes(&head);

    if (!has_room(s, bytes))
        drop_expired(s);
    if (!has_room(s, bytes))
        return pxi_mqtt_too_slow(s);
    if (s->queue_start > s->queue.len / 2)
        close_gap(s);
    if (!px_buf_reserve(&s->queue, bytes))
        return pxi_mqtt_too_slow(s);
    px_put(&s->queue, px_str_of((const char *)&head, sizeof(head)));
    px_put(&s->queue, m->topic);
    px_put(&s->queue, m->payload);
    if (with_props)
        px_put(&s->queue, m->encoded_props);
    s->queue_count++;
    return PX_OK;
}

/* True when the oldest record is done with. */
static bool move_one(px_mqtt_session *s, const record_head *head, const char *record)
{
    px_mqtt_publish m = message_of(record, head);

    if (m.qos == 0) {
        if (!pxi_mqtt_has_place_for_pubrel(s))
            return false;
        pxi_mqtt_write_pubrel(s, m.packet_id);
        return true;
    }
    if (pxi_mqtt_is_expired(s, &m)) {
        pxi_mqtt_drop(s, &m, &s->opts.counters->expired_dropped, PX_MQTT_IMPLEMENTATION_SPECIFIC);
        return true;
    }
    if (!pxi_mqtt_has_place(s, &m, pxi_mqtt_size_of(s, &m)))
        return false;
    pxi_mqtt_write_numbered(s, &m);
    return true;
}

void pxi_mqtt_pump(px_mqtt_session *s)
{
    while (s->queue_count > 0) {
        const char *record = s->queue.ptr + s->queue_start;
        record_head head = read_head(record);

        if (!move_one(s, &head, record))
            break;
        s->queue_start += record_bytes(&head);
        s->queue_count--;
    }
    if (s->queue_count == 0) {
        s->queue.len = s->queue_start = 0;
        pxi_mqtt_rest(&s->queue);
    }
    pxi_mqtt_check_out(s);
}
