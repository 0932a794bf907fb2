/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libwslay has a buffer of 4 KiB a connection, so its context lives only while a frame is under
 * way: an idle connection has none. Whether one is, is known by counting: what was fed, less the
 * frames that came whole.
 *
 * libwslay asks for bytes, takes the mask off and hands a frame on piece by piece; what a client
 * may send is judged here, at the first piece of each frame.
 *
 * The bytes of MQTT are moved to the front of the caller's buffer. That is safe: they are copied
 * out of libwslay's own buffer, into a place whose bytes it took before.
 *
 * Only one thing of our own waits to be sent, in `head`: the head of a data frame, an answer to a
 * ping, or our Close. So however many pings come, one answer waits.
 */
#include "server/ws_link.h"

#include <string.h>
#include <wslay/wslay.h>

#include "base/limits.h"
#include "base/mem.h"

enum {
    CONTROL_BYTES_MAX = 125,
    HEAD_BYTES_MAX = 2 + CONTROL_BYTES_MAX,
    FIN = 0x80,
    LENGTH_16_BITS = 126,
    OUT_FRAME_BYTES_MAX = 0xFFFF, /* its length takes at most two bytes more */
    CODE_BYTES = 2,
    HEAD_BYTES = 6, /* of a client's frame with the shortest length: with its mask */
};

struct px_ws_link {
    wslay_frame_context_ptr frames; /* NULL: between two frames */
    size_t pending;                 /* bytes of the frame under way, its head included */
    px_str input;                   /* while bytes are taken: what libwslay has not asked for yet */

    /* coming in */
    px_ws_state state;
    uint64_t frame_bytes; /* of the frame under way, so far */
    bool is_fragmented;   /* a message of several frames is under way */
    uint8_t control_size;
    char control[CONTROL_BYTES_MAX]; /* payload of a control frame under way */

    /* going out */
    uint8_t pong_size, head_size, head_sent;
    bool has_pong, has_close, head_is_close, close_is_out;
    uint16_t close_code;
    size_t body_left; /* of the data frame whose head is being sent, or is out */
    char pong[CONTROL_BYTES_MAX];
    char head[HEAD_BYTES_MAX];
};

/* ---- beginning and end ---- */

static ssize_t give_input(uint8_t *bytes, size_t size, int flags, void *ctx)
{
    px_ws_link *ws = ctx;
    size_t count = size < ws->input.len ? size : ws->input.len;

    (void)flags;
    if (count == 0)
        return -1;
    memcpy(bytes, ws->input.ptr, count);
    ws->input = px_str_skip(ws->input, count);
    return (ssize_t)count;
}

px_ws_link *px_ws_link_new(void)
{
    return px_zalloc(1, sizeof(px_ws_link));
}

static bool begin_frames(px_ws_link *ws)
{
    static const struct wslay_frame_callbacks callbacks = { .recv_callback = give_input };

    return ws->frames || wslay_frame_context_init(&ws->frames, &callbacks, ws) == 0;
}

static void end_frames(px_ws_link *ws)
{
    wslay_frame_context_free(ws->frames);
    ws->frames = NULL;
}

void px_ws_link_free(px_ws_link *ws)
{
    if (!ws)
        return;
    end_frames(ws);
    px_free(ws);
}

px_ws_state px_ws_link_state(const px_ws_link *ws)
{
    return ws->state;
}

void px_ws_link_close(px_ws_link *ws, px_ws_code code)
{
    if (ws->has_close)
        return;
    ws->has_close = true;
    ws->close_code = (uint16_t)code;
}

bool px_ws_link_is_over(const px_ws_link *ws)
{
    return ws->close_is_out && ws->state == PX_WS_CLOSED;
}

/* ---- coming in ---- */

static void give_up(px_ws_link *ws, px_ws_code code)
{
    ws->state = PX_WS_BROKEN;
    px_ws_link_close(ws, code);
}

/* 0, or the code that ends it. Lengths of control frames are libwslay's to judge. */
static unsigned judge_frame(const px_ws_link *ws, const struct wslay_frame_iocb *frame)
{
    if (!frame->mask || frame->rsv)
        return PX_WS_PROTOCOL_ERROR;
    switch (frame->opcode) {
    case WSLAY_TEXT_FRAME:
        return PX_WS_NOT_BINARY;
    case WSLAY_BINARY_FRAME:
    case WSLAY_CONTINUATION_FRAME:
        if (ws->is_fragmented != (frame->opcode == WSLAY_CONTINUATION_FRAME))
            return PX_WS_PROTOCOL_ERROR;
        return frame->payload_length > PX_WS_FRAME_BYTES_MAX ? PX_WS_TOO_LARGE : 0;
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG:
        return 0;
    default:
        return PX_WS_PROTOCOL_ERROR;
    }
}

static void take_ping(px_ws_link *ws)
{
    ws->has_pong = true;
    ws->pong_size = ws->control_size;
    memcpy(ws->pong, ws->control, ws->control_size);
}

/* Codes that may stand in a Close (7.4): those of the RFC and its registry, and private ones. */
static bool is_close_code(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

static void take_close(px_ws_link *ws)
{
    const uint8_t *bytes = (const uint8_t *)ws->control;
    unsigned code = PX_WS_NORMAL;

    if (ws->control_size >= CODE_BYTES)
        code = (unsigned)bytes[0] << 8 | bytes[1];
    if (ws->control_size == 1 || !is_close_code(code)) {
        give_up(ws, PX_WS_PROTOCOL_ERROR);
        return;
    }
    ws->state = PX_WS_CLOSED;
    px_ws_link_close(ws, (px_ws_code)code);
}

/* A length takes no more bytes than it needs; libwslay refuses others. */
static size_t whole_size(const struct wslay_frame_iocb *frame)
{
    size_t length_bytes = frame->payload_length < LENGTH_16_BITS ? 0
                          : frame->payload_length <= 0xFFFF      ? 2
                                                                 : 8;

    return HEAD_BYTES + length_bytes + (size_t)frame->payload_length;
}

static void end_frame(px_ws_link *ws, const struct wslay_frame_iocb *frame)
{
    ws->frame_bytes = 0;
    ws->pending -= whole_size(frame);
    if (frame->opcode == WSLAY_PING)
        take_ping(ws);
    else if (frame->opcode == WSLAY_CONNECTION_CLOSE)
        take_close(ws);
    else if (frame->opcode != WSLAY_PONG)
        ws->is_fragmented = !frame->fin;
}

/* A piece of a frame; gives how many bytes of MQTT it put to `out`. */
static size_t take_piece(px_ws_link *ws, const struct wslay_frame_iocb *frame, char *out)
{
    bool is_control = wslay_is_ctrl_frame(frame->opcode);

    if (ws->frame_bytes == 0) {
        unsigned code = judge_frame(ws, frame);

        ws->control_size = 0;
        if (code != 0) {
            give_up(ws, (px_ws_code)code);
            return 0;
        }
    }
    if (is_control) {
        memcpy(ws->control + ws->control_size, frame->data, frame->data_length);
        ws->control_size = (uint8_t)(ws->control_size + frame->data_length);
    } else {
        memmove(out, frame->data, frame->data_length);
    }
    ws->frame_bytes += frame->data_length;
    if (ws->frame_bytes == frame->payload_length)
        end_frame(ws, frame);
    return is_control ? 0 : frame->data_length;
}

size_t px_ws_link_take(px_ws_link *ws, char *bytes, size_t size)
{
    size_t count = 0;

    if (ws->state != PX_WS_OPEN)
        return 0;
    if (!begin_frames(ws)) {
        give_up(ws, PX_WS_INTERNAL_ERROR);
        return 0;
    }
    ws->input = px_str_of(bytes, size);
    ws->pending += size;
    while (ws->state == PX_WS_OPEN) {
        struct wslay_frame_iocb frame = { 0 };
        ssize_t got = wslay_frame_recv(ws->frames, &frame);

        if (got == WSLAY_ERR_WANT_READ)
            break;
        if (got < 0)
            give_up(ws, PX_WS_PROTOCOL_ERROR);
        else
            count += take_piece(ws, &frame, bytes + count);
    }
    ws->input = (px_str){ NULL, 0 };
    if (ws->pending == 0 || ws->state != PX_WS_OPEN)
        end_frames(ws);
    return count;
}

/* ---- going out ---- */

static void put_control(px_ws_link *ws, enum wslay_opcode opcode, const char *bytes, uint8_t size)
{
    ws->head[0] = (char)(FIN | opcode);
    ws->head[1] = (char)size;
    memcpy(ws->head + 2, bytes, size);
    ws->head_size = (uint8_t)(2 + size);
}

static void put_data_head(px_ws_link *ws, size_t size)
{
    ws->body_left = size < OUT_FRAME_BYTES_MAX ? size : OUT_FRAME_BYTES_MAX;
    ws->head[0] = (char)(FIN | WSLAY_BINARY_FRAME);
    ws->head_size = 2;
    if (ws->body_left < LENGTH_16_BITS) {
        ws->head[1] = (char)ws->body_left;
        return;
    }
    ws->head[1] = LENGTH_16_BITS;
    ws->head[2] = (char)(ws->body_left >> 8);
    ws->head[3] = (char)(ws->body_left & 0xFF);
    ws->head_size = 4;
}

static void put_close(px_ws_link *ws)
{
    char code[CODE_BYTES] = { (char)(ws->close_code >> 8), (char)(ws->close_code & 0xFF) };

    put_control(ws, WSLAY_CONNECTION_CLOSE, code, CODE_BYTES);
    ws->head_is_close = true;
}

/* Between two frames: what goes next. Nothing follows our Close. */
static void begin_frame(px_ws_link *ws, size_t output_size)
{
    ws->head_size = ws->head_sent = 0;
    if (ws->close_is_out)
        return;
    if (ws->has_pong) {
        put_control(ws, WSLAY_PONG, ws->pong, ws->pong_size);
        ws->has_pong = false;
    } else if (output_size > 0) {
        put_data_head(ws, output_size);
    } else if (ws->has_close) {
        put_close(ws);
    }
}

px_ws_offer px_ws_link_offer(px_ws_link *ws, px_str output)
{
    if (ws->head_sent == ws->head_size && ws->body_left == 0)
        begin_frame(ws, output.len);
    return (px_ws_offer){
        .head = px_str_of(ws->head + ws->head_sent, (size_t)(ws->head_size - ws->head_sent)),
        .body = px_str_of(output.ptr, ws->body_left < output.len ? ws->body_left : output.len),
    };
}

size_t px_ws_link_sent(px_ws_link *ws, size_t size)
{
    size_t head_left = (size_t)(ws->head_size - ws->head_sent);
    size_t of_head = size < head_left ? size : head_left;

    ws->head_sent = (uint8_t)(ws->head_sent + of_head);
    if (ws->head_is_close && ws->head_sent == ws->head_size)
        ws->close_is_out = true;
    ws->body_left -= size - of_head;
    return size - of_head;
}

bool px_ws_link_has_own(const px_ws_link *ws)
{
    if (ws->head_sent < ws->head_size)
        return true;
    return !ws->close_is_out && (ws->has_pong || ws->has_close);
}
