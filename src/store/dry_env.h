/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A px_env that changes nothing: files are read where they are, and whatever is written to them
 * stays in memory. So a start can be played on a file that must not be touched.
 *
 * One file of the machine is shown under a name of its own; every other name is a file in memory.
 * Bounded by what is written, in pages of 4 KiB. Threads: one.
 */
#ifndef PX_STORE_DRY_ENV_H
#define PX_STORE_DRY_ENV_H

#include "base/env.h"

typedef struct px_dry_env px_dry_env;

/* `name` becomes the name of the file at `path` of the machine. Both are borrowed until free.
 * Errors: those of opening `path`. */
PX_NODISCARD px_status px_dry_env_new(const char *path, const char *name, px_dry_env **ret_dry,
                                      px_err *ret_err);
void px_dry_env_free(px_dry_env *dry); /* no file may be open */
px_env *px_dry_env_env(px_dry_env *dry);

#endif
