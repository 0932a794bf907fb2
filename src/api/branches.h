/* SPDX-License-Identifier: Apache-2.0 */
/** Named what-if branches of each tenant, in memory: /api/v1/branches. Room-internal. */
#ifndef PX_API_BRANCHES_H
#define PX_API_BRANCHES_H

#include "api/inner.h"

struct px_branches *px_branches_new(void);
void px_branches_free(struct px_branches *branches);
/* Frees what those hold whose base ended: the API's watching thread does so now and then. */
void px_branches_sweep(struct px_branches *branches);

px_handler px_v1_list_branches, px_v1_put_branch, px_v1_delete_branch, px_v1_diff_branch,
    px_v1_patch_branch_twin, px_v1_get_branch_twin;

#endif
