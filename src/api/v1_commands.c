/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/twins/T/commands: calls a command and waits for its device; and the audit trail, which is
 * the documents of commands that wait and of those that have ended.
 */
#include <stdio.h>

#include "api/inner.h"
#include "api/watch.h"
#include "engine/execution.h"
#include "engine/waiting.h"

px_handler px_v1_post_command, px_v1_list_commands, px_v1_get_command;

enum { COMMAND_ID_BYTES = 12, WAITS_TO_ITS_END = UINT32_MAX };
enum { PAGE_MAX = 500, PAGE_DEFAULT = 100 };

static const char *const kinds[] = { "command", "execution" };

/* ---- what became of one ---- */

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

/* The document of one kind, as the batch leaves it while the answer is drafted. */
static bool find_document(px_api_call *call, const char *kind, px_document *ret_document)
{
    px_documents *documents = px_engine_documents(call->api->opts.engine);
    px_str id = document_id(call, call->request.id, call->request.command_id);
    uint32_t tenant = call->principal.tenant;
    const px_document *own;

    if (!id.ptr)
        return false;
    if (!call->drafting)
        return px_documents_get(documents, tenant, px_str_c(kind), id, &call->arena, ret_document,
                                NULL) == PX_OK;
    own = px_documents_pending(documents, tenant, px_str_c(kind), id);
    if (own)
        *ret_document = *own;
    return own != NULL;
}

/* What came of this id before. */
static bool has_ended(px_api_call *call, px_execution *ret_execution)
{
    px_document found;

    return find_document(call, kinds[1], &found) &&
           px_execution_read(found.body, &call->arena, ret_execution, NULL) == PX_OK &&
           ret_execution->twin_no == call->request.result.number;
}

static bool is_waiting(px_api_call *call, px_waiting *ret_waiting)
{
    px_document found;

    return find_document(call, kinds[0], &found) &&
           px_waiting_read(found.body, &call->arena, ret_waiting, NULL) == PX_OK;
}

static void tell_end(px_api_call *call, const px_execution *ended)
{
    px_put_command_answer(&call->out, call->request.command_id, ended->status, ended->response);
    px_api_json(call, 200);
}

/* It goes on: where it can be looked at, and how it stands. */
static void tell_waiting(px_api_call *call)
{
    px_buf location = { 0 };
    px_waiting waiting;
    px_status status = PX_OK;
    px_err err;

    px_put_c(&location, "/api/v1/twins/");
    px_api_put_part(&location, call->request.id);
    px_put_c(&location, "/commands/");
    px_api_put_part(&location, call->request.command_id);
    status = px_buf_status(&location, &err);
    if (status == PX_OK)
        px_api_header(call, "Location", px_buf_str(&location));
    px_buf_release(&location);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    px_put_command_answer(&call->out, call->request.command_id,
                          is_waiting(call, &waiting) ? waiting.status : PX_COMMAND_PENDING,
                          (px_str){ 0 });
    px_api_json(call, 202);
}

/* The end of its caller's patience, not of the command. It may have ended just now. */
void px_v1_command_waits(px_api_call *call)
{
    px_execution ended;

    if (has_ended(call, &ended))
        tell_end(call, &ended);
    else
        tell_waiting(call);
}

static void command_given(px_api_call *call)
{
    px_execution ended;

    if (has_ended(call, &ended))
        tell_end(call, &ended);
    else if (call->request.terms.is_async)
        tell_waiting(call);
    else if (call->drafting)
        call->once_waits = call->request.command_id;
    else
        px_watch_command(call->api->watch, call, call->request.command_id);
}

/* ---- guards ---- */

/* What a guard saw, and the sentence. */
static void put_refusal(px_json_writer *w, px_api_call *call, const px_refusal *refusal)
{
    px_json *seen;

    px_json_begin_object(w);
    if (px_json_parse(refusal->value, NULL, &call->arena, &seen, NULL) == PX_OK)
        for (const px_json *m = seen->first; m; m = m->next) {
            px_json_key(w, m->key);
            px_json_node(w, m);
        }
    px_json_key(w, PX_STR("detail"));
    px_json_string(w, px_str_c(refusal->err.text));
    px_json_end_object(w);
}

static void tell_verdict(px_api_call *call)
{
    const px_result *result = &call->request.result;
    px_json_writer w = px_json_writer_of(&call->out);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, call->request.command_id);
    px_json_key(&w, PX_STR("status"));
    px_json_string(&w, PX_STR("judged"));
    px_json_key(&w, PX_STR("response"));
    px_json_null(&w);
    px_json_key(&w, PX_STR("dryRun"));
    px_json_bool(&w, true);
    px_json_key(&w, PX_STR("holds"));
    px_json_bool(&w, result->refusal_count == 0);
    px_json_key(&w, PX_STR("guards"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < result->refusal_count; i++)
        put_refusal(&w, call, &result->refusals[i]);
    px_json_end_array(&w);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

/* A dry run never says that it was done; else the guards that do not hold are listed. */
static void command_judged(px_api_call *call)
{
    const px_result *result = &call->request.result;
    bool is_judged =
        result->status != PX_OK && result->err.id && strcmp(result->err.id, PX_COMMAND_JUDGED) == 0;

    if (result->status == PX_OK) {
        command_given(call);
        return;
    }
    if (call->request.flag && (is_judged || result->refusal_count)) {
        tell_verdict(call);
        return;
    }
    for (size_t i = 0; i < result->refusal_count; i++)
        px_api_add_finding(call, &result->refusals[i].err);
    px_api_fail(call, result->status, &result->err);
}

/* ---- calling ---- */

static px_str random_id(px_api_call *call)
{
    unsigned char bytes[COMMAND_ID_BYTES];
    char id[2 * COMMAND_ID_BYTES + 1];

    call->api->env->random(call->api->env, bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    return px_arena_str(&call->arena, px_str_c(id));
}

px_status px_api_command_id(px_api_call *call, px_str id, px_str *ret_id, px_err *ret_err)
{
    *ret_id = id.ptr ? id : random_id(call);
    if (!ret_id->ptr)
        return px_arena_fail(&call->arena, ret_err);
    if (id.len && memchr(id.ptr, '/', id.len)) /* it would be the id of another twin's command */
        return px_fail_id(ret_err, PX_INVALID, "command.id", "the id of a command has no slash");
    return PX_OK;
}

static bool read_dry_run(px_api_call *call)
{
    px_str text = px_api_param(call, "dryRun");
    px_err err;

    call->request.flag = px_str_eq(text, PX_STR("true"));
    if (!text.ptr || call->request.flag || px_str_eq(text, PX_STR("false")))
        return true;
    px_fail_id(&err, PX_INVALID, "http.parameter", "dryRun is true or false, not '%.*s'",
               PX_FMT(text));
    px_api_fail(call, PX_INVALID, &err);
    return false;
}

/* `respond-async`, `wait=10` or both (RFC 7240); others ask for what nobody here has. */
static void read_prefer(px_api_call *call, uint64_t *wait_s)
{
    px_str rest = call->header(call, "Prefer");
    bool is_async = false, has_wait = false;
    int64_t seconds = 0;
    px_num num;

    while (rest.len) {
        px_str one = px_str_trim(px_str_cut(&rest, ','));

        is_async = is_async || px_str_eq(one, PX_STR("respond-async"));
        if (px_str_starts(one, PX_STR("wait=")) &&
            px_num_parse(px_str_skip(one, 5), &num, NULL) == PX_OK && px_num_to_int(num, &seconds))
            has_wait = seconds >= 0;
    }
    if (has_wait && (uint64_t)seconds < PX_COMMAND_WAIT_S_MAX)
        *wait_s = (uint64_t)seconds;
    else if (is_async)
        *wait_s = 0;
}

/* How long the call is kept waiting: to the command's end, unless it says otherwise; but not for
 * days. */
static bool read_wait(px_api_call *call, px_command_terms *terms)
{
    px_env *env = call->api->env;
    uint64_t wait_s, otherwise = WAITS_TO_ITS_END;

    if (terms->expiry_s || terms->attempts > 1)
        otherwise = PX_COMMAND_WAIT_S_MAX;
    read_prefer(call, &otherwise);
    if (!px_api_param_number(call, "wait", otherwise, 0, PX_COMMAND_WAIT_S_MAX, &wait_s))
        return false;
    terms->is_async = wait_s == 0;
    call->wait_until_ns = 0;
    if (wait_s != WAITS_TO_ITS_END)
        call->wait_until_ns = env->monotonic_ns(env) + (int64_t)wait_s * PX_SECOND;
    return true;
}

static bool read_terms(px_api_call *call, px_command_terms *terms)
{
    uint64_t timeout_s, expiry_s, retry, interval_s;

    if (!px_api_param_number(call, "timeout", 0, 1, PX_COMMAND_TIMEOUT_S_MAX, &timeout_s) ||
        !px_api_param_number(call, "expiry", 0, 1, PX_COMMAND_EXPIRY_S_MAX, &expiry_s) ||
        !px_api_param_number(call, "retry", UINT32_MAX, 0, PX_COMMAND_ATTEMPTS_MAX - 1, &retry) ||
        !px_api_param_number(call, "interval", 0, 1, PX_COMMAND_INTERVAL_S_MAX, &interval_s))
        return false;
    *terms = (px_command_terms){ .timeout_s = (uint32_t)timeout_s,
                                 .expiry_s = (uint32_t)expiry_s,
                                 .attempts = (uint32_t)(retry + 1), /* not told: 0 */
                                 .interval_s = (uint32_t)interval_s };
    return true;
}

void px_v1_post_command(px_api_call *call)
{
    px_err err;
    px_status status =
        px_api_command_id(call, px_api_param(call, "id"), &call->request.command_id, &err);

    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    if (!read_dry_run(call) || !read_terms(call, &call->request.terms) ||
        !read_wait(call, &call->request.terms))
        return;
    call->request.kind = PX_REQUEST_COMMAND;
    call->request.id = call->args[0];
    call->request.name = call->args[1];
    px_api_submit_always(call, command_judged);
}

/* ---- what became of them ---- */

static void put_command(px_json_writer *w, const px_json *body)
{
    static const char *const members[] = { "id",       "name",  "status",  "by",      "called",
                                           "deadline", "ended", "endedBy", "payload", "response" };
    static const char *const terms[] = { "timeout", "expires", "retry", "interval", "attempts" };

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
    for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        const px_json *member = px_json_get(body, px_str_c(terms[i]));

        if (!member)
            continue; /* its delivery was not asked for */
        px_json_key(w, px_str_c(terms[i]));
        px_json_node(w, member);
    }
    px_json_end_object(w);
}

/* Under the prefix `T/` stand those of a twin `T/…` as well, and of one that had this id before. */
static const px_json *read_own(px_api_call *call, const px_document *document, uint32_t twin_no)
{
    px_json *body = NULL;

    if (px_json_parse(document->body, NULL, &call->arena, &body, NULL) != PX_OK)
        return NULL;
    return px_json_get_uint(body, PX_STR("twinNumber")) == twin_no ? body : NULL;
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
