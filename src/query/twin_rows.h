/* SPDX-License-Identifier: Apache-2.0 */
/** Twins as rows of the expression language. Threads: one at a time. */
#ifndef PX_QUERY_TWIN_ROWS_H
#define PX_QUERY_TWIN_ROWS_H

#include "expr/expr.h"
#include "twin/registry.h"
#include "twin/twin.h"

/* Where made texts are written before they are handed over; zeroed, then px_buf_release(&made). */
typedef struct px_twin_rows {
    const px_registry *registry;
    px_buf made;
} px_twin_rows;

/* Rows are const px_twin *. Borrows `rows`. */
px_expr_rows px_twin_rows_of(px_twin_rows *rows);

#endif
