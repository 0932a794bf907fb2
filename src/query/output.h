/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What becomes of the rows: columns, groups, order. Room-internal.
 *
 * One machine reads everything that is put out: the columns first, then what is grouped by, then
 * what is ordered by.
 */
#ifndef PX_QUERY_OUTPUT_H
#define PX_QUERY_OUTPUT_H

#include "query/cell.h"
#include "query/op.h"

typedef struct pxi_output {
    pxi_run *run;
    px_expr_machine machine;
    uint32_t groups_at, orders_at; /* where they begin among the machine's columns */
} pxi_output;

PX_NODISCARD px_status pxi_output_init(pxi_output *output, pxi_run *run, px_err *ret_err);
void pxi_output_release(pxi_output *output);

/* One row as a JSON object (project.c). */
PX_NODISCARD px_status pxi_put_row(pxi_output *output, px_buf *rows, px_err *ret_err);

/* The rows of the input in order, from the `skip`th on, `count` of them at most (sort.c). */
PX_NODISCARD px_status pxi_sort_new(pxi_output *output, uint64_t skip, uint64_t count,
                                    pxi_op *input, pxi_op **ret_op, px_err *ret_err);

/* One row for each group of the input's (group.c); written by pxi_put_group, not by the above. */
PX_NODISCARD px_status pxi_group_new(pxi_output *output, pxi_op *input, pxi_op **ret_op,
                                     px_err *ret_err);
void pxi_put_group(const pxi_op *group, px_buf *rows);

/* What sorting and grouping keep is within PX_QUERY_MEMORY_BYTES_MAX, or this. */
px_status pxi_refuse_memory(const char *what, px_err *ret_err);

#endif
