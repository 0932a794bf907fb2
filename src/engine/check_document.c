/* SPDX-License-Identifier: Apache-2.0 */
/* Documents and tenants. */
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

/* One more of this kind, in a tenant that has this many in the open batch. */
static px_status check_count(px_engine_state *state, uint32_t tenant, const px_kind *kind,
                             px_err *ret_err)
{
    if (kind->most == 0 ||
        px_documents_pending_count(state->documents, tenant, px_str_c(kind->name)) < kind->most)
        return PX_OK;
    return px_fail_id(ret_err, PX_LIMIT, kind->limit_id,
                      "a tenant has at most %u documents of kind %s; delete one first",
                      (unsigned)kind->most, kind->name);
}

px_status px_check_document_write(px_engine_state *state, const px_request *request,
                                  uint32_t tenant, const px_document_write *write, px_err *ret_err)
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
    if (write->compared_at &&
        px_documents_pending_is_newer(state->documents, tenant, write->kind, write->compared_at))
        return px_fail_id(ret_err, PX_STALE, PX_DOCUMENT_OVERTAKEN,
                          "another %.*s was written meanwhile; try again", PX_FMT(write->kind));
    if (!old && write->body.ptr)
        PX_TRY(check_count(state, tenant, kind, ret_err));
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

        PX_TRY(px_check_document_write(state, request, write->in_tenant_zero ? 0 : own, write,
                                       ret_err));
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

    PX_TRY(px_check_document_write(state, request, 0, &tenant, ret_err));
    if (px_documents_pending(state->documents, 0, kind, request->id))
        return px_fail_id(ret_err, PX_CONFLICT, "tenant.exists", "tenant '%.*s' is there already",
                          PX_FMT(request->id));
    PX_TRY(emit_document(state, request, 0, &tenant, ret_err));
    made = px_documents_pending(state->documents, 0, kind, request->id);
    request->result.number = made->no;
    request->result.created = true;
    return PX_OK;
}
