/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux command`: what became of the commands of a twin. `pollux twin command` calls one. */
#include "cli/cmds.h"
#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/twin_call.h"

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false },
                                             { "command", "name", false },
                                             { "status", "status", false },
                                             { "called by", "by", false },
                                             { "called", "called", false },
                                             { "ended", "ended", false },
                                             { "ended by", "endedBy", false },
                                             { 0 } };
    const char *twin = px_args_operand(args, 0);
    px_buf path = { 0 };
    px_status status;

    px_put_c(&path, "/api/v1/twins/");
    px_put_url_part(&path, px_str_c(twin));
    px_put_c(&path, "/commands?limit=500");
    px_put_char(&path, '\0');
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_out_list(cli, path.ptr, columns, ret_err);
    px_buf_release(&path);
    return px_no_such(cli, PX_THING_TWIN, twin, status, ret_err);
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *twin = px_args_operand(args, 0), *id = px_args_operand(args, 1);
    px_http_call call = { .method = "GET" };
    px_buf after = { 0 };
    px_json *root;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    px_put_c(&after, "/commands/");
    px_put_url_part(&after, px_str_c(id));
    px_put_char(&after, '\0');
    status = px_buf_status(&after, ret_err);
    if (status == PX_OK)
        status = px_twin_call(cli, call, "/api/v1/twins/", twin, after.ptr, &arena, &root, ret_err);
    px_buf_release(&after);
    PX_TRY(status);
    return px_out_facts(cli, root, ret_err);
}

const px_cmd px_cmd_command[] = {
    { .noun = "command",
      .summary = "see what became of commands",
      .examples = "pollux command list pump-1\n"
                  "pollux command show pump-1 order-17\n"
                  "pollux twin command pump-1 stop --id order-17" },
    { .noun = "command",
      .verb = "list",
      .summary = "list the commands of a twin: who called them, and what came of them",
      .operands = "TWIN",
      .examples = "pollux command list pump-1",
      .notes = "Those that wait come first. Of those that have ended the server keeps the newest.",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_list },
    { .noun = "command",
      .verb = "show",
      .summary = "show one command with its payload and response",
      .operands = "TWIN ID",
      .examples = "pollux command show pump-1 order-17",
      .operands_min = 2,
      .operands_max = 2,
      .run = run_show },
    { 0 },
};
