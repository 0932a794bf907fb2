/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Models in the order in which they can be uploaded: each behind those that it extends or has as
 * Component.
 *
 * Add them in any order, then ask. Only models that were added count; where they need each other in
 * a circle, which the language refuses, each still comes once. Pure. Threads: one at a time.
 */
#ifndef PX_BULK_ORDER_H
#define PX_BULK_ORDER_H

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"

typedef struct px_bulk_model {
    uint64_t number; /* of its line */
    px_str id, text; /* copied */
    px_str *needs;   /* ids, in the arena */
    size_t need_count;
    uint8_t state; /* of the walk */
} px_bulk_model;

typedef struct px_bulk_order {
    PX_VEC(px_bulk_model) models;
    PX_VEC(uint32_t) order; /* indexes, after px_bulk_order_sort */
    px_map by_id;
    px_arena arena;
} px_bulk_order;

void px_bulk_order_init(px_bulk_order *order);
void px_bulk_order_release(px_bulk_order *order);

/* `json` is the text read. Errors: PX_LIMIT (PX_MODELS_BYTES_MAX of texts, PX_MODELS_MAX of them),
 * PX_NO_MEMORY. */
PX_NODISCARD px_status px_bulk_order_add(px_bulk_order *order, uint64_t number, px_str text,
                                         const px_json *json, px_err *ret_err);
/* Cost: models and their references. PX_NO_MEMORY. */
PX_NODISCARD px_status px_bulk_order_sort(px_bulk_order *order, px_err *ret_err);

#endif
