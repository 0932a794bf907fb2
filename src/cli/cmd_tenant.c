/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmds.h"
#include "cli/out.h"

static px_status run_add(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_http_call call = { .method = "PUT", .body = PX_STR("{}") };
    px_buf path = { 0 };
    px_json *root;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    px_put_c(&path, "/api/v1/tenants/");
    px_put_url_part(&path, px_str_c(px_args_operand(args, 0)));
    call.path = path.ptr;
    status = px_api_call(cli, &call, &arena, &root, ret_err);
    px_buf_release(&path);
    PX_TRY(status);
    if (px_json_get_text(root, PX_STR("token")).len)
        px_cli_note(cli, "the token is shown this once; keep it");
    return px_out_facts(cli, root, ret_err);
}

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false }, { 0 } };

    (void)args;
    return px_out_list(cli, "/api/v1/tenants", columns, ret_err);
}

const px_cmd px_cmd_tenant[] = {
    { .noun = "tenant",
      .summary = "tenants: separate worlds on one server",
      .examples = "pollux tenant add north\npollux tenant list" },
    { .noun = "tenant",
      .verb = "add",
      .summary = "make a tenant; prints its admin's token, once",
      .operands = "NAME",
      .examples = "pollux tenant add north\npollux tenant add north --json",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_add },
    { .noun = "tenant",
      .verb = "list",
      .summary = "list all tenants",
      .examples = "pollux tenant list",
      .run = run_list },
    { 0 },
};
