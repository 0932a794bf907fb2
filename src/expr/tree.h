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
 *     operand    = path | literal
 *     path       = name { "." name }
 *     literal    = string | number | "true" | "false" | "null"
 *
 * Everything lives in the lexer's arena or in the text. Threads: any, once made.
 */
#ifndef PX_EXPR_TREE_H
#define PX_EXPR_TREE_H

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
    bool exact;                /* OF_MODEL */
    uint32_t count;            /* children */
    px_expr_node *first, *last, *next;
    px_expr_path path; /* PATH */
    px_value value;    /* LITERAL: null is JSON `null`; OF_MODEL */
    px_str place;      /* where it is written */
};

/* The names that paths may begin with: `T` in FROM DIGITALTWINS T. A path that begins with none of
 * them belongs to the first source, so that bare paths mean the twin. */
typedef struct px_expr_scope {
    const px_str *names; /* by source; an empty one is no name */
    uint32_t count;
} px_expr_scope;

/**
 * Reads an or_expr from the current token on and leaves the lexer behind it.
 *
 * Limits:  PX_EXPR_DEPTH_MAX, PX_EXPR_TERMS_MAX, PX_EXPR_STEPS_MAX.
 * Errors:  PX_INVALID with a place (px_lexer_fail); PX_LIMIT (arena), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_expr_parse(px_lexer *lexer, const px_expr_scope *scope,
                                     px_expr_node **ret_node, px_err *ret_err);

/* One path alone, for the columns of a projection. */
PX_NODISCARD px_status px_expr_parse_path(px_lexer *lexer, const px_expr_scope *scope,
                                          px_expr_path *ret_path, px_err *ret_err);

/* One name that is given to something; `what` says to what: "a name for the twins". */
PX_NODISCARD px_status px_expr_parse_name(px_lexer *lexer, const char *what, px_str *ret_name,
                                          px_err *ret_err);

#endif
