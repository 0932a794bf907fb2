/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What if: a request checked and folded into a branch instead of the live graph. Nothing is
 * journalled.
 *
 * The same checks and the same fold as the live path. Models and documents cannot be changed this
 * way. Threads: one at a time for each branch.
 */
#ifndef PX_ENGINE_REHEARSE_H
#define PX_ENGINE_REHEARSE_H

#include "base/env.h"
#include "engine/request.h"
#include "twin/branch.h"
#include "twin/registry.h"

/* Runs the request at once; `done` is not called. Errors: those of the live path; PX_UNSUPPORTED
 * for kinds that do not change twins or relationships; PX_STALE when the branch lost its base;
 * PX_LIMIT when it holds all that it may. */
PX_NODISCARD px_status px_rehearse(px_branch *branch, px_registry *registry, px_env *env,
                                   px_request *request, px_err *ret_err);

#endif
