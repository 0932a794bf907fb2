/* SPDX-License-Identifier: Apache-2.0 */
#include "server/log_stderr.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void sink(px_log *log, px_log_level level, const char *event, const char *text)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    struct timespec now;
    struct tm utc;
    char line[1400];
    int len;

    (void)log;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    len = snprintf(line, sizeof(line), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s %s\n",
                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                   utc.tm_sec, now.tv_nsec / 1000000, names[level], event, text);
    if (len >= (int)sizeof(line))
        len = (int)sizeof(line) - 1;
    if (write(STDERR_FILENO, line, (size_t)len) < 0)
        return; /* nowhere to say it */
}

px_log px_log_stderr(px_log_level level_min)
{
    return (px_log){ .sink = sink, .level_min = level_min };
}
