/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row per property: its type, the field it fills, and the packets in which it may stand.
 * Reading is a walk over the bytes with that table; a property without a row is malformed.
 */
#include "mqtt/props.h"

#include "base/limits.h"
#include "mqtt/packet.h"
#include "mqtt/wire.h"

typedef enum prop_kind { NONE, BYTE, TWO, FOUR, VARINT, BINARY, TEXT, PAIR } prop_kind;

typedef struct prop_rule {
    uint8_t kind;
    bool flag;  /* the value may only be 0 or 1 */
    bool not_0; /* 0 is a protocol error */
    uint16_t offset;
    uint32_t places; /* bit n: packet type n, or the will */
} prop_rule;

#define IN(type) (1u << PX_MQTT_##type)
#define IN_WILL (1u << PX_MQTT_PROPS_OF_WILL)
#define IN_ACKS (IN(PUBACK) | IN(PUBREC) | IN(PUBREL) | IN(PUBCOMP) | IN(SUBACK) | IN(UNSUBACK))
#define AT(field) .offset = (uint16_t)offsetof(px_mqtt_props, field)

static const prop_rule rules[PX_MQTT_PROP_COUNT] = {
    [PX_MQTT_PROP_PAYLOAD_FORMAT] = { BYTE, .flag = true, AT(payload_is_text),
                                      .places = IN(PUBLISH) | IN_WILL },
    [PX_MQTT_PROP_MESSAGE_EXPIRY] = { FOUR, AT(message_expiry_s), .places = IN(PUBLISH) | IN_WILL },
    [PX_MQTT_PROP_CONTENT_TYPE] = { TEXT, AT(content_type), .places = IN(PUBLISH) | IN_WILL },
    [PX_MQTT_PROP_RESPONSE_TOPIC] = { TEXT, AT(response_topic), .places = IN(PUBLISH) | IN_WILL },
    [PX_MQTT_PROP_CORRELATION] = { BINARY, AT(correlation), .places = IN(PUBLISH) | IN_WILL },
    [PX_MQTT_PROP_SUBSCRIPTION_ID] = { VARINT, .not_0 = true, AT(subscription_id),
                                       .places = IN(PUBLISH) | IN(SUBSCRIBE) },
    [PX_MQTT_PROP_SESSION_EXPIRY] = { FOUR, AT(session_expiry_s),
                                      .places = IN(CONNECT) | IN(CONNACK) | IN(DISCONNECT) },
    [PX_MQTT_PROP_ASSIGNED_CLIENT_ID] = { TEXT, AT(assigned_client_id), .places = IN(CONNACK) },
    [PX_MQTT_PROP_SERVER_KEEP_ALIVE] = { TWO, AT(server_keep_alive_s), .places = IN(CONNACK) },
    [PX_MQTT_PROP_AUTH_METHOD] = { TEXT, AT(auth_method),
                                   .places = IN(CONNECT) | IN(CONNACK) | IN(AUTH) },
    [PX_MQTT_PROP_AUTH_DATA] = { BINARY, AT(auth_data),
                                 .places = IN(CONNECT) | IN(CONNACK) | IN(AUTH) },
    [PX_MQTT_PROP_REQUEST_PROBLEM_INFO] = { BYTE, .flag = true, AT(request_problem_info),
                                            .places = IN(CONNECT) },
    [PX_MQTT_PROP_WILL_DELAY] = { FOUR, AT(will_delay_s), .places = IN_WILL },
    [PX_MQTT_PROP_REQUEST_RESPONSE_INFO] = { BYTE, .flag = true, AT(request_response_info),
                                             .places = IN(CONNECT) },
    [PX_MQTT_PROP_RESPONSE_INFO] = { TEXT, AT(response_info), .places = IN(CONNACK) },
    [PX_MQTT_PROP_SERVER_REFERENCE] = { TEXT, AT(server_reference),
                                        .places = IN(CONNACK) | IN(DISCONNECT) },
    [PX_MQTT_PROP_REASON_TEXT] = { TEXT, AT(reason_text),
                                   .places = IN(CONNACK) | IN_ACKS | IN(DISCONNECT) | IN(AUTH) },
    [PX_MQTT_PROP_RECEIVE_MAX] = { TWO, .not_0 = true, AT(receive_max),
                                   .places = IN(CONNECT) | IN(CONNACK) },
    [PX_MQTT_PROP_TOPIC_ALIAS_MAX] = { TWO, AT(topic_alias_max),
                                       .places = IN(CONNECT) | IN(CONNACK) },
    [PX_MQTT_PROP_TOPIC_ALIAS] = { TWO, AT(topic_alias), .places = IN(PUBLISH) },
    [PX_MQTT_PROP_QOS_MAX] = { BYTE, .flag = true, AT(qos_max), .places = IN(CONNACK) },
    [PX_MQTT_PROP_RETAIN_AVAILABLE] = { BYTE, .flag = true, AT(retain_available),
                                        .places = IN(CONNACK) },
    [PX_MQTT_PROP_USER] = { PAIR, .places = IN(CONNECT) | IN(CONNACK) | IN(PUBLISH) | IN_WILL |
                                            IN_ACKS | IN(SUBSCRIBE) | IN(UNSUBSCRIBE) |
                                            IN(DISCONNECT) | IN(AUTH) },
    [PX_MQTT_PROP_PACKET_BYTES_MAX] = { FOUR, .not_0 = true, AT(packet_bytes_max),
                                        .places = IN(CONNECT) | IN(CONNACK) },
    [PX_MQTT_PROP_WILDCARD_AVAILABLE] = { BYTE, .flag = true, AT(wildcard_available),
                                          .places = IN(CONNACK) },
    [PX_MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE] = { BYTE, .flag = true, AT(subscription_id_available),
                                                 .places = IN(CONNACK) },
    [PX_MQTT_PROP_SHARED_AVAILABLE] = { BYTE, .flag = true, AT(shared_available),
                                        .places = IN(CONNACK) },
};

static const prop_rule *rule_of(uint32_t id)
{
    return id < PX_MQTT_PROP_COUNT && rules[id].kind != NONE ? &rules[id] : NULL;
}

static px_mqtt_reason read_number(px_cut *cut, const prop_rule *rule, void *field)
{
    uint32_t value = 0;

    switch (rule->kind) {
    case BYTE:
        value = *(uint8_t *)field = pxi_mqtt_get_u8(cut);
        break;
    case TWO:
        value = *(uint16_t *)field = pxi_mqtt_get_u16(cut);
        break;
    case FOUR:
        value = *(uint32_t *)field = pxi_mqtt_get_u32(cut);
        break;
    default:
        value = *(uint32_t *)field = pxi_mqtt_get_varint(cut);
    }
    if (cut->bad)
        return PX_MQTT_MALFORMED;
    if ((rule->flag && value > 1) || (rule->not_0 && value == 0))
        return PX_MQTT_PROTOCOL_ERROR;
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason read_user(px_cut *cut, px_mqtt_props *props)
{
    pxi_mqtt_get_utf8(cut);
    pxi_mqtt_get_utf8(cut);
    if (cut->bad)
        return PX_MQTT_MALFORMED;
    props->user_count++;
    return props->user_count > PX_MQTT_USER_PROPERTIES_MAX ? PX_MQTT_PACKET_TOO_LARGE
                                                           : PX_MQTT_SUCCESS;
}

static px_mqtt_reason read_one(px_cut *cut, unsigned place, px_mqtt_props *props)
{
    uint32_t id = pxi_mqtt_get_varint(cut);
    const prop_rule *rule = rule_of(id);
    void *field;

    if (cut->bad || !rule || !(rule->places >> place & 1))
        return PX_MQTT_MALFORMED;
    /* from a server, one subscription identifier per matching subscription may come */
    if ((props->present >> id & 1) && rule->kind != PAIR &&
        !(id == PX_MQTT_PROP_SUBSCRIPTION_ID && place == PX_MQTT_PUBLISH))
        return PX_MQTT_PROTOCOL_ERROR;
    props->present |= UINT64_C(1) << id;
    field = (char *)props + rule->offset;
    switch (rule->kind) {
    case PAIR:
        return read_user(cut, props);
    case TEXT:
        *(px_str *)field = pxi_mqtt_get_utf8(cut);
        return cut->bad ? PX_MQTT_MALFORMED : PX_MQTT_SUCCESS;
    case BINARY:
        *(px_str *)field = pxi_mqtt_get_binary(cut);
        return cut->bad ? PX_MQTT_MALFORMED : PX_MQTT_SUCCESS;
    default:
        return read_number(cut, rule, field);
    }
}

px_mqtt_reason px_mqtt_props_parse(px_str raw, unsigned place, px_mqtt_props *ret_props)
{
    px_cut cut = px_cut_of(raw);

    *ret_props = (px_mqtt_props){ .raw = raw };
    while (px_cut_left(&cut) > 0) {
        px_mqtt_reason reason = read_one(&cut, place, ret_props);

        if (reason != PX_MQTT_SUCCESS)
            return reason;
    }
    if (px_mqtt_has(ret_props, PX_MQTT_PROP_TOPIC_ALIAS) && ret_props->topic_alias == 0)
        return PX_MQTT_TOPIC_ALIAS_INVALID;
    if (px_mqtt_has(ret_props, PX_MQTT_PROP_AUTH_DATA) &&
        !px_mqtt_has(ret_props, PX_MQTT_PROP_AUTH_METHOD))
        return PX_MQTT_PROTOCOL_ERROR;
    if (px_mqtt_has(ret_props, PX_MQTT_PROP_RESPONSE_TOPIC) &&
        px_mqtt_topic_check(ret_props->response_topic) != PX_MQTT_SUCCESS)
        return PX_MQTT_PROTOCOL_ERROR;
    return PX_MQTT_SUCCESS;
}

px_mqtt_reason px_mqtt_props_read(px_cut *cut, unsigned place, px_mqtt_props *ret_props)
{
    uint32_t len = pxi_mqtt_get_varint(cut);
    px_str raw;

    *ret_props = (px_mqtt_props){ 0 };
    if (cut->bad || px_cut_left(cut) < len)
        return PX_MQTT_MALFORMED;
    raw = px_str_of((const char *)cut->ptr, len);
    cut->ptr += len;
    return px_mqtt_props_parse(raw, place, ret_props);
}

static void skip_value(px_cut *cut, unsigned kind)
{
    switch (kind) {
    case BYTE:
        pxi_mqtt_get_u8(cut);
        break;
    case TWO:
        pxi_mqtt_get_u16(cut);
        break;
    case FOUR:
        pxi_mqtt_get_u32(cut);
        break;
    case VARINT:
        pxi_mqtt_get_varint(cut);
        break;
    default:
        pxi_mqtt_get_binary(cut);
    }
}

bool px_mqtt_user_next(px_str *at, px_str *ret_name, px_str *ret_value)
{
    px_cut cut = px_cut_of(*at);

    while (px_cut_left(&cut) > 0) {
        uint32_t id = pxi_mqtt_get_varint(&cut);
        const prop_rule *rule = rule_of(id);

        if (cut.bad || !rule)
            return false;
        if (rule->kind != PAIR) {
            skip_value(&cut, rule->kind);
            continue;
        }
        *ret_name = pxi_mqtt_get_binary(&cut);
        *ret_value = pxi_mqtt_get_binary(&cut);
        *at = pxi_mqtt_get_rest(&cut);
        return !cut.bad;
    }
    return false;
}

void px_mqtt_put_prop_u8(px_buf *buf, px_mqtt_prop prop, uint8_t value)
{
    px_put_char(buf, (char)prop);
    px_put_char(buf, (char)value);
}

void px_mqtt_put_prop_u16(px_buf *buf, px_mqtt_prop prop, uint16_t value)
{
    px_put_char(buf, (char)prop);
    pxi_mqtt_put_u16(buf, value);
}

void px_mqtt_put_prop_u32(px_buf *buf, px_mqtt_prop prop, uint32_t value)
{
    px_put_char(buf, (char)prop);
    if (rules[prop].kind == VARINT)
        pxi_mqtt_put_varint(buf, value);
    else
        pxi_mqtt_put_u32(buf, value);
}

void px_mqtt_put_prop_str(px_buf *buf, px_mqtt_prop prop, px_str value)
{
    px_put_char(buf, (char)prop);
    pxi_mqtt_put_binary(buf, value);
}

void px_mqtt_put_prop_user(px_buf *buf, px_str name, px_str value)
{
    px_put_char(buf, (char)PX_MQTT_PROP_USER);
    pxi_mqtt_put_binary(buf, name);
    pxi_mqtt_put_binary(buf, value);
}

void px_mqtt_put_props_forward(px_buf *buf, const px_mqtt_props *props)
{
    px_str at, name, value;

    if (!props)
        return;
    if (px_mqtt_has(props, PX_MQTT_PROP_PAYLOAD_FORMAT))
        px_mqtt_put_prop_u8(buf, PX_MQTT_PROP_PAYLOAD_FORMAT, props->payload_is_text);
    if (px_mqtt_has(props, PX_MQTT_PROP_CONTENT_TYPE))
        px_mqtt_put_prop_str(buf, PX_MQTT_PROP_CONTENT_TYPE, props->content_type);
    if (px_mqtt_has(props, PX_MQTT_PROP_RESPONSE_TOPIC))
        px_mqtt_put_prop_str(buf, PX_MQTT_PROP_RESPONSE_TOPIC, props->response_topic);
    if (px_mqtt_has(props, PX_MQTT_PROP_CORRELATION))
        px_mqtt_put_prop_str(buf, PX_MQTT_PROP_CORRELATION, props->correlation);
    for (at = props->raw; px_mqtt_user_next(&at, &name, &value);)
        px_mqtt_put_prop_user(buf, name, value);
}
