/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Which twins a tenant has (model 0), and which are of a model: an index of (tenant, model, block)
 * with a bit for each of 32 numbers. False where memory is short, as everywhere in a transaction.
 * Threads: the writer only.
 */
#ifndef PX_TWIN_SETS_H
#define PX_TWIN_SETS_H

#include "twin/inner.h"

bool pxi_set_change(px_txn *txn, uint32_t tenant, uint32_t model, uint32_t no, bool member);

/* Makes the sets of all twins there are, number by number: a start loads its rows in the order of
 * slots, and to enter each by itself costs four ways down a tree. */
bool pxi_sets_fill(px_txn *txn);

#endif
