/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What differs between two versions of an Interface, and what that breaks.
 *
 * Compared is what the two have in the end, with all that their bases give. A change breaks twins
 * when a twin that is right by the first may be wrong by the second: a value that has no place or
 * no longer fits, a Component that is missing, a relationship too many. It breaks clients when
 * twins stay right and somebody who reads, calls or subscribes is surprised: a Command that is
 * gone, a unit that is another. The rest breaks nothing. Threads: any.
 */
#ifndef PX_MODEL_COMPARE_H
#define PX_MODEL_COMPARE_H

#include "model/model.h"

typedef enum px_change_kind {
    PX_CHANGE_ADDED,
    PX_CHANGE_REMOVED,
    PX_CHANGE_CHANGED
} px_change_kind;

typedef enum px_breaks { PX_BREAKS_NOTHING, PX_BREAKS_CLIENTS, PX_BREAKS_TWINS } px_breaks;

typedef struct px_model_change {
    px_change_kind kind;
    px_breaks breaks;
    px_str path;     /* "temperature", "motor.speed", "feeds.length", "place/fields/x" */
    px_str sentence; /* "Property 'temperature' was double and is string: …", without a full stop */
} px_model_change;

typedef struct px_model_changes {
    px_model_change *items; /* in the arena, in the order of the first, then what is new */
    size_t count;
    px_breaks worst;
} px_model_changes;

const char *px_change_kind_name(px_change_kind kind); /* "added", "removed", "changed" */
const char *px_breaks_name(px_breaks breaks);         /* "nothing", "clients", "twins" */

/**
 * Lists the differences; the ids of the two are not compared.
 *
 * @param arena  takes the list and its texts; names are copied into them
 *
 * Errors:  PX_LIMIT (arena), PX_NO_MEMORY. Cost: linear in the contents.
 */
PX_NODISCARD px_status px_model_compare(const px_model *from, const px_model *to, px_arena *arena,
                                        px_model_changes *ret_changes, px_err *ret_err);

#endif
