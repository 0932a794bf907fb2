/* SPDX-License-Identifier: Apache-2.0 */
/**
 * WebSocket (RFC 6455) around the bytes of one MQTT connection, the server's side of it: bytes in,
 * bytes out, no socket inside. Frames are read by libwslay.
 *
 *   in:   bytes of the socket ─► px_ws_link_take, in place ─► bytes of MQTT
 *   out:  bytes of MQTT ─► px_ws_link_offer: a head and what it covers ─► socket ─► px_ws_link_sent
 *
 * MQTT's packets may lie in the frames in any way, split or several to one. A frame is handed on as
 * it comes and never kept, so that its size costs no memory. A ping is answered, the newest only
 * when several wait (5.5.3); a Close is answered with its own code.
 *
 * What ends the frames, with the code of our Close: a frame of text (1003), one longer than
 * PX_WS_FRAME_BYTES_MAX (1009), anything that RFC 6455 forbids a client (1002); want of memory
 * (1011).
 *
 * Memory: half a KiB, and 4 KiB of libwslay's while a frame is under way. Threads: one at a time.
 */
#ifndef PX_SERVER_WS_LINK_H
#define PX_SERVER_WS_LINK_H

#include "base/str.h"

typedef struct px_ws_link px_ws_link;

typedef enum px_ws_code {
    PX_WS_NORMAL = 1000,
    PX_WS_GOING_AWAY = 1001,
    PX_WS_PROTOCOL_ERROR = 1002,
    PX_WS_NOT_BINARY = 1003,
    PX_WS_TOO_LARGE = 1009,
    PX_WS_INTERNAL_ERROR = 1011,
} px_ws_code;

/* How the client's frames stand. */
typedef enum px_ws_state {
    PX_WS_OPEN,
    PX_WS_CLOSED, /* the client's Close came: nothing follows */
    PX_WS_BROKEN  /* they made no sense: what follows is not read */
} px_ws_state;

px_ws_link *px_ws_link_new(void); /* NULL: no memory */
void px_ws_link_free(px_ws_link *ws);

/* Takes what came from the socket, in any pieces, and leaves the bytes of MQTT that it held at the
 * front of `bytes`; gives their number. */
size_t px_ws_link_take(px_ws_link *ws, char *bytes, size_t size);
px_ws_state px_ws_link_state(const px_ws_link *ws);

/* Send `head`, then `body`, which is the front of the `output` that was offered; both may be empty.
 * The next offer must begin with the same bytes less those that px_ws_link_sent gave. */
typedef struct px_ws_offer {
    px_str head, body;
} px_ws_offer;
px_ws_offer px_ws_link_offer(px_ws_link *ws, px_str output);
/* So many bytes of the offer are out; gives how many of them were of `output`. */
size_t px_ws_link_sent(px_ws_link *ws, size_t size);
/* Something of our own is to be sent: an answer to a ping, a Close, the rest of a head. */
bool px_ws_link_has_own(const px_ws_link *ws);

/* Our Close, behind the output that is still offered. The first code stays. */
void px_ws_link_close(px_ws_link *ws, px_ws_code code);
/* Both Closes are out and in: the socket may be closed at once. */
bool px_ws_link_is_over(const px_ws_link *ws);

#endif
