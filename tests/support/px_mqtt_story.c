/* SPDX-License-Identifier: Apache-2.0 */
#include "px_mqtt_story.h"

static px_mqtt_reason on_connect(void *ctx, const px_mqtt_connect *connect, px_str client_id)
{
    px_mqtt_story *story = ctx;

    px_putf(&story->log, "connect %.*s user=%.*s\n", PX_FMT(client_id), PX_FMT(connect->user));
    return story->on_connect;
}

static px_mqtt_reason on_publish(void *ctx, const px_mqtt_publish *p, uint32_t token)
{
    px_mqtt_story *story = ctx;

    if (story->busy_every && ++story->offers % story->busy_every == 0)
        return PX_MQTT_BUSY;
    px_putf(&story->log, "publish %.*s %.*s qos=%d%s%s\n", PX_FMT(p->topic), PX_FMT(p->payload),
            p->qos, p->retain ? " retain" : "", p->dup ? " dup" : "");
    if (story->explains)
        px_mqtt_session_explain(story->session, token, px_str_c(story->explains));
    if (token != PX_MQTT_TOKEN_NONE && story->on_publish == PX_MQTT_LATER)
        story->tokens[story->token_count++ % 256] = token;
    return story->on_publish;
}

static px_mqtt_reason on_release(void *ctx, uint16_t packet_id)
{
    px_mqtt_story *story = ctx;

    px_putf(&story->log, "release %u\n", (unsigned)packet_id);
    return story->on_release;
}

static void note_filter(px_mqtt_story *story, const char *verb, const px_mqtt_sub_request *request,
                        size_t at)
{
    const px_mqtt_filter *f = &request->filters[at];

    px_putf(&story->log, "%s %.*s", verb, PX_FMT(f->text));
    if (f->share.len > 0)
        px_putf(&story->log, " share=%.*s", PX_FMT(f->share));
    if (request->subscription_id != 0)
        px_putf(&story->log, " id=%u", (unsigned)request->subscription_id);
    if (request->reasons[at] != 0)
        px_putf(&story->log, " refused=%02x", request->reasons[at]);
}

static px_mqtt_reason answer_later(px_mqtt_story *story, const px_mqtt_sub_request *request,
                                   px_mqtt_type answer)
{
    px_mqtt_story_asked asked = { answer, request->packet_id, request->count };

    if (story->on_subscribe != PX_MQTT_LATER)
        return PX_MQTT_SUCCESS;
    px_assert(PX_VEC_PUSH(&story->subscribes, asked));
    return PX_MQTT_LATER;
}

static px_mqtt_reason on_subscribe(void *ctx, px_mqtt_sub_request *request)
{
    px_mqtt_story *story = ctx;

    for (size_t i = 0; i < request->count; i++) {
        const px_mqtt_filter *f = &request->filters[i];

        note_filter(story, "subscribe", request, i);
        px_putf(&story->log, " qos=%d%s%s", f->qos, f->no_local ? " no_local" : "",
                f->retain_as_published ? " as_published" : "");
        px_putf(&story->log, f->retain_handling ? " handling=%d\n" : "\n", f->retain_handling);
        if (request->reasons[i] == 0)
            request->reasons[i] =
                story->on_subscribe == PX_MQTT_SUCCESS ? f->qos : (uint8_t)story->on_subscribe;
    }
    return answer_later(story, request, PX_MQTT_SUBACK);
}

static px_mqtt_reason on_unsubscribe(void *ctx, px_mqtt_sub_request *request)
{
    px_mqtt_story *story = ctx;

    for (size_t i = 0; i < request->count; i++) {
        note_filter(story, "unsubscribe", request, i);
        px_put_char(&story->log, '\n');
    }
    return answer_later(story, request, PX_MQTT_UNSUBACK);
}

static px_mqtt_reason on_acked(void *ctx, uint16_t packet_id, px_mqtt_type type, uint8_t reason)
{
    px_mqtt_story *story = ctx;

    px_putf(&story->log, "%s %u %02x\n", px_mqtt_type_name(type), (unsigned)packet_id, reason);
    return story->on_acked;
}

static void on_arrived(void *ctx, uint32_t tag)
{
    px_mqtt_story *story = ctx;

    px_putf(&story->log, "arrived %u\n", (unsigned)tag);
}

static void on_closed(void *ctx, const px_mqtt_end *end)
{
    px_mqtt_story *story = ctx;

    px_putf(&story->log, "closed %s%s", px_mqtt_reason_name(end->reason),
            end->with_will ? " will" : "");
    if (end->has_expiry)
        px_putf(&story->log, " expiry=%u", (unsigned)end->session_expiry_s);
    px_put_char(&story->log, '\n');
}

static const px_mqtt_app recording_app = { .connect = on_connect,
                                           .publish = on_publish,
                                           .release = on_release,
                                           .subscribe = on_subscribe,
                                           .unsubscribe = on_unsubscribe,
                                           .acked = on_acked,
                                           .arrived = on_arrived,
                                           .closed = on_closed };

void px_mqtt_story_begin(px_mqtt_story *story, const px_mqtt_session_opts *opts)
{
    px_mqtt_session_opts o = opts ? *opts : (px_mqtt_session_opts){ .retain_available = true };

    *story = (px_mqtt_story){ 0 };
    o.app = &recording_app;
    o.ctx = story;
    o.counters = &story->counters;
    o.assigned_id = 0x2A;
    story->session = px_mqtt_session_new(&o, 0);
}

void px_mqtt_story_end(px_mqtt_story *story)
{
    px_mqtt_session_free(story->session);
    PX_VEC_RELEASE(&story->subscribes);
    px_buf_release(&story->log);
    px_buf_release(&story->sent);
}

void px_mqtt_story_feed(px_mqtt_story *story)
{
    px_mqtt_session_feed(story->session, px_buf_str(&story->sent), story->now_ns);
    px_buf_clear(&story->sent);
}

px_str px_mqtt_story_output(px_mqtt_story *story)
{
    px_str output = px_mqtt_session_output(story->session);

    px_buf_clear(&story->sent);
    px_put(&story->sent, output);
    px_mqtt_session_sent(story->session, output.len);
    output = px_buf_str(&story->sent);
    story->sent.len = 0; /* the bytes stay until the next write */
    return output;
}
