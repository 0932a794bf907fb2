/* SPDX-License-Identifier: Apache-2.0 */
/* SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT, and what a client must not send. */
#include "mqtt/session_inner.h"
#include "mqtt/topic.h"

/* The code in SUBACK or UNSUBACK for one filter. */
static uint8_t subscribe_one(px_mqtt_session *s, const px_mqtt_filter *filter)
{
    px_mqtt_reason reason = px_mqtt_filter_check(filter->text);

    if (reason == PX_MQTT_SUCCESS)
        reason = s->opts.app->subscribe(s->opts.ctx, filter);
    if (reason == PX_MQTT_SUCCESS)
        return filter->qos > 0 ? PX_MQTT_GRANTED_QOS_1 : 0;
    px_mqtt_count_add(&s->opts.counters->refused[reason & 0xFF], 1);
    return s->version == PX_MQTT_V5 ? (uint8_t)reason : 0x80;
}

static uint8_t unsubscribe_one(px_mqtt_session *s, const px_mqtt_filter *filter)
{
    px_mqtt_reason reason = px_mqtt_filter_check(filter->text);

    if (reason == PX_MQTT_SUCCESS)
        reason = s->opts.app->unsubscribe(s->opts.ctx, filter->text);
    return (uint8_t)reason;
}

static void answer_filters(px_mqtt_session *s, px_mqtt_filters *filters, px_mqtt_type answer,
                           uint8_t (*one)(px_mqtt_session *, const px_mqtt_filter *))
{
    px_buf reasons = { 0 };
    px_mqtt_filter filter;

    if (!px_buf_reserve(&reasons, filters->count)) {
        pxi_mqtt_end(s, PX_MQTT_QUOTA_EXCEEDED, true);
        return;
    }
    while (s->state == PXI_MQTT_OPEN && px_mqtt_filters_next(filters, &filter))
        px_put_char(&reasons, (char)one(s, &filter));
    if (s->state == PXI_MQTT_OPEN)
        px_mqtt_put_reasons(pxi_mqtt_out(s, answer), s->version, answer, filters->packet_id,
                            (const uint8_t *)reasons.ptr, reasons.len);
    px_buf_release(&reasons);
}

static px_mqtt_reason subscribe(px_mqtt_session *s, px_str body)
{
    px_mqtt_filters filters;
    px_mqtt_reason reason = px_mqtt_decode_subscribe(body, s->version, &filters);

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    if (filters.subscription_id != 0)
        return PX_MQTT_SUBSCRIPTION_ID_NOT_SUPPORTED;
    answer_filters(s, &filters, PX_MQTT_SUBACK, subscribe_one);
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason unsubscribe(px_mqtt_session *s, px_str body)
{
    px_mqtt_filters filters;
    px_mqtt_reason reason = px_mqtt_decode_unsubscribe(body, s->version, &filters);

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    answer_filters(s, &filters, PX_MQTT_UNSUBACK, unsubscribe_one);
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason ping(px_mqtt_session *s, px_str body)
{
    if (body.len > 0)
        return PX_MQTT_MALFORMED;
    px_mqtt_put_ping(pxi_mqtt_out(s, PX_MQTT_PINGRESP), PX_MQTT_PINGRESP);
    return PX_MQTT_SUCCESS;
}

/* A client that came from a server with QoS 2 may finish what it began there. */
static px_mqtt_reason pubrel(px_mqtt_session *s, px_str body)
{
    px_mqtt_ack ack;
    px_mqtt_reason reason = px_mqtt_decode_ack(body, s->version, PX_MQTT_PUBREL, &ack);

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    px_mqtt_put_ack(pxi_mqtt_out(s, PX_MQTT_PUBCOMP), s->version, PX_MQTT_PUBCOMP, ack.packet_id,
                    PX_MQTT_PACKET_ID_NOT_FOUND);
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason disconnect(px_mqtt_session *s, px_str body)
{
    px_mqtt_disconnect d;
    px_mqtt_reason reason = px_mqtt_decode_disconnect(body, s->version, &d);

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    if (s->expiry_was_0 && d.props.session_expiry_s != 0)
        return PX_MQTT_PROTOCOL_ERROR;
    if (d.reason != PX_MQTT_DISCONNECT_WITH_WILL)
        pxi_mqtt_drop_will(s);
    pxi_mqtt_end(s, (px_mqtt_reason)d.reason, false);
    return PX_MQTT_SUCCESS;
}

typedef px_mqtt_reason (*request_handler)(px_mqtt_session *s, px_str body);

/* A type without a row is one that only a server sends, or that answers what we never send. */
static const request_handler handlers[PX_MQTT_TYPE_COUNT] = {
    [PX_MQTT_SUBSCRIBE] = subscribe, [PX_MQTT_UNSUBSCRIBE] = unsubscribe,
    [PX_MQTT_PINGREQ] = ping,        [PX_MQTT_DISCONNECT] = disconnect,
    [PX_MQTT_PUBREL] = pubrel,
};

void pxi_mqtt_handle_request(px_mqtt_session *s, const px_mqtt_frame *frame)
{
    request_handler handler = handlers[frame->type];
    px_mqtt_reason reason = handler ? handler(s, frame->body) : PX_MQTT_PROTOCOL_ERROR;

    if (reason != PX_MQTT_SUCCESS)
        pxi_mqtt_end(s, reason, true);
    pxi_mqtt_check_out(s);
}
