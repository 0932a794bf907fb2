/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SQLite behind px_store and px_journal: one file, one connection that writes.
 *
 * DIR/pollux.db holds the journal and the folds, DIR/pollux.db-wal what is not moved there yet,
 * DIR/pollux.lock keeps a second process out, DIR/pollux.reserve keeps room for a clean stop.
 * Every page carries a CRC-32C of its own (docs/formats/checkpoint.md), every row one more: what
 * is damaged is named when it is read, and never served.
 */
#ifndef PX_STORE_STORE_H
#define PX_STORE_STORE_H

#include "base/env.h"
#include "base/log.h"
#include "journal/journal.h"

#define PX_STORE_SCHEMA 6 /* the newest schema that this release knows; meta (1, 0, 0) holds it */

typedef struct px_store_opts {
    px_env *env;            /* borrowed until close; px_env_posix() when NULL */
    px_log *log;            /* borrowed until close; may be NULL */
    const char *dir;        /* must exist; copied */
    bool threadless;        /* no checkpoint thread: px_store_checkpoint_step does its work */
    int64_t wal_bytes_max;  /* where a checkpoint begins; 0 = PX_WAL_BYTES_MAX */
    int64_t wal_room_bytes; /* the log's file is so long from the start, where the disk has
                               PX_WAL_ROOM_SHARE times that; 0: it grows */
    int64_t reserve_bytes;  /* 0 = PX_STORE_RESERVE_BYTES; negative = no reserve */
} px_store_opts;

/**
 * Opens the data directory, and makes what is missing.
 *
 * Checks before anything is served: settings of SQLite read back, schema, the WAL's frames (a
 * damaged acknowledged commit is named, not dropped), and the newest rows of the journal, at most
 * PX_STORE_CHECK_BYTES of them.
 *
 * Errors: PX_BUSY (another process has the directory), PX_UNSUPPORTED (written by a newer release),
 * PX_CORRUPT, PX_FULL (only when the directory is new), PX_NOT_FOUND, PX_DENIED, PX_IO,
 * PX_NO_MEMORY. Threads: the caller's thread becomes the writer's, or hands the store on whole.
 */
PX_NODISCARD px_status px_store_open(const px_store_opts *opts, px_store **ret_store,
                                     px_err *ret_err);

#endif
