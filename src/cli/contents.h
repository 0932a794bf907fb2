/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The names of what a model declares, asked of the server: its components, properties, commands.
 *
 * Threads: one.
 */
#ifndef PX_CLI_CONTENTS_H
#define PX_CLI_CONTENTS_H

#include "cli/api.h"

typedef PX_VEC(px_str) px_names;

/**
 * Adds the names, those of the models it extends included; they live in the arena.
 *
 * @param types  words of "@type", such as "Component"; ends with NULL
 *
 * Limits:  models that extend each other are followed 16 deep.
 */
PX_NODISCARD px_status px_contents_of(px_cli *cli, px_str model, const char *const *types,
                                      px_arena *arena, px_names *names, px_err *ret_err);

#endif
