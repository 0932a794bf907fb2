/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QoS 2 from the client (section 4.3.3), between our PUBREC and our PUBCOMP:
 *
 *   PUBLISH → [judged, in the ring of session_publish.c] → PUBREC → received
 *   received: PUBLISH again → PUBREC again; PUBREL → the application → PUBCOMP, forgotten
 *
 * The ids are few and short-lived, so they lie in a list without order.
 */
#include "mqtt/session_inner.h"

bool pxi_mqtt_received_reserve(px_mqtt_session *s)
{
    if (!s->received)
        s->received = px_alloc(PX_MQTT_INFLIGHT_MAX * sizeof(*s->received));
    return s->received != NULL;
}

void pxi_mqtt_received_add(px_mqtt_session *s, uint16_t packet_id)
{
    px_assert(s->received_count < PX_MQTT_INFLIGHT_MAX); /* the window was judged before */
    s->received[s->received_count++] = (pxi_mqtt_received){ .packet_id = packet_id };
}

pxi_mqtt_received *pxi_mqtt_received_find(px_mqtt_session *s, uint16_t packet_id)
{
    for (size_t i = 0; i < s->received_count; i++)
        if (s->received[i].packet_id == packet_id)
            return &s->received[i];
    return NULL;
}

static void put_pubcomp(px_mqtt_session *s, uint16_t packet_id, px_mqtt_reason reason)
{
    px_mqtt_put_ack(pxi_mqtt_out(s, PX_MQTT_PUBCOMP), s->version, PX_MQTT_PUBCOMP, packet_id,
                    (uint8_t)reason);
}

static void finish(px_mqtt_session *s, pxi_mqtt_received *received)
{
    uint16_t packet_id = received->packet_id;

    *received = s->received[--s->received_count];
    put_pubcomp(s, packet_id, PX_MQTT_SUCCESS);
}

px_mqtt_reason pxi_mqtt_handle_pubrel(px_mqtt_session *s, px_str body)
{
    px_mqtt_ack ack;
    px_mqtt_reason reason = px_mqtt_decode_ack(body, s->version, PX_MQTT_PUBREL, &ack);
    pxi_mqtt_received *received;

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    received = pxi_mqtt_received_find(s, ack.packet_id);
    if (!received && pxi_mqtt_is_unanswered(s, ack.packet_id))
        return PX_MQTT_PROTOCOL_ERROR; /* it has no PUBREC yet */
    if (!received)
        put_pubcomp(s, ack.packet_id, PX_MQTT_PACKET_ID_NOT_FOUND);
    if (!received || received->is_releasing)
        return PX_MQTT_SUCCESS;
    if (s->opts.app->release(s->opts.ctx, ack.packet_id) == PX_MQTT_LATER) {
        received->is_releasing = true;
        s->owed_count++;
    } else {
        finish(s, received);
    }
    return PX_MQTT_SUCCESS;
}

void px_mqtt_session_released(px_mqtt_session *s, uint16_t packet_id)
{
    pxi_mqtt_received *received;

    if (s->state != PXI_MQTT_OPEN)
        return;
    received = pxi_mqtt_received_find(s, packet_id);
    if (!received || !received->is_releasing)
        return;
    s->owed_count--;
    finish(s, received);
    pxi_mqtt_check_out(s);
}
