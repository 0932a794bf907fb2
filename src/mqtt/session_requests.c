/* SPDX-License-Identifier: Apache-2.0 */
/* PINGREQ, DISCONNECT, where the other packets go, and what a client must not send. */
#include "mqtt/session_inner.h"

static px_mqtt_reason ping(px_mqtt_session *s, px_str body)
{
    if (body.len > 0)
        return PX_MQTT_MALFORMED;
    px_mqtt_put_ping(pxi_mqtt_out(s, PX_MQTT_PINGRESP), PX_MQTT_PINGRESP);
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason disconnect(px_mqtt_session *s, px_str body)
{
    px_mqtt_disconnect d;
    px_mqtt_reason reason = px_mqtt_decode_disconnect(body, s->version, &d);
    uint32_t expiry_s = d.props.session_expiry_s;

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    if (s->asked_expiry_s == 0 && expiry_s != 0)
        return PX_MQTT_PROTOCOL_ERROR;
    s->ending.with_will = d.reason != PX_MQTT_SUCCESS;
    s->ending.has_expiry = px_mqtt_has(&d.props, PX_MQTT_PROP_SESSION_EXPIRY);
    s->ending.session_expiry_s =
        expiry_s < s->opts.session_expiry_s_max ? expiry_s : s->opts.session_expiry_s_max;
    pxi_mqtt_end(s, (px_mqtt_reason)d.reason, false);
    return PX_MQTT_SUCCESS;
}

typedef px_mqtt_reason (*request_handler)(px_mqtt_session *s, px_str body);

/* A type without a row is one that only a server sends. */
static const request_handler handlers[PX_MQTT_TYPE_COUNT] = {
    [PX_MQTT_PUBACK] = pxi_mqtt_handle_puback,
    [PX_MQTT_PUBREC] = pxi_mqtt_handle_pubrec,
    [PX_MQTT_PUBREL] = pxi_mqtt_handle_pubrel,
    [PX_MQTT_PUBCOMP] = pxi_mqtt_handle_pubcomp,
    [PX_MQTT_SUBSCRIBE] = pxi_mqtt_handle_subscribe,
    [PX_MQTT_UNSUBSCRIBE] = pxi_mqtt_handle_unsubscribe,
    [PX_MQTT_PINGREQ] = ping,
    [PX_MQTT_DISCONNECT] = disconnect,
};

void pxi_mqtt_handle_request(px_mqtt_session *s, const px_mqtt_frame *frame)
{
    request_handler handler = handlers[frame->type];
    px_mqtt_reason reason = handler ? handler(s, frame->body) : PX_MQTT_PROTOCOL_ERROR;

    if (reason != PX_MQTT_SUCCESS)
        pxi_mqtt_end(s, reason, true);
    pxi_mqtt_check_out(s);
}
