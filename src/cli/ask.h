/* SPDX-License-Identifier: Apache-2.0 */
/** Queries that commands ask for themselves. Threads: one. */
#ifndef PX_CLI_ASK_H
#define PX_CLI_ASK_H

#include "cli/api.h"

/**
 * One page of rows: the first when `token` is empty, else the next; `token` gets the one after it,
 * empty behind the last.
 *
 * @param parameters  `,"parameters":{…}` or the empty slice
 */
PX_NODISCARD px_status px_ask_page(px_cli *cli, const char *query, px_str parameters, px_buf *token,
                                   px_arena *arena, px_json **ret_rows, px_err *ret_err);

/* All rows, page by page, by a query made like printf's. `each` borrows the row until it returns;
 * what it gives but PX_OK ends the walk. */
PX_NODISCARD px_status px_ask(px_cli *cli, px_api_each *each, void *data, px_err *ret_err,
                              const char *format, ...) PX_PRINTF(5, 6);

/* The figure of a `SELECT COUNT() …`. */
PX_NODISCARD px_status px_ask_count(px_cli *cli, uint64_t *ret_count, px_err *ret_err,
                                    const char *format, ...) PX_PRINTF(4, 5);

#endif
