/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A model made from a recorded file: one element a column, its schema from what the cells hold.
 *
 * The schema is what `pollux replay` will send: long for whole numbers, double for other numbers,
 * string for text. Threads: one.
 */
#ifndef PX_CLI_SUGGEST_H
#define PX_CLI_SUGGEST_H

#include "cli/rows.h"

typedef struct px_suggest_opts {
    const char *dtmi;
    bool telemetry; /* Telemetry instead of Property */
} px_suggest_opts;

typedef struct px_suggestion {
    px_buf json;       /* the Interface, laid out for a person; owned by the caller */
    uint64_t rows;     /* looked at */
    const px_str *odd; /* columns that hold both numbers and text, in the map's arena */
    size_t odd_count;
} px_suggestion;

/* What --id says has to be a DTMI that a model may have; NULL is fine. Errors: PX_INVALID. */
PX_NODISCARD px_status px_suggest_check_id(const char *dtmi, px_err *ret_err);

/* Reads all rows that are left. Bad rows are passed over. Errors: of reading. */
PX_NODISCARD px_status px_suggest_model(px_rows *rows, const px_suggest_opts *opts,
                                        px_suggestion *ret_suggestion, px_err *ret_err);

#endif
