/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The connections of all tenants at work: to brokers of others, whose messages become values here,
 * and to Modbus devices, which are polled, and written to when something is wished of them.
 *
 *     documents ─► connections ─► a link for each ─► the other side
 *                                     └─ bindings ─► engine
 *
 * Each link has a thread of its own, tries again by itself with growing pauses, and tells how it is
 * (px_connections_status). What a broker sent with QoS 1 is acknowledged to it when the engine has
 * committed what became of it, so the broker keeps what this server did not, over outages and kill
 * -9 of either side. A device is polled in time, and a poll that is late is left out and counted.
 * docs/internals/outbound.md tells how.
 *
 * Documents are looked at when px_connections_changed says so, and at least each second when any
 * document changed. Threads: open, start, stop and close from the owner; the rest from any.
 */
#ifndef PX_OUTBOUND_CONNECTIONS_H
#define PX_OUTBOUND_CONNECTIONS_H

#include "base/limits.h"
#include "base/log.h"
#include "engine/engine.h"
#include "outbound/connection.h"
#include "outbound/target.h"
#include "sync/bindings.h"
#include "sync/rejects.h"

typedef struct px_connections px_connections;

typedef struct px_connections_opts {
    px_env *env; /* NULL: px_env_posix() */
    px_log *log; /* may be NULL */
    px_engine *engine;
    px_bindings *bindings;
    px_rejects *rejects;
    px_reach reach; /* what the operator allows */
} px_connections_opts;

/* Errors: PX_NO_MEMORY. */
PX_NODISCARD px_status px_connections_open(const px_connections_opts *opts,
                                           px_connections **ret_connections, px_err *ret_err);
PX_NODISCARD px_status px_connections_start(px_connections *connections, px_err *ret_err);
/* Ends all links: what they hold is committed or not acknowledged. The engine must still run. NULL
 * is fine. */
void px_connections_stop(px_connections *connections);
void px_connections_close(px_connections *connections); /* stopped; NULL is fine */

/* A connection was written: before the writer's answer goes out. */
void px_connections_changed(px_connections *connections);
const px_reach *px_connections_reach(const px_connections *connections);

/* ---- how they are ---- */

#define PX_CONNECTION_STATE_MAP(X)                                                                 \
    X(OFF, "off", "it is disabled")                                                                \
    X(CONNECTING, "connecting", "a try is under way")                                              \
    X(CONNECTED, "connected", "the other side has said yes, also to what is asked of it")          \
    X(WAITING, "waiting", "a try failed, or the connection was lost; the next one has its time")   \
    X(FAILED, "failed",                                                                            \
      "it is not tried: its document cannot be read, or there is no thread for it")

typedef enum px_connection_state {
#define X(id, name, meaning) PX_CONNECTION_##id,
    PX_CONNECTION_STATE_MAP(X)
#undef X
        PX_CONNECTION_STATE_COUNT
} px_connection_state;

const char *px_connection_state_name(px_connection_state state);

/* name, meaning: one table feeds status and metrics (api/metrics.h has words of its own) */
#define PX_CONNECTION_STATS_MAP(X)                                                                 \
    X(messages, "messages taken from brokers, and rows of polls")                                  \
    X(unbound, "of them that no binding took")                                                     \
    X(rejected, "of them that became nothing")                                                     \
    X(values, "values that became of them")                                                        \
    X(polls, "polls of devices")                                                                   \
    X(skipped, "polls left out because the one before took too long")                              \
    X(faults, "answers that were refusals or nonsense, and values that are none")                  \
    X(written, "desired values written to devices")                                                \
    X(refused, "desired values that a device or its register does not take")                       \
    X(reconnects, "connections made again after one was lost")                                     \
    X(failures, "tries to connect that failed, and connections lost")

typedef struct px_connection_stats {
#define X(name, meaning) uint64_t name;
    PX_CONNECTION_STATS_MAP(X)
#undef X
} px_connection_stats;

typedef struct px_connection_status {
    px_connection_state state;
    px_time since;         /* of the state; of CONNECTING and WAITING together */
    px_time retry_at;      /* WAITING; else PX_TIME_NONE */
    px_time error_at;      /* of the last error; PX_TIME_NONE: there was none */
    bool is_error_current; /* it is so still, as far as is known */
    char error_id[48];
    char error[256], cure[200]; /* may be empty */
    /* of the last message that no binding took; empty: there was none, or it had no topic */
    char unbound_topic[PX_TOPIC_BYTES_MAX + 1];
    px_connection_stats stats; /* since the server started or the document was written */
} px_connection_status;

/* False: no link was made for this revision of the document yet. */
bool px_connections_status(px_connections *connections, uint32_t tenant, uint32_t no,
                           uint64_t revision, px_connection_status *ret_status);
/* Of all tenants, since the start; and how many are in which state. */
px_connection_stats px_connections_stat(px_connections *connections,
                                        uint32_t ret_states[PX_CONNECTION_STATE_COUNT]);

#endif
