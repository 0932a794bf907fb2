/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from the client. Each of QoS 1 or 2 takes a place in a ring before the application sees
 * it; answers come in any order, PUBACKs and PUBRECs leave from the front of the ring
 * (section 4.6).
 */
#include "mqtt/session_inner.h"

/* What only messages with properties need. */
static px_mqtt_reason settle_props(px_mqtt_session *s, px_mqtt_props *props, px_mqtt_publish *p)
{
    if (px_mqtt_has(props, PX_MQTT_PROP_SUBSCRIPTION_ID))
        return PX_MQTT_PROTOCOL_ERROR; /* only a server may send one */
    if (props->message_expiry_s > PX_MQTT_MESSAGE_EXPIRY_S_MAX)
        props->message_expiry_s = PX_MQTT_MESSAGE_EXPIRY_S_MAX;
    return px_mqtt_has(props, PX_MQTT_PROP_TOPIC_ALIAS) ? pxi_mqtt_alias_in(s, p) : PX_MQTT_SUCCESS;
}

static px_mqtt_reason read_publish(px_mqtt_session *s, const px_mqtt_frame *frame,
                                   px_mqtt_props *props, px_mqtt_publish *ret_publish)
{
    px_mqtt_reason reason = px_mqtt_decode_publish(frame, s->version, props, ret_publish);

    if (reason != PX_MQTT_SUCCESS)
        return reason;
    if (ret_publish->retain && !s->opts.retain_available) {
        if (s->version == PX_MQTT_V5)
            return PX_MQTT_RETAIN_NOT_SUPPORTED;
        ret_publish->retain = false;
    }
    return ret_publish->props ? settle_props(s, props, ret_publish) : PX_MQTT_SUCCESS;
}

/* A refusal that no repetition would change: 3.1.1 gets its answer all the same (session.h). */
static bool is_judgement(uint8_t reason)
{
    return reason < 0x80 || reason == PX_MQTT_NOT_AUTHORIZED ||
           reason == PX_MQTT_TOPIC_NAME_INVALID || reason == PX_MQTT_PAYLOAD_FORMAT_INVALID;
}

/* The connection ends instead, and the client says it again in the next one. */
static bool has_no_answer(const px_mqtt_session *s, const pxi_mqtt_answer *a)
{
    return a->reason == PX_MQTT_SESSION_TAKEN_OVER || (a->is_qos_2 && a->told == PX_MQTT_UNSAVED) ||
           (s->version == PX_MQTT_V311 && !is_judgement(a->reason));
}

/* ---- reason strings ---- */

static bool wants_text(const px_mqtt_session *s)
{
    return s->version == PX_MQTT_V5 && !s->wants_no_text;
}

/* Empty: the reason needs none. */
static px_str usual_text(const pxi_mqtt_answer *a)
{
    static const struct {
        px_mqtt_reason told;
        const char *text;
    } usual[] = {
        { PX_MQTT_PARTLY, "some fields were not taken; GET /api/v1/rejects says which, and why" },
        { PX_MQTT_AHEAD, "the clock of the source runs ahead and is not believed: the values count "
                         "at their arrival, as uncertain; look at its clock and time zone" },
        { PX_MQTT_DISK_FULL,
          "the server's disk is full; it takes messages again when there is room" },
        { PX_MQTT_UNSAVED,
          "what was refused of it cannot be kept now; send it again when the server has room" },
        { PX_MQTT_NOT_AUTHORIZED,
          "this client may not publish there; a device speaks for its own twins only" },
        { PX_MQTT_TOPIC_NAME_INVALID,
          "the topic means nothing, or its twin is not there; see GET /api/v1/rejects" },
        { PX_MQTT_PAYLOAD_FORMAT_INVALID,
          "nothing of the message was taken; GET /api/v1/rejects says why" },
        { PX_MQTT_QUOTA_EXCEEDED, "the server has no room for it now; send it again later" },
    };

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (usual[i].told == (px_mqtt_reason)a->told)
            return px_str_c(usual[i].text);
    return (px_str){ 0 };
}

void px_mqtt_session_explain(px_mqtt_session *s, uint32_t token, px_str text)
{
    pxi_mqtt_why *why;

    if (token == PX_MQTT_TOKEN_NONE || !wants_text(s) || text.len > UINT16_MAX ||
        !px_str_is_utf8(text, NULL))
        return;
    why = px_alloc(sizeof(*why) + text.len);
    if (!why)
        return; /* the usual sentence, then */
    *why = (pxi_mqtt_why){ .next = s->whys, .token = token, .len = (uint16_t)text.len };
    memcpy(why->text, text.ptr, text.len);
    s->whys = why;
}

/* Out of the list; NULL when nobody said why. */
static pxi_mqtt_why *take_why(px_mqtt_session *s, uint32_t token)
{
    for (pxi_mqtt_why **at = &s->whys; *at; at = &(*at)->next) {
        pxi_mqtt_why *why = *at;

        if (why->token != token)
            continue;
        *at = why->next;
        return why;
    }
    return NULL;
}

void pxi_mqtt_drop_whys(px_mqtt_session *s)
{
    while (s->whys)
        px_free(take_why(s, s->whys->token));
}

static void put_answer(px_mqtt_session *s, const pxi_mqtt_answer *a, uint32_t token)
{
    px_mqtt_type type = a->is_qos_2 ? PX_MQTT_PUBREC : PX_MQTT_PUBACK;
    px_buf *out = pxi_mqtt_out(s, type);
    pxi_mqtt_why *why = take_why(s, token);
    px_str text = why && a->reason >= 0x80 ? px_str_of(why->text, why->len) : usual_text(a);

    if (text.len && wants_text(s) && s->client_packet_bytes_max >= text.len + 16)
        px_mqtt_put_ack_text(out, type, a->packet_id, a->reason, text);
    else
        px_mqtt_put_ack(out, s->version, type, a->packet_id, a->reason);
    if (a->is_qos_2 && a->reason < 0x80)
        pxi_mqtt_received_add(s, a->packet_id);
    px_free(why);
}

/* ---- answers ---- */

static void put_known_answers(px_mqtt_session *s)
{
    while (s->answer_count > 0 && s->state == PXI_MQTT_OPEN) {
        uint32_t token = s->answer_first;
        const pxi_mqtt_answer *a = &s->answers[token % PXI_MQTT_RING];

        if (!a->is_known)
            break;
        s->answer_first = (s->answer_first + 1) & PXI_MQTT_TOKEN_MASK;
        s->answer_count--;
        if (has_no_answer(s, a)) {
            pxi_mqtt_end(s, (px_mqtt_reason)a->reason, s->version == PX_MQTT_V5);
            return;
        }
        put_answer(s, a, token);
    }
    pxi_mqtt_check_out(s);
}

static void set_answer(px_mqtt_session *s, uint32_t token, px_mqtt_reason reason)
{
    pxi_mqtt_answer *a;

    if (((token - s->answer_first) & PXI_MQTT_TOKEN_MASK) >= s->answer_count)
        return;
    a = &s->answers[token % PXI_MQTT_RING];
    if (a->is_known)
        return;
    a->told = (uint16_t)reason;
    if (reason == PX_MQTT_PARTLY || reason == PX_MQTT_AHEAD)
        reason = PX_MQTT_SUCCESS;
    if (reason == PX_MQTT_DISK_FULL || reason == PX_MQTT_UNSAVED)
        reason = PX_MQTT_QUOTA_EXCEEDED;
    if (reason >= 0x80)
        px_mqtt_count_add(&s->opts.counters->refused[reason & 0xFF], 1);
    a->reason = (uint8_t)reason;
    a->is_known = true;
}

void px_mqtt_session_ack(px_mqtt_session *s, uint32_t token, px_mqtt_reason reason)
{
    if (s->state != PXI_MQTT_OPEN || token > PXI_MQTT_TOKEN_MASK)
        return;
    set_answer(s, token, reason);
    put_known_answers(s);
}

bool pxi_mqtt_is_unanswered(const px_mqtt_session *s, uint16_t packet_id)
{
    for (uint32_t i = 0; i < s->answer_count; i++) {
        const pxi_mqtt_answer *a = &s->answers[(s->answer_first + i) % PXI_MQTT_RING];

        if (a->is_qos_2 && a->packet_id == packet_id)
            return true;
    }
    return false;
}

static pxi_mqtt_done offer_unacknowledged(px_mqtt_session *s, const px_mqtt_publish *p)
{
    px_mqtt_reason reason = s->opts.app->publish(s->opts.ctx, p, PX_MQTT_TOKEN_NONE);

    if (reason == PX_MQTT_BUSY)
        return PXI_MQTT_KEPT;
    if (reason == PX_MQTT_DISK_FULL)
        reason = PX_MQTT_QUOTA_EXCEEDED;
    if (reason >= 0x80 && reason < 0x100)
        px_mqtt_count_add(&s->opts.counters->refused[reason], 1);
    return PXI_MQTT_TAKEN;
}

/* ---- QoS 1 and 2 ---- */

/* A QoS 2 message that came before: answered as it was then, or by the answer that is still due.
 * Its id cannot stand for another message before PUBCOMP. */
static bool is_repeat(px_mqtt_session *s, const px_mqtt_publish *p)
{
    const pxi_mqtt_received *before = pxi_mqtt_received_find(s, p->packet_id);

    if (!before && !pxi_mqtt_is_unanswered(s, p->packet_id))
        return false;
    px_mqtt_count_add(&s->opts.counters->repeats, 1);
    if (before && before->is_releasing)
        pxi_mqtt_end(s, PX_MQTT_PROTOCOL_ERROR, true);
    else if (before)
        px_mqtt_put_ack(pxi_mqtt_out(s, PX_MQTT_PUBREC), s->version, PX_MQTT_PUBREC, p->packet_id,
                        0);
    pxi_mqtt_check_out(s);
    return true;
}

/* A 3.1.1 client was never told a limit: let it wait, unless what it waits for is its own PUBREL.
 */
static pxi_mqtt_done exceed(px_mqtt_session *s)
{
    if (s->version == PX_MQTT_V311 && s->answer_count > 0)
        return PXI_MQTT_KEPT;
    pxi_mqtt_end(s, PX_MQTT_RECEIVE_MAX_EXCEEDED, true);
    return PXI_MQTT_TAKEN;
}

static bool is_window_full(const px_mqtt_session *s, const px_mqtt_publish *p)
{
    if (s->version == PX_MQTT_V311 && p->qos == 1)
        return s->answer_count == s->opts.receive_max;
    return s->answer_count + s->received_count >= s->opts.receive_max;
}

static bool has_rings(px_mqtt_session *s, const px_mqtt_publish *p)
{
    if (!s->answers)
        s->answers = px_zalloc(PXI_MQTT_RING, sizeof(*s->answers));
    return s->answers && (p->qos == 1 || pxi_mqtt_received_reserve(s));
}

static pxi_mqtt_done offer(px_mqtt_session *s, const px_mqtt_publish *p)
{
    uint32_t token = (s->answer_first + s->answer_count) & PXI_MQTT_TOKEN_MASK;
    px_mqtt_reason reason;

    if (p->qos == 2 && is_repeat(s, p))
        return PXI_MQTT_TAKEN;
    if (is_window_full(s, p))
        return exceed(s);
    if (!has_rings(s, p)) {
        pxi_mqtt_end(s, PX_MQTT_QUOTA_EXCEEDED, true);
        return PXI_MQTT_TAKEN;
    }
    s->answers[token % PXI_MQTT_RING] =
        (pxi_mqtt_answer){ .packet_id = p->packet_id, .is_qos_2 = p->qos == 2 };
    s->answer_count++;
    reason = s->opts.app->publish(s->opts.ctx, p, token);
    if (s->state != PXI_MQTT_OPEN || reason == PX_MQTT_LATER)
        return PXI_MQTT_TAKEN;
    if (reason == PX_MQTT_BUSY) {
        s->answer_count--;
        return PXI_MQTT_KEPT;
    }
    set_answer(s, token, reason);
    put_known_answers(s);
    return PXI_MQTT_TAKEN;
}

pxi_mqtt_done pxi_mqtt_handle_publish(px_mqtt_session *s, const px_mqtt_frame *frame)
{
    px_mqtt_props props; /* filled only when the packet has some */
    px_mqtt_publish p;
    px_mqtt_reason reason = read_publish(s, frame, &props, &p);

    if (reason != PX_MQTT_SUCCESS) {
        px_mqtt_count_add(&s->opts.counters->refused[reason & 0xFF], 1);
        pxi_mqtt_end(s, reason, true);
        return PXI_MQTT_TAKEN;
    }
    return p.qos == 0 ? offer_unacknowledged(s, &p) : offer(s, &p);
}
