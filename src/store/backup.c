/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's online backup with the writer's connection as its source: what later commits change is
 * handed on to the copy by SQLite itself, so it never begins again. The copy's own connection
 * neither logs nor syncs; one sync at the end makes it durable. It is a pollux.db like any other.
 */
#include "base/mem.h"
#include "store/impl.h"

static void let_go(pxi_store *s)
{
    if (s->backup)
        sqlite3_backup_finish(s->backup);
    if (s->backup_db)
        sqlite3_close(s->backup_db);
    px_free(s->backup_path);
    s->backup = NULL;
    s->backup_db = NULL;
    s->backup_path = NULL;
}

static px_status give_up(pxi_store *s)
{
    px_status status;
    char *path = s->backup_path;

    s->backup_path = NULL;
    let_go(s);
    status = s->env->remove(s->env, path);
    px_free(path);
    return status;
}

static px_status check_free(pxi_store *s, const char *path, px_err *ret_err)
{
    bool there = false;

    if (s->backup)
        return px_fail(ret_err, PX_BUSY, "a backup is under way to %s", s->backup_path);
    if (s->env->exists(s->env, path, &there) != PX_OK)
        return px_fail(ret_err, PX_IO, "cannot look at %s", path);
    if (there)
        return px_fail(ret_err, PX_CONFLICT, "%s is there already; a backup overwrites nothing",
                       path);
    return PX_OK;
}

px_status pxi_backup_begin(px_store *store, const char *path, px_err *ret_err)
{
    pxi_store *s = pxi_store_of(store);
    size_t len = strlen(path) + 1;
    px_status status;

    if (s->fatal.status != PX_OK)
        return px_fail(ret_err, s->fatal.status, "%s", s->fatal.text);
    PX_TRY(check_free(s, path, ret_err));
    s->backup_path = px_alloc(len);
    if (!s->backup_path)
        return px_no_memory(ret_err);
    memcpy(s->backup_path, path, len);
    s->backup_done = false;
    status = pxi_sql_open(s->vfs, path, PXI_SQL_BACKUP, &s->backup_db, ret_err);
    if (status == PX_OK) {
        s->backup = sqlite3_backup_init(s->backup_db, "main", s->db, "main");
        if (!s->backup)
            status = pxi_sql_fail(s->vfs, s->backup_db, sqlite3_errcode(s->backup_db),
                                  "cannot begin the backup", ret_err);
    }
    if (status != PX_OK)
        give_up(s);
    return status;
}

px_status pxi_backup_step(px_store *store, uint32_t pages, bool *ret_done, px_err *ret_err)
{
    pxi_store *s = pxi_store_of(store);
    int code;

    if (!s->backup)
        return px_fail(ret_err, PX_NOT_FOUND, "no backup is under way");
    code = s->backup_done ? SQLITE_DONE : sqlite3_backup_step(s->backup, (int)pages);
    s->backup_done = code == SQLITE_DONE;
    *ret_done = s->backup_done;
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return PX_OK;
    return pxi_sql_fail(s->vfs, NULL, code, "the backup failed", ret_err);
}

static px_status make_durable(pxi_store *s, px_err *ret_err)
{
    px_env *env = s->env;
    px_file *file = NULL;
    px_status status;

    PX_TRY(env->open(env, s->backup_path, PX_OPEN_READ | PX_OPEN_WRITE, &file, ret_err));
    status = env->sync(env, file);
    env->close(env, file);
    if (status == PX_OK)
        status = env->sync_dir(env, s->backup_path);
    if (status != PX_OK)
        return px_fail(ret_err, PX_IO, "cannot make the backup %s durable", s->backup_path);
    return PX_OK;
}

px_status pxi_backup_finish(px_store *store, px_err *ret_err)
{
    pxi_store *s = pxi_store_of(store);
    px_status status;
    int code;

    if (!s->backup)
        return px_fail(ret_err, PX_NOT_FOUND, "no backup is under way");
    if (!s->backup_done)
        return give_up(s);
    code = sqlite3_backup_finish(s->backup);
    s->backup = NULL;
    sqlite3_close(s->backup_db); /* its last pages go to the file here */
    s->backup_db = NULL;
    if (code != SQLITE_OK)
        status = pxi_sql_fail(s->vfs, NULL, code, "the backup failed", ret_err);
    else
        status = make_durable(s, ret_err);
    if (status != PX_OK)
        give_up(s);
    else
        let_go(s);
    return status;
}
