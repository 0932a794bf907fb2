/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A change as watchers get it, one JSON object:
 *
 *     {"twin":"press-1","time":"…Z","values":{"rate":{"value":51.6,"sourceTime":"…Z"}}}
 *     {"twin":"press-1","time":"…Z","deleted":true}
 *     {"twin":"press-1","time":"…Z","desired":{"rate":60}}
 *     {"twin":"press-1","time":"…Z","freshness":{"state":"late","since":"…Z","cause":"age",
 *      "path":"rate","property":{"state":"late","since":"…Z"}}}
 *     {"twin":"press-1","time":"…Z","relationship":{"id":"r","name":"feeds","target":"oven-1"}}
 *     {"twin":"press-1","time":"…Z","command":{"id":"c1","name":"stop","status":"pending"}}
 *     {"model":"dtmi:com:acme:Press;1","time":"…Z","change":"uploaded"}
 *
 * One form for the SSE stream and for MQTT; which events are told is one table. A removed value is
 * null; a relationship that was deleted has `"deleted":true` beside its name; freshness is that
 * of the twin, and of the property that changed, or null where none is declared any more; a command
 * has its `payload` while pending and its `response` afterwards. Threads: any.
 */
#ifndef PX_SYNC_CHANGE_H
#define PX_SYNC_CHANGE_H

#include "journal/event.h"
#include "twin/graph.h"
#include "twin/registry.h"

/* True for events that a watcher is told of. */
bool px_event_is_change(const px_event *event);
/* True for those of them that the twin's state afterwards tells as well: values. Of many such
 * changes the newest state may stand for all; the others are missed when they are left out. */
bool px_event_is_state(const px_event *event);

/**
 * Appends the change and gives the id of the twin (the source of a relationship) or model.
 *
 * @param scratch  keeps the twin's record; the id borrows from it, or from the event
 * False when the twin is gone by now, or nothing of the event is to be seen: nothing was appended.
 */
bool px_put_change(px_buf *buf, px_graph *graph, const px_registry *registry, const px_event *event,
                   px_buf *scratch, px_str *ret_id);

#endif
