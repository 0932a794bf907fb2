/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Plays rows through a sender: at their own pace, N times as fast, or as fast as they are
 * acknowledged; and keeps count of what became of every row.
 *
 * Threads: one.
 */
#ifndef PX_CLI_REPLAY_H
#define PX_CLI_REPLAY_H

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/sender.h"

enum { PX_REPLAY_COMPLAINTS_MAX = 20 }; /* bad rows told one by one; the rest is counted */

typedef struct px_replay {
    px_cli *cli;
    const char *file; /* name in messages */
    px_rows rows;
    px_sender *sender;
    double speed; /* times real time; 0: as fast as acknowledged */
    px_progress progress;

    uint64_t row_count, bad, empty, complaints;
    px_time first_time;
    int64_t begin_ns;
    const px_row *next; /* read, and not yet due; NULL: none */
    bool ended;
} px_replay;

/* Everything in `replay` above the blank line is set and open. Errors: of reading and sending;
 * PX_INTERRUPTED. Bad and refused rows are counted and told on stderr, not failed. */
PX_NODISCARD px_status px_replay_run(px_replay *replay, px_err *ret_err);

/* The sender's callbacks; `data` is the px_replay. */
void px_replay_on_note(void *data, const char *text);
void px_replay_on_refused(void *data, uint64_t row, bool partly, const char *reason);

#endif
