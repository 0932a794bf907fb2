/* SPDX-License-Identifier: Apache-2.0 */
/* Claims: by what unknown devices register themselves. */
#include "cli/cmds.h"
#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/thing_call.h"

enum { USES_MAX = 100000 };

static px_status call_put(px_cli *cli, const char *id, const px_buf *body, px_arena *arena,
                          px_json **ret_root, px_err *ret_err)
{
    px_http_call call = { .method = "PUT", .body = px_buf_str(body) };
    px_buf path = { 0 };
    px_status status;

    px_put_thing_path(&path, PX_THING_CLAIM, id);
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&path);
    return status;
}

static px_status run_add(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);
    uint64_t uses = 1;
    px_json *root = NULL;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    PX_TRY(px_args_count(args, "uses", 1, USES_MAX, &uses, ret_err));
    px_json_begin_object(&w);
    px_put_number_member(&w, "uses", uses);
    px_put_argument(&w, "expires", px_args_get(args, "expires"));
    px_put_argument(&w, "prefix", px_args_get(args, "prefix"));
    px_put_argument(&w, "group", px_args_get(args, "group"));
    px_put_argument(&w, "model", px_args_get(args, "model"));
    px_json_end_object(&w);
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = call_put(cli, px_args_operand(args, 0), &body, &arena, &root, ret_err);
    px_buf_release(&body);
    PX_TRY(status);
    if (!cli->json)
        px_cli_note(cli, "the claim is shown this once; delete it and add another if it is lost");
    return px_out_facts(cli, root, ret_err);
}

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = {
        { "id", "id", false },         { "used", "used", true },
        { "uses", "uses", true },      { "expires", "expires", false },
        { "prefix", "prefix", false }, { "group", "group", false },
        { "model", "model", false },   { 0 }
    };

    (void)args;
    return px_out_list(cli, "/api/v1/claims", columns, ret_err);
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_show(cli, PX_THING_CLAIM, args, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_delete(cli, PX_THING_CLAIM, "deleted", args, ret_err);
}

static const px_opt options[] = {
    { "uses", 'n', "N", "how many devices it registers; default 1" },
    { "expires", 'e', "TIME", "when it ends, such as 2026-12-01T00:00:00Z; default in a day" },
    { "prefix", 'p', "TEXT", "what their ids begin with" },
    { "group", 'g', "G", "the group they belong to" },
    { "model", 'm', "DTMI", "give each a new twin of this model, under its own id" },
    { 0 },
};

const px_cmd px_cmd_claim[] = {
    { .noun = "claim",
      .summary = "claims: by what unknown devices register themselves",
      .examples = "pollux claim add batch-7 --uses 200 --prefix pump-\n"
                  "pollux claim list" },
    { .noun = "claim",
      .verb = "add",
      .summary = "make a claim; prints its text, once",
      .operands = "ID",
      .examples = "pollux claim add batch-7 --uses 200 --prefix pump- --group hall-2\n"
                  "pollux claim add one --model 'dtmi:com:acme:Pump;1' --json",
      .notes =
          "A device posts {\"claim\":TEXT,\"id\":ITS-ID} to /api/v1/claim and is told its key.",
      .opts = options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_add },
    { .noun = "claim",
      .verb = "list",
      .summary = "list claims, and how often each was used",
      .examples = "pollux claim list",
      .run = run_list },
    { .noun = "claim",
      .verb = "show",
      .summary = "show a claim",
      .operands = "ID",
      .examples = "pollux claim show batch-7",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "claim",
      .verb = "delete",
      .summary = "end a claim; devices that it registered stay",
      .operands = "ID",
      .examples = "pollux claim delete batch-7",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { 0 },
};
