/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd_verify.h"

#include "cli/out.h"
#include "server/verify_backup.h"

static void put_report(px_buf *buf, const char *path, const px_backup_report *report)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("file"));
    px_json_string(&w, px_str_c(path));
    px_json_member_uint(&w, "position", report->seq_last);
    px_json_key(&w, PX_STR("time"));
    px_json_time(&w, report->seq_last ? report->time_last : PX_TIME_NONE);
    px_json_member_uint(&w, "twins", report->twins);
    px_json_member_uint(&w, "relationships", report->relationships);
    px_json_member_uint(&w, "rows", report->fold_rows);
    px_json_member_uint(&w, "journalRows", report->journal_rows);
    px_json_member_uint(&w, "journalFrom", report->seq_first);
    px_json_end_object(&w);
}

static px_status run_verify(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *path = px_args_operand(args, 0);
    px_backup_report report;
    px_buf buf = { 0 };
    px_json *root = NULL;
    px_status status = px_verify_backup(path, &report, ret_err);
    PX_AUTO_ARENA arena = { 0 };

    if (status == PX_CORRUPT)
        px_cli_cure(cli, "restore another backup; this one cannot be trusted");
    PX_TRY(status);
    px_arena_init(&arena, 1 << 20);
    put_report(&buf, path, &report);
    status = px_buf_status(&buf, ret_err);
    if (status == PX_OK)
        status = px_json_parse(px_buf_str(&buf), NULL, &arena, &root, ret_err);
    if (status == PX_OK)
        status = px_out_done(cli, root, ret_err,
                             "%s is whole: %llu twins and %llu relationships, everything up to "
                             "position %llu",
                             path, (unsigned long long)report.twins,
                             (unsigned long long)report.relationships,
                             (unsigned long long)report.seq_last);
    px_buf_release(&buf);
    return status;
}

const px_cmd px_cmd_verify[] = {
    { .noun = "backup",
      .verb = "verify",
      .summary = "read a backup whole and play a start on it, without a server",
      .operands = "FILE",
      .examples = "pollux backup verify ./data/backups/monday.db",
      .notes = "Every page and row is checked; the file is not written. What is damaged is named,\n"
               "and the exit code is 9.",
      .operands_min = 1,
      .operands_max = 1,
      .is_local = true,
      .run = run_verify },
    { 0 },
};
