/* SPDX-License-Identifier: Apache-2.0 */
/** Calls about one device, as the verbs of `device` need them. Threads: one. */
#ifndef PX_CLI_DEVICE_CALL_H
#define PX_CLI_DEVICE_CALL_H

#include "cli/out.h"

/* METHOD /api/v1/devices/ID`after`; an unknown device is answered with the nearest one.
 * `ret_root` may be NULL. */
PX_NODISCARD px_status px_device_ask(px_cli *cli, const char *method, const char *id,
                                     const char *after, px_str body, px_arena *arena,
                                     px_json **ret_root, px_err *ret_err);

/* Lists what is there below a device. */
PX_NODISCARD px_status px_device_list(px_cli *cli, const char *id, const char *after,
                                      const px_out_column *columns, px_err *ret_err);

/* Verbs in files of their own. */
px_status px_device_bind_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_device_enable_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_device_disable_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_device_retire_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_device_import_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_device_key_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_device_credentials_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_device_jwt_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_device_certificate_run(px_cli *cli, const px_args *args, px_err *ret_err);
px_status px_device_revoke_run(px_cli *cli, const px_args *args, px_err *ret_err);
extern const px_opt px_device_bind_options[], px_device_import_options[], px_device_key_options[],
    px_device_jwt_options[], px_device_certificate_options[];

/* On stderr, which twins of --twin are not there. */
void px_device_note_missing_twins(px_cli *cli, const px_args *args);

/* The key is on stdout, where a script finds it; what to do with it on stderr. */
PX_NODISCARD px_status px_device_print_key(px_cli *cli, const px_json *root, px_err *ret_err);

#endif
