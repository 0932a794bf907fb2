/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The text of a query, read.
 *
 *     query      = [ "EXPLAIN" ] select from [ "WHERE" or_expr ] [ group ] [ order ] [ offset ] [
 * limit ] select     = "SELECT" [ top ] ( "*" | column { "," column } ) top        = "TOP" "("
 * integer ")"            with nothing behind it: "*" column     = ( operand | aggregate ) [ "AS"
 * name ] aggregate  = ( "COUNT" "(" [ operand ] ")" ) | ( "SUM" | "AVG" | "MIN" | "MAX" ) "("
 * operand ")"
 *
 *     from       = "FROM" ( twins | edges )
 *     twins      = "DIGITALTWINS" [ name ] ( { join } | [ match ] )
 *     edges      = "RELATIONSHIPS" [ name ]
 *     join       = "JOIN" name "RELATED" name "." name [ name ]
 *     match      = "MATCH" node { hop node }
 *     node       = "(" [ name ] ")"
 *     hop        = "-" edge "-" | "-" edge "->" | "<-" edge "-"
 *     edge       = "[" [ name ] [ ":" name { "|" name } ] [ hops ] "]"
 *     hops       = "*" [ integer | [ integer ] ".." [ integer ] ]
 *
 *     group      = "GROUP" "BY" operand { "," operand }
 *     order      = "ORDER" "BY" operand [ "ASC" | "DESC" ] { "," operand [ "ASC" | "DESC" ] }
 *     offset     = "OFFSET" integer
 *     limit      = "LIMIT" integer
 *
 * EXPLAIN, aggregates but COUNT() alone, GROUP BY, ORDER BY, OFFSET, LIMIT, DISTANCE, parameters
 * and open hop ranges are Pollux's own. Everything lives in the arena or in the text. Source:
 * reference/dtdl-and-api.md section 9.
 */
#ifndef PX_QUERY_PARSE_H
#define PX_QUERY_PARSE_H

#include "expr/tree.h"

#define PX_QUERY_NO_TOP UINT64_MAX
#define PX_QUERY_NO_SOURCE UINT32_MAX
#define PX_QUERY_HOPS_OPEN UINT32_MAX

/* What a row is made of: a twin or a relationship. */
typedef struct px_query_source {
    px_str name; /* empty: nobody asks for it */
    bool is_edge;
} px_query_source;

typedef enum px_query_way { PX_QUERY_OUT, PX_QUERY_IN, PX_QUERY_EITHER } px_query_way;

/* One step of JOIN or MATCH: from a twin over relationships to another. */
typedef struct px_query_hop {
    uint32_t from, to; /* sources */
    uint32_t edge;     /* the source that the relationship is, or PX_QUERY_NO_SOURCE */
    px_query_way way;  /* OUT: they point from `from` to `to` */
    const px_str *names;
    uint32_t name_count;  /* 0: any */
    uint32_t least, most; /* relationships on the way */
} px_query_hop;

typedef enum px_query_aggregate {
    PX_QUERY_PLAIN,
    PX_QUERY_COUNT,
    PX_QUERY_SUM,
    PX_QUERY_AVG,
    PX_QUERY_MIN,
    PX_QUERY_MAX,
} px_query_aggregate;

typedef struct px_query_column {
    px_query_aggregate aggregate;
    const px_expr_node *operand; /* NULL: COUNT() */
    px_str name;                 /* the key in a row; no two the same */
    px_str place;
} px_query_column;

typedef struct px_query_order {
    const px_expr_node *operand; /* NULL with `column` */
    uint32_t column;             /* of a grouped query: the column whose values order */
    bool is_descending;
} px_query_order;

typedef struct px_query {
    bool is_explain;
    bool is_all;     /* SELECT * */
    bool is_count;   /* SELECT COUNT() alone */
    bool is_grouped; /* GROUP BY, or any aggregate but that */
    bool is_match;   /* no relationship is walked twice */
    uint64_t top;    /* rows at most, or PX_QUERY_NO_TOP: the smaller of TOP and LIMIT */
    uint64_t offset;

    px_query_source *sources;
    px_str *names; /* theirs */
    uint32_t source_count;
    uint64_t edges; /* the sources that are relationships, one bit each */
    px_query_hop *hops;
    uint32_t hop_count;

    uint32_t column_count; /* 0 with * */
    px_query_column *columns;
    px_expr_node *where; /* NULL: all */
    const px_expr_node **groups;
    uint32_t group_count;
    px_query_order *orders;
    uint32_t order_count;
} px_query;

/* What stands beside the text. */
typedef struct px_query_params {
    const px_expr_parameter *list;
    uint32_t count;
} px_query_params;

/**
 * @param params  may be NULL
 *
 * Limits:  PX_QUERY_BYTES_MAX (PX_TOO_LARGE, query.bytes), PX_QUERY_COLUMNS_MAX, also of groups and
 * orders, PX_EXPR_SOURCES_MAX, those of expressions.
 * Errors:  PX_INVALID, query.parse with a place; PX_LIMIT, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_query_parse(px_str text, const px_query_params *params, px_arena *arena,
                                      px_query *ret_query, px_err *ret_err);

#endif
