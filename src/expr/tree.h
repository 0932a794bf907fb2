/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Expressions as a tree: what the parser makes, planners look at, and px_expr_compile reads.
 *
 *     or_expr    = and_expr { "OR" and_expr }
 *     and_expr   = not_expr { "AND" not_expr }
 *     not_expr   = "NOT" not_expr | primary
 *     primary    = "(" or_expr ")" | predicate | comparison | membership
 *     comparison = operand ( "=" | "!=" | "<" | ">" | "<=" | ">=" ) operand
 *     membership = operand ( "IN" | "NIN" ) "[" operand { "," operand } "]"
 *     predicate  = function "(" operand { "," operand } ")"
 *     operand    = path | literal | parameter | distance
 *     path       = name { "." name }
 *     literal    = string | number | "true" | "false" | "null"
 *     parameter  = "@" plain name
 *     distance   = "DISTANCE" "(" operand "," ( operand | operand "," operand ) ")"
 *
 * A parameter is a literal that stands beside the text; one that is an array may stand behind IN
 * and NIN. DISTANCE is the way over the ground in metres between two GeoJSON points, or between
 * one and a latitude and a longitude.
 *
 * Everything lives in the lexer's arena or in the text. Threads: any, once made.
 */
#ifndef PX_EXPR_TREE_H
#define PX_EXPR_TREE_H

#include "base/num_calc.h"
#include "base/value.h"
#include "expr/path.h"
#include "expr/token.h"

typedef enum px_expr_kind {
    PX_EXPR_AND, /* of its children, two or more */
    PX_EXPR_OR,
    PX_EXPR_NOT,      /* of its child */
    PX_EXPR_COMPARE,  /* two children and `compare` */
    PX_EXPR_IN,       /* the first child in the others */
    PX_EXPR_NOT_IN,   /* NIN */
    PX_EXPR_CALL,     /* `function` of its children */
    PX_EXPR_OF_MODEL, /* `value` is the DTMI as text */
    PX_EXPR_PATH,
    PX_EXPR_LITERAL,
    PX_EXPR_DISTANCE, /* an operand: of two or three children */
    PX_EXPR_CALC,     /* an operand of formulas: `calc` of two children */
} px_expr_kind;

typedef enum px_expr_compare {
    PX_EXPR_EQ,
    PX_EXPR_NE,
    PX_EXPR_LT,
    PX_EXPR_GT,
    PX_EXPR_LE,
    PX_EXPR_GE,
} px_expr_compare;

/* name, fewest and most arguments, form. IS_OF_MODEL stands by itself: its arguments are no
 * operands. */
#define PX_EXPR_FUNCTIONS(X)                                                                       \
    X(IS_DEFINED, 1, "IS_DEFINED(path)")                                                           \
    X(IS_NULL, 1, "IS_NULL(path)")                                                                 \
    X(IS_BOOL, 1, "IS_BOOL(path)")                                                                 \
    X(IS_NUMBER, 1, "IS_NUMBER(path)")                                                             \
    X(IS_STRING, 1, "IS_STRING(path)")                                                             \
    X(IS_OBJECT, 1, "IS_OBJECT(path)")                                                             \
    X(IS_PRIMITIVE, 1, "IS_PRIMITIVE(path)")                                                       \
    X(STARTSWITH, 2, "STARTSWITH(path, 'text')")                                                   \
    X(ENDSWITH, 2, "ENDSWITH(path, 'text')")                                                       \
    X(CONTAINS, 2, "CONTAINS(path, 'text')")                                                       \
    X(ARRAY_CONTAINS, 2, "ARRAY_CONTAINS(path, value)")

typedef enum px_expr_function {
#define X(name, args, form) PX_EXPR_FN_##name,
    PX_EXPR_FUNCTIONS(X)
#undef X
        PX_EXPR_FUNCTION_COUNT
} px_expr_function;

typedef struct px_expr_node px_expr_node;
struct px_expr_node {
    px_expr_kind kind;
    px_expr_compare compare;   /* COMPARE */
    px_expr_function function; /* CALL */
    px_num_op calc;            /* CALC */
    bool exact;                /* OF_MODEL */
    uint32_t count;            /* children */
    px_expr_node *first, *last, *next;
    px_expr_path path; /* PATH; OF_MODEL: the twin */
    px_value value;    /* LITERAL: null is JSON `null`; OF_MODEL */
    px_str place;      /* where it is written */
};

typedef struct px_expr_parameter {
    px_str name;
    px_value value; /* null is JSON `null` */
} px_expr_parameter;

/* The names that paths may begin with: `T` in FROM DIGITALTWINS T. A path that begins with none of
 * them belongs to the first source, so that bare paths mean the twin; where that would be a guess,
 * `is_strict`, it is refused. */
typedef struct px_expr_scope {
    const px_str *names; /* by source; an empty one is no name */
    uint32_t count;
    bool is_strict;
    uint64_t edges; /* the sources that are relationships, one bit each */
    const px_expr_parameter *parameters;
    uint32_t parameter_count;
} px_expr_scope;

/**
 * Reads an or_expr from the current token on and leaves the lexer behind it.
 *
 * Limits:  PX_EXPR_DEPTH_MAX, PX_EXPR_TERMS_MAX, PX_EXPR_STEPS_MAX.
 * Errors:  PX_INVALID with a place (px_lexer_fail); PX_LIMIT (arena), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_expr_parse(px_lexer *lexer, const px_expr_scope *scope,
                                     px_expr_node **ret_node, px_err *ret_err);

/* One operand alone, for the columns of a projection and for what they are ordered by. */
PX_NODISCARD px_status px_expr_parse_operand(px_lexer *lexer, const px_expr_scope *scope,
                                             const char *what, px_expr_node **ret_node,
                                             px_err *ret_err);

/* The value of the parameter that is the current token. */
PX_NODISCARD px_status px_expr_parameter_value(const px_lexer *lexer, const px_expr_scope *scope,
                                               px_value *ret_value, px_err *ret_err);

/* The sources that a tree reads, one bit each. */
uint64_t px_expr_sources(const px_expr_node *node);

/* One path alone. */
PX_NODISCARD px_status px_expr_parse_path(px_lexer *lexer, const px_expr_scope *scope,
                                          px_expr_path *ret_path, px_err *ret_err);

/* One name that is given to something; `what` says to what: "a name for the twins". */
PX_NODISCARD px_status px_expr_parse_name(px_lexer *lexer, const char *what, px_str *ret_name,
                                          px_err *ret_err);

#endif
