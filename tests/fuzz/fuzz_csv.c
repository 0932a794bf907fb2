/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded files under arbitrary bytes: rows, cells, times.
 *
 * The first byte picks how the file is read: separator, time column or period, size of the pieces.
 * Every row that is good is one JSON object with its time first; every byte of the file is taken.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct pieces {
    px_str rest;
    size_t piece;
} pieces;

static px_status read_piece(void *data, char *bytes, size_t size, size_t *ret_count, px_err *err)
{
    pieces *p = data;
    size_t count = p->rest.len < p->piece ? p->rest.len : p->piece;

    (void)err;
    count = count < size ? count : size;
    if (count)
        memcpy(bytes, p->rest.ptr, count);
    p->rest = px_str_skip(p->rest, count);
    *ret_count = count;
    return PX_OK;
}

static void check_payload(const px_row *row)
{
    px_json *root;
    px_time time;
    px_err err = { 0 };
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 64 << 20);
    if (px_json_parse(px_buf_str(&row->payload), NULL, &arena, &root, &err) != PX_OK) {
        px_assert(strcmp(err.id, "json.number_range") == 0); /* 1e999: the server's to refuse */
        return;
    }
    px_assert(px_json_is(root, PX_JSON_OBJECT) && px_str_eq(root->first->key, PX_STR("$ts")));
    px_assert(px_time_parse(root->first->text, &time, &err) == PX_OK && time == row->time);
    px_assert(row->empty == (root->count == 1));
}

static void read_rows(px_rows *rows)
{
    for (;;) {
        const px_row *row;
        px_err err = { 0 };
        px_status status = px_rows_next(rows, &row, &err);

        if (status == PX_INVALID) {
            px_assert(err.line > 0 && err.text[0]);
            continue;
        }
        if (status != PX_OK || row->end)
            return;
        if (row->time >= 0 && row->time < INT64_C(9214646400) * PX_SECOND)
            check_payload(row);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = { 0, ',', ';', '\t' };
    px_colmap map;
    px_rows rows;
    px_rows_opts opts = { .map = &map };
    pieces p;
    px_err err;

    if (size < 1)
        return 0;
    p = (pieces){ px_str_of((const char *)data + 1, size - 1), 1 + (size_t)(data[0] >> 4) * 7 };
    px_colmap_init(&map);
    opts.source = (px_csv_source){ read_piece, &p };
    opts.separator = separators[data[0] & 3];
    if (data[0] & 4)
        opts.period_ns = PX_MILLISECOND;
    if (data[0] & 8)
        px_assert(px_zone_parse("+08:00", &opts.zone, &err) == PX_OK);
    if (px_rows_open(&rows, &opts, &err) == PX_OK) {
        read_rows(&rows);
        px_rows_close(&rows);
    }
    px_colmap_release(&map);
    return 0;
}
