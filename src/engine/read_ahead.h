/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Rows, read ahead of who takes them: what the disk, SQLite, zstd and the checks of a start cost
 * goes on beside the folding, on another processor.
 *
 * As px_store_scan and px_journal_read, and `each` is called on the caller's thread, in order, with
 * a row borrowed for the call. Unlike there it may wait: the thread that reads is then
 * AHEAD_CHUNKS of up to a megabyte ahead, and rests. `threadless`, or where the system gives no
 * thread, all of it happens on the caller's.
 *
 * Errors: those of the reading, after all rows that came before them, or what `each` gave.
 */
#ifndef PX_ENGINE_READ_AHEAD_H
#define PX_ENGINE_READ_AHEAD_H

#include "journal/journal.h"

PX_NODISCARD px_status px_read_ahead_scan(px_store_reader *reader, px_table table, bool threadless,
                                          px_fold_each each, void *data, px_err *ret_err);
PX_NODISCARD px_status px_read_ahead_journal(px_journal *journal, uint32_t spine, uint64_t seq_from,
                                             bool threadless, px_row_each each, void *data,
                                             px_err *ret_err);

#endif
