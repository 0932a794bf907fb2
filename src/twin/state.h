/* SPDX-License-Identifier: Apache-2.0 */
/**
 * State rows: one twin or one relationship as bytes, docs/formats/state.md.
 *
 * Values stand under their property numbers, never under layout slots, with the seq at which the
 * row is true. Reading is bounded and safe for hostile bytes: what is not well-formed is
 * PX_CORRUPT and changes nothing. Threads: encoding from wherever the record may be read; loading
 * is a mutation.
 */
#ifndef PX_TWIN_STATE_H
#define PX_TWIN_STATE_H

#include "twin/graph.h"

/* Errors stick in `buf`. */
void px_put_twin(px_buf *buf, const px_twin *twin);
void px_put_rel(px_buf *buf, const px_rel *rel);

/**
 * Puts a stored twin or relationship into the graph with its own seq, time and number, clean
 * (dirty.h). Its tenant must be `tenant`.
 *
 * Rows are of different positions until the journal's tail is replayed over them. So a relationship
 * may name twins that are not there yet, or no more; and an id may stand under two numbers, its
 * earlier incarnation being deleted by an event to come: the higher number is found by id, the
 * other by number.
 *
 * Errors: PX_CORRUPT, PX_UNSUPPORTED (a later format), PX_CONFLICT (the number is another id's),
 * PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_graph_twin_load(px_txn *txn, uint32_t tenant, px_str row,
                                          px_err *ret_err);
PX_NODISCARD px_status px_graph_rel_load(px_txn *txn, uint32_t tenant, px_str row, px_err *ret_err);

/* Around the loading of many rows, over any number of transactions: meanwhile twins are found by id
 * and number only, not by tenant or model, and none may be deleted. The end comes first in a
 * transaction of its own. Errors: PX_NO_MEMORY. */
void px_graph_load_begin(px_graph *graph);
PX_NODISCARD px_status px_graph_load_end(px_txn *txn, px_err *ret_err);

/* Reads a row without a graph: makes a record in `buf` (cleared first). */
PX_NODISCARD px_status px_twin_decode(px_str row, px_buf *buf, const px_twin **ret_twin,
                                      px_err *ret_err);

#endif
