/* SPDX-License-Identifier: Apache-2.0 */
/** Models from files and folders, without a server. Threads: one. */
#ifndef PX_CLI_LOCAL_H
#define PX_CLI_LOCAL_H

#include "cli/cli.h"
#include "model/model.h"

#define PX_LOCAL_MODELS_MAX 100000

/* All Interfaces below the paths, as one set. What is wrong with them goes to stderr, each with its
 * place. Errors: PX_INVALID, those of px_texts_add. */
PX_NODISCARD px_status px_local_models(px_cli *cli, const char *const *paths, size_t count,
                                       px_model_set *ret_set, px_err *ret_err);

/* The Interface with that id; it may be given without its version when there is one such. Errors:
 * PX_NOT_FOUND (names the nearest), PX_INVALID (several versions). */
PX_NODISCARD px_status px_local_find(const px_model_set *set, const char *id,
                                     const px_model **ret_model, px_err *ret_err);

/* An id without its version. */
px_str px_local_unversioned(px_str id);

#endif
