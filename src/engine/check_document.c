/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents, tenants, and commands. A command that waits for its response is a document of kind
 * `command` beside its event: so it survives a restart and ends once.
 */
#include "engine/kinds.h"
#include "engine/property.h"
#include "engine/state.h"

static uint32_t document_number(px_engine_state *state, uint32_t tenant, px_str kind, px_str id)
{
    const px_document *old = px_documents_pending(state->documents, tenant, kind, id);

    return old ? old->no : px_documents_number(state->documents) + 1;
}

px_status px_state_emit_document(px_engine_state *state, uint32_t tenant,
                                 const px_document_write *write, px_str cause, px_err *ret_err)
{
    px_event event = { .type = write->body.ptr ? PX_EVENT_DOCUMENT_PUT : PX_EVENT_DOCUMENT_DELETE,
                       .tenant = tenant,
                       .name = write->kind,
                       .id = write->id,
                       .body = write->body,
                       .revision = state->seq + 1,
                       .cause = cause };

    event.document_no = document_number(state, tenant, write->kind, write->id);
    return px_state_emit(state, &event, NULL, ret_err);
}

static px_status emit_document(px_engine_state *state, const px_request *request, uint32_t tenant,
                               const px_document_write *write, px_err *ret_err)
{
    return px_state_emit_document(state, tenant, write, request->principal.id, ret_err);
}

static px_status check_write(px_engine_state *state, const px_request *request, uint32_t tenant,
                             const px_document_write *write, px_err *ret_err)
{
    const px_document *old = px_documents_pending(state->documents, tenant, write->kind, write->id);
    const px_kind *kind = px_kind_find(write->kind);

    if (!kind || kind->in_tenant_zero != (tenant == 0))
        return px_fail_id(ret_err, PX_INVALID, "document.kind", "there is no kind '%.*s' here",
                          PX_FMT(write->kind));
    PX_TRY(px_authorize(&request->principal, kind->writes, request->id, ret_err));
    PX_TRY(px_check_id(write->id, write->kind, kind->id_bytes_max, "document.id", ret_err));
    if (write->body.len > PX_DOC_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "document.size", "a %.*s has at most %d bytes",
                          PX_FMT(write->kind), PX_DOC_BYTES_MAX);
    if (write->body.ptr)
        PX_TRY(px_kind_check(kind, write->body, &state->arena, ret_err));
    if (write->body.ptr && kind == &px_kinds[PX_KIND_PROPERTY_INDEX])
        PX_TRY(px_property_check(state, tenant, write->body, !old, ret_err));
    if (!write->body.ptr && !old)
        return px_fail_id(ret_err, PX_NOT_FOUND, "document.not_found", "there is no %.*s '%.*s'",
                          PX_FMT(write->kind), PX_FMT(write->id));
    if (write->create_only && old)
        return px_fail_id(ret_err, PX_CONFLICT, "document.exists", "%.*s '%.*s' is there already",
                          PX_FMT(write->kind), PX_FMT(write->id));
    if (write->if_match && (!old || old->revision != write->if_match))
        return px_fail_id(ret_err, PX_STALE, "document.stale",
                          "%.*s '%.*s' changed since it was read", PX_FMT(write->kind),
                          PX_FMT(write->id));
    if (!old && write->body.ptr && !write->in_tenant_zero)
        PX_TRY(px_quota_check(&state->quotas, tenant, PX_QUOTA_DOCUMENTS, 1, ret_err));
    return write->in_tenant_zero ? PX_OK
                                 : px_state_match(request, old ? old->revision : 0, ret_err);
}

px_status px_check_documents(px_engine_state *state, px_request *request, px_err *ret_err)
{
    uint32_t own = request->principal.tenant;

    for (size_t i = 0; i < request->document_count; i++) {
        const px_document_write *write = &request->documents[i];

        PX_TRY(check_write(state, request, write->in_tenant_zero ? 0 : own, write, ret_err));
    }
    for (size_t i = 0; i < request->document_count; i++) {
        const px_document_write *write = &request->documents[i];

        PX_TRY(emit_document(state, request, write->in_tenant_zero ? 0 : own, write, ret_err));
    }
    return PX_OK;
}

/* A tenant's number is its document's: given once, never again. */
px_status px_check_tenant_put(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_str kind = PX_STR("tenant");
    px_document_write tenant = { .kind = kind, .id = request->id, .body = PX_STR("{}") };
    const px_document *made;

    PX_TRY(check_write(state, request, 0, &tenant, ret_err));
    if (px_documents_pending(state->documents, 0, kind, request->id))
        return px_fail_id(ret_err, PX_CONFLICT, "tenant.exists", "tenant '%.*s' is there already",
                          PX_FMT(request->id));
    PX_TRY(emit_document(state, request, 0, &tenant, ret_err));
    made = px_documents_pending(state->documents, 0, kind, request->id);
    request->result.number = made->no;
    request->result.created = true;
    return PX_OK;
}

/* ---- commands ---- */

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

static px_str pending_body(px_engine_state *state, const px_request *request, uint32_t twin_no)
{
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);
    px_str body;

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("twin"));
    px_json_string(&w, request->id);
    px_json_key(&w, PX_STR("twinNumber"));
    px_json_uint(&w, twin_no);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, request->command_id);
    px_json_key(&w, PX_STR("name"));
    px_json_string(&w, request->name);
    px_json_key(&w, PX_STR("deadline"));
    px_json_time(&w, request->deadline);
    if (request->once) { /* whose answer its response is */
        px_json_key(&w, PX_STR("answer"));
        px_json_string(&w, request->once->id);
    }
    if (request->json) {
        px_json_key(&w, PX_STR("payload"));
        px_json_node(&w, request->json);
    }
    px_json_end_object(&w);
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

px_status px_check_command(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_document_write pending = { .kind = PX_STR("command"), .create_only = true };
    px_event event = { .type = PX_EVENT_COMMAND_REQUEST,
                       .tenant = request->principal.tenant,
                       .id = request->command_id,
                       .name = request->name,
                       .revision = (uint64_t)request->deadline,
                       .cause = request->principal.id };
    const px_command *declared;
    const px_model *model;
    const px_twin *twin;

    PX_TRY(px_state_find_twin(state, request, &twin, &model, ret_err));
    declared = px_layout_command_find(px_model_layout(model), request->name);
    if (!declared)
        return px_fail_id(ret_err, PX_NOT_FOUND, "command.unknown",
                          "the model of twin '%.*s' has no command '%.*s'", PX_FMT(request->id),
                          PX_FMT(request->name));
    PX_TRY(check_payload(state, &declared->request, request->name, request->json, ret_err));
    pending.id = pending_id(state, request);
    pending.body = pending_body(state, request, px_twin_number(twin));
    if (!pending.id.ptr || !pending.body.ptr)
        return px_no_memory(ret_err);
    PX_TRY(check_write(state, request, request->principal.tenant, &pending, ret_err));
    event.twin_no = request->result.number = px_twin_number(twin);
    if (request->json)
        event.body = request->json->raw;
    PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    return emit_document(state, request, request->principal.tenant, &pending, ret_err);
}

px_status px_check_command_response(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_document_write pending = { .kind = PX_STR("command") };
    px_event event = { .type = PX_EVENT_COMMAND_RESPONSE,
                       .tenant = request->principal.tenant,
                       .id = request->command_id,
                       .code = request->code,
                       .cause = request->principal.id };
    const px_document *waiting;
    const px_twin *twin;
    px_json *body;

    PX_TRY(px_state_find_twin(state, request, &twin, NULL, ret_err));
    pending.id = pending_id(state, request);
    if (!pending.id.ptr)
        return px_no_memory(ret_err);
    waiting =
        px_documents_pending(state->documents, request->principal.tenant, pending.kind, pending.id);
    if (!waiting)
        return px_fail_id(ret_err, PX_NOT_FOUND, "command.not_pending",
                          "no command '%.*s' of twin '%.*s' waits for a response",
                          PX_FMT(request->command_id), PX_FMT(request->id));
    event.twin_no = request->result.number = px_twin_number(twin);
    if (request->json)
        event.body = request->json->raw;
    PX_TRY(px_json_parse(waiting->body, NULL, &state->arena, &body, ret_err));
    PX_TRY(px_answers_respond(state, body, &event, ret_err));
    PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    return emit_document(state, request, request->principal.tenant, &pending, ret_err);
}
