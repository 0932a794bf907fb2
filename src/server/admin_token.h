/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The first admin's token: made at the first start, kept in DIR/admin.token with mode 0600.
 *
 * No default password exists; who can read the file is the admin.
 */
#ifndef PX_SERVER_ADMIN_TOKEN_H
#define PX_SERVER_ADMIN_TOKEN_H

#include "engine/engine.h"

/* The token of the file, or a new one at the first start; NUL-terminated. The engine must run.
 * Errors: PX_CORRUPT (a file that holds no token of this server; says what to do), PX_IO,
 * PX_DENIED, PX_FULL, PX_NO_MEMORY. */
PX_NODISCARD px_status px_admin_token(px_engine *engine, const char *data_dir, char *ret_token,
                                      size_t size, bool *ret_is_new, px_err *ret_err);

#endif
