/* SPDX-License-Identifier: Apache-2.0 */
/**
 * `pollux binding test`: recorded messages through a binding of the server, and what became of
 * them, summed up by property and by reason.
 *
 * Messages are lines of JSON, `{"topic":"factory/1/data","payload":{…}}`, or payloads as they are
 * (then --topic says where they came from), or a CSV file, whose rows go in pieces under its head
 * line. Threads: one.
 */
#ifndef PX_CLI_BINDING_TRY_H
#define PX_CLI_BINDING_TRY_H

#include "cli/cli.h"

extern const px_opt px_binding_try_options[];
px_status px_binding_try_run(px_cli *cli, const px_args *args, px_err *ret_err);

#endif
