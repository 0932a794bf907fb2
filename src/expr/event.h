/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Conditions over events: what a route's filter is written in.
 *
 *     filter   = "true" | "false" | or_expr
 *     or_expr  = and_expr { "OR" and_expr }
 *     and_expr = primary { "AND" primary }
 *     primary  = "(" or_expr ")" | function "(" ref "," string ")" | ref op value
 *     function = "STARTS_WITH" | "ENDS_WITH" | "CONTAINS"
 *     op       = "=" | "!=" | "<" | "<=" | ">" | ">="
 *     ref      = attribute | "$body" { "." name } | "$eventType", the old word for `type`
 *     value    = string | number | "true" | "false" | "null"
 *
 * Keywords in any case, names as they are. The tree is the one that queries have, and the one
 * compiler and machine take it (expr.h), with rows whose `attribute` is filled. Members of arrays
 * cannot be reached. Threads: any. Source: the data-plane reference, section 10.
 */
#ifndef PX_EXPR_EVENT_H
#define PX_EXPR_EVENT_H

#include "expr/tree.h"

/* What an event has, each a text but `$body`, which is JSON. */
#define PX_EVENT_ATTRIBUTES(X)                                                                     \
    X(TYPE, "type")                                                                                \
    X(SOURCE, "source")                                                                            \
    X(SUBJECT, "subject")                                                                          \
    X(DATASCHEMA, "dataschema")                                                                    \
    X(DATACONTENTTYPE, "datacontenttype")                                                          \
    X(SPECVERSION, "specversion")                                                                  \
    X(ID, "id")                                                                                    \
    X(TIME, "time")                                                                                \
    X(BODY, "$body")

typedef enum px_event_attribute {
#define X(id, name) PX_ATTRIBUTE_##id,
    PX_EVENT_ATTRIBUTES(X)
#undef X
        PX_ATTRIBUTE_COUNT
} px_event_attribute;

/* PX_ATTRIBUTE_COUNT: there is none of this name. */
px_event_attribute px_event_attribute_find(px_str name);

/**
 * Reads a whole filter.
 *
 * @param ret_condition  NULL for the filters `true` and `false`, which `ret_all` tells apart
 * Limits:  PX_EXPR_DEPTH_MAX, PX_EXPR_TERMS_MAX, PX_EXPR_STEPS_MAX.
 * Errors:  PX_INVALID (route.filter) with a place; PX_LIMIT (arena), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_event_filter_parse(px_str text, px_arena *arena,
                                             const px_expr_node **ret_condition, bool *ret_all,
                                             px_err *ret_err);

#endif
