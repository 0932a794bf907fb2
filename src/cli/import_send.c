/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of an import, and what it tells. */
#include "cli/api.h"
#include "cli/import.h"
#include "cli/interrupt.h"

enum { SHOWN_MAX = 20, TRIES = 60, WAIT_MS = 1000 };

void px_import_refuse(px_import *m, uint64_t number, const px_err *err)
{
    px_buf line = { 0 };

    m->refused++;
    px_progress_clear(&m->progress);
    if (!m->cli->json && m->shown < SHOWN_MAX)
        fprintf(m->cli->err, "%s:%llu: %s%s%s%s\n", m->file, (unsigned long long)number, err->text,
                err->path[0] ? " (" : "", err->path, err->path[0] ? ")" : "");
    if (!m->cli->json && m->shown == SHOWN_MAX)
        fprintf(m->cli->err, "… and more; --errors FILE keeps them all\n");
    m->shown++;
    if (!m->errors)
        return;
    px_putf(&line, "{\"line\":%llu,\"code\":", (unsigned long long)number);
    px_put_json_string(&line, px_str_c(err->id));
    px_put_c(&line, ",\"detail\":");
    px_put_json_string(&line, px_str_c(err->text));
    px_put_c(&line, ",\"path\":");
    px_put_json_string(&line, px_str_c(err->path));
    px_put_c(&line, "}\n");
    if (line.status == PX_OK)
        fwrite(line.ptr, 1, line.len, m->errors);
    px_buf_release(&line);
}

static void put_text(char *out, size_t size, px_str text)
{
    snprintf(out, size, "%.*s", PX_FMT(text));
}

static px_status read_answer(px_import *m, const px_json *root, px_err *ret_err)
{
    const px_json *refused = px_json_get(root, PX_STR("refused"));
    char code[96];

    if (!px_json_is(refused, PX_JSON_ARRAY))
        return px_fail(ret_err, PX_CORRUPT, "the server's answer to an import is none");
    for (const px_json *r = refused->first; r; r = r->next) {
        uint64_t line = px_position_number(r, "line");
        px_err err = { .id = code };

        if (line == 0 || line > m->numbers.len)
            return px_fail(ret_err, PX_CORRUPT, "the server names a line that was not sent");
        put_text(code, sizeof(code), px_json_get_text(r, PX_STR("code")));
        put_text(err.text, sizeof(err.text), px_json_get_text(r, PX_STR("detail")));
        put_text(err.path, sizeof(err.path), px_json_get_text(r, PX_STR("path")));
        px_import_refuse(m, m->numbers.ptr[line - 1], &err);
    }
    m->taken[m->section] += px_position_number(root, "taken");
    return PX_OK;
}

/* A server that is away for a moment is waited for: what it did is done, and the rest comes again.
 */
static px_status call(px_import *m, px_arena *arena, px_json **ret_root, px_err *ret_err)
{
    char path[64];
    px_http_call call = { .method = "POST",
                          .path = path,
                          .body = px_buf_str(&m->body),
                          .content_type = "application/x-ndjson" };
    px_status status = PX_BUSY;

    snprintf(path, sizeof(path), "/api/v1/import?section=%s", px_bulk_section_name(m->section));
    for (int i = 0; i < TRIES; i++) {
        status = px_api_call(m->cli, &call, arena, ret_root, ret_err);
        if (status != PX_BUSY && status != PX_UNREACHABLE)
            break;
        px_progress_show(&m->progress, m->end, m->number, "waits for the server");
        PX_TRY(px_interrupt_sleep_ms(WAIT_MS, ret_err));
    }
    return status;
}

static px_status keep_position(px_import *m, px_err *ret_err)
{
    px_buf json = { 0 };
    px_status status;

    if (!m->position)
        return PX_OK;
    px_putf(&json, "{\"bytes\":%llu,\"section\":\"%s\",\"line\":%llu,\"end\":%llu,\"refused\":%llu",
            (unsigned long long)m->size, px_bulk_section_name(m->section),
            (unsigned long long)m->number, (unsigned long long)m->end,
            (unsigned long long)m->refused);
    for (int i = PX_BULK_MODELS; i < PX_BULK_SECTIONS; i++)
        px_putf(&json, ",\"%s\":%llu", px_bulk_section_name((px_bulk_section)i),
                (unsigned long long)m->taken[i]);
    px_put_c(&json, "}\n");
    status = px_buf_status(&json, ret_err);
    if (status == PX_OK)
        status = px_position_write(m->position, px_buf_str(&json), ret_err);
    px_buf_release(&json);
    return status;
}

px_status px_import_flush(px_import *m, px_err *ret_err)
{
    px_json *root = NULL;
    px_status status = PX_OK;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 256 << 20);
    if (m->numbers.len == 0)
        return PX_OK;
    status = call(m, &arena, &root, ret_err);
    if (status == PX_OK)
        status = read_answer(m, root, ret_err);
    if (status != PX_OK)
        return status;
    px_buf_clear(&m->body);
    m->numbers.len = 0;
    px_progress_show(&m->progress, m->end, m->number, px_bulk_section_name(m->section));
    /* of models the section is all or nothing: they are gathered again */
    if (m->section == PX_BULK_MODELS || !m->position || !px_position_is_due(m->position))
        return PX_OK;
    return keep_position(m, ret_err);
}
