/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/import.h"

#include <errno.h>

#include "base/limits.h"
#include "cli/interrupt.h"

enum { READ_BYTES = 256 * 1024, CALL_BYTES = 768 * 1024, ARENA_BYTES = 64 << 20 };

static px_status add(px_import *m, uint64_t number, px_str text, px_err *ret_err)
{
    if (m->body.len &&
        (m->body.len + text.len + 1 > CALL_BYTES || m->numbers.len == PX_BULK_LINES_MAX))
        PX_TRY(px_import_flush(m, ret_err));
    if (m->body.len)
        px_put_char(&m->body, '\n');
    px_put(&m->body, text);
    PX_TRY(px_buf_status(&m->body, ret_err));
    return PX_VEC_PUSH(&m->numbers, number) ? PX_OK : px_no_memory(ret_err);
}

/* Kept until all are known, for the server wants them in their order. */
static px_status keep_model(px_import *m, const px_bulk_line *line, px_err *ret_err)
{
    px_bulk_thing thing;
    px_err err;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    if (px_bulk_thing_read(PX_BULK_MODELS, line->text, &arena, &thing, &err) != PX_OK) {
        px_import_refuse(m, line->number, &err);
        return PX_OK;
    }
    status = px_bulk_order_add(&m->order, line->number, line->text, thing.json, ret_err);
    return status;
}

static px_status send_models(px_import *m, px_err *ret_err)
{
    PX_TRY(px_bulk_order_sort(&m->order, ret_err));
    PX_VEC_EACH (&m->order.order, i) {
        const px_bulk_model *model = &m->order.models.ptr[*i];

        PX_TRY(add(m, model->number, model->text, ret_err));
    }
    PX_TRY(px_import_flush(m, ret_err));
    px_bulk_order_release(&m->order);
    px_bulk_order_init(&m->order);
    return PX_OK;
}

static px_status end_section(px_import *m, px_err *ret_err)
{
    return m->section == PX_BULK_MODELS ? send_models(m, ret_err) : px_import_flush(m, ret_err);
}

static px_status take(px_import *m, const px_bulk_line *line, const px_err *bad, px_err *ret_err)
{
    px_status status = PX_OK;

    if (line->section != m->section) { /* what is told of the section comes before its end */
        PX_TRY(end_section(m, ret_err));
        m->section = line->section;
    }
    if (line->kind == PX_BULK_BAD) {
        px_import_refuse(m, line->number, bad);
    } else if (line->kind == PX_BULK_LINE) {
        status = m->section == PX_BULK_MODELS ? keep_model(m, line, ret_err)
                                              : add(m, line->number, line->text, ret_err);
    }
    m->number = line->number;
    m->end = line->end;
    return status;
}

static px_status read_lines(px_import *m, px_err *ret_err)
{
    px_bulk_line line;
    px_err err = { 0 };
    px_status status;

    while ((status = px_bulk_next(&m->reader, &line, &err)) == PX_OK && line.kind != PX_BULK_MORE &&
           line.kind != PX_BULK_END)
        PX_TRY(take(m, &line, &err, ret_err));
    if (status != PX_OK && ret_err)
        *ret_err = err;
    return status;
}

px_status px_import_run(px_import *m, FILE *stream, px_err *ret_err)
{
    char *bytes = px_alloc(READ_BYTES);
    px_status status = bytes ? PX_OK : px_no_memory(ret_err);
    size_t count = READ_BYTES;

    while (status == PX_OK && count == READ_BYTES) {
        count = fread(bytes, 1, READ_BYTES, stream);
        if (ferror(stream))
            status = px_fail(ret_err, PX_IO, "cannot read '%s': %s", m->file, strerror(errno));
        if (status == PX_OK)
            status = px_bulk_feed(&m->reader, px_str_of(bytes, count), count < READ_BYTES, ret_err);
        if (status == PX_OK)
            status = read_lines(m, ret_err);
        if (status == PX_OK && px_interrupted())
            status = px_interrupt_fail(ret_err);
    }
    if (status == PX_OK)
        status = end_section(m, ret_err);
    px_progress_clear(&m->progress);
    px_free(bytes);
    return status;
}
