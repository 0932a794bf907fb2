/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One CSV cell as a JSON value, digit for digit.
 *
 * A cell that is a JSON number goes as it stands; `.5`, `5.`, `+5` and `5.e3` become the same
 * number in JSON's spelling; numbers with leading zeros (part numbers, postcodes) and all else are
 * text. Blanks around a number do not count. An empty cell is absent. Threads: any.
 */
#ifndef PX_BASE_CELL_H
#define PX_BASE_CELL_H

#include "base/buf.h"

typedef enum px_cell_kind {
    PX_CELL_AUTO,    /* number or text, by its look */
    PX_CELL_NUMBER,  /* anything but a number is a fault */
    PX_CELL_TEXT,    /* always text */
    PX_CELL_BOOLEAN, /* true false yes no on off 1 0, any case, and 1.0 0.0 */
} px_cell_kind;

/* "number", "text", "boolean", "auto"; false when it is none of them. */
bool px_cell_kind_of(px_str name, px_cell_kind *ret_kind);

/* The number in JSON's spelling; false, and nothing put, when the text is no number. */
bool px_put_json_number(px_buf *buf, px_str text);

/* Puts the value; nothing when the cell is empty (`ret_absent`). Errors: PX_INVALID. */
PX_NODISCARD px_status px_put_cell(px_buf *buf, px_str cell, px_cell_kind kind, bool *ret_absent,
                                   px_err *ret_err);

#endif
