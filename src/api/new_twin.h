/* SPDX-License-Identifier: Apache-2.0 */
/** A twin of a model and nothing more, as devices that are registered in number get it.
 * Room-internal. */
#ifndef PX_API_NEW_TWIN_H
#define PX_API_NEW_TWIN_H

#include "api/await.h"
#include "api/inner.h"

/* The document of a new twin: its model, and the components that it must have. */
void px_put_new_twin(px_json_writer *w, const px_model *model);

typedef struct px_new_twin {
    px_engine *engine;
    px_principal principal;
    px_str model, id;
    uint64_t revision; /* of the one that was made; 0: none */
} px_new_twin;

/* Nothing when `model` is empty. Errors: PX_CONFLICT when there is a twin of this id, PX_NOT_FOUND
 * (the model), or as the engine refuses it. */
PX_NODISCARD px_status px_new_twin_make(px_new_twin *twin, px_await *await, px_arena *arena,
                                        px_err *ret_err);
/* Takes back what was made, if nobody changed it. */
void px_new_twin_undo(px_new_twin *twin, px_await *await);

#endif
