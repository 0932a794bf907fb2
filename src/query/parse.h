/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The text of a query, read.
 *
 *     query      = select from [ "WHERE" or_expr ]
 *     select     = "SELECT" ( [ top ] projection | top | count )
 *     top        = "TOP" "(" integer ")"
 *     count      = "COUNT" "(" ")"
 *     projection = "*" | column { "," column }
 *     column     = path [ "AS" name ]
 *     from       = "FROM" "DIGITALTWINS" [ name ]
 *
 * FROM RELATIONSHIPS, JOIN and MATCH are known and refused: PX_UNSUPPORTED, query.unsupported.
 * Everything lives in the arena or in the text. Source: reference/dtdl-and-api.md section 9.
 */
#ifndef PX_QUERY_PARSE_H
#define PX_QUERY_PARSE_H

#include "expr/tree.h"

#define PX_QUERY_NO_TOP UINT64_MAX

typedef struct px_query {
    bool is_count, is_all; /* SELECT COUNT(), SELECT * */
    uint64_t top;          /* rows at most, or PX_QUERY_NO_TOP */
    px_str twins_name;     /* what FROM calls them; empty when it does not */

    uint32_t column_count; /* 0 with COUNT() and * */
    px_expr_path *columns;
    px_str *column_names; /* keys of a row, no two the same */

    px_expr_node *where; /* NULL: all */
} px_query;

/* Limits:  PX_QUERY_BYTES_MAX (PX_TOO_LARGE, query.bytes), PX_QUERY_COLUMNS_MAX, those of
 * expressions. Errors: PX_INVALID, query.parse with a place; PX_UNSUPPORTED; PX_LIMIT,
 * PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_query_parse(px_str text, px_arena *arena, px_query *ret_query,
                                      px_err *ret_err);

#endif
