/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The `data` of CloudEvents: documents and patches written from an event alone, because the graph
 * has moved on by the time that it is told. Room-internal. Errors stick in the buffer.
 */
#ifndef PX_OUTBOUND_EVENT_DATA_H
#define PX_OUTBOUND_EVENT_DATA_H

#include "journal/event.h"
#include "model/model.h"

/* The twin as GET gave it right after the event. */
void px_put_event_twin(px_buf *buf, const px_model *model, const px_event *event, px_str twin_id);
/* `{"modelId":…,"patch":[…]}` of the event's properties; false when there are none. */
bool px_put_event_patch(px_buf *buf, const px_model *model, const px_event *event);
/* The telemetry fields of one component (PX_NO_COMPONENT: of the twin itself), by name; false when
 * there are none. */
bool px_put_event_telemetry(px_buf *buf, const px_layout *layout, const px_event *event,
                            uint32_t component);

void px_put_event_relationship(px_buf *buf, const px_event *event, px_str source_id,
                               px_str target_id);
/* The differences to what was there; `target_id` is asked for where that is another one. False when
 * the texts are none of ours. */
bool px_put_event_relationship_patch(px_buf *buf, const px_event *event, px_str model_id,
                                     px_str target_id);

#endif
