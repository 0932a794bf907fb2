/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux model migrate --undo`: the file that a migration wrote, applied in one batch. */
#include "cli/cmds.h"
#include "cli/migrate_send.h"
#include "cli/out.h"
#include "cli/undo.h"

enum { ARENA_BYTES = 256 << 20 };

static px_status check_done(px_cli *cli, const px_undo_file *file, bool force, px_err *ret_err)
{
    if (file->is_done || force)
        return PX_OK;
    px_cli_cure(cli, "look at the twins; when they have moved, --force goes back");
    return px_fail_id(ret_err, PX_CONFLICT, "migrate.planned",
                      "the migration that wrote this file was interrupted: it may not have been "
                      "done");
}

px_status px_cmd_migrate_back(px_cli *cli, const char *path, const px_args *args, px_err *ret_err)
{
    bool dry = px_args_has(args, "dry-run"), force = px_args_has(args, "force");
    px_json *answer = NULL;
    px_undo_file file;
    px_buf changes = { 0 };
    uint64_t gone = 0;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    PX_TRY(px_undo_read(path, &arena, &file, ret_err));
    PX_TRY(check_done(cli, &file, force, ret_err));
    status = px_put_undo_changes(&changes, cli, &file, force, &gone, ret_err);
    if (status == PX_OK)
        status = px_send_changes(cli, px_buf_str(&changes), dry,
                                 "--force goes back all the same, and overwrites what was changed",
                                 &arena, &answer, ret_err);
    px_buf_release(&changes);
    PX_TRY(status);
    if (gone)
        px_cli_note(cli, "%llu changes were of twins that are gone", (unsigned long long)gone);
    return px_out_done(cli, answer, ret_err,
                       dry ? "a dry run: the way back to %.*s is open, nothing was changed"
                           : "the twins are twins of %.*s again",
                       PX_FMT(file.from));
}
