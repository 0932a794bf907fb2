/* SPDX-License-Identifier: Apache-2.0 */
/** Log lines on stderr: `2026-11-01T12:00:00.123Z warn store.full free_bytes=4096`. Threads: any; a
 * line is one write. */
#ifndef PX_SERVER_LOG_STDERR_H
#define PX_SERVER_LOG_STDERR_H

#include "base/log.h"

px_log px_log_stderr(px_log_level level_min);

#endif
