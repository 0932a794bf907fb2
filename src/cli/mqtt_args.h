/* SPDX-License-Identifier: Apache-2.0 */
/** Words of the command line that all commands share that speak MQTT. Threads: any. */
#ifndef PX_CLI_MQTT_ARGS_H
#define PX_CLI_MQTT_ARGS_H

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/opts.h"

typedef struct px_mqtt_address {
    char host[256];
    int port;
} px_mqtt_address;

/* HOST:PORT, HOST (then `port`), [HOST]:PORT. Errors: PX_INVALID, with `option` ("--mqtt"). */
PX_NODISCARD px_status px_mqtt_address_parse(const char *text, const char *option, int port,
                                             px_mqtt_address *ret_address, px_err *ret_err);

/* The device's key from --key K, --key @FILE or POLLUX_DEVICE_KEY; lives in argv, the environment
 * or the arena. Errors: PX_INVALID (none is given), those of px_file_read. */
PX_NODISCARD px_status px_mqtt_key(const px_args *args, px_arena *arena, const char **ret_key,
                                   px_err *ret_err);

/* The cure of a door that did not open or a key that was refused; `device` NULL: no device's key.
 * Gives `status`. */
px_status px_mqtt_suggest(px_cli *cli, const char *device, px_status status);

#endif
