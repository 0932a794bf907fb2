/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A change as watchers get it:
 * `{"twin":"press-1","time":"…Z","values":{"rate":{"value":51.6,"sourceTime":"…Z"}}}`.
 *
 * One form for the SSE stream and the MQTT state topic. A removed value is null. Threads: any.
 */
#ifndef PX_SYNC_CHANGE_H
#define PX_SYNC_CHANGE_H

#include "journal/event.h"
#include "twin/graph.h"
#include "twin/registry.h"

/* True for events that change what a watcher of twins sees. */
bool px_event_is_change(const px_event *event);

/**
 * Appends the change and gives the twin's id.
 *
 * @param scratch  keeps the twin's record; the id borrows from it
 * False when the twin is gone by now, or nothing of the event is to be seen: nothing was appended.
 */
bool px_put_change(px_buf *buf, px_graph *graph, const px_registry *registry, const px_event *event,
                   px_buf *scratch, px_str *ret_twin_id);

#endif
