/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Where a long transfer stands: a small file of JSON beside the data, so that a command that was
 * killed goes on. Written whole or not at all. Threads: one.
 */
#ifndef PX_CLI_POSITION_H
#define PX_CLI_POSITION_H

#include "base/json.h"

typedef struct px_position {
    px_buf path;     /* DATA.position */
    px_buf next;     /* while it is written */
    int64_t last_ns; /* monotonic, of the last write */
} px_position;

PX_NODISCARD px_status px_position_init(px_position *position, const char *data_path,
                                        px_err *ret_err);
void px_position_release(px_position *position);

/* `ret_json` is NULL when there is none. PX_INVALID when it is none of ours. */
PX_NODISCARD px_status px_position_read(const px_position *position, px_arena *arena,
                                        px_json **ret_json, px_err *ret_err);
/* True once a second. */
bool px_position_is_due(const px_position *position);
PX_NODISCARD px_status px_position_write(px_position *position, px_str json, px_err *ret_err);
void px_position_remove(px_position *position);

/* A whole number of the position; 0 when it is not there. */
uint64_t px_position_number(const px_json *json, const char *name);

#endif
