/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Guards: conditions that a model puts before a command, in the one expression language.
 *
 *     temperature < 80 AND $self.state = 'idle'         of the twin
 *     position = 'closed'    every: feeds               of each twin that `feeds` leads to
 *     pressure > $self.needed    any: feeds             of at least one of them
 *
 * A bare path is of the twin, or in a guard with a relationship of the neighbour; `$self` is the
 * twin in both. Last values of telemetry count. Without neighbours `every` holds and `any` does
 * not. What they see is the batch's own state: what earlier requests of the batch changed.
 */
#ifndef PX_ENGINE_GUARD_H
#define PX_ENGINE_GUARD_H

#include "engine/request.h"
#include "model/layout.h"
#include "twin/twin.h"

/* As px_models_opts.check_guard: whether it can be read, and speaks of what the model has.
 * Threads: any. */
PX_NODISCARD px_status px_guard_check(const px_layout *layout, const px_guard *guard,
                                      px_err *ret_err);

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
