/* SPDX-License-Identifier: Apache-2.0 */
/** What people say of a device: the body of its PUT, or a row of an import. Room-internal. */
#ifndef PX_API_DEVICE_BODY_H
#define PX_API_DEVICE_BODY_H

#include "api/inner.h"
#include "sync/device.h"

/* `twins` has to be there; `group` and `attributes`, when they do not come, stay as they are in
 * `device`. All is in the arena, or borrows from `body`. Errors: PX_INVALID, ids device.twins and
 * device.attributes. */
PX_NODISCARD px_status px_device_body_read(const px_json *body, px_arena *arena, px_device *device,
                                           px_err *ret_err);

#endif
