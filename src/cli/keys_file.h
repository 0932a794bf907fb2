/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A file of keys that others must not read: lines `id,key` of CSV, appended and synced before more
 * are asked for, because a key is told once. Threads: one.
 */
#ifndef PX_CLI_KEYS_FILE_H
#define PX_CLI_KEYS_FILE_H

#include "base/buf.h"

/* Makes it with mode 0600, or opens the one that is there to append. Errors: PX_DENIED when others
 * may read it, PX_IO. */
PX_NODISCARD px_status px_keys_file_open(const char *path, int *ret_fd, px_err *ret_err);
void px_put_keys_line(px_buf *buf, px_str id, px_str key);
/* Writes and syncs; clears `lines`. */
PX_NODISCARD px_status px_keys_file_append(int fd, px_buf *lines, px_err *ret_err);

#endif
