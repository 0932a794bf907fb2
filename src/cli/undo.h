/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The way back from a migration, as a file: the changes of one batch, with the ETags that the
 * migration made, so that it is refused when a twin was changed since.
 *
 *     {"pollux": "undo", "from": "dtmi:…;1", "to": "dtmi:…;2", "state": "done", "changes": […]}
 *
 * It is written before anything is changed ("planned", without ETags), and again behind it: who is
 * interrupted in between has the way back all the same. Threads: one.
 */
#ifndef PX_CLI_UNDO_H
#define PX_CLI_UNDO_H

#include "cli/migrate.h"

typedef struct px_undo_file {
    px_str from, to; /* in the arena, as all below */
    bool is_done;
    px_json *changes;
} px_undo_file;

/* Errors: PX_CONFLICT (there is such a file), PX_IO. */
PX_NODISCARD px_status px_undo_plan(const px_migration *migration, const char *path,
                                    px_err *ret_err);
/* `answer` is that of the batch. */
PX_NODISCARD px_status px_undo_finish(const px_migration *migration, const char *path,
                                      const px_json *answer, px_err *ret_err);

/* Errors: PX_INVALID (no such file of ours), those of px_file_read. */
PX_NODISCARD px_status px_undo_read(const char *path, px_arena *arena, px_undo_file *ret_file,
                                    px_err *ret_err);

/**
 * The changes of a batch, `[…]`.
 *
 * @param force  without the ETags, and as the twins are now: what is not there is not removed, and
 *               twins that are gone are left out and counted
 */
PX_NODISCARD px_status px_put_undo_changes(px_buf *buf, px_cli *cli, const px_undo_file *file,
                                           bool force, uint64_t *ret_gone, px_err *ret_err);

#endif
