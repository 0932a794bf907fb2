/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The HTTP door: HTTP/1.1 and TLS by libmicrohttpd, around an application that never sees a socket.
 *
 * A request is whole when it is handed over: head checked, body complete and within its limit. The
 * application answers at once or later, from any thread, by call->complete; while it thinks, the
 * connection costs no thread. One px_api_call, its arena and its buffers belong to a connection and
 * serve all of its requests. An answer is sent from the call's own buffer.
 *
 *   door thread:  head → checks → body → handle() ─ complete at once ──────────► answer
 *                                            └─ later: asleep ─ any thread: complete() ─┘
 *
 * What could be read in two ways is refused with 400 and the connection ends: Content-Length with
 * Transfer-Encoding, either of them twice or odd, two Hosts, folded lines, lines that do not end
 * with CR LF, white space before a colon.
 *
 * Threads: open, stop and close from one; the rest from any.
 */
#ifndef PX_SERVER_HTTP_DOOR_H
#define PX_SERVER_HTTP_DOOR_H

#include "api/api.h"
#include "base/log.h"
#include "server/ws_socket.h"

typedef struct px_http_door px_http_door;

/* Who takes WebSockets that speak MQTT; asked for at PX_HTTP_SOCKET_PATH. On door threads. */
typedef struct px_http_sockets {
    void *ctx;
    bool (*has_room)(void *ctx, const px_listen_address *peer); /* false: refused with 503 */
    /* Takes the socket, or closes it. After px_http_door_stop none comes; those that are carried
     * over TLS go on until px_http_door_close, before which they should be closed. */
    void (*take)(void *ctx, const px_ws_socket *socket);
} px_http_sockets;

#define PX_HTTP_SOCKET_PATH "/mqtt"

/* Zero means the default in brackets. */
typedef struct px_http_door_opts {
    const char *host;
    uint16_t port;                        /* 0: any free one, see px_http_door_port */
    const char *tls_cert, *tls_key;       /* PEM files; with them only HTTPS is spoken */
    unsigned threads;                     /* [1 below four processors, else 2]; at most 64 */
    uint32_t connections_max;             /* [PX_HTTP_CONNECTIONS_MAX] */
    uint32_t connections_per_address_max; /* [PX_HTTP_CONNECTIONS_PER_ADDRESS_MAX] */
    uint32_t idle_ms;                     /* [PX_HTTP_IDLE_SECONDS_MAX], in whole seconds */
    uint32_t header_ms;                   /* [PX_HTTP_HEADER_SECONDS_MAX] */

    /* The application, on door threads, several at once: what px_api_handle says. */
    void (*handle)(void *ctx, px_api_call *call);
    void *ctx;
    px_http_sockets sockets; /* `take` NULL: there are none, the path is the application's */
    px_log *log;             /* borrowed; may be NULL */
} px_http_door_opts;

/* Listens and starts the threads. Errors: PX_INVALID (an address, a
 * certificate), PX_BUSY (the port is taken), PX_DENIED, PX_IO, PX_NO_MEMORY. */
PX_NODISCARD px_status px_http_door_open(const px_http_door_opts *opts, px_http_door **ret_door,
                                         px_err *ret_err);

uint16_t px_http_door_port(const px_http_door *door);

/**
 * Stops: accepts no more, answers new requests on open connections with 503, ends streams, waits
 * until every request taken is answered and sent, but at most `drain_ms`; then answers what the
 * application still holds with 503, closes, and ends the threads. While WebSockets are carried over
 * TLS the threads go on until px_http_door_close, which waits a second at most for their last
 * bytes.
 *
 * Such a call stays the application's until it calls complete. Not from a callback.
 */
void px_http_door_stop(px_http_door *door, int64_t drain_ms);
/* Stops at once if that was not done, and waits until the application has completed every call: it
 * must go on working. NULL is allowed. */
void px_http_door_close(px_http_door *door);

typedef struct px_http_door_stats {
    uint64_t connections;  /* now */
    uint64_t accepted;     /* since the start */
    uint64_t refused_full; /* closed at once: limits on connections */
    uint64_t requests;     /* heads that came whole */
    uint64_t answers[6];   /* by class: [2] counts 2xx; [0] what has none */
    uint64_t refused;      /* of these, answered by the door alone: 4xx and 503 */
    uint64_t broken;       /* requests whose head or body never came whole, or made no sense */
    uint64_t slow;         /* ended: head or body came too slowly */
    uint64_t abandoned;    /* held by the application when the door stopped */
    uint64_t streams;      /* now */
    uint64_t streams_gone; /* ended because their client was gone */
    uint64_t upgraded;     /* connections that became WebSockets */
    uint64_t carried;      /* now: WebSockets over TLS, which are connections still */
    uint64_t bytes_in, bytes_out; /* of bodies */
} px_http_door_stats;

/* Each number is exact, the whole is not one instant. */
void px_http_door_read_stats(const px_http_door *door, px_http_door_stats *ret_stats);

#endif
