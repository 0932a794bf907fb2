/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One HTTP connection to the server, kept alive over the calls of a command.
 *
 * A refusal comes back as the server's own sentence in px_err, with its place if it gave one.
 * Threads: one.
 */
#ifndef PX_CLI_HTTP_H
#define PX_CLI_HTTP_H

#include "base/json.h"

typedef struct px_http px_http;

typedef struct px_http_opts {
    const char *url;   /* copied: scheme, host, port; a path prefix is kept */
    const char *token; /* copied; NULL: none */
    const char *ca;    /* PEM file; NULL: the machine's */
} px_http_opts;

/* Errors: PX_INVALID (no URL), PX_NO_MEMORY. Connects with the first call. */
PX_NODISCARD px_status px_http_open(px_http **ret_http, const px_http_opts *opts, px_err *ret_err);
void px_http_close(px_http *http);

typedef struct px_http_call {
    const char *method;
    const char *path;         /* with its query, percent-encoded: px_put_url_part */
    px_str body;              /* none when ptr is NULL */
    const char *content_type; /* NULL: application/json */
    const char *header;       /* one more, "Name: value"; NULL: none */
} px_http_call;

/* The answer of a call that succeeded (2xx); of one that was refused its problem. */
typedef struct px_http_reply {
    px_buf body; /* owned; px_buf_release, whatever the status is */
    char etag[128];
} px_http_reply;

/**
 * Errors: what the server said (problem document or Azure error; by HTTP status when it said
 * nothing), PX_UNREACHABLE, PX_TIMEOUT, PX_INTERRUPTED, PX_TOO_LARGE (answer beyond 64 MiB).
 */
PX_NODISCARD px_status px_http_send(px_http *http, const px_http_call *call,
                                    px_http_reply *ret_reply, px_err *ret_err);

/**
 * Receives an endless answer: calls `bytes` as they come and `tick` at least every 100 ms.
 *
 * Ends with PX_OK when the server ended it, with the status of the first callback that is not
 * PX_OK, or as px_http_send.
 */
typedef struct px_http_sink {
    px_status (*bytes)(void *data, px_str bytes, px_err *ret_err);
    px_status (*tick)(void *data, px_err *ret_err);
    void *data;
} px_http_sink;
PX_NODISCARD px_status px_http_receive(px_http *http, const px_http_call *call,
                                       const px_http_sink *sink, px_err *ret_err);

/* The percent-encoded form of one path segment or query value. */
void px_put_url_part(px_buf *buf, px_str text);

/* Reads the error body of a refused call into `ret_err` and gives its status; for the test. */
px_status px_http_problem(long http_status, px_str body, px_err *ret_err);

#endif
