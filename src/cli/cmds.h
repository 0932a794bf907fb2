/* SPDX-License-Identifier: Apache-2.0 */
/** The command tables of this room, one file a noun. Each ends with a row without noun. */
#ifndef PX_CLI_CMDS_H
#define PX_CLI_CMDS_H

#include "cli/cli.h"

extern const px_cmd px_cmd_api[];
extern const px_cmd px_cmd_backup[];
extern const px_cmd px_cmd_batch[];
extern const px_cmd px_cmd_binding[];
extern const px_cmd px_cmd_connection[];
extern const px_cmd px_cmd_claim[];
extern const px_cmd px_cmd_command[];
extern const px_cmd px_cmd_deadletter[];
extern const px_cmd px_cmd_device[];
extern const px_cmd px_cmd_endpoint[];
extern const px_cmd px_cmd_export[];
extern const px_cmd px_cmd_file[];
extern const px_cmd px_cmd_freshness[];
extern const px_cmd px_cmd_import[];
extern const px_cmd px_cmd_history[];
extern const px_cmd px_cmd_index[];
extern const px_cmd px_cmd_issuer[];
extern const px_cmd px_cmd_model[];
extern const px_cmd px_cmd_query[];
extern const px_cmd px_cmd_rel[];
extern const px_cmd px_cmd_replay[];
extern const px_cmd px_cmd_route[];
extern const px_cmd px_cmd_sync[];
extern const px_cmd px_cmd_tenant[];
extern const px_cmd px_cmd_twin[];
extern const px_cmd px_cmd_watch[];

/* Verbs of `twin` and `model`, in files of their own. */
px_status px_cmd_branch_run(px_cli *cli, const px_args *args, px_err *ret_err);
extern const px_opt px_cmd_propose_options[];
px_status px_cmd_propose_run(px_cli *cli, const px_args *args, px_err *ret_err);
extern const px_opt px_cmd_suggest_options[];
px_status px_cmd_suggest_run(px_cli *cli, const px_args *args, px_err *ret_err);
extern const px_opt px_cmd_tree_options[], px_cmd_scaffold_options[];
extern const px_opt px_cmd_export_models_options[], px_cmd_diff_options[];
extern const px_opt px_cmd_migrate_options[];
px_status px_cmd_migrate_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_cmd_migrate_back(px_cli *cli, const char *path, const px_args *args, px_err *ret_err);
px_status px_cmd_export_models_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_cmd_show_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_cmd_upload_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_cmd_tree_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_cmd_lint_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_cmd_graph_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_cmd_diff_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_cmd_scaffold_run(px_cli *cli, const px_args *args, px_err *ret_err);
extern const px_opt px_cmd_validate_options[];
px_status px_cmd_validate_run(px_cli *cli, const px_args *args, px_err *ret_err);

#endif
