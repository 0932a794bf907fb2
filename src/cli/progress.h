/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A progress line on stderr: share, count, rate, time to go. Silent when stderr is no terminal.
 *
 * Redrawn at most ten times a second. Threads: one.
 */
#ifndef PX_CLI_PROGRESS_H
#define PX_CLI_PROGRESS_H

#include "cli/term.h"

typedef struct px_progress {
    FILE *stream;
    px_term term;
    const char *unit; /* "rows" */
    uint64_t total;   /* of `done` in px_progress_show; 0: unknown */
    int64_t begin_ns, drawn_ns;
    bool visible; /* a line stands on the terminal */
} px_progress;

/* `unit` is static. */
px_progress px_progress_of(FILE *stream, const char *unit, uint64_t total);

/* `done` of `total` is behind us, `count` units in all; `label` (may be NULL) is put first. */
void px_progress_show(px_progress *progress, uint64_t done, uint64_t count, const char *label);
/* Takes the line away, so that something else can be printed. */
void px_progress_clear(px_progress *progress);

int64_t px_monotonic_ns(void);

/* The text of the line, for the test: 1,234 rows, 5,678 rows/s, 12 s to go. */
void px_put_progress(px_buf *buf, const px_progress *progress, uint64_t done, uint64_t count,
                     int64_t now_ns, const char *label);

#endif
