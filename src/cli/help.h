/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Help at every level, examples first, all of it from the command tables. `width` in columns, 0: no
 * limit. Threads: one.
 */
#ifndef PX_CLI_HELP_H
#define PX_CLI_HELP_H

#include "cli/cli.h"

extern const px_opt px_cli_common_opts[];

void px_help_top(px_buf *buf, const px_cmd *const *groups, unsigned width);
void px_help_noun(px_buf *buf, const px_cmd *const *groups, const char *noun, unsigned width);
void px_help_cmd(px_buf *buf, const px_cmd *cmd, unsigned width);
void px_help_exit_codes(px_buf *buf, unsigned width);

#endif
