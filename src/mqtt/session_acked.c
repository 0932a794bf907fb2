/* SPDX-License-Identifier: Apache-2.0 */
/* What the client answers to messages that were sent, and PUBREL towards it. */
#include "mqtt/session_inner.h"

/* The application is asked about its own messages only. */
static px_mqtt_reason tell(px_mqtt_session *s, px_mqtt_type type, const px_mqtt_ack *ack)
{
    if (ack->packet_id >= PX_MQTT_SESSION_IDS_FROM)
        return PX_MQTT_SUCCESS;
    return s->opts.app->acked(s->opts.ctx, ack->packet_id, type, ack->reason);
}

void pxi_mqtt_arrived(px_mqtt_session *s, uint32_t tag)
{
    if (tag != 0 && s->opts.app->arrived)
        s->opts.app->arrived(s->opts.ctx, tag);
}

static void end_message(px_mqtt_session *s, pxi_mqtt_sent *sent, px_mqtt_type type,
                        const px_mqtt_ack *ack)
{
    uint32_t tag = ack->reason < 0x80 ? sent->tag : 0;

    pxi_mqtt_sent_remove(s, sent);
    (void)tell(s, type, ack);
    pxi_mqtt_arrived(s, tag);
    pxi_mqtt_pump(s);
}

/* The message that is answered; NULL with success when there is none, which is counted. */
static px_mqtt_reason read_ack(px_mqtt_session *s, px_str body, px_mqtt_type type,
                               px_mqtt_ack *ret_ack, pxi_mqtt_sent **ret_sent)
{
    px_mqtt_reason reason = px_mqtt_decode_ack(body, s->version, type, ret_ack);

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    *ret_sent = pxi_mqtt_sent_find(s, ret_ack->packet_id);
    if (!*ret_sent)
        px_mqtt_count_add(&s->opts.counters->acks_unasked, 1);
    return PX_MQTT_SUCCESS;
}

px_mqtt_reason pxi_mqtt_handle_puback(px_mqtt_session *s, px_str body)
{
    pxi_mqtt_sent *sent;
    px_mqtt_ack ack;
    px_mqtt_reason reason = read_ack(s, body, PX_MQTT_PUBACK, &ack, &sent);

    if (reason != PX_MQTT_SUCCESS || !sent)
        return reason;
    if (sent->owes != PXI_MQTT_OWES_PUBACK)
        return PX_MQTT_PROTOCOL_ERROR;
    end_message(s, sent, PX_MQTT_PUBACK, &ack);
    return PX_MQTT_SUCCESS;
}

static void put_pubrel(px_mqtt_session *s, uint16_t packet_id, px_mqtt_reason reason)
{
    px_mqtt_put_ack(pxi_mqtt_out(s, PX_MQTT_PUBREL), s->version, PX_MQTT_PUBREL, packet_id,
                    (uint8_t)reason);
}

/* The first PUBREC of a message. */
static void take_pubrec(px_mqtt_session *s, pxi_mqtt_sent *sent, const px_mqtt_ack *ack)
{
    if (ack->reason >= 0x80) {
        end_message(s, sent, PX_MQTT_PUBREC, ack);
        return;
    }
    if (tell(s, PX_MQTT_PUBREC, ack) == PX_MQTT_LATER) {
        sent->owes = PXI_MQTT_OWES_NOTHING;
        s->owed_count++;
        return;
    }
    sent->owes = PXI_MQTT_OWES_PUBCOMP;
    put_pubrel(s, ack->packet_id, PX_MQTT_SUCCESS);
}

/* One for nothing gets its PUBREL, so that a client that kept more than we did is rid of it. */
px_mqtt_reason pxi_mqtt_handle_pubrec(px_mqtt_session *s, px_str body)
{
    pxi_mqtt_sent *sent;
    px_mqtt_ack ack;
    px_mqtt_reason reason = read_ack(s, body, PX_MQTT_PUBREC, &ack, &sent);

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    if (!sent)
        put_pubrel(s, ack.packet_id, PX_MQTT_PACKET_ID_NOT_FOUND);
    else if (sent->owes == PXI_MQTT_OWES_PUBACK)
        return PX_MQTT_PROTOCOL_ERROR;
    else if (sent->owes == PXI_MQTT_OWES_PUBREC)
        take_pubrec(s, sent, &ack);
    else if (sent->owes == PXI_MQTT_OWES_PUBCOMP)
        put_pubrel(s, ack.packet_id, PX_MQTT_SUCCESS);
    return PX_MQTT_SUCCESS;
}

px_mqtt_reason pxi_mqtt_handle_pubcomp(px_mqtt_session *s, px_str body)
{
    pxi_mqtt_sent *sent;
    px_mqtt_ack ack;
    px_mqtt_reason reason = read_ack(s, body, PX_MQTT_PUBCOMP, &ack, &sent);

    if (reason != PX_MQTT_SUCCESS || !sent)
        return reason;
    if (sent->owes != PXI_MQTT_OWES_PUBCOMP)
        return PX_MQTT_PROTOCOL_ERROR;
    end_message(s, sent, PX_MQTT_PUBCOMP, &ack);
    return PX_MQTT_SUCCESS;
}

void px_mqtt_session_release(px_mqtt_session *s, uint16_t packet_id)
{
    pxi_mqtt_sent *sent;

    if (s->state != PXI_MQTT_OPEN)
        return;
    sent = pxi_mqtt_sent_find(s, packet_id);
    if (sent && sent->owes == PXI_MQTT_OWES_NOTHING) {
        s->owed_count--;
        sent->owes = PXI_MQTT_OWES_PUBCOMP;
        put_pubrel(s, packet_id, PX_MQTT_SUCCESS);
    } else if (!sent && !pxi_mqtt_sent_reserve(s)) {
        (void)pxi_mqtt_too_slow(s);
    } else if (!sent && s->queue_count == 0 && pxi_mqtt_has_place_for_pubrel(s)) {
        pxi_mqtt_write_pubrel(s, packet_id);
    } else if (!sent) {
        (void)pxi_mqtt_enqueue(s, &(px_mqtt_publish){ .packet_id = packet_id });
    }
    pxi_mqtt_check_out(s);
}
