/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a client means by the topic that it publishes to.
 *
 * Ids stand in topics as base/level.h writes them, so a topic has at most one meaning. What begins
 * with `twins`, `events`, `spBv1.0` or `$` is the server's: whatever is not in the table of shapes
 * is refused, or else a client could forge what watchers take for the engine's. Threads: any.
 */
#ifndef PX_SERVER_TOPIC_NAMES_H
#define PX_SERVER_TOPIC_NAMES_H

#include "base/level.h"
#include "base/limits.h"

typedef enum px_topic_kind {
    PX_TOPIC_PLAIN,     /* nothing to us: delivered as it is within the tenant */
    PX_TOPIC_TELEMETRY, /* of a twin or a component */
    PX_TOPIC_REPORTED,  /* likewise */
    PX_TOPIC_RESPONSE,  /* to a command */
    PX_TOPIC_DESIRED,   /* to desired values */
    PX_TOPIC_NONE,      /* below a twin, and without a meaning; `twin` may be set */
    PX_TOPIC_SPARKPLUG, /* below spBv1.0: sync/sparkplug_topic.h reads it */
    PX_TOPIC_RESERVED,  /* the server's own */
} px_topic_kind;

typedef struct px_topic_name {
    px_topic_kind kind;
    px_str twin, component, command, command_id; /* empty where the topic has none */
    char rooms[4][PX_TWIN_ID_BYTES_MAX];         /* of ids that had to be put together */
} px_topic_name;

/* The slices borrow from `topic` and from `ret_name`. One pass. */
void px_topic_name_read(px_str topic, px_topic_name *ret_name);

/* The twin that a filter `twins/T/…` names; false for other filters, and when it names none, or
 * more than one. `room` has PX_TWIN_ID_BYTES_MAX bytes. */
bool px_topic_filter_twin(px_str filter, char *room, px_str *ret_twin);

/* Appends `twins/T/`. */
void px_put_twin_topic(px_buf *buf, px_str twin_id);
/* Appends `twins/T/commands/NAME/ID`. */
void px_put_command_topic(px_buf *buf, px_str twin_id, px_str name, px_str command_id);

#endif
