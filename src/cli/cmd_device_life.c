/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux device enable|disable|retire`: the life of a device. */
#include "cli/device_call.h"
#include "cli/out.h"

static px_status set_state(px_cli *cli, const px_args *args, const char *state, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    px_buf body = { 0 };
    px_json *root;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    px_putf(&body, "{\"state\":\"%s\"}", state);
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = px_device_ask(cli, "PUT", id, "/state", px_buf_str(&body), &arena, &root, ret_err);
    px_buf_release(&body);
    PX_TRY(status);
    return px_out_done(cli, root, ret_err, "%s is %.*s", id,
                       PX_FMT(px_json_get_text(root, PX_STR("state"))));
}

px_status px_device_enable_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return set_state(cli, args, "registered", ret_err);
}

px_status px_device_disable_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return set_state(cli, args, "disabled", ret_err);
}

px_status px_device_retire_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return set_state(cli, args, "retired", ret_err);
}
