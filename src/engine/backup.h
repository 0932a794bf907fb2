/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A backup while the server serves: some pages of the file after each commit, never more than
 * PX_BACKUP_US_PER_COMMIT, and on and on when there is nothing to commit.
 *
 * The engine's thread copies; a thread that lives as long as the backup syncs what was copied, so
 * that no acknowledgement waits for it, and gives the whole copy its name. What ends it, a full
 * disk among it, is told in its figures and ends nothing else. One at a time. A server that stops
 * gives it up.
 */
#ifndef PX_ENGINE_BACKUP_H
#define PX_ENGINE_BACKUP_H

#include "base/time.h"

enum { PX_BACKUP_PATH_BYTES_MAX = 4096 };

typedef struct px_engine px_engine;

typedef enum px_backup_phase {
    PX_BACKUP_NONE, /* since the start */
    PX_BACKUP_COPYING,
    PX_BACKUP_ENDING, /* all is copied and becomes durable, or it is given up and goes */
    PX_BACKUP_DONE,
    PX_BACKUP_FAILED,
    PX_BACKUP_CANCELLED,
    PX_BACKUP_PHASES
} px_backup_phase;

const char *px_backup_phase_name(px_backup_phase phase); /* "copying" */

/* Of the one that is under way, or the last. */
typedef struct px_backup_stat {
    px_backup_phase phase;
    char path[PX_BACKUP_PATH_BYTES_MAX];
    px_time begun, ended; /* ended: PX_TIME_NONE while it is under way */
    uint32_t pages, pages_left;
    uint64_t seq;                           /* DONE: everything acknowledged up to here is in it */
    px_err err;                             /* FAILED */
    uint64_t ended_count[PX_BACKUP_PHASES]; /* by how they ended */
} px_backup_stat;

/* On the engine's thread (PX_REQUEST_CALL). Errors: those of px_store_backup_begin. */
PX_NODISCARD px_status px_engine_backup_begin(px_engine *engine, const char *path, px_err *ret_err);
/* The same thread. Nothing when none is being copied. */
void px_engine_backup_cancel(px_engine *engine);
/* Any thread. */
px_backup_stat px_engine_backup_stat(px_engine *engine);

#endif
