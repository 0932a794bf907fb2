/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Values that outlive their row: keys of an order, keys of groups, the least and the greatest.
 *
 * The order over all of them: what is missing, null, false, true, numbers, texts, compounds (which
 * are all alike). Threads: one at a time.
 */
#ifndef PX_QUERY_CELL_H
#define PX_QUERY_CELL_H

#include "base/value.h"

/* One kept value with memory of its own for its text; zeroed it is missing. */
typedef struct pxi_cell {
    px_value value;
    char *text;
    size_t cap;
} pxi_cell;

/* Keeps a copy. `held` counts the bytes of all cells. False when there is no memory. */
bool pxi_cell_set(pxi_cell *cell, const px_value *value, size_t *held);
void pxi_cell_release(pxi_cell *cell);

int pxi_value_order(const px_value *a, const px_value *b); /* -1, 0, 1 */
/* The same for values that are in order alike. */
uint64_t pxi_value_hash(const px_value *value);

#endif
