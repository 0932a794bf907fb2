/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/tokens: tokens of people and services. A token is told once, in the answer that made it;
 * its id stands in its text (plx_ID_…), so who holds a leaked one can name it for deletion.
 */
#include "api/inner.h"
#include "sync/credential.h"

enum { NAME_BYTES_MAX = 128 };

px_handler px_v1_post_token, px_v1_delete_token;

typedef struct token_call {
    px_document_write write;
    px_credential credential;
    px_credential_grant grant;
} token_call;

static bool fail(px_api_call *call, px_status status, const px_err *err)
{
    px_api_fail(call, status, err);
    return false;
}

static void made(px_api_call *call)
{
    const token_call *own = call->own;
    px_json_writer w = px_json_writer_of(&call->out);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, px_str_c(own->credential.id));
    px_json_key(&w, PX_STR("name"));
    px_json_string(&w, own->grant.name);
    px_json_key(&w, PX_STR("role"));
    px_json_string(&w, px_str_c(px_role_name(own->grant.role)));
    if (!call->drafting) {
        px_json_key(&w, PX_STR("token"));
        px_json_string(&w, px_str_c(own->credential.text));
    }
    px_json_end_object(&w);
    px_api_json(call, 201);
}

/* {"name":…,"role":"reader"|"admin"} */
static bool read_grant(px_api_call *call, px_credential_grant *grant)
{
    px_str role = px_json_get_text(call->request.json, PX_STR("role"));
    px_err err;

    grant->tenant = call->principal.tenant;
    grant->name = px_json_get_text(call->request.json, PX_STR("name"));
    if (px_str_eq(role, PX_STR("reader")))
        grant->role = PX_ROLE_READER;
    else if (px_str_eq(role, PX_STR("admin")))
        grant->role = PX_ROLE_ADMIN;
    if (grant->role != PX_ROLE_NONE && grant->name.len > 0 && grant->name.len <= NAME_BYTES_MAX)
        return true;
    return fail(call, PX_INVALID,
                (px_fail_id(&err, PX_INVALID, "token.form",
                            "the body is {\"name\":\"…\",\"role\":\"reader\"} or role \"admin\"; "
                            "a name has 1 to %d bytes",
                            NAME_BYTES_MAX),
                 &err));
}

void px_v1_post_token(px_api_call *call)
{
    token_call *own = PX_ARENA_NEW(&call->arena, token_call);
    px_buf body = { 0 };
    px_err err;
    px_status status =
        px_authorize(&call->principal, PX_ACTION_WRITE_DOCUMENT, (px_str){ 0 }, &err);

    if (status == PX_OK && !own)
        status = px_arena_fail(&call->arena, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    if (!read_grant(call, &own->grant))
        return;
    px_credential_make(call->api->env, &own->grant, &own->credential, &body);
    own->write = (px_document_write){ .kind = PX_STR("credential"),
                                      .id = px_str_c(own->credential.id),
                                      .body = px_arena_str(&call->arena, px_buf_str(&body)),
                                      .in_tenant_zero = true,
                                      .create_only = true };
    px_buf_release(&body);
    call->own = own;
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = &own->write;
    call->request.document_count = 1;
    px_api_submit(call, made);
}

static void gone(px_api_call *call)
{
    px_login_cache_clear(call->api->logins);
    px_api_finish(call, 204);
}

/* A token of the caller's own tenant; keys of devices go with their device. */
static px_status find(px_api_call *call, px_err *ret_err)
{
    px_document document;
    px_json *body = NULL;
    int64_t tenant = 0;
    px_status status =
        px_documents_get(px_engine_documents(call->api->opts.engine), 0, PX_STR("credential"),
                         call->args[0], &call->arena, &document, ret_err);

    if (status == PX_OK)
        PX_TRY(px_json_parse(document.body, NULL, &call->arena, &body, ret_err));
    if (px_json_is(px_json_get(body, PX_STR("tenant")), PX_JSON_NUMBER))
        px_num_to_int(px_json_get(body, PX_STR("tenant"))->num, &tenant);
    if (tenant == (int64_t)call->principal.tenant && !px_json_get(body, PX_STR("device")))
        return PX_OK;
    if (status != PX_OK && status != PX_NOT_FOUND)
        return status;
    return px_fail_id(ret_err, PX_NOT_FOUND, "token.not_found", "there is no token '%.*s'",
                      PX_FMT(call->args[0]));
}

void px_v1_delete_token(px_api_call *call)
{
    px_document_write *write = PX_ARENA_NEW(&call->arena, px_document_write);
    px_str own;
    px_err err;
    px_status status =
        px_authorize(&call->principal, PX_ACTION_WRITE_DOCUMENT, (px_str){ 0 }, &err);

    if (status == PX_OK)
        status = write ? find(call, &err) : px_arena_fail(&call->arena, &err);
    if (status == PX_OK && px_credential_id(call->credential, &own) &&
        px_str_eq(own, call->args[0]))
        status = px_fail_id(&err, PX_CONFLICT, "token.own",
                            "this is the token in use; delete it with another one");
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    *write = (px_document_write){ .kind = PX_STR("credential"),
                                  .id = call->args[0],
                                  .in_tenant_zero = true };
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = write;
    call->request.document_count = 1;
    px_api_submit(call, gone);
}
