/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SUBSCRIBE and UNSUBSCRIBE: the whole packet is one question to the application, and its answer
 * one packet, at once or later. What has no shape is refused before the application sees it.
 */
#include "mqtt/session_inner.h"
#include "mqtt/topic.h"

typedef px_mqtt_reason (*sub_question)(void *ctx, px_mqtt_sub_request *request);

static void put_answer(px_mqtt_session *s, px_mqtt_type answer, uint16_t packet_id,
                       uint8_t *reasons, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (reasons[i] < 0x80)
            continue;
        px_mqtt_count_add(&s->opts.counters->refused[reasons[i]], 1);
        if (s->version == PX_MQTT_V311)
            reasons[i] = 0x80;
    }
    px_mqtt_put_reasons(pxi_mqtt_out(s, answer), s->version, answer, packet_id, reasons, count);
}

/* Takes the filters apart; a shared subscription has no use for No Local (section 3.8.3.1). */
static px_mqtt_reason read_filters(px_mqtt_filters *from, px_mqtt_filter *filters, uint8_t *reasons)
{
    for (size_t i = 0; px_mqtt_filters_next(from, &filters[i]); i++) {
        px_mqtt_filter *f = &filters[i];

        reasons[i] = (uint8_t)px_mqtt_filter_settle(&f->text, &f->share);
        if (f->share.len > 0 && f->no_local)
            return PX_MQTT_PROTOCOL_ERROR;
    }
    return PX_MQTT_SUCCESS;
}

static void ask(px_mqtt_session *s, px_mqtt_sub_request *request, px_mqtt_type answer,
                sub_question question)
{
    px_mqtt_reason reason = question(s->opts.ctx, request);

    if (s->state != PXI_MQTT_OPEN)
        return;
    if (reason == PX_MQTT_LATER)
        s->requests[s->request_count++] = (pxi_mqtt_request){ .packet_id = request->packet_id,
                                                              .count = (uint16_t)request->count,
                                                              .answer = (uint8_t)answer };
    else
        put_answer(s, answer, request->packet_id, request->reasons, request->count);
}

static px_mqtt_reason handle(px_mqtt_session *s, px_mqtt_filters *filters, px_mqtt_type answer,
                             sub_question question)
{
    size_t count = filters->count;
    px_mqtt_sub_request request = { .packet_id = filters->packet_id,
                                    .subscription_id = filters->subscription_id,
                                    .count = count };
    px_mqtt_filter *room;
    px_mqtt_reason reason;

    if (count > PX_MQTT_FILTERS_MAX)
        return PX_MQTT_QUOTA_EXCEEDED;
    room = px_alloc(count * (sizeof(*room) + 1));
    if (!room)
        return PX_MQTT_QUOTA_EXCEEDED;
    request.filters = room;
    request.reasons = (uint8_t *)(room + count);
    reason = read_filters(filters, room, request.reasons);
    if (reason == PX_MQTT_SUCCESS)
        ask(s, &request, answer, question);
    px_free(room);
    return reason;
}

px_mqtt_reason pxi_mqtt_handle_subscribe(px_mqtt_session *s, px_str body)
{
    px_mqtt_filters filters;
    px_mqtt_reason reason = px_mqtt_decode_subscribe(body, s->version, &filters);

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    return handle(s, &filters, PX_MQTT_SUBACK, s->opts.app->subscribe);
}

px_mqtt_reason pxi_mqtt_handle_unsubscribe(px_mqtt_session *s, px_str body)
{
    px_mqtt_filters filters;
    px_mqtt_reason reason = px_mqtt_decode_unsubscribe(body, s->version, &filters);

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    return handle(s, &filters, PX_MQTT_UNSUBACK, s->opts.app->unsubscribe);
}

static pxi_mqtt_request *find(px_mqtt_session *s, px_mqtt_type answer, uint16_t packet_id)
{
    for (size_t i = 0; i < s->request_count; i++)
        if (s->requests[i].packet_id == packet_id && s->requests[i].answer == answer)
            return &s->requests[i];
    return NULL;
}

void px_mqtt_session_answer(px_mqtt_session *s, px_mqtt_type type, uint16_t packet_id,
                            const uint8_t *reasons, size_t count)
{
    uint8_t told[PX_MQTT_FILTERS_MAX];
    pxi_mqtt_request *request = find(s, type, packet_id);

    if (s->state != PXI_MQTT_OPEN || !request)
        return;
    px_assert(count == request->count);
    memcpy(told, reasons, count);
    *request = s->requests[--s->request_count];
    put_answer(s, type, packet_id, told, count);
    pxi_mqtt_check_out(s);
    pxi_mqtt_go_on(s);
}
