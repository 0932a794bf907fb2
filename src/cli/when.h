/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Times as they stand in recorded files, made UTC; and lengths of time as people write them.
 *
 * Read: RFC 3339; the same with a blank for the T, with slashes, without seconds, without a time of
 * day, without a zone; and seconds since 1970 with or without a fraction, or milliseconds,
 * microseconds, nanoseconds by their size. Digits past the ninth of a fraction are dropped.
 * Threads: one (a named zone sets the process's TZ).
 */
#ifndef PX_CLI_WHEN_H
#define PX_CLI_WHEN_H

#include "base/time.h"

/* How times without a zone are read. */
typedef struct px_zone {
    bool named;        /* through the C library's tzdata; else a fixed offset */
    int64_t offset_ns; /* east of Greenwich */
} px_zone;

/**
 * "UTC", "Z", "+08:00", "-0330" or a name such as Europe/Berlin.
 *
 * Errors: PX_INVALID (no such form), PX_NOT_FOUND (no such zone on this machine).
 */
PX_NODISCARD px_status px_zone_parse(const char *text, px_zone *ret_zone, px_err *ret_err);

typedef struct px_when {
    px_time time;
    bool zoneless;  /* the text had no zone: `zone` was used */
    bool ambiguous; /* the clock showed this time twice; see px_when_parse */
} px_when;

/**
 * Reads one time.
 *
 * @param after  of the row before, or PX_TIME_NONE: of a time that the clock showed twice the first
 *               is taken, unless it lies before this and the second does not
 * Errors: PX_INVALID (no time, a time that the clock skipped, before 1970 or after 2261).
 */
PX_NODISCARD px_status px_when_parse(px_str text, const px_zone *zone, px_time after,
                                     px_when *ret_when, px_err *ret_err);

/* "100ms", "1s", "1.5s", "10us", "250ns", "2m" (or "2min"), "1h", "7d". More than 0. */
PX_NODISCARD px_status px_duration_parse(px_str text, int64_t *ret_ns, px_err *ret_err);

/**
 * A length of time that the server counts in whole seconds, from 1 to `max_s`: `90`, or `1.5s`,
 * `10m`, `1h`, `7d`, rounded up.
 *
 * @param option  that it was given to, for the sentence, such as "--expiry"
 * Errors: PX_INVALID, with the word as it was typed.
 */
PX_NODISCARD px_status px_seconds_parse(const char *option, const char *text, uint64_t max_s,
                                        uint64_t *ret_seconds, px_err *ret_err);

#endif
