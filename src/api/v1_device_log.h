/* SPDX-License-Identifier: Apache-2.0 */
/** What GET of a device tells beside its document. Room-internal. */
#ifndef PX_API_V1_DEVICE_LOG_H
#define PX_API_V1_DEVICE_LOG_H

#include "api/inner.h"

/* Members `lastSeen` (null: not since the server's start) and `connections`. */
void px_put_device_seen(px_api_call *call, px_json_writer *w, uint32_t device_no);
/* Member `counters`. */
void px_put_device_counters(px_api_call *call, px_json_writer *w, uint32_t device_no);

#endif
