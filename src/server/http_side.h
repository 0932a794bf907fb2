/* SPDX-License-Identifier: Apache-2.0 */
/** The HTTP door with the API, the metrics and the console behind it: what serve.c opens as one
 * thing. */
#ifndef PX_SERVER_HTTP_SIDE_H
#define PX_SERVER_HTTP_SIDE_H

#include "engine/engine.h"
#include "freshness/freshness.h"
#include "history/history.h"
#include "outbound/connections.h"
#include "outbound/outbound.h"
#include "server/mqtt_door.h"
#include "server/twin_topics.h"
#include "store/backups.h"
#include "store/files.h"
#include "sync/bindings.h"
#include "sync/rejects.h"

typedef struct px_http_side px_http_side;

typedef struct px_http_side_opts {
    px_engine *engine;
    px_history *history;
    px_fresh *freshness;
    px_outbound *outbound;
    px_connections *connections;
    px_rejects *rejects;
    px_bindings *bindings;
    px_backoff *backoff;   /* of failed logins; borrowed */
    px_presence *presence; /* of devices; borrowed */
    px_files *files;
    px_backups *backups;
    px_mqtt_door *mqtt; /* for metrics, and it takes MQTT over WebSocket; may be NULL */
    px_twin_topics *topics;
    px_log *log;
    const char *host;
    uint16_t port; /* 0: any free one */
    const char *tls_cert, *tls_key;
    unsigned threads;
    unsigned rate_per_second; /* of one credential; 0: no limit */
    bool azure_limits;        /* px_api_opts */
} px_http_side_opts;

PX_NODISCARD px_status px_http_side_open(const px_http_side_opts *opts, px_http_side **ret_side,
                                         px_err *ret_err);
uint16_t px_http_side_port(const px_http_side *side);
/* No new requests; those under way get `drain_ms`. The engine must still run. NULL is fine. */
void px_http_side_stop(px_http_side *side, int64_t drain_ms);
void px_http_side_close(px_http_side *side);

#endif
