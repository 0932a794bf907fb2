/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmds.h"
#include "cli/no_such.h"
#include "cli/out.h"

enum { LOOKED_AT_MAX = 20 }; /* twins of one `device add` */

static const px_out_column columns[] = { { "id", "id", false },
                                         { "twins", "twins", false },
                                         { 0 } };

static px_status call_device(px_cli *cli, const char *method, const char *id, const char *after,
                             px_str body, px_arena *arena, px_json **ret_root, px_err *ret_err)
{
    px_http_call call = { .method = method, .body = body };
    px_buf path = { 0 };
    px_status status;

    px_put_c(&path, "/api/v1/devices/");
    px_put_url_part(&path, px_str_c(id));
    px_put_c(&path, after);
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&path);
    return px_no_such(cli, PX_THING_DEVICE, id, status, ret_err);
}

/* The key is on stdout, where a script finds it; what to do with it on stderr. */
static px_status print_key(px_cli *cli, const px_json *root, px_err *ret_err)
{
    px_str key = px_json_get_text(root, PX_STR("key"));

    if (!cli->json && key.len)
        px_cli_note(cli, "the key is shown this once; `pollux device key` makes a new one");
    return px_out_facts(cli, root, ret_err);
}

/* A device may be made before its twins, so this is no failure; most often it is a slip, though. */
static void note_missing_twins(px_cli *cli, const px_args *args)
{
    const char *twin;
    size_t at = 0;

    for (int i = 0; i < LOOKED_AT_MAX && (twin = px_args_next(args, "twin", &at)) != NULL; i++) {
        px_err err = { 0 };

        if (px_no_such(cli, PX_THING_TWIN, twin, PX_NOT_FOUND, &err) == PX_NOT_FOUND && err.text[0])
            px_cli_note(cli, "%s", err.text);
    }
}

static px_status run_add(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0), *twin;
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);
    px_json *root;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    if (!px_args_has(args, "twin"))
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "say which twin the device speaks for: --twin T");
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("twins"));
    px_json_begin_array(&w);
    for (size_t at = 0; (twin = px_args_next(args, "twin", &at)) != NULL;)
        px_json_string(&w, px_str_c(twin));
    px_json_end_array(&w);
    px_json_end_object(&w);
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = call_device(cli, "PUT", id, "", px_buf_str(&body), &arena, &root, ret_err);
    px_buf_release(&body);
    PX_TRY(status);
    note_missing_twins(cli, args);
    return print_key(cli, root, ret_err);
}

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    (void)args;
    return px_out_list(cli, "/api/v1/devices", columns, ret_err);
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_json *root;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    PX_TRY(call_device(cli, "GET", px_args_operand(args, 0), "", (px_str){ 0 }, &arena, &root,
                       ret_err));
    return px_out_facts(cli, root, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    PX_TRY(call_device(cli, "DELETE", id, "", (px_str){ 0 }, &arena, NULL, ret_err));
    return px_out_done(cli, NULL, ret_err, "deleted %s", id);
}

static px_status run_key(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_json *root;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    PX_TRY(call_device(cli, "POST", px_args_operand(args, 0), "/key", PX_STR("{}"), &arena, &root,
                       ret_err));
    return print_key(cli, root, ret_err);
}

/* Tokens send, too, so this is no failure; most often it is a slip, though. */
static void note_missing_device(px_cli *cli, const char *id)
{
    px_err err = { 0 };

    if (px_no_such(cli, PX_THING_DEVICE, id, PX_NOT_FOUND, &err) == PX_NOT_FOUND && err.text[0])
        px_cli_note(cli, "%s", err.text);
}

static px_status run_rejects(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column heads[] = { { "time", "time", false },
                                           { "sender", "sender", false },
                                           { "twin", "twin", false },
                                           { "name", "name", false },
                                           { "reason", "reason", false },
                                           { "payload", "payload", false },
                                           { 0 } };
    const char *id = px_args_operand(args, 0);
    px_buf path = { 0 };
    size_t count = 0;
    px_status status;

    px_put_c(&path, "/api/v1/rejects");
    if (id) {
        px_put_c(&path, "?sender=");
        px_put_url_part(&path, px_str_c(id));
    }
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_out_list_counted(cli, path.ptr, heads, &count, ret_err);
    px_buf_release(&path);
    if (status == PX_OK && id && count == 0)
        note_missing_device(cli, id);
    return status;
}

static const px_opt add_options[] = {
    { "twin", 't', "T", "a twin it speaks for; may be repeated" },
    { 0 },
};

const px_cmd px_cmd_device[] = {
    { .noun = "device",
      .summary = "devices, their twins and keys",
      .examples = "pollux device add pump-1 --twin pump-1\n"
                  "pollux device list\n"
                  "pollux device key pump-1\n"
                  "pollux device rejects pump-1" },
    { .noun = "device",
      .verb = "add",
      .summary = "let a device speak for twins; prints its key, once",
      .operands = "D",
      .examples = "pollux device add pump-1 --twin pump-1\n"
                  "pollux device add gateway-1 --twin pump-1 --twin pump-2 --json",
      .notes = "A device says its id as MQTT user name and the key as password.\n"
               "For a device that is there already, the twins are changed and the key is kept.",
      .opts = add_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_add },
    { .noun = "device",
      .verb = "list",
      .summary = "list all devices",
      .examples = "pollux device list",
      .run = run_list },
    { .noun = "device",
      .verb = "show",
      .summary = "show a device",
      .operands = "D",
      .examples = "pollux device show pump-1",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "device",
      .verb = "delete",
      .summary = "delete a device; its key is worth nothing from then on",
      .operands = "D",
      .examples = "pollux device delete pump-1",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { .noun = "device",
      .verb = "key",
      .summary = "make a new key; the old one ends",
      .operands = "D",
      .examples = "pollux device key pump-1",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_key },
    { .noun = "device",
      .verb = "rejects",
      .summary = "what devices sent that was refused, and why",
      .operands = "[D]",
      .examples = "pollux device rejects\n"
                  "pollux device rejects pump-1\n"
                  "pollux device rejects pump-1 --json",
      .notes =
          "The newest first, of D or of all: when it came, from whom, for which twin and name,\n"
          "the reason, and how the message began. The server keeps the newest 1024 in memory.",
      .operands_max = 1,
      .run = run_rejects },
    { 0 },
};
