/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the parser share. Room-internal. */
#ifndef PX_QUERY_PARSE_INNER_H
#define PX_QUERY_PARSE_INNER_H

#include "query/parse.h"

typedef struct pxi_parser {
    px_lexer *lexer;
    px_query *query;
    const px_query_params *params;
    px_err *ret_err;
    bool is_ahead; /* names are gathered for the columns, which stand before them */
} pxi_parser;

px_expr_scope pxi_scope(const pxi_parser *p);
bool pxi_is_name(const px_token *token);
/* WHERE, JOIN, MATCH, GROUP, ORDER, OFFSET, LIMIT: what may follow behind FROM. */
bool pxi_is_clause(const px_token *token);
/* A whole number of rows or hops, not below 0; `what` says what it would be. */
PX_NODISCARD px_status pxi_parse_integer(pxi_parser *p, const char *what, uint64_t *ret_number);

/* from … match, with all sources and hops. */
PX_NODISCARD px_status pxi_parse_from(pxi_parser *p);
/* match, behind its keyword */
PX_NODISCARD px_status pxi_parse_match(pxi_parser *p);
PX_NODISCARD px_status pxi_source_add(pxi_parser *p, px_str name, bool is_edge, px_str place,
                                      uint32_t *ret_source);
PX_NODISCARD px_status pxi_hop_add(pxi_parser *p, const px_query_hop *hop);
bool pxi_source_find(const pxi_parser *p, px_str name, uint32_t *ret_source);
/* group, order, offset, limit */
PX_NODISCARD px_status pxi_parse_tail(pxi_parser *p);

#endif
