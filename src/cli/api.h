/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Calls of the server's HTTP API, as commands need them: one line a call, answers as JSON trees.
 *
 * The server is --server, POLLUX_URL or the default; the token --token, POLLUX_TOKEN or
 * DIR/admin.token of --data DIR. Threads: one.
 */
#ifndef PX_CLI_API_H
#define PX_CLI_API_H

#include "base/json.h"
#include "cli/cli.h"
#include "cli/http.h"

#define PX_API_ANSWER_BYTES_MAX (512u << 20) /* arena of one command */
#define PX_AZURE_VERSION "api-version=2023-10-31"

/* The connection of this command, opened on the first call. */
PX_NODISCARD px_status px_api_http(px_cli *cli, px_http **ret_http, px_err *ret_err);

/* True when a token was given in any of the three ways. */
bool px_api_has_token(const px_cli *cli);

/* The token itself, in the arena, for a door other than HTTP. PX_UNAUTHORIZED when there is none.
 */
PX_NODISCARD px_status px_api_token(px_cli *cli, px_arena *arena, const char **ret_token,
                                    px_err *ret_err);

/**
 * One call. `body` without ptr: none.
 *
 * @param ret_root  may be NULL; the answer in the arena, or NULL when it had no body; of a refusal
 *                  its problem, or NULL
 */
PX_NODISCARD px_status px_api_call(px_cli *cli, const px_http_call *call, px_arena *arena,
                                   px_json **ret_root, px_err *ret_err);

/* GET, by a path made like printf's, percent-encoding left to the caller. */
PX_NODISCARD px_status px_api_get(px_cli *cli, px_arena *arena, px_json **ret_root, px_err *ret_err,
                                  const char *format, ...) PX_PRINTF(5, 6);

/**
 * All items of a list, page by page: /api/v1 (items, cursor) and Azure (value, nextLink).
 *
 * `each` borrows the item until it returns; what it gives but PX_OK ends the walk.
 */
typedef px_status px_api_each(px_cli *cli, const px_json *item, void *data, px_err *ret_err);
PX_NODISCARD px_status px_api_list(px_cli *cli, const char *path, px_api_each *each, void *data,
                                   px_err *ret_err);

/* What a person can do about a failed call, where the command said nothing better: px_api_call does
 * it by itself. `err` may be NULL. */
void px_api_suggest(px_cli *cli, px_status status, const px_err *err);

/* The percent-encoded form, in the arena; "" when memory is short (the call will fail). */
const char *px_api_part(px_arena *arena, const char *text);

#endif
