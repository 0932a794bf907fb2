/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The names of the components that a twin of a model must have, asked of the server.
 *
 * Threads: one.
 */
#ifndef PX_CLI_COMPONENTS_H
#define PX_CLI_COMPONENTS_H

#include "cli/api.h"

typedef PX_VEC(px_str) px_names;

/**
 * Adds the names, those of the models it extends included; they live in the arena.
 *
 * Limits:  models that extend each other are followed 16 deep.
 */
PX_NODISCARD px_status px_components_of(px_cli *cli, px_str model, px_arena *arena, px_names *names,
                                        px_err *ret_err);

#endif
