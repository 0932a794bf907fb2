/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the verbs of `twin` share: NAME=VALUE words, and calls whose path holds an id.
 *
 * Threads: one.
 */
#ifndef PX_CLI_TWIN_CALL_H
#define PX_CLI_TWIN_CALL_H

#include "cli/api.h"
#include "cli/assign.h"

enum { PX_ASSIGNS_MAX = 1000 };

typedef struct px_assigns {
    px_assign items[PX_ASSIGNS_MAX];
    size_t count;
} px_assigns;

/* Errors: PX_LIMIT. */
PX_NODISCARD px_status px_assigns_add(px_assigns *list, px_assign item, px_err *ret_err);
/* By name, so that what goes into one component stands together; equal names keep their order. */
void px_assigns_sort(px_assigns *list);

/* The values of `option`; or, when it is NULL, the operands from `first` on and --unset. Sorted; in
 * the arena. */
PX_NODISCARD px_status px_assigns_read(const px_args *args, const char *option, size_t first,
                                       px_arena *arena, px_assigns **ret_list, px_err *ret_err);

/* Sends a call whose path is `before`, the percent-encoded id, `after`. */
PX_NODISCARD px_status px_twin_call(px_cli *cli, px_http_call call, const char *before,
                                    const char *id, const char *after, px_arena *arena,
                                    px_json **ret_root, px_err *ret_err);

/* The verb `command` (twin_command.c). Errors: PX_INVALID, the device rejected it; PX_TIMEOUT. */
PX_NODISCARD px_status px_twin_command(px_cli *cli, const px_args *args, px_err *ret_err);

#endif
