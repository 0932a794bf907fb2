/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Property indexes as documents of kind `property-index`: what a person asks for, and what the
 * graph then keeps.
 *
 *     {"property": "speed"}                                  of all twins that have it
 *     {"property": "motor.speed", "model": "dtmi:…;1"}       of a model and all that extend it
 *
 * The graph's index has the document's number. It is kept in memory alone: a restart begins it anew
 * from its document. Threads: the writer.
 */
#ifndef PX_ENGINE_PROPERTY_H
#define PX_ENGINE_PROPERTY_H

#include "engine/state.h"

/* Whether the body may be written. `is_new`: there is no such document yet. Errors: PX_INVALID
 * (property.path, property.model, property.schema), PX_LIMIT (property.limit). */
PX_NODISCARD px_status px_property_check(px_engine_state *state, uint32_t tenant, px_str body,
                                         bool is_new, px_err *ret_err);

/* After a document was written, or before one is deleted; other kinds are ignored. */
PX_NODISCARD px_status px_property_put(px_engine_state *state, const px_document *document,
                                       px_err *ret_err);
PX_NODISCARD px_status px_property_drop(px_engine_state *state, const px_document *document,
                                        px_err *ret_err);

#endif
