/* SPDX-License-Identifier: Apache-2.0 */
/** The outbound room with its transports, webhooks by libcurl and topics of the MQTT door, and with
 * the connections to other brokers: what serve.c opens as one thing. */
#ifndef PX_SERVER_OUTBOUND_SIDE_H
#define PX_SERVER_OUTBOUND_SIDE_H

#include "outbound/connections.h"
#include "outbound/outbound.h"
#include "server/twin_topics.h"

typedef struct px_outbound_side px_outbound_side;

typedef struct px_outbound_side_opts {
    px_engine *engine;
    px_store *store;
    px_log *log;
    px_bindings *bindings; /* what connections bring goes through them */
    px_rejects *rejects;
    px_twin_topics *topics; /* its door is open */
    const char *allow;      /* the operator's list; NULL: public addresses */
} px_outbound_side_opts;

/* The operator's list by itself, before there is anything. Errors: PX_INVALID, PX_LIMIT. */
PX_NODISCARD px_status px_outbound_side_check(const char *allow, px_err *ret_err);
/* Opens and starts. Errors: PX_INVALID (the list), those of px_outbound_open. */
PX_NODISCARD px_status px_outbound_side_open(const px_outbound_side_opts *opts,
                                             px_outbound_side **ret_side, px_err *ret_err);
px_outbound *px_outbound_side_room(px_outbound_side *side);
px_connections *px_outbound_side_connections(px_outbound_side *side);
/* The engine must still run. NULL is fine. */
void px_outbound_side_stop(px_outbound_side *side);
void px_outbound_side_close(px_outbound_side *side);

#endif
