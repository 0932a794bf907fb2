/* SPDX-License-Identifier: Apache-2.0 */
/** `pollux demo PACK`: a server, a pack, and its plant, in one command. */
#ifndef PX_DEMO_CMD_DEMO_H
#define PX_DEMO_CMD_DEMO_H

#include "cli/cli.h"

/* Ends with a row without noun. The exit status of the server goes to the int in `cli->data`. */
extern const px_cmd px_cmd_demo[];

#endif
