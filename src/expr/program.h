/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The compiled form, shared by compiler and machine.
 *
 * A program is a list of steps over one flag. A term sets the flag; logic is jumps on it, so that
 * nothing is evaluated whose answer cannot count. Operands are numbers of paths, literals,
 * distances or calculations. Room for more: units will stand beside literals and paths and be
 * settled when a path is bound.
 */
#ifndef PX_EXPR_PROGRAM_H
#define PX_EXPR_PROGRAM_H

#include "expr/expr.h"

typedef enum pxi_op {
    PXI_OP_COMPARE,  /* flag = a compare b */
    PXI_OP_IN,       /* flag = a is one of `count` members from args[b] on */
    PXI_OP_NOT_IN,   /* flag = a has a value and is none of them */
    PXI_OP_CALL,     /* flag = function(a, b) */
    PXI_OP_OF_MODEL, /* flag = model test a, settled per model */
    PXI_OP_NOT,      /* flag = not flag */
    PXI_OP_UNLESS,   /* goes on at step a unless the flag is set: AND */
    PXI_OP_IF,       /* goes on at step a if the flag is set: OR */
} pxi_op;

/* A literal, or with one of these bits a path, a distance or a calculation. */
#define PXI_PATH 0x80000000u
#define PXI_DISTANCE 0x40000000u
#define PXI_CALC 0x20000000u

typedef struct pxi_step {
    uint8_t op;
    uint8_t what; /* px_expr_compare or px_expr_function */
    uint32_t a, b, count;
} pxi_step;

typedef struct pxi_model_test {
    px_str dtmi;
    uint32_t source;
    bool exact;
} pxi_model_test;

/* Between two points, or with a third operand between a point and a latitude and a longitude. */
typedef struct pxi_distance {
    uint32_t operands[3], count;
} pxi_distance;

/* Of two operands; NONE when one of them is no number, or there is no such number. */
typedef struct pxi_calc {
    px_num_op op;
    uint32_t a, b;
} pxi_calc;

struct px_expr {
    const pxi_step *steps;
    uint32_t step_count;
    const px_value *literals;
    const uint32_t *args; /* operands of lists */
    uint32_t arg_count;
    const pxi_model_test *tests;
    uint32_t test_count;
    const pxi_distance *distances;
    const pxi_calc *calcs;
    const px_expr_path *paths;
    uint32_t path_count;
    const uint32_t *columns; /* operand of each */
    uint64_t sources;        /* that anything is read of, one bit each */
    bool with_telemetry;
};

/* Everything that depends on the model alone. */
struct px_expr_bound {
    uint32_t model_no;
    const px_model *model;           /* NULL: none */
    const px_expr_binding *bindings; /* of each path */
    const bool *tests;               /* answers of the model tests */
};

static inline const void *pxi_source(const px_expr_machine *machine, const void *row,
                                     uint32_t source)
{
    return machine->rows.are_tuples ? ((const void *const *)row)[source] : row;
}

static inline const px_expr_binding *pxi_binding(const px_expr_machine *machine, uint32_t number)
{
    return &machine->bound[machine->expr->paths[number].source]->bindings[number];
}

/* ---- distance.c ---- */

/* What a distance is in metres; NONE when one end is no point. */
px_value pxi_measure(px_expr_machine *machine, const void *row, const pxi_distance *distance);

/* ---- machine.c ---- */

/* Literals stay where they are; what a path or a distance has is put into `space`. */
const px_value *pxi_operand(px_expr_machine *machine, const void *row, uint32_t operand, int side,
                            px_value *space);

/* ---- read.c ---- */

/* What the side held before is gone. */
void pxi_read_path(px_expr_machine *machine, const void *row, uint32_t number, px_expr_side *side,
                   px_value *ret_value);
/* `array` was read with this side. */
bool pxi_array_contains(px_expr_side *side, const px_value *array, const px_value *wanted);
bool pxi_compare(px_expr_compare compare, const px_value *a, const px_value *b);

static inline bool pxi_is_null(const px_value *v)
{
    return v->kind == PX_VALUE_JSON && v->text.ptr[0] == 'n';
}

static inline bool pxi_is_compound(const px_value *v)
{
    return v->kind == PX_VALUE_JSON && v->text.ptr[0] != 'n';
}

#endif
