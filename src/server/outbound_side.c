/* SPDX-License-Identifier: Apache-2.0 */
#include "server/outbound_side.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"

enum { HOST_BYTES = 256 };

struct px_outbound_side {
    px_outbound *outbound;
    px_connections *connections;
    px_transport *webhooks;
    px_transport topics; /* `data` is the side */
    px_twin_topics *door;
    char host[HOST_BYTES];
};

/* ---- topics ---- */

/* Handed to whoever of the tenant is subscribed now, with QoS 1; a session keeps it from there. */
static void begin(px_transport *transport, px_sending *sending)
{
    px_outbound_side *side = transport->data;

    if (px_twin_topics_tell(side->door, sending->tenant, sending->to, sending->body)) {
        sending->end = PX_SENDING_DELIVERED;
        return;
    }
    sending->end = PX_SENDING_FAILED;
    snprintf(sending->reason, sizeof(sending->reason), "the MQTT door is not open");
}

static void step(px_transport *transport, int64_t wait_ns)
{
    (void)transport;
    (void)wait_ns;
}

static void cancel(px_transport *transport, px_sending *sending)
{
    (void)transport;
    sending->end = PX_SENDING_FAILED;
}

static void wake(px_transport *transport)
{
    (void)transport;
}

/* ---- life ---- */

static px_status open_room(px_outbound_side *side, const px_outbound_side_opts *opts,
                           px_err *ret_err)
{
    px_outbound_opts room = {
        .log = opts->log, .engine = opts->engine, .store = opts->store, .host = px_str_c(side->host)
    };
    px_connections_opts connections = { .log = opts->log,
                                        .engine = opts->engine,
                                        .bindings = opts->bindings,
                                        .rejects = opts->rejects };

    PX_TRY(px_reach_parse(px_str_c(opts->allow), &room.reach, ret_err));
    PX_TRY(px_transport_curl_new(&room.reach, &side->webhooks, ret_err));
    room.transports[PX_ENDPOINT_WEBHOOK] = side->webhooks;
    room.transports[PX_ENDPOINT_MQTT] = &side->topics;
    PX_TRY(px_outbound_open(&room, &side->outbound, ret_err));
    PX_TRY(px_outbound_start(side->outbound, ret_err));
    connections.reach = room.reach;
    PX_TRY(px_connections_open(&connections, &side->connections, ret_err));
    return px_connections_start(side->connections, ret_err);
}

px_status px_outbound_side_check(const char *allow, px_err *ret_err)
{
    px_reach reach;

    return px_reach_parse(px_str_c(allow), &reach, ret_err);
}

px_status px_outbound_side_open(const px_outbound_side_opts *opts, px_outbound_side **ret_side,
                                px_err *ret_err)
{
    px_outbound_side *side = px_zalloc(1, sizeof(*side));
    px_status status;

    if (!side)
        return px_no_memory(ret_err);
    if (gethostname(side->host, sizeof(side->host) - 1) != 0 || side->host[0] == '\0')
        snprintf(side->host, sizeof(side->host), "pollux");
    side->door = opts->topics;
    side->topics = (px_transport){ begin, step, cancel, wake, NULL, side };
    status = open_room(side, opts, ret_err);
    if (status != PX_OK) {
        px_outbound_side_stop(side);
        px_outbound_side_close(side);
        return status;
    }
    *ret_side = side;
    return PX_OK;
}

px_outbound *px_outbound_side_room(px_outbound_side *side)
{
    return side->outbound;
}

px_connections *px_outbound_side_connections(px_outbound_side *side)
{
    return side->connections;
}

void px_outbound_side_stop(px_outbound_side *side)
{
    if (!side)
        return;
    px_connections_stop(side->connections);
    px_outbound_stop(side->outbound);
}

void px_outbound_side_close(px_outbound_side *side)
{
    if (!side)
        return;
    px_connections_close(side->connections);
    px_outbound_close(side->outbound);
    if (side->webhooks)
        side->webhooks->free(side->webhooks);
    px_free(side);
}
