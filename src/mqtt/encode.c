/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes control packets: the size of the body is known before its first byte is written, so every
 * packet goes straight into the output buffer.
 */
#include "mqtt/packet.h"
#include "mqtt/wire.h"

static void put_header(px_buf *buf, px_mqtt_type type, unsigned flags, size_t body_bytes)
{
    px_put_char(buf, (char)((unsigned)type << 4 | flags));
    pxi_mqtt_put_varint(buf, body_bytes);
}

/* The bytes that properties with their length take; none in 3.1.1. */
static size_t props_bytes(unsigned version, px_str encoded)
{
    return version == PX_MQTT_V5 ? pxi_mqtt_varint_bytes(encoded.len) + encoded.len : 0;
}

static void put_props(px_buf *buf, unsigned version, px_str encoded)
{
    if (version != PX_MQTT_V5)
        return;
    pxi_mqtt_put_varint(buf, encoded.len);
    px_put(buf, encoded);
}

static uint8_t connect_flags(const px_mqtt_connect *c)
{
    unsigned flags = 0;

    flags |= c->clean_start ? 0x02u : 0;
    flags |= c->has_will ? 0x04u | (unsigned)c->will.qos << 3 : 0;
    flags |= c->has_will && c->will.retain ? 0x20u : 0;
    flags |= c->has_password ? 0x40u : 0;
    flags |= c->has_user ? 0x80u : 0;
    return (uint8_t)flags;
}

void px_mqtt_put_connect(px_buf *buf, const px_mqtt_connect *c, px_str encoded_props,
                         px_str encoded_will_props)
{
    size_t bytes = 10 + props_bytes(c->version, encoded_props) + 2 + c->client_id.len;

    if (c->has_will)
        bytes += props_bytes(c->version, encoded_will_props) + 4 + c->will.topic.len +
                 c->will.payload.len;
    bytes += c->has_user ? 2 + c->user.len : 0;
    bytes += c->has_password ? 2 + c->password.len : 0;
    put_header(buf, PX_MQTT_CONNECT, 0, bytes);
    pxi_mqtt_put_binary(buf, PX_STR("MQTT"));
    px_put_char(buf, (char)c->version);
    px_put_char(buf, (char)connect_flags(c));
    pxi_mqtt_put_u16(buf, c->keep_alive_s);
    put_props(buf, c->version, encoded_props);
    pxi_mqtt_put_binary(buf, c->client_id);
    if (c->has_will) {
        put_props(buf, c->version, encoded_will_props);
        pxi_mqtt_put_binary(buf, c->will.topic);
        pxi_mqtt_put_binary(buf, c->will.payload);
    }
    if (c->has_user)
        pxi_mqtt_put_binary(buf, c->user);
    if (c->has_password)
        pxi_mqtt_put_binary(buf, c->password);
}

void px_mqtt_put_connack(px_buf *buf, px_mqtt_version version, bool session_present, uint8_t reason,
                         px_str encoded_props)
{
    put_header(buf, PX_MQTT_CONNACK, 0, 2 + props_bytes(version, encoded_props));
    px_put_char(buf, session_present ? 1 : 0);
    px_put_char(buf, (char)reason);
    put_props(buf, version, encoded_props);
}

static size_t publish_body_bytes(px_mqtt_version version, const px_mqtt_publish *p,
                                 size_t more_bytes)
{
    size_t props = more_bytes + p->encoded_props.len;

    return 2 + p->topic.len + (p->qos ? 2 : 0) +
           (version == PX_MQTT_V5 ? pxi_mqtt_varint_bytes(props) + props : 0) + p->payload.len;
}

size_t pxi_mqtt_publish_bytes_with(px_mqtt_version version, const px_mqtt_publish *publish,
                                   size_t props_bytes)
{
    size_t body = publish_body_bytes(version, publish, props_bytes);

    return 1 + pxi_mqtt_varint_bytes(body) + body;
}

size_t px_mqtt_publish_bytes(px_mqtt_version version, const px_mqtt_publish *publish)
{
    return pxi_mqtt_publish_bytes_with(version, publish, 0);
}

void pxi_mqtt_put_publish_with(px_buf *buf, px_mqtt_version version, const px_mqtt_publish *p,
                               px_str props)
{
    unsigned flags = (p->dup ? 8u : 0) | (unsigned)p->qos << 1 | (p->retain ? 1u : 0);
    size_t bytes = publish_body_bytes(version, p, props.len);

    px_buf_reserve(buf, bytes + 5);
    put_header(buf, PX_MQTT_PUBLISH, flags, bytes);
    pxi_mqtt_put_binary(buf, p->topic);
    if (p->qos)
        pxi_mqtt_put_u16(buf, p->packet_id);
    if (version == PX_MQTT_V5) {
        pxi_mqtt_put_varint(buf, props.len + p->encoded_props.len);
        px_put(buf, props);
        px_put(buf, p->encoded_props);
    }
    px_put(buf, p->payload);
}

void px_mqtt_put_publish(px_buf *buf, px_mqtt_version version, const px_mqtt_publish *publish)
{
    pxi_mqtt_put_publish_with(buf, version, publish, (px_str){ NULL, 0 });
}

void px_mqtt_put_ack(px_buf *buf, px_mqtt_version version, px_mqtt_type type, uint16_t packet_id,
                     uint8_t reason)
{
    bool with_reason = version == PX_MQTT_V5 && reason != 0;
    char bytes[5] = { (char)((unsigned)type << 4 | (type == PX_MQTT_PUBREL ? 2u : 0)),
                      with_reason ? 3 : 2, (char)(packet_id >> 8), (char)packet_id, (char)reason };

    px_put(buf, px_str_of(bytes, with_reason ? 5 : 4));
}

void px_mqtt_put_ack_text(px_buf *buf, px_mqtt_type type, uint16_t packet_id, uint8_t reason,
                          px_str text)
{
    size_t props = 3 + text.len; /* the property's number and the length of its text */

    put_header(buf, type, 0, 3 + pxi_mqtt_varint_bytes(props) + props);
    pxi_mqtt_put_u16(buf, packet_id);
    px_put_char(buf, (char)reason);
    pxi_mqtt_put_varint(buf, props);
    px_mqtt_put_prop_str(buf, PX_MQTT_PROP_REASON_TEXT, text);
}

static size_t filters_bytes(const px_mqtt_filter *filters, size_t count, size_t options_bytes)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += 2 + filters[i].text.len + options_bytes;
    return bytes;
}

void px_mqtt_put_subscribe(px_buf *buf, px_mqtt_version version, uint16_t packet_id,
                           const px_mqtt_filter *filters, size_t count, px_str encoded_props)
{
    put_header(buf, PX_MQTT_SUBSCRIBE, 2,
               2 + props_bytes(version, encoded_props) + filters_bytes(filters, count, 1));
    pxi_mqtt_put_u16(buf, packet_id);
    put_props(buf, version, encoded_props);
    for (size_t i = 0; i < count; i++) {
        const px_mqtt_filter *f = &filters[i];
        unsigned options = f->qos | (f->no_local ? 4u : 0) | (f->retain_as_published ? 8u : 0) |
                           (unsigned)f->retain_handling << 4;

        pxi_mqtt_put_binary(buf, f->text);
        px_put_char(buf, (char)options);
    }
}

void px_mqtt_put_unsubscribe(px_buf *buf, px_mqtt_version version, uint16_t packet_id,
                             const px_mqtt_filter *filters, size_t count)
{
    px_str none = { NULL, 0 };

    put_header(buf, PX_MQTT_UNSUBSCRIBE, 2,
               2 + props_bytes(version, none) + filters_bytes(filters, count, 0));
    pxi_mqtt_put_u16(buf, packet_id);
    put_props(buf, version, none);
    for (size_t i = 0; i < count; i++)
        pxi_mqtt_put_binary(buf, filters[i].text);
}

void px_mqtt_put_reasons(px_buf *buf, px_mqtt_version version, px_mqtt_type type,
                         uint16_t packet_id, const uint8_t *reasons, size_t count)
{
    px_str none = { NULL, 0 };

    if (type == PX_MQTT_UNSUBACK && version == PX_MQTT_V311)
        count = 0;
    put_header(buf, type, 0, 2 + props_bytes(version, none) + count);
    pxi_mqtt_put_u16(buf, packet_id);
    put_props(buf, version, none);
    px_put(buf, px_str_of((const char *)reasons, count));
}

void px_mqtt_put_ping(px_buf *buf, px_mqtt_type type)
{
    put_header(buf, type, 0, 0);
}

void px_mqtt_put_disconnect(px_buf *buf, px_mqtt_version version, uint8_t reason,
                            px_str encoded_props)
{
    if (version != PX_MQTT_V5 || (reason == 0 && encoded_props.len == 0)) {
        put_header(buf, PX_MQTT_DISCONNECT, 0, 0);
        return;
    }
    put_header(buf, PX_MQTT_DISCONNECT, 0,
               1 + (encoded_props.len ? props_bytes(version, encoded_props) : 0));
    px_put_char(buf, (char)reason);
    if (encoded_props.len)
        put_props(buf, version, encoded_props);
}
