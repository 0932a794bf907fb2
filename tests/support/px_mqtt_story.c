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

    if (px_mqtt_session_is_ended(story->session)) {
        px_putf(&story->log, "will %.*s %.*s\n", PX_FMT(p->topic), PX_FMT(p->payload));
        return PX_MQTT_SUCCESS;
    }
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

static px_mqtt_reason on_subscribe(void *ctx, const px_mqtt_filter *filter)
{
    px_mqtt_story *story = ctx;

    px_putf(&story->log, "subscribe %.*s qos=%d\n", PX_FMT(filter->text), filter->qos);
    return story->on_subscribe;
}

static px_mqtt_reason on_unsubscribe(void *ctx, px_str filter)
{
    px_mqtt_story *story = ctx;

    px_putf(&story->log, "unsubscribe %.*s\n", PX_FMT(filter));
    return PX_MQTT_SUCCESS;
}

static void on_closed(void *ctx, px_mqtt_reason reason)
{
    px_mqtt_story *story = ctx;

    px_putf(&story->log, "closed %s\n", px_mqtt_reason_name(reason));
}

static const px_mqtt_app recording_app = { .connect = on_connect,
                                           .publish = on_publish,
                                           .subscribe = on_subscribe,
                                           .unsubscribe = on_unsubscribe,
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
