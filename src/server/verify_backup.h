/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Whether a backup is whole: every row of every table is read and checked, and a start is played on
 * it that writes nothing (store/dry_env.h).
 *
 * Memory: that of a server with as many twins. Threads: any.
 */
#ifndef PX_SERVER_VERIFY_BACKUP_H
#define PX_SERVER_VERIFY_BACKUP_H

#include "base/err.h"
#include "base/time.h"

typedef struct px_backup_report {
    uint64_t journal_rows, fold_rows; /* read */
    uint64_t seq_first, seq_last;     /* of the journal that it holds; 0: none */
    px_time time_last;
    uint64_t twins, relationships;
} px_backup_report;

/* Errors: PX_CORRUPT (names what is damaged), PX_UNSUPPORTED (of a newer release), PX_NOT_FOUND,
 * PX_IO, PX_NO_MEMORY. */
PX_NODISCARD px_status px_verify_backup(const char *path, px_backup_report *ret_report,
                                        px_err *ret_err);

#endif
