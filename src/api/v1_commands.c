/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/twins/T/commands: calls a command and waits for its device; and the audit trail, which is
 * the documents of commands that wait and of those that have ended.
 */
#include <stdio.h>

#include "api/inner.h"
#include "api/watch.h"
#include "engine/execution.h"

px_handler px_v1_post_command, px_v1_list_commands, px_v1_get_command;

enum { COMMAND_ID_BYTES = 12, TIMEOUT_S_DEFAULT = 5, TIMEOUT_S_MAX = 3600 };
enum { PAGE_MAX = 500, PAGE_DEFAULT = 100 };

static const char *const kinds[] = { "command", "execution" };

/* ---- calling ---- */

/* TWIN/ID */
static px_str document_id(px_api_call *call, px_str twin_id, px_str command_id)
{
    px_buf buf = { 0 };
    px_str id;

    px_put(&buf, twin_id);
    px_put_char(&buf, '/');
    px_put(&buf, command_id);
    id = buf.status == PX_OK ? px_arena_str(&call->arena, px_buf_str(&buf)) : (px_str){ 0 };
    px_buf_release(&buf);
    return id;
}

/* What came of this id before: while the answer is drafted, as the batch leaves it. */
static bool has_ended(px_api_call *call, px_execution *ret_execution)
{
    px_documents *documents = px_engine_documents(call->api->opts.engine);
    px_str kind = px_str_c(kinds[1]);
    px_str id = document_id(call, call->request.id, call->request.command_id);
    uint32_t tenant = call->principal.tenant;
    const px_document *own = NULL;
    px_document found;

    if (!id.ptr)
        return false;
    if (call->drafting)
        own = px_documents_pending(documents, tenant, kind, id);
    else if (px_documents_get(documents, tenant, kind, id, &call->arena, &found, NULL) == PX_OK)
        own = &found;
    return own && px_execution_read(own->body, &call->arena, ret_execution, NULL) == PX_OK &&
           ret_execution->twin_no == call->request.result.number;
}

static void command_given(px_api_call *call)
{
    px_execution ended;

    if (has_ended(call, &ended)) {
        px_put_command_answer(&call->out, call->request.command_id, ended.status, ended.response);
        px_api_json(call, 200);
    } else if (call->drafting) {
        call->once_waits = call->request.command_id;
    } else {
        px_watch_command(call->api->watch, call, call->request.command_id);
    }
}

static px_str random_id(px_api_call *call)
{
    unsigned char bytes[COMMAND_ID_BYTES];
    char id[2 * COMMAND_ID_BYTES + 1];

    call->api->env->random(call->api->env, bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    return px_arena_str(&call->arena, px_str_c(id));
}

/* A slash would make it the id of another twin's command. */
static bool is_good(px_api_call *call, px_str id)
{
    px_err err;

    if (id.len == 0 || !memchr(id.ptr, '/', id.len))
        return true;
    px_fail_id(&err, PX_INVALID, "command.id", "the id of a command has no slash");
    px_api_fail(call, PX_INVALID, &err);
    return false;
}

void px_v1_post_command(px_api_call *call)
{
    px_str id = px_api_param(call, "id");
    uint64_t timeout_s;

    if (!is_good(call, id))
        return;

    if (!px_api_param_number(call, "timeout", TIMEOUT_S_DEFAULT, 1, TIMEOUT_S_MAX, &timeout_s))
        return;
    call->request.kind = PX_REQUEST_COMMAND;
    call->request.id = call->args[0];
    call->request.name = call->args[1];
    call->request.command_id = id.ptr ? id : random_id(call);
    call->request.deadline = px_engine_now(call->api->opts.engine) + (int64_t)timeout_s * PX_SECOND;
    px_api_submit(call, command_given);
}

/* ---- what became of them ---- */

static void put_command(px_json_writer *w, const px_json *body)
{
    static const char *const members[] = { "id",       "name",  "status",  "by",      "called",
                                           "deadline", "ended", "endedBy", "payload", "response" };

    px_json_begin_object(w);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const px_json *member = px_json_get(body, px_str_c(members[i]));

        px_json_key(w, px_str_c(members[i]));
        if (member)
            px_json_node(w, member);
        else if (px_str_eq(px_str_c(members[i]), PX_STR("status")))
            px_json_string(w, px_str_c(px_command_status_name(PX_COMMAND_PENDING)));
        else
            px_json_null(w);
    }
    px_json_end_object(w);
}

/* Under the prefix `T/` stand those of a twin `T/…` as well, and of one that had this id before. */
static const px_json *read_own(px_api_call *call, const px_document *document, uint32_t twin_no)
{
    px_json *body = NULL;
    const px_json *number;
    int64_t no = 0;

    if (px_json_parse(document->body, NULL, &call->arena, &body, NULL) != PX_OK)
        return NULL;
    number = px_json_get(body, PX_STR("twinNumber"));
    if (px_json_is(number, PX_JSON_NUMBER))
        px_num_to_int(number->num, &no);
    return (uint32_t)no == twin_no ? body : NULL;
}

/* Fills the page up from one kind; `*room` items have a place there still. */
static px_status put_kind(px_api_call *call, px_json_writer *w, const char *kind,
                          const px_twin *twin, uint32_t *cursor, size_t *room, px_err *ret_err)
{
    px_documents *documents = px_engine_documents(call->api->opts.engine);
    px_document *items = PX_ARENA_ARRAY(&call->arena, px_document, *room);
    px_str prefix = document_id(call, px_twin_id(twin), PX_STR(""));
    size_t count = 0;

    if (!items || !prefix.ptr)
        return px_arena_fail(&call->arena, ret_err);
    PX_TRY(px_documents_list_under(documents, call->principal.tenant, px_str_c(kind), prefix,
                                   cursor, *room, &call->arena, items, &count, ret_err));
    *room -= count;
    for (size_t i = 0; i < count; i++) {
        const px_json *body = read_own(call, &items[i], px_twin_number(twin));

        if (body)
            put_command(w, body);
    }
    return PX_OK;
}

/* The cursor counts twice: an even one stands among those that wait, an odd one among those that
 * have ended, which come behind. */
static px_status put_page(px_api_call *call, px_json_writer *w, const px_twin *twin, size_t *room,
                          uint64_t *cursor, px_err *ret_err)
{
    uint32_t at = (uint32_t)(*cursor / 2);
    bool ended = *cursor % 2;

    PX_TRY(put_kind(call, w, kinds[ended], twin, &at, room, ret_err));
    if (at)
        *cursor = (uint64_t)at * 2 + ended;
    else
        *cursor = ended ? 0 : 1;
    return PX_OK;
}

void px_v1_list_commands(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    const px_model *model;
    const px_twin *twin;
    uint64_t limit, cursor;
    px_status status;
    size_t room;
    px_err err;

    if (!px_api_read_twin(call, call->args[0], PX_ACTION_READ_TWIN, &twin, &model) ||
        !px_api_param_number(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &limit) ||
        !px_api_cursor_number(call, &cursor))
        return;
    room = (size_t)limit;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    status = put_page(call, &w, twin, &room, &cursor, &err);
    if (status == PX_OK && cursor == 1 && room > 0) /* those that wait are all told */
        status = put_page(call, &w, twin, &room, &cursor, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    px_json_end_array(&w);
    px_api_put_cursor_number(call, &w, cursor);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

/* It may end while it is looked for: those that wait come first. */
static const px_json *find(px_api_call *call, const px_twin *twin)
{
    px_documents *documents = px_engine_documents(call->api->opts.engine);
    px_str id = document_id(call, px_twin_id(twin), call->args[1]);
    px_document found;

    for (size_t i = 0; id.ptr && i < 2; i++)
        if (px_documents_get(documents, call->principal.tenant, px_str_c(kinds[i]), id,
                             &call->arena, &found, NULL) == PX_OK)
            return read_own(call, &found, px_twin_number(twin));
    return NULL;
}

void px_v1_get_command(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    const px_json *body;
    const px_model *model;
    const px_twin *twin;
    px_err err;

    if (!px_api_read_twin(call, call->args[0], PX_ACTION_READ_TWIN, &twin, &model))
        return;
    body = find(call, twin);
    if (!body) {
        px_fail_id(&err, PX_NOT_FOUND, "command.not_found",
                   "twin '%.*s' has no command with id '%.*s'; the newest %d that have ended are "
                   "kept of all twins",
                   PX_FMT(px_twin_id(twin)), PX_FMT(call->args[1]), PX_COMMANDS_KEPT_MAX);
        px_api_fail(call, PX_NOT_FOUND, &err);
        return;
    }
    put_command(&w, body);
    px_api_json(call, 200);
}
