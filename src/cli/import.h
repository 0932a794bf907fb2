/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A bulk file on its way to a server: chunks of lines, what was refused of them, where it stands.
 *
 * Lines go in calls of one section, each acknowledged when it is durable; the position moves behind
 * what was. A call that was lost is sent again, which changes nothing that it did. Threads: one.
 */
#ifndef PX_CLI_IMPORT_H
#define PX_CLI_IMPORT_H

#include "bulk/order.h"
#include "bulk/reader.h"
#include "cli/cli.h"
#include "cli/position.h"
#include "cli/progress.h"

typedef struct px_import {
    px_cli *cli;
    const char *file;
    FILE *errors;          /* gets every refusal as a line of JSON; NULL: none */
    px_position *position; /* NULL: standard input keeps none */
    uint64_t size;         /* of the file; 0: unknown */
    px_progress progress;

    px_bulk_reader reader;
    px_bulk_order order; /* the models, until their section ends */
    px_bulk_section section;
    uint64_t number, end;     /* of the line added last */
    px_buf body;              /* of the next call */
    PX_VEC(uint64_t) numbers; /* of its lines */

    uint64_t taken[PX_BULK_SECTIONS], refused, shown;
} px_import;

PX_NODISCARD px_status px_import_run(px_import *import, FILE *stream, px_err *ret_err);

/* Sends what is gathered and moves the position. */
PX_NODISCARD px_status px_import_flush(px_import *import, px_err *ret_err);
/* A line that was not taken. */
void px_import_refuse(px_import *import, uint64_t number, const px_err *err);

#endif
