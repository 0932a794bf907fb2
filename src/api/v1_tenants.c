/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/tenants: for the operator. A token is told once, in the answer that made it. */
#include "api/document_call.h"
#include "api/once.h"
#include "sync/credential.h"

enum { PAGE_MAX = 500 };

px_handler px_v1_put_tenant, px_v1_get_tenant, px_v1_list_tenants, px_v1_post_tenant_token;

typedef struct tenant_call {
    px_document_write write;
    px_credential credential;
    uint32_t number;
} tenant_call;

static void tenant_has_token(px_api_call *call)
{
    tenant_call *own = call->own;
    px_json_writer w = px_json_writer_of(&call->out);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, call->args[0]);
    px_json_key(&w, PX_STR("number"));
    px_json_uint(&w, own->number);
    if (!call->drafting) {
        px_json_key(&w, PX_STR("token"));
        px_json_string(&w, px_str_c(own->credential.text));
    }
    px_json_end_object(&w);
    px_api_json(call, 201);
}

static void give_token(px_api_call *call, uint32_t number)
{
    tenant_call *own = call->own;
    px_credential_grant grant = { .tenant = number,
                                  .role = PX_ROLE_ADMIN,
                                  .name = PX_STR("admin") };
    px_buf body = { 0 };

    own->number = number;
    px_credential_make(call->api->env, &grant, &own->credential, &body);
    own->write = (px_document_write){ .kind = PX_STR("credential"),
                                      .id = px_str_c(own->credential.id),
                                      .body = px_api_keep(call, &body),
                                      .in_tenant_zero = true };
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.id = (px_str){ 0 };
    call->request.documents = &own->write;
    call->request.document_count = 1;
    px_api_submit(call, tenant_has_token);
}

/* The tenant is there; its admin's token follows. Runs on the engine's thread, which takes the next
 * request later. A tenant's number is its document's and one more: 1 is the first tenant, which has
 * no document. */
static void tenant_made(px_api_call *call)
{
    tenant_call *own = call->own;

    own->number = call->request.result.number + 1;
    if (call->drafting) {
        tenant_has_token(call);
        return;
    }
    px_once_end(call); /* it was for the tenant */
    give_token(call, own->number);
}

void px_v1_put_tenant(px_api_call *call)
{
    px_err err;

    call->own = PX_ARENA_NEW(&call->arena, tenant_call);
    if (!call->own) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    call->request.kind = PX_REQUEST_TENANT_PUT;
    call->request.id = call->args[0];
    px_api_submit(call, tenant_made);
}

/* For the operator only; the number is the document's and one more. */
static bool find_tenant(px_api_call *call, uint32_t *ret_number)
{
    px_document document;
    px_status status;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_TENANT))
        return false;
    status = px_documents_get(px_api_documents(call), 0, PX_STR("tenant"), call->args[0],
                              &call->arena, &document, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return false;
    }
    *ret_number = document.no + 1;
    return true;
}

void px_v1_get_tenant(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    uint32_t number;

    if (!find_tenant(call, &number))
        return;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, call->args[0]);
    px_json_key(&w, PX_STR("number"));
    px_json_uint(&w, number);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

/* Another admin's token: for a tenant whose first one was lost. */
void px_v1_post_tenant_token(px_api_call *call)
{
    tenant_call *own = PX_ARENA_NEW(&call->arena, tenant_call);
    uint32_t number;
    px_err err;

    if (!find_tenant(call, &number))
        return;
    if (!own) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    call->own = own;
    give_token(call, number);
}

static void put_tenant(px_api_call *call, px_json_writer *w, const px_document *document)
{
    (void)call;
    px_json_begin_object(w);
    px_json_member_text(w, "id", document->id);
    px_json_member_uint(w, "number", document->no + 1);
    px_json_end_object(w);
}

void px_v1_list_tenants(px_api_call *call)
{
    px_api_document_items(call, PX_ACTION_WRITE_TENANT, 0, PX_STR("tenant"), 100, PAGE_MAX,
                          put_tenant);
}
