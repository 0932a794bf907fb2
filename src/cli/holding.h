/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a twin holds, as one flat list: its properties and those of its components, with their
 * times.
 *
 * Two holdings of one twin give the JSON Patch that leads from one to the other; the other way
 * round, the one that leads back. Threads: one.
 */
#ifndef PX_CLI_HOLDING_H
#define PX_CLI_HOLDING_H

#include "base/json.h"
#include "base/vec.h"
#include "model/layout.h"

typedef struct px_held {
    px_str component; /* empty: of the twin itself */
    px_str name;
    px_str value;       /* JSON */
    px_str source_time; /* as it was written; empty: none */
} px_held;

/* All slices are borrowed. A zeroed one is empty. */
typedef struct px_holding {
    PX_VEC(px_held) values;
    PX_VEC(px_str) components; /* also those without a value */
} px_holding;

void px_holding_clear(px_holding *holding); /* keeps the memory */
void px_holding_release(px_holding *holding);

/* Reads a document of the data plane of a twin of that layout; slices borrow from it. */
PX_NODISCARD px_status px_holding_read(px_holding *holding, const px_layout *layout,
                                       const px_json *twin, px_err *ret_err);

PX_NODISCARD px_status px_holding_add(px_holding *holding, px_held held, px_err *ret_err);
PX_NODISCARD px_status px_holding_add_component(px_holding *holding, px_str name, px_err *ret_err);
/* "speed", "motor.hours", in the arena; ptr is NULL when that is full. */
px_str px_held_path(px_arena *arena, px_str component, px_str name);
/* NULL when it is not there. */
const px_held *px_holding_find(const px_holding *holding, px_str component, px_str name);

/* A member of the change of a batch: `"op":"patch","value":[…]` from one holding to the other and
 * to that model; a `put` of the whole where a patch would have too many operations. */
void px_put_transition(px_buf *buf, const px_holding *from, const px_holding *to, px_str model);

#endif
