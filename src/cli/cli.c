/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/help.h"
#include "cli/http.h"
#include "cli/interrupt.h"
#include "cli/verdict.h"

enum { WORDS_MAX = 64 };

void px_cli_cure(px_cli *cli, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(cli->cure, sizeof(cli->cure), format, args);
    va_end(args);
}

void px_cli_note(px_cli *cli, const char *format, ...)
{
    va_list args;

    if (cli->json)
        return;
    va_start(args, format);
    fputs("pollux: ", cli->err);
    vfprintf(cli->err, format, args);
    fputc('\n', cli->err);
    va_end(args);
}

void px_cli_place(px_cli *cli, const char *file, px_str text, uint32_t line, uint32_t column)
{
    cli->file_name = file;
    px_buf_clear(&cli->excerpt);
    px_put_excerpt(&cli->excerpt, text, line, column);
}

px_status px_cli_write(px_cli *cli, px_str bytes, px_err *ret_err)
{
    if (bytes.len && fwrite(bytes.ptr, 1, bytes.len, cli->out) != bytes.len)
        return px_fail(ret_err, PX_IO, "cannot write to the output: %s", strerror(errno));
    if (fflush(cli->out) != 0)
        return px_fail(ret_err, PX_IO, "cannot write to the output: %s", strerror(errno));
    return PX_OK;
}

/* ---- failing ---- */

static void report_json(const px_cli *cli, const px_err *err)
{
    px_buf line = { 0 };
    px_json_writer w = px_json_writer_of(&line);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("error"));
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("code"));
    px_json_string(&w, px_str_c(px_status_code(err->status)));
    px_json_key(&w, PX_STR("exit"));
    px_json_int(&w, px_status_exit(err->status));
    px_json_key(&w, PX_STR("message"));
    px_json_string(&w, px_str_c(err->text));
    if (cli->file_name) {
        px_json_key(&w, PX_STR("file"));
        px_json_string(&w, px_str_c(cli->file_name));
    }
    if (err->line) {
        px_json_key(&w, PX_STR("line"));
        px_json_uint(&w, err->line);
        px_json_key(&w, PX_STR("column"));
        px_json_uint(&w, err->column);
    }
    if (err->path[0]) {
        px_json_key(&w, PX_STR("path"));
        px_json_string(&w, px_str_c(err->path));
    }
    if (cli->cure[0]) {
        px_json_key(&w, PX_STR("cure"));
        px_json_string(&w, px_str_c(cli->cure));
    }
    px_json_end_object(&w);
    px_json_end_object(&w);
    if (line.status == PX_OK)
        fprintf(cli->err, "%s\n", line.ptr);
    px_buf_release(&line);
}

static void report_text(const px_cli *cli, const px_err *err)
{
    const px_term *term = &cli->term_err;
    px_buf text = { 0 };

    px_putf(&text, "%serror:%s ", px_term_begin(term, PX_RED), px_term_end(term));
    if (cli->file_name)
        px_putf(&text, "%s:", cli->file_name);
    if (cli->file_name && err->line)
        px_putf(&text, "%u:%u:", err->line, err->column);
    if (cli->file_name)
        px_put_char(&text, ' ');
    px_put_text(&text, px_str_c(err->text), 0);
    if (err->path[0])
        px_putf(&text, " (at %s)", err->path);
    px_put_char(&text, '\n');
    px_put(&text, px_buf_str(&cli->excerpt));
    if (cli->cure[0])
        px_putf(&text, "%scure:%s %s\n", px_term_begin(term, PX_GREEN), px_term_end(term),
                cli->cure);
    fputs(text.status == PX_OK ? text.ptr : err->text, cli->err);
    px_buf_release(&text);
}

static int finish(px_cli *cli, px_status status, const px_err *err)
{
    if (status != PX_OK && status != PX_INTERRUPTED)
        (cli->json ? report_json : report_text)(cli, err);
    if (cli->http)
        px_http_close(cli->http);
    px_buf_release(&cli->excerpt);
    return px_status_exit(status);
}

/* ---- finding the command ---- */

static const px_cmd *find_cmd(const px_cmd *const *groups, const char *noun, const char *verb)
{
    for (; *groups; groups++)
        for (const px_cmd *cmd = *groups; cmd->noun; cmd++) {
            if (strcmp(cmd->noun, noun) != 0)
                continue;
            if (!verb && !cmd->verb)
                return cmd;
            if (verb && cmd->verb && strcmp(cmd->verb, verb) == 0)
                return cmd;
        }
    return NULL;
}

/* `noun` NULL: the word should have been a noun, or `extra` (may be NULL), else a verb of that
 * noun. */
static px_status unknown_word(px_cli *cli, const char *noun, const char *word, const char *extra,
                              px_err *ret_err)
{
    px_str words[WORDS_MAX + 1], nearest;
    size_t count = 0;

    if (extra)
        words[count++] = px_str_c(extra);
    for (const px_cmd *const *group = cli->groups; *group; group++)
        for (const px_cmd *cmd = *group; cmd->noun && count <= WORDS_MAX; cmd++) {
            if (!noun && !cmd->verb)
                words[count++] = px_str_c(cmd->noun);
            if (noun && cmd->verb && strcmp(cmd->noun, noun) == 0)
                words[count++] = px_str_c(cmd->verb);
        }
    nearest = px_str_nearest(px_str_c(word), words, count);
    px_cli_cure(cli, "pollux %s%s--help lists what there is", noun ? noun : "", noun ? " " : "");
    if (nearest.len)
        return px_fail_id(ret_err, PX_INVALID, "cli.word",
                          "there is no command '%s%s%s'; did you mean '%s%s%.*s'?",
                          noun ? noun : "", noun ? " " : "", word, noun ? noun : "",
                          noun ? " " : "", PX_FMT(nearest));
    return px_fail_id(ret_err, PX_INVALID, "cli.word", "there is no command '%s%s%s'",
                      noun ? noun : "", noun ? " " : "", word);
}

static const char exit_codes[] = "exit-codes"; /* what `help` knows that is no command */

static px_status help_words(px_cli *cli, const char *noun, const char *verb, px_err *ret_err)
{
    px_buf text = { 0 };
    unsigned width = px_term_help_columns(cli->out);
    const px_cmd *cmd = noun ? find_cmd(cli->groups, noun, verb) : NULL;
    px_status status = PX_OK;

    if (!noun)
        px_help_top(&text, cli->groups, width);
    else if (strcmp(noun, exit_codes) == 0)
        px_help_exit_codes(&text, width);
    else if (!cmd)
        status = find_cmd(cli->groups, noun, NULL)
                     ? unknown_word(cli, noun, verb, NULL, ret_err)
                     : unknown_word(cli, NULL, noun, exit_codes, ret_err);
    else if (cmd->run)
        px_help_cmd(&text, cmd, width);
    else
        px_help_noun(&text, cli->groups, noun, width);
    if (status == PX_OK)
        status = px_buf_status(&text, ret_err);
    if (status == PX_OK)
        status = px_cli_write(cli, px_buf_str(&text), ret_err);
    px_buf_release(&text);
    return status;
}

static px_status check_operands(px_cli *cli, const px_cmd *cmd, const px_args *args,
                                px_err *ret_err)
{
    size_t count = args->operands.len;
    bool empty = false;

    for (size_t i = 0; i < count && i < cmd->operands_max; i++)
        empty |= !*args->operands.ptr[i];
    if (count >= cmd->operands_min && count <= cmd->operands_max && !empty)
        return PX_OK;
    px_cli_cure(cli, "pollux %s%s%s%s%s", cmd->noun, cmd->verb ? " " : "",
                cmd->verb ? cmd->verb : "", cmd->operands ? " " : "",
                cmd->operands ? cmd->operands : "");
    if (count < cmd->operands_min)
        return px_fail_id(ret_err, PX_INVALID, "cli.operand", "something is missing: %s",
                          cmd->operands);
    if (empty) /* a variable of the shell that was never set; it would ask for all there is */
        return px_fail_id(ret_err, PX_INVALID, "cli.operand", "an empty word stands for one of: %s",
                          cmd->operands);
    return px_fail_id(ret_err, PX_INVALID, "cli.operand", "'%s' is one word too many",
                      args->operands.ptr[cmd->operands_max]);
}

static px_status tell_version(px_cli *cli, px_args *args, int argc, const char *const *argv,
                              int *at, px_err *ret_err)
{
    PX_TRY(px_args_read(args, argc, argv, at, false, ret_err));
    cli->json = cli->json || px_args_has(args, "json");
    return px_cli_write(cli,
                        cli->json ? PX_STR("{\"version\":\"" PX_VERSION "\"}\n")
                                  : PX_STR("pollux " PX_VERSION "\n"),
                        ret_err);
}

/* Reads the words up to the command and gives it; NULL with PX_OK: help was asked for and given. */
static px_status read_command(px_cli *cli, px_args *args, int argc, const char *const *argv,
                              int *at, const px_cmd **ret_cmd, px_err *ret_err)
{
    const char *noun, *verb = NULL;
    const px_cmd *cmd;

    *ret_cmd = NULL;
    if (*at < argc && strcmp(argv[*at], "--version") == 0) {
        (*at)++;
        return tell_version(cli, args, argc, argv, at, ret_err);
    }
    PX_TRY(px_args_read(args, argc, argv, at, true, ret_err));
    cli->json = px_args_has(args, "json");
    if (*at >= argc)
        return help_words(cli, NULL, NULL, ret_err);
    noun = argv[(*at)++];
    if (strcmp(noun, "help") == 0) {
        noun = *at < argc ? argv[*at] : NULL;
        verb = *at + 1 < argc ? argv[*at + 1] : NULL;
        return help_words(cli, noun, verb, ret_err);
    }
    if (strcmp(noun, "version") == 0)
        return tell_version(cli, args, argc, argv, at, ret_err);
    cmd = find_cmd(cli->groups, noun, NULL);
    if (!cmd)
        return unknown_word(cli, NULL, noun, NULL, ret_err);
    if (!cmd->run) {
        PX_TRY(px_args_read(args, argc, argv, at, true, ret_err));
        if (*at >= argc)
            return help_words(cli, noun, NULL, ret_err);
        verb = argv[(*at)++];
        cmd = find_cmd(cli->groups, noun, verb);
        if (!cmd)
            return unknown_word(cli, noun, verb, NULL, ret_err);
    }
    args->own = cmd->opts;
    PX_TRY(px_args_read(args, argc, argv, at, false, ret_err));
    cli->json = px_args_has(args, "json");
    if (px_args_has(args, "help"))
        return help_words(cli, noun, verb, ret_err);
    *ret_cmd = cmd;
    return PX_OK;
}

static px_status run(px_cli *cli, px_args *args, int argc, const char *const *argv, px_err *ret_err)
{
    const px_cmd *cmd;
    int at = 1;

    for (int i = 1; i < argc; i++) /* so that even a bad line is answered in JSON */
        cli->json = cli->json || strcmp(argv[i], "--json") == 0;
    PX_TRY(read_command(cli, args, argc, argv, &at, &cmd, ret_err));
    if (!cmd)
        return PX_OK;
    PX_TRY(check_operands(cli, cmd, args, ret_err));
    if (!cmd->own_signals)
        px_interrupt_install();
    cli->args = args;
    return cmd->run(cli, args, ret_err);
}

int px_cli_main(int argc, const char *const *argv, const px_cmd *const *groups, void *data)
{
    px_cli cli = { .out = stdout, .err = stderr, .groups = groups, .data = data };
    px_args args = { .common = px_cli_common_opts };
    px_err err = { 0 };
    px_status status;
    int exit_status;

    cli.term_out = px_term_of(stdout);
    cli.term_err = px_term_of(stderr);
    status = run(&cli, &args, argc, argv, &err);
    exit_status = finish(&cli, status, &err);
    px_args_release(&args);
    return exit_status;
}
