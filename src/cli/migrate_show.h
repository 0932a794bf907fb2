/* SPDX-License-Identifier: Apache-2.0 */
/** The plan of a migration as people and programs read it. Threads: one. */
#ifndef PX_CLI_MIGRATE_SHOW_H
#define PX_CLI_MIGRATE_SHOW_H

#include "cli/migrate.h"

/* Gathers what is done, the first 20 things or all. Begin with the two flags set and the rest zero.
 */
typedef struct px_actions {
    bool as_json, all;
    px_buf text; /* px_buf_release */
    uint64_t shown, told;
} px_actions;

px_action_each px_actions_take; /* data: a px_actions */

/* `undo_path`: where the way back is; "" where nothing was done. */
void px_put_plan(px_buf *buf, const px_actions *actions, const px_migration *plan, bool dry,
                 const char *undo_path);

#endif
