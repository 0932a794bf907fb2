/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vfs.h"

#include <stdio.h>

#include "base/mem.h"
#include "store/wal.h"

enum { PATH_BYTES_MAX = 4096, PACE_BYTES = 1 << 20, PACE_REST_NS = 2000000, SECTOR_BYTES = 4096 };

static pxi_file *file_of(sqlite3_file *file)
{
    return (pxi_file *)file;
}

static pxi_vfs *vfs_of(sqlite3_vfs *sqlite)
{
    return (pxi_vfs *)sqlite;
}

static int code_of(px_status status, int otherwise)
{
    switch (status) {
    case PX_OK:
        return SQLITE_OK;
    case PX_FULL:
        return SQLITE_FULL;
    case PX_NO_MEMORY:
        return SQLITE_IOERR_NOMEM;
    default:
        return otherwise;
    }
}

static void note_damage(pxi_file *f, const char *what, int64_t number, int64_t offset)
{
    const char *name = strrchr(f->path, '/');

    pthread_mutex_lock(&f->vfs->lock);
    snprintf(f->vfs->damage, sizeof(f->vfs->damage),
             "%s %lld of %.64s (byte %lld) does not match its check", what, (long long)number,
             name ? name + 1 : f->path, (long long)offset);
    pthread_mutex_unlock(&f->vfs->lock);
}

void pxi_vfs_damage(pxi_vfs *vfs, char ret_text[160])
{
    pthread_mutex_lock(&vfs->lock);
    memcpy(ret_text, vfs->damage, sizeof(vfs->damage));
    pthread_mutex_unlock(&vfs->lock);
}

/* --- files ------------------------------------------------------------------------------------ */

static void count_write(pxi_file *f, int64_t size, int64_t offset)
{
    int64_t end = offset + size;

    if (f->kind == PXI_FILE_WAL) {
        if (offset == 0)
            f->vfs->wal_starts++;
        f->vfs->wal_bytes = end;
        if (end > f->vfs->wal_file_bytes)
            f->vfs->wal_file_bytes = end;
    } else if (f->kind == PXI_FILE_DB && end > f->vfs->file_bytes) {
        f->vfs->file_bytes = end;
    }
}

static px_status write_now(pxi_file *f, const void *bytes, size_t size, int64_t offset)
{
    PX_TRY(f->vfs->env->write(f->vfs->env, f->file, bytes, size, offset));
    if (f->main)
        count_write(f, (int64_t)size, offset);
    return PX_OK;
}

/* What did not go out belonged to a commit that now fails. */
static px_status write_gathered(pxi_file *f)
{
    size_t len = f->gather.len;

    f->gather.len = 0;
    if (len == 0 || f->vfs->dead)
        return PX_OK;
    return write_now(f, f->gather.bytes, len, f->gather.offset);
}

/* Nobody reads a frame before the sync of its commit: it may wait for that. */
static px_status write_to_log(pxi_file *f, const void *bytes, size_t size, int64_t offset)
{
    if (pxi_gather_add(&f->gather, bytes, size, offset))
        return PX_OK;
    PX_TRY(write_gathered(f));
    if (pxi_gather_add(&f->gather, bytes, size, offset))
        return PX_OK;
    return write_now(f, bytes, size, offset);
}

static int file_close(sqlite3_file *file)
{
    pxi_file *f = file_of(file);

    if (f->node)
        pxi_node_detach(f);
    pxi_gather_release(&f->gather);
    f->vfs->env->close(f->vfs->env, f->file);
    return SQLITE_OK;
}

static int read_frame_page(pxi_file *f, void *bytes, int64_t offset)
{
    px_env *env = f->vfs->env;
    px_status status = pxi_wal_read_page(env, f->file, bytes, offset);

    if (status == PX_CORRUPT) {
        int64_t frame = (offset - PXI_WAL_HEAD) / PXI_FRAME_BYTES;

        note_damage(f, "frame", frame + 1, offset - PXI_FRAME_HEAD);
        return SQLITE_IOERR_DATA;
    }
    return code_of(status, SQLITE_IOERR_READ);
}

static bool is_page(const pxi_file *f, int size, int64_t offset)
{
    return f->kind == PXI_FILE_DB && size == PXI_PAGE_BYTES && offset % PXI_PAGE_BYTES == 0;
}

static int file_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    pxi_file *f = file_of(file);
    size_t wanted = (size_t)size, got = 0;
    px_status status = write_gathered(f);

    if (status != PX_OK)
        return code_of(status, SQLITE_IOERR_READ);
    if (f->kind == PXI_FILE_WAL && pxi_wal_is_page(offset, wanted))
        return read_frame_page(f, bytes, offset);
    status = f->vfs->env->read(f->vfs->env, f->file, bytes, wanted, offset, &got);
    if (status != PX_OK)
        return code_of(status, SQLITE_IOERR_READ);
    if (got < wanted) {
        memset((char *)bytes + got, 0, wanted - got);
        return SQLITE_IOERR_SHORT_READ;
    }
    if (is_page(f, size, offset) &&
        !pxi_page_is_whole(bytes, (uint32_t)(offset / PXI_PAGE_BYTES) + 1)) {
        note_damage(f, "page", offset / PXI_PAGE_BYTES + 1, offset);
        return SQLITE_IOERR_DATA;
    }
    return SQLITE_OK;
}

/* What a commit waited for, when it was the log's. */
static void count_sync(pxi_file *f, int64_t took_ns)
{
    f->vfs->syncs++;
    if (f->kind != PXI_FILE_WAL || !f->main)
        return;
    f->vfs->log_sync_ns += took_ns;
    for (int i = 0; i < PX_SYNC_BOUNDS; i++)
        f->vfs->log_syncs_over[i] += took_ns > px_sync_bound_ns(i);
}

static int file_sync(sqlite3_file *file, int flags)
{
    pxi_file *f = file_of(file);
    px_env *env = f->vfs->env;
    px_status status;
    int64_t from_ns;

    (void)flags;
    if (f->vfs->dead)
        return SQLITE_IOERR_FSYNC;
    status = write_gathered(f);
    if (status != PX_OK)
        return code_of(status, SQLITE_IOERR_WRITE);
    from_ns = env->monotonic_ns(env);
    if (env->sync(env, f->file) != PX_OK || (f->fresh && env->sync_dir(env, f->path) != PX_OK)) {
        f->vfs->sync_failed = f->vfs->dead = f->main || f->vfs->dead;
        return SQLITE_IOERR_FSYNC;
    }
    f->fresh = false;
    count_sync(f, env->monotonic_ns(env) - from_ns);
    return SQLITE_OK;
}

/* A long checkpoint must not fill the disk's queue in front of the commits' own syncs. */
static int pace(pxi_file *f, int size)
{
    int code;

    f->unsynced += size;
    if (f->unsynced < PACE_BYTES)
        return SQLITE_OK;
    f->unsynced = 0;
    code = file_sync(&f->sqlite, 0);
    if (code == SQLITE_OK && !f->vfs->hurry)
        f->vfs->env->sleep_ns(f->vfs->env, PACE_REST_NS);
    return code;
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    pxi_file *f = file_of(file);
    uint8_t page[PXI_PAGE_BYTES];
    px_status status;

    if (f->vfs->dead)
        return SQLITE_IOERR_WRITE;
    if (f->kind == PXI_FILE_WAL)
        return code_of(write_to_log(f, bytes, (size_t)size, offset), SQLITE_IOERR_WRITE);
    if (is_page(f, size, offset)) {
        memcpy(page, bytes, PXI_PAGE_BYTES);
        pxi_page_seal(page, (uint32_t)(offset / PXI_PAGE_BYTES) + 1);
        bytes = page;
    }
    status = write_now(f, bytes, (size_t)size, offset);
    if (status != PX_OK)
        return code_of(status, SQLITE_IOERR_WRITE);
    return f->paced ? pace(f, size) : SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    pxi_file *f = file_of(file);
    px_status status;

    if (f->vfs->dead)
        return SQLITE_IOERR_TRUNCATE;
    status = write_gathered(f);
    if (status == PX_OK)
        status = f->vfs->env->truncate(f->vfs->env, f->file, size);
    return code_of(status, SQLITE_IOERR_TRUNCATE);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    pxi_file *f = file_of(file);
    int64_t size = 0;
    px_status status = write_gathered(f);

    if (status == PX_OK)
        status = f->vfs->env->size(f->vfs->env, f->file, &size);
    *ret_size = size;
    return code_of(status, SQLITE_IOERR_FSTAT);
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
    (void)file, (void)op, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file)
{
    (void)file;
    return SECTOR_BYTES;
}

/* Bytes beside those being written do not change, whatever the moment of a power cut: what the
 * kernel's page cache and whole 512-byte sectors give. */
static int file_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* --- the file system -------------------------------------------------------------------------- */

static pxi_file_kind kind_of(int flags)
{
    if (flags & SQLITE_OPEN_MAIN_DB)
        return PXI_FILE_DB;
    return flags & SQLITE_OPEN_WAL ? PXI_FILE_WAL : PXI_FILE_OTHER;
}

static int env_flags(int flags)
{
    int mine = PX_OPEN_READ;

    mine |= flags & SQLITE_OPEN_READWRITE ? PX_OPEN_WRITE : 0;
    mine |= flags & SQLITE_OPEN_CREATE ? PX_OPEN_CREATE : 0;
    mine |= flags & SQLITE_OPEN_EXCLUSIVE ? PX_OPEN_EXCLUSIVE : 0;
    return mine;
}

static int open_file(pxi_vfs *vfs, pxi_file *f, const char *path, int flags)
{
    bool there = true;
    px_status status;

    if (flags & SQLITE_OPEN_CREATE) {
        status = vfs->env->exists(vfs->env, path, &there);
        if (status != PX_OK)
            return code_of(status, SQLITE_CANTOPEN);
        if (!there && vfs->dead)
            return SQLITE_CANTOPEN;
    }
    status = vfs->env->open(vfs->env, path, env_flags(flags), &f->file, NULL);
    if (status != PX_OK)
        return code_of(status, SQLITE_CANTOPEN);
    f->fresh = !there;
    return SQLITE_OK;
}

/* The store's own file, its log, and the rollback journal of its first moments. */
static bool is_main(const pxi_vfs *vfs, const char *path)
{
    const char *name = vfs->sqlite.pAppData;
    size_t len = strlen(name);

    if (strncmp(path, name, len) != 0)
        return false;
    path += len;
    return path[0] == '\0' || strcmp(path, "-wal") == 0 || strcmp(path, "-journal") == 0;
}

static int vfs_open(sqlite3_vfs *sqlite, const char *path, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = file_close,
        .xRead = file_read,
        .xWrite = file_write,
        .xTruncate = file_truncate,
        .xSync = file_sync,
        .xFileSize = file_size,
        .xLock = pxi_node_lock,
        .xUnlock = pxi_node_unlock,
        .xCheckReservedLock = pxi_node_is_reserved,
        .xFileControl = file_control,
        .xSectorSize = file_sector_size,
        .xDeviceCharacteristics = file_characteristics,
        .xShmMap = pxi_shm_map,
        .xShmLock = pxi_shm_lock,
        .xShmBarrier = pxi_shm_barrier,
        .xShmUnmap = pxi_shm_unmap,
    };
    pxi_vfs *vfs = vfs_of(sqlite);
    pxi_file *f = file_of(file);
    int code;

    memset(f, 0, sizeof(*f));
    if (!path)
        return SQLITE_CANTOPEN; /* temporary files are kept in memory (temp_store) */
    f->vfs = vfs;
    f->path = path;
    f->kind = kind_of(flags);
    f->main = is_main(vfs, path);
    code = open_file(vfs, f, path, flags);
    if (code != SQLITE_OK)
        return code;
    if (f->kind == PXI_FILE_DB && (code = pxi_node_attach(f)) != SQLITE_OK) {
        vfs->env->close(vfs->env, f->file);
        return code;
    }
    f->sqlite.pMethods = &methods;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *sqlite, const char *path, int sync_dir)
{
    pxi_vfs *vfs = vfs_of(sqlite);

    if (vfs->dead)
        return SQLITE_IOERR_DELETE;
    if (vfs->env->remove(vfs->env, path) != PX_OK)
        return SQLITE_IOERR_DELETE;
    if (sync_dir && vfs->env->sync_dir(vfs->env, path) != PX_OK) {
        vfs->sync_failed = true;
        vfs->dead = true;
        return SQLITE_IOERR_DIR_FSYNC;
    }
    return SQLITE_OK;
}

/* An empty file counts as absent, as SQLite asks for: an empty journal has nothing to play back. */
static int vfs_access(sqlite3_vfs *sqlite, const char *path, int flags, int *ret_there)
{
    pxi_vfs *vfs = vfs_of(sqlite);
    px_file *file;
    int64_t size = 0;
    bool there = false;

    *ret_there = 0;
    if (vfs->env->exists(vfs->env, path, &there) != PX_OK)
        return SQLITE_IOERR_ACCESS;
    if (!there || flags != SQLITE_ACCESS_EXISTS) {
        *ret_there = there;
        return SQLITE_OK;
    }
    px_status status = vfs->env->open(vfs->env, path, PX_OPEN_READ, &file, NULL);
    if (status != PX_OK)
        return status == PX_NOT_FOUND ? SQLITE_OK : code_of(status, SQLITE_IOERR_ACCESS);
    status = vfs->env->size(vfs->env, file, &size);
    vfs->env->close(vfs->env, file);
    *ret_there = size > 0;
    return code_of(status, SQLITE_IOERR_ACCESS);
}

static int vfs_full_path(sqlite3_vfs *sqlite, const char *path, int size, char *ret_path)
{
    (void)sqlite;
    return snprintf(ret_path, (size_t)size, "%s", path) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *sqlite, int size, char *ret_bytes)
{
    pxi_vfs *vfs = vfs_of(sqlite);

    vfs->env->random(vfs->env, ret_bytes, (size_t)size);
    return size;
}

static int vfs_sleep(sqlite3_vfs *sqlite, int microseconds)
{
    pxi_vfs *vfs = vfs_of(sqlite);

    vfs->env->sleep_ns(vfs->env, (int64_t)microseconds * 1000);
    return microseconds;
}

/* Milliseconds since noon of the Julian day 0. */
static int vfs_time(sqlite3_vfs *sqlite, sqlite3_int64 *ret_time)
{
    pxi_vfs *vfs = vfs_of(sqlite);

    *ret_time = INT64_C(210866760000000) + vfs->env->now(vfs->env) / PX_MILLISECOND;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *sqlite, int size, char *ret_text)
{
    (void)sqlite, (void)size, (void)ret_text;
    return 0;
}

px_status pxi_vfs_new(px_env *env, const char *main_path, pxi_vfs **ret_vfs, px_err *ret_err)
{
    size_t len = strlen(main_path) + 1;
    pxi_vfs *vfs = px_zalloc(1, sizeof(*vfs) + len);

    if (!vfs)
        return px_no_memory(ret_err);
    memcpy(vfs + 1, main_path, len);
    snprintf(vfs->name, sizeof(vfs->name), "px-%p", (void *)vfs);
    vfs->env = env;
    pthread_mutex_init(&vfs->lock, NULL);
    vfs->sqlite = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(pxi_file),
        .mxPathname = PATH_BYTES_MAX,
        .zName = vfs->name,
        .pAppData = vfs + 1,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTimeInt64 = vfs_time,
        .xGetLastError = vfs_last_error,
    };
    if (sqlite3_vfs_register(&vfs->sqlite, 0) != SQLITE_OK) {
        pthread_mutex_destroy(&vfs->lock);
        px_free(vfs);
        return px_no_memory(ret_err);
    }
    *ret_vfs = vfs;
    return PX_OK;
}

void pxi_vfs_free(pxi_vfs *vfs)
{
    if (!vfs)
        return;
    sqlite3_vfs_unregister(&vfs->sqlite);
    pthread_mutex_destroy(&vfs->lock);
    px_free(vfs);
}

void pxi_vfs_pace(sqlite3 *db)
{
    sqlite3_file *file = NULL;

    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK && file)
        file_of(file)->paced = true;
}
