/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A recorded CSV file as device messages: one JSON object a row, with its time in `$ts`.
 *
 * Time comes from a column, or from a start and a period (then a bad row takes its place in time
 * all the same). Threads: one.
 */
#ifndef PX_CLI_ROWS_H
#define PX_CLI_ROWS_H

#include "base/csv.h"
#include "cli/colmap.h"
#include "cli/when.h"

typedef struct px_rows_opts {
    px_csv_source source;
    char separator;          /* 0: guessed */
    px_colmap *map;          /* borrowed */
    const char *time_column; /* NULL with a period; NULL without: the column that is called so */
    int64_t period_ns;       /* 0: times come from a column */
    px_time start;
    px_zone zone;
} px_rows_opts;

typedef struct px_row {
    uint64_t line; /* where it begins in the file */
    px_time time;
    px_buf payload; /* {"$ts":…,"name":value,…}; owned by the reader, good until the next row */
    bool empty;     /* no cell of it had a value: there is nothing to send */
    bool end;       /* of the file */
} px_row;

typedef struct px_rows {
    px_csv csv;
    px_rows_opts opts;
    px_column *columns;
    PX_VEC(px_str) names; /* of the columns, in the map's arena */
    size_t width, time_index;
    uint64_t number; /* of data rows so far, bad ones too */
    px_time last;
    px_row row;

    uint64_t zoneless, ambiguous, ambiguous_line; /* counts; the first one's line */
} px_rows;

/* Reads the header. Errors: as of the header's CSV and of the map; PX_INVALID (no time). */
PX_NODISCARD px_status px_rows_open(px_rows *rows, const px_rows_opts *opts, px_err *ret_err);
void px_rows_close(px_rows *rows);

/* Errors: PX_INVALID with line and column: this row is bad, the next call goes on behind it; all
 * else ends the reading. */
PX_NODISCARD px_status px_rows_next(px_rows *rows, const px_row **ret_row, px_err *ret_err);

#endif
