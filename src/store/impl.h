/* SPDX-License-Identifier: Apache-2.0 */
/* The open store, shared by the files of this room. */
#ifndef PX_STORE_IMPL_H
#define PX_STORE_IMPL_H

#include "store/checkpoint.h"
#include "store/store.h"

typedef struct pxi_writer {
    sqlite3_stmt *begin, *commit, *rollback, *insert_row;
    sqlite3_stmt *trim_pick, *trim_one;
    sqlite3_stmt *put[PX_TABLE_END], *remove[PX_TABLE_END], *range[PX_TABLE_END];
} pxi_writer;

typedef struct pxi_store {
    px_store base; /* first */
    px_env *env;
    px_log *log;
    char *db_path, *wal_path, *lock_path, *reserve_path;
    px_file *lock_file;
    pxi_vfs *vfs;

    /* of the writer's thread */
    sqlite3 *db;
    pxi_writer w;
    px_row_packer *packer;
    uint32_t spine;
    bool has_row; /* the next two are true */
    uint64_t seq_last;
    px_time time_last;
    int64_t bytes_noted;   /* journal_bytes as meta holds it */
    int64_t bytes_trimmed; /* since then */
    uint32_t slice_turn;
    bool reserved; /* the reserve file is there */
    px_err fatal;  /* status != PX_OK: the store is dead */

    sqlite3_backup *backup;
    sqlite3 *backup_db;
    char *backup_path, *backup_part; /* the name that it will bear, and that which it bears */
    bool backup_done;
    _Atomic uint32_t backup_pages, backup_pages_left;

    pxi_checkpoint checkpoint;
    bool checkpoint_started;

    _Atomic int64_t journal_bytes;
    _Atomic uint64_t commits, commits_full;
    _Atomic bool full;
    bool full_told;       /* in the log; the writer's */
    int64_t full_told_ns; /* when: a disk at its edge is full and not full many times a second */
} pxi_store;

static inline pxi_store *pxi_store_of(px_store *store)
{
    return (pxi_store *)store;
}

/* The store takes no commit any more; remembers the sentence and gives back its status. */
px_status pxi_store_die(pxi_store *s, px_status status, const px_err *err, px_err *ret_err);

/* writer.c */
/* Prepares its statements. */
PX_NODISCARD px_status pxi_writer_open(pxi_store *s, px_err *ret_err);
void pxi_writer_close(pxi_store *s);
px_status pxi_commit(px_store *store, const px_commit *commit, px_err *ret_err);

/* ops.c: one op inside the open transaction. `ret_rows`: what it touched. `deadline_ns`: 0 or the
 * env's monotonic time at which a range stops between two portions. Codes are SQLite's; a broken
 * rule is told in `ret_err` and as SQLITE_MISUSE. */
PX_NODISCARD int pxi_op_apply(pxi_store *s, const px_op *op, int64_t deadline_ns,
                              uint32_t *ret_rows, px_err *ret_err);

/* start.c: what a start finds out and checks about the journal; before the first commit. */
PX_NODISCARD px_status pxi_start_journal(pxi_store *s, px_err *ret_err);

/* reader.c, journal_reader.c, backup.c */
px_status pxi_reader_open(px_store *store, px_store_reader **ret_reader, px_err *ret_err);
px_status pxi_journal_open(px_store *store, px_journal **ret_journal, px_err *ret_err);
px_status pxi_backup_begin(px_store *store, const char *path, px_err *ret_err);
px_status pxi_backup_step(px_store *store, uint32_t pages, bool *ret_done, px_err *ret_err);
void pxi_backup_end(px_store *store);
px_status pxi_backup_sync(px_store *store);
px_status pxi_backup_keep(px_store *store, px_err *ret_err);
void pxi_backup_drop(px_store *store);

#endif
