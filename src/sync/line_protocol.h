/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One line of the Influx line protocol as JSON text.
 *
 *     measurement[,tag=value…] field=value[,field=value…] [time]
 *     {"measurement":"m","tags":{"tag":"value"},"fields":{"field":21.4},"time":"2026-…Z"}
 *
 * Values are 21.4, 7i, 7u, t, true, f, false (and T, TRUE …) and "text"; the time is a whole number
 * of the precision, or left out. Threads: any. Source: InfluxDB v2, "Line protocol".
 */
#ifndef PX_SYNC_LINE_PROTOCOL_H
#define PX_SYNC_LINE_PROTOCOL_H

#include "base/buf.h"

/**
 * Appends the object.
 *
 * @param line      without its line break
 * @param unit_ns   nanoseconds of one step of the time: 1, 1000, 1000000 or 1000000000
 * Limits:  PX_JSON_KEYS_MAX tags, and fields.
 * Errors:  PX_INVALID (line.form, with the column); PX_LIMIT, PX_NO_MEMORY of the buffer.
 */
PX_NODISCARD px_status px_line_put_json(px_buf *buf, px_str line, int64_t unit_ns, px_err *ret_err);

/* Lines of a text under way: begins with the text alone. */
typedef struct px_lines {
    px_str rest;
    uint32_t number;     /* of the last line */
    bool has_open_quote; /* nothing closes a quote any more: from here on breaks end all lines */
} px_lines;

/* The next line, without its break; empty lines and comments (#) are passed over, and counted. A
 * line break inside a quoted text belongs to the line. False at the end. Cost of all: twice the
 * text. */
bool px_line_next(px_lines *lines, px_str *ret_line);

#endif
