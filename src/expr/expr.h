/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The one expression language: a condition over one row, compiled once, evaluated without
 * allocation.
 *
 *     px_lexer_init(&lexer, text, "SQL query", "query.parse", arena, err)   expr/token.h
 *     px_expr_parse(&lexer, &scope, &tree, err)                             expr/tree.h
 *     px_expr_compile(&source, arena, &expr, err)
 *     px_expr_machine_init(&machine, expr, &rows)
 *     for each row: px_expr_test(&machine, row, &holds, err)
 *     px_expr_machine_release(&machine)
 *
 * What an expression says:
 *   missing    a path without a value. Every comparison, membership and function of it is false,
 *              != and NIN included, and NOT of that is true. IS_DEFINED asks for it.
 *   numbers    compare exactly (px_num_cmp): 2.50 = 2.5
 *   strings    compare by code point; times are strings, in the seven-digit form for metadata
 *   booleans   and null are equal or not; they have no order
 *   types      do not mix: = and orderings of two types are false, != is true
 *   compounds  (objects, maps, arrays, components, metadata) compare with nothing of their own
 *              type, neither = nor !=
 *
 * Paths are resolved per model, not per row: a machine keeps what it resolved, up to
 * PX_EXPR_CACHE_BYTES_MAX, and then begins anew.
 *
 * Threads: a px_expr from any, once compiled; each machine one at a time.
 */
#ifndef PX_EXPR_EXPR_H
#define PX_EXPR_EXPR_H

#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "expr/tree.h"
#include "model/model.h"

typedef struct px_expr px_expr;

/* What is compiled together: one condition, and paths that are read of the rows for which it holds.
 * All borrowed as long as the px_expr. */
typedef struct px_expr_source {
    const px_expr_node *condition;      /* NULL: holds for every row */
    const px_expr_node *const *columns; /* operands */
    uint32_t column_count;
    bool with_telemetry; /* paths find telemetries' last values, too */
} px_expr_source;

/* Limits:  PX_EXPR_PATHS_MAX different paths, columns included.
 * Errors:  PX_LIMIT (paths, arena), PX_NO_MEMORY. */
PX_NODISCARD px_status px_expr_compile(const px_expr_source *source, px_arena *arena,
                                       px_expr **ret_expr, px_err *ret_err);

/* All paths that the value depends on, each once: what has to change before it can. */
const px_expr_path *px_expr_paths(const px_expr *expr, uint32_t *ret_count);

/* ---- rows ---- */

#define PX_EXPR_TEXT_BYTES 64

/* The number that a relationship has for a model. */
#define PX_EXPR_EDGE_MODEL UINT32_MAX

/* How a machine reads rows: filled in by the room that has them. Texts that a row has as such are
 * borrowed while the row is; texts that are made (tags, times) are written to `ret_bytes`. */
typedef struct px_expr_rows {
    /* A row is an array of pointers, by source; else it is the thing itself, the only source. */
    bool are_tuples;
    uint64_t edges;                        /* the sources that are relationships, one bit each */
    uint32_t (*model_no)(const void *row); /* not asked of relationships */
    /* NULL when there is no such model: then every path is missing. */
    const px_model *(*model)(void *data, uint32_t model_no);
    px_str (*id)(const void *row);
    /* A NONE value when it was never set. */
    void (*field)(const void *row, uint32_t field, px_value *ret_value);
    /* ETAG, FRESHNESS, TIME, FIELD_TIME, FIELD_SOURCE_TIME; the length, 0 when there is none. */
    size_t (*text)(void *data, const void *row, const px_model *model,
                   const px_expr_binding *binding, char ret_bytes[PX_EXPR_TEXT_BYTES]);
    /* Rows that have no model, such as events: what a path's first step names; compounds are looked
     * into by the machine. When it is there, none of the above is asked. */
    void (*attribute)(void *data, const void *row, px_str name, px_value *ret_value);
    /* EDGE_ID, EDGE_NAME, EDGE_SOURCE, EDGE_TARGET; EDGE_PROPERTY: all of them as compact JSON, or
     * empty. NULL where no source is a relationship. */
    px_str (*edge)(void *data, const void *row, px_expr_what what);
    void *data;
} px_expr_rows;

/* ---- evaluation ---- */

typedef struct px_expr_bound px_expr_bound;

/* Where the texts of one operand are made: one side of a comparison at a time. */
typedef struct px_expr_side {
    char bytes[PX_EXPR_TEXT_BYTES];
    px_arena scratch; /* texts inside compounds, without their escapes */
    bool is_full;     /* it had no room: the answer does not count */
} px_expr_side;

typedef struct px_expr_machine {
    const px_expr *expr;
    px_expr_rows rows;

    const px_expr_bound *bound[PX_EXPR_SOURCES_MAX]; /* of the last row's models, by source */
    px_arena cache;                                  /* what is bound, by model */
    px_map by_model;                                 /* model number to index in `all` */
    PX_VEC(const px_expr_bound *) all;
    uint64_t epoch; /* how often all was forgotten */
    px_expr_side sides[2];
} px_expr_machine;

void px_expr_machine_init(px_expr_machine *machine, const px_expr *expr, const px_expr_rows *rows);
void px_expr_machine_release(px_expr_machine *machine);

/* Errors: PX_NO_MEMORY, when a model is seen for the first time; PX_LIMIT, when one operand's texts
 * take more than PX_EXPR_SCRATCH_BYTES_MAX. */
PX_NODISCARD px_status px_expr_test(px_expr_machine *machine, const void *row, bool *ret_holds,
                                    px_err *ret_err);

/* Whether it holds for all twins of a model, or for none: of a condition that asks for nothing but
 * models (px_expr_is_of_models). Errors as px_expr_test. */
bool px_expr_is_of_models(const px_expr *expr);
PX_NODISCARD px_status px_expr_test_model(px_expr_machine *machine, uint32_t model_no,
                                          bool *ret_holds, px_err *ret_err);

/* One column's value of a row. `ret_binding` (may be NULL) says what it is: for a whole twin, a
 * relationship, a component or metadata the value is only `{}` and the caller writes them himself;
 * NULL when the column is no path. Values borrow
 * from the row, or from the machine until its next call. Errors as px_expr_test. */
PX_NODISCARD px_status px_expr_column(px_expr_machine *machine, const void *row, uint32_t column,
                                      px_value *ret_value, const px_expr_binding **ret_binding,
                                      px_err *ret_err);

/* Steps and members of lists: how much work one row may be, for callers that look at a clock. */
uint32_t px_expr_work(const px_expr *expr);

#endif
