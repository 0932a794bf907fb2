/* SPDX-License-Identifier: Apache-2.0 */
/** The values that stand beside a query's text: `{"limit": 20, "ids": ["a", "b"]}` for @limit and
 * @ids. Threads: any. */
#ifndef PX_QUERY_PARAMS_H
#define PX_QUERY_PARAMS_H

#include "query/parse.h"

/* `text` may be empty, and is borrowed as long as the arena lives. Errors: PX_TOO_LARGE
 * (query.bytes), PX_INVALID (query.parameters, and those of JSON), PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_query_params_read(px_str text, px_arena *arena,
                                            px_query_params *ret_params, px_err *ret_err);

#endif
