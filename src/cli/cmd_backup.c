/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux backup`: copies of the server's file, made while it serves. `verify`, which reads one
 * without a server, is the program's own. */
#include "cli/cmds.h"
#include "cli/interrupt.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/thing_call.h"

enum { ARENA_BYTES = 1 << 20, LOOK_MS = 100 };

/* `after` is what follows the name in the path. */
static px_status ask(px_cli *cli, const char *method, px_str name, const char *after,
                     px_arena *arena, px_json **ret_root, px_err *ret_err)
{
    px_http_call call = { .method = method };
    px_buf path = { 0 };
    px_status status;

    px_put_c(&path, "/api/v1/backups/");
    px_put_url_part(&path, name);
    px_put_c(&path, after);
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&path);
    return status;
}

/* ---- create ---- */

static bool is_running(const px_json *root)
{
    px_str status = px_json_get_text(root, PX_STR("status"));

    return px_str_eq(status, PX_STR("copying")) || px_str_eq(status, PX_STR("ending"));
}

static px_status begin(px_cli *cli, const char *name, px_arena *arena, px_json **ret_root,
                       px_err *ret_err)
{
    px_http_call call = { .method = "POST", .path = "/api/v1/backups", .body = PX_STR("{}") };
    px_buf body = { 0 };
    px_status status = PX_OK;

    if (name) {
        px_put_c(&body, "{\"name\":");
        px_put_json_string(&body, px_str_c(name));
        px_put_char(&body, '}');
        status = px_buf_status(&body, ret_err);
        call.body = px_buf_str(&body);
    }
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&body);
    return status;
}

/* Looks until it has ended; Ctrl-C gives it up. */
static px_status follow(px_cli *cli, px_str name, px_arena *arena, px_json **root, px_err *ret_err)
{
    px_progress progress =
        px_progress_of(cli->err, "pages", px_json_get_uint(*root, PX_STR("pages")));
    px_status status = PX_OK;

    while (status == PX_OK && is_running(*root)) {
        uint64_t copied;

        progress.total = px_json_get_uint(*root, PX_STR("pages"));
        copied = progress.total - px_json_get_uint(*root, PX_STR("pagesLeft"));
        px_progress_show(&progress, copied, copied, NULL);
        status = px_interrupt_sleep_ms(LOOK_MS, ret_err);
        if (status != PX_OK) {
            (void)!ask(cli, "POST", name, "/cancel", arena, NULL, NULL);
            break;
        }
        status = ask(cli, "GET", name, "", arena, root, ret_err);
    }
    px_progress_clear(&progress);
    return status;
}

static px_status status_of(px_str code)
{
    for (int s = PX_OK + 1; s < PX_STATUS_COUNT; s++)
        if (px_str_eq(code, px_str_c(px_status_code((px_status)s))))
            return (px_status)s;
    return PX_IO;
}

static px_status tell(px_cli *cli, const px_json *root, px_err *ret_err)
{
    px_str status = px_json_get_text(root, PX_STR("status"));
    px_str error = px_json_get_text(root, PX_STR("error"));
    px_str name = px_json_get_text(root, PX_STR("name"));
    px_str path = px_json_get_text(root, PX_STR("path"));

    if (px_str_eq(status, PX_STR("failed")))
        return px_fail(ret_err, status_of(px_json_get_text(root, PX_STR("code"))), "%.*s",
                       PX_FMT(error));
    if (!px_str_eq(status, PX_STR("done")))
        return px_fail(ret_err, PX_CONFLICT, "the backup '%.*s' was cancelled", PX_FMT(name));
    return px_out_done(
        cli, root, ret_err, "backup %.*s: %llu bytes, everything up to position %llu, at %.*s",
        PX_FMT(name), (unsigned long long)px_json_get_uint(root, PX_STR("bytes")),
        (unsigned long long)px_json_get_uint(root, PX_STR("position")), PX_FMT(path));
}

static px_status run_create(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_json *root = NULL;
    px_str name;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    PX_TRY(begin(cli, px_args_operand(args, 0), &arena, &root, ret_err));
    name = px_json_get_text(root, PX_STR("name"));
    PX_TRY(follow(cli, name, &arena, &root, ret_err));
    return tell(cli, root, ret_err);
}

/* ---- list, cancel, delete ---- */

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = {
        { "name", "name", false }, { "status", "status", false }, { "bytes", "bytes", true },
        { "made", "made", false }, { "path", "path", false },     { 0 }
    };

    (void)args;
    return px_out_list(cli, "/api/v1/backups", columns, ret_err);
}

static px_status run_cancel(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *name = px_args_operand(args, 0);
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    status = ask(cli, "POST", px_str_c(name), "/cancel", &arena, NULL, ret_err);
    PX_TRY(px_no_such(cli, PX_THING_BACKUP, name, status, ret_err));
    return px_out_done(cli, NULL, ret_err, "cancelled %s", name);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_delete(cli, PX_THING_BACKUP, "deleted", args, ret_err);
}

const px_cmd px_cmd_backup[] = {
    { .noun = "backup",
      .summary = "copies of all that the server keeps, made while it serves",
      .examples = "pollux backup create\n"
                  "pollux backup list\n"
                  "pollux backup verify ./data/backups/monday.db" },
    { .noun = "backup",
      .verb = "create",
      .summary = "make a backup, and wait until it is durable",
      .operands = "[NAME]",
      .examples = "pollux backup create\npollux backup create monday",
      .notes = "It is NAME.db in the server's folder of backups: DIR/backups, or the setting\n"
               "backup_folder. Everything acknowledged up to the position that is told is in it.\n"
               "Without NAME the time names it. Ctrl-C gives it up. To restore one: stop the\n"
               "server, put the file into an empty data directory as pollux.db, start it there.",
      .operands_max = 1,
      .run = run_create },
    { .noun = "backup",
      .verb = "list",
      .summary = "list all backups, and the one under way",
      .examples = "pollux backup list",
      .run = run_list },
    { .noun = "backup",
      .verb = "cancel",
      .summary = "give up a backup that is under way",
      .operands = "NAME",
      .examples = "pollux backup cancel monday",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_cancel },
    { .noun = "backup",
      .verb = "delete",
      .summary = "delete a backup",
      .operands = "NAME",
      .examples = "pollux backup delete monday",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { 0 },
};
