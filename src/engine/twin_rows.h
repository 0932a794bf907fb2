/* SPDX-License-Identifier: Apache-2.0 */
/** Twins and relationships as rows of the expression language. Threads: one at a time. */
#ifndef PX_ENGINE_TWIN_ROWS_H
#define PX_ENGINE_TWIN_ROWS_H

#include "expr/expr.h"
#include "twin/registry.h"
#include "twin/view.h"

/* Where made texts are written before they are handed over; zeroed, then px_buf_release(&made). */
typedef struct px_twin_rows {
    const px_registry *registry;
    const px_view *view; /* with relationships: where the ids of their ends are */
    uint32_t tenant;
    px_buf made;
} px_twin_rows;

/* Rows are const px_twin *, or with relationships const px_rel *. Borrows `rows`. */
px_expr_rows px_twin_rows_of(px_twin_rows *rows);

/* $lastUpdateTime of a component: the newest of its properties', and the twin's own while it has
 * none. */
px_time px_component_time(const px_layout *layout, const px_twin *twin, uint32_t component);

/* The id of a relationship's end; empty when it is gone. */
px_str px_twin_rows_id(const px_twin_rows *rows, uint32_t twin_no);

#endif
