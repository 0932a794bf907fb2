/* SPDX-License-Identifier: Apache-2.0 */
/**
 * HTTP resources: request in, response out; no sockets.
 *
 * The door fills a px_api_call and hands it over; the API routes, proves who asks, reads or submits
 * to the engine, and completes the call, at once or later from another thread. Between
 * px_api_handle and `complete` the call and all it points to belong to the API.
 *
 * Two families: the Azure Digital Twins data plane (/models, /digitaltwins, /query; `api-version`
 * required, errors
 * `{"error":{"code","message"}}`) and /api/v1 (errors RFC 9457). Every handler passes the principal
 * on, and the rooms below authorise; ids of other tenants and unknown ids get the same 404.
 * Threads: px_api_handle from any.
 */
#ifndef PX_API_API_H
#define PX_API_API_H

#include "api/metrics.h"
#include "base/arena.h"
#include "base/env.h"
#include "base/log.h"
#include "engine/engine.h"
#include "freshness/freshness.h"
#include "history/history.h"
#include "outbound/connections.h"
#include "outbound/outbound.h"
#include "store/backups.h"
#include "store/files.h"
#include "sync/backoff.h"
#include "sync/bindings.h"
#include "sync/presence.h"
#include "sync/rejects.h"
#include "sync/sparkplug.h"

typedef struct px_api px_api;
typedef struct px_api_call px_api_call;

enum { PX_API_HEADERS_MAX = 12 };

/* A response that goes on: the door pulls when it was woken. */
typedef struct px_api_stream {
    /* Gives what there is to send now, at most `size` bytes; 0: nothing yet, the door waits for
     * `wake`. Negative: the end. The door's thread. */
    ptrdiff_t (*read)(struct px_api_stream *stream, char *ret_bytes, size_t size);
    /* The client is gone, or the end was read: the stream frees itself. The door's thread. */
    void (*close)(struct px_api_stream *stream);
    /* Set by the door before the first read; the API calls it from any thread when there is
     * something to read. */
    void (*wake)(void *door_data);
    void *door_data;
} px_api_stream;

struct px_api_call {
    /* the request; borrowed until `complete` */
    px_str method, path, query; /* raw, undecoded */
    px_str body, peer;
    uint64_t peer_network; /* of the client's address: what failed logins are kept account of by */
    px_str (*header)(const px_api_call *call,
                     const char *name); /* empty slice when it did not come */
    bool is_tls;
    const _Atomic bool *gone; /* becomes true when the client went away; NULL: nobody looks */

    /* the response */
    px_arena arena; /* the call's memory; the door resets it */
    int status;
    const char *content_type; /* static; NULL: no body */
    px_buf out;
    struct {
        const char *name;
        px_str value; /* in the arena, or static */
    } headers[PX_API_HEADERS_MAX];
    size_t header_count;
    px_refusal *findings; /* all that is wrong, for a problem's `errors`; in the arena */
    size_t finding_count;
    uint32_t retry_s;      /* what Retry-After says of a refusal; 0: a second */
    px_str static_body;    /* instead of `out`: lives for ever */
    px_api_stream *stream; /* instead of a body */

    void (*complete)(px_api_call *call); /* once; any thread */
    void *door_data;

    /* the API's own between handle and complete */
    px_api *api;
    px_request request;
    px_principal principal;
    px_str credential; /* that proves it */
    px_str session;    /* id of the console's session, when that stood for it */
    const struct px_route *route;
    px_str args[4];                  /* decoded path arguments, in order */
    void (*then)(px_api_call *call); /* after the engine's answer */
    bool then_always;                /* also when it is a refusal */
    void *own;

    px_rejects_wait kept;                 /* kept.c: for what was refused of it, */
    void (*when_kept)(px_api_call *call); /* and what comes behind that */

    int64_t wait_until_ns; /* of a command: how long it is waited for; monotonic, 0: to its end */

    /* once.c: of a call with an Idempotency-Key */
    px_once once;        /* id empty: without one */
    px_str once_waits;   /* the command whose response will be its answer */
    size_t once_headers; /* that it had before its handler */
    bool drafting;       /* its answer is rendered to be kept: without secrets */
};

/* A file of the console: all static. */
typedef struct px_api_asset {
    const char *mime, *etag, *cache_control, *security_policy;
    px_str bytes;
    bool gzip;
} px_api_asset;

typedef struct px_api_opts {
    px_engine *engine;
    px_history *history;         /* NULL: no history */
    px_fresh *freshness;         /* NULL: nothing is measured */
    px_outbound *outbound;       /* NULL: routes lead nowhere */
    px_connections *connections; /* borrowed; NULL: none are made */
    px_rejects *rejects;
    px_bindings *bindings;   /* borrowed; NULL: none are used */
    px_backoff *backoff;     /* of failed logins at all doors; borrowed; NULL: none is kept */
    px_presence *presence;   /* of devices; borrowed; NULL: none is kept */
    px_sparkplug *sparkplug; /* edge nodes; NULL: none are heard of */
    px_files *files;         /* of import jobs; NULL: none */
    px_backups *backups;     /* NULL: none are made */
    px_log *log;
    uint32_t streams_max;     /* 0: PX_STREAMS_MAX */
    uint32_t rate_per_second; /* of one credential; 0: no limit */
    bool azure_limits;        /* of the public service, on the data plane */
    const char *version;
    unsigned mqtt_port; /* of the door without TLS; 0: there is none */
    /* Puts the figures of the doors; says what keeps what is behind them from its work, for
     * /readyz. NULL: there are none, nothing does. */
    void (*metrics)(void *data, px_metrics *metrics);
    px_status (*status)(void *data, px_err *ret_err);
    void *doors_data; /* of both */
    /* The console's files by path ("/" is the page). NULL: none. */
    bool (*asset)(px_str path, px_api_asset *ret_asset);
} px_api_opts;

PX_NODISCARD px_status px_api_new(const px_api_opts *opts, px_api **ret_api, px_err *ret_err);
/* Streams end and waiting calls complete; nothing new is taken (503). Before the door stops. */
void px_api_stop(px_api *api);
void px_api_free(px_api *api); /* no call under way */

void px_api_handle(px_api *api, px_api_call *call);

#endif
