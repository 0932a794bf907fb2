/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of a hostile client. The first byte says how to cut them into pieces and how much the
 * socket takes at once; whole and in pieces the same must come out, and the same be answered.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "server/ws_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct heard {
    px_buf got, sent;
    px_ws_state state;
    bool is_over;
} heard;

static void send_all(px_ws_link *ws, size_t most, px_buf *sent)
{
    for (;;) {
        px_ws_offer offer = px_ws_link_offer(ws, (px_str){ NULL, 0 });
        size_t size = offer.head.len < most ? offer.head.len : most;

        if (size == 0)
            return;
        px_put(sent, px_str_of(offer.head.ptr, size));
        if (px_ws_link_sent(ws, size) != 0)
            abort(); /* nothing was offered to be framed */
    }
}

static void play(heard *h, px_str wire, size_t piece, size_t most)
{
    px_ws_link *ws = px_ws_link_new();
    char *bytes = px_alloc(piece + 1);

    *h = (heard){ 0 };
    px_buf_init(&h->got, wire.len);
    px_buf_init(&h->sent, 1 << 20);
    while (wire.len > 0) {
        size_t size = piece < wire.len ? piece : wire.len;
        size_t count;

        memcpy(bytes, wire.ptr, size);
        count = px_ws_link_take(ws, bytes, size);
        if (count > wire.len)
            abort();
        px_put(&h->got, px_str_of(bytes, count));
        wire = px_str_skip(wire, size);
    }
    h->state = px_ws_link_state(ws);
    send_all(ws, most, &h->sent);
    h->is_over = px_ws_link_is_over(ws);
    px_free(bytes);
    px_ws_link_free(ws);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heard whole, pieces;
    px_str wire;

    if (size < 2)
        return 0;
    wire = px_str_of((const char *)data + 1, size - 1);
    play(&whole, wire, wire.len, SIZE_MAX);
    play(&pieces, wire, data[0] % 16 + 1u, data[0] / 16 + 1u);
    if (!px_str_eq(px_buf_str(&whole.got), px_buf_str(&pieces.got)) ||
        !px_str_eq(px_buf_str(&whole.sent), px_buf_str(&pieces.sent)) ||
        whole.state != pieces.state || whole.is_over != pieces.is_over)
        abort();
    px_buf_release(&whole.got);
    px_buf_release(&whole.sent);
    px_buf_release(&pieces.got);
    px_buf_release(&pieces.sent);
    return 0;
}
