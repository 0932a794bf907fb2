/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Journal events as CloudEvents 1.0: what the outside is told.
 *
 * One event makes none, one, or several (a device's message: an update of its properties, and
 * telemetry of the twin and of each component). Which makes what is one table, in cloud_event.c.
 *
 *     Microsoft.DigitalTwins.Twin.Create | Update | Delete
 *     Microsoft.DigitalTwins.Relationship.Create | Update | Delete
 *     microsoft.iot.telemetry
 *
 * A PUT that replaces is an Update with a patch of what it set and removed; values are always told
 * by `replace`, removals by `remove`. Source: the data-plane reference, section 10.
 */
#ifndef PX_OUTBOUND_CLOUD_EVENT_H
#define PX_OUTBOUND_CLOUD_EVENT_H

#include "journal/event.h"
#include "outbound/gone.h"
#include "twin/graph.h"
#include "twin/registry.h"

typedef struct px_cloud_event {
    px_str type, source, subject, id;
    px_str dataschema; /* telemetry only, else empty */
    px_time time;
    px_str data; /* JSON */
    uint64_t place;
} px_cloud_event;

/* What events are made from. All borrowed. */
typedef struct px_cloud_maker {
    px_graph *graph;
    const px_registry *registry;
    px_gone *gone;     /* names of twins that are no more */
    px_str host;       /* the instance: `source` */
    px_buf text, data; /* the maker's own */
    px_buf subject, source;
    /* Gets each; its slices are borrowed for the call. */
    px_status (*each)(void *ctx, const px_cloud_event *event, px_err *ret_err);
    void *ctx;
} px_cloud_maker;

void px_cloud_maker_release(px_cloud_maker *maker);

/* Errors: PX_NOT_FOUND (it cannot be told: its model or twin is known to nobody any more),
 * PX_NO_MEMORY, what `each` gave, and those of reading the journal. */
PX_NODISCARD px_status px_cloud_events_of(px_cloud_maker *maker, const px_event *event,
                                          px_err *ret_err);
/* True for events that make any: the others need not be looked at. */
bool px_cloud_event_is_of(px_event_type type);

/* Structured JSON, with `sequence`: the place, as 20 digits that order as texts. */
void px_put_cloud_event(px_buf *buf, const px_cloud_event *event);

#endif
