/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A table of text cells: aligned, and on a terminal cut to its width.
 *
 * The widest columns give way first; a time or number is whole or not there at all. When not even
 * that is enough, columns on the right are left out, and a last line says how many. Cells come from
 * elsewhere, so control characters are made harmless. Threads: one.
 */
#ifndef PX_CLI_TABLE_H
#define PX_CLI_TABLE_H

#include "base/arena.h"
#include "base/vec.h"
#include "cli/term.h"

enum { PX_TABLE_COLUMNS_MAX = 64 };

typedef struct px_table {
    px_arena *arena; /* borrowed: keeps the copies */
    unsigned columns;
    px_str heads[PX_TABLE_COLUMNS_MAX];
    bool right[PX_TABLE_COLUMNS_MAX];  /* numbers stand on the right */
    bool whole[PX_TABLE_COLUMNS_MAX];  /* cells of up to 30 columns are not cut: times, numbers */
    bool hide_empty;                   /* a column without a single value is left out, */
    bool if_any[PX_TABLE_COLUMNS_MAX]; /* or such a one of these */
    PX_VEC(px_str) cells;              /* row by row */
} px_table;

/* `heads` are copied. */
PX_NODISCARD px_status px_table_init(px_table *table, px_arena *arena, const char *const *heads,
                                     unsigned columns, px_err *ret_err);
void px_table_release(px_table *table);

/* Copies the next cell, left to right, row by row. */
PX_NODISCARD px_status px_table_add(px_table *table, px_str cell, px_err *ret_err);

void px_put_table(px_buf *buf, const px_table *table, const px_term *term);

#endif
