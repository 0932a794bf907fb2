/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The HTTP door: libmicrohttpd around the API.
 *
 * One call object per connection, reused over keep-alive. A call is suspended when its body is
 * complete and resumed when the API completes it, so no thread waits. Streams are pulled when
 * woken. Limits: request line and headers PX_HTTP_HEADER_BYTES_MAX in all, body
 * PX_HTTP_BODY_BYTES_MAX counted by the bytes that came.
 */
#ifndef PX_SERVER_HTTP_DOOR_H
#define PX_SERVER_HTTP_DOOR_H

#include "api/api.h"

typedef struct px_http_door px_http_door;

typedef struct px_http_door_opts {
    px_api *api;
    px_log *log;
    const char *host;
    uint16_t port;                  /* 0: any free one */
    const char *tls_cert, *tls_key; /* PEM files; NULL: plain */
    unsigned threads;               /* 0: 1 below four processors, else 2 */
    unsigned connections_max;       /* 0: 10,000 */
} px_http_door_opts;

PX_NODISCARD px_status px_http_door_open(const px_http_door_opts *opts, px_http_door **ret_door,
                                         px_err *ret_err);
uint16_t px_http_door_port(const px_http_door *door);
/* Listens no more; waits for calls under way, at most `drain_ms`. */
void px_http_door_stop(px_http_door *door, int64_t drain_ms);
void px_http_door_close(px_http_door *door);

typedef struct px_http_door_stats {
    uint64_t connections, requests, refused;
} px_http_door_stats;
px_http_door_stats px_http_door_stat(const px_http_door *door);

#endif
