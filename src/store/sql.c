/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include <malloc.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/pcache.h"

/* --- once per process ------------------------------------------------------------------------- */

static void *memory_alloc(int size)
{
    return px_alloc((size_t)size);
}

static void *memory_realloc(void *ptr, int size)
{
    return px_realloc(ptr, (size_t)size);
}

static int memory_size(void *ptr)
{
    return (int)malloc_usable_size(ptr);
}

static int memory_roundup(int size)
{
    return (size + 7) & ~7;
}

static int memory_init(void *data)
{
    (void)data;
    return SQLITE_OK;
}

static void memory_shutdown(void *data)
{
    (void)data;
}

static pthread_once_t setup_once = PTHREAD_ONCE_INIT;
static int setup_code;

/* SQLite's settings are global. */
static void setup(void)
{
    static const sqlite3_mem_methods methods = { memory_alloc,    px_free,
                                                 memory_realloc,  memory_size,
                                                 memory_roundup,  memory_init,
                                                 memory_shutdown, NULL };
    sqlite3_pcache_methods2 pages;

    setup_code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (setup_code == SQLITE_OK)
        setup_code = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    if (setup_code == SQLITE_OK)
        setup_code = sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &pages);
    if (setup_code == SQLITE_OK) {
        pages = pxi_pcache_around(&pages);
        setup_code = sqlite3_config(SQLITE_CONFIG_PCACHE2, &pages);
    }
    if (setup_code == SQLITE_OK)
        setup_code = sqlite3_initialize();
}

px_status pxi_sql_setup(px_err *ret_err)
{
    pthread_once(&setup_once, setup);
    if (setup_code == SQLITE_OK)
        return PX_OK;
    return px_fail(ret_err, PX_UNSUPPORTED,
                   "SQLite cannot be set up: %s; open the store before "
                   "anything else uses SQLite",
                   sqlite3_errstr(setup_code));
}

/* --- codes ------------------------------------------------------------------------------------ */

px_status pxi_sql_status(int code)
{
    if (code == SQLITE_IOERR_DATA)
        return PX_CORRUPT;
    if (code == SQLITE_IOERR_NOMEM)
        return PX_NO_MEMORY;
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return PX_OK;
    case SQLITE_FULL:
        return PX_FULL;
    case SQLITE_NOMEM:
        return PX_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return PX_CORRUPT;
    case SQLITE_BUSY:
        return PX_BUSY;
    default:
        return PX_IO;
    }
}

px_status pxi_sql_fail(pxi_vfs *vfs, sqlite3 *db, int code, const char *what, px_err *ret_err)
{
    px_status status = pxi_sql_status(code);
    const char *why = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    char damage[160];

    if (status == PX_NO_MEMORY)
        return px_no_memory(ret_err);
    if (status == PX_FULL)
        return px_fail_id(ret_err, PX_FULL, "store.full", "%s: the disk is full", what);
    if (code == SQLITE_IOERR_DATA) {
        pxi_vfs_damage(vfs, damage);
        return px_fail_id(ret_err, PX_CORRUPT, "store.damaged", "%s: %s", what, damage);
    }
    if (vfs->sync_failed)
        return px_fail_id(ret_err, PX_IO, "store.sync",
                          "%s: a sync failed, so nothing after it can be trusted", what);
    return px_fail_id(ret_err, status == PX_OK ? PX_IO : status,
                      status == PX_CORRUPT ? "store.damaged" : "store.sqlite", "%s: %s", what, why);
}

/* --- statements ------------------------------------------------------------------------------- */

px_status pxi_sql_prepare(pxi_vfs *vfs, sqlite3 *db, const char *sql, sqlite3_stmt **ret_stmt,
                          px_err *ret_err)
{
    int code = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_stmt, NULL);

    return code == SQLITE_OK ? PX_OK
                             : pxi_sql_fail(vfs, db, code, "cannot open the store", ret_err);
}

px_status pxi_sql_exec(pxi_vfs *vfs, sqlite3 *db, const char *sql, px_err *ret_err)
{
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? PX_OK
                             : pxi_sql_fail(vfs, db, code, "cannot open the store", ret_err);
}

int pxi_sql_run(sqlite3_stmt *stmt)
{
    int code = sqlite3_step(stmt);
    int reset = sqlite3_reset(stmt);

    return code == SQLITE_DONE ? SQLITE_OK : reset != SQLITE_OK ? reset : code;
}

bool pxi_sql_blob(sqlite3_stmt *stmt, int column, px_str *ret_bytes)
{
    const char *ptr = sqlite3_column_blob(stmt, column);
    int len = sqlite3_column_bytes(stmt, column);

    *ret_bytes = px_str_of(ptr, (size_t)len);
    return ptr || sqlite3_errcode(sqlite3_db_handle(stmt)) != SQLITE_NOMEM;
}

/* --- connections ------------------------------------------------------------------------------ */

typedef struct setting {
    const char *name, *value, *read_back; /* NULL read_back: SQLite gives nothing back */
} setting;

static px_status read_back(pxi_vfs *vfs, sqlite3 *db, const setting *s, px_err *ret_err)
{
    sqlite3_stmt *stmt = NULL;
    char sql[64];
    px_status status;
    const char *got;

    snprintf(sql, sizeof(sql), "PRAGMA %s", s->name);
    PX_TRY(pxi_sql_prepare(vfs, db, sql, &stmt, ret_err));
    int code = sqlite3_step(stmt);
    got = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    if (code != SQLITE_ROW || !got)
        status = pxi_sql_fail(vfs, db, code == SQLITE_ROW ? SQLITE_NOMEM : code,
                              "cannot read SQLite's settings", ret_err);
    else if (strcmp(got, s->read_back) != 0)
        status =
            px_fail_id(ret_err, PX_UNSUPPORTED, "store.setting",
                       "SQLite's setting %s is %s where %s is needed", s->name, got, s->read_back);
    else
        status = PX_OK;
    sqlite3_finalize(stmt);
    return status;
}

static px_status apply(pxi_vfs *vfs, sqlite3 *db, const setting *settings, px_err *ret_err)
{
    char sql[64];

    for (const setting *s = settings; s->name; s++) {
        snprintf(sql, sizeof(sql), "PRAGMA %s=%s", s->name, s->value);
        PX_TRY(pxi_sql_exec(vfs, db, sql, ret_err));
        PX_TRY(read_back(vfs, db, s, ret_err));
    }
    return PX_OK;
}

static const setting *settings_of(pxi_sql_mode mode)
{
    static const setting serving[] = {
        { "page_size", "4096", "4096" },    { "temp_store", "2", "2" },
        { "journal_mode", "WAL", "wal" },   { "synchronous", "FULL", "2" },
        { "wal_autocheckpoint", "0", "0" }, { "secure_delete", "OFF", "0" },
        { "cache_spill", "OFF", "0" },      { "cell_size_check", "ON", "1" },
        { "trusted_schema", "OFF", "0" },   { NULL, NULL, NULL },
    };
    static const setting copying[] = {
        { "page_size", "4096", "4096" },    { "temp_store", "2", "2" },
        { "journal_mode", "OFF", "off" },   { "synchronous", "OFF", "0" },
        { "cache_size", "-2048", "-2048" }, { NULL, NULL, NULL },
    };

    return mode == PXI_SQL_BACKUP ? copying : serving;
}

static px_status prepare_connection(pxi_vfs *vfs, sqlite3 *db, pxi_sql_mode mode, px_err *ret_err)
{
    int reserved = PXI_PAGE_RESERVED;

    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 1000);
    /* takes effect on a file that has no page yet */
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved) != SQLITE_OK)
        return px_no_memory(ret_err);
    PX_TRY(apply(vfs, db, settings_of(mode), ret_err));
    if (mode == PXI_SQL_WRITER)
        return pxi_sql_exec(vfs, db, "PRAGMA cache_size=-65536", ret_err);
    return PX_OK;
}

px_status pxi_sql_open(pxi_vfs *vfs, const char *path, pxi_sql_mode mode, sqlite3 **ret_db,
                       px_err *ret_err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    sqlite3 *db = NULL;
    px_status status;
    int code;

    flags |= mode == PXI_SQL_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    flags |= mode == PXI_SQL_WRITER || mode == PXI_SQL_BACKUP ? SQLITE_OPEN_CREATE : 0;
    code = sqlite3_open_v2(path, &db, flags, vfs->name);
    if (code != SQLITE_OK)
        status = pxi_sql_fail(vfs, db, code, "cannot open the store", ret_err);
    else
        status = prepare_connection(vfs, db, mode, ret_err);
    if (status != PX_OK) {
        sqlite3_close(db);
        return status;
    }
    *ret_db = db;
    return PX_OK;
}
