/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Guards of a command that is called: asked of the batch's own state, which is what earlier
 * requests of the batch left. expr/guard.h says what they are. Without neighbours `every` holds and
 * `any` does not.
 */
#ifndef PX_ENGINE_GUARD_H
#define PX_ENGINE_GUARD_H

#include "engine/request.h"
#include "model/layout.h"
#include "twin/twin.h"

/**
 * Whether all guards of the command hold for the twin. Those that do not stand in
 * request->result.refusals: `name` the expression, `value` a JSON object with what was seen.
 *
 * Errors: PX_CONFLICT (command.guard, the first that does not hold); PX_LIMIT, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_guards_test(px_engine_state *state, px_request *request,
                                      const px_twin *twin, const px_command *command,
                                      px_err *ret_err);

#endif
