/* SPDX-License-Identifier: Apache-2.0 */
/** A batch of changes whose refusal names the twin that it is about. Threads: one. */
#ifndef PX_CLI_MIGRATE_SEND_H
#define PX_CLI_MIGRATE_SEND_H

#include "base/json.h"
#include "cli/cli.h"

/**
 * Sends `[…]` to /api/v1/batch.
 *
 * @param cure  what helps when a twin was changed meanwhile
 * Errors: as px_api_call; PX_STALE names the twin.
 */
PX_NODISCARD px_status px_send_changes(px_cli *cli, px_str changes, bool dry, const char *cure,
                                       px_arena *arena, px_json **ret_root, px_err *ret_err);

#endif
