/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/wrap.h"

const px_opt px_cli_common_opts[] = {
    { "json", 0, NULL, "print JSON, and nothing but JSON, on stdout" },
    { "server", 0, "URL", "the server (POLLUX_URL; else " PX_CLI_SERVER_DEFAULT ")" },
    { "token", 0, "T", "who is asking (POLLUX_TOKEN)" },
    { "data", 0, "DIR", "take the token from DIR/admin.token" },
    { "ca", 0, "FILE", "certificates to trust, PEM" },
    { "help", 'h', NULL, "show this" },
    { NULL, 0, NULL, NULL },
};

enum {
    HELP_COLUMN = 26,
    NARROW_COLUMNS = 60, /* below, the second column stands under the first */
    NARROW_INDENT = 6,
};

static void put_examples(px_buf *buf, const char *text, unsigned width)
{
    px_str rest = px_str_c(text);

    while (rest.len)
        px_put_wrapped_command(buf, px_str_cut(&rest, '\n'), width);
}

static void put_row(px_buf *buf, const char *left, const char *right, unsigned width)
{
    unsigned used = 2 + px_text_columns(px_str_c(left));
    bool narrow = width > 0 && width < NARROW_COLUMNS;
    unsigned indent = narrow ? NARROW_INDENT : HELP_COLUMN;

    px_put_c(buf, "  ");
    if (used < HELP_COLUMN && !narrow) {
        px_putf(buf, "%s%*s", left, (int)(HELP_COLUMN - used), "");
    } else {
        px_put_wrapped(buf, px_str_c(left), 2, NARROW_INDENT, width);
        px_putf(buf, "%*s", (int)indent, "");
    }
    px_put_wrapped(buf, px_str_c(right), indent, indent, width);
}

/* "pollux NOUN VERB - what it does", and a free line. */
static void put_title(px_buf *buf, const px_cmd *cmd, unsigned width)
{
    px_buf line = { 0 };

    px_putf(&line, "pollux %s%s%s - %s", cmd->noun, cmd->verb ? " " : "",
            cmd->verb ? cmd->verb : "", cmd->summary);
    px_put_wrapped(buf, px_buf_str(&line), 0, 2, width);
    px_put_char(buf, '\n');
    px_buf_release(&line);
}

static bool is_in(const px_opt *opts, const char *name)
{
    for (; opts && opts->name; opts++)
        if (strcmp(opts->name, name) == 0)
            return true;
    return false;
}

/* The common options that say something to a command which asks no server. */
static const px_opt local_opts[] = {
    { "json", 0, NULL, "print JSON, and nothing but JSON, on stdout" },
    { "help", 'h', NULL, "show this" },
    { NULL, 0, NULL, NULL },
};

/* `own` may be NULL: options of the command that stand in for common ones of the same name. */
static void put_opts(px_buf *buf, const px_opt *opts, const px_opt *own, unsigned width)
{
    for (; opts && opts->name; opts++) {
        char left[96];

        if (is_in(own, opts->name))
            continue;

        snprintf(left, sizeof(left), "--%s%s%s", opts->name, opts->value ? " " : "",
                 opts->value ? opts->value : "");
        if (opts->letter)
            snprintf(left + strlen(left), sizeof(left) - strlen(left), ", -%c", opts->letter);
        put_row(buf, left, opts->help, width);
    }
}

void px_help_top(px_buf *buf, const px_cmd *const *groups, unsigned width)
{
    px_put_wrapped(buf, PX_STR("pollux - a digital-twin server and its client"), 0, 2, width);
    px_put_char(buf, '\n');
    put_examples(buf,
                 "pollux demo manufacturing\n"
                 "pollux serve --data ./data\n"
                 "pollux twin list --data ./data\n"
                 "pollux twin show pump-1\n"
                 "pollux watch pump-1",
                 width);
    px_put_c(buf, "\ncommands\n");
    for (; *groups; groups++)
        for (const px_cmd *cmd = *groups; cmd->noun; cmd++)
            if (!cmd->verb)
                put_row(buf, cmd->noun, cmd->summary, width);
    put_row(buf, "version", "print the version, as --version does", width);
    put_row(buf, "help", "help on a command; `pollux help exit-codes` lists exit codes", width);
    px_put_c(buf, "\noptions of every command\n");
    put_opts(buf, px_cli_common_opts, NULL, width);
    px_put_char(buf, '\n');
    px_put_wrapped(buf,
                   PX_STR("`pollux COMMAND --help` says more. Data goes to stdout, progress to "
                          "stderr."),
                   0, 0, width);
}

void px_help_noun(px_buf *buf, const px_cmd *const *groups, const char *noun, unsigned width)
{
    px_buf last = { 0 };

    for (; *groups; groups++)
        for (const px_cmd *cmd = *groups; cmd->noun; cmd++) {
            char left[128];

            if (strcmp(cmd->noun, noun) != 0)
                continue;
            if (!cmd->verb) {
                put_title(buf, cmd, width);
                if (cmd->examples)
                    put_examples(buf, cmd->examples, width);
                px_put_c(buf, "\nverbs\n");
                continue;
            }
            snprintf(left, sizeof(left), "%s%s%s", cmd->verb, cmd->operands ? " " : "",
                     cmd->operands ? cmd->operands : "");
            put_row(buf, left, cmd->summary, width);
        }
    px_putf(&last, "`pollux %s VERB --help` says more.", noun);
    px_put_char(buf, '\n');
    px_put_wrapped(buf, px_buf_str(&last), 0, 0, width);
    px_buf_release(&last);
}

static void put_usage(px_buf *buf, const px_cmd *cmd, unsigned width)
{
    px_buf line = { 0 };

    px_putf(&line, "pollux %s%s%s%s%s [options]", cmd->noun, cmd->verb ? " " : "",
            cmd->verb ? cmd->verb : "", cmd->operands ? " " : "",
            cmd->operands ? cmd->operands : "");
    px_put_c(buf, "usage\n  ");
    px_put_wrapped(buf, px_buf_str(&line), 2, NARROW_INDENT, width);
    px_buf_release(&line);
}

void px_help_cmd(px_buf *buf, const px_cmd *cmd, unsigned width)
{
    put_title(buf, cmd, width);
    if (cmd->examples) {
        put_examples(buf, cmd->examples, width);
        px_put_char(buf, '\n');
    }
    put_usage(buf, cmd, width);
    if (cmd->opts) {
        px_put_c(buf, "\noptions\n");
        put_opts(buf, cmd->opts, NULL, width);
    }
    px_put_c(buf, "\noptions of every command\n");
    put_opts(buf, cmd->is_local ? local_opts : px_cli_common_opts, cmd->opts, width);
    if (cmd->notes) {
        px_put_char(buf, '\n');
        px_put_wrapped_notes(buf, px_str_c(cmd->notes), width);
    }
}

void px_help_exit_codes(px_buf *buf, unsigned width)
{
    enum { CODE_COLUMNS = 7, NAME_COLUMNS = 22 };
    unsigned indent = width > 0 && width < NARROW_COLUMNS ? CODE_COLUMNS : NAME_COLUMNS;

    px_put_c(buf, "exit codes of every pollux command\n\n");
    for (int code = 0; code <= 130; code++)
        for (int s = 0; s < PX_STATUS_COUNT; s++) {
            if (px_status_exit((px_status)s) != code)
                continue;
            px_putf(buf, "  %3d  %-14s ", code, px_status_code((px_status)s));
            px_put_wrapped(buf, px_str_c(px_status_meaning((px_status)s)), NAME_COLUMNS, indent,
                           width);
        }
}
