/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Connections: opened with the settings of docs/formats/checkpoint.md, which are read back, and
 * SQLite's codes turned into statuses with a sentence. Threads: a connection on one at a time.
 */
#ifndef PX_STORE_SQL_H
#define PX_STORE_SQL_H

#include "store/vfs.h"

typedef enum pxi_sql_mode {
    PXI_SQL_WRITER,
    PXI_SQL_CHECKPOINT, /* writes only by checkpointing */
    PXI_SQL_READER,
    PXI_SQL_BACKUP, /* a destination: no log, no sync before the end */
} pxi_sql_mode;

/* Gives SQLite our allocator and switches its memory statistics off; once per process, before
 * anything else of the program uses SQLite. PX_UNSUPPORTED when that came too late. */
PX_NODISCARD px_status pxi_sql_setup(px_err *ret_err);

PX_NODISCARD px_status pxi_sql_open(pxi_vfs *vfs, const char *path, pxi_sql_mode mode,
                                    sqlite3 **ret_db, px_err *ret_err);

PX_NODISCARD px_status pxi_sql_prepare(pxi_vfs *vfs, sqlite3 *db, const char *sql,
                                       sqlite3_stmt **ret_stmt, px_err *ret_err);
PX_NODISCARD px_status pxi_sql_exec(pxi_vfs *vfs, sqlite3 *db, const char *sql, px_err *ret_err);

/* Runs a statement without result rows and resets it; SQLite's code. */
int pxi_sql_run(sqlite3_stmt *stmt);

/* PX_FULL, PX_NO_MEMORY, PX_CORRUPT, PX_BUSY or PX_IO for a code of SQLite, and "WHAT: why". */
px_status pxi_sql_fail(pxi_vfs *vfs, sqlite3 *db, int code, const char *what, px_err *ret_err);
px_status pxi_sql_status(int code);

/* A blob of the current row, borrowed until the next step; false when memory was short. */
bool pxi_sql_blob(sqlite3_stmt *stmt, int column, px_str *ret_bytes);

#endif
