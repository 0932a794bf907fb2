/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmds.h"

const px_cmd *const *px_cli_groups(void)
{
    static const px_cmd *const groups[] = { px_cmd_replay, NULL };

    return groups;
}
