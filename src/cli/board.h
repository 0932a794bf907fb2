/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The live table of `pollux watch`: one line a property, redrawn in place.
 *
 * Rows stand in the order of twin and property. What does not fit the terminal's height is counted
 * in the last line. Threads: one.
 */
#ifndef PX_CLI_BOARD_H
#define PX_CLI_BOARD_H

#include "base/vec.h"
#include "cli/term.h"

typedef struct px_board_row {
    char *twin, *path, *value; /* owned */
    char *unit;                /* owned; NULL: not known, or none */
    int64_t changed_ns;        /* monotonic; 0: not since the watch began */
    uint64_t changes;
} px_board_row;

typedef struct px_board {
    PX_VEC(px_board_row) rows;
    unsigned drawn; /* lines on the terminal */
} px_board;

void px_board_release(px_board *board);

/* Copies. `now_ns` 0: a value that stood before the watch began. */
PX_NODISCARD px_status px_board_put(px_board *board, px_str twin, px_str path, px_str value,
                                    int64_t now_ns, px_err *ret_err);

/* The unit that stands behind the value of a row that is there. Copies. */
PX_NODISCARD px_status px_board_unit(px_board *board, px_str twin, px_str path, px_str unit,
                                     px_err *ret_err);

/* The whole picture: moves up over the last one first. */
void px_put_board(px_buf *out, px_board *board, const px_term *term, int64_t now_ns,
                  const char *state);

#endif
