/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A mapping beside an engine: its twins and models are the world, and what comes out is a request.
 *
 *     px_bind_desk desk = { engine, binding, &principal };
 *     px_bind_desk_map(&desk, &input, arena, &bound, err)
 *     px_bind_desk_items(&desk, &bound, arena, items, err)
 *
 * Values are written as the principal that sent them, who has to have the right to each twin; a
 * binding that says `"as": "binding"` writes them as itself, and makes twins: whoever may write
 * bindings gave it that right. Threads: any.
 */
#ifndef PX_SYNC_BINDING_DESK_H
#define PX_SYNC_BINDING_DESK_H

#include "engine/engine.h"
#include "sync/binding.h"
#include "sync/rejects.h"

typedef struct px_bind_desk {
    px_engine *engine;
    const px_binding *binding;
    const px_principal *sender; /* borrowed as long as the request */
} px_bind_desk;

/* px_binding_map over the published graph. */
PX_NODISCARD px_status px_bind_desk_map(const px_bind_desk *desk, const px_bind_input *input,
                                        px_arena *arena, px_bound *ret_bound, px_err *ret_err);

/* How many items px_bind_desk_items writes. */
size_t px_bind_desk_count(const px_bound *bound);
/**
 * Fills the items of a PX_REQUEST_MESSAGES: first the twins to be made and what they belong to,
 * then the values. Texts are those of `bound`. Errors: PX_NO_MEMORY, PX_LIMIT (arena).
 */
PX_NODISCARD px_status px_bind_desk_items(const px_bind_desk *desk, const px_bound *bound,
                                          px_arena *arena, px_request *items, px_err *ret_err);

/* Keeps what could not be mapped, with the whole payload: it can be offered again. `time`: of the
 * message's arrival, the same for all that is kept of it. */
void px_bind_desk_reject(const px_bind_desk *desk, px_rejects *rejects, px_time time,
                         const px_bind_input *input, const px_bind_miss *miss);
/* The whole message was refused for this. */
px_bind_miss px_bind_miss_of(const px_err *err);

#endif
