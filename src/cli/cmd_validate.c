/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pollux model validate`: by the same room that the server reads models with, and without one, or
 * with --stored beside the models that one has.
 *
 * The paths together are one set, whose Interfaces may refer to each other. With --each every line
 * of a file is a set of its own and gets a verdict of its own; a line that is wrong is no failure
 * of the command.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "cli/cmds.h"
#include "cli/out.h"
#include "cli/stored.h"
#include "cli/texts.h"
#include "cli/verdict.h"
#include "expr/guard.h"

enum { ARENA_BYTES = 256 << 20, MODELS_MAX = 100000, FLUSH_BYTES = 1 << 16 };

const px_opt px_cmd_validate_options[] = {
    { "each", 0, "FILE", "a set of models a line (NDJSON; - is standard input), a verdict a line" },
    { "extensions", 0, "HOW", "contexts that are not known: allow or refuse (by DTDL version)" },
    { "dtdl", 0, "VERSION", "the latest version of DTDL to take: 2, 3 or 4 (4)" },
    { "upload", 0, NULL, "also what only the server refuses, such as Interfaces inside others" },
    { "stored", 0, NULL,
      "as an upload would be judged now: beside the models that the server has" },
    { 0 },
};

static px_status read_options(const px_args *args, px_models_opts *ret_opts, px_err *ret_err)
{
    const char *how = px_args_get(args, "extensions");
    bool upload = px_args_has(args, "upload") || px_args_has(args, "stored");
    uint64_t version = 0;

    PX_TRY(px_args_count(args, "dtdl", 2, 4, &version, ret_err));
    *ret_opts = (px_models_opts){ .nested_interfaces = !upload,
                                  .dtdl_version_max = (uint32_t)version,
                                  .models_max = upload ? 0 : MODELS_MAX,
                                  .check_guard = px_guard_check };
    if (!how)
        return PX_OK;
    if (strcmp(how, "allow") == 0)
        ret_opts->unknown_extensions = PX_EXTENSIONS_ALLOW;
    else if (strcmp(how, "refuse") == 0)
        ret_opts->unknown_extensions = PX_EXTENSIONS_DISALLOW;
    else
        return px_fail_id(ret_err, PX_INVALID, "cli.extensions",
                          "--extensions is '%s' and should be allow or refuse", how);
    return PX_OK;
}

/* What an upload would be refused for although nothing is wrong with it. */
static px_status add_known(const px_model_file *text, uint32_t source,
                           const px_model_source *stored, px_model_report *report, px_err *ret_err)
{
    px_json *root;
    px_err err;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    PX_TRY(px_json_parse(text->json, NULL, &arena, &root, ret_err));
    for (const px_json *m = px_json_is(root, PX_JSON_ARRAY) ? root->first : root; m; m = m->next) {
        const px_json *id = px_json_get(m, PX_STR("@id"));

        if (!px_json_is(id, PX_JSON_STRING) || !stored->find(stored->data, id->text))
            continue;
        (void)px_json_fail(id, &err, PX_CONFLICT, "model.exists",
                           "%.*s is on the server already; use a new version, or delete the model "
                           "first",
                           PX_FMT(id->text));
        px_model_report_add(report, &err, source);
    }
    return PX_OK;
}

static px_status add_all_known(const px_model_file *texts, size_t count,
                               const px_model_source *stored, px_model_report *report,
                               px_err *ret_err)
{
    if (!stored->find)
        return PX_OK;
    for (size_t i = 0; i < count; i++)
        PX_TRY(add_known(&texts[i], (uint32_t)i, stored, report, ret_err));
    return px_stored_status(stored->data, report->count ? PX_INVALID : PX_OK, ret_err);
}

/* A verdict on texts; a status other than PX_OK and PX_INVALID is none. What went wrong before any
 * rule could be asked, such as the size of a text, stands in the report as well. */
static px_status judge(const px_model_file *texts, size_t count, const px_models_opts *opts,
                       size_t *ret_models, px_model_report *report, px_err *ret_err)
{
    px_model_set set = { 0 };
    px_status status;
    px_err err = { 0 };

    status = px_models_parse_texts(texts, count, opts, &set, report, &err);
    *ret_models = set.count;
    px_model_set_release(&set);
    if (opts->stored.find)
        PX_TRY(px_stored_status(opts->stored.data, PX_OK, ret_err));
    if (status == PX_OK)
        return add_all_known(texts, count, &opts->stored, report, ret_err);
    if (status == PX_INVALID && report->count > 0)
        return status;
    if (status == PX_NO_MEMORY) {
        *ret_err = err;
        return status;
    }
    px_model_report_release(report);
    px_model_report_add(report, &err, 0);
    return report->count ? PX_INVALID : px_no_memory(ret_err);
}

/* ---- one set ---- */

static px_status tell(px_cli *cli, const px_texts *texts, size_t models, px_status verdict,
                      const px_model_report *report, px_err *ret_err)
{
    px_buf text = { 0 };
    px_status status;

    if (cli->json) {
        px_put_verdict(&text, verdict == PX_OK, report, texts->list.ptr);
        px_put_char(&text, '\n');
    } else if (verdict == PX_OK) {
        px_putf(&text, "%zu Interface%s in %zu file%s: valid\n", models, models == 1 ? "" : "s",
                texts->list.len, texts->list.len == 1 ? "" : "s");
    } else {
        px_put_complaints(&text, report, texts->list.ptr);
    }
    status = px_out_text(cli, PX_OK, &text, ret_err);
    if (status != PX_OK || verdict == PX_OK)
        return status;
    return px_fail_id(ret_err, PX_INVALID, "model.invalid", "%zu%s error%s in the models",
                      report->count, report->truncated ? " and more" : "",
                      report->count == 1 ? "" : "s");
}

static px_status validate_paths(px_cli *cli, const px_args *args, const px_models_opts *opts,
                                px_err *ret_err)
{
    px_model_report report = { 0 };
    px_status status = PX_OK;
    size_t models = 0;
    px_texts texts;
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES);
    px_texts_init(&texts, &arena);
    for (size_t i = 0; i < args->operands.len && status == PX_OK; i++)
        status = px_texts_add(&texts, args->operands.ptr[i], ret_err);
    if (status == PX_OK) {
        status = judge(texts.list.ptr, texts.list.len, opts, &models, &report, ret_err);
        if (status == PX_OK || status == PX_INVALID)
            status = tell(cli, &texts, models, status, &report, ret_err);
    }
    px_model_report_release(&report);
    px_texts_release(&texts);
    px_arena_release(&arena);
    return status;
}

/* ---- a set a line ---- */

static px_status judge_line(px_str line, const px_models_opts *opts, px_buf *out, px_err *ret_err)
{
    px_model_file text = { .json = line };
    px_model_report report = { 0 };
    size_t models;
    px_status status = judge(&text, 1, opts, &models, &report, ret_err);

    if (status == PX_OK || status == PX_INVALID) {
        px_put_verdict(out, status == PX_OK, &report, &text);
        px_put_char(out, '\n');
        status = px_buf_status(out, ret_err);
    }
    px_model_report_release(&report);
    return status;
}

static px_status flush(px_cli *cli, px_buf *out, px_err *ret_err)
{
    px_status status = px_cli_write(cli, px_buf_str(out), ret_err);

    px_buf_clear(out);
    return status;
}

static px_status judge_lines(px_cli *cli, FILE *file, const px_models_opts *opts, px_err *ret_err)
{
    px_buf out = { 0 };
    px_status status = PX_OK;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    while (status == PX_OK && (len = getline(&line, &cap, file)) >= 0) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        if (len == 0)
            continue;
        status = judge_line(px_str_of(line, (size_t)len), opts, &out, ret_err);
        if (status == PX_OK && (out.len >= FLUSH_BYTES || cli->term_out.is_terminal))
            status = flush(cli, &out, ret_err);
    }
    free(line);
    if (status == PX_OK && ferror(file))
        status = px_fail(ret_err, PX_IO, "cannot read the models: %s", strerror(errno));
    if (status == PX_OK)
        status = flush(cli, &out, ret_err);
    px_buf_release(&out);
    return status;
}

static px_status validate_each(px_cli *cli, const char *path, const px_models_opts *opts,
                               px_err *ret_err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rbe");
    px_status status;

    if (!file)
        return px_fail(ret_err, errno == ENOENT ? PX_NOT_FOUND : PX_IO, "cannot read '%s': %s",
                       path, strerror(errno));
    status = judge_lines(cli, file, opts, ret_err);
    if (!is_stdin)
        fclose(file);
    return status;
}

px_status px_cmd_validate_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *each = px_args_get(args, "each");
    px_models_opts opts;
    px_stored stored;
    px_status status;

    PX_TRY(read_options(args, &opts, ret_err));
    if (!each == !args->operands.len)
        return px_fail_id(ret_err, PX_INVALID, "cli.validate",
                          "say what to validate: files and folders, or --each FILE");
    px_stored_init(&stored, cli);
    if (px_args_has(args, "stored"))
        opts.stored = px_stored_source(&stored);
    status =
        each ? validate_each(cli, each, &opts, ret_err) : validate_paths(cli, args, &opts, ret_err);
    px_stored_release(&stored);
    return status;
}
