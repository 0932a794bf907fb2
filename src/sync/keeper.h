/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Keeps over a restart what this room has in memory: what devices were seen to do, and what was
 * refused.
 *
 * It reads the rows at the start. From then on it hands the writer, in rounds, what changed since
 * the last one; each part of a round is one effect and rides in a coming commit, so nothing is
 * written for a message that is taken. Whatever changes is on the disk PX_DEVICES_SAVE_NS or
 * PX_REJECTS_SAVE_NS later, and at a clean stop; a kill loses what came in between. For rejects
 * that somebody waits for (px_rejects_await) a round begins at once. On a full disk whoever waits
 * is told so after PX_KEEPER_FULL_NS.
 *
 * Threads: open, start, stop and close from the owner; step from one at a time, and only where
 * there is no thread.
 */
#ifndef PX_SYNC_KEEPER_H
#define PX_SYNC_KEEPER_H

#include "base/log.h"
#include "engine/engine.h"
#include "sync/presence.h"
#include "sync/rejects.h"

typedef struct px_keeper px_keeper;

/* All borrowed until the close. */
typedef struct px_keeper_opts {
    px_engine *engine;
    px_presence *presence;
    px_rejects *rejects;
    px_log *log; /* may be NULL */
} px_keeper_opts;

/* Reads the rows: before the engine starts, and before anything else is asked of what is read.
 * Errors: PX_CORRUPT, PX_UNSUPPORTED (a newer release wrote them), PX_IO, PX_NO_MEMORY. */
PX_NODISCARD px_status px_keeper_open(const px_keeper_opts *opts, px_keeper **ret_keeper,
                                      px_err *ret_err);
PX_NODISCARD px_status px_keeper_start(px_keeper *keeper, px_err *ret_err);
/* What is due is handed over, what came back is taken note of. True when it did something. */
bool px_keeper_step(px_keeper *keeper);
/* Writes all that changed; the engine must still run. On a full disk, or where that takes longer
 * than PX_KEEPER_STOP_NS, the rest is not written, and the log says so. NULL is fine. */
void px_keeper_stop(px_keeper *keeper);
void px_keeper_close(px_keeper *keeper); /* stopped, or never started; NULL is fine */

#endif
