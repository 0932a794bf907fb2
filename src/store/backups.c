/* SPDX-License-Identifier: Apache-2.0 */
#include "store/backups.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "store/folder.h"

#define WHOLE ".db"

enum { LIST_BYTES_MAX = 1 << 20 };

struct px_backups {
    px_buf folder;
};

static bool is_whole(px_str name)
{
    return px_str_ends(name, PX_STR(WHOLE)) && name.len > sizeof(WHOLE) - 1 &&
           px_file_name_check(name, NULL) == PX_OK;
}

static bool is_part(px_str name)
{
    return px_str_ends(name, PX_STR(WHOLE PXI_PART));
}

static void remove_parts(const px_backups *backups)
{
    px_file_info *parts;
    px_buf path = { 0 };
    size_t count = 0;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, LIST_BYTES_MAX);
    if (pxi_folder_list(backups->folder.ptr, is_part, PX_BACKUPS_MAX, &arena, &parts, &count,
                        NULL) != PX_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        px_buf_clear(&path);
        px_putf(&path, "%s/%.*s", backups->folder.ptr, PX_FMT(parts[i].name));
        if (path.status == PX_OK)
            unlink(path.ptr);
    }
    px_buf_release(&path);
}

px_status px_backups_new(const char *folder, px_backups **ret_backups, px_err *ret_err)
{
    px_backups *backups = px_zalloc(1, sizeof(*backups));

    if (!backups)
        return px_no_memory(ret_err);
    px_put_c(&backups->folder, folder);
    if (backups->folder.status != PX_OK) {
        px_backups_free(backups);
        return px_no_memory(ret_err);
    }
    remove_parts(backups);
    *ret_backups = backups;
    return PX_OK;
}

void px_backups_free(px_backups *backups)
{
    if (!backups)
        return;
    px_buf_release(&backups->folder);
    px_free(backups);
}

px_status px_backups_path(const px_backups *backups, px_str name, px_buf *path, px_err *ret_err)
{
    enum { NAME_BYTES_MAX = PX_FILE_NAME_BYTES_MAX - (int)sizeof(WHOLE PXI_PART) + 1 };

    if (name.len > NAME_BYTES_MAX || px_file_name_check(name, NULL) != PX_OK)
        return px_fail_id(ret_err, PX_INVALID, "backup.name",
                          "a backup's name has 1 to %d letters, digits, '-', '_' and '.', does not "
                          "begin with '.' nor end in " PXI_PART,
                          NAME_BYTES_MAX);
    px_putf(path, "%s/%.*s" WHOLE, backups->folder.ptr, PX_FMT(name));
    return px_buf_status(path, ret_err);
}

px_status px_backups_prepare(const px_backups *backups, px_err *ret_err)
{
    px_str folder = px_buf_str(&backups->folder);
    px_file_info *infos;
    size_t count;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, LIST_BYTES_MAX);
    if (!pxi_folder_make(backups->folder.ptr) || !pxi_folder_sync(backups->folder.ptr))
        return px_fail_id(ret_err, errno == ENOSPC ? PX_FULL : PX_IO, "backup.folder",
                          "cannot use the folder of backups %.*s: %s", PX_FMT(folder),
                          strerror(errno));
    PX_TRY(px_backups_list(backups, &arena, &infos, &count, ret_err));
    if (count < PX_BACKUPS_MAX)
        return PX_OK;
    return px_fail_id(ret_err, PX_LIMIT, "backup.count",
                      "there are %d backups in %.*s; delete some first", PX_BACKUPS_MAX,
                      PX_FMT(folder));
}

static int by_name(const void *a, const void *b)
{
    return px_str_cmp(((const px_file_info *)a)->name, ((const px_file_info *)b)->name);
}

/* Sorted anew: a-b.db stands before a.db, and a before a-b. */
px_status px_backups_list(const px_backups *backups, px_arena *arena, px_file_info **ret_infos,
                          size_t *ret_count, px_err *ret_err)
{
    PX_TRY(pxi_folder_list(backups->folder.ptr, is_whole, PX_BACKUPS_MAX, arena, ret_infos,
                           ret_count, ret_err));
    for (size_t i = 0; i < *ret_count; i++)
        (*ret_infos)[i].name.len -= sizeof(WHOLE) - 1;
    if (*ret_count)
        qsort(*ret_infos, *ret_count, sizeof(**ret_infos), by_name);
    return PX_OK;
}

static px_status not_found(px_str name, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_NOT_FOUND, "backup.not_found", "there is no backup '%.*s'",
                      PX_FMT(name));
}

px_status px_backups_find(const px_backups *backups, px_str name, px_file_info *ret_info,
                          px_err *ret_err)
{
    px_buf path = { 0 };
    struct stat info = { 0 };
    px_status status = px_backups_path(backups, name, &path, ret_err);

    if (status == PX_OK && stat(path.ptr, &info) != 0)
        status = not_found(name, ret_err);
    px_buf_release(&path);
    if (status == PX_OK)
        *ret_info =
            (px_file_info){ .name = name,
                            .bytes = info.st_size,
                            .changed = info.st_mtim.tv_sec * PX_SECOND + info.st_mtim.tv_nsec };
    return status;
}

px_status px_backups_remove(const px_backups *backups, px_str name, px_err *ret_err)
{
    px_buf path = { 0 };
    px_status status = px_backups_path(backups, name, &path, ret_err);

    if (status == PX_OK && unlink(path.ptr) != 0)
        status =
            errno == ENOENT ? not_found(name, ret_err) : pxi_folder_fail("delete", name, ret_err);
    if (status == PX_OK && !pxi_folder_sync(backups->folder.ptr))
        status = pxi_folder_fail("delete", name, ret_err);
    px_buf_release(&path);
    return status;
}
