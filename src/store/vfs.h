/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A sqlite3_vfs over px_env: every byte that SQLite reads or writes goes through here.
 *
 * One per open store, registered under a name of its own. Pages of the main file are sealed and
 * checked (page.h), frames of the log are checked when read (wal.h). One process has the directory
 * (pollux.lock), so the log's index lies in heap memory and locks are counted here. After a failed
 * sync, or when the store has died, every further write and sync fails.
 *
 * Threads: any; a file belongs to its connection.
 */
#ifndef PX_STORE_VFS_H
#define PX_STORE_VFS_H

#include <pthread.h>
#include <stdatomic.h>

#include <sqlite3.h>

#include "base/env.h"
#include "journal/journal.h"
#include "store/gather.h"
#include "store/page.h"

typedef struct pxi_node pxi_node; /* what the connections of one database file share */

typedef struct pxi_vfs {
    sqlite3_vfs sqlite; /* pAppData is the px_env */
    char name[40];
    px_env *env;

    pthread_mutex_t lock; /* guards `nodes`, what hangs on them, and `damage` */
    pxi_node *nodes;
    char damage[160]; /* where the last failed check was */

    _Atomic bool dead;        /* no write, no sync any more */
    _Atomic bool sync_failed; /* nothing may be acknowledged after it */
    _Atomic bool hurry;       /* the checkpoint rests no more: the log is growing over its limit */
    _Atomic uint64_t syncs;
    _Atomic int64_t log_sync_ns;
    _Atomic uint64_t log_syncs_over[PX_SYNC_BOUNDS];
    _Atomic uint64_t wal_starts; /* times the log began anew */
    _Atomic int64_t wal_bytes;   /* the end of what was written since */
    _Atomic int64_t wal_file_bytes, file_bytes;
} pxi_vfs;

/* Node and files of a connection, for vfs.c and node.c. */
typedef enum pxi_file_kind { PXI_FILE_DB, PXI_FILE_WAL, PXI_FILE_OTHER } pxi_file_kind;

typedef struct pxi_file {
    sqlite3_file sqlite; /* first: SQLite knows this part */
    pxi_vfs *vfs;
    px_file *file;
    const char *path; /* SQLite keeps it as long as the file is open */
    pxi_file_kind kind;
    pxi_gather gather; /* of the log: written at the next sync */
    bool fresh;        /* made by this open: its name is not durable before the first sync */
    bool main;         /* the store's own file or log, not a backup's: it is counted */
    bool paced;        /* of the checkpoint's connection: sync and rest after every MiB */
    int64_t unsynced;  /* bytes written since, when paced */
    int level;         /* SQLITE_LOCK_… that this connection holds */
    pxi_node *node;    /* databases only */
    bool shm_open;
    uint16_t shm_shared, shm_exclusive; /* bit per slot that this connection holds */
} pxi_file;

PX_NODISCARD px_status pxi_vfs_new(px_env *env, const char *main_path, pxi_vfs **ret_vfs,
                                   px_err *ret_err);
/* No connection may be open. */
void pxi_vfs_free(pxi_vfs *vfs);

/* Makes writes through this connection of the main file pause: for the checkpoint thread. */
void pxi_vfs_pace(sqlite3 *db);

/* Copies where the last failed check was; "" when none failed. */
void pxi_vfs_damage(pxi_vfs *vfs, char ret_text[160]);

/* node.c: locks of the rollback protocol, and the log's index. */
int pxi_node_attach(pxi_file *f);
void pxi_node_detach(pxi_file *f);
int pxi_node_lock(sqlite3_file *file, int level);
int pxi_node_unlock(sqlite3_file *file, int level);
int pxi_node_is_reserved(sqlite3_file *file, int *ret_reserved);
int pxi_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret_memory);
int pxi_shm_lock(sqlite3_file *file, int offset, int count, int flags);
void pxi_shm_barrier(sqlite3_file *file);
int pxi_shm_unmap(sqlite3_file *file, int remove);

#endif
