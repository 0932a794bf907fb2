/* SPDX-License-Identifier: Apache-2.0 */
/** Folders of plain files on the machine's disk: what files.c and backups.c share. Room-internal.
 */
#ifndef PX_STORE_FOLDER_H
#define PX_STORE_FOLDER_H

#include "store/files.h"

/* What the name of a file ends in while it is not whole. */
#define PXI_PART ".part"

/* What errno says: PX_NOT_FOUND, PX_FULL or PX_IO, and "cannot WHAT 'NAME': why". */
px_status pxi_folder_fail(const char *what, px_str name, px_err *ret_err);

/* Makes it when it is not there; not the folders above. */
bool pxi_folder_make(const char *path);
/* Rename, make and remove are durable once the folder is. */
bool pxi_folder_sync(const char *path);

/* The files whose names are wanted, at most `most`, by name; none when there is no such folder. */
PX_NODISCARD px_status pxi_folder_list(const char *path, bool (*wanted)(px_str name), size_t most,
                                       px_arena *arena, px_file_info **ret_infos, size_t *ret_count,
                                       px_err *ret_err);

#endif
