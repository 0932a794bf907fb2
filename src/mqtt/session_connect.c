/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONNECT: decoded, judged by our rules, prepared (all memory is taken before the application is
 * asked, so that an accepted client cannot fail any more), judged by the application, answered.
 */
#include <stdio.h>

#include "mqtt/session_inner.h"

static bool v311_has_a_code_for(px_mqtt_reason reason)
{
    return reason != PX_MQTT_MALFORMED && reason != PX_MQTT_PROTOCOL_ERROR &&
           reason != PX_MQTT_TOPIC_NAME_INVALID;
}

/* The CONNACK of refusal; 3.1.1 closes without one where it has no code. */
static void refuse(px_mqtt_session *s, px_mqtt_reason reason)
{
    px_str none = { NULL, 0 };

    px_mqtt_count_add(&s->opts.counters->refused[reason & 0xFF], 1);
    if (s->version == PX_MQTT_V5)
        px_mqtt_put_connack(pxi_mqtt_out(s, PX_MQTT_CONNACK), s->version, false, (uint8_t)reason,
                            none);
    else if (v311_has_a_code_for(reason))
        px_mqtt_put_connack(pxi_mqtt_out(s, PX_MQTT_CONNACK), s->version, false,
                            px_mqtt_reason_v311(reason), none);
    pxi_mqtt_drop_will(s);
    pxi_mqtt_end(s, reason, false);
}

/* Rules of this server beyond the shape of the packet. */
static px_mqtt_reason judge(px_mqtt_session *s, px_mqtt_connect *c)
{
    if (px_mqtt_has(&c->props, PX_MQTT_PROP_AUTH_METHOD))
        return PX_MQTT_BAD_AUTH_METHOD;
    if (c->client_id.len == 0 && c->version == PX_MQTT_V311 && !c->clean_start)
        return PX_MQTT_CLIENT_ID_INVALID;
    if (c->has_will && c->will.qos > 1)
        return PX_MQTT_QOS_NOT_SUPPORTED;
    if (c->has_will && c->will.retain && !s->opts.retain_available) {
        if (c->version == PX_MQTT_V5)
            return PX_MQTT_RETAIN_NOT_SUPPORTED;
        c->will.retain = false;
    }
    return PX_MQTT_SUCCESS;
}

static px_str copy_into(char **at, px_str bytes)
{
    px_str copy = { *at, bytes.len };

    if (bytes.len)
        memcpy(*at, bytes.ptr, bytes.len);
    *at += bytes.len;
    return copy;
}

static bool keep_will(px_mqtt_session *s, const px_mqtt_connect *c)
{
    pxi_mqtt_will *will;
    char *at;

    if (!c->has_will)
        return true;
    will = px_zalloc(1, sizeof(*will) + c->will.topic.len + c->will.payload.len +
                            c->will_props.raw.len);
    if (!will)
        return false;
    at = will->bytes;
    will->message = c->will;
    will->message.props = NULL;
    will->message.topic = copy_into(&at, c->will.topic);
    will->message.payload = copy_into(&at, c->will.payload);
    will->raw_props = copy_into(&at, c->will_props.raw);
    s->will = will;
    return true;
}

static bool keep_client_id(px_mqtt_session *s, px_str client_id)
{
    char assigned[32];
    char *copy;

    if (client_id.len == 0) {
        int len = snprintf(assigned, sizeof(assigned), "px-%016llx",
                           (unsigned long long)s->opts.assigned_id);

        client_id = px_str_of(assigned, (size_t)len);
    }
    copy = px_alloc(client_id.len);
    if (!copy)
        return false;
    memcpy(copy, client_id.ptr, client_id.len);
    s->client_id = px_str_of(copy, client_id.len);
    return true;
}

/* v5 is told the keep-alive that holds; 3.1.1 cannot be told and keeps its own. */
static uint16_t keep_alive_of(const px_mqtt_session *s, const px_mqtt_connect *c)
{
    bool is_capped = c->keep_alive_s == 0 || c->keep_alive_s > s->opts.keep_alive_s_max;

    return c->version == PX_MQTT_V5 && is_capped ? s->opts.keep_alive_s_max : c->keep_alive_s;
}

static void adopt(px_mqtt_session *s, const px_mqtt_connect *c)
{
    s->keep_alive_ns = keep_alive_of(s, c) * PX_SECOND;
    s->expiry_was_0 = c->props.session_expiry_s == 0;
    if (px_mqtt_has(&c->props, PX_MQTT_PROP_RECEIVE_MAX) && c->props.receive_max < s->in_flight_max)
        s->in_flight_max = c->props.receive_max;
    s->wants_no_text =
        px_mqtt_has(&c->props, PX_MQTT_PROP_REQUEST_PROBLEM_INFO) && !c->props.request_problem_info;
    if (px_mqtt_has(&c->props, PX_MQTT_PROP_PACKET_BYTES_MAX))
        s->client_packet_bytes_max = c->props.packet_bytes_max;
}

/* What a v5 client must know: section 3.2.2.3; where the default of the standard holds, nothing. */
static void put_limits(px_mqtt_session *s, const px_mqtt_connect *c, px_buf *props)
{
    uint16_t keep_alive_s = keep_alive_of(s, c);

    if (c->props.session_expiry_s > s->opts.session_expiry_s_max)
        px_mqtt_put_prop_u32(props, PX_MQTT_PROP_SESSION_EXPIRY, s->opts.session_expiry_s_max);
    px_mqtt_put_prop_u16(props, PX_MQTT_PROP_RECEIVE_MAX, s->opts.receive_max);
    px_mqtt_put_prop_u8(props, PX_MQTT_PROP_QOS_MAX, 1);
    if (!s->opts.retain_available)
        px_mqtt_put_prop_u8(props, PX_MQTT_PROP_RETAIN_AVAILABLE, 0);
    px_mqtt_put_prop_u32(props, PX_MQTT_PROP_PACKET_BYTES_MAX, s->opts.packet_bytes_max);
    if (c->client_id.len == 0)
        px_mqtt_put_prop_str(props, PX_MQTT_PROP_ASSIGNED_CLIENT_ID, s->client_id);
    px_mqtt_put_prop_u16(props, PX_MQTT_PROP_TOPIC_ALIAS_MAX, PX_MQTT_TOPIC_ALIASES_MAX);
    px_mqtt_put_prop_u8(props, PX_MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE, 0);
    px_mqtt_put_prop_u8(props, PX_MQTT_PROP_SHARED_AVAILABLE, 0);
    if (keep_alive_s != c->keep_alive_s)
        px_mqtt_put_prop_u16(props, PX_MQTT_PROP_SERVER_KEEP_ALIVE, keep_alive_s);
}

static void welcome(px_mqtt_session *s, const px_mqtt_connect *c)
{
    px_buf props = { 0 };

    if (s->version == PX_MQTT_V5)
        put_limits(s, c, &props);
    px_mqtt_put_connack(pxi_mqtt_out(s, PX_MQTT_CONNACK), s->version, false, 0, px_buf_str(&props));
    if (props.status != PX_OK)
        s->out.status = props.status;
    px_buf_release(&props);
}

void pxi_mqtt_handle_connect(px_mqtt_session *s, const px_mqtt_frame *frame)
{
    px_mqtt_connect c;
    px_mqtt_reason reason;

    if (s->state == PXI_MQTT_OPEN) {
        pxi_mqtt_end(s, PX_MQTT_PROTOCOL_ERROR, true);
        return;
    }
    reason = px_mqtt_decode_connect(frame->body, &c);
    s->version = c.version >= PX_MQTT_V5 ? PX_MQTT_V5 : PX_MQTT_V311;
    if (reason == PX_MQTT_SUCCESS)
        reason = judge(s, &c);
    if (reason == PX_MQTT_SUCCESS && !(keep_client_id(s, c.client_id) && keep_will(s, &c)))
        reason = PX_MQTT_SERVER_UNAVAILABLE;
    if (reason == PX_MQTT_SUCCESS)
        reason = s->opts.app->connect(s->opts.ctx, &c, s->client_id);
    if (reason != PX_MQTT_SUCCESS) {
        refuse(s, reason);
        return;
    }
    s->state = PXI_MQTT_OPEN;
    s->closed_due = true;
    adopt(s, &c);
    welcome(s, &c);
}
