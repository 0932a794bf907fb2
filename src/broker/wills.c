/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wills whose time has come: handed up to be published, with the event that says so; or, where
 * nobody takes one, that event alone.
 */
#include "broker/internal.h"

#include "mqtt/props.h"

/* Outside of the lock: whoever publishes it asks who wants it. */
static bool send_will(px_broker *b, uint32_t tenant, uint64_t no, px_str credential,
                      const px_will_record *r)
{
    px_receipt_record receipt = { .kind = PX_RECEIPT_WILL_SENT };
    px_mqtt_props props = { 0 };
    px_mqtt_publish message = { .topic = r->letter.topic,
                                .payload = r->letter.payload,
                                .qos = r->letter.qos,
                                .retain = r->letter.retain };
    px_session_write write = { .type = PX_EVENT_SESSION_RECEIPT, .session = no };
    px_broker_will will = { tenant, credential, &message, &write };
    px_buf body = { 0 };
    bool is_taken = false;

    if (px_mqtt_props_parse(r->letter.props, PX_MQTT_PUBLISH, &props) == PX_MQTT_SUCCESS)
        message.props = &props;
    if (r->expiry_s) {
        props.present |= UINT64_C(1) << PX_MQTT_PROP_MESSAGE_EXPIRY;
        props.message_expiry_s = r->expiry_s;
        message.props = &props;
    }
    px_put_receipt(&body, &receipt);
    write.body = px_buf_str(&body);
    if (body.status == PX_OK)
        is_taken = b->opts.app.will(b->opts.app.ctx, &will);
    px_buf_release(&body);
    return is_taken;
}

/* A copy, for the session may go while it is sent. */
void pxi_will_ask(px_broker *b, uint64_t no)
{
    px_will_record will;
    px_str credential = { 0 };
    px_session copy = { 0 };
    uint32_t tenant = 0;
    px_session *s;
    bool copied;

    pthread_rwlock_wrlock(&b->lock);
    s = pxi_session_by_no(b, no);
    copied = s && s->has_will && pxi_text_copy(&credential, s->credential) &&
             pxi_session_set_will(&copy, &s->will);
    if (copied) {
        s->will_is_asked = true;
        tenant = s->tenant;
        will = copy.will;
    }
    pthread_rwlock_unlock(&b->lock);
    if (copied && !send_will(b, tenant, no, credential, &will))
        px_broker_will_ended(b, no, PX_BUSY);
    pxi_text_free(credential);
    pxi_session_set_will(&copy, NULL);
}

void px_broker_will_ended(px_broker *b, uint64_t session, px_status status)
{
    px_session *s;

    if (status == PX_OK) {
        atomic_store_explicit(&b->wants_fold, true, memory_order_relaxed);
        return; /* the event says the rest */
    }
    pthread_rwlock_wrlock(&b->lock);
    s = pxi_session_by_no(b, session);
    if (s && (status == PX_FULL || status == PX_BUSY || status == PX_NO_MEMORY))
        s->will_is_asked = false;
    else if (s)
        s->will_is_refused = true;
    pthread_rwlock_unlock(&b->lock);
}

/* Nobody takes it: that it is done with is all that is left to be written. */
void pxi_will_drop(px_broker *b, px_session *s)
{
    px_receipt_record receipt = { .kind = PX_RECEIPT_WILL_SENT };
    px_principal own = pxi_own_principal(s->tenant);
    px_job *job = pxi_job_new(b, PX_JOB_OWED, &own);
    px_buf body = { 0 };

    if (!job)
        return;
    px_put_receipt(&body, &receipt);
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_RECEIPT, .session = s->no };
    if (body.status == PX_OK)
        job->write.body = px_arena_str(&job->arena, px_buf_str(&body));
    px_buf_release(&body);
    if (!job->write.body.ptr) {
        pxi_job_free(job);
        return;
    }
    s->will_is_refused = false;
    (void)pxi_job_send(job, NULL);
}
