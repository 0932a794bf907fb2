/* SPDX-License-Identifier: Apache-2.0 */
/** What the two files of the comparison share. Inside the room only. */
#ifndef PX_MODEL_COMPARE_INNER_H
#define PX_MODEL_COMPARE_INNER_H

#include "base/map.h"
#include "base/vec.h"
#include "model/compare.h"

typedef struct px_schema_pair {
    const px_schema *from, *to;
} px_schema_pair;

typedef struct px_comparison {
    px_arena *arena;
    PX_VEC(px_model_change) changes;
    PX_VEC(px_schema_pair) pairs; /* compared already */
    px_map by_pair;
    px_breaks worst;
    px_status status; /* sticks */
    px_err err;
} px_comparison;

/* Adds a change; failures stick in the comparison. */
void px_compare_add(px_comparison *c, px_change_kind kind, px_breaks breaks, px_str path,
                    const char *format, ...) PX_PRINTF(5, 6);
/* "path" and "name" to "path.name", in the arena; `path` may be empty. */
px_str px_compare_join(px_comparison *c, px_str path, const char *between, px_str name);

/* compare_schema.c: the differences of two schemas of one thing. */
void px_compare_schemas(px_comparison *c, px_str path, const px_schema *from, const px_schema *to);

#endif
