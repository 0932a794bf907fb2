/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The tables, their number in meta (1, 0, 0), and the steps from each older number to the next.
 *
 * The SQL that a table was made with is compared letter by letter at start: nothing else may have
 * written this file.
 */
#ifndef PX_STORE_SCHEMA_H
#define PX_STORE_SCHEMA_H

#include "store/sql.h"

enum { PXI_META_SCHEMA = 1, PXI_META_JOURNAL_BYTES = 2, PXI_APPLICATION_ID = 0x504f4c58 };

/* Makes, migrates, checks. Errors: PX_UNSUPPORTED (newer), PX_CORRUPT, those of pxi_sql_fail. */
PX_NODISCARD px_status pxi_schema_open(pxi_vfs *vfs, sqlite3 *db, px_err *ret_err);

/* Before SQLite sees the file: absent, empty, or ours by its first 100 bytes. */
PX_NODISCARD px_status pxi_schema_check_head(px_env *env, const char *path, px_err *ret_err);

#endif
