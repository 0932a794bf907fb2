/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Endpoints and routes as they are configured now, read from their documents.
 *
 * Router and sender each load their own, and load again when documents changed. Threads: one at a
 * time.
 */
#ifndef PX_OUTBOUND_DIRECTORY_H
#define PX_OUTBOUND_DIRECTORY_H

#include "access/access.h"
#include "base/log.h"
#include "base/vec.h"
#include "engine/documents.h"
#include "expr/expr.h"
#include "outbound/cloud_event.h"
#include "outbound/transport.h"

typedef enum px_endpoint_kind {
    PX_ENDPOINT_WEBHOOK,
    PX_ENDPOINT_MQTT,
    PX_ENDPOINT_KIND_COUNT
} px_endpoint_kind;

const char *px_endpoint_kind_name(px_endpoint_kind kind); /* "webhook" */

typedef struct px_endpoint {
    uint32_t tenant, no;
    uint64_t revision;
    px_str name;
    px_endpoint_kind kind;
    px_str to;     /* URL or topic */
    px_str secret; /* of the signature; empty: none */
    px_sending_header headers[PX_SENDING_HEADERS_MAX];
    size_t header_count;
} px_endpoint;

/**
 * Reads an endpoint's document.
 *
 * @param arena  keeps what the slices borrow from
 * Errors: PX_INVALID (endpoint.kind, endpoint.form, endpoint.header) with what would be right. The
 * address is the caller's to judge (target.h).
 */
PX_NODISCARD px_status px_endpoint_read(const px_document *document, px_arena *arena,
                                        px_endpoint *ret_endpoint, px_err *ret_err);

typedef struct px_event_route {
    uint32_t tenant, endpoint_no;
    px_str name;
    bool is_all;             /* the filter `true` */
    px_expr_machine machine; /* else; without an expr: the filter `false` */
} px_event_route;

typedef struct px_directory {
    px_arena arena;
    PX_VEC(px_endpoint) endpoints; /* by tenant and number */
    PX_VEC(px_event_route) routes; /* by tenant */
} px_directory;

void px_directory_release(px_directory *directory);
/* What cannot be read (a document of another release) is left out, with a log line. Errors:
 * PX_NO_MEMORY; the directory is empty then. */
PX_NODISCARD px_status px_directory_load(px_directory *directory, px_documents *documents,
                                         px_log *log, px_err *ret_err);
const px_endpoint *px_directory_endpoint(px_directory *directory, uint32_t tenant,
                                         uint32_t no); /* NULL: there is none */

/* Whether an event passes the route's filter. Errors: those of px_expr_test. */
PX_NODISCARD px_status px_route_passes(px_event_route *route, const px_cloud_event *event,
                                       bool *ret_passes, px_err *ret_err);
/* Whether the filter can be read. Errors: PX_INVALID (route.filter) with a place. */
PX_NODISCARD px_status px_route_filter_check(px_str filter, px_err *ret_err);

#endif
