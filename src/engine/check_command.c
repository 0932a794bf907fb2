/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands. One that waits for its response is a document of kind `command` beside its event: so it
 * survives a restart and ends once. When it ends one of kind `execution` takes its place.
 */
#include "engine/execution.h"
#include "engine/guard.h"
#include "engine/state.h"
#include "engine/waiting.h"

/* `TWIN/ID`: command ids are the caller's and unique within a twin. */
static px_str pending_id(px_engine_state *state, const px_request *request)
{
    px_buf buf = { 0 };
    px_str id;

    px_put(&buf, request->id);
    px_put_char(&buf, '/');
    px_put(&buf, request->command_id);
    id = buf.status == PX_OK ? px_arena_str(&state->arena, px_buf_str(&buf)) : (px_str){ 0 };
    px_buf_release(&buf);
    return id;
}

static px_str pending_body(px_engine_state *state, const px_request *request,
                           const px_command_terms *terms, uint32_t twin_no, uint64_t print,
                           px_time deadline)
{
    px_buf buf = { 0 };
    px_str body;

    px_put_waiting(&buf, state->now, request, terms, twin_no, print, deadline);
    body = buf.status == PX_OK ? px_arena_str(&state->arena, px_buf_str(&buf)) : (px_str){ 0 };
    px_buf_release(&buf);
    return body;
}

static px_status check_payload(px_engine_state *state, const px_payload *declared, px_str command,
                               const px_json *json, px_err *ret_err)
{
    px_value value;

    /* An HTTP client may have to send some body: the empty object says nothing. */
    if (!declared->schema && px_json_is(json, PX_JSON_OBJECT) && json->count == 0)
        return PX_OK;
    if (!declared->schema && json && json->type != PX_JSON_NULL)
        return px_fail_id(ret_err, PX_INVALID, "command.payload", "command '%.*s' takes no payload",
                          PX_FMT(command));
    if (!declared->schema)
        return PX_OK;
    if (!json)
        return px_fail_id(ret_err, PX_INVALID, "command.payload",
                          "command '%.*s' needs a payload '%.*s'", PX_FMT(command),
                          PX_FMT(declared->name));
    return px_schema_check(declared->schema, json, &state->arena, &value, ret_err);
}

/* What the call does not tell the model may; how often it is sent is told whole by either. */
static px_command_terms terms_of(const px_request *request, const px_command_plan *plan)
{
    px_command_terms terms = request->terms;

    if (terms.timeout_s == 0)
        terms.timeout_s = plan->timeout_s ? plan->timeout_s : PX_COMMAND_TIMEOUT_S_DEFAULT;
    if (terms.expiry_s == 0)
        terms.expiry_s = plan->expiry_s;
    if (terms.attempts == 0 && terms.interval_s == 0)
        terms.interval_s = plan->interval_s;
    if (terms.attempts == 0)
        terms.attempts = plan->attempts;
    return terms;
}

/* One that still waits under this id is of a twin that had this twin's id before: nobody is left to
 * answer it, and it makes way. */
static px_status end_former(px_engine_state *state, uint32_t tenant, px_str id, px_err *ret_err)
{
    const px_document *former =
        px_documents_pending(state->documents, tenant, PX_STR("command"), id);
    px_waiting waiting;

    if (!former)
        return PX_OK;
    PX_TRY(px_waiting_read(former->body, &state->arena, &waiting, ret_err));
    return px_waiting_end(state, former, &waiting, ret_err);
}

px_status px_check_command(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_document_write pending = { .kind = PX_STR("command") };
    px_event event = { .type = PX_EVENT_COMMAND_REQUEST,
                       .tenant = request->principal.tenant,
                       .id = request->command_id,
                       .name = request->name,
                       .cause = request->principal.id };
    const px_command *declared;
    const px_model *model;
    px_command_terms terms;
    const px_twin *twin;
    uint64_t print;
    px_time deadline;
    bool is_known;

    PX_TRY(px_state_find_twin(state, request, &twin, &model, ret_err));
    declared = px_layout_command_find(px_model_layout(model), request->name);
    if (!declared)
        return px_fail_id(ret_err, PX_NOT_FOUND, "command.unknown",
                          "the model of twin '%.*s' has no command '%.*s'", PX_FMT(request->id),
                          PX_FMT(request->name));
    PX_TRY(check_payload(state, &declared->request, request->name, request->json, ret_err));
    pending.id = pending_id(state, request);
    terms = terms_of(request, &declared->plan);
    deadline = request->deadline ? request->deadline : px_waiting_deadline(&terms, state->now);
    event.revision = (uint64_t)deadline;
    PX_TRY(px_execution_print(request->name, request->json, &print, ret_err));
    pending.body = pending_body(state, request, &terms, px_twin_number(twin), print, deadline);
    if (!pending.id.ptr || !pending.body.ptr)
        return px_no_memory(ret_err);
    event.twin_no = request->result.number = px_twin_number(twin);
    PX_TRY(px_execution_look(state, event.tenant, event.twin_no, pending.id, print, &is_known,
                             ret_err));
    if (is_known && !request->flag)
        return PX_OK;
    PX_TRY(px_guards_test(state, request, twin, declared, ret_err));
    if (request->flag)
        return px_fail_id(ret_err, PX_INTERRUPTED, PX_COMMAND_JUDGED, "it would be given");
    PX_TRY(px_check_document_write(state, request, event.tenant, &pending, ret_err));
    PX_TRY(end_former(state, event.tenant, pending.id, ret_err));
    if (request->json)
        event.body = request->json->raw;
    PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    return px_state_emit_document(state, request->principal.tenant, &pending, request->principal.id,
                                  ret_err);
}

/* What an applied command gives back is of the type that the model declares; a model that is gone
 * declares nothing. What a device says of one that it rejected is its own. */
static px_status check_response(px_engine_state *state, const px_request *request,
                                const px_twin *twin, px_str name, px_err *ret_err)
{
    const px_model *model = px_state_model(state, px_twin_model(twin));
    const px_command *declared =
        model ? px_layout_command_find(px_model_layout(model), name) : NULL;
    px_value value;

    if (!declared || !declared->response.schema || request->code != PX_COMMAND_APPLIED)
        return PX_OK;
    if (!request->json)
        return px_fail_id(ret_err, PX_INVALID, "command.response",
                          "the response of command '%.*s' needs a payload '%.*s'", PX_FMT(name),
                          PX_FMT(declared->response.name));
    return px_schema_check(declared->response.schema, request->json, &state->arena, &value,
                           ret_err);
}

/* What of the request's twin waits under its id; NULL: nothing does, for one of a twin that had the
 * twin's id before is none of it. */
static px_status find_waiting(px_engine_state *state, const px_request *request,
                              const px_document **ret_document, px_waiting *ret_waiting,
                              px_err *ret_err)
{
    px_str id = pending_id(state, request);

    if (!id.ptr)
        return px_no_memory(ret_err);
    *ret_document =
        px_documents_pending(state->documents, request->principal.tenant, PX_STR("command"), id);
    if (!*ret_document)
        return PX_OK;
    PX_TRY(px_waiting_read((*ret_document)->body, &state->arena, ret_waiting, ret_err));
    if (ret_waiting->twin_no != request->result.number)
        *ret_document = NULL;
    return PX_OK;
}

px_status px_check_command_response(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_document_write pending = { .kind = PX_STR("command") };
    px_event event = { .type = PX_EVENT_COMMAND_RESPONSE,
                       .tenant = request->principal.tenant,
                       .id = request->command_id,
                       .code = request->code,
                       .cause = request->principal.id };
    const px_document *document;
    px_waiting waiting;
    const px_twin *twin;

    PX_TRY(px_state_find_twin(state, request, &twin, NULL, ret_err));
    event.twin_no = request->result.number = px_twin_number(twin);
    PX_TRY(find_waiting(state, request, &document, &waiting, ret_err));
    if (!document)
        return px_fail_id(ret_err, PX_NOT_FOUND, "command.not_pending",
                          "no command '%.*s' of twin '%.*s' waits for a response",
                          PX_FMT(request->command_id), PX_FMT(request->id));
    pending.id = document->id;
    if (request->json)
        event.body = request->json->raw;
    PX_TRY(check_response(state, request, twin, waiting.name, ret_err));
    PX_TRY(px_answers_respond(state, waiting.json, &event, ret_err));
    PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    PX_TRY(px_execution_end(state, document, waiting.json, &event, ret_err));
    return px_state_emit_document(state, request->principal.tenant, &pending, request->principal.id,
                                  ret_err);
}

/* A device's word that it has a command, which may have ended meanwhile. */
px_status px_check_command_delivered(px_engine_state *state, px_request *request, px_err *ret_err)
{
    const px_document *document;
    px_waiting waiting;
    const px_twin *twin;

    PX_TRY(px_state_find_twin(state, request, &twin, NULL, ret_err));
    request->result.number = px_twin_number(twin);
    PX_TRY(find_waiting(state, request, &document, &waiting, ret_err));
    return document ? px_waiting_deliver(state, document, &waiting, request->principal.id, ret_err)
                    : PX_OK;
}
