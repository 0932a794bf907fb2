/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a body says that it is. On /api/v1 a body is JSON, or the kind of patch that its route
 * takes; one that says that it is something else is refused (415) before it is read. One that says
 * nothing is read as the plain one, and so is one that calls itself a form, as curl and others do
 * of whatever they send. The data plane's clients say what they like, as they may there.
 * Room-internal.
 */
#ifndef PX_API_MEDIA_H
#define PX_API_MEDIA_H

#include "api/inner.h"

/* Media types of a route's body, the first of them the plain one; NULL ends the list. */
const char *const *px_media_of(const px_route *route);
/* Errors: PX_INVALID, http.media (415), with the right ones in the header `Accept`. */
PX_NODISCARD px_status px_media_check(px_api_call *call, px_err *ret_err);

#endif
