/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Log lines are events with keys, to an injected sink.
 *
 * One stable event name per line, so that a search finds the source: `store.full free_bytes=4096`.
 * No values of tenants' properties above debug. A NULL log swallows all: libraries never print.
 * Threads: any, if the sink is; control bytes in the text are written as \xNN, so that no value can
 * forge a line.
 */
#ifndef PX_BASE_LOG_H
#define PX_BASE_LOG_H

#include "base/str.h"

typedef enum px_log_level { PX_LOG_DEBUG, PX_LOG_INFO, PX_LOG_WARN, PX_LOG_ERROR } px_log_level;

typedef struct px_log {
    void (*sink)(struct px_log *log, px_log_level level, const char *event, const char *text);
    px_log_level level_min;
    void *data;
} px_log;

void px_log_put(px_log *log, px_log_level level, const char *event, const char *format, ...)
    PX_PRINTF(4, 5);

#define px_log_debug(log, ...) px_log_put((log), PX_LOG_DEBUG, __VA_ARGS__)
#define px_log_info(log, ...) px_log_put((log), PX_LOG_INFO, __VA_ARGS__)
#define px_log_warn(log, ...) px_log_put((log), PX_LOG_WARN, __VA_ARGS__)
#define px_log_error(log, ...) px_log_put((log), PX_LOG_ERROR, __VA_ARGS__)

#endif
