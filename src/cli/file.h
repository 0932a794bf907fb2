/* SPDX-License-Identifier: Apache-2.0 */
/** Whole files, bounded; `-` is standard input. Threads: one. */
#ifndef PX_CLI_FILE_H
#define PX_CLI_FILE_H

#include "base/arena.h"

/* The text lives in the arena. Errors: PX_NOT_FOUND, PX_DENIED, PX_IO, PX_TOO_LARGE. */
PX_NODISCARD px_status px_file_read(px_str path, size_t bytes_max, px_arena *arena,
                                    px_str *ret_text, px_err *ret_err);

#endif
