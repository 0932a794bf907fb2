/* SPDX-License-Identifier: Apache-2.0 */
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

px_status pxi_folder_fail(const char *what, px_str name, px_err *ret_err)
{
    int code = errno;
    px_status status = code == ENOENT                     ? PX_NOT_FOUND
                       : code == ENOSPC || code == EDQUOT ? PX_FULL
                                                          : PX_IO;

    if (status == PX_NOT_FOUND)
        return px_fail_id(ret_err, status, "file.not_found", "there is no file '%.*s'",
                          PX_FMT(name));
    return px_fail_id(ret_err, status, "file.disk", "cannot %s '%.*s': %s", what, PX_FMT(name),
                      strerror(code));
}

bool pxi_folder_make(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

bool pxi_folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return good;
}

/* One that went away meanwhile is not counted. */
static px_status add_info(DIR *dir, const char *name, px_arena *arena, px_file_info *infos,
                          size_t *count, px_err *ret_err)
{
    struct stat info;
    px_str copy;

    if (fstatat(dirfd(dir), name, &info, 0) != 0)
        return PX_OK;
    copy = px_arena_str(arena, px_str_c(name));
    if (!copy.ptr)
        return px_arena_fail(arena, ret_err);
    infos[(*count)++] =
        (px_file_info){ .name = copy,
                        .bytes = info.st_size,
                        .changed = info.st_mtim.tv_sec * PX_SECOND + info.st_mtim.tv_nsec };
    return PX_OK;
}

static int by_name(const void *a, const void *b)
{
    return px_str_cmp(((const px_file_info *)a)->name, ((const px_file_info *)b)->name);
}

px_status pxi_folder_list(const char *path, bool (*wanted)(px_str name), size_t most,
                          px_arena *arena, px_file_info **ret_infos, size_t *ret_count,
                          px_err *ret_err)
{
    px_file_info *infos = PX_ARENA_ARRAY(arena, px_file_info, most);
    DIR *dir = infos ? opendir(path) : NULL;
    px_status status = PX_OK;
    struct dirent *entry;
    size_t count = 0;

    if (!infos)
        return px_arena_fail(arena, ret_err);
    while (dir && status == PX_OK && count < most && (entry = readdir(dir)) != NULL)
        if (wanted(px_str_c(entry->d_name)))
            status = add_info(dir, entry->d_name, arena, infos, &count, ret_err);
    if (dir)
        closedir(dir);
    if (count)
        qsort(infos, count, sizeof(*infos), by_name);
    *ret_infos = infos;
    *ret_count = count;
    return status;
}
