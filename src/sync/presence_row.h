/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is kept of a device as bytes: docs/formats/device.md. Threads: any, values only.
 */
#ifndef PX_SYNC_PRESENCE_ROW_H
#define PX_SYNC_PRESENCE_ROW_H

#include "base/buf.h"
#include "sync/presence.h"

/* The second number of a key of table `device`. */
typedef enum px_presence_kind {
    PX_PRESENCE_FACTS = 0,
    PX_PRESENCE_LOG = 1,
} px_presence_kind;

/* What a device was seen to do, and since when that is counted. */
void px_put_presence_facts(px_buf *buf, const px_presence_facts *facts);
/* All but the log and who is connected. Errors: PX_CORRUPT, PX_UNSUPPORTED (a later format). */
PX_NODISCARD px_status px_get_presence_facts(px_str bytes, px_presence_facts *ret_facts,
                                             px_err *ret_err);

/* Its connections: the log, and whether any is open. Longer reasons are cut. */
void px_put_presence_log(px_buf *buf, const px_presence_facts *facts);
/* `ret_log->log` and `log_count`, whose reasons stand in `ret_reasons` instead, borrowed from
 * `bytes`. The same errors. */
PX_NODISCARD px_status px_get_presence_log(px_str bytes, px_presence_facts *ret_log,
                                           px_str ret_reasons[PX_DEVICE_LOG_MAX],
                                           bool *ret_is_connected, px_err *ret_err);

/* Since when all that have no row are counted. The same errors. */
void px_put_presence_since(px_buf *buf, px_time since);
PX_NODISCARD px_status px_get_presence_since(px_str bytes, px_time *ret_since, px_err *ret_err);

#endif
