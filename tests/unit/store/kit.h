/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of this room share: stores on the fake disk and on the machine's, small commits.
 */
#ifndef PX_STORE_KIT_H
#define PX_STORE_KIT_H

#include "px_fakedisk.h"
#include "px_test.h"
#include "store/store.h"

/* Threadless, in directory "d" of the fake disk, without a reserve. */
px_status kit_open(px_fakedisk *disk, px_store **ret_store, px_err *ret_err);
/* The same, with so much room for the log from the start. */
px_status kit_open_with_room(px_fakedisk *disk, int64_t room, px_store **ret_store,
                             px_err *ret_err);
px_store *kit_must_open(px_fakedisk *disk);

/* A fresh directory of the machine, and the end of it. */
void kit_make_dir(char ret_dir[64]);
void kit_remove_dir(const char *dir);

/* One row of `count` positions after the store's last one; its body says its positions. */
px_row kit_row(uint64_t seq_first, uint64_t seq_last, char body[64]);
px_status kit_commit_row(px_store *store, uint64_t seq, px_err *ret_err);
px_status kit_commit_ops(px_store *store, const px_op *ops, size_t count, px_err *ret_err);
px_op kit_put(px_table table, px_key key, uint64_t seq, px_str body);

/* Everything readable: rows of the journal, and fold rows of all tables; the first failure. */
px_status kit_read_all(px_store *store, uint64_t *ret_rows, px_err *ret_err);

#endif
