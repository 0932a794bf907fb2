/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_BYTES_MAX = 1024 };

/* Control bytes become \xNN: a value cannot forge a line or steer a terminal. */
static void escape(char *ret_text, size_t size, const char *raw)
{
    size_t len = 0;

    for (; *raw && len + 5 < size; raw++) {
        unsigned char c = (unsigned char)*raw;

        if (c >= 0x20 && c != 0x7F)
            ret_text[len++] = *raw;
        else
            len += (size_t)snprintf(ret_text + len, size - len, "\\x%02X", c);
    }
    ret_text[len] = '\0';
}

void px_log_put(px_log *log, px_log_level level, const char *event, const char *format, ...)
{
    char raw[LINE_BYTES_MAX], text[LINE_BYTES_MAX];
    va_list args;

    if (!log || level < log->level_min)
        return;
    va_start(args, format);
    vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    escape(text, sizeof(text), raw);
    log->sink(log, level, event, text);
}
