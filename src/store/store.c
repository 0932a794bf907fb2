/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "store/impl.h"
#include "store/schema.h"
#include "store/wal.h"

/* --- the directory ---------------------------------------------------------------------------- */

static char *join(const char *dir, const char *name)
{
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = px_alloc(size);

    if (path)
        snprintf(path, size, "%s/%s", dir, name);
    return path;
}

static px_status name_files(pxi_store *s, const char *dir, px_err *ret_err)
{
    s->db_path = join(dir, "pollux.db");
    s->wal_path = join(dir, "pollux.db-wal");
    s->lock_path = join(dir, "pollux.lock");
    s->reserve_path = join(dir, "pollux.reserve");
    if (!s->db_path || !s->wal_path || !s->lock_path || !s->reserve_path)
        return px_no_memory(ret_err);
    return PX_OK;
}

static px_status take_directory(pxi_store *s, px_err *ret_err)
{
    px_env *env = s->env;
    px_status status;

    PX_TRY(env->open(env, s->lock_path, PX_OPEN_READ | PX_OPEN_WRITE | PX_OPEN_CREATE,
                     &s->lock_file, ret_err));
    status = env->lock(env, s->lock_file);
    if (status == PX_BUSY)
        return px_fail_id(ret_err, PX_BUSY, "store.locked",
                          "another process has the data directory (%s is locked); stop it first, "
                          "or choose another --data",
                          s->lock_path);
    if (status != PX_OK)
        return px_fail(ret_err, status, "cannot lock %s", s->lock_path);
    return PX_OK;
}

/* --- room that is kept ------------------------------------------------------------------------ */

/* Zeros from where the file ends to `bytes`. */
static px_status lengthen(px_env *env, px_file *file, int64_t bytes)
{
    static const char zeros[1 << 16];
    int64_t at = 0;

    PX_TRY(env->size(env, file, &at));
    if (at >= bytes)
        return PX_OK;
    for (; at < bytes; at += (int64_t)sizeof(zeros)) {
        int64_t n = bytes - at < (int64_t)sizeof(zeros) ? bytes - at : (int64_t)sizeof(zeros);

        PX_TRY(env->write(env, file, zeros, (size_t)n, at));
    }
    return env->sync(env, file);
}

/* A file of at least so many bytes, where the disk has `share` times that. PX_BUSY: it has not. */
static px_status make_room(px_env *env, const char *path, int flags, int64_t bytes, int share)
{
    px_file *file = NULL;
    px_status status;

    if (env->free_bytes(env, path) / share < bytes)
        return PX_BUSY;
    PX_TRY(env->open(env, path, PX_OPEN_READ | PX_OPEN_WRITE | flags, &file, NULL));
    status = lengthen(env, file, bytes);
    env->close(env, file);
    return status;
}

/* Without it the store works all the same: a full disk just leaves less room for the end. */
static void make_reserve(pxi_store *s, int64_t bytes)
{
    px_status status;

    if (bytes < 0)
        return;
    status = make_room(s->env, s->reserve_path, PX_OPEN_CREATE, bytes, 2);
    s->reserved = status == PX_OK;
    if (status == PX_OK || status == PX_BUSY)
        return;
    s->env->remove(s->env, s->reserve_path);
    px_log_warn(s->log, "store.reserve", "no room is kept for a clean stop: %s",
                px_status_meaning(status));
}

/* The sync of a file that grows waits for the file system's own journal, and so for whatever else
 * goes to this disk. A log that did not get its room grows as it always can. */
static void make_log_room(pxi_store *s, int64_t bytes)
{
    px_status status = make_room(s->env, s->wal_path, 0, bytes, PX_WAL_ROOM_SHARE);

    if (status != PX_OK && status != PX_BUSY)
        px_log_warn(s->log, "store.log_room", "the log grows as it goes: %s",
                    px_status_meaning(status));
}

static void release_reserve(px_store *store)
{
    pxi_store *s = pxi_store_of(store);

    s->env->remove(s->env, s->reserve_path);
    s->reserved = false;
}

/* --- opening ---------------------------------------------------------------------------------- */

static int64_t size_of(px_env *env, const char *path)
{
    px_file *file = NULL;
    int64_t size = 0;

    if (env->open(env, path, PX_OPEN_READ, &file, NULL) != PX_OK)
        return 0;
    if (env->size(env, file, &size) != PX_OK)
        size = 0;
    env->close(env, file);
    return size;
}

static px_status open_database(pxi_store *s, px_err *ret_err)
{
    int64_t wal_bytes;

    PX_TRY(pxi_schema_check_head(s->env, s->db_path, ret_err));
    PX_TRY(pxi_wal_settle(s->env, s->wal_path, &wal_bytes, ret_err));
    PX_TRY(pxi_vfs_new(s->env, s->db_path, &s->vfs, ret_err));
    s->vfs->file_bytes = size_of(s->env, s->db_path);
    s->vfs->wal_bytes = wal_bytes;
    PX_TRY(pxi_sql_open(s->vfs, s->db_path, PXI_SQL_WRITER, &s->db, ret_err));
    /* a process that was killed may have left names that no sync has reached */
    if (s->env->sync_dir(s->env, s->db_path) != PX_OK)
        return px_fail(ret_err, PX_IO, "cannot sync the data directory of %s", s->db_path);
    PX_TRY(pxi_schema_open(s->vfs, s->db, ret_err));
    PX_TRY(pxi_start_journal(s, ret_err));
    return pxi_writer_open(s, ret_err);
}

static px_status start_checkpoint(pxi_store *s, const px_store_opts *opts, px_err *ret_err)
{
    pxi_checkpoint *c = &s->checkpoint;

    c->vfs = s->vfs;
    c->log = s->log;
    c->writer = s->db;
    c->limit = opts->wal_bytes_max ? opts->wal_bytes_max : PX_WAL_BYTES_MAX;
    c->threaded = !opts->threadless;
    PX_TRY(pxi_sql_open(s->vfs, s->db_path, PXI_SQL_CHECKPOINT, &c->db, ret_err));
    s->checkpoint_started = true;
    return pxi_checkpoint_start(c, ret_err);
}

static px_status checkpoint_step(px_store *store, px_err *ret_err)
{
    pxi_store *s = pxi_store_of(store);
    px_status status;
    px_err err;

    if (s->fatal.status != PX_OK)
        return px_fail(ret_err, s->fatal.status, "%s", s->fatal.text);
    status = pxi_checkpoint_step(&s->checkpoint, &err);
    return status == PX_OK ? PX_OK : pxi_store_die(s, status, &err, ret_err);
}

static void stats(px_store *store, px_store_stats *ret_stats)
{
    pxi_store *s = pxi_store_of(store);

    *ret_stats = (px_store_stats){
        .commits = s->commits,
        .commits_full = s->commits_full,
        .syncs = s->vfs->syncs,
        .log_sync_ns = s->vfs->log_sync_ns,
        .checkpoints = s->checkpoint.done,
        .checkpoint_waits = s->checkpoint.waits,
        .wal_bytes = s->vfs->wal_bytes,
        .wal_file_bytes = s->vfs->wal_file_bytes,
        .file_bytes = s->vfs->file_bytes,
        .journal_bytes = s->journal_bytes,
        .backup_pages = s->backup_pages,
        .backup_pages_left = s->backup_pages_left,
        .full = s->full,
        .dead = s->vfs->dead,
    };
    for (int i = 0; i < PX_SYNC_BOUNDS; i++)
        ret_stats->log_syncs_over[i] = s->vfs->log_syncs_over[i];
}

/* The last connection to close moves the log into the file and removes it; a dead store's files
 * stay as they are. */
static void close_store(px_store *store)
{
    pxi_store *s = pxi_store_of(store);

    if (s->backup_path)
        pxi_backup_drop(store);
    if (s->checkpoint_started)
        pxi_checkpoint_stop(&s->checkpoint);
    if (s->full)
        release_reserve(store);
    if (s->checkpoint.db) {
        sqlite3_db_config(s->checkpoint.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_close(s->checkpoint.db);
    }
    if (s->db) {
        pxi_writer_close(s);
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (int)s->vfs->dead, NULL);
        sqlite3_close(s->db);
    }
    pxi_vfs_free(s->vfs);
    px_row_packer_free(s->packer);
    if (s->lock_file)
        s->env->close(s->env, s->lock_file);
    px_free(s->db_path);
    px_free(s->wal_path);
    px_free(s->lock_path);
    px_free(s->reserve_path);
    px_free(s);
}

static px_status open_all(pxi_store *s, const px_store_opts *opts, px_err *ret_err)
{
    int64_t reserve = opts->reserve_bytes ? opts->reserve_bytes : PX_STORE_RESERVE_BYTES;

    PX_TRY(name_files(s, opts->dir, ret_err));
    PX_TRY(px_row_packer_new(&s->packer, ret_err));
    PX_TRY(take_directory(s, ret_err));
    PX_TRY(open_database(s, ret_err));
    if (opts->wal_room_bytes > 0)
        make_log_room(s, opts->wal_room_bytes);
    s->vfs->wal_file_bytes = size_of(s->env, s->wal_path);
    PX_TRY(start_checkpoint(s, opts, ret_err));
    make_reserve(s, reserve);
    return PX_OK;
}

px_status px_store_open(const px_store_opts *opts, px_store **ret_store, px_err *ret_err)
{
    static const px_store_ops ops = {
        .commit = pxi_commit,
        .checkpoint_step = checkpoint_step,
        .reader_open = pxi_reader_open,
        .journal_open = pxi_journal_open,
        .backup_begin = pxi_backup_begin,
        .backup_step = pxi_backup_step,
        .backup_end = pxi_backup_end,
        .backup_sync = pxi_backup_sync,
        .backup_keep = pxi_backup_keep,
        .backup_drop = pxi_backup_drop,
        .release_reserve = release_reserve,
        .stats = stats,
        .close = close_store,
    };
    pxi_store *s;
    px_status status;

    PX_TRY(pxi_sql_setup(ret_err));
    s = px_zalloc(1, sizeof(*s));
    if (!s)
        return px_no_memory(ret_err);
    s->base.ops = &ops;
    s->env = opts->env ? opts->env : px_env_posix();
    s->log = opts->log;
    status = open_all(s, opts, ret_err);
    if (status != PX_OK) {
        if (s->vfs)
            s->vfs->dead = true; /* nothing is repaired behind the reader's back */
        close_store(&s->base);
        return status;
    }
    *ret_store = &s->base;
    return PX_OK;
}
