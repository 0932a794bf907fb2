/* SPDX-License-Identifier: Apache-2.0 */
/** What the two files of the parser share. Room-internal. */
#ifndef PX_EXPR_PARSE_INNER_H
#define PX_EXPR_PARSE_INNER_H

#include "base/json.h"
#include "expr/tree.h"

/* A keyword where a name should be. */
px_status pxi_refuse_reserved(const px_lexer *lexer, const px_token *word, px_err *ret_err);
/* The rest of a path whose first name was read and is `first`. */
PX_NODISCARD px_status pxi_parse_steps(px_lexer *lexer, const px_expr_scope *scope, px_token first,
                                       px_expr_path *ret_path, px_err *ret_err);

/* The value of the token that was just read (read.c); compounds as their text. */
bool pxi_value_of_token(px_json_reader *reader, px_json_type type, px_value *ret_value);

#endif
