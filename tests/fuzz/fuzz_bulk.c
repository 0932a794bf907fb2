/* SPDX-License-Identifier: Apache-2.0 */
/* The bulk format: the first byte says in what pieces the rest comes. Both ways of reading must
 * tell the same, and a reader that goes on behind a line what the first one would. */
#include <stdlib.h>

#include "bulk/order.h"
#include "bulk/reader.h"

typedef struct digest {
    uint64_t lines, bad, sum;
    px_status status;
} digest;

static void count(digest *d, const px_bulk_line *line, px_bulk_order *order)
{
    px_bulk_thing thing;
    px_arena arena;

    d->lines += line->kind == PX_BULK_LINE;
    d->bad += line->kind == PX_BULK_BAD;
    d->sum = d->sum * 31 + line->number * 7 + line->end + (uint64_t)line->section;
    if (line->kind != PX_BULK_LINE)
        return;
    px_arena_init(&arena, 1 << 22);
    if (px_bulk_thing_read(line->section, line->text, &arena, &thing, NULL) == PX_OK &&
        line->section == PX_BULK_MODELS &&
        px_bulk_order_add(order, line->number, line->text, thing.json, NULL) != PX_OK)
        d->bad++;
    px_arena_release(&arena);
}

static digest read_in(px_str text, size_t step)
{
    digest d = { 0 };
    px_bulk_order order;
    px_bulk_reader r;
    px_bulk_line line = { 0 };

    px_bulk_reader_init(&r);
    px_bulk_order_init(&order);
    for (size_t at = 0; d.status == PX_OK && line.kind != PX_BULK_END; at += step) {
        size_t size = at >= text.len ? 0 : at + step < text.len ? step : text.len - at;

        d.status = px_bulk_feed(&r, px_str_of(text.ptr + at, size), at + step >= text.len, NULL);
        while (d.status == PX_OK && (d.status = px_bulk_next(&r, &line, NULL)) == PX_OK &&
               line.kind != PX_BULK_MORE && line.kind != PX_BULK_END)
            count(&d, &line, &order);
    }
    if (px_bulk_order_sort(&order, NULL) != PX_OK || order.order.len != order.models.len)
        abort();
    px_bulk_order_release(&order);
    px_bulk_reader_release(&r);
    return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str text;
    digest whole, pieces;

    if (size < 2)
        return 0;
    text = px_str_of((const char *)data + 1, size - 1);
    whole = read_in(text, text.len);
    pieces = read_in(text, 1 + data[0] % 64);
    if (whole.lines != pieces.lines || whole.bad != pieces.bad || whole.sum != pieces.sum ||
        whole.status != pieces.status)
        abort();
    return 0;
}
