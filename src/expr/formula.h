/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Formulas: a value, or a condition, made of the named values of one row.
 *
 *     formula = sum | or_expr                       or_expr: expr/tree.h, true or false
 *     sum     = product { ( "+" | "-" ) product }
 *     product = factor { ( "*" | "/" ) factor }
 *     factor  = "-" factor | "(" sum ")" | number | string | "true" | "false" | path
 *     path    = name { "." name }                   [[any name]] for those with other characters
 *
 * They make the trees that queries have, and the one compiler and machine take them, with rows
 * whose `attribute` is filled (expr.h). Calculations are exact where base/num_calc.h says so; one
 * of a value that is missing or no number has no value. Threads: any.
 */
#ifndef PX_EXPR_FORMULA_H
#define PX_EXPR_FORMULA_H

#include "expr/expr.h"

typedef struct px_formula {
    const px_expr *expr;
    bool is_condition;
} px_formula;

/**
 * Reads and compiles a whole formula.
 *
 * @param text  borrowed as long as the formula
 * Limits:  PX_EXPR_DEPTH_MAX, PX_EXPR_TERMS_MAX, PX_EXPR_STEPS_MAX, PX_EXPR_PATHS_MAX.
 * Errors:  PX_INVALID (formula.parse) with a place; PX_LIMIT (paths, arena), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_formula_compile(px_str text, px_arena *arena, px_formula *ret_formula,
                                          px_err *ret_err);

/* The value for a row; NONE when there is none. Texts borrow from the row. Errors: px_expr_test. */
PX_NODISCARD px_status px_formula_value(const px_formula *formula, px_expr_machine *machine,
                                        const void *row, px_value *ret_value, px_err *ret_err);

#endif
