/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SQLite's write-ahead log, as far as its damage concerns us.
 *
 * SQLite checks the log's checksums once, when it recovers, and takes the first frame that does not
 * fit for the end: right after a power cut, wrong for a flipped bit, which would silently drop
 * acknowledged commits. So the log is walked before SQLite opens it, and each frame is checked
 * again when it is read. Format: https://www.sqlite.org/fileformat2.html section 4. Threads: any.
 */
#ifndef PX_STORE_WAL_H
#define PX_STORE_WAL_H

#include "base/env.h"
#include "store/page.h"

enum { PXI_WAL_HEAD = 32, PXI_FRAME_HEAD = 24, PXI_FRAME_BYTES = PXI_FRAME_HEAD + PXI_PAGE_BYTES };

/* True when a read of `size` bytes at `offset` of a log is the page of one frame. */
static inline bool pxi_wal_is_page(int64_t offset, size_t size)
{
    return size == PXI_PAGE_BYTES && offset >= PXI_WAL_HEAD + PXI_FRAME_HEAD &&
           (offset - PXI_WAL_HEAD) % PXI_FRAME_BYTES == PXI_FRAME_HEAD;
}

/* Reads the page of a frame and checks it against the frame's chained checksum: PX_CORRUPT when it
 * does not fit, PX_IO. */
px_status pxi_wal_read_page(px_env *env, px_file *file, void *ret_page, int64_t offset);

/**
 * Walks a log that no connection has open, cuts off what lies behind its last whole commit, and
 * syncs it. Absent and empty logs are whole.
 *
 * A power cut can only damage the one commit whose sync had not returned, and nothing was written
 * behind it: a damaged frame with later commits behind it was damaged afterwards. This keeps that
 * true: no new commit goes between frames of one that was cut short, and what a killed process had
 * written and not synced is durable before anybody reads it.
 *
 * @param ret_bytes  where its last whole commit ends; the file may be longer
 * Errors: PX_CORRUPT (names frame and byte), PX_IO, PX_NO_MEMORY.
 */
px_status pxi_wal_settle(px_env *env, const char *path, int64_t *ret_bytes, px_err *ret_err);

#endif
