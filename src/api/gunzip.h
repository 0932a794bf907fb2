/* SPDX-License-Identifier: Apache-2.0 */
/** Bodies that come compressed: gzip (RFC 1952), bounded. Room-internal; threads: any. */
#ifndef PX_API_GUNZIP_H
#define PX_API_GUNZIP_H

#include "base/arena.h"

/**
 * The whole text, in the arena.
 *
 * @param bytes_max  of the text; it is also bounded by PX_INGEST_RATIO_MAX times `bytes`, and 64
 * KiB Errors: PX_INVALID (gzip.form: no gzip, cut off, a wrong check sum), PX_TOO_LARGE
 * (gzip.size), PX_LIMIT (arena), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_gunzip(px_str bytes, size_t bytes_max, px_arena *arena, px_str *ret_text,
                                 px_err *ret_err);

#endif
