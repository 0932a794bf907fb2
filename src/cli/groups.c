/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmds.h"

const px_cmd *const *px_cli_groups(void)
{
    static const px_cmd *const groups[] = { px_cmd_model,      px_cmd_twin,      px_cmd_rel,
                                            px_cmd_batch,      px_cmd_import,    px_cmd_export,
                                            px_cmd_file,       px_cmd_query,     px_cmd_index,
                                            px_cmd_watch,      px_cmd_history,   px_cmd_replay,
                                            px_cmd_command,    px_cmd_device,    px_cmd_claim,
                                            px_cmd_issuer,     px_cmd_binding,   px_cmd_connection,
                                            px_cmd_sync,       px_cmd_freshness, px_cmd_tenant,
                                            px_cmd_backup,     px_cmd_route,     px_cmd_endpoint,
                                            px_cmd_deadletter, px_cmd_api,       NULL };

    return groups;
}
