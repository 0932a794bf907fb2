/* SPDX-License-Identifier: Apache-2.0 */
/** Parameters of the query and headers: what each means, and whether a call names only those of its
 * route. Room-internal. */
#ifndef PX_API_PARAMS_H
#define PX_API_PARAMS_H

#include "api/inner.h"

/* One of px_route.params. */
typedef struct px_param {
    px_str name, type; /* of schemas.c */
    bool needed, in_header;
} px_param;

/* The next of a route's list, cut off; false at its end. */
bool px_param_next(px_str *rest, px_param *ret_param);

/* What it means, one sentence without its full stop; "" when nobody wrote it, which a test finds.
 */
const char *px_param_meaning(px_str name);

/* A name that a route of /api/v1 does not have is refused, and so is a value that cannot be
 * decoded: neither may pass for having been looked at. The data plane ignores both, as the public
 * service does. */
PX_NODISCARD px_status px_params_check(px_api_call *call, px_err *ret_err);

#endif
