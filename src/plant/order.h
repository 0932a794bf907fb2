/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is asked of the plant, read from the topic and payload of a message:
 *
 *     twins/UNIT/commands/NAME/ID    stop or start, to be answered
 *     twins/UNIT/desired             {"run":true|false,…}
 *     plant/faults/UNIT              stop or bearing: breaks it
 *
 * Pure. Threads: any.
 */
#ifndef PX_PLANT_ORDER_H
#define PX_PLANT_ORDER_H

#include "base/arena.h"
#include "plant/line.h"

typedef enum px_order_act {
    PX_ORDER_NOTHING, /* asks for nothing that this plant does; with an id: to be rejected */
    PX_ORDER_STOP,
    PX_ORDER_START,
    PX_ORDER_BREAK,
    PX_ORDER_WEAR,
} px_order_act;

/* Slices borrow from the topic. */
typedef struct px_order {
    px_order_act act;
    unsigned unit; /* PX_LINE_UNITS: no unit of this line */
    px_str twin;
    px_str name, id; /* of a command; empty for all else */
} px_order;

/**
 * @param arena  for the payload's reader
 * False for a topic that is none of the three, the plant's own answers among them.
 */
bool px_order_read(px_str topic, px_str payload, px_arena *arena, px_order *ret_order);

enum { PX_ORDERS_REMEMBERED = 64 };

/* The newest commands, each by the hash of unit and id. Zeroed: none. */
typedef struct px_order_memory {
    uint64_t seen[PX_ORDERS_REMEMBERED];
    uint32_t count; /* so far */
} px_order_memory;

/* Whether the command comes for the first time; all that is no command does. One that is on its way
 * while the plant subscribes comes twice: live, and among those that wait. Its answer is on its way
 * as well then, and a second one would be refused. */
bool px_order_is_new(px_order_memory *memory, const px_order *order);

/* Does it to the line; false when it asks for nothing the line knows. */
bool px_order_apply(const px_order *order, px_line *line);

#endif
