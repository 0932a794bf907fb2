/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

const px_opt px_cli_common_opts[] = {
    { "json", 0, NULL, "print JSON, and nothing but JSON, on stdout" },
    { "server", 0, "URL", "the server (POLLUX_URL; else " PX_CLI_SERVER_DEFAULT ")" },
    { "token", 0, "T", "who is asking (POLLUX_TOKEN)" },
    { "data", 0, "DIR", "take the token from DIR/admin.token" },
    { "ca", 0, "FILE", "certificates to trust, PEM" },
    { "help", 'h', NULL, "show this" },
    { NULL, 0, NULL, NULL },
};

enum { HELP_COLUMN = 26 };

/* Every line of `text`, two blanks in. */
static void put_indented(px_buf *buf, const char *text)
{
    px_str rest = px_str_c(text);

    while (rest.len) {
        px_str line = px_str_cut(&rest, '\n');

        px_putf(buf, "%s%.*s\n", line.len ? "  " : "", PX_FMT(line));
    }
}

static void put_row(px_buf *buf, const char *left, const char *right)
{
    unsigned used = 2 + px_text_columns(px_str_c(left));

    if (used < HELP_COLUMN)
        px_putf(buf, "  %s%*s%s\n", left, (int)(HELP_COLUMN - used), "", right);
    else
        px_putf(buf, "  %s\n%*s%s\n", left, HELP_COLUMN, "", right);
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
static void put_opts(px_buf *buf, const px_opt *opts, const px_opt *own)
{
    for (; opts && opts->name; opts++) {
        char left[96];

        if (is_in(own, opts->name))
            continue;

        snprintf(left, sizeof(left), "--%s%s%s", opts->name, opts->value ? " " : "",
                 opts->value ? opts->value : "");
        if (opts->letter)
            snprintf(left + strlen(left), sizeof(left) - strlen(left), ", -%c", opts->letter);
        put_row(buf, left, opts->help);
    }
}

void px_help_top(px_buf *buf, const px_cmd *const *groups)
{
    px_put_c(buf, "pollux - a digital-twin server and its client\n\n");
    put_indented(buf, "pollux demo manufacturing\n"
                      "pollux serve --data ./data\n"
                      "pollux twin list --data ./data\n"
                      "pollux twin show pump-1\n"
                      "pollux watch pump-1");
    px_put_c(buf, "\ncommands\n");
    for (; *groups; groups++)
        for (const px_cmd *cmd = *groups; cmd->noun; cmd++)
            if (!cmd->verb)
                put_row(buf, cmd->noun, cmd->summary);
    put_row(buf, "version", "print the version, as --version does");
    put_row(buf, "help", "help on a command; `pollux help exit-codes` lists exit codes");
    px_put_c(buf, "\noptions of every command\n");
    put_opts(buf, px_cli_common_opts, NULL);
    px_put_c(buf,
             "\n`pollux COMMAND --help` says more. Data goes to stdout, progress to stderr.\n");
}

void px_help_noun(px_buf *buf, const px_cmd *const *groups, const char *noun)
{
    for (; *groups; groups++)
        for (const px_cmd *cmd = *groups; cmd->noun; cmd++) {
            char left[128];

            if (strcmp(cmd->noun, noun) != 0)
                continue;
            if (!cmd->verb) {
                px_putf(buf, "pollux %s - %s\n\n", noun, cmd->summary);
                if (cmd->examples)
                    put_indented(buf, cmd->examples);
                px_put_c(buf, "\nverbs\n");
                continue;
            }
            snprintf(left, sizeof(left), "%s%s%s", cmd->verb, cmd->operands ? " " : "",
                     cmd->operands ? cmd->operands : "");
            put_row(buf, left, cmd->summary);
        }
    px_putf(buf, "\n`pollux %s VERB --help` says more.\n", noun);
}

void px_help_cmd(px_buf *buf, const px_cmd *cmd)
{
    px_putf(buf, "pollux %s%s%s - %s\n\n", cmd->noun, cmd->verb ? " " : "",
            cmd->verb ? cmd->verb : "", cmd->summary);
    if (cmd->examples) {
        put_indented(buf, cmd->examples);
        px_put_char(buf, '\n');
    }
    px_putf(buf, "usage\n  pollux %s%s%s%s%s [options]\n", cmd->noun, cmd->verb ? " " : "",
            cmd->verb ? cmd->verb : "", cmd->operands ? " " : "",
            cmd->operands ? cmd->operands : "");
    if (cmd->opts) {
        px_put_c(buf, "\noptions\n");
        put_opts(buf, cmd->opts, NULL);
    }
    px_put_c(buf, "\noptions of every command\n");
    put_opts(buf, cmd->is_local ? local_opts : px_cli_common_opts, cmd->opts);
    if (cmd->notes) {
        px_put_char(buf, '\n');
        px_put_c(buf, cmd->notes);
        px_put_char(buf, '\n');
    }
}

void px_help_exit_codes(px_buf *buf)
{
    px_put_c(buf, "exit codes of every pollux command\n\n");
    for (int code = 0; code <= 130; code++)
        for (int s = 0; s < PX_STATUS_COUNT; s++)
            if (px_status_exit((px_status)s) == code)
                px_putf(buf, "  %3d  %-14s %s\n", code, px_status_code((px_status)s),
                        px_status_meaning((px_status)s));
}
