/* SPDX-License-Identifier: Apache-2.0 */
/** `pollux plant run|fault|series`: the plant emulator as commands. */
#ifndef PX_CMD_PLANT_H
#define PX_CMD_PLANT_H

#include "cli/cli.h"

/* Ends with a row without noun. */
extern const px_cmd px_cmd_plant[];

#endif
