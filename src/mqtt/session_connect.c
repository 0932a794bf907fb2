/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONNECT: decoded, judged by our rules, prepared (all memory is taken before the application is
 * asked, so that an accepted client cannot fail any more), judged by the application at once or
 * later, answered.
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
    pxi_mqtt_end(s, reason, false);
}

/* Rules of this server beyond the shape of the packet. */
static px_mqtt_reason judge(px_mqtt_session *s, px_mqtt_connect *c)
{
    if (px_mqtt_has(&c->props, PX_MQTT_PROP_AUTH_METHOD))
        return PX_MQTT_BAD_AUTH_METHOD;
    if (c->client_id.len == 0 && c->version == PX_MQTT_V311 && !c->clean_start)
        return PX_MQTT_CLIENT_ID_INVALID;
    if (c->has_will && c->will.retain && !s->opts.retain_available) {
        if (c->version == PX_MQTT_V5)
            return PX_MQTT_RETAIN_NOT_SUPPORTED;
        c->will.retain = false;
    }
    return PX_MQTT_SUCCESS;
}

static uint32_t at_most(uint32_t value, uint32_t max)
{
    return value < max ? value : max;
}

/* What is asked beyond our limits is cut before the application sees it. */
static void cut_to_limits(px_mqtt_session *s, px_mqtt_connect *c)
{
    s->asked_expiry_s = c->props.session_expiry_s;
    c->props.session_expiry_s = at_most(c->props.session_expiry_s, s->opts.session_expiry_s_max);
    c->will_props.message_expiry_s =
        at_most(c->will_props.message_expiry_s, PX_MQTT_MESSAGE_EXPIRY_S_MAX);
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
    uint16_t keep_alive_s = keep_alive_of(s, c);

    s->keep_alive_ns = keep_alive_s * PX_SECOND;
    s->told_keep_alive_s = keep_alive_s != c->keep_alive_s ? keep_alive_s : 0;
    s->is_id_assigned = c->client_id.len == 0;
    if (px_mqtt_has(&c->props, PX_MQTT_PROP_RECEIVE_MAX) && c->props.receive_max < s->in_flight_max)
        s->in_flight_max = c->props.receive_max;
    s->wants_no_text =
        px_mqtt_has(&c->props, PX_MQTT_PROP_REQUEST_PROBLEM_INFO) && !c->props.request_problem_info;
    s->wants_response_info = c->props.request_response_info != 0;
    s->alias_out_max = (uint16_t)at_most(c->props.topic_alias_max, PX_MQTT_TOPIC_ALIASES_MAX);
    if (px_mqtt_has(&c->props, PX_MQTT_PROP_PACKET_BYTES_MAX))
        s->client_packet_bytes_max = c->props.packet_bytes_max;
}

/* What a v5 client must know: section 3.2.2.3; where the default of the standard holds, nothing. */
static void put_limits(const px_mqtt_session *s, uint32_t expiry_s, px_buf *props)
{
    const px_mqtt_session_opts *o = &s->opts;

    if (expiry_s != s->asked_expiry_s)
        px_mqtt_put_prop_u32(props, PX_MQTT_PROP_SESSION_EXPIRY, expiry_s);
    px_mqtt_put_prop_u16(props, PX_MQTT_PROP_RECEIVE_MAX, o->receive_max);
    if (!o->retain_available)
        px_mqtt_put_prop_u8(props, PX_MQTT_PROP_RETAIN_AVAILABLE, 0);
    px_mqtt_put_prop_u32(props, PX_MQTT_PROP_PACKET_BYTES_MAX, o->packet_bytes_max);
    if (s->is_id_assigned)
        px_mqtt_put_prop_str(props, PX_MQTT_PROP_ASSIGNED_CLIENT_ID, s->client_id);
    px_mqtt_put_prop_u16(props, PX_MQTT_PROP_TOPIC_ALIAS_MAX, PX_MQTT_TOPIC_ALIASES_MAX);
    if (s->told_keep_alive_s != 0)
        px_mqtt_put_prop_u16(props, PX_MQTT_PROP_SERVER_KEEP_ALIVE, s->told_keep_alive_s);
    if (s->wants_response_info && o->response_info)
        px_mqtt_put_prop_str(props, PX_MQTT_PROP_RESPONSE_INFO, px_str_c(o->response_info));
}

static void welcome(px_mqtt_session *s, const px_mqtt_admission *admission)
{
    px_buf props = { 0 };

    s->state = PXI_MQTT_OPEN;
    s->ending.with_will = true;
    if (s->version == PX_MQTT_V5)
        put_limits(s, admission->session_expiry_s, &props);
    px_mqtt_put_connack(pxi_mqtt_out(s, PX_MQTT_CONNACK), s->version, admission->session_present, 0,
                        px_buf_str(&props));
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
    if (reason == PX_MQTT_SUCCESS && !keep_client_id(s, c.client_id))
        reason = PX_MQTT_SERVER_UNAVAILABLE;
    if (reason == PX_MQTT_SUCCESS) {
        cut_to_limits(s, &c);
        adopt(s, &c);
        reason = s->opts.app->connect(s->opts.ctx, &c, s->client_id);
    }
    s->closed_due = reason == PX_MQTT_SUCCESS || reason == PX_MQTT_LATER;
    if (reason == PX_MQTT_LATER)
        s->state = PXI_MQTT_JUDGED;
    else if (reason == PX_MQTT_SUCCESS)
        welcome(s, &(px_mqtt_admission){ .reason = PX_MQTT_SUCCESS });
    else
        refuse(s, reason);
}

static bool adopt_received(px_mqtt_session *s, const px_mqtt_admission *admission)
{
    px_assert(admission->received_count <= PX_MQTT_INFLIGHT_MAX);
    if (admission->received_count > 0 && !pxi_mqtt_received_reserve(s))
        return false;
    for (size_t i = 0; i < admission->received_count; i++)
        pxi_mqtt_received_add(s, admission->received[i]);
    return true;
}

void px_mqtt_session_admit(px_mqtt_session *s, const px_mqtt_admission *admission)
{
    if (s->state != PXI_MQTT_JUDGED)
        return;
    s->last_packet_ns = s->now_ns;
    if (admission->reason != PX_MQTT_SUCCESS)
        refuse(s, admission->reason);
    else if (!adopt_received(s, admission))
        refuse(s, PX_MQTT_SERVER_UNAVAILABLE);
    else
        welcome(s, admission);
    pxi_mqtt_go_on(s);
}
