/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The frame of every `pollux` command: nouns and verbs in tables, one dispatcher, one way to fail.
 *
 * Data goes to stdout, all else to stderr. The exit status is px_status_exit of what the command
 * gave back. Threads: one.
 */
#ifndef PX_CLI_CLI_H
#define PX_CLI_CLI_H

#include <stdio.h>

#include "cli/opts.h"
#include "cli/term.h"

#define PX_CLI_SERVER_DEFAULT "http://127.0.0.1:7780"

typedef struct px_cli px_cli;
typedef struct px_http px_http;

typedef px_status px_cmd_run(px_cli *cli, const px_args *args, px_err *ret_err);

/* A row without `run` describes its noun; rows of one noun stand together. Strings are static. */
typedef struct px_cmd {
    const char *noun;
    const char *verb;     /* NULL: the noun is the whole command */
    const char *summary;  /* one line, no full stop */
    const char *operands; /* "ID [FILE…]"; NULL: none */
    const char *examples; /* lines, first thing of the help */
    const char *notes;    /* what else one must know; NULL: nothing */
    const px_opt *opts;   /* NULL: only the common ones */
    unsigned operands_min, operands_max;
    bool own_signals; /* answers SIGINT itself */
    bool is_local;    /* asks no server: the options that name one are not shown */
    px_cmd_run *run;
} px_cmd;

struct px_cli {
    FILE *out, *err;
    px_term term_out, term_err;
    bool json;
    const px_cmd *const *groups; /* NULL-terminated tables, each ended by a row without noun */
    const px_args *args;         /* of the running command */
    px_http *http;               /* opened on first use */
    void *data;                  /* of whoever called px_cli_main */

    /* what the failure report adds to the error, if the command knows */
    char cure[256];        /* one line that begins with a verb */
    px_buf excerpt;        /* the offending line and a caret below it */
    const char *file_name; /* static or argv; NULL: none */
};

/* The client commands of this room, NULL-terminated. */
const px_cmd *const *px_cli_groups(void);

/**
 * Runs one command line and gives the exit status of the process.
 *
 * @param groups  tables of commands, borrowed; NULL-terminated
 * @param data    handed to the commands in `cli->data`
 */
int px_cli_main(int argc, const char *const *argv, const px_cmd *const *groups, void *data);

/* The cure that is printed below the error, should the command fail. */
void px_cli_cure(px_cli *cli, const char *format, ...) PX_PRINTF(2, 3);

/* The failure lies in `file` (borrowed until the end): shows its line and a caret at the column. */
void px_cli_place(px_cli *cli, const char *file, px_str text, uint32_t line, uint32_t column);

/* One sentence on stderr that is no failure; nothing with --json. */
void px_cli_note(px_cli *cli, const char *format, ...) PX_PRINTF(2, 3);

/* Writes bytes to stdout. PX_IO when it is closed or full: a pipe that ended is a quiet end. */
PX_NODISCARD px_status px_cli_write(px_cli *cli, px_str bytes, px_err *ret_err);

#endif
