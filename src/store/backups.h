/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The folder of backups: FOLDER/NAME.db, each a whole pollux.db, and FOLDER/NAME.db.part while it
 * grows.
 *
 * A name is that of a file (px_file_name_check), so none leads elsewhere. The folder belongs to one
 * server: what ends in .part when it starts was left by its own end and goes. These calls go to the
 * machine's disk and not through px_env. Threads: any.
 */
#ifndef PX_STORE_BACKUPS_H
#define PX_STORE_BACKUPS_H

#include "base/buf.h"
#include "store/files.h"

typedef struct px_backups px_backups;

/* `folder` is copied; made with the first backup. Removes what was left unfinished there. */
PX_NODISCARD px_status px_backups_new(const char *folder, px_backups **ret_backups,
                                      px_err *ret_err);
void px_backups_free(px_backups *backups);

/* Where the backup of this name is or would be. Errors: PX_INVALID, backup.name. */
PX_NODISCARD px_status px_backups_path(const px_backups *backups, px_str name, px_buf *path,
                                       px_err *ret_err);
/* There is a folder, and room for one more in it. Errors: PX_LIMIT (PX_BACKUPS_MAX), PX_IO. */
PX_NODISCARD px_status px_backups_prepare(const px_backups *backups, px_err *ret_err);

/* Those that are whole, by name. */
PX_NODISCARD px_status px_backups_list(const px_backups *backups, px_arena *arena,
                                       px_file_info **ret_infos, size_t *ret_count,
                                       px_err *ret_err);
/* PX_NOT_FOUND, PX_INVALID. */
PX_NODISCARD px_status px_backups_find(const px_backups *backups, px_str name,
                                       px_file_info *ret_info, px_err *ret_err);
PX_NODISCARD px_status px_backups_remove(const px_backups *backups, px_str name, px_err *ret_err);

#endif
