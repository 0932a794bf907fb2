/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reads CSV record by record from a source of bytes: RFC 4180 with any one-byte separator.
 *
 * Quoted cells with separators, line breaks and doubled quotes; LF, CRLF or CR; a UTF-8 BOM; a last
 * line without an end; empty lines are passed over. A bad record is reported with its place, and
 * reading goes on behind its line. Memory is bounded by the longest record.
 *
 * Limits:  PX_CSV_RECORD_BYTES_MAX, PX_CSV_COLUMNS_MAX.   Threads: one at a time.
 * Source:  RFC 4180; what it leaves open is said above.
 */
#ifndef PX_BASE_CSV_H
#define PX_BASE_CSV_H

#include "base/buf.h"
#include "base/limits.h"
#include "base/vec.h"

/* Fills `bytes`; gives the count, 0 at the end. PX_IO when the source fails. */
typedef struct px_csv_source {
    px_status (*read)(void *data, char *bytes, size_t size, size_t *ret_count, px_err *ret_err);
    void *data;
} px_csv_source;

typedef struct px_csv {
    px_csv_source source;
    char separator; /* 0 until the first record, when it is to be guessed */
    char *bytes;    /* what was read and not yet taken */
    size_t at, end;
    bool source_ended, started;
    uint64_t line;        /* of the next byte, from 1 */
    uint32_t column;      /* of the next byte, from 1 */
    uint64_t taken;       /* bytes taken so far */
    px_buf text;          /* unquoted cells of the record */
    PX_VEC(size_t) ends;  /* where each cell ends in `text` */
    PX_VEC(px_str) cells; /* of the last record */
    uint64_t record_line; /* where the last record began */
    size_t record_bytes;  /* of it so far */
} px_csv;

/* `separator` 0: whichever of , ; tab | the first line has most of. The source is copied. */
PX_NODISCARD px_status px_csv_init(px_csv *csv, px_csv_source source, char separator,
                                   px_err *ret_err);
void px_csv_release(px_csv *csv);

/**
 * The next record; its cells are borrowed until the next call.
 *
 * @param ret_count  cells of the record; 0 at the end of the file
 * Errors: PX_INVALID (a bad record, with line and column; the next call goes on behind it),
 * PX_UNSUPPORTED (UTF-16), PX_IO, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_csv_next(px_csv *csv, const px_str **ret_cells, size_t *ret_count,
                                   px_err *ret_err);

#endif
