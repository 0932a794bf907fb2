/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's online backup with the writer's connection as its source: what later commits change is
 * handed on to the copy by SQLite itself, so it never begins again. The copy's own connection
 * neither logs nor syncs. It grows as PATH.part; kept, it is synced, takes its name, and the
 * directory is synced. It is a pollux.db like any other.
 */
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "store/folder.h"
#include "store/impl.h"

void pxi_backup_end(px_store *store)
{
    pxi_store *s = pxi_store_of(store);

    if (s->backup)
        sqlite3_backup_finish(s->backup);
    if (s->backup_db)
        sqlite3_close(s->backup_db);
    s->backup = NULL;
    s->backup_db = NULL;
}

static void forget(pxi_store *s)
{
    px_free(s->backup_path);
    px_free(s->backup_part);
    s->backup_path = s->backup_part = NULL;
}

void pxi_backup_drop(px_store *store)
{
    pxi_store *s = pxi_store_of(store);

    pxi_backup_end(store);
    if (s->backup_part)
        s->env->remove(s->env, s->backup_part);
    forget(s);
}

/* ---- begin ---- */

/* The log's pages included: more than the file has. */
static px_status count_pages(pxi_store *s, px_err *ret_err)
{
    sqlite3_stmt *stmt = NULL;
    int code;

    PX_TRY(pxi_sql_prepare(s->vfs, s->db, "PRAGMA page_count", &stmt, ret_err));
    code = sqlite3_step(stmt);
    s->backup_pages = s->backup_pages_left = (uint32_t)sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    if (code != SQLITE_ROW)
        return pxi_sql_fail(s->vfs, s->db, code, "cannot begin the backup", ret_err);
    return PX_OK;
}

static px_status check_free(pxi_store *s, const char *path, px_err *ret_err)
{
    int64_t room = s->env->free_bytes(s->env, path);
    int64_t wanted = (int64_t)s->backup_pages * PXI_PAGE_BYTES;
    bool there = false;

    if (s->env->exists(s->env, path, &there) != PX_OK)
        return px_fail(ret_err, PX_IO, "cannot look at %s", path);
    if (there)
        return px_fail_id(ret_err, PX_CONFLICT, "backup.exists",
                          "%s is there already; a backup overwrites nothing", path);
    if (room < wanted + PX_BACKUP_FREE_BYTES_MIN)
        return px_fail_id(ret_err, PX_FULL, "backup.full",
                          "the backup takes about %lld MiB and leaves %d MiB free, but the disk of "
                          "%s has only %lld MiB left",
                          (long long)(wanted >> 20), PX_BACKUP_FREE_BYTES_MIN >> 20, path,
                          (long long)(room >> 20));
    return PX_OK;
}

static px_status name_files(pxi_store *s, const char *path, px_err *ret_err)
{
    size_t size = strlen(path) + sizeof(PXI_PART);

    s->backup_path = px_alloc(size);
    s->backup_part = px_alloc(size);
    if (!s->backup_path || !s->backup_part)
        return px_no_memory(ret_err);
    snprintf(s->backup_path, size, "%s", path);
    snprintf(s->backup_part, size, "%s" PXI_PART, path);
    return PX_OK;
}

static px_status open_copy(pxi_store *s, px_err *ret_err)
{
    s->env->remove(s->env, s->backup_part); /* of a process that was killed */
    PX_TRY(pxi_sql_open(s->vfs, s->backup_part, PXI_SQL_BACKUP, &s->backup_db, ret_err));
    s->backup = sqlite3_backup_init(s->backup_db, "main", s->db, "main");
    if (!s->backup)
        return pxi_sql_fail(s->vfs, s->backup_db, sqlite3_errcode(s->backup_db),
                            "cannot begin the backup", ret_err);
    return PX_OK;
}

px_status pxi_backup_begin(px_store *store, const char *path, px_err *ret_err)
{
    pxi_store *s = pxi_store_of(store);
    px_status status;

    if (s->fatal.status != PX_OK)
        return px_fail(ret_err, s->fatal.status, "%s", s->fatal.text);
    if (s->backup_path)
        return px_fail_id(ret_err, PX_BUSY, "backup.running", "a backup is under way to %s",
                          s->backup_path);
    PX_TRY(count_pages(s, ret_err));
    PX_TRY(check_free(s, path, ret_err));
    s->backup_done = false;
    status = name_files(s, path, ret_err);
    if (status == PX_OK)
        status = open_copy(s, ret_err);
    if (status != PX_OK)
        pxi_backup_drop(store);
    return status;
}

/* ---- the copy ---- */

static px_status step_failed(pxi_store *s, int code, px_err *ret_err)
{
    if (pxi_sql_status(code) == PX_FULL)
        return px_fail_id(ret_err, PX_FULL, "backup.full",
                          "the backup ended because its disk is full");
    return pxi_sql_fail(s->vfs, NULL, code, "the backup failed", ret_err);
}

/* The room that the copy takes must not be what the server's own next commits need. */
static bool has_room(pxi_store *s)
{
    return s->env->free_bytes(s->env, s->backup_part) >= PX_BACKUP_FREE_BYTES_MIN;
}

px_status pxi_backup_step(px_store *store, uint32_t pages, bool *ret_done, px_err *ret_err)
{
    pxi_store *s = pxi_store_of(store);
    int code;

    if (!s->backup)
        return px_fail(ret_err, PX_NOT_FOUND, "no backup is under way");
    if (!has_room(s))
        return step_failed(s, SQLITE_FULL, ret_err);
    code = s->backup_done ? SQLITE_DONE : sqlite3_backup_step(s->backup, (int)pages);
    s->backup_done = code == SQLITE_DONE;
    s->backup_pages = (uint32_t)sqlite3_backup_pagecount(s->backup);
    s->backup_pages_left = (uint32_t)sqlite3_backup_remaining(s->backup);
    *ret_done = s->backup_done;
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return PX_OK;
    return step_failed(s, code, ret_err);
}

/* ---- its end ---- */

px_status pxi_backup_sync(px_store *store)
{
    pxi_store *s = pxi_store_of(store);
    px_env *env = s->env;
    px_file *file = NULL;
    px_status status;

    PX_TRY(env->open(env, s->backup_part, PX_OPEN_READ | PX_OPEN_WRITE, &file, NULL));
    status = env->sync(env, file);
    env->close(env, file);
    return status;
}

/* Nothing bears the name that is not durable. */
static px_status give_name(pxi_store *s)
{
    px_env *env = s->env;
    px_status status;

    PX_TRY(env->rename(env, s->backup_part, s->backup_path));
    status = env->sync_dir(env, s->backup_path);
    if (status != PX_OK)
        env->remove(env, s->backup_path);
    return status;
}

px_status pxi_backup_keep(px_store *store, px_err *ret_err)
{
    pxi_store *s = pxi_store_of(store);
    px_status status;

    px_assert(s->backup_done && !s->backup);
    status = pxi_backup_sync(store);
    if (status == PX_OK)
        status = give_name(s);
    if (status != PX_OK) {
        status = px_fail_id(ret_err, status == PX_FULL ? PX_FULL : PX_IO, "backup.sync",
                            "cannot make the backup %s durable", s->backup_path);
        pxi_backup_drop(store);
        return status;
    }
    forget(s);
    return PX_OK;
}
