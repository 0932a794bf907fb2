/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads control packets. Each reader follows the order of the fields in its section of chapter 3
 * and checks once at the end that the bytes sufficed and that none were left over.
 */
#include "base/limits.h"
#include "mqtt/packet.h"
#include "mqtt/wire.h"

#define TRY(call)                                                                                  \
    do {                                                                                           \
        px_mqtt_reason try_reason = (call);                                                        \
        if (try_reason != PX_MQTT_SUCCESS)                                                         \
            return try_reason;                                                                     \
    } while (0)

const char *px_mqtt_type_name(px_mqtt_type type)
{
    static const char *const names[PX_MQTT_TYPE_COUNT] = {
        "unknown", "connect",  "connack",    "publish", "puback",      "pubrec",
        "pubrel",  "pubcomp",  "subscribe",  "suback",  "unsubscribe", "unsuback",
        "pingreq", "pingresp", "disconnect", "auth",
    };

    return (unsigned)type < PX_MQTT_TYPE_COUNT ? names[type] : "unknown";
}

/* The flags that a packet must have (section 2.1.3); PUBLISH may have any. */
static bool flags_are_right(unsigned type, unsigned flags)
{
    switch (type) {
    case PX_MQTT_PUBLISH:
        return true;
    case PX_MQTT_PUBREL:
    case PX_MQTT_SUBSCRIBE:
    case PX_MQTT_UNSUBSCRIBE:
        return flags == 2;
    default:
        return type != 0 && flags == 0;
    }
}

px_mqtt_reason px_mqtt_frame_cut(px_str bytes, size_t packet_bytes_max, px_mqtt_frame *ret_frame)
{
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    size_t remaining = 0, at = 1;

    ret_frame->size = 0;
    if (bytes.len == 0)
        return PX_MQTT_MORE;
    if (!flags_are_right(p[0] >> 4, p[0] & 0x0F))
        return PX_MQTT_MALFORMED;
    for (unsigned shift = 0;; shift += 7, at++) {
        if (shift == 28)
            return PX_MQTT_MALFORMED;
        if (at == bytes.len)
            return PX_MQTT_MORE;
        remaining |= (size_t)(p[at] & 0x7F) << shift;
        if (!(p[at] & 0x80))
            break;
    }
    if (p[at] == 0 && at > 1)
        return PX_MQTT_MALFORMED; /* not the shortest form */
    ret_frame->size = at + 1 + remaining;
    if (ret_frame->size > packet_bytes_max)
        return PX_MQTT_PACKET_TOO_LARGE;
    if (ret_frame->size > bytes.len)
        return PX_MQTT_MORE;
    ret_frame->type = (px_mqtt_type)(p[0] >> 4);
    ret_frame->flags = p[0] & 0x0F;
    ret_frame->body = px_str_of(bytes.ptr + at + 1, remaining);
    return PX_MQTT_SUCCESS;
}

enum {
    FLAG_CLEAN = 0x02,
    FLAG_WILL = 0x04,
    FLAG_WILL_RETAIN = 0x20,
    FLAG_PASSWORD = 0x40,
    FLAG_USER = 0x80
};

static px_mqtt_reason check_connect_flags(uint8_t flags, uint8_t version)
{
    unsigned will_qos = flags >> 3 & 3;

    if ((flags & 1) || will_qos == 3)
        return PX_MQTT_MALFORMED;
    if (!(flags & FLAG_WILL) && (will_qos || (flags & FLAG_WILL_RETAIN)))
        return PX_MQTT_MALFORMED;
    if (version == PX_MQTT_V311 && (flags & FLAG_PASSWORD) && !(flags & FLAG_USER))
        return PX_MQTT_MALFORMED;
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason read_will(px_cut *cut, uint8_t flags, px_mqtt_connect *connect)
{
    px_mqtt_publish *will = &connect->will;

    connect->has_will = true;
    if (connect->version == PX_MQTT_V5) {
        TRY(px_mqtt_props_read(cut, PX_MQTT_PROPS_OF_WILL, &connect->will_props));
        will->props = connect->will_props.present ? &connect->will_props : NULL;
    }
    will->topic = pxi_mqtt_get_binary(cut);
    will->payload = pxi_mqtt_get_binary(cut);
    will->qos = flags >> 3 & 3;
    will->retain = (flags & FLAG_WILL_RETAIN) != 0;
    return cut->bad ? PX_MQTT_MALFORMED : px_mqtt_topic_check(will->topic);
}

static px_mqtt_reason read_credentials(px_cut *cut, uint8_t flags, px_mqtt_connect *connect)
{
    connect->has_user = (flags & FLAG_USER) != 0;
    connect->has_password = (flags & FLAG_PASSWORD) != 0;
    if (connect->has_user)
        connect->user = pxi_mqtt_get_utf8(cut);
    if (connect->has_password)
        connect->password = pxi_mqtt_get_binary(cut);
    if (cut->bad || px_cut_left(cut) > 0)
        return PX_MQTT_MALFORMED;
    if (connect->client_id.len > PX_MQTT_CLIENT_ID_BYTES_MAX)
        return PX_MQTT_CLIENT_ID_INVALID;
    if (connect->user.len > PX_MQTT_USER_BYTES_MAX ||
        connect->password.len > PX_MQTT_PASSWORD_BYTES_MAX)
        return PX_MQTT_BAD_USER_OR_PASSWORD;
    return PX_MQTT_SUCCESS;
}

px_mqtt_reason px_mqtt_decode_connect(px_str body, px_mqtt_connect *ret_connect)
{
    px_cut cut = px_cut_of(body);
    px_mqtt_connect *c = ret_connect;
    px_str name = pxi_mqtt_get_binary(&cut);
    uint8_t flags;

    *c = (px_mqtt_connect){ .version = pxi_mqtt_get_u8(&cut) };
    if (cut.bad)
        return PX_MQTT_MALFORMED;
    if (!px_str_eq(name, PX_STR("MQTT")))
        return px_str_eq(name, PX_STR("MQIsdp")) ? PX_MQTT_UNSUPPORTED_VERSION : PX_MQTT_MALFORMED;
    if (c->version != PX_MQTT_V311 && c->version != PX_MQTT_V5)
        return PX_MQTT_UNSUPPORTED_VERSION;
    flags = pxi_mqtt_get_u8(&cut);
    TRY(check_connect_flags(flags, c->version));
    c->clean_start = (flags & FLAG_CLEAN) != 0;
    c->keep_alive_s = pxi_mqtt_get_u16(&cut);
    if (c->version == PX_MQTT_V5)
        TRY(px_mqtt_props_read(&cut, PX_MQTT_CONNECT, &c->props));
    c->client_id = pxi_mqtt_get_utf8(&cut);
    if (cut.bad)
        return PX_MQTT_MALFORMED;
    if (flags & FLAG_WILL)
        TRY(read_will(&cut, flags, c));
    return read_credentials(&cut, flags, c);
}

px_mqtt_reason px_mqtt_decode_publish(const px_mqtt_frame *frame, px_mqtt_version version,
                                      px_mqtt_props *props, px_mqtt_publish *ret_publish)
{
    px_cut cut = px_cut_of(frame->body);
    px_mqtt_publish p = { .qos = frame->flags >> 1 & 3,
                          .retain = frame->flags & 1,
                          .dup = frame->flags >> 3 };

    if (p.qos == 3 || (p.qos == 0 && p.dup))
        return PX_MQTT_MALFORMED;
    p.topic = pxi_mqtt_get_binary(&cut);
    if (p.qos > 0)
        p.packet_id = pxi_mqtt_get_u16(&cut);
    if (cut.bad)
        return PX_MQTT_MALFORMED;
    if (p.qos > 0 && p.packet_id == 0)
        return PX_MQTT_PROTOCOL_ERROR;
    if (version == PX_MQTT_V5) {
        if (px_cut_left(&cut) > 0 && *cut.ptr == 0) {
            cut.ptr++; /* no properties, the usual case */
        } else {
            TRY(px_mqtt_props_read(&cut, PX_MQTT_PUBLISH, props));
            p.props = props;
        }
    }
    p.payload = pxi_mqtt_get_rest(&cut);
    if (p.topic.len > 0)
        TRY(px_mqtt_topic_check(p.topic));
    else if (!px_mqtt_has(p.props, PX_MQTT_PROP_TOPIC_ALIAS))
        return version == PX_MQTT_V5 ? PX_MQTT_PROTOCOL_ERROR : PX_MQTT_TOPIC_NAME_INVALID;
    *ret_publish = p;
    return PX_MQTT_SUCCESS;
}

/* Which an answer may have (sections 3.4.2.1 to 3.7.2.1). */
static bool reason_fits(px_mqtt_type type, uint8_t reason)
{
    if (type == PX_MQTT_PUBREL || type == PX_MQTT_PUBCOMP)
        return reason == PX_MQTT_SUCCESS || reason == PX_MQTT_PACKET_ID_NOT_FOUND;
    switch (reason) {
    case PX_MQTT_SUCCESS:
    case PX_MQTT_NO_MATCHING_SUBSCRIBERS:
    case PX_MQTT_UNSPECIFIED:
    case PX_MQTT_IMPLEMENTATION_SPECIFIC:
    case PX_MQTT_NOT_AUTHORIZED:
    case PX_MQTT_TOPIC_NAME_INVALID:
    case PX_MQTT_PACKET_ID_IN_USE:
    case PX_MQTT_QUOTA_EXCEEDED:
    case PX_MQTT_PAYLOAD_FORMAT_INVALID:
        return true;
    default:
        return false;
    }
}

px_mqtt_reason px_mqtt_decode_ack(px_str body, px_mqtt_version version, px_mqtt_type type,
                                  px_mqtt_ack *ret_ack)
{
    px_cut cut = px_cut_of(body);
    px_mqtt_props props;
    px_mqtt_ack ack = { .packet_id = pxi_mqtt_get_u16(&cut) };

    if (version == PX_MQTT_V5 && px_cut_left(&cut) > 0)
        ack.reason = pxi_mqtt_get_u8(&cut);
    if (version == PX_MQTT_V5 && px_cut_left(&cut) > 0)
        TRY(px_mqtt_props_read(&cut, type, &props));
    if (cut.bad || px_cut_left(&cut) > 0)
        return PX_MQTT_MALFORMED;
    if (ack.packet_id == 0 || !reason_fits(type, ack.reason))
        return PX_MQTT_PROTOCOL_ERROR;
    *ret_ack = ack;
    return PX_MQTT_SUCCESS;
}

/* One entry off `cut`, shape only; bits 6 and 7 are reserved, in 3.1.1 all but the lowest two. */
static void read_filter(px_cut *cut, bool with_options, px_mqtt_filter *ret_filter)
{
    uint8_t options;

    *ret_filter = (px_mqtt_filter){ .text = pxi_mqtt_get_binary(cut) };
    if (!with_options)
        return;
    options = pxi_mqtt_get_u8(cut);
    ret_filter->qos = options & 3;
    ret_filter->no_local = (options & 4) != 0;
    ret_filter->retain_as_published = (options & 8) != 0;
    ret_filter->retain_handling = options >> 4 & 3;
    if ((options & 0xC0) || ret_filter->qos == 3 || ret_filter->retain_handling == 3)
        cut->bad = true;
}

static px_mqtt_reason read_filters(px_cut *cut, px_mqtt_version version,
                                   px_mqtt_filters *ret_filters)
{
    px_mqtt_filter filter;

    if (cut->bad)
        return PX_MQTT_MALFORMED;
    if (ret_filters->packet_id == 0)
        return PX_MQTT_PROTOCOL_ERROR;
    ret_filters->rest = px_str_of((const char *)cut->ptr, px_cut_left(cut));
    while (px_cut_left(cut) > 0) {
        read_filter(cut, ret_filters->with_options, &filter);
        if (cut->bad || !px_mqtt_utf8(filter.text))
            return PX_MQTT_MALFORMED;
        if (version == PX_MQTT_V311 &&
            (filter.no_local || filter.retain_as_published || filter.retain_handling))
            return PX_MQTT_MALFORMED;
        ret_filters->count++;
    }
    return ret_filters->count ? PX_MQTT_SUCCESS : PX_MQTT_PROTOCOL_ERROR;
}

px_mqtt_reason px_mqtt_decode_subscribe(px_str body, px_mqtt_version version,
                                        px_mqtt_filters *ret_filters)
{
    px_cut cut = px_cut_of(body);
    px_mqtt_props props = { 0 };

    *ret_filters = (px_mqtt_filters){ .packet_id = pxi_mqtt_get_u16(&cut), .with_options = true };
    if (version == PX_MQTT_V5)
        TRY(px_mqtt_props_read(&cut, PX_MQTT_SUBSCRIBE, &props));
    ret_filters->subscription_id = props.subscription_id;
    return read_filters(&cut, version, ret_filters);
}

px_mqtt_reason px_mqtt_decode_unsubscribe(px_str body, px_mqtt_version version,
                                          px_mqtt_filters *ret_filters)
{
    px_cut cut = px_cut_of(body);
    px_mqtt_props props;

    *ret_filters = (px_mqtt_filters){ .packet_id = pxi_mqtt_get_u16(&cut) };
    if (version == PX_MQTT_V5)
        TRY(px_mqtt_props_read(&cut, PX_MQTT_UNSUBSCRIBE, &props));
    return read_filters(&cut, version, ret_filters);
}

bool px_mqtt_filters_next(px_mqtt_filters *filters, px_mqtt_filter *ret_filter)
{
    px_cut cut = px_cut_of(filters->rest);

    if (filters->rest.len == 0)
        return false;
    read_filter(&cut, filters->with_options, ret_filter);
    filters->rest = pxi_mqtt_get_rest(&cut);
    return !cut.bad;
}

px_mqtt_reason px_mqtt_decode_disconnect(px_str body, px_mqtt_version version,
                                         px_mqtt_disconnect *ret_disconnect)
{
    px_cut cut = px_cut_of(body);

    *ret_disconnect = (px_mqtt_disconnect){ 0 };
    if (version == PX_MQTT_V5 && px_cut_left(&cut) > 0)
        ret_disconnect->reason = pxi_mqtt_get_u8(&cut);
    if (version == PX_MQTT_V5 && px_cut_left(&cut) > 0)
        TRY(px_mqtt_props_read(&cut, PX_MQTT_DISCONNECT, &ret_disconnect->props));
    return px_cut_left(&cut) > 0 ? PX_MQTT_MALFORMED : PX_MQTT_SUCCESS;
}

px_mqtt_reason px_mqtt_decode_connack(px_str body, px_mqtt_version version,
                                      px_mqtt_connack *ret_connack)
{
    px_cut cut = px_cut_of(body);
    uint8_t flags = pxi_mqtt_get_u8(&cut);

    *ret_connack =
        (px_mqtt_connack){ .session_present = flags & 1, .reason = pxi_mqtt_get_u8(&cut) };
    if (version == PX_MQTT_V5 && !cut.bad)
        TRY(px_mqtt_props_read(&cut, PX_MQTT_CONNACK, &ret_connack->props));
    return cut.bad || flags > 1 || px_cut_left(&cut) > 0 ? PX_MQTT_MALFORMED : PX_MQTT_SUCCESS;
}

px_mqtt_reason px_mqtt_decode_reasons(px_str body, px_mqtt_version version, px_mqtt_type type,
                                      uint16_t *ret_packet_id, px_str *ret_reasons)
{
    px_cut cut = px_cut_of(body);
    px_mqtt_props props;

    *ret_packet_id = pxi_mqtt_get_u16(&cut);
    if (version == PX_MQTT_V5)
        TRY(px_mqtt_props_read(&cut, type, &props));
    *ret_reasons = pxi_mqtt_get_rest(&cut);
    return cut.bad ? PX_MQTT_MALFORMED : PX_MQTT_SUCCESS;
}
