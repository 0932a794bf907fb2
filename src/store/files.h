/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Files of tenants beside the database: what import jobs read and write. DIR/files/TENANT/NAME.
 *
 * A file may be larger than memory, so it is written in parts: NAME.part grows until it is whole,
 * is synced, and takes the name. Nothing of it is in the journal, and a backup does not hold it. A
 * name has letters, digits, `-`, `_` and `.`, and does not begin with `.`; so none leads elsewhere.
 * These calls go to the machine's disk and not through px_env: the simulation has no files.
 * Threads: any; a file that two write at once is one of both.
 */
#ifndef PX_STORE_FILES_H
#define PX_STORE_FILES_H

#include "base/arena.h"
#include "base/time.h"

typedef struct px_files px_files;

/* `folder` (may be NULL) is where `file:` URLs may lead, px_files_open_below. Both are copied. */
PX_NODISCARD px_status px_files_new(const char *dir, const char *folder, px_files **ret_files,
                                    px_err *ret_err);
void px_files_free(px_files *files);

/* Errors: PX_INVALID, file.name. */
PX_NODISCARD px_status px_file_name_check(px_str name, px_err *ret_err);

/**
 * Writes a part of a new file, at `offset` of `total` bytes. Parts come in their order; the part at
 * 0 begins anew. With the last one the file is durable, and takes the place of one of this name.
 *
 * @param ret_whole  true with the last part
 *
 * Errors: PX_INVALID (name, or a part that does not follow: file.part, which says where it would),
 * PX_LIMIT (PX_FILES_MAX, PX_FILE_BYTES_MAX), PX_FULL, PX_IO.
 */
PX_NODISCARD px_status px_files_put(px_files *files, uint32_t tenant, px_str name, px_str bytes,
                                    int64_t offset, int64_t total, bool *ret_whole,
                                    px_err *ret_err);
/* PX_OK also when only a part of it was there. PX_NOT_FOUND. */
PX_NODISCARD px_status px_files_remove(px_files *files, uint32_t tenant, px_str name,
                                       px_err *ret_err);

typedef struct px_file_info {
    px_str name; /* in the arena */
    int64_t bytes;
    px_time changed;
} px_file_info;

/* All of a tenant, by name. */
PX_NODISCARD px_status px_files_list(px_files *files, uint32_t tenant, px_arena *arena,
                                     px_file_info **ret_infos, size_t *ret_count, px_err *ret_err);

/* Whether there is room for one more, or for one to grow. Errors: PX_LIMIT, file.limit. */
PX_NODISCARD px_status px_files_check_room(px_files *files, uint32_t tenant, px_err *ret_err);

/* ---- open files: descriptors of the system, px_files_close ---- */

/* `append` makes it when it is not there. Errors: PX_NOT_FOUND, PX_INVALID, PX_IO. */
PX_NODISCARD px_status px_files_open(px_files *files, uint32_t tenant, px_str name, bool append,
                                     int *ret_fd, px_err *ret_err);
/* A file of the folder, by its path below it. PX_DENIED when there is no folder, or the path leads
 * out of it, links included. */
PX_NODISCARD px_status px_files_open_below(px_files *files, px_str path, bool append, int *ret_fd,
                                           px_err *ret_err);
PX_NODISCARD px_status px_files_read(int fd, int64_t offset, char *ret_bytes, size_t size,
                                     size_t *ret_size, px_err *ret_err);
/* Writes at `offset`, cuts off what is behind, and syncs. */
PX_NODISCARD px_status px_files_write_end(int fd, int64_t offset, px_str bytes, px_err *ret_err);
int64_t px_files_size(int fd);
void px_files_close(int fd);

#endif
