/* SPDX-License-Identifier: Apache-2.0 */
/* What a client says of messages: that it has one, has received one, has released one. */
#include "broker/internal.h"

enum { ACKS_AT_ONCE = PX_MQTT_INFLIGHT_MAX / 2 };

/* An event that has to be written; false without memory, which the connection must not survive. */
static bool owe_receipt(px_broker *b, const px_broker_client *client, px_receipt_kind kind,
                        uint16_t packet_id)
{
    px_principal own = pxi_own_principal(client->who.tenant);
    px_receipt_record r = { pxi_peer_of(b, client), kind, packet_id };
    px_job *job = pxi_job_new(b, PX_JOB_OWED, &own);
    px_buf body = { 0 };

    if (!job)
        return false;
    px_put_receipt(&body, &r);
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_RECEIPT };
    if (!pxi_settle(&job->arena, &body, &job->write)) {
        pxi_job_free(job);
        return false;
    }
    return pxi_job_send(job, NULL) == PX_OK;
}

px_mqtt_reason px_broker_release(px_broker *b, px_broker_client *client, uint16_t packet_id)
{
    if (!client->is_kept)
        return PX_MQTT_SUCCESS;
    /* without memory no PUBCOMP comes, and the client says it again */
    (void)owe_receipt(b, client, PX_RECEIPT_RELEASED, packet_id);
    return PX_MQTT_LATER;
}

static bool owe_received(px_broker *b, const px_session *s, uint16_t packet_id)
{
    px_principal own = pxi_own_principal(s->tenant);
    px_ack_record ack = { .session = s->no, .packet_id = packet_id, .is_received = true };
    px_job *job = pxi_job_new(b, PX_JOB_OWED, &own);
    px_buf body = { 0 };

    if (!job)
        return false;
    px_put_acks(&body, &ack, 1);
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_ACK, .session = s->no };
    if (!pxi_settle(&job->arena, &body, &job->write)) {
        pxi_job_free(job);
        return false;
    }
    return pxi_job_send(job, NULL) == PX_OK;
}

void pxi_acks_tell(px_broker *b, px_session *s)
{
    px_principal own = pxi_own_principal(s->tenant);
    px_ack_record acks[PX_MQTT_INFLIGHT_MAX];
    size_t count = s->acks.len < PX_MQTT_INFLIGHT_MAX ? s->acks.len : PX_MQTT_INFLIGHT_MAX;
    px_job *job = pxi_job_new(b, PX_JOB_OWED, &own);
    px_buf body = { 0 };

    if (!job)
        return;
    for (size_t i = 0; i < count; i++)
        acks[i] = (px_ack_record){ .session = s->no, .packet_id = s->acks.ptr[i] };
    px_put_acks(&body, acks, count);
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_ACK, .session = s->no };
    if (!pxi_settle(&job->arena, &body, &job->write)) {
        pxi_job_free(job);
        return;
    }
    (void)pxi_job_send(job, NULL);
    s->acks.len -= count;
    memmove(s->acks.ptr, s->acks.ptr + count, s->acks.len * sizeof(*s->acks.ptr));
}

/* What passes is nobody's to remember. */
static void take_passing_ack(px_broker *b, px_session *s, px_entry *entry, px_mqtt_type type,
                             uint8_t reason)
{
    if (type == PX_MQTT_PUBREC && reason < 0x80)
        return;
    pxi_entry_remove(b, s, entry);
    pxi_pump(b, s);
}

/* Under the lock. */
static px_mqtt_reason take_ack(px_broker *b, px_session *s, px_entry *entry, px_mqtt_type type,
                               uint8_t reason)
{
    if (type == PX_MQTT_PUBREC && reason < 0x80) {
        if (entry->state != PX_ENTRY_RECEIVED)
            (void)owe_received(b, s, entry->packet_id); /* else it comes again when it reconnects */
        return entry->state == PX_ENTRY_RECEIVED ? PX_MQTT_SUCCESS : PX_MQTT_LATER;
    }
    if (!entry->is_acked) {
        pxi_entry_ack(s, entry);
        (void)PX_VEC_PUSH(&s->acks, entry->packet_id); /* without memory: it is sent once more */
    }
    if (s->acks.len >= ACKS_AT_ONCE) /* places of a queue are free when the journal has it */
        pxi_acks_tell(b, s);
    pxi_pump(b, s);
    return PX_MQTT_SUCCESS;
}

px_mqtt_reason px_broker_acked(px_broker *b, px_broker_client *client, uint16_t packet_id,
                               px_mqtt_type type, uint8_t reason)
{
    px_mqtt_reason result = PX_MQTT_SUCCESS;
    px_session *s;
    px_entry *entry;

    pthread_rwlock_wrlock(&b->lock);
    s = pxi_session_by_conn(b, client->conn);
    entry = s ? pxi_entry_find(s, packet_id) : NULL;
    if (entry && s->is_passing)
        take_passing_ack(b, s, entry, type, reason);
    else if (entry)
        result = take_ack(b, s, entry, type, reason);
    pthread_rwlock_unlock(&b->lock);
    return result;
}
