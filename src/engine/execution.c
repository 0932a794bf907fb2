/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of such a document is that of the command, without its deadline, and what came of it:
 *
 *     {"twin":"press-1","twinNumber":7,"id":"c1","name":"stop","by":"admin","called":"…",
 *      "print":"…","payload":…,"status":"applied","ended":"…","endedBy":"press-1","response":…}
 */
#include "engine/execution.h"

#include <stdio.h>

#include "base/limits.h"
#include "engine/state.h"

enum { PRINT_CHARS = 16, DROPPED_AT_ONCE = 2 };

px_status px_execution_print(px_str name, const px_json *payload, uint64_t *ret_print,
                             px_err *ret_err)
{
    px_buf text = { 0 };
    px_status status;

    px_put(&text, name);
    px_put_char(&text, '\n'); /* in no name */
    if (payload)
        px_put_json_node(&text, payload);
    status = px_buf_status(&text, ret_err);
    *ret_print = px_str_hash(px_buf_str(&text));
    px_buf_release(&text);
    return status;
}

void px_put_execution_print(px_json_writer *w, uint64_t print)
{
    char text[PRINT_CHARS + 1];

    snprintf(text, sizeof(text), "%016llx", (unsigned long long)print);
    px_json_key(w, PX_STR("print"));
    px_json_string(w, px_str_c(text));
}

static px_command_status status_of(const px_json *body)
{
    px_str text = px_json_get_text(body, PX_STR("status"));

    for (px_command_status s = PX_COMMAND_APPLIED; s <= PX_COMMAND_DELIVERED; s++)
        if (px_str_eq(text, px_str_c(px_command_status_name(s))))
            return s;
    return PX_COMMAND_PENDING;
}

px_status px_execution_read(px_str body, px_arena *arena, px_execution *ret_execution,
                            px_err *ret_err)
{
    const px_json *response;
    px_json *json;

    PX_TRY(px_json_parse(body, NULL, arena, &json, ret_err));
    response = px_json_get(json, PX_STR("response"));
    *ret_execution =
        (px_execution){ .twin = px_json_get_text(json, PX_STR("twin")),
                        .id = px_json_get_text(json, PX_STR("id")),
                        .name = px_json_get_text(json, PX_STR("name")),
                        .print = px_json_get_text(json, PX_STR("print")),
                        .twin_no = (uint32_t)px_json_get_uint(json, PX_STR("twinNumber")),
                        .status = status_of(json),
                        .response = response ? response->raw : (px_str){ 0 } };
    return PX_OK;
}

/* ---- the end ---- */

static void put_raw(px_json_writer *w, px_str key, px_str json)
{
    if (json.len == 0)
        return;
    px_json_key(w, key);
    if (json.len <= PX_COMMAND_KEPT_BYTES_MAX) {
        px_json_put_raw(w, json);
        return;
    }
    px_json_begin_object(w);
    px_json_key(w, PX_STR("notKept"));
    px_json_string(w, PX_STR("it is too large to be kept"));
    px_json_key(w, PX_STR("bytes"));
    px_json_uint(w, json.len);
    px_json_end_object(w);
}

/* What only one that waits has. */
static bool is_kept(px_str member)
{
    return !px_str_eq(member, PX_STR("deadline")) && !px_str_eq(member, PX_STR("answer")) &&
           !px_str_eq(member, PX_STR("status"));
}

static void put_body(px_buf *buf, const px_json *command, const px_event *response, px_time now)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    for (const px_json *m = command->first; m; m = m->next)
        if (px_str_eq(m->key, PX_STR("payload"))) {
            put_raw(&w, m->key, m->raw);
        } else if (is_kept(m->key)) {
            px_json_key(&w, m->key);
            px_json_node(&w, m);
        }
    px_json_key(&w, PX_STR("status"));
    px_json_string(&w, px_str_c(px_command_status_name((px_command_status)response->code)));
    px_json_key(&w, PX_STR("ended"));
    px_json_time(&w, now);
    px_json_key(&w, PX_STR("endedBy"));
    px_json_string(&w, response->cause);
    put_raw(&w, PX_STR("response"), response->body);
    px_json_end_object(&w);
}

/* The list is that of the commits before: what ends in one batch may be over the limit until the
 * next, and one that goes already in this batch is passed over. */
static px_status drop_oldest(px_engine_state *state, uint32_t tenant, px_err *ret_err)
{
    px_str kind = PX_STR("execution");
    px_document oldest[DROPPED_AT_ONCE];
    PX_AUTO_ARENA arena = { 0 };
    uint32_t cursor = 0;
    size_t count;

    if (px_documents_count(state->documents, tenant, kind) < PX_COMMANDS_KEPT_MAX)
        return PX_OK;
    px_arena_init(&arena, DROPPED_AT_ONCE * PX_DOC_BYTES_MAX * 2);
    PX_TRY(px_documents_list(state->documents, tenant, kind, &cursor, DROPPED_AT_ONCE, &arena,
                             oldest, &count, ret_err));
    for (size_t i = 0; i < count; i++) {
        px_document_write gone = { .kind = kind, .id = oldest[i].id };

        if (i > 0 && px_documents_count(state->documents, tenant, kind) == PX_COMMANDS_KEPT_MAX)
            break; /* nothing is over: one goes, one comes */
        if (px_documents_pending(state->documents, tenant, kind, gone.id))
            PX_TRY(px_state_emit_document(state, tenant, &gone, PX_STR("engine.kept"), ret_err));
    }
    return PX_OK;
}

px_status px_execution_end(px_engine_state *state, const px_document *waiting, const px_json *body,
                           const px_event *response, px_err *ret_err)
{
    px_document_write ended = { .kind = PX_STR("execution"), .id = waiting->id };
    uint32_t tenant = waiting->tenant;
    px_buf text = { 0 };
    px_status status;

    put_body(&text, body, response, state->now);
    ended.body = px_buf_str(&text);
    status = px_buf_status(&text, ret_err);
    if (status == PX_OK)
        status = drop_oldest(state, tenant, ret_err);
    if (status == PX_OK)
        status = px_state_emit_document(state, tenant, &ended, response->cause, ret_err);
    px_buf_release(&text);
    state->commands_ended[response->code]++;
    return status;
}

/* ---- called again ---- */

static px_status compare(px_engine_state *state, const px_document *document, uint32_t twin_no,
                         uint64_t print, bool *ret_is_known, px_err *ret_err)
{
    char text[PRINT_CHARS + 1];
    px_execution known;

    PX_TRY(px_execution_read(document->body, &state->arena, &known, ret_err));
    if (known.twin_no != twin_no)
        return PX_OK; /* of a twin that had this id before */
    snprintf(text, sizeof(text), "%016llx", (unsigned long long)print);
    if (!px_str_eq(known.print, px_str_c(text)))
        return px_fail_id(ret_err, PX_CONFLICT, "command.other",
                          "command '%.*s' was called as '%.*s' with another payload or another "
                          "name; a new call wants a new id",
                          PX_FMT(known.id), PX_FMT(known.name));
    *ret_is_known = true;
    return PX_OK;
}

px_status px_execution_look(px_engine_state *state, uint32_t tenant, uint32_t twin_no,
                            px_str document_id, uint64_t print, bool *ret_is_known, px_err *ret_err)
{
    static const char *const kinds[] = { "command", "execution" };

    *ret_is_known = false;
    for (size_t i = 0; i < 2; i++) {
        const px_document *found =
            px_documents_pending(state->documents, tenant, px_str_c(kinds[i]), document_id);

        if (found)
            return compare(state, found, twin_no, print, ret_is_known, ret_err);
    }
    return PX_OK;
}
