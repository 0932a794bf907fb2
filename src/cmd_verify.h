/* SPDX-License-Identifier: Apache-2.0 */
/** `pollux backup verify`: no client's command, so it lies beside main.c. */
#ifndef PX_CMD_VERIFY_H
#define PX_CMD_VERIFY_H

#include "cli/cli.h"

extern const px_cmd px_cmd_verify[];

#endif
