/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What MQTT topics mean: the application behind the MQTT door.
 *
 *     twins/T/telemetry, twins/T/components/C/telemetry, twins/T/reported     device → twin
 *     twins/T/desired, twins/T/commands/NAME/ID                               twin → device
 *     twins/T/commands/NAME/ID/response                                       device → twin
 *     twins/T/state, events/TYPE/T                                            twin → watchers
 *     spBv1.0/GROUP/TYPE/NODE[/DEVICE]                                        Sparkplug B, both
 *     everything else                                                         plain, within the
 * tenant
 *
 * Messages are decoded on the door's thread by the twin's model and handed to the engine once per
 * round of events; the PUBACK goes out when the engine has committed. A thread of its own follows
 * the journal and delivers.
 */
#ifndef PX_SERVER_TWIN_TOPICS_H
#define PX_SERVER_TWIN_TOPICS_H

#include "broker/broker.h"
#include "engine/engine.h"
#include "server/mqtt_door.h"
#include "sync/backoff.h"
#include "sync/bindings.h"
#include "sync/presence.h"
#include "sync/rejects.h"
#include "sync/sparkplug.h"

typedef struct px_twin_topics px_twin_topics;

typedef struct px_twin_topics_opts {
    px_engine *engine;
    px_rejects *rejects;
    px_bindings *bindings; /* borrowed; NULL: none */
    px_log *log;
    px_backoff *backoff;    /* of failed logins at all doors; borrowed; NULL: none is kept */
    px_presence *presence;  /* of devices; borrowed; NULL: none is kept */
    const char *spark_host; /* id of this server as a host application of Sparkplug; "" or NULL: it
                               is none; copied */
} px_twin_topics_opts;

/* Errors: PX_INVALID (spark_host), PX_NO_MEMORY, those of the broker's rows. */
PX_NODISCARD px_status px_twin_topics_new(const px_twin_topics_opts *opts,
                                          px_twin_topics **ret_topics, px_err *ret_err);
/* The table for px_mqtt_door_open; `ctx` is the topics. */
px_mqtt_door_app px_twin_topics_app(px_twin_topics *topics);
/* Once the door is open: deliveries begin. Before it, new took up what the journal says of
 * sessions. */
PX_NODISCARD px_status px_twin_topics_start(px_twin_topics *topics, px_err *ret_err);
/* Tells edge nodes that their host goes; before the door stops. */
void px_twin_topics_bye(px_twin_topics *topics);
/* Ends the deliveries; before the door is freed. */
void px_twin_topics_stop(px_twin_topics *topics);
/* After the door and the engine have stopped. */
void px_twin_topics_free(px_twin_topics *topics);
/* For px_engine_opts.answered. */
void px_twin_topics_answered(px_twin_topics *topics);

/* What a route tells: a message to a plain topic of the tenant, for whoever subscribed to it, with
 * QoS 1. False while the door is not open. Any thread. */
bool px_twin_topics_tell(px_twin_topics *topics, uint32_t tenant, px_str topic, px_str payload);

px_broker *px_twin_topics_broker(px_twin_topics *topics); /* borrowed */

/* What is known of edge nodes; lives as long as the topics. */
px_sparkplug *px_twin_topics_sparkplug(px_twin_topics *topics);

typedef struct px_twin_topics_stats {
    uint64_t messages, fields, fields_rejected, messages_refused, plain, deliveries, revoked,
        logins_failed;
    uint64_t delivery_gaps; /* times that events were not told: gone, or no memory */
} px_twin_topics_stats;
px_twin_topics_stats px_twin_topics_stat(px_twin_topics *topics);

#endif
