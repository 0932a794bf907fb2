/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An application behind a real HTTP door, and a client that says exactly what it is told.
 *
 * Paths: /later answers from another thread, /hold when it is released, /stream ticks, /size tells
 * the bytes of the body, /none is 204, /broken forgets its status; all else echoes
 * "METHOD path?query [X-Wanted] body".
 */
#ifndef PX_HTTP_APP_H
#define PX_HTTP_APP_H

#include <gnutls/gnutls.h>
#include <stdatomic.h>

#include "server/http_door.h"

#define HOST "Host: h\r\n"

enum { REPLY_BYTES_MAX = 4 * 1024 * 1024, HELD_MAX = 8 };

typedef struct ticker {
    px_api_stream face; /* first */
    struct app *app;
    _Atomic int ticks; /* to be sent */
    atomic_bool last;  /* the stream ends behind them */
} ticker;

typedef struct app {
    px_http_door *door;
    px_api_call *_Atomic held[HELD_MAX];
    _Atomic int next_place, held_count, handled, closed;
    ticker ticker;
    _Atomic int helpers;
} app;

/* `opts` without host and handler, which are the app's. */
void open_app(app *a, px_http_door_opts opts);
void close_app(app *a);
px_http_door_stats stats_of(app *a);
void handle(void *ctx, px_api_call *call); /* the app's, for doors of one's own */
void release(app *a, int place);           /* answers a call of /hold */
void wait_for(_Atomic int *value, int wanted);
void wait_ms(int duration_ms);

typedef struct client {
    int fd;
    gnutls_session_t tls; /* NULL: plain */
    char *bytes;          /* received and not yet read */
    size_t len;
    int status;
    char head[4096];
    px_str body; /* of the last answer: in `bytes`, behind its head */
    size_t used; /* of `bytes`, by the last answer */
} client;

client client_of(app *a);
void close_client(client *c);
void say(client *c, px_str bytes);
bool more(client *c); /* waits for more bytes; false at the end */
const char *find(const char *bytes, size_t len, const char *what);
void drop_used(client *c);
/* Reads one answer with a Content-Length, or without a body; gives its status, 0 at the end. */
int hear(client *c);
void hear_until(client *c, const char *what);
int ask(client *c, const char *request);
int ask_alone(app *a, px_str request); /* on a connection of its own */
bool ended(client *c);                 /* true when the other side has closed */

/* A certificate of this run's own, and who trusts it. */
typedef struct own_tls {
    char dir[32], cert[64], key[64];
    gnutls_certificate_credentials_t trust;
} own_tls;

void make_tls(own_tls *tls);
void drop_tls(own_tls *tls);
int start_tls(client *c, const own_tls *tls, const char *priorities); /* 0, or why not */

#endif
