/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Guards: conditions that a model puts before a command.
 *
 *     temperature < 80 AND $self.state = 'idle'         of the twin
 *     position = 'closed'    every: feeds               of each twin that `feeds` leads to
 *     pressure > $self.needed    any: feeds             of at least one of them
 *
 * They are or_expr of expr/tree.h. A bare path is of the twin, or in a guard with a relationship of
 * the neighbour; `$self` is the twin in both. Last values of telemetry are there. Threads: any.
 */
#ifndef PX_EXPR_GUARD_H
#define PX_EXPR_GUARD_H

#include "expr/expr.h"
#include "model/layout.h"

/* The twin is source 0 of its paths, or source 1 where the neighbour is source 0. Errors:
 * PX_INVALID (command.guard) with a place in the expression; PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_guard_parse(const px_guard *guard, px_arena *arena,
                                      px_expr_node **ret_node, px_err *ret_err);

/* As px_models_opts.check_guard: whether it can be read and compiled, and speaks of what the model
 * has. What neighbours have nobody knows yet. Errors: as px_guard_parse. */
PX_NODISCARD px_status px_guard_check(const px_layout *layout, const px_guard *guard,
                                      px_err *ret_err);

/* Appends a path as it is written, but for brackets. */
void px_put_guard_path(px_buf *buf, const px_expr_node *node);

#endif
