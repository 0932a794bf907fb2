/* SPDX-License-Identifier: Apache-2.0 */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/folder.h"

struct px_files {
    px_buf dir, folder;   /* `folder` is empty when there is none */
    pthread_mutex_t lock; /* parts: one at a time, so that limits hold */
};

px_status px_files_new(const char *dir, const char *folder, px_files **ret_files, px_err *ret_err)
{
    px_files *files = px_zalloc(1, sizeof(*files));

    if (!files)
        return px_no_memory(ret_err);
    pthread_mutex_init(&files->lock, NULL);
    px_putf(&files->dir, "%s/files", dir);
    if (folder)
        px_put_c(&files->folder, folder);
    if (files->dir.status == PX_OK && files->folder.status == PX_OK) {
        *ret_files = files;
        return PX_OK;
    }
    px_files_free(files);
    return px_no_memory(ret_err);
}

void px_files_free(px_files *files)
{
    if (!files)
        return;
    px_buf_release(&files->dir);
    px_buf_release(&files->folder);
    pthread_mutex_destroy(&files->lock);
    px_free(files);
}

px_status px_file_name_check(px_str name, px_err *ret_err)
{
    bool good = name.len > 0 && name.len <= PX_FILE_NAME_BYTES_MAX && name.ptr[0] != '.' &&
                !px_str_ends(name, PX_STR(PXI_PART));

    for (size_t i = 0; i < name.len && good; i++)
        good = px_is_letter(name.ptr[i]) || px_is_digit(name.ptr[i]) ||
               (name.ptr[i] && strchr("-_.", name.ptr[i]));
    if (good)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "file.name",
                      "a file's name has 1 to %d letters, digits, '-', '_' and '.', does not begin "
                      "with '.' nor end in " PXI_PART,
                      PX_FILE_NAME_BYTES_MAX);
}

/* ---- paths ---- */

typedef struct paths {
    px_buf dir, file, part;
} paths;

static void paths_release(paths *p)
{
    px_buf_release(&p->dir);
    px_buf_release(&p->file);
    px_buf_release(&p->part);
}

static px_status paths_of(const px_files *files, uint32_t tenant, px_str name, paths *p,
                          px_err *ret_err)
{
    *p = (paths){ 0 };
    PX_TRY(px_file_name_check(name, ret_err));
    px_putf(&p->dir, "%s/%u", files->dir.ptr, tenant);
    px_putf(&p->file, "%s/%u/%.*s", files->dir.ptr, tenant, PX_FMT(name));
    px_putf(&p->part, "%s/%u/%.*s" PXI_PART, files->dir.ptr, tenant, PX_FMT(name));
    if (p->dir.status == PX_OK && p->file.status == PX_OK && p->part.status == PX_OK)
        return PX_OK;
    paths_release(p);
    return px_no_memory(ret_err);
}

static bool make_folders(const px_files *files, const paths *p)
{
    return pxi_folder_make(files->dir.ptr) && pxi_folder_make(p->dir.ptr) &&
           pxi_folder_sync(files->dir.ptr);
}

/* ---- all of a tenant ---- */

/* The name of the file that an entry is, or is a part of. */
static px_str whole_name(px_str name)
{
    return px_str_of(name.ptr,
                     name.len - (px_str_ends(name, PX_STR(PXI_PART)) ? strlen(PXI_PART) : 0));
}

static bool is_file(px_str name)
{
    return px_file_name_check(name, NULL) == PX_OK;
}

static bool is_file_or_part(px_str name)
{
    return is_file(whole_name(name));
}

static px_status list(px_files *files, uint32_t tenant, bool (*wanted)(px_str name), size_t most,
                      px_arena *arena, px_file_info **ret_infos, size_t *ret_count, px_err *ret_err)
{
    px_buf path = { 0 };
    px_status status;

    px_putf(&path, "%s/%u", files->dir.ptr, tenant);
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = pxi_folder_list(path.ptr, wanted, most, arena, ret_infos, ret_count, ret_err);
    px_buf_release(&path);
    return status;
}

px_status px_files_list(px_files *files, uint32_t tenant, px_arena *arena, px_file_info **ret_infos,
                        size_t *ret_count, px_err *ret_err)
{
    return list(files, tenant, is_file, PX_FILES_MAX, arena, ret_infos, ret_count, ret_err);
}

/* ---- parts ---- */

/* Of all but `name`, which is about to be written anew. What was begun and left lies on the disk as
 * well, so it counts. */
static px_status check_room(px_files *files, uint32_t tenant, px_str name, int64_t total,
                            px_err *ret_err)
{
    enum { ENTRIES_MAX = 2 * PX_FILES_MAX }; /* each with a part of the next one of its name */
    px_file_info *infos;
    size_t count, others = 0;
    px_status status;
    px_arena arena;

    px_arena_init(&arena, 4 << 20);
    status = list(files, tenant, is_file_or_part, ENTRIES_MAX, &arena, &infos, &count, ret_err);
    for (size_t i = 0; i < count && status == PX_OK; i++) {
        if (px_str_eq(whole_name(infos[i].name), name))
            continue;
        others++;
        total += infos[i].bytes;
    }
    px_arena_release(&arena);
    PX_TRY(status);
    if (others >= PX_FILES_MAX || total > PX_FILE_BYTES_MAX)
        return px_fail_id(ret_err, PX_LIMIT, "file.limit",
                          "a tenant has at most %d files of %lld GiB together, begun ones counted; "
                          "delete some",
                          PX_FILES_MAX, (long long)(PX_FILE_BYTES_MAX >> 30));
    return PX_OK;
}

static px_status finish(const paths *p, int fd, px_str name, px_err *ret_err)
{
    if (fsync(fd) != 0 || rename(p->part.ptr, p->file.ptr) != 0 || !pxi_folder_sync(p->dir.ptr))
        return pxi_folder_fail("finish", name, ret_err);
    return PX_OK;
}

static px_status write_part(const paths *p, px_str name, px_str bytes, int64_t offset,
                            int64_t total, px_err *ret_err)
{
    int fd = open(p->part.ptr, O_RDWR | O_CREAT | O_CLOEXEC | (offset ? 0 : O_TRUNC), 0600);
    px_status status = PX_OK;
    int64_t have;

    if (fd < 0)
        return pxi_folder_fail("write", name, ret_err);
    have = px_files_size(fd);
    if (offset > have)
        status = px_fail_id(ret_err, PX_INVALID, "file.part",
                            "%lld bytes of '%.*s' are there: the next part begins behind them",
                            (long long)have, PX_FMT(name));
    for (size_t done = 0; status == PX_OK && done < bytes.len;) {
        ssize_t wrote = pwrite(fd, bytes.ptr + done, bytes.len - done, offset + (int64_t)done);

        if (wrote < 0 && errno != EINTR)
            status = pxi_folder_fail("write", name, ret_err);
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    if (status == PX_OK && offset + (int64_t)bytes.len == total)
        status = ftruncate(fd, total) == 0 ? finish(p, fd, name, ret_err)
                                           : pxi_folder_fail("write", name, ret_err);
    close(fd);
    return status;
}

px_status px_files_put(px_files *files, uint32_t tenant, px_str name, px_str bytes, int64_t offset,
                       int64_t total, bool *ret_whole, px_err *ret_err)
{
    px_status status;
    paths p;

    PX_TRY(paths_of(files, tenant, name, &p, ret_err));
    pthread_mutex_lock(&files->lock);
    status = check_room(files, tenant, name, total, ret_err);
    if (status == PX_OK && !make_folders(files, &p))
        status = pxi_folder_fail("write", name, ret_err);
    if (status == PX_OK)
        status = write_part(&p, name, bytes, offset, total, ret_err);
    pthread_mutex_unlock(&files->lock);
    paths_release(&p);
    *ret_whole = status == PX_OK && offset + (int64_t)bytes.len == total;
    return status;
}

px_status px_files_remove(px_files *files, uint32_t tenant, px_str name, px_err *ret_err)
{
    px_status status = PX_OK;
    bool had_part;
    paths p;

    PX_TRY(paths_of(files, tenant, name, &p, ret_err));
    had_part = unlink(p.part.ptr) == 0;
    if (unlink(p.file.ptr) != 0 && !(had_part && errno == ENOENT))
        status = pxi_folder_fail("delete", name, ret_err);
    if (status == PX_OK && !pxi_folder_sync(p.dir.ptr))
        status = pxi_folder_fail("delete", name, ret_err);
    paths_release(&p);
    return status;
}

px_status px_files_check_room(px_files *files, uint32_t tenant, px_err *ret_err)
{
    px_status status;

    pthread_mutex_lock(&files->lock);
    status = check_room(files, tenant, PX_STR(""), 0, ret_err);
    pthread_mutex_unlock(&files->lock);
    return status;
}

/* ---- open files ---- */

static int open_flags(bool append)
{
    return (append ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
}

/* Only plain files: a pipe would keep its reader waiting. */
static px_status opened(int fd, px_str name, int *ret_fd, px_err *ret_err)
{
    struct stat info;

    if (fd < 0)
        return pxi_folder_fail("open", name, ret_err);
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return px_fail_id(ret_err, PX_INVALID, "file.kind", "'%.*s' is no plain file",
                          PX_FMT(name));
    }
    *ret_fd = fd;
    return PX_OK;
}

px_status px_files_open(px_files *files, uint32_t tenant, px_str name, bool append, int *ret_fd,
                        px_err *ret_err)
{
    px_status status;
    paths p;

    PX_TRY(paths_of(files, tenant, name, &p, ret_err));
    if (append && !make_folders(files, &p))
        status = pxi_folder_fail("write", name, ret_err);
    else
        status = opened(open(p.file.ptr, open_flags(append), 0600), name, ret_fd, ret_err);
    paths_release(&p);
    return status;
}

/* The folder of `full`, links resolved, must be the import folder or below it; the file itself may
 * be no link. */
static bool is_below(const char *folder, char *full)
{
    char *slash = strrchr(full, '/'), *real_folder = realpath(folder, NULL), *real = NULL;
    bool good = false;
    size_t len;

    if (slash && real_folder) {
        *slash = '\0';
        real = realpath(full, NULL);
        *slash = '/';
    }
    if (real) {
        len = strlen(real_folder);
        good = strncmp(real, real_folder, len) == 0 && (real[len] == '\0' || real[len] == '/');
    }
    free(real_folder);
    free(real);
    return good;
}

px_status px_files_open_below(px_files *files, px_str path, bool append, int *ret_fd,
                              px_err *ret_err)
{
    px_buf full = { 0 };
    px_status status;

    if (files->folder.len == 0)
        return px_fail_id(ret_err, PX_DENIED, "file.folder",
                          "the server has no import_folder: no file: URL is taken");
    px_putf(&full, "%s/%.*s", files->folder.ptr, PX_FMT(path));
    status = px_buf_status(&full, ret_err);
    if (status == PX_OK && (strlen(full.ptr) != full.len || !is_below(files->folder.ptr, full.ptr)))
        status = px_fail_id(ret_err, PX_DENIED, "file.folder",
                            "'%.*s' is not below the server's import_folder", PX_FMT(path));
    if (status == PX_OK)
        status = opened(open(full.ptr, open_flags(append), 0600), path, ret_fd, ret_err);
    px_buf_release(&full);
    return status;
}

px_status px_files_read(int fd, int64_t offset, char *ret_bytes, size_t size, size_t *ret_size,
                        px_err *ret_err)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = pread(fd, ret_bytes + done, size - done, offset + (int64_t)done);

        if (got < 0 && errno != EINTR)
            return pxi_folder_fail("read", PX_STR("the file"), ret_err);
        if (got == 0)
            break;
        done += got > 0 ? (size_t)got : 0;
    }
    *ret_size = done;
    return PX_OK;
}

px_status px_files_write_end(int fd, int64_t offset, px_str bytes, px_err *ret_err)
{
    for (size_t done = 0; done < bytes.len;) {
        ssize_t wrote = pwrite(fd, bytes.ptr + done, bytes.len - done, offset + (int64_t)done);

        if (wrote < 0 && errno != EINTR)
            return pxi_folder_fail("write", PX_STR("the file"), ret_err);
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    if (ftruncate(fd, offset + (int64_t)bytes.len) != 0 || fsync(fd) != 0)
        return pxi_folder_fail("write", PX_STR("the file"), ret_err);
    return PX_OK;
}

int64_t px_files_size(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 ? info.st_size : 0;
}

void px_files_close(int fd)
{
    if (fd >= 0)
        close(fd);
}
