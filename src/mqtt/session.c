/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a session, and the way of its bytes.
 *
 * Whole packets are handled where they lie in the caller's buffer; only the beginning of a packet
 * whose end has not come is copied, and it is completed with exactly the bytes that it lacks. A
 * session that is blocked keeps the rest of what was read: beginning with the message not taken, or
 * behind the request whose answer it waits for.
 */
#include "mqtt/session_inner.h"
#include "mqtt/wire.h"

static void set_defaults(px_mqtt_session_opts *o)
{
    o->packet_bytes_max = o->packet_bytes_max ? o->packet_bytes_max : PX_MQTT_PACKET_BYTES_MAX;
    o->out_bytes_max = o->out_bytes_max ? o->out_bytes_max : PX_MQTT_OUT_BYTES_MAX;
    o->keep_alive_s_max = o->keep_alive_s_max ? o->keep_alive_s_max : PX_MQTT_KEEPALIVE_S_DEFAULT;
    if (o->keep_alive_s_max > PX_MQTT_KEEPALIVE_S_MAX)
        o->keep_alive_s_max = PX_MQTT_KEEPALIVE_S_MAX;
    if (o->session_expiry_s_max == 0)
        o->session_expiry_s_max = PX_MQTT_SESSION_EXPIRY_S_MAX;
    if (o->receive_max == 0 || o->receive_max > PX_MQTT_INFLIGHT_MAX)
        o->receive_max = PX_MQTT_INFLIGHT_MAX;
}

px_mqtt_session *px_mqtt_session_new(const px_mqtt_session_opts *opts, int64_t now_ns)
{
    px_mqtt_session *s = px_zalloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->opts = *opts;
    set_defaults(&s->opts);
    s->version = PX_MQTT_V311;
    s->now_ns = s->last_packet_ns = now_ns;
    s->in_flight_max = PX_MQTT_INFLIGHT_MAX;
    s->client_packet_bytes_max = UINT32_MAX;
    px_buf_init(&s->in, s->opts.packet_bytes_max + PXI_MQTT_IN_SLACK_BYTES);
    px_buf_init(&s->out, s->opts.out_bytes_max + PXI_MQTT_CONTROL_SLACK_BYTES);
    px_buf_init(&s->queue, 2 * PX_MQTT_QUEUE_BYTES_MAX);
    return s;
}

/* What an ended session needs no more. Not part of the end itself: that can come from inside a
 * callback whose arguments borrow from here. */
static void release_inner(px_mqtt_session *s)
{
    px_buf_release(&s->in);
    px_buf_release(&s->queue);
    px_free(s->sent);
    px_free(s->received);
    px_free(s->answers);
    s->sent = NULL;
    s->received = NULL;
    s->answers = NULL;
    s->answer_count = 0;
    pxi_mqtt_aliases_release(s);
    pxi_mqtt_drop_whys(s);
}

void px_mqtt_session_free(px_mqtt_session *s)
{
    if (!s)
        return;
    pxi_mqtt_end(s, PX_MQTT_UNSPECIFIED, false);
    release_inner(s);
    px_free((void *)(uintptr_t)s->client_id.ptr);
    px_buf_release(&s->out);
    px_free(s);
}

void pxi_mqtt_rest(px_buf *buf)
{
    if (buf->len > 0)
        return;
    if (buf->cap > PXI_MQTT_KEPT_BYTES)
        px_buf_release(buf);
    else
        px_buf_clear(buf);
}

/* ---- the end ---- */

void pxi_mqtt_end(px_mqtt_session *s, px_mqtt_reason reason, bool tell)
{
    bool was_open = s->state == PXI_MQTT_OPEN;

    if (s->state == PXI_MQTT_ENDED)
        return;
    s->state = PXI_MQTT_ENDED;
    s->stalled = false;
    s->request_count = 0;
    s->owed_count = 0;
    px_mqtt_count_add(&s->opts.counters->ended[reason & 0xFF], 1);
    if (tell && was_open && s->version == PX_MQTT_V5)
        px_mqtt_put_disconnect(pxi_mqtt_out(s, PX_MQTT_DISCONNECT), s->version, (uint8_t)reason,
                               (px_str){ NULL, 0 });
    if (s->closed_due) {
        s->closed_due = false;
        s->ending.reason = reason;
        s->opts.app->closed(s->opts.ctx, &s->ending);
    }
}

void px_mqtt_session_end(px_mqtt_session *s, px_mqtt_reason reason)
{
    pxi_mqtt_end(s, reason, true);
}

void px_mqtt_session_lost(px_mqtt_session *s)
{
    if (s->state == PXI_MQTT_ENDED)
        return;
    px_mqtt_count_add(&s->opts.counters->lost, 1);
    pxi_mqtt_end(s, PX_MQTT_UNSPECIFIED, false);
}

void px_mqtt_session_clock(px_mqtt_session *s, int64_t now_ns)
{
    s->now_ns = now_ns;
}

void px_mqtt_session_tick(px_mqtt_session *s, int64_t now_ns)
{
    s->now_ns = now_ns;
    if (pxi_mqtt_is_blocked(s) || s->paused) {
        s->last_packet_ns = now_ns; /* it is we who do not read */
        return;
    }
    if (s->state == PXI_MQTT_WAITING &&
        now_ns - s->last_packet_ns >= PX_MQTT_CONNECT_SECONDS_MAX * PX_SECOND)
        pxi_mqtt_end(s, PX_MQTT_KEEP_ALIVE_TIMEOUT, false);
    if (s->state == PXI_MQTT_OPEN && s->keep_alive_ns > 0 &&
        now_ns - s->last_packet_ns > s->keep_alive_ns + s->keep_alive_ns / 2)
        pxi_mqtt_end(s, PX_MQTT_KEEP_ALIVE_TIMEOUT, true);
}

/* ---- bytes in ---- */

static size_t packet_bytes_max(const px_mqtt_session *s)
{
    if (s->state == PXI_MQTT_OPEN ||
        s->opts.packet_bytes_max < PX_MQTT_PACKET_BEFORE_AUTH_BYTES_MAX)
        return s->opts.packet_bytes_max;
    return PX_MQTT_PACKET_BEFORE_AUTH_BYTES_MAX;
}

static pxi_mqtt_done handle(px_mqtt_session *s, const px_mqtt_frame *frame)
{
    px_mqtt_count_add(&s->opts.counters->packets_in[frame->type], 1);
    switch (frame->type) {
    case PX_MQTT_PUBLISH:
        return pxi_mqtt_handle_publish(s, frame);
    case PX_MQTT_CONNECT:
        pxi_mqtt_handle_connect(s, frame);
        break;
    default:
        pxi_mqtt_handle_request(s, frame);
    }
    return PXI_MQTT_TAKEN;
}

/* Before CONNECT there is nothing but CONNECT, and no need to wait for the rest of anything else.
 */
static bool may_begin(px_mqtt_session *s, px_str bytes)
{
    return s->state != PXI_MQTT_WAITING || bytes.len == 0 ||
           (uint8_t)bytes.ptr[0] >> 4 == PX_MQTT_CONNECT;
}

/* Handles whole packets; gives the number of bytes used up. */
static size_t run(px_mqtt_session *s, px_str bytes)
{
    size_t used = 0;
    px_mqtt_frame frame;

    while (s->state != PXI_MQTT_ENDED && !pxi_mqtt_is_blocked(s)) {
        px_str rest = px_str_skip(bytes, used);
        px_mqtt_reason reason;

        if (!may_begin(s, rest)) {
            pxi_mqtt_end(s, PX_MQTT_PROTOCOL_ERROR, false);
            break;
        }
        reason = px_mqtt_frame_cut(rest, packet_bytes_max(s), &frame);
        if (reason == PX_MQTT_MORE)
            break;
        if (reason != PX_MQTT_SUCCESS) {
            pxi_mqtt_end(s, reason, true);
            break;
        }
        s->last_packet_ns = s->now_ns;
        if (handle(s, &frame) == PXI_MQTT_KEPT) {
            s->stalled = true;
            px_mqtt_count_add(&s->opts.counters->stalls, 1);
            break;
        }
        used += frame.size;
    }
    return used;
}

static void keep(px_mqtt_session *s, px_str bytes)
{
    px_put(&s->in, bytes);
    if (s->in.status != PX_OK)
        pxi_mqtt_end(s, PX_MQTT_QUOTA_EXCEEDED, true);
}

/* The bytes that the packet in `in` lacks, as far as its header tells. */
static size_t missing_bytes(px_mqtt_session *s)
{
    px_mqtt_frame frame;

    if (px_mqtt_frame_cut(px_buf_str(&s->in), packet_bytes_max(s), &frame) != PX_MQTT_MORE)
        return 0;
    return frame.size ? frame.size - s->in.len : 1;
}

/* Completes the packet in `in` from the front of `*bytes`. */
static void complete(px_mqtt_session *s, px_str *bytes)
{
    while (s->state != PXI_MQTT_ENDED && !pxi_mqtt_is_blocked(s) && s->in.len > 0 &&
           bytes->len > 0) {
        size_t wanted = missing_bytes(s);
        size_t taken = wanted < bytes->len ? wanted : bytes->len;

        keep(s, px_str_of(bytes->ptr, taken));
        *bytes = px_str_skip(*bytes, taken);
        if (s->state != PXI_MQTT_ENDED && run(s, px_buf_str(&s->in)) > 0)
            s->in.len = 0; /* it held one packet */
    }
}

/* After bytes were handled, at the outermost level. */
static void settle(px_mqtt_session *s)
{
    pxi_mqtt_check_out(s);
    if (s->state == PXI_MQTT_ENDED)
        release_inner(s);
    else if (!pxi_mqtt_is_blocked(s))
        pxi_mqtt_rest(&s->in);
}

void px_mqtt_session_feed(px_mqtt_session *s, px_str bytes, int64_t now_ns)
{
    if (s->state == PXI_MQTT_ENDED)
        return;
    s->now_ns = now_ns;
    px_mqtt_count_add(&s->opts.counters->bytes_in, bytes.len);
    complete(s, &bytes);
    if (bytes.len > 0)
        bytes = px_str_skip(bytes, run(s, bytes));
    if (bytes.len > 0 && s->state != PXI_MQTT_ENDED)
        keep(s, bytes);
    settle(s);
}

void pxi_mqtt_go_on(px_mqtt_session *s)
{
    size_t used = run(s, px_buf_str(&s->in));

    if (used > 0 && s->state != PXI_MQTT_ENDED) {
        s->in.len -= used;
        memmove(s->in.ptr, s->in.ptr + used, s->in.len);
    }
    settle(s);
}

void px_mqtt_session_resume(px_mqtt_session *s, int64_t now_ns)
{
    if (!s->stalled)
        return;
    s->stalled = false;
    s->now_ns = now_ns;
    pxi_mqtt_go_on(s);
}

bool px_mqtt_session_wants_input(const px_mqtt_session *s)
{
    return s->state != PXI_MQTT_ENDED && !pxi_mqtt_is_blocked(s) && !s->paused &&
           pxi_mqtt_backlog(s) < PXI_MQTT_OUT_PAUSE_BYTES;
}

bool px_mqtt_session_stalled(const px_mqtt_session *s)
{
    return s->stalled;
}

void px_mqtt_session_pause(px_mqtt_session *s, bool paused)
{
    if (s->paused && !paused)
        s->last_packet_ns = s->now_ns;
    s->paused = paused;
}

/* ---- bytes out ---- */

size_t pxi_mqtt_backlog(const px_mqtt_session *s)
{
    return s->out.len - s->out_sent;
}

px_buf *pxi_mqtt_out(px_mqtt_session *s, px_mqtt_type type)
{
    if (s->out_sent > PXI_MQTT_KEPT_BYTES && s->out_sent > s->out.len / 2) {
        s->out.len -= s->out_sent;
        memmove(s->out.ptr, s->out.ptr + s->out_sent, s->out.len);
        s->out_sent = 0;
    }
    px_mqtt_count_add(&s->opts.counters->packets_out[type], 1);
    return &s->out;
}

void pxi_mqtt_check_out(px_mqtt_session *s)
{
    if (s->out.status != PX_OK)
        pxi_mqtt_end(s, PX_MQTT_QUOTA_EXCEEDED, false);
}

px_str px_mqtt_session_output(const px_mqtt_session *s)
{
    if (pxi_mqtt_backlog(s) == 0)
        return (px_str){ NULL, 0 };
    return px_str_of(s->out.ptr + s->out_sent, pxi_mqtt_backlog(s));
}

void px_mqtt_session_sent(px_mqtt_session *s, size_t size)
{
    px_mqtt_count_add(&s->opts.counters->bytes_out, size);
    s->out_sent += size;
    if (s->out_sent < s->out.len)
        return;
    s->out.len = s->out_sent = 0;
    pxi_mqtt_rest(&s->out);
    if (s->queue_count > 0 && s->state == PXI_MQTT_OPEN)
        pxi_mqtt_pump(s);
}

/* ---- questions ---- */

bool px_mqtt_session_is_open(const px_mqtt_session *s)
{
    return s->state == PXI_MQTT_OPEN;
}

bool px_mqtt_session_is_ended(const px_mqtt_session *s)
{
    return s->state == PXI_MQTT_ENDED;
}

size_t px_mqtt_session_unanswered(const px_mqtt_session *s)
{
    return (size_t)(s->state == PXI_MQTT_JUDGED) + s->answer_count + s->request_count +
           s->owed_count;
}

px_str px_mqtt_session_client_id(const px_mqtt_session *s)
{
    return s->client_id;
}
